/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the memory protection unit, ARMv7-M (B3.5). */
#ifndef PORTS_CORTEX_M_MPU_H
#define PORTS_CORTEX_M_MPU_H

#include "lib/register.h"

#define MPU_CTRL REGISTER(0xE000ED94)
#define MPU_RBAR REGISTER(0xE000ED9C)
#define MPU_RASR REGISTER(0xE000EDA0)

#define CTRL_ENABLE 1u
#define CTRL_PRIVDEFENA 4u /* where no region is, the map is as without MPU */
#define RBAR_REGION(n) (0x10u | (n))
#define RASR_XN (1u << 28) /* execute never */
#define RASR_FULL_ACCESS (3u << 24)
#define RASR_WRITE_THROUGH (1u << 17) /* normal memory, as flash is without MPU */
#define RASR_GB (29u << 1 | 1u)       /* so long, and enabled */

#endif
