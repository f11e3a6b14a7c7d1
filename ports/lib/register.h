/* SPDX-License-Identifier: Apache-2.0 */
/* A peripheral's register. */
#ifndef PORTS_REGISTER_H
#define PORTS_REGISTER_H

#include <stdint.h>

#define REGISTER(addr) (*(volatile uint32_t *)(uintptr_t)(addr))

#endif
