/* SPDX-License-Identifier: Apache-2.0 */
/* The SPI-NOR driver against the emulated chip: what it asks, what it does when the chip is not as
 * it should be, and that it always comes to an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bulkhead/bytes.h"
#include "bulkhead/spi_nor.h"
#include "sim/board/inner.h"
#include "sim/board/kinds.h"

#define CHIP 1u
#define MB (1024u * 1024u)

static struct board board;
static struct sim_flash large; /* 32 MB: too large for 3-byte addresses */
static uint32_t waited_us;
static uint8_t left_out; /* a command that does not reach the chip; 0: all do */
static uint32_t density; /* what SFDP says of it; 0: what the chip says */
static int erase_opcode; /* what it says that erases 4 KB; -1: what the chip says */

static int transfer(const struct bh_spi_bus *bus, const uint8_t *cmd, uint32_t cmd_len,
                    const void *out, void *in, uint32_t len)
{
    (void)bus;
    if (left_out && cmd[0] == left_out) {
        if (in)
            memset(in, 0xFF, len);
        return BH_OK;
    }
    board_nor_select(&board.nor);
    for (uint32_t i = 0; i < cmd_len; i++)
        board_nor_byte(&board, CHIP, cmd[i]);
    for (uint32_t i = 0; i < len; i++) {
        uint8_t byte = board_nor_byte(&board, CHIP, out ? ((const uint8_t *)out)[i] : 0xFF);

        if (in)
            ((uint8_t *)in)[i] = byte;
    }
    board_nor_deselect(&board, CHIP);
    if (density && cmd[0] == 0x5A && len > 16) /* word 2 of the table */
        bh_store32((uint8_t *)in + 4, density);
    if (erase_opcode >= 0 && cmd[0] == 0x5A && len > 16) /* word 8 */
        ((uint8_t *)in)[29] = (uint8_t)erase_opcode;
    return BH_OK;
}

static void wait_us(const struct bh_spi_bus *bus, uint32_t us)
{
    (void)bus;
    waited_us += us;
    board.time.us += us;
}

static const struct bh_spi_bus bus = { transfer, wait_us, NULL };
static struct bh_spi_nor nor = { .bus = &bus };
static const struct bh_page_run runs_8mb[] = { { 2048, 4096 } };
static const struct bh_page_run runs_32mb[] = { { 8192, 4096 } };
static const struct bh_page_run runs_blocks[] = { { 128, 65536 } };
static const struct bh_page_run runs_tiny[] = { { 32768, 256 } };

static struct bh_flash geometry(const struct bh_page_run *runs)
{
    return (struct bh_flash){ .ops = &bh_spi_nor_ops,
                              .context = &nor,
                              .runs = runs,
                              .n_runs = 1,
                              .unit = 4,
                              .erased = 0xFF,
                              .size = runs->count * runs->size };
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(board_open(&board, &board_nrf52840, NULL), 0);
    sim_power_on(&board.power);
    board_nor_reset(&board.nor, &board.chip[CHIP]);
    waited_us = density = left_out = 0;
    erase_opcode = -1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    board_close(&board);
    return 0;
}

static void finds_the_chip(void **state)
{
    struct bh_flash f = geometry(runs_8mb);

    (void)state;
    assert_int_equal(bh_spi_nor_open(&f), BH_OK);
    assert_int_equal(nor.addr_len, 3);
    assert_int_equal(nor.erase[0].log2_len, 12);
    assert_int_equal(nor.erase[2].log2_len, 16);
    assert_int_equal(nor.erase[2].opcode, 0xD8);
}

