/* SPDX-License-Identifier: Apache-2.0 */
/* The application of a layout: says its version, and keeps itself. */
#include "bulkhead/app.h"
#include "port.h"

static void put_text(const char *text)
{
    while (*text)
        port_put(*text++);
}

_Noreturn void port_main(void)
{
    static uint8_t buffer[1024];
    struct bh_work work = { buffer, sizeof buffer };
    struct bh_app_status status;

    port_init();
    put_text("lamp " APP_VERSION "\n");
    if (bh_app_status(port_product, &work, &status) == BH_OK && !status.confirmed)
        put_text(bh_app_confirm(port_product, &work) == BH_OK ? "confirmed\n" : "not confirmed\n");
    for (;;)
        (void)port_get();
}
