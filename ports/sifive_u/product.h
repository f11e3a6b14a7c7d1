/* SPDX-License-Identifier: Apache-2.0 */
/* The sample product for the FU540, as on HiFive Unleashed and on QEMU's board `sifive_u`: a serial
 * NOR flash (IS25WP256) from which nothing is run, and RAM that images are loaded to. */
#ifndef PORTS_SIFIVE_U_PRODUCT_H
#define PORTS_SIFIVE_U_PRODUCT_H

#include "bulkhead/product.h"

/* Half of the chip: as far as three bytes of address reach. A chip that was told to expect four
 * stays so at a reset, and the mask ROM sends three. */
#define SIFIVE_U_FLASH_SIZE 0x01000000u
#define SIFIVE_U_FLASH_UNIT 4u

/* The L2 cache as memory ("loosely integrated memory"), as much of it as is used: there is no DRAM
 * before somebody sets it up. */
#define SIFIVE_U_RAM_BASE 0x08000000u
#define SIFIVE_U_RAM_SIZE 0x00100000u
#define SIFIVE_U_WINDOW_LEN 0x000E0000u /* for images; the rest is the bootloader's: boot.ld */

extern const struct bh_page_run sifive_u_runs[1]; /* 4096 x 4 KB */

/* The driver defines it in firmware, the simulator on a host. */
extern const struct bh_flash sifive_u_flash;

extern const struct bh_region sifive_u_window;
extern const struct bh_product sifive_u_product;

#endif