/* Across the ends of program pages: each byte where it belongs, nothing wrapped around. */
static void programs_across_pages(void **state)
{
    struct bh_flash f = geometry(runs_8mb);
    uint8_t data[1000], back[1024];

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + 1);
    assert_int_equal(bh_spi_nor_open(&f), BH_OK);
    assert_int_equal(bh_flash_program(&f, 0x10C, data, sizeof data), BH_OK);
    assert_int_equal(bh_flash_read(&f, 0x100, back, sizeof back), BH_OK);
    for (size_t i = 0; i < sizeof back; i++)
        assert_int_equal(back[i], i < 12 || i >= 1012 ? 0xFF : data[i - 12]);
    assert_int_equal(board.chip[CHIP].misuse.count, 0);
}

/* 64 KB pages are one command each, 4 KB pages too; a read shows what was erased. */
static void chooses_how_to_erase(void **state)
{
    static const struct bh_page_run shifted[] = { { 1, 4096 }, { 127, 65536 }, { 15, 4096 } };
    struct bh_flash small = geometry(runs_8mb), blocks = geometry(runs_blocks);
    struct bh_flash odd = geometry(shifted);
    uint8_t mark[4] = { 0 }, back[4];
    uint32_t before;

    (void)state;
    assert_int_equal(bh_spi_nor_open(&blocks), BH_OK);
    assert_int_equal(bh_flash_program(&blocks, 0x1FFFC, mark, 4), BH_OK);
    assert_int_equal(bh_flash_program(&blocks, 0x20000, mark, 4), BH_OK);
    before = board.nor.erases;
    assert_int_equal(bh_flash_erase(&blocks, 0x10000, 0x10000), BH_OK);
    assert_int_equal(board.nor.erases - before, 1);
    assert_int_equal(board.chip[CHIP].counts.erases, 16);
    assert_int_equal(bh_flash_read(&blocks, 0x1FFFC, back, 4), BH_OK);
    assert_int_equal(back[0], 0xFF);
    assert_int_equal(bh_flash_read(&blocks, 0x20000, back, 4), BH_OK);
    assert_int_equal(back[0], 0x00);
    assert_int_equal(bh_flash_erase(&small, 0x20000, 0x1000), BH_OK);
    assert_int_equal(board.chip[CHIP].counts.erases, 17);
    /* a chip takes the block that an address is in: one that begins before is none to take */
    odd.n_runs = 3;
    odd.size = 8 * MB;
    assert_int_equal(bh_spi_nor_open(&odd), BH_OK);
    assert_int_equal(bh_flash_program(&odd, 0x10000, mark, 4), BH_OK);
    assert_int_equal(bh_flash_program(&odd, 0x11000, mark, 4), BH_OK);
    assert_int_equal(bh_flash_erase(&odd, 0x1000, 0x10000), BH_OK);
    assert_int_equal(bh_flash_read(&odd, 0x10000, back, 4), BH_OK);
    assert_int_equal(back[0], 0xFF);
    assert_int_equal(bh_flash_read(&odd, 0x11000, back, 4), BH_OK);
    assert_int_equal(back[0], 0x00);
}

static void uses_four_bytes_where_three_do_not_reach(void **state)
{
    struct bh_flash f = geometry(runs_32mb);
    const struct sim_traits traits = { .power = &board.power, .burst = 256 };
    uint8_t data[4] = { 1, 2, 3, 4 }, back[4];

    (void)state;
    assert_int_equal(sim_flash_open(&large, &f, &traits), 0);
    board.nor.cells = &large;
    assert_int_equal(bh_spi_nor_open(&f), BH_ERR_IO); /* blank, and it does not say how */
    sim_flash_fill(&large, 0x4000, data, 4);
    assert_int_equal(bh_spi_nor_open(&f), BH_OK);
    assert_int_equal(nor.addr_len, 4);
    assert_int_equal(bh_flash_read(&f, 0x1FFFFFC, back, 4), BH_OK);
    assert_int_equal(back[0], 0xFF);
    sim_flash_fill(&large, 0x1FFFFFC, data, 4);
    sim_flash_fill(&large, 0x0FFFFFC, back, 4);
    assert_int_equal(bh_flash_read(&f, 0x1FFFFFC, back, 4), BH_OK);
    assert_memory_equal(back, data, 4);
    sim_flash_close(&large);
}

