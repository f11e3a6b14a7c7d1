/* SPDX-License-Identifier: Apache-2.0 */
/* The sample product for QEMU's RISC-V board `virt`: parallel NOR flash with large pages. */
#ifndef PORTS_VIRT_PRODUCT_H
#define PORTS_VIRT_PRODUCT_H

#include "bulkhead/product.h"

#define VIRT_FLASH_BASE 0x20000000u
#define VIRT_FLASH_SIZE 0x00200000u /* as much of the 32 MB as is used */
#define VIRT_FLASH_UNIT 4u

extern const struct bh_page_run virt_runs[1]; /* 8 x 256 KB */

/* The driver defines it in firmware, the simulator on a host. */
extern const struct bh_flash virt_flash;

extern const struct bh_product virt_product;

#endif
