/* SPDX-License-Identifier: Apache-2.0 */
/* The flash controller of the STM32L475/476. Reference manual RM0351, chapter 3. Two banks of 256
 * pages. Each eight bytes have ECC: where a cut left them torn, reading may raise an NMI. */
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
#define ECCR REGISTER(0x40022018)

#define ACR_DCEN (1u << 10)
#define ACR_DCRST (1u << 12)
#define SR_ERRORS 0xC3FAu /* all error flags: cleared by writing 1 */
#define SR_BSY (1u << 16)
#define CR_PG (1u << 0)
#define CR_PER (1u << 1)
#define CR_PAGE(page) ((uint32_t)(page) << 3) /* 9 bits: PNB, and above it BKER, the bank */
#define CR_STRT (1u << 16)
#define CR_LOCK (1u << 31)
#define ECCR_ECCD (1u << 31) /* more than one bit is wrong */

#define PAGE (2u * 1024)
#define DOUBLE_WORD 8u /* bytes that are programmed at once */

/* A page takes up to 25 ms to erase; a poll at least 4 cycles of at most 80 MHz. */
#define POLLS_MAX (4u * 1000 * 1000)

static volatile bool torn; /* told by the NMI since the last look */

void cortex_m_nmi(void)
{
    if (!(ECCR & ECCR_ECCD))
        cortex_m_fault();
    ECCR |= ECCR_ECCD;
    torn = true;
}

static int finish(void)
{
    uint32_t polls = POLLS_MAX;

    while (SR & SR_BSY) {
        bh_alive();
        if (--polls == 0)
            return BH_ERR_IO;
    }
    return SR & SR_ERRORS ? BH_ERR_IO : BH_OK;
}

/* The data cache does not see what changes: it is off meanwhile, and empty afterwards. */
static void unlock(void)
{
    ACR &= ~ACR_DCEN;
    if (CR & CR_LOCK) {
        KEYR = 0x45670123;
        KEYR = 0xCDEF89AB;
    }
    SR = SR_ERRORS;
}

static void lock(void)
{
    CR = CR_LOCK;
    ACR |= ACR_DCRST;
    ACR &= ~ACR_DCRST;
    ACR |= ACR_DCEN;
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
    int err;

    (void)f, (void)len;
    unlock();
    CR = CR_PER | CR_PAGE(off / PAGE);
    CR |= CR_STRT;
    err = finish();
    lock();
    return err;
}

static const struct bh_flash_ops ops = { .read = flash_read,
                                         .program = flash_program,
                                         .erase = flash_erase };

const struct bh_flash PRODUCT_INTERNAL = { .ops = &ops, PRODUCT_INTERNAL_GEOMETRY };
