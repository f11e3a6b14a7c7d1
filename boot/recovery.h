/* SPDX-License-Identifier: Apache-2.0 */
/* What the bootloader does when nothing may be started, or when it is asked not to. Linked are
 * recovery.c and the file of a protocol, or no_recovery.c. */
#ifndef BOOT_RECOVERY_H
#define BOOT_RECOVERY_H

#include "bulkhead/boot.h"

/* Is a recovery asked for, by RAM, a pin, the application or a byte on the console? first: that
 * byte, or -1. Only of recovery.c: to be called if BOOT_RECOVERY. */
bool recovery_asked(struct bh_boot *boot, int *first);

/* Take an image over the console, and reset. first: a byte that came already, or -1. */
_Noreturn void recovery(struct bh_work *work, const struct bh_boot *boot, int first);

/* What the protocols have in common, of recovery.c: a byte to the console, and the reset, before
 * which the last answer goes out. */
void recovery_put(void *context, uint8_t c);
_Noreturn void recovery_reset(void);

#endif
