/* SPDX-License-Identifier: Apache-2.0 */
/* The UART (without DMA) of nRF51 and nRF52; port_put() and port_get() are in uart.c. */
#ifndef PORTS_NRF_UART_H
#define PORTS_NRF_UART_H

#include <stdint.h>

void nrf_uart_init(uint32_t tx_pin, uint32_t rx_pin);
/* Registers as after reset. */
void nrf_uart_leave(void);

#endif
