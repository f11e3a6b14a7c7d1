/* SPDX-License-Identifier: Apache-2.0 */
/* The flash controller of the STM32G0x1. Reference manual RM0444, chapter 3: registers in 3.7,
 * how to erase a page in 3.3.7, how to program in 3.3.8. Each eight bytes have ECC: where a cut
 * left them torn, reading raises an NMI. The chips of 256 and 512 KB have two banks, and the
 * pages of the second are numbered from 256 on; those of 128 KB and less have one, with fewer
 * pages than that. */
#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "cortex-m/cortex_m.h"
#include "lib/register.h"
#include "product.h"

#include <string.h>

#define ACR REGISTER(0x40022000)
#define KEYR REGISTER(0x40022008)
#define SR REGISTER(0x40022010)
#define CR REGISTER(0x40022014)
#define ECCR(bank) REGISTER(0x40022018 + 4u * (bank))

#define ACR_ICEN (1u << 9)
#define ACR_ICRST (1u << 11)
#define SR_ERRORS 0xC3FAu  /* all error flags: cleared by writing 1 */
#define SR_BUSY (7u << 16) /* BSY1, BSY2, CFGBSY */
#define CR_PG (1u << 0)
#define CR_PER (1u << 1)
#define CR_PNB(page) ((uint32_t)(page) << 3)
#define CR_BKER (1u << 13)
#define CR_STRT (1u << 16)
#define CR_LOCK (1u << 31)
#define ECCR_ECCD (1u << 31) /* more than one bit is wrong */

#define PAGE (2u * 1024)
#define BANKED 0x20000u  /* a chip of more than that has two banks, each half of it */
#define BANK2_FIRST 256u /* number of its first page */
#define DOUBLE_WORD 8u   /* bytes that are programmed at once */

/* A page takes up to 40 ms to erase; a poll at least 4 cycles of at most 64 MHz. */
#define POLLS_MAX (4u * 1000 * 1000)

static volatile bool torn; /* told by the NMI since the last look */

void cortex_m_nmi(void)
{
    if (!((ECCR(0) | ECCR(1)) & ECCR_ECCD))
        cortex_m_fault();
    ECCR(0) |= ECCR_ECCD;
    ECCR(1) |= ECCR_ECCD;
    torn = true;
}

static int finish(void)
{
    uint32_t polls = POLLS_MAX;

    while (SR & SR_BUSY) {
        bh_alive();
        if (--polls == 0)
            return BH_ERR_IO;
    }
    return SR & SR_ERRORS ? BH_ERR_IO : BH_OK;
}

static void unlock(void)
{
    if (CR & CR_LOCK) {
        KEYR = 0x45670123;
        KEYR = 0xCDEF89AB;
    }
    SR = SR_ERRORS;
}

/* The instruction cache does not see what changes: it is emptied, and must be off for that. */
static void lock(void)
{
    CR = CR_LOCK;
    ACR &= ~ACR_ICEN;
    ACR |= ACR_ICRST;
    ACR &= ~ACR_ICRST;
    ACR |= ACR_ICEN;
}

static int flash_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    torn = false;
    memcpy(buf, (const void *)(uintptr_t)(f->base + off), len);
    return torn ? BH_ERR_IO : BH_OK;
}

static int flash_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    const uint8_t *p = buf;
    int err = BH_OK;

    unlock();
    CR = CR_PG;
    for (uint32_t i = 0; !err && i < len; i += DOUBLE_WORD) {
        REGISTER(f->base + off + i) = bh_load32(p + i);
        REGISTER(f->base + off + i + 4) = bh_load32(p + i + 4); /* begins the operation */
        err = finish();
    }
    lock();
    return err;
}

/* One page at a time, as bh_flash_erase() asks. */
static int flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    uint32_t page = CR_PNB(off / PAGE);
    int err;

    (void)len;
    if (f->size > BANKED && off >= f->size / 2)
        page = CR_BKER | CR_PNB(BANK2_FIRST + (off - f->size / 2) / PAGE);
    unlock();
    CR = CR_PER | page;
    CR |= CR_STRT;
    err = finish();
    lock();
    return err;
}

static const struct bh_flash_ops ops = { .read = flash_read,
                                         .program = flash_program,
                                         .erase = flash_erase };

const struct bh_flash PRODUCT_INTERNAL = { .ops = &ops, PRODUCT_INTERNAL_GEOMETRY };
