/* SPDX-License-Identifier: Apache-2.0 */
/* The same as vectors.c for processors that have VTOR and not the MPU of ARMv7-M: Cortex-M0+ (most
 * chips have none) and Cortex-M33 (another one). Nothing keeps a glitch from jumping into an image
 * that was not verified. */
#include "cortex_m.h"

#include "lib/register.h"
#include "port.h"

/* Stack pointer, reset, NMI, HardFault, MemManage, BusFault, UsageFault, SecureFault. A Cortex-M0+
 * has the first three alone, and the others stay empty. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handler[7])(void);
} vectors = {
    ld_stack_top,
    { cortex_m_reset, cortex_m_nmi, cortex_m_fault, cortex_m_fault, cortex_m_fault, cortex_m_fault,
      cortex_m_fault },
};

void port_guard(void)
{
}

void port_start(uintptr_t addr)
{
    uint32_t stack = REGISTER(addr), reset = REGISTER(addr + 4);

    REGISTER(0xE000ED08) = addr; /* VTOR */
    __asm__ volatile("dsb\n isb\n msr msp, %0\n bx %1" : : "r"(stack), "r"(reset) : "memory");
    __builtin_unreachable();
}
