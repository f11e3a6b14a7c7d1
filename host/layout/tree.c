/* SPDX-License-Identifier: Apache-2.0 */
/* YAML to a tree of nodes that know their places, by libyaml; base files merged into it.
 *
 * The file may be hostile: bytes, nodes and depth are limited, aliases and anchors are refused (a
 * few of them make gigabytes), and nothing here calls itself. */
#define _GNU_SOURCE
#include "events.h"
#include "inner.h"

#include "host/grow.h"
#include "host/io.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading one file ---- */

struct reader {
    struct layout *l;
    struct events events;
    struct node *open[DEPTH_MAX]; /* lists and maps around what is read */
    struct node *key[DEPTH_MAX];  /* a map's key whose value is awaited */
    unsigned depth;
    struct node *root;
};

/* Put a node where it belongs: the tree's root, a list's entry, a map's key or its value. */
static bool attach(struct reader *r, struct node *n)
{
    struct node *in = r->depth ? r->open[r->depth - 1] : NULL;

    if (!in) {
        r->root = n;
        return true;
    }
    if (in->kind == NODE_MAP && !r->key[r->depth - 1]) {
        if (n->kind != NODE_SCALAR) {
            remedy(r->l, FAULT(r->l, "yaml", &n->at, "a list or map cannot be a key"),
                   "Write 'name: value'.");
            return false;
        }
        r->key[r->depth - 1] = n;
        return true;
    }
    if (in->kind == NODE_MAP) {
        n->key = r->key[r->depth - 1];
        r->key[r->depth - 1] = NULL;
    }
    if (in->last)
        in->last->next = n;
    else
        in->first = n;
    in->last = n;
    in->n++;
    return true;
}

static struct node *add(struct reader *r, enum node_kind kind, const yaml_event_t *e)
{
    struct node *n;

    if (++r->l->inner->nodes > NODES_MAX) {
        FAULT(r->l, "limit", &(struct layout_mark){ r->events.file, 0, 0, 0, 0 },
              "more than %u keys and values", NODES_MAX);
        return NULL;
    }
    n = arena_get(&r->l->inner->arena, sizeof *n);
    n->kind = kind;
    n->at = event_mark(&r->events, &e->start_mark, &e->end_mark);
    return attach(r, n) ? n : NULL;
}

static bool scalar(struct reader *r, const yaml_event_t *e)
{
    struct node *n = add(r, NODE_SCALAR, e);

    if (!n)
        return false;
    n->text =
        arena_text(&r->l->inner->arena, (const char *)e->data.scalar.value, e->data.scalar.length);
    n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (strlen(n->text) == e->data.scalar.length)
        return true;
    FAULT(r->l, "yaml", &n->at, "a text with a NUL in it");
    return false;
}

static bool open_node(struct reader *r, enum node_kind kind, const yaml_event_t *e)
{
    struct node *n = add(r, kind, e);

    if (!n)
        return false;
    if (r->depth == DEPTH_MAX) {
        FAULT(r->l, "limit", &n->at, "more than %u lists and maps inside each other", DEPTH_MAX);
        return false;
    }
    r->open[r->depth] = n;
    r->key[r->depth] = NULL;
    r->depth++;
    return true;
}

static bool refuse_anchor(struct reader *r, const yaml_event_t *e, const char *what)
{
    struct layout_mark m = event_mark(&r->events, &e->start_mark, &e->start_mark);

    remedy(r->l, FAULT(r->l, "alias", &m, "%s: a layout has none", what),
           "Write the value again, or use 'base:' or 'share_size:'.");
    return false;
}

static bool tagged(const yaml_event_t *e)
{
    return (e->type == YAML_SCALAR_EVENT && (e->data.scalar.tag || e->data.scalar.anchor)) ||
           (e->type == YAML_SEQUENCE_START_EVENT &&
            (e->data.sequence_start.tag || e->data.sequence_start.anchor)) ||
           (e->type == YAML_MAPPING_START_EVENT &&
            (e->data.mapping_start.tag || e->data.mapping_start.anchor));
}

