/* SPDX-License-Identifier: Apache-2.0 */
/* A device changes its bootloader: from MCUboot to ours and back, in every state that either can
 * leave behind.
 *
 * MCUboot's side is a model, written from its documented tables (fields, swap type, status source,
 * the steps of its three swaps), not from its code: it moves real images on simulated flash and
 * stops after any of its operations. Then our bootloader is started. docs/from-mcuboot.md has what
 * comes of it, as this program prints it (--table); a test compares. */
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
#define ALIGN 8u
#define UNIT 4u
#define STATUS 256u /* bytes from the slot's end to the first status entry, in this model */

static const struct bh_page_run runs[] = { { FIELD_PAGES, PAGE } };
static uint8_t old_image[IMAGE], new_image[IMAGE];
#define OLD_LEN (IMAGE - 64u)
#define NEW_LEN (IMAGE - 128u)

enum mode { OFFSET, MOVE, SCRATCH, MODES };
static const char *const mode_names[] = { "swap-using-offset", "swap-using-move",
                                          "swap-using-scratch" };

/* --- the device ------------------------------------------------------------------------------ */

struct device {
    struct sim_world w;
    enum mode mode;
    struct bh_region p, s, scratch; /* as MCUboot's flash map has them */
    uint32_t staged;                /* where in s a new image is uploaded to */
};

static void open_device(struct device *d, enum mode mode)
{
    static struct bh_flash inside, outside;
    static struct bh_pair pair;
    static const struct bh_pair pairs[MODES] = {
        [OFFSET] = { .primary = { &inside, FIELD_PRIMARY * PAGE, IMAGE + PAGE },
                     .secondary = { &outside, 0, PAGE + IMAGE + PAGE },
                     .spare = { &outside, 0, PAGE },
                     .staged_off = PAGE },
        /* a page of primary to move up into; the spare before the secondary's trailer */
        [MOVE] = { .primary = { &inside, FIELD_PRIMARY * PAGE, IMAGE + 2 * PAGE },
                   .secondary = { &outside, 0, IMAGE + 2 * PAGE },
                   .spare = { &outside, IMAGE, PAGE } },
        [SCRATCH] = { .primary = { &inside, FIELD_PRIMARY * PAGE, IMAGE + PAGE },
                      .secondary = { &outside, 0, IMAGE + PAGE },
                      .spare = { &outside, 32 * PAGE, PAGE } },
    };
    struct bh_product product;

    inside = outside = field_flash(runs, UNIT);
    product = field_product(&inside, &pair, 1);
    product.rescue = &bh_rescue;
    pair = pairs[mode];
    pair.name = "app";
    pair.chunk = PAGE;
    pair.image_max = IMAGE;
    if (sim_world_open(&d->w, &product, NULL))
        fail_msg("%s", d->w.why);
    d->mode = mode;
    d->p = d->w.pairs[0].primary;
    d->s = d->w.pairs[0].secondary;
    d->scratch = d->w.pairs[0].spare;
    d->staged = pair.staged_off;
    sim_image_make(old_image, OLD_LEN, 1, 0);
    sim_image_make(new_image, NEW_LEN, 2, 0);
    sim_world_install(&d->w, 0, old_image, OLD_LEN);
}

static void close_device(struct device *d)
{
    assert_null(sim_world_misuse(&d->w));
    sim_world_close(&d->w);
}

static void peek(const struct bh_region *r, uint32_t off, void *to, uint32_t len)
{
    sim_flash_peek(r->flash->context, r->off + off, to, len);
}

static bool holds(const struct bh_region *r, uint32_t off, const uint8_t *image, uint32_t len)
{
    uint8_t have[IMAGE];

    peek(r, off, have, len);
    return !memcmp(have, image, len);
}

/* All that a swap may touch. */
struct snapshot {
    uint8_t p[IMAGE + 2 * PAGE], s[IMAGE + 2 * PAGE], scratch[PAGE];
};

static void take(const struct device *d, struct snapshot *out)
{
    memset(out, 0, sizeof *out);
    peek(&d->p, 0, out->p, d->p.len);
    peek(&d->s, 0, out->s, d->s.len);
    peek(&d->scratch, 0, out->scratch, PAGE);
}

/* --- MCUboot's trailer ------------------------------------------------------------------------ */

enum mark { UNSET, SET, BAD };
enum type { NONE = 1, TEST = 2, PERMANENT = 3, REVERT = 4, RESUME = 100 };

struct trailer {
    enum mark magic, image_ok, copy_done;
    uint8_t info; /* the byte itself */
};

