/* SPDX-License-Identifier: Apache-2.0 */
/* Start the program at addr. It sets up everything itself. */
#include "port.h"

/* The bootloader itself runs in RAM. */
void port_guard(void)
{
}

void port_start(uintptr_t addr)
{
    __asm__ volatile(".option arch, +zifencei\n fence.i\n jr %0" : : "r"(addr) : "memory");
    __builtin_unreachable();
}
