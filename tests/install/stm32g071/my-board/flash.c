/* SPDX-License-Identifier: Apache-2.0 */
/* The flash of the STM32G0 with one bank. RM0444, chapter "Embedded flash memory": pages of 2 KB, a
 * double word is programmed at once, with ECC. A double word that a cut left half programmed raises
 * the NMI when it is read, and ECCD says so. The processor stalls while the flash is busy. */
#include "bulkhead/bytes.h"
#include "cortex-m/cortex_m.h"
#include "lib/register.h"
#include "product.h"

#include <string.h>

#define FLASH(off) REGISTER(0x40022000u + (off))
#define ACR FLASH(0x00)
#define KEYR FLASH(0x08)
#define SR FLASH(0x10)
#define CR FLASH(0x14)
#define ECCR FLASH(0x18)

#define ACR_ICEN (1u << 9)
#define ACR_ICRST (1u << 11)
#define SR_ERRORS 0xC3FAu /* all that are cleared by a one, but EOP */
#define SR_BSY1 (1u << 16)
#define SR_CFGBSY (1u << 18)
#define CR_PG (1u << 0)
#define CR_PER (1u << 1)
#define CR_PAGE(n) ((n) << 3)
#define CR_STRT (1u << 16)
#define CR_LOCK (1u << 31)
#define ECCR_ECCD (1u << 31)

#define DOUBLE_WORD 8u
#define PAGE 2048u
#define POLLS_MAX 10000000u /* a page takes up to 40 ms to erase, 640,000 cycles */

static volatile bool torn; /* the NMI came while flash was read */

/* Overrides the fault of ports/cortex-m: an answer, not a reset. */
void cortex_m_nmi(void)
{
    if (!(ECCR & ECCR_ECCD))
        cortex_m_fault();
    ECCR |= ECCR_ECCD; /* is cleared by a one */
    torn = true;
}

static int finish(void)
{
    uint32_t polls = POLLS_MAX;

    while (SR & (SR_BSY1 | SR_CFGBSY))
        if (--polls == 0)
            return BH_ERR_IO;
    return SR & SR_ERRORS ? BH_ERR_IO : BH_OK;
}

static int unlock(void)
{
    if (CR & CR_LOCK) {
        KEYR = 0x45670123;
        KEYR = 0xCDEF89AB;
    }
    SR = SR_ERRORS;
    return finish();
}

/* And what the instruction cache holds of the old contents goes. */
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
    int err = unlock();

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
    int err = unlock();

    (void)f, (void)len;
    if (!err) {
        CR = CR_PER | CR_PAGE(off / PAGE);
        CR |= CR_STRT;
        err = finish();
    }
    lock();
    return err;
}

static const struct bh_flash_ops ops = { .read = flash_read,
                                         .program = flash_program,
                                         .erase = flash_erase };

const struct bh_flash PRODUCT_INTERNAL = { .ops = &ops, PRODUCT_INTERNAL_GEOMETRY };
