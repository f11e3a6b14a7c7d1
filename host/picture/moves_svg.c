/* SPDX-License-Identifier: Apache-2.0 */
/* SVG: before on the left, after on the right, arrows between:
 *
 *     internal                                    flash0
 *          mcuboot 0x0 48 KB --- +--+      +--+ --- boot_partition 0x0 48 KB
 *     mcuboot_primary 0xc000 --- |  | ---> |  | --- slot0_partition 0xc000
 *                                +--+      +--+
 *
 * A device and what took its place are one band and have one scale, so that what stayed has a level
 * arrow. All labels are beside the bars, in columns of their own: none can cover another. */
#include "host/grow.h"
#include "host/picture/moves.h"
#include "host/picture/svg.h"
#include "host/picture/xml.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BAR 110.0       /* width of a bar */
#define ARROWS 150.0    /* between the bars */
#define COLUMN 170.0    /* of labels, at least */
#define HEIGHT 130.0    /* of a band's bars, at least */
#define HEADING 44.0    /* above them */
#define BAND_GAP 22.0   /* after them */
#define WORD_COLUMNS 9u /* "  resized" after a label */

enum side { BEFORE, AFTER };

struct band {
    int device[2]; /* -1: none */
    double top, height;
    uint64_t extent; /* bytes that the bars show */
};

struct sheet {
    FILE *out;
    const struct picture *picture[2];
    const struct picture_move *moves;
    size_t n_moves;
    struct band *bands;
    size_t n_bands;
    double column[2]; /* widths of the labels */
    double bar_x[2], width;
};

static const struct picture_device *device_of(const struct sheet *s, const struct band *b,
                                              enum side side)
{
    return b->device[side] >= 0 ? &s->picture[side]->devices[b->device[side]] : NULL;
}

/* The change of a part; NULL: nothing is said of it. */
static const struct picture_move *move_of(const struct sheet *s, enum side side, int device,
                                          size_t part)
{
    for (size_t i = 0; i < s->n_moves; i++) {
        const struct picture_move *m = &s->moves[i];

        if ((side == BEFORE ? m->old_device : m->new_device) == device &&
            (side == BEFORE ? m->old_part : m->new_part) == (int)part)
            return m;
    }
    return NULL;
}

/* ---- bands ---- */

static bool is_taken(const struct sheet *s, size_t device)
{
    for (size_t k = 0; k < s->n_bands; k++)
        if (s->bands[k].device[AFTER] == (int)device)
            return true;
    return false;
}

/* The device that most of its places went to, or one of its name, if no other took it before; or
 * -1. */
static int partner(const struct sheet *s, int device)
{
    size_t *votes = host_zeroed(s->picture[AFTER]->n_devices, sizeof *votes), most = 0;
    int best = -1;

    for (size_t i = 0; i < s->n_moves; i++)
        if (s->moves[i].old_device == device && s->moves[i].new_device >= 0)
            votes[s->moves[i].new_device]++;
    for (size_t d = 0; d < s->picture[AFTER]->n_devices; d++)
        if (votes[d] > most && !is_taken(s, d)) {
            most = votes[d];
            best = (int)d;
        }
    for (size_t d = 0; d < s->picture[AFTER]->n_devices && best < 0; d++)
        if (!is_taken(s, d) && strcmp(s->picture[AFTER]->devices[d].name,
                                      s->picture[BEFORE]->devices[device].name) == 0)
            best = (int)d;
    free(votes);
    return best;
}

static void pair_devices(struct sheet *s)
{
    for (size_t d = 0; d < s->picture[BEFORE]->n_devices; d++) {
        int with = partner(s, (int)d);

        s->bands[s->n_bands++] = (struct band){ .device = { (int)d, with } };
    }
    for (size_t d = 0; d < s->picture[AFTER]->n_devices; d++) {
        if (!is_taken(s, d))
            s->bands[s->n_bands++] = (struct band){ .device = { -1, (int)d } };
    }
}

static uint64_t end_of(const struct picture_part *part)
{
    return part->size > UINT64_MAX - part->off ? UINT64_MAX : part->off + part->size;
}

static double label_width(const struct sheet *s, enum side side, int device, size_t part);

