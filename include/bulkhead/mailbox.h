/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/mailbox.h - where an application leaves a request or a confirm, in its own SDK's form.
 *
 * What is read here is only ever a wish: it becomes a journal entry before it is acted upon.
 * Bulkhead's own mailbox is the journal itself and needs none of this (product.mailbox = NULL). */
#ifndef BULKHEAD_MAILBOX_H
#define BULKHEAD_MAILBOX_H

#include "bulkhead/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

enum bh_request { BH_REQUEST_NONE = 0, BH_REQUEST_TEST = 1, BH_REQUEST_PERMANENT = 2 };

struct bh_product;

/* A wish: which pairs (bit i: pair i), and how. Or, confirmed: the trial is over. */
struct bh_wish {
    uint32_t request; /* enum bh_request */
    uint32_t pairs;
    uint32_t confirmed;
};

/* All pairs of a product at once. `truth` tells which take part: those with a size_new. */
struct bh_mailbox {
    const char *name;
    /* The bootloader's side. */
    /* What does the application wish? A part that cannot be read wishes nothing, and is an error. */
    int (*read)(const struct bh_product *product, const struct bh_record *truth,
                struct bh_wish *out);
    /* After the last step, while the journal still says UPDATING: no request, and a blank place
     * for the confirm (trial) or a set one (permanent). Done anew after every reset. */
    int (*installed)(const struct bh_product *product, const struct bh_record *truth);
    /* After the last undo, while the journal still says REVERTING: no request, confirm set. */
    int (*reverted)(const struct bh_product *product, const struct bh_record *truth);
    /* The request of these pairs was refused, or they are staged anew: take it away. */
    int (*clear)(const struct bh_product *product, uint32_t pairs);
    /* The application's side: what its own SDK would write. Called only when the journal allows it:
     * confirm only during a trial, ask only when nothing is going on. */
    int (*ask)(const struct bh_product *product, const struct bh_wish *wish);
    int (*confirm)(const struct bh_product *product, const struct bh_record *truth);
};

extern const struct bh_mailbox bh_mailbox_mcuboot;

#ifdef __cplusplus
}
#endif

#endif
