/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a product, one by one: a good product, one thing in it broken, and that rule and no
 * other is told, of the right pair and with the right amounts. A rule without a row here fails. */
#include "bulkhead/rules.h"
#include "bulkhead/bytes.h"
#include "sim/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define KB 1024u
#define CUTS 8u

/* A good product of two images, and all that it is made of. Pair 1 is the one that is broken. */
struct whole {
    struct bh_page_run runs[1], fine_runs[1], coarse_runs[1], vast_runs[1];
    struct bh_flash in, out, fine, coarse, vast;
    struct bh_pair pairs[5];
    struct bh_product product;
    struct bh_key key;
};

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };
static const struct bh_image_format *const no_formats[] = { NULL };
static const uint8_t id[BH_UUID_LEN] = { 1 };

static void make(struct whole *w)
{
    memset(w, 0, sizeof *w);
    w->runs[0] = (struct bh_page_run){ 64, KB };
    w->fine_runs[0] = (struct bh_page_run){ 64, 512 };
    w->coarse_runs[0] = (struct bh_page_run){ 32, 2 * KB };
    w->vast_runs[0] = (struct bh_page_run){ 140000, 16 };
    w->in = (struct bh_flash){
        .runs = w->runs, .n_runs = 1, .unit = 4, .erased = 0xFF, .size = 64 * KB
    };
    w->out = w->fine = w->coarse = w->vast = w->in;
    w->coarse.runs = w->coarse_runs;
    w->fine.runs = w->fine_runs;
    w->fine.size = 32 * KB;
    w->vast.runs = w->vast_runs;
    w->vast.size = 140000 * 16;
    for (uint32_t p = 0; p < 5; p++)
        w->pairs[p] = (struct bh_pair){ .name = "app",
                                        .primary = { &w->in, (16 + 8 * p) * KB, 5 * KB },
                                        .secondary = { &w->out, 8 * p * KB, 6 * KB },
                                        .spare = { &w->out, 8 * p * KB, KB },
                                        .staged_off = KB,
                                        .chunk = KB,
                                        .image_max = 4 * KB };
    w->product = (struct bh_product){
        .name = "whole",
        .layout = 1,
        .pairs = w->pairs,
        .n_pairs = 2,
        .trial_boots = 1,
        .bootloader = { &w->in, 0, 8 * KB },
        .journal = { { &w->in, 8 * KB, 4 * KB }, { &w->in, 12 * KB, 4 * KB } },
        .plan = &bh_plan_swap,
        .mailbox = &bh_mailbox_mcuboot,
        .policy = { .formats = formats,
                    .hash = &sim_quick_hash,
                    .allow_unsigned = true,
                    .dependencies = bh_dependencies },
    };
}

/* --- one thing broken ---------------------------------------------------------------------- */

#define BREAK(name, ...)                                                                           \
    static void name(struct whole *w)                                                              \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }
BREAK(no_pairs, w->product.pairs = NULL)
BREAK(pairs_0, w->product.n_pairs = 0)
BREAK(pairs_5, w->product.n_pairs = 5)
BREAK(no_plan, w->product.plan = NULL)
BREAK(no_layout, w->product.layout = 0)
BREAK(no_trial, w->product.trial_boots = 0)
BREAK(no_list_of_formats, w->product.policy.formats = NULL)
BREAK(empty_list_of_formats, w->product.policy.formats = no_formats)
BREAK(no_hash, w->product.policy.hash = NULL)
BREAK(no_keys, w->product.policy.allow_unsigned = false)
BREAK(keys_without_a_number, w->product.policy.allow_unsigned = false;
      w->product.policy.keys = &w->key)
