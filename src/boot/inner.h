/* SPDX-License-Identifier: Apache-2.0 */
/* What boot and rescue share: looking at images. */
#ifndef BULKHEAD_BOOT_INNER_H
#define BULKHEAD_BOOT_INNER_H

#include "bulkhead/boot.h"

#define BH_TRIES 2u /* failures of an act that are answered with another attempt */

/* Verify the image in a view of a pair, as one that will run from primary, wherever it is now. The
 * result is in b->verified. */
bool bh_boot_good(struct bh_boot *b, const struct bh_product *product, uint32_t p,
                  const struct bh_view *view);

/* Which image is the one that was verified last? BH_PRIMARY_ bits by the journal's names; OTHER if
 * it is neither and its version is allowed; 0: neither, and older than what was confirmed last. */
uint32_t bh_boot_identity(const struct bh_boot *b, const struct bh_product *product, uint32_t p);

/* Is the image that was verified last the one that ran, according to the journal? */
bool bh_boot_ran(const struct bh_boot *b, const struct bh_product *product, uint32_t p);

/* May primary of pair p at rest become the image that was verified last? One that is allowed; of
 * several pairs only the one that ran, since they run together. */
bool bh_boot_restorable(const struct bh_boot *b, const struct bh_product *product, uint32_t p);

/* The name of the image that was verified last. */
void bh_boot_name(const struct bh_boot *b, uint32_t name[BH_NAME_WORDS]);

#endif