#define ENTER_B7 0x01000000u
#define ENTER_06_B7 0x02000000u
#define ALWAYS_4 0x40000000u
#define EXIT_E9 0x4000u
#define SOFT_RESET 0x1000u

/* What a chip above 16 MB says and does, and what comes of it: addresses of 4 bytes that are
 * proven, or no operation at all. */
static void four_bytes_are_proven(void **state)
{
    static const struct {
        const char *name;
        uint32_t word16;
        uint8_t addresses;
        bool no_b7, wants_wren, wide, blank;
        int err;
    } rows[] = {
        { "B7h", ENTER_B7, 1, false, false, false, false, BH_OK },
        { "06h, B7h", ENTER_06_B7, 1, false, true, false, false, BH_OK },
        { "always", ALWAYS_4, 1, true, false, true, false, BH_OK },
        { "4 bytes only", EXIT_E9, 2, true, false, true, false, BH_OK },
        { "offers no way", EXIT_E9, 1, true, false, false, false, BH_ERR_PRODUCT },
        { "says so, and does not", ENTER_B7, 1, true, false, false, false, BH_ERR_IO },
        { "no word 16, and does not", 0, 0, true, false, false, false, BH_ERR_IO },
        { "no word 16, and does", 0, 0, false, false, false, false, BH_OK },
        { "blank, says so", ENTER_B7, 1, false, false, false, true, BH_OK },
        { "blank, no word 16", 0, 0, false, false, false, true, BH_ERR_IO },
    };
    struct bh_flash f = geometry(runs_32mb);
    const struct sim_traits traits = { .power = &board.power, .burst = 256 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t data[64], back[4];
        int err;

        for (size_t k = 0; k < sizeof data; k++)
            data[k] = (uint8_t)(k * 37 + 5);
        assert_int_equal(sim_flash_open(&large, &f, &traits), 0);
        if (!rows[i].blank)
            sim_flash_fill(&large, 0, data, sizeof data);
        board_nor_reset(&board.nor, &large);
        board.nor.word16 = rows[i].word16;
        board.nor.addresses = rows[i].addresses;
        board.nor.no_b7 = rows[i].no_b7;
        board.nor.wants_wren = rows[i].wants_wren;
        board.nor.wide = rows[i].wide;
        err = bh_spi_nor_open(&f);
        if (err != rows[i].err)
            fail_msg("%s: %d", rows[i].name, err);
        assert_int_equal(large.counts.erases, 0);
        if (err) {
            assert_int_equal(bh_flash_read(&f, 0, back, 4), BH_ERR_IO);
            assert_int_equal(bh_flash_erase(&f, 0x1800000, 0x1000), BH_ERR_IO);
        } else {
            sim_flash_fill(&large, 0x1800000, data, 4);
            assert_int_equal(bh_flash_erase(&f, 0x1800000, 0x1000), BH_OK);
            sim_flash_peek(&large, 0x1800000, back, 4);
            assert_int_equal(back[0], 0xFF);
        }
        sim_flash_close(&large);
    }
}

