/* SPDX-License-Identifier: Apache-2.0 */
/* Public reports about MCUboot, re-created: each scenario would show the fault if we had it. The
 * table in docs/from-mcuboot.md names report, cause and test. */
#include "field.h"

#include "bulkhead/bytes.h"
#include "sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE 1024u
#define CHUNKS 4u
#define IMAGE (CHUNKS * PAGE)
#define VERSIONS 4u
#define LEN(v) (IMAGE - 64u * (v))

static const struct bh_page_run runs[] = { { FIELD_PAGES, PAGE } };
static uint8_t image[VERSIONS][IMAGE];

struct device {
    struct sim_world w;
};

/* Slots for swap-using-offset, the secondary ones on another chip. Versions 1 to 3, of which each
 * has that security counter; 1 is in every primary. */
static void open_device(struct device *d, uint8_t pairs, const struct bh_rescue *rescue)
{
    static struct bh_flash inside, outside;
    static struct bh_pair pair[2];
    struct bh_product product;

    inside = outside = field_flash(runs, 4);
    product = field_product(&inside, pair, pairs);
    product.rescue = rescue;
    for (uint32_t p = 0; p < 2; p++)
        pair[p] = (struct bh_pair){
            .name = p ? "second" : "first",
            .primary = { &inside, (FIELD_PRIMARY + 8 * p) * PAGE, IMAGE + PAGE },
            .secondary = { &outside, 8 * p * PAGE, PAGE + IMAGE + PAGE },
            .spare = { &outside, 8 * p * PAGE, PAGE },
            .staged_off = PAGE,
            .chunk = PAGE,
            .image_max = IMAGE,
            .optional = p,
        };
    for (uint8_t v = 1; v < VERSIONS; v++)
        sim_image_make(image[v], LEN(v), v, v);
    if (sim_world_open(&d->w, &product, NULL))
        fail_msg("%s", d->w.why);
    for (uint8_t p = 0; p < pairs; p++)
        sim_world_install(&d->w, p, image[1], LEN(1));
}

static void close_device(struct device *d)
{
    assert_null(sim_world_misuse(&d->w));
    sim_world_close(&d->w);
}

static void blank(struct device *d, const struct bh_region *slot)
{
    uint8_t page[PAGE];

    (void)d;
    memset(page, 0xFF, sizeof page);
    for (uint32_t off = 0; off < slot->len; off += PAGE)
        sim_flash_fill(slot->flash->context, slot->off + off, page, PAGE);
}

/* What an unmodified application does: upload over slot 1, then ask in its trailer. */
static void upload(struct device *d, uint8_t p, uint8_t version)
{
    const struct bh_region *slot = &d->w.pairs[p].secondary;

    assert_int_equal(bh_region_erase(slot, 0, slot->len), BH_OK);
    assert_int_equal(bh_region_program(slot, PAGE, image[version], LEN(version)), BH_OK);
}

static void ask(struct device *d, uint8_t p, enum bh_request how)
{
    assert_int_equal(bh_mailbox_mcuboot.ask(d->w.pairs, p, how), BH_OK);
}

static const struct bh_record *truth(const struct device *d)
{
    return &d->w.boot.journal.truth;
}

static bool holds(struct device *d, uint8_t p, uint8_t version)
{
    uint8_t have[IMAGE];

    sim_flash_peek(d->w.pairs[p].primary.flash->context, d->w.pairs[p].primary.off, have,
                   LEN(version));
    return !memcmp(have, image[version], LEN(version));
}

static void boots(struct device *d, uint8_t version, enum bh_state state, enum bh_outcome outcome)
{
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, BH_BOOT_START);
    assert_true(holds(d, 0, version));
    assert_int_equal(truth(d)->state, state);
    assert_int_equal(truth(d)->outcome, outcome);
}

/* The first image of all, installed from slot 1 into an empty slot 0, was never confirmed, and the
 * next boot reverted to nothing. Here it is for good, asked for or not. */
