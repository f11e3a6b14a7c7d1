/* SPDX-License-Identifier: Apache-2.0 */
/* Images that run from RAM: where they may go, and that what is started is what was verified, even
 * if the flash says something else when it is read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bulkhead/bytes.h"
#include "bulkhead/load.h"
#include "sim/world.h"
#include "tests/image/build_image.h"

/* 4 KB of RAM. The window is in its middle; what is around it is the bootloader's. */
#define RAM_BASE 0x20000000u
#define RAM_LEN 4096u
#define WINDOW_OFF 1024u
#define WINDOW_LEN 2048u
#define WINDOW_BASE (RAM_BASE + WINDOW_OFF)
#define CANARY 0xC5u

#define RAM_LOAD BH_MCUBOOT_F_RAM_LOAD
#define ROM_FIXED BH_MCUBOOT_F_ROM_FIXED

static uint8_t memory[RAM_LEN];
static const struct bh_flash ram = { .ops = &bh_ram_ops,
                                     .context = memory,
                                     .unit = 1,
                                     .mapped = true,
                                     .size = RAM_LEN,
                                     .base = RAM_BASE };
static const struct bh_region window = { &ram, WINDOW_OFF, WINDOW_LEN };

static enum bh_reason decode(const struct bh_view *view, uint32_t limit, struct bh_image *image)
{
    return bh_load_decode(&window, view, limit, image);
}

static const struct bh_image_format loaded = { "mcuboot", decode, bh_load_signature };
static const struct bh_image_format *const formats[] = { &loaded, NULL };
static const struct bh_product product = {
    .policy = { .formats = formats, .hash = &bh_sha256, .allow_unsigned = true }
};

static uint8_t buffer[BH_WORK_MIN];
static struct bh_work work = { buffer, sizeof buffer };

static void build(struct built *b, uint32_t flags, uint32_t load_addr, uint32_t payload_len,
                  uint8_t counter)
{
    build_header(b, 64, payload_len);
    bh_store32(b->bytes + BH_MCUBOOT_OFF_FLAGS, flags);
    bh_store32(b->bytes + BH_MCUBOOT_OFF_LOAD_ADDR, load_addr);
    build_area(b, BH_MCUBOOT_TLV_PROTECTED_MAGIC);
    build_entry(b, BH_MCUBOOT_TLV_SEC_CNT, (const uint8_t[4]){ counter }, 4);
    build_area(b, BH_MCUBOOT_TLV_MAGIC);
    build_digest(b);
}

/* Payload of an image that is that long altogether. */
static uint32_t payload_for(uint32_t len)
{
    struct built b;

    build(&b, RAM_LOAD, 0, 0, 1);
    return len - b.len;
}

/* The first look has found the image in flash good. */
static struct bh_boot looked(struct built *b)
{
    struct bh_boot boot = { .action = BH_BOOT_START };
    struct bh_view view = built_view(b);

    memset(memory, CANARY, sizeof memory);
    boot.start = b->region;
    assert_int_equal(bh_verify(&product.policy, &view, BUILT_ROOM, 0, &work, &boot.verified),
                     BH_VERDICT_GOOD);
    return boot;
}

static void expect_untouched(uint32_t off, uint32_t len)
{
    if (!bh_all(memory + off, CANARY, len))
        fail_msg("RAM between 0x%x and 0x%x was written to", off, off + len);
}

static void expect_refused(const struct bh_boot *boot, const char *what, enum bh_reason why)
{
    if (boot->reason != why)
        fail_msg("%s: \"%s\" instead of \"%s\"", what, bh_reason_text((enum bh_reason)boot->reason),
                 bh_reason_text(why));
    assert_int_equal(boot->action, BH_BOOT_RECOVER);
    assert_int_equal(boot->verified.verdict, BH_VERDICT_BAD);
    expect_untouched(0, WINDOW_OFF);
    expect_untouched(WINDOW_OFF + WINDOW_LEN, RAM_LEN - WINDOW_OFF - WINDOW_LEN);
}