static const uint8_t magic8[16] = { 0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                    0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80 };
enum { MAGIC_AT = 16, OK_AT = 24, DONE_AT = 32, INFO_AT = 40, SIZE_AT = 56 };

static enum mark flag_at(const struct bh_region *slot, uint32_t back)
{
    uint8_t value;

    peek(slot, slot->len - back, &value, 1);
    return value == 1 ? SET : value == 0xFF ? UNSET : BAD;
}

static struct trailer look(const struct bh_region *slot)
{
    uint8_t magic[16];
    struct trailer t;

    peek(slot, slot->len - MAGIC_AT, magic, sizeof magic);
    t.magic = !memcmp(magic, magic8, sizeof magic) ? SET
              : bh_all(magic, 0xFF, sizeof magic)  ? UNSET
                                                   : BAD;
    t.image_ok = flag_at(slot, OK_AT);
    t.copy_done = flag_at(slot, DONE_AT);
    peek(slot, slot->len - INFO_AT, &t.info, 1);
    return t;
}

/* The documented tables: is a swap to be resumed, and if not, of which type is the next one? */
static enum type says(enum mode mode, struct trailer p, struct trailer s, bool scratch)
{
    bool named = (p.info & 15) >= TEST && (p.info & 15) <= REVERT;

    if (mode == SCRATCH && scratch)
        return RESUME;
    if (p.magic == SET && p.copy_done == UNSET && named && (mode == SCRATCH || s.magic != SET))
        return RESUME;
    if (mode == OFFSET && s.magic == SET && s.image_ok == UNSET && s.copy_done == SET)
        return REVERT;
    if (s.magic == SET && s.image_ok == UNSET)
        return TEST;
    if (s.magic == SET && s.image_ok == SET)
        return PERMANENT;
    if (p.magic == SET && p.image_ok == UNSET && p.copy_done == SET)
        return REVERT;
    return NONE;
}

static enum type mcuboot_says(const struct device *d)
{
    return says(d->mode, look(&d->p), look(&d->s),
                d->mode == SCRATCH && look(&d->scratch).magic == SET);
}

/* --- MCUboot's operations --------------------------------------------------------------------- */

/* So many are carried out, then the power fails: what follows does nothing. */
static unsigned left;

static bool powered(void)
{
    return left && left--;
}

static void erase(const struct bh_region *r, uint32_t off)
{
    if (powered())
        assert_int_equal(bh_region_erase(r, off, PAGE), BH_OK);
}

static void erase_trailer(const struct bh_region *slot)
{
    erase(slot, slot->len - PAGE);
}

static void copy(const struct bh_region *to, uint32_t off, const struct bh_region *from,
                 uint32_t from_off)
{
    uint8_t page[PAGE];

    if (!powered())
        return;
    peek(from, from_off, page, PAGE);
    assert_int_equal(bh_region_program(to, off, page, PAGE), BH_OK);
}

static void put(const struct bh_region *slot, uint32_t back, const void *data, uint32_t len)
{
    if (powered())
        assert_int_equal(bh_region_program(slot, slot->len - back, data, len), BH_OK);
}

static void put_flag(const struct bh_region *slot, uint32_t back, uint8_t value)
{
    uint8_t unit[UNIT] = { value, 0xFF, 0xFF, 0xFF };

    put(slot, back, unit, sizeof unit);
}

/* Status entry i. */
static void entry(const struct bh_region *slot, uint32_t i)
{
    put_flag(slot, STATUS - i * UNIT, (uint8_t)(1 + i % 3));
}

static void init(const struct bh_region *slot, enum type type, bool ok)
{
    uint8_t size[UNIT] = { 0xC0, 0x0F, 0, 0 };

    put_flag(slot, INFO_AT, (uint8_t)type);
    if (ok)
        put_flag(slot, OK_AT, 1);
    put(slot, SIZE_AT, size, sizeof size);
    put(slot, MAGIC_AT, magic8, sizeof magic8);
}

static void conclude(const struct device *d, enum type type)
{
    if (type != TEST && look(&d->p).image_ok == UNSET)
        put_flag(&d->p, OK_AT, 1);
    put_flag(&d->p, DONE_AT, 1);
}

