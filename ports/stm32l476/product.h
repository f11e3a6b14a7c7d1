/* SPDX-License-Identifier: Apache-2.0 */
/* The STM32L476 sample product (Nucleo-L476RG): pages of 2 KB, eight bytes at a time, with ECC. */
#ifndef PORTS_STM32L476_PRODUCT_H
#define PORTS_STM32L476_PRODUCT_H

#include "bulkhead/product.h"

#define STM32L476_FLASH_BASE 0x08000000u
#define STM32L476_FLASH_SIZE 0x00100000u
#define STM32L476_FLASH_UNIT 8u

extern const struct bh_page_run stm32l476_runs[1]; /* 512 x 2 KB */

/* The chip's driver defines it in firmware, the simulator on a host. */
extern const struct bh_flash stm32l476_flash;

extern const struct bh_product stm32l476_product;

#endif
