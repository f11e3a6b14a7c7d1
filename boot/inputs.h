/* SPDX-License-Identifier: Apache-2.0 */
/* What only the board knows, for boot/select.c: of a port with pins, eFuses or the like in its
 * inputs.c; of all others in no_inputs.c. */
#ifndef BOOT_INPUTS_H
#define BOOT_INPUTS_H

#include "bulkhead/select.h"

/* Pins, revision of the chip, floor. All is 0 before, but for anti_rollback, which is the
 * product's: if it is set, the floor must be read. Called once, after port_init(). A pin counts if
 * it is held for some time: see docs/select.md, "Pins". */
void port_inputs(struct bh_select_inputs *inputs);

/* The floor, read again. */
uint32_t port_floor(void);

/* Raise the floor, for ever. Called after the application was verified, before it starts; what
 * fails is tried again at the next boot. */
void port_raise_floor(uint32_t floor);

#endif
