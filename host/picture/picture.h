/* SPDX-License-Identifier: Apache-2.0 */
/* host/picture/picture.h - flash drawn to scale: in a terminal, as SVG, as a page to print.
 *
 *     struct picture p = { .title = "lamp" };
 *     struct picture_device *d = picture_add_device(&p, "internal", "stm32f407xe", 512 * 1024);
 *     d->runs = runs, d->n_runs = 3;
 *     picture_add_part(d, "bootloader", 0, 32 * 1024)->kind = PICTURE_BOOTLOADER;
 *     char *svg = picture_svg(&p);
 *     ...
 *     free(svg);
 *     picture_free(&p);
 *
 * Who fills in a picture need not know how it is drawn: parts may come in any order, overlap, or
 * reach beyond the device, and names may be any text. What is between the parts is drawn as a gap.
 * A picture is to scale: every device has a scale of its own, which is written beside it.
 * Without memory the program ends. */
#ifndef HOST_PICTURE_PICTURE_H
#define HOST_PICTURE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulkhead/flash.h"

struct layout;

enum picture_kind {
    PICTURE_DATA,       /* the application's own */
    PICTURE_BOOTLOADER, /* the bootloader's program */
    PICTURE_JOURNAL,
    PICTURE_TABLE, /* a partition table */
    PICTURE_SLOT,  /* of pair `slot`: its slots and its spare */
};

/* A stretch of a device. */
struct picture_part {
    const char *name;
    const char *role; /* "primary of app", or NULL */
    uint64_t off, size;
    enum picture_kind kind;
    unsigned slot;  /* of PICTURE_SLOT: which pair, from 0; a pair has one colour */
    bool container; /* around others, so it is drawn beside them */
    unsigned depth; /* containers around it */
    int64_t used;   /* bytes that are not erased; negative: not known */
    /* for those who draw */
    size_t lane, lanes; /* parts that overlap stand side by side: which, of how many */
};

struct picture_device {
    const char *name;
    const char *what; /* "stm32f407xe", or NULL */
    uint64_t size;
    const struct bh_page_run *runs; /* NULL: not known */
    size_t n_runs;
    bool mapped;
    uint64_t base; /* address, if mapped */
    struct picture_part *parts;
    size_t n_parts, room;
};

enum picture_severity { PICTURE_ERROR, PICTURE_WARNING, PICTURE_NOTE };

/* A thing to say, and where: up to two parts, or a device alone. */
struct picture_finding {
    enum picture_severity severity;
    const char *text;
    struct {
        int device, part; /* -1: none */
    } at[2];
};

struct picture {
    const char *title;
    struct picture_device *devices;
    size_t n_devices, devices_room;
    struct picture_finding *findings;
    size_t n_findings, findings_room;
    char **texts; /* what picture_say() made */
    size_t n_texts, texts_room;
};

/* ---- to fill in ---- */

/* Pointers to devices, parts and findings hold until the next one is added. Texts are
 * not copied. */
struct picture_device *picture_add_device(struct picture *p, const char *name, const char *what,
                                          uint64_t size);
struct picture_part *picture_add_part(struct picture_device *d, const char *name, uint64_t off,
                                      uint64_t size);
struct picture_finding *picture_add_finding(struct picture *p, enum picture_severity severity,
                                            const char *text);
/* A text that lives as long as the picture. */
__attribute__((format(printf, 2, 3))) const char *picture_say(struct picture *p, const char *format,
                                                              ...);
void picture_free(struct picture *p);

/* The picture of a layout, solved or not, with its findings. It borrows from the layout. */
void picture_of_layout(struct picture *p, const struct layout *l);

/* ---- to draw; free() what comes back ---- */

/* At most `columns` wide (at least 30), with colours or without. */
char *picture_text(struct picture *p, unsigned columns, bool color);
/* A whole SVG file. Light, dark if the reader's screen is, light on paper. */
char *picture_svg(struct picture *p);
/* A page with the SVG in it, every partition and every finding in words. Nothing is loaded. */
char *picture_html(struct picture *p);

/* ---- between those who draw ---- */

/* A text to free(). */
__attribute__((format(printf, 1, 2))) char *picture_format(const char *format, ...);
/* Sort each device's parts by place, a container before its parts, and find lanes. */
void picture_arrange(struct picture *p);

/* Stretches of a device that no part covers: calls back from the start on. */
void picture_gaps(const struct picture_device *d,
                  void (*gap)(void *context, uint64_t off, uint64_t size), void *context);

/* Labels of one height each, wanted at centre want[i] (ascending): centre at[i] becomes the nearest
 * place where none overlaps, within [top, bottom] if there is room. */
void picture_place(const double *want, double *at, size_t n, double height, double top,
                   double bottom);

/* "32 KB", "8 MB", "966144 B" */
struct picture_size {
    char text[28];
};
struct picture_size picture_size(uint64_t bytes);
const char *picture_severity_name(enum picture_severity severity);
/* "bootloader", "journal", "table", "data", or "pair N" for a slot. */
struct picture_size picture_kind_name(enum picture_kind kind, unsigned slot);
/* Columns that text takes in a fixed font, and bytes of its first `columns` of them. */
size_t picture_columns(const char *text);
size_t picture_cut(const char *text, size_t columns);
/* Where a text of more than `columns` (at least 1) is cut so that a mark of one column has room:
 * its first *head bytes and all from *tail on stay. Numbers and endings tell names apart, so the
 * middle goes. */
void picture_cut_middle(const char *text, size_t columns, size_t *head, size_t *tail);

#endif
