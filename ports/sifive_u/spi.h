/* SPDX-License-Identifier: Apache-2.0 */
/* The serial NOR flash on HiFive Unleashed (IS25WP256, 32 MB) behind QSPI0. */
#ifndef PORTS_SIFIVE_U_SPI_H
#define PORTS_SIFIVE_U_SPI_H

#include "bulkhead/spi_nor.h"

extern const struct bh_flash sifive_u_nor;

void sifive_u_spi_init(void);

#endif
