/* SPDX-License-Identifier: Apache-2.0 */
/* With the rescue part: a page goes bad in an update or in a revert, or a primary rots at rest.
 * What runs in the end, and what is told of it, row by row; rescue.c goes through every operation,
 * and asks less of each. */
#include "device.h"

#include "products.h"
#include "bulkhead/bytes.h"
#include "sim/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The state in which nothing is written any more. versions: 0, nothing is started. */
struct end {
    const char *versions; /* of the pairs */
    enum bh_state state;
    enum bh_outcome outcome;
    enum bh_reason reason;
    enum bh_fault_kind kind; /* of the page that is told: the one that went bad, or none */
    bool wrote;
};

static void begin(struct device *d, const struct bh_product *product, const uint32_t *counters)
{
    struct bh_product with = *product;

    with.rescue = &bh_rescue;
    with.mailbox = NULL;
    with.trial_boots = 1;
    device_open(d, &with, counters);
}

static uint8_t all(const struct device *d)
{
    return (uint8_t)((1u << d->w.product.n_pairs) - 1);
}

static void stage_all(struct device *d, uint8_t version)
{
    for (uint8_t p = 0; p < d->w.product.n_pairs; p++)
        device_stage(d, p, version);
}

/* The version in primary; what is behind the image does not count. */
static uint8_t version_in(struct device *d, uint8_t p)
{
    for (uint8_t v = 1; v < VERSIONS; v++) {
        uint8_t is[0x4000];

        sim_flash_peek(device_chip(&d->w.pairs[p].primary), d->w.pairs[p].primary.off, is,
                       d->len[p]);
        if (memcmp(is, d->image[p][v], d->len[p]) == 0)
            return v;
    }
    return 0;
}

/* Boot until one writes nothing; it is the same image from then on. */
static void settle(struct device *d)
{
    int boots = 0;

    do
        assert_true(sim_world_boot(&d->w));
    while (d->w.power.ops && ++boots < 8);
    assert_int_equal(d->w.power.ops, 0);
}

static void expect(struct device *d, const struct end *e, uint32_t pair, uint32_t index,
                   const char *where)
{
    const struct bh_record *truth = &d->w.boot.journal.truth;
    uint32_t fault = e->kind ? bh_fault(e->kind, e->wrote, pair, index) : 0;
    bool starts = d->w.boot.action == BH_BOOT_START, right = starts == (e->versions[0] != '0');

    for (uint8_t p = 0; starts && p < d->w.product.n_pairs; p++) {
        uint8_t is[0x4000];
        const uint8_t *want = d->image[p][e->versions[p] - '0'];

        /* what lies behind an image may be what a dead page did not let go */
        sim_flash_peek(device_chip(&d->w.pairs[p].primary), d->w.pairs[p].primary.off, is,
                       d->len[p]);
        right = right && want && memcmp(is, want, d->len[p]) == 0;
    }
    if (!right || truth->state != e->state || truth->outcome != e->outcome ||
        truth->reason != e->reason || truth->fault != fault)
        fail_msg("%s, pair %u, %u: version %u, state %u, outcome %u, reason %u, fault 0x%x", where,
                 (unsigned)pair, (unsigned)index,
                 starts ? d->w.boot.verified.image.version.major : 0, truth->state, truth->outcome,
                 truth->reason, truth->fault);
    if (!starts)
        assert_int_not_equal(d->w.boot.reason, BH_REASON_NONE);
}

/* --- in an act ----------------------------------------------------------------------------- */

enum act { UPDATE, REVERT };
enum side { P, L };

#define GIVEN_UP(reason, kind)                                                                     \
    {                                                                                              \
        "11", BH_STATE_IDLE, BH_OUTCOME_GIVEN_UP, reason, kind, true                               \
    }
#define REFUSED(reason)                                                                            \
    {                                                                                              \
        "11", BH_STATE_IDLE, BH_OUTCOME_REFUSED, reason, BH_FAULT_NONE, false                      \
    }
#define REVERTED(reason, kind, wrote)                                                              \
    {                                                                                              \
        "11", BH_STATE_IDLE, BH_OUTCOME_REVERTED, reason, kind, wrote                              \
    }
#define KEPT(kind, wrote)                                                                          \
    {                                                                                              \
        "22", BH_STATE_IDLE, BH_OUTCOME_KEPT, BH_REASON_NO_WAY_BACK, kind, wrote                   \
    }
