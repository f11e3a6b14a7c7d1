/* SPDX-License-Identifier: Apache-2.0 */
/* Where an upload goes, and what becomes of it.
 *
 * It goes to the secondary slot if it can be staged there. The primary slot is written only if it
 * does not verify and the secondary slot cannot be used: an act is stuck in it, it cannot be
 * written, or the journal cannot. Before that, the journal records an update with no attempt left
 * and without names of images. The next boot then accepts any image in the primary slot that
 * verifies and is new enough, as if a person had written it. So the floor and the version confirmed
 * last hold for an upload too, and a cut loses no image that could have started. */
#include "bulkhead/recovery.h"

#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"

#include <string.h>

#define SMALL_PAGE 4096u /* an erase of one takes less than 0.2 s, which clients wait for */

void bh_recovery_open(struct bh_recovery *r, struct bh_work *work, bool startable)
{
    memset(r, 0, sizeof *r);
    r->work = work;
    r->startable = startable;
}

/* Acted upon only after it was taken back: one that cannot be would keep the image from starting at
 * each boot. */
bool bh_recovery_asked(struct bh_journal *j)
{
    struct bh_record *rec = &j->truth;

    if (!j->found || rec->state != BH_STATE_IDLE || rec->reason != BH_REASON_RECOVERY)
        return false;
    rec->reason = BH_REASON_NONE;
    return bh_journal_state(j, rec) == BH_OK;
}

/* State that the primary slot of this pair is being rewritten. A journal that cannot be written
 * does not matter: then nothing that it says matters to the next boot. */
static int state_direct(const struct bh_recovery *r, const struct bh_product *product,
                        uint32_t pair, uint32_t len)
{
    struct bh_record *rec;
    struct bh_journal j;
    int err = bh_product_journal(product, r->work, &j);

    if (err || j.locked)
        return err ? err : BH_ERR_STATE;
    rec = &j.truth;
    if (rec->state <= BH_STATE_REQUESTED) /* others that were moved were a request's */
        for (uint32_t p = 0; p < bh_n_pairs(product->n_pairs); p++)
            rec->pair[p].size_new = 0;
    for (uint32_t p = 0; p < bh_n_pairs(product->n_pairs); p++) {
        memset(rec->pair[p].name_old, 0, sizeof rec->pair[p].name_old);
        memset(rec->pair[p].name_new, 0, sizeof rec->pair[p].name_new);
    }
    rec->pair[pair].size_new = len;
    rec->state = BH_STATE_UPDATING;
    rec->outcome = BH_OUTCOME_NONE;
    rec->reason = BH_REASON_RECOVERY;
    rec->boots_left = rec->step = rec->to_new = rec->final = rec->left_alone = 0;
    rec->permanent = 1;
    err = bh_journal_state(&j, rec);
    return bh_flash_postponed(err) ? err : BH_OK;
}

/* The slot's pages that an image may take: of the primary, or of where images are staged. */
static struct bh_region room(const struct bh_pair *pair, bool direct)
{
    return bh_region_part(direct ? &pair->primary : &pair->secondary, direct ? 0 : pair->staged_off,
                          bh_round_up(pair->image_max, pair->chunk));
}

static int begin_direct(struct bh_recovery *r, const struct bh_product *product, uint32_t pair,
                        uint32_t len)
{
    struct bh_region region = room(&product->pairs[pair], true);
    int err = state_direct(r, product, pair, len);

    if (!err)
        err = bh_stream_open(&r->stage.stream, &region, r->work);
    r->stage.left = err ? UINT32_MAX : len;
    return err;
}

/* Erase before the first byte what would take too long between two. */
static int erase_ahead(struct bh_recovery *r, uint32_t len)
{
    struct bh_stream *s = &r->stage.stream;
    struct bh_page page;
    int err = bh_flash_page(s->region.flash, s->region.off, &page);

    return err || page.len <= SMALL_PAGE ? err : bh_stream_erase(s, len);
}

