/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of a complex region made plain: every list is a list, one_of is the name it stands for, and
 * names that are not there are gone. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

bool pm_in(const struct pm *pm, int part, int region)
{
    const struct pm_part *p = &pm->parts[part];

    return p->region == region && !p->fixed && !p->dropped;
}

const char *pm_first(const struct pm_value *map, const char *key)
{
    const struct pm_value *v = pm_get(map, key);

    return v && v->kind == PM_LIST && v->first && v->first->kind == PM_TEXT ? v->first->text : NULL;
}

/* ---- texts to lists ---- */

static void listed(struct pm *pm, struct pm_value *v)
{
    struct pm_value *item;

    if (v->kind != PM_TEXT)
        return;
    item = pm_new_text(pm->l, v->text, &v->at);
    v->kind = PM_LIST;
    v->text = NULL;
    pm_append(v, item);
}

static void lists(struct pm *pm, struct pm_part *p)
{
    static const char *const kept[] = { "size", "region", "extra_params", "device", NULL };
    struct pm_value *placement = pm_get(p->map, "placement");

    for (struct pm_value *v = p->map->first; v; v = v->next) {
        bool keep = false;

        for (size_t i = 0; kept[i]; i++)
            keep = keep || strcmp(kept[i], v->key) == 0;
        if (!keep)
            listed(pm, v);
    }
    for (struct pm_value *v = placement ? placement->first : NULL; v; v = v->next)
        listed(pm, v);
}

/* ---- one_of ---- */

enum scope { OF_REGION, OF_DOMAIN };

static bool is_there(const struct region_work *w, const char *name, enum scope scope)
{
    int i = pm_find(w->pm, name);

    if (strcmp(name, "start") == 0 || strcmp(name, "end") == 0)
        return true;
    if (i < 0 || w->pm->parts[i].dropped)
        return false;
    return scope == OF_DOMAIN || pm_in(w->pm, i, w->region);
}

/* Names that there are, as the original lists them. */
static char *names_text(const struct region_work *w)
{
    char *text = NULL;
    const char *comma = "";
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        host_no_memory();
    fputc('[', out);
    for (size_t i = 0; i < w->pm->n_parts; i++) {
        if (!pm_in(w->pm, (int)i, w->region))
            continue;
        fprintf(out, "%s'%s'", comma, w->pm->parts[i].name);
        comma = ", ";
    }
    fprintf(out, "%s'start', 'end']", comma);
    fclose(out);
    return text;
}

static const char *first_there(const struct region_work *w, const struct pm_value *list,
                               enum scope scope)
{
    if (list->kind == PM_TEXT)
        return is_there(w, list->text, scope) ? list->text : NULL;
    for (const struct pm_value *v = list->first; v; v = v->next)
        if (v->kind == PM_TEXT && is_there(w, v->text, scope))
            return v->text;
    return NULL;
}

/* The name that a map of one_of stands for; NULL: a finding says why there is none. */
static const char *choose(struct region_work *w, const struct pm_part *p,
                          const struct pm_value *map, bool in_list, enum scope scope)
{
    const struct pm_value *one_of = pm_get(map, "one_of");
    char *list, *names;
    const char *name;

    if (!one_of && in_list) {
        remedy(w->pm->l,
               pm_fault(w->pm, w->region, &map->at,
                        "Found illegal dict inside list. Only 'one_of' dicts are allowed",
                        "%s: Found illegal dict inside list. Only 'one_of' dicts are allowed",
                        p->name),
               "Write a name, or {one_of: [NAME, NAME]}.");
        return NULL;
    }
    if (!one_of || map->n != 1) {
        remedy(w->pm->l,
               pm_fault(w->pm, w->region, &map->at, "'one_of' must be the only key in its dict",
                        "%s: 'one_of' must be the only key in its dict", p->name),
               "Take the other keys away.");
        return NULL;
    }
    name = first_there(w, one_of, OF_REGION);
    if (!name && scope == OF_DOMAIN)
        name = first_there(w, one_of, OF_DOMAIN);
    if (name)
        return name;
    list = pm_line(one_of, false);
    names = names_text(w);
    remedy(w->pm->l,
           pm_fault(w->pm, w->region, &one_of->at,
                    pm_text(w->pm,
                            "'one_of' dict did not evaluate to any partition. Available partitions "
                            "%s, one_of %s",
                            names, list),
                    "%s: 'one_of' dict did not evaluate to any partition: none of %s is there",
                    p->name, list),
           "Name one that there is.");
    free(list);
    free(names);
    return NULL;
}

/* one_of to names, in the value of one key. False: a finding says what is wrong. */
static bool resolve(struct region_work *w, struct pm_part *p, const char *key, enum scope scope)
{
    struct pm_value *v = pm_get(p->map, key), *list;
    bool good = true;
    const char *name;

    if (!v)
        return true;
    if (v->kind == PM_MAP) {
        name = choose(w, p, v, false, scope);
        if (!name)
            return false;
        list = pm_new(w->pm->l, PM_LIST, &v->at);
        pm_append(list, pm_new_text(w->pm->l, name, &v->at));
        pm_put(w->pm->l, p->map, key, list);
        return true;
    }
    for (struct pm_value *in = v->first; in; in = in->next) {
        if (in->kind == PM_MAP) {
            name = choose(w, p, in, true, scope);
            good = good && name;
            in->kind = PM_TEXT;
            in->text = name ? name : "";
            in->first = in->last = NULL;
            in->n = 0;
        } else if (in->kind != PM_TEXT) {
            pm_fault(w->pm, w->region, &in->at, NULL, "%s: %s has something in it that is no name",
                     p->name, key);
            good = false;
        }
    }
    return good;
}

