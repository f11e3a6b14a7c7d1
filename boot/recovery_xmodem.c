/* SPDX-License-Identifier: Apache-2.0 */
/* `recovery: xmodem`: what any terminal program can send. A block is in the work memory, and the
 * core works in another piece, which is all the RAM that this takes beside the stack. */
#include "recovery.h"

#include "bulkhead/recovery.h"
#include "port.h"

extern const struct bh_product BOOT_PRODUCT;

_Static_assert(BOOT_WORK_LEN >= BH_XMODEM_BLOCK, "a block must fit in the work memory");

static uint8_t spare[BOOT_RECOVERY_LEN] __attribute__((aligned(4)));

/* The byte that asked for it is no part of a file: nobody has sent a 'C' before. */
void recovery(struct bh_work *work, const struct bh_boot *boot, int first)
{
    struct bh_work lent = { spare, sizeof spare };
    struct bh_recovery r;
    struct bh_xmodem x;

    (void)first;
    bh_recovery_open(&r, &lent, boot->action == BH_BOOT_START);
    bh_xmodem_open(&x, &r, work->buf, recovery_put, NULL);
    while (!r.reset)
        bh_xmodem(&x, &BOOT_PRODUCT, port_console_read(x.wait_ms));
    recovery_reset();
}
