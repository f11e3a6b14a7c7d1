/* SPDX-License-Identifier: Apache-2.0 */
/* Values: found, put in, written as YAML and on one line. Walks keep their own stack. */
#define _GNU_SOURCE
#include "value.h"

#include "host/grow.h"
#include "host/layout/inner.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct pm_value *pm_get(const struct pm_value *map, const char *key)
{
    if (map && map->kind == PM_MAP)
        for (struct pm_value *v = map->first; v; v = v->next)
            if (strcmp(v->key, key) == 0)
                return v;
    return NULL;
}

void pm_append(struct pm_value *list, struct pm_value *value)
{
    value->next = NULL;
    if (list->last)
        list->last->next = value;
    else
        list->first = value;
    list->last = value;
    list->n++;
}

void pm_drop(struct pm_value *map, const char *key)
{
    struct pm_value *before = NULL;

    for (struct pm_value *v = map->first; v; before = v, v = v->next) {
        if (strcmp(v->key, key) != 0)
            continue;
        if (before)
            before->next = v->next;
        else
            map->first = v->next;
        if (map->last == v)
            map->last = before;
        map->n--;
        return;
    }
}

struct pm_value *pm_put(struct layout *l, struct pm_value *map, const char *key,
                        struct pm_value *value)
{
    struct pm_value *before = NULL;

    value->key = arena_text(&l->inner->arena, key, strlen(key));
    for (struct pm_value *v = map->first; v; before = v, v = v->next) {
        if (strcmp(v->key, key) != 0)
            continue;
        value->at_key = v->at_key;
        value->next = v->next;
        if (before)
            before->next = value;
        else
            map->first = value;
        if (map->last == v)
            map->last = value;
        return value;
    }
    pm_append(map, value);
    return value;
}

struct pm_value *pm_new(struct layout *l, enum pm_kind kind, const struct layout_mark *at)
{
    struct pm_value *v = arena_get(&l->inner->arena, sizeof *v);

    v->kind = kind;
    if (at)
        v->at = *at;
    return v;
}

struct pm_value *pm_new_number(struct layout *l, int64_t number)
{
    struct pm_value *v = pm_new(l, PM_INTEGER, NULL);

    v->number = number;
    v->text = "";
    return v;
}

struct pm_value *pm_new_text(struct layout *l, const char *text, const struct layout_mark *at)
{
    struct pm_value *v = pm_new(l, PM_TEXT, at);

    v->text = text;
    return v;
}

/* ---- written ---- */

/* Would this text, without quotes, be read as it is? */
static bool is_plain(const char *text)
{
    int64_t number;
    size_t len = strlen(text);

    if (pm_resolve(text, &number) != PM_TEXT || (!isalpha((unsigned char)*text) && *text != '_') ||
        text[len - 1] == ' ')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("_./()- ", text[i]))
            return false;
    return true;
}

static void put_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return false;
    return true;
}

static void put_text(FILE *out, const char *text)
{
    if (is_plain(text)) {
        fputs(text, out);
    } else if (is_printable(text)) {
        fputc('\'', out);
        for (; *text; text++)
            fprintf(out, *text == '\'' ? "''" : "%c", *text);
        fputc('\'', out);
    } else {
        put_quoted(out, text);
    }
}

static void put_scalar(FILE *out, const struct pm_value *v)
{
    switch (v->kind) {
    case PM_NULL: fputs("null", out); break;
    case PM_YES_NO: fputs(v->number ? "true" : "false", out); break;
    case PM_INTEGER:
        fprintf(out, "%s0x%" PRIx64, v->number < 0 ? "-" : "",
                v->number < 0 ? (uint64_t)0 - (uint64_t)v->number : (uint64_t)v->number);
        break;
    case PM_FLOAT: fputs(v->text, out); break;
    case PM_LIST: fputs("[]", out); break;
    case PM_MAP: fputs("{}", out); break;
    case PM_TEXT: put_text(out, v->text); break;
    }
}

