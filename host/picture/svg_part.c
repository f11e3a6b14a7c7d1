/* SPDX-License-Identifier: Apache-2.0 */
/* SVG: a part of a device, and its label. */
#include "host/picture/svg.h"
#include "host/picture/xml.h"

#include <inttypes.h>
#include <string.h>

static void detail(const struct picture_part *part, char *text, size_t size)
{
    int n = snprintf(text, size, "0x%06" PRIx64 " %s", part->off, picture_size(part->size).text);

    if (part->used >= 0 && part->size && n > 0 && (size_t)n < size)
        snprintf(text + n, size - (size_t)n, ", %u%% used",
                 (unsigned)((double)part->used * 100 / (double)part->size));
}

double svg_y_of(const struct drawing *g, const struct panel *panel, uint64_t off)
{
    if (off > panel->extent)
        off = panel->extent;
    return g->top + g->height * (double)off / (double)panel->extent;
}

struct box svg_box_of(const struct drawing *g, const struct panel *panel,
                      const struct picture_part *part)
{
    uint64_t end = part->size > panel->extent || part->off > panel->extent - part->size
                       ? panel->extent
                       : part->off + part->size;
    double lane = SVG_BAR_WIDTH / (double)part->lanes;
    struct box b = { panel->bar_x + lane * (double)part->lane, svg_y_of(g, panel, part->off), lane,
                     0 };

    if (part->container) {
        b.x = panel->bar_x - SVG_STRIP * (double)(part->depth + 1);
        b.width = SVG_STRIP - 3;
    }
    b.height = svg_y_of(g, panel, end) - b.y;
    return b;
}

/* How many lines of text find room in a part's box: 0, its label is outside; 1; 2; 3 with role. */
unsigned svg_lines_inside(const struct picture *p, const struct panel *panel, size_t index,
                          const struct box *b)
{
    const struct picture_part *part = &panel->device->parts[index];
    double room = b->width - SVG_TICK - 2 * SVG_PAD - svg_badges_width(p, panel->index, (int)index);
    double name = svg_columns_width(picture_columns(part->name), SVG_NAME_SIZE), more;
    char text[64];

    detail(part, text, sizeof text);
    more = svg_columns_width(strlen(text), SVG_TEXT_SIZE);
    if (part->container || b->height < SVG_LINE + 1)
        return 0;
    if (b->height >= 2 * SVG_LINE && name <= room && more <= b->width - SVG_TICK - 2 * SVG_PAD)
        return part->role && b->height >= 3 * SVG_LINE &&
                       svg_columns_width(picture_columns(part->role), SVG_TEXT_SIZE) <=
                           b->width - SVG_TICK - 2 * SVG_PAD
                   ? 3
                   : 2;
    return name + 8 + more <= room;
}

void svg_put_box(const struct drawing *g, const struct panel *panel, size_t index,
                 const struct box *b)
{
    const struct picture_part *part = &panel->device->parts[index];
    char style[8];

    svg_style_of(part->kind, part->slot, style);
    fprintf(
        g->out,
        "<rect class=\"bh-%s bh-%s bh-line\" data-device=\"%d\" data-part=\"%zu\" "
        "data-offset=\"%" PRIu64 "\" data-size=\"%" PRIu64 "\" x=\"%.3f\" y=\"%.3f\" "
        "width=\"%.3f\" height=\"%.3f\" fill=\"%s\" stroke=\"#5b646e\" stroke-width=\"0.7\"><title>",
        part->container ? "container" : "part", style, panel->index, index, part->off, part->size,
        b->x, b->y, b->width, b->height, svg_fill_of(part));
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
void svg_put_frame(const struct drawing *g, const struct panel *panel, size_t index,
                   const struct box *b)
{
    size_t list[SVG_BADGES_MAX], n = svg_findings_of(g->picture, panel->index, (int)index, list);
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
                b->height > 2 ? b->height - 2 : 0.1, svg_severity_color(severity));
}

