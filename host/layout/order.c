/* SPDX-License-Identifier: Apache-2.0 */
/* Who lies next to whom.
 *
 * Every partition depends on one other: one that follows in the file on the one before it,
 * `after: X` and `before: X` on X, and what has a place of its own (at:) on nothing, like the
 * start and the end of a device. So there are trees, and each tree, walked from left to right, is a
 * line of neighbours around one fixed place:
 *
 *     before X (the later in the file further away) | X | after X (the earlier nearer) | follows X
 *
 * What comes after the fixed place in its line is placed upwards from it, what comes before it
 * downwards. Between two fixed places is a gap. */
#include "solve.h"

#include <stdlib.h>
#include <string.h>

enum how { HANGS_ON_NOTHING, HANGS_AFTER, HANGS_FOLLOWING, HANGS_BEFORE };

/* A partition, or (after those) the start and the end of a device. */
struct hook {
    int on; /* what it depends on */
    enum how how;
    int after, after_last; /* first and last of those that hang after it, in file order */
    int following;         /* what follows it in the file */
    int before;            /* the last of those that hang before it, then the one before that */
    int sibling;           /* next of those that hang on the same one in the same way */
};

struct order {
    struct solver *s;
    struct hook *hooks;
    int n; /* partitions and ends */
};

static int start_of(const struct order *o, int device)
{
    return o->s->n + 2 * device;
}

static int end_of(const struct order *o, int device)
{
    return o->s->n + 2 * device + 1;
}

/* ---- what depends on what ---- */

static void choose(struct order *o, int i, int *last)
{
    struct solver *s = o->s;
    const struct ask *a = &s->asks[i];
    struct hook *h = &o->hooks[i];
    int device = s->l->partitions[i].device;
    int after = a->after_i >= 0 ? last_leaf(s, a->after_i) : a->after_i;
    int before = a->before_i >= 0 ? first_leaf(s, a->before_i) : a->before_i;

    if (a->fixed) {
        *h = (struct hook){ .on = LAYOUT_NONE, .how = HANGS_ON_NOTHING };
        last[device] = i;
    } else if (after != LAYOUT_NONE) {
        *h = (struct hook){ .on = after == PLACE_START ? start_of(o, device) : after,
                            .how = HANGS_AFTER };
    } else if (before != LAYOUT_NONE) {
        *h = (struct hook){ .on = before == PLACE_END ? end_of(o, device) : before,
                            .how = HANGS_BEFORE };
    } else {
        *h = (struct hook){ .on = last[device], .how = HANGS_FOLLOWING };
        last[device] = i;
    }
}

static void say_circle(struct order *o, int at)
{
    struct solver *s = o->s;
    struct layout *l = s->l;
    int *next = calloc((size_t)o->n, sizeof *next), first = at;

    if (!next)
        abort();
    for (int i = 0; i < o->n; i++)
        next[i] = o->hooks[i].on;
    for (int i = next[at]; i != at; i = next[i]) /* begin with the one written first */
        first = i < first ? i : first;
    remedy(l,
           FAULT(l, "cycle", &l->partitions[first].at_place,
                 "these partitions are placed next to each other in a circle: %s",
                 circle_text(s, next, first)),
           "Give one of them a place of its own: 'at: OFFSET', or 'placement: {after: start}'.");
    free(next);
}

static bool no_circles(struct order *o)
{
    int *seen = calloc((size_t)o->n, sizeof *seen);
    bool good = true;

    if (!seen)
        abort();
    for (int i = 0; i < o->s->n; i++) {
        int at = i;

        while (at != LAYOUT_NONE && !seen[at]) {
            seen[at] = i + 1;
            at = o->hooks[at].on;
        }
        if (at != LAYOUT_NONE && seen[at] == i + 1) {
            say_circle(o, at);
            good = false;
        }
    }
    free(seen);
    return good;
}

static void hang(struct order *o, int i)
{
    struct hook *h = &o->hooks[i], *on;

    if (h->how == HANGS_ON_NOTHING)
        return;
    on = &o->hooks[h->on];
    switch (h->how) {
    case HANGS_AFTER:
        if (on->after_last == LAYOUT_NONE)
            on->after = i;
        else
            o->hooks[on->after_last].sibling = i;
        on->after_last = i;
        break;
    case HANGS_BEFORE:
        h->sibling = on->before;
        on->before = i;
        break;
    default: on->following = i;
    }
}

/* ---- lines ---- */

/* Walks a tree from left to right; returns where in s->line the fixed place itself is, or would be.
 * The stack holds what is to be done: a hook to be opened, or (negative) to be written. */
