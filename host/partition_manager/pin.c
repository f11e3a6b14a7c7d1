/* SPDX-License-Identifier: Apache-2.0 */
/* What a build gave becomes fixed: gaps get names, so that one is left, the application's. */
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

static void name_gap(struct pm *pm, int region, int64_t from, int64_t to)
{
    size_t number = 0;
    int i;

    while (pm_find(pm, pm_text(pm, "EMPTY_%zu", number)) >= 0)
        number++;
    i = pm_add(pm, pm_text(pm, "EMPTY_%zu", number), NULL);
    pm->parts[i].region = region;
    pm->parts[i].address = from;
    pm->parts[i].size = to - from;
    pm->parts[i].placed = pm->parts[i].sized = pm->parts[i].made = true;
    pm_put(pm->l, pm->parts[i].map, "address", pm_new_number(pm->l, from));
    pm_put(pm->l, pm->parts[i].map, "end_address", pm_new_number(pm->l, to));
    pm_put(pm->l, pm->parts[i].map, "region", pm_new_text(pm->l, pm->regions[region].name, NULL));
    pm_put(pm->l, pm->parts[i].map, "size", pm_new_number(pm->l, to - from));
}

size_t pm_fill_gaps(struct pm *pm)
{
    size_t filled = 0;

    for (size_t r = 0; r < pm->n_regions; r++) {
        const struct pm_region *region = &pm->regions[r];
        struct place *places = calloc(pm->n_parts + 1, sizeof *places);
        int64_t at = region->base;
        size_t n = 0;

        if (!places)
            host_no_memory();
        for (size_t i = 0; i < pm->n_parts; i++)
            if (pm->parts[i].region == (int)r && pm->parts[i].placed && !pm->parts[i].container)
                places[n++] = (struct place){ pm->parts[i].address,
                                              pm->parts[i].address + pm->parts[i].size };
        qsort(places, n, sizeof *places, by_address);
        /* A region that is filled from one end may end with a gap. */
        if (n && region->strategy == PM_COMPLEX)
            places[n++] =
                (struct place){ region->base + region->size, region->base + region->size };
        for (size_t i = 0; i < n; i++) {
            if (places[i].from > at) {
                name_gap(pm, (int)r, at, places[i].from);
                filled++;
            }
            at = places[i].to > at ? places[i].to : at;
        }
        free(places);
    }
    return filled;
}
