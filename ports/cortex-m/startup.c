/* SPDX-License-Identifier: Apache-2.0 */
/* What happens between reset and port_main(). The symbols are the linker script's (sections.ld). */
#include "cortex_m.h"

#include "lib/register.h"
#include "port.h"

#include <string.h>

extern uint32_t ld_data_start[], ld_data_end[], ld_bss_start[], ld_bss_end[];
extern const uint32_t ld_data_load[];

__attribute__((weak)) void port_first(void)
{
}

void cortex_m_reset(void)
{
    port_first();
    memcpy(ld_data_start, ld_data_load, (size_t)((char *)ld_data_end - (char *)ld_data_start));
    memset(ld_bss_start, 0, (size_t)((char *)ld_bss_end - (char *)ld_bss_start));
    port_main();
}

/* A fault is answered by a reset: whatever was going on goes on from what the flash says. */
void cortex_m_fault(void)
{
    port_reset();
}

__attribute__((weak)) void cortex_m_nmi(void)
{
    cortex_m_fault();
}

/* A call each time: where it is called it would be 20 bytes. */
__attribute__((noinline)) void port_reset(void)
{
    REGISTER(0xE000ED0C) = 0x05FA0004; /* AIRCR: key, SYSRESETREQ */
    for (;;)
        __asm__ volatile("dsb");
}
