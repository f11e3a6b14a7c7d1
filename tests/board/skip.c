/* SPDX-License-Identifier: Apache-2.0 */
/* Fault injection on the bootloader's binary: whichever single instruction is left out between reset
 * and jump, an image that was tampered with is not started. docs/fault-injection.md tells what is
 * covered and what pairs of faults do.
 *
 *     test_board_skip                  the selection that ctest runs
 *     BOARD_SKIP=all test_board_skip   all places, also those of the long computations
 *     BOARD_SKIP=pairs test_board_skip pairs instead
 *     BOARD_CASE="nrf52840, wrong"     only campaigns with this in their names
 *
 * The image is small, so that hashing is short and the signature's arithmetic is run in full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "bulkhead/bytes.h"
#include "glitch.h"
#include "host/sign_mcuboot.h"
#include "stand.h"

#define HEADER 0x200u
#define PAYLOAD 1024u
#define HASHING 1000u    /* executions of an instruction that tell hashing such an image */
#define SIGNATURE 0u     /* or the signature's arithmetic, which nothing else comes near */
#define STAGED 200u      /* or nearly everything after the journal was read */
#define PAIRS_WINDOW 150u
#define FLIP 0x80u /* the bit that is turned, of the payload's middle byte */

static struct stand stand;
static struct host_key key;
static uint64_t seed = 1;
static uint32_t window; /* 0: single faults */
static bool all, pairs;
static bool enough; /* a single fault was: the other campaigns go on, the test fails at its end */
static const char *wanted = ""; /* part of the campaigns' names */

static const struct bh_region *primary(void)
{
    return &stand.board.kind->product->pairs[0].primary;
}

/* A small image for the primary slot, signed by this key. */
static struct host_bytes image(const struct host_key *signer, uint8_t flip, uint32_t counter)
{
    uint32_t at = stand.board.kind->flash[0]->base + primary()->off + HEADER;
    struct host_sign sign = HOST_SIGN_DEFAULTS;
    struct host_bytes made = { NULL, 0 };
    struct host_error e = { 0 };
    uint8_t payload[PAYLOAD];
    size_t used;

    for (uint32_t i = 0; i < PAYLOAD; i += 2)
        bh_store16(payload + i, 0xE7FE); /* b . */
    bh_store32(payload, stand.board.kind->ram_addr + stand.board.kind->ram_len);
    bh_store32(payload + 4, at + 9);
    payload[PAYLOAD / 2] ^= flip;
    sign.version.major = 1;
    sign.header_size = HEADER;
    sign.pad_header = true;
    sign.counter = counter ? &counter : NULL;
    sign.sha = signer->type->signature == BH_SIG_ED25519 ? 512 : 256;
    sign.keys = signer;
    sign.n_keys = 1;
    if (host_sign_mcuboot(&sign, payload, PAYLOAD, &made, &used, &e))
        fail_msg("the image cannot be signed");
    return made;
}

static void install(const struct host_bytes *bytes)
{
    static uint8_t blank[0x10000];

    memset(blank, 0xFF, sizeof blank);
    for (uint32_t off = 0; off < primary()->len; off += sizeof blank)
        sim_flash_fill(&stand.board.chip[0], primary()->off + off, blank,
                       bh_min(primary()->len - off, sizeof blank));
    sim_flash_fill(&stand.board.chip[0], primary()->off, bytes->data, (uint32_t)bytes->len);
}

/* A campaign over the state that the board is in. busy: executions of one instruction that are a
 * long computation in it; of its places one in `sparse` is tried, unless all are. */
