/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as SVG. Devices stand side by side, each a bar to its own scale:
 *
 *     internal                  <- heading
 *     4x16K |-| +----------+
 *             | +----------+    <- ticks on the left are pages
 *       64K |-| | settings |    <- large: the label is inside
 *             | +----------+ --- journal_a  0x8000  16 KB    <- small: outside, with a leader line
 *
 * Every text has a fixed font and says its length (textLength), so it is never wider than its place,
 * whatever font the reader has. Colours are attributes, for readers that know no style sheets; the
 * style sheet only turns them dark where the screen is. */
#include "host/picture/picture.h"
#include "host/picture/xml.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN 20.0
#define NAME_SIZE 12.0 /* letters of names, and of all else */
#define TEXT_SIZE 10.0
#define ADVANCE 0.6 /* of a letter's size: its width */
#define RUN_WIDTH 74.0
#define STRIP 16.0 /* of a container */
#define BAR_WIDTH 210.0
#define LEAD 30.0 /* leader lines */
#define LINE 16.0 /* from label to label */
#define TICK 6.0  /* marks of pages, inside the bar */
#define PAD 5.0   /* in a box, beside its text */
#define PANEL_GAP 36.0
#define HEADING 56.0
#define BAR_LEAST 380.0
#define NAME_COLUMNS 34u /* longer names are cut */
#define BADGES_MAX 3u
#define WIDTH_LEAST 600.0

struct box {
    double x, y, width, height;
};

/* One label outside. */
struct label {
    size_t part;
    double want, at;
};

struct panel {
    const struct picture_device *device;
    int index;
    double x, bar_x, label_x, width;
    uint64_t extent; /* bytes that the bar shows: the device, and what reaches beyond */
    uint32_t pages_per_tick;
    struct label *labels;
    size_t n_labels;
};

struct drawing {
    FILE *out;
    const struct picture *picture;
    double top, height; /* of the bars */
    double width;
    struct panel *panels;
};

/* ---- colours ---- */

static const struct colors {
    const char *light, *dark;
} kinds[] = {
    [PICTURE_DATA] = { "#e6eaef", "#3b444f" },
    [PICTURE_BOOTLOADER] = { "#e0c9a6", "#6d5434" },
    [PICTURE_JOURNAL] = { "#f1e6a0", "#686019" },
    [PICTURE_TABLE] = { "#d3d3d3", "#555555" },
}, pairs[] = {
    { "#b4d3f2", "#2a527c" }, { "#bce3b4", "#2f6438" }, { "#d9c8f0", "#57418a" },
    { "#f8d2a6", "#84551c" }, { "#aee0da", "#1f625d" }, { "#f4c6d8", "#80395a" },
    { "#dfe58f", "#5d641d" }, { "#c3cddd", "#46546b" },
};

#define N_PAIRS (sizeof pairs / sizeof pairs[0])

static const char *fill_of(const struct picture_part *part)
{
    return part->kind == PICTURE_SLOT ? pairs[part->slot % N_PAIRS].light : kinds[part->kind].light;
}

/* Name of the style, "s0" of a pair, "k1" of a kind. */
static void style_of(enum picture_kind kind, unsigned slot, char name[8])
{
    if (kind == PICTURE_SLOT)
        snprintf(name, 8, "s%u", slot % (unsigned)N_PAIRS);
    else
        snprintf(name, 8, "k%u", (unsigned)kind);
}

static void put_style(FILE *out)
{
    fputs("<style>\n"
          "text{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace}\n"
          "@media screen and (prefers-color-scheme:dark){\n"
          ".bh-paper{fill:#16191d}.bh-ink{fill:#e8eaed}.bh-dim{fill:#a9b0b8}\n"
          ".bh-line{stroke:#8b939c}.bh-tick{stroke:#e8eaed}.bh-hatch{stroke:#5b646e}\n"
          ".bh-gap{fill:#1e2329}.bh-used{fill:#fff}.bh-error{stroke:#ff7b72}\n"
          ".bh-warning{stroke:#f2b84b}.bh-note{stroke:#79b8ff}\n",
          out);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        fprintf(out, ".bh-k%zu{fill:%s}", i, kinds[i].dark);
    for (size_t i = 0; i < N_PAIRS; i++)
        fprintf(out, ".bh-s%zu{fill:%s}", i, pairs[i].dark);
    fputs("}\n</style>\n", out);
}

static const char *severity_color(enum picture_severity severity)
{
    static const char *const colors[] = { "#c62828", "#b26a00", "#1565c0" };

    return colors[severity];
}

/* ---- pieces ---- */

