/* SPDX-License-Identifier: Apache-2.0 */
/* SiFive's FU540-C000, as its manual tells it: the mask ROM, QSPI0 with a serial NOR chip, UART 0,
 * and the GPIO that resets HiFive Unleashed. */
#include "sim/board/inner.h"
#include "sim/board/kinds.h"

#define KB 1024u
#define RAM_BASE 0x08000000u /* the L2 cache as memory, as much of it as is used */
#define RAM_LEN (1024 * KB)
#define DRAM_BASE 0x80000000u /* DDR, as if it were set up: as much of it as is used */
#define DRAM_LEN (512 * KB)
#define ROM_COPIES (128 * KB) /* so much of the flash the mask ROM takes for the bootloader */

static const struct bh_page_run flash_runs[] = { { 4096, 4 * KB } };
static const struct bh_flash flash = { .runs = flash_runs,
                                       .n_runs = 1,
                                       .unit = 4,
                                       .erased = 0xFF,
                                       .mapped = false,
                                       .size = 16384 * KB,
                                       .base = 0 };

#include <string.h>

/* b->reg: registers as written, and the queue of bytes received */
enum { CSMODE, FMT, FCTRL_OFF, TXCTRL, RXCTRL, OUTPUT_EN, OUTPUT_VAL, QUEUED, QUEUE };
#define OTP 32u /* the one-time programmable memory's, by their offset / 4 */

#define UART 0x10010000u
#define SPI 0x10040000u
#define GPIO 0x10060000u
#define CHIP 0u
#define QUEUE_LEN 8u
#define FLAG 0x80000000u /* full, or empty */
#define AUTO 0u
#define HOLD 2u
#define SEND_ONLY 8u
#define RESET_PIN (1u << 10)

/* The mask ROM: what the chip begins with is copied to the L2 LIM and started. (The true one looks
 * for it in a partition table.) Nothing comes of a chip that does not answer. */
static void reset(struct board *b)
{
    uint32_t len = ROM_COPIES;

    b->reg[FMT] = 0x80000;
    if (bh_flash_read(&b->chip[CHIP].flash, 0, b->ram, len))
        memset(b->ram, 0, len);
}

static void deselect(struct board *b)
{
    if (b->nor.selected)
        board_nor_deselect(b, CHIP);
}

/* A byte each way. What does not fit the queue is lost. */
static void exchange(struct board *b, uint8_t out)
{
    uint8_t in;

    if (!b->nor.selected)
        board_nor_select(&b->nor);
    in = board_nor_byte(b, CHIP, out);
    if (!(b->reg[FMT] & SEND_ONLY) && b->reg[QUEUED] < QUEUE_LEN)
        b->reg[QUEUE + b->reg[QUEUED]++] = in;
    if (b->reg[CSMODE] == AUTO)
        deselect(b);
}

static uint32_t received(struct board *b)
{
    uint32_t in = b->reg[QUEUE];

    if (b->reg[QUEUED] == 0)
        return FLAG;
    b->reg[QUEUED]--;
    memmove(&b->reg[QUEUE], &b->reg[QUEUE + 1], (QUEUE_LEN - 1) * sizeof b->reg[0]);
    return in;
}

static uint32_t spi_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x18: return b->reg[CSMODE];
    case 0x40: return b->reg[FMT];
    case 0x48: return 0;
    case 0x4C: return received(b);
    case 0x60: return !b->reg[FCTRL_OFF];
    default: return *board_keep(b, SPI + off);
    }
}

static void spi_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case 0x18:
        b->reg[CSMODE] = value;
        if (value != HOLD)
            deselect(b);
        break;
    case 0x40: b->reg[FMT] = value; break;
    case 0x48:
        if (b->reg[FCTRL_OFF]) /* otherwise it is the address window that has the bus */
            exchange(b, (uint8_t)value);
        break;
    case 0x60: b->reg[FCTRL_OFF] = !(value & 1u); break;
    default: *board_keep(b, SPI + off) = value;
    }
}

