/* SPDX-License-Identifier: Apache-2.0 */
/* `recovery: smp`: MCUmgr's SMP over the console. Frames are in the work memory, and the core works
 * in another piece, which is all the RAM that this takes beside the stack. */
#include "recovery.h"

#include "bulkhead/recovery.h"
#include "port.h"

#define LAST_WORDS_MS 250u /* until the answer to a reset is out, as clients know it of others */

extern const struct bh_product BOOT_PRODUCT;

static uint8_t spare[BOOT_RECOVERY_LEN] __attribute__((aligned(4)));

static void put(void *context, uint8_t c)
{
    (void)context;
    port_put((char)c);
}

void recovery(struct bh_work *work, const struct bh_boot *boot, int first)
{
    struct bh_work lent = { spare, sizeof spare };
    struct bh_smp_server server;
    struct bh_recovery r;

    bh_recovery_open(&r, &lent, boot->action == BH_BOOT_START);
    bh_smp_server_open(&server, &r, work->buf, work->len, put, NULL);
    while (!r.reset) {
        bh_smp_server(&server, &BOOT_PRODUCT, first);
        if (!r.reset)
            first = port_console_read(BH_SMP_SILENCE_MS);
    }
    for (uint32_t ms = LAST_WORDS_MS; ms; ms--)
        (void)port_console_read(1);
    port_reset();
}
