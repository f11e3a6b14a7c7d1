/* SPDX-License-Identifier: Apache-2.0 */
/* One domain: its regions in the order of what they take sizes of, each solved, everything written
 * into the maps that become partitions.yml. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

/* ---- which region first ---- */

/* Regions by how many others they wait for; stable. False: some wait for each other. */
static bool order_regions(struct pm *pm, int *order)
{
    size_t depth[PM_REGIONS_MAX] = { 0 }, n = 0, rounds = 0;
    bool changed = true;

    while (changed && rounds++ <= pm->n_regions) {
        changed = false;
        for (size_t i = 0; i < pm->n_parts; i++) {
            int source = pm->parts[i].dropped ? LAYOUT_NONE : share_source(pm, (int)i);
            int a = pm->parts[i].region, b = source >= 0 ? pm->parts[source].region : LAYOUT_NONE;

            if (a < 0 || b < 0 || a == b || pm->parts[source].fixed || depth[a] > depth[b])
                continue;
            depth[a] = depth[b] + 1;
            changed = true;
        }
    }
    if (changed) {
        struct pm_value *list = pm_new(pm->l, PM_LIST, NULL);
        char *text;

        for (size_t r = 0; r < pm->n_regions; r++)
            if (depth[r] >= pm->n_regions)
                pm_append(list, pm_new_text(pm->l, pm->regions[r].name, NULL));
        text = pm_line(list, false);
        remedy(
            pm->l,
            pm_fault(pm, LAYOUT_NONE, NULL,
                     pm_text(pm, "Found 'share_size' loop between the following regions\n%s", text),
                     "Found 'share_size' loop between the following regions: %s", text),
            "Give one of the partitions that share across regions a size.");
        free(text);
        return false;
    }
    for (size_t d = 0; d <= pm->n_regions; d++)
        for (size_t r = 0; r < pm->n_regions; r++)
            if (depth[r] == d)
                order[n++] = (int)r;
    return true;
}

/* ---- a complex region ---- */

/* Containers are where their leaves are. */
static void place_containers(struct region_work *w)
{
    struct pm *pm = w->pm;

    for (size_t i = 0; i < pm->n_parts; i++) {
        struct pm_part *p = &pm->parts[i];
        struct pm_value *span;

        if (!pm_in(pm, (int)i, w->region) || !p->container)
            continue;
        int64_t from = INT64_MAX, to = INT64_MIN;
        span = pm_new(pm->l, PM_LIST, NULL);
        for (size_t k = 0; k < p->n_leaves; k++) {
            const struct pm_part *leaf = &pm->parts[p->leaves[k]];

            from = leaf->address < from ? leaf->address : from;
            to = leaf->address + leaf->size > to ? leaf->address + leaf->size : to;
            pm_append(span, pm_new_text(pm->l, leaf->name, NULL));
        }
        p->address = from;
        p->size = to - from;
        p->sized = true;
        pm_put(pm->l, p->map, "span", span);
    }
    for (size_t i = 0; i < pm->n_parts; i++) /* now their sizes are their own */
        if (pm_in(pm, (int)i, w->region) && pm->parts[i].container)
            pm->parts[i].placed = true;
}

/* The static file fills it: right if nothing is left to place. */
static bool solve_full(struct region_work *w)
{
    struct pm *pm = w->pm;
    const struct pm_part *dp = &pm->parts[w->dp];
    size_t errors = pm->l->n_errors;

    for (size_t i = 0; i < pm->n_parts; i++) {
        const struct pm_part *p = &pm->parts[i];

        if (pm_in(pm, (int)i, w->region) && !p->dp && !p->container)
            remedy(pm->l,
                   pm_fault(pm, w->region, &p->at, NULL,
                            "%s has no room: the static file fills %s to the last byte", p->name,
                            pm->regions[w->region].name),
                   "Leave a gap, or fix its place there too.");
    }
    if (pm->app_named && strcmp(pm->regions[w->region].name, "flash_primary") == 0)
        remedy(pm->l,
               pm_fault(pm, w->region, dp->at.file ? &dp->at : NULL, NULL,
                        "%s has 0 bytes: the static file fills %s to the last byte", dp->name,
                        pm->regions[w->region].name),
               "Leave a gap for it.");
    pm->parts[w->dp].dropped = true;
    return pm->l->n_errors == errors;
}

