/* SPDX-License-Identifier: Apache-2.0 */
/* What an interrupted operation leaves.
 *
 * A cut that is not unstable leaves plain content: the shape is worked out once and stored. An
 * unstable one leaves a tear: cells keep what was before, meant what was intended, and each boot
 * gets a reading of its own. A unit leaves its tear by a complete erase of its page, or by being
 * programmed completely with the very bits that were meant.
 *
 * Programming anything else over a torn unit spoils it: it reads as programmed for the rest of
 * this boot and as what lay below, blank, or a mixture at later ones. */
#include "inner.h"

#include <string.h>

#include "bulkhead/bytes.h"

/* --- shapes ------------------------------------------------------------------------------ */

/* Eight random bits for one byte, set with chance 1/2, 1/4 or 3/4: seed % 3. */
static uint8_t random_bits(uint64_t seed, uint32_t i)
{
    uint64_t r = sim_mix(seed + 0x9E3779B97F4A7C15u * (i + 1u));
    uint8_t a = (uint8_t)r, b = (uint8_t)(r >> 8);

    if (seed % 3 == 0)
        return a;
    return seed % 3 == 1 ? a & b : a | b;
}

static void mix(uint64_t seed, uint32_t from, uint32_t unit, const uint8_t *before,
                const uint8_t *meant, uint8_t *out)
{
    for (uint32_t i = 0; i < unit; i++)
        out[i] = before[i] ^ ((before[i] ^ meant[i]) & random_bits(seed, from + i));
}

bool sim_shape_unit(const struct sim_flash *s, struct sim_reading how, uint32_t i, uint32_t n,
                    const uint8_t *before, const uint8_t *meant, uint8_t *out)
{
    uint32_t unit = s->flash.unit;
    bool as_meant = false;

    switch (how.shape) {
    case SIM_BEFORE: break;
    case SIM_MEANT: as_meant = true; break;
    case SIM_PREFIX: as_meant = i < how.seed % (n + 1u); break;
    case SIM_SUFFIX: as_meant = n - i <= how.seed % (n + 1u); break;
    case SIM_BEFORE_BUT_ONE: as_meant = i == how.seed % n; break;
    case SIM_MEANT_BUT_ONE: as_meant = i != how.seed % n; break;
    case SIM_MIX: mix(how.seed, i * unit, unit, before, meant, out); return true;
    case SIM_GARBAGE:
        for (uint32_t k = 0; k < unit; k++)
            out[k] = (uint8_t)sim_mix(how.seed ^ (uint64_t)(i * unit + k + 1u) << 32);
        return true;
    case SIM_BLANK: memset(out, s->flash.erased, unit); return true;
    case SIM_FAULT:
    case SIM_SHAPES: return false;
    }
    memmove(out, as_meant ? meant : before, unit);
    return true;
}

const char *sim_shape_text(enum sim_shape shape)
{
    static const char *const texts[SIM_SHAPES] = {
        [SIM_BEFORE] = "as before",
        [SIM_MEANT] = "as meant",
        [SIM_PREFIX] = "first part as meant",
        [SIM_SUFFIX] = "last part as meant",
        [SIM_MIX] = "a mixture of bits",
        [SIM_BEFORE_BUT_ONE] = "as before but one unit",
        [SIM_MEANT_BUT_ONE] = "as meant but one unit",
        [SIM_BLANK] = "blank",
        [SIM_GARBAGE] = "garbage",
        [SIM_FAULT] = "read error",
    };

    return shape < SIM_SHAPES ? texts[shape] : "unknown";
}

/* --- readings ---------------------------------------------------------------------------- */

/* Any shape, by the seed, the boot and the place: the same however often and in whatever order it
 * is asked for. */
