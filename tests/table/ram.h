/* SPDX-License-Identifier: Apache-2.0 */
/* Flash in RAM with 4 KiB pages, for tests that look at bytes: programming clears bits, and the
 * power goes after `cut` operations; the next one is torn in the middle, or lost. */
#ifndef TESTS_TABLE_RAM_H
#define TESTS_TABLE_RAM_H

#include "bulkhead/flash.h"

#include <stdint.h>
#include <string.h>

#define RAM_PAGE 0x1000u

struct ram {
    uint8_t *bytes;
    int cut; /* operations until the power goes; negative: never */
    bool dead;
    bool lost; /* nothing of the operation at the cut happens */
    unsigned erases, programs;
    struct bh_page_run run;
    struct bh_flash flash;
};

static int ram_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    struct ram *ram = f->context;

    memcpy(buf, ram->bytes + off, len);
    return BH_OK;
}

/* Bytes of this operation that still happen. */
static uint32_t ram_power(struct ram *ram, uint32_t len)
{
    if (ram->dead)
        return 0;
    if (ram->cut < 0 || ram->cut-- > 0)
        return len;
    ram->dead = true;
    return ram->lost ? 0 : len / 2;
}

static int ram_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    struct ram *ram = f->context;
    const uint8_t *from = buf;
    uint32_t n = ram_power(ram, len);

    ram->programs++;
    for (uint32_t i = 0; i < n; i++)
        ram->bytes[off + i] &= from[i];
    return n == len ? BH_OK : BH_ERR_IO;
}

static int ram_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct ram *ram = f->context;
    uint32_t n = ram_power(ram, len);

    ram->erases++;
    memset(ram->bytes + off, 0xFF, n);
    return n == len ? BH_OK : BH_ERR_IO;
}

static const struct bh_flash_ops ram_ops = { .read = ram_read,
                                             .program = ram_program,
                                             .erase = ram_erase };

/* bytes: size of them, as they are. */
static inline void ram_init(struct ram *ram, uint8_t *bytes, uint32_t size)
{
    *ram = (struct ram){ .bytes = bytes, .cut = -1, .run = { size / RAM_PAGE, RAM_PAGE } };
    ram->flash = (struct bh_flash){ .ops = &ram_ops,
                                    .context = ram,
                                    .runs = &ram->run,
                                    .n_runs = 1,
                                    .unit = 1,
                                    .erased = 0xFF,
                                    .size = size };
}

#endif
