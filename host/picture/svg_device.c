/* SPDX-License-Identifier: Apache-2.0 */
/* SVG: a device. */
#include "host/picture/svg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct gap_context {
    const struct drawing *g;
    const struct panel *panel;
};

static void put_gap(void *context, uint64_t off, uint64_t size)
{
    const struct gap_context *c = context;
    double y = svg_y_of(c->g, c->panel, off), height = svg_y_of(c->g, c->panel, off + size) - y;
    char text[48];

    fprintf(c->g->out,
            "<rect class=\"bh-gap\" data-device=\"%d\" data-offset=\"%" PRIu64
            "\" data-size=\"%" PRIu64 "\" x=\"%.3f\" y=\"%.3f\" width=\"%g\" height=\"%.3f\" "
            "fill=\"#fafafa\"/>\n<rect x=\"%.3f\" y=\"%.3f\" width=\"%g\" height=\"%.3f\" "
            "fill=\"url(#bh-hatch)\" class=\"bh-line\" stroke=\"#8b939c\" stroke-width=\"0.5\">"
            "<title>free: 0x%" PRIx64 ", 0x%" PRIx64 " bytes</title></rect>\n",
            c->panel->index, off, size, c->panel->bar_x, y, SVG_BAR_WIDTH, height, c->panel->bar_x,
            y, SVG_BAR_WIDTH, height, off, size);
    if (height < SVG_LINE + 1)
        return;
    snprintf(text, sizeof text, "free %s", picture_size(size).text);
    fprintf(c->g->out,
            "<rect class=\"bh-gap\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"14\" "
            "fill=\"#fafafa\"/>\n",
            c->panel->bar_x + SVG_TICK + SVG_PAD - 3, y + height / 2 - 7,
            svg_columns_width(strlen(text), SVG_TEXT_SIZE) + 6);
    svg_put_text(c->g->out, "bh-dim bh-free", c->panel->bar_x + SVG_TICK + SVG_PAD,
                 y + height / 2 + 3.5, SVG_TEXT_SIZE, text, strlen(text));
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
    for (size_t r = 0; r < d->n_runs && off <= panel->extent; r++) {
        uint64_t end = off + (uint64_t)d->runs[r].count * d->runs[r].size;
        uint64_t step = panel->pages_per_tick * d->runs[r].size;

        for (; off < end && off <= panel->extent && step; off += step)
            if (off)
                fprintf(g->out, "M%.2f %.3fh%g", panel->bar_x, svg_y_of(g, panel, off), SVG_TICK);
        off = end;
    }
    fputs("\"/>\n", g->out);
}

uint64_t svg_pages_per_tick(const struct drawing *g, const struct panel *panel)
{
    const struct picture_device *d = panel->device;
    uint64_t n = 1;

    for (size_t r = 0; r < d->n_runs; r++)
        while (n < d->runs[r].count &&
               g->height * (double)d->runs[r].size * (double)n / (double)panel->extent < 3)
            n *= 2;
    return n;
}

/* "4 x 16 KB" beside each run of equal pages, with the length that it is of. */
static void put_runs(const struct drawing *g, const struct panel *panel)
{
    const struct picture_device *d = panel->device;
    double *want = calloc(2 * d->n_runs + 1, sizeof *want), *at = want ? want + d->n_runs : NULL;
    uint64_t off = 0;
    double x = panel->x + SVG_RUN_WIDTH - 8;

    for (size_t r = 0; want && r < d->n_runs; r++) {
        uint64_t size = (uint64_t)d->runs[r].count * d->runs[r].size;

        want[r] = (svg_y_of(g, panel, off) + svg_y_of(g, panel, off + size)) / 2;
        fprintf(g->out,
                "<path class=\"bh-line\" d=\"M%.2f %.2fh4V%.2fh-4\" fill=\"none\" "
                "stroke=\"#8b939c\" stroke-width=\"0.8\"/>\n",
                x - 2, svg_y_of(g, panel, off) + 0.5, svg_y_of(g, panel, off + size) - 0.5);
        off += size;
    }
    if (want)
        picture_place(want, at, d->n_runs, SVG_RUN_LINE, g->top, g->top + g->height);
    for (size_t r = 0; want && r < d->n_runs; r++) {
        char text[48];

        snprintf(text, sizeof text, "%u\xC3\x97%s", d->runs[r].count,
                 picture_size(d->runs[r].size).text);
        svg_put_text(g->out, "bh-dim bh-run", x - 6 - svg_columns_width(picture_columns(text), 9),
                     at[r] + 3, 9, text, 12);
    }
    free(want);
}

