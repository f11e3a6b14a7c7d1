/* SPDX-License-Identifier: Apache-2.0 */
/* The nRF52840 sample product: primary slot on the chip, secondary slot on a serial NOR flash. */
#ifndef PORTS_NRF52840_PRODUCT_H
#define PORTS_NRF52840_PRODUCT_H

#include "bulkhead/product.h"

#define NRF52840_FLASH_SIZE 0x00100000u    /* at address 0 */
#define NRF52840_EXTERNAL_SIZE 0x00800000u /* not mapped */
#define NRF52840_FLASH_UNIT 4u             /* both */

/* 256 x 4 KB; and 2048 x 4 KB, programmed in pages of 256 bytes */
extern const struct bh_page_run nrf52840_runs[1];
extern const struct bh_page_run nrf52840_external_runs[1];

/* The drivers define them in firmware, the simulator on a host. */
extern const struct bh_flash nrf52840_flash;
extern const struct bh_flash nrf52840_external_flash;

extern const struct bh_product nrf52840_product;

/* By the names that 'bulkhead layout build' gives them. */
#define PRODUCT nrf52840_product
#define PRODUCT_INTERNAL nrf52840_flash
#define PRODUCT_INTERNAL_GEOMETRY                                                                  \
    .runs = nrf52840_runs, .n_runs = 1, .unit = NRF52840_FLASH_UNIT, .erased = 0xFF,               \
    .mapped = true, .size = NRF52840_FLASH_SIZE, .base = 0
#define PRODUCT_EXTERNAL nrf52840_external_flash
#define PRODUCT_EXTERNAL_GEOMETRY                                                                  \
    .runs = nrf52840_external_runs, .n_runs = 1, .unit = NRF52840_FLASH_UNIT, .erased = 0xFF,      \
    .mapped = false, .size = NRF52840_EXTERNAL_SIZE, .base = 0

#endif
