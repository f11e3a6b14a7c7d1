/* SPDX-License-Identifier: Apache-2.0 */
/* The device: what each operation checks, counts and does. How it fails is in tear.c and power.c.
 *
 * An operation goes through: is it correct (else misuse), does the device answer, does a cut meet
 * it, do it as far as the power lasts, tell the watcher, go dark if cut. */
#include "inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bulkhead/bytes.h"

#define BLOCK_MAX 512u

void sim_die(const char *why)
{
    fprintf(stderr, "simulated flash: %s\n", why);
    abort();
}

void *sim_grow(void *old, size_t count, size_t size)
{
    void *new = realloc(old, count * size);

    if (!new)
        sim_die("out of memory");
    return new;
}

/* --- misuse and failing ------------------------------------------------------------------ */

static const char *const kinds[] = { "read", "program", "erase" };

static uint64_t next_op(const struct sim_flash *s, enum sim_kind kind)
{
    return kind == SIM_READ || !s->traits.power ? 0 : s->traits.power->ops + 1;
}

__attribute__((format(printf, 5, 6))) static int
misuse(struct sim_flash *s, enum sim_kind kind, uint32_t off, uint32_t len, const char *why, ...)
{
    if (s->misuse.count++ == 0) {
        char what[SIM_TEXT / 2];
        va_list args;

        va_start(args, why);
        vsnprintf(what, sizeof what, why, args);
        va_end(args);
        snprintf(s->misuse.first, sizeof s->misuse.first,
                 "%s: offset 0x%x: %s of %u bytes as operation %llu: %s", s->traits.name, off,
                 kinds[kind], len, (unsigned long long)next_op(s, kind), what);
    }
    return BH_ERR_IO;
}

static bool bad_spot(const struct sim_flash *s, enum sim_kind kind, uint32_t off, uint32_t len)
{
    for (uint32_t i = 0; i < s->n_faults; i++) {
        const struct sim_fault *f = &s->faults[i];
        bool touches = off < f->off + f->len && f->off < off + len;
        bool kind_fails = kind == SIM_READ ? f->read : kind == SIM_PROGRAM ? f->program : f->erase;

        if (touches && kind_fails)
            return true;
    }
    return false;
}

/* --- pages gone bad ---------------------------------------------------------------------- */

const char *sim_decay_text(enum sim_decay decay)
{
    static const char *const texts[SIM_DECAYS] = {
        [SIM_SOUND] = "is sound",
        [SIM_WORN] = "can no longer be written",
        [SIM_SPOILT] = "turns to garbage and can no longer be written",
        [SIM_UNREADABLE] = "can no longer be read",
        [SIM_FADED] = "cannot be read until it is erased",
        [SIM_GONE] = "can neither be read nor written",
    };

    return decay < SIM_DECAYS ? texts[decay] : "unknown";
}

static bool decay_fails(enum sim_decay decay, enum sim_kind kind)
{
    if (decay == SIM_GONE)
        return true;
    if (kind == SIM_READ)
        return decay == SIM_UNREADABLE || decay == SIM_FADED;
    return decay == SIM_WORN || decay == SIM_SPOILT;
}

static bool bad_page(const struct sim_flash *s, enum sim_kind kind, uint32_t off, uint32_t len)
{
    for (uint32_t i = 0; i < s->n_bad; i++)
        if (off < s->bad[i].off + s->bad[i].len && s->bad[i].off < off + len &&
            decay_fails(s->bad[i].decay, kind))
            return true;
    return false;
}

/* A page gets well, or at least rid of the illness it had. */
static void recover(struct sim_flash *s, uint32_t off)
{
    for (uint32_t i = 0; i < s->n_bad; i++)
        if (s->bad[i].off == off) {
            s->bad[i] = s->bad[--s->n_bad];
            return;
        }
}

void sim_flash_decay(struct sim_flash *s, uint32_t off, enum sim_decay decay)
{
    struct bh_page page;

    if (bh_flash_page(&s->flash, off, &page))
        sim_die("a page outside the device is to go bad");
    recover(s, page.off);
    if (decay == SIM_SOUND)
        return;
    if (s->n_bad == SIM_BAD_MAX)
        sim_die("more pages are to go bad than the device has room to remember");
    if (decay == SIM_SPOILT) {
        uint8_t *garbage = sim_grow(NULL, page.len, 1);

        for (uint32_t i = 0; i < page.len; i++)
            garbage[i] = (uint8_t)sim_mix(0x51D0C0DEu ^ (uint64_t)(page.off + i) << 8);
        sim_flash_fill(s, page.off, garbage, page.len);
        free(garbage);
    }
    s->bad[s->n_bad++] = (struct sim_bad){ page.off, page.len, decay };
}

