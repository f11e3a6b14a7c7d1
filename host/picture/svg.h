/* SPDX-License-Identifier: Apache-2.0 */
/* host/picture/svg.h - what the files that draw SVG share. Not for others.
 *
 *  svg_pieces.c   colours, texts, badges
 *  svg_part.c     a part: its box, its label inside or outside
 *  svg_device.c   a device: heading, page runs, ticks, gaps, parts
 *  svg_below.c    legend and findings
 *  moves_svg.c    before and after (moves.h)
 *  picture_svg.c  how large all is, and the file */
#ifndef HOST_PICTURE_SVG_H
#define HOST_PICTURE_SVG_H

#include <stdio.h>

#include "host/picture/picture.h"

/* In the drawing's units, which are pixels on a screen of 96 to the inch. */
#define SVG_MARGIN 20.0
#define SVG_NAME_SIZE 12.0 /* letters of names, and of all else */
#define SVG_TEXT_SIZE 10.0
#define SVG_RUN_WIDTH 74.0
#define SVG_STRIP 16.0 /* of a container */
#define SVG_BAR_WIDTH 210.0
#define SVG_LEAD 30.0 /* leader lines */
#define SVG_LINE 16.0 /* from label to label */
#define SVG_RUN_LINE 13.0
#define SVG_TICK 6.0 /* marks of pages, inside the bar */
#define SVG_PAD 5.0  /* in a box, beside its text */
#define SVG_HEADING 56.0
#define SVG_NAME_COLUMNS 34u /* longer names are cut */
#define SVG_BADGES_MAX 3u
#define SVG_PAIRS 8u /* colours; more pairs share them */

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
    uint64_t extent;         /* bytes that the bar shows: the device, and what reaches beyond */
    uint64_t pages_per_tick; /* a power of two */
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

/* ---- pieces ---- */

double svg_columns_width(size_t columns, double size);
/* Columns that fit a width. */
size_t svg_columns(double width, double size);
/* Text whose baseline begins at x, y; cut in the middle to so many columns. Returns its width. */
double svg_put_text(FILE *out, const char *class, double x, double y, double size, const char *text,
                    size_t most);
void svg_put_style(FILE *out);
/* What all is drawn on, and the hatching of free flash. */
void svg_put_paper(FILE *out, double width, double height);
/* As much of text as fits a line, cut at a space if there is one. */
size_t svg_line_length(const char *text, size_t columns);
const char *svg_fill_of(const struct picture_part *part);
/* Name of the style, "s0" of a pair, "k1" of a kind. */
void svg_style_of(enum picture_kind kind, unsigned slot, char name[8]);
const char *svg_severity_color(enum picture_severity severity);
/* The number of a finding, in a small frame whose left edge is x and whose middle is y. */
double svg_put_badge(const struct drawing *g, double x, double y, size_t finding);
/* Findings of a part; part -1: of the device alone. Returns how many, the first few in list. */
size_t svg_findings_of(const struct picture *p, int device, int part, size_t list[SVG_BADGES_MAX]);
double svg_badges_width(const struct picture *p, int device, int part);
void svg_put_badges(const struct drawing *g, int device, int part, double x, double y);

/* ---- a part ---- */

double svg_y_of(const struct drawing *g, const struct panel *panel, uint64_t off);
struct box svg_box_of(const struct drawing *g, const struct panel *panel,
                      const struct picture_part *part);
/* How many lines of text find room in a part's box: 0, its label is outside; 1; 2; 3 with role. */
unsigned svg_lines_inside(const struct picture *p, const struct panel *panel, size_t index,
                          const struct box *b);
/* Does a container's name fit along its strip? */
bool svg_name_fits_strip(const struct picture_part *part, const struct box *b);
size_t svg_label_columns(const char *name);
double svg_label_width(const struct picture *p, const struct panel *panel, size_t index);
void svg_put_box(const struct drawing *g, const struct panel *panel, size_t index,
                 const struct box *b);
void svg_put_frame(const struct drawing *g, const struct panel *panel, size_t index,
                   const struct box *b);
void svg_put_inside(const struct drawing *g, const struct panel *panel, size_t index,
                    const struct box *b, unsigned lines);
void svg_put_outside(const struct drawing *g, const struct panel *panel, const struct label *label);
void svg_put_strip_name(const struct drawing *g, const struct panel *panel, size_t index,
                        const struct box *b);

/* ---- a device, and what is below ---- */

uint64_t svg_pages_per_tick(const struct drawing *g, const struct panel *panel);
void svg_put_panel(const struct drawing *g, const struct panel *panel);
/* Legend and findings. Returns where they end. */
double svg_put_below(const struct drawing *g);

#endif
