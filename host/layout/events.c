/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events, for the reader of layouts and that of Partition Manager's files: where
 * things are, and what is said of a text that is no YAML. */
#define _GNU_SOURCE
#include "events.h"
#include "inner.h"

#include "host/grow.h"

#include <stdlib.h>
#include <string.h>

/* ---- bytes of a place: libyaml counts lines and characters ---- */

/* Bytes of the line break at p: libyaml knows CR, LF, NEL, LS and PS. */
static size_t line_break(const char *p, size_t left)
{
    if (*p == '\r')
        return left > 1 && p[1] == '\n' ? 2 : 1;
    if (*p == '\n')
        return 1;
    if (left > 1 && memcmp(p, "\xC2\x85", 2) == 0)
        return 2;
    if (left > 2 && (memcmp(p, "\xE2\x80\xA8", 3) == 0 || memcmp(p, "\xE2\x80\xA9", 3) == 0))
        return 3;
    return 0;
}

static struct event_lines lines_of(const char *text, size_t len)
{
    struct event_lines s = { .text = text, .len = len };

    s.starts = host_grow(s.starts, s.n, &s.room, sizeof *s.starts);
    s.starts[s.n++] = 0;
    for (size_t i = 0, n; i < len; i += n ? n : 1) {
        n = line_break(text + i, len - i);
        if (!n)
            continue;
        s.starts = host_grow(s.starts, s.n, &s.room, sizeof *s.starts);
        s.starts[s.n++] = i + n;
    }
    return s;
}

static uint32_t byte_of(const struct event_lines *s, const yaml_mark_t *m)
{
    size_t i = m->line < s->n ? s->starts[m->line] : s->len;

    for (size_t c = 0; c < m->column && i < s->len; c++) {
        i++;
        while (i < s->len && ((unsigned char)s->text[i] & 0xC0) == 0x80)
            i++;
    }
    return (uint32_t)i;
}

struct layout_mark event_mark(const struct events *s, const yaml_mark_t *begin,
                              const yaml_mark_t *end)
{
    return (struct layout_mark){ s->file, (unsigned)begin->line + 1, (unsigned)begin->column + 1,
                                 byte_of(&s->lines, begin), byte_of(&s->lines, end) };
}

/* ---- events ---- */

static void say_parser(const struct events *s, const yaml_parser_t *p)
{
    const yaml_mark_t *at =
        p->problem_mark.line || p->problem_mark.column ? &p->problem_mark : &p->mark;
    struct layout_mark m = event_mark(s, at, at);
    struct layout_finding *f =
        p->context ? FAULT(s->l, "yaml", &m, "this is no YAML: %s, %s", p->problem, p->context)
                   : FAULT(s->l, "yaml", &m, "this is no YAML: %s",
                           p->problem ? p->problem : "it cannot be read");

    if (f && p->context && (p->context_mark.line || p->context_mark.column))
        f->other = event_mark(s, &p->context_mark, &p->context_mark);
    if (p->problem && strstr(p->problem, "cannot start any token"))
        remedy(s->l, f,
               "Indent with blanks, not with tabs; put texts with such letters in quotes.");
}

bool events_read(struct events *s, const char *text, size_t len, event_take *take, void *context)
{
    yaml_parser_t parser;
    bool on = yaml_parser_initialize(&parser) == 1, whole = false;
    yaml_event_t e;

    s->lines = lines_of(text, len);
    if (on)
        yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    while (on) {
        if (!yaml_parser_parse(&parser, &e)) {
            say_parser(s, &parser);
            break;
        }
        whole = e.type == YAML_STREAM_END_EVENT;
        on = !whole && take(context, &e);
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&parser);
    free(s->lines.starts);
    s->lines = (struct event_lines){ 0 };
    return whole;
}
