/* SPDX-License-Identifier: Apache-2.0 */
/* On the emulated boards, what no client can see: the boot record that an application finds in RAM
 * when it starts, and the word of RAM that asks for a recovery over a reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "stand.h"
#include "tests/recovery/blinfo.h"

static struct stand stand;

/* The application's first instruction. */
static bool in_application(void *context, uint32_t addr)
{
    const struct board *b = context;
    const struct bh_region *primary = &b->kind->product->pairs[0].primary;

    return addr - (b->kind->flash[0]->base + primary->off) < primary->len;
}

static void expect_record(struct stand *s, uint32_t addr, int mode)
{
    const uint8_t *ram = s->board.ram + (addr - s->board.kind->ram_addr), *at;
    struct host_bytes boot = stand_firmware(s->model->name, "boot-record", ".bin");
    uint8_t digest[64];
    struct bh_hash h;
    size_t len = 0;

    at = blinfo_find(ram, 256, 2, 0, &len);
    assert_true(at && len == 1 && *at == mode);
    at = blinfo_find(ram, 256, 2, 1, &len);
    assert_true(at && len == 1 && *at == 2);
    at = blinfo_find(ram, 256, 2, 5, &len);
    assert_true(at && len == 4 && bh_load32(at) == s->board.kind->product->pairs[0].image_max);
    at = blinfo_find(ram, 256, 11, 0, &len);
    assert_true(at && len == 8 && at[0] == 1 && at[1] == 0);
    at = blinfo_find(ram, 256, 11, 2, &len);
    assert_true(at && len == 32);
    assert_memory_equal(at, s->board.kind->product->policy.keys[0].id, 32);
    /* the bootloader measured itself: that is the SHA-256 of its file */
    bh_hash_init(&h, &bh_sha256);
    bh_hash_update(&h, boot.data, boot.len);
    bh_hash_final(&h, digest);
    at = blinfo_find(ram, 256, 11, 5, &len);
    assert_true(at && len == 32);
    assert_memory_equal(at, digest, 32);
    host_bytes_free(&boot);
}

static void a_record(const char *board, uint32_t addr, int mode)
{
    stand_open(&stand, board_find(board), "boot-record");
    stand.board.watch = in_application;
    stand.board.watch_context = &stand.board;
    board_power_on(&stand.board);
    assert_int_equal(board_run(&stand.board), BOARD_MARK);
    expect_record(&stand, addr, mode);
    stand_close(&stand);
}

static void the_application_finds_a_record(void **state)
{
    (void)state;
    a_record("stm32f407", 0x2001FF00, 1);
    a_record("nrf52840", 0x2003FF00, 9);
    a_record("virt", 0x800FFF00, 9);
}

#define MAGIC 0x52434F56u /* docs/recovery.md */

/* The word is set while the application runs, as it would do itself; then it resets. */
static void by_magic(const char *board, uint32_t addr)
{
    uint32_t word = MAGIC, off;

    stand_open(&stand, board_find(board), "boot-smp");
    stand.board.retained.addr = addr;
    stand.board.retained.len = 4;
    stand_boot(&stand);
    stand_expect(&stand, "app 1.0.0");
    off = addr - stand.board.kind->ram_addr;
    memcpy(stand.board.ram + off, &word, 4);
    stand_type(&stand, "r\n");
    stand_expect(&stand, "B 01 00 01");
    assert_null(strstr(stand.board.said, "app ")); /* it could start, and waits for a client */
    memcpy(&word, stand.board.ram + off, 4);
    assert_int_equal(word, 0);
    stand_close(&stand);
}

static void a_word_of_ram_asks_for_it(void **state)
{
    (void)state;
    by_magic("stm32f407", 0x2001FFFC);
    by_magic("nrf52840", 0x2003FFFC);
    by_magic("virt", 0x800FFFFC);
    by_magic("sifive_u", 0x080FFFFC);
}

/* Nobody asks: the window is open for its 50 ms, and the application starts. With a byte in it, the
 * device waits. */
static void a_byte_in_the_window(void **state)
{
    uint64_t before;

    (void)state;
    stand_open(&stand, board_find("nrf52840"), "boot-smp");
    stand_boot(&stand);
    stand_expect(&stand, "app 1.0.0");
    before = board_us(&stand.board);
    assert_true(before > 50000);
    board_power_on(&stand.board);
    board_hush(&stand.board);
    board_type(&stand.board, "x");
    assert_int_equal(board_run(&stand.board), BOARD_WAITS);
    stand_expect(&stand, "B 01 00 01");
    assert_null(strstr(stand.board.said, "app "));
    stand_close(&stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_application_finds_a_record),
        cmocka_unit_test(a_word_of_ram_asks_for_it),
        cmocka_unit_test(a_byte_in_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
