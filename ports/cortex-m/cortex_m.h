/* SPDX-License-Identifier: Apache-2.0 */
/* What the start-up code's files share. */
#ifndef PORTS_CORTEX_M_H
#define PORTS_CORTEX_M_H

#include <stdint.h>

extern uint32_t ld_stack_top[]; /* sections.ld */

_Noreturn void cortex_m_reset(void);
_Noreturn void cortex_m_fault(void);
/* A fault too, unless the chip's port has another one. */
void cortex_m_nmi(void);

#endif