static int by_key(const void *a, const void *b)
{
    const struct pm_value *const *x = a, *const *y = b;

    return strcmp((*x)->key, (*y)->key);
}

/* What is in a list or map, in the order in which it is written. */
struct level {
    const struct pm_value *in;
    const struct pm_value **list;
    uint32_t n, i;
    unsigned indent;
    bool begun; /* the line has begun already: after "- " */
};

static struct level enter(const struct pm_value *in, unsigned indent, bool begun, bool sorted)
{
    struct level s = { in, calloc(in->n + 1u, sizeof *s.list), in->n, 0, indent, begun };
    uint32_t n = 0;

    if (!s.list)
        host_no_memory();
    for (const struct pm_value *v = in->first; v; v = v->next)
        s.list[n++] = v;
    if (sorted && in->kind == PM_MAP)
        qsort(s.list, n, sizeof *s.list, by_key);
    return s;
}

#define LEVELS (DEPTH_MAX + 4u) /* what a program adds around what was read */

void pm_dump(FILE *out, const struct pm_value *value, unsigned indent)
{
    struct level levels[LEVELS];
    unsigned depth = 0;

    if (!value->first) {
        put_scalar(out, value);
        fputc('\n', out);
        return;
    }
    levels[depth++] = enter(value, indent, false, true);
    while (depth) {
        struct level *s = &levels[depth - 1];
        const struct pm_value *v;
        bool list = s->in->kind == PM_LIST;

        if (s->i == s->n) {
            free(s->list);
            depth--;
            continue;
        }
        v = s->list[s->i++];
        if (!s->begun)
            fprintf(out, "%*s", (int)s->indent, "");
        s->begun = false;
        if (list)
            fputs("- ", out);
        else
            put_text(out, v->key);
        if (!list)
            fputc(':', out);
        if (!v->first || depth == LEVELS) {
            fputs(list ? "" : " ", out);
            put_scalar(out, v);
            fputc('\n', out);
            continue;
        }
        if (!list)
            fputc('\n', out);
        levels[depth] = enter(v, s->indent + (v->kind == PM_MAP || list ? 2u : 0u), list, true);
        depth++;
    }
}

static void put_repr(FILE *out, const struct pm_value *v)
{
    switch (v->kind) {
    case PM_NULL: fputs("None", out); break;
    case PM_YES_NO: fputs(v->number ? "True" : "False", out); break;
    case PM_INTEGER: fprintf(out, "%" PRId64, v->number); break;
    case PM_TEXT: fprintf(out, "'%s'", v->text); break;
    default: put_scalar(out, v); break;
    }
}

char *pm_line(const struct pm_value *value, bool sorted)
{
    struct level levels[LEVELS];
    unsigned depth = 0;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        host_no_memory();
    if (!value->first)
        put_repr(out, value);
    else
        levels[depth++] = enter(value, 0, false, sorted);
    while (depth) {
        struct level *s = &levels[depth - 1];
        bool list = s->in->kind == PM_LIST;
        const struct pm_value *v;

        if (s->i == 0)
            fputc(list ? '[' : '{', out);
        if (s->i == s->n) {
            fputc(list ? ']' : '}', out);
            free(s->list);
            depth--;
            continue;
        }
        v = s->list[s->i];
        if (s->i++)
            fputs(", ", out);
        if (!list)
            fprintf(out, "'%s': ", v->key);
        if (!v->first || depth == LEVELS)
            put_repr(out, v);
        else
            levels[depth++] = enter(v, 0, false, sorted);
    }
    fclose(out);
    return text;
}

bool pm_same(const struct pm_value *a, const struct pm_value *b)
{
    char *x = pm_line(a, true), *y = pm_line(b, true);
    bool same = strcmp(x, y) == 0;

    free(x);
    free(y);
    return same;
}
