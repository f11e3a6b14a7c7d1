/* SPDX-License-Identifier: Apache-2.0 */
/* May this image be started? The order: structure, digest, signature, security counter.
 *
 * Two things must both come out right for a good verdict: the reason, a matter of branches, and the
 * token, which only a signature that verifies computes. No single skipped instruction is meant to
 * get past both. The signature is checked over the digest that was computed here, not over the
 * stored one, so neither of the two checks depends on the other. */
#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "bulkhead/verify.h"

#include <string.h>

/* An image may carry this many signatures; further ones are not looked at. Each may cost a
 * signature check by each key, and whoever holds the flash can add as many as he likes. */
#define SIGNATURES_MAX 8u

/* What the token is once two signatures have verified, where a product demands two: many bits away
 * from what it is after one, so that no skipped instruction makes one do for both. */
#define BOTH_GOOD 0x3CA5695Au

/* An image under examination. The policy is no part of it but an argument of its own: a link that
 * optimises then sees in every function what a product's policy names, and links nothing else. */
struct exam {
    const struct bh_view *view;
    struct bh_work *work;
    struct bh_verified *out;
    /* BH_SIGNATURE_GOOD, once a signature has verified. Volatile: it is in memory from the
     * start to the end, so that no skipped jump leads to code that computes it. */
    volatile uint32_t token;
    /* The floor with every bit turned, in memory, while the floor is in a register: a bit that a
     * fault turns in one of them while the signature is checked is not turned in the other. */
    volatile uint32_t not_floor;
};

/* Read into the work buffer. */
static int load(const struct exam *x, uint32_t off, uint32_t len)
{
    return bh_view_read(x->view, off, x->work->buf, len);
}

/* The digest of what the image says it covers. Its own function, so that the hash is off the stack
 * before the signature's numbers come on. */
static __attribute__((noinline)) int hash(const struct bh_policy *policy, const struct exam *x)
{
    const struct bh_hash_algo *algo = policy->hash;
    /* Not loaded in the loop, where the register for it has just held a place in the work buffer:
     * if that load were skipped, the program would go there. */
    void (*update)(struct bh_hash *, const void *, size_t) = algo->update;
    const struct bh_extent *e = x->out->image.hashed;
    struct bh_hash h;
    int err = BH_OK;

    bh_hash_init(&h, algo);
    for (uint8_t n = x->out->image.n_hashed; n--; e++) {
        for (uint32_t done = 0, len; !err && done < e->len; done += len) {
            const uint8_t *bytes;

            len = bh_min(e->len - done, x->work->len);
            bytes = bh_view_map(x->view, e->off + done, len);
            if (!bytes) {
                err = load(x, e->off + done, len);
                bytes = x->work->buf;
            }
            bh_alive(); /* mapped flash is hashed without a read, which would feed the watchdog */
            update(&h, bytes, len);
        }
    }
    algo->final(&h, x->out->digest);
    return err;
}

/* The first format that knows the header decides. Where there is only one, it is called by name. */
static enum bh_reason decode(const struct bh_policy *policy, const struct bh_view *view,
                             uint32_t limit, struct bh_image *image,
                             const struct bh_image_format **found)
{
    const struct bh_image_format *const *f = policy->formats;
    enum bh_reason why = (*f)->decode(view, limit, image);

    while (why == BH_REASON_NO_IMAGE && policy->formats[1] && *++f)
        why = (*f)->decode(view, limit, image);
    if (why == BH_REASON_NONE)
        *found = *f;
    return why;
}

/* That of an image that was decoded. */
static const struct bh_image_format *format_of(const struct bh_policy *policy,
                                               const struct bh_verified *out)
{
    return policy->formats[1] ? out->format : policy->formats[0];
}

enum bh_reason bh_decode(const struct bh_policy *policy, const struct bh_view *view, uint32_t limit,
                         struct bh_image *image)
{
    const struct bh_image_format *found;

    return decode(policy, view, limit, image, &found);
}

static enum bh_reason check_digest(const struct bh_policy *policy, const struct exam *x)
{
    const struct bh_image *image = &x->out->image;
    const struct bh_hash_algo *algo = policy->hash;

    if (image->hash_id != algo->id)
        return BH_REASON_NO_DIGEST;
    if (hash(policy, x) || load(x, image->digest_off, algo->digest_len))
        return BH_REASON_READ;
    return memcmp(x->work->buf, x->out->digest, algo->digest_len) ? BH_REASON_DIGEST
                                                                  : BH_REASON_NONE;
}

/* The signature's bytes are in the work buffer. */
static uint32_t check_signature(const struct bh_policy *policy, const struct exam *x,
                                const struct bh_key *key, uint32_t sig_len)
{
    if (policy->pure && x->out->image.pure)
        return policy->pure(key, x->view, &x->out->image, sig_len, x->work);
    return key->algo->verify(key, x->out->digest, policy->hash->digest_len, x->work->buf, sig_len);
}

/* Does key k make second signatures? They are the last ones. */
static bool is_second(const struct bh_policy *policy, uint8_t k)
{
    return k >= policy->n_keys - bh_policy_n_second(policy);
}

/* The token of a signature that says `token`, where a product demands two. A second key's is
 * another one, by the key itself: a fault that makes one key serve for both gives a token that
 * is neither. carried: 0, or how far the first signature was from a good one. */
static uint32_t of_kind(const struct bh_policy *policy, uint8_t k, uint32_t token, uint32_t carried)
{
    if (!bh_policy_second(policy))
        return token;
    return token + carried + (is_second(policy, k) ? BOTH_GOOD - BH_SIGNATURE_GOOD : 0);
}