/* Every byte of it is in its place, and no other is. */
static void starts_from_ram(void **state)
{
    static const uint32_t places[] = { 0, 4, 512, WINDOW_LEN - 1000 };

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        uint32_t off = WINDOW_OFF + places[i];
        struct bh_boot boot;
        struct built b;

        build(&b, RAM_LOAD, RAM_BASE + off, payload_for(1000), 1);
        memset(b.bytes + 100, 0xFF, 800); /* bytes like erased ones are copied like any others */
        b.len = b.area;
        build_area(&b, BH_MCUBOOT_TLV_MAGIC);
        build_digest(&b);
        boot = looked(&b);
        bh_boot_load(&product, &window, &work, &boot);
        assert_int_equal(boot.action, BH_BOOT_START);
        assert_int_equal(boot.verified.verdict, BH_VERDICT_GOOD);
        assert_ptr_equal(boot.start.flash, &ram);
        assert_int_equal(boot.start.off, off);
        assert_int_equal(boot.start.len, 1000);
        assert_int_equal(boot.verified.image.entry_off, 64);
        assert_memory_equal(memory + off, b.bytes, 1000);
        expect_untouched(0, off);
        expect_untouched(off + 1000, RAM_LEN - off - 1000);
    }
}

/* Where an image may go is decided before anything of it is hashed or copied. */
static void only_the_window(void **state)
{
    static const struct {
        const char *what;
        uint32_t flags, load_addr, len;
        enum bh_reason why;
    } cases[] = {
        { "the whole window", RAM_LOAD, WINDOW_BASE, WINDOW_LEN, BH_REASON_NONE },
        { "its end", RAM_LOAD, WINDOW_BASE + WINDOW_LEN - 200, 200, BH_REASON_NONE },
        { "a byte too long", RAM_LOAD, WINDOW_BASE, WINDOW_LEN + 1, BH_REASON_WRONG_SLOT },
        { "a byte too high", RAM_LOAD, WINDOW_BASE + WINDOW_LEN - 199, 200, BH_REASON_WRONG_SLOT },
        { "not to a whole word", RAM_LOAD, WINDOW_BASE + 2, 200, BH_REASON_WRONG_SLOT },
        { "a byte too low", RAM_LOAD, WINDOW_BASE - 1, 200, BH_REASON_WRONG_SLOT },
        { "over the bootloader", RAM_LOAD, RAM_BASE, 200, BH_REASON_WRONG_SLOT },
        { "behind the window", RAM_LOAD, WINDOW_BASE + WINDOW_LEN, 200, BH_REASON_WRONG_SLOT },
        { "address 0", RAM_LOAD, 0, 200, BH_REASON_WRONG_SLOT },
        { "around the end of addresses", RAM_LOAD, 0xFFFFFF80, 200, BH_REASON_WRONG_SLOT },
        { "not for RAM", 0, WINDOW_BASE, 200, BH_REASON_WRONG_SLOT },
        { "where it lies", ROM_FIXED, WINDOW_BASE, 200, BH_REASON_WRONG_SLOT },
        { "both", RAM_LOAD | ROM_FIXED, WINDOW_BASE, 200, BH_REASON_HEADER },
        { "encrypted", RAM_LOAD | BH_MCUBOOT_F_ENCRYPTED_AES128, WINDOW_BASE, 200,
          BH_REASON_UNSUPPORTED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bh_image image;
        struct bh_view view;
        enum bh_reason why;
        struct built b;

        build(&b, cases[i].flags, cases[i].load_addr, payload_for(cases[i].len), 1);
        assert_int_equal(b.len, cases[i].len);
        view = built_view(&b);
        why = decode(&view, BUILT_ROOM, &image);
        if (why != cases[i].why)
            fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].what, bh_reason_text(why),
                     bh_reason_text(cases[i].why));
    }
}

/* A signature is found where MCUboot's decoder finds it, and what it answers is answered. */
static void signatures_are_those_of_the_image(void **state)
{
    struct bh_image_signature s = { 0 }, same = { 0 };
    struct bh_extent rest, again;
    struct bh_image image;
    struct bh_view view;
    struct built b;

    (void)state;
    build_usual(&b);
    view = built_view(&b);
    assert_int_equal(bh_image_mcuboot_any.decode(&view, BUILT_ROOM, &image), BH_REASON_NONE);
    rest = again = image.tlvs;
    assert_int_equal(bh_load_signature(&view, &rest, &s), BH_OK);
    assert_int_equal(bh_image_mcuboot_any.signature(&view, &again, &same), BH_OK);
    assert_int_equal(s.bytes.len, 8);
    assert_memory_equal(&s, &same, sizeof s);
    assert_memory_equal(&rest, &again, sizeof rest);
    assert_int_equal(bh_load_signature(&view, &rest, &s), BH_ERR_ABSENT);
}

