/* SPDX-License-Identifier: Apache-2.0 */
/* A picture in a terminal. Each device is a strip to scale, a letter for each part, slashes for
 * gaps, a tick under each page border; the parts are listed below it, findings with their part:
 *
 *     internal  stm32f407xe, 512 KB
 *     |aabcddddeeeeeeeeffffffffgggggggg|  a character is 16 KB
 *      ''''    '       '       '       '
 *     a 0x000000   32 KB  bootloader
 *
 * It is plain ASCII but for names, and fits 40 columns. */
#include "host/picture/picture.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRIP_MOST 100u
#define NO_PART SIZE_MAX

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

struct page { /* what is written on */
    FILE *out;
    const struct picture *picture;
    unsigned columns, strip;
    bool color;
};

/* ---- colours ---- */

static const char *paint(const struct page *g, const char *code)
{
    return g->color ? code : "";
}

#define PLAIN "\033[0m"
#define BOLD "\033[1m"
#define DIM "\033[2m"

/* Of a part: letters of its colour in the strip. */
static const char *color_of(const struct picture_part *part)
{
    static const char *const kinds[] = {
        [PICTURE_DATA] = "\033[37m",
        [PICTURE_BOOTLOADER] = "\033[33m",
        [PICTURE_JOURNAL] = "\033[93m",
        [PICTURE_TABLE] = "\033[90m",
    };
    static const char *const pairs[] = { "\033[34m", "\033[32m", "\033[35m",
                                         "\033[36m", "\033[94m", "\033[92m" };

    return part->kind == PICTURE_SLOT ? pairs[part->slot % (sizeof pairs / sizeof pairs[0])]
                                      : kinds[part->kind];
}

static const char *color_of_severity(enum picture_severity severity)
{
    static const char *const colors[] = { "\033[31m", "\033[33m", "\033[36m" };

    return colors[severity];
}

/* ---- text of any kind ---- */

/* A name may hold anything; a terminal obeys control characters. */
static void put_safe(FILE *out, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x20 || c == 0x7F || (c == 0xC2 && (unsigned char)text[i + 1] < 0xA0))
            fputc('?', out);
        else
            fputc(c, out);
    }
}

/* Text of at most so many columns, then spaces up to there if it is to be filled. */
static void put_field(FILE *out, const char *text, size_t columns, bool filled)
{
    size_t n = picture_columns(text), bytes = strlen(text), tail;

    if (n > columns) {
        picture_cut_middle(text, columns, &bytes, &tail);
        put_safe(out, text, bytes);
        fputc('~', out);
        put_safe(out, text + tail, strlen(text + tail));
        return;
    }
    put_safe(out, text, bytes);
    for (; filled && n < columns; n++)
        fputc(' ', out);
}

/* Lines of text after the first are indented. */
static void put_wrapped(const struct page *g, const char *text, unsigned indent)
{
    size_t columns = g->columns > indent + 10 ? g->columns - indent : 10;

    while (*text) {
        size_t bytes = picture_cut(text, columns), cut = bytes;

        if (text[bytes]) {
            while (cut && text[cut] != ' ')
                cut--;
            bytes = cut ? cut : bytes ? bytes : 1;
        }
        put_safe(g->out, text, bytes);
        fputc('\n', g->out);
        for (text += bytes; *text == ' '; text++)
            ;
        if (*text)
            fprintf(g->out, "%*s", (int)indent, "");
    }
}

/* ---- the strip ---- */

/* Containers have none: they are not in the strip. */
static char letter_of(const struct picture_device *d, size_t index)
{
    size_t n = 0;

    for (size_t i = 0; i < index; i++)
        n += !d->parts[i].container;
    return letters[n % (sizeof letters - 1)];
}

static uint64_t extent_of(const struct picture_device *d)
{
    return d->size ? d->size : 1;
}

/* The part that lies at the middle of a character: the last that begins before, so that what lies
 * over another is seen. */
static size_t part_at(const struct picture_device *d, uint64_t off)
{
    size_t found = NO_PART;

    for (size_t i = 0; i < d->n_parts && d->parts[i].off <= off; i++)
        if (!d->parts[i].container && off - d->parts[i].off < d->parts[i].size)
            found = i;
    return found;
}

/* Without its last digits a 64-bit product could overflow: sizes are far below 2^56. */
static uint64_t off_at(const struct page *g, const struct picture_device *d, unsigned column,
                       unsigned halves)
{
    return (uint64_t)((double)extent_of(d) * (2 * column + halves) / (2 * g->strip));
}

