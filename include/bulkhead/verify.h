/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/verify.h - may this image be started?
 *
 *     struct bh_verified v;
 *     if (bh_verify(&policy, &view, limit, floor, &work, &v) != BH_VERDICT_GOOD)
 *         return v.reason;
 *
 * The verdict is a token of 32 bits: one value for yes, anything else is no. It is not an error
 * code, and whoever acts on it compares it twice. */
#ifndef BULKHEAD_VERIFY_H
#define BULKHEAD_VERIFY_H

#include "bulkhead/hash.h"
#include "bulkhead/image.h"
#include "bulkhead/pair.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_VERDICT_GOOD 0xA5C3963Cu
#define BH_VERDICT_BAD 0x5A3C69C3u

struct bh_policy;
struct bh_verified;

/* Verify a signature over the hashed bytes themselves, not over their digest. The first sig_len
 * bytes of work hold the signature, the rest is free. Returns as bh_signature_algo.verify does. */
typedef uint32_t bh_verify_pure_fn(const struct bh_key *key, const struct bh_view *view,
                                   const struct bh_image *image, uint32_t sig_len,
                                   struct bh_work *work);

/* Do the images that this image needs (its dependencies) have the versions it needs, if the images
 * in `views` run together (view i: pair i)? A reason, or BH_REASON_NONE. */
typedef enum bh_reason bh_dependencies_fn(const struct bh_policy *policy,
                                          const struct bh_pair *pairs, uint32_t n,
                                          const struct bh_view *views, uint32_t pair,
                                          const struct bh_verified *verified);

/* For products of several images. */
bh_dependencies_fn bh_dependencies;

/* Does the image carry the vendor and class id that the pair demands? A reason,
 * or BH_REASON_NONE. */
typedef enum bh_reason bh_ids_fn(const struct bh_pair *pair, const struct bh_view *view,
                                 const struct bh_verified *verified);

/* For products that name ids: MCUboot's UUID entries (imgtool --vid, --cid). */
bh_ids_fn bh_ids_mcuboot;

/* For products that state how the processor wants its vector table: at a multiple of so many bytes.
 * BH_REASON_VECTORS: the image's table, after its header, is not there. With _and_ids both. */
bh_ids_fn bh_vectors_128, bh_vectors_256, bh_vectors_512, bh_vectors_1024, bh_vectors_2048,
    bh_vectors_4096, bh_vectors_128_and_ids, bh_vectors_256_and_ids, bh_vectors_512_and_ids,
    bh_vectors_1024_and_ids, bh_vectors_2048_and_ids, bh_vectors_4096_and_ids;

/* Ed25519, as imgtool's --pure makes it. */
bh_verify_pure_fn bh_verify_pure_ed25519;

/* 0 in a build of which no product demands two signatures (cmake/firmware.cmake): then the fields
 * are not there, and nothing of what they are for is linked. */
#ifndef BH_SECOND
#define BH_SECOND 1
#endif

/* What a product demands of every image. */
struct bh_policy {
    const struct bh_image_format *const *formats; /* tried in order; NULL ends */
    const struct bh_hash_algo *hash;              /* the only digest accepted */
    const struct bh_key *keys;
    uint8_t n_keys; /* 1 or more, unless allow_unsigned */
#if BH_SECOND
    uint8_t n_second;     /* so many of the last keys make second signatures, and no others */
    bh_second_fn *second; /* NULL: one signature is enough. Otherwise every image needs one by a key
                           * that is no second one, and one by a second key */
#endif
    bh_verify_pure_fn *pure;          /* NULL: images with a signature of that kind are refused */
    bh_dependencies_fn *dependencies; /* NULL: not looked at, as befits a product of one image */
    bh_ids_fn *ids;                   /* NULL: not looked at; then no pair may demand one */
    bool allow_unsigned;  /* no signature is demanded, digest only; then there are no keys */
    bool need_counter;    /* an image without a security counter is refused */
    bool allow_downgrade; /* a staged image may have a lower version than the running one */
    bool compare_build;   /* build numbers count when versions are compared */
    bool only_newer; /* a staged image needs a version above the running one's: wolfBoot's rule */
};

#if BH_SECOND
static inline bh_second_fn *bh_policy_second(const struct bh_policy *policy)
{
    return policy->second;
}

static inline uint8_t bh_policy_n_second(const struct bh_policy *policy)
{
    return policy->n_second;
}
#else
static inline bh_second_fn *bh_policy_second(const struct bh_policy *policy)
{
    return (void)policy, (bh_second_fn *)0;
}

static inline uint8_t bh_policy_n_second(const struct bh_policy *policy)
{
    return (void)policy, (uint8_t)0;
}
#endif

struct bh_verified {
    struct bh_image image; /* valid if format is */
    uint32_t verdict;
    enum bh_reason reason;                /* BH_REASON_NONE if good */
    const struct bh_image_format *format; /* NULL: no format could decode the image */
    uint8_t digest[BH_DIGEST_MAX];        /* as computed; valid if the image could be read */
    uint8_t key;                          /* index of the key that signed; valid if reason NONE */
};

/* The first format that knows the header, by structure alone. A reason, or BH_REASON_NONE. */
enum bh_reason bh_decode(const struct bh_policy *policy, const struct bh_view *view, uint32_t limit,
                         struct bh_image *image);

/* Decode, hash, compare, find a key, verify the signature, compare counter and floor, in this
 * order; the first that fails gives the reason. One good signature by one key of the product is
 * enough, or two where policy.second says so. limit: the most bytes the image may have. floor:
 * the lowest security counter allowed; it is kept twice in here, and whoever starts an image
 * compares its counter with where the floor came from once more, since a fault may have spoiled
 * the argument itself. work must hold the largest signature (LMS: up to 2.7 KB) as well as
 * BH_WORK_MIN. */
uint32_t bh_verify(const struct bh_policy *policy, const struct bh_view *view, uint32_t limit,
                   uint32_t floor, struct bh_work *work, struct bh_verified *out);

#ifdef __cplusplus
}
#endif

#endif
