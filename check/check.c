/* SPDX-License-Identifier: Apache-2.0 */
/* The tests of a flash driver, one function each, and the table of them.
 *
 * A byte that is programmed depends on its offset, so one that lands elsewhere is seen. Each test
 * erases what it uses, so none depends on another, and the pages are left erased. */
#include "check.h"

#include "bulkhead/bytes.h"

#define GUARD 4u /* bytes after a read that must stay as they were */
#define GUARD_BYTE 0xA5u
#define SLACK (GUARD + 3u)   /* of the memory lent: the guard, and an odd beginning */
#define HEAD 64u             /* bytes of a page that are looked at on a large device */
#define LARGE (1024u * 1024) /* bytes: more of a device are not read whole */
#define SERIES 8u            /* units that are programmed one after another */

/* ---- the console ---- */

static void say(struct check *c, const char *text)
{
    while (*text)
        c->put(*text++);
}

static void say_hex(struct check *c, uint32_t value, uint32_t digits)
{
    say(c, "0x");
    while (digits--)
        c->put("0123456789abcdef"[value >> 4 * digits & 15]);
}

static void say_number(struct check *c, uint32_t value)
{
    char text[10];
    uint32_t n = 0;

    do
        text[n++] = (char)('0' + value % 10);
    while (value /= 10);
    while (n)
        c->put(text[--n]);
}

/* The present test has failed. Only its first failure is said. True: the caller says more. */
static bool fails(struct check *c, uint32_t off, const char *why)
{
    if (c->fails)
        return false;
    c->fails = true;
    say(c, "FAILED at ");
    say_hex(c, off, 8);
    say(c, ": ");
    say(c, why);
    return true;
}

static void differs(struct check *c, uint32_t off, uint8_t found, uint8_t meant, const char *why)
{
    if (!fails(c, off, why))
        return;
    say(c, ", reads ");
    say_hex(c, found, 2);
    say(c, " and not ");
    say_hex(c, meant, 2);
}

/* ---- calls of the driver ---- */

static uint32_t interrupts(const struct check *c)
{
    return c->interrupts ? c->interrupts() : 0;
}

/* What a call answered: 0, or the test has failed. */
static bool answered(struct check *c, uint32_t off, int err, uint32_t mask, const char *call)
{
    c->mask_changed = c->mask_changed || interrupts(c) != mask;
    if (err == BH_OK)
        return true;
    if (fails(c, off, call)) {
        say(c, " answers '");
        say(c, bh_error_text(err));
        say(c, "'");
    }
    return false;
}

static bool erase(struct check *c, const struct bh_page *page)
{
    uint32_t mask = interrupts(c);

    return answered(c, page->off, bh_flash_erase(c->flash, page->off, page->len), mask, "erase");
}

static bool read(struct check *c, uint32_t off, uint8_t *buf, uint32_t len)
{
    uint32_t mask = interrupts(c);

    return answered(c, off, bh_flash_read(c->flash, off, buf, len), mask, "read");
}

/* The byte that is programmed at off. No unit is programmed as blank. */
static uint8_t made(const struct check *c, uint32_t off)
{
    uint32_t x = off * 0x9E3779B1u + c->seed * 0x85EBCA6Bu;
    uint8_t byte;

    x = (x ^ x >> 15) * 0x2C1B3C6Du;
    byte = (uint8_t)(x >> 24);
    return off % c->flash->unit == 0 && byte == c->flash->erased ? byte ^ 0x5Au : byte;
}

/* The most that one call programs or reads: whole units, at least two. */
static uint32_t most(const struct check *c)
{
    return (c->work.len - SLACK) & ~(uint32_t)(c->flash->unit - 1u);
}

/* In one call, from memory that begins at an address of this remainder modulo 4. */
static bool program(struct check *c, uint32_t off, uint32_t len, uint32_t odd)
{
    uint8_t *buf = c->work.buf + odd;
    uint32_t mask = interrupts(c);

    for (uint32_t i = 0; i < len; i++)
        buf[i] = made(c, off + i);
    return answered(c, off, bh_flash_program(c->flash, off, buf, len), mask, "program");
}

/* In as few calls as there can be. */
static bool program_all(struct check *c, uint32_t off, uint32_t len)
{
    bool good = true;

    for (uint32_t n; good && len; off += n, len -= n) {
        n = bh_min(len, most(c));
        good = program(c, off, n, 0);
    }
    return good;
}