/* A chip that was left with 4-byte addresses, by what ran before a reset of the processor alone. */
static void three_bytes_are_proven(void **state)
{
    static const struct {
        const char *name;
        uint32_t word16;
        uint8_t addresses;
        bool no_reset, blank;
        int err;
    } rows[] = {
        { "E9h", EXIT_E9, 1, true, false, BH_OK },
        { "reset", SOFT_RESET, 1, false, false, BH_OK },
        { "a reset that is none", SOFT_RESET, 1, true, false, BH_ERR_IO },
        { "4 bytes only", EXIT_E9, 2, true, false, BH_ERR_PRODUCT },
        { "always", EXIT_E9 | ALWAYS_4, 1, true, false, BH_ERR_PRODUCT },
        { "3 bytes only, but it is not", EXIT_E9, 0, true, false, BH_ERR_IO },
    };
    struct bh_flash f = geometry(runs_8mb);
    uint8_t data[0x2010], back[4];

    (void)state;
    for (size_t k = 0; k < sizeof data; k++)
        data[k] = (uint8_t)(k * 37 + (k >> 8) * 11 + 5);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int err;

        sim_flash_fill(&board.chip[CHIP], 0, data, sizeof data);
        board_nor_reset(&board.nor, &board.chip[CHIP]);
        board.nor.wide = true;
        board.nor.word16 = rows[i].word16;
        board.nor.addresses = rows[i].addresses;
        board.nor.no_reset = rows[i].no_reset;
        err = bh_spi_nor_open(&f);
        if (err != rows[i].err)
            fail_msg("%s: %d", rows[i].name, err);
        if (err) {
            assert_int_equal(bh_flash_erase(&f, 0x20000, 0x1000), BH_ERR_IO);
            continue;
        }
        assert_int_equal(bh_flash_erase(&f, 0x20000, 0x1000), BH_OK);
        assert_int_equal(bh_flash_read(&f, 0, back, 4), BH_OK);
        assert_memory_equal(back, data, 4);
    }
}

/* A chip above 16 MB that does not say how is proven by what is in it: at its start, at 0x1000, and
 * at each doubling of that, in 16 bytes. */
static void looks_for_a_proof_all_over(void **state)
{
    struct bh_flash f = geometry(runs_32mb);
    const struct sim_traits traits = { .power = &board.power, .burst = 256 };
    uint8_t mark = 0x5A, blank = 0xFF;

    (void)state;
    assert_int_equal(sim_flash_open(&large, &f, &traits), 0);
    board_nor_reset(&board.nor, &large);
    for (uint32_t off = 0; off < f.size; off = off ? off * 2 : 0x1000)
        for (uint32_t at = 0; at < 32; at += 5) {
            sim_flash_fill(&large, off + at, &mark, 1);
            if (bh_spi_nor_open(&f) != (at < 16 ? BH_OK : BH_ERR_IO))
                fail_msg("a byte at 0x%x + %u", off, at);
            sim_flash_fill(&large, off + at, &blank, 1);
        }
    sim_flash_close(&large);
}

/* 256 bytes are the least that a chip may say it erases. */
static void the_smallest_erase_is_a_program_page(void **state)
{
    static const struct bh_page_run half[] = { { 65536, 128 } };
    struct bh_flash f = geometry(runs_tiny), less = geometry(half);

    (void)state;
    board.nor.odd_erase = 8;
    assert_int_equal(bh_spi_nor_open(&f), BH_OK);
    assert_int_equal(nor.erase[0].log2_len, 8);
    board.nor.odd_erase = 7;
    assert_int_equal(bh_spi_nor_open(&less), BH_ERR_PRODUCT);
    assert_int_equal(nor.erase[0].log2_len, 0);
    board.nor.odd_erase = 0;
}

/* A command that means something else is none that erases a block, whatever the table says. */
static void erases_by_no_other_command(void **state)
{
    static const uint8_t others[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x5A, 0x60,
                                      0x66, 0x99, 0x9F, 0xAB, 0xB7, 0xC7, 0xE9, 0xFF };
    struct bh_flash f = geometry(runs_8mb);

    (void)state;
    for (int opcode = 0; opcode < 256; opcode++) {
        erase_opcode = opcode;
        assert_int_equal(bh_spi_nor_open(&f),
                         memchr(others, opcode, sizeof others) ? BH_ERR_PRODUCT : BH_OK);
        assert_int_equal(board.chip[CHIP].counts.erases, 0);
    }
}