static double columns_width(size_t columns, double size)
{
    return (double)columns * size * ADVANCE;
}

/* Text whose baseline begins at x, y; cut to so many columns. Returns its width. */
static double put_text(FILE *out, const char *class, double x, double y, double size,
                       const char *text, size_t most)
{
    size_t columns = picture_columns(text);
    bool cut = columns > most;
    size_t bytes = cut ? picture_cut(text, most - 1) : strlen(text);
    double width;

    if (cut) {
        char *head = strndup(text, bytes);

        columns = head ? picture_columns(head) + 1 : 1;
        free(head);
    }
    if (columns == 0)
        return 0;
    width = columns_width(columns, size);
    fprintf(out,
            "<text class=\"%s\" x=\"%.2f\" y=\"%.2f\" font-size=\"%g\" textLength=\"%.2f\" "
            "lengthAdjust=\"spacingAndGlyphs\" fill=\"%s\">",
            class, x, y, size, width, strstr(class, "bh-dim") ? "#555e68" : "#14171a");
    xml_put(out, text, bytes);
    fputs(cut ? "\xE2\x80\xA6</text>\n" : "</text>\n", out);
    return width;
}

static double badge_width(size_t number)
{
    return 6.0 + (number < 10 ? 8.0 : number < 100 ? 12.0 : 18.0);
}

/* The number of a finding, in a small frame whose left edge is x and whose middle is y. */
static double put_badge(const struct drawing *g, double x, double y, size_t finding)
{
    enum picture_severity severity = g->picture->findings[finding].severity;
    double width = badge_width(finding + 1);
    char number[24];

    snprintf(number, sizeof number, "%zu", finding + 1);
    fprintf(g->out,
            "<rect class=\"bh-badge bh-paper bh-%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
            "height=\"14\" rx=\"6\" fill=\"#fff\" stroke=\"%s\" stroke-width=\"1.5\"/>\n",
            picture_severity_name(severity), x, y - 7, width, severity_color(severity));
    put_text(g->out, "bh-ink bh-number", x + (width - columns_width(strlen(number), 9)) / 2,
             y + 3.2, 9, number, 4);
    return width + 3;
}

/* Findings of a part; part -1: of the device alone. Returns how many, the first few in list. */
static size_t findings_of(const struct picture *p, int device, int part, size_t list[BADGES_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_findings; i++)
        for (int k = 0; k < 2; k++)
            if (p->findings[i].at[k].device == device && p->findings[i].at[k].part == part) {
                if (n < BADGES_MAX)
                    list[n++] = i;
                break;
            }
    return n;
}

static double badges_width(const struct picture *p, int device, int part)
{
    size_t list[BADGES_MAX], n = findings_of(p, device, part, list);
    double width = 0;

    for (size_t i = 0; i < n; i++)
        width += badge_width(list[i] + 1) + 3;
    return width;
}

static void put_badges(const struct drawing *g, int device, int part, double x, double y)
{
    size_t list[BADGES_MAX], n = findings_of(g->picture, device, part, list);

    for (size_t i = 0; i < n; i++)
        x += put_badge(g, x, y, list[i]);
}

/* ---- a part ---- */

static void detail(const struct picture_part *part, char *text, size_t size)
{
    int n = snprintf(text, size, "0x%06" PRIx64 " %s", part->off, picture_size(part->size).text);

    if (part->used >= 0 && part->size && n > 0 && (size_t)n < size)
        snprintf(text + n, size - (size_t)n, ", %u%% used",
                 (unsigned)((double)part->used * 100 / (double)part->size));
}

static double y_of(const struct drawing *g, const struct panel *panel, uint64_t off)
{
    if (off > panel->extent)
        off = panel->extent;
    return g->top + g->height * (double)off / (double)panel->extent;
}

static struct box box_of(const struct drawing *g, const struct panel *panel,
                         const struct picture_part *part)
{
    uint64_t end = part->size > panel->extent || part->off > panel->extent - part->size
                       ? panel->extent
                       : part->off + part->size;
    double lane = BAR_WIDTH / (double)part->lanes;
    struct box b = { panel->bar_x + lane * (double)part->lane, y_of(g, panel, part->off), lane, 0 };

    if (part->container) {
        b.x = panel->bar_x - STRIP * (double)(part->depth + 1);
        b.width = STRIP - 3;
    }
    b.height = y_of(g, panel, end) - b.y;
    return b;
}