static struct sim_reading draw(const struct sim_flash *s, const struct sim_tear *tear)
{
    const struct sim_power *power = s->traits.power;
    uint64_t place = (uint64_t)tear->off << 32 ^ tear->len ^ (uint64_t)tear->kind << 63;
    uint64_t r = sim_mix(power->seed ^ sim_mix(power->boots ^ sim_mix(place)));
    uint32_t shapes = s->traits.ecc ? SIM_SHAPES : SIM_FAULT;

    return (struct sim_reading){ (enum sim_shape)(r % shapes), sim_mix(r) };
}

struct sim_reading sim_tear_reading(struct sim_flash *s, struct sim_tear *tear)
{
    const struct sim_power *power = s->traits.power;

    if (tear->fixed || tear->boot == power->boots)
        return tear->reading;
    tear->boot = power->boots;
    tear->reading = power->choose ? power->choose(power->choose_context, s, tear) : draw(s, tear);
    if (tear->reading.shape == SIM_FAULT && !s->traits.ecc)
        sim_die("a read error was chosen for a device without the ecc trait");
    return tear->reading;
}

bool sim_tear_unit(const struct sim_flash *s, struct sim_reading how, uint32_t u, uint8_t *out)
{
    const struct sim_tear *tear = sim_unit_tear(s, u);
    uint32_t at = u * s->flash.unit;

    return sim_shape_unit(s, how, u - sim_units(s, tear->off), sim_units(s, tear->len),
                          s->cells + at, s->meant + at, out);
}

bool sim_tear_show(const struct sim_flash *s, uint32_t u, struct sim_reading how, uint32_t off,
                   uint8_t *buf, uint32_t len)
{
    uint32_t unit = s->flash.unit, at = u * unit;
    uint32_t from = at > off ? at : off, to = bh_min(at + unit, off + len);
    uint8_t held[BH_UNIT_MAX];

    if (!sim_tear_unit(s, how, u, held))
        return false;
    memcpy(buf + (from - off), held + (from - at), to - from);
    return true;
}

bool sim_tear_read(struct sim_flash *s, uint32_t off, uint8_t *buf, uint32_t len)
{
    for (uint32_t t = 0; t < s->n_tears; t++) {
        struct sim_tear *tear = &s->tears[t];
        uint32_t from = tear->off > off ? tear->off : off;
        uint32_t to = bh_min(tear->off + tear->len, off + len);

        for (uint32_t u = from / s->flash.unit; tear->units && u * s->flash.unit < to; u++)
            if (s->state[u] == t + 1u &&
                !sim_tear_show(s, u, sim_tear_reading(s, tear), off, buf, len))
                return false;
    }
    return true;
}

/* --- the list of tears ------------------------------------------------------------------- */

void sim_tear_leave(struct sim_flash *s, uint32_t u)
{
    if (!sim_unit_torn(s, u))
        return;
    sim_unit_tear(s, u)->units--;
    s->state[u] = SIM_UNIT_BLANK;
    while (s->n_tears && s->tears[s->n_tears - 1].units == 0)
        s->n_tears--;
}

/* A place for a new tear: the lowest free one. NULL if there are too many. */
static struct sim_tear *place(struct sim_flash *s)
{
    uint32_t t = 0;

    while (t < s->n_tears && s->tears[t].units)
        t++;
    if (t == SIM_TEARS_MAX)
        return NULL;
    if (t == s->max_tears) {
        s->max_tears = s->max_tears ? 2 * s->max_tears : 8;
        s->tears = sim_grow(s->tears, s->max_tears, sizeof *s->tears);
    }
    return &s->tears[t];
}

/* A unit joins tear t. If there was no place for t, a torn unit stays in its own tear. */
static void join(struct sim_flash *s, struct sim_tear *t, uint32_t u)
{
    uint32_t number;

    if (!t)
        return;
    number = (uint32_t)(t - s->tears) + 1u;
    t->units++;
    if (s->n_tears < number)
        s->n_tears = number;
    sim_tear_leave(s, u);
    s->state[u] = (uint16_t)number;
}

/* --- tearing ----------------------------------------------------------------------------- */

