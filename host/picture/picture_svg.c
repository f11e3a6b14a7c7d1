/* SPDX-License-Identifier: Apache-2.0 */
/* A picture as SVG. Devices stand side by side, each a bar to its own scale:
 *
 *     internal                  <- heading
 *     4x16K |-| +----------+
 *             | +----------+    <- ticks on the left are pages
 *       64K |-| | settings |    <- large: the label is inside
 *             | +----------+ --- journal_a  0x8000  16 KB    <- small: outside, with a leader line
 *
 * Every text has a fixed font and says its length (textLength), so it is never wider than its
 * place, whatever font the reader has. Colours are attributes, for readers that know no style
 * sheets; the style sheet only turns them dark where the screen is. */
#include "host/picture/svg.h"
#include "host/picture/xml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PANEL_GAP 36.0
#define BAR_LEAST 380.0
#define WIDTH_LEAST 600.0

/* ---- how large it is ---- */

/* Which labels are outside at this height, and where they want to be. */
static void collect_labels(struct drawing *g, struct panel *panel)
{
    const struct picture_device *d = panel->device;

    panel->n_labels = 0;
    for (size_t i = 0; i < d->n_parts; i++) {
        struct box b = svg_box_of(g, panel, &d->parts[i]);
        bool strip = d->parts[i].container && svg_name_fits_strip(&d->parts[i], &b);

        if (!strip && !svg_lines_inside(g->picture, panel, i, &b))
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
        picture_place(want, at, n, SVG_LINE, g->top, g->top + g->height);
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
            double runs = SVG_RUN_LINE * (double)g->panels[i].device->n_runs, labels;

            collect_labels(g, &g->panels[i]);
            labels = SVG_LINE * (double)g->panels[i].n_labels;
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
    panel->bar_x = panel->x + SVG_RUN_WIDTH + SVG_STRIP * strips;
    panel->label_x = panel->bar_x + SVG_BAR_WIDTH + SVG_LEAD;
    for (size_t i = 0; i < panel->n_labels; i++) {
        double width = svg_label_width(g->picture, panel, panel->labels[i].part);

        labels = width > labels ? width : labels;
    }
    panel->width = panel->bar_x + SVG_BAR_WIDTH + (labels > 0 ? SVG_LEAD + labels : 0) - panel->x;
    heading = panel->bar_x - panel->x + 8 +
              svg_columns_width(svg_label_columns(d->name), SVG_NAME_SIZE) +
              svg_badges_width(g->picture, panel->index, -1);
    if (heading > panel->width)
        panel->width = heading;
}

static void lay_out(struct drawing *g)
{
    const struct picture *p = g->picture;
    double x = SVG_MARGIN;

    g->top = SVG_MARGIN + 24 + SVG_HEADING;
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
        g->panels[i].pages_per_tick = svg_pages_per_tick(g, &g->panels[i]);
        place_labels(g, &g->panels[i]);
        x += g->panels[i].width + PANEL_GAP;
    }
    g->width = x - PANEL_GAP + SVG_MARGIN > WIDTH_LEAST ? x - PANEL_GAP + SVG_MARGIN : WIDTH_LEAST;
}

/* How much is below the bars, by drawing it to nowhere. */
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
    y = svg_put_below(g);
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
    svg_put_style(g->out);
    svg_put_paper(g->out, ceil(g->width), ceil(height));
    svg_put_text(g->out, "bh-ink bh-title", SVG_MARGIN, SVG_MARGIN + 10, 15, g->picture->title,
                 svg_columns(g->width - 2 * SVG_MARGIN, 15));
    for (size_t i = 0; i < g->picture->n_devices; i++)
        svg_put_panel(g, &g->panels[i]);
    svg_put_below(g);
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
