/* SPDX-License-Identifier: Apache-2.0 */
/* May this image be started? The order: structure, digest, signature, security counter.
 *
 * Two things must both come out right for a good verdict: the reason, which is a matter of branches,
 * and the token, which only a signature that verifies computes. No single skipped instruction gets
 * past both. The signature is checked over the digest that was computed here, not over the stored
 * one, so the two checks do not lean on each other either. */
#include "bulkhead/bytes.h"
#include "bulkhead/verify.h"

#include <string.h>

/* An image may carry this many signatures; further ones are not looked at. Each may cost a
 * signature check by each key, and whoever holds the flash can add as many as he likes. */
#define SIGNATURES_MAX 8u

/* An image under examination. */
struct exam {
    const struct bh_policy *policy;
    const struct bh_view *view;
    struct bh_work *work;
    struct bh_verified *out;
    uint32_t token; /* BH_SIGNATURE_GOOD, once a signature has verified */
};

/* The digest of n extents, in order. */
static int hash(const struct exam *x, const struct bh_extent *extents, uint32_t n, uint8_t *digest)
{
    struct bh_hash h;

    bh_hash_init(&h, x->policy->hash);
    for (; n--; extents++) {
        for (uint32_t done = 0, len; done < extents->len; done += len) {
            int err;

            len = bh_min(extents->len - done, x->work->len);
            err = bh_view_read(x->view, extents->off + done, x->work->buf, len);
            if (err)
                return err;
            bh_hash_update(&h, x->work->buf, len);
        }
    }
    bh_hash_final(&h, digest);
    return BH_OK;
}

/* The first format that knows the header decides. */
static enum bh_reason decode(const struct exam *x, uint32_t limit)
{
    const struct bh_image_format *const *format = x->policy->formats;
    enum bh_reason why = BH_REASON_NO_IMAGE;

    for (; *format && why == BH_REASON_NO_IMAGE; format++) {
        why = (*format)->decode(x->view, limit, &x->out->image);
        if (why == BH_REASON_NONE)
            x->out->format = *format;
    }
    return why;
}

static enum bh_reason check_digest(const struct exam *x)
{
    const struct bh_image *image = &x->out->image;
    const struct bh_hash_algo *algo = x->policy->hash;

    if (image->hash_id != algo->id)
        return BH_REASON_NO_DIGEST;
    if (hash(x, image->hashed, image->n_hashed, x->out->digest) ||
        bh_view_read(x->view, image->digest_off, x->work->buf, algo->digest_len))
        return BH_REASON_READ;
    return memcmp(x->work->buf, x->out->digest, algo->digest_len) ? BH_REASON_DIGEST
                                                                  : BH_REASON_NONE;
}

/* The hash that names a signature's key, stored or computed; all zero if it is of another kind. */
static int key_id(const struct exam *x, const struct bh_image_signature *s,
                  uint8_t id[BH_DIGEST_MAX])
{
    memset(id, 0, BH_DIGEST_MAX);
    if (s->whole_key)
        return hash(x, &s->key, 1, id);
    if (s->key.len != x->policy->hash->digest_len)
        return BH_OK;
    return bh_view_read(x->view, s->key.off, id, s->key.len);
}

/* The signature's bytes are in the work buffer. */
static uint32_t check_signature(const struct exam *x, const struct bh_key *key, uint32_t sig_len)
{
    if (x->out->image.pure)
        return x->policy->pure(key, x->view, &x->out->image, sig_len, x->work);
    return key->algo->verify(key, x->out->digest, x->policy->hash->digest_len, x->work->buf,
                             sig_len);
}

/* Does a key of the product verify this signature? */
static enum bh_reason try_keys(struct exam *x, const struct bh_image_signature *s)
{
    enum bh_reason why = BH_REASON_UNKNOWN_KEY;
    uint8_t id[BH_DIGEST_MAX];

    if (key_id(x, s, id))
        return BH_REASON_READ;
    for (uint8_t k = 0; k < x->policy->n_keys; k++) {
        const struct bh_key *key = &x->policy->keys[k];

        if (key->algo->id != s->id || (s->key.len && memcmp(id, key->id, sizeof key->id)))
            continue;
        if (s->bytes.len > x->work->len)
            return BH_REASON_SIGNATURE;
        if (bh_view_read(x->view, s->bytes.off, x->work->buf, s->bytes.len))
            return BH_REASON_READ;
        x->token = check_signature(x, key, s->bytes.len);
        if (x->token == BH_SIGNATURE_GOOD) {
            x->out->key = k;
            return BH_REASON_NONE;
        }
        why = BH_REASON_SIGNATURE;
    }
    return why;
}

/* Of several refusals the most telling one stays: a wrong signature by a known key. */
static enum bh_reason check_signatures(struct exam *x)
{
    enum bh_reason why = BH_REASON_NO_SIGNATURE;
    struct bh_image_signature s;

    if (x->out->image.pure && !x->policy->pure)
        return BH_REASON_UNSUPPORTED;
    for (unsigned i = 0; i < SIGNATURES_MAX; i++) {
        enum bh_reason this_one;
        int err = x->out->format->signature(x->view, &x->out->image, i, &s);

        if (err)
            return err == BH_ERR_ABSENT ? why : BH_REASON_READ;
        this_one = try_keys(x, &s);
        if (this_one == BH_REASON_NONE)
            return BH_REASON_NONE;
        if (why != BH_REASON_SIGNATURE)
            why = this_one;
    }
    return why;
}

static enum bh_reason examine(struct exam *x, uint32_t limit, uint32_t floor)
{
    const struct bh_image *image = &x->out->image;
    enum bh_reason why = decode(x, limit);

    if (why == BH_REASON_NONE)
        why = check_digest(x);
    if (why == BH_REASON_NONE && x->policy->n_keys)
        why = check_signatures(x);
    if (why != BH_REASON_NONE)
        return why;
    if (x->policy->need_counter && !image->has_counter)
        return BH_REASON_NO_COUNTER;
    return image->counter < floor ? BH_REASON_FLOOR : BH_REASON_NONE;
}

uint32_t bh_verify(const struct bh_policy *policy, const struct bh_view *view, uint32_t limit,
                   uint32_t floor, struct bh_work *work, struct bh_verified *out)
{
    /* Without keys the token is right from the start; with keys it never is. */
    struct exam x = { policy, view, work, out, BH_SIGNATURE_GOOD ^ policy->n_keys };

    memset(out, 0, sizeof *out);
    out->reason = examine(&x, limit, floor);
    out->verdict = x.token ^ (BH_SIGNATURE_GOOD ^ BH_VERDICT_GOOD);
    if (out->reason != BH_REASON_NONE)
        out->verdict = BH_VERDICT_BAD;
    return out->verdict;
}