static void lay_out(struct sheet *s)
{
    double y = SVG_MARGIN + 52;

    s->column[BEFORE] = s->column[AFTER] = COLUMN;
    for (size_t k = 0; k < s->n_bands; k++) {
        struct band *b = &s->bands[k];
        size_t lines = 0;

        for (enum side side = BEFORE; side <= AFTER; side++) {
            const struct picture_device *d = device_of(s, b, side);

            if (!d)
                continue;
            b->extent = d->size > b->extent ? d->size : b->extent;
            lines = d->n_parts > lines ? d->n_parts : lines;
            for (size_t i = 0; i < d->n_parts; i++) {
                double width = label_width(s, side, b->device[side], i);

                b->extent = end_of(&d->parts[i]) > b->extent ? end_of(&d->parts[i]) : b->extent;
                s->column[side] = width > s->column[side] ? width : s->column[side];
            }
        }
        b->extent = b->extent ? b->extent : 1;
        b->top = y + HEADING;
        b->height = ceil(SVG_LINE * (double)lines);
        b->height = b->height > HEIGHT ? b->height : HEIGHT;
        y = b->top + b->height + BAND_GAP;
    }
    s->bar_x[BEFORE] = SVG_MARGIN + s->column[BEFORE] + SVG_LEAD;
    s->bar_x[AFTER] = s->bar_x[BEFORE] + BAR + ARROWS;
    s->width = s->bar_x[AFTER] + BAR + SVG_LEAD + s->column[AFTER] + SVG_MARGIN;
}

static double y_of(const struct band *b, uint64_t off)
{
    return b->top + b->height * ((double)off / (double)b->extent);
}

static double middle_of(const struct band *b, const struct picture_part *part)
{
    return (y_of(b, part->off) + y_of(b, end_of(part))) / 2;
}

/* ---- labels ---- */

static void detail(const struct picture_part *part, char *text, size_t size)
{
    snprintf(text, size, "0x%06" PRIx64 " %s", part->off, picture_size(part->size).text);
}

/* What is said after a label: nothing of what stayed. */
static const char *word_of(const struct picture_move *m)
{
    static const char *const words[] = { "", "moved", "resized", "gone", "new" };

    return m ? words[m->change] : "";
}

static double label_width(const struct sheet *s, enum side side, int device, size_t part)
{
    const struct picture_part *p = &s->picture[side]->devices[device].parts[part];
    const char *word = word_of(move_of(s, side, device, part));
    char text[64];

    detail(p, text, sizeof text);
    return svg_columns_width(svg_label_columns(p->name), SVG_NAME_SIZE) + 8 +
           svg_columns_width(strlen(text), SVG_TEXT_SIZE) +
           (*word ? 8 + svg_columns_width(strlen(word), SVG_TEXT_SIZE) : 0);
}

static void put_label(const struct sheet *s, const struct band *b, enum side side, size_t part,
                      double y)
{
    int device = b->device[side];
    const struct picture_part *p = &s->picture[side]->devices[device].parts[part];
    const char *word = word_of(move_of(s, side, device, part));
    double width = label_width(s, side, device, part), middle = middle_of(b, p);
    double x =
        side == BEFORE ? SVG_MARGIN + s->column[BEFORE] - width : s->bar_x[AFTER] + BAR + SVG_LEAD;
    double bar = side == BEFORE ? s->bar_x[BEFORE] : s->bar_x[AFTER] + BAR;
    double to = side == BEFORE ? bar - SVG_LEAD + 4 : bar + SVG_LEAD - 4;
    double knee = side == BEFORE ? bar - 6 : bar + 6;
    char text[64];

    fprintf(s->out,
            "<path class=\"bh-lead bh-line\" d=\"M%.2f %.2fH%.2fL%.2f %.2f\" fill=\"none\" "
            "stroke=\"#8b939c\" stroke-width=\"0.8\"/>\n",
            bar, middle, knee, to, y);
    fprintf(s->out,
            "<g class=\"bh-label\" data-side=\"%d\" data-device=\"%d\" data-part=\"%zu\">\n", side,
            device, part);
    detail(p, text, sizeof text);
    x += svg_put_text(s->out, "bh-ink", x, y + 4, SVG_NAME_SIZE, p->name, SVG_NAME_COLUMNS) + 8;
    x += svg_put_text(s->out, "bh-dim", x, y + 4, SVG_TEXT_SIZE, text, strlen(text)) + 8;
    svg_put_text(s->out, "bh-ink bh-word", x, y + 4, SVG_TEXT_SIZE, word, WORD_COLUMNS);
    fputs("</g>\n", s->out);
}

