/* SPDX-License-Identifier: Apache-2.0 */
/* The flash controller of the STM32F405/407. Reference manual RM0090, chapter 3. */
#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "lib/register.h"
#include "product.h"
#include "supply.h"

#include <string.h>

/* As a struct: so they are reached from its start, with instructions of two bytes. */
static struct registers {
    volatile uint32_t acr, keyr, optkeyr, sr, cr;
} *const flash = (struct registers *)0x40023C00;

#define ACR_DCEN (1u << 10)
#define ACR_DCRST (1u << 12)
#define SR_ERRORS 0xF2u /* PGSERR, PGPERR, PGAERR, WRPERR, OPERR: cleared by writing 1 */
#define SR_BSY (1u << 16)
#define CR_PG (1u << 0)
#define CR_SER (1u << 1)
#define CR_SNB(sector) ((uint32_t)(sector) << 3)
#define CR_PSIZE_32 (2u << 8)
#define CR_STRT (1u << 16)
#define CR_LOCK (1u << 31)

/* A 128 KB sector takes up to 4 s to erase; a poll at least 4 cycles of at most 168 MHz. */
#define POLLS_MAX (168u * 1000 * 1000)
#define WORD 4u /* bytes that are programmed at once: CR_PSIZE_32 */

/* Wait for the operation to end; did it end well? */
static int finish(void)
{
    uint32_t polls = POLLS_MAX;

    while (flash->sr & SR_BSY) {
        bh_alive();
        if (--polls == 0)
            return BH_ERR_IO;
    }
    return flash->sr & SR_ERRORS ? BH_ERR_IO : BH_OK;
}

static void unlock(void)
{
    if (flash->cr & CR_LOCK) {
        flash->keyr = 0x45670123;
        flash->keyr = 0xCDEF89AB;
    }
    flash->sr = SR_ERRORS;
}

/* The data cache does not see an erase: throw away what it holds. It must be off for that. */
static void lock(void)
{
    uint32_t acr = flash->acr, off = acr & ~ACR_DCEN;

    flash->cr = CR_LOCK;
    flash->acr = off;
    flash->acr = off | ACR_DCRST;
    flash->acr = acr;
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

    unlock();
    flash->cr = CR_PG | CR_PSIZE_32;
    for (uint32_t i = 0; !err && i < len; i += WORD) {
        REGISTER(f->base + off + i) = bh_load32(p + i);
        err = finish();
    }
    lock();
    return err;
}

/* 0 to 3: 16 KB each; 4: 64 KB; 5 and up: 128 KB each. */
static uint32_t sector_at(uint32_t off)
{
    if (off < 0x10000)
        return off / 0x4000;
    return 4 + off / 0x20000;
}

/* One page at a time, as bh_flash_erase() asks. */
static int flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    int err;

    (void)f, (void)len;
    unlock();
    flash->cr = CR_SER | CR_PSIZE_32 | CR_SNB(sector_at(off));
    flash->cr |= CR_STRT;
    err = finish();
    lock();
    return err;
}

static const struct bh_flash_ops ops = { .read = flash_read,
                                         .map = flash_map,
                                         .program = flash_program,
                                         .erase = flash_erase,
                                         PORT_BEFORE };

const struct bh_flash PRODUCT_INTERNAL = { .ops = &ops, PRODUCT_INTERNAL_GEOMETRY };
