/* SPDX-License-Identifier: Apache-2.0 */
/* The vector table of a program without interrupts, and what happens between reset and
 * port_main(). The symbols are the linker script's (sections.ld). */
#include "lib/register.h"
#include "port.h"

#include <string.h>

extern uint32_t ld_stack_top[], ld_data_start[], ld_data_end[], ld_bss_start[], ld_bss_end[];
extern const uint32_t ld_data_load[];

_Noreturn void cortex_m_reset(void);
_Noreturn void cortex_m_fault(void);

/* Stack pointer, reset, NMI, HardFault; the other exceptions cannot occur: they are not enabled. */
struct vectors {
    uint32_t *stack;
    void (*handler[15])(void);
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    .stack = ld_stack_top,
    .handler = { cortex_m_reset, cortex_m_fault, cortex_m_fault, cortex_m_fault, cortex_m_fault,
                 cortex_m_fault },
};

void cortex_m_reset(void)
{
    memcpy(ld_data_start, ld_data_load, (size_t)((char *)ld_data_end - (char *)ld_data_start));
    memset(ld_bss_start, 0, (size_t)((char *)ld_bss_end - (char *)ld_bss_start));
    port_main();
}

/* A fault is answered by a reset: whatever was going on goes on from what the flash says. */
void cortex_m_fault(void)
{
    port_reset();
}

void port_reset(void)
{
    REGISTER(0xE000ED0C) = 0x05FA0004; /* AIRCR: key, SYSRESETREQ */
    for (;;)
        __asm__ volatile("dsb");
}
