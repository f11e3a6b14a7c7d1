/* SPDX-License-Identifier: Apache-2.0 */
/* partitions.yml, regions.yml, pm_static.yml of a solved domain. */
#include "inner.h"

#include <stdlib.h>
#include <string.h>

/* A map under another key: the same content. */
static void add_map(struct pm *pm, struct pm_value *root, const char *name,
                    const struct pm_value *map)
{
    struct pm_value *v = pm_new(pm->l, PM_MAP, NULL);

    v->first = map->first;
    v->last = map->last;
    v->n = map->n;
    v->key = name;
    pm_append(root, v);
}

void pm_write_partitions(FILE *out, const struct pm *pm)
{
    struct pm copy = *pm;
    struct pm_value *root = pm_new(pm->l, PM_MAP, NULL);

    for (size_t i = 0; i < pm->n_parts; i++)
        if (!pm->parts[i].dropped && pm->parts[i].placed)
            add_map(&copy, root, pm->parts[i].name, pm->parts[i].map);
    pm_dump(out, root, 0);
}

static void put_text(struct layout *l, struct pm_value *map, const char *key, const char *text)
{
    if (text)
        pm_put(l, map, key, pm_new_text(l, text, NULL));
    else
        pm_put(l, map, key, pm_new(l, PM_NULL, NULL));
}

void pm_write_regions(FILE *out, const struct pm *pm)
{
    static const char *const strategies[] = { "start_to_end", "end_to_start", "complex" };
    struct pm_value *root = pm_new(pm->l, PM_MAP, NULL);

    for (size_t i = 0; i < pm->n_regions; i++) {
        const struct pm_region *r = &pm->regions[i];
        struct pm_value *map = pm_new(pm->l, PM_MAP, NULL);

        pm_put(pm->l, map, "base_address", pm_new_number(pm->l, r->base));
        put_text(pm->l, map, "default_driver_kconfig", r->driver);
        put_text(pm->l, map, "device", r->device);
        put_text(pm->l, map, "dynamic_partition", r->dp);
        put_text(pm->l, map, "name", r->name);
        put_text(pm->l, map, "placement_strategy", strategies[r->strategy]);
        pm_put(pm->l, map, "size", pm_new_number(pm->l, r->size));
        map->key = r->name;
        pm_append(root, map);
    }
    pm_dump(out, root, 0);
}

void pm_write_static(FILE *out, const struct pm *pm)
{
    static const char *const kept[] = { "address",     "affiliation",  "device",
                                        "end_address", "extra_params", "region",
                                        "size",        "span",         NULL };
    struct pm_value *root = pm_new(pm->l, PM_MAP, NULL);

    for (size_t i = 0; i < pm->n_parts; i++) {
        const struct pm_part *p = &pm->parts[i];
        struct pm_value *map = pm_new(pm->l, PM_MAP, NULL);

        if (p->dropped || !p->placed)
            continue;
        for (size_t k = 0; kept[k]; k++) {
            const struct pm_value *v = pm_get(p->map, kept[k]);
            struct pm_value *copy;

            if (!v)
                continue;
            copy = pm_new(pm->l, v->kind, NULL);
            *copy = *v;
            copy->next = NULL;
            pm_put(pm->l, map, kept[k], copy);
        }
        map->key = p->name;
        pm_append(root, map);
    }
    pm_dump(out, root, 0);
}
