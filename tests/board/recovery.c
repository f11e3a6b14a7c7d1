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
#include "bulkhead/smp.h"
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

/* --- the rate ------------------------------------------------------------------------------ */

#define BYTE_US 86.8 /* ten bits at 115,200 baud */

struct wire {
    uint8_t bytes[2048];
    uint32_t n;
};

static void collect(void *context, uint8_t byte)
{
    struct wire *w = context;

    assert_true(w->n < sizeof w->bytes);
    w->bytes[w->n++] = byte;
}

/* A request of an upload, of as many bytes as the server takes. */
static void request(struct wire *wire, const struct host_bytes *image, uint32_t off, uint32_t n)
{
    uint8_t message[1024] = { BH_SMP_V2 | BH_SMP_WRITE };
    struct bh_cbor_out out = { message + BH_SMP_HEADER, 0, sizeof message - BH_SMP_HEADER };

    bh_cbor_head(&out, BH_CBOR_MAP, off ? 2 : 3);
    bh_cbor_number(&out, "off", off);
    if (!off)
        bh_cbor_number(&out, "len", (uint32_t)image->len);
    bh_cbor_text(&out, "data");
    bh_cbor_bytes(&out, BH_CBOR_BYTES, image->data + off, n);
    bh_store16_be(message + BH_SMP_LEN, out.len);
    message[BH_SMP_GROUP + 1] = BH_SMP_IMAGE;
    message[BH_SMP_COMMAND] = BH_SMP_IMAGE_UPLOAD;
    wire->n = 0;
    bh_smp_out(message, BH_SMP_HEADER + out.len, collect, wire);
}

static uint64_t run_us(struct board *b, const void *bytes, uint32_t n)
{
    uint64_t before = board_us(b);

    board_send(b, bytes, n);
    assert_int_equal(board_run(b), BOARD_WAITS);
    return board_us(b) - before;
}

/* While a request comes in the device keeps up; what it does after the last byte of it is lost to
 * the line. Erases and the time of programming are the chip's, and not in it. */
static void the_rate_of(const char *board)
{
    double line = 0, lost = 0, slowest = 0;
    static struct wire wire;
    uint32_t off, n;

    stand_open(&stand, board_find(board), "boot-smp");
    sim_flash_fill(&stand.board.chip[0], stand.board.kind->product->pairs[0].primary.off, "\0", 1);
    stand.board.patience_ms = 0;
    board_power_on(&stand.board);
    assert_int_equal(board_run(&stand.board), BOARD_WAITS);
    for (off = 0; off < 16000; off += n) {
        uint64_t in = 0, after;
        uint32_t sent = 0, piece;

        n = 950;
        request(&wire, &stand.image[2], off, n);
        for (; sent < wire.n - 1; sent += piece) { /* as much as the board's queue holds */
            piece = bh_min(512, wire.n - 1 - sent);
            in += run_us(&stand.board, wire.bytes + sent, piece);
        }
        board_hush(&stand.board);
        after = run_us(&stand.board, wire.bytes + sent, 1);
        assert_true(stand.board.n_said > 20); /* it answered */
        if (off) {
            line += (wire.n + stand.board.n_said) * BYTE_US;
            lost += (double)after;
            slowest = (double)in / wire.n > slowest ? (double)in / wire.n : slowest;
        }
    }
    print_message("%s: %.1f us per byte of %.1f; %.2f %% of the line's time is lost\n", board,
                  slowest, BYTE_US, 100 * lost / line);
    assert_true(slowest < BYTE_US);
    assert_true(lost < 0.05 * line);
    stand_close(&stand);
}

static void the_line_is_used(void **state)
{
    (void)state;
    the_rate_of("stm32f407");
    the_rate_of("nrf52840");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_application_finds_a_record),
        cmocka_unit_test(a_word_of_ram_asks_for_it),
        cmocka_unit_test(a_byte_in_the_window),
        cmocka_unit_test(the_line_is_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
