/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which the partitions of a complex region lie.
 *
 * Candidates are partitions with an anchor: a name they are placed before or after. Rounds go over
 * what is placed already, from its start to its end, and over the containers; at each, the first
 * candidate that names it is put beside it. So of those that name one anchor, one is placed in a
 * round, and later ones lie nearer to it. Candidates are taken in file order; where several name
 * one anchor and their placements differ, nothing but that order decides. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

enum { BEFORE, AFTER };
static const char *const sides[] = { "before", "after" };

/* Names of a region as numbers: partitions, and after them start and end. */
struct ordering {
    struct region_work *w;
    int start, end; /* numbers of the two borders */
    int *candidates;
    size_t n;
    int *anchor[2]; /* of a candidate, by its place in candidates */
    int *first[2];  /* of a name: the first candidate that names it, or LAYOUT_NONE */
    int *next[2];   /* of a candidate: the next that names the same */
    bool *placed;   /* candidates */
    int *solution;  /* names as they lie */
    size_t n_solution;
    bool *marked; /* names: for a moment */
};

/* ---- candidates ---- */

static const struct pm_value *placement_of(const struct region_work *w, int i)
{
    return pm_get(w->pm->parts[i].map, "placement");
}

static bool is_candidate(const struct region_work *w, int i)
{
    const struct pm_value *placement = placement_of(w, i);

    return !w->pm->parts[i].dp && !w->pm->parts[i].container &&
           (pm_first(placement, "before") || pm_first(placement, "after"));
}

struct box {
    int i;
    size_t leaves;
};

/* The largest first; of equal ones the later first. */
static int by_size(const void *a, const void *b)
{
    const struct box *x = a, *y = b;

    if (x->leaves != y->leaves)
        return x->leaves > y->leaves ? -1 : 1;
    return y->i - x->i;
}

/* Those in no container in file order; then members, from the largest container to the smallest,
 * each with the smallest that holds it. */
static void collect(struct ordering *o)
{
    struct pm *pm = o->w->pm;
    struct box *boxes = calloc(pm->n_parts + 1, sizeof *boxes);
    int *of = calloc(pm->n_parts + 1, sizeof *of); /* 1 + the last box that holds it */
    size_t n = 0;

    if (!boxes || !of)
        host_no_memory();
    for (size_t i = 0; i < pm->n_parts; i++)
        if (pm_in(pm, (int)i, o->w->region) && pm->parts[i].container)
            boxes[n++] = (struct box){ (int)i, pm->parts[i].n_leaves };
    qsort(boxes, n, sizeof *boxes, by_size);
    for (size_t b = 0; b < n; b++)
        for (size_t k = 0; k < pm->parts[boxes[b].i].n_leaves; k++)
            of[pm->parts[boxes[b].i].leaves[k]] = (int)b + 1;
    for (size_t i = 0; i < pm->n_parts; i++)
        if (pm_in(pm, (int)i, o->w->region) && !of[i] && is_candidate(o->w, (int)i))
            o->candidates[o->n++] = (int)i;
    for (size_t b = 0; b < n; b++)
        for (size_t k = 0; k < pm->parts[boxes[b].i].n_leaves; k++) {
            int leaf = pm->parts[boxes[b].i].leaves[k];

            if (of[leaf] == (int)b + 1 && is_candidate(o->w, leaf))
                o->candidates[o->n++] = leaf;
        }
    free(boxes);
    free(of);
}

/* ---- candidates whose placements read the same ---- */

struct same {
    char *text;
    const char *name;
    int part;
};

static int by_text(const void *a, const void *b)
{
    const struct same *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    return order ? order : strcmp(x->name, y->name);
}

/* All but the last of each such group, by name, are placed before the next. */
static void chain_same(struct ordering *o)
{
    struct pm *pm = o->w->pm;
    struct same *all = calloc(o->n + 1, sizeof *all);

    if (!all)
        host_no_memory();
    for (size_t i = 0; i < o->n; i++) {
        int part = o->candidates[i];

        all[i] =
            (struct same){ pm_line(placement_of(o->w, part), false), pm->parts[part].name, part };
    }
    qsort(all, o->n, sizeof *all, by_text);
    for (size_t i = 0; i + 1 < o->n; i++) {
        struct pm_value *placement = pm_get(pm->parts[all[i].part].map, "placement"), *list;

        if (strcmp(all[i].text, all[i + 1].text) != 0)
            continue;
        list = pm_new(pm->l, PM_LIST, NULL);
        pm_append(list, pm_new_text(pm->l, all[i + 1].name, NULL));
        pm_put(pm->l, placement, "before", list);
        pm_drop(placement, "after");
    }
    for (size_t i = 0; i < o->n; i++)
        free(all[i].text);
    free(all);
}