static bool solve_complex(struct pm *pm, int region)
{
    const struct pm_region *r = &pm->regions[region];
    struct region_work w = { .pm = pm, .region = region, .dp = LAYOUT_NONE };
    bool good = clean(&w), none = false;

    w.dp = pm_find(pm, r->dp ? r->dp : "app");
    good = good && fixed_gap(&w, &none);
    if (good && none)
        return solve_full(&w);
    good = good && contain(&w) && order_parts(&w) && give_sizes(&w) && give_places(&w);
    for (size_t i = 0; good && i < w.n; i++)
        pm->parts[w.order[i]].placed = true;
    if (good)
        place_containers(&w);
    free(w.order);
    return good;
}

/* ---- all ---- */

static void write_back(struct pm *pm)
{
    for (size_t i = 0; i < pm->n_parts; i++) {
        struct pm_part *p = &pm->parts[i];

        if (p->dropped || !p->placed)
            continue;
        if (!p->fixed) {
            pm_put(pm->l, p->map, "address", pm_new_number(pm->l, p->address));
            pm_put(pm->l, p->map, "size", pm_new_number(pm->l, p->size));
        }
        pm_put(pm->l, p->map, "end_address", pm_new_number(pm->l, p->address + p->size));
    }
}

/* orig_span is what span is. */
static void write_orig_spans(struct pm *pm)
{
    for (size_t i = 0; i < pm->n_parts; i++) {
        struct pm_part *p = &pm->parts[i];
        const struct pm_value *span = pm_get(p->map, "span");
        struct pm_value *list;

        if (p->dropped || p->fixed || !p->container || !span)
            continue;
        list = pm_new(pm->l, PM_LIST, NULL);
        for (const struct pm_value *v = span->first; v; v = v->next)
            pm_append(list, pm_new_text(pm->l, v->text, NULL));
        pm_put(pm->l, p->map, "orig_span", list);
    }
}

/* A static file may say where app is: that must be the gap. */
static void check_static_dp(struct pm *pm, const int64_t (*was)[2])
{
    for (size_t i = 0; i < pm->n_parts; i++) {
        const struct pm_part *p = &pm->parts[i];

        if (!p->dp || !p->placed || was[i][1] < 0 ||
            (was[i][0] == p->address && was[i][1] == p->size))
            continue;
        remedy(
            pm->l,
            WARN(
                pm, "static-app", &p->at,
                "%s is at 0x%llx with 0x%llx bytes, as the gap has it; the static file says 0x%llx "
                "with 0x%llx",
                p->name, (unsigned long long)p->address, (unsigned long long)p->size,
                (unsigned long long)was[i][0], (unsigned long long)was[i][1]),
            "Partition Manager passes over a static %s and says nothing.", p->name);
    }
}

static void keep_static_dp(struct pm *pm, int64_t (*was)[2])
{
    for (size_t i = 0; i < pm->n_parts; i++) {
        struct pm_part *p = &pm->parts[i];
        const struct pm_value *address = pm_get(p->map, "address"), *size = pm_get(p->map, "size");

        was[i][1] = -1;
        if (!p->dp || !p->fixed)
            continue;
        if (address && size && address->kind == PM_INTEGER && size->kind == PM_INTEGER) {
            was[i][0] = address->number;
            was[i][1] = size->number;
        }
        p->fixed = false;
        p->placed = false;
        p->map = pm_new(pm->l, PM_MAP, &p->at);
        pm_put(pm->l, p->map, "region", pm_new_text(pm->l, pm->regions[p->region].name, NULL));
    }
}

bool pm_solve(struct pm *pm)
{
    size_t errors = pm->l->n_errors, n;
    int order[PM_REGIONS_MAX];
    int64_t(*was)[2];

    if (!solve_begin(pm))
        return false;
    n = pm->n_parts;
    was = calloc(n + 1, sizeof *was);
    if (!was)
        host_no_memory();
    keep_static_dp(pm, was);
    fixed_check(pm);
    if (pm->l->n_errors == errors && share_circles(pm) && order_regions(pm, order))
        for (size_t i = 0; i < pm->n_regions; i++) {
            int region = order[i];

            if (pm->regions[region].strategy == PM_COMPLEX)
                solve_complex(pm, region);
            else
                solve_simple(pm, region);
        }
    if (pm->l->n_errors == errors) {
        fixed_containers(pm);
        size_t all = pm->n_parts;
        pm->n_parts = n;
        check_static_dp(pm, (const int64_t(*)[2])was);
        pm->n_parts = all;
    }
    if (pm->l->n_errors == errors) {
        write_back(pm);
        write_orig_spans(pm);
    }
    free(was);
    return pm->l->n_errors == errors;
}
