/* SPDX-License-Identifier: Apache-2.0 */
/* host/layout/fmt.h - the text of a layout, put into shape or edited; comments stay.
 *
 *     struct layout_edit edit = { "partitions.settings.size", "32K" };
 *     char *text;
 *     if (layout_format(path, before, strlen(before), &edit, 1, &text, e) == HOST_OK)
 *         free(text);      after it was written
 *
 * The text is changed only where the parser found a value: YAML is never written again, so that
 * comments, order and line breaks are as a person left them. */
#ifndef HOST_LAYOUT_FMT_H
#define HOST_LAYOUT_FMT_H

#include <stddef.h>

#include "host/report.h"

struct layout_edit {
    const char *path;  /* keys from the top, with dots between them */
    const char *value; /* as it is to stand in the file */
};

/* Sizes of whole KB become 32K and 2M, offsets become 0x8000, blanks at the ends of lines go, the
 * last line ends. Then the edits. *out is to be freed; on an error it is NULL. The result is read
 * again and compared before it is handed out. */
int layout_format(const char *name, const char *text, size_t len, const struct layout_edit *edits,
                  size_t n, char **out, struct host_error *e);

#endif
