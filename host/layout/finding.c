/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be said about a layout, in which order and in which form. */
#define _GNU_SOURCE
#include "inner.h"
#include "host/grow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *format_text(struct layout *l, const char *format, va_list args)
{
    char *text = NULL, *out;
    int n = vasprintf(&text, format, args);

    out = arena_text(&l->inner->arena, n < 0 ? "" : text, n < 0 ? 0 : (size_t)n);
    free(text);
    return out;
}

struct layout_finding *finding(struct layout *l, enum layout_severity severity, const char *rule,
                               const struct layout_mark *at, const char *format, ...)
{
    struct layout_finding *f;
    va_list args;

    l->n_errors += severity == LAYOUT_ERROR;
    l->n_warnings += severity == LAYOUT_WARNING;
    if (l->n_findings >= FINDINGS_MAX && !(severity == LAYOUT_NOTE && strcmp(rule, "limit") == 0)) {
        l->inner->kept_back++;
        return NULL;
    }
    l->findings =
        host_grow(l->findings, l->n_findings, &l->inner->findings_room, sizeof *l->findings);
    f = &l->findings[l->n_findings++];
    *f = (struct layout_finding){ .severity = severity, .rule = rule };
    if (at)
        f->at = *at;
    about(f, LAYOUT_NONE, LAYOUT_NONE, LAYOUT_NONE);
    va_start(args, format);
    f->text = format_text(l, format, args);
    va_end(args);
    return f;
}

void remedy(struct layout *l, struct layout_finding *f, const char *format, ...)
{
    va_list args;

    if (!f)
        return;
    va_start(args, format);
    f->remedy = format_text(l, format, args);
    va_end(args);
}

void consequence(struct layout *l, struct layout_finding *f, const char *format, ...)
{
    va_list args;

    if (!f)
        return;
    va_start(args, format);
    f->consequence = format_text(l, format, args);
    va_end(args);
}

void about(struct layout_finding *f, int device, int partition, int partition2)
{
    if (!f)
        return;
    f->device = device;
    f->partition = partition;
    f->partition2 = partition2;
}

/* Which file first: those of the layout itself before those it is based on, which are met later. */
static int compare(const void *a, const void *b)
{
    const struct layout_finding *x = a, *y = b;

    if (x->at.file != y->at.file) {
        int order = strcmp(x->at.file ? x->at.file : "", y->at.file ? y->at.file : "");
        if (order)
            return order;
    }
    if (x->at.line != y->at.line)
        return x->at.line < y->at.line ? -1 : 1;
    if (x->at.column != y->at.column)
        return x->at.column < y->at.column ? -1 : 1;
    if (x->severity != y->severity)
        return x->severity < y->severity ? -1 : 1;
    int order = strcmp(x->rule, y->rule);
    return order ? order : strcmp(x->text, y->text);
}

void findings_sort(struct layout *l)
{
    if (l->n_findings)
        qsort(l->findings, l->n_findings, sizeof *l->findings, compare);
}

const char *layout_severity_name(enum layout_severity severity)
{
    static const char *const names[] = { "error", "warning", "note" };

    return names[severity];
}

char *layout_finding_text(const struct layout_finding *f)
{
    char *out = NULL;
    size_t size, len = strlen(f->text);
    FILE *to = open_memstream(&out, &size);

    if (!to)
        abort();
    if (f->at.file)
        fprintf(to, "%s:", f->at.file);
    if (f->at.file && f->at.line)
        fprintf(to, "%u:%u:", f->at.line, f->at.column);
    fprintf(to, "%s%s: %s", f->at.file ? " " : "", layout_severity_name(f->severity), f->text);
    if (f->other.file)
        fprintf(to, " (%s:%u:%u)", f->other.file, f->other.line, f->other.column);
    if (f->remedy || f->consequence)
        fputs(len && strchr(".?", f->text[len - 1]) && !f->other.file ? "" : ".", to);
    if (f->remedy)
        fprintf(to, " %s", f->remedy);
    if (f->consequence)
        fprintf(to, " %s", f->consequence);
    fprintf(to, " [%s]", f->rule);
    fclose(to);
    return out;
}

struct size_text size_text(uint64_t bytes)
{
    struct size_text t;
    unsigned long long v = bytes;

    if (v && v % (1u << 20) == 0)
        snprintf(t.text, sizeof t.text, "%lluM", v >> 20);
    else if (v && v % 1024 == 0)
        snprintf(t.text, sizeof t.text, "%lluK", v >> 10);
    else if (v < 1024)
        snprintf(t.text, sizeof t.text, "%llu", v);
    else
        snprintf(t.text, sizeof t.text, "0x%llx", v);
    return t;
}
