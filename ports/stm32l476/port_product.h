/* SPDX-License-Identifier: Apache-2.0 */
/* The product that this port is built for, by the names that the product.h of 'bulkhead layout
 * build' gives it: here the sample's. A build of a layout puts its own port_product.h in this one's
 * place. */
#ifndef PORTS_STM32L476_PORT_PRODUCT_H
#define PORTS_STM32L476_PORT_PRODUCT_H

#include "product.h"

#define PRODUCT stm32l476_product
#define PRODUCT_INTERNAL stm32l476_flash
#define PRODUCT_INTERNAL_GEOMETRY                                                                  \
    .runs = stm32l476_runs, .n_runs = 1, .unit = STM32L476_FLASH_UNIT, .erased = 0xFF,             \
    .mapped = true, .size = STM32L476_FLASH_SIZE, .base = STM32L476_FLASH_BASE
#endif