static bool no_power(const struct sim_flash *s)
{
    return s->traits.power && s->traits.power->dark;
}

static bool fails(const struct sim_flash *s, enum sim_kind kind, uint32_t off, uint32_t len)
{
    return s->health == SIM_DEAD || bad_spot(s, kind, off, len) || bad_page(s, kind, off, len);
}

bool sim_flash_fails(const struct sim_flash *s, enum sim_kind kind, uint32_t off, uint32_t len)
{
    return fails(s, kind, off, len);
}

static void tell(const struct sim_flash *s, enum sim_kind kind, uint32_t off, uint32_t len,
                 const void *data, uint64_t op, int err, bool cut)
{
    const struct sim_event event = { s, kind, off, len, data, op, err, cut };

    if (s->traits.watch)
        s->traits.watch(s->traits.watch_context, &event);
}

/* The last act of an operation: tell, and go dark if it was cut. */
static int end(const struct sim_flash *s, enum sim_kind kind, uint32_t off, uint32_t len,
               const void *data, uint64_t op, const struct sim_cut *cut)
{
    int err = cut ? BH_ERR_IO : BH_OK;

    tell(s, kind, off, len, data, op, err, cut != NULL);
    if (cut)
        sim_power_strike(s->traits.power);
    return err;
}

/* --- read -------------------------------------------------------------------------------- */

static void babble(struct sim_flash *s, uint8_t *buf, uint32_t len)
{
    uint64_t seed = s->traits.power ? s->traits.power->seed : 0;

    for (uint32_t i = 0; i < len; i++)
        buf[i] = (uint8_t)sim_mix(seed ^ ++s->noise << 8);
}

static bool any_blank(const struct sim_flash *s, uint32_t off, uint32_t len)
{
    for (uint32_t u = off / s->flash.unit; len && u <= (off + len - 1) / s->flash.unit; u++)
        if (s->state[u] == SIM_UNIT_BLANK)
            return true;
    return false;
}

static int read_cells(struct sim_flash *s, uint32_t off, uint8_t *buf, uint32_t len)
{
    if (fails(s, SIM_READ, off, len) || (s->traits.blind && any_blank(s, off, len)))
        return BH_ERR_IO;
    if (s->health == SIM_ABSENT) {
        memset(buf, 0xFF, len);
    } else if (s->health == SIM_BABBLE) {
        babble(s, buf, len);
    } else {
        memcpy(buf, s->cells + off, len);
        if (!sim_tear_read(s, off, buf, len))
            return BH_ERR_IO;
    }
    s->counts.reads++;
    s->counts.read_bytes += len;
    return BH_OK;
}

static int sim_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    struct sim_flash *s = f->context;
    int err;

    if (no_power(s))
        return BH_ERR_IO;
    if (!bh_within(off, len, s->flash.size))
        err = misuse(s, SIM_READ, off, len, "outside the device");
    else
        err = read_cells(s, off, buf, len);
    tell(s, SIM_READ, off, len, buf, 0, err, false);
    return err;
}

/* What the driver of a blind device can tell: is every unit blank? */
static int sim_blank(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct sim_flash *s = f->context;

    if (no_power(s) || fails(s, SIM_READ, off, len))
        return BH_ERR_IO;
    if (!bh_within(off, len, s->flash.size))
        return misuse(s, SIM_READ, off, len, "outside the device");
    for (uint32_t u = off / s->flash.unit; len && u <= (off + len - 1) / s->flash.unit; u++)
        if (s->state[u] != SIM_UNIT_BLANK)
            return BH_ERR_COMPARE;
    return BH_OK;
}

/* --- program ----------------------------------------------------------------------------- */

/* What a complete unit holds after being programmed with data again. */
static uint8_t combine(const struct sim_flash *s, uint8_t held, uint8_t data)
{
    return s->flash.erased ? held & data : held | data;
}

