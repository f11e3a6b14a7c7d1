/* SPDX-License-Identifier: Apache-2.0 */
/* Parallel NOR flash with Intel's command set (JEDEC CFI command set 0001): two 16-bit chips side
 * by side, each of which gets every command and gives a status. The whole flash is unreadable
 * between a command and READ_ARRAY, so this code runs in RAM. */
#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "lib/register.h"
#include "product.h"

#include <string.h>

#define BOTH(x) ((x)*0x00010001u)
#define PROGRAM BOTH(0x40u)
#define ERASE BOTH(0x20u)
#define CONFIRM BOTH(0xD0u)
#define CLEAR_STATUS BOTH(0x50u)
#define READ_ARRAY BOTH(0xFFu)
#define STATUS_READY BOTH(0x80u)
#define STATUS_ERRORS BOTH(0x3Au) /* erase, program, voltage, locked */

#define UNIT 4u
#define POLLS_MAX 50000000u /* a block takes up to 4 s to erase; a poll at least 80 ns */

static int finish(uint32_t addr)
{
    uint32_t polls = POLLS_MAX, status;

    while (((status = REGISTER(addr)) & STATUS_READY) != STATUS_READY) {
        bh_alive();
        if (--polls == 0)
            return BH_ERR_IO;
    }
    return status & STATUS_ERRORS ? BH_ERR_IO : BH_OK;
}

static const uint8_t *flash_map(const struct bh_flash *f, uint32_t off)
{
    return (const uint8_t *)(uintptr_t)(f->base + off);
}

static int flash_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    memcpy(buf, flash_map(f, off), len);
    return BH_OK;
}

static int flash_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    const uint8_t *p = buf;
    int err = BH_OK;

    REGISTER(f->base) = CLEAR_STATUS;
    for (uint32_t i = 0; !err && i < len; i += UNIT) {
        REGISTER(f->base + off + i) = PROGRAM;
        REGISTER(f->base + off + i) = bh_load32(p + i);
        err = finish(f->base + off + i);
    }
    REGISTER(f->base) = READ_ARRAY;
    return err;
}

/* One page at a time, as bh_flash_erase() asks. */
static int flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    int err;

    (void)len;
    REGISTER(f->base) = CLEAR_STATUS;
    REGISTER(f->base + off) = ERASE;
    REGISTER(f->base + off) = CONFIRM;
    err = finish(f->base + off);
    REGISTER(f->base) = READ_ARRAY;
    return err;
}

static const struct bh_flash_ops ops = {
    .read = flash_read, .map = flash_map, .program = flash_program, .erase = flash_erase
};

const struct bh_flash PRODUCT_INTERNAL = { .ops = &ops, PRODUCT_INTERNAL_GEOMETRY };