static void campaign(const char *what, const struct host_bytes *good, uint32_t busy,
                     uint32_t sparse)
{
    struct glitch_campaign c = {
        .slot_off = primary()->off,
        .bytes = good ? good->data : NULL,
        .len = good ? good->len : 0,
        .code_len = stand.board.kind->product->journal[0].off,
        .all = all ? 64 : 1,
        .drawn = all ? 5 : 0,
        .seed = seed,
        .window = window,
        .busy = busy,
        .sparse = all ? 1 : sparse,
    };
    clock_t began = clock();
    char name[100];
    struct glitch g;

    snprintf(name, sizeof name, "%s, %s", stand.board.kind->name, what);
    if (!strstr(name, wanted))
        return;
    glitch_open(&g, &stand.board, &c);
    glitch_run(&g);
    print_message("%s: %llu instructions at %u places; %s left out in %llu runs (%.0f s):\n", name,
                  (unsigned long long)g.instructions, g.places, window ? "two" : "one",
                  (unsigned long long)g.faults, (double)(clock() - began) / CLOCKS_PER_SEC);
    for (int end = 0; end < GLITCH_ENDS; end++)
        if (g.ended[end])
            print_message("%10llu %s\n", (unsigned long long)g.ended[end], glitch_end_text(end));
    for (uint32_t i = 0; i < g.n_bad; i++)
        print_message("    without 0x%x (instruction %llu)%s%.0x: %s, at 0x%x\n", g.bad[i].first,
                      (unsigned long long)g.bad[i].at, g.bad[i].second ? " and 0x" : "",
                      g.bad[i].second, glitch_end_text(g.bad[i].end), g.bad[i].to);
    if (!window && g.ended[GLITCH_STARTED] + g.ended[GLITCH_STRAYED])
        enough = true;
    assert_true(g.faults > 100);
    glitch_close(&g);
}

static void open_board(const struct board_kind *kind, const char *bootloader)
{
    stand_open(&stand, kind, bootloader);
    stand_boot(&stand); /* begins the journal */
    key = stand_key(bootloader);
}

static void close_board(void)
{
    stand_key_free(&key);
    stand_close(&stand);
}

/* A bit of the payload is not what was signed: the digest tells. */
static void flipped_bit(const struct board_kind *kind)
{
    struct host_bytes bad;

    open_board(kind, "boot");
    bad = image(&key, 0, 0);
    bad.data[HEADER + PAYLOAD / 2] ^= FLIP;
    install(&bad);
    campaign("a bit of the payload turned", NULL, HASHING, 3);
    host_bytes_free(&bad);
    close_board();
}

/* The digest is right, the signature is not. busy, sparse: as for campaign(). */
static void wrong_signature(const struct board_kind *kind, const char *bootloader, uint32_t busy,
                            uint32_t sparse)
{
    struct host_bytes bad;
    char what[80];

    open_board(kind, bootloader);
    bad = image(&key, FLIP, 0);
    bad.data[bad.len - 20] ^= 1; /* of ECDSA's s, EdDSA's S, the last node on LMS's path */
    install(&bad);
    snprintf(what, sizeof what, "wrong signature (%s)", bootloader);
    campaign(what, NULL, busy, sparse);
    host_bytes_free(&bad);
    close_board();
}

/* All is well, but by somebody else's key. */
static void another_key(const struct board_kind *kind)
{
    struct host_error e = { 0 };
    struct host_bytes bad;
    struct host_key other;

    open_board(kind, "boot");
    assert_int_equal(host_key_new(key.type, &other, &e), 0);
    bad = image(&other, 0, 0);
    install(&bad);
    campaign("another key", NULL, HASHING, 4);
    host_bytes_free(&bad);
    host_key_free(&other);
    close_board();
}

static bool leaves_bootloader(void *context, uint32_t addr)
{
    (void)context;
    return addr - stand.board.kind->flash[0]->base >= primary()->off;
}

/* The old image is genuine, but its security counter is below the floor that a newer one set. */
static void lower_counter(const struct board_kind *kind)
{
    struct host_bytes newer, old;

    open_board(kind, "boot");
    newer = image(&key, 0, 2);
    old = image(&key, 0, 1);
    install(&newer);
    stand.board.watch = leaves_bootloader;
    board_power_on(&stand.board);
    assert_int_equal(board_run(&stand.board), BOARD_MARK);
    install(&old);
    campaign("counter below the floor", NULL, SIGNATURE, 160);
    host_bytes_free(&newer);
    host_bytes_free(&old);
    close_board();
}

/* Primary is good; what is staged, and asked for for good, was tampered with. */
static void staged(const struct board_kind *kind)
{
    struct host_bytes good, bad;

    open_board(kind, "boot");
    good = image(&key, 0, 0);
    bad = image(&key, FLIP, 0);
    bad.data[bad.len - 1] ^= 1;
    stand_stage(&stand, &bad);
    stand_type(&stand, "p\n");
    stand_expect(&stand, "ok\n");
    install(&good);
    campaign("staged and requested, wrong signature", &good, STAGED, 80);
    host_bytes_free(&good);
    host_bytes_free(&bad);
    close_board();
}