/* May data be programmed over a unit that is not blank? */
static bool again(struct sim_flash *s, uint32_t u, const uint8_t *data)
{
    uint32_t unit = s->flash.unit;
    uint8_t held[BH_UNIT_MAX];
    bool readable = true;

    memcpy(held, s->cells + u * unit, unit);
    if (sim_unit_torn(s, u)) {
        readable = sim_tear_unit(s, sim_tear_reading(s, sim_unit_tear(s, u)), u, held);
        if (readable && bh_all(held, s->flash.erased, unit))
            return true; /* nobody could know that it is not blank */
    }
    if (!readable || s->traits.again == SIM_AGAIN_NEVER)
        return false;
    if (s->traits.again == SIM_AGAIN_SAME)
        return memcmp(held, data, unit) == 0;
    for (uint32_t i = 0; i < unit; i++)
        if (combine(s, held[i], data[i]) != data[i])
            return false;
    return true;
}

static bool all_blank(const uint16_t *state, uint32_t n)
{
    return state[0] == SIM_UNIT_BLANK && memcmp(state, state + 1, (n - 1) * sizeof *state) == 0;
}

/* Are len bytes at off free to be programmed with data? */
static int check_units(struct sim_flash *s, uint32_t off, uint32_t len, const uint8_t *data)
{
    static const char *const why[] = {
        [SIM_AGAIN_NEVER] = "was programmed since its page was erased",
        [SIM_AGAIN_SAME] = "holds other data than is to be programmed",
        [SIM_AGAIN_CLEAR] = "has bits that only an erase can set back",
    };
    uint32_t first = sim_units(s, off), n = sim_units(s, len);

    if (all_blank(s->state + first, n))
        return BH_OK;
    for (uint32_t i = 0; i < n; i++)
        if (s->state[first + i] != SIM_UNIT_BLANK && !again(s, first + i, data + i * s->flash.unit))
            return misuse(s, SIM_PROGRAM, off, len, "the unit at 0x%x %s",
                          (first + i) * s->flash.unit, why[s->traits.again]);
    return BH_OK;
}

static int check_program(struct sim_flash *s, uint32_t off, uint32_t len, const uint8_t *data)
{
    if (!bh_within(off, len, s->flash.size))
        return misuse(s, SIM_PROGRAM, off, len, "outside the device");
    if (len == 0 || off % s->flash.unit || len % s->flash.unit)
        return misuse(s, SIM_PROGRAM, off, len, "not whole program units of %u", s->flash.unit);
    if (s->read_only)
        return misuse(s, SIM_PROGRAM, off, len, "the file is open for reading only");
    if (s->health != SIM_WELL || bad_page(s, SIM_PROGRAM, off, len))
        return BH_OK; /* it fails or vanishes, whatever is there */
    return check_units(s, off, len, data);
}

/* Program completely. */
static void program_units(struct sim_flash *s, uint32_t off, uint32_t len, const uint8_t *data)
{
    uint32_t unit = s->flash.unit;
    uint32_t first = sim_units(s, off), n = sim_units(s, len);

    if (len == 0)
        return;
    sim_past_touch(s, off, len);
    for (uint32_t i = 0; i < n && s->n_tears; i++)
        if (sim_unit_torn(s, first + i)) {
            sim_tear_overwrite(s, off, len, data);
            return;
        }
    memcpy(s->cells + first * unit, data, len);
    memset(s->state + first, SIM_UNIT_PROGRAMMED & 0xFF, n * sizeof *s->state);
}

/* Program until the power goes in one of the pulses. Pulses begin at multiples of the burst. */
static void program_torn(struct sim_flash *s, uint32_t off, uint32_t len, const uint8_t *data,
                         const struct sim_cut *cut)
{
    uint32_t burst = s->traits.burst;
    uint32_t pulses = (off + len - 1) / burst - off / burst + 1;
    uint32_t pulse = off / burst + cut->pulse % pulses;
    uint32_t from = pulse * burst > off ? pulse * burst : off;
    uint32_t to = bh_min((pulse + 1) * burst, off + len);

    program_units(s, off, from - off, data);
    sim_tear_range(s, from, to - from, data + (from - off), cut);
}