/* One event. False: enough. */
static bool take(void *context, const yaml_event_t *e)
{
    struct reader *r = context;

    if (tagged(e))
        return refuse_anchor(r, e, "an anchor (&) or a tag (!)");
    switch (e->type) {
    case YAML_ALIAS_EVENT: return refuse_anchor(r, e, "an alias (*)");
    case YAML_SCALAR_EVENT: return scalar(r, e);
    case YAML_SEQUENCE_START_EVENT: return open_node(r, NODE_LIST, e);
    case YAML_MAPPING_START_EVENT: return open_node(r, NODE_MAP, e);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        r->depth--;
        r->open[r->depth]->at.end = event_mark(&r->events, &e->end_mark, &e->end_mark).end;
        return true;
    case YAML_DOCUMENT_START_EVENT:
        if (!r->root)
            return true;
        FAULT(r->l, "yaml",
              &(struct layout_mark){ r->events.file, (unsigned)e->start_mark.line + 1, 1, 0, 0 },
              "a second document begins: a layout is one");
        return false;
    default: return true;
    }
}

/* Text to a tree; NULL: a finding says why. */
static struct node *read_tree(struct layout *l, const char *file, const char *text, size_t len)
{
    struct reader r = { .l = l, .events = { .l = l, .file = file } };

    return events_read(&r.events, text, len, take, &r) ? r.root : NULL;
}

/* ---- duplicate keys ---- */

static int by_name(const void *a, const void *b)
{
    const struct node *const *x = a, *const *y = b;
    int order = strcmp((*x)->key->text, (*y)->key->text);

    if (order)
        return order;
    return (*x)->key->at.begin < (*y)->key->at.begin ? -1 : 1;
}

static void say_twice(struct layout *l, const struct node *first, const struct node *again)
{
    struct layout_finding *f =
        FAULT(l, "duplicate", &again->key->at, "key '%s' is there a second time", again->key->text);

    if (f)
        f->other = first->key->at;
    remedy(l, f, "Take one of them away: which one was meant cannot be known.");
}

static void find_twice(struct layout *l, const struct node *map)
{
    struct node **all = malloc((map->n + 1) * sizeof(struct node *));
    size_t n = 0;

    if (!all)
        abort();
    for (struct node *v = map->first; v; v = v->next)
        all[n++] = v;
    qsort(all, n, sizeof(struct node *), by_name);
    for (size_t i = 1, first = 0; i < n; i++) {
        if (strcmp(all[first]->key->text, all[i]->key->text) == 0)
            say_twice(l, all[first], all[i]);
        else
            first = i;
    }
    free(all);
}

/* Every node of a tree, without recursion: depth is limited. */
static void walk(struct layout *l, const struct node *root,
                 void (*visit)(struct layout *l, const struct node *n))
{
    const struct node *next[DEPTH_MAX + 1] = { root };
    unsigned depth = 1;

    while (depth) {
        const struct node *n = next[depth - 1];

        if (!n) {
            depth--;
            continue;
        }
        next[depth - 1] = depth > 1 ? n->next : NULL;
        visit(l, n);
        if (n->kind != NODE_SCALAR)
            next[depth++] = n->first;
    }
}

static void visit_twice(struct layout *l, const struct node *n)
{
    if (n->kind == NODE_MAP)
        find_twice(l, n);
}

/* ---- base files ---- */

static struct node *member(const struct node *map, const char *name)
{
    if (map && map->kind == NODE_MAP)
        for (struct node *v = map->first; v; v = v->next)
            if (strcmp(v->key->text, name) == 0)
                return v;
    return NULL;
}

/* What says the same thing in other words: a key of the upper file takes the place of all of its
 * group in the lower one. */
