/* SPDX-License-Identifier: Apache-2.0 */
/* The serial NOR flash on the development kit, through the QSPI peripheral. nRF52840 product
 * specification, chapter QSPI. The peripheral sends WREN by itself; that the chip has finished is
 * asked of the chip. A chip that does not answer leaves the peripheral disabled, and that is how
 * every later operation knows. */
#include "qspi.h"

#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "lib/register.h"

#include <string.h>

#define QSPI(off) REGISTER(0x40029000 + (off))
#define ACTIVATE QSPI(0x000)
#define READSTART QSPI(0x004)
#define WRITESTART QSPI(0x008)
#define ERASESTART QSPI(0x00C)
#define DEACTIVATE QSPI(0x010)
#define ERRATUM_122 QSPI(0x054) /* 1: it takes no current once it is off */
#define EVENT_READY QSPI(0x100)
#define ENABLE QSPI(0x500)
#define READ_SRC QSPI(0x504)
#define READ_DST QSPI(0x508)
#define READ_CNT QSPI(0x50C)
#define WRITE_DST QSPI(0x510)
#define WRITE_SRC QSPI(0x514)
#define WRITE_CNT QSPI(0x518)
#define ERASE_PTR QSPI(0x51C)
#define ERASE_LEN QSPI(0x520)
#define PSEL_SCK QSPI(0x524)
#define PSEL_CSN QSPI(0x528)
#define PSEL_IO(n) QSPI(0x530 + 4u * (n))
#define IFCONFIG0 QSPI(0x544)
#define IFCONFIG1 QSPI(0x600)
#define CINSTRCONF QSPI(0x634)
#define CINSTRDAT0 QSPI(0x638)

#define CINSTR(opcode, bytes) ((opcode) | (uint32_t)(bytes) << 8 | 3u << 12) /* IO2, IO3 high */
#define NO_COMMAND 0xFFu
#define OP_RESET_ENABLE 0x66u
#define OP_RESET 0x99u
#define OP_READ_STATUS 0x05u
#define OP_READ_ID 0x9Fu
#define OP_WAKE 0xABu
#define RESCUES 5000u /* of at least 100 us */
#define NO_PIN 0xFFFFFFFFu
#define IFCONFIG1_RESET 0x00040480u
#define STATUS_WIP 1u
#define ERASE_4KB 0u

#define PAGE 256u /* program page: a write beyond its end would wrap around */
#define CAPACITY_LOG2 23u
#define POLLS_MAX (1000u * 1000) /* a sector takes up to 0.4 s to erase; a status read, 3 us */
#define WAKE_LOOPS 600u          /* 35 us: 2240 cycles at 64 MHz, and a loop takes six at least */

/* Start a task and wait until the peripheral is done with it. */
static int run(volatile uint32_t *task)
{
    uint32_t polls = POLLS_MAX;

    EVENT_READY = 0;
    *task = 1;
    while (!EVENT_READY)
        if (--polls == 0)
            return BH_ERR_IO;
    return BH_OK;
}

/* An instruction of this many bytes, the opcode included; what follows on that is *answer, and then
 * what came back. */
static int instruct(uint32_t opcode, uint32_t bytes, uint32_t *answer)
{
    uint32_t polls = POLLS_MAX;

    EVENT_READY = 0;
    CINSTRDAT0 = *answer;
    CINSTRCONF = CINSTR(opcode, bytes);
    while (!EVENT_READY)
        if (--polls == 0)
            return BH_ERR_IO;
    *answer = CINSTRDAT0;
    return BH_OK;
}

/* Until the chip has finished programming or erasing. */
static int finish(void)
{
    for (uint32_t polls = POLLS_MAX; polls; polls--) {
        uint32_t status = 0;
        int err = instruct(OP_READ_STATUS, 2, &status);

        bh_alive();
        if (err)
            return err;
        if (!(status & STATUS_WIP))
            return BH_OK;
    }
    return BH_ERR_IO;
}

/* DMA: source, destination and length in whole words. */
static int read_words(uint32_t off, void *buf, uint32_t len)
{
    READ_SRC = off;
    READ_DST = (uint32_t)(uintptr_t)buf;
    READ_CNT = len;
    return run(&READSTART);
}

