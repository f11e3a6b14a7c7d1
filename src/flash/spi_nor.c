/* SPDX-License-Identifier: Apache-2.0 */
/* Serial NOR flash. Commands as every JEDEC chip has them; what differs comes from the chip's own
 * table, JESD216 "serial flash discoverable parameters". */
#include "bulkhead/alive.h"
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
    OP_ENTER_4BYTE = 0xB7,
    OP_EXIT_4BYTE = 0xE9,
    OP_RESET_ENABLE = 0x66,
    OP_RESET = 0x99,
};

#define STATUS_WIP 0x01u /* write in progress */
#define STATUS_WEL 0x02u /* write enable latch */
#define STATUS_NOBODY 0xFFu
#define NO_COMMAND 0xFFu

#define PROGRAM_PAGE 256u /* a program wraps at its end; the same for all chips in use */
#define WAKE_US 50u
#define RESCUE_US 1000u
#define RESCUES 500u  /* 0.5 s: a 4 KB erase that began before a reset takes up to 0.4 s */
#define RESET_US 100u /* data sheets say 30 to 50, of a chip that is not busy */
#define POLL_US 20u
#define PROGRAM_POLLS (20u * 1000 / POLL_US)     /* 20 ms: data sheets say up to 10 */
#define ERASE_POLLS (4u * 1000 * 1000 / POLL_US) /* 4 s: up to 2 for 64 KB */
#define MAX_3BYTE 0x1000000u
#define ERASE_LOG2_MIN 8u /* no chip erases less than a program page */

/* JESD216, basic table: word 1, bits 17 and 18; word 16. */
#define ADDRESS_MASK 0x60000u
#define ADDRESS_3 0u
#define ADDRESS_4 0x40000u
#define SOFT_RESET (1u << 12)
#define EXIT_E9 (1u << 14)
#define EXIT_06_E9 (1u << 15)
#define ENTER_B7 (1u << 24)
#define ENTER_06_B7 (1u << 25)
#define ALWAYS_4 (1u << 30)
#define WORDS_9 36u  /* bytes of the first edition's table */
#define WORDS_16 64u /* of that of the second */

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

        bh_alive();
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

    if (!nor->addr_len || finish(nor, PROGRAM_POLLS)) /* a busy chip answers anything */
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

