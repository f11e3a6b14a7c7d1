/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/product.h - everything that makes a bootloader the bootloader of one product.
 *
 *     const struct bh_product product = {
 *         .name = "lamp", .layout = 0x1A2B3C4D, .pairs = pairs, .n_pairs = 1, .trial_boots = 1,
 *         .bootloader = { &chip, 0, 0x8000 },
 *         .journal = { { &chip, 0x8000, 0x4000 }, { &chip, 0xC000, 0x4000 } },
 *         .plan = &bh_plan_swap,
 *         .policy = { .formats = formats, .hash = &bh_sha256, .keys = &key, .n_keys = 1 },
 *     };
 *
 * One const struct. What it does not name is not linked. The zero value of every field refuses or
 * is an error of bh_product_check(); what is dangerous is named:
 * allow_unsigned, allow_downgrade. */
#ifndef BULKHEAD_PRODUCT_H
#define BULKHEAD_PRODUCT_H

#include "bulkhead/journal.h"
#include "bulkhead/mailbox.h"
#include "bulkhead/plan.h"
#include "bulkhead/verify.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bh_boot;
struct bh_product;
struct bh_rescue;
extern const struct bh_rescue bh_rescue; /* the one there is: bulkhead/boot.h */

/* Where there is no journal, and the mailbox tells what another bootloader left: the record to
 * begin with. */
typedef void bh_adopt_fn(struct bh_boot *b, const struct bh_product *product);
bh_adopt_fn bh_adopt;
/* The same where that bootloader's way back is not where ours would be, as with wolfBoot's: what is
 * in primary is kept, for the application to confirm. */
bh_adopt_fn bh_adopt_kept;

struct bh_product {
    const char *name;
    /* Identity of the layout: the CRC-32 that `bulkhead layout build` computes over geometry,
     * bootloader, slots, spare and journal. A journal of another identity is not acted upon.
     * Not 0. */
    uint32_t layout;
    const struct bh_pair *pairs; /* pair 0 is the one that is started */
    uint8_t n_pairs;             /* 1 to BH_PAIRS; they change together or not at all */
    uint8_t trial_boots; /* starts of an unconfirmed image before it is reverted; 1 to 255 */
    struct bh_region
        bootloader; /* the pages of the bootloader's own binary: nothing else is there */
    struct bh_region journal[2]; /* two runs of whole pages, of equal length */
    const struct bh_plan *plan;
    const struct bh_mailbox *mailbox; /* NULL: requests and confirms are journal entries */
    /* &bh_rescue: an act that cannot go on puts one image together again. NULL: it ends where it
     * is; primary is started if it verifies, and the application can end the act. */
    const struct bh_rescue *rescue;
    /* bh_adopt: a trial that another bootloader began goes on, and a swap that it did not finish is
     * left as it is; bh_adopt_kept: no trial goes on. NULL: nobody looks. For products with a
     * mailbox. */
    bh_adopt_fn *adopt;
    struct bh_policy policy;
};

/* Open the journal of a product: its pages, with every record checked against the product.
 * BH_ERR_PRODUCT: constants contradict each other, or the memory lent is too small. */
BH_MUST_CHECK int bh_product_journal(const struct bh_product *product, struct bh_work *work,
                                     struct bh_journal *out);

/* The pairs that an act moves, or that a request in the journal is about. Bit i: pair i. */
uint32_t bh_product_moving(const struct bh_product *product, const struct bh_record *rec);

/* What is asked for, and of which pairs (bit i: pair i). Requests for good come first, as an act of
 * their own, then those for a trial; the mailbox's wishes first, then the journal's. */
enum bh_request bh_product_asked(const struct bh_product *product, const struct bh_record *rec,
                                 const struct bh_wish *wish, uint32_t *pairs);

#ifdef __cplusplus
}
#endif

#endif
