/* SPDX-License-Identifier: Apache-2.0 */
/* The independent watchdog of STM32 chips. */
#ifndef PORTS_STM32_IWDG_H
#define PORTS_STM32_IWDG_H

#include <stdint.h>

/* Longest time-out, if the clock under it may run at so many kHz. */
#define STM32_IWDG_MAX_MS(khz) (4096u * 256u / (khz))

/* Start it, or set one that runs: it bites after ms at the earliest. Once started it runs until the
 * next reset. base: its registers. khz: the fastest that its own clock (LSI) can be. */
void stm32_iwdg_start(uintptr_t base, uint32_t khz, uint32_t ms);
void stm32_iwdg_feed(uintptr_t base);

#endif