/* What was learnt at the first look is not believed: it may be about another window. */
static void the_window_is_checked_again(void **state)
{
    static const struct bh_region small = { &ram, WINDOW_OFF, 256 };
    struct bh_boot boot;
    struct built b;

    (void)state;
    build(&b, RAM_LOAD, WINDOW_BASE, payload_for(257), 1);
    boot = looked(&b);
    bh_boot_load(&product, &small, &work, &boot);
    expect_refused(&boot, "longer than the window", BH_REASON_WRONG_SLOT);
    expect_untouched(0, RAM_LEN);
}

/* The flash as it is at the second reading. */
static void flip_payload(struct built *b)
{
    b->bytes[100] ^= 1;
}

static void flip_digest(struct built *b)
{
    b->bytes[b->len - 1] ^= 1;
}

static void longer_by_its_header(struct built *b)
{
    bh_store32(b->bytes + BH_MCUBOOT_OFF_IMG_SIZE, 0x7FFFFFFF);
}

static void erased(struct built *b)
{
    memset(b->bytes, 0xFF, sizeof b->bytes);
}

static void unreadable(struct built *b)
{
    b->read_fails = 280;
}

static void good_but_for_elsewhere(struct built *b)
{
    build(b, RAM_LOAD, WINDOW_BASE + 4, payload_for(300), 5);
    built_view(b);
}

static void good_but_older_than_allowed(struct built *b)
{
    build(b, RAM_LOAD, WINDOW_BASE, payload_for(300), 4);
    built_view(b);
}

static void flash_that_changes_between_two_reads(void **state)
{
    static const struct {
        const char *what;
        void (*change)(struct built *b);
        enum bh_reason why;
    } cases[] = {
        { "one bit of the payload", flip_payload, BH_REASON_DIGEST },
        { "one bit of the digest", flip_digest, BH_REASON_DIGEST },
        { "a length beyond the copy", longer_by_its_header, BH_REASON_TOO_BIG },
        { "nothing is there any more", erased, BH_REASON_NO_IMAGE },
        { "it cannot be read", unreadable, BH_REASON_READ },
        { "a good image for another address", good_but_for_elsewhere, BH_REASON_WRONG_SLOT },
        { "a good image below the floor", good_but_older_than_allowed, BH_REASON_FLOOR },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bh_boot boot;
        struct built b;

        build(&b, RAM_LOAD, WINDOW_BASE, payload_for(300), 5);
        boot = looked(&b);
        boot.journal.truth.pair[0].floor = 5;
        cases[i].change(&b);
        bh_boot_load(&product, &window, &work, &boot);
        expect_refused(&boot, cases[i].what, cases[i].why);
    }
}

/* Bytes that were wrong on the way to RAM, and right whenever flash is asked again. */
static const struct bh_flash_ops *honest;
static bool lies;

static int read_with_a_lie(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    int err = honest->read(f, off, buf, len);

    if (lies && off <= 100 && len > 100 - off) {
        ((uint8_t *)buf)[100 - off] ^= 1;
        lies = false;
    }
    return err;
}

static void it_is_the_copy_that_is_verified(void **state)
{
    struct bh_flash_ops lying;
    struct bh_boot boot;
    struct built b;

    (void)state;
    build(&b, RAM_LOAD, WINDOW_BASE, payload_for(300), 1);
    boot = looked(&b);
    honest = b.flash.ops;
    lying = *honest;
    lying.read = read_with_a_lie;
    b.flash.ops = &lying;
    lies = true;
    bh_boot_load(&product, &window, &work, &boot);
    assert_false(lies);
    expect_refused(&boot, "a lie told once", BH_REASON_DIGEST);
}

