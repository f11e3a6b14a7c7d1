/* SPDX-License-Identifier: Apache-2.0 */
/* The flash on Nordic's chips: one controller, one driver. */
#ifndef PORTS_NVMC_H
#define PORTS_NVMC_H

#include "bulkhead/flash.h"

extern const struct bh_flash_ops nrf_nvmc_ops;   /* nRF51, nRF52 */
extern const struct bh_flash_ops nrf91_nvmc_ops; /* nRF9160, secure */

#endif
