/* SPDX-License-Identifier: Apache-2.0 */
/* The static file: the gap that it leaves in a complex region, and whether it agrees with
 * itself. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

struct place {
    int64_t from, to;
    int part;
};

static int by_address(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (x->to != y->to)
        return x->to > y->to ? -1 : 1; /* the larger first */
    return x->part - y->part;
}

/* Static leaves of a region, by address; without its dynamic partition. */
static struct place *places_of(const struct pm *pm, int region, size_t *n)
{
    struct place *places = calloc(pm->n_parts + 1, sizeof *places);

    if (!places)
        host_no_memory();
    *n = 0;
    for (size_t i = 0; i < pm->n_parts; i++) {
        const struct pm_part *p = &pm->parts[i];

        if (p->fixed && p->region == region && p->placed && !p->container && !p->dp)
            places[(*n)++] = (struct place){ p->address, p->address + p->size, (int)i };
    }
    qsort(places, *n, sizeof *places, by_address);
    return places;
}

bool fixed_gap(struct region_work *w, bool *none)
{
    struct pm *pm = w->pm;
    const struct pm_region *r = &pm->regions[w->region];
    int64_t at = r->base, end = r->base + r->size, smallest = INT64_MAX;
    size_t n, n_gaps = 0, len;
    struct place *places = places_of(pm, w->region, &n);
    char *text = NULL;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        host_no_memory();
    w->start = at;
    w->end = end;
    *none = false;
    for (size_t i = 0; n && i <= n; i++) {
        int64_t from = i < n ? places[i].from : end;

        if (from > at) {
            n_gaps++;
            fprintf(out, "%s0x%llx-0x%llx", n_gaps > 1 ? " " : "", (unsigned long long)at,
                    (unsigned long long)from);
            smallest = from - at < smallest ? from - at : smallest;
            w->start = at;
            w->end = from;
        }
        at = i < n && places[i].to > at ? places[i].to : at;
    }
    fclose(out);
    *none = n && n_gaps == 0;
    if (n_gaps > 1)
        remedy(pm->l,
               pm_fault(
                   pm, w->region, &pm->parts[places[0].part].at,
                   pm_text(pm,
                           "Incorrect amount of gaps found in static configuration. There must be "
                           "exactly one gap in the static configuration to support placing the "
                           "dynamic partitions (such as 'app'). Gaps found (%zu):%s The most "
                           "common solution to this problem is to fill the smallest of these gaps "
                           "with statically defined partition(s) until there is only one gap left. "
                           "Alternatively re-order the already defined static partitions so that "
                           "only one gap remains.",
                           n_gaps, text),
                   "the static partitions of %s leave %zu gaps, and there must be one: %s", r->name,
                   n_gaps, text),
               "Fill all but one with static partitions, the smallest first: it has 0x%llx bytes.",
               (unsigned long long)smallest);
    free(text);
    free(places);
    return n_gaps <= 1;
}

/* ---- does it agree with itself? ---- */

static void need_number(struct pm *pm, struct pm_part *p, const char *key, int64_t *out)
{
    const struct pm_value *v = pm_get(p->map, key);

    if (v && v->kind == PM_INTEGER) {
        *out = v->number;
        return;
    }
    p->placed = false;
    if (!v)
        remedy(pm->l,
               pm_fault(pm, p->region, &p->at, NULL, "%s is static and has no %s", p->name, key),
               "Write %s: BYTES.", key);
}

static void check_end(struct pm *pm, const struct pm_part *p)
{
    const struct pm_value *v = pm_get(p->map, "end_address");

    if (!v || v->kind != PM_INTEGER || v->number == p->address + p->size)
        return;
    remedy(pm->l,
           pm_fault(pm, p->region, &v->at, NULL,
                    "%s: end_address: 0x%llx + 0x%llx is 0x%llx, not 0x%llx", p->name,
                    (unsigned long long)p->address, (unsigned long long)p->size,
                    (unsigned long long)(p->address + p->size), (unsigned long long)v->number),
           "Correct size or end_address: Partition Manager counts the size and says nothing.");
}

static void check_inside(struct pm *pm, const struct pm_part *p)
{
    const struct pm_region *r = &pm->regions[p->region];

    if (p->address >= r->base && p->address + p->size <= r->base + r->size)
        return;
    remedy(pm->l,
           pm_fault(pm, p->region, &p->at, NULL,
                    "%s: 0x%llx-0x%llx is outside %s, which is 0x%llx-0x%llx", p->name,
                    (unsigned long long)p->address, (unsigned long long)(p->address + p->size),
                    r->name, (unsigned long long)r->base, (unsigned long long)(r->base + r->size)),
           "Correct its address or size: Partition Manager says nothing.");
}

