/* SPDX-License-Identifier: Apache-2.0 */
/* host/report.h - errors for people: what, where, why, what to do next.
 *
 *     if (len < 32)
 *         return host_fail(e, HOST_BAD_INPUT, host_at(path, len), "Was the copy cut short?",
 *                          "image ends in its header: %zu of 32 bytes", len);
 *
 * A host function that can fail takes a struct host_error *, fills it, and returns its code. The
 * tool prints the text and exits with the code; a library hands both on. */
#ifndef HOST_REPORT_H
#define HOST_REPORT_H

#include <stddef.h>
#include <stdint.h>

/* Also the exit codes of the tool. */
enum host_code {
    HOST_OK = 0,
    HOST_FAILED = 1,     /* could not be done: I/O, no memory, no permission */
    HOST_BAD_INPUT = 2,  /* usage, or an input that is not what it should be */
    HOST_BAD_LAYOUT = 3, /* partitions that contradict each other or the device */
    HOST_DEVICE = 4,     /* flash or its connection */
    HOST_VERIFY = 5,     /* an image that must not be started */
};

struct host_error {
    int code;
    char text[1024]; /* one line, without line end: "WHERE: message. hint" */
    /* Where in it the message begins, and the hint (0: there is none); for programs that want them
     * apart. */
    uint16_t message_at, hint_at;
};

/* Where the trouble is. Use the functions below. */
struct host_where {
    const char *file;
    enum { HOST_IN_FILE, HOST_AT_OFFSET, HOST_AT_LINE } kind;
    unsigned long a, b; /* offset; or line and column (0: unknown) */
};

static inline struct host_where host_nowhere(void)
{
    return (struct host_where){ NULL, HOST_IN_FILE, 0, 0 };
}

static inline struct host_where host_in(const char *file)
{
    return (struct host_where){ file, HOST_IN_FILE, 0, 0 };
}

static inline struct host_where host_at(const char *file, size_t off)
{
    return (struct host_where){ file, HOST_AT_OFFSET, off, 0 };
}

static inline struct host_where host_line(const char *file, unsigned line, unsigned column)
{
    return (struct host_where){ file, HOST_AT_LINE, line, column };
}

/* Fill *e and return code. The text becomes "WHERE: message. hint"; hint is a whole sentence, or
 * NULL if there is nothing to advise. */
__attribute__((format(printf, 5, 6))) int host_fail(struct host_error *e, int code,
                                                    struct host_where where, const char *hint,
                                                    const char *format, ...);

#endif
