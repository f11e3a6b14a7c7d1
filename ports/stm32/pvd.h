/* SPDX-License-Identifier: Apache-2.0 */
/* The programmable voltage detector of STM32 chips. */
#ifndef PORTS_STM32_PVD_H
#define PORTS_STM32_PVD_H

#include <stdbool.h>
#include <stdint.h>

/* Is there less than threshold `level` (PLS)? The detector is on meanwhile, and the register as
 * before afterwards. cr, csr: the addresses of the control register with PVDE and PLS, and of
 * that with the answer, which is bit `pvdo` of it. */
bool stm32_pvd_below(uintptr_t cr, uintptr_t csr, uint32_t pvdo, uint32_t level);

#endif