static void report_mcuboot_2811(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        enum bh_request how = i % 3;
        bool has_journal = i / 3 % 2;
        struct bh_wish wish;
        struct device d;

        open_device(&d, 1, i / 6 ? &bh_rescue : NULL);
        if (has_journal)
            boots(&d, 1, BH_STATE_IDLE, BH_OUTCOME_NONE);
        blank(&d, &d.w.pairs[0].primary);
        upload(&d, 0, 2);
        if (how)
            ask(&d, 0, how);
        for (int boot = 0; boot < 4; boot++)
            boots(&d, 2, BH_STATE_IDLE,
                  has_journal && how ? BH_OUTCOME_CONFIRMED : BH_OUTCOME_RESTORED);
        assert_int_equal(d.w.power.ops, 0);
        assert_int_equal(truth(&d)->pair[0].floor, 2);
        assert_int_equal(bh_mailbox_mcuboot.read(d.w.pairs, 1, &wish), BH_OK);
        assert_int_equal(wish.on_trial | wish.test | wish.permanent, 0);
        close_device(&d);
    }
}

/* A second image's slots that were never provisioned cancelled the first one's update, since its
 * dependencies could not be read. */
static void report_mcuboot_2812(void **state)
{
    struct device d;

    (void)state;
    open_device(&d, 2, NULL);
    blank(&d, &d.w.pairs[1].primary);
    upload(&d, 0, 2);
    ask(&d, 0, BH_REQUEST_TEST);
    boots(&d, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE);
    assert_int_equal(bh_app_confirm(&d.w.product, &d.w.work), BH_OK);
    boots(&d, 2, BH_STATE_IDLE, BH_OUTCOME_CONFIRMED);
    close_device(&d);
}

/* And the same blank slot kept the first image from starting. A product says whether it is
 * optional; if it is not, the reason is told. */
static void report_mcuboot_2813(void **state)
{
    struct device d;

    (void)state;
    for (int optional = 0; optional < 2; optional++) {
        open_device(&d, 2, NULL);
        d.w.pairs[1].optional = optional;
        blank(&d, &d.w.pairs[1].primary);
        for (int boot = 0; boot < 2; boot++) {
            assert_true(sim_world_boot(&d.w));
            assert_int_equal(d.w.boot.action, optional ? BH_BOOT_START : BH_BOOT_RECOVER);
            assert_int_equal(d.w.boot.primary, optional ? BH_REASON_NONE : BH_REASON_NO_IMAGE);
        }
        close_device(&d);
    }
}

/* --- a cell that reads with an ECC error ------------------------------------------------------ */

/* One page of the other chip cannot be read until it is erased. */
static struct {
    const struct bh_flash *flash;
    uint32_t off;
    bool bad;
} cell;

static int read_cell(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    if (cell.bad && f == cell.flash && off < cell.off + PAGE && cell.off < off + len)
        return BH_ERR_IO;
    return sim_flash_ops.read(f, off, buf, len);
}

static int erase_cell(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    if (f == cell.flash && off <= cell.off && cell.off < off + len)
        cell.bad = false;
    return sim_flash_ops.erase(f, off, len);
}

static struct bh_flash_ops ecc;

static void spoil(struct device *d, uint32_t page)
{
    ecc = sim_flash_ops;
    ecc.read = read_cell;
    ecc.erase = erase_cell;
    for (unsigned i = 0; i < d->w.n_chips; i++)
        d->w.chip[i].flash.ops = &ecc;
    cell.flash = d->w.pairs[0].secondary.flash;
    cell.off = d->w.pairs[0].secondary.off + page * PAGE;
    cell.bad = true;
}

/* Stage it again, by our functions or as an unmodified application does, and be done. */
static void goes_on_after(struct device *d, bool unmodified)
{
    if (unmodified) {
        upload(d, 0, 3);
        ask(d, 0, BH_REQUEST_TEST);
    } else {
        assert_true(sim_world_stage(&d->w, 0, image[3], LEN(3)));
        assert_int_equal(d->w.err, BH_OK);
        assert_true(sim_world_request(&d->w, 1, BH_REQUEST_TEST));
        assert_int_equal(d->w.err, BH_OK);
    }
    boots(d, 3, BH_STATE_TRIAL, BH_OUTCOME_NONE);
}