BREAK(a_number_without_keys, w->product.policy.allow_unsigned = false; w->product.policy.n_keys = 1)
BREAK(unsigned_and_keys, w->product.policy.keys = &w->key; w->product.policy.n_keys = 1)
BREAK(unsigned_and_a_key_list, w->product.policy.keys = &w->key)
BREAK(unsigned_and_a_number, w->product.policy.n_keys = 1)
BREAK(no_second_key, w->product.policy.second = bh_second_mcuboot)
BREAK(no_first_key, w->product.policy.allow_unsigned = false; w->product.policy.keys = &w->key;
      w->product.policy.n_keys = w->product.policy.n_second = 1;
      w->product.policy.second = bh_second_mcuboot)
BREAK(second_key_alone, w->product.policy.n_second = 1)
BREAK(no_dependencies, w->product.policy.dependencies = NULL)
BREAK(vendor_unseen, w->pairs[1].vendor_id = id)
BREAK(class_unseen, w->pairs[1].class_id = id)
BREAK(first_optional, w->pairs[0].optional = true)
BREAK(device_short, w->in.size += KB)
BREAK(device_long, w->out.size -= KB)
BREAK(device_empty, w->in.size = 0; w->in.n_runs = 0)
BREAK(unit_0, w->in.unit = 0)
BREAK(unit_12, w->out.unit = 12)
BREAK(unit_1024, w->out.unit = 1024)
BREAK(erased_7f, w->out.erased = 0x7F)
BREAK(no_bootloader, w->product.bootloader.flash = NULL)
BREAK(empty_bootloader, w->product.bootloader.len = 0)
BREAK(half_a_page_of_bootloader, w->product.bootloader.len -= 512)
BREAK(bootloader_over_journal, w->product.bootloader.len += KB)
BREAK(bootloader_over_slot, w->product.bootloader.off = 28 * KB; w->product.bootloader.len = KB)
BREAK(no_chunk, w->pairs[1].chunk = 0)
BREAK(no_image, w->pairs[1].image_max = 0)
BREAK(image_past_all, w->pairs[1].image_max = UINT32_MAX - KB + 1)
BREAK(primary_off_its_pages, w->pairs[1].primary.off += 4)
BREAK(primary_ends_in_a_page, w->pairs[1].primary.len -= 4)
BREAK(secondary_past_its_device, w->pairs[1].secondary.off = 60 * KB)
BREAK(no_primary, w->pairs[1].primary.flash = NULL)
BREAK(small_primary, w->pairs[1].primary.len = 3 * KB)
BREAK(small_secondary, w->pairs[1].secondary.len = 4 * KB)
BREAK(staged_past_the_slot, w->pairs[1].staged_off = 7 * KB)
BREAK(half_chunks, w->pairs[1].chunk = 512;
      w->pairs[1].spare = (struct bh_region){ &w->fine, 0, 512 })
BREAK(chunks_off_pages, w->pairs[1].staged_off = KB + 512; w->pairs[1].image_max = 3 * KB)
BREAK(large_pages_in_secondary, w->pairs[1].secondary = (struct bh_region){ &w->coarse, 0, 8 * KB })
BREAK(large_pages_in_primary, w->pairs[1].primary = (struct bh_region){ &w->coarse, 0, 8 * KB })
BREAK(pair_overlap, w->pairs[1].secondary = (struct bh_region){ &w->in, 23 * KB, 6 * KB };
      w->pairs[1].spare = (struct bh_region){ &w->in, 23 * KB, KB })
BREAK(no_spare, w->pairs[1].spare.flash = NULL)
BREAK(long_spare, w->pairs[1].spare.len = 2 * KB)
BREAK(crooked_spare, w->pairs[1].spare = (struct bh_region){ &w->out, 40 * KB + 4, KB })
BREAK(spare_unused, w->product.plan = &bh_plan_overwrite; w->pairs[0].spare.flash = NULL)
BREAK(spare_in_staged, w->pairs[1].spare.off += 2 * KB)
BREAK(spare_in_primary, w->pairs[1].spare = bh_region_part(&w->pairs[1].primary, KB, KB))
BREAK(image_in_trailer, w->pairs[1].primary.len = 4 * KB)
BREAK(staged_in_trailer, w->pairs[1].secondary.len = 5 * KB)
BREAK(spare_on_trailer, w->pairs[1].spare.off += 5 * KB)
BREAK(unit_of_64, w->out.unit = 64)
BREAK(spare_of_another_pair, w->pairs[1].spare.off = 5 * KB)
BREAK(slot_of_another_pair, w->pairs[1].primary.off = 20 * KB)
BREAK(secondary_of_another_pair, w->pairs[1].secondary.off = 3 * KB;
      w->pairs[1].spare.off = 40 * KB)
