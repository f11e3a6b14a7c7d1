/* SPDX-License-Identifier: Apache-2.0 */
/* Where images run: one of two files is linked. */
#ifndef BOOT_FIND_H
#define BOOT_FIND_H

#include "bulkhead/boot.h"

/* Find an image that may be started, and have it where it runs: in_place.c, from_ram.c. The product
 * is BOOT_PRODUCT, by name: a link that optimises sees the constants in it. */
void find(struct bh_work *work, struct bh_boot *boot);

#endif