static void program_until(struct sim_flash *s, uint32_t off, uint32_t len, const uint8_t *data,
                          const struct sim_cut *cut)
{
    if (cut && cut->when == SIM_CUT_BEFORE)
        return;
    s->counts.programs++;
    s->counts.programmed_bytes += len;
    if (s->health != SIM_WELL)
        return;
    if (cut && cut->when == SIM_CUT_TORN)
        program_torn(s, off, len, data, cut);
    else
        program_units(s, off, len, data);
}

static int sim_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    struct sim_flash *s = f->context;
    const struct sim_cut *cut;
    uint64_t op;
    int err;

    if (no_power(s))
        return BH_ERR_IO;
    err = check_program(s, off, len, buf);
    if (err || fails(s, SIM_PROGRAM, off, len)) {
        tell(s, SIM_PROGRAM, off, len, buf, 0, BH_ERR_IO, false);
        return BH_ERR_IO;
    }
    op = next_op(s, SIM_PROGRAM);
    cut = sim_power_begin(s->traits.power);
    program_until(s, off, len, buf, cut);
    return end(s, SIM_PROGRAM, off, len, buf, op, cut);
}

/* --- erase ------------------------------------------------------------------------------- */

/* Erase completely. */
static void erase_units(struct sim_flash *s, uint32_t off, uint32_t len)
{
    uint32_t first = sim_units(s, off), n = sim_units(s, len);

    for (uint32_t i = 0; i < n && s->n_tears; i++)
        sim_tear_leave(s, first + i);
    memset(s->cells + off, s->flash.erased, len);
    memset(s->state + first, 0, n * sizeof *s->state);
}

static void erase_until(struct sim_flash *s, uint32_t off, uint32_t len, const struct sim_cut *cut)
{
    if (cut && cut->when == SIM_CUT_BEFORE)
        return;
    s->counts.erases++;
    s->counts.erased_bytes += len;
    if (s->health != SIM_WELL)
        return;
    sim_past_touch(s, off, len);
    s->wear[off / s->block]++;
    if (cut && cut->when == SIM_CUT_TORN) {
        sim_tear_range(s, off, len, NULL, cut);
        return;
    }
    erase_units(s, off, len);
    for (uint32_t i = 0; i < s->n_bad; i++)
        if (s->bad[i].off == off && s->bad[i].decay == SIM_FADED)
            recover(s, off);
}

static int erase_page(struct sim_flash *s, uint32_t off, uint32_t len)
{
    const struct sim_cut *cut;
    uint64_t op;

    if (fails(s, SIM_ERASE, off, len)) {
        tell(s, SIM_ERASE, off, len, NULL, 0, BH_ERR_IO, false);
        return BH_ERR_IO;
    }
    op = next_op(s, SIM_ERASE);
    cut = sim_power_begin(s->traits.power);
    erase_until(s, off, len, cut);
    return end(s, SIM_ERASE, off, len, NULL, op, cut);
}

static int sim_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct sim_flash *s = f->context;
    int err = BH_OK;

    if (no_power(s))
        return BH_ERR_IO;
    if (!bh_within(off, len, s->flash.size))
        err = misuse(s, SIM_ERASE, off, len, "outside the device");
    else if (len == 0 || !bh_flash_whole_pages(&s->flash, off, len))
        err = misuse(s, SIM_ERASE, off, len, "not whole pages");
    else if (s->read_only)
        err = misuse(s, SIM_ERASE, off, len, "the file is open for reading only");
    if (err)
        tell(s, SIM_ERASE, off, len, NULL, 0, err, false);
    for (uint32_t end = off + len; !err && off < end;) {
        struct bh_page page;

        err = bh_flash_page(&s->flash, off, &page);
        if (!err)
            err = erase_page(s, page.off, page.len);
        off = page.off + page.len;
    }
    return err;
}

const struct bh_flash_ops sim_flash_ops = { .read = sim_read,
                                            .program = sim_program,
                                            .erase = sim_erase };
const struct bh_flash_ops sim_flash_blind_ops = {
    .read = sim_read, .program = sim_program, .erase = sim_erase, .blank = sim_blank
};

/* --- open and close ---------------------------------------------------------------------- */

