/* SPDX-License-Identifier: Apache-2.0 */
/* check/check.c on drivers that are right: it passes. On drivers with one mistake each: the test
 * that is made for it fails. And it touches nothing but what the product lets it erase. */
#include "check/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bulkhead/bytes.h"
#include "sim/flash.h"

/* ---- a driver with one mistake ---- */

enum mistake {
    NONE,
    ERASES_NEXT,
    ERASES_NEIGHBOUR,
    ERASES_HALF,
    ERASES_NOTHING,
    ERASES_ELSEWHERE,
    ANSWERS_ERASE,
    PROGRAMS_NOTHING,
    PROGRAMS_HALF_UNITS,
    PROGRAMS_SWAPPED,
    PROGRAMS_TWO_UNITS,
    IGNORES_LAST_UNIT,
    WRAPS_AT_ROW,
    WRAPS_AT_PAGE,
    MEMORY_ALIGNED,
    MIRRORED,
    READS_BEHIND,
    READS_ALIGNED,
    READS_TOO_MUCH,
    READS_STALE,
    BLANK_YES,
    BLANK_NO,
    BLANK_FIRST,
    BLANK_MORE,
    ERROR_STAYS,
    INTERRUPTS_OFF,
    ANSWERS_NUMBER
};

struct driver {
    struct sim_flash chip;
    enum mistake mistake;
    bool error;
    uint32_t cache_off, mask;
    uint8_t cache[64];
    bool cached;
};

static struct driver *driver(const struct bh_flash *f)
{
    return f->context;
}

static uint32_t where(const struct driver *d, uint32_t off)
{
    return d->mistake == MIRRORED ? off & ~0x10000u : off;
}

static int chip_read(struct driver *d, uint32_t off, void *buf, uint32_t len)
{
    return bh_flash_read(&d->chip.flash, off, buf, len);
}

/* A line of a cache, which programming renews and erasing does not. */
static int stale_read(struct driver *d, uint32_t off, uint8_t *buf, uint32_t len)
{
    int err = chip_read(d, off, buf, len);

    if (!d->cached && !err && len) {
        d->cache_off = off & ~63u;
        d->cached = chip_read(d, d->cache_off, d->cache, sizeof d->cache) == BH_OK;
    }
    for (uint32_t i = 0; !err && i < len; i++)
        if (off + i - d->cache_off < sizeof d->cache)
            buf[i] = d->cache[off + i - d->cache_off];
    return err;
}

static int one_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    struct driver *d = driver(f);
    uint32_t more = d->mistake == READS_TOO_MUCH ? (4 - len % 4) % 4 : 0;

    off = where(d, off);
    if (d->mistake == READS_BEHIND && off + len < f->size)
        off++;
    if (d->mistake == READS_ALIGNED)
        off &= ~3u;
    if (d->mistake == READS_STALE)
        return stale_read(d, off, buf, len);
    return chip_read(d, off, buf, bh_min(len + more, f->size - off));
}

static int program_units(struct driver *d, uint32_t off, const uint8_t *p, uint32_t len)
{
    const struct bh_flash *chip = &d->chip.flash;
    struct bh_page page;
    int err = bh_flash_page(chip, off, &page);

    for (uint32_t i = 0; !err && i < len; i += chip->unit) {
        uint8_t unit[BH_UNIT_MAX];
        uint32_t to = off + i;

        memcpy(unit, p + i, chip->unit);
        if (d->mistake == PROGRAMS_HALF_UNITS)
            memset(unit + chip->unit / 2, chip->erased, chip->unit / 2);
        if (d->mistake == PROGRAMS_SWAPPED)
            for (uint32_t k = 0; k < chip->unit; k++)
                unit[k] = p[i + chip->unit - 1 - k];
        if (d->mistake == WRAPS_AT_ROW)
            to = (off & ~0xFFu) | ((off + i) & 0xFFu);
        if (d->mistake == WRAPS_AT_PAGE && to >= page.off + page.len)
            to -= page.len;
        err = bh_flash_program(chip, to, unit, chip->unit);
    }
    return err;
}

static int one_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    struct driver *d = driver(f);
    const uint8_t *p = buf;
    uint8_t two[2 * BH_UNIT_MAX];
    int err;

    off = where(d, off);
    if (d->mistake == PROGRAMS_NOTHING)
        return BH_OK;
    if (d->mistake == INTERRUPTS_OFF)
        d->mask = 1;
    if (d->mistake == ERROR_STAYS && d->error)
        return BH_ERR_IO;
    if (d->mistake == IGNORES_LAST_UNIT && len > f->unit)
        len -= f->unit;
    if (d->mistake == MEMORY_ALIGNED)
        p -= (uintptr_t)p % 4;
    if (d->mistake == PROGRAMS_TWO_UNITS && len == f->unit && off % 64 == 0) {
        memcpy(two, p, len);
        memset(two + len, 0x55, len);
        return program_units(d, off, two, 2 * len);
    }
    err = program_units(d, off, p, len);
    d->cached = false;
    d->error = err != BH_OK;
    return err;
}

