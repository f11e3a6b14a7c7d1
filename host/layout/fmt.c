/* SPDX-License-Identifier: Apache-2.0 */
/* A layout's text, edited at the places where the parser found its values. */
#define _GNU_SOURCE
#include "fmt.h"

#include "inner.h"
#include "host/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct edit {
    uint32_t begin, end; /* bytes of the text */
    char *by;
};

struct edits {
    struct layout *l;
    struct edit *list;
    size_t n, room;
};

static void replace(struct edits *e, const struct node *n, char *by)
{
    if (strcmp(n->text, by) == 0)
        return;
    e->list = host_grow(e->list, e->n, &e->room, sizeof *e->list);
    e->list[e->n++] = (struct edit){ n->at.begin, n->at.end, by };
}

/* ---- putting into shape ---- */

static void shape_size(struct edits *e, const struct node *n)
{
    uint64_t v;
    bool negative;

    if (!n->quoted && number_read(n->text, &v, &negative) && !negative && v && v % 1024 == 0 &&
        v <= UINT32_MAX)
        replace(e, n, arena_format(&e->l->inner->arena, "%s", SIZE(v)));
}

static void shape_offset(struct edits *e, const struct node *n)
{
    uint64_t v;
    bool negative;

    if (!n->quoted && number_read(n->text, &v, &negative) && !negative && v <= UINT32_MAX &&
        strncmp(n->text, "0x", 2) != 0)
        replace(e, n, arena_format(&e->l->inner->arena, "0x%llx", (unsigned long long)v));
}

static const struct field *field_of(const struct field *fields, const char *name)
{
    for (; fields->name; fields++)
        if (strcmp(fields->name, name) == 0)
            return fields;
    return NULL;
}

/* A map by its table; maps in it by theirs. The tables are a few levels deep. */
static void shape_map(struct edits *e, const struct node *map, const struct field *fields)
{
    for (const struct node *n = map->kind == NODE_MAP ? map->first : NULL; n; n = n->next) {
        const struct field *f = field_of(fields, n->key->text);
        bool size =
            f && (f->kind == FIELD_SIZE || (f->kind == FIELD_OWN && !strcmp(f->name, "size")));

        if (!f)
            continue;
        if (f->kind == FIELD_MAP)
            shape_map(e, n, f->fields);
        for (const struct node *m = f->kind == FIELD_MAPS && n->kind == NODE_MAP ? n->first : NULL;
             m; m = m->next)
            shape_map(e, m, f->fields);
        if (n->kind == NODE_SCALAR && size)
            shape_size(e, n);
        else if (n->kind == NODE_SCALAR && f->kind == FIELD_OFFSET)
            shape_offset(e, n);
    }
}

/* ---- edits by path ---- */

static const struct node *member(const struct node *map, const char *name, size_t len)
{
    for (const struct node *n = map->kind == NODE_MAP ? map->first : NULL; n; n = n->next)
        if (strlen(n->key->text) == len && memcmp(n->key->text, name, len) == 0)
            return n;
    return NULL;
}

static const struct node *at_path(const struct node *root, const char *path)
{
    while (root && *path) {
        size_t len = strcspn(path, ".");

        root = member(root, path, len);
        path += len + (path[len] == '.');
    }
    return root;
}

static int edit_path(struct edits *e, const struct node *root, const struct layout_edit *edit,
                     struct host_error *error)
{
    const struct node *n = at_path(root, edit->path);

    if (!n || n == root || n->kind != NODE_SCALAR)
        return host_fail(error, HOST_BAD_INPUT, host_in(e->l->path),
                         "Write the path as partitions.settings.size; the key must be in the file.",
                         n ? "'%s' is no single value" : "there is no '%s'", edit->path);
    for (size_t i = 0; i < e->n; i++) /* what shaping would do there is not wanted any more */
        if (e->list[i].begin == n->at.begin)
            e->list[i--] = e->list[--e->n];
    replace(e, n, arena_text(&e->l->inner->arena, edit->value, strlen(edit->value)));
    return HOST_OK;
}

/* ---- the new text ---- */