/* How many lines of text find room in a part's box: 0, its label is outside; 1; 2; 3 with role. */
static unsigned lines_inside(const struct picture *p, const struct panel *panel, size_t index,
                             const struct box *b)
{
    const struct picture_part *part = &panel->device->parts[index];
    double room = b->width - TICK - 2 * PAD - badges_width(p, panel->index, (int)index);
    double name = columns_width(picture_columns(part->name), NAME_SIZE), more;
    char text[64];

    detail(part, text, sizeof text);
    more = columns_width(strlen(text), TEXT_SIZE);
    if (part->container || b->height < LINE + 1)
        return 0;
    if (b->height >= 2 * LINE && name <= room && more <= b->width - TICK - 2 * PAD)
        return part->role && b->height >= 3 * LINE &&
                       columns_width(picture_columns(part->role), TEXT_SIZE) <=
                           b->width - TICK - 2 * PAD
                   ? 3
                   : 2;
    return name + 8 + more <= room;
}

static void put_box(const struct drawing *g, const struct panel *panel, size_t index,
                    const struct box *b)
{
    const struct picture_part *part = &panel->device->parts[index];
    char style[8];

    style_of(part->kind, part->slot, style);
    fprintf(
        g->out,
        "<rect class=\"bh-%s bh-%s bh-line\" data-device=\"%d\" data-part=\"%zu\" "
        "data-offset=\"%" PRIu64 "\" data-size=\"%" PRIu64 "\" x=\"%.3f\" y=\"%.3f\" "
        "width=\"%.3f\" height=\"%.3f\" fill=\"%s\" stroke=\"#5b646e\" stroke-width=\"0.7\"><title>",
        part->container ? "container" : "part", style, panel->index, index, part->off, part->size,
        b->x, b->y, b->width, b->height, fill_of(part));
    xml_put(g->out, part->name, strlen(part->name));
    fprintf(g->out, ": 0x%" PRIx64 ", 0x%" PRIx64 " bytes", part->off, part->size);
    if (part->role) {
        fputs(", ", g->out);
        xml_put(g->out, part->role, strlen(part->role));
    }
    fputs("</title></rect>\n", g->out);
    if (part->used > 0 && part->size)
        fprintf(g->out,
                "<rect class=\"bh-used\" x=\"%.3f\" y=\"%.3f\" width=\"%.3f\" height=\"%.3f\" "
                "fill=\"#000\" fill-opacity=\"0.13\"/>\n",
                b->x, b->y,
                b->width * ((double)part->used < (double)part->size
                                ? (double)part->used / (double)part->size
                                : 1),
                b->height);
}

/* Around a part of which something is to be said. Drawn when all boxes are. */
static void put_frame(const struct drawing *g, const struct panel *panel, size_t index,
                      const struct box *b)
{
    size_t list[BADGES_MAX], n = findings_of(g->picture, panel->index, (int)index, list);
    enum picture_severity severity = n ? g->picture->findings[list[0]].severity : PICTURE_NOTE;

    for (size_t i = 1; i < n; i++)
        if (g->picture->findings[list[i]].severity < severity)
            severity = g->picture->findings[list[i]].severity;
    if (n)
        fprintf(g->out,
                "<rect class=\"bh-frame bh-%s\" data-device=\"%d\" data-part=\"%zu\" "
                "x=\"%.3f\" y=\"%.3f\" width=\"%.3f\" height=\"%.3f\" fill=\"none\" "
                "stroke=\"%s\" stroke-width=\"2\"/>\n",
                picture_severity_name(severity), panel->index, index, b->x + 1,
                b->y + (b->height > 2 ? 1 : b->height / 2), b->width - 2,
                b->height > 2 ? b->height - 2 : 0.1, severity_color(severity));
}

/* The label in the box, from its top; one line stands in the middle of a low box. */
static void put_inside(const struct drawing *g, const struct panel *panel, size_t index,
                       const struct box *b, unsigned lines)
{
    const struct picture_part *part = &panel->device->parts[index];
    double x = b->x + TICK + PAD, y = b->y + (lines == 1 ? b->height / 2 : LINE / 2 + 1);
    double badges = badges_width(g->picture, panel->index, (int)index), name;
    char text[64];

    detail(part, text, sizeof text);
    fprintf(g->out, "<g class=\"bh-inside\" data-device=\"%d\" data-part=\"%zu\">\n", panel->index,
            index);
    name = put_text(g->out, "bh-ink", x, y + 4, NAME_SIZE, part->name, picture_columns(part->name));
    if (lines == 1)
        put_text(g->out, "bh-dim", x + name + 8, y + 4, TEXT_SIZE, text, strlen(text));
    else
        put_text(g->out, "bh-dim", x, y + 4 + LINE - 2, TEXT_SIZE, text, strlen(text));
    if (lines == 3)
        put_text(g->out, "bh-dim", x, y + 4 + 2 * LINE - 4, TEXT_SIZE, part->role,
                 picture_columns(part->role));
    put_badges(g, panel->index, (int)index, b->x + b->width - PAD - badges + 3, y);
    fputs("</g>\n", g->out);
}

