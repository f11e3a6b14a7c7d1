/* SPDX-License-Identifier: Apache-2.0 */
/* host/table/edit.h - change a table's CSV and leave everything else of the text as it is. */
#ifndef HOST_TABLE_EDIT_H
#define HOST_TABLE_EDIT_H

#include "host/table/table.h"

/* The text with a field of a line (from 1) replaced; NULL if the line cannot be edited because it
 * takes something from the environment. free() it. */
char *esp_edit_field(const char *text, unsigned line, enum esp_field field, const char *value);
/* Without a line. */
char *esp_edit_remove(const char *text, unsigned line);
/* With a line of its own after another; line 0: at the end. */
char *esp_edit_insert(const char *text, unsigned line, const char *row);

/* The offset of a table in an image of a whole flash: first where it usually is, then the first
 * page that begins with one. Negative: none. */
int64_t esp_find_table(const uint8_t *flash, size_t len, int64_t usual);

#endif
