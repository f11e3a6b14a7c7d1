/* SPDX-License-Identifier: Apache-2.0 */
/* SHA3-384 (FIPS 202) over the one Keccak. */
#include "common.h"
#include "keccak.h"

#include <string.h>

enum { DIGEST = 48, RATE = 200 - 2 * DIGEST };

_Static_assert(sizeof(struct keccak) <= sizeof((struct bh_hash *)0)->state, "room in bh_hash");

static void init(struct bh_hash *h)
{
    memset(h->state, 0, sizeof(struct keccak));
}

static void update(struct bh_hash *h, const void *data, size_t len)
{
    bh_keccak_absorb((struct keccak *)h->state, RATE, data, len);
}

static void final(struct bh_hash *h, uint8_t *digest)
{
    bh_keccak_close((struct keccak *)h->state, RATE, KECCAK_SHA3);
    bh_keccak_squeeze((struct keccak *)h->state, RATE, digest, DIGEST);
}

const struct bh_hash_algo bh_sha3_384 = { BH_HASH_SHA3_384, DIGEST, init, update, final };