static size_t label_columns(const struct picture_part *part)
{
    size_t n = picture_columns(part->name);

    return n < NAME_COLUMNS ? n : NAME_COLUMNS;
}

static double label_width(const struct picture *p, const struct panel *panel, size_t index)
{
    const struct picture_part *part = &panel->device->parts[index];
    char text[64];

    detail(part, text, sizeof text);
    return columns_width(label_columns(part), NAME_SIZE) + 8 +
           columns_width(strlen(text), TEXT_SIZE) + 4 + badges_width(p, panel->index, (int)index);
}

static void put_outside(const struct drawing *g, const struct panel *panel,
                        const struct label *label)
{
    const struct picture_part *part = &panel->device->parts[label->part];
    struct box b = box_of(g, panel, part);
    double from = b.x + b.width, x = panel->label_x, y = label->at;
    char text[64];

    detail(part, text, sizeof text);
    fprintf(g->out,
            "<path class=\"bh-lead bh-line\" data-device=\"%d\" data-part=\"%zu\" "
            "d=\"M%.2f %.2fH%.2fL%.2f %.2fH%.2f\" fill=\"none\" stroke=\"#8b939c\" "
            "stroke-width=\"0.8\"/>\n",
            panel->index, label->part, from, label->want, panel->bar_x + BAR_WIDTH + 5, x - 9, y,
            x - 3);
    fprintf(g->out, "<g class=\"bh-outside\" data-device=\"%d\" data-part=\"%zu\">\n", panel->index,
            label->part);
    x += put_text(g->out, "bh-ink", x, y + 4, NAME_SIZE, part->name, NAME_COLUMNS) + 8;
    x += put_text(g->out, "bh-dim", x, y + 4, TEXT_SIZE, text, strlen(text)) + 4;
    put_badges(g, panel->index, (int)label->part, x, y);
    fputs("</g>\n", g->out);
}

/* A container's name, along its strip; from top to bottom as it lies. */
static bool name_fits_strip(const struct picture_part *part, const struct box *b)
{
    return columns_width(picture_columns(part->name), TEXT_SIZE) + 8 <= b->height;
}

static void put_strip_name(const struct drawing *g, const struct panel *panel, size_t index,
                           const struct box *b)
{
    const struct picture_part *part = &panel->device->parts[index];
    double width = columns_width(picture_columns(part->name), TEXT_SIZE);

    fprintf(g->out,
            "<g class=\"bh-strip\" data-device=\"%d\" data-part=\"%zu\" "
            "transform=\"translate(%.2f %.2f) rotate(-90)\">\n",
            panel->index, index, b->x + b->width / 2 + 3.5, b->y + (b->height + width) / 2);
    put_text(g->out, "bh-ink", 0, 0, TEXT_SIZE, part->name, picture_columns(part->name));
    fputs("</g>\n", g->out);
}

/* ---- a device ---- */

struct gap_context {
    const struct drawing *g;
    const struct panel *panel;
};

static void put_gap(void *context, uint64_t off, uint64_t size)
{
    const struct gap_context *c = context;
    double y = y_of(c->g, c->panel, off), height = y_of(c->g, c->panel, off + size) - y;
    char text[48];

    fprintf(c->g->out,
            "<rect class=\"bh-gap\" data-device=\"%d\" data-offset=\"%" PRIu64
            "\" data-size=\"%" PRIu64 "\" x=\"%.3f\" y=\"%.3f\" width=\"%g\" height=\"%.3f\" "
            "fill=\"#fafafa\"/>\n<rect x=\"%.3f\" y=\"%.3f\" width=\"%g\" height=\"%.3f\" "
            "fill=\"url(#bh-hatch)\" class=\"bh-line\" stroke=\"#8b939c\" stroke-width=\"0.5\">"
            "<title>free: 0x%" PRIx64 ", 0x%" PRIx64 " bytes</title></rect>\n",
            c->panel->index, off, size, c->panel->bar_x, y, BAR_WIDTH, height, c->panel->bar_x, y,
            BAR_WIDTH, height, off, size);
    if (height < LINE + 1)
        return;
    snprintf(text, sizeof text, "free %s", picture_size(size).text);
    fprintf(c->g->out,
            "<rect class=\"bh-gap\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"14\" "
            "fill=\"#fafafa\"/>\n",
            c->panel->bar_x + TICK + PAD - 3, y + height / 2 - 7,
            columns_width(strlen(text), TEXT_SIZE) + 6);
    put_text(c->g->out, "bh-dim bh-free", c->panel->bar_x + TICK + PAD, y + height / 2 + 3.5,
             TEXT_SIZE, text, strlen(text));
}