static void notices_protection(void **state)
{
    struct bh_flash f = geometry(runs_8mb);
    uint8_t mark[4] = { 1, 2, 3, 4 };

    (void)state;
    sim_flash_fill(&board.chip[CHIP], 0x1FFC, mark, 4);
    assert_int_equal(bh_spi_nor_open(&f), BH_OK);
    board.nor.protected = true;
    assert_int_equal(bh_flash_erase(&f, 0x1000, 0x1000), BH_ERR_IO);
    board.nor.protected = false;
    assert_int_equal(bh_flash_erase(&f, 0x1000, 0x1000), BH_OK);
}

static void a_busy_chip_is_not_read(void **state)
{
    struct bh_flash f = geometry(runs_8mb);
    uint8_t mark[4] = { 1, 2, 3, 4 }, back[4];

    (void)state;
    sim_flash_fill(&board.chip[CHIP], 0, mark, 4);
    assert_int_equal(bh_spi_nor_open(&f), BH_OK);
    board.nor.busy = 5;
    assert_int_equal(bh_flash_read(&f, 0, back, 4), BH_OK);
    assert_memory_equal(back, mark, 4);
    board.nor.busy = 0xFFFFFFFF;
    assert_int_equal(bh_flash_read(&f, 0, back, 4), BH_ERR_IO);
    board.nor.busy = 0;
    board.chip[CHIP].health = SIM_ABSENT;
    assert_int_equal(bh_flash_read(&f, 0, back, 4), BH_ERR_IO);
}

/* Erase types of two bytes, or larger than the chip; pages larger than the chip, or that begin
 * where nothing can be erased. */
static void refuses_absurd_pages(void **state)
{
    static const struct bh_page_run huge[] = { { 1, 16 * MB } };
    static const struct bh_page_run odd[] = { { 1, 2048 }, { 2047, 4096 }, { 1, 2048 } };
    static const struct bh_page_run round[] = { { 2, 0x80000000 }, { 2048, 4096 } };
    struct bh_flash f = geometry(runs_8mb), one = geometry(huge), shifted = geometry(odd);
    struct bh_flash wrapped = geometry(round);

    (void)state;
    wrapped.n_runs = 2; /* their sum is that of the second alone */
    wrapped.size = 8 * MB;
    assert_int_equal(bh_spi_nor_open(&wrapped), BH_ERR_PRODUCT);
    board.nor.odd_erase = 1;
    assert_int_equal(bh_spi_nor_open(&f), BH_ERR_PRODUCT); /* 4 KB is not among the others */
    board.nor.odd_erase = 31;
    assert_int_equal(bh_spi_nor_open(&f), BH_ERR_PRODUCT);
    board.nor.odd_erase = 0;
    assert_int_equal(bh_spi_nor_open(&f), BH_OK);
    one.size = 8 * MB;
    assert_int_equal(bh_spi_nor_open(&one), BH_ERR_PRODUCT);
    shifted.n_runs = 3;
    shifted.size = 8 * MB;
    assert_int_equal(bh_spi_nor_open(&shifted), BH_ERR_PRODUCT);
}

/* In bits minus one, or from 4 Gbit on as a power of two: absurd ones are no size at all. */
static void reads_the_density(void **state)
{
    static const struct {
        uint32_t density;
        int err;
    } cases[] = {
        { 8 * MB * 8 - 1, BH_OK },
        { 8 * MB * 8 - 9, BH_ERR_PRODUCT },
        { 0x7FFFFFFF, BH_OK },
        { 0x80000000 | 32, BH_OK },
        { 0x80000000 | 34, BH_OK },
        { 0x80000000 | 31, BH_ERR_PRODUCT },
        { 0x80000000 | 35, BH_ERR_PRODUCT },
        { 0xFFFFFFFF, BH_ERR_PRODUCT },
    };
    struct bh_flash f = geometry(runs_8mb);

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        density = cases[i].density;
        if (bh_spi_nor_open(&f) != cases[i].err)
            fail_msg("density %x: not %d", (unsigned)density, cases[i].err);
    }
}

