/* SPDX-License-Identifier: Apache-2.0 */
/* One form for every error text. */
#include "host/report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

static size_t put_where(struct host_error *e, struct host_where w)
{
    if (!w.file)
        return 0;
    if (w.kind == HOST_AT_OFFSET)
        return put(e, 0, "%s: offset 0x%lx: ", w.file, w.a);
    if (w.kind == HOST_AT_LINE && w.b)
        return put(e, 0, "%s:%lu:%lu: ", w.file, w.a, w.b);
    if (w.kind == HOST_AT_LINE)
        return put(e, 0, "%s:%lu: ", w.file, w.a);
    return put(e, 0, "%s: ", w.file);
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

    va_start(args, format);
    used = append(e->text, sizeof e->text, used, format, args);
    va_end(args);
    used = put(e, used, "%s", ends_sentence(e->text) ? "" : ".");
    if (hint)
        put(e, used, " %s", hint);
    e->code = code;
    return code;
}
