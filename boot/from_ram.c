/* SPDX-License-Identifier: Apache-2.0 */
/* Images are copied to RAM, to BOOT_WINDOW, and run there. */
#include "bulkhead/load.h"
#include "find.h"

extern const struct bh_product BOOT_PRODUCT;
extern const struct bh_region BOOT_WINDOW;

void find(struct bh_work *work, struct bh_boot *boot)
{
    bh_boot_run(&BOOT_PRODUCT, work, boot);
    bh_boot_load(&BOOT_PRODUCT, &BOOT_WINDOW, work, boot);
}