static int external_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    uint8_t *p = buf;

    (void)f;
    if (!ENABLE)
        return BH_ERR_IO;
    if (((off | len | (uint32_t)(uintptr_t)buf) & 3u) == 0)
        return len ? read_words(off, buf, len) : BH_OK;
    while (len) {
        uint32_t words[16];
        uint32_t skip = off & 3u;
        uint32_t n = bh_min(len, sizeof words - skip);
        int err = read_words(off - skip, words, bh_round_up(skip + n, 4));

        if (err)
            return err;
        memcpy(p, (uint8_t *)words + skip, n);
        off += n;
        p += n;
        len -= n;
    }
    return BH_OK;
}

static int external_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    const uint8_t *p = buf;

    (void)f;
    if (!ENABLE)
        return BH_ERR_IO;
    while (len) {
        uint32_t words[PAGE / 4];
        uint32_t n = bh_min(len, PAGE - off % PAGE);
        int err;

        memcpy(words, p, n);
        WRITE_DST = off;
        WRITE_SRC = (uint32_t)(uintptr_t)words;
        WRITE_CNT = n;
        err = run(&WRITESTART);
        if (!err)
            err = finish();
        if (err)
            return err;
        off += n;
        p += n;
        len -= n;
    }
    return BH_OK;
}

/* One page at a time, as bh_flash_erase() asks. */
static int external_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    int err;

    (void)f, (void)len;
    if (!ENABLE)
        return BH_ERR_IO;
    ERASE_PTR = off;
    ERASE_LEN = ERASE_4KB;
    err = run(&ERASESTART);
    return err ? err : finish();
}

static void pause(void)
{
    for (volatile uint32_t i = 0; i < WAKE_LOOPS; i++)
        ;
}

/* Out of every mode that an application may have left it in, as src/flash/spi_nor.c says:
 * reading without commands, QPI, asleep, busy in any of these. */
static int rescue(void)
{
    uint32_t status = NO_COMMAND;
    int err = BH_OK;

    for (uint32_t tries = RESCUES; !err && tries && (status & 0xFFu) == NO_COMMAND; tries--) {
        uint32_t high = 0xFFFFFFFF;

        bh_alive();
        err = instruct(NO_COMMAND, 4, &high);
        if (!err)
            err = instruct(NO_COMMAND, 1, &high);
        if (!err)
            err = instruct(OP_WAKE, 1, &high);
        pause();
        status = 0;
        if (!err)
            err = instruct(OP_READ_STATUS, 2, &status);
    }
    return err;
}

void nrf_qspi_init(void)
{
    static const uint8_t io[4] = { 20, 21, 22, 23 };
    uint32_t id = 0;

    PSEL_SCK = 19;
    PSEL_CSN = 17;
    for (uint32_t n = 0; n < sizeof io; n++)
        PSEL_IO(n) = io[n];
    IFCONFIG0 = 0;                                         /* one data line, 24-bit addresses */
    IFCONFIG1 = (IFCONFIG1 & 0x00FFFF00u) | 1u | 3u << 28; /* 8 MHz */
    ENABLE = 1;
    if (run(&ACTIVATE) || rescue() || finish() || instruct(OP_RESET_ENABLE, 1, &id) ||
        instruct(OP_RESET, 1, &id)) {
        ENABLE = 0;
        return;
    }
    pause();
    if (finish() || instruct(OP_READ_ID, 4, &id) || (id >> 16 & 0xFF) != CAPACITY_LOG2)
        ENABLE = 0;
}

void nrf_qspi_leave(void)
{
    DEACTIVATE = 1;
    ERRATUM_122 = 1;
    ENABLE = 0;
    PSEL_SCK = NO_PIN;
    PSEL_CSN = NO_PIN;
    for (uint32_t n = 0; n < 4; n++)
        PSEL_IO(n) = NO_PIN;
    IFCONFIG1 = IFCONFIG1_RESET;
    READ_SRC = READ_DST = READ_CNT = 0;
    WRITE_DST = WRITE_SRC = WRITE_CNT = 0;
    ERASE_PTR = ERASE_LEN = 0;
    CINSTRDAT0 = 0;
    EVENT_READY = 0;
}

const struct bh_flash_ops nrf_qspi_ops = { .read = external_read,
                                           .program = external_program,
                                           .erase = external_erase };