/* ---- anchors ---- */

static int number_of(const struct ordering *o, const char *name)
{
    if (!name)
        return LAYOUT_NONE;
    if (strcmp(name, "start") == 0)
        return o->start;
    return strcmp(name, "end") == 0 ? o->end : pm_find(o->w->pm, name);
}

static bool find_anchors(struct ordering *o)
{
    struct pm *pm = o->w->pm;
    bool good = true;

    for (size_t c = 0; c < o->n; c++) {
        const struct pm_part *p = &pm->parts[o->candidates[c]];
        const struct pm_value *placement = pm_get(p->map, "placement");

        for (int k = 0; k < 2; k++)
            o->anchor[k][c] = number_of(o, pm_first(placement, sides[k]));
        if (o->anchor[BEFORE][c] == o->start || o->anchor[AFTER][c] == o->end) {
            const char *words =
                pm_text(pm, "Partition \"%s\" was placed before start or after end.", p->name);

            remedy(pm->l, pm_fault(pm, o->w->region, &placement->at, words, "%s", words),
                   "Write {after: [start]} or {before: [end]}.");
            good = false;
        }
    }
    return good;
}

/* Lists of candidates by what they name; those at the end of a list were later in the files. */
static void link_anchors(struct ordering *o)
{
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i <= o->end; i++)
            o->first[k][i] = LAYOUT_NONE;
        for (size_t c = o->n; c > 0; c--) {
            int a = o->anchor[k][c - 1];

            if (a < 0)
                continue;
            o->next[k][c - 1] = o->first[k][a];
            o->first[k][a] = (int)c - 1;
            if (o->next[k][c - 1] >= 0) {
                o->w->unstable = true;
                o->w->late = o->candidates[c - 1];
            }
        }
    }
}

/* ---- rounds ---- */

static void insert(struct ordering *o, size_t at, int name)
{
    memmove(o->solution + at + 1, o->solution + at, (o->n_solution - at) * sizeof *o->solution);
    o->solution[at] = name;
    o->n_solution++;
}

/* Mark the leaves of a container, or a name by itself. */
static void mark(struct ordering *o, int name, bool value)
{
    const struct pm_part *p = name < o->start ? &o->w->pm->parts[name] : NULL;

    if (!p || !p->container)
        o->marked[name] = value;
    else
        for (size_t k = 0; k < p->n_leaves; k++)
            o->marked[p->leaves[k]] = value;
}

/* Where in the solution something beside this name goes; more than there are names: nowhere yet. */
static size_t place_beside(struct ordering *o, int name, int side)
{
    size_t found = o->n_solution + 1;

    mark(o, name, true);
    for (size_t i = 0; i < o->n_solution; i++) {
        if (!o->marked[o->solution[i]])
            continue;
        found = i + (side == AFTER);
        if (side == BEFORE)
            break;
    }
    mark(o, name, false);
    return found;
}

/* The first candidate that names `current` and is not placed; LAYOUT_NONE: there is none. */
static int waiting(struct ordering *o, int side, int current)
{
    int c = o->first[side][current];

    while (c >= 0 && o->placed[c])
        c = o->next[side][c];
    o->first[side][current] = c;
    return c;
}

/* One round in one direction. Returns how many it placed. */
static size_t go_over(struct ordering *o, int side, const int *containers, size_t n_containers)
{
    size_t n_pool = o->n_solution + n_containers, at = 0, placed = 0;
    int *pool = calloc(n_pool + 1, sizeof *pool);
    int current;

    if (!pool)
        host_no_memory();
    memcpy(pool, o->solution, o->n_solution * sizeof *pool);
    memcpy(pool + o->n_solution, containers, n_containers * sizeof *pool);
    current = pool[0];
    while (at < n_pool) {
        int c = waiting(o, side, current);
        size_t where = c >= 0 ? place_beside(o, current, side) : 0;

        if (c < 0 || where > o->n_solution) {
            current = pool[++at];
            continue;
        }
        insert(o, where, o->candidates[c]);
        o->placed[c] = true;
        placed++;
        current = o->candidates[c];
    }
    free(pool);
    return placed;
}

/* ---- what has no place ---- */

