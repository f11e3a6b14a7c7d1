/* SPDX-License-Identifier: Apache-2.0 */
/* The independent watchdog. */
#include "bulkhead/alive.h"
#include "port.h"
#include "stm32/iwdg.h"

#define IWDG 0x40003000u
#define LSI_KHZ 34u /* 29.5 to 34: STM32G0B1 data sheet, LSI oscillator characteristics */

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