#define LOST(state, outcome)                                                                       \
    {                                                                                              \
        "00", state, outcome, BH_REASON_PRIMARY_PAGE, BH_FAULT_PRIMARY, true                       \
    }

/* For each chunk or cell from `from` to `to`; 9: the last one. The first row that fits counts. */
static const struct {
    enum act act;
    enum side side;
    enum sim_decay decay;
    uint32_t from, to;
    struct end end;
} rows[] = {
    { UPDATE, P, SIM_WORN, 0, 9, GIVEN_UP(BH_REASON_PRIMARY_PAGE, BH_FAULT_PRIMARY) },
    { UPDATE, P, SIM_SPOILT, 0, 9, LOST(BH_STATE_UPDATING, BH_OUTCOME_NONE) },
    /* a staged image that cannot be read is not begun */
    { UPDATE, L, SIM_WORN, 9, 9, REVERTED(BH_REASON_NOT_CONFIRMED, BH_FAULT_BACKUP, true) },
    { UPDATE, L, SIM_WORN, 0, 9, GIVEN_UP(BH_REASON_BACKUP_PAGE, BH_FAULT_BACKUP) },
    { UPDATE, L, SIM_SPOILT, 0, 0, GIVEN_UP(BH_REASON_BACKUP_PAGE, BH_FAULT_BACKUP) },
    { UPDATE, L, SIM_SPOILT, 1, 1, REFUSED(BH_REASON_NO_IMAGE) },
    { UPDATE, L, SIM_SPOILT, 9, 9, REFUSED(BH_REASON_TLV) },
    { UPDATE, L, SIM_SPOILT, 2, 9, REFUSED(BH_REASON_DIGEST) },
    { UPDATE, L, SIM_UNREADABLE, 0, 0, GIVEN_UP(BH_REASON_BACKUP_PAGE, BH_FAULT_BACKUP) },
    { UPDATE, L, SIM_UNREADABLE, 1, 9, REFUSED(BH_REASON_READ) },
    { UPDATE, L, SIM_GONE, 0, 0, GIVEN_UP(BH_REASON_BACKUP_PAGE, BH_FAULT_BACKUP) },
    { UPDATE, L, SIM_GONE, 1, 9, REFUSED(BH_REASON_READ) },
    { UPDATE, L, SIM_FADED, 0, 0, REVERTED(BH_REASON_NOT_CONFIRMED, BH_FAULT_NONE, false) },
    { UPDATE, L, SIM_FADED, 1, 9, REFUSED(BH_REASON_READ) },
    { REVERT, P, SIM_WORN, 0, 9, KEPT(BH_FAULT_PRIMARY, true) },
    { REVERT, P, SIM_SPOILT, 0, 9, LOST(BH_STATE_REVERTING, BH_OUTCOME_NONE) },
    { REVERT, P, SIM_UNREADABLE, 0, 9, LOST(BH_STATE_RESCUING, BH_OUTCOME_REVERTED) },
    { REVERT, P, SIM_FADED, 0, 9, REVERTED(BH_REASON_PRIMARY_BAD, BH_FAULT_PRIMARY, false) },
    { REVERT, P, SIM_GONE, 0, 9, LOST(BH_STATE_RESCUING, BH_OUTCOME_REVERTED) },
    { REVERT, L, SIM_WORN, 0, 0, REVERTED(BH_REASON_NOT_CONFIRMED, BH_FAULT_NONE, false) },
    { REVERT, L, SIM_WORN, 1, 9, REVERTED(BH_REASON_NOT_CONFIRMED, BH_FAULT_BACKUP, true) },
    { REVERT, L, SIM_SPOILT, 9, 9, REVERTED(BH_REASON_NOT_CONFIRMED, BH_FAULT_BACKUP, true) },
    { REVERT, L, SIM_SPOILT, 0, 9, KEPT(BH_FAULT_NONE, false) },
    { REVERT, L, SIM_UNREADABLE, 9, 9, REVERTED(BH_REASON_NOT_CONFIRMED, BH_FAULT_BACKUP, true) },
    { REVERT, L, SIM_UNREADABLE, 0, 9, KEPT(BH_FAULT_NONE, false) },
    { REVERT, L, SIM_GONE, 9, 9, REVERTED(BH_REASON_NOT_CONFIRMED, BH_FAULT_BACKUP, true) },
    { REVERT, L, SIM_GONE, 0, 9, KEPT(BH_FAULT_NONE, false) },
    { REVERT, L, SIM_FADED, 9, 9, REVERTED(BH_REASON_NOT_CONFIRMED, BH_FAULT_NONE, false) },
    { REVERT, L, SIM_FADED, 0, 9, KEPT(BH_FAULT_NONE, false) },
};
#define ROWS (sizeof rows / sizeof rows[0])