static int by_begin(const void *a, const void *b)
{
    const struct edit *x = a, *y = b;

    return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static char *apply(struct edits *e, const char *text, size_t len, size_t *out_len)
{
    char *out;
    FILE *to = open_memstream(&out, out_len);
    uint32_t at = 0;

    if (!to)
        abort();
    if (e->n)
        qsort(e->list, e->n, sizeof *e->list, by_begin);
    for (size_t i = 0; i < e->n; i++) {
        fwrite(text + at, 1, e->list[i].begin - at, to);
        fputs(e->list[i].by, to);
        at = e->list[i].end;
    }
    fwrite(text + at, 1, len - at, to);
    fclose(to);
    return out;
}

/* Blanks at the ends of lines, and an end of the last line. */
static size_t tidy(char **text, size_t len)
{
    char *from = *text, *out = malloc(len + 2);
    size_t n = 0;

    if (!out)
        abort();
    for (size_t i = 0; i < len; i++) {
        if (from[i] == '\n')
            while (n && (out[n - 1] == ' ' || out[n - 1] == '\t'))
                n--;
        out[n++] = from[i];
    }
    while (n && (out[n - 1] == ' ' || out[n - 1] == '\t' || out[n - 1] == '\n'))
        n--;
    out[n++] = '\n';
    out[n] = 0;
    free(from);
    *text = out;
    return n;
}

/* ---- is it still the same? ---- */

static bool same_scalar(const struct node *a, const struct node *b)
{
    uint64_t x, y;
    bool nx, ny;

    if (strcmp(a->text, b->text) == 0)
        return true;
    return number_read(a->text, &x, &nx) && number_read(b->text, &y, &ny) && x == y && nx == ny;
}

/* Two trees but for the values that were edited. Depth is limited by the reader. */
static bool same_tree(const struct node *a, const struct node *b, const struct node *const *edited,
                      size_t n)
{
    const struct node *x = a->first, *y = b->first;

    for (size_t i = 0; i < n; i++)
        if (edited[i] == a)
            return b->kind == NODE_SCALAR;
    if (a->kind != b->kind || a->n != b->n)
        return false;
    if (a->kind == NODE_SCALAR)
        return same_scalar(a, b);
    for (; x && y; x = x->next, y = y->next)
        if ((x->key && strcmp(x->key->text, y->key->text) != 0) || !same_tree(x, y, edited, n))
            return false;
    return !x && !y;
}

static int first_finding(const struct layout *l, struct host_error *e)
{
    const struct layout_finding *f = l->n_findings ? &l->findings[0] : NULL;

    if (!f)
        return host_fail(e, HOST_BAD_INPUT, host_in(l->path), "Begin it with 'layout: 1'.",
                         "there is no layout in it");
    return host_fail(e, HOST_BAD_LAYOUT, host_line(f->at.file, f->at.line, f->at.column), f->remedy,
                     "%s", f->text);
}

static int check_again(const struct node *root, char *text, size_t len, const char *name,
                       const struct node *const *edited, size_t n, struct host_error *e)
{
    struct layout again;
    const struct node *tree = tree_one(&again, name, text, len);
    int code = HOST_OK;

    if (!tree)
        code = first_finding(&again, e);
    else if (!same_tree(root, tree, edited, n))
        code = host_fail(e, HOST_BAD_INPUT, host_in(name), "Edit the file by hand.",
                         "the file would say something else afterwards");
    layout_free(&again);
    return code;
}

int layout_format(const char *name, const char *text, size_t len, const struct layout_edit *edits,
                  size_t n, char **out, struct host_error *e)
{
    struct layout l;
    const struct node *root = tree_one(&l, name, text, len);
    const struct node **edited = calloc(n + 1, sizeof *edited);
    struct edits list = { .l = &l };
    int code = root ? HOST_OK : first_finding(&l, e);
    size_t made = 0;

    if (!edited)
        abort();
    *out = NULL;
    if (code == HOST_OK)
        shape_map(&list, root, fields_top);
    for (size_t i = 0; i < n && code == HOST_OK; i++) {
        code = edit_path(&list, root, &edits[i], e);
        edited[i] = code == HOST_OK ? at_path(root, edits[i].path) : NULL;
    }
    if (code == HOST_OK) {
        *out = apply(&list, text, len, &made);
        made = tidy(out, made);
        code = check_again(root, *out, made, name, edited, n, e);
    }
    if (code) {
        free(*out);
        *out = NULL;
    }
    free(list.list);
    free(edited);
    layout_free(&l);
    return code;
}
