/* SPDX-License-Identifier: Apache-2.0 */
/* The console with a time-out, measured by the machine timer (mtime, in the CLINT, which counts
 * from reset on): SiFive FU540-C000 Manual, chapter 9; QEMU's `virt` has one at the same place. */
#include "bulkhead/alive.h"
#include "lib/register.h"
#include "port.h"

#define MTIME_LOW REGISTER(0x0200BFF8)

int port_console_read(uint32_t timeout_ms)
{
    uint32_t from = MTIME_LOW;
    int c;

    while ((c = port_get()) < 0 && MTIME_LOW - from < timeout_ms * port_khz())
        bh_alive();
    return c;
}
