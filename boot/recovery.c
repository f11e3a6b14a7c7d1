/* SPDX-License-Identifier: Apache-2.0 */
/* What asks for a recovery though an image could be started, as the layout names it; and what its
 * protocols have in common. All that asks is looked at after the boot was decided: an update
 * that was under way has gone on, and what the recovery may touch is known. */
#include "recovery.h"

#include "bulkhead/recovery.h"
#include "lib/register.h"
#include "port.h"

#define LAST_WORDS_MS 250u /* until the last answer is out, as clients know it of others */
#define MAGIC 0x52434F56u  /* "VOCR" in memory: docs/recovery.md */

/* Once: the word is cleared. */
static bool by_magic(void)
{
    bool yes = REGISTER(BOOT_RECOVERY_MAGIC) == MAGIC;

    if (yes)
        REGISTER(BOOT_RECOVERY_MAGIC) = 0;
    return yes;
}

bool recovery_asked(struct bh_boot *boot, int *first)
{
    bool yes = BOOT_RECOVERY_MAGIC && by_magic();

    if (BOOT_RECOVERY_PIN >= 0 && port_pin_low(BOOT_RECOVERY_PIN))
        yes = true;
    if (bh_recovery_asked(&boot->journal))
        yes = true;
    if (!yes && BOOT_RECOVERY_WINDOW_MS) {
        *first = port_console_read(BOOT_RECOVERY_WINDOW_MS);
        yes = *first >= 0;
    }
    return yes;
}

void recovery_put(void *context, uint8_t c)
{
    (void)context;
    port_put((char)c);
}

_Noreturn void recovery_reset(void)
{
    for (uint32_t ms = LAST_WORDS_MS; ms; ms--)
        (void)port_console_read(1);
    port_reset();
}