/* Does this key verify this signature? */
static enum bh_reason try_key(const struct bh_policy *policy, struct exam *x,
                              const struct bh_image_signature *s, uint8_t k, bool second,
                              uint32_t carried)
{
    const struct bh_key *key = &policy->keys[k];
    uint32_t token;

    if (key->algo->id != s->id || (bh_policy_second(policy) && is_second(policy, k) != second))
        return BH_REASON_UNKNOWN_KEY;
    if (s->key_id_off) {
        if (load(x, s->key_id_off, sizeof key->id))
            return BH_REASON_READ;
        if (memcmp(x->work->buf, key->id, sizeof key->id))
            return BH_REASON_UNKNOWN_KEY;
    }
    if (s->bytes.len > x->work->len)
        return BH_REASON_SIGNATURE;
    if (load(x, s->bytes.off, s->bytes.len))
        return BH_REASON_READ;
    token = check_signature(policy, x, key, s->bytes.len);
    x->token = of_kind(policy, k, token, carried);
    return x->token == (second ? BOTH_GOOD : BH_SIGNATURE_GOOD) ? BH_REASON_NONE
                                                                : BH_REASON_SIGNATURE;
}

/* The next signature of this kind. */
static int next_signature(const struct bh_policy *policy, const struct exam *x, bool second,
                          struct bh_extent *rest, struct bh_image_signature *s)
{
    if (bh_policy_second(policy) && second)
        return bh_policy_second(policy)(x->view, &x->out->image, rest, s);
    return format_of(policy, x->out)->signature(x->view, rest, s);
}

/* One good signature by one key of this kind is enough. Of the refusals the most telling one is
 * kept: no signature, no known key, wrong signature, read error, which is also the order of the
 * numbers. What follows the good signature is left in *rest. */
static enum bh_reason check_kind(const struct bh_policy *policy, struct exam *x, bool second,
                                 struct bh_extent *rest)
{
    enum bh_reason why = BH_REASON_NO_SIGNATURE;
    uint32_t carried = second ? x->token - BH_SIGNATURE_GOOD : 0;
    struct bh_image_signature s;

    for (unsigned i = 0; i < SIGNATURES_MAX; i++) {
        int err = next_signature(policy, x, second, rest, &s);

        if (err)
            return err == BH_ERR_ABSENT ? why : BH_REASON_READ;
        for (uint8_t k = 0; k < policy->n_keys; k++) {
            enum bh_reason this_one = try_key(policy, x, &s, k, second, carried);

            if (!second)
                x->out->key = k;
            if (this_one == BH_REASON_NONE)
                return this_one;
            if (this_one > why)
                why = this_one;
        }
    }
    return why;
}

/* The same of a second signature. */
static enum bh_reason of_second(enum bh_reason why)
{
    return why == BH_REASON_NO_SIGNATURE  ? BH_REASON_NO_SECOND
           : why == BH_REASON_UNKNOWN_KEY ? BH_REASON_SECOND_KEY
           : why == BH_REASON_SIGNATURE   ? BH_REASON_SECOND_SIGNATURE
                                          : why;
}

/* One signature, or one of each kind. The token of the second one goes on from what the first one
 * left: were that not good, no second one would make it BOTH_GOOD. */
static enum bh_reason check_signatures(const struct bh_policy *policy, struct exam *x)
{
    struct bh_extent rest = x->out->image.tlvs;
    bool second = false;

    if (x->out->image.pure && !policy->pure)
        return BH_REASON_UNSUPPORTED;
    for (;;) { /* called from one place: then it is not copied, nor called, where one is enough */
        enum bh_reason why = check_kind(policy, x, second, &rest);

        if (!bh_policy_second(policy))
            return why;
        if (why != BH_REASON_NONE || second)
            return second ? of_second(why) : why;
        second = true;
    }
}

static enum bh_reason examine(const struct bh_policy *policy, struct exam *x, uint32_t limit,
                              uint32_t floor)
{
    const struct bh_image *image = &x->out->image;
    enum bh_reason why = decode(policy, x->view, limit, &x->out->image, &x->out->format);

    if (why == BH_REASON_NONE)
        why = check_digest(policy, x);
    if (why == BH_REASON_NONE && !policy->allow_unsigned)
        why = check_signatures(policy, x);
    if (why != BH_REASON_NONE)
        return why;
    if (policy->need_counter && !image->has_counter)
        return BH_REASON_NO_COUNTER;
    return image->counter < floor ? BH_REASON_FLOOR : BH_REASON_NONE;
}

uint32_t bh_verify(const struct bh_policy *policy, const struct bh_view *view, uint32_t limit,
                   uint32_t floor, struct bh_work *work, struct bh_verified *out)
{
    /* Where unsigned images are allowed the token is right from the start; otherwise it never is.
     * The field is read again in examine(), so one spoiled reading of it starts nothing. */
    struct exam x = { view, work, out,
                      policy->allow_unsigned ? BH_SIGNATURE_GOOD : ~BH_SIGNATURE_GOOD, ~floor };

    memset(out, 0, sizeof *out);
    out->reason = examine(policy, &x, limit, floor);
    out->verdict = x.token ^ (bh_policy_second(policy) ? BOTH_GOOD ^ BH_VERDICT_GOOD
                                                       : BH_SIGNATURE_GOOD ^ BH_VERDICT_GOOD);
    if (out->reason)
        out->verdict = BH_VERDICT_BAD;
    /* The counter as it was loaded the second time, against the other floor: a skipped instruction
     * may have spoiled the first one, or its comparison, or this one. */
    if (out->image.counter_again < ~x.not_floor)
        out->verdict = BH_VERDICT_BAD;
    return out->verdict;
}
