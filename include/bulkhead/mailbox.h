/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/mailbox.h - where an application leaves a request or a confirm, in its own SDK's form.
 *
 * What is read here is only ever a wish: it becomes a journal entry before it is acted upon.
 * Bulkhead's own mailbox is the journal itself and needs none of this (product.mailbox = NULL).
 *
 * A mailbox holds requests pair by pair. A set of several pairs that is asked for at once, and a
 * confirm by bh_app_confirm(), are always statements in the journal: one entry, all or nothing. */
#ifndef BULKHEAD_MAILBOX_H
#define BULKHEAD_MAILBOX_H

#include "bulkhead/journal.h"
#include "bulkhead/pair.h"

#ifdef __cplusplus
extern "C" {
#endif

enum bh_request { BH_REQUEST_NONE = 0, BH_REQUEST_TEST = 1, BH_REQUEST_PERMANENT = 2 };

/* What the mailboxes of all pairs say. Bit i of each: pair i. */
struct bh_wish {
    uint32_t test;      /* asks for its staged image on trial */
    uint32_t permanent; /* asks for its staged image for good */
    uint32_t confirmed; /* confirms the image in primary */
    /* What the bootloader that was here before left, as the mailbox tells it. */
    uint32_t on_trial;    /* primary is installed, and not confirmed: to be reverted */
    uint32_t unclear;     /* primary is neither confirmed nor on trial; it stays as it is */
    uint32_t interrupted; /* another bootloader's swap was interrupted: an image may be in pieces */
};

/* How an act ended, as the applications shall find it in the mailbox. */
enum bh_settled {
    BH_SETTLED_TRIAL,     /* installed, unconfirmed: no request, a blank place for the confirm */
    BH_SETTLED_PERMANENT, /* installed for good: no request, confirm set */
    BH_SETTLED_REVERTED,  /* the old image is back: no request, confirm set */
};

/* Functions get the pairs of a product. `which`: bit i: pair i takes part. */
struct bh_mailbox {
    const char *name;
    /* Which program unit is the largest that this form can use? Bytes. */
    uint32_t unit_max;
    /* Pages at the end of each slot that belong to the mailbox, and so neither to an image nor to
     * the spare? Bytes of slot, from its end. No whole page: these bytes alone, and an image may
     * begin in that page. */
    uint32_t (*trailer)(const struct bh_pair *pair, const struct bh_region *slot);

    /* The bootloader's side. */
    /* What do the applications wish? A part that cannot be read wishes nothing, and is an error. */
    int (*read)(const struct bh_pair *pairs, uint32_t n, struct bh_wish *out);
    /* After the last step or undo, while the journal still tells of the act. Done again after every
     * reset. */
    int (*settle)(const struct bh_pair *pairs, uint32_t n, uint32_t which, enum bh_settled how);
    /* Take requests away: they were refused, or the image is staged again. */
    int (*clear)(const struct bh_pair *pairs, uint32_t n, uint32_t which);

    /* The application's side: what its own SDK would write. */
    /* Ask for one pair; only when nothing is going on. BH_ERR_ABSENT: the form has no such request,
     * or no place left for one; the journal takes it. */
    int (*ask)(const struct bh_pair *pairs, uint32_t pair, enum bh_request request);
    /* Mark the images as confirmed, for whoever reads the mailbox. The journal says so already. */
    int (*confirm)(const struct bh_pair *pairs, uint32_t n, uint32_t which);
};

extern const struct bh_mailbox bh_mailbox_mcuboot;

#ifdef __cplusplus
}
#endif

#endif