/* As many characters as make each a whole number of KB, if that costs no more than a quarter. */
static unsigned strip_for(const struct picture_device *d, unsigned most)
{
    for (unsigned n = most; n >= most - most / 4; n--)
        if (extent_of(d) % ((uint64_t)n * 1024) == 0)
            return n;
    return most;
}

static void put_strip(const struct page *g, const struct picture_device *d)
{
    const char *now = "";

    fputc('|', g->out);
    for (unsigned c = 0; c < g->strip; c++) {
        size_t i = part_at(d, off_at(g, d, c, 1));
        const char *color = i == NO_PART ? DIM : color_of(&d->parts[i]);

        if (g->color && strcmp(color, now) != 0)
            fprintf(g->out, "%s%s", *now ? PLAIN : "", color);
        now = color;
        fputc(i == NO_PART ? '/' : letter_of(d, i), g->out);
    }
    fprintf(g->out, "%s|\n", paint(g, PLAIN));
}

/* Under the strip: where pages begin, if they are not too many for that. */
static void put_ticks(const struct page *g, const struct picture_device *d)
{
    char *line = calloc(1, g->strip + 2);
    uint64_t off = 0;
    bool any = false;

    if (!line)
        return;
    memset(line, ' ', g->strip + 1);
    for (size_t r = 0; r < d->n_runs; r++)
        any = any || (double)d->runs[r].size * g->strip >= (double)extent_of(d);
    for (size_t r = 0; r < d->n_runs; r++) {
        bool fine = (double)d->runs[r].size * g->strip >= (double)extent_of(d);

        uint64_t end = off + (uint64_t)d->runs[r].count * d->runs[r].size;

        /* of small pages, the first alone */
        for (; off < end && off <= extent_of(d); off = fine ? off + d->runs[r].size : end)
            line[(size_t)((double)off * g->strip / (double)extent_of(d) + 0.5)] = '\'';
        off = end;
    }
    for (size_t n = g->strip + 1; n && line[n - 1] == ' '; n--)
        line[n - 1] = 0;
    if (any)
        fprintf(g->out, "%s %s%s\n", paint(g, DIM), line, paint(g, PLAIN));
    free(line);
}

/* Is there at least one character of it in the strip? */
static bool seen(const struct page *g, const struct picture_device *d, size_t index)
{
    for (unsigned c = 0; c < g->strip; c++)
        if (part_at(d, off_at(g, d, c, 1)) == index)
            return true;
    return false;
}

/* "4x16 KB, 64 KB, 3x128 KB" */
static void put_pages(const struct page *g, const struct picture_device *d)
{
    char text[320];
    size_t n = 0;
    bool small = false;

    for (size_t r = 0; r < d->n_runs && n < sizeof text - 120; r++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", r ? ", " : "pages of ");
        if (d->n_runs > 1)
            n += (size_t)snprintf(text + n, sizeof text - n, "%ux", d->runs[r].count);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", picture_size(d->runs[r].size).text);
    }
    for (size_t i = 0; i < d->n_parts && !small; i++)
        small = !d->parts[i].container && !seen(g, d, i);
    snprintf(text + n, sizeof text - n, "%sa character is %s%s", n ? "; " : "",
             picture_size(extent_of(d) / g->strip).text,
             small ? ", what is smaller has a dot" : "");
    put_wrapped(g, text, 0);
}

/* ---- the list ---- */

static int digits_of(uint64_t size)
{
    int n = 1;

    for (; size > 15; size /= 16)
        n++;
    return n;
}

/* What is said of a part (or, part -1, of a device; device -1, of none): all of it at the first
 * place, a hint at the second. */
static void put_findings(const struct page *g, int device, int part, unsigned indent)
{
    const struct picture *p = g->picture;

    for (size_t i = 0; i < p->n_findings; i++) {
        const struct picture_finding *f = &p->findings[i];
        const char *severity = picture_severity_name(f->severity);
        bool first = f->at[0].device == device && f->at[0].part == part;
        char *text;

        if (!first && (device < 0 || f->at[1].device != device || f->at[1].part != part))
            continue;
        text = first ? picture_format("%s: %s", severity, f->text)
                     : picture_format("%s: see %s", severity,
                                      f->at[0].part >= 0
                                          ? p->devices[f->at[0].device].parts[f->at[0].part].name
                                          : "above");
        fprintf(g->out, "%*s%s", (int)indent, "", paint(g, color_of_severity(f->severity)));
        put_wrapped(g, text, indent + 2);
        fputs(paint(g, PLAIN), g->out);
        free(text);
    }
}