/* A mark at each page border, or at every 2nd, 4th ... where they would run together. */
static void put_ticks(const struct drawing *g, const struct panel *panel)
{
    const struct picture_device *d = panel->device;
    uint64_t off = 0;

    if (!d->n_runs)
        return;
    fputs("<path class=\"bh-tick\" fill=\"none\" stroke=\"#14171a\" stroke-opacity=\"0.55\" "
          "stroke-width=\"0.8\" d=\"",
          g->out);
    for (size_t r = 0; r < d->n_runs; r++)
        for (uint32_t i = 0; i < d->runs[r].count; i++, off += d->runs[r].size)
            if (i % panel->pages_per_tick == 0 && off)
                fprintf(g->out, "M%.2f %.3fh%g", panel->bar_x, y_of(g, panel, off), TICK);
    fputs("\"/>\n", g->out);
}

static uint32_t pages_per_tick(const struct drawing *g, const struct panel *panel)
{
    const struct picture_device *d = panel->device;
    uint32_t n = 1;

    for (size_t r = 0; r < d->n_runs; r++)
        while (n < d->runs[r].count &&
               g->height * (double)d->runs[r].size * n / (double)panel->extent < 3)
            n *= 2;
    return n;
}

/* "4 x 16 KB" beside each run of equal pages, with the length that it is of. */
static void put_runs(const struct drawing *g, const struct panel *panel)
{
    const struct picture_device *d = panel->device;
    double *want = calloc(2 * d->n_runs + 1, sizeof *want), *at = want ? want + d->n_runs : NULL;
    uint64_t off = 0;
    double x = panel->x + RUN_WIDTH - 8;

    for (size_t r = 0; want && r < d->n_runs; r++) {
        uint64_t size = (uint64_t)d->runs[r].count * d->runs[r].size;

        want[r] = (y_of(g, panel, off) + y_of(g, panel, off + size)) / 2;
        fprintf(g->out,
                "<path class=\"bh-line\" d=\"M%.2f %.2fh4V%.2fh-4\" fill=\"none\" "
                "stroke=\"#8b939c\" stroke-width=\"0.8\"/>\n",
                x - 2, y_of(g, panel, off) + 0.5, y_of(g, panel, off + size) - 0.5);
        off += size;
    }
    if (want)
        picture_place(want, at, d->n_runs, 13, g->top, g->top + g->height);
    for (size_t r = 0; want && r < d->n_runs; r++) {
        char text[48];

        snprintf(text, sizeof text, "%u\xC3\x97%s", d->runs[r].count,
                 picture_size(d->runs[r].size).text);
        put_text(g->out, "bh-dim bh-run", x - 6 - columns_width(picture_columns(text), 9),
                 at[r] + 3, 9, text, 12);
    }
    free(want);
}

static void put_heading(const struct drawing *g, const struct panel *panel)
{
    const struct picture_device *d = panel->device;
    double x = panel->bar_x, y = g->top - HEADING + 14, width;
    size_t most = (size_t)((panel->x + panel->width - x) / (NAME_SIZE * ADVANCE));
    uint64_t pages = 0;
    char text[96];

    width = put_text(g->out, "bh-ink bh-heading", x, y, NAME_SIZE, d->name,
                     most > NAME_COLUMNS ? NAME_COLUMNS : most);
    put_badges(g, panel->index, -1, x + width + 8, y - 4);
    for (size_t r = 0; r < d->n_runs; r++)
        pages += d->runs[r].count;
    most = (size_t)((panel->x + panel->width - x) / (TEXT_SIZE * ADVANCE));
    snprintf(text, sizeof text, "%s%s%s", d->what ? d->what : "", d->what ? ", " : "",
             picture_size(d->size).text);
    put_text(g->out, "bh-dim bh-heading", x, y + 15, TEXT_SIZE, text, most);
    if (d->n_runs) {
        char every[24] = "page";

        if (panel->pages_per_tick > 1)
            snprintf(every, sizeof every, "%u pages", panel->pages_per_tick);
        snprintf(text, sizeof text, "%" PRIu64 " pages; a tick each %s", pages, every);
        put_text(g->out, "bh-dim bh-heading", x, y + 28, TEXT_SIZE, text, most);
    }
}

