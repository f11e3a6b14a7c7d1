/* SPDX-License-Identifier: Apache-2.0 */
/* How the next program is given its vectors, and the memory protection unit, of ARMv7-M and ARMv6-M
 * (Cortex-M3, M4, M7; M0+ with VTOR). Where there is no MPU its registers take nothing. */
#include "cortex_m.h"

#include "mpu.h"
#include "port.h"

/* Not addresses but values, by mpu.ld: region 1 over the program's flash. */
extern const char ld_flash_rbar[], ld_flash_rasr[];

/* One region over the first GB, where flash and RAM are; of it, only what region 1 is over may be
 * run: the bootloader's own pages, which then cannot be programmed by a store. Anything else
 * faults, and a fault is a reset. */
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
