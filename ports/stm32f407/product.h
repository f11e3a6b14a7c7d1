/* SPDX-License-Identifier: Apache-2.0 */
/* The STM32F407 sample product: everything on the chip's own flash, one page per slot. */
#ifndef PORTS_STM32F407_PRODUCT_H
#define PORTS_STM32F407_PRODUCT_H

#include "bulkhead/product.h"

#define STM32F407_FLASH_BASE 0x08000000u
#define STM32F407_FLASH_SIZE 0x00100000u
#define STM32F407_FLASH_UNIT 4u

/* 4 x 16 KB, 1 x 64 KB, 7 x 128 KB */
extern const struct bh_page_run stm32f407_runs[3];

/* The chip's driver defines it in firmware, the simulator on a host. */
extern const struct bh_flash stm32f407_flash;

extern const struct bh_product stm32f407_product;

#endif