BREAK(secondary_of_a_third_pair, w->product.n_pairs = 3; w->pairs[2].secondary.off = 2 * KB;
      w->pairs[2].spare.off = 40 * KB)
BREAK(many_steps, w->product.n_pairs = 1; w->product.mailbox = NULL; w->pairs[0].chunk = 16;
      w->pairs[0].image_max = 0x8000 * 16;
      w->pairs[0].primary = (struct bh_region){ &w->vast, 0, 0x8000 * 16 };
      w->pairs[0].secondary = (struct bh_region){ &w->vast, 0x8000 * 16, 0x8001 * 16 };
      w->pairs[0].spare = (struct bh_region){ &w->vast, 0x8000 * 16, 16 };
      w->pairs[0].staged_off = 16)
BREAK(halves_differ, w->product.journal[1].len = 3 * KB)
BREAK(half_off_its_pages, w->product.journal[0].off += 4)
BREAK(no_journal, w->product.journal[0].flash = w->product.journal[1].flash = NULL)
BREAK(halves_overlap, w->product.journal[1].off = 9 * KB)
BREAK(halves_on_two_devices, w->product.journal[1] = (struct bh_region){ &w->out, 40 * KB, 4 * KB })
BREAK(small_journal, w->product.journal[0].len = w->product.journal[1].len = 2 * KB)
BREAK(spare_on_journal, w->pairs[1].spare = (struct bh_region){ &w->in, 8 * KB, KB })
BREAK(slot_on_journal, w->pairs[1].secondary = (struct bh_region){ &w->in, 15 * KB, 6 * KB };
      w->pairs[0].primary.off = 40 * KB)