/* Are the bytes there that were programmed? */
static bool holds(struct check *c, uint32_t off, uint32_t len, const char *why)
{
    for (uint32_t n; len; off += n, len -= n) {
        n = bh_min(len, most(c));
        if (!read(c, off, c->work.buf, n))
            return false;
        for (uint32_t i = 0; i < n; i++)
            if (c->work.buf[i] != made(c, off + i)) {
                differs(c, off + i, c->work.buf[i], made(c, off + i), why);
                return false;
            }
    }
    return true;
}

static bool reads_blank(struct check *c, uint32_t off, uint32_t len, const char *why)
{
    for (uint32_t n; len; off += n, len -= n) {
        n = bh_min(len, most(c));
        if (!read(c, off, c->work.buf, n))
            return false;
        for (uint32_t i = 0; i < n; i++)
            if (c->work.buf[i] != c->flash->erased) {
                differs(c, off + i, c->work.buf[i], c->flash->erased, why);
                return false;
            }
    }
    return true;
}

#if BH_FLASH_BLANK
static bool has_blank(const struct bh_flash *f)
{
    return f->ops->blank != NULL;
}
#else /* the build has found no driver with it */
static bool has_blank(const struct bh_flash *f)
{
    (void)f;
    return false;
}
#endif

/* By reading, or where blank pages cannot be read, by the driver's word. */
static bool blank(struct check *c, uint32_t off, uint32_t len, const char *why)
{
    if (!has_blank(c->flash))
        return reads_blank(c, off, len, why);
    if (bh_flash_blank(c->flash, off, len) == BH_OK)
        return true;
    (void)fails(c, off, why);
    return false;
}

/* ---- the tests ---- */

#define NOT_ERASED "not erased after erase"
#define NOT_PROGRAMMED "not what was programmed"
#define NOT_LEFT "changed, and was not to be"

static uint32_t last_unit(const struct check *c, const struct bh_page *p)
{
    return p->off + p->len - c->flash->unit;
}

/* From whatever the pages hold, and once more from programmed units at both ends, which a cache may
 * have seen. */
static void test_erase(struct check *c)
{
    for (uint32_t i = 0; !c->fails && i < c->n; i++) {
        const struct bh_page *p = &c->page[i];

        if (erase(c, p) && blank(c, p->off, p->len, NOT_ERASED) &&
            program(c, p->off, c->flash->unit, 0) &&
            program(c, last_unit(c, p), c->flash->unit, 0) &&
            holds(c, last_unit(c, p), c->flash->unit, NOT_PROGRAMMED) && erase(c, p))
            (void)blank(c, p->off, p->len, NOT_ERASED);
    }
}

/* As the journal does: a unit, and later the next one. What follows stays blank. */
static void test_units(struct check *c)
{
    for (uint32_t i = 0; !c->fails && i<c->n; i += c->n> 1 ? c->n - 1 : 1) {
        const struct bh_page *p = &c->page[i];
        uint32_t unit = c->flash->unit, end = bh_min(SERIES * unit, p->len);
        bool good = erase(c, p);

        for (uint32_t off = 0; good && off < end; off += unit)
            good =
                program(c, p->off + off, unit, 0) && holds(c, p->off, off + unit, NOT_PROGRAMMED) &&
                blank(c, p->off + off + unit, p->len - off - unit, "programmed, and was not to be");
    }
}

/* The first call is one unit, so the others begin and end anywhere, across borders of a row or of
 * a write buffer. All pages are read after all were written: none may be another's mirror. */
static void test_pages(struct check *c)
{
    uint32_t unit = c->flash->unit;

    for (uint32_t i = 0; !c->fails && i < c->n; i++) {
        const struct bh_page *p = &c->page[i];

        if (erase(c, p) && program(c, p->off, unit, 0))
            (void)program_all(c, p->off + unit, p->len - unit);
    }
    for (uint32_t i = 0; !c->fails && i < c->n; i++)
        (void)holds(c, c->page[i].off, c->page[i].len, NOT_PROGRAMMED);
}

static bool neighbours(const struct check *c, uint32_t i)
{
    return i + 1 < c->n && c->page[i].off + c->page[i].len == c->page[i + 1].off;
}

