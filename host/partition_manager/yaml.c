/* SPDX-License-Identifier: Apache-2.0 */
/* YAML 1.1 to values, by libyaml, with the types that PyYAML's safe_load gives them.
 *
 * The file may be hostile. Bytes, values and depth are limited; an alias is a copy of what it
 * names, and counts as such. */
#define _GNU_SOURCE
#include "value.h"

#include "host/grow.h"
#include "host/layout/events.h"
#include "host/layout/inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ANCHORS_MAX 4096u

struct anchor {
    char *name;
    struct pm_value *value;
};

struct reader {
    struct layout *l;
    struct events events;
    struct pm_value *open[DEPTH_MAX];
    struct pm_value *key[DEPTH_MAX]; /* a map's key that waits for its value */
    unsigned depth;
    struct pm_value *root;
    struct anchor *anchors;
    size_t n_anchors, room;
};

/* ---- types of scalars ---- */

static bool is_word(const char *text, const char *const words[])
{
    for (size_t i = 0; words[i]; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

/* Digits of a base with underlines, all of the text; at least one digit. */
static bool digits(const char *text, unsigned base, uint64_t *out)
{
    bool any = false;

    *out = 0;
    for (; *text; text++) {
        unsigned digit = isdigit((unsigned char)*text)    ? (unsigned)(*text - '0')
                         : isxdigit((unsigned char)*text) ? (unsigned)(tolower(*text) - 'a') + 10u
                                                          : 99u;
        if (*text == '_')
            continue;
        if (digit >= base)
            return false;
        if (*out > ((uint64_t)INT64_MAX - digit) / base)
            *out = (uint64_t)INT64_MAX; /* too large for any flash: said where it is used */
        else
            *out = *out * base + digit;
        any = true;
    }
    return any;
}

static bool is_integer(const char *text, int64_t *number)
{
    bool negative = *text == '-';
    uint64_t value;
    bool good;

    if (*text == '-' || *text == '+')
        text++;
    if (!isdigit((unsigned char)*text))
        return false;
    if (strncmp(text, "0x", 2) == 0)
        good = digits(text + 2, 16, &value);
    else if (strncmp(text, "0b", 2) == 0)
        good = digits(text + 2, 2, &value);
    else if (text[0] == '0' && text[1])
        good = digits(text + 1, 8, &value);
    else
        good = digits(text, 10, &value);
    *number = negative ? -(int64_t)value : (int64_t)value;
    return good;
}

/* [-+]? digits . digits, with an exponent that has a sign; .inf and .nan */
static bool is_float(const char *text)
{
    static const char *const words[] = { ".inf",  ".Inf",  ".INF",  "-.inf", "-.Inf",
                                         "-.INF", "+.inf", "+.Inf", "+.INF", ".nan",
                                         ".NaN",  ".NAN",  NULL };
    bool any = false;

    if (is_word(text, words))
        return true;
    if (*text == '-' || *text == '+')
        text++;
    for (; isdigit((unsigned char)*text) || *text == '_'; text++)
        any = any || *text != '_';
    if (*text++ != '.')
        return false;
    for (; isdigit((unsigned char)*text) || *text == '_'; text++)
        any = any || *text != '_';
    if ((*text == 'e' || *text == 'E') && (text[1] == '-' || text[1] == '+') &&
        isdigit((unsigned char)text[2]))
        for (text += 2; isdigit((unsigned char)*text);)
            text++;
    return any && !*text;
}

enum pm_kind pm_resolve(const char *text, int64_t *number)
{
    static const char *const yes[] = { "yes",  "Yes", "YES", "true", "True",
                                       "TRUE", "on",  "On",  "ON",   NULL };
    static const char *const no[] = { "no",    "No",  "NO",  "false", "False",
                                      "FALSE", "off", "Off", "OFF",   NULL };
    static const char *const nothing[] = { "", "~", "null", "Null", "NULL", NULL };

    *number = 0;
    if (is_word(text, nothing))
        return PM_NULL;
    if (is_word(text, yes)) {
        *number = 1;
        return PM_YES_NO;
    }
    if (is_word(text, no))
        return PM_YES_NO;
    if (is_integer(text, number))
        return PM_INTEGER;
    return is_float(text) ? PM_FLOAT : PM_TEXT;
}

/* ---- the tree ---- */

static struct layout_mark mark_of(const struct reader *r, const yaml_mark_t *m)
{
    return event_mark(&r->events, m, m);
}

static bool count(struct reader *r, const struct layout_mark *at)
{
    if (++r->l->inner->nodes <= NODES_MAX)
        return true;
    FAULT(r->l, "limit", at, "more than %u keys and values", NODES_MAX);
    return false;
}

static void say_twice(struct reader *r, const struct pm_value *old, const struct pm_value *key)
{
    struct layout_finding *f =
        FAULT(r->l, "duplicate", &key->at, "%s is defined twice, lines %u and %u", key->text,
              old->at_key.line, key->at.line);

    if (f)
        f->other = old->at_key;
    remedy(r->l, f, "Take one of them away: Partition Manager takes the last and says nothing.");
}

/* A key is a name. */
static bool take_key(struct reader *r, struct pm_value *v)
{
    if (v->kind == PM_LIST || v->kind == PM_MAP) {
        FAULT(r->l, "yaml", &v->at, "a list or map cannot be a key");
        return false;
    }
    if (strcmp(v->text, "<<") == 0) {
        remedy(r->l, FAULT(r->l, "yaml", &v->at, "a merge key (<<)"), "Write the keys again.");
        return false;
    }
    r->key[r->depth - 1] = v;
    return true;
}

static bool attach(struct reader *r, struct pm_value *v)
{
    struct pm_value *in = r->depth ? r->open[r->depth - 1] : NULL;

    if (!in) {
        r->root = v;
        return true;
    }
    if (in->kind == PM_MAP) {
        struct pm_value *key = r->key[r->depth - 1];

        if (!key)
            return take_key(r, v);
        v->key = key->text;
        v->at_key = key->at;
        r->key[r->depth - 1] = NULL;
    }
    pm_append(in, v);
    return true;
}

static bool remember(struct reader *r, const yaml_char_t *name, struct pm_value *v)
{
    if (!name)
        return true;
    if (r->n_anchors == ANCHORS_MAX) {
        FAULT(r->l, "limit", &v->at, "more than %u anchors", ANCHORS_MAX);
        return false;
    }
    r->anchors = host_grow(r->anchors, r->n_anchors, &r->room, sizeof *r->anchors);
    r->anchors[r->n_anchors++] = (struct anchor){
        arena_text(&r->l->inner->arena, (const char *)name, strlen((const char *)name)), v
    };
    return true;
}

static bool take_scalar(struct reader *r, const yaml_event_t *e)
{
    struct layout_mark at = mark_of(r, &e->start_mark);
    struct pm_value *v = pm_new(r->l, PM_TEXT, &at);

    v->at = event_mark(&r->events, &e->start_mark, &e->end_mark);
    if (!count(r, &at))
        return false;
    v->text =
        arena_text(&r->l->inner->arena, (const char *)e->data.scalar.value, e->data.scalar.length);
    if (strlen(v->text) != e->data.scalar.length) {
        FAULT(r->l, "yaml", &at, "a text with a NUL in it");
        return false;
    }
    if (e->data.scalar.tag) {
        remedy(r->l, FAULT(r->l, "yaml", &at, "a tag (!)"), "Write the value without it.");
        return false;
    }
    if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        v->kind = pm_resolve(v->text, &v->number);
    return remember(r, e->data.scalar.anchor, v) && attach(r, v);
}

static bool open_value(struct reader *r, enum pm_kind kind, const yaml_event_t *e,
                       const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct layout_mark at = mark_of(r, &e->start_mark);
    struct pm_value *v = pm_new(r->l, kind, &at);

    if (!count(r, &at))
        return false;
    if (tag) {
        remedy(r->l, FAULT(r->l, "yaml", &at, "a tag (!)"), "Write the value without it.");
        return false;
    }
    if (r->depth == DEPTH_MAX) {
        FAULT(r->l, "limit", &at, "more than %u lists and maps inside each other", DEPTH_MAX);
        return false;
    }
    if (!attach(r, v))
        return false;
    r->open[r->depth] = v;
    r->key[r->depth] = NULL;
    r->depth++;
    return remember(r, anchor, v);
}

/* A copy, values and all. One that is still open would contain itself. */
static struct pm_value *copy(struct reader *r, const struct pm_value *v)
{
    const struct pm_value *from[DEPTH_MAX + 1] = { v };
    struct pm_value *to[DEPTH_MAX + 1] = { NULL }, *whole = NULL;
    unsigned depth = 1;

    while (depth) {
        const struct pm_value *old = from[depth - 1];
        struct pm_value *new;

        if (!old) {
            depth--;
            continue;
        }
        from[depth - 1] = depth > 1 ? old->next : NULL;
        if (!count(r, &v->at))
            return NULL;
        new = pm_new(r->l, old->kind, &old->at);
        *new = *old;
        new->first = new->last = new->next = NULL;
        new->n = 0;
        if (depth > 1)
            pm_append(to[depth - 1], new);
        else
            whole = new;
        if (old->first) {
            from[depth] = old->first;
            to[depth] = new;
            depth++;
        }
    }
    return whole;
}

static bool take_alias(struct reader *r, const yaml_event_t *e)
{
    struct layout_mark at = mark_of(r, &e->start_mark);
    const char *name = (const char *)e->data.alias.anchor;
    struct pm_value *found = NULL, *v;

    for (size_t i = 0; i < r->n_anchors; i++)
        if (strcmp(r->anchors[i].name, name) == 0)
            found = r->anchors[i].value;
    for (unsigned d = 0; d < r->depth; d++)
        if (r->open[d] == found && found) {
            remedy(r->l, FAULT(r->l, "yaml", &at, "*%s contains itself", name), "Write the names.");
            return false;
        }
    if (!found) {
        FAULT(r->l, "yaml", &at, "*%s: nothing has this anchor", name);
        return false;
    }
    v = copy(r, found);
    if (!v)
        return false;
    v->at = at;
    v->key = NULL;
    return attach(r, v);
}

static int by_key(const void *a, const void *b)
{
    const struct pm_value *const *x = a, *const *y = b;
    int order = strcmp((*x)->key, (*y)->key);

    return order ? order : (*x)->at_key.begin < (*y)->at_key.begin ? -1 : 1;
}

/* The last of a key counts, as with PyYAML; but it is said. */
static void find_twice(struct reader *r, const struct pm_value *map)
{
    struct pm_value **all = calloc(map->n + 1u, sizeof *all);
    size_t n = 0;

    if (!all)
        host_no_memory();
    for (struct pm_value *v = map->first; v; v = v->next)
        all[n++] = v;
    qsort(all, n, sizeof *all, by_key);
    for (size_t i = 1; i < n; i++)
        if (strcmp(all[i - 1]->key, all[i]->key) == 0)
            say_twice(r, all[i - 1],
                      &(struct pm_value){ .at = all[i]->at_key, .text = all[i]->key });
    free(all);
}

static bool take(void *context, const yaml_event_t *e)
{
    struct reader *r = context;

    switch (e->type) {
    case YAML_ALIAS_EVENT: return take_alias(r, e);
    case YAML_SCALAR_EVENT: return take_scalar(r, e);
    case YAML_SEQUENCE_START_EVENT:
        return open_value(r, PM_LIST, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return open_value(r, PM_MAP, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
    case YAML_MAPPING_END_EVENT: find_twice(r, r->open[r->depth - 1]); /* fall through */
    case YAML_SEQUENCE_END_EVENT: r->depth--; return true;
    case YAML_DOCUMENT_START_EVENT:
        if (!r->root)
            return true;
        remedy(r->l,
               FAULT(r->l, "yaml",
                     &(struct layout_mark){ r->events.file, (unsigned)e->start_mark.line + 1, 1, 0,
                                            0 },
                     "a second document begins"),
               "Put it in a file of its own.");
        return false;
    default: return true;
    }
}

struct pm_value *pm_yaml(struct layout *l, const char *file, const char *text, size_t len)
{
    struct reader r = {
        .l = l, .events = { .l = l, .file = arena_text(&l->inner->arena, file, strlen(file)) }
    };
    size_t errors = l->n_errors;
    struct layout_mark first = { r.events.file, 1, 1, 0, 0 };
    bool whole = false;

    if (len > TEXT_MAX)
        FAULT(l, "limit", &first, "a layout has 4 MB at most, and this file has %zu bytes", len);
    else
        whole = events_read(&r.events, text, len, take, &r);
    free(r.anchors);
    if (!whole || l->n_errors != errors)
        return NULL;
    return r.root ? r.root : pm_new(l, PM_NULL, &first);
}
