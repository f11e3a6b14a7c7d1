/* SPDX-License-Identifier: Apache-2.0 */
/* Text as Python sees it: encodings, lines, white space, environment. For csv.c only. */
#ifndef HOST_TABLE_TEXT_H
#define HOST_TABLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
    const char *at;
    size_t len;
};

/* UTF-8 or, by their byte order mark, UTF-16 or UTF-32BE, to UTF-8 without mark and with a 0
 * after; free() it. NULL: *bad is the offset of the first byte that is none. A NUL is none. */
char *text_decode(const uint8_t *data, size_t len, size_t *out_len, size_t *bad);
bool text_is_utf8(const char *text, size_t len);

/* The next line, without its end; false after the last. */
bool text_line(const char **cursor, const char *end, struct slice *line);
struct slice text_strip(struct slice s);
/* $NAME and ${NAME} by the environment; free() it. */
char *text_expand(struct slice line, size_t *len);

#endif
