/* SPDX-License-Identifier: Apache-2.0 */
/* host/io.h - whole files in, whole files out, and nothing half-written.
 *
 *     struct host_output out;
 *     if (host_output_open(&out, path, 0644, false, e))      fails before any work is done
 *         return e->code;
 *     ...
 *     return host_output_commit(&out, data, len, e);          or host_output_cancel(&out)
 *
 * Results are enum host_code. */
#ifndef HOST_IO_H
#define HOST_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/report.h"

struct host_bytes {
    uint8_t *data; /* free() it; one more byte, a 0, is after the last */
    size_t len;
};

#define HOST_FILE_MAX ((size_t)256 << 20) /* no flash image is larger; guards against mistakes */

/* All of a file, or of standard input if path is "-". Refuses directories and files of more than
 * HOST_FILE_MAX bytes. */
int host_read_file(const char *path, struct host_bytes *out, struct host_error *e);
/* Safe on a zeroed struct, and twice. */
void host_bytes_free(struct host_bytes *bytes);

/* Do both names lead to one regular file that is there? NULL does not. */
bool host_same_file(const char *a, const char *b);

/* A file that will be there completely or not at all. */
struct host_output {
    char *path;      /* where it is to be, links followed */
    char *temporary; /* written first, then renamed; NULL: a device or pipe, written directly */
    int fd;
    mode_t mode;
    bool durable; /* set it after opening: on the disk for good before commit returns */
};

/* Make ready: the folder must exist and let itself be written; an existing file must be allowed
 * to be replaced (it keeps its mode). "-" is standard output. */
int host_output_open(struct host_output *o, const char *path, mode_t mode, bool replace,
                     struct host_error *e);
/* Refuse bytes that are not text if the output is a terminal: terminals take them for commands.
 * host_output_commit() asks this too; ask it earlier where making the bytes costs something. */
int host_output_check(const struct host_output *o, const void *data, size_t len,
                      struct host_error *e);
/* Write and rename. The output is closed either way. */
int host_output_commit(struct host_output *o, const void *data, size_t len, struct host_error *e);
/* Leave everything as it was. */
void host_output_cancel(struct host_output *o);

/* The three at once, for what needs no work in between. */
int host_write_file(const char *path, const void *data, size_t len, mode_t mode, bool replace,
                    struct host_error *e);

/* The same for what is made of an input (NULL: of none), which is not replaced. */
int host_write_result(const char *path, const char *in, const void *data, size_t len,
                      struct host_error *e);

#endif
