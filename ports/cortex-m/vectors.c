/* SPDX-License-Identifier: Apache-2.0 */
/* The vector table of a program without interrupts, and how the next program is given its own.
 * For processors that have VTOR; for the others there is forward.c. */
#include "cortex_m.h"

#include "lib/register.h"
#include "port.h"

/* Stack pointer, reset, NMI, HardFault, MemManage, BusFault, UsageFault. No other is enabled. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handler[6])(void);
} vectors = {
    ld_stack_top,
    { cortex_m_reset, cortex_m_nmi, cortex_m_fault, cortex_m_fault, cortex_m_fault,
      cortex_m_fault },
};

void port_start(uintptr_t addr)
{
    uint32_t stack = REGISTER(addr), reset = REGISTER(addr + 4);

    REGISTER(0xE000ED08) = addr; /* VTOR */
    __asm__ volatile("dsb\n isb\n msr msp, %0\n bx %1" : : "r"(stack), "r"(reset) : "memory");
    __builtin_unreachable();
}