struct wish {
    size_t part;
    double want;
};

static int by_want(const void *a, const void *b)
{
    const struct wish *x = a, *y = b;

    if (x->want < y->want || x->want > y->want)
        return x->want < y->want ? -1 : 1;
    return x->part < y->part ? -1 : x->part > y->part;
}

static void put_labels(const struct sheet *s, const struct band *b, enum side side)
{
    const struct picture_device *d = device_of(s, b, side);
    struct wish *wishes = host_zeroed(d->n_parts, sizeof *wishes);
    double *want = host_zeroed(d->n_parts, sizeof *want), *at = host_zeroed(d->n_parts, sizeof *at);

    for (size_t i = 0; i < d->n_parts; i++)
        wishes[i] = (struct wish){ i, middle_of(b, &d->parts[i]) };
    qsort(wishes, d->n_parts, sizeof *wishes, by_want);
    for (size_t i = 0; i < d->n_parts; i++)
        want[i] = wishes[i].want;
    picture_place(want, at, d->n_parts, SVG_LINE, b->top, b->top + b->height);
    for (size_t i = 0; i < d->n_parts; i++)
        put_label(s, b, side, wishes[i].part, at[i]);
    free(wishes);
    free(want);
    free(at);
}

/* ---- bars and arrows ---- */

/* Of a change: the style of its lines, and their colour where there are no styles. */
static const struct {
    const char *class, *color, *what;
} looks[] = {
    [PICTURE_EQUAL] = { "bh-line", "#8b939c", "equal" },
    [PICTURE_MOVED] = { "bh-warning", "#b26a00", "moved" },
    [PICTURE_RESIZED] = { "bh-warning", "#b26a00", "resized" },
    [PICTURE_GONE] = { "bh-error", "#c62828", "gone" },
    [PICTURE_NEW] = { "bh-note", "#1565c0", "new" },
};

static void put_part(const struct sheet *s, const struct band *b, enum side side, size_t part)
{
    int device = b->device[side];
    const struct picture_part *p = &s->picture[side]->devices[device].parts[part];
    const struct picture_move *m = move_of(s, side, device, part);
    double y = y_of(b, p->off), height = y_of(b, end_of(p)) - y;
    bool other = m && m->change != PICTURE_EQUAL;
    char style[8];

    svg_style_of(p->kind, p->slot, style);
    fprintf(s->out,
            "<rect class=\"bh-part bh-%s %s\" data-side=\"%d\" data-device=\"%d\" "
            "data-part=\"%zu\" data-offset=\"%" PRIu64 "\" data-size=\"%" PRIu64
            "\" x=\"%.3f\" y=\"%.3f\" width=\"%g\" height=\"%.3f\" fill=\"%s\" stroke=\"%s\" "
            "stroke-width=\"%s\"><title>",
            style, other ? looks[m->change].class : "bh-line", side, device, part, p->off, p->size,
            s->bar_x[side], y, BAR, height, svg_fill_of(p),
            other ? looks[m->change].color : "#5b646e", other ? "1.6" : "0.7");
    xml_put(s->out, p->name, strlen(p->name));
    fprintf(s->out, ": 0x%" PRIx64 ", 0x%" PRIx64 " bytes</title></rect>\n", p->off, p->size);
}

static void put_heading(const struct sheet *s, const struct band *b, enum side side)
{
    const struct picture_device *d = device_of(s, b, side);
    double x = side == BEFORE ? SVG_MARGIN : s->bar_x[AFTER];
    double width = side == BEFORE ? s->bar_x[BEFORE] + BAR - x : s->width - SVG_MARGIN - x;
    char text[96];

    svg_put_text(s->out, "bh-ink bh-heading", x, b->top - HEADING + 16, SVG_NAME_SIZE, d->name,
                 svg_columns(width, SVG_NAME_SIZE));
    snprintf(text, sizeof text, "%s%s%s", d->what ? d->what : "", d->what ? ", " : "",
             picture_size(d->size).text);
    svg_put_text(s->out, "bh-dim bh-heading", x, b->top - HEADING + 31, SVG_TEXT_SIZE, text,
                 svg_columns(width, SVG_TEXT_SIZE));
}

