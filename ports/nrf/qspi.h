/* SPDX-License-Identifier: Apache-2.0 */
/* The serial NOR flash on the nRF52840 development kit, through the QSPI peripheral. */
#ifndef PORTS_NRF_QSPI_H
#define PORTS_NRF_QSPI_H

#include "bulkhead/flash.h"

extern const struct bh_flash_ops nrf_qspi_ops;

/* Find and wake the chip. One that does not answer is no failure: every operation fails then. */
void nrf_qspi_init(void);
/* The peripheral's registers as after reset; the chip is left awake. */
void nrf_qspi_leave(void);

#endif
