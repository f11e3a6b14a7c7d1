/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes: those that are written, those of others (share_size), and what is left.
 *
 * A partition that shares with the dynamic one, or with a container of it, divides the space: all
 * of one source get an equal part, computed before any of them is stored. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

/* The first name of share_size that there is, whatever its form; LAYOUT_NONE: it has none. */
static int shares_with(const struct pm *pm, int part)
{
    const struct pm_value *v = pm_get(pm->parts[part].map, "share_size");
    const struct pm_value *one_of = pm_get(v, "one_of");
    int i;

    if (!v || pm->parts[part].fixed || pm->parts[part].dp)
        return LAYOUT_NONE;
    v = one_of ? one_of : v;
    if (v->kind == PM_TEXT)
        return pm_find(pm, v->text);
    for (v = v->kind == PM_LIST ? v->first : NULL; v; v = v->next) {
        const struct pm_value *one = pm_get(v, "one_of");

        i = v->kind == PM_TEXT ? pm_find(pm, v->text) : LAYOUT_NONE;
        for (one = one && one->kind == PM_LIST ? one->first : NULL; one && i < 0; one = one->next)
            i = one->kind == PM_TEXT ? pm_find(pm, one->text) : LAYOUT_NONE;
        if (i >= 0 && !pm->parts[i].dropped)
            return i;
    }
    return LAYOUT_NONE;
}

/* Where the size of each comes from: a partition that shares with none, or that is of another
 * region or static. Circles are gone. */
static void find_sources(struct pm *pm)
{
    int *way = calloc(pm->n_parts + 1, sizeof *way);
    bool *done = calloc(pm->n_parts + 1, sizeof *done);

    if (!way || !done)
        host_no_memory();
    for (size_t i = 0; i < pm->n_parts; i++) {
        int at = (int)i, next;
        size_t n = 0;

        while (at >= 0 && !done[at]) {
            done[at] = true;
            way[n++] = at;
            at = shares_with(pm, at);
        }
        while (n) {
            struct pm_part *p = &pm->parts[way[--n]];

            next = shares_with(pm, way[n]);
            p->source = next;
            if (next >= 0 && pm->parts[next].region == p->region && !pm->parts[next].fixed &&
                pm->parts[next].source >= 0)
                p->source = pm->parts[next].source;
        }
    }
    free(way);
    free(done);
}

static void say_circle(struct pm *pm, int from)
{
    char *text = NULL;
    int at = from;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        host_no_memory();
    do {
        fprintf(out, "%s -> ", pm->parts[at].name);
        at = shares_with(pm, at);
    } while (at != from);
    fputs(pm->parts[from].name, out);
    fclose(out);
    remedy(pm->l,
           pm_fault(pm, pm->parts[from].region, &pm->parts[from].at, NULL,
                    "share_size cycle %s: nothing says how large they are", text),
           "Give one of them a size. Partition Manager hangs here, or ends with a traceback.");
    free(text);
}

bool share_circles(struct pm *pm)
{
    size_t *round = calloc(pm->n_parts + 1, sizeof *round), errors = pm->l->n_errors;

    if (!round)
        host_no_memory();
    for (size_t i = 0; i < pm->n_parts; i++) {
        int at = (int)i;

        while (at >= 0 && !round[at]) {
            round[at] = i + 1;
            at = shares_with(pm, at);
        }
        if (at >= 0 && round[at] == i + 1)
            say_circle(pm, at);
    }
    free(round);
    return pm->l->n_errors == errors;
}

/* ---- a complex region ---- */

static bool holds(const struct pm_part *p, int leaf)
{
    for (size_t i = 0; i < p->n_leaves; i++)
        if (p->leaves[i] == leaf)
            return true;
    return false;
}

/* Does its size come from the dynamic partition's space? */
static bool is_dynamic_source(const struct region_work *w, int source)
{
    return source == w->dp || (pm_in(w->pm, source, w->region) && w->pm->parts[source].container &&
                               holds(&w->pm->parts[source], w->dp));
}

static void count_sharer(struct pm *pm, int source)
{
    const struct pm_value *old = pm_get(pm->parts[source].map, "sharers");

    pm_put(pm->l, pm->parts[source].map, "sharers",
           pm_new_number(pm->l, old && old->kind == PM_INTEGER ? old->number + 1 : 1));
}

/* Sum of what is known of a container, or the size of a partition. *unknown: some leaf has none. */
static int64_t size_of(const struct pm *pm, int source, bool *unknown)
{
    const struct pm_part *p = &pm->parts[source];
    int64_t sum = 0;

    *unknown = !p->container && !p->sized;
    if (!p->container || p->fixed || p->placed)
        return p->size;
    for (size_t i = 0; i < p->n_leaves; i++) {
        *unknown = *unknown || !pm->parts[p->leaves[i]].sized;
        sum += pm->parts[p->leaves[i]].size;
    }
    return sum;
}

