/* SPDX-License-Identifier: Apache-2.0 */
/* ports/supply.h - `brown_out: MV` in a layout: nothing is erased or written while the supply is
 * below that, so that a weak battery postpones an update instead of dying in it.
 *
 *     static const struct bh_flash_ops ops = { .read = flash_read, .program = flash_program,
 *                                              .erase = flash_erase, PORT_BEFORE };
 *
 * Where it is not chosen, and in applications, PORT_BEFORE is nothing. */
#ifndef PORTS_SUPPLY_H
#define PORTS_SUPPLY_H

#include "bulkhead/flash.h"

#ifdef BOOT_BROWN_OUT_MV
/* supply.c of the port: bh_flash_ops.before. BH_ERR_LATER for an erase or a program, if there is
 * less than BOOT_BROWN_OUT_MV. What it turns on to know that is off again when it returns. */
int port_before(const struct bh_flash *f, enum bh_flash_op op, uint32_t len);
#define PORT_BEFORE .before = port_before
#else
#define PORT_BEFORE
#endif

#endif