/* The chunks of an image, one less than its cells. */
static uint32_t chunks(const struct device *d, uint32_t pair)
{
    return bh_round_up(d->len[pair], d->w.pairs[pair].chunk) / d->w.pairs[pair].chunk;
}

static void one_page(const struct bh_product *product, unsigned row, uint32_t pair, uint32_t i)
{
    struct bh_region page;
    struct device d;

    begin(&d, product, NULL);
    stage_all(&d, 2);
    device_request(&d, all(&d), BH_REQUEST_TEST, BH_OK);
    if (rows[row].act == REVERT)
        assert_true(sim_world_boot(&d.w));
    page = rows[row].side == P ? bh_pair_p(&d.w.pairs[pair], i) : bh_pair_l(&d.w.pairs[pair], i);
    sim_flash_decay(device_chip(&page), page.off, rows[row].decay);
    settle(&d);
    expect(&d, &rows[row].end, pair, i,
           rows[row].act == REVERT ? (rows[row].side == P ? "revert, P" : "revert, L")
           : rows[row].side == P   ? "update, P"
                                   : "update, L");
    device_close(&d);
}

static bool fits(unsigned row, uint32_t i, uint32_t last)
{
    return (i >= rows[row].from && i <= rows[row].to) || (i == last && rows[row].to == 9);
}

/* Each row at each place that no earlier row has. */
static void bad_page(const struct bh_product *product, uint32_t pair)
{
    for (unsigned r = 0; r < ROWS; r++) {
        struct device d;
        uint32_t last;

        begin(&d, product, NULL);
        last = chunks(&d, pair) - (rows[r].side == P);
        device_close(&d);
        for (uint32_t i = 0; i <= last; i++) {
            bool had = !fits(r, i, last);

            for (unsigned e = 0; e < r; e++)
                had |= rows[e].act == rows[r].act && rows[e].side == rows[r].side &&
                       rows[e].decay == rows[r].decay && fits(e, i, last);
            if (!had)
                one_page(product, r, pair, i);
        }
    }
}

static void a_page_of_one_image(void **state)
{
    (void)state;
    bad_page(engine_products[1], 0);
}

/* On trial, and both images have a chunk that is gone: the new one's last is still where it was
 * staged. */
static void the_new_image_is_in_pieces(void **state)
{
    static const struct end end = {
        "22", BH_STATE_IDLE, BH_OUTCOME_KEPT, BH_REASON_NO_WAY_BACK, BH_FAULT_NONE, false
    };
    struct device d;

    (void)state;
    begin(&d, engine_products[1], NULL);
    device_stage(&d, 0, 2);
    device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
    assert_true(sim_world_boot(&d.w));
    device_poke(&d.w.pairs[0].primary, 4 * 2048 + 200, 0x77);
    device_poke(&d.w.pairs[0].secondary, 200, 0x77); /* the spare, where the old one's first is */
    device_boots(&d, "2", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_PRIMARY_BAD);
    settle(&d);
    expect(&d, &end, 0, 0, "both in pieces");
    device_close(&d);
}

/* How much of version 2 is in primary, or SIZE_MAX if it is not whole in two pieces: the first so
 * many chunks there, the others staged. */
static size_t cut_of_two(struct device *d)
{
    const struct bh_pair *pair = &d->w.pairs[0];
    static uint8_t p[7 * 4096], l[7 * 4096];

    assert_true(d->len[0] <= sizeof p);
    sim_flash_peek(device_chip(&pair->primary), pair->primary.off, p, d->len[0]);
    sim_flash_peek(device_chip(&pair->secondary), pair->secondary.off, l, d->len[0]);
    for (size_t n = 0; n <= d->len[0]; n += pair->chunk)
        if (memcmp(p, d->image[0][2], n) == 0 &&
            memcmp(l + n, d->image[0][2] + n, d->len[0] - n) == 0)
            return n / pair->chunk;
    return SIZE_MAX;
}