static void put_panel(const struct drawing *g, const struct panel *panel)
{
    const struct picture_device *d = panel->device;
    struct gap_context gap = { g, panel };

    fputs("<g>\n", g->out);
    put_heading(g, panel);
    put_runs(g, panel);
    picture_gaps(d, put_gap, &gap);
    for (size_t i = 0; i < d->n_parts; i++) {
        struct box b = box_of(g, panel, &d->parts[i]);

        put_box(g, panel, i, &b);
    }
    put_ticks(g, panel);
    fprintf(g->out,
            "<rect class=\"bh-line bh-bar\" data-device=\"%d\" data-size=\"%" PRIu64
            "\" x=\"%.3f\" y=\"%.3f\" width=\"%g\" height=\"%.3f\" fill=\"none\" "
            "stroke=\"#5b646e\" stroke-width=\"1.2\"/>\n",
            panel->index, d->size, panel->bar_x, g->top, BAR_WIDTH,
            y_of(g, panel, d->size) - g->top);
    for (size_t i = 0; i < d->n_parts; i++) {
        struct box b = box_of(g, panel, &d->parts[i]);

        put_frame(g, panel, i, &b);
    }
    if (panel->extent > d->size)
        fprintf(g->out,
                "<path class=\"bh-end bh-error\" d=\"M%.2f %.2fH%.2f\" stroke=\"#c62828\" "
                "stroke-width=\"2.5\" stroke-dasharray=\"6 3\"><title>end of the "
                "device</title></path>\n",
                panel->bar_x - 8, y_of(g, panel, d->size), panel->bar_x + BAR_WIDTH + 8);
    for (size_t i = 0; i < d->n_parts; i++) {
        struct box b = box_of(g, panel, &d->parts[i]);
        unsigned lines = lines_inside(g->picture, panel, i, &b);

        if (d->parts[i].container && name_fits_strip(&d->parts[i], &b))
            put_strip_name(g, panel, i, &b);
        else if (lines)
            put_inside(g, panel, i, &b, lines);
    }
    for (size_t i = 0; i < panel->n_labels; i++)
        put_outside(g, panel, &panel->labels[i]);
    fputs("</g>\n", g->out);
}

/* ---- how large it is ---- */

/* Which labels are outside at this height, and where they want to be. */
static void collect_labels(struct drawing *g, struct panel *panel)
{
    const struct picture_device *d = panel->device;

    panel->n_labels = 0;
    for (size_t i = 0; i < d->n_parts; i++) {
        struct box b = box_of(g, panel, &d->parts[i]);
        bool strip = d->parts[i].container && name_fits_strip(&d->parts[i], &b);

        if (!strip && !lines_inside(g->picture, panel, i, &b))
            panel->labels[panel->n_labels++] = (struct label){ i, b.y + b.height / 2, 0 };
    }
}

static int by_want(const void *a, const void *b)
{
    const struct label *x = a, *y = b;

    if (x->want < y->want || x->want > y->want)
        return x->want < y->want ? -1 : 1;
    return x->part < y->part ? -1 : x->part > y->part;
}

static void place_labels(const struct drawing *g, struct panel *panel)
{
    size_t n = panel->n_labels;
    double *want = calloc(2 * n + 1, sizeof *want), *at = want ? want + n : NULL;

    qsort(panel->labels, n, sizeof *panel->labels, by_want);
    for (size_t i = 0; want && i < n; i++)
        want[i] = panel->labels[i].want;
    if (want)
        picture_place(want, at, n, LINE, g->top, g->top + g->height);
    for (size_t i = 0; want && i < n; i++)
        panel->labels[i].at = at[i];
    free(want);
}

/* Tall enough for every list of labels. A taller bar has no more labels outside than a lower one,
 * so this ends. */
static void find_height(struct drawing *g, size_t n)
{
    bool grown = true;

    g->height = BAR_LEAST;
    while (grown) {
        grown = false;
        for (size_t i = 0; i < n; i++) {
            double runs = 13.0 * (double)g->panels[i].device->n_runs, labels;

            collect_labels(g, &g->panels[i]);
            labels = LINE * (double)g->panels[i].n_labels;
            labels = runs > labels ? runs : labels;
            if (labels > g->height) {
                g->height = ceil(labels);
                grown = true;
            }
        }
    }
}

static uint64_t extent_of(const struct picture_device *d)
{
    uint64_t extent = d->size ? d->size : 1, most = d->size > UINT64_MAX / 4 ? d->size : 2 * extent;

    for (size_t i = 0; i < d->n_parts; i++) {
        uint64_t end = d->parts[i].size > UINT64_MAX - d->parts[i].off
                           ? UINT64_MAX
                           : d->parts[i].off + d->parts[i].size;

        if (end > extent)
            extent = end < most ? end : most;
    }
    return extent;
}

