/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/hash.h - the hash seam: one struct of three functions per algorithm.
 *
 *     struct bh_hash h;
 *     uint8_t digest[BH_DIGEST_MAX];
 *     bh_hash_init(&h, &bh_sha256);
 *     bh_hash_update(&h, data, len);
 *     bh_hash_final(&h, digest);
 *
 * An algorithm that no product names is not linked. */
#ifndef BULKHEAD_HASH_H
#define BULKHEAD_HASH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BH_DIGEST_MAX 64u

/* Which algorithm, as image formats and tools name it. The first three are MCUboot's TLV types, so
 * that its decoder needs no table. */
enum bh_hash_id {
    BH_HASH_SHA256 = 0x10,
    BH_HASH_SHA384 = 0x11,
    BH_HASH_SHA512 = 0x12,
    BH_HASH_SHA3_384 = 0x13,
};

struct bh_hash;

struct bh_hash_algo {
    uint8_t id;         /* enum bh_hash_id */
    uint8_t digest_len; /* bytes */
    void (*init)(struct bh_hash *h);
    void (*update)(struct bh_hash *h, const void *data, size_t len);
    void (*final)(struct bh_hash *h, uint8_t *digest);
};

/* A hash in progress. Can be copied to hash two continuations; final ends it. Room for the largest
 * context there is, checked where the backend is compiled. */
struct bh_hash {
    const struct bh_hash_algo *algo;
    uint64_t state[27];
};

extern const struct bh_hash_algo bh_sha256, bh_sha384, bh_sha512, bh_sha3_384;

static inline void bh_hash_init(struct bh_hash *h, const struct bh_hash_algo *algo)
{
    h->algo = algo;
    algo->init(h);
}

static inline void bh_hash_update(struct bh_hash *h, const void *data, size_t len)
{
    h->algo->update(h, data, len);
}

static inline void bh_hash_final(struct bh_hash *h, uint8_t *digest)
{
    h->algo->final(h, digest);
}

#ifdef __cplusplus
}
#endif

#endif
