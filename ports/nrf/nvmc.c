/* SPDX-License-Identifier: Apache-2.0 */
/* The non-volatile memory controller of nRF51 and nRF52. Product specification, chapter NVMC. */
#include "nvmc.h"

#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "lib/register.h"

#include <string.h>

#define READY REGISTER(0x4001E400)
#define CONFIG REGISTER(0x4001E504)
#define ERASEPAGE REGISTER(0x4001E508)

enum { CONFIG_READ = 0, CONFIG_WRITE = 1, CONFIG_ERASE = 2 };

#define UNIT 4u
#define POLLS_MAX (64u * 1000 * 1000) /* a page takes up to 85 ms to erase */

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

static const uint8_t *nvmc_map(const struct bh_flash *f, uint32_t off)
{
    return (const uint8_t *)(uintptr_t)(f->base + off);
}

static int nvmc_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    memcpy(buf, nvmc_map(f, off), len);
    return BH_OK;
}

static int nvmc_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
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
static int nvmc_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    int err;

    (void)len;
    CONFIG = CONFIG_ERASE;
    ERASEPAGE = f->base + off;
    err = finish();
    CONFIG = CONFIG_READ;
    return err;
}

const struct bh_flash_ops nrf_nvmc_ops = {
    .read = nvmc_read, .map = nvmc_map, .program = nvmc_program, .erase = nvmc_erase
};