static void find_width(struct drawing *g, struct panel *panel)
{
    const struct picture_device *d = panel->device;
    double labels = 0, heading;
    unsigned strips = 0;

    for (size_t i = 0; i < d->n_parts; i++)
        if (d->parts[i].container && d->parts[i].depth + 1 > strips)
            strips = d->parts[i].depth + 1;
    panel->bar_x = panel->x + RUN_WIDTH + STRIP * strips;
    panel->label_x = panel->bar_x + BAR_WIDTH + LEAD;
    for (size_t i = 0; i < panel->n_labels; i++) {
        double width = label_width(g->picture, panel, panel->labels[i].part);

        labels = width > labels ? width : labels;
    }
    panel->width = panel->bar_x + BAR_WIDTH + (labels > 0 ? LEAD + labels : 0) - panel->x;
    heading = panel->bar_x - panel->x + 8 +
              columns_width(label_columns(&(struct picture_part){ .name = d->name }), NAME_SIZE) +
              badges_width(g->picture, panel->index, -1);
    if (heading > panel->width)
        panel->width = heading;
}

static void lay_out(struct drawing *g)
{
    const struct picture *p = g->picture;
    double x = MARGIN;

    g->top = MARGIN + 24 + HEADING;
    for (size_t i = 0; i < p->n_devices; i++) {
        struct panel *panel = &g->panels[i];

        *panel = (struct panel){ .device = &p->devices[i], .index = (int)i };
        panel->extent = extent_of(panel->device);
        panel->labels = calloc(panel->device->n_parts + 1, sizeof *panel->labels);
        if (!panel->labels) {
            fputs("out of memory\n", stderr);
            exit(1);
        }
    }
    find_height(g, p->n_devices);
    for (size_t i = 0; i < p->n_devices; i++) {
        g->panels[i].x = x;
        find_width(g, &g->panels[i]);
        g->panels[i].pages_per_tick = pages_per_tick(g, &g->panels[i]);
        place_labels(g, &g->panels[i]);
        x += g->panels[i].width + PANEL_GAP;
    }
    g->width = x - PANEL_GAP + MARGIN > WIDTH_LEAST ? x - PANEL_GAP + MARGIN : WIDTH_LEAST;
}

/* ---- below the bars ---- */

struct entry {
    char text[80];
    char style[8];
    const char *fill;
};

/* "slots of app", "application": from the role of the first of its parts. */
static void name_pair(const struct picture_part *part, char *text, size_t size)
{
    const char *of = part->role ? strstr(part->role, " of ") : NULL;

    snprintf(text, size, "%s%s", of || !part->role ? "slots" : part->role, of ? of : "");
}

static void put_swatch(const struct drawing *g, double x, double y, const char *style,
                       const char *fill)
{
    fprintf(g->out,
            "<rect class=\"bh-swatch bh-line bh-%s\" x=\"%.2f\" y=\"%.2f\" width=\"12\" "
            "height=\"12\" fill=\"%s\" stroke=\"#5b646e\" stroke-width=\"0.7\"/>\n",
            style, x, y - 6, fill);
}

static void note_gap(void *context, uint64_t off, uint64_t size)
{
    (void)off, (void)size;
    *(bool *)context = true;
}

/* What each colour means, of those that are there. Returns where the next line is. */
static double put_legend(const struct drawing *g, double y)
{
    const struct picture *p = g->picture;
    struct entry list[PICTURE_SLOT + N_PAIRS] = { 0 };
    double x = MARGIN;
    bool gaps = false;

    for (size_t i = 0; i < p->n_devices; i++)
        picture_gaps(&p->devices[i], note_gap, &gaps);
    for (size_t i = 0; i < p->n_devices; i++)
        for (size_t k = 0; k < p->devices[i].n_parts; k++) {
            const struct picture_part *part = &p->devices[i].parts[k];
            size_t n = part->kind == PICTURE_SLOT ? PICTURE_SLOT + part->slot % N_PAIRS
                                                  : (size_t)part->kind;

            if (list[n].fill)
                continue;
            list[n].fill = fill_of(part);
            style_of(part->kind, part->slot, list[n].style);
            if (part->kind == PICTURE_SLOT)
                name_pair(part, list[n].text, sizeof list[n].text);
            else
                snprintf(list[n].text, sizeof list[n].text, "%s",
                         picture_kind_name(part->kind, 0).text);
        }
    for (size_t n = 0; n < sizeof list / sizeof list[0]; n++) {
        size_t columns = picture_columns(list[n].text);
        double width;

        if (!list[n].fill)
            continue;
        columns = columns < NAME_COLUMNS ? columns : NAME_COLUMNS;
        width = 18 + columns_width(columns, TEXT_SIZE) + 18;
        if (x > MARGIN && x + width > g->width - MARGIN) {
            x = MARGIN;
            y += LINE + 2;
        }
        put_swatch(g, x, y, list[n].style, list[n].fill);
        put_text(g->out, "bh-dim bh-legend", x + 18, y + 3.5, TEXT_SIZE, list[n].text, columns);
        x += width;
    }
    if (gaps) {
        if (x > MARGIN && x + 60 > g->width - MARGIN) {
            x = MARGIN;
            y += LINE + 2;
        }
        put_swatch(g, x, y, "hatched", "url(#bh-hatch)");
        put_text(g->out, "bh-dim bh-legend", x + 18, y + 3.5, TEXT_SIZE, "free", 4);
    }
    return y + LINE + 6;
}

