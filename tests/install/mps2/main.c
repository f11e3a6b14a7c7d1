/* SPDX-License-Identifier: Apache-2.0 */
/* Says hello, and confirms itself. */
#include "bulkhead/app.h"
#include "port.h"

static uint8_t buffer[BH_WORK_MIN] __attribute__((aligned(4)));
static struct bh_work work = { buffer, sizeof buffer };

static void say(const char *text)
{
    while (*text)
        port_put(*text++);
}

void port_main(void)
{
    port_init();
    say("hello\n");
    say(bh_app_confirm(port_product, &work) ? "not confirmed\n" : "confirmed\n");
    for (;;)
        ;
}