static void swap_offset(struct device *d, enum type type)
{
    uint32_t i = 0;

    if (type == REVERT) { /* the decision is kept alive while primary's trailer is made anew */
        erase_trailer(&d->s);
        put_flag(&d->s, DONE_AT, 1);
        init(&d->s, REVERT, false);
    }
    erase_trailer(&d->p);
    init(&d->p, type, type == PERMANENT);
    erase_trailer(&d->s);
    for (uint32_t x = 0; type != REVERT && x < CHUNKS; x++) {
        erase(&d->s, x * PAGE);
        copy(&d->s, x * PAGE, &d->p, x * PAGE);
        entry(&d->p, i++);
        erase(&d->p, x * PAGE);
        copy(&d->p, x * PAGE, &d->s, (x + 1) * PAGE);
        entry(&d->p, i++);
    }
    for (uint32_t x = CHUNKS; type == REVERT && x-- > 0;) {
        erase(&d->s, (x + 1) * PAGE);
        copy(&d->s, (x + 1) * PAGE, &d->p, x * PAGE);
        entry(&d->p, i++);
        erase(&d->p, x * PAGE);
        copy(&d->p, x * PAGE, &d->s, x * PAGE);
        entry(&d->p, i++);
    }
    if (type == REVERT) {
        erase(&d->s, 0);
        erase_trailer(&d->s);
    }
    conclude(d, type);
}

static void swap_move(struct device *d, enum type type)
{
    uint32_t i = 0;

    if (type == REVERT) { /* made to look like a request for good */
        uint8_t size[UNIT] = { 0xC0, 0x0F, 0, 0 };

        erase_trailer(&d->s);
        put_flag(&d->s, OK_AT, 1);
        put(&d->s, SIZE_AT, size, sizeof size);
        put(&d->s, MAGIC_AT, magic8, sizeof magic8);
    }
    erase_trailer(&d->p);
    init(&d->p, type, type != TEST);
    erase_trailer(&d->s);
    for (uint32_t x = CHUNKS; x > 0; x--) {
        erase(&d->p, x * PAGE);
        copy(&d->p, x * PAGE, &d->p, (x - 1) * PAGE);
        entry(&d->p, i++);
    }
    for (uint32_t x = 0; x < CHUNKS; x++) {
        erase(&d->p, x * PAGE);
        copy(&d->p, x * PAGE, &d->s, x * PAGE);
        entry(&d->p, i++);
        erase(&d->s, x * PAGE);
        copy(&d->s, x * PAGE, &d->p, (x + 1) * PAGE);
        entry(&d->p, i++);
    }
    conclude(d, type);
}

static void swap_scratch(struct device *d, enum type type)
{
    uint32_t i = 0;

    erase(&d->scratch, 0);
    init(&d->scratch, type, type == PERMANENT);
    erase_trailer(&d->p);
    init(&d->p, type, type == PERMANENT);
    erase(&d->scratch, 0);
    for (uint32_t x = CHUNKS; x-- > 0;) {
        erase(&d->scratch, 0);
        copy(&d->scratch, 0, &d->s, x * PAGE);
        entry(&d->p, i++);
        erase(&d->s, x * PAGE);
        copy(&d->s, x * PAGE, &d->p, x * PAGE);
        if (x == CHUNKS - 1)
            erase_trailer(&d->s);
        entry(&d->p, i++);
        erase(&d->p, x * PAGE);
        copy(&d->p, x * PAGE, &d->scratch, 0);
        entry(&d->p, i++);
    }
    conclude(d, type);
}

static void swap(struct device *d, enum type type)
{
    static void (*const swaps[])(struct device * d, enum type type) = { swap_offset, swap_move,
                                                                        swap_scratch };

    swaps[d->mode](d, type);
}

/* The application uploads the new image, and asks for it. */
static void upload(struct device *d, bool permanent)
{
    left = UINT32_MAX;
    assert_int_equal(bh_region_erase(&d->s, 0, d->s.len), BH_OK);
    assert_int_equal(bh_region_program(&d->s, d->staged, new_image, NEW_LEN), BH_OK);
    put(&d->s, MAGIC_AT, magic8, sizeof magic8);
    if (permanent)
        put_flag(&d->s, OK_AT, 1);
    put_flag(&d->s, INFO_AT, permanent ? PERMANENT : TEST);
}

/* --- what our bootloader does with it --------------------------------------------------------- */

static const struct bh_record *truth(const struct device *d)
{
    return &d->w.boot.journal.truth;
}

static void boots(struct device *d, const uint8_t *image, uint32_t len)
{
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, BH_BOOT_START);
    assert_true(holds(&d->p, 0, image, len));
}

static void boots_old(struct device *d)
{
    boots(d, old_image, OLD_LEN);
}

static void boots_new(struct device *d)
{
    boots(d, new_image, NEW_LEN);
}

/* It was asked for and not begun, or can be begun anew: as if MCUboot had never been there. */
static const char *installed(struct device *d, bool permanent)
{
    boots_new(d);
    if (permanent) {
        assert_int_equal(truth(d)->outcome, BH_OUTCOME_CONFIRMED);
        boots_new(d);
        return "installed for good";
    }
    assert_int_equal(truth(d)->state, BH_STATE_TRIAL);
    boots_old(d);
    assert_int_equal(truth(d)->outcome, BH_OUTCOME_REVERTED);
    return "installed on trial";
}