#define NARROWEST 30u /* columns: numbers of a part, and what is free */
#define NAME_ROOM 8u  /* columns that a name needs, to stand beside its numbers */

/* "a 0x008000   16 KB  journal_a  journal" */
static void put_part(const struct page *g, const struct picture_device *d, size_t i)
{
    const struct picture_part *part = &d->parts[i];
    int digits = digits_of(d->size) & 31;
    char head[96], used[32] = "";
    size_t room, name = picture_columns(part->name), more;

    if (part->used >= 0 && part->size)
        snprintf(used, sizeof used, "  %3u%% used",
                 (unsigned)((double)part->used * 100 / (double)part->size));
    snprintf(head, sizeof head, " 0x%0*" PRIx64 " %9s%s ", digits, part->off,
             picture_size(part->size).text, used);
    fprintf(g->out, "%s%c%s%s%*s", paint(g, color_of(part)),
            part->container ? '+'
            : seen(g, d, i) ? letter_of(d, i)
                            : '.',
            paint(g, PLAIN), head, (int)(2 * part->depth), "");
    room = strlen(head) + 2 * part->depth + 2;
    if (room + NAME_ROOM > g->columns) { /* on a line of its own */
        fputs("\n  ", g->out);
        room = 2;
    }
    room = g->columns - room;
    more = part->role ? picture_columns(part->role) + 2 : 0;
    fputs(paint(g, color_of(part)), g->out);
    put_field(g->out, part->name, room, false);
    fputs(paint(g, PLAIN), g->out);
    if (more && strcmp(part->role, part->name) != 0 && name + more <= room) {
        fprintf(g->out, "  %s", paint(g, DIM));
        put_field(g->out, part->role, more, false);
        fputs(paint(g, PLAIN), g->out);
    }
    fputc('\n', g->out);
}

static void put_gap(const struct page *g, const struct picture_device *d, uint64_t off,
                    uint64_t size)
{
    fprintf(g->out, "%s/ 0x%0*" PRIx64 " %9s free%s\n", paint(g, DIM), digits_of(d->size), off,
            picture_size(size).text, paint(g, PLAIN));
}

static void put_list(const struct page *g, const struct picture_device *d, int device)
{
    uint64_t end = 0;

    for (size_t i = 0; i < d->n_parts; i++) {
        const struct picture_part *part = &d->parts[i];

        if (part->off > end && end < d->size)
            put_gap(g, d, end, (part->off < d->size ? part->off : d->size) - end);
        put_part(g, d, i);
        put_findings(g, device, (int)i, 2);
        if (!part->container && part->size <= UINT64_MAX - part->off &&
            part->off + part->size > end)
            end = part->off + part->size;
        else if (part->container && part->off > end)
            end = part->off;
    }
    if (end < d->size)
        put_gap(g, d, end, d->size - end);
}

char *picture_text(struct picture *p, unsigned columns, bool color)
{
    struct page g = { .picture = p,
                      .columns = columns < NARROWEST ? NARROWEST : columns,
                      .color = color };
    char *text = NULL;
    unsigned most;
    size_t len;

    picture_arrange(p);
    most = g.columns - 3 < STRIP_MOST ? g.columns - 3 : STRIP_MOST;
    g.out = open_memstream(&text, &len);
    if (!g.out) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    for (size_t i = 0; i < p->n_devices; i++) {
        const struct picture_device *d = &p->devices[i];

        g.strip = strip_for(d, most);
        if (i)
            fputc('\n', g.out);
        fputs(paint(&g, BOLD), g.out);
        put_field(g.out, d->name, g.columns - 12, false);
        fprintf(g.out, "%s  %s", paint(&g, PLAIN), picture_size(d->size).text);
        if (d->what && picture_columns(d->name) + picture_columns(d->what) + 14 < g.columns) {
            fputs(", ", g.out);
            put_field(g.out, d->what, g.columns, false);
        }
        fputc('\n', g.out);
        put_pages(&g, d);
        put_strip(&g, d);
        if (d->n_runs)
            put_ticks(&g, d);
        put_list(&g, d, (int)i);
        put_findings(&g, (int)i, -1, 0);
    }
    put_findings(&g, -1, -1, 0);
    fclose(g.out);
    return text;
}
