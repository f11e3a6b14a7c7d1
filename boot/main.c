/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader: find an image that may be started, say what was found, start it. */
#include "find.h"
#include "port.h"
#include "record.h"
#include "recovery.h"

/* The copy buffer; with the port's few bytes, all the memory that is not stack. */
static uint8_t buffer[BOOT_WORK_LEN] __attribute__((aligned(4)));

/* One line: B, then action, reason, state and outcome as they are numbered in the headers. */
static void report(const struct bh_boot *boot)
{
    const struct bh_record *truth = &boot->journal.truth;
    uint32_t said = boot->action << 24 | boot->reason << 16 | truth->state << 8 | truth->outcome;

    port_put('B');
    for (unsigned i = 0; i < 8; i++, said <<= 4) {
        if (i % 2 == 0)
            port_put(' ');
        port_put("0123456789abcdef"[said >> 28]);
    }
    port_put('\n');
}

/* The verdict is read once more: good and bad differ in every bit, so of an address with a bad one
 * nothing is left. Then it takes more than the two branches before this to be skipped to start an
 * image that was refused. And the floor once more, from the journal: bh_verify() was given a copy
 * of it, which a fault may have spoiled on the way. A jump out of reading the journal leaves no
 * mark. */
static void start(const struct bh_boot *boot)
{
    uint32_t mask;

    port_clock_restore();
    port_leave();
    mask = *(const volatile uint32_t *)&boot->verified.verdict ^ BH_VERDICT_BAD;

    if (boot->verified.image.counter < boot->journal.truth.pair[0].floor ||
        boot->read != BH_BOOT_READ)
        return;
    port_start((boot->start.flash->base + boot->start.off + boot->verified.image.entry_off) & mask);
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
    struct bh_boot boot;
    int first = -1;

    port_protect();
    port_init();
    port_clock_raise();
    port_watchdog_start(BOOT_WATCHDOG_MS);
    find(&work, &boot);
    report(&boot);
    if (BOOT_RECORD_LEN)
        record(&work, &boot);
    if (boot.action == BH_BOOT_START && boot.verified.verdict == BH_VERDICT_GOOD &&
        !(BOOT_RECOVERY && recovery_asked(&boot, &first)))
        start(&boot);
    recovery(&work, &boot, first);
}
