/* SPDX-License-Identifier: Apache-2.0 */
/* Names of other partitions to their numbers, and who lies in which container. */
#include "solve.h"

#include <stdlib.h>
#include <string.h>

static const char *nth_partition(size_t i, const void *context)
{
    const struct layout *l = context;

    return i < l->n_partitions ? l->partitions[i].name : NULL;
}

/* One name; "name?" need not be there. */
static int look_up(struct layout *l, const struct node *n, int who, const char *key)
{
    size_t len = strlen(n->text);
    bool maybe = len > 1 && n->text[len - 1] == '?';
    char *name = maybe ? arena_text(&l->inner->arena, n->text, len - 1) : n->text;
    int i = index_find(&l->inner->names, name);

    if (i == LAYOUT_NONE && !maybe) {
        struct layout_finding *f =
            FAULT(l, "unknown-name", &n->at, "%s: %s: there is no partition '%s'",
                  l->partitions[who].name, key, name);

        suggest(l, f, name, nth_partition, l);
        if (f && !f->remedy)
            remedy(l, f, "Write '%s?' if it need not be there.", name);
    }
    return i;
}

static const struct node *next_name(const struct node *list, const struct node *n)
{
    return list->kind == NODE_LIST ? n->next : NULL;
}

static const struct node *first_name(const struct node *list)
{
    return list->kind == NODE_LIST ? list->first : list;
}

/* Of one or several names the first that is there; or `word` itself as `special`. */
static int look_up_first(struct layout *l, const struct node *list, int who, const char *key,
                         const char *word, int special)
{
    int found = LAYOUT_NONE;

    for (const struct node *n = first_name(list); n; n = next_name(list, n)) {
        int i;

        if (word && strcmp(n->text, word) == 0 && index_find(&l->inner->names, word) == LAYOUT_NONE)
            i = special;
        else
            i = look_up(l, n, who, key);
        if (found == LAYOUT_NONE)
            found = i;
    }
    return found;
}

static void refer_share(struct layout *l, struct ask *a, int who)
{
    size_t before = l->n_errors;

    a->like = look_up_first(l, a->share, who, "share_size", NULL, 0);
    if (a->like != LAYOUT_NONE)
        return;
    a->size = ASK_NOTHING;
    if (l->n_errors == before)
        remedy(l,
               FAULT(l, "size", &a->share->at, "%s: none of those it shares its size with is there",
                     l->partitions[who].name),
               "Write a size for this case as the partition to share with.");
}

/* An anchor must lie on the same device. */
static int same_device(struct layout *l, const struct node *n, int who, int anchor)
{
    const struct layout_partition *p = &l->partitions[who], *to;

    if (anchor < 0)
        return anchor;
    to = &l->partitions[anchor];
    if (to->device == p->device)
        return anchor;
    struct layout_finding *f =
        FAULT(l, "placement", &n->at, "%s is on %s, and %s, next to which it is to be, is on %s",
              p->name, l->devices[p->device].name, to->name, l->devices[to->device].name);
    if (f)
        f->other = to->at;
    remedy(l, f, "Write 'region: %s', or another neighbour.", l->devices[to->device].name);
    return LAYOUT_NONE;
}

static void refer_place(struct layout *l, struct ask *a, int who)
{
    if (a->after)
        a->after_i = same_device(l, a->after, who,
                                 look_up_first(l, a->after, who, "after", "start", PLACE_START));
    if (a->before)
        a->before_i = same_device(l, a->before, who,
                                  look_up_first(l, a->before, who, "before", "end", PLACE_END));
}

/* ---- containers ---- */

static void put_in(struct solver *s, int container, int part, const struct layout_mark *at)
{
    struct layout *l = s->l;
    struct ask *c = &s->asks[container];
    struct layout_partition *p = &l->partitions[part];

    if (p->parent == container)
        return;
    if (p->parent != LAYOUT_NONE) {
        struct layout_finding *f =
            FAULT(l, "span", at, "%s lies in two containers: %s and %s", p->name,
                  l->partitions[p->parent].name, l->partitions[container].name);
        if (f)
            f->other = l->partitions[p->parent].at_size;
        remedy(l, f, "Put one container into the other: 'span: [%s]'.",
               l->partitions[p->parent].name);
        return;
    }
    p->parent = container;
    if (c->n_parts == c->parts_room) {
        size_t room = c->parts_room ? 2 * c->parts_room : 4;
        int *more = arena_get(&l->inner->arena, room * sizeof(int));

        if (c->n_parts)
            memcpy(more, c->parts, c->n_parts * sizeof(int));
        c->parts = more;
        c->parts_room = room;
    }
    c->parts[c->n_parts++] = part;
}

static void refer_span(struct solver *s, int i)
{
    const struct node *list = s->asks[i].span;

    for (const struct node *n = first_name(list); n; n = next_name(list, n)) {
        int part = look_up(s->l, n, i, "span");

        if (part != LAYOUT_NONE)
            put_in(s, i, part, &n->at);
    }
}

