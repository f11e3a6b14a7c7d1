/* SPDX-License-Identifier: Apache-2.0 */
/* Serial NOR flash. Commands as every JEDEC chip has them; what differs comes from the chip's own
 * table, JESD216 "serial flash discoverable parameters". */
#include "bulkhead/bytes.h"
#include "bulkhead/spi_nor.h"

enum {
    OP_PROGRAM = 0x02,
    OP_READ = 0x03,
    OP_READ_STATUS = 0x05,
    OP_WRITE_ENABLE = 0x06,
    OP_READ_SFDP = 0x5A,
    OP_READ_ID = 0x9F,
    OP_WAKE = 0xAB,
    OP_4BYTE_MODE = 0xB7,
};

#define STATUS_WIP 0x01u /* write in progress */
#define STATUS_WEL 0x02u /* write enable latch */
#define STATUS_NOBODY 0xFFu

#define PROGRAM_PAGE 256u /* a program wraps at its end; the same for all chips in use */
#define WAKE_US 50u
#define POLL_US 20u
#define PROGRAM_POLLS (20u * 1000 / POLL_US)     /* 20 ms: data sheets say up to 10 */
#define ERASE_POLLS (4u * 1000 * 1000 / POLL_US) /* 4 s: up to 2 for 64 KB */
#define MAX_3BYTE 0x1000000u

static struct bh_spi_nor *chip(const struct bh_flash *f)
{
    return f->context;
}

static int receive(const struct bh_spi_nor *nor, uint8_t opcode, void *in, uint32_t len)
{
    return nor->bus->transfer(nor->bus, &opcode, 1, NULL, in, len);
}

static int send(const struct bh_spi_nor *nor, uint8_t opcode)
{
    return nor->bus->transfer(nor->bus, &opcode, 1, NULL, NULL, 0);
}

/* Opcode and address; returns the bytes used. */
static uint32_t command(uint8_t cmd[5], uint8_t opcode, uint32_t addr, uint32_t addr_len)
{
    cmd[0] = opcode;
    for (uint32_t i = 1; i <= addr_len; i++)
        cmd[i] = (uint8_t)(addr >> 8 * (addr_len - i));
    return 1 + addr_len;
}

/* Until the chip is no longer busy. */
static int finish(const struct bh_spi_nor *nor, uint32_t polls)
{
    for (; polls; polls--) {
        uint8_t status;
        int err = receive(nor, OP_READ_STATUS, &status, 1);

        if (err || status == STATUS_NOBODY)
            return BH_ERR_IO;
        if (!(status & STATUS_WIP))
            return BH_OK;
        nor->bus->wait(nor->bus, POLL_US);
    }
    return BH_ERR_IO;
}

/* Allow one program or erase; does the chip agree? */
static int write_enable(const struct bh_spi_nor *nor)
{
    uint8_t status;
    int err = send(nor, OP_WRITE_ENABLE);

    if (!err)
        err = receive(nor, OP_READ_STATUS, &status, 1);
    if (err)
        return err;
    return status != STATUS_NOBODY && (status & STATUS_WEL) ? BH_OK : BH_ERR_IO;
}

static int nor_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    const struct bh_spi_nor *nor = chip(f);
    uint8_t cmd[5];

    if (!nor->addr_len)
        return BH_ERR_IO;
    return nor->bus->transfer(nor->bus, cmd, command(cmd, OP_READ, off, nor->addr_len), NULL, buf,
                              len);
}

static int nor_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    const struct bh_spi_nor *nor = chip(f);
    const uint8_t *p = buf;

    if (!nor->addr_len)
        return BH_ERR_IO;
    for (uint32_t n; len; off += n, p += n, len -= n) {
        uint8_t cmd[5];
        int err = write_enable(nor);

        n = bh_min(len, PROGRAM_PAGE - off % PROGRAM_PAGE);
        if (!err)
            err = nor->bus->transfer(nor->bus, cmd, command(cmd, OP_PROGRAM, off, nor->addr_len), p,
                                     NULL, n);
        if (!err)
            err = finish(nor, PROGRAM_POLLS);
        if (err)
            return err;
    }
    return BH_OK;
}

/* The largest way to erase that begins at off and goes no further than len; -1: none. */
static int best_erase(const struct bh_spi_nor *nor, uint32_t off, uint32_t len)
{
    int best = -1;

    for (int i = 0; i < (int)BH_SPI_NOR_ERASES; i++) {
        uint32_t size = 1u << nor->erase[i].log2_len;

        if (nor->erase[i].log2_len && size <= len && off % size == 0 &&
            (best < 0 || nor->erase[i].log2_len > nor->erase[best].log2_len))
            best = i;
    }
    return best;
}

