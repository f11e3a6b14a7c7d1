/* SPDX-License-Identifier: Apache-2.0 */
/* The same as guard_v7.c for ARMv8-M (Cortex-M33), whose regions begin and end anywhere and may not
 * lie over one another (B9.3): one for the bootloader's flash, read only; one before it and one
 * after it, as far as the first GB goes, in which nothing may be executed. */
#include "cortex_m.h"

#include "lib/register.h"
#include "port.h"

#define MPU_CTRL REGISTER(0xE000ED94)
#define MPU_RNR REGISTER(0xE000ED98)
#define MPU_RBAR REGISTER(0xE000ED9C)
#define MPU_RLAR REGISTER(0xE000EDA0)
#define MPU_MAIR0 REGISTER(0xE000EDC0)

#define CTRL_ENABLE 1u
#define CTRL_PRIVDEFENA 4u /* where no region is, the map is as without MPU */
#define RBAR_XN 1u         /* execute never; access is the privileged program's alone */
#define RLAR_ENABLE 1u
#define WRITE_THROUGH 0xAAu /* attributes 0: normal memory, as flash is without MPU */
#define LAST 0x3FFFFFE0u    /* the last 32 bytes of the first GB: flash and RAM are in it */
#define REGIONS 3u

/* Not addresses but values, by mpu_v8.ld. */
extern const char ld_flash_rbar[], ld_flash_rlar[], ld_before_rlar[], ld_behind_rbar[];

static void region(uint32_t n, uint32_t rbar, uint32_t rlar)
{
    MPU_RNR = n;
    MPU_RBAR = rbar;
    MPU_RLAR = rlar;
}

void port_guard(void)
{
    MPU_MAIR0 = WRITE_THROUGH;
    region(0, (uint32_t)ld_flash_rbar, (uint32_t)ld_flash_rlar);
    region(1, RBAR_XN, (uint32_t)ld_before_rlar);
    region(2, (uint32_t)ld_behind_rbar | RBAR_XN, LAST | RLAR_ENABLE);
    MPU_CTRL = CTRL_ENABLE | CTRL_PRIVDEFENA;
    __asm__ volatile("dsb\n isb" : : : "memory");
}

/* The MPU is left as it is after reset. */
void port_start(uintptr_t addr)
{
    uint32_t stack = REGISTER(addr), reset = REGISTER(addr + 4);

    REGISTER(0xE000ED08) = addr; /* VTOR */
    MPU_CTRL = 0;
    for (uint32_t n = 0; n < REGIONS; n++)
        region(n, 0, 0);
    MPU_MAIR0 = 0;
    MPU_RNR = 0;
    __asm__ volatile("dsb\n isb\n msr msp, %0\n bx %1" : : "r"(stack), "r"(reset) : "memory");
    __builtin_unreachable();
}
