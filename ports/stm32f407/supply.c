/* SPDX-License-Identifier: Apache-2.0 */
/* The supply, by the programmable voltage detector, whose registers need the clock of PWR.
 * Thresholds: RM0090 5.4.1 (PLS); the nearest one that is not below what the layout says. */
#include "supply.h"

#include "lib/register.h"
#include "stm32/pvd.h"

#define RCC_APB1ENR REGISTER(0x40023840)
#define PWREN (1u << 28)
#define PWR_CR 0x40007000u
#define PWR_CSR 0x40007004u
#define PVDO 2u

#define LEVEL                                                                                      \
    (BOOT_BROWN_OUT_MV <= 2000   ? 0u                                                              \
     : BOOT_BROWN_OUT_MV <= 2100 ? 1u                                                              \
     : BOOT_BROWN_OUT_MV <= 2300 ? 2u                                                              \
     : BOOT_BROWN_OUT_MV <= 2500 ? 3u                                                              \
     : BOOT_BROWN_OUT_MV <= 2600 ? 4u                                                              \
     : BOOT_BROWN_OUT_MV <= 2700 ? 5u                                                              \
     : BOOT_BROWN_OUT_MV <= 2800 ? 6u                                                              \
                                 : 7u)
_Static_assert(BOOT_BROWN_OUT_MV <= 2900, "brown_out: this chip can tell up to 2900 mV");

int port_before(const struct bh_flash *f, enum bh_flash_op op, uint32_t len)
{
    bool below;

    (void)f, (void)len;
    if (op == BH_FLASH_READ)
        return BH_OK;
    RCC_APB1ENR |= PWREN;
    (void)RCC_APB1ENR; /* the clock is there two cycles later */
    below = stm32_pvd_below(PWR_CR, PWR_CSR, PVDO, LEVEL);
    RCC_APB1ENR &= ~PWREN;
    return below ? BH_ERR_LATER : BH_OK;
}