/* As much of text as fits a line, cut at a space if there is one. */
static size_t line_length(const char *text, size_t columns)
{
    size_t bytes = picture_cut(text, columns), cut = bytes;

    if (!text[bytes])
        return bytes;
    while (cut && text[cut] != ' ')
        cut--;
    return cut ? cut : bytes ? bytes : 1;
}

static double put_finding(const struct drawing *g, size_t i, double y)
{
    const struct picture_finding *f = &g->picture->findings[i];
    size_t columns = (size_t)((g->width - 2 * MARGIN - 40) / (TEXT_SIZE * ADVANCE));
    char *text;
    const char *rest;

    text = picture_format("%s: %s", picture_severity_name(f->severity), f->text);
    put_badge(g, MARGIN, y, i);
    for (rest = text; *rest; y += 13) {
        size_t n = line_length(rest, columns);
        char *line = strndup(rest, n);

        put_text(g->out, "bh-ink bh-finding", MARGIN + 36, y + 3.5, TEXT_SIZE, line ? line : "",
                 columns);
        free(line);
        for (rest += n; *rest == ' '; rest++)
            ;
    }
    free(text);
    return y + 6;
}

/* How much is below the bars, by drawing it to nowhere. */
static double put_below(struct drawing *g)
{
    double y = put_legend(g, g->top + g->height + 26);

    for (size_t i = 0; i < g->picture->n_findings; i++)
        y = put_finding(g, i, y);
    return y;
}

static double measure_below(struct drawing *g)
{
    FILE *out = g->out;
    char *nothing = NULL;
    size_t len;
    double y;

    g->out = open_memstream(&nothing, &len);
    if (!g->out) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    y = put_below(g);
    fclose(g->out);
    free(nothing);
    g->out = out;
    return y;
}

static void put_all(struct drawing *g)
{
    double height = measure_below(g);

    fprintf(g->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
            "viewBox=\"0 0 %.0f %.0f\" role=\"img\" xml:space=\"preserve\">\n<title>",
            ceil(g->width), ceil(height), ceil(g->width), ceil(height));
    xml_put(g->out, g->picture->title, strlen(g->picture->title));
    fputs(": what lies where in flash</title>\n", g->out);
    put_style(g->out);
    fputs("<defs><pattern id=\"bh-hatch\" width=\"7\" height=\"7\" "
          "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
          "<path class=\"bh-hatch\" d=\"M0 0V7\" stroke=\"#c3c9d0\" stroke-width=\"2\"/>"
          "</pattern></defs>\n",
          g->out);
    fprintf(g->out, "<rect class=\"bh-paper\" width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>\n",
            ceil(g->width), ceil(height));
    put_text(g->out, "bh-ink bh-title", MARGIN, MARGIN + 10, 15, g->picture->title,
             (size_t)((g->width - 2 * MARGIN) / (15 * ADVANCE)));
    for (size_t i = 0; i < g->picture->n_devices; i++)
        put_panel(g, &g->panels[i]);
    put_below(g);
    fputs("</svg>\n", g->out);
}

char *picture_svg(struct picture *p)
{
    struct drawing g = { .picture = p };
    char *text = NULL;
    size_t len;

    picture_arrange(p);
    g.panels = calloc(p->n_devices + 1, sizeof *g.panels);
    g.out = open_memstream(&text, &len);
    if (!g.panels || !g.out) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    lay_out(&g);
    put_all(&g);
    fclose(g.out);
    for (size_t i = 0; i < p->n_devices; i++)
        free(g.panels[i].labels);
    free(g.panels);
    return text;
}
