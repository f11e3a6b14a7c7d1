/* SPDX-License-Identifier: Apache-2.0 */
/* The serial NOR flash behind QSPI0. */
#ifndef PORTS_SIFIVE_U_FLASH_H
#define PORTS_SIFIVE_U_FLASH_H

#include "bulkhead/spi_nor.h"

extern const struct bh_spi_bus sifive_u_bus;

/* A chip that does not answer is no failure: its device says so from then on. */
void sifive_u_flash_init(void);

#endif
