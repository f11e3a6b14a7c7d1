/* SPDX-License-Identifier: Apache-2.0 */
/* The vector table of a program without interrupts, how the next program is given its own, and the
 * memory protection unit. For processors that have VTOR and an MPU (Cortex-M3 and up); for the
 * others there is forward.c. */
#include "cortex_m.h"

#include "mpu.h"
#include "port.h"

/* Not addresses but values, by mpu.ld: region 1 over the program's flash. */
extern const char ld_flash_rbar[], ld_flash_rasr[];

/* Stack pointer, reset, NMI, HardFault, MemManage, BusFault, UsageFault. No other is enabled. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handler[6])(void);
} vectors = {
    ld_stack_top,
    { cortex_m_reset, cortex_m_nmi, cortex_m_fault, cortex_m_fault, cortex_m_fault,
      cortex_m_fault },
};

/* One region over the first GB, where flash and RAM are; of it, only what region 1 is over may be
 * run: the bootloader, and what is up to the next power of 2. Anything else faults, and a fault is
 * a reset. */
void port_guard(void)
{
    MPU_RBAR = RBAR_REGION(0);
    MPU_RASR = RASR_XN | RASR_FULL_ACCESS | RASR_WRITE_THROUGH | RASR_GB;
    MPU_RBAR = (uint32_t)ld_flash_rbar;
    MPU_RASR = (uint32_t)ld_flash_rasr;
    MPU_CTRL = CTRL_ENABLE | CTRL_PRIVDEFENA;
}

/* The MPU is left as it is after reset: an application may use another region and enable it. */
void port_start(uintptr_t addr)
{
    uint32_t stack = REGISTER(addr), reset = REGISTER(addr + 4);

    REGISTER(0xE000ED08) = addr; /* VTOR */
    MPU_CTRL = 0;
    MPU_RASR = 0;
    MPU_RBAR = RBAR_REGION(0);
    MPU_RASR = 0;
    __asm__ volatile("dsb\n isb\n msr msp, %0\n bx %1" : : "r"(stack), "r"(reset) : "memory");
    __builtin_unreachable();
}