static void put_bar(const struct sheet *s, const struct band *b, enum side side)
{
    const struct picture_device *d = device_of(s, b, side);

    if (!d)
        return;
    put_heading(s, b, side);
    fprintf(s->out,
            "<rect class=\"bh-gap\" x=\"%.3f\" y=\"%.3f\" width=\"%g\" height=\"%.3f\" "
            "fill=\"#fafafa\"/>\n<rect class=\"bh-bar bh-line\" data-side=\"%d\" "
            "data-device=\"%d\" data-size=\"%" PRIu64 "\" x=\"%.3f\" y=\"%.3f\" width=\"%g\" "
            "height=\"%.3f\" fill=\"url(#bh-hatch)\" stroke=\"#5b646e\" stroke-width=\"1.2\"/>\n",
            s->bar_x[side], b->top, BAR, y_of(b, d->size) - b->top, side, b->device[side], d->size,
            s->bar_x[side], b->top, BAR, y_of(b, d->size) - b->top);
    for (size_t i = 0; i < d->n_parts; i++)
        put_part(s, b, side, i);
    put_labels(s, b, side);
}

static const struct band *band_of(const struct sheet *s, enum side side, int device)
{
    for (size_t k = 0; k < s->n_bands; k++)
        if (s->bands[k].device[side] == device)
            return &s->bands[k];
    return NULL;
}

static void put_arrow(const struct sheet *s, size_t i)
{
    const struct picture_move *m = &s->moves[i];
    double x = s->bar_x[BEFORE] + BAR + 3, to = s->bar_x[AFTER] - 4, y, end;

    if (m->old_device < 0 || m->new_device < 0)
        return;
    y = middle_of(band_of(s, BEFORE, m->old_device),
                  &s->picture[BEFORE]->devices[m->old_device].parts[m->old_part]);
    end = middle_of(band_of(s, AFTER, m->new_device),
                    &s->picture[AFTER]->devices[m->new_device].parts[m->new_part]);
    fprintf(s->out,
            "<path class=\"bh-arrow %s\" data-move=\"%zu\" "
            "d=\"M%.2f %.2fC%.2f %.2f %.2f %.2f %.2f %.2fm-6 -3.5l6 3.5l-6 3.5\" fill=\"none\" "
            "stroke=\"%s\" stroke-width=\"%s\"/>\n",
            looks[m->change].class, i, x, y, x + ARROWS / 2, y, to - ARROWS / 2, end, to, end,
            looks[m->change].color, m->change == PICTURE_EQUAL ? "0.9" : "1.6");
}

/* ---- below ---- */

/* A line for each kind of change that there is, in its colour. */
static double put_legend(const struct sheet *s, double y)
{
    double x = SVG_MARGIN;

    for (int change = PICTURE_EQUAL; change <= PICTURE_NEW; change++) {
        size_t n = 0;
        char text[48];

        for (size_t i = 0; i < s->n_moves; i++)
            n += (int)s->moves[i].change == change;
        if (!n)
            continue;
        snprintf(text, sizeof text, "%zu %s", n, looks[change].what);
        fprintf(s->out,
                "<path class=\"bh-swatch %s\" d=\"M%.2f %.2fh20\" stroke=\"%s\" "
                "stroke-width=\"2\"/>\n",
                looks[change].class, x, y, looks[change].color);
        x += 26 +
             svg_put_text(s->out, "bh-dim bh-legend", x + 26, y + 3.5, SVG_TEXT_SIZE, text,
                          strlen(text)) +
             18;
    }
    return y + SVG_LINE + 8;
}

static const char *name_of(const struct sheet *s, const struct picture_move *m)
{
    return m->old_device >= 0 ? s->picture[BEFORE]->devices[m->old_device].parts[m->old_part].name
                              : s->picture[AFTER]->devices[m->new_device].parts[m->new_part].name;
}