static uint32_t uart_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x00: return 0;
    case 0x04: break;
    case 0x08: return b->reg[TXCTRL];
    case 0x0C: return b->reg[RXCTRL];
    case 0x14: return b->reg[TXCTRL] >> 16 & 1u; /* all is sent at once */
    default: return *board_keep(b, UART + off);
    }
    return (b->reg[RXCTRL] & 1u) && board_heard(b) ? board_hear(b) : FLAG;
}

static void uart_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case 0x00:
        if (b->reg[TXCTRL] & 1u)
            board_say(b, (char)value);
        break;
    case 0x08: b->reg[TXCTRL] = value; break;
    case 0x0C: b->reg[RXCTRL] = value; break;
    default: *board_keep(b, UART + off) = value;
    }
}

/* An input is what somebody pulls it down to, or else what its own pull-up makes of it. */
static uint32_t gpio_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x00:
        return *board_keep(b, GPIO + 0x04) & *board_keep(b, GPIO + 0x10) & ~(uint32_t)b->low_pins;
    case 0x08: return b->reg[OUTPUT_EN];
    case 0x0C: return b->reg[OUTPUT_VAL];
    default: return *board_keep(b, GPIO + off);
    }
}

/* The pin of the reset is pulled up. */
static void gpio_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off == 0x08)
        b->reg[OUTPUT_EN] = value;
    else if (off == 0x0C)
        b->reg[OUTPUT_VAL] = value;
    else if (off != 0x00)
        *board_keep(b, GPIO + off) = value;
    if ((b->reg[OUTPUT_EN] & RESET_PIN) && !(b->reg[OUTPUT_VAL] & RESET_PIN))
        board_want_reset(b);
}

static const struct board_register at_reset[] = {
    { UART + 0x18, 0xFFFF },
    { SPI + 0x00, 3 },
    { 0, 0 },
};
/* One-time programmable memory: a word is read while it is awake and its clock was pulsed; a bit is
 * programmed when PWE is set in programming mode. The second cell of each bit only repeats it. */
enum { PA, PAIO, PAS, PCE, PCLK, PDIN, PDOUT, PDSTB, PPROG, PTRIM = 0x34 / 4, PWE };

static bool otp_awake(const struct board *b)
{
    return b->reg[OTP + PDSTB] && b->reg[OTP + PTRIM] && b->reg[OTP + PCE];
}

static uint32_t otp_read(struct board *b, uint32_t off)
{
    if (off == PDOUT * 4)
        return b->reg[OTP + PDOUT];
    return off <= PWE * 4 ? b->reg[OTP + off / 4] : 0;
}

static void otp_write(struct board *b, uint32_t off, uint32_t value)
{
    uint32_t *r = b->reg + OTP, word = r[PA] & 0xFFFu;

    if (off > PWE * 4 || off == PDOUT * 4)
        return;
    r[off / 4] = value;
    if (off == PCLK * 4 && value && otp_awake(b))
        r[PDOUT] = word < BOARD_FUSES ? b->fuse[word] : 0xFFFFFFFFu;
    if (off == PWE * 4 && value && otp_awake(b) && r[PPROG] && !r[PAS] && !(r[PDIN] & 1u) &&
        word < BOARD_FUSES)
        b->fuse[word] &= ~(1u << (r[PAIO] & 31u));
}

static const struct board_peripheral peripherals[] = {
    { 0x0200B000, 0x1000, board_clint_read, board_none_write },
    { 0x10010000, 0x1000, uart_read, uart_write },
    { 0x10040000, 0x1000, spi_read, spi_write },
    { GPIO, 0x1000, gpio_read, gpio_write },
    { 0x10070000, 0x1000, otp_read, otp_write },
};

const struct board_kind board_sifive_u = {
    .name = "sifive_u",
    .cpu = &board_rv32imac,
    .ram_addr = RAM_BASE,
    .ram_len = RAM_LEN,
    .more_addr = DRAM_BASE,
    .more_len = DRAM_LEN,
    .load_addr = RAM_BASE,
    .flash = { &flash },
    .khz = 33333,
    .mtime_khz = 1000,
    .burst = { 256 },
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .at_reset = at_reset,
    .reset = reset,
};
