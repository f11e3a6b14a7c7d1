/* SPDX-License-Identifier: Apache-2.0 */
/* Does a Cortex-M take interrupts? PRIMASK, which every one of them has. */
#include <stdint.h>

uint32_t check_interrupts(void);

uint32_t check_interrupts(void)
{
    uint32_t primask;

    __asm__ volatile("mrs %0, primask" : "=r"(primask));
    return primask & 1u;
}