/* The machinery finds what is there to be found: this program jumps to the slot if r0 is 0, which it
 * is after reset, and without the IT it jumps in any case. */
static void machinery_finds_faults(void **state)
{
    static const uint16_t code[] = {
        0x8000, 0x2000, 0x0009, 0x0800, /* stack, start */
        0x2001,                         /* 8: movs r0, #1 */
        0x4904,                         /*    ldr r1, =slot | 1 */
        0x4A04,                         /*    ldr r2, =USART2_SR */
        0x2800,                         /*    cmp r0, #0 */
        0xBF08,                         /* 16: it eq */
        0x4708,                         /*    bxeq r1 */
        0x6813,                         /* 20: ldr r3, [r2] */
        0xE7FD,                         /*    b 20 */
        0x0000, 0x0000, 0x0001, 0x0802, 0x4400, 0x4000,
    };
    struct glitch_campaign c = {
        .slot_off = 0x20000, .code_len = sizeof code, .all = 100, .busy = 1000, .sparse = 1
    };
    uint8_t bytes[sizeof code];
    struct glitch g;

    (void)state;
    for (size_t i = 0; i < sizeof code; i += 2)
        bh_store16(bytes + i, code[i / 2]);
    assert_int_equal(board_open(&stand.board, &board_stm32f407, NULL), 0);
    sim_flash_fill(&stand.board.chip[0], 0, bytes, sizeof bytes);
    glitch_open(&g, &stand.board, &c);
    glitch_run(&g);
    assert_int_equal(g.ended[GLITCH_STARTED], 2);
    assert_int_equal(g.bad[0].first, 0x08000008);
    assert_int_equal(g.bad[1].first, 0x08000010);
    glitch_close(&g);
    board_close(&stand.board);
}

static void judge(void)
{
    if (enough)
        fail_msg("a single fault is enough");
}

static void single_faults_on_stm32f407(void **state)
{
    (void)state;
    if (pairs)
        skip();
    window = 0;
    enough = false;
    flipped_bit(&board_stm32f407);
    wrong_signature(&board_stm32f407, "boot", SIGNATURE, 160);
    another_key(&board_stm32f407);
    lower_counter(&board_stm32f407);
    staged(&board_stm32f407);
    judge();
}

static void single_faults_on_nrf52840(void **state)
{
    (void)state;
    if (pairs)
        skip();
    window = 0;
    enough = false;
    flipped_bit(&board_nrf52840);
    wrong_signature(&board_nrf52840, "boot", SIGNATURE, 160);
    if (all) {
        another_key(&board_nrf52840);
        lower_counter(&board_nrf52840);
        staged(&board_nrf52840);
    }
    judge();
}

/* Only what is particular to them: the rest of the bootloader is the same. */
static void other_signatures(void **state)
{
    (void)state;
    if (pairs)
        skip();
    window = 0;
    enough = false;
    wrong_signature(&board_stm32f407, "boot-ed25519", 2000, 160);
    wrong_signature(&board_stm32f407, "boot-rsa2048", 2000, 80);
    wrong_signature(&board_stm32f407, "boot-lms", 2000, 80);
    judge();
}

/* Reported, not judged: two faults at the right places get past anything. */
static void pairs_of_faults(void **state)
{
    (void)state;
    if (!pairs)
        skip();
    window = PAIRS_WINDOW;
    flipped_bit(&board_stm32f407);
    wrong_signature(&board_stm32f407, "boot", SIGNATURE, 160);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machinery_finds_faults),
        cmocka_unit_test(single_faults_on_stm32f407),
        cmocka_unit_test(single_faults_on_nrf52840),
        cmocka_unit_test(other_signatures),
        cmocka_unit_test(pairs_of_faults),
    };

    if (getenv("BOARD_CASE"))
        wanted = getenv("BOARD_CASE");
    if (getenv("BOARD_SEED"))
        seed = strtoull(getenv("BOARD_SEED"), NULL, 0);
    pairs = getenv("BOARD_SKIP") && strcmp(getenv("BOARD_SKIP"), "pairs") == 0;
    all = pairs || (getenv("BOARD_SKIP") && strcmp(getenv("BOARD_SKIP"), "all") == 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
