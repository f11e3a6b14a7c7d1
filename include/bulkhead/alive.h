/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/alive.h - the core says that it is at work, so that a watchdog may be fed.
 *
 *     void bh_alive(void)
 *     {
 *         IWDG_KR = 0xAAAA;
 *     }
 *
 * A program with a watchdog defines this function. Of a program that does not, the library's own is
 * linked, which does nothing; link-time optimisation leaves nothing of it. */
#ifndef BULKHEAD_ALIVE_H
#define BULKHEAD_ALIVE_H

#ifdef __cplusplus
extern "C" {
#endif

/* Called before each operation on flash, in each wait for one, and often while a signature is
 * checked, so that at most 100 ms pass from one call to the next on any port, but for one erase of
 * flash on which the processor itself waits. Exception: Monocypher's part of Ed25519 has no call
 * within, and takes longer on a Cortex-M0 (docs/firmware.md). It is called from the only
 * thread, never from an interrupt. It must be short, and must not use flash. */
void bh_alive(void);

#ifdef __cplusplus
}
#endif

#endif