static void an_id_of_zeros_is_nobody(void **state)
{
    struct bh_flash f = geometry(runs_8mb);

    (void)state;
    board.nor.zero_id = true;
    assert_int_equal(bh_spi_nor_open(&f), BH_ERR_IO);
}

static void does_without_a_table(void **state)
{
    struct bh_flash f = geometry(runs_8mb);

    (void)state;
    board.nor.no_sfdp = true;
    assert_int_equal(bh_spi_nor_open(&f), BH_OK);
    assert_int_equal(nor.erase[0].opcode, 0x20);
    assert_int_equal(bh_flash_erase(&f, 0x3000, 0x1000), BH_OK);
    assert_int_equal(board.chip[CHIP].counts.erases, 1);
}

static void wakes_and_waits(void **state)
{
    struct bh_flash f = geometry(runs_8mb);

    (void)state;
    board.nor.asleep = true;
    board.nor.busy = 1000;
    assert_int_equal(bh_spi_nor_open(&f), BH_OK);
    assert_true(waited_us >= 1000 * 20);
}

/* Whatever is not there or not sane: an error, in a bounded time, and no operation later on. */
static void gives_up_in_time(void **state)
{
    static const enum sim_health ills[] = { SIM_DEAD, SIM_ABSENT, SIM_BABBLE };
    struct bh_flash f = geometry(runs_8mb);
    uint8_t word[4] = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof ills / sizeof ills[0]; i++) {
        board.chip[CHIP].health = ills[i];
        waited_us = 0;
        assert_int_equal(bh_spi_nor_open(&f), BH_ERR_IO);
        if (ills[i] == SIM_ABSENT) /* nobody answers: that is no chip that is busy */
            assert_in_range(waited_us, 0, 600000); /* or busy in QPI mode, for a while */
        assert_int_equal(bh_flash_read(&f, 0, word, 4), BH_ERR_IO);
        assert_int_equal(bh_flash_program(&f, 0, word, 4), BH_ERR_IO);
        assert_int_equal(bh_flash_erase(&f, 0, 4096), BH_ERR_IO);
    }
    board.chip[CHIP].health = SIM_WELL;
    board.nor.busy = 0xFFFFFFFF; /* busy for ever */
    waited_us = 0;
    assert_int_equal(bh_spi_nor_open(&f), BH_ERR_IO);
    assert_in_range(waited_us, 2000000, 5000000);
}

/* A chip that dies after it was opened. */
static void notices_a_death(void **state)
{
    struct bh_flash f = geometry(runs_8mb);
    uint8_t word[4] = { 0 };

    (void)state;
    assert_int_equal(bh_spi_nor_open(&f), BH_OK);
    board.chip[CHIP].health = SIM_ABSENT;
    assert_int_equal(bh_flash_program(&f, 0, word, 4), BH_ERR_IO);
    assert_int_equal(bh_flash_erase(&f, 0, 4096), BH_ERR_IO);
}

static void refuses_a_chip_that_is_not_the_products(void **state)
{
    struct bh_flash too_large = geometry(runs_32mb), too_fine = geometry(runs_tiny);

    (void)state;
    assert_int_equal(bh_spi_nor_open(&too_large), BH_ERR_PRODUCT);
    assert_int_equal(bh_spi_nor_open(&too_fine), BH_ERR_PRODUCT);
}

/* What an application may leave behind, and the command without which there is no way back. Of
 * a chip that reads without commands any 16 clocks are the end, unless they are not enough. */
