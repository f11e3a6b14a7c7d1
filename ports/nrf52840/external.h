/* SPDX-License-Identifier: Apache-2.0 */
/* The serial NOR chip beside the nRF52840. */
#ifndef PORTS_NRF52840_EXTERNAL_H
#define PORTS_NRF52840_EXTERNAL_H

/* Find and wake the chip behind nrf52840_external_flash. */
void nrf52840_external_init(void);

#endif