static bool same_group(const char *a, const char *b)
{
    static const char *const groups[][3] = { { "size", "share_size", "span" },
                                             { "at", "address", "placement" } };

    for (size_t g = 0; g < 2; g++) {
        bool in_a = false, in_b = false;

        for (size_t i = 0; i < 3; i++) {
            in_a = in_a || strcmp(groups[g][i], a) == 0;
            in_b = in_b || strcmp(groups[g][i], b) == 0;
        }
        if (in_a && in_b)
            return true;
    }
    return false;
}

static void take_out(struct node *map, struct node *before, struct node *v)
{
    if (before)
        before->next = v->next;
    else
        map->first = v->next;
    if (map->last == v)
        map->last = before;
    map->n--;
}

static void put_last(struct node *map, struct node *v)
{
    v->next = NULL;
    if (map->last)
        map->last->next = v;
    else
        map->first = v;
    map->last = v;
    map->n++;
}

/* Keys of a map, to find them fast. */
struct members {
    struct index names;
    struct node **list;
    size_t n, room;
};

static void members_add(struct members *m, struct node *v)
{
    m->list = host_grow(m->list, m->n, &m->room, sizeof *m->list);
    index_add(&m->names, v->key->text, (int)m->n);
    m->list[m->n++] = v;
}

static struct members members_of(const struct node *map)
{
    struct members m = { 0 };

    for (struct node *v = map->first; v; v = v->next)
        members_add(&m, v);
    return m;
}

static void members_free(struct members *m)
{
    index_free(&m->names);
    free(m->list);
}

/* What of the lower file says the same as this key of the upper one in other words. */
static void drop_group(struct node *map, struct members *m, const struct node *key)
{
    struct node *before = NULL;

    if (!same_group(key->text, key->text))
        return;
    for (struct node *v = map->first; v; v = v->next) {
        if (strcmp(v->key->text, key->text) != 0 && v->key->at.file != key->at.file &&
            same_group(v->key->text, key->text)) {
            take_out(map, before, v);
            m->list[index_find(&m->names, v->key->text)] = NULL;
        } else {
            before = v;
        }
    }
}

/* One map over another; its maps over those of the same name, which are left to do. */
struct merging {
    struct node *lower, *left; /* left: what of the upper map is still to come */
    struct members members;
};

static struct merging merging(struct node *lower, const struct node *upper)
{
    return (struct merging){ lower, upper->first, members_of(lower) };
}

/* The value of the lower map becomes that of the upper one, in its place. */
static void replace(struct node *old, const struct node *v)
{
    struct node *next = old->next;

    *old = *v;
    old->next = next;
}

/* Upper over lower, at every depth. The order of the lower file stays; new keys follow. */
static void merge(struct node *lower, const struct node *upper)
{
    struct merging todo[DEPTH_MAX + 1];
    unsigned depth = 1;

    todo[0] = merging(lower, upper);
    while (depth) {
        struct merging *m = &todo[depth - 1];
        struct node *v = m->left;

        if (!v) {
            members_free(&m->members);
            depth--;
            continue;
        }
        m->left = v->next;
        drop_group(m->lower, &m->members, v->key);
        int i = index_find(&m->members.names, v->key->text);
        struct node *old = i >= 0 ? m->members.list[i] : NULL;
        if (!old) {
            put_last(m->lower, v);
            if (i >= 0)
                m->members.list[i] = v;
            else
                members_add(&m->members, v);
        } else if (old->kind == NODE_MAP && v->kind == NODE_MAP) {
            old->at = v->at;
            old->key = v->key;
            todo[depth++] = merging(old, v);
        } else {
            replace(old, v);
        }
    }
}

char *layout_file(const struct layout *l, const char *name)
{
    return arena_format(&l->inner->arena, "%s%s", name[0] == '/' ? "" : l->folder, name);
}

static char *folder_of(struct layout *l, const char *path)
{
    const char *slash = strrchr(path, '/');

    return arena_text(&l->inner->arena, path, slash ? (size_t)(slash + 1 - path) : 0);
}

