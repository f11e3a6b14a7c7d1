/* SPDX-License-Identifier: Apache-2.0 */
/* The same as vectors.c for a Cortex-M0, whose vector table is at address 0 and nowhere else: every
 * exception but reset goes on to the same entry of the application's table, NMI and HardFault only
 * once the application runs. Where that table is, is fixed when the bootloader is built
 * (ld_next_vectors in its linker script), so all applications of such a board have a header of the
 * same length. */
#include "cortex_m.h"

#include "lib/register.h"
#include "port.h"

#define F cortex_m_forward
#define F4 F, F, F, F

extern const uint32_t ld_next_vectors[];

/* BUSY while the bootloader runs: a fault of its own, which a glitch may have caused, must not lead
 * into an image that was not verified. A fault before the first instructions after reset have put
 * it here would; that takes two glitches. Once an application runs, RAM is the application's: a
 * crash of it is taken for one of the bootloader, and answered by a reset, if it keeps just this
 * number here. */
#define BUSY 0x5AC3961E
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

volatile uint32_t cortex_m_busy = BUSY;

void cortex_m_forward(void);
void cortex_m_forward_nmi(void);
void cortex_m_forward_fault(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handler[47])(void); /* 15 exceptions, 32 interrupts */
} vectors = {
    ld_stack_top,
    { cortex_m_reset, cortex_m_forward_nmi, cortex_m_forward_fault, F4, F4, F4, F4, F4, F4, F4, F4,
      F4, F4, F4 },
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

/* Entry is its place in the table, in bytes. */
#define FORWARD_IF_NOT_BUSY(entry)                                                                 \
    __asm__ volatile(".syntax unified\n"                                                           \
                     "ldr r0, =cortex_m_busy\n"                                                    \
                     "ldr r0, [r0]\n"                                                              \
                     "ldr r1, =" TEXT(BUSY) "\n"                                                   \
                                            "cmp r0, r1\n"                                         \
                                            "beq 1f\n"                                             \
                                            "ldr r1, =ld_next_vectors + " #entry "\n"              \
                                            "ldr r1, [r1]\n"                                       \
                                            "bx r1\n"                                              \
                                            "1: ldr r1, =cortex_m_fault\n"                         \
                                            "bx r1\n"                                              \
                                            ".ltorg")

__attribute__((naked)) void cortex_m_forward_nmi(void)
{
    FORWARD_IF_NOT_BUSY(8);
}

__attribute__((naked)) void cortex_m_forward_fault(void)
{
    FORWARD_IF_NOT_BUSY(12);
}

/* No MPU. */
void port_guard(void)
{
}

void port_start(uintptr_t addr)
{
    uint32_t stack = REGISTER(addr), reset = REGISTER(addr + 4);

    cortex_m_busy = 0;
    __asm__ volatile("msr msp, %0\n bx %1" : : "r"(stack), "r"(reset) : "memory");
    __builtin_unreachable();
}