static const struct left_over {
    const char *name;
    struct board_nor mode;
    uint8_t mended_by;
} left_overs[] = {
    { "reads by four lines", { .continuous = 4 }, 0 },
    { "reads by four lines, long addresses", { .continuous = 4, .wide = true }, 0 },
    { "reads by two lines", { .continuous = 2 }, 0 },
    { "reads by two lines, long addresses", { .continuous = 2, .wide = true }, 0xFF },
    { "QPI", { .qpi = true }, 0xFF },
    { "QPI, long addresses", { .qpi = true, .wide = true }, 0xFF },
    { "QPI, reads by four lines", { .qpi = true, .continuous = 4 }, 0xFF },
    { "QPI, asleep", { .qpi = true, .asleep = true }, 0xFF },
    { "QPI, busy", { .qpi = true, .busy = 1, .busy_until = 100000 }, 0xFF },
    { "long addresses", { .wide = true }, 0xE9 },
    { "asleep", { .asleep = true }, 0xAB },
    { "busy", { .busy = 1000 }, 0 },
    { "busy, may be written", { .busy = 3, .write_enabled = true }, 0 },
    { "may be written", { .write_enabled = true }, 0 },
};

static void leave_in(const struct left_over *l, uint32_t word16)
{
    board_nor_reset(&board.nor, &board.chip[CHIP]);
    board.nor.word16 = word16;
    board.nor.addresses = 1;
    board.nor.qpi = l->mode.qpi;
    board.nor.continuous = l->mode.continuous;
    board.nor.wide = l->mode.wide;
    board.nor.asleep = l->mode.asleep;
    board.nor.busy = l->mode.busy;
    board.nor.busy_until = l->mode.busy_until ? board_us(&board) + l->mode.busy_until : 0;
    board.nor.write_enabled = l->mode.write_enabled;
}

/* Opened, erased, written and read, with a table of either edition. */
static bool works(const struct bh_flash *f)
{
    uint8_t data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, back[8];

    return bh_spi_nor_open(f) == BH_OK && bh_flash_erase(f, 0x3000, 0x1000) == BH_OK &&
           bh_flash_program(f, 0x3000, data, sizeof data) == BH_OK &&
           bh_flash_read(f, 0x3000, back, sizeof back) == BH_OK &&
           memcmp(data, back, sizeof data) == 0;
}

static void comes_back_from_any_mode(void **state)
{
    struct bh_flash f = geometry(runs_8mb);
    uint8_t mark[16] = "no two are equal";

    (void)state;
    sim_flash_fill(&board.chip[CHIP], 0, mark, sizeof mark);
    for (size_t i = 0; i < sizeof left_overs / sizeof left_overs[0]; i++) {
        const struct left_over *l = &left_overs[i];

        for (uint32_t word16 = 0; word16 <= 0x5000; word16 += 0x5000) { /* resets; E9h */
            left_out = 0;
            leave_in(l, word16);
            if (!works(&f))
                fail_msg("%s, word 16 of 0x%x: the chip does not come back", l->name,
                         (unsigned)word16);
            assert_false(board.nor.qpi || board.nor.continuous || board.nor.asleep);
            assert_false(board.nor.wide);
        }
        if (!l->mended_by)
            continue;
        left_out = l->mended_by;
        leave_in(l, 0);
        if (works(&f))
            fail_msg("%s: it comes back without command 0x%02x, too", l->name, left_out);
    }
    assert_int_equal(board.chip[CHIP].misuse.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(comes_back_from_any_mode, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_the_chip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(programs_across_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(chooses_how_to_erase, set_up, tear_down),
        cmocka_unit_test_setup_teardown(uses_four_bytes_where_three_do_not_reach, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(four_bytes_are_proven, set_up, tear_down),
        cmocka_unit_test_setup_teardown(three_bytes_are_proven, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notices_protection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(erases_by_no_other_command, set_up, tear_down),
        cmocka_unit_test_setup_teardown(looks_for_a_proof_all_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_smallest_erase_is_a_program_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_busy_chip_is_not_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_absurd_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_the_density, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_id_of_zeros_is_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(does_without_a_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wakes_and_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_up_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notices_a_death, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_chip_that_is_not_the_products, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
