/* SPDX-License-Identifier: Apache-2.0 */
/* The non-volatile memory controller of the nRF9160, in the secure state. nRF9160 Product
 * Specification, chapter NVMC. It has no register that erases a page: a store of ones into the page
 * does, while CONFIG enables erasing. */
#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "lib/register.h"
#include "product.h"

#include <string.h>

#define READY REGISTER(0x50039400)
#define CONFIG REGISTER(0x50039504)

enum { CONFIG_READ = 0, CONFIG_WRITE = 1, CONFIG_ERASE = 2 };

#define UNIT 4u
#define POLLS_MAX (64u * 1000 * 1000) /* a page takes up to 90 ms to erase */

static int finish(void)
{
    uint32_t polls = POLLS_MAX;

    while (!(READY & 1u)) {
        bh_alive();
        if (--polls == 0)
            return BH_ERR_IO;
    }
    return BH_OK;
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

    CONFIG = CONFIG_WRITE;
    for (uint32_t i = 0; !err && i < len; i += UNIT) {
        REGISTER(f->base + off + i) = bh_load32(p + i);
        err = finish();
    }
    CONFIG = CONFIG_READ;
    return err;
}

/* One page at a time, as bh_flash_erase() asks. */
static int flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    int err;

    (void)len;
    CONFIG = CONFIG_ERASE;
    REGISTER(f->base + off) = 0xFFFFFFFF;
    err = finish();
    CONFIG = CONFIG_READ;
    return err;
}

static const struct bh_flash_ops ops = {
    .read = flash_read, .map = flash_map, .program = flash_program, .erase = flash_erase
};

const struct bh_flash PRODUCT_INTERNAL = { .ops = &ops, PRODUCT_INTERNAL_GEOMETRY };
