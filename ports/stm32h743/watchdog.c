/* SPDX-License-Identifier: Apache-2.0 */
/* The independent watchdog of the first processor, IWDG1. */
#include "bulkhead/alive.h"
#include "port.h"
#include "stm32/iwdg.h"

#define IWDG 0x58004800u
#define LSI_KHZ 34u /* 29.4 to 33.6: STM32H743 data sheet, LSI oscillator characteristics */

_Static_assert(BOOT_WATCHDOG_MS <= STM32_IWDG_MAX_MS(LSI_KHZ),
               "watchdog: this chip's cannot be set to more than 30840 ms");

void port_watchdog_start(uint32_t ms)
{
    stm32_iwdg_start(IWDG, LSI_KHZ, ms);
}

void bh_alive(void)
{
    stm32_iwdg_feed(IWDG);
}
