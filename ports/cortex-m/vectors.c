/* SPDX-License-Identifier: Apache-2.0 */
/* The vector table of a program without interrupts, how the next program is given its own, and the
 * memory protection unit. For processors that have VTOR and an MPU (Cortex-M3 and up); for the others
 * there is forward.c. */
#include "cortex_m.h"

#include "mpu.h"
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

/* One region over the first GB, without its first quarter of a GB: RAM, other chips that are mapped,
 * but not the flash on this one. Whatever is run there faults, and a fault is a reset. */
void port_guard(void)
{
    MPU_RBAR = RBAR_REGION_0;
    MPU_RASR = RASR_XN | RASR_FULL_ACCESS | RASR_WRITE_THROUGH | RASR_WITHOUT(3u) | RASR_LEN(30);
    MPU_CTRL = CTRL_ENABLE | CTRL_PRIVDEFENA;
}

/* The MPU is left as it is after reset: an application may use another region and enable it. */
void port_start(uintptr_t addr)
{
    uint32_t stack = REGISTER(addr), reset = REGISTER(addr + 4);

    REGISTER(0xE000ED08) = addr; /* VTOR */
    MPU_CTRL = 0;
    MPU_RASR = 0;
    __asm__ volatile("dsb\n isb\n msr msp, %0\n bx %1" : : "r"(stack), "r"(reset) : "memory");
    __builtin_unreachable();
}