static void say_no_placement(struct region_work *w, const struct pm_part *p)
{
    struct pm *pm = w->pm;
    const struct pm_value *gone = p->missing;
    const char *words =
        pm_text(pm, "Unable to solve the following partitions (endless loop): \n['%s']", p->name);
    const char *near;

    if (gone && pm_is_fixed(pm, gone->text)) {
        remedy(pm->l,
               pm_fault(pm, w->region, &gone->at, words,
                        "%s: %s is static, and a name in the static file is no anchor", p->name,
                        gone->text),
               "Write {after: [start]} or {before: [end]}: the borders of the gap.");
        return;
    }
    if (gone) {
        near = pm_near(pm, gone->text);
        remedy(pm->l,
               pm_fault(pm, w->region, &gone->at, words,
                        "%s: %s does not exist, and %s has no other "
                        "anchor",
                        p->name, gone->text, p->name),
               near ? "Did you mean %s?" : "Name one that there is, or start, end or app.", near);
        return;
    }
    remedy(pm->l, pm_fault(pm, w->region, &p->at, words, "%s has no placement", p->name),
           "Write placement: {before: [NAME]} or {after: [NAME]}.");
}

/* The candidate that has to be placed before this one can be; LAYOUT_NONE: none that waits. */
static int waits_for(const struct ordering *o, size_t c, const int *of)
{
    int a = o->anchor[BEFORE][c] >= 0 ? o->anchor[BEFORE][c] : o->anchor[AFTER][c];
    const struct pm_part *p = a >= 0 && a < o->start ? &o->w->pm->parts[a] : NULL;

    if (p && !p->container)
        return of[a];
    for (size_t k = 0; p && k < p->n_leaves; k++)
        if (of[p->leaves[k]] >= 0 && !o->placed[of[p->leaves[k]]])
            return of[p->leaves[k]];
    return LAYOUT_NONE;
}

static void say_circle(struct ordering *o, const int *of, size_t c)
{
    struct pm *pm = o->w->pm;
    const struct pm_part *p = &pm->parts[o->candidates[c]];
    char *text = NULL;
    size_t len, at = c;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        host_no_memory();
    do {
        fprintf(out, "%s -> ", pm->parts[o->candidates[at]].name);
        at = (size_t)waits_for(o, at, of);
    } while (at != c);
    fputs(p->name, out);
    fclose(out);
    remedy(pm->l,
           pm_fault(pm, o->w->region, &p->at,
                    pm_text(pm, "Unable to solve the following partitions (endless loop): \n['%s']",
                            p->name),
                    "cycle %s: each waits for the next to be placed", text),
           "Place one of them before or after app, start or end.");
    free(text);
}

/* Candidates that wait for each other: follow what one waits for until a name comes back. Each
 * circle is said once; what waits for one of a circle is not said. */
static void say_circles(struct ordering *o)
{
    int *of = calloc((size_t)o->end + 1, sizeof *of);
    size_t *round = calloc(o->n + 1, sizeof *round);

    if (!of || !round)
        host_no_memory();
    for (int i = 0; i <= o->end; i++)
        of[i] = LAYOUT_NONE;
    for (size_t i = 0; i < o->n; i++)
        of[o->candidates[i]] = (int)i;
    for (size_t c = 0; c < o->n; c++) {
        int at = (int)c;

        if (o->placed[c])
            continue;
        while (at >= 0 && !round[at]) {
            round[at] = c + 1;
            at = waits_for(o, (size_t)at, of);
        }
        if (at >= 0 && round[at] == c + 1)
            say_circle(o, of, (size_t)at);
    }
    free(of);
    free(round);
}

static bool say_unplaced(struct ordering *o)
{
    struct pm *pm = o->w->pm;
    size_t errors = pm->l->n_errors;

    for (size_t i = 0; i < pm->n_parts; i++) {
        const struct pm_part *p = &pm->parts[i];

        if (pm_in(pm, (int)i, o->w->region) && !p->dp && !p->container &&
            !is_candidate(o->w, (int)i))
            say_no_placement(o->w, p);
    }
    say_circles(o);
    for (size_t c = 0; c < o->n && pm->l->n_errors == errors; c++)
        if (!o->placed[c])
            pm_fault(pm, o->w->region, &pm->parts[o->candidates[c]].at,
                     pm_text(pm,
                             "Unable to solve the following partitions (endless loop): \n['%s']",
                             pm->parts[o->candidates[c]].name),
                     "%s waits for what is never placed", pm->parts[o->candidates[c]].name);
    return pm->l->n_errors == errors;
}

/* ---- containers ---- */