/* Overwritten, cut at any operation, and then any staged chunk spoilt: wherever the new image is
 * whole in two pieces, whichever step the journal tells, it is put together. */
static void overwritten_and_cut(void **state)
{
    unsigned found[2] = { 0, 0 }, lost = 0;

    (void)state;
    for (uint64_t at = 1; at < 90; at++)
        for (uint32_t spoilt = 0; spoilt < 7; spoilt++) {
            struct device d;
            size_t cut;

            begin(&d, engine_products[4], NULL);
            device_stage(&d, 0, 2);
            device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
            d.w.power.cut = (struct sim_cut){ .at = at, .when = SIM_CUT_BEFORE };
            if (!sim_world_boot(&d.w)) {
                d.w.power.cut.at = 0;
                device_poke(&d.w.pairs[0].secondary, spoilt * 4096 + 100, 0x77);
                cut = cut_of_two(&d);
                settle(&d);
                if (cut != SIZE_MAX && cut) {
                    assert_int_equal(d.w.boot.action, BH_BOOT_START);
                    assert_true(sim_world_runs(&d.w, 0, d.image[0][2], d.len[0]));
                    found[cut % 2]++;
                } else {
                    lost += d.w.boot.action == BH_BOOT_RECOVER;
                }
            }
            device_close(&d);
        }
    assert_true(found[0] > 3 && found[1] > 3 && lost > 3);
}

/* Is the image of this version whole in two pieces? The first `cells` chunks are in L, and the
 * others in P (old), or the other way round (new). */
static bool in_two_pieces(struct device *d, uint8_t version, bool old)
{
    const struct bh_pair *pair = &d->w.pairs[0];

    for (uint32_t cut = 0; cut <= chunks(d, 0); cut++) {
        bool same = true;

        for (uint32_t i = 0; same && i < chunks(d, 0); i++) {
            uint8_t is[2048];
            struct bh_region r =
                (i < cut) == old ? bh_pair_l(pair, old ? i : i + 1) : bh_pair_p(pair, i);
            uint32_t n = bh_min(sizeof is, d->len[0] - i * 2048u);

            sim_flash_peek(device_chip(&r), r.off, is, n);
            same = memcmp(is, d->image[0][version] + i * 2048u, n) == 0;
        }
        if (same)
            return true;
    }
    return false;
}

/* An update, cut at any operation, and then any two cells of the backup side spoilt: an image
 * starts if the old or the new one is whole in two pieces, at whatever step. */
static void two_cells_spoilt(void **state)
{
    unsigned whole = 0, lost = 0;

    (void)state;
    for (uint64_t at = 9; at < 70; at++)
        for (uint32_t both = 0; both < 36; both++) {
            struct device d;
            bool any, going;

            if (both / 6 >= both % 6)
                continue;
            begin(&d, engine_products[1], NULL);
            device_stage(&d, 0, 2);
            device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
            d.w.power.cut = (struct sim_cut){ .at = at, .when = SIM_CUT_BEFORE };
            if (!sim_world_boot(&d.w)) {
                d.w.power.cut.at = 0;
                for (int i = 0; i < 2; i++) {
                    struct bh_region l = bh_pair_l(&d.w.pairs[0], i ? both / 6 : both % 6);

                    device_poke(&l, 100, 0x77);
                }
                any = in_two_pieces(&d, 2, false);
                going = any;
                any = any || in_two_pieces(&d, 1, true);
                assert_true(sim_world_boot(&d.w));
                assert_int_equal(d.w.boot.action == BH_BOOT_START, any);
                if (!going) /* no step toward an image that is not whole */
                    assert_false(d.w.boot.trace >> BH_ACT_UPDATE & 1u);
                whole += any;
                lost += !any;
            }
            device_close(&d);
        }
    assert_true(whole > 100 && lost > 100);
}

/* The journal was lost in a trial, and the mailbox tells of it. The last chunk of the new image
 * rots: it is still where it was staged, but nobody confirmed it, so the old one comes first. */
