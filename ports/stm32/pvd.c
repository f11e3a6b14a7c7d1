/* SPDX-License-Identifier: Apache-2.0 */
/* The programmable voltage detector: RM0090 5.2.3 and 5.4 (PWR_CR, PWR_CSR), RM0433 6.6.2 and
 * 6.8 (PWR_CR1, PWR_CSR1). PVDE and PLS are at the same place in both; bits by crate
 * stm32-metapac 21.0.0, pwr_f4.rs and pwr_h7rm0433.rs. */
#include "pvd.h"

#include "lib/register.h"

#define PVDE (1u << 4)
#define PLS(level) ((level) << 5)
#define SETTLE_POLLS 1000u /* some 20 us at the least; data sheets give none for the detector */

bool stm32_pvd_below(uintptr_t cr, uintptr_t csr, uint32_t pvdo, uint32_t level)
{
    uint32_t was = REGISTER(cr);
    bool below = false;

    REGISTER(cr) = (was & ~(PVDE | PLS(7u))) | PVDE | PLS(level);
    for (uint32_t polls = SETTLE_POLLS; polls; polls--)
        below = REGISTER(csr) >> pvdo & 1u;
    REGISTER(cr) = was;
    return below;
}