static const struct row {
    enum bh_rule rule;
    void (*spoil)(struct whole *w);
    uint32_t times, pair, have, need;
} rows[] = {
    { BH_RULE_PAIRS, no_pairs, 1, 0, 2, 4 },
    { BH_RULE_PAIRS, pairs_0, 1, 0, 0, 4 },
    { BH_RULE_PAIRS, pairs_5, 1, 0, 5, 4 },
    { BH_RULE_PLAN, no_plan, 1, 0, 0, 0 },
    { BH_RULE_LAYOUT, no_layout, 1, 0, 0, 0 },
    { BH_RULE_TRIAL, no_trial, 1, 0, 0, 0 },
    { BH_RULE_FORMATS, no_list_of_formats, 1, 0, 0, 0 },
    { BH_RULE_FORMATS, empty_list_of_formats, 1, 0, 0, 0 },
    { BH_RULE_HASH, no_hash, 1, 0, 0, 0 },
    { BH_RULE_KEYS, no_keys, 1, 0, 0, 0 },
    { BH_RULE_KEYS, keys_without_a_number, 1, 0, 0, 0 },
    { BH_RULE_KEYS, a_number_without_keys, 1, 0, 0, 0 },
    { BH_RULE_KEYS_UNUSED, unsigned_and_keys, 1, 0, 0, 0 },
    { BH_RULE_KEYS_UNUSED, unsigned_and_a_key_list, 1, 0, 0, 0 },
    { BH_RULE_KEYS_UNUSED, unsigned_and_a_number, 1, 0, 0, 0 },
    { BH_RULE_SECOND_KEYS, no_second_key, 1, 0, 0, 0 },
    { BH_RULE_SECOND_KEYS, no_first_key, 1, 0, 0, 0 },
    { BH_RULE_SECOND_KEYS, second_key_alone, 1, 0, 0, 0 },
    { BH_RULE_DEPENDENCIES, no_dependencies, 1, 0, 0, 0 },
    { BH_RULE_IDS, vendor_unseen, 1, 1, 0, 0 },
    { BH_RULE_IDS, class_unseen, 1, 1, 0, 0 },
    { BH_RULE_FIRST_OPTIONAL, first_optional, 1, 0, 0, 0 },
    { BH_RULE_DEVICE_SIZE, device_short, 1, 0, 64 * KB, 65 * KB },
    { BH_RULE_DEVICE_SIZE, device_long, 1, 0, 64 * KB, 63 * KB },
    { BH_RULE_DEVICE_SIZE, device_empty, 1, 0, 0, 0 },
    { BH_RULE_DEVICE_UNIT, unit_0, 1, 0, 0, 0 },
    { BH_RULE_DEVICE_UNIT, unit_12, 1, 0, 12, 0 },
    { BH_RULE_DEVICE_UNIT, unit_1024, 1, 0, 1024, 0 },
    { BH_RULE_DEVICE_ERASED, erased_7f, 1, 0, 0x7F, 0 },
    { BH_RULE_BOOTLOADER, no_bootloader, 1, 0, 0, 0 },
    { BH_RULE_BOOTLOADER, empty_bootloader, 1, 0, 0, 0 },
    { BH_RULE_BOOTLOADER, half_a_page_of_bootloader, 1, 0, 0, 0 },
    { BH_RULE_BOOTLOADER_PAGES, bootloader_over_journal, 1, 0, 0, 0 },
    { BH_RULE_BOOTLOADER_PAGES, bootloader_over_slot, 1, 1, 0, 0 },
    { BH_RULE_CHUNK, no_chunk, 1, 1, 0, 0 },
    { BH_RULE_CHUNK, no_image, 1, 1, 0, 0 },
    { BH_RULE_CHUNK, image_past_all, 1, 1, 0, 0 },
    { BH_RULE_SLOT_PAGES, primary_off_its_pages, 1, 1, 0, 0 },
    { BH_RULE_SLOT_PAGES, primary_ends_in_a_page, 1, 1, 0, 0 },
    { BH_RULE_SLOT_PAGES, secondary_past_its_device, 1, 1, 0, 0 },
    { BH_RULE_SLOT_PAGES, no_primary, 1, 1, 0, 0 },
    { BH_RULE_PRIMARY_ROOM, small_primary, 1, 1, 3 * KB, 4 * KB },
    { BH_RULE_SECONDARY_ROOM, small_secondary, 1, 1, 3 * KB, 4 * KB },
    { BH_RULE_SECONDARY_ROOM, staged_past_the_slot, 1, 1, 0, 4 * KB },
    { BH_RULE_CHUNK_PAGES, half_chunks, 2, 1, 0, 512 },
    { BH_RULE_CHUNK_PAGES, chunks_off_pages, 1, 1, 0, KB },
    { BH_RULE_CHUNK_PAGES, large_pages_in_secondary, 1, 1, 0, KB },
    { BH_RULE_CHUNK_PAGES, large_pages_in_primary, 1, 1, 0, KB },
    { BH_RULE_PAIR_OVERLAP, pair_overlap, 1, 1, 0, 0 },
    { BH_RULE_SPARE, no_spare, 1, 1, KB, KB },
    { BH_RULE_SPARE, long_spare, 1, 1, 2 * KB, KB },
    { BH_RULE_SPARE, crooked_spare, 1, 1, KB, KB },
    { BH_RULE_SPARE_UNUSED, spare_unused, 1, 1, 0, 0 },
    { BH_RULE_SPARE_ROOM, spare_in_staged, 1, 1, 0, 0 },
    { BH_RULE_SPARE_ROOM, spare_in_primary, 1, 1, 0, 0 },
    { BH_RULE_TRAILER_ROOM, image_in_trailer, 1, 1, 3 * KB, 4 * KB },
    { BH_RULE_TRAILER_ROOM, staged_in_trailer, 1, 1, 3 * KB, 4 * KB },
    { BH_RULE_TRAILER_SPARE, spare_on_trailer, 1, 1, 0, 0 },
    { BH_RULE_MAILBOX_UNIT, unit_of_64, 2, 1, 64, 32 },
    { BH_RULE_PAIRS_OVERLAP, spare_of_another_pair, 1, 1, 0, 0 },
    { BH_RULE_PAIRS_OVERLAP, slot_of_another_pair, 1, 1, 0, 0 },
    { BH_RULE_PAIRS_OVERLAP, secondary_of_another_pair, 1, 1, 0, 0 },
    { BH_RULE_PAIRS_OVERLAP, secondary_of_a_third_pair, 1, 2, 0, 0 },
    { BH_RULE_STEPS, many_steps, 1, 0, 0x10000, 0xFFFF },
    { BH_RULE_JOURNAL_PAGES, halves_differ, 1, 0, 0, 0 },
    { BH_RULE_JOURNAL_PAGES, half_off_its_pages, 1, 0, 0, 0 },
    { BH_RULE_JOURNAL_PAGES, no_journal, 1, 0, 0, 0 },
    { BH_RULE_JOURNAL_HALVES, halves_overlap, 1, 0, 0, 0 },
    { BH_RULE_JOURNAL_HALVES, halves_on_two_devices, 1, 0, 0, 0 },
    { BH_RULE_JOURNAL_ROOM, small_journal, 1, 0, 2 * KB, 0 },
    { BH_RULE_JOURNAL_OVERLAP, spare_on_journal, 1, 1, 0, 0 },
    { BH_RULE_JOURNAL_OVERLAP, slot_on_journal, 1, 1, 0, 0 },
};
#define ROWS (sizeof rows / sizeof rows[0])