static int nor_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    const struct bh_spi_nor *nor = chip(f);

    if (!nor->addr_len)
        return BH_ERR_IO;
    for (uint32_t n; len; off += n, len -= n) {
        int way = best_erase(nor, off, len), err;
        uint8_t cmd[5];

        if (way < 0)
            return BH_ERR_IO;
        n = 1u << nor->erase[way].log2_len;
        err = write_enable(nor);
        if (!err)
            err = nor->bus->transfer(nor->bus, cmd,
                                     command(cmd, nor->erase[way].opcode, off, nor->addr_len), NULL,
                                     NULL, 0);
        if (!err)
            err = finish(nor, ERASE_POLLS);
        if (err)
            return err;
    }
    return BH_OK;
}

const struct bh_flash_ops bh_spi_nor_ops = { .read = nor_read,
                                             .program = nor_program,
                                             .erase = nor_erase };

/* Bytes of the SFDP table: always 3 bytes of address, then one byte of nothing. */
static int read_sfdp(const struct bh_spi_nor *nor, uint32_t addr, uint8_t *buf, uint32_t len)
{
    uint8_t cmd[5];

    command(cmd, OP_READ_SFDP, addr, 3);
    cmd[4] = 0;
    return nor->bus->transfer(nor->bus, cmd, 5, NULL, buf, len);
}

/* What every chip without a table can do, as far as anyone has seen. */
static void assume(struct bh_spi_nor *nor)
{
    nor->erase[0].opcode = 0x20;
    nor->erase[0].log2_len = 12;
    nor->erase[1].opcode = 0xD8;
    nor->erase[1].log2_len = 16;
}

/* Size in bytes (0: absurd) and the ways to erase, from the basic parameter table (JESD216, 6.4):
 * word 2 is the density in bits, words 8 and 9 are the erase types. The chip is not trusted. */
static uint32_t parse(struct bh_spi_nor *nor, const uint8_t table[36])
{
    uint32_t density = bh_load32(table + 4);

    for (uint32_t i = 0; i < BH_SPI_NOR_ERASES; i++) {
        nor->erase[i].log2_len = table[28 + 2 * i] < 32 ? table[28 + 2 * i] : 0;
        nor->erase[i].opcode = table[29 + 2 * i];
    }
    if (!(density & 0x80000000u))
        return density / 8 + 1;
    density &= 0x7FFFFFFFu; /* then it is log2, and at least 4 Gbit */
    return density >= 32 && density < 35 ? 1u << (density - 3) : 0;
}

/* Size and ways to erase, from the table or else from the identification. */
static int identify(struct bh_spi_nor *nor, uint32_t *size)
{
    uint8_t id[3], header[16], table[36];
    int err = receive(nor, OP_READ_ID, id, sizeof id);

    if (err)
        return err;
    if ((id[0] == 0xFF && id[1] == 0xFF) || (id[0] == 0 && id[1] == 0))
        return BH_ERR_IO;
    err = read_sfdp(nor, 0, header, sizeof header);
    if (err)
        return err;
    if (bh_load32(header) != 0x50444653 || header[11] < 9) { /* "SFDP", words in the table */
        assume(nor);
        *size = id[2] < 32 ? 1u << id[2] : 0;
        return BH_OK;
    }
    err = read_sfdp(nor, bh_load32(header + 12) & 0xFFFFFFu, table, sizeof table);
    if (!err)
        *size = parse(nor, table);
    return err;
}

int bh_spi_nor_open(const struct bh_flash *f)
{
    struct bh_spi_nor *nor = chip(f);
    uint32_t size = 0;
    int err;

    nor->addr_len = 0;
    err = send(nor, OP_WAKE);
    if (err)
        return err;
    nor->bus->wait(nor->bus, WAKE_US);
    /* a reset of the processor alone may have left the chip erasing */
    err = finish(nor, ERASE_POLLS);
    if (!err)
        err = identify(nor, &size);
    if (err)
        return err;
    if (size < f->size)
        return BH_ERR_PRODUCT;
    for (uint8_t i = 0; i < f->n_runs; i++)
        if (best_erase(nor, 0, f->runs[i].size) < 0)
            return BH_ERR_PRODUCT;
    if (f->size <= MAX_3BYTE) {
        nor->addr_len = 3;
        return BH_OK;
    }
    err = write_enable(nor); /* some want it, none minds */
    if (!err)
        err = send(nor, OP_4BYTE_MODE);
    if (!err)
        nor->addr_len = 4;
    return err;
}
