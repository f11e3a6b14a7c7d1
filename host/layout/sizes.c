/* SPDX-License-Identifier: Apache-2.0 */
/* Who is as large as whom. A size is a number, or, as long as a `rest` is open, a number and a
 * multiple of that. */
#include "solve.h"

#include <stdlib.h>

/* The k-th partition that the size of i depends on, or LAYOUT_NONE. */
static int depends(const struct solver *s, int i, size_t k)
{
    const struct ask *a = &s->asks[i];

    if (a->size == ASK_SHARE)
        return k == 0 ? a->like : LAYOUT_NONE;
    if (a->size == ASK_SPAN)
        return k < a->n_parts ? a->parts[k] : LAYOUT_NONE;
    return LAYOUT_NONE;
}

enum { NEW, OPEN, DONE };

struct visit {
    int partition;
    size_t next;
};

/* The stack from where `back` is open: a circle. Breaks it there. */
static void say_circle(struct solver *s, const struct visit *stack, size_t depth, int back)
{
    struct layout *l = s->l;
    int *next = calloc((size_t)s->n, sizeof *next), first = back;
    size_t k = depth;

    if (!next)
        abort();
    next[stack[depth - 1].partition] = back;
    while (stack[k - 1].partition != back) {
        next[stack[k - 2].partition] = stack[k - 1].partition;
        k--;
    }
    for (int i = next[back]; i != back; i = next[i])
        first = i < first ? i : first;
    remedy(l,
           FAULT(l, "cycle", &l->partitions[first].at_size, "these sizes hang on each other: %s",
                 circle_text(s, next, first)),
           "Give one of them a size in bytes.");
    for (int i = next[back]; i != back; i = next[i])
        s->asks[i].size = ASK_NOTHING;
    s->asks[back].size = ASK_NOTHING;
    free(next);
}

void sizes_order(struct solver *s)
{
    char *state = calloc((size_t)s->n + 1, 1);
    struct visit *stack = calloc((size_t)s->n + 1, sizeof *stack);
    int n = 0;

    if (!state || !stack)
        abort();
    s->by_size = arena_get(&s->l->inner->arena, ((size_t)s->n + 1) * sizeof *s->by_size);
    for (int i = 0; i < s->n; i++) {
        size_t depth = 0;

        if (state[i] == NEW) {
            stack[depth++] = (struct visit){ i, 0 };
            state[i] = OPEN;
        }
        while (depth) {
            struct visit *top = &stack[depth - 1];
            int to = depends(s, top->partition, top->next++);

            if (to == LAYOUT_NONE) {
                state[top->partition] = DONE;
                s->by_size[n++] = top->partition;
                depth--;
            } else if (state[to] == OPEN) {
                say_circle(s, stack, depth, to);
            } else if (state[to] == NEW) {
                stack[depth++] = (struct visit){ to, 0 };
                state[to] = OPEN;
            }
        }
    }
    free(state);
    free(stack);
}

bool uniform(const struct bh_flash *f)
{
    for (uint8_t i = 1; i < f->n_runs; i++)
        if (f->runs[i].size != f->runs[0].size)
            return false;
    return true;
}

/* Of pages counted: on a device with pages of different sizes it is known when it has its place. */
static struct extent of_pages(const struct solver *s, int i, uint64_t bytes)
{
    const struct bh_flash *f = &s->l->devices[s->l->partitions[i].device].flash;
    bool placed = s->gap_of[i] != LAYOUT_NONE && s->gaps[s->gap_of[i]].placed;

    if (placed)
        return (struct extent){ true, (int64_t)s->size[i], 0, LAYOUT_NONE };
    bytes = bytes < FAR ? bytes : FAR;
    return (struct extent){ uniform(f), (int64_t)bytes, 0, LAYOUT_NONE };
}

static struct extent of_parts(const struct solver *s, const struct ask *a)
{
    struct extent sum = { true, 0, 0, LAYOUT_NONE };

    for (size_t k = 0; k < a->n_parts; k++) {
        const struct extent *e = &s->extents[a->parts[k]];

        if (!e->known || (e->times && sum.times && e->rest != sum.rest))
            return (struct extent){ false, 0, 0, LAYOUT_NONE };
        sum.fixed = sum.fixed + e->fixed < (int64_t)FAR ? sum.fixed + e->fixed : (int64_t)FAR;
        sum.times = sum.times + e->times < TIMES_MAX ? sum.times + e->times : TIMES_MAX;
        sum.rest = e->times ? e->rest : sum.rest;
    }
    return sum;
}

static struct extent extent_of(const struct solver *s, int i)
{
    const struct ask *a = &s->asks[i];
    const struct bh_flash *f = &s->l->devices[s->l->partitions[i].device].flash;
    uint64_t page = f->runs[0].size;
    bool placed = s->gap_of[i] != LAYOUT_NONE && s->gaps[s->gap_of[i]].placed;

    switch (a->size) {
    case ASK_BYTES: return (struct extent){ true, (int64_t)a->number, 0, LAYOUT_NONE };
    case ASK_PAGES: return of_pages(s, i, a->number * page);
    case ASK_AUTO: return of_pages(s, i, up_to(a->number, page));
    case ASK_REST:
        if (placed)
            return (struct extent){ true, (int64_t)s->size[i], 0, LAYOUT_NONE };
        return (struct extent){ true, 0, 1, i };
    case ASK_SHARE: return s->extents[a->like];
    case ASK_SPAN: return of_parts(s, a);
    default: return (struct extent){ true, 0, 0, LAYOUT_NONE };
    }
}

void sizes_update(struct solver *s)
{
    for (int k = 0; k < s->n; k++)
        s->extents[s->by_size[k]] = extent_of(s, s->by_size[k]);
}

uint64_t extent_bytes(const struct extent *e, uint64_t rest)
{
    return (uint64_t)e->fixed + (uint64_t)e->times * rest;
}
