/* SPDX-License-Identifier: Apache-2.0 */
/* Places: each gap is filled from both its ends, and a `rest` in it takes what is left.
 *
 * Sizes may hang on a `rest` in another gap, so gaps are placed as their sizes become known, until
 * nothing changes. What is left then waits for each other. */
#include "solve.h"

#include <stdlib.h>
#include <string.h>

#define TRIES 64 /* page borders that the end of a `rest` is tried at, from the last one down */

uint64_t up_to(uint64_t v, uint64_t step)
{
    return (v + step - 1) / step * step;
}

uint64_t down_to(uint64_t v, uint64_t step)
{
    return v / step * step;
}

/* The run of pages that holds off, and where it begins. */
static const struct bh_page_run *run_at(const struct bh_flash *f, uint64_t off, uint64_t *begin)
{
    const struct bh_page_run *r = f->runs;

    *begin = 0;
    for (uint8_t i = 1; i < f->n_runs && off - *begin >= (uint64_t)r->count * r->size; i++, r++)
        *begin += (uint64_t)r->count * r->size;
    return r;
}

uint64_t page_down(const struct bh_flash *f, uint64_t off)
{
    uint64_t begin;
    const struct bh_page_run *r = run_at(f, off, &begin);

    return begin + down_to(off - begin, r->size);
}

uint64_t page_up(const struct bh_flash *f, uint64_t off)
{
    uint64_t begin, down = page_down(f, off);

    return down == off ? off : down + run_at(f, off, &begin)->size;
}

/* Whose `pages:` the start of a partition follows: its own; of the first part of a container, the
 * container's; other parts lie byte by byte. NULL: none. */
static const struct ask *border_rule(const struct solver *s, int i)
{
    int outer = outermost(s, i);

    if (outer == i || s->asks[i].pages == PAGES_OWN)
        return &s->asks[i];
    return first_leaf(s, outer) == i ? &s->asks[outer] : NULL;
}

static uint64_t border_up(const struct ask *rule, const struct bh_flash *f, uint64_t off)
{
    if (!rule || rule->pages == PAGES_NO)
        return off;
    return rule->pages == PAGES_OWN ? up_to(off, rule->pages_size) : page_up(f, off);
}

static uint64_t border_down(const struct ask *rule, const struct bh_flash *f, uint64_t off)
{
    if (!rule || rule->pages == PAGES_NO)
        return off;
    return rule->pages == PAGES_OWN ? down_to(off, rule->pages_size) : page_down(f, off);
}

/* Multiples count in addresses, as Partition Manager counts them. */
static uint64_t address_up(const struct bh_flash *f, uint64_t off, uint32_t step)
{
    return step ? up_to(f->base + off, step) - f->base : off;
}

static uint64_t address_down(const struct bh_flash *f, uint64_t off, uint32_t step)
{
    uint64_t address = step ? down_to(f->base + off, step) : f->base + off;

    return address > f->base ? address - f->base : 0;
}

/* The border that is `count` pages above off; beyond the device as if its last page went on. */
static uint64_t pages_above(const struct bh_flash *f, uint64_t off, uint64_t count)
{
    uint64_t begin = 0;

    for (uint8_t i = 0; i < f->n_runs && count; i++) {
        const struct bh_page_run *r = &f->runs[i];
        uint64_t end = begin + (uint64_t)r->count * r->size;
        bool last = i + 1 == f->n_runs;

        if (off < end || last) {
            uint64_t left = off < end ? (end - off + r->size - 1) / r->size : 0;
            uint64_t take = count < left || last ? count : left;
            uint64_t border = begin + down_to(off - begin, r->size) + take * r->size;

            off = border;
            count -= take;
        }
        begin = end;
    }
    return off;
}

/* The border that is `count` pages below off, or 0. */
static uint64_t pages_below(const struct bh_flash *f, uint64_t off, uint64_t count)
{
    while (off && count) {
        uint64_t begin;
        const struct bh_page_run *r = run_at(f, off - 1, &begin);
        uint64_t left = (off - begin + r->size - 1) / r->size;
        uint64_t take = count < left ? count : left;

        off = begin + up_to(off - begin, r->size) - take * r->size;
        count -= take;
    }
    return off;
}

