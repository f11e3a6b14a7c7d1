/* SPDX-License-Identifier: Apache-2.0 */
/* One form for every error text. */
#include "host/report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAME_SHOWN 400u

/* Append to a text of size bytes that is used bytes long; a text too long is cut. */
__attribute__((format(printf, 4, 0))) static size_t append(char *text, size_t size, size_t used,
                                                           const char *format, va_list args)
{
    int n = used < size ? vsnprintf(text + used, size - used, format, args) : 0;

    return n < 0 ? used : used + (size_t)n;
}

__attribute__((format(printf, 3, 4))) static size_t put(struct host_error *e, size_t used,
                                                        const char *format, ...)
{
    va_list args;

    va_start(args, format);
    used = append(e->text, sizeof e->text, used, format, args);
    va_end(args);
    return used;
}

/* Of a name that would leave no room for the message only the end is shown. */
static size_t put_where(struct host_error *e, struct host_where w)
{
    size_t len = w.file ? strlen(w.file) : 0;
    size_t used;

    if (!w.file)
        return 0;
    used = put(e, 0, len > NAME_SHOWN ? "...%s" : "%s",
               len > NAME_SHOWN ? w.file + len - NAME_SHOWN : w.file);
    if (w.kind == HOST_AT_OFFSET)
        return put(e, used, ": offset 0x%lx: ", w.a);
    if (w.kind == HOST_AT_LINE && w.b)
        return put(e, used, ":%lu:%lu: ", w.a, w.b);
    if (w.kind == HOST_AT_LINE)
        return put(e, used, ":%lu: ", w.a);
    return put(e, used, ": ");
}

static bool ends_sentence(const char *text)
{
    size_t len = strlen(text);

    return len && (text[len - 1] == '?' || text[len - 1] == '.');
}

int host_fail(struct host_error *e, int code, struct host_where where, const char *hint,
              const char *format, ...)
{
    va_list args;
    size_t used = put_where(e, where);

    e->message_at = (uint16_t)(used < sizeof e->text ? used : 0);
    e->hint_at = 0;
    va_start(args, format);
    used = append(e->text, sizeof e->text, used, format, args);
    va_end(args);
    used = put(e, used, "%s", ends_sentence(e->text) ? "" : ".");
    if (hint && used + 1 < sizeof e->text)
        e->hint_at = (uint16_t)(used + 1);
    if (hint)
        put(e, used, " %s", hint);
    e->code = code;
    return code;
}