static void a_trial_that_was_adopted_is_given_up(void **state)
{
    struct device d;

    (void)state;
    device_open(&d, engine_products[1], NULL);
    d.w.product.rescue = &bh_rescue;
    device_stage(&d, 0, 2);
    device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
    device_boots(&d, "2", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_NONE);
    for (int half = 0; half < 2; half++) {
        const struct bh_region *r = &d.w.product.journal[half];

        for (uint32_t off = 0; off < r->len; off++)
            device_poke(r, off, r->flash->erased);
    }
    device_boots(&d, "2", BH_STATE_TRIAL, BH_OUTCOME_NONE, BH_REASON_JOURNAL_NEW);
    device_poke(&d.w.pairs[0].primary, 4 * 2048 + 200, 0x77);
    settle(&d);
    device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_PRIMARY_BAD);
    device_close(&d);
}

/* The page gets well, with what a rescue toward the old image writes there; or it goes bad. */
static void turn_page(struct device *d, uint32_t i, bool well)
{
    struct bh_region page = bh_pair_p(&d->w.pairs[0], i), copy = bh_pair_l(&d->w.pairs[0], i);

    sim_flash_decay(device_chip(&page), page.off, well ? SIM_SOUND : SIM_UNREADABLE);
    for (uint32_t k = 0; well && k < page.len; k++)
        device_poke(&page, k, device_peek(&copy, k));
}

/* A rescue failed at one page, and then at another, so that no attempt is left and nothing is
 * written any more. Then that one gets well: the image is put together after all, and what is
 * stated on the way can be read. True if both cuts met something. */
static bool a_page_comes_round(uint64_t first, uint64_t second)
{
    bool cut[2];
    struct device d;

    begin(&d, engine_products[1], NULL);
    stage_all(&d, 2);
    device_request(&d, all(&d), BH_REQUEST_TEST, BH_OK);
    assert_true(sim_world_boot(&d.w));
    for (uint32_t i = 2; i < 4; i++) {
        turn_page(&d, i, false);
        settle(&d);
        assert_int_equal(d.w.boot.action, BH_BOOT_RECOVER);
        assert_int_equal(d.w.boot.journal.truth.state, BH_STATE_RESCUING);
        assert_int_equal(d.w.boot.journal.truth.boots_left, 3 - i);
        turn_page(&d, i, true);
    }
    device_poke(&d.w.pairs[0].primary, 200, 0x77); /* or it would be whole by now */
    for (int i = 0; i < 2; i++) {
        d.w.power.cut = (struct sim_cut){ .at = i ? second : first, .when = SIM_CUT_AFTER };
        cut[i] = !sim_world_boot(&d.w);
    }
    d.w.power.cut.at = 0;
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(d.w.boot.journal.why, BH_REASON_NONE);
    device_boots(&d, "1", BH_STATE_IDLE, BH_OUTCOME_REVERTED, BH_REASON_PRIMARY_PAGE);
    device_close(&d);
    return cut[0] && cut[1];
}

static void a_page_comes_round_after_the_last_attempt(void **state)
{
    uint64_t first = 1, second = 1;

    (void)state;
    while (second > 1 || first == 1) {
        for (second = 1; a_page_comes_round(first, second);)
            second++;
        first++;
    }
}

/* A stranger wrote one of a set in the middle of an update: that one stays, and the other follows.
 * When it rots later, and is staged again, it is put back like any other. */
static void one_of_a_set_was_written(void **state)
{
    struct device d;

    (void)state;
    begin(&d, engine_products[3], NULL);
    stage_all(&d, 2);
    device_request(&d, 3, BH_REQUEST_TEST, BH_OK);
    d.w.power.cut = (struct sim_cut){ .at = 24, .when = SIM_CUT_BEFORE };
    assert_false(sim_world_boot(&d.w));
    d.w.power.cut.at = 0;
    sim_world_install(&d.w, 1, d.image[1][3], d.len[1]);
    settle(&d);
    assert_int_equal(d.w.boot.action, BH_BOOT_START);
    assert_int_equal(d.w.boot.journal.truth.outcome, BH_OUTCOME_REPLACED);
    assert_int_equal(version_in(&d, 0), 1);
    assert_int_equal(version_in(&d, 1), 3);
    device_stage(&d, 1, 3);
    device_poke(&d.w.pairs[1].primary, 200, 0x77);
    settle(&d);
    assert_int_equal(d.w.boot.action, BH_BOOT_START);
    assert_int_equal(version_in(&d, 0), 1);
    assert_int_equal(version_in(&d, 1), 3);
    assert_int_equal(d.w.boot.journal.truth.outcome, BH_OUTCOME_RESTORED);
    device_close(&d);
}