static int one_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct driver *d = driver(f);
    const struct bh_flash *chip = &d->chip.flash;
    uint8_t zeros[64] = { 0 };

    off = where(d, off);
    switch (d->mistake) {
    case ERASES_NEXT: return bh_flash_erase(chip, (off + len) % f->size, len);
    case ERASES_NEIGHBOUR: return bh_flash_erase(chip, off, off + len < f->size ? 2 * len : len);
    case ERASES_NOTHING: return BH_OK;
    case ANSWERS_ERASE: return BH_ERR_IO;
    case ANSWERS_NUMBER: return 5;
    case ERASES_ELSEWHERE: sim_flash_fill(&d->chip, f->size - 64, zeros, sizeof zeros); break;
    case ERASES_HALF: {
        uint8_t kept[64 * 1024];
        int err = chip_read(d, off, kept, len);

        if (err || bh_flash_erase(chip, off, len))
            return BH_ERR_IO;
        sim_flash_fill(&d->chip, off + len / 2, kept + len / 2, len / 2);
        return BH_OK;
    }
    default: break;
    }
    return bh_flash_erase(chip, off, len);
}

static int one_blank(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct driver *d = driver(f);

    switch (d->mistake) {
    case BLANK_YES: return BH_OK;
    case BLANK_NO: return BH_ERR_COMPARE;
    case BLANK_FIRST: len = bh_min(len, f->unit); break;
    case BLANK_MORE: len = bh_min(len + f->unit, f->size - off); break;
    default: break;
    }
    return bh_flash_blank(&d->chip.flash, where(d, off), len);
}

static const struct bh_flash_ops ops = { .read = one_read,
                                         .program = one_program,
                                         .erase = one_erase };
static const struct bh_flash_ops ops_blank = {
    .read = one_read, .program = one_program, .erase = one_erase, .blank = one_blank
};

/* ---- a product on it ---- */

#define KB 1024u

struct bench {
    struct driver driver;
    struct bh_flash flash;
    struct bh_pair pair;
    struct bh_product product;
    uint8_t buffer[2048];
    uint32_t len; /* of buffer that is lent */
};

static struct bench bench;
static char said[16384];
static size_t said_len;

static void hear(char c)
{
    assert_true(said_len < sizeof said - 1);
    said[said_len++] = c;
    said[said_len] = 0;
}

static uint32_t mask(void)
{
    return bench.driver.mask;
}

/* 128 KB: the bootloader and something of the application's own at both ends, between them the
 * product's. */
static void lay(const struct bh_page_run *runs, uint8_t n, uint16_t unit, bool with_blank,
                enum sim_again again)
{
    struct bench *b = &bench;
    struct bh_region none = { NULL, 0, 0 };

    memset(b, 0, sizeof *b);
    b->len = 1024;
    b->flash = (struct bh_flash){ .ops = with_blank ? &ops_blank : &ops,
                                  .context = &b->driver,
                                  .runs = runs,
                                  .n_runs = n,
                                  .erased = 0xFF,
                                  .unit = unit };
    for (uint8_t i = 0; i < n; i++)
        b->flash.size += runs[i].count * runs[i].size;
    assert_int_equal(sim_flash_open(&b->driver.chip, &b->flash,
                                    &(struct sim_traits){ .again = again, .blind = with_blank }),
                     BH_OK);
    b->pair.primary = (struct bh_region){ &b->flash, 48 * KB, 32 * KB };
    b->pair.secondary = (struct bh_region){ &b->flash, 80 * KB, 32 * KB };
    b->pair.spare = none;
    b->product = (struct bh_product){ .name = "bench",
                                      .layout = 0x12345678,
                                      .pairs = &b->pair,
                                      .n_pairs = 1,
                                      .bootloader = { &b->flash, 0, 16 * KB },
                                      .journal = { { &b->flash, 16 * KB, 16 * KB },
                                                   { &b->flash, 32 * KB, 16 * KB } } };
}

static bool try(void)
{
    struct check c = { .product = &bench.product,
                       .put = hear,
                       .interrupts = mask,
                       .work = { bench.buffer, bench.len } };

    said_len = 0;
    return check_run(&c);
}

