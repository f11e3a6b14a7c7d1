/* SPDX-License-Identifier: Apache-2.0 */
/* Containers: `inside` becomes a member of a span, containers without content go, and each of the
 * others gets the list of its leaves. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

static bool is_container(const struct region_work *w, int i)
{
    return i >= 0 && pm_in(w->pm, i, w->region) && w->pm->parts[i].container;
}

static bool has_name(const struct pm_value *list, const char *name)
{
    for (const struct pm_value *v = list->first; v; v = v->next)
        if (strcmp(v->text, name) == 0)
            return true;
    return false;
}

/* A leaf into the span of the first container that it names. */
static void put_inside(struct region_work *w, struct pm_part *p)
{
    struct pm_value *inside = pm_get(p->map, "inside"), *v = inside ? inside->first : NULL;
    struct pm *pm = w->pm;
    struct pm_value *span;
    int box;

    if (!inside)
        return;
    for (struct pm_value *first = NULL; v; v = first) { /* names that there are */
        box = pm_find(pm, v->text);
        if (box >= 0 && (pm_in(pm, box, w->region) || box == w->dp))
            break;
        first = v->next;
    }
    if (!v) {
        pm_drop(p->map, "inside");
        return;
    }
    if (!is_container(w, box)) {
        remedy(pm->l,
               pm_fault(pm, w->region, &v->at,
                        pm_text(pm, "No compatible parent partition found for %s", p->name),
                        "%s: %s is no container (it has a size, no span)", p->name, v->text),
               "Write 'span: []' in %s, or take 'inside' away.", v->text);
        return;
    }
    span = pm_get(pm->parts[box].map, "span");
    if (!has_name(span, p->name))
        pm_append(span, pm_new_text(pm->l, p->name, &v->at));
}

/* The list that is written holds the names that there are. */
static void filter_names(struct region_work *w, struct pm_part *p, const char *key)
{
    struct pm_value *list = pm_get(p->map, key), *v = list ? list->first : NULL;

    if (!list)
        return;
    list->first = list->last = NULL;
    list->n = 0;
    for (struct pm_value *next; v; v = next) {
        int i = pm_find(w->pm, v->text);

        next = v->next;
        if (i >= 0 && (pm_in(w->pm, i, w->region) || i == w->dp) && !has_name(list, v->text))
            pm_append(list, v);
    }
}

/* One round: containers whose members are all gone. True: one was dropped. */
static bool drop_empty(struct region_work *w)
{
    bool dropped = false;

    for (size_t i = 0; i < w->pm->n_parts; i++) {
        struct pm_part *p = &w->pm->parts[i];

        if (!is_container(w, (int)i))
            continue;
        filter_names(w, p, "span");
        if (pm_get(p->map, "span")->first)
            continue;
        p->dropped = true;
        dropped = true;
        finding(w->pm->l, LAYOUT_NOTE, "dropped", &p->at,
                "Dropping partition '%s' since it is empty", p->name);
    }
    return dropped;
}

/* ---- leaves ---- */

/* A walk through spans, with the way that led here. */
struct walk {
    int *path;                    /* containers that are open */
    const struct pm_value **next; /* in each, the member that comes next */
    size_t depth;
    bool *open, *seen;
};

static void say_circle(struct region_work *w, const struct walk *k, int back)
{
    char *text = NULL;
    size_t len, i = 0;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        host_no_memory();
    while (k->path[i] != back)
        i++;
    for (; i < k->depth; i++)
        fprintf(out, "%s -> ", w->pm->parts[k->path[i]].name);
    fputs(w->pm->parts[back].name, out);
    fclose(out);
    remedy(w->pm->l,
           pm_fault(w->pm, w->region, &w->pm->parts[back].at, NULL,
                    "cycle %s: a container is in itself", text),
           "Take one of these names out of a span. Partition Manager hangs here.");
    free(text);
}

/* Of the containers of the circle that leads back to this one, is it the first in the files? */
static bool is_first(const struct walk *k, int back)
{
    for (size_t i = 0; i < k->depth; i++)
        if (k->path[i] < back)
            return false;
    return true;
}

/* The leaves of one container, each once, in the order of the spans. False: it contains itself. */
static bool flatten(struct region_work *w, int box, struct walk *k)
{
    struct pm *pm = w->pm;
    struct pm_part *p = &pm->parts[box];
    int *leaves = calloc(pm->n_parts, sizeof *leaves);
    bool good = true;
    size_t n = 0;

    if (!leaves)
        host_no_memory();
    memset(k->seen, 0, pm->n_parts);
    memset(k->open, 0, pm->n_parts);
    k->path[0] = box;
    k->next[0] = pm_get(p->map, "span")->first;
    k->open[box] = true;
    k->depth = 1;
    while (k->depth && good) {
        const struct pm_value *v = k->next[k->depth - 1];
        int i;

        if (!v) {
            k->open[k->path[--k->depth]] = false;
            continue;
        }
        k->next[k->depth - 1] = v->next;
        i = pm_find(pm, v->text);
        if (k->open[i]) {
            if (i == box && is_first(k, i)) /* each circle is said once, by the first in it */
                say_circle(w, k, i);
            good = false;
        } else if (k->seen[i]) {
            continue;
        } else if (pm->parts[i].container && !pm->parts[i].dp) {
            k->seen[i] = k->open[i] = true;
            k->path[k->depth] = i;
            k->next[k->depth] = pm_get(pm->parts[i].map, "span")->first;
            k->depth++;
        } else {
            k->seen[i] = true;
            leaves[n++] = i;
        }
    }
    p->leaves = arena_get(&pm->l->inner->arena, (n + 1) * sizeof *p->leaves);
    memcpy(p->leaves, leaves, n * sizeof *leaves);
    p->n_leaves = n;
    free(leaves);
    return good;
}

static bool flatten_all(struct region_work *w)
{
    size_t n = w->pm->n_parts;
    struct walk k = { .path = calloc(n + 1, sizeof *k.path),
                      .next = calloc(n + 1, sizeof *k.next),
                      .open = calloc(n + 1, sizeof *k.open),
                      .seen = calloc(n + 1, sizeof *k.seen) };
    bool good = true;

    if (!k.path || !k.next || !k.open || !k.seen)
        host_no_memory();
    for (size_t i = 0; i < n; i++)
        if (is_container(w, (int)i))
            good = flatten(w, (int)i, &k) && good;
    free(k.path);
    free(k.next);
    free(k.open);
    free(k.seen);
    return good;
}

bool contain(struct region_work *w)
{
    size_t errors = w->pm->l->n_errors;

    for (size_t i = 0; i < w->pm->n_parts; i++)
        if (pm_in(w->pm, (int)i, w->region) && !w->pm->parts[i].dp && !w->pm->parts[i].container)
            put_inside(w, &w->pm->parts[i]);
    while (drop_empty(w))
        ;
    for (size_t i = 0; i < w->pm->n_parts; i++)
        if (pm_in(w->pm, (int)i, w->region))
            filter_names(w, &w->pm->parts[i], "inside");
    return flatten_all(w) && w->pm->l->n_errors == errors;
}
