/* SPDX-License-Identifier: Apache-2.0 */
/* host/layout/write.h - what a layout becomes: files for builds, and JSON.
 *
 *     struct layout_files files;
 *     if (layout_files(&l, &files, e) == HOST_OK)
 *         code = layout_files_write(&files, "build/layout", false, &written, e);
 *     layout_files_free(&files);
 *
 * All of a good layout, each file whole in memory before the first is written. docs/layout.md says
 * what is in each. */
#ifndef HOST_LAYOUT_WRITE_H
#define HOST_LAYOUT_WRITE_H

#include <stdio.h>

#include "host/layout/layout.h"

struct layout_file {
    char *name; /* within the folder */
    char *data;
    size_t len;
};

struct layout_files {
    struct layout_file *list;
    size_t n, room;
};

/* HOST_OK, or *e says why this layout cannot be written. layout_files_free() it always. */
int layout_files(const struct layout *l, struct layout_files *out, struct host_error *e);
/* One more: data was malloc()ed, and belongs to the list from now on. */
void layout_files_add(struct layout_files *files, const char *name, void *data, size_t len);
/* Into a folder, which is made if it is not there. Each file is replaced whole, and only if it
 * changes, so that a build does nothing again. All are opened before one is replaced. dry:
 * everything is checked, nothing is written. written: how many were, or would be; NULL will do. */
int layout_files_write(const struct layout_files *files, const char *folder, bool dry,
                       size_t *written, struct host_error *e);
void layout_files_free(struct layout_files *files);

/* The solved layout as JSON (docs/json/layout-show.json), and the language's JSON Schema. free()
 * it. */
char *layout_json(const struct layout *l);
char *layout_schema(void);

/* ---- for the writers ---- */

void write_json(FILE *out, const struct layout *l);
void write_boot_ld(FILE *out, const struct layout *l);
void write_symbols_ld(FILE *out, const struct layout *l);
void write_slot_ld(FILE *out, const struct layout *l, const struct layout_slot *s);
void write_h(FILE *out, const struct layout *l);
void write_cmake(FILE *out, const struct layout *l);
/* A line for each partition, after what is to be before it. */
void write_map(FILE *out, const struct layout *l, const char *before);
void write_product_c(FILE *out, const struct layout *l, const struct bh_product *product);
void write_select_c(FILE *out, const struct layout *l, const struct layout_product *product);
void write_loaded_ld(FILE *out, const struct layout *l);
void write_product_h(FILE *out, const struct layout *l);
/* ESP-IDF's table; partitions that have no words of ESP-IDF are not in it. */
int write_esp(const struct layout *l, char **csv, uint8_t binary[0xC00], struct host_error *e);
bool is_esp(const struct layout *l);

/* Capital letters of a name, in a buffer of the caller. */
const char *write_upper(const char *name, char out[LAYOUT_NAME_MAX + 1]);
/* Bytes that an application may have: the largest image without header and what signing adds. */
uint32_t write_room(const struct layout *l, const struct layout_slot *s);

#endif