/* An erase of blocks that are protected changes nothing, and no chip tells. */
static int is_blank(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    uint8_t piece[32];
    int err = BH_OK;

    for (uint32_t n; !err && len; off += n, len -= n) {
        n = bh_min(sizeof piece, len);
        err = nor_read(f, off, piece, n);
        if (!err && !bh_all(piece, 0xFF, n))
            err = BH_ERR_IO;
    }
    return err;
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
        if (!err)
            err = is_blank(f, off, n);
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

/* What a chip says of itself. It is not trusted. */
struct told {
    uint32_t size;    /* bytes; 0: absurd */
    uint32_t address; /* word 1 of the table */
    uint32_t word16;  /* how to reset it, and to go to 4-byte addresses and back */
    bool modes;       /* word 16 is there */
};

/* Can this be the command for one block? Not one that means something else, to the driver or to
 * every chip: 60h and C7h erase the whole chip, 01h writes its status, 04h takes the enable
 * back. */
static bool may_erase(uint8_t opcode)
{
    static const uint8_t others[] = {
        0x00,           0x01,           0x04,
        0x60,           0xC7,           OP_PROGRAM,
        OP_READ,        OP_READ_STATUS, OP_WRITE_ENABLE,
        OP_READ_SFDP,   OP_READ_ID,     OP_WAKE,
        OP_ENTER_4BYTE, OP_EXIT_4BYTE,  OP_RESET_ENABLE,
        OP_RESET,       NO_COMMAND,
    };

    for (uint32_t i = 0; i < sizeof others; i++)
        if (opcode == others[i])
            return false;
    return true;
}

/* The basic parameter table (JESD216, 6.4): word 2 is the density in bits, words 8 and 9 are the
 * erase types. */
static void parse(struct bh_spi_nor *nor, const uint8_t *table, uint32_t len, struct told *told)
{
    uint32_t density = bh_load32(table + 4);

    told->address = bh_load32(table) & ADDRESS_MASK;
    told->modes = len >= WORDS_16;
    told->word16 = told->modes ? bh_load32(table + 60) : 0;
    if (!(density & 0x80000000u)) {
        told->size = density / 8 + 1;
    } else {
        density &= 0x7FFFFFFFu; /* then it is log2, and at least 4 Gbit */
        told->size = density >= 32 && density < 35 ? 1u << (density - 3) : 0;
    }
    for (uint32_t i = 0; i < BH_SPI_NOR_ERASES; i++) {
        uint8_t log2 = table[28 + 2 * i];
        bool sane = log2 >= ERASE_LOG2_MIN && log2 < 32 && 1u << log2 <= told->size &&
                    may_erase(table[29 + 2 * i]);

        nor->erase[i].log2_len = sane ? log2 : 0;
        nor->erase[i].opcode = table[29 + 2 * i];
    }
}

/* Size and ways to erase, from the table or else from the identification. */
static int identify(struct bh_spi_nor *nor, struct told *told)
{
    uint8_t id[3], header[16], table[WORDS_16];
    uint32_t len;
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
        told->size = id[2] < 32 ? 1u << id[2] : 0;
        return BH_OK;
    }
    len = header[11] < 16 ? WORDS_9 : WORDS_16;
    err = read_sfdp(nor, bh_load32(header + 12), table, len); /* 3 bytes of it are the address */
    if (!err)
        parse(nor, table, len, told);
    return err;
}

/* Can it erase the pages of the product, each of them? */
static bool pages_fit(const struct bh_flash *f)
{
    const struct bh_spi_nor *nor = chip(f);
    uint32_t off = 0;

    for (uint8_t i = 0; i < f->n_runs; i++) {
        const struct bh_page_run *run = &f->runs[i];
        int way = best_erase(nor, off, run->size);

        if (way < 0 || run->size > f->size || run->size % (1u << nor->erase[way].log2_len))
            return false;
        off += run->count * run->size;
    }
    return off == f->size;
}

/* As after power-on, where the chip offers it: whatever mode it was left in is gone. */
static int reset(const struct bh_spi_nor *nor, const struct told *told)
{
    int err;

    if (!(told->word16 & SOFT_RESET))
        return BH_OK;
    err = send(nor, OP_RESET_ENABLE);
    if (!err)
        err = send(nor, OP_RESET);
    nor->bus->wait(nor->bus, RESET_US);
    return err ? err : finish(nor, ERASE_POLLS);
}

/* With or without write enable before it: some want it, none minds. */
static int mode(const struct bh_spi_nor *nor, uint8_t opcode)
{
    int err = write_enable(nor);

    return err ? err : send(nor, opcode);
}

/* 4-byte addresses, as the chip says how. Without word 16 by B7h, which a read must prove. */
static int enter_4byte(const struct bh_spi_nor *nor, const struct told *told)
{
    if (told->address == ADDRESS_4 || (told->word16 & ALWAYS_4))
        return BH_OK;
    if (told->modes && !(told->word16 & (ENTER_B7 | ENTER_06_B7)))
        return BH_ERR_PRODUCT;
    return mode(nor, OP_ENTER_4BYTE);
}

/* 3-byte addresses. A chip that was left with 4 by what ran before does not forget it by a reset of
 * the processor alone. */
static int leave_4byte(const struct bh_spi_nor *nor, const struct told *told)
{
    if (told->address == ADDRESS_4 || (told->word16 & ALWAYS_4))
        return BH_ERR_PRODUCT;
    if (told->size <= MAX_3BYTE && told->address == ADDRESS_3)
        return BH_OK;
    if (told->modes && !(told->word16 & (EXIT_E9 | EXIT_06_E9)))
        return BH_OK; /* it knows no other, or the reset has done it */
    return mode(nor, OP_EXIT_4BYTE);
}

