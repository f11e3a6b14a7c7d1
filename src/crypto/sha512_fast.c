/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-384 and SHA-512 by BearSSL. */
#include "bulkhead/hash.h"

#include <bearssl_hash.h>

_Static_assert(sizeof(br_sha384_context) <= sizeof((struct bh_hash *)0)->state, "room in bh_hash");
_Static_assert(sizeof(br_sha512_context) <= sizeof((struct bh_hash *)0)->state, "room in bh_hash");

static void init_384(struct bh_hash *h)
{
    br_sha384_init((br_sha384_context *)h->state);
}

static void init_512(struct bh_hash *h)
{
    br_sha512_init((br_sha512_context *)h->state);
}

static void update_384(struct bh_hash *h, const void *data, size_t len)
{
    br_sha384_update((br_sha384_context *)h->state, data, len);
}

static void update_512(struct bh_hash *h, const void *data, size_t len)
{
    br_sha512_update((br_sha512_context *)h->state, data, len);
}

static void final_384(struct bh_hash *h, uint8_t *digest)
{
    br_sha384_out((br_sha384_context *)h->state, digest);
}

static void final_512(struct bh_hash *h, uint8_t *digest)
{
    br_sha512_out((br_sha512_context *)h->state, digest);
}

const struct bh_hash_algo bh_sha384 = { BH_HASH_SHA384, 48, init_384, update_384, final_384 };
const struct bh_hash_algo bh_sha512 = { BH_HASH_SHA512, 64, init_512, update_512, final_512 };
