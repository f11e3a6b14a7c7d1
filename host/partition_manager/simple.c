/* SPDX-License-Identifier: Apache-2.0 */
/* A simple region: filled from one end in file order. Static partitions lie at that end; what is
 * left over becomes a partition that has the region's name. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

struct place {
    int64_t from, to;
};

static int by_address(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

/* Bytes of static partitions; below 0: they leave gaps where there must be none. */
static int64_t reserved(struct pm *pm, int region)
{
    const struct pm_region *r = &pm->regions[region];
    struct place *places = calloc(pm->n_parts + 2, sizeof *places);
    int64_t sum = 0, at = r->base, gaps[2][2] = { { 0 } };
    const struct layout_mark *mark = NULL;
    char *text = NULL;
    size_t n = 0, n_gaps = 0, len;
    FILE *out = open_memstream(&text, &len);

    if (!places || !out)
        host_no_memory();
    for (size_t i = 0; i < pm->n_parts; i++) {
        const struct pm_part *p = &pm->parts[i];

        if (!p->fixed || p->region != region || p->container || strcmp(p->name, r->name) == 0)
            continue;
        places[n++] = (struct place){ p->address, p->address + p->size };
        sum += p->size;
        mark = mark ? mark : &p->at;
    }
    qsort(places, n, sizeof *places, by_address);
    places[n] = (struct place){ r->base + r->size, 0 };
    for (size_t i = 0; i <= n; i++) {
        if (places[i].from > at) {
            fprintf(out, "0x%llx-0x%llx ", (unsigned long long)at,
                    (unsigned long long)places[i].from);
            gaps[n_gaps < 2 ? n_gaps : 1][0] = at;
            gaps[n_gaps < 2 ? n_gaps : 1][1] = places[i].from;
            n_gaps++;
        }
        at = i < n && places[i].to > at ? places[i].to : at;
    }
    fclose(out);
    if (n && n_gaps > 1) {
        remedy(
            pm->l,
            pm_fault(pm, region, mark,
                     pm_text(pm,
                             "Incorrect amount of gaps found in static configuration for region "
                             "'%s'. There must be exactly one gap in the static configuration to "
                             "support placing the non-statically-defined partitions. Gaps found "
                             "(%zu):%sThe most common solution to this problem is to re-order the "
                             "defined static partitions so that only one gap remains.",
                             r->name, n_gaps, text),
                     "the static partitions of %s leave %zu gaps, and there must be one: %s",
                     r->name, n_gaps, text),
            "Put them side by side.");
        sum = -1;
    } else if (n && n_gaps &&
               (r->strategy == PM_START_TO_END ? gaps[0][1] != r->base + r->size
                                               : gaps[0][0] != r->base)) {
        const char *side = r->strategy == PM_START_TO_END ? "start" : "end";

        remedy(pm->l,
               pm_fault(
                   pm, region, mark,
                   pm_text(pm, "Statically defined partitions are not packed at %s of region '%s'.",
                           side, r->name),
                   "Statically defined partitions are not packed at %s of region '%s'", side,
                   r->name),
               "The gap 0x%llx-0x%llx is to be at the other end.", (unsigned long long)gaps[0][0],
               (unsigned long long)gaps[0][1]);
        sum = -1;
    }
    free(text);
    free(places);
    return sum;
}

/* Its own size, or that of what it shares with. */
static bool size_of(struct pm *pm, struct pm_part *p, int part)
{
    const struct pm_value *size = pm_get(p->map, "size");
    int source = share_source(pm, part);
    struct pm_value *list;

    if (source >= 0 && pm->parts[source].sized) {
        list = pm_new(pm->l, PM_LIST, NULL);
        pm_append(list, pm_new_text(pm->l, pm->parts[source].name, NULL));
        pm_put(pm->l, p->map, "share_size", list);
        p->size = pm->parts[source].size;
        return true;
    }
    if (source < 0)
        pm_drop(p->map, "share_size");
    if (source < 0 && size) {
        p->size = size->number;
        return true;
    }
    remedy(pm->l,
           pm_fault(pm, p->region, &p->at, NULL,
                    source < 0 ? "%s has neither size nor share_size"
                               : "%s: nothing says how large %s is before it is solved",
                    p->name, source < 0 ? "" : pm->parts[source].name),
           source < 0 ? "Write size: BYTES." : "Place what it shares with first.");
    return false;
}