static void say_overlap(struct pm *pm, const struct place *a, const struct place *b)
{
    const struct pm_part *p = &pm->parts[a->part], *q = &pm->parts[b->part];
    struct layout_finding *f;

    if (a->from == b->from && a->to == b->to)
        f = pm_fault(pm, q->region, &q->at, NULL, "%s and %s are the same place, 0x%llx-0x%llx",
                     p->name, q->name, (unsigned long long)b->from, (unsigned long long)b->to);
    else if (b->to <= a->to)
        f = pm_fault(pm, q->region, &q->at, NULL, "%s lies in %s, 0x%llx-0x%llx", q->name, p->name,
                     (unsigned long long)b->from, (unsigned long long)b->to);
    else
        f = pm_fault(pm, q->region, &q->at, NULL, "%s and %s overlap by 0x%llx, 0x%llx-0x%llx",
                     p->name, q->name, (unsigned long long)(a->to - b->from),
                     (unsigned long long)b->from, (unsigned long long)a->to);
    if (f)
        f->other = p->at;
    remedy(pm->l, f, "Move one of them, or make a container of one with 'span'.");
}

static void check_overlaps(struct pm *pm, int region)
{
    size_t n, open = 0;
    struct place *places = places_of(pm, region, &n);

    for (size_t i = 1; i < n; i++) {
        if (places[i].from < places[open].to && places[i].to > places[i].from)
            say_overlap(pm, &places[open], &places[i]);
        if (places[i].to > places[open].to)
            open = i;
    }
    free(places);
}

void fixed_check(struct pm *pm)
{
    for (size_t i = 0; i < pm->n_parts; i++) {
        struct pm_part *p = &pm->parts[i];

        if (!p->fixed || p->region < 0)
            continue;
        p->placed = true;
        need_number(pm, p, "address", &p->address);
        need_number(pm, p, "size", &p->size);
        p->sized = p->placed;
        if (!p->placed || p->size < 0 || p->address < 0)
            continue;
        check_end(pm, p);
        check_inside(pm, p);
    }
    for (size_t r = 0; r < pm->n_regions; r++)
        check_overlaps(pm, (int)r);
}

/* ---- containers ---- */

/* Borders of the members of a static container. False: one has no place, or is not there. */
static bool cover(const struct pm *pm, const struct pm_part *p, int64_t *from, int64_t *to)
{
    const struct pm_value *span = pm_get(p->map, "span");

    *from = INT64_MAX;
    *to = 0;
    for (const struct pm_value *v = span && span->kind == PM_LIST ? span->first : NULL; v;
         v = v->next) {
        int i = v->kind == PM_TEXT ? pm_find(pm, v->text) : LAYOUT_NONE;

        if (i < 0 || !pm->parts[i].placed || pm->parts[i].dropped)
            return false;
        *from = pm->parts[i].address < *from ? pm->parts[i].address : *from;
        *to = pm->parts[i].address + pm->parts[i].size > *to
                  ? pm->parts[i].address + pm->parts[i].size
                  : *to;
    }
    return *to > *from;
}

void fixed_containers(struct pm *pm)
{
    int64_t from, to;

    for (size_t i = 0; i < pm->n_parts; i++) {
        const struct pm_part *p = &pm->parts[i];

        if (!p->fixed || !p->container || !p->placed || !cover(pm, p, &from, &to) ||
            (from == p->address && to == p->address + p->size))
            continue;
        remedy(pm->l,
               pm_fault(pm, p->region, &p->at, NULL,
                        "%s is 0x%llx-0x%llx, its members cover 0x%llx-0x%llx", p->name,
                        (unsigned long long)p->address, (unsigned long long)(p->address + p->size),
                        (unsigned long long)from, (unsigned long long)to),
               "Correct its address and size, or its span.");
    }
}

/* ---- a file by itself ---- */

/* Regions of a file that was solved: from the lowest address to the highest. */
void pm_measure_regions(struct pm *pm)
{
    for (size_t r = 0; r < pm->n_regions; r++) {
        int64_t from = INT64_MAX, to = 0;

        for (size_t i = 0; i < pm->n_parts; i++) {
            const struct pm_part *p = &pm->parts[i];

            if (p->region != (int)r || !p->placed)
                continue;
            from = p->address < from ? p->address : from;
            to = p->address + p->size > to ? p->address + p->size : to;
        }
        if (from == INT64_MAX)
            from = to = 0;
        pm->regions[r].base = from < 0x1000000 ? 0 : from / 0x1000000 * 0x1000000;
        pm->regions[r].size = to - pm->regions[r].base;
        if (strcmp(pm->regions[r].name, "flash_primary") == 0 ||
            strcmp(pm->regions[r].name, "sram_primary") == 0)
            pm->regions[r].strategy = PM_COMPLEX;
    }
}

void pm_check(struct pm *pm)
{
    for (size_t i = 0; i < pm->n_parts; i++)
        pm->parts[i].fixed = true;
    if (pm->l->n_errors == 0)
        fixed_check(pm);
    if (pm->l->n_errors == 0)
        fixed_containers(pm);
}
