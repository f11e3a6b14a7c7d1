/* SPDX-License-Identifier: Apache-2.0 */
/* The flash on nRF51 and nRF52 chips: one controller, one driver. */
#ifndef PORTS_NVMC_H
#define PORTS_NVMC_H

#include "bulkhead/flash.h"

extern const struct bh_flash_ops nrf_nvmc_ops;

#endif