/* Bytes of a partition that begins at off. */
static uint64_t size_from(const struct solver *s, int i, const struct bh_flash *f, uint64_t off,
                          uint64_t rest)
{
    const struct ask *a = &s->asks[i];

    if (a->size == ASK_AUTO)
        return page_up(f, off + a->number) - off;
    if (a->size == ASK_PAGES)
        return pages_above(f, off, a->number) - off;
    return extent_bytes(&s->extents[i], rest);
}

/* The same of one that ends at `end`. */
static uint64_t size_to(const struct solver *s, int i, const struct bh_flash *f, uint64_t end,
                        uint64_t rest)
{
    const struct ask *a = &s->asks[i];

    if (a->size == ASK_AUTO)
        return end > a->number ? end - page_down(f, end - a->number) : a->number;
    if (a->size == ASK_PAGES)
        return end - pages_below(f, end, a->number);
    return extent_bytes(&s->extents[i], rest);
}

/* Sums of hostile sizes end here; no device is as large. */
static uint64_t sum(uint64_t a, uint64_t b)
{
    return a + b < FAR ? a + b : FAR;
}

/* Place what goes upwards; returns where it ends. Nobody knows where that is which follows a
 * partition without a size. */
static uint64_t place_up(struct solver *s, const struct gap *g, uint64_t rest)
{
    const struct bh_flash *f = &s->l->devices[g->device].flash;
    uint64_t at = g->start;
    uint32_t next = 0;
    bool lost = false;

    for (int k = g->up; k < g->up_end; k++) {
        int i = s->line[k];
        const struct ask *a = &s->asks[i];
        bool fixed = k == g->up && a->fixed;

        if (!fixed) {
            at = border_up(border_rule(s, i), f, at);
            at = address_up(f, address_up(f, at, a->align_start), next);
            if (a->align_end) {
                uint64_t size = size_from(s, i, f, at, rest);

                at = address_up(f, at + size, a->align_end) - size;
            }
        }
        s->off[i] = at;
        s->size[i] = size_from(s, i, f, at, rest);
        s->lost[i] = lost;
        lost = lost || !s->size[i];
        at = sum(at, s->size[i]);
        next = a->align_next;
    }
    return at;
}

/* Place what goes downwards; returns where it begins. What would lie below 0 lies at 0. */
static uint64_t place_down(struct solver *s, const struct gap *g, uint64_t rest)
{
    const struct bh_flash *f = &s->l->devices[g->device].flash;
    uint64_t at = g->limit;
    bool lost = false;

    for (int k = g->down_end - 1; k >= g->down; k--) {
        int i = s->line[k];
        const struct ask *a = &s->asks[i];
        uint32_t before = k > g->down ? s->asks[s->line[k - 1]].align_next : 0;

        if (a->align_end)
            at = address_down(f, at, a->align_end);
        uint64_t size = size_to(s, i, f, at, rest);
        at = at > size ? at - size : 0;
        at = border_down(border_rule(s, i), f, at);
        at = address_down(f, address_down(f, at, a->align_start), before);
        s->off[i] = at;
        s->size[i] = size;
        s->lost[i] = lost;
        lost = lost || !size;
    }
    return at;
}

/* Does all of the gap fit in it? */
static bool fits(struct solver *s, const struct gap *g, uint64_t rest)
{
    uint64_t low = place_up(s, g, rest), need = 0;

    for (int k = g->down; k < g->down_end; k++)
        need = sum(need, extent_bytes(&s->extents[s->line[k]], rest));
    if (g->limit == NOWHERE)
        return g->down == g->down_end;
    return need <= g->limit && place_down(s, g, rest) >= low && low <= g->limit;
}

/* Do all that must end on page borders do so, as they are placed? */
static bool on_borders(const struct solver *s, int from, int to)
{
    for (int k = from; k < to; k++) {
        int i = s->line[k], outer = outermost(s, i);
        const struct bh_flash *f = &s->l->devices[s->l->partitions[i].device].flash;
        uint64_t end = s->off[i] + s->size[i];

        if (last_leaf(s, outer) == i && border_down(&s->asks[outer], f, end) != end)
            return false;
    }
    return true;
}