/* Does a read see what an address means? Two reads, a byte apart: with another number of bytes in
 * an address than the chip takes, the second is not the first moved by one. BH_ERR_ABSENT: all
 * places have equal bytes only, which tell nothing. */
static int prove(const struct bh_flash *f)
{
    uint8_t a[16], b[16];

    for (uint32_t off = 0; off < f->size - sizeof a; off = off ? off * 2 : 0x1000) {
        int err = nor_read(f, off, a, sizeof a);

        if (!err)
            err = nor_read(f, off + 1, b, sizeof b);
        if (err)
            return err;
        for (uint32_t i = 0; i + 1 < sizeof a; i++)
            if (b[i] != a[i + 1])
                return BH_ERR_IO;
        if (!bh_all(a, a[0], sizeof a))
            return BH_OK;
    }
    return BH_ERR_ABSENT;
}

static int set_mode(const struct bh_flash *f, const struct told *told)
{
    struct bh_spi_nor *nor = chip(f);
    bool wide = f->size > MAX_3BYTE;
    int err = wide ? enter_4byte(nor, told) : leave_4byte(nor, told);

    if (err)
        return err;
    nor->addr_len = wide ? 4 : 3;
    err = prove(f);
    if (err == BH_ERR_ABSENT && (!wide || told->modes))
        err = BH_OK; /* blank: what the chip says of itself is all there is */
    if (err)
        nor->addr_len = 0;
    return err == BH_ERR_ABSENT ? BH_ERR_IO : err;
}

/* An application may have left the chip reading without commands (XIP), where it takes what
 * comes for an address, on one, two or four lines: with all lines high for 20 clocks or more,
 * the bits after that address say that a command comes next (JESD216, word 16, bits 8 to 10).
 * Or with commands of four lines (QPI): there FFh, two clocks of it, says that it is over. Of
 * one that expects a plain command both are none that it knows. Lines that nobody drives are
 * pulled up. */
static int to_plain_commands(const struct bh_spi_nor *nor)
{
    static const uint8_t high[4] = { NO_COMMAND, NO_COMMAND, NO_COMMAND, NO_COMMAND };
    int err = nor->bus->transfer(nor->bus, high, sizeof high, NULL, NULL, 0);

    return err ? err : send(nor, NO_COMMAND);
}

/* Until it answers: from any mode, and from deep power-down. A chip that is busy hears none of
 * this, and one that is busy in QPI mode looks as if nobody was there. */
static int rescue(const struct bh_spi_nor *nor)
{
    uint8_t status = STATUS_NOBODY;
    int err = BH_OK;

    for (uint32_t tries = RESCUES; !err && tries && status == STATUS_NOBODY; tries--) {
        bh_alive();
        err = to_plain_commands(nor);
        if (!err)
            err = send(nor, OP_WAKE);
        nor->bus->wait(nor->bus, tries == RESCUES ? WAKE_US : RESCUE_US);
        if (!err)
            err = receive(nor, OP_READ_STATUS, &status, 1);
    }
    return err;
}

int bh_spi_nor_open(const struct bh_flash *f)
{
    struct bh_spi_nor *nor = chip(f);
    struct told told = { 0 };
    int err;

    nor->addr_len = 0;
    err = rescue(nor);
    /* a reset of the processor alone may have left the chip erasing */
    if (!err)
        err = finish(nor, ERASE_POLLS);
    if (!err)
        err = identify(nor, &told);
    if (!err && (told.size < f->size || !pages_fit(f)))
        err = BH_ERR_PRODUCT;
    if (!err)
        err = reset(nor, &told);
    return err ? err : set_mode(f, &told);
}
