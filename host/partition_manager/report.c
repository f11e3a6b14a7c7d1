/* SPDX-License-Identifier: Apache-2.0 */
/* The boxes: one for each region, containers as lines across. */
#define _GNU_SOURCE
#include "inner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const struct pm_part *p;
    char text[2 * LAYOUT_NAME_MAX + 96];
};

static int by_place(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    if (x->p->address != y->p->address)
        return x->p->address < y->p->address ? -1 : 1;
    if (x->p->size != y->p->size)
        return x->p->size > y->p->size ? -1 : 1;
    if (x->p->container != y->p->container)
        return x->p->container ? -1 : 1;
    return strcmp(x->p->name, y->p->name);
}

static void bytes_text(char *out, size_t room, int64_t size)
{
    if (size < 1024)
        snprintf(out, room, "%" PRId64 "B", size);
    else
        snprintf(out, room, "%" PRId64 "kB", size / 1024);
}

struct style {
    const char *blue, *yellow, *reset;
};

static void pad(FILE *out, size_t have, size_t width, char with, char end)
{
    for (; have < width; have++)
        fputc(with, out);
    fprintf(out, "%c\n", end);
}

/* Letters of a line as they are counted: colours among them. */
static size_t length(const struct row *r, const struct style *s)
{
    return (r->p->container ? 4 + strlen(s->blue) : 2 + strlen(s->yellow)) + strlen(r->text) +
           strlen(s->reset);
}

static void put_frame(FILE *out, const struct style *s, size_t width)
{
    fprintf(out, "+%s%s", s->blue, s->reset);
    pad(out, 1 + strlen(s->blue) + strlen(s->reset), width, '-', '+');
}

static void put_row(FILE *out, const struct style *s, const struct row *r, size_t width)
{
    if (r->p->container)
        fprintf(out, "+---%s%s%s", s->blue, r->text, s->reset);
    else
        fprintf(out, "| %s%s%s", s->yellow, r->text, s->reset);
    pad(out, length(r, s), width, r->p->container ? '-' : ' ', r->p->container ? '+' : '|');
}

static void put_rows(FILE *out, const struct style *s, const struct row *rows, size_t n)
{
    int64_t open_end = -1;
    size_t width = 0;

    for (size_t i = 0; i < n; i++)
        width = length(&rows[i], s) > width ? length(&rows[i], s) : width;
    width++;
    put_frame(out, s, width);
    for (size_t i = 0; i < n; i++) {
        const struct pm_part *p = rows[i].p;

        put_row(out, s, &rows[i], width);
        if (p->container)
            open_end = p->address + p->size;
        else if (open_end == p->address + p->size && i + 1 < n && !rows[i + 1].p->container)
            put_frame(out, s, width);
    }
    put_frame(out, s, width);
    fputc('\n', out);
}

static void put_region(FILE *out, const struct style *s, const struct pm *pm, int region)
{
    struct row *rows = calloc(pm->n_parts + 1, sizeof *rows);
    int64_t from = INT64_MAX, to = INT64_MIN;
    char size[32];
    size_t n = 0;

    if (!rows)
        host_no_memory();
    for (size_t i = 0; i < pm->n_parts; i++) {
        const struct pm_part *p = &pm->parts[i];

        if (p->dropped || !p->placed || p->region != region)
            continue;
        rows[n].p = p;
        bytes_text(size, sizeof size, p->size);
        snprintf(rows[n].text, sizeof rows[n].text, "0x%" PRIx64 ": %s (0x%" PRIx64 " - %s)",
                 (uint64_t)p->address, p->name, (uint64_t)p->size, size);
        from = p->address < from ? p->address : from;
        to = p->address + p->size > to ? p->address + p->size : to;
        n++;
    }
    if (n) {
        qsort(rows, n, sizeof *rows, by_place);
        bytes_text(size, sizeof size, to - from);
        fprintf(out, "%s %s %s (0x%" PRIx64 " - %s): %s\n", s->blue, pm->domain ? pm->domain : "",
                pm->regions[region].name, (uint64_t)(to - from), size, s->reset);
        put_rows(out, s, rows, n);
    }
    free(rows);
}

void pm_write_report(FILE *out, const struct pm *domains, size_t n, bool color)
{
    static const struct style plain = { "", "", "" },
                              colors = { "\033[94m", "\033[93m", "\033[0m" };

    for (size_t d = 0; d < n; d++) {
        int order[PM_REGIONS_MAX];
        size_t n_order = 0;

        for (size_t r = 0; r < domains[d].n_regions; r++) {
            size_t at = n_order++;

            for (; at > 0 &&
                   strcmp(domains[d].regions[order[at - 1]].name, domains[d].regions[r].name) > 0;
                 at--)
                order[at] = order[at - 1];
            order[at] = (int)r;
        }
        for (size_t i = 0; i < n_order; i++)
            put_region(out, color ? &colors : &plain, &domains[d], order[i]);
    }
}