/* ---- filters ---- */

/* Take the names out that `keep` does not keep. The first that goes is *gone. */
static void filter(const struct region_work *w, struct pm_value *list,
                   bool (*keep)(const struct region_work *w, const char *name),
                   const struct pm_value **gone)
{
    struct pm_value *v = list->first;

    list->first = list->last = NULL;
    list->n = 0;
    for (struct pm_value *next; v; v = next) {
        next = v->next;
        if (v->kind == PM_TEXT && keep(w, v->text))
            pm_append(list, v);
        else if (gone && !*gone)
            *gone = v;
    }
}

static bool keep_member(const struct region_work *w, const char *name)
{
    int i = pm_find(w->pm, name);

    return i >= 0 && (pm_in(w->pm, i, w->region) || i == w->dp);
}

static bool keep_anchor(const struct region_work *w, const char *name)
{
    return strcmp(name, "start") == 0 || strcmp(name, "end") == 0 || keep_member(w, name);
}

static bool is_zero(const struct pm_part *p)
{
    const struct pm_value *size = pm_get(p->map, "size");

    return size && size->kind == PM_INTEGER && size->number == 0 && !pm_get(p->map, "share_size");
}

static bool keep_source(const struct region_work *w, const char *name)
{
    int i = pm_find(w->pm, name);

    return i >= 0 && !w->pm->parts[i].dropped && (w->pm->parts[i].dp || !is_zero(&w->pm->parts[i]));
}

static void drop(struct region_work *w, struct pm_part *p)
{
    p->dropped = true;
    finding(w->pm->l, LAYOUT_NOTE, "dropped", &p->at, "Dropping partition '%s' since its size is 0",
            p->name);
}

/* One round over the region. True: something was dropped, so what shares with it comes next. */
static bool drop_empty(struct region_work *w)
{
    bool dropped = false;

    for (size_t i = 0; i < w->pm->n_parts; i++) {
        struct pm_part *p = &w->pm->parts[i];
        struct pm_value *share = pm_get(p->map, "share_size");
        const struct pm_value *size = pm_get(p->map, "size");

        if (!pm_in(w->pm, (int)i, w->region) || p->dp)
            continue;
        if (size && size->kind == PM_INTEGER && size->number == 0 && !share) {
            drop(w, p);
            dropped = true;
            continue;
        }
        if (!share || share->kind != PM_LIST)
            continue;
        filter(w, share, keep_source, NULL);
        if (share->first)
            continue;
        pm_drop(p->map, "share_size");
        dropped = true;
        if (!size)
            drop(w, p);
    }
    return dropped;
}

/* ---- one region ---- */

static void clean_placement(struct region_work *w, struct pm_part *p)
{
    static const char *const sides[] = { "before", "after" };
    struct pm_value *placement = pm_get(p->map, "placement");

    if (!placement)
        return;
    if (!placement->first) {
        const char *words =
            pm_text(w->pm, "Found empty 'placement' property for partition '%s'", p->name);

        remedy(w->pm->l, pm_fault(w->pm, w->region, &placement->at, words, "%s", words),
               "Write placement: {before: [NAME]} or {after: [NAME]}.");
        return;
    }
    for (int k = 0; k < 2; k++) {
        struct pm_value *list = pm_get(placement, sides[k]);

        if (!list)
            continue;
        if (list->kind != PM_LIST) {
            pm_fault(w->pm, w->region, &list->at, NULL, "%s: %s is no list of names", p->name,
                     sides[k]);
            continue;
        }
        filter(w, list, keep_anchor, &p->missing);
        if (!list->first)
            pm_drop(placement, sides[k]);
    }
}

static void warn_useless(struct region_work *w, struct pm_part *p)
{
    const struct pm_value *placement = pm_get(p->map, "placement");
    const struct pm_value *size = pm_get(p->map, "size");

    if (p->container && placement)
        remedy(w->pm->l,
               WARN(w->pm, "container", &placement->at,
                    "%s: the placement of a container has no effect: it is where its members are",
                    p->name),
               "Place the members.");
    if (size && pm_get(p->map, "share_size"))
        remedy(w->pm->l,
               WARN(w->pm, "share-size", &size->at, "%s: size has no effect beside share_size",
                    p->name),
               "Take one of the two away.");
}

bool clean(struct region_work *w)
{
    struct pm *pm = w->pm;
    size_t errors = pm->l->n_errors;

    for (size_t i = 0; i < pm->n_parts; i++) {
        struct pm_part *p = &pm->parts[i];

        if (!pm_in(pm, (int)i, w->region) || p->dp)
            continue;
        lists(pm, p);
        resolve(w, p, "share_size", OF_DOMAIN);
    }
    if (pm->l->n_errors != errors)
        return false;
    while (drop_empty(w))
        ;
    for (size_t i = 0; i < pm->n_parts; i++) {
        struct pm_part *p = &pm->parts[i];

        if (!pm_in(pm, (int)i, w->region) || p->dp)
            continue;
        resolve(w, p, "span", OF_REGION);
        resolve(w, p, "inside", OF_REGION);
        clean_placement(w, p);
        warn_useless(w, p);
    }
    return pm->l->n_errors == errors;
}
