/* SPDX-License-Identifier: Apache-2.0 */
/* `boot_record`: what was started and why, where the layout says. */
#include "record.h"

#include "bulkhead/measure.h"

extern const struct bh_product BOOT_PRODUCT;
extern const char ld_self_len[]; /* not an address but a number, by sections.ld */

void record(struct bh_work *work, const struct bh_boot *boot)
{
    const struct bh_measure_more more = { BOOT_RECOVERY, (uint32_t)(uintptr_t)ld_self_len, work };

    bh_measure(&BOOT_PRODUCT, boot, &more, (uint8_t *)(uintptr_t)BOOT_RECORD_ADDRESS,
               BOOT_RECORD_LEN);
}