/* The line of a test has this. */
static bool line(const char *test, const char *has)
{
    char begin[80], *at, *end;
    bool found;

    snprintf(begin, sizeof begin, "\n  %s: ", test);
    at = strstr(said, begin);
    if (!at)
        return false;
    end = strchr(at + 1, '\n');
    *end = 0;
    found = strstr(at, has) != NULL;
    *end = '\n';
    return found;
}

static const struct bh_page_run even[] = { { 32, 4 * KB } };
static const struct bh_page_run uneven[] = { { 4, 4 * KB }, { 7, 16 * KB } };
static const struct bh_page_run small[] = { { 1024, 128 } };

/* ---- drivers that are right ---- */

static void good(const struct bh_page_run *runs, uint8_t n, uint16_t unit, bool with_blank,
                 enum sim_again again)
{
    lay(runs, n, unit, with_blank, again);
    bench.len = unit > 256 ? 2048 : 1024;
    if (!try())
        fail_msg("%s", said);
    assert_non_null(strstr(said, "12 tests, all passed\n"));
    assert_null(strstr(said, "FAILED"));
    sim_flash_close(&bench.driver.chip);
}

static void test_right_drivers_pass(void **state)
{
    (void)state;
    for (uint16_t unit = 1; unit <= 64; unit *= 2) {
        good(even, 1, unit, false, SIM_AGAIN_CLEAR);
        good(even, 1, unit, false, SIM_AGAIN_NEVER);
        good(uneven, 2, unit, false, SIM_AGAIN_SAME);
        good(small, 1, unit, false, SIM_AGAIN_NEVER);
    }
    good(even, 1, 512, true, SIM_AGAIN_NEVER);
    good(uneven, 2, 16, true, SIM_AGAIN_NEVER);
}

static void test_programming_twice_is_told(void **state)
{
    (void)state;
    good(even, 1, 4, false, SIM_AGAIN_NEVER);
    assert_true(line("program a unit twice", "refused: ok"));
    good(even, 1, 4, false, SIM_AGAIN_CLEAR);
    assert_true(line("program a unit twice", ": ok"));
}

/* Two devices, three pairs: each device is tried by itself. */
static void test_two_devices(void **state)
{
    static struct driver other;
    static struct bh_flash second;
    struct bh_pair pairs[3];

    (void)state;
    lay(even, 1, 4, false, SIM_AGAIN_NEVER);
    second = bench.flash;
    second.context = &other;
    memset(&other, 0, sizeof other);
    assert_int_equal(sim_flash_open(&other.chip, &second, &(struct sim_traits){ 0 }), BH_OK);
    for (uint32_t i = 0; i < 3; i++) {
        pairs[i] = bench.pair;
        pairs[i].primary.off += i * 16 * KB;
        pairs[i].primary.len = 16 * KB;
        pairs[i].secondary = (struct bh_region){ &second, i * 20 * KB, 20 * KB };
        pairs[i].spare = (struct bh_region){ &second, i * 20 * KB, 4 * KB };
    }
    bench.product.pairs = pairs;
    bench.product.n_pairs = 3;
    assert_true(try());
    assert_non_null(strstr(said, "24 tests, all passed\n"));
    other.mistake = ERASES_NOTHING;
    assert_false(try());
    assert_non_null(strstr(said, " of 24 tests FAILED"));
    sim_flash_close(&other.chip);
    sim_flash_close(&bench.driver.chip);
}

/* What is not the bootloader's to erase is as it was, and what is, is blank. */
static void test_only_its_pages_are_touched(void **state)
{
    static uint8_t before[128 * KB], after[128 * KB];
    struct sim_flash *chip = &bench.driver.chip;

    (void)state;
    lay(even, 1, 4, false, SIM_AGAIN_NEVER);
    for (uint32_t i = 0; i < sizeof before; i++)
        before[i] = (uint8_t)(i * 7 + i / 256);
    sim_flash_fill(chip, 0, before, sizeof before);
    assert_true(try());
    sim_flash_peek(chip, 0, after, sizeof after);
    assert_memory_equal(before, after, 16 * KB);
    assert_memory_equal(before + 112 * KB, after + 112 * KB, 16 * KB);
    assert_true(bh_all(after + 16 * KB, 0xFF, 4 * KB));
    assert_true(bh_all(after + 108 * KB, 0xFF, 4 * KB));
    sim_flash_close(chip);
}

/* ---- what is refused ---- */

static void refused(const char *why)
{
    assert_false(try());
    assert_non_null(strstr(said, "REFUSED"));
    assert_non_null(strstr(said, why));
    assert_int_equal(bench.driver.chip.counts.erases + bench.driver.chip.counts.programs, 0);
    sim_flash_close(&bench.driver.chip);
}