/* The same, and the other one was put back to its old image, which is nowhere else any more: it is
 * whole where it is, whatever step the journal tells. */
static void one_of_a_set_was_put_back(void **state)
{
    (void)state;
    for (uint64_t at = 9; at < 60; at++)
        for (uint8_t back = 0; back < 2; back++) {
            uint8_t other = 1 - back;
            struct device d;

            begin(&d, engine_products[3], NULL);
            stage_all(&d, 2);
            device_request(&d, 3, BH_REQUEST_TEST, BH_OK);
            d.w.power.cut = (struct sim_cut){ .at = at, .when = SIM_CUT_BEFORE };
            if (!sim_world_boot(&d.w)) {
                d.w.power.cut.at = 0;
                sim_world_install(&d.w, other, d.image[other][3], d.len[other]);
                sim_world_install(&d.w, back, d.image[back][1], d.len[back]);
                for (uint32_t i = 0; i < 3; i++) {
                    struct bh_region l = bh_pair_l(&d.w.pairs[back], i);

                    device_poke(&l, 100, 0x77);
                }
                settle(&d);
                assert_int_equal(d.w.boot.action, BH_BOOT_START);
                assert_int_equal(version_in(&d, other), 3);
                assert_int_equal(version_in(&d, back), 1);
            }
            device_close(&d);
        }
}

/* The second of two was updated alone; then the first one rots, of which a copy is staged. It is
 * put back, and the second one is left as it is. */
static void one_rots_after_the_other_moved(void **state)
{
    struct device d;

    (void)state;
    begin(&d, engine_products[3], NULL);
    device_stage(&d, 1, 2);
    device_request(&d, 2, BH_REQUEST_PERMANENT, BH_OK);
    settle(&d);
    device_stage(&d, 0, 1);
    device_poke(&d.w.pairs[0].primary, 200, 0x77);
    settle(&d);
    assert_int_equal(d.w.boot.action, BH_BOOT_START);
    assert_int_equal(version_in(&d, 0), 1);
    assert_int_equal(version_in(&d, 1), 2);
    assert_int_equal(d.w.boot.journal.truth.outcome, BH_OUTCOME_RESTORED);
    device_close(&d);
}

/* --- at rest ------------------------------------------------------------------------------- */

enum past { FACTORY, UPDATED, CONFIRMED, WENT_BACK };

static void live(struct device *d, enum past past)
{
    if (past == FACTORY)
        return;
    stage_all(d, 2);
    device_request(d, all(d), past == UPDATED ? BH_REQUEST_PERMANENT : BH_REQUEST_TEST, BH_OK);
    assert_true(sim_world_boot(&d->w));
    if (past == CONFIRMED)
        assert_true(sim_world_confirm(&d->w));
    for (int i = 0; i < 2; i++)
        assert_true(sim_world_boot(&d->w));
}

/* One image: the backup that the update left, what was staged since, or what is in two pieces. */
static void one_image_rots(void **state)
{
    static const struct {
        enum past past;
        bool staged; /* version 3 */
        uint32_t at; /* the chunk of primary that rots */
        const char *version;
    } cases[] = {
        { FACTORY, false, 0, "0" },   { FACTORY, false, 4, "0" },   { FACTORY, true, 0, "3" },
        { FACTORY, true, 4, "3" },    { UPDATED, false, 0, "1" },   { UPDATED, false, 2, "1" },
        { UPDATED, false, 4, "2" }, /* its last chunk is still where it was staged */
        { UPDATED, true, 0, "3" },    { CONFIRMED, false, 2, "1" }, { CONFIRMED, false, 4, "2" },
        { CONFIRMED, true, 2, "3" },  { WENT_BACK, false, 0, "1" }, /* its first is in the spare */
        { WENT_BACK, false, 2, "2" }, { WENT_BACK, false, 4, "2" }, { WENT_BACK, true, 0, "1" },
        { WENT_BACK, true, 2, "3" },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct end end = { cases[i].version,      BH_STATE_IDLE, BH_OUTCOME_RESTORED,
                           BH_REASON_PRIMARY_BAD, BH_FAULT_NONE, false };
        struct device d;

        begin(&d, engine_products[1], NULL);
        assert_true(sim_world_boot(&d.w));
        live(&d, cases[i].past);
        if (cases[i].staged)
            device_stage(&d, 0, 3);
        device_poke(&d.w.pairs[0].primary, cases[i].at * d.w.pairs[0].chunk + 200, 0x77);
        if (cases[i].version[0] == '0') {
            end.outcome = BH_OUTCOME_NONE;
            end.reason = BH_REASON_JOURNAL_NEW;
        }
        settle(&d);
        expect(&d, &end, 0, i, "at rest, row");
        device_close(&d);
    }
}