/* One call from the last units of a page into the first ones of the next. */
static void test_border(struct check *c)
{
    uint32_t half = bh_min(2u * c->flash->unit, most(c) / 2 & ~(uint32_t)(c->flash->unit - 1u));

    for (uint32_t i = 0; !c->fails && i < c->n; i++) {
        const struct bh_page *p = &c->page[i];
        uint32_t off = p->off + p->len - half;

        if (neighbours(c, i) && erase(c, p) && erase(c, p + 1) && program(c, off, 2 * half, 0) &&
            holds(c, off, 2 * half, NOT_PROGRAMMED) && blank(c, p->off, p->len - half, NOT_LEFT))
            (void)blank(c, p[1].off + half, p[1].len - half, NOT_LEFT);
    }
}

/* Each page is erased once while all others are full. */
static void test_neighbours(struct check *c)
{
    for (uint32_t i = 0; !c->fails && i < c->n; i++)
        if (erase(c, &c->page[i]))
            (void)program_all(c, c->page[i].off, c->page[i].len);
    for (uint32_t i = 0; !c->fails && i < c->n; i++) {
        const struct bh_page *p = &c->page[i];

        if (erase(c, p) && blank(c, p->off, p->len, NOT_ERASED) &&
            (i == 0 || holds(c, p[-1].off, p[-1].len, NOT_LEFT)) &&
            (i + 1 == c->n || holds(c, p[1].off, p[1].len, NOT_LEFT)))
            (void)program_all(c, p->off, p->len);
    }
    for (uint32_t i = 0; !c->fails && i < c->n; i++)
        (void)holds(c, c->page[i].off, c->page[i].len, NOT_LEFT);
}

static void test_odd_memory(struct check *c)
{
    const struct bh_page *p = &c->page[0];
    uint32_t len = bh_min(most(c), p->len) / 2 & ~(uint32_t)(c->flash->unit - 1u);

    if (!erase(c, p))
        return;
    for (uint32_t odd = 1; !c->fails && odd < 4 && odd * len < p->len; odd++)
        if (program(c, p->off + odd * len, len, odd))
            (void)holds(c, p->off + odd * len, len, NOT_PROGRAMMED);
}

/* A few bytes from any offset to memory at any address, and no byte after them is touched. */
static bool read_piece(struct check *c, uint32_t off, uint32_t len, uint32_t odd)
{
    uint8_t *buf = c->work.buf + odd;

    for (uint32_t i = 0; i < len + GUARD; i++)
        buf[i] = GUARD_BYTE;
    if (!read(c, off, buf, len))
        return false;
    for (uint32_t i = 0; i < len; i++)
        if (buf[i] != made(c, off + i)) {
            differs(c, off + i, buf[i], made(c, off + i), NOT_PROGRAMMED);
            return false;
        }
    if (!bh_all(buf + len, GUARD_BYTE, GUARD))
        (void)fails(c, off, "read writes more bytes than were asked for");
    return !c->fails;
}

static void test_read(struct check *c)
{
    const struct bh_page *p = &c->page[0];
    uint32_t len = bh_min(most(c), p->len);

    if (!erase(c, p) || !program(c, p->off, len, 0))
        return;
    for (uint32_t off = 0; off < 5 && off < len; off++)
        for (uint32_t n = 1; n <= 9 && n <= len - off; n++)
            if (!read_piece(c, p->off + off, n, (off + n) % 4))
                return;
    (void)read_piece(c, p->off + 1, len - 1, 1);
}

/* What blank() says of one unit at the first, and then at the last place of a page. */
static void test_blank(struct check *c)
{
    const struct bh_flash *f = c->flash;

    for (uint32_t i = 0; !c->fails && i < c->n; i++) {
        const struct bh_page *p = &c->page[i];
        uint32_t unit = f->unit, end = last_unit(c, p);

        if (!erase(c, p))
            return;
        if (bh_flash_blank(f, p->off, p->len) != BH_OK)
            (void)fails(c, p->off, "blank() denies that an erased page is blank");
        if (!program(c, end, unit, 0))
            return;
        if (bh_flash_blank(f, p->off, p->len) != BH_ERR_COMPARE)
            (void)fails(c, end, "blank() does not see a programmed unit");
        if (bh_flash_blank(f, p->off, p->len - unit) != BH_OK)
            (void)fails(c, p->off, "blank() looks at more than it was asked for");
        if (!program(c, p->off, unit, 0))
            return;
        if (bh_flash_blank(f, p->off, unit) != BH_ERR_COMPARE)
            (void)fails(c, p->off, "blank() does not see a programmed unit");
    }
}