/* What was told: how often, and the last finding. */
struct told {
    uint32_t times;
    struct bh_finding last;
    struct bh_region a, b; /* of the last */
    unsigned rules[BH_RULES];
};

static void note(void *context, const struct bh_finding *f)
{
    struct told *t = context;

    assert_true(f->rule > BH_RULE_NONE && f->rule < BH_RULES);
    t->times++;
    t->rules[f->rule]++;
    t->last = *f;
    if (f->a)
        t->a = *f->a;
    if (f->b)
        t->b = *f->b;
}

static void a_good_product_breaks_none(void **state)
{
    struct told t = { 0 };
    struct whole w;

    (void)state;
    make(&w);
    assert_int_equal(bh_product_check(&w.product, CUTS, note, &t), 0);
    assert_int_equal(t.times, 0);
    w.product.n_pairs = 1; /* one image needs nobody who looks at dependencies */
    w.product.policy.dependencies = NULL;
    assert_int_equal(bh_product_check(&w.product, CUTS, note, &t), 0);
    make(&w);
    w.product.policy.allow_unsigned = false;
    w.product.policy.keys = &w.key;
    w.product.policy.n_keys = 1;
    assert_int_equal(bh_product_check(&w.product, CUTS, note, &t), 0);
    w.product.policy.ids = bh_ids_mcuboot;
    w.pairs[1].vendor_id = w.pairs[1].class_id = id;
    w.pairs[1].optional = true;
    assert_int_equal(bh_product_check(&w.product, CUTS, note, &t), 0);
    make(&w);
    w.product.plan = &bh_plan_overwrite;
    w.pairs[0].spare.flash = w.pairs[1].spare.flash = NULL;
    assert_int_equal(bh_product_check(&w.product, CUTS, note, &t), 0);
}