/* A set is restored as a whole, to the images that ran together, or not at all; one that was never
 * part of a set by itself. */
static void a_set_rots(void **state)
{
    static const struct {
        enum past past;
        bool staged;
        const char *versions;
    } cases[] = {
        { FACTORY, false, "00" },   { FACTORY, true, "13" },    { UPDATED, false, "11" },
        { UPDATED, true, "00" },    { CONFIRMED, false, "11" }, { CONFIRMED, true, "00" },
        { WENT_BACK, false, "22" }, { WENT_BACK, true, "00" },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct bh_record *truth;
        struct device d;

        begin(&d, engine_products[3], NULL);
        assert_true(sim_world_boot(&d.w));
        live(&d, cases[i].past);
        if (cases[i].staged)
            stage_all(&d, 3);
        device_poke(&d.w.pairs[1].primary, 200, 0x77);
        settle(&d);
        truth = &d.w.boot.journal.truth;
        assert_int_equal(truth->state, BH_STATE_IDLE);
        if (cases[i].versions[0] == '0') {
            assert_int_equal(d.w.boot.action, BH_BOOT_RECOVER);
            assert_int_not_equal(truth->outcome, BH_OUTCOME_RESTORED);
        } else {
            struct end end = { cases[i].versions,     BH_STATE_IDLE, BH_OUTCOME_RESTORED,
                               BH_REASON_PRIMARY_BAD, BH_FAULT_NONE, false };

            expect(&d, &end, 0, i, "a set at rest, row");
        }
        device_close(&d);
    }
}

/* Nothing below the floor is put together. */
static void the_floor_holds(void **state)
{
    static const uint32_t counters[] = { 10, 20 };

    (void)state;
    for (int n = 0; n < 2; n++) {
        struct device d;

        begin(&d, engine_products[n ? 3 : 1], counters);
        live(&d, CONFIRMED);
        assert_int_equal(d.w.boot.journal.truth.pair[n].floor, counters[n] + 2);
        device_poke(&d.w.pairs[n].primary, 200, 0x77);
        settle(&d);
        assert_int_equal(d.w.boot.action, BH_BOOT_RECOVER);
        device_close(&d);
    }
}

/* --- a set in an act ----------------------------------------------------------------------- */

/* Pages of one pair, before or after the other was moved: both go the same way. */
static void a_page_of_a_set(void **state)
{
    (void)state;
    for (uint32_t pair = 0; pair < 2; pair++)
        for (int act = UPDATE; act <= REVERT; act++)
            for (int side = P; side <= L; side++)
                for (enum sim_decay h = SIM_WORN; h <= SIM_SPOILT; h++)
                    for (uint32_t i = 0; i < 2; i++) {
                        unsigned r = 0;

                        while (rows[r].act != (enum act)act || rows[r].side != (enum side)side ||
                               rows[r].decay != h || rows[r].from > i || rows[r].to < i)
                            r++;
                        one_page(engine_products[3], r, pair, i);
                    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_new_image_is_in_pieces),
        cmocka_unit_test(overwritten_and_cut),
        cmocka_unit_test(two_cells_spoilt),
        cmocka_unit_test(a_trial_that_was_adopted_is_given_up),
        cmocka_unit_test(a_page_comes_round_after_the_last_attempt),
        cmocka_unit_test(one_of_a_set_was_written),
        cmocka_unit_test(one_of_a_set_was_put_back),
        cmocka_unit_test(one_rots_after_the_other_moved),
        cmocka_unit_test(a_page_of_one_image),
        cmocka_unit_test(one_image_rots),
        cmocka_unit_test(a_set_rots),
        cmocka_unit_test(the_floor_holds),
        cmocka_unit_test(a_page_of_a_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