static void warn_placement(struct pm *pm, const struct pm_part *p)
{
    const struct pm_value *placement = pm_get(p->map, "placement");
    const struct pm_value *first = placement ? placement->first : NULL;

    if (first)
        remedy(pm->l,
               WARN(pm, "placement", &first->at_key,
                    "%s: %s has no effect in region %s, which is filled in file order", p->name,
                    first->key, pm->regions[p->region].name),
               "Take it away, or order the files.");
}

/* Containers: names to leaves, and where those are. */
static bool place_container(struct pm *pm, struct pm_part *p)
{
    struct pm_value *span = pm_get(p->map, "span"), *list = pm_new(pm->l, PM_LIST, NULL);
    int64_t from = INT64_MAX, to = 0;

    for (const struct pm_value *v = span->kind == PM_LIST ? span->first : NULL; v; v = v->next) {
        int i = v->kind == PM_TEXT ? pm_find(pm, v->text) : LAYOUT_NONE;

        if (i < 0 || pm->parts[i].region != p->region || !pm->parts[i].placed)
            continue;
        pm_append(list, pm_new_text(pm->l, v->text, &v->at));
        from = pm->parts[i].address < from ? pm->parts[i].address : from;
        to = pm->parts[i].address + pm->parts[i].size > to
                 ? pm->parts[i].address + pm->parts[i].size
                 : to;
    }
    if (!list->first) {
        p->dropped = true;
        finding(pm->l, LAYOUT_NOTE, "dropped", &p->at, "Dropping partition '%s' since it is empty",
                p->name);
        return true;
    }
    pm_put(pm->l, p->map, "span", list);
    p->address = from;
    p->size = to - from;
    p->placed = p->sized = true;
    return true;
}

static void say_full(struct pm *pm, int region, int64_t used)
{
    const struct pm_region *r = &pm->regions[region];
    const struct layout_mark *at = NULL;

    for (size_t i = 0; i < pm->n_parts; i++)
        if (pm->parts[i].region == region && !pm->parts[i].container)
            at = &pm->parts[i].at;
    remedy(pm->l,
           pm_fault(pm, region, at, NULL,
                    "0x%llx bytes too many in %s: its partitions take 0x%llx, and "
                    "there are 0x%llx",
                    (unsigned long long)(used - r->size), r->name, (unsigned long long)used,
                    (unsigned long long)r->size),
           "Make partitions smaller. Partition Manager gives %s a size below 0 and says nothing.",
           r->name);
}

/* What is left over, under the region's name. */
static void add_rest(struct pm *pm, int region, int64_t used)
{
    const struct pm_region *r = &pm->regions[region];
    int i = pm_find(pm, r->name);
    struct pm_part *p;

    if (i >= 0)
        return; /* the static file has it */
    i = pm_add(pm, r->name, NULL);
    p = &pm->parts[i];
    p->region = region;
    p->made = p->sized = p->placed = true;
    p->size = r->size - used;
    p->address = r->strategy == PM_START_TO_END ? r->base + used : r->base;
    pm_put(pm->l, p->map, "region", pm_new_text(pm->l, r->name, NULL));
}

bool solve_simple(struct pm *pm, int region)
{
    const struct pm_region *r = &pm->regions[region];
    size_t errors = pm->l->n_errors;
    int same = pm_find(pm, r->name);
    int64_t used = reserved(pm, region);

    if (same >= 0 && !pm->parts[same].fixed) {
        const char *words =
            pm_text(pm,
                    "Found partition named %s, this is the name of a region, and is "
                    "a reserved name",
                    r->name);

        remedy(pm->l, pm_fault(pm, region, &pm->parts[same].at, words, "%s", words),
               "Give it another name.");
    }
    if (pm->l->n_errors != errors)
        return false;
    for (size_t i = 0; i < pm->n_parts; i++) {
        struct pm_part *p = &pm->parts[i];

        if (!pm_in(pm, (int)i, region) || p->container)
            continue;
        warn_placement(pm, p);
        if (!size_of(pm, p, (int)i))
            continue;
        p->sized = p->placed = true;
        p->address =
            r->strategy == PM_START_TO_END ? r->base + used : r->base + r->size - used - p->size;
        used += p->size;
        if (*r->device)
            pm_put(pm->l, p->map, "device", pm_new_text(pm->l, r->device, NULL));
    }
    for (size_t i = 0; i < pm->n_parts; i++)
        if (pm_in(pm, (int)i, region) && pm->parts[i].container)
            place_container(pm, &pm->parts[i]);
    if (used > r->size)
        say_full(pm, region, used);
    if (pm->l->n_errors == errors)
        add_rest(pm, region, used);
    return pm->l->n_errors == errors;
}