/* What two programmings of one unit left. */
static const char *seen(const struct check *c, int err, const uint8_t *first, const uint8_t *second)
{
    const uint8_t *now = c->work.buf;
    bool kept = true, taken = true, joined = true;

    for (uint32_t i = 0; i < c->flash->unit; i++) {
        kept = kept && now[i] == first[i];
        taken = taken && now[i] == second[i];
        joined =
            joined && now[i] == (c->flash->erased ? first[i] & second[i] : first[i] | second[i]);
    }
    if (err)
        return kept ? "refused" : "refused, and the bytes changed";
    return kept ? "ignored" : taken ? "taken" : joined ? "bits are joined" : "a mixture";
}

/* Bulkhead never programs a unit twice, so any answer will do. But the next erase and program must
 * work: an error flag may not stay. And what such a unit reads as must not be an exception. */
static void test_twice(struct check *c)
{
    const struct bh_page *p = &c->page[0];
    uint8_t first[32], second[32];
    uint32_t unit = c->flash->unit, n = bh_min(unit, sizeof first);
    const char *what = "unreadable";
    int err;

    if (!erase(c, p) || !program(c, p->off, unit, 0))
        return;
    for (uint32_t i = 0; i < n; i++)
        first[i] = made(c, p->off + i);
    for (uint32_t i = 0; i < unit; i++)
        c->work.buf[i] = (uint8_t)~made(c, p->off + i);
    for (uint32_t i = 0; i < n; i++)
        second[i] = c->work.buf[i];
    err = bh_flash_program(c->flash, p->off, c->work.buf, unit);
    if (bh_flash_read(c->flash, p->off, c->work.buf, unit) == BH_OK && unit == n)
        what = seen(c, err, first, second);
    else if (unit != n)
        what = err ? "refused" : "done";
    if (program(c, p->off + unit, unit, 0))
        (void)holds(c, p->off + unit, unit, "wrong after a unit was programmed twice");
    if (erase(c, p) && program(c, p->off, unit, 0))
        (void)holds(c, p->off, unit, "wrong after a unit was programmed twice");
    if (!c->fails) {
        say(c, what);
        say(c, ": ");
    }
}

static void test_interrupts(struct check *c)
{
    if (c->mask_changed)
        (void)fails(c, 0, "a call of the driver left interrupts otherwise than it found them");
}

/* ---- what is not tried ---- */

static bool tried(const struct check *c, uint32_t off)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (c->page[i].off == off)
            return true;
    return false;
}

/* A number for the rest of the device; of a large one, for the beginning of each page. What cannot
 * be read, blank pages of some chips, is skipped. */
static uint32_t rest(struct check *c)
{
    struct bh_page p = { 0, 0 };
    uint32_t crc = 0;

    for (uint32_t off = 0; bh_flash_page(c->flash, off, &p) == BH_OK; off = p.off + p.len) {
        uint32_t len = c->flash->size > LARGE ? bh_min(HEAD, p.len) : p.len;

        if (tried(c, p.off))
            continue;
        for (uint32_t n, at = p.off; len; at += n, len -= n) {
            n = bh_min(len, most(c));
            if (bh_flash_read(c->flash, at, c->work.buf, n) == BH_OK)
                crc = bh_crc32(crc, c->work.buf, n);
        }
    }
    return crc;
}

/* ---- which pages ---- */

#define REGIONS(product) (2u + 3u * (product)->n_pairs)

/* What a bootloader of this product erases. Its flash is NULL: the plan needs none. */
static const struct bh_region *region(const struct bh_product *p, uint32_t i)
{
    const struct bh_pair *pair = i < 2 ? NULL : &p->pairs[(i - 2) / 3];

    if (!pair)
        return &p->journal[i];
    return (i - 2) % 3 == 0 ? &pair->primary : (i - 2) % 3 == 1 ? &pair->secondary : &pair->spare;
}

static void add_page(struct check *c, uint32_t off)
{
    struct bh_page page;
    uint32_t i;

    if (bh_flash_page(c->flash, off, &page) || tried(c, page.off) || c->n == CHECK_PAGES_MAX)
        return;
    for (i = c->n++; i > 0 && c->page[i - 1].off > page.off; i--)
        c->page[i] = c->page[i - 1];
    c->page[i] = page;
}

static void find_pages(struct check *c)
{
    c->n = 0;
    for (uint32_t i = 0; i < REGIONS(c->product); i++) {
        const struct bh_region *r = region(c->product, i);
        struct bh_page page;

        if (r->flash != c->flash || bh_flash_page(c->flash, r->off, &page))
            continue;
        add_page(c, r->off);
        if (page.len < r->len)
            add_page(c, r->off + page.len);
        add_page(c, r->off + r->len - 1);
    }
}