static int walk(struct order *o, int root, int *stack, int *used)
{
    struct solver *s = o->s;
    int n = 0, place = *used;

    stack[n++] = root;
    while (n) {
        int i = stack[--n];

        if (i < 0) {
            i = -i - 1;
            if (i == root)
                place = *used;
            if (i < s->n)
                s->line[(*used)++] = i;
            continue;
        }
        const struct hook *h = &o->hooks[i];
        int first = n;

        /* Pushed from right to left: the stack gives them back from left to right. */
        if (h->following != LAYOUT_NONE)
            stack[n++] = h->following;
        first = n;
        for (int k = h->after; k != LAYOUT_NONE; k = o->hooks[k].sibling)
            stack[n++] = k;
        for (int a = first, b = n - 1; a < b; a++, b--) {
            int swap = stack[a];

            stack[a] = stack[b];
            stack[b] = swap;
        }
        stack[n++] = -i - 1;
        first = n;
        for (int k = h->before; k != LAYOUT_NONE; k = o->hooks[k].sibling)
            stack[n++] = k;
        for (int a = first, b = n - 1; a < b; a++, b--) {
            int swap = stack[a];

            stack[a] = stack[b];
            stack[b] = swap;
        }
    }
    return place;
}

/* A fixed place with its line. */
struct root {
    int device, hook;
    uint64_t at;
    int begin, place, end; /* in s->line; place: of the root itself */
    bool partition;
};

static int by_place(const void *a, const void *b)
{
    const struct root *x = a, *y = b;

    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->hook < y->hook ? -1 : 1;
}

static struct root root_of(struct order *o, int device, int hook, uint64_t at, int *stack,
                           int *used)
{
    struct root r = { .device = device, .hook = hook, .at = at, .begin = *used };

    r.place = walk(o, hook, stack, used);
    r.end = *used;
    r.partition = hook < o->s->n;
    return r;
}

/* Fixed places of all devices to the gaps between them. */
static void make_gaps(struct solver *s, const struct root *roots, size_t n)
{
    s->gaps = arena_get(&s->l->inner->arena, (n + 1) * sizeof *s->gaps);
    for (size_t i = 0; i < n; i++) {
        const struct root *r = &roots[i];
        const struct root *next = i + 1 < n && roots[i + 1].device == r->device ? r + 1 : NULL;
        struct gap *g = &s->gaps[s->n_gaps++];

        *g = (struct gap){ .device = r->device,
                           .up = r->place,
                           .up_end = r->end,
                           .down = next ? next->begin : 0,
                           .down_end = next ? next->place : 0,
                           .start = r->at,
                           .limit = next ? next->at : NOWHERE,
                           .rest = LAYOUT_NONE };
        for (int k = g->up; k < g->up_end; k++)
            s->gap_of[s->line[k]] = (int)s->n_gaps - 1;
        for (int k = g->down; k < g->down_end; k++)
            s->gap_of[s->line[k]] = (int)s->n_gaps - 1;
    }
}

static void make_lines(struct order *o)
{
    struct solver *s = o->s;
    struct layout *l = s->l;
    size_t n = 0, devices = l->n_devices;
    struct root *roots = calloc((size_t)o->n + 1, sizeof *roots);
    int *stack = calloc(3 * (size_t)o->n + 3, sizeof *stack), used = 0;

    if (!roots || !stack)
        abort();
    for (int d = 0; d < (int)devices; d++) {
        roots[n++] = root_of(o, d, start_of(o, d), 0, stack, &used);
        roots[n++] = root_of(o, d, end_of(o, d), l->devices[d].flash.size, stack, &used);
    }
    for (int i = 0; i < s->n; i++)
        if (!l->partitions[i].container && o->hooks[i].how == HANGS_ON_NOTHING)
            roots[n++] = root_of(o, l->partitions[i].device, i, s->asks[i].at, stack, &used);
    /* At one offset: the start first, then partitions, the end last. */
    for (size_t i = 0; i < n; i++)
        roots[i].hook = roots[i].partition                              ? roots[i].hook + 1
                        : roots[i].hook == start_of(o, roots[i].device) ? 0
                                                                        : o->n + 1;
    qsort(roots, n, sizeof *roots, by_place);
    make_gaps(s, roots, n);
    free(roots);
    free(stack);
}

bool order(struct solver *s)
{
    struct layout *l = s->l;
    struct order o = { s, NULL, s->n + 2 * (int)l->n_devices };
    int last[LAYOUT_DEVICES_MAX];
    bool good;

    o.hooks = calloc((size_t)o.n, sizeof *o.hooks);
    if (!o.hooks)
        abort();
    s->line = arena_get(&l->inner->arena, ((size_t)s->n + 1) * sizeof *s->line);
    s->gap_of = arena_get(&l->inner->arena, ((size_t)s->n + 1) * sizeof *s->gap_of);
    for (int d = 0; d < (int)l->n_devices; d++)
        last[d] = start_of(&o, d);
    for (int i = 0; i < o.n; i++) {
        struct hook *h = &o.hooks[i];

        if (i < s->n)
            s->gap_of[i] = LAYOUT_NONE;
        *h = (struct hook){ .on = LAYOUT_NONE };
        if (i < s->n && !l->partitions[i].container)
            choose(&o, i, last);
        h->after = h->after_last = h->following = h->before = h->sibling = LAYOUT_NONE;
    }
    good = no_circles(&o);
    for (int i = 0; good && i < s->n; i++)
        if (!l->partitions[i].container)
            hang(&o, i);
    if (good)
        make_lines(&o);
    free(o.hooks);
    return good;
}
