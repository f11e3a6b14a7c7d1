/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a layout: taken in one direction, freed at once. And names to numbers. */
#define _GNU_SOURCE
#include "inner.h"
#include "host/grow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK ((size_t)32 << 10)

struct arena_block {
    struct arena_block *before;
    size_t used, room;
    max_align_t bytes[];
};

void *arena_get(struct arena *a, size_t size)
{
    size_t need = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    struct arena_block *b = a->last;

    if (!b || b->room - b->used < need) {
        size_t room = need > BLOCK ? need : BLOCK;

        b = calloc(1, sizeof *b + room);
        if (!b)
            host_no_memory();
        b->room = room;
        b->before = a->last;
        a->last = b;
    }
    void *out = (char *)b->bytes + b->used;
    b->used += need;
    return out;
}

char *arena_text(struct arena *a, const char *text, size_t len)
{
    char *out = arena_get(a, len + 1);

    memcpy(out, text, len);
    return out;
}

char *arena_format(struct arena *a, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0)
        host_no_memory();
    char *out = arena_text(a, text, (size_t)n);
    free(text);
    return out;
}

void arena_free(struct arena *a)
{
    for (struct arena_block *b = a->last, *before; b; b = before) {
        before = b->before;
        free(b);
    }
    a->last = NULL;
}

/* ---- names to numbers: open addressing, at most half full ---- */

static size_t hash(const char *name, unsigned seed)
{
    uint64_t h = 0xcbf29ce484222325u ^ seed; /* FNV-1a */

    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

static struct index_cell *cell(const struct index *x, const char *name)
{
    size_t i = hash(name, x->seed) & (x->room - 1);

    while (x->cells[i].name && strcmp(x->cells[i].name, name) != 0)
        i = (i + 1) & (x->room - 1);
    return &x->cells[i];
}

static void widen(struct index *x)
{
    struct index old = *x;

    x->room = old.room ? 2 * old.room : 64;
    x->cells = calloc(x->room, sizeof *x->cells);
    if (!x->cells)
        host_no_memory();
    for (size_t i = 0; i < old.room; i++)
        if (old.cells[i].name)
            *cell(x, old.cells[i].name) = old.cells[i];
    free(old.cells);
}

void index_add(struct index *x, const char *name, int value)
{
    if (2 * (x->n + 1) > x->room)
        widen(x);
    struct index_cell *c = cell(x, name);

    if (c->name)
        return;
    *c = (struct index_cell){ name, value };
    x->n++;
}

int index_find(const struct index *x, const char *name)
{
    const struct index_cell *c = x->room ? cell(x, name) : NULL;

    return c && c->name ? c->value : LAYOUT_NONE;
}

void index_free(struct index *x)
{
    free(x->cells);
    *x = (struct index){ 0 };
}