/* Any page of slot 1, with and without a request: primary starts, and a new upload cures it. */
static void report_mcuboot_2832(void **state)
{
    (void)state;
    for (uint32_t page = 0; page < CHUNKS + 2; page++)
        for (int asked = 0; asked < 2; asked++) {
            struct device d;

            open_device(&d, 1, NULL);
            assert_true(sim_world_boot(&d.w));
            upload(&d, 0, 2);
            if (asked)
                ask(&d, 0, BH_REQUEST_TEST);
            spoil(&d, page);
            for (int boot = 0; boot < 3; boot++) {
                assert_true(sim_world_boot(&d.w));
                assert_int_equal(d.w.boot.action, BH_BOOT_START);
                if (asked && page >= 1 && page <= CHUNKS) { /* where the image is staged */
                    assert_true(holds(&d, 0, 1));
                    assert_int_equal(truth(&d)->reason, BH_REASON_READ);
                }
                if (!asked)
                    assert_true(holds(&d, 0, 1));
            }
            assert_int_equal(d.w.power.ops, 0);
            goes_on_after(&d, page % 2);
            close_device(&d);
        }
}

/* The same, with the power cut at each operation of the swap before the cell fails. What is whole
 * or can be put together starts, and the application can stage again. */
static void report_mcuboot_2832_in_mid_swap(void **state)
{
    unsigned cuts = 0, put_back = 0;

    (void)state;
    for (uint32_t page = 0; page < CHUNKS + 2; page++) {
        bool cut = true;

        for (uint64_t op = 1; cut; op += op < 12 ? 1 : 3) {
            struct device d;

            open_device(&d, 1, &bh_rescue);
            assert_true(sim_world_boot(&d.w));
            upload(&d, 0, 2);
            ask(&d, 0, BH_REQUEST_TEST);
            d.w.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_BEFORE };
            cut = !sim_world_boot(&d.w);
            d.w.power.cut.at = 0;
            spoil(&d, page);
            for (int boot = 0; boot < 8; boot++) {
                assert_true(sim_world_boot(&d.w));
                if (d.w.boot.action != BH_BOOT_START)
                    fail_msg("page %u, cut at %u: %s", page, (unsigned)op,
                             bh_reason_text(d.w.boot.reason));
                assert_true(holds(&d, 0, 1) || holds(&d, 0, 2));
            }
            assert_int_equal(truth(&d)->state, BH_STATE_IDLE);
            assert_int_equal(d.w.power.ops, 0);
            put_back += truth(&d)->outcome == BH_OUTCOME_GIVEN_UP ||
                        truth(&d)->reason == BH_REASON_STAGED_CHANGED;
            goes_on_after(&d, op % 2);
            cuts += cut;
            close_device(&d);
        }
    }
    if (cuts <= 60 || put_back <= 5)
        fail_msg("%u cuts, %u times the old image was put together", cuts, put_back);
}

/* --- an image that a debugger writes ---------------------------------------------------------- */

/* Over the image on trial: only its own pages, the trailer stays; or the whole slot, padded, with
 * the magic and nothing else behind it; or all of it erased first. It starts, and no swap is made
 * up from what is in the trailer. */
static void report_zephyr_37495(void **state)
{
    static const uint8_t magic[16] = { 0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                       0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80 };

    (void)state;
    for (int how = 0; how < 3; how++)
        for (int journal_lost = 0; journal_lost < 2; journal_lost++) {
            const struct bh_region *slot;
            struct sim_flash *chip;
            struct device d;

            open_device(&d, 1, NULL);
            slot = &d.w.pairs[0].primary;
            chip = slot->flash->context;
            assert_true(sim_world_boot(&d.w));
            upload(&d, 0, 2);
            ask(&d, 0, BH_REQUEST_TEST);
            boots(&d, 2, BH_STATE_TRIAL, BH_OUTCOME_NONE);
            if (how > 0)
                blank(&d, slot);
            sim_flash_fill(chip, slot->off, image[3], LEN(3));
            if (how == 1)
                sim_flash_fill(chip, slot->off + slot->len - 16, magic, 16);
            if (journal_lost)
                for (int half = 0; half < 2; half++)
                    blank(&d, &d.w.product.journal[half]);
            assert_true(sim_world_boot(&d.w));
            assert_int_equal(d.w.boot.action, BH_BOOT_START);
            assert_true(holds(&d, 0, 3));
            if (!journal_lost)
                assert_int_equal(truth(&d)->outcome, BH_OUTCOME_REPLACED);
            /* a trailer that tells of a trial, and no journal: all that is known is that the image
             * is not confirmed, and what the way back is */
            if (journal_lost && how == 0)
                assert_int_equal(bh_app_confirm(&d.w.product, &d.w.work), BH_OK);
            for (int boot = 0; boot < 3; boot++) {
                assert_true(sim_world_boot(&d.w));
                assert_int_equal(d.w.boot.action, BH_BOOT_START);
                assert_true(holds(&d, 0, 3));
                assert_int_equal(truth(&d)->state, BH_STATE_IDLE);
            }
            assert_int_equal(d.w.power.ops, 0);
            close_device(&d);
        }
}

