/* SPDX-License-Identifier: Apache-2.0 */
/* The flash controllers of the STM32H743 and its like. Reference manual RM0433, chapter 4:
 * registers in 4.9, how to program in 4.3.9, how to erase a sector in 4.3.10. Two banks, each
 * with its own registers, of eight sectors of 128 KB. 32 bytes are programmed at once, and have
 * ECC: where a cut left them torn, a read is an error on the bus, which is a fault unless the
 * program looks at the bank's flag instead. The caches are off, as after reset: an application
 * that turns on the data cache cleans it of what it writes with this driver. */
#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "lib/register.h"
#include "product.h"
#include "supply.h"

#include <string.h>

/* Of one bank; those of bank 2 follow 0x100 after. */
struct bank {
    volatile uint32_t acr, keyr, optkeyr, cr, sr, ccr;
};
#define BANK(n) ((struct bank *)(uintptr_t)(0x52002000u + 0x100u * (n)))

#define CR_LOCK (1u << 0)
#define CR_PG (1u << 1)
#define CR_SER (1u << 2)
#define CR_PSIZE_64 (3u << 4) /* erase with the fewest pulses: VOS1 to VOS3 allow it */
#define CR_START (1u << 7)
#define CR_SNB(sector) ((uint32_t)(sector) << 8)
#define SR_BUSY 7u /* BSY, WBNE, QW */
#define SR_DBECCERR (1u << 26)
#define SR_ERRORS                                                                                  \
    0x15EE0000u /* WRPERR, PGSERR, STRBERR, INCERR, OPERR, RDPERR, RDSERR, DBECCERR, CRCRDERR */
#define SR_ALL 0x1FEF0000u /* what ccr clears */

#define CCR REGISTER(0xE000ED14)
#define CCR_BFHFNMIGN (1u << 8) /* at the priority of FAULTMASK, errors on the bus are no faults */

#define SECTOR (128u * 1024)
#define SECTORS 8u /* of a bank */
#define WORD 32u   /* bytes that are programmed at once */

/* A sector takes up to 4 s to erase; a poll at least 4 cycles of at most 480 MHz. */
#define POLLS_MAX (480u * 1000 * 1000)

static struct bank *bank_at(uint32_t off)
{
    return BANK(off / (SECTOR * SECTORS));
}

static int finish(const struct bank *bank)
{
    uint32_t polls = POLLS_MAX;

    while (bank->sr & SR_BUSY) {
        bh_alive();
        if (--polls == 0)
            return BH_ERR_IO;
    }
    return bank->sr & SR_ERRORS ? BH_ERR_IO : BH_OK;
}

static void unlock(struct bank *bank)
{
    if (bank->cr & CR_LOCK) {
        bank->keyr = 0x45670123;
        bank->keyr = 0xCDEF89AB;
    }
    bank->ccr = SR_ALL;
}

static void lock(struct bank *bank)
{
    bank->cr = CR_LOCK | CR_PSIZE_64; /* as after reset */
}

/* The loads are done before the flag is looked at, and faults are faults again only then. */
static int flash_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    uint32_t torn;

    BANK(0)->ccr = SR_DBECCERR;
    BANK(1)->ccr = SR_DBECCERR;
    __asm__ volatile("cpsid f\n dsb" : : : "memory");
    CCR |= CCR_BFHFNMIGN;
    memcpy(buf, (const void *)(uintptr_t)(f->base + off), len);
    __asm__ volatile("dsb" : : : "memory");
    torn = (BANK(0)->sr | BANK(1)->sr) & SR_DBECCERR;
    CCR &= ~CCR_BFHFNMIGN;
    __asm__ volatile("dsb\n cpsie f" : : : "memory");
    return torn ? BH_ERR_IO : BH_OK;
}

static int flash_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    const uint8_t *p = buf;
    int err = BH_OK;

    for (uint32_t i = 0; !err && i < len; i += WORD) {
        struct bank *bank = bank_at(off + i);

        unlock(bank);
        bank->cr = CR_PSIZE_64 | CR_PG;
        for (uint32_t j = 0; j < WORD; j += 4)
            REGISTER(f->base + off + i + j) = bh_load32(p + i + j);
        __asm__ volatile("dsb" : : : "memory");
        err = finish(bank);
        lock(bank);
    }
    return err;
}

/* One page at a time, as bh_flash_erase() asks. */
static int flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct bank *bank = bank_at(off);
    uint32_t cr = CR_SER | CR_PSIZE_64 | CR_SNB(off / SECTOR % SECTORS);
    int err;

    (void)f, (void)len;
    unlock(bank);
    bank->cr = cr;
    bank->cr = cr | CR_START;
    err = finish(bank);
    lock(bank);
    return err;
}

static const struct bh_flash_ops ops = {
    .read = flash_read, .program = flash_program, .erase = flash_erase, PORT_BEFORE
};

const struct bh_flash PRODUCT_INTERNAL = { .ops = &ops, PRODUCT_INTERNAL_GEOMETRY };
