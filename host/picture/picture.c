/* SPDX-License-Identifier: Apache-2.0 */
/* A picture of flash, filled in and put in order. */
#include "host/picture/picture.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *list, size_t n, size_t *room, size_t size)
{
    if (n == *room) {
        *room = *room ? 2 * *room : 16;
        list = realloc(list, *room * size);
        if (!list) {
            fputs("out of memory\n", stderr);
            exit(1);
        }
    }
    memset((char *)list + n * size, 0, size);
    return list;
}

struct picture_device *picture_add_device(struct picture *p, const char *name, const char *what,
                                          uint64_t size)
{
    struct picture_device *d;

    p->devices = grow(p->devices, p->n_devices, &p->devices_room, sizeof *p->devices);
    d = &p->devices[p->n_devices++];
    d->name = name;
    d->what = what;
    d->size = size;
    return d;
}

struct picture_part *picture_add_part(struct picture_device *d, const char *name, uint64_t off,
                                      uint64_t size)
{
    struct picture_part *part;

    d->parts = grow(d->parts, d->n_parts, &d->room, sizeof *d->parts);
    part = &d->parts[d->n_parts++];
    part->name = name;
    part->off = off;
    part->size = size;
    part->used = -1;
    return part;
}

struct picture_finding *picture_add_finding(struct picture *p, enum picture_severity severity,
                                            const char *text)
{
    struct picture_finding *f;

    p->findings = grow(p->findings, p->n_findings, &p->findings_room, sizeof *p->findings);
    f = &p->findings[p->n_findings++];
    f->severity = severity;
    f->text = text;
    for (int i = 0; i < 2; i++)
        f->at[i].device = f->at[i].part = -1;
    return f;
}

static char *format_list(const char *format, va_list args)
{
    va_list again;
    char *text;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    text = len < 0 ? NULL : malloc((size_t)len + 1);
    if (!text) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    vsnprintf(text, (size_t)len + 1, format, args);
    return text;
}

char *picture_format(const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = format_list(format, args);
    va_end(args);
    return text;
}

const char *picture_say(struct picture *p, const char *format, ...)
{
    va_list args;

    p->texts = grow(p->texts, p->n_texts, &p->texts_room, sizeof *p->texts);
    va_start(args, format);
    p->texts[p->n_texts++] = format_list(format, args);
    va_end(args);
    return p->texts[p->n_texts - 1];
}

void picture_free(struct picture *p)
{
    for (size_t i = 0; i < p->n_devices; i++)
        free(p->devices[i].parts);
    for (size_t i = 0; i < p->n_texts; i++)
        free(p->texts[i]);
    free(p->devices);
    free(p->findings);
    free(p->texts);
    *p = (struct picture){ 0 };
}

/* ---- order ---- */

struct ranked {
    struct picture_part part;
    size_t was;
};

static int by_place(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    const struct picture_part *p = &x->part, *q = &y->part;

    if (p->off != q->off)
        return p->off < q->off ? -1 : 1;
    if (p->container != q->container)
        return p->container ? -1 : 1;
    if (p->depth != q->depth)
        return p->depth < q->depth ? -1 : 1;
    if (p->size != q->size)
        return p->size > q->size ? -1 : 1;
    return x->was < y->was ? -1 : x->was > y->was;
}

/* Findings name parts by number, and the numbers change. */
static void renumber(struct picture *p, int device, const struct ranked *list, size_t n)
{
    int *now = calloc(n + 1, sizeof *now);

    if (!now)
        return;
    for (size_t i = 0; i < n; i++)
        now[list[i].was] = (int)i;
    for (size_t i = 0; i < p->n_findings; i++)
        for (int k = 0; k < 2; k++)
            if (p->findings[i].at[k].device == device && p->findings[i].at[k].part >= 0 &&
                (size_t)p->findings[i].at[k].part < n)
                p->findings[i].at[k].part = now[p->findings[i].at[k].part];
    free(now);
}

static uint64_t end_of(const struct picture_part *part)
{
    return part->size > UINT64_MAX - part->off ? UINT64_MAX : part->off + part->size;
}

/* One run of parts that overlap, directly or by way of each other: a lane for each, the first that
 * is free. They are sorted, so a lane is free where its last part has ended. */
static void lanes(struct picture_part *parts, size_t from, size_t to)
{
    uint64_t *ends = calloc(to - from + 1, sizeof *ends);
    size_t n = 0;

    for (size_t i = from; ends && i < to; i++) {
        size_t lane = 0;

        if (parts[i].container)
            continue;
        while (lane < n && ends[lane] > parts[i].off)
            lane++;
        ends[lane] = end_of(&parts[i]);
        parts[i].lane = lane;
        n = lane + 1 > n ? lane + 1 : n;
    }
    for (size_t i = from; i < to; i++)
        parts[i].lanes = n ? n : 1;
    free(ends);
}

