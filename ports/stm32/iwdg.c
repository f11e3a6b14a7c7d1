/* SPDX-License-Identifier: Apache-2.0 */
/* The independent watchdog of STM32 chips: RM0090 chapter 21, RM0351 chapter 36, RM0444 chapter 28,
 * RM0433 chapter 44. One and the same in all. It has a clock of its own, which begins to run when
 * the watchdog is started, and its registers take over what was written when that clock comes
 * by. */
#include "iwdg.h"

#include "lib/register.h"

#define KR REGISTER(base + 0x00)
#define PR REGISTER(base + 0x04)
#define RLR REGISTER(base + 0x08)
#define SR REGISTER(base + 0x0C)

#define KR_FEED 0xAAAAu
#define KR_UNLOCK 0x5555u
#define KR_START 0xCCCCu
#define SR_BUSY 3u      /* PVU, RVU */
#define DIVIDER_LOG2 2u /* of PR = 0 */
#define PR_MAX 6u       /* divides by 256 */
#define RELOAD_MAX 4095u
#define POLLS_MAX 1000000u /* five ticks of the slowest clock are 300 us */

void stm32_iwdg_feed(uintptr_t base)
{
    KR = KR_FEED;
}

void stm32_iwdg_start(uintptr_t base, uint32_t khz, uint32_t ms)
{
    uint32_t ticks = ms * khz, pr = 0;

    while (pr < PR_MAX && ticks >> (DIVIDER_LOG2 + pr) > RELOAD_MAX)
        pr++;
    ticks >>= DIVIDER_LOG2 + pr;
    KR = KR_START;
    KR = KR_UNLOCK;
    PR = pr;
    RLR = ticks < RELOAD_MAX ? ticks : RELOAD_MAX;
    for (uint32_t polls = POLLS_MAX; polls && (SR & SR_BUSY); polls--)
        ;
    KR = KR_FEED;
}