/* What a torn unit may still show of the time before: the fuller of its two contents. */
static void keep_former(struct sim_flash *s, uint32_t u)
{
    uint32_t unit = s->flash.unit, at = u * unit;

    if (!bh_all(s->meant + at, s->flash.erased, unit))
        memcpy(s->cells + at, s->meant + at, unit);
}

/* A stable cut on a stable unit leaves plain content. */
static void tear_firmly(struct sim_flash *s, uint32_t u, uint32_t i, uint32_t n,
                        const uint8_t *meant, struct sim_reading how)
{
    uint32_t unit = s->flash.unit, at = u * unit;

    sim_shape_unit(s, how, i, n, s->cells + at, meant, s->cells + at);
    s->state[u] =
        bh_all(s->cells + at, s->flash.erased, unit) ? SIM_UNIT_BLANK : SIM_UNIT_PROGRAMMED;
}

/* Is data what a program that was interrupted here meant? Then to go on with it does no harm. */
static bool same_bits(const struct sim_flash *s, uint32_t u, const uint8_t *data)
{
    const struct sim_tear *t = sim_unit_tear(s, u);

    return t->kind == SIM_PROGRAM && !t->spoiled &&
           memcmp(s->meant + u * s->flash.unit, data, s->flash.unit) == 0;
}

void sim_tear_range(struct sim_flash *s, uint32_t off, uint32_t len, const uint8_t *data,
                    const struct sim_cut *cut)
{
    const struct sim_reading how = { cut->shape, cut->seed };
    bool loose = cut->unstable || cut->shape == SIM_FAULT;
    uint32_t unit = s->flash.unit, first = sim_units(s, off), n = sim_units(s, len);
    struct sim_tear *t;
    uint8_t blank[BH_UNIT_MAX];

    if (cut->shape == SIM_FAULT && !s->traits.ecc)
        sim_die("a read error was asked of a cut on a device without the ecc trait");
    memset(blank, s->flash.erased, sizeof blank);
    sim_past_touch(s, off, len);
    t = place(s);
    if (t)
        *t = (struct sim_tear){ .off = off,
                                .len = len,
                                .kind = data ? SIM_PROGRAM : SIM_ERASE,
                                .fixed = !cut->unstable,
                                .boot = s->traits.power->boots,
                                .reading = how };
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *meant = data ? data + i * unit : blank;
        bool torn = sim_unit_torn(s, first + i);

        if (!torn && (!loose || !t)) {
            tear_firmly(s, first + i, i, n, meant, how);
            continue;
        }
        if (t && torn && data && !same_bits(s, first + i, meant))
            t->spoiled = true;
        if (t && torn)
            t->fixed = false;
        if (torn && !data)
            keep_former(s, first + i);
        memcpy(s->meant + (first + i) * unit, meant, unit);
        join(s, t, first + i);
    }
}

void sim_tear_overwrite(struct sim_flash *s, uint32_t off, uint32_t len, const uint8_t *data)
{
    uint32_t unit = s->flash.unit, first = sim_units(s, off), n = sim_units(s, len);
    struct sim_tear *t = place(s);

    if (t)
        *t = (struct sim_tear){ .off = off,
                                .len = len,
                                .kind = SIM_PROGRAM,
                                .spoiled = true,
                                .boot = s->traits.power->boots,
                                .reading = { SIM_MEANT, 0 } };
    for (uint32_t i = 0; i < n; i++) {
        uint32_t u = first + i, at = u * unit;
        const uint8_t *p = data + i * unit;
        bool torn = sim_unit_torn(s, u);
        bool same = torn && same_bits(s, u, p);

        if (torn && !same) {
            memcpy(s->meant + at, p, unit);
            join(s, t, u);
            s->counts.spoiled++;
            continue;
        }
        sim_tear_leave(s, u);
        memcpy(s->cells + at, p, unit);
        s->state[u] = SIM_UNIT_PROGRAMMED;
    }
}