/* From the most that fits down to the last one with which all end on page borders. */
static uint64_t trim(struct solver *s, const struct gap *g, uint64_t most)
{
    const struct bh_flash *f = &s->l->devices[g->device].flash;
    int outer = outermost(s, g->rest), last = last_leaf(s, outer);
    uint64_t rest = most, first = 0;

    for (int t = 0; t < TRIES; t++) {
        if (!fits(s, g, rest))
            break;
        if (on_borders(s, g->up, g->up_end) && on_borders(s, g->down, g->down_end))
            return rest;
        uint64_t end = s->off[last] + s->size[last];
        uint64_t border = border_down(&s->asks[outer], f, end);

        if (border == end && end)
            border = border_down(&s->asks[outer], f, end - 1);
        if (border == end || end - border >= rest)
            break;
        rest -= end - border;
        first = first ? first : rest;
    }
    return first ? first : most;
}

static uint64_t open_rest(struct solver *s, const struct gap *g)
{
    uint64_t low = 0, high = g->limit == NOWHERE ? 0 : g->limit - g->start;

    if (!fits(s, g, 0))
        return 0;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;

        if (fits(s, g, middle))
            low = middle;
        else
            high = middle - 1;
    }
    return low ? trim(s, g, low) : 0;
}

static void say_nothing_left(struct solver *s, const struct gap *g)
{
    struct layout *l = s->l;
    const struct layout_partition *p = &l->partitions[g->rest];
    uint64_t need = 0, room = g->limit == NOWHERE ? 0 : g->limit - g->start;

    for (int k = g->up; k < g->up_end; k++)
        need = sum(need, extent_bytes(&s->extents[s->line[k]], 0));
    for (int k = g->down; k < g->down_end; k++)
        need = sum(need, extent_bytes(&s->extents[s->line[k]], 0));
    struct layout_finding *f =
        FAULT(l, "rest", &p->at_size,
              "%s: nothing is left for it: its gap on %s has %s, and the others in it take %s",
              p->name, l->devices[p->device].name, SIZE(room), SIZE(need));

    about(f, p->device, g->rest, LAYOUT_NONE);
    remedy(l, f, "Make the others smaller by %s, or take it away.",
           SIZE(need >= room ? need - room + l->devices[p->device].flash.runs[0].size
                             : l->devices[p->device].flash.runs[0].size));
}

static bool ready(const struct solver *s, const struct gap *g, int from, int to)
{
    for (int k = from; k < to; k++) {
        int i = s->line[k];
        const struct extent *e = &s->extents[i];
        bool counted = s->asks[i].size == ASK_PAGES || s->asks[i].size == ASK_AUTO;

        if (!counted && (!e->known || (e->times && e->rest != g->rest)))
            return false;
    }
    return true;
}

static bool place_gap(struct solver *s, struct gap *g)
{
    uint64_t rest = 0;

    if (!ready(s, g, g->up, g->up_end) || !ready(s, g, g->down, g->down_end))
        return false;
    if (g->rest != LAYOUT_NONE) {
        rest = open_rest(s, g);
        if (!rest) {
            say_nothing_left(s, g);
            s->asks[g->rest].size = ASK_NOTHING;
            sizes_update(s);
        }
    }
    place_up(s, g, rest);
    place_down(s, g, rest);
    g->placed = true;
    return true;
}

/* The one partition of a gap that takes the rest; a second one is an error. */
static void find_rest(struct solver *s, struct gap *g, int from, int to)
{
    struct layout *l = s->l;

    for (int k = from; k < to; k++) {
        int i = s->line[k];

        if (s->asks[i].size != ASK_REST)
            continue;
        if (g->rest == LAYOUT_NONE) {
            g->rest = i;
            continue;
        }
        struct layout_finding *f = FAULT(
            l, "rest", &l->partitions[i].at_size, "%s and %s both take the rest of one gap on %s",
            l->partitions[g->rest].name, l->partitions[i].name, l->devices[g->device].name);
        if (f)
            f->other = l->partitions[g->rest].at_size;
        about(f, g->device, i, g->rest);
        remedy(l, f, "Write 'share_size: %s' to divide it in equal parts, or a size.",
               l->partitions[g->rest].name);
        s->asks[i].size = ASK_NOTHING;
    }
}

/* A partition in an unplaced gap whose size depends on another unplaced gap, and the one it
 * depends on. */
static int waits_for(const struct solver *s, const struct gap *g, int *who)
{
    for (int part = 0; part < 2; part++)
        for (int k = part ? g->down : g->up; k < (part ? g->down_end : g->up_end); k++) {
            int i = s->line[k];
            const struct extent *e = &s->extents[i];

            if (e->known && e->times && e->rest != g->rest) {
                *who = i;
                return e->rest;
            }
            if (!e->known && s->asks[i].size == ASK_SHARE) {
                *who = i;
                return s->asks[i].like;
            }
        }
    return LAYOUT_NONE;
}

