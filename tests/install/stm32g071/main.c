/* SPDX-License-Identifier: Apache-2.0 */
/* Says hello, and confirms itself. */
#include "bulkhead/app.h"
#include "port.h"

static uint8_t buffer[BH_WORK_MIN] __attribute__((aligned(4)));
static struct bh_work work = { buffer, sizeof buffer };

void port_main(void)
{
    port_init();
    for (const char *c = "hello\n"; *c; c++)
        port_put(*c);
    if (bh_app_confirm(port_product, &work))
        port_put('!');
    for (;;)
        ;
}
