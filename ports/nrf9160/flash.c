/* SPDX-License-Identifier: Apache-2.0 */
/* The flash on the chip, by the driver of Nordic's chips. */
#include "nrf/nvmc.h"
#include "product.h"

const struct bh_flash PRODUCT_INTERNAL = { .ops = &nrf91_nvmc_ops, PRODUCT_INTERNAL_GEOMETRY };
