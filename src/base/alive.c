/* SPDX-License-Identifier: Apache-2.0 */
/* bh_alive() of a program that has no watchdog: it does nothing. It has a file of its own, so that
 * the linker takes a program's own function instead. */
#include "bulkhead/alive.h"

void bh_alive(void)
{
}