static uint32_t divisor(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

int sim_flash_check(struct sim_flash *s, const struct bh_flash *geometry,
                    const struct sim_traits *traits)
{
    uint32_t block = BLOCK_MAX;
    uint64_t size = 0;
    const char *wrong = NULL;

    memset(s, 0, sizeof *s);
    s->file = -1;
    s->traits = *traits;
    if (!s->traits.name)
        s->traits.name = "flash";
    if (!s->traits.burst)
        s->traits.burst = geometry->unit;
    for (uint8_t i = 0; i < geometry->n_runs; i++) {
        size += (uint64_t)geometry->runs[i].count * geometry->runs[i].size;
        block = divisor(geometry->runs[i].size, block);
    }
    if (geometry->unit == 0 || geometry->unit > BH_UNIT_MAX ||
        (geometry->unit & (geometry->unit - 1u)) != 0)
        wrong = "the program unit is not a power of two from 1 to 512";
    else if (geometry->erased != 0xFF && geometry->erased != 0x00)
        wrong = "the erased value is neither 0xFF nor 0x00";
    else if (size == 0 || size != geometry->size)
        wrong = "the size is not the sum of the page runs, or is zero";
    else if (block % geometry->unit)
        wrong = "a page is not whole program units";
    else if (s->traits.burst % geometry->unit)
        wrong = "the burst is not whole program units";
    if (wrong) {
        snprintf(s->text, sizeof s->text, "%s: %s. Correct the device's geometry.", s->traits.name,
                 wrong);
        return BH_ERR_PRODUCT;
    }
    s->flash = *geometry;
    s->traits.blind = s->traits.blind || (geometry->ops && geometry->ops->blank);
    s->flash.ops = s->traits.blind ? &sim_flash_blind_ops : &sim_flash_ops;
    s->flash.context = s;
    s->block = block;
    s->n_blocks = geometry->size / block;
    return BH_OK;
}

/* Memory that the system clears when it is first touched, so a large empty chip costs nothing. */
static void *zeroed(size_t count, size_t size)
{
    void *p = calloc(count, size);

    if (!p)
        sim_die("out of memory");
    return p;
}

void sim_flash_begin(struct sim_flash *s)
{
    s->meant = zeroed(s->flash.size, 1);
    s->state = zeroed(sim_units(s, s->flash.size), sizeof *s->state);
    s->wear = zeroed(s->n_blocks, sizeof *s->wear);
    sim_past_begin(s);
}

int sim_flash_open(struct sim_flash *s, const struct bh_flash *geometry,
                   const struct sim_traits *traits)
{
    int err = sim_flash_check(s, geometry, traits);

    if (err)
        return err;
    s->cells =
        mmap(NULL, s->flash.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s->cells == MAP_FAILED)
        sim_die("out of memory");
    memset(s->cells, s->flash.erased, s->flash.size);
    sim_flash_begin(s);
    return BH_OK;
}

/* --- beside the core --------------------------------------------------------------------- */

void sim_flash_fill(struct sim_flash *s, uint32_t off, const void *data, uint32_t len)
{
    uint32_t unit = s->flash.unit;

    if (len == 0)
        return;
    sim_past_touch(s, off, len);
    for (uint32_t u = off / unit; u <= (off + len - 1) / unit; u++)
        sim_tear_leave(s, u);
    memcpy(s->cells + off, data, len);
    for (uint32_t u = off / unit; u <= (off + len - 1) / unit; u++)
        s->state[u] = bh_all(s->cells + u * unit, s->flash.erased, unit) ? SIM_UNIT_BLANK
                                                                         : SIM_UNIT_PROGRAMMED;
}

void sim_flash_blank(struct sim_flash *s)
{
    sim_past_touch(s, 0, s->flash.size);
    erase_units(s, 0, s->flash.size);
    memset(s->wear, 0, s->n_blocks * sizeof *s->wear);
}

void sim_flash_peek(const struct sim_flash *s, uint32_t off, void *buf, uint32_t len)
{
    uint32_t unit = s->flash.unit;

    memcpy(buf, s->cells + off, len);
    for (uint32_t u = off / unit; s->n_tears && u * unit < off + len; u++)
        if (sim_unit_torn(s, u))
            sim_tear_show(s, u, sim_unit_tear(s, u)->reading, off, buf, len);
}

uint32_t sim_flash_wear(const struct sim_flash *s, uint32_t off)
{
    struct bh_page page;

    return bh_flash_page(&s->flash, off, &page) ? 0 : s->wear[page.off / s->block];
}
