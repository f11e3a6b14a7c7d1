/* SPDX-License-Identifier: Apache-2.0 */
/* host/layout/events.h - libyaml's events of a text, with the places of what they are of. Not for
 * others than the readers of YAML.
 *
 *     struct events s = { .l = l, .file = name };
 *     whole = events_read(&s, text, len, take, context);
 *
 * The name is in the layout's arena. */
#ifndef HOST_LAYOUT_EVENTS_H
#define HOST_LAYOUT_EVENTS_H

#include <yaml.h>

#include "host/layout/layout.h"

struct event_lines {
    const char *text;
    size_t len;
    size_t *starts; /* offset of every line */
    size_t n, room;
};

struct events {
    struct layout *l; /* findings go there */
    const char *file;
    struct event_lines lines;
};

/* One event. False: enough. */
typedef bool event_take(void *context, const yaml_event_t *e);

/* Every event of a text, until take() has enough. True: the text was read to its end. False: a
 * finding says why, or take() knows. */
bool events_read(struct events *s, const char *text, size_t len, event_take *take, void *context);
/* From one mark to another, in bytes; while events_read() is at it. */
struct layout_mark event_mark(const struct events *s, const yaml_mark_t *begin,
                              const yaml_mark_t *end);

#endif