/* A swap was interrupted. However often it is started, nothing in the slots is written; what is
 * whole is started, and otherwise the reason says what to do. */
static const char *left_alone(struct device *d)
{
    struct snapshot before, after;
    struct bh_app_status s;
    bool whole = holds(&d->p, 0, old_image, OLD_LEN) || holds(&d->p, 0, new_image, NEW_LEN);

    take(d, &before);
    for (int i = 0; i < 4; i++) {
        assert_true(sim_world_boot(&d->w));
        assert_int_equal(d->w.boot.action, whole ? BH_BOOT_START : BH_BOOT_RECOVER);
        if (!whole || i == 0)
            assert_int_equal(d->w.boot.reason, BH_REASON_FOREIGN_SWAP);
        if (!whole)
            assert_int_equal(d->w.power.ops, 0);
        take(d, &after);
        assert_memory_equal(&before, &after, sizeof before);
    }
    if (whole) { /* nobody knows whether it was confirmed; the application can */
        assert_int_equal(truth(d)->outcome, BH_OUTCOME_KEPT);
        if (look(&d->s).magic != SET) /* otherwise the request was refused since */
            assert_int_equal(truth(d)->reason, BH_REASON_FOREIGN_SWAP);
        assert_int_equal(bh_app_confirm(&d->w.product, &d->w.work), BH_OK);
        assert_int_equal(bh_app_status(&d->w.product, &d->w.work, &s), BH_OK);
        assert_true(s.confirmed);
    }
    return whole ? "primary starts, *kept*, *foreign-swap*; no slot is written"
                 : "recovery, *foreign-swap*; no slot is written";
}

/* On trial with its way back: it goes on, and ends as trials do, in both ways. */
static const char *goes_on(struct device *d, bool confirm)
{
    boots_new(d);
    assert_int_equal(truth(d)->state, BH_STATE_TRIAL);
    assert_int_equal(truth(d)->pair[0].size_old, OLD_LEN);
    assert_int_equal(truth(d)->pair[0].size_new, NEW_LEN);
    if (confirm) {
        assert_int_equal(bh_app_confirm(&d->w.product, &d->w.work), BH_OK);
        boots_new(d);
        assert_int_equal(truth(d)->outcome, BH_OUTCOME_CONFIRMED);
        boots_new(d);
    } else {
        boots_old(d);
        assert_int_equal(truth(d)->outcome, BH_OUTCOME_REVERTED);
        boots_old(d);
        assert_int_equal(d->w.power.ops, 0);
    }
    return "the trial goes on";
}

/* Without a way back that we could use: told, and still to be confirmed. */
static const char *kept(struct device *d)
{
    struct bh_app_status s;

    boots_new(d);
    assert_int_equal(truth(d)->state, BH_STATE_IDLE);
    assert_int_equal(truth(d)->outcome, BH_OUTCOME_KEPT);
    assert_int_equal(truth(d)->reason, BH_REASON_NO_WAY_BACK);
    boots_new(d);
    assert_int_equal(bh_app_status(&d->w.product, &d->w.work, &s), BH_OK);
    assert_false(s.confirmed);
    assert_int_equal(bh_app_confirm(&d->w.product, &d->w.work), BH_OK);
    boots_new(d);
    assert_int_equal(truth(d)->outcome, BH_OUTCOME_CONFIRMED);
    return "primary starts, *kept*, *no-way-back*";
}

/* A revert by move that was about to begin looks like a request for an older image. */
static const char *refused(struct device *d)
{
    bool told = look(&d->p).magic == SET; /* on trial, or a swap that was begun */

    boots_new(d);
    assert_int_equal(truth(d)->reason, BH_REASON_DOWNGRADE);
    assert_int_equal(truth(d)->outcome, told ? BH_OUTCOME_KEPT : BH_OUTCOME_REFUSED);
    boots_new(d);
    return "primary starts; the old one is refused as *downgrade*";
}

static const char *at_rest(struct device *d)
{
    struct snapshot before, after;

    take(d, &before);
    for (int i = 0; i < 2; i++) {
        assert_true(sim_world_boot(&d->w));
        assert_int_equal(d->w.boot.action, BH_BOOT_START);
        assert_int_equal(truth(d)->state, BH_STATE_IDLE);
        assert_int_equal(truth(d)->outcome, BH_OUTCOME_NONE);
    }
    take(d, &after);
    assert_memory_equal(&before, &after, sizeof before);
    return "primary starts, at rest";
}