static void set_size(struct pm *pm, int part, int64_t size)
{
    pm->parts[part].size = size;
    pm->parts[part].sized = true;
}

static void written_sizes(struct region_work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        int part = w->order[i];
        const struct pm_value *size = pm_get(w->pm->parts[part].map, "size");

        if (part == w->dp || w->pm->parts[part].source >= 0)
            continue;
        if (size && size->kind == PM_INTEGER)
            set_size(w->pm, part, size->number);
        else
            remedy(w->pm->l,
                   pm_fault(w->pm, w->region, &w->pm->parts[part].at, NULL,
                            "%s has neither size nor share_size", w->pm->parts[part].name),
                   "Write size: BYTES.");
    }
}

/* Sharers of what has a size of its own, until nothing changes. */
static void fixed_sharers(struct region_work *w)
{
    bool changed = true, unknown;

    while (changed) {
        changed = false;
        for (size_t i = 0; i < w->n; i++) {
            int part = w->order[i], source = w->pm->parts[part].source;
            int64_t size;

            if (source < 0 || w->pm->parts[part].sized || part == w->dp ||
                is_dynamic_source(w, source))
                continue;
            size = size_of(w->pm, source, &unknown);
            if (unknown)
                continue;
            set_size(w->pm, part, size);
            if (pm_in(w->pm, source, w->region))
                count_sharer(w->pm, source);
            changed = true;
        }
    }
}

static void say_unknown(struct region_work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        int part = w->order[i], source = w->pm->parts[part].source;

        if (source < 0 || w->pm->parts[part].sized || part == w->dp || is_dynamic_source(w, source))
            continue;
        remedy(w->pm->l,
               pm_fault(w->pm, w->region, &w->pm->parts[part].at, NULL,
                        "%s: nothing says how large %s is before it is solved itself",
                        w->pm->parts[part].name, w->pm->parts[source].name),
               "Share with the partition that %s takes its size from.", w->pm->parts[source].name);
    }
}

static int64_t known_sum(const struct region_work *w)
{
    int64_t sum = 0;

    for (size_t i = 0; i < w->n; i++)
        if (w->pm->parts[w->order[i]].sized)
            sum += w->pm->parts[w->order[i]].size;
    return sum;
}

static void dynamic_sharers(struct region_work *w)
{
    struct pm *pm = w->pm;
    int64_t rest = w->end - w->start - known_sum(w);
    int64_t *sizes = calloc(w->n + 1, sizeof *sizes);
    size_t *sharers = calloc(pm->n_parts + 1, sizeof *sharers);
    bool unknown;

    if (!sizes || !sharers)
        host_no_memory();
    for (size_t i = 0; i < w->n; i++) {
        int source = pm->parts[w->order[i]].source;

        if (source >= 0 && w->order[i] != w->dp && is_dynamic_source(w, source))
            sharers[source]++;
    }
    for (size_t i = 0; i < w->n; i++) {
        int source = pm->parts[w->order[i]].source;
        int64_t whole;

        if (source < 0 || w->order[i] == w->dp || !sharers[source])
            continue;
        whole = rest + (source == w->dp ? 0 : size_of(pm, source, &unknown));
        sizes[i] = whole / (int64_t)(sharers[source] + 1);
        count_sharer(pm, source);
    }
    w->n_dynamic = 0;
    for (size_t i = 0; i < w->n; i++) {
        int source = pm->parts[w->order[i]].source;

        if (w->order[i] == w->dp)
            w->dynamic[w->n_dynamic++] = w->dp;
        if (source < 0 || w->order[i] == w->dp || !sharers[source])
            continue;
        set_size(pm, w->order[i], sizes[i]);
        w->dynamic[w->n_dynamic++] = w->order[i];
    }
    free(sizes);
    free(sharers);
}

bool give_sizes(struct region_work *w)
{
    size_t errors = w->pm->l->n_errors;

    w->dynamic = arena_get(&w->pm->l->inner->arena, (w->n + 1) * sizeof *w->dynamic);
    find_sources(w->pm);
    written_sizes(w);
    if (w->pm->l->n_errors != errors)
        return false;
    fixed_sharers(w);
    say_unknown(w);
    if (w->pm->l->n_errors != errors)
        return false;
    dynamic_sharers(w);
    if (w->dp >= 0)
        set_size(w->pm, w->dp, w->end - w->start - known_sum(w));
    return true;
}

int share_source(const struct pm *pm, int part)
{
    return shares_with(pm, part);
}