static void test_wrong_products_are_refused(void **state)
{
    (void)state;
    lay(even, 1, 4, false, SIM_AGAIN_NEVER);
    bench.pair.primary.off = 12 * KB;
    refused("reaches into the bootloader's own pages");
    lay(even, 1, 4, false, SIM_AGAIN_NEVER);
    bench.pair.secondary.len = 5 * KB;
    refused("is not made of whole pages");
    lay(even, 1, 4, false, SIM_AGAIN_NEVER);
    bench.product.journal[1].off = 200 * KB;
    refused("is not made of whole pages");
    lay(even, 1, 4, false, SIM_AGAIN_NEVER);
    bench.product.n_pairs = 0;
    refused("names no slots");
    lay(even, 1, 512, true, SIM_AGAIN_NEVER);
    refused("memory lent is too small");
}

/* ---- drivers that are wrong ---- */

static const struct {
    enum mistake mistake;
    const char *test, *says;
    uint16_t unit;
} mistakes[] = {
    { ERASES_NEXT, "erase", "not erased after erase", 4 },
    { ERASES_NOTHING, "erase", "not erased after erase", 4 },
    { ERASES_HALF, "erase", "not erased after erase", 4 },
    { ANSWERS_ERASE, "erase", "erase answers", 4 },
    { ANSWERS_NUMBER, "erase", "erase answers", 4 },
    { READS_STALE, "erase", "not erased after erase", 4 },
    { BLANK_NO, "erase", "not erased after erase", 4 },
    { PROGRAMS_NOTHING, "program unit by unit", "not what was programmed", 4 },
    { PROGRAMS_HALF_UNITS, "program unit by unit", "not what was programmed", 8 },
    { PROGRAMS_SWAPPED, "program unit by unit", "not what was programmed", 4 },
    { PROGRAMS_TWO_UNITS, "program unit by unit", "programmed, and was not to be", 4 },
    { READS_BEHIND, "program unit by unit", "not what was programmed", 4 },
    { IGNORES_LAST_UNIT, "program whole pages", "not what was programmed", 4 },
    { WRAPS_AT_ROW, "program whole pages", "FAILED", 4 },
    { MIRRORED, "program whole pages", "FAILED", 4 },
    { WRAPS_AT_PAGE, "program across a page's border", "FAILED", 4 },
    { ERASES_NEIGHBOUR, "erase beside full pages", "changed, and was not to be", 4 },
    { MEMORY_ALIGNED, "program from any address", "not what was programmed", 4 },
    { READS_ALIGNED, "read any place and length", "not what was programmed", 4 },
    { READS_TOO_MUCH, "read any place and length", "more bytes than were asked for", 4 },
    { BLANK_YES, "blank pages", "does not see a programmed unit", 4 },
    { BLANK_FIRST, "blank pages", "does not see a programmed unit", 4 },
    { BLANK_MORE, "blank pages", "blank() denies", 4 },
    { ERROR_STAYS, "program a unit twice", "program answers", 4 },
    { INTERRUPTS_OFF, "interrupts as before", "left interrupts otherwise", 4 },
    { ERASES_ELSEWHERE, "everything else as before", "have changed", 4 },
};

static void test_each_mistake_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        bool with_blank = mistakes[i].mistake >= BLANK_YES && mistakes[i].mistake <= BLANK_MORE;

        lay(even, 1, mistakes[i].unit, with_blank, SIM_AGAIN_NEVER);
        bench.driver.chip.traits.blind = false;
        bench.driver.mistake = mistakes[i].mistake;
        assert_false(try());
        if (!line(mistakes[i].test, "FAILED") || !line(mistakes[i].test, mistakes[i].says))
            fail_msg("mistake %d is not named in '%s':\n%s", mistakes[i].mistake, mistakes[i].test,
                     said);
        sim_flash_close(&bench.driver.chip);
    }
}

/* The flash reads as 0 where it is erased, and the layout says 0xFF. */
static void test_wrong_erased_value(void **state)
{
    (void)state;
    lay(even, 1, 4, false, SIM_AGAIN_NEVER);
    sim_flash_close(&bench.driver.chip);
    bench.flash.erased = 0;
    assert_int_equal(sim_flash_open(&bench.driver.chip, &bench.flash, &(struct sim_traits){ 0 }),
                     BH_OK);
    bench.flash.erased = 0xFF;
    assert_false(try());
    assert_true(line("erase", "not erased after erase, reads 0x00 and not 0xff"));
    sim_flash_close(&bench.driver.chip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_drivers_pass),
        cmocka_unit_test(test_programming_twice_is_told),
        cmocka_unit_test(test_two_devices),
        cmocka_unit_test(test_only_its_pages_are_touched),
        cmocka_unit_test(test_wrong_products_are_refused),
        cmocka_unit_test(test_each_mistake_is_named),
        cmocka_unit_test(test_wrong_erased_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