static void put_heading(const struct drawing *g, const struct panel *panel)
{
    const struct picture_device *d = panel->device;
    double x = panel->bar_x, y = g->top - SVG_HEADING + 14, width;
    size_t most = svg_columns(panel->x + panel->width - x, SVG_NAME_SIZE);
    uint64_t pages = 0;
    char text[96];

    width = svg_put_text(g->out, "bh-ink bh-heading", x, y, SVG_NAME_SIZE, d->name,
                         most > SVG_NAME_COLUMNS ? SVG_NAME_COLUMNS : most);
    svg_put_badges(g, panel->index, -1, x + width + 8, y - 4);
    for (size_t r = 0; r < d->n_runs; r++)
        pages += d->runs[r].count;
    most = svg_columns(panel->x + panel->width - x, SVG_TEXT_SIZE);
    snprintf(text, sizeof text, "%s%s%s", d->what ? d->what : "", d->what ? ", " : "",
             picture_size(d->size).text);
    svg_put_text(g->out, "bh-dim bh-heading", x, y + 15, SVG_TEXT_SIZE, text, most);
    if (d->n_runs) {
        char every[32] = "page";

        if (panel->pages_per_tick > 1)
            snprintf(every, sizeof every, "%" PRIu64 " pages", panel->pages_per_tick);
        snprintf(text, sizeof text, "%" PRIu64 " pages; a tick each %s", pages, every);
        svg_put_text(g->out, "bh-dim bh-heading", x, y + 28, SVG_TEXT_SIZE, text, most);
    }
}

void svg_put_panel(const struct drawing *g, const struct panel *panel)
{
    const struct picture_device *d = panel->device;
    struct gap_context gap = { g, panel };

    fputs("<g>\n", g->out);
    put_heading(g, panel);
    put_runs(g, panel);
    picture_gaps(d, put_gap, &gap);
    for (size_t i = 0; i < d->n_parts; i++) {
        struct box b = svg_box_of(g, panel, &d->parts[i]);

        svg_put_box(g, panel, i, &b);
    }
    put_ticks(g, panel);
    fprintf(g->out,
            "<rect class=\"bh-line bh-bar\" data-device=\"%d\" data-size=\"%" PRIu64
            "\" x=\"%.3f\" y=\"%.3f\" width=\"%g\" height=\"%.3f\" fill=\"none\" "
            "stroke=\"#5b646e\" stroke-width=\"1.2\"/>\n",
            panel->index, d->size, panel->bar_x, g->top, SVG_BAR_WIDTH,
            svg_y_of(g, panel, d->size) - g->top);
    for (size_t i = 0; i < d->n_parts; i++) {
        struct box b = svg_box_of(g, panel, &d->parts[i]);

        svg_put_frame(g, panel, i, &b);
    }
    if (panel->extent > d->size)
        fprintf(g->out,
                "<path class=\"bh-end bh-error\" d=\"M%.2f %.2fH%.2f\" stroke=\"#c62828\" "
                "stroke-width=\"2.5\" stroke-dasharray=\"6 3\"><title>end of the "
                "device</title></path>\n",
                panel->bar_x - 8, svg_y_of(g, panel, d->size), panel->bar_x + SVG_BAR_WIDTH + 8);
    for (size_t i = 0; i < d->n_parts; i++) {
        struct box b = svg_box_of(g, panel, &d->parts[i]);
        unsigned lines = svg_lines_inside(g->picture, panel, i, &b);

        if (d->parts[i].container && svg_name_fits_strip(&d->parts[i], &b))
            svg_put_strip_name(g, panel, i, &b);
        else if (lines)
            svg_put_inside(g, panel, i, &b, lines);
    }
    for (size_t i = 0; i < panel->n_labels; i++)
        svg_put_outside(g, panel, &panel->labels[i]);
    fputs("</g>\n", g->out);
}
