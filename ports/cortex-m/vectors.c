/* SPDX-License-Identifier: Apache-2.0 */
/* The vector table of a program without interrupts. Of a bootloader without VTOR there is
 * forward.c. */
#include "cortex_m.h"

/* Stack pointer, reset, NMI, HardFault, MemManage, BusFault, UsageFault. No other is enabled. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handler[6])(void);
} vectors = {
    ld_stack_top,
    { cortex_m_reset, cortex_m_nmi, cortex_m_fault, cortex_m_fault, cortex_m_fault,
      cortex_m_fault },
};
