/* SPDX-License-Identifier: Apache-2.0 */
/* The serial NOR flash on the nRF52840 development kit, on SPIM0. */
#ifndef PORTS_NRF_SPIM_H
#define PORTS_NRF_SPIM_H

#include "bulkhead/spi_nor.h"

extern const struct bh_spi_bus nrf_spim_bus;

/* The peripheral and its pins: before bh_spi_nor_open(). */
void nrf_spim_init(void);
/* Registers and pins as after reset. */
void nrf_spim_leave(void);

#endif