static void each_rule_is_told_alone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        struct told t = { 0 };
        struct whole w;
        uint32_t broken;

        make(&w);
        r->spoil(&w);
        broken = bh_product_check(&w.product, CUTS, note, &t);
        if (broken != r->times || t.times != r->times || t.rules[r->rule] != r->times)
            fail_msg("row %u, %s: %u broken, the last of them %s", i, bh_rule_name(r->rule),
                     (unsigned)broken, bh_rule_name(t.last.rule));
        assert_int_equal(t.last.pair, r->pair);
        if (r->rule != BH_RULE_JOURNAL_ROOM) {
            assert_int_equal(t.last.have, r->have);
            assert_int_equal(t.last.need, r->need);
        }
        /* nobody needs to listen */
        assert_int_equal(bh_product_check(&w.product, CUTS, NULL, NULL), broken);
    }
}

static void each_rule_has_a_row(void **state)
{
    (void)state;
    for (unsigned rule = 1; rule < BH_RULES; rule++) {
        bool has = false;

        for (unsigned i = 0; i < ROWS; i++)
            has = has || rows[i].rule == rule;
        if (!has)
            fail_msg("the rule '%s' has no row in tests/engine/rules.c",
                     bh_rule_name((enum bh_rule)rule));
    }
}

/* All that is broken is told at once, not the first alone. */
static void all_are_told(void **state)
{
    struct told t = { 0 };
    struct whole w;

    (void)state;
    make(&w);
    no_layout(&w);
    no_trial(&w);
    vendor_unseen(&w);
    small_primary(&w);
    small_secondary(&w);
    first_optional(&w);
    assert_int_equal(bh_product_check(&w.product, CUTS, note, &t), 6);
    assert_int_equal(t.times, 6);
    make(&w);
    unit_0(&w);
    erased_7f(&w);
    assert_int_equal(bh_product_check(&w.product, CUTS, note, &t), 2);
}

/* A room that is just enough, and one byte, page or cut less. */
static void rules_end_where_they_say(void **state)
{
    struct told t = { 0 };
    struct whole w;
    uint32_t need, cuts;

    (void)state;
    make(&w);
    small_journal(&w);
    assert_int_equal(bh_product_check(&w.product, CUTS, note, &t), 1);
    need = t.last.need;
    /* two pairs of four chunks, four steps each chunk there and back */
    assert_int_equal(need, bh_journal_need(4, 2, 16, CUTS));
    make(&w);
    for (cuts = 0; bh_journal_need(4, 2, 16, cuts + 1) <= 4 * KB;)
        cuts++;
    assert_int_equal(bh_product_check(&w.product, cuts, NULL, NULL), 0);
    assert_int_equal(bh_product_check(&w.product, cuts + 1, note, &t), 1);
    assert_int_equal(t.last.rule, BH_RULE_JOURNAL_ROOM);
    make(&w);
    w.pairs[1].image_max = 4 * KB - 1;
    assert_int_equal(bh_product_check(&w.product, CUTS, NULL, NULL), 0);
    w.pairs[1].image_max = 4 * KB + 1; /* a chunk more, in both slots */
    assert_int_equal(bh_product_check(&w.product, CUTS, note, &t), 2);
    make(&w);
    w.in.unit = w.out.unit = 32; /* the mailbox's largest */
    w.product.n_pairs = 1;
    assert_int_equal(bh_product_check(&w.product, 0, NULL, NULL), 0);
    make(&w);
    w.product.mailbox = NULL;
    w.out.unit = 512;
    assert_int_equal(bh_product_check(&w.product, 0, NULL, NULL), 0);
    make(&w); /* neighbours touch, and that is no overlap */
    w.pairs[1].primary.off = 21 * KB;
    w.pairs[1].secondary.off = w.pairs[1].spare.off = 6 * KB;
    assert_int_equal(bh_product_check(&w.product, CUTS, NULL, NULL), 0);
    w.pairs[1].secondary.off = w.pairs[1].spare.off = 5 * KB;
    assert_int_equal(bh_product_check(&w.product, CUTS, note, &t), 2); /* slot and spare */
    make(&w);
    many_steps(&w);
    w.pairs[0].image_max -= 16;
    memset(&t, 0, sizeof t);
    assert_int_equal(bh_product_check(&w.product, CUTS, note, &t), 1);
    assert_int_equal(t.last.rule, BH_RULE_JOURNAL_ROOM); /* and no longer the number of steps */
    assert_int_equal(t.last.need, bh_journal_need(4, 1, 0xFFFE, CUTS));
}

