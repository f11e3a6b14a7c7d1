/* SPDX-License-Identifier: Apache-2.0 */
/* The same as vectors.c for a Cortex-M0, whose vector table is at address 0 and nowhere else: every
 * exception but reset and faults goes on to the same entry of the application's table. Where that
 * table is, is fixed when the bootloader is built (ld_next_vectors in its linker script), so all
 * applications of such a board have a header of the same length. */
#include "cortex_m.h"

#include "lib/register.h"
#include "port.h"

#define F cortex_m_forward
#define F4 F, F, F, F

extern const uint32_t ld_next_vectors[];

void cortex_m_forward(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handler[47])(void); /* 15 exceptions, 32 interrupts */
} vectors = {
    ld_stack_top,
    { cortex_m_reset, F, cortex_m_fault, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4, F4 },
};

/* The number of the exception is in IPSR; its entry is tail-called with all registers as they were,
 * but for the four that the processor itself has saved. */
__attribute__((naked)) void cortex_m_forward(void)
{
    __asm__ volatile(".syntax unified\n"
                     "mrs r0, ipsr\n"
                     "lsls r0, r0, #2\n"
                     "ldr r1, =ld_next_vectors\n"
                     "ldr r1, [r1, r0]\n"
                     "bx r1\n"
                     ".ltorg");
}

/* No MPU. */
void port_guard(void)
{
}

void port_start(uintptr_t addr)
{
    uint32_t stack = REGISTER(addr), reset = REGISTER(addr + 4);

    __asm__ volatile("msr msp, %0\n bx %1" : : "r"(stack), "r"(reset) : "memory");
    __builtin_unreachable();
}