/* --- downgrades ------------------------------------------------------------------------------- */

/* Downgrades were prevented for a test alone, and possible for good or by a revert: ask for the
 * older image for good; or have it lie where the way back is looked for. */
static void report_mcuboot_1708(void **state)
{
    (void)state;
    for (enum bh_request how = BH_REQUEST_TEST; how <= BH_REQUEST_PERMANENT; how++) {
        struct device d;

        open_device(&d, 1, NULL);
        sim_world_install(&d.w, 0, image[2], LEN(2));
        assert_true(sim_world_boot(&d.w));
        upload(&d, 0, 1);
        ask(&d, 0, how);
        for (int boot = 0; boot < 3; boot++)
            boots(&d, 2, BH_STATE_IDLE, BH_OUTCOME_REFUSED);
        assert_int_equal(truth(&d)->reason, BH_REASON_FLOOR);

        /* on trial, and the backup becomes the older image */
        upload(&d, 0, 3);
        ask(&d, 0, BH_REQUEST_TEST);
        boots(&d, 3, BH_STATE_TRIAL, BH_OUTCOME_NONE);
        sim_flash_fill(d.w.pairs[0].secondary.flash->context, d.w.pairs[0].secondary.off, image[1],
                       LEN(1));
        for (int boot = 0; boot < 5; boot++) {
            assert_true(sim_world_boot(&d.w));
            assert_int_equal(d.w.boot.action, BH_BOOT_START);
            assert_false(holds(&d, 0, 1));
        }
        assert_int_equal(truth(&d)->outcome, BH_OUTCOME_KEPT);
        close_device(&d);
    }
}

/* The same without counters: the version is what counts. */
static void report_mcuboot_1708_by_version(void **state)
{
    struct device d;

    (void)state;
    open_device(&d, 1, NULL);
    for (uint8_t v = 1; v < VERSIONS; v++)
        sim_image_make(image[v], LEN(v), v, 0);
    sim_world_install(&d.w, 0, image[2], LEN(2));
    assert_true(sim_world_boot(&d.w));
    for (enum bh_request how = BH_REQUEST_TEST; how <= BH_REQUEST_PERMANENT; how++) {
        upload(&d, 0, 1);
        ask(&d, 0, how);
        boots(&d, 2, BH_STATE_IDLE, BH_OUTCOME_REFUSED);
        assert_int_equal(truth(&d)->reason, BH_REASON_DOWNGRADE);
    }
    close_device(&d);
}

/* Every report of the page is a test here, and the other way round. */
static void the_page_names_each(void **state)
{
    static const char *const names[] = {
        "`report_mcuboot_2811`", "`report_mcuboot_2812`",
        "`report_mcuboot_2813`", "`report_mcuboot_2832`, `report_mcuboot_2832_in_mid_swap`",
        "`report_zephyr_37495`", "`report_mcuboot_1708`, `report_mcuboot_1708_by_version`",
    };
    static char page[40000];
    FILE *f = fopen(BULKHEAD_DOCS_DIR "/from-mcuboot.md", "rb");
    unsigned named = 0;

    (void)state;
    assert_non_null(f);
    assert_in_range(fread(page, 1, sizeof page - 1, f), 1000, sizeof page - 2);
    fclose(f);
    for (const char *at = page; (at = strstr(at, "`report_")) != NULL; at++)
        named++;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strstr(page, names[i]))
            fail_msg("docs/from-mcuboot.md does not name %s", names[i]);
    assert_int_equal(named, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_mcuboot_2811),
        cmocka_unit_test(report_mcuboot_2812),
        cmocka_unit_test(report_mcuboot_2813),
        cmocka_unit_test(report_mcuboot_2832),
        cmocka_unit_test(report_mcuboot_2832_in_mid_swap),
        cmocka_unit_test(report_zephyr_37495),
        cmocka_unit_test(report_mcuboot_1708),
        cmocka_unit_test(report_mcuboot_1708_by_version),
        cmocka_unit_test(the_page_names_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