/* The places that a finding names. */
static void a_finding_names_the_places(void **state)
{
    struct told t = { 0 };
    struct whole w;

    (void)state;
    make(&w);
    secondary_past_its_device(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.pairs[1].secondary);
    make(&w);
    pair_overlap(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.pairs[1].primary);
    assert_ptr_equal(t.last.b, &w.pairs[1].secondary);
    make(&w);
    unit_12(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.a.flash, &w.out);
    assert_int_equal(t.a.len, 64 * KB);
    make(&w);
    large_pages_in_secondary(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.pairs[1].secondary);
    make(&w);
    large_pages_in_primary(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.pairs[1].primary);
    make(&w);
    spare_in_primary(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.pairs[1].spare);
    assert_ptr_equal(t.last.b, &w.pairs[1].primary);
    make(&w);
    spare_in_staged(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.pairs[1].spare);
    assert_int_equal(t.b.off, w.pairs[1].secondary.off + KB); /* where the image is staged */
    assert_int_equal(t.b.len, 4 * KB);
    make(&w);
    spare_on_trailer(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.pairs[1].spare);
    assert_int_equal(t.b.off, w.pairs[1].secondary.off + 5 * KB);
    assert_int_equal(t.b.len, KB);
    make(&w);
    unit_of_64(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.pairs[1].secondary);
    make(&w);
    small_secondary(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.pairs[1].secondary);
    make(&w);
    halves_differ(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.product.journal[0]);
    assert_ptr_equal(t.last.b, &w.product.journal[1]);
    make(&w);
    spare_on_journal(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.product.journal[0]);
    assert_ptr_equal(t.last.b, &w.pairs[1].spare);
    make(&w);
    bootloader_over_slot(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.product.bootloader);
    assert_ptr_equal(t.last.b, &w.pairs[1].primary);
    make(&w);
    spare_of_another_pair(&w);
    (void)bh_product_check(&w.product, CUTS, note, &t);
    assert_ptr_equal(t.last.a, &w.pairs[0].secondary);
    assert_ptr_equal(t.last.b, &w.pairs[1].spare);
}

static void each_rule_has_words(void **state)
{
    (void)state;
    for (unsigned rule = 1; rule < BH_RULES; rule++) {
        assert_string_not_equal(bh_rule_name((enum bh_rule)rule), "unknown");
        assert_true(strlen(bh_rule_text((enum bh_rule)rule)) > 10);
        assert_true(strlen(bh_rule_remedy((enum bh_rule)rule)) > 10);
        assert_true(strlen(bh_rule_consequence((enum bh_rule)rule)) > 10);
        for (unsigned other = 1; other < rule; other++)
            assert_string_not_equal(bh_rule_name((enum bh_rule)rule),
                                    bh_rule_name((enum bh_rule)other));
    }
    for (int i = 0; i < 2; i++) {
        enum bh_rule none = i ? BH_RULE_NONE : BH_RULES;

        assert_string_equal(bh_rule_name(none), "unknown");
        assert_string_equal(bh_rule_remedy(none), "");
        assert_string_equal(bh_rule_consequence(none), "");
        assert_true(strlen(bh_rule_text(none)) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_product_breaks_none), cmocka_unit_test(each_rule_is_told_alone),
        cmocka_unit_test(each_rule_has_a_row),        cmocka_unit_test(all_are_told),
        cmocka_unit_test(rules_end_where_they_say),   cmocka_unit_test(a_finding_names_the_places),
        cmocka_unit_test(each_rule_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
