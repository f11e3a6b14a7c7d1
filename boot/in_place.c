/* SPDX-License-Identifier: Apache-2.0 */
/* Images run where they lie, in the primary slot. */
#include "find.h"

extern const struct bh_product BOOT_PRODUCT;

void find(struct bh_work *work, struct bh_boot *boot)
{
    bh_boot_run(&BOOT_PRODUCT, work, boot);
}