/* Is it no fault of who asks, so that another way may be taken? */
static bool no_way(int err)
{
    return err && err != BH_ERR_RANGE && err != BH_ERR_TOO_BIG && !bh_flash_postponed(err);
}

int bh_recovery_begin(struct bh_recovery *r, const struct bh_product *product, uint32_t pair,
                      uint32_t len)
{
    int err = BH_ERR_IO;

    r->open = false;
    r->off = 0;
    r->direct = false;
    if (pair >= bh_n_pairs(product->n_pairs) || len == 0)
        return BH_ERR_RANGE;
    pair = bh_pair_index(pair);
    if (len > product->pairs[pair].image_max)
        return BH_ERR_TOO_BIG;
    if (!(r->dead >> pair & 1u)) {
        err = bh_stage_begin(&r->stage, product, (uint8_t)pair, len, r->work);
        if (!err)
            err = erase_ahead(r, len);
    }
    if (no_way(err) && !r->startable) {
        r->direct = true;
        err = begin_direct(r, product, pair, len);
        if (!err)
            err = erase_ahead(r, len);
    }
    r->pair = (uint8_t)pair;
    r->len = len;
    r->open = err == BH_OK;
    return err;
}

/* A secondary slot that fails is no way for the next upload, if there is another one. */
static int over(struct bh_recovery *r, int err)
{
    r->open = false;
    r->off = 0;
    if (no_way(err) && !r->direct && !r->startable && (err == BH_ERR_IO || err == BH_ERR_COMPARE))
        r->dead |= 1u << r->pair;
    return err;
}

int bh_recovery_write(struct bh_recovery *r, const void *data, uint32_t len)
{
    int err;

    if (!r->open)
        return BH_ERR_STATE;
    if (len > r->len - r->off)
        return BH_ERR_TOO_BIG;
    err = bh_stage_write(&r->stage, data, len);
    if (err)
        return over(r, err);
    r->off += len;
    return BH_OK;
}

bool bh_recovery_hashes(const struct bh_product *product)
{
    return product->policy.hash->id == BH_HASH_SHA256;
}

/* Is this the SHA-256 of the bytes in flash? */
static int check_sha(const struct bh_recovery *r, const struct bh_product *product,
                     const uint8_t *sha)
{
    struct bh_region region = room(&product->pairs[bh_pair_index(r->pair)], r->direct);
    const struct bh_hash_algo *algo = product->policy.hash;
    uint8_t digest[BH_DIGEST_MAX];
    struct bh_hash h;
    int err = BH_OK;

    bh_hash_init(&h, algo);
    for (uint32_t off = 0, n; !err && off < r->len; off += n) {
        n = bh_min(r->len - off, r->work->len);
        err = bh_region_read(&region, off, r->work->buf, n);
        bh_alive();
        algo->update(&h, r->work->buf, n);
    }
    algo->final(&h, digest);
    return err ? err : memcmp(digest, sha, 32) ? BH_ERR_REFUSED : BH_OK;
}

/* Not bh_stage_end(): nobody else stages meanwhile. In the primary slot no byte of what was there
 * before stays after the image. */
static int end_bytes(struct bh_recovery *r)
{
    struct bh_stream *s = &r->stage.stream;
    int err = r->off == r->len ? bh_stream_close(s) : BH_ERR_STATE;

    r->stage.left = UINT32_MAX;
    return err || !r->direct ? err : bh_stream_erase(s, s->region.len);
}

int bh_recovery_end(struct bh_recovery *r, const struct bh_product *product, const uint8_t *sha)
{
    int err;

    if (!r->open)
        return BH_ERR_STATE;
    err = end_bytes(r);
    if (!err && sha && bh_recovery_hashes(product))
        err = check_sha(r, product, sha);
    if (!err && !r->direct) {
        uint32_t asked = r->asked | 1u << r->pair;

        err = bh_app_request(product, r->work, (uint8_t)asked,
                             r->startable ? BH_REQUEST_TEST : BH_REQUEST_PERMANENT);
        r->asked = err ? r->asked : asked;
    }
    if (err)
        return over(r, err);
    r->open = false;
    return BH_OK;
}
