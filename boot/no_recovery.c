/* SPDX-License-Identifier: Apache-2.0 */
/* Of a layout without `recovery`: wait for someone to look; a new image comes with a debugger. */
#include "bulkhead/alive.h"
#include "port.h"
#include "recovery.h"

void recovery(struct bh_work *work, const struct bh_boot *boot, int first)
{
    (void)work, (void)boot, (void)first;
    for (;;) {
        bh_alive();
        if (port_get() == 'r')
            port_reset();
    }
}