/* The tree of the file that `base` names; NULL: a finding says why. */
static struct node *read_base(struct layout *l, const struct node *base, const char *from)
{
    struct host_bytes bytes = { 0 };
    struct host_error e;
    struct node *tree;
    char *path;

    path = base->text[0] == '/'
               ? base->text
               : arena_format(&l->inner->arena, "%s%s", folder_of(l, from), base->text);
    if (strcmp(base->text, "-") == 0 || host_read_file(path, &bytes, &e)) {
        remedy(l, FAULT(l, "base", &base->at, "base file '%s' cannot be read", base->text),
               "Its name is relative to the folder of the file that names it.");
        return NULL;
    }
    if (bytes.len > TEXT_MAX) {
        FAULT(l, "limit", &base->at, "base file '%s' is larger than 4 MB", base->text);
        tree = NULL;
    } else {
        tree = read_tree(l, path, (const char *)bytes.data, bytes.len);
    }
    host_bytes_free(&bytes);
    return tree;
}

/* Is this file one of those that led here? */
static bool comes_back(const char *const *files, size_t n, const char *path)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(files[i], path) == 0 || host_same_file(files[i], path))
            return true;
    return false;
}

static bool is_map(struct layout *l, const char *file, const struct node *tree)
{
    struct layout_mark start = { file, 1, 1, 0, 0 };

    if (tree && tree->kind == NODE_MAP)
        return true;
    if (tree || l->n_errors == 0)
        remedy(l,
               FAULT(l, "yaml", tree ? &tree->at : &start, "%s",
                     tree ? "a layout is a map of keys" : "the file is empty"),
               "Begin it with 'layout: 1'.");
    return false;
}

int tree_read(struct layout *l, const char *name, const char *text, size_t len,
              struct host_error *e)
{
    struct node *trees[BASES_MAX], *base;
    const char *files[BASES_MAX];
    bool whole = true;
    size_t n;

    l->path = arena_text(&l->inner->arena, name, strlen(name));
    l->folder = folder_of(l, l->path);
    if (len > TEXT_MAX)
        return host_fail(e, HOST_BAD_INPUT, host_in(name), "Is it the right file?",
                         "a layout has 4 MB at most, and this file has %zu bytes", len);
    files[0] = l->path;
    trees[0] = read_tree(l, l->path, text, len);
    for (n = 1; is_map(l, files[n - 1], trees[n - 1]); n++) {
        walk(l, trees[n - 1], visit_twice);
        base = member(trees[n - 1], "base");
        if (!base || base->kind != NODE_SCALAR)
            break;
        if (n == BASES_MAX) {
            FAULT(l, "limit", &base->at, "more than %u files are based on each other", BASES_MAX);
            whole = false;
            break;
        }
        trees[n] = read_base(l, base, files[n - 1]);
        whole = trees[n] != NULL;
        if (!whole)
            break;
        files[n] = trees[n]->at.file;
        if (comes_back(files, n, files[n])) {
            remedy(l, FAULT(l, "base", &base->at, "'%s' leads back to itself", base->text),
                   "A file cannot be based on one that is based on it.");
            whole = false;
            break;
        }
    }
    /* Of half of the files only what is missing could be said. */
    if (!whole || !trees[n - 1] || trees[n - 1]->kind != NODE_MAP)
        return HOST_OK;
    for (; n > 1; n--) {
        merge(trees[n - 1], trees[n - 2]);
        trees[n - 2] = trees[n - 1];
    }
    l->inner->root = trees[0];
    return HOST_OK;
}

struct node *tree_one(struct layout *l, const char *name, const char *text, size_t len)
{
    struct node *tree;

    layout_begin(l);
    l->path = arena_text(&l->inner->arena, name, strlen(name));
    l->folder = folder_of(l, l->path);
    if (len > TEXT_MAX) {
        FAULT(l, "limit", NULL, "a layout has 4 MB at most, and this file has %zu bytes", len);
        return NULL;
    }
    tree = read_tree(l, l->path, text, len);
    return is_map(l, l->path, tree) ? tree : NULL;
}
