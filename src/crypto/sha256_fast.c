/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 by BearSSL. */
#include "bulkhead/hash.h"

#include <bearssl_hash.h>

_Static_assert(sizeof(br_sha256_context) <= sizeof((struct bh_hash *)0)->state, "room in bh_hash");

static void init(struct bh_hash *h)
{
    br_sha256_init((br_sha256_context *)h->state);
}

static void update(struct bh_hash *h, const void *data, size_t len)
{
    br_sha256_update((br_sha256_context *)h->state, data, len);
}

static void final(struct bh_hash *h, uint8_t *digest)
{
    br_sha256_out((br_sha256_context *)h->state, digest);
}

const struct bh_hash_algo bh_sha256 = { BH_HASH_SHA256, 32, init, update, final };