static const char *carry_over(struct device *d, bool confirm)
{
    enum type type = mcuboot_says(d);
    struct trailer s = look(&d->s);
    bool asked = s.magic == SET && s.image_ok != BAD && s.copy_done != SET;
    bool staged = holds(&d->s, d->staged, new_image, NEW_LEN);

    if (asked && staged && (type == TEST || type == PERMANENT || type == RESUME))
        return installed(d, s.image_ok == SET);
    switch (type) {
    case RESUME: return left_alone(d);
    case REVERT: return d->mode == OFFSET ? goes_on(d, confirm) : kept(d);
    case PERMANENT: return refused(d);
    default: return at_rest(d);
    }
}

/* --- the table ------------------------------------------------------------------------------- */

static char table[20000];

static void row(const char *format, ...)
{
    char line[400];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (!strstr(table, line)) /* each once */
        strncat(table, line, sizeof table - strlen(table) - 1);
}

static const char *type_name(enum type type)
{
    return type == NONE        ? "none"
           : type == TEST      ? "test"
           : type == PERMANENT ? "perm"
           : type == REVERT    ? "revert"
                               : "resumes";
}

/* One swap of MCUboot's, stopped after every number of its operations. */
static void each_stop(enum mode mode, enum type type, const char *what, bool confirm)
{
    unsigned resumed = 0, all = UINT32_MAX;

    for (unsigned stop = UINT32_MAX; stop != all + 1; stop++) { /* first all of it */
        struct device d;
        enum type says_type;
        bool ended;

        open_device(&d, mode);
        if (type == REVERT) { /* of a test that came to its end */
            upload(&d, false);
            swap(&d, TEST);
            assert_true(holds(&d.p, 0, new_image, NEW_LEN));
            assert_int_equal(mcuboot_says(&d), REVERT);
        } else {
            upload(&d, type == PERMANENT);
        }
        left = stop;
        swap(&d, type);
        if (stop == UINT32_MAX)
            all = UINT32_MAX - left;
        ended = stop >= all;
        if (ended)
            assert_true(type == REVERT ? holds(&d.p, 0, old_image, OLD_LEN)
                                       : holds(&d.p, 0, new_image, NEW_LEN));
        says_type = mcuboot_says(&d);
        resumed += says_type == RESUME;
        row("| %s | %s, %s | %s | %s |\n", mode_names[mode], what, ended ? "ended" : "interrupted",
            type_name(says_type), carry_over(&d, confirm));
        close_device(&d);
    }
    assert_true(resumed > 2 * CHUNKS && all > 6 * CHUNKS);
}

static void from_mcuboot(void **state)
{
    (void)state;
    table[0] = 0;
    for (enum mode mode = OFFSET; mode < MODES; mode++)
        for (int confirm = 0; confirm < 2; confirm++) {
            each_stop(mode, TEST, "test swap", confirm);
            each_stop(mode, PERMANENT, "permanent swap", confirm);
            each_stop(mode, REVERT, "revert", confirm);
        }
}

/* --- every trailer there can be --------------------------------------------------------------- */

/* Lay a trailer into a slot; w: what a field looks like that is neither erased nor set. */
static void lay(const struct bh_region *slot, struct trailer t)
{
    static const uint8_t flags[] = { [UNSET] = 0xFF, [SET] = 1, [BAD] = 0xA5 };
    uint8_t bytes[INFO_AT];

    memset(bytes, 0xFF, sizeof bytes);
    if (t.magic != UNSET)
        memcpy(bytes + INFO_AT - MAGIC_AT, magic8, 16);
    if (t.magic == BAD)
        bytes[INFO_AT - 1] ^= 0x10; /* its last byte */
    bytes[INFO_AT - OK_AT] = flags[t.image_ok];
    bytes[INFO_AT - DONE_AT] = flags[t.copy_done];
    bytes[0] = t.info;
    sim_flash_fill(slot->flash->context, slot->off + slot->len - INFO_AT, bytes, sizeof bytes);
}

