/* SPDX-License-Identifier: Apache-2.0 */
/* Of a layout without `watchdog`. */
#include "port.h"

void port_watchdog_start(uint32_t ms)
{
    (void)ms;
}
