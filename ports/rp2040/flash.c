/* SPDX-License-Identifier: Apache-2.0 */
/* The serial NOR flash that the RP2040 runs from. While it is erased or written nobody can read
 * it, the processor neither: that part is in RAM, and calls the boot ROM's functions, which
 * know the chip's commands (RP2040 datasheet, 2.8.3.1.3). Afterwards flash is read by 03h
 * again, as the second stage (first.S) and the ROM have it. */
#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "cortex-m/mpu.h"
#include "product.h"

#include <string.h>

#define PAGE 256u /* the ROM programs whole pages */
#define SECTOR 4096u
#define BLOCK 0x10000u /* it would erase so many at once, by BLOCK_ERASE, where the range allows */
#define BLOCK_ERASE 0xD8u

/* One operation: in RAM, as all that in_ram() touches. */
struct job {
    void (*connect)(void);
    void (*exit_xip)(void);
    void (*erase)(uint32_t off, uint32_t len, uint32_t block, uint32_t command);
    void (*program)(uint32_t off, const uint8_t *data, uint32_t len);
    void (*flush)(void);
    void (*enter_xip)(void);
    uint32_t off;
    uint32_t len; /* to erase; 0: program page */
    uint8_t page[PAGE];
};

/* Nothing may be called here that lies in flash; alone in its 256 bytes, which open() makes
 * executable. */
#define IN_RAM __attribute__((section(".ram"), aligned(256), noinline, noclone, long_call))

IN_RAM static void in_ram(const struct job *j)
{
    j->connect();
    j->exit_xip();
    if (j->len)
        j->erase(j->off, j->len, BLOCK, BLOCK_ERASE);
    else
        j->program(j->off, j->page, PAGE);
    j->flush();
    j->enter_xip();
}

/* Two half words in the ROM: where its table is, and what looks into it for two letters. */
static uintptr_t rom(char a, char b)
{
    uintptr_t table = *(volatile const uint16_t *)(uintptr_t)0x14;
    uintptr_t lookup = *(volatile const uint16_t *)(uintptr_t)0x18;

    return ((uintptr_t(*)(uintptr_t, uint32_t))lookup)(table, (uint32_t)a | (uint32_t)b << 8);
}

/* The bootloader runs nothing in RAM (port_guard()): this, and only now. */
#define REGION 2u
#define RASR_READ_ONLY (6u << 24)
#define RASR_256 (7u << 1 | 1u)

static void carry_out(struct job *j)
{
    j->connect = (void (*)(void))rom('I', 'F');
    j->exit_xip = (void (*)(void))rom('E', 'X');
    j->erase = (void (*)(uint32_t, uint32_t, uint32_t, uint32_t))rom('R', 'E');
    j->program = (void (*)(uint32_t, const uint8_t *, uint32_t))rom('R', 'P');
    j->flush = (void (*)(void))rom('F', 'C');
    j->enter_xip = (void (*)(void))rom('C', 'X');
    bh_alive();
    MPU_RBAR = ((uint32_t)(uintptr_t)in_ram & ~1u) | RBAR_REGION(REGION);
    MPU_RASR = RASR_READ_ONLY | RASR_256;
    __asm__ volatile("dsb\n isb" : : : "memory");
    in_ram(j);
    MPU_RASR = 0;
    MPU_RBAR = RBAR_REGION(REGION);
    bh_alive();
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

/* A page at a time. What is around the bytes is written as ones: that changes nothing. The ROM says
 * nothing of how it went, so what is there afterwards is. */
static int flash_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    const uint8_t *p = buf;
    struct job job;

    for (uint32_t n; len; off += n, p += n, len -= n) {
        uint32_t at = off % PAGE;

        n = bh_min(len, PAGE - at);
        memset(job.page, 0xFF, PAGE);
        memcpy(job.page + at, p, n);
        job.off = off - at;
        job.len = 0;
        carry_out(&job);
        if (memcmp(flash_map(f, off), p, n))
            return BH_ERR_IO;
    }
    return BH_OK;
}

/* One page at a time, as bh_flash_erase() asks. */
static int flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct job job;

    (void)f;
    job.off = off;
    job.len = len;
    carry_out(&job);
    return BH_OK;
}

static const struct bh_flash_ops ops = {
    .read = flash_read, .map = flash_map, .program = flash_program, .erase = flash_erase
};

const struct bh_flash PRODUCT_INTERNAL = { .ops = &ops, PRODUCT_INTERNAL_GEOMETRY };