/* What our mailbox makes of it, held against MCUboot's tables. */
static void judge(struct device *d, struct trailer p, struct trailer s)
{
    enum type type = says(d->mode, p, s, false);
    bool undoing = d->mode == OFFSET && s.magic == SET && s.image_ok == UNSET && s.copy_done == SET;
    struct bh_wish wish;
    uint32_t told;

    lay(&d->p, p);
    lay(&d->s, s);
    assert_int_equal(bh_mailbox_mcuboot.read(d->w.pairs, 1, &wish), BH_OK);
    /* a request is one whatever else there is, but in a revert that was about to begin */
    assert_int_equal(wish.test, s.magic == SET && s.image_ok == UNSET && !undoing);
    assert_int_equal(wish.permanent, s.magic == SET && s.image_ok == SET);
    /* primary is exactly one of four */
    told = wish.interrupted + wish.on_trial + wish.confirmed + wish.unclear;
    assert_int_equal(told, 1);
    if (type == RESUME)
        assert_true(wish.interrupted);
    if (type == TEST || type == PERMANENT)
        assert_int_equal(wish.test | wish.permanent, 1);
    if (type == REVERT)
        assert_true(wish.on_trial);
    if (d->mode == MOVE && wish.interrupted) /* as with a scratch, though nothing moved */
        assert_true(p.magic == SET && p.copy_done == UNSET);
    else if (type == NONE) {
        assert_false(wish.on_trial || wish.interrupted);
        assert_int_equal(wish.confirmed, p.magic == SET && p.image_ok == SET);
    }
}

/* The i-th of all trailers: three marks, and five values of the type. */
static struct trailer nth(unsigned i)
{
    static const uint8_t infos[] = { 0xFF, TEST, PERMANENT | 1 << 4, REVERT, 0x5A };

    return (struct trailer){ i % 3, i / 3 % 3, i / 9 % 3, infos[i / 27 % 5] };
}

static void every_trailer(void **state)
{
    unsigned n = 0;

    (void)state;
    for (enum mode mode = OFFSET; mode < MODES; mode++) {
        struct device d;

        open_device(&d, mode);
        for (unsigned i = 0; i < 135; i++)
            for (unsigned k = 0; k < 135; k++, n++)
                judge(&d, nth(i), nth(k));
        close_device(&d);
    }
    assert_int_equal(n, 3 * 135 * 135);
}

/* The same, booted: whatever they say, the good image in primary starts, and nothing is lost.
 * Fields that are neither set nor erased ask for nothing and confirm nothing. */
static void every_trailer_boots(void **state)
{
    (void)state;
    for (enum mode mode = OFFSET; mode < MODES; mode++)
        for (unsigned i = 0; i < 135 * 135; i += 31) {
            struct device d;
            struct trailer p = nth(i / 135), s = nth(i % 135);
            struct bh_wish wish;
            bool told;

            open_device(&d, mode);
            lay(&d.p, p);
            lay(&d.s, s);
            assert_int_equal(bh_mailbox_mcuboot.read(d.w.pairs, 1, &wish), BH_OK);
            told = wish.on_trial | wish.interrupted | wish.test | wish.permanent;
            for (int boot = 0; boot < 3; boot++) {
                boots_old(&d); /* nothing that could be installed is staged */
                assert_true(truth(&d)->state == BH_STATE_IDLE);
                assert_int_equal(truth(&d)->outcome != BH_OUTCOME_NONE, told);
            }
            assert_int_equal(d.w.power.ops, 0);
            close_device(&d);
        }
}

/* What looks like a swap, and is none: a magic without a type in the scratch, or what an image has
 * at the end of a spare that is in the slot. A trailer that cannot be read says nothing. */
static void what_is_no_swap(void **state)
{
    static const struct trailer whole = { SET, UNSET, UNSET, TEST },
                                bare = { SET, UNSET, UNSET, 0xFF };
    struct bh_wish wish;
    struct device d;

    (void)state;
    for (enum mode mode = OFFSET; mode < MODES; mode++)
        for (int typed = 0; typed < 2; typed++) {
            open_device(&d, mode);
            lay(&d.scratch, typed ? whole : bare);
            assert_int_equal(bh_mailbox_mcuboot.read(d.w.pairs, 1, &wish), BH_OK);
            assert_int_equal(wish.interrupted, typed && mode == SCRATCH);
            close_device(&d);
        }
    open_device(&d, OFFSET);
    ((struct sim_flash *)d.p.flash->context)->health = SIM_DEAD;
    assert_int_equal(bh_mailbox_mcuboot.read(d.w.pairs, 1, &wish), BH_ERR_IO);
    assert_int_equal(wish.unclear | wish.confirmed | wish.on_trial | wish.interrupted, 0);
    close_device(&d);
}

/* --- during our own trial --------------------------------------------------------------------- */

/* Fields of primary's trailer that are neither set nor erased: MCUboot reverts no such image, and
 * does not take it for confirmed. */
