/* SPDX-License-Identifier: Apache-2.0 */
/* ports/port.h - what a board gives to the bootloader and to the sample application.
 *
 *     port_init();
 *     bh_boot_run(port_product, &work, &boot);
 *     port_start(boot.start.flash->base + boot.start.off + boot.verified.image.entry_off);
 *
 * Seven functions, and one if the flash needs it; and those that a layout may choose.
 * docs/porting.md walks through them. */
#ifndef PORTS_PORT_H
#define PORTS_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "bulkhead/product.h"

/* Clocks, console, the bus of an external flash. Called once, first. A chip that does not answer
 * is no failure here: its flash device says BH_ERR_IO from then on. */
void port_init(void);

/* Of flash.c, for port_init(): set up what the flash devices hang on, if anything. A port whose
 * flash needs nothing has none, and does not call it. */
void port_flash_init(void);
/* Of flash.c too, for port_leave(): turn that off again. */
void port_flash_leave(void);

/* From here on to port_start() nothing but the bootloader is executed, if the processor can see to
 * that: a glitch that makes it jump to a wrong place otherwise finds the image's bytes there, in
 * its slot or in the work buffer. The bootloader calls this once, in port_first(): data and bss are
 * not in place yet. */
void port_guard(void);

/* The console: 115200 8N1. Neither waits for the other side for ever. */
void port_put(char c);
int port_get(void); /* the next character received, or -1 */

/* The same, but wait up to so many milliseconds for a character; at most 400 s. The processor's, in
 * ports/cortex-m and ports/riscv; linked if the layout names a `recovery`. It needs this: */
int port_console_read(uint32_t timeout_ms);
/* What it counts, in kHz: the clock that the processor has now (Cortex-M), or that of the machine
 * timer (RISC-V). */
uint32_t port_khz(void);

_Noreturn void port_reset(void);

/* Start the program whose vector table (Cortex-M) or first instruction (RISC-V) is at addr. */
_Noreturn void port_start(uintptr_t addr);

/* Of the program, called by the start-up code of a processor that can be guarded before anything
 * else, when there is nothing but a stack. A program that has none does nothing here. */
void port_first(void);

/* The program itself, called by the start-up code with data and bss in place. */
_Noreturn void port_main(void);

extern const struct bh_product *const port_product;

/* What a layout may choose, each in a file of its own in the port's folder. Where it is not chosen,
 * and in applications, the file of that name in ports/none is linked, which does nothing. */

/* watchdog.c, `watchdog: MS`: start the watchdog, or go on with one that runs. It bites after ms at
 * the earliest. The same file has bh_alive(), which feeds it. */
void port_watchdog_start(uint32_t ms);

/* clock.c, `clock: fast`: the clock at which the bootloader works, console included, and back to
 * that of reset. */
void port_clock_raise(void);
void port_clock_restore(void);

/* pin.c, `recovery: {pin: N}`: is this pin low, with a pull-up? It is as after reset afterwards.
 * The port says how pins are numbered. */
bool port_pin_low(uint32_t pin);

/* protect.c, `protect: until_reset`: nobody erases or programs the bootloader's pages, BOOT_LEN
 * bytes from BOOT_ADDRESS on, until the next reset; the bootloader itself neither. Called first. */
void port_protect(void);

/* leave.c, `hand_over: reset`: what port_init() turned on is off, and every register is as after
 * reset. Called last, before port_start(). */
void port_leave(void);

#endif
