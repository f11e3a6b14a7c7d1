/* SPDX-License-Identifier: Apache-2.0 */
/* SVG: below the bars, what colours mean and what is to be said. */
#include "host/picture/svg.h"

#include <stdlib.h>
#include <string.h>

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
    struct entry list[PICTURE_SLOT + SVG_PAIRS] = { 0 };
    double x = SVG_MARGIN;
    bool gaps = false;

    for (size_t i = 0; i < p->n_devices; i++)
        picture_gaps(&p->devices[i], note_gap, &gaps);
    for (size_t i = 0; i < p->n_devices; i++)
        for (size_t k = 0; k < p->devices[i].n_parts; k++) {
            const struct picture_part *part = &p->devices[i].parts[k];
            size_t n = part->kind == PICTURE_SLOT ? PICTURE_SLOT + part->slot % SVG_PAIRS
                                                  : (size_t)part->kind;

            if (list[n].fill)
                continue;
            list[n].fill = svg_fill_of(part);
            svg_style_of(part->kind, part->slot, list[n].style);
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
        columns = columns < SVG_NAME_COLUMNS ? columns : SVG_NAME_COLUMNS;
        width = 18 + svg_columns_width(columns, SVG_TEXT_SIZE) + 18;
        if (x > SVG_MARGIN && x + width > g->width - SVG_MARGIN) {
            x = SVG_MARGIN;
            y += SVG_LINE + 2;
        }
        put_swatch(g, x, y, list[n].style, list[n].fill);
        svg_put_text(g->out, "bh-dim bh-legend", x + 18, y + 3.5, SVG_TEXT_SIZE, list[n].text,
                     columns);
        x += width;
    }
    if (gaps) {
        if (x > SVG_MARGIN && x + 60 > g->width - SVG_MARGIN) {
            x = SVG_MARGIN;
            y += SVG_LINE + 2;
        }
        put_swatch(g, x, y, "hatched", "url(#bh-hatch)");
        svg_put_text(g->out, "bh-dim bh-legend", x + 18, y + 3.5, SVG_TEXT_SIZE, "free", 4);
    }
    return y + SVG_LINE + 6;
}

static double put_finding(const struct drawing *g, size_t i, double y)
{
    const struct picture_finding *f = &g->picture->findings[i];
    size_t columns = svg_columns(g->width - 2 * SVG_MARGIN - 40, SVG_TEXT_SIZE);
    char *text;
    const char *rest;

    text = picture_format("%s: %s", picture_severity_name(f->severity), f->text);
    svg_put_badge(g, SVG_MARGIN, y, i);
    for (rest = text; *rest; y += 13) {
        size_t n = svg_line_length(rest, columns);
        char *line = strndup(rest, n);

        svg_put_text(g->out, "bh-ink bh-finding", SVG_MARGIN + 36, y + 3.5, SVG_TEXT_SIZE,
                     line ? line : "", columns);
        free(line);
        for (rest += n; *rest == ' '; rest++)
            ;
    }
    free(text);
    return y + 6;
}

double svg_put_below(const struct drawing *g)
{
    double y = put_legend(g, g->top + g->height + 26);

    for (size_t i = 0; i < g->picture->n_findings; i++)
        y = put_finding(g, i, y);
    return y;
}
