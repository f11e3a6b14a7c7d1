/* SPDX-License-Identifier: Apache-2.0 */
/* Start the program at addr: its vector table, its stack, its reset handler. */
#include "lib/register.h"
#include "port.h"

void port_start(uintptr_t addr)
{
    uint32_t stack = REGISTER(addr), reset = REGISTER(addr + 4);

    REGISTER(0xE000ED08) = addr; /* VTOR */
    __asm__ volatile("dsb\n isb\n msr msp, %0\n bx %1" : : "r"(stack), "r"(reset) : "memory");
    __builtin_unreachable();
}
