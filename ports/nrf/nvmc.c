/* SPDX-License-Identifier: Apache-2.0 */
/* The non-volatile memory controller of nRF51, nRF52 and nRF9160. Product specifications, chapter
 * NVMC. On the nRF9160 it has no register that erases a page: a store of ones into the page does,
 * while CONFIG enables erasing. */
#include "nvmc.h"

#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "lib/register.h"

#include <string.h>

#define NRF52 0x4001E000u
#define NRF91 0x50039000u /* in the secure state */

#define READY REGISTER(base + 0x400)
#define CONFIG REGISTER(base + 0x504)
#define ERASEPAGE 0x508u /* of nRF51 and nRF52: the page's address starts its erase */

enum { CONFIG_READ = 0, CONFIG_WRITE = 1, CONFIG_ERASE = 2 };

#define UNIT 4u
#define POLLS_MAX (64u * 1000 * 1000) /* a page takes up to 90 ms to erase */

static int finish(uintptr_t base)
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

static int program(uintptr_t base, const struct bh_flash *f, uint32_t off, const void *buf,
                   uint32_t len)
{
    const uint8_t *p = buf;
    int err = BH_OK;

    CONFIG = CONFIG_WRITE;
    for (uint32_t i = 0; !err && i < len; i += UNIT) {
        REGISTER(f->base + off + i) = bh_load32(p + i);
        err = finish(base);
    }
    CONFIG = CONFIG_READ;
    return err;
}

/* One page, by what is stored where. */
static int erase(uintptr_t base, uintptr_t where, uint32_t what)
{
    int err;

    CONFIG = CONFIG_ERASE;
    REGISTER(where) = what;
    err = finish(base);
    CONFIG = CONFIG_READ;
    return err;
}

/* --- nRF51, nRF52 ------------------------------------------------------------------------ */

static int nrf52_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    return program(NRF52, f, off, buf, len);
}

/* One page at a time, as bh_flash_erase() asks. */
static int nrf52_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    (void)len;
    return erase(NRF52, NRF52 + ERASEPAGE, f->base + off);
}

const struct bh_flash_ops nrf_nvmc_ops = {
    .read = nvmc_read, .map = nvmc_map, .program = nrf52_program, .erase = nrf52_erase
};

/* --- nRF9160 ----------------------------------------------------------------------------- */

static int nrf91_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    return program(NRF91, f, off, buf, len);
}

static int nrf91_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    (void)len;
    return erase(NRF91, f->base + off, 0xFFFFFFFF);
}

const struct bh_flash_ops nrf91_nvmc_ops = {
    .read = nvmc_read, .map = nvmc_map, .program = nrf91_program, .erase = nrf91_erase
};