/* "a is moved, b is gone: what that does", of all that it does that to. */
static char *effect_text(const struct sheet *s, size_t first)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    for (size_t i = first; i < s->n_moves; i++)
        if (s->moves[i].effect && strcmp(s->moves[i].effect, s->moves[first].effect) == 0)
            fprintf(out, "%s%s is %s", i == first ? "" : ", ", name_of(s, &s->moves[i]),
                    looks[s->moves[i].change].what);
    fprintf(out, ": %s", s->moves[first].effect);
    fclose(out);
    return text;
}

static double put_effect(const struct sheet *s, size_t first, double y)
{
    size_t columns = svg_columns(s->width - 2 * SVG_MARGIN, SVG_TEXT_SIZE);
    char *text = effect_text(s, first);

    for (const char *rest = text; *rest; y += 13) {
        size_t n = svg_line_length(rest, columns);
        char *line = strndup(rest, n);

        svg_put_text(s->out, "bh-ink bh-effect", SVG_MARGIN, y + 3.5, SVG_TEXT_SIZE,
                     line ? line : "", columns);
        free(line);
        for (rest += n; *rest == ' '; rest++)
            ;
    }
    free(text);
    return y + 5;
}

static bool is_said(const struct sheet *s, size_t move)
{
    for (size_t i = 0; i < move; i++)
        if (s->moves[i].effect && strcmp(s->moves[i].effect, s->moves[move].effect) == 0)
            return true;
    return false;
}

static double put_below(const struct sheet *s)
{
    const struct band *last = s->n_bands ? &s->bands[s->n_bands - 1] : NULL;
    double y = put_legend(s, last ? last->top + last->height + 26 : SVG_MARGIN + 60);

    for (size_t i = 0; i < s->n_moves; i++)
        if (s->moves[i].effect && !is_said(s, i))
            y = put_effect(s, i, y);
    return y + 6;
}

/* ---- all ---- */

static void put_all(struct sheet *s)
{
    size_t equal = 0;
    char *text;

    for (size_t k = 0; k < s->n_bands; k++) {
        put_bar(s, &s->bands[k], BEFORE);
        put_bar(s, &s->bands[k], AFTER);
    }
    for (size_t i = 0; i < s->n_moves; i++) {
        equal += s->moves[i].change == PICTURE_EQUAL;
        put_arrow(s, i);
    }
    text =
        picture_format("%s \xE2\x86\x92 %s", s->picture[BEFORE]->title, s->picture[AFTER]->title);
    svg_put_text(s->out, "bh-ink bh-title", SVG_MARGIN, SVG_MARGIN + 10, 15, text,
                 svg_columns(s->width - 2 * SVG_MARGIN, 15));
    free(text);
    text = equal == s->n_moves
               ? picture_format("equal: all %zu places", equal)
               : picture_format("not equal: %zu of %zu places", s->n_moves - equal, s->n_moves);
    svg_put_text(s->out, "bh-dim bh-title", SVG_MARGIN, SVG_MARGIN + 30, SVG_TEXT_SIZE, text,
                 strlen(text));
    free(text);
}

char *picture_moves_svg(const struct picture *before, const struct picture *after,
                        const struct picture_move *moves, size_t n)
{
    struct sheet s = { .picture = { before, after }, .moves = moves, .n_moves = n };
    char *text = NULL, *body = NULL;
    size_t len, body_len;
    double height;

    s.bands = host_zeroed(before->n_devices + after->n_devices, sizeof *s.bands);
    pair_devices(&s);
    lay_out(&s);
    s.out = open_memstream(&body, &body_len);
    if (!s.out) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    put_all(&s);
    height = ceil(put_below(&s));
    fclose(s.out);
    s.out = open_memstream(&text, &len);
    if (!s.out) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    fprintf(s.out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
            "viewBox=\"0 0 %.0f %.0f\" role=\"img\" xml:space=\"preserve\">\n"
            "<title>what moved in flash</title>\n",
            ceil(s.width), height, ceil(s.width), height);
    svg_put_style(s.out);
    svg_put_paper(s.out, ceil(s.width), height);
    fwrite(body, 1, body_len, s.out);
    fputs("</svg>\n", s.out);
    fclose(s.out);
    free(body);
    free(s.bands);
    return text;
}
