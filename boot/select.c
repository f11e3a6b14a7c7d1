/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader of a product in which otadata chooses (plan: select): find the application that
 * may be started, load it, say what was found, start it. */
#include "bulkhead/select.h"
#include "inputs.h"
#include "port.h"
#include "product.h"

/* The copy buffer; with the port's few bytes, all the memory that is not stack. */
static uint8_t buffer[BOOT_WORK_LEN] __attribute__((aligned(4)));

/* One line: S, then action, reason, the application (ff: factory, fe: test, else ota_N), and why
 * another one before it was refused; as they are numbered in the headers. */
static void report(const struct bh_select_boot *boot)
{
    uint32_t said = (uint32_t)boot->action << 24 | (uint32_t)boot->reason << 16 |
                    ((uint32_t)boot->index & 0xFFu) << 8 | (uint32_t)boot->refused;

    port_put('S');
    for (unsigned i = 0; i < 8; i++, said <<= 4) {
        if (i % 2 == 0)
            port_put(' ');
        port_put("0123456789abcdef"[said >> 28]);
    }
    port_put('\n');
}

/* The verdict is read once more: good and bad differ in every bit, so of an entry with a bad one
 * nothing is left. And the floor once more, from the board. */
static void start(const struct bh_select_boot *boot)
{
    uint32_t mask = *(const volatile uint32_t *)&boot->verdict ^ BH_VERDICT_BAD;

    if (PRODUCT_ANTI_ROLLBACK && boot->image.counter < port_floor())
        return;
    port_start(boot->image.load_addr & mask);
}

/* From the first instructions on: one that is changed by a glitch may jump to wherever a register
 * points, into RAM. */
void port_first(void)
{
    port_guard();
}

void port_main(void)
{
    struct bh_work work = { buffer, sizeof buffer };
    struct bh_select_inputs inputs = { .anti_rollback = PRODUCT_ANTI_ROLLBACK };
    struct bh_select_boot boot;

    port_init();
    port_inputs(&inputs);
    bh_select_run(&PRODUCT_SELECT, &inputs, &work, &boot);
    bh_select_load(&PRODUCT_SELECT, &inputs, &work, &boot);
    report(&boot);
    if (boot.action == BH_BOOT_START && boot.verdict == BH_VERDICT_GOOD) {
        if (PRODUCT_ANTI_ROLLBACK && boot.raise_floor)
            port_raise_floor(boot.raise_floor);
        start(&boot);
    }
    /* Nothing may be started. Wait for someone to look. */
    for (;;)
        if (port_get() == 'r')
            port_reset();
}