/* The members of a container lie side by side. */
static void check_box(struct ordering *o, int box)
{
    struct pm *pm = o->w->pm;
    const struct pm_part *p = &pm->parts[box];
    size_t first = o->n_solution, last = 0, inside = 0;
    const char *between = NULL;
    char *line, *spans;

    mark(o, box, true);
    for (size_t i = 0; i < o->n_solution; i++)
        if (o->marked[o->solution[i]]) {
            first = i < first ? i : first;
            last = i;
            inside++;
        }
    for (size_t i = first; i <= last && !between; i++)
        between = o->marked[o->solution[i]] ? NULL : pm->parts[o->solution[i]].name;
    mark(o, box, false);
    if (!inside || last - first + 1 == inside)
        return;
    struct pm_value *list = pm_new(pm->l, PM_LIST, NULL);
    for (size_t i = 0; i < o->n_solution; i++)
        if (o->solution[i] < o->start)
            pm_append(list, pm_new_text(pm->l, pm->parts[o->solution[i]].name, NULL));
    line = pm_line(list, false);
    spans = pm_line(pm_get(p->map, "span"), false);
    remedy(
        pm->l,
        pm_fault(pm, o->w->region, &p->at,
                 pm_text(pm, "partition %s (%s) does not span over consecutive parts. Solution: %s",
                         p->name, spans, line),
                 "%s: its members do not lie side by side: %s is between them", p->name, between),
        "Place %s elsewhere, or name it in the span of %s.", between, p->name);
    free(line);
    free(spans);
}

/* ---- all ---- */

static struct ordering begin(struct region_work *w)
{
    size_t n = w->pm->n_parts + 2;
    struct ordering o = { .w = w, .start = (int)w->pm->n_parts, .end = (int)w->pm->n_parts + 1 };

    o.candidates = calloc(n + 1, sizeof *o.candidates);
    for (int k = 0; k < 2; k++) {
        o.anchor[k] = calloc(n + 1, sizeof *o.anchor[k]);
        o.first[k] = calloc(n + 1, sizeof *o.first[k]);
        o.next[k] = calloc(n + 1, sizeof *o.next[k]);
        if (!o.anchor[k] || !o.first[k] || !o.next[k])
            host_no_memory();
    }
    o.placed = calloc(n + 1, sizeof *o.placed);
    o.solution = calloc(n + 3, sizeof *o.solution);
    o.marked = calloc(n + 3, sizeof *o.marked);
    if (!o.candidates || !o.placed || !o.solution || !o.marked)
        host_no_memory();
    return o;
}

static void end(struct ordering *o)
{
    free(o->candidates);
    for (int k = 0; k < 2; k++) {
        free(o->anchor[k]);
        free(o->first[k]);
        free(o->next[k]);
    }
    free(o->placed);
    free(o->solution);
    free(o->marked);
}

static void rounds(struct ordering *o)
{
    struct pm *pm = o->w->pm;
    int *containers = calloc(pm->n_parts + 1, sizeof *containers);
    size_t n = 0, left = o->n, placed = 1;

    if (!containers)
        host_no_memory();
    for (size_t i = 0; i < pm->n_parts; i++)
        if (pm_in(pm, (int)i, o->w->region) && pm->parts[i].container)
            containers[n++] = (int)i;
    while (left && placed) {
        placed = go_over(o, BEFORE, containers, n);
        placed += go_over(o, AFTER, containers, n);
        left -= placed;
    }
    free(containers);
}

bool order_parts(struct region_work *w)
{
    struct ordering o = begin(w);
    size_t errors = w->pm->l->n_errors;

    collect(&o);
    chain_same(&o);
    w->late = LAYOUT_NONE;
    if (find_anchors(&o)) {
        link_anchors(&o);
        o.solution[o.n_solution++] = o.start;
        if (w->dp >= 0)
            o.solution[o.n_solution++] = w->dp;
        o.solution[o.n_solution++] = o.end;
        rounds(&o);
        if (say_unplaced(&o))
            for (size_t i = 0; i < w->pm->n_parts; i++)
                if (pm_in(w->pm, (int)i, w->region) && w->pm->parts[i].container)
                    check_box(&o, (int)i);
        for (size_t i = 0; i < o.n_solution; i++)
            if (o.solution[i] < o.start) {
                w->order = host_grow(w->order, w->n, &w->room, sizeof *w->order);
                w->order[w->n++] = o.solution[i];
            }
    }
    end(&o);
    return w->pm->l->n_errors == errors;
}