static void an_unclear_confirm(void **state)
{
    static const struct {
        struct trailer p;
        enum bh_outcome outcome;
    } rows[] = {
        { { SET, SET, SET, TEST }, BH_OUTCOME_CONFIRMED },
        { { SET, UNSET, SET, TEST }, BH_OUTCOME_REVERTED },
        { { SET, BAD, SET, TEST }, BH_OUTCOME_KEPT },
        { { SET, UNSET, BAD, TEST }, BH_OUTCOME_KEPT },
        { { BAD, SET, SET, TEST }, BH_OUTCOME_KEPT }, /* no confirm without magic */
        { { UNSET, SET, SET, TEST }, BH_OUTCOME_KEPT },
        { { UNSET, UNSET, UNSET, 0xFF }, BH_OUTCOME_KEPT },
        { { SET, SET, BAD, TEST }, BH_OUTCOME_CONFIRMED },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bh_app_status s;
        struct device d;

        open_device(&d, OFFSET);
        sim_image_make(new_image, NEW_LEN, 2, 9);
        assert_true(sim_world_boot(&d.w));
        upload(&d, false);
        boots_new(&d);
        assert_int_equal(truth(&d)->state, BH_STATE_TRIAL);
        lay(&d.p, rows[i].p);
        assert_true(sim_world_boot(&d.w));
        assert_int_equal(d.w.boot.action, BH_BOOT_START);
        assert_int_equal(truth(&d)->state, BH_STATE_IDLE);
        if (truth(&d)->outcome != rows[i].outcome)
            fail_msg("row %u: outcome %u", i, truth(&d)->outcome);
        assert_int_equal(truth(&d)->pair[0].floor, rows[i].outcome == BH_OUTCOME_CONFIRMED ? 9 : 0);
        if (rows[i].outcome == BH_OUTCOME_KEPT) {
            assert_int_equal(truth(&d)->reason, BH_REASON_MAILBOX_UNCLEAR);
            assert_int_equal(bh_app_status(&d.w.product, &d.w.work, &s), BH_OK);
            assert_false(s.confirmed);
            assert_int_equal(bh_app_confirm(&d.w.product, &d.w.work), BH_OK);
            boots_new(&d);
            assert_int_equal(truth(&d)->outcome, BH_OUTCOME_CONFIRMED);
            assert_int_equal(truth(&d)->pair[0].floor, 9);
            assert_true(look(&d.p).magic == SET && look(&d.p).image_ok == SET);
        }
        close_device(&d);
    }
}

/* The journal is lost in a trial: the trailers still tell of it. */
static void a_trial_survives_its_journal(void **state)
{
    (void)state;
    for (int confirm = 0; confirm < 2; confirm++) {
        struct device d;

        open_device(&d, OFFSET);
        assert_true(sim_world_boot(&d.w));
        upload(&d, false);
        boots_new(&d);
        for (int half = 0; half < 2; half++)
            assert_int_equal(bh_region_erase(&d.w.product.journal[half], 0, 4 * PAGE), BH_OK);
        goes_on(&d, confirm);
        close_device(&d);
    }
}

/* An old image below the version that a former journal of ours holds is no way back. */
static void no_way_back_to_an_older_one(void **state)
{
    uint8_t confirmed[IMAGE];
    struct device d;

    (void)state;
    for (uint8_t version = 1; version <= 3; version += 2) {
        open_device(&d, OFFSET);
        sim_image_make(confirmed, OLD_LEN, version, 0);
        sim_world_install(&d.w, 0, confirmed, OLD_LEN);
        boots(&d, confirmed, OLD_LEN);
        assert_int_equal(truth(&d)->pair[0].version[0], (uint32_t)version << 24);
        sim_world_install(&d.w, 0, old_image, OLD_LEN);
        upload(&d, false);
        swap(&d, TEST); /* MCUboot's, while it was there */
        d.w.product.layout++;
        boots_new(&d);
        assert_int_equal(truth(&d)->state, version == 1 ? BH_STATE_TRIAL : BH_STATE_IDLE);
        assert_int_equal(truth(&d)->outcome, version == 1 ? BH_OUTCOME_NONE : BH_OUTCOME_KEPT);
        close_device(&d);
    }
}

/* --- back to MCUboot ------------------------------------------------------------------------- */

static char back_table[4000];

