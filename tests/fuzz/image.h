/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets of image formats share: a slot that aborts if anything is read beyond its
 * limit, a digest that is a sum of the bytes, and a key that accepts half of all signatures. */
#ifndef TESTS_FUZZ_IMAGE_H
#define TESTS_FUZZ_IMAGE_H

#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/verify.h"

static struct {
    const uint8_t *bytes;
    uint32_t limit; /* a read beyond it is a failure */
} slot;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static int read_bytes(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    (void)f;
    must(bh_within(off, len, slot.limit));
    memcpy(buf, slot.bytes + off, len);
    return BH_OK;
}

static void sum_init(struct bh_hash *h)
{
    h->state[0] = 0;
}

static void sum_update(struct bh_hash *h, const void *data, size_t len)
{
    const uint8_t *p = data;

    while (len--)
        h->state[0] += *p++;
}

static void sum_final(struct bh_hash *h, uint8_t *digest)
{
    memset(digest, (uint8_t)h->state[0], 32);
}

static const struct bh_hash_algo sum = { BH_HASH_SHA256, 32, sum_init, sum_update, sum_final };

static uint32_t any(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                    const uint8_t *sig, size_t sig_len)
{
    (void)key, (void)msg, (void)msg_len;
    return sig_len && sig[0] & 1 ? BH_SIGNATURE_GOOD : 0;
}

static const struct bh_signature_algo any_lms = { BH_SIG_LMS, any };

#endif