static void refer_inside(struct solver *s, int i)
{
    struct layout *l = s->l;
    const struct node *n = s->asks[i].inside;
    int container = look_up_first(l, n, i, "inside", NULL, 0);

    if (container == LAYOUT_NONE)
        return;
    if (l->partitions[container].container) {
        put_in(s, container, i, &n->at);
        return;
    }
    struct layout_finding *f = FAULT(l, "span", &n->at, "%s: %s is no container",
                                     l->partitions[i].name, l->partitions[container].name);
    if (f)
        f->other = l->partitions[container].at;
    remedy(l, f, "Give it 'span: [%s]' instead of a size.", l->partitions[i].name);
}

char *circle_text(const struct solver *s, const int *next, int from)
{
    struct layout *l = s->l;
    char *text = l->partitions[from].name;
    int i = from, shown = 0;

    do {
        i = next[i];
        if (++shown <= 12 || i == from)
            text = arena_format(&l->inner->arena, "%s%s -> %s", text, shown > 12 ? " -> ..." : "",
                                l->partitions[i].name);
    } while (i != from);
    return text;
}

/* Containers that lie in each other. */
static void find_circles(struct solver *s)
{
    struct layout *l = s->l;
    int *seen = calloc((size_t)s->n + 1, sizeof *seen), *up = calloc((size_t)s->n + 1, sizeof *up);

    if (!seen || !up)
        abort();
    for (int i = 0; i < s->n; i++)
        up[i] = l->partitions[i].parent;
    for (int i = 0; i < s->n; i++) {
        int at = i;

        while (at != LAYOUT_NONE && !seen[at]) {
            seen[at] = i + 1;
            at = up[at];
        }
        if (at == LAYOUT_NONE || seen[at] != i + 1)
            continue;
        remedy(l,
               FAULT(l, "cycle", &l->partitions[at].at_size, "containers lie in each other: %s",
                     circle_text(s, up, at)),
               "Take one of these names out of its 'span:' or 'inside:'.");
        l->partitions[at].parent = LAYOUT_NONE;
        up[at] = LAYOUT_NONE;
        for (int c = 0; c < s->n; c++) { /* and out of the list of the one that held it */
            struct ask *a = &s->asks[c];
            size_t kept = 0;

            for (size_t k = 0; k < a->n_parts; k++)
                if (a->parts[k] != at)
                    a->parts[kept++] = a->parts[k];
            a->n_parts = kept;
        }
    }
    free(seen);
    free(up);
}

static void count_depths(struct solver *s)
{
    struct layout *l = s->l;

    for (int i = 0; i < s->n; i++) {
        struct layout_partition *p = &l->partitions[i];
        unsigned depth = 0;

        for (int c = p->parent; c != LAYOUT_NONE && depth < UINT8_MAX; c = l->partitions[c].parent)
            depth++;
        p->depth = (uint8_t)depth;
    }
}

/* A container lies where its parts do. */
static void find_devices(struct solver *s, bool circles)
{
    struct layout *l = s->l;

    for (int i = 0; i < s->n; i++) {
        struct layout_partition *p = &l->partitions[i];
        int leaf = p->container ? first_leaf(s, i) : LAYOUT_NONE;

        if (!p->container)
            continue;
        if (leaf == LAYOUT_NONE) {
            if (circles)
                continue; /* it may be empty because its part was taken out of a circle */
            remedy(l, FAULT(l, "span", &p->at, "%s: nothing lies in this container", p->name),
                   "Name its parts: 'span: [a, b]'.");
            continue;
        }
        if (!s->asks[i].region_given)
            p->device = l->partitions[leaf].device;
    }
    for (int i = 0; i < s->n; i++) {
        const struct layout_partition *p = &l->partitions[i], *c;

        if (p->parent == LAYOUT_NONE)
            continue;
        c = &l->partitions[p->parent];
        if (c->device == p->device)
            continue;
        struct layout_finding *f =
            FAULT(l, "span", &p->at, "%s is on %s, and its container %s on %s", p->name,
                  l->devices[p->device].name, c->name, l->devices[c->device].name);
        if (f)
            f->other = c->at;
        remedy(l, f, "All parts of a container are on one device.");
    }
}

void refer(struct solver *s)
{
    size_t errors;

    for (int i = 0; i < s->n; i++) {
        struct ask *a = &s->asks[i];

        if (a->size == ASK_SHARE)
            refer_share(s->l, a, i);
        refer_place(s->l, a, i);
        if (a->span)
            refer_span(s, i);
    }
    for (int i = 0; i < s->n; i++)
        if (s->asks[i].inside)
            refer_inside(s, i);
    errors = s->l->n_errors;
    find_circles(s);
    count_depths(s);
    find_devices(s, s->l->n_errors > errors);
}

int first_leaf(const struct solver *s, int i)
{
    while (i != LAYOUT_NONE && s->l->partitions[i].container)
        i = s->asks[i].n_parts ? s->asks[i].parts[0] : LAYOUT_NONE;
    return i;
}

int last_leaf(const struct solver *s, int i)
{
    while (i != LAYOUT_NONE && s->l->partitions[i].container)
        i = s->asks[i].n_parts ? s->asks[i].parts[s->asks[i].n_parts - 1] : LAYOUT_NONE;
    return i;
}

int outermost(const struct solver *s, int i)
{
    while (s->l->partitions[i].parent != LAYOUT_NONE)
        i = s->l->partitions[i].parent;
    return i;
}