static void say_waiting(struct solver *s)
{
    struct layout *l = s->l;

    for (size_t k = 0; k < s->n_gaps; k++) {
        struct gap *g = &s->gaps[k];
        int who = LAYOUT_NONE, on = g->placed ? LAYOUT_NONE : waits_for(s, g, &who);

        if (on == LAYOUT_NONE)
            continue;
        struct layout_finding *f =
            FAULT(l, "cycle", &l->partitions[who].at_size,
                  "%s cannot have a size yet: it depends on %s, whose size depends on this gap",
                  l->partitions[who].name, l->partitions[on].name);
        if (f)
            f->other = l->partitions[on].at_size;
        remedy(l, f, "Give %s or %s a size in bytes.", l->partitions[who].name,
               l->partitions[on].name);
        return; /* the others wait for this one */
    }
}

/* ---- results ---- */

static void settle_leaf(struct solver *s, int i)
{
    struct layout_partition *p = &s->l->partitions[i];
    bool placed = s->gap_of[i] != LAYOUT_NONE && s->gaps[s->gap_of[i]].placed && !s->lost[i];

    p->solved = placed && s->asks[i].size != ASK_NOTHING && s->size[i] && s->off[i] <= UINT32_MAX &&
                s->size[i] <= UINT32_MAX;
    if (p->solved) {
        p->off = (uint32_t)s->off[i];
        p->size = (uint32_t)s->size[i];
    }
}

/* Parts come before their container in by_size. */
static void settle_container(struct solver *s, int i)
{
    struct layout_partition *p = &s->l->partitions[i], *part;
    const struct ask *a = &s->asks[i];
    uint64_t begin = NOWHERE, end = 0;

    p->solved = a->n_parts > 0;
    for (size_t k = 0; k < a->n_parts; k++) {
        part = &s->l->partitions[a->parts[k]];
        p->solved = p->solved && part->solved;
        begin = part->off < begin ? part->off : begin;
        end = (uint64_t)part->off + part->size > end ? (uint64_t)part->off + part->size : end;
    }
    p->solved = p->solved && end - begin <= UINT32_MAX;
    if (!p->solved)
        return;
    p->off = (uint32_t)begin;
    p->size = (uint32_t)(end - begin);
}

static void settle(struct solver *s)
{
    struct layout *l = s->l;

    l->solved = s->n > 0;
    for (int k = 0; k < s->n; k++) {
        int i = s->by_size[k];
        struct layout_partition *p = &l->partitions[i];

        if (p->container)
            settle_container(s, i);
        else
            settle_leaf(s, i);
        p->pages = p->parent == LAYOUT_NONE && s->asks[i].pages != PAGES_NO;
        l->solved = l->solved && p->solved;
    }
}

static void place_all(struct solver *s)
{
    bool more = true;

    for (size_t k = 0; k < s->n_gaps; k++) {
        find_rest(s, &s->gaps[k], s->gaps[k].up, s->gaps[k].up_end);
        find_rest(s, &s->gaps[k], s->gaps[k].down, s->gaps[k].down_end);
    }
    while (more) {
        more = false;
        sizes_update(s);
        for (size_t k = 0; k < s->n_gaps; k++)
            if (!s->gaps[k].placed && place_gap(s, &s->gaps[k])) {
                more = true;
                if (s->gaps[k].rest != LAYOUT_NONE)
                    sizes_update(s);
            }
    }
    say_waiting(s);
}

void solve(struct layout *l, bool places)
{
    struct solver s = { .l = l, .asks = l->inner->asks, .n = (int)l->n_partitions };
    struct arena *a = &l->inner->arena;

    s.extents = arena_get(a, ((size_t)s.n + 1) * sizeof *s.extents);
    s.off = arena_get(a, ((size_t)s.n + 1) * sizeof *s.off);
    s.size = arena_get(a, ((size_t)s.n + 1) * sizeof *s.size);
    s.lost = arena_get(a, ((size_t)s.n + 1) * sizeof *s.lost);
    refer(&s);
    bool good = order(&s);
    sizes_order(&s);
    if (!good || !places)
        return;
    place_all(&s);
    settle(&s);
}
