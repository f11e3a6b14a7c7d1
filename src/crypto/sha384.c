/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-384 by BearSSL. */
#include "bulkhead/hash.h"

#include <bearssl_hash.h>

_Static_assert(sizeof(br_sha384_context) <= sizeof ((struct bh_hash *)0)->state, "room in bh_hash");

static void init(struct bh_hash *h)
{
    br_sha384_init((br_sha384_context *)h->state);
}

static void update(struct bh_hash *h, const void *data, size_t len)
{
    br_sha384_update((br_sha384_context *)h->state, data, len);
}

static void final(struct bh_hash *h, uint8_t *digest)
{
    br_sha384_out((br_sha384_context *)h->state, digest);
}

const struct bh_hash_algo bh_sha384 = { BH_HASH_SHA384, 48, init, update, final };