/* The label in the box, from its top; one line stands in the middle of a low box. */
void svg_put_inside(const struct drawing *g, const struct panel *panel, size_t index,
                    const struct box *b, unsigned lines)
{
    const struct picture_part *part = &panel->device->parts[index];
    double x = b->x + SVG_TICK + SVG_PAD,
           y = b->y + (lines == 1 ? b->height / 2 : SVG_LINE / 2 + 1);
    double badges = svg_badges_width(g->picture, panel->index, (int)index), name;
    char text[64];

    detail(part, text, sizeof text);
    fprintf(g->out, "<g class=\"bh-inside\" data-device=\"%d\" data-part=\"%zu\">\n", panel->index,
            index);
    name = svg_put_text(g->out, "bh-ink", x, y + 4, SVG_NAME_SIZE, part->name,
                        picture_columns(part->name));
    if (lines == 1)
        svg_put_text(g->out, "bh-dim", x + name + 8, y + 4, SVG_TEXT_SIZE, text, strlen(text));
    else
        svg_put_text(g->out, "bh-dim", x, y + 4 + SVG_LINE - 2, SVG_TEXT_SIZE, text, strlen(text));
    if (lines == 3)
        svg_put_text(g->out, "bh-dim", x, y + 4 + 2 * SVG_LINE - 4, SVG_TEXT_SIZE, part->role,
                     picture_columns(part->role));
    svg_put_badges(g, panel->index, (int)index, b->x + b->width - SVG_PAD - badges + 3, y);
    fputs("</g>\n", g->out);
}

size_t svg_label_columns(const char *name)
{
    size_t n = picture_columns(name);

    return n < SVG_NAME_COLUMNS ? n : SVG_NAME_COLUMNS;
}

double svg_label_width(const struct picture *p, const struct panel *panel, size_t index)
{
    const struct picture_part *part = &panel->device->parts[index];
    char text[64];

    detail(part, text, sizeof text);
    return svg_columns_width(svg_label_columns(part->name), SVG_NAME_SIZE) + 8 +
           svg_columns_width(strlen(text), SVG_TEXT_SIZE) + 4 +
           svg_badges_width(p, panel->index, (int)index);
}

void svg_put_outside(const struct drawing *g, const struct panel *panel, const struct label *label)
{
    const struct picture_part *part = &panel->device->parts[label->part];
    struct box b = svg_box_of(g, panel, part);
    double from = b.x + b.width, x = panel->label_x, y = label->at;
    char text[64];

    detail(part, text, sizeof text);
    fprintf(g->out,
            "<path class=\"bh-lead bh-line\" data-device=\"%d\" data-part=\"%zu\" "
            "d=\"M%.2f %.2fH%.2fL%.2f %.2fH%.2f\" fill=\"none\" stroke=\"#8b939c\" "
            "stroke-width=\"0.8\"/>\n",
            panel->index, label->part, from, label->want, panel->bar_x + SVG_BAR_WIDTH + 5, x - 9,
            y, x - 3);
    fprintf(g->out, "<g class=\"bh-outside\" data-device=\"%d\" data-part=\"%zu\">\n", panel->index,
            label->part);
    x += svg_put_text(g->out, "bh-ink", x, y + 4, SVG_NAME_SIZE, part->name, SVG_NAME_COLUMNS) + 8;
    x += svg_put_text(g->out, "bh-dim", x, y + 4, SVG_TEXT_SIZE, text, strlen(text)) + 4;
    svg_put_badges(g, panel->index, (int)label->part, x, y);
    fputs("</g>\n", g->out);
}

/* A container's name, along its strip; from top to bottom as it lies. */
bool svg_name_fits_strip(const struct picture_part *part, const struct box *b)
{
    return svg_columns_width(picture_columns(part->name), SVG_TEXT_SIZE) + 8 <= b->height;
}

void svg_put_strip_name(const struct drawing *g, const struct panel *panel, size_t index,
                        const struct box *b)
{
    const struct picture_part *part = &panel->device->parts[index];
    double width = svg_columns_width(picture_columns(part->name), SVG_TEXT_SIZE);

    fprintf(g->out,
            "<g class=\"bh-strip\" data-device=\"%d\" data-part=\"%zu\" "
            "transform=\"translate(%.2f %.2f) rotate(-90)\">\n",
            panel->index, index, b->x + b->width / 2 + 3.5, b->y + (b->height + width) / 2);
    svg_put_text(g->out, "bh-ink", 0, 0, SVG_TEXT_SIZE, part->name, picture_columns(part->name));
    fputs("</g>\n", g->out);
}
