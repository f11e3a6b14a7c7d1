/* SPDX-License-Identifier: Apache-2.0 */
/* What could be started, told from the bytes in flash, the pages that are bad and the images alone.
 * Nothing here asks the engine or its journal.
 *
 * An image can be put together if each of its chunks can be read in the place where a swap would
 * have it at some step, and goes into a primary chunk that can be written or that holds it already:
 *
 *     toward old, h chunks back     chunk c is in L[c] for c < h, else in P[c]
 *     toward new, g chunks in       chunk c is in P[c] for c < g, else in L[c + 1]
 *
 * h = 0 is an image that is whole in primary, and g = 0 one that is whole where it was staged. Of a
 * set, pairs change one after the other: those before the one in motion are all the way, those
 * after it have not begun; and each pair by itself may be whole in primary, in the backup, or
 * staged. */
#include "machine.h"

#include <string.h>

#include "bulkhead/bytes.h"
#include "sim/inner.h"

static const struct sim_flash *chip_of(const struct bh_region *r)
{
    return r->flash->context;
}

static bool readable(const struct bh_region *r)
{
    const struct sim_flash *s = chip_of(r);

    return s->health == SIM_WELL && !sim_flash_fails(s, SIM_READ, r->off, r->len);
}

/* A page that cannot be read only until it is erased is as good as any to be written. */
static bool writable(const struct bh_region *r)
{
    const struct sim_flash *s = chip_of(r);

    for (uint32_t i = 0; i < s->n_bad; i++)
        if (s->bad[i].off < r->off + r->len && r->off < s->bad[i].off + s->bad[i].len &&
            s->bad[i].decay != SIM_FADED)
            return false;
    return s->health == SIM_WELL;
}

/* Does this region hold chunk c of the image, as it would be read? */
static bool holds(const struct machine_image *image, const struct bh_region *r, uint32_t c)
{
    const struct sim_flash *s = r->flash ? chip_of(r) : NULL;
    uint32_t off = c * r->len, len;
    uint8_t is[512];

    if (!s || !readable(r))
        return false;
    len = bh_min(r->len, image->len - off);
    if (!s->n_tears)
        return memcmp(s->cells + r->off, image->bytes + off, len) == 0;
    for (uint32_t i = 0, n; i < len; i += n) {
        n = bh_min(sizeof is, len - i);
        sim_flash_peek(s, r->off + i, is, n);
        if (memcmp(is, image->bytes + off + i, n) != 0)
            return false;
    }
    return true;
}

/* Where the image of one pair is looked for: toward old or new, so many chunks on. */
struct way {
    bool to_new;
    uint32_t on;
};

static uint32_t chunks(const struct bh_pair *pair, const struct machine_image *image)
{
    return bh_round_up(image->len, pair->chunk) / pair->chunk;
}

static bool pair_can(const struct machine *m, uint8_t p, uint8_t v, struct way way)
{
    const struct bh_pair *pair = &m->w.pairs[p];
    const struct machine_image *image = &m->image[p][v];

    for (uint32_t c = 0; c < chunks(pair, image); c++) {
        struct bh_region in = bh_pair_p(pair, c), out;
        bool moved = way.to_new ? c >= way.on : c < way.on;

        if (!moved) {
            if (!holds(image, &in, c))
                return false;
            continue;
        }
        if (!way.to_new && c == 0 && !pair->spare.flash)
            return false;
        out = bh_pair_l(pair, way.to_new ? c + 1 : c);
        if (!holds(image, &out, c) || (!writable(&in) && !holds(image, &in, c)))
            return false;
    }
    return true;
}

bool oracle_runs(const struct machine *m, uint8_t pair, uint8_t image)
{
    const struct way in_place = { false, 0 };

    return pair_can(m, pair, image, in_place);
}

/* Whole in primary, in the backup, or staged. */
static bool pair_whole(const struct machine *m, uint8_t p, uint8_t v)
{
    const struct way ways[] = { { false, 0 }, { false, UINT32_MAX }, { true, 0 } };
    bool can = false;

    for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++)
        can = can || pair_can(m, p, v, ways[i]);
    return can;
}

/* With pair q in motion, the others as they are then. */
static bool set_can(const struct machine *m, uint8_t q, uint8_t v, struct way way)
{
    for (uint8_t p = 0; p < m->w.product.n_pairs; p++) {
        struct way mine = way;

        if (!(m->used >> p & 1))
            continue;
        if (p != q)
            mine.on = p < q ? UINT32_MAX : 0;
        if (!pair_can(m, p, v, mine))
            return false;
    }
    return true;
}

static bool can(const struct machine *m, uint8_t v)
{
    bool whole = true;

    for (uint8_t p = 0; p < m->w.product.n_pairs; p++)
        whole = whole && (!(m->used >> p & 1) || pair_whole(m, p, v));
    if (whole)
        return true;
    for (uint8_t q = 0; q < m->w.product.n_pairs; q++)
        for (uint32_t on = 0; on <= chunks(&m->w.pairs[q], &m->image[q][v]); on++)
            if (set_can(m, q, v, (struct way){ false, on }) ||
                set_can(m, q, v, (struct way){ true, on }))
                return true;
    return false;
}

uint8_t oracle_can(const struct machine *m, uint8_t which)
{
    uint8_t out = 0;

    for (uint8_t v = 1; v < EXPLORE_IMAGES; v++)
        if (which >> v & 1 && can(m, v))
            out |= (uint8_t)(1u << v);
    return out;
}

static bool set_whole(const struct machine *m, uint8_t v, struct way way)
{
    for (uint8_t p = 0; p < m->w.product.n_pairs; p++)
        if (m->used >> p & 1 && !pair_can(m, p, v, way))
            return false;
    return true;
}

uint8_t oracle_near(const struct machine *m, uint8_t which)
{
    uint8_t out = 0;

    for (uint8_t v = 1; v < EXPLORE_IMAGES; v++)
        if (which >> v & 1 && (set_whole(m, v, (struct way){ false, 0 }) ||
                               set_whole(m, v, (struct way){ false, UINT32_MAX })))
            out |= (uint8_t)(1u << v);
    return out;
}