static bool overlap(const struct bh_region *a, const struct bh_region *b)
{
    return a->flash == b->flash && a->off < b->off + b->len && b->off < a->off + a->len;
}

/* Why the product's regions may not be erased; NULL: they may. */
static const char *refusal(const struct check *c)
{
    const struct bh_product *p = c->product;

    if (p->n_pairs == 0 || p->n_pairs > BH_PAIRS_MAX)
        return "the product names no slots";
    for (uint32_t i = 0; i < REGIONS(p); i++) {
        const struct bh_region *r = region(p, i);

        if (!r->flash && i >= 2 && (i - 2) % 3 == 2)
            continue;
        if (!r->flash || r->len == 0 || !bh_flash_whole_pages(r->flash, r->off, r->len))
            return "a slot, a spare or the journal is not made of whole pages";
        if (overlap(r, &p->bootloader))
            return "a slot, a spare or the journal reaches into the bootloader's own pages";
        if (r->flash->unit == 0 || c->work.len < BH_WORK_MIN ||
            c->work.len - SLACK < 2u * r->flash->unit)
            return "the memory lent is too small for this program unit";
    }
    return NULL;
}

/* ---- all of it ---- */

static const struct {
    const char *name;
    void (*run)(struct check *c);
} tests[] = {
    { "erase", test_erase },
    { "program unit by unit", test_units },
    { "program whole pages", test_pages },
    { "program across a page's border", test_border },
    { "erase beside full pages", test_neighbours },
    { "program from any address", test_odd_memory },
    { "read any place and length", test_read },
    { "blank pages", test_blank },
    { "program a unit twice", test_twice },
    { "interrupts as before", test_interrupts },
};

static void begin(struct check *c, const char *name)
{
    say(c, "  ");
    say(c, name);
    say(c, ": ");
    c->fails = false;
    c->tests++;
    c->seed = c->tests;
}

static void end(struct check *c)
{
    c->failed += c->fails;
    say(c, c->fails ? "\n" : "ok\n");
}

static void describe(struct check *c)
{
    const struct bh_flash *f = c->flash;

    say(c, "flash of ");
    say_number(c, f->size);
    say(c, " bytes");
    if (f->mapped) {
        say(c, " at ");
        say_hex(c, f->base, 8);
    }
    say(c, ", unit ");
    say_number(c, f->unit);
    say(c, ", erased ");
    say_hex(c, f->erased, 2);
    say(c, "; these pages are erased:\n ");
    for (uint32_t i = 0; i < c->n; i++) {
        say(c, i && i % 6 == 0 ? "\n  " : " ");
        say_hex(c, c->page[i].off, 8);
    }
    say(c, "\n");
}

static void check_device(struct check *c, const struct bh_flash *flash)
{
    uint32_t before;

    c->flash = flash;
    c->mask_changed = false;
    find_pages(c);
    describe(c);
    begin(c, "read everything else");
    before = rest(c);
    end(c);
    for (uint32_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        begin(c, tests[i].name);
        tests[i].run(c);
        end(c);
    }
    begin(c, "everything else as before");
    if (rest(c) != before)
        (void)fails(c, 0, "pages that were not to be touched have changed");
    for (uint32_t i = 0; !c->fails && i < c->n; i++)
        (void)erase(c, &c->page[i]);
    end(c);
}

static bool seen_before(const struct bh_product *p, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (region(p, k)->flash == region(p, i)->flash)
            return true;
    return false;
}

bool check_run(struct check *c)
{
    const char *why = refusal(c);

    say(c, "flash check of ");
    say(c, c->product->name);
    say(c, ", layout ");
    say_hex(c, c->product->layout, 8);
    say(c, "\n");
    if (why) {
        say(c, "flash check: REFUSED, nothing was erased: ");
        say(c, why);
        say(c, "\n");
        return false;
    }
    c->tests = c->failed = 0;
    for (uint32_t i = 0; i < REGIONS(c->product); i++)
        if (region(c->product, i)->flash && !seen_before(c->product, i))
            check_device(c, region(c->product, i)->flash);
    say(c, "flash check: ");
    if (c->failed) {
        say_number(c, c->failed);
        say(c, " of ");
    }
    say_number(c, c->tests);
    say(c, c->failed ? " tests FAILED: the driver is not good\n" : " tests, all passed\n");
    return c->failed == 0;
}
