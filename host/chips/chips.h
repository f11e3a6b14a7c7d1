/* SPDX-License-Identifier: Apache-2.0 */
/* host/chips/chips.h - the table of chips: what is known of microcontrollers and serial NOR parts.
 *
 *     const struct chip *c = chip_find("STM32F407VET6");
 *     if (!c)
 *         ... "did you mean", chip_near("stm32f407xr") ...
 *     for (size_t i = 0; i < c->n_runs; i++)
 *         ... c->runs[i].count pages of c->runs[i].size bytes ...
 *
 * The table is host/chips/chips.txt, which the build turns into C: nothing is read at run time.
 * docs/chips.md says what each word means and how to add a chip. */
#ifndef HOST_CHIPS_CHIPS_H
#define HOST_CHIPS_CHIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulkhead/flash.h"

enum chip_known { CHIP_NO, CHIP_YES, CHIP_UNKNOWN };

/* A program that writes flash. */
struct chip_tool {
    const char *name;    /* "openocd" */
    const char *command; /* with the words FILE, HEX, ADDRESS, OFFSET: chip_command() fills them */
};

struct chip {
    const char *name;          /* in lower case: "stm32f407xe" */
    const char *family;        /* "stm32f4" */
    const char *part;          /* one part of it, as the tools spell it; NULL: none */
    const char *const *others; /* other names; ? is one character, * any rest; NULL ends */
    const char *source;        /* where these facts are from */

    /* flash */
    uint32_t jedec; /* serial NOR: maker << 16 | device; 0: a microcontroller */
    uint32_t size;  /* bytes: the sum of the runs */
    const struct bh_page_run *runs;
    uint8_t n_runs;
    uint16_t unit;   /* bytes of one program operation: a power of two */
    uint32_t erased; /* what an erased byte reads as; above 0xFF: no single byte says it, a word */
    bool mapped;     /* the CPU reads it at base */
    uint32_t base;   /* address, if mapped */
    bool sizable;    /* the flash is a chip of its own: a layout may say another size */
    bool once;       /* a unit is programmed once between erases, for the hardware's sake */
    enum chip_known ecc; /* the flash checks itself: a torn unit may fault when it is read */
    bool blank_faults;   /* an erased page must not be read */
    uint32_t erase_ms;   /* longest time of one page erase; 0: not known */

    /* processor: NULL and 0 for serial NOR */
    const char *core;  /* "cortex-m4", as in cmake/ and docs/chips.md */
    uint16_t vectors;  /* entries of its vector table, 16 + interrupts; 0: it cannot be moved */
    uint32_t ram_base; /* where applications have their RAM */
    uint32_t ram_size; /* bytes; 0: not known */

    /* Bulkhead */
    const char *port;     /* folder in ports/ that drives the flash, or NULL */
    const char *external; /* the same, and a serial NOR chip beside it; or NULL */
    const char *board;    /* emulated: a name for 'bulkhead board run', or NULL */
    const char *cannot;   /* why the core cannot serve it; NULL: it can */
    const char *note;     /* what else to know, or NULL */
    const char *manual;   /* what to write a flash driver from, or NULL */
    const struct chip_tool *tools;
    uint8_t n_tools;
};

/* By name or other name, in any case. NULL: there is none. */
const struct chip *chip_find(const char *name);
/* The name that is nearest to what was written, or NULL. */
const char *chip_near(const char *name);
/* Serial NOR by the three bytes that it answers to command 0x9F: maker << 16 | device. Or NULL. */
const struct chip *chip_by_jedec(uint32_t jedec);
/* All, in the order of the file; NULL after the last. */
const struct chip *chip_at(size_t i);

/* Alignment that VTOR wants of a table with so many entries of 4 bytes: a power of two of at least
 * 128. 0: nothing to align. */
uint32_t chip_vector_alignment(uint16_t vectors);

/* The command line that writes a file to address; device is where the flash begins, for tools that
 * count from there. Returns its length, as snprintf does: size is enough if it is more. */
size_t chip_command(const struct chip_tool *tool, const char *file, uint32_t address,
                    uint32_t device, char *text, size_t size);

/* One run and all runs as a layout writes them: "4x16K, 64K, 3x128K". Length as of snprintf. */
size_t chip_pages_text(const struct chip *c, char *text, size_t size);

/* ---- for compile_chips.c and chips.c alone ---- */

extern const struct chip chips_table[]; /* name NULL ends */
extern const size_t chips_count;
/* Does name fit a pattern? In any case of letters. */
bool chip_match(const char *pattern, const char *name);

#endif
