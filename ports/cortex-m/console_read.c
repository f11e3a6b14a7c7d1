/* SPDX-License-Identifier: Apache-2.0 */
/* The console with a time-out, measured by SysTick, which is as after reset afterwards. ARMv6-M
 * Architecture Reference Manual, B3.3; the same in ARMv7-M and ARMv8-M. */
#include "bulkhead/alive.h"
#include "lib/register.h"
#include "port.h"

#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)
#define ENABLE 1u
#define CLKSOURCE 4u
#define COUNTFLAG (1u << 16)

int port_console_read(uint32_t timeout_ms)
{
    int c;

    SYST_RVR = port_khz() - 1;
    SYST_CVR = 0;
    SYST_CSR = CLKSOURCE | ENABLE;
    while ((c = port_get()) < 0 && timeout_ms) {
        bh_alive();
        if (SYST_CSR & COUNTFLAG)
            timeout_ms--;
    }
    SYST_CSR = 0;
    SYST_RVR = 0;
    SYST_CVR = 0;
    return c;
}