/* What MCUboot does with what we leave, in swap-using-offset: one line, if it is not there yet. */
static void back(const struct device *d, const char *what)
{
    enum type type = mcuboot_says(d);
    bool whole = holds(&d->p, 0, old_image, OLD_LEN) || holds(&d->p, 0, new_image, NEW_LEN);
    bool staged = holds(&d->s, d->staged, new_image, NEW_LEN);
    bool backup = holds(&d->s, 0, old_image, OLD_LEN);
    const char *does = NULL;
    char line[300];

    assert_int_not_equal(type, RESUME); /* it would move pages by entries that are not there */
    if (type == NONE)
        does = whole ? "starts primary" : "finds no image, and touches nothing";
    else if (type == REVERT ? backup : staged)
        does = type == REVERT ? "reverts to the old image" : "installs the staged image";
    else
        does = whole ? "refuses what is in slot 1, erases it and starts primary"
                     : "erases slot 1 and finds no image: **lost**";
    snprintf(line, sizeof line, "| %s | %s | %s |\n", what, type_name(type), does);
    if (!strstr(back_table, line))
        strncat(back_table, line, sizeof back_table - strlen(back_table) - 1);
}

/* Boots with a cut before the op-th operation, for every op. begun: how the device comes there. */
static void each_cut(const char *what, void (*begun)(struct device *d))
{
    bool cut = true;

    for (uint64_t op = 1; cut; op++) {
        struct device d;

        open_device(&d, OFFSET);
        boots_old(&d);
        begun(&d);
        d.w.power.cut = (struct sim_cut){ .at = op, .when = SIM_CUT_BEFORE };
        cut = !sim_world_boot(&d.w);
        if (cut) {
            d.w.power.cut.at = 0;
            d.w.power.dark = false; /* to look */
            back(&d, what);
        }
        close_device(&d);
    }
}

static void asks(struct device *d)
{
    upload(d, false);
}

static void is_on_trial(struct device *d)
{
    upload(d, false);
    boots_new(d);
}

static void to_mcuboot(void **state)
{
    struct device d;

    (void)state;
    back_table[0] = 0;
    open_device(&d, OFFSET);
    boots_old(&d);
    back(&d, "at rest, never updated");
    upload(&d, false);
    back(&d, "asked for on trial");
    boots_new(&d);
    assert_int_equal(truth(&d)->state, BH_STATE_TRIAL);
    back(&d, "on trial");
    boots_old(&d);
    back(&d, "reverted");
    upload(&d, true);
    back(&d, "asked for, for good");
    boots_new(&d);
    back(&d, "installed for good");
    close_device(&d);

    open_device(&d, OFFSET);
    boots_old(&d);
    upload(&d, false);
    boots_new(&d);
    assert_int_equal(bh_app_confirm(&d.w.product, &d.w.work), BH_OK);
    back(&d, "confirmed");
    close_device(&d);

    open_device(&d, OFFSET);
    boots_old(&d);
    new_image[200] ^= 1;
    upload(&d, false);
    new_image[200] ^= 1;
    boots_old(&d);
    boots_old(&d);
    assert_int_equal(truth(&d)->outcome, BH_OUTCOME_REFUSED);
    back(&d, "refused");
    close_device(&d);

    open_device(&d, OFFSET);
    boots_old(&d);
    assert_true(sim_world_stage(&d.w, 0, new_image, NEW_LEN));
    assert_true(sim_world_request(&d.w, 1, BH_REQUEST_TEST));
    assert_int_equal(d.w.err, BH_OK);
    back(&d, "asked for by `bh_app_request()`");
    assert_int_equal(bh_app_cancel(&d.w.product, &d.w.work), BH_OK);
    back(&d, "cancelled");
    close_device(&d);

    each_cut("update, interrupted", asks);
    each_cut("revert, interrupted", is_on_trial);
}

/* --- the document ----------------------------------------------------------------------------- */

static void contains(const char *page, const char *lines, const char *name)
{
    if (!strstr(page, lines))
        fail_msg("docs/from-mcuboot.md: the table '%s' is not this; put it there:\n%s", name,
                 lines);
}

static void the_page_says_so(void **state)
{
    static char page[40000];
    FILE *f = fopen(BULKHEAD_DOCS_DIR "/from-mcuboot.md", "rb");

    (void)state;
    assert_non_null(f);
    assert_in_range(fread(page, 1, sizeof page - 1, f), 1000, sizeof page - 2);
    fclose(f);
    contains(page, table, "from MCUboot");
    contains(page, back_table, "back to MCUboot");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_trailer),      cmocka_unit_test(every_trailer_boots),
        cmocka_unit_test(what_is_no_swap),    cmocka_unit_test(no_way_back_to_an_older_one),
        cmocka_unit_test(an_unclear_confirm), cmocka_unit_test(a_trial_survives_its_journal),
        cmocka_unit_test(from_mcuboot),       cmocka_unit_test(to_mcuboot),
        cmocka_unit_test(the_page_says_so),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    if (argc > 1 && !strcmp(argv[1], "--table"))
        printf("%s\n%s", table, back_table);
    return failed;
}
