/* SPDX-License-Identifier: Apache-2.0 */
/* `recovery: smp`: MCUmgr's SMP over the console. Frames are in the work memory, and the core works
 * in another piece, which is all the RAM that this takes beside the stack. */
#include "recovery.h"

#include "bulkhead/recovery.h"
#include "port.h"

extern const struct bh_product BOOT_PRODUCT;

static uint8_t spare[BOOT_RECOVERY_LEN] __attribute__((aligned(4)));

void recovery(struct bh_work *work, const struct bh_boot *boot, int first)
{
    struct bh_work lent = { spare, sizeof spare };
    struct bh_smp_server server;
    struct bh_recovery r;

    bh_recovery_open(&r, &lent, boot->action == BH_BOOT_START);
    bh_smp_server_open(&server, &r, work->buf, work->len, recovery_put, NULL);
    while (!r.reset) {
        bh_smp_server(&server, &BOOT_PRODUCT, first);
        if (!r.reset)
            first = port_console_read(BH_SMP_SILENCE_MS);
    }
    recovery_reset();
}
