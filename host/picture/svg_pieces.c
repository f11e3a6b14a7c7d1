/* SPDX-License-Identifier: Apache-2.0 */
/* SVG: colours, texts, badges. */
#include "host/picture/svg.h"
#include "host/picture/xml.h"

#include <stdlib.h>
#include <string.h>

#define ADVANCE 0.6 /* of a letter's size: its width */

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

const char *svg_fill_of(const struct picture_part *part)
{
    return part->kind == PICTURE_SLOT ? pairs[part->slot % SVG_PAIRS].light
                                      : kinds[part->kind].light;
}

/* Name of the style, "s0" of a pair, "k1" of a kind. */
void svg_style_of(enum picture_kind kind, unsigned slot, char name[8])
{
    if (kind == PICTURE_SLOT)
        snprintf(name, 8, "s%u", slot % (unsigned)SVG_PAIRS);
    else
        snprintf(name, 8, "k%u", (unsigned)kind);
}

void svg_put_style(FILE *out)
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
    for (size_t i = 0; i < SVG_PAIRS; i++)
        fprintf(out, ".bh-s%zu{fill:%s}", i, pairs[i].dark);
    fputs("}\n</style>\n", out);
}

void svg_put_paper(FILE *out, double width, double height)
{
    fputs("<defs><pattern id=\"bh-hatch\" width=\"7\" height=\"7\" "
          "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
          "<path class=\"bh-hatch\" d=\"M0 0V7\" stroke=\"#c3c9d0\" stroke-width=\"2\"/>"
          "</pattern></defs>\n",
          out);
    fprintf(out, "<rect class=\"bh-paper\" width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>\n", width,
            height);
}

const char *svg_severity_color(enum picture_severity severity)
{
    static const char *const colors[] = { "#c62828", "#b26a00", "#1565c0" };

    return colors[severity];
}

/* ---- texts and badges ---- */

double svg_columns_width(size_t columns, double size)
{
    return (double)columns * size * ADVANCE;
}

size_t svg_columns(double width, double size)
{
    return width > 0 ? (size_t)(width / (size * ADVANCE)) : 0;
}

/* Text whose baseline begins at x, y; cut in the middle to so many columns. Returns its width. */
double svg_put_text(FILE *out, const char *class, double x, double y, double size, const char *text,
                    size_t most)
{
    size_t columns = picture_columns(text);
    bool cut = columns > most;
    size_t bytes = strlen(text), tail = bytes;
    double width;

    if (cut) {
        char *head;

        picture_cut_middle(text, most, &bytes, &tail);
        head = strndup(text, bytes);
        columns = (head ? picture_columns(head) : 0) + 1 + picture_columns(text + tail);
        free(head);
    }
    if (columns == 0 || most == 0)
        return 0;
    width = svg_columns_width(columns, size);
    fprintf(out,
            "<text class=\"%s\" x=\"%.2f\" y=\"%.2f\" font-size=\"%g\" textLength=\"%.2f\" "
            "lengthAdjust=\"spacingAndGlyphs\" fill=\"%s\">",
            class, x, y, size, width, strstr(class, "bh-dim") ? "#555e68" : "#14171a");
    xml_put(out, text, bytes);
    fputs(cut ? "\xE2\x80\xA6" : "", out);
    xml_put(out, text + tail, strlen(text + tail));
    fputs("</text>\n", out);
    return width;
}

size_t svg_line_length(const char *text, size_t columns)
{
    size_t bytes = picture_cut(text, columns), cut = bytes;

    if (!text[bytes])
        return bytes;
    while (cut && text[cut] != ' ')
        cut--;
    return cut ? cut : bytes ? bytes : 1;
}

static double badge_width(size_t number)
{
    return 6.0 + (number < 10 ? 8.0 : number < 100 ? 12.0 : 18.0);
}

/* The number of a finding, in a small frame whose left edge is x and whose middle is y. */
double svg_put_badge(const struct drawing *g, double x, double y, size_t finding)
{
    enum picture_severity severity = g->picture->findings[finding].severity;
    double width = badge_width(finding + 1);
    char number[24];

    snprintf(number, sizeof number, "%zu", finding + 1);
    fprintf(g->out,
            "<rect class=\"bh-badge bh-paper bh-%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
            "height=\"14\" rx=\"6\" fill=\"#fff\" stroke=\"%s\" stroke-width=\"1.5\"/>\n",
            picture_severity_name(severity), x, y - 7, width, svg_severity_color(severity));
    svg_put_text(g->out, "bh-ink bh-number", x + (width - svg_columns_width(strlen(number), 9)) / 2,
                 y + 3.2, 9, number, 4);
    return width + 3;
}

/* Findings of a part; part -1: of the device alone. Returns how many, the first few in list. */
size_t svg_findings_of(const struct picture *p, int device, int part, size_t list[SVG_BADGES_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_findings; i++)
        for (int k = 0; k < 2; k++)
            if (p->findings[i].at[k].device == device && p->findings[i].at[k].part == part) {
                if (n < SVG_BADGES_MAX)
                    list[n++] = i;
                break;
            }
    return n;
}

double svg_badges_width(const struct picture *p, int device, int part)
{
    size_t list[SVG_BADGES_MAX], n = svg_findings_of(p, device, part, list);
    double width = 0;

    for (size_t i = 0; i < n; i++)
        width += badge_width(list[i] + 1) + 3;
    return width;
}

void svg_put_badges(const struct drawing *g, int device, int part, double x, double y)
{
    size_t list[SVG_BADGES_MAX], n = svg_findings_of(g->picture, device, part, list);

    for (size_t i = 0; i < n; i++)
        x += svg_put_badge(g, x, y, list[i]);
}
