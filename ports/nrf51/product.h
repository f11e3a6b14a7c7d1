/* SPDX-License-Identifier: Apache-2.0 */
/* The nRF51 sample product (BBC micro:bit): a small chip, everything on its own flash. */
#ifndef PORTS_NRF51_PRODUCT_H
#define PORTS_NRF51_PRODUCT_H

#include "bulkhead/product.h"

#define NRF51_FLASH_SIZE 0x00040000u /* at address 0 */
#define NRF51_FLASH_UNIT 4u

extern const struct bh_page_run nrf51_runs[1]; /* 256 x 1 KB */

/* The driver defines it in firmware, the simulator on a host. */
extern const struct bh_flash nrf51_flash;

extern const struct bh_product nrf51_product;

/* By the names that 'bulkhead layout build' gives them. */
#define PRODUCT nrf51_product
#define PRODUCT_INTERNAL nrf51_flash
#define PRODUCT_INTERNAL_GEOMETRY                                                                  \
    .runs = nrf51_runs, .n_runs = 1, .unit = NRF51_FLASH_UNIT, .erased = 0xFF, .mapped = true,     \
    .size = NRF51_FLASH_SIZE, .base = 0

#endif
