/* SPDX-License-Identifier: Apache-2.0 */
/* Does a RISC-V hart take interrupts? MIE of mstatus. */
#include <stdint.h>

uint32_t check_interrupts(void);

uint32_t check_interrupts(void)
{
    uint32_t mstatus;

    __asm__ volatile(".option arch, +zicsr\n csrr %0, mstatus" : "=r"(mstatus));
    return mstatus & 8u;
}
