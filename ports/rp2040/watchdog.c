/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog: RP2040 datasheet, 4.7. A tick of the reference clock, which is the crystal's by
 * then, each microsecond; it counts two for each (erratum RP2040-E1). What it resets is chosen
 * in the power-on state machine (2.13): all but the oscillators. */
#include "bulkhead/alive.h"
#include "port.h"
#include "rp2040.h"

#define WATCHDOG_CTRL REGISTER(0x40058000)
#define WATCHDOG_LOAD REGISTER(0x40058004)
#define WATCHDOG_TICK REGISTER(0x4005802C)
#define CTRL_ENABLE (1u << 30)
#define CTRL_PAUSE (7u << 24) /* while a debugger halts the processors: as after reset */
#define TICK_ENABLE (1u << 9)
#define PSM_WDSEL REGISTER(0x40010008)
#define WDSEL_ALL_BUT_OSCILLATORS 0x1FFFCu
#define LOAD_MAX 0xFFFFFFu
#define LOADS_OF_MS 2000u
#define MHZ 12u

_Static_assert(BOOT_WATCHDOG_MS <= LOAD_MAX / LOADS_OF_MS,
               "watchdog: this chip's cannot be set to more than 8388 ms");

void port_watchdog_start(uint32_t ms)
{
    PSM_WDSEL = WDSEL_ALL_BUT_OSCILLATORS;
    WATCHDOG_TICK = TICK_ENABLE | MHZ;
    WATCHDOG_LOAD = ms * LOADS_OF_MS;
    WATCHDOG_CTRL = CTRL_ENABLE | CTRL_PAUSE;
}

void bh_alive(void)
{
    WATCHDOG_LOAD = BOOT_WATCHDOG_MS * LOADS_OF_MS;
}
