/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/alive.h - the core says that it is at work, so that a watchdog may be fed.
 *
 *     bh_alive();                                   between two parts of a long calculation
 *
 * A program with a watchdog defines this function, and feeds it there. Of a program that does
 * not, the library's own is linked, which does nothing; link-time optimisation leaves nothing of
 * it. */
#ifndef BULKHEAD_ALIVE_H
#define BULKHEAD_ALIVE_H

#ifdef __cplusplus
extern "C" {
#endif

/* Called before each operation on flash, in each wait for one, and often while a signature is
 * checked, so that at most 100 ms pass from one call to the next on any port, but for one erase of
 * flash on which the processor itself waits. Exceptions, both on a Cortex-M0 alone: RSA (168 ms at
 * 16 MHz), and Monocypher's part of Ed25519, which has no call within (docs/firmware.md). It is
 * called from the only
 * thread, never from an interrupt. It must be short, and must not use flash. */
void bh_alive(void);

#ifdef __cplusplus
}
#endif

#endif
