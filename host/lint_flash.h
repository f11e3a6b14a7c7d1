/* SPDX-License-Identifier: Apache-2.0 */
/* host/lint_flash.h - what the image of a whole flash shows beside its partition table. */
#ifndef HOST_LINT_FLASH_H
#define HOST_LINT_FLASH_H

#include "bulkhead/flash.h"
#include "host/table/table.h"

/* Adds warnings to t, whose table is at o->table_off: bytes in no partition that are not erased,
 * and a bootloader that does not go with the table. The column of each is its offset in
 * the flash. */
void host_lint_flash(struct esp_table *t, const struct esp_options *o,
                     const struct bh_flash *flash);

/* How large the flash is by the header of the bootloader in it, which is what ESP-IDF's bootloader
 * holds a partition table to. 0: no bootloader is found where a chip would look. */
int64_t host_flash_size_told(const struct esp_options *o, const struct bh_flash *flash);

#endif
