/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/mailbox.h - where an application leaves a request or a confirm, in its own SDK's form.
 *
 * What is read here is only ever a wish: it becomes a journal entry before it is acted upon.
 * Bulkhead's own mailbox is the journal itself and needs none of this (product.mailbox = NULL). */
#ifndef BULKHEAD_MAILBOX_H
#define BULKHEAD_MAILBOX_H

#include "bulkhead/plan.h"

enum bh_request { BH_REQUEST_NONE = 0, BH_REQUEST_TEST = 1, BH_REQUEST_PERMANENT = 2 };

struct bh_mailbox {
    const char *name;
    /* The bootloader's side. */
    /* What does the application ask? */
    int (*request)(const struct bh_pair *pair, enum bh_request *out);
    /* Has it confirmed the running image? Asked only during a trial. */
    int (*confirmed)(const struct bh_pair *pair, bool *out);
    /* After the last step, while the journal still says UPDATING: no request, and a blank place
     * for the confirm (trial) or a set one (permanent). Done anew after every reset. */
    int (*installed)(const struct bh_pair *pair, uint8_t index, const struct bh_record_pair *size,
                     bool permanent);
    /* After the last undo, while the journal still says REVERTING: no request, confirm set. */
    int (*reverted)(const struct bh_pair *pair, uint8_t index);
    /* The request was refused: take it away. */
    int (*clear)(const struct bh_pair *pair);
    /* The application's side: what its own SDK would write. Called only when the journal allows it:
     * confirm only during a trial, ask only when nothing is going on. */
    int (*ask)(const struct bh_pair *pair, uint8_t index, enum bh_request request);
    int (*confirm)(const struct bh_pair *pair, uint8_t index);
};

extern const struct bh_mailbox bh_mailbox_mcuboot;

#endif
