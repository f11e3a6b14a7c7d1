/* SPDX-License-Identifier: Apache-2.0 */
/* host/line.h - a line of bytes to somebody else: a serial port, a socket, a pseudo-terminal.
 *
 *     struct host_line line;
 *     int code = host_line_dial(&line, "/dev/ttyACM0", 115200, e);
 *     if (!code && host_line_write(&line, "hi\n", 3))
 *         n = host_line_read(&line, buf, sizeof buf, 500);
 *     host_line_close(&line);
 *
 * Each system has one file with these functions (line_posix.c). */
#ifndef HOST_LINE_H
#define HOST_LINE_H

#include <stdbool.h>

#include "host/io.h"

struct host_line {
    int fd;      /* -1: nobody is connected */
    int other;   /* the far end of a pseudo-terminal, or the socket that listens; -1: none */
    char *name;  /* where somebody connects to; the path of a serial port */
    bool remove; /* the name is ours to remove: a link, or a socket */
};

/* A serial port by its path, 8N1 at so many baud; or "socket:PATH", somebody's socket. HOST_OK, or
 * HOST_DEVICE and *e. */
int host_line_dial(struct host_line *line, const char *port, unsigned baud, struct host_error *e);
/* A place to connect to: "pty", a new pseudo-terminal, whose path is in name; "pty:PATH", with a
 * link to it there; "socket:PATH", a socket that takes one client after the other. HOST_OK, or
 * HOST_BAD_INPUT or HOST_FAILED and *e. */
int host_line_serve(struct host_line *line, const char *what, struct host_error *e);
/* Up to size bytes that came, or come within so many milliseconds; 0: none. -1: the other side has
 * gone, for good where this side dialled. */
long host_line_read(struct host_line *line, void *buf, size_t size, unsigned wait_ms);
/* All of it. False: the other side has gone. */
bool host_line_write(struct host_line *line, const void *data, size_t len);
void host_line_close(struct host_line *line);

/* From now on an interrupt or a request to terminate sets a flag instead of ending the program. */
void host_line_heed(void);
bool host_line_interrupted(void);

/* Milliseconds of a clock that only goes forward. */
unsigned long long host_line_ms(void);

#endif
