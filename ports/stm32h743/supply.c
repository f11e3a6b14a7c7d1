/* SPDX-License-Identifier: Apache-2.0 */
/* The supply, by the programmable voltage detector. Its thresholds: STM32H743 data sheet, "embedded reset
 * and power control block characteristics" (VPVD0 to VPVD6, falling edge); the nearest one that is not
 * below what the layout says. */
#include "supply.h"

#include "stm32/pvd.h"

#define PWR_CR1 0x58024800u
#define PWR_CSR1 0x58024804u
#define PVDO 4u

#define LEVEL                                                                                      \
    (BOOT_BROWN_OUT_MV <= 1950   ? 0u                                                              \
     : BOOT_BROWN_OUT_MV <= 2100 ? 1u                                                              \
     : BOOT_BROWN_OUT_MV <= 2250 ? 2u                                                              \
     : BOOT_BROWN_OUT_MV <= 2400 ? 3u                                                              \
     : BOOT_BROWN_OUT_MV <= 2550 ? 4u                                                              \
     : BOOT_BROWN_OUT_MV <= 2700 ? 5u                                                              \
                                 : 6u)
_Static_assert(BOOT_BROWN_OUT_MV <= 2850, "brown_out: this chip can tell up to 2850 mV");

int port_before(const struct bh_flash *f, enum bh_flash_op op, uint32_t len)
{
    (void)f, (void)len;
    if (op == BH_FLASH_READ)
        return BH_OK;
    return stm32_pvd_below(PWR_CR1, PWR_CSR1, PVDO, LEVEL) ? BH_ERR_LATER : BH_OK;
}
