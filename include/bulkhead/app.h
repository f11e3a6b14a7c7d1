/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/app.h - the application's side: stage an image, ask for it, confirm it, ask what
 * happened.
 *
 *     struct bh_stage s;
 *     err = bh_stage_begin(&s, &product, 0, image_len, &work);
 *     while (receive(piece, &n)) err = bh_stage_write(&s, piece, n);
 *     err = bh_stage_end(&s);
 *     err = bh_app_request(&product, &work, 1, BH_REQUEST_TEST);
 *     reset();
 *     ... the new image starts, finds itself well, and calls:
 *     err = bh_app_confirm(&product, &work);
 *
 * Every function returns 0 or a negative enum bh_error. Each is lent memory (struct bh_work);
 * staging keeps it until bh_stage_end(). A driver's BH_ERR_LATER is passed on: call again later; a
 * staging is begun again. */
#ifndef BULKHEAD_APP_H
#define BULKHEAD_APP_H

#include "bulkhead/product.h"
#include "bulkhead/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the journal and the slots say. */
struct bh_app_status {
    bool journal_found;
    enum bh_reason journal;  /* what was noteworthy when it was read: another layout, spoiled... */
    struct bh_record truth;  /* state, outcome, reason, floors */
    enum bh_request request; /* waiting for the next boot */
    bool confirmed;          /* the running image is here to stay */
};
BH_MUST_CHECK int bh_app_status(const struct bh_product *product, struct bh_work *work,
                                struct bh_app_status *out);

struct bh_stage {
    struct bh_stream stream;
    const struct bh_product *product;
    struct bh_work *work;
    uint32_t
        seq; /* the journal's last number when it began: tells whether another one began since */
    uint32_t left; /* bytes still to come; UINT32_MAX: it is not open */
};
/* Make ready to stage an image of len bytes for a pair. BH_ERR_STATE during an update, a trial or
 * a revert: the secondary slot holds the way back. BH_ERR_RANGE: no such pair, or 0 bytes.
 * BH_ERR_TOO_BIG before anything is erased. A request that waits is withdrawn first, so that a
 * half-staged image is never asked for; a set is withdrawn whole. */
BH_MUST_CHECK int bh_stage_begin(struct bh_stage *s, const struct bh_product *product, uint8_t pair,
                                 uint32_t len, struct bh_work *work);
/* The next bytes, any number. BH_ERR_TOO_BIG if more than announced: nothing of them is written. */
BH_MUST_CHECK int bh_stage_write(struct bh_stage *s, const void *data, uint32_t len);
/* BH_ERR_STATE if fewer bytes came than announced, or if another staging was begun meanwhile. */
BH_MUST_CHECK int bh_stage_end(struct bh_stage *s);

/* Ask for the staged images of some pairs (bit i: pair i) to be installed at the next boot, all or
 * none. What was asked before, by this function, is asked no more. BH_ERR_STATE during an update, a
 * trial or a revert. BH_ERR_ABSENT: nothing that could be an image is staged; BH_ERR_IO also if
 * that cannot be read. Verifies no image: the bootloader does, and says why if it refuses. */
BH_MUST_CHECK int bh_app_request(const struct bh_product *product, struct bh_work *work,
                                 uint8_t pairs, enum bh_request request);
/* Take back what was asked for. BH_ERR_ABSENT: nothing was. BH_ERR_STATE: it is carried out. */
BH_MUST_CHECK int bh_app_cancel(const struct bh_product *product, struct bh_work *work);
/* Keep the running image, on trial or kept: stated in the journal, then marked in the mailbox. 0
 * also if there is nothing to confirm. BH_ERR_STATE in the middle of an update or a revert;
 * BH_ERR_IO or BH_ERR_ABSENT if no journal can be found: nothing was recorded. Can be repeated. */
BH_MUST_CHECK int bh_app_confirm(const struct bh_product *product, struct bh_work *work);

/* Ask the next boot to wait for an image over the console, if its product names a recovery: once,
 * and the boot after that starts what is there. Other bootloaders pay no heed. BH_ERR_STATE during
 * an update, a trial or a revert, or while a request waits that the journal holds. */
BH_MUST_CHECK int bh_app_recover(const struct bh_product *product, struct bh_work *work);

#ifdef __cplusplus
}
#endif

#endif