static void nothing_to_start_is_nothing_to_load(void **state)
{
    struct bh_boot boot;
    struct built b;

    (void)state;
    build(&b, RAM_LOAD, WINDOW_BASE, payload_for(300), 1);
    boot = looked(&b);
    boot.action = BH_BOOT_RECOVER;
    boot.reason = BH_REASON_NOTHING_BOOTABLE;
    bh_boot_load(&product, &window, &work, &boot);
    assert_int_equal(boot.action, BH_BOOT_RECOVER);
    assert_int_equal(boot.reason, BH_REASON_NOTHING_BOOTABLE);
    expect_untouched(0, RAM_LEN);
}

/* --- the whole of a boot ------------------------------------------------------------------ */

#define PAGE 512u
static const struct bh_page_run runs[] = { { 64, PAGE } };
static const struct bh_flash chip = {
    .runs = runs, .n_runs = 1, .unit = 4, .erased = 0xFF, .size = 64 * PAGE
};
static const struct bh_pair pairs[] = { {
    .name = "app",
    .primary = { &chip, 16 * PAGE, 8 * PAGE },
    .secondary = { &chip, 24 * PAGE, 8 * PAGE },
    .spare = { &chip, 32 * PAGE, PAGE },
    .chunk = PAGE,
    .image_max = 8 * PAGE,
} };
static const struct bh_product device = {
    .name = "from RAM",
    .layout = 1,
    .bootloader = { &chip, 63 * PAGE, PAGE },
    .pairs = pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .journal = { { &chip, 0, 4 * PAGE }, { &chip, 4 * PAGE, 4 * PAGE } },
    .plan = &bh_plan_swap,
    .policy = { .formats = formats, .hash = &bh_sha256, .allow_unsigned = true },
};

static void expect_in_ram(struct sim_world *w, const struct built *image)
{
    assert_true(sim_world_boot(w));
    memset(memory, CANARY, sizeof memory);
    bh_boot_load(&w->product, &window, &work, &w->boot);
    assert_int_equal(w->boot.action, BH_BOOT_START);
    assert_memory_equal(memory + WINDOW_OFF, image->bytes, image->len);
}

/* Installed, started, taken back. An image for somewhere else is refused while it is
 * only staged. */
static void an_update_of_an_image_for_ram(void **state)
{
    struct built old, new, astray;
    struct sim_world w;

    (void)state;
    build(&old, RAM_LOAD, WINDOW_BASE, 700, 1);
    build(&new, RAM_LOAD, WINDOW_BASE, 1100, 1);
    build(&astray, RAM_LOAD, RAM_BASE, 1100, 1);
    assert_int_equal(sim_world_open(&w, &device, NULL), BH_OK);
    sim_world_install(&w, 0, old.bytes, old.len);
    expect_in_ram(&w, &old);

    assert_true(sim_world_stage(&w, 0, astray.bytes, astray.len));
    assert_true(sim_world_request(&w, 1, BH_REQUEST_PERMANENT));
    expect_in_ram(&w, &old);
    assert_int_equal(w.boot.journal.truth.outcome, BH_OUTCOME_REFUSED);
    assert_int_equal(w.boot.journal.truth.reason, BH_REASON_WRONG_SLOT);

    assert_true(sim_world_stage(&w, 0, new.bytes, new.len));
    assert_true(sim_world_request(&w, 1, BH_REQUEST_TEST));
    expect_in_ram(&w, &new);
    assert_int_equal(w.boot.journal.truth.state, BH_STATE_TRIAL);
    expect_in_ram(&w, &old);
    assert_int_equal(w.boot.journal.truth.outcome, BH_OUTCOME_REVERTED);
    assert_null(sim_world_misuse(&w));
    sim_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_from_ram),
        cmocka_unit_test(only_the_window),
        cmocka_unit_test(signatures_are_those_of_the_image),
        cmocka_unit_test(the_window_is_checked_again),
        cmocka_unit_test(flash_that_changes_between_two_reads),
        cmocka_unit_test(it_is_the_copy_that_is_verified),
        cmocka_unit_test(nothing_to_start_is_nothing_to_load),
        cmocka_unit_test(an_update_of_an_image_for_ram),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