static void find_lanes(struct picture_device *d)
{
    uint64_t end = 0;
    size_t from = 0;

    for (size_t i = 0; i < d->n_parts; i++) {
        if (d->parts[i].container)
            continue;
        if (d->parts[i].off >= end && i > from) {
            lanes(d->parts, from, i);
            from = i;
        }
        end = end_of(&d->parts[i]) > end ? end_of(&d->parts[i]) : end;
    }
    lanes(d->parts, from, d->n_parts);
}

/* Findings of places that are not there are of none. */
static void forget_nowhere(struct picture *p)
{
    for (size_t i = 0; i < p->n_findings; i++)
        for (int k = 0; k < 2; k++) {
            int device = p->findings[i].at[k].device, part = p->findings[i].at[k].part;

            if (device < 0 || (size_t)device >= p->n_devices)
                p->findings[i].at[k].device = p->findings[i].at[k].part = -1;
            else if (part < 0 || (size_t)part >= p->devices[device].n_parts)
                p->findings[i].at[k].part = -1;
        }
}

void picture_arrange(struct picture *p)
{
    forget_nowhere(p);
    for (size_t i = 0; i < p->n_devices; i++) {
        struct picture_device *d = &p->devices[i];
        struct ranked *list = calloc(d->n_parts + 1, sizeof *list);

        if (!list) {
            fputs("out of memory\n", stderr);
            exit(1);
        }
        for (size_t k = 0; k < d->n_parts; k++)
            list[k] = (struct ranked){ d->parts[k], k };
        qsort(list, d->n_parts, sizeof *list, by_place);
        for (size_t k = 0; k < d->n_parts; k++)
            d->parts[k] = list[k].part;
        renumber(p, (int)i, list, d->n_parts);
        free(list);
        find_lanes(d);
    }
}

void picture_gaps(const struct picture_device *d,
                  void (*gap)(void *context, uint64_t off, uint64_t size), void *context)
{
    uint64_t end = 0;

    for (size_t i = 0; i < d->n_parts; i++) {
        const struct picture_part *part = &d->parts[i];

        if (part->container)
            continue;
        if (part->off > end && end < d->size)
            gap(context, end, (part->off < d->size ? part->off : d->size) - end);
        end = end_of(part) > end ? end_of(part) : end;
    }
    if (end < d->size)
        gap(context, end, d->size - end);
}

/* ---- words ---- */

struct picture_size picture_size(uint64_t bytes)
{
    struct picture_size s;

    if (bytes && bytes % (1024 * 1024) == 0)
        snprintf(s.text, sizeof s.text, "%" PRIu64 " MB", bytes >> 20);
    else if (bytes && bytes % 1024 == 0)
        snprintf(s.text, sizeof s.text, "%" PRIu64 " KB", bytes >> 10);
    else
        snprintf(s.text, sizeof s.text, "%" PRIu64 " B", bytes);
    return s;
}

const char *picture_severity_name(enum picture_severity severity)
{
    static const char *const names[] = { "error", "warning", "note" };

    return names[severity];
}

struct picture_size picture_kind_name(enum picture_kind kind, unsigned slot)
{
    static const char *const names[] = { "data", "bootloader", "journal", "table" };
    struct picture_size s;

    if (kind == PICTURE_SLOT)
        snprintf(s.text, sizeof s.text, "pair %u", slot + 1);
    else
        snprintf(s.text, sizeof s.text, "%s", names[kind]);
    return s;
}

/* Is it the first byte of a character? */
static bool begins(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

/* A character of East Asia, or a sign, takes two columns. */
static size_t width(const char *c)
{
    return (unsigned char)*c >= 0xE1 ? 2 : 1;
}

size_t picture_columns(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += begins(*text) ? width(text) : 0;
    return n;
}

size_t picture_cut(const char *text, size_t columns)
{
    size_t i = 0, n = 0;

    for (; text[i]; i++) {
        if (begins(text[i]) && n + width(text + i) > columns)
            break;
        n += begins(text[i]) ? width(text + i) : 0;
    }
    return i;
}

void picture_cut_middle(const char *text, size_t columns, size_t *head, size_t *tail)
{
    size_t most = columns ? columns - 1 : 0, behind = most / 2;

    *tail = strlen(text);
    for (size_t i = *tail; i-- > 0;)
        if (begins(text[i])) {
            if (picture_columns(text + i) > behind)
                break;
            *tail = i;
        }
    *head = picture_cut(text, most - picture_columns(text + *tail));
}
