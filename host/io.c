/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in; files out through a temporary neighbour and rename(), so that a reader, a full
 * disk or a crash sees the old file or the new one, never a part. A signal that ends the program
 * takes the neighbour along. */
#define _GNU_SOURCE
#include "host/io.h"
#include "host/system.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *advice(int error)
{
    switch (error) {
    case ENOENT: return "Check the path.";
    case EACCES:
    case EPERM: return "Check the permissions.";
    case EROFS: return "The file system is read-only; choose another place.";
    case ENOSPC: return "Make room, then try again.";
    case ENOTDIR: return "Part of the path is a file, not a folder.";
    default: return NULL;
    }
}

static int fail_errno(struct host_error *e, const char *path, const char *what)
{
    int error = errno;

    return host_fail(e, error == ENOENT || error == ENOTDIR ? HOST_BAD_INPUT : HOST_FAILED,
                     host_in(path), advice(error), "%s: %s", what, strerror(error));
}

/* Read until the end; grows by doubling because a pipe does not tell its length. */
static int read_all(int fd, const char *path, struct host_bytes *out, struct host_error *e)
{
    size_t room = 64 * 1024;

    out->data = malloc(room);
    while (out->data) {
        ssize_t n = read(fd, out->data + out->len, room - out->len - 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(e, path, "cannot read");
        if (n == 0) {
            out->data[out->len] = 0;
            return HOST_OK;
        }
        out->len += (size_t)n;
        if (out->len > HOST_FILE_MAX)
            return host_fail(e, HOST_BAD_INPUT, host_in(path), "Is it the right file?",
                             "more than %zu MiB", HOST_FILE_MAX >> 20);
        if (room - out->len < 2) {
            uint8_t *more = realloc(out->data, room * 2);

            if (!more)
                break;
            out->data = more;
            room *= 2;
        }
    }
    return host_fail(e, HOST_FAILED, host_in(path), NULL, "out of memory");
}

int host_read_file(const char *path, struct host_bytes *out, struct host_error *e)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    int code;

    *out = (struct host_bytes){ NULL, 0 };
    if (!path[0])
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "Name one.",
                         "the name of a file is empty");
    if (fd < 0)
        return fail_errno(e, path, "cannot open");
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        code = host_fail(e, HOST_BAD_INPUT, host_in(path), "Name a file in it.",
                         "is a folder, not a file");
    else
        code = read_all(fd, path, out, e);
    if (!standard)
        close(fd);
    if (code)
        host_bytes_free(out);
    return code;
}

void host_bytes_free(struct host_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct host_bytes){ NULL, 0 };
}

bool host_same_file(const char *a, const char *b)
{
    struct stat x, y;

    return a && b && stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) &&
           x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool is_text(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] == 0x7F || data[i] == 0xFF || (data[i] < ' ' && !strchr("\t\n\r", data[i])) ||
            data[i] == 0)
            return false;
    return true;
}

/* An existing target: follow links, keep the mode, and find out if it can be renamed over. */
static int look_at_existing(struct host_output *o, const char *path, const struct stat *st,
                            bool replace, bool *direct, struct host_error *e)
{
    *direct = !S_ISREG(st->st_mode);
    if (S_ISDIR(st->st_mode))
        return host_fail(e, HOST_BAD_INPUT, host_in(path), "Name a file in it.",
                         "cannot write: is a folder, not a file");
    if (*direct)
        return HOST_OK;
    if (!replace)
        return host_fail(e, HOST_FAILED, host_in(path), "Choose another name, or say --force.",
                         "exists already and is not overwritten");
    if (access(path, W_OK) != 0)
        return fail_errno(e, path, "cannot overwrite");
    o->mode = st->st_mode & 07777;
    free(o->path);
    o->path = realpath(path, NULL);
    return o->path ? HOST_OK : fail_errno(e, path, "cannot resolve");
}

static int open_temporary(struct host_output *o, const char *path, struct host_error *e)
{
    if (asprintf(&o->temporary, "%s.XXXXXX", o->path) < 0) {
        o->temporary = NULL;
        return host_fail(e, HOST_FAILED, host_in(path), NULL, "out of memory");
    }
    o->fd = host_temporary_open(o->temporary);
    if (o->fd < 0) {
        free(o->temporary);
        o->temporary = NULL;
        return fail_errno(e, path, "cannot write in this folder");
    }
    if (fchmod(o->fd, o->mode) != 0)
        return fail_errno(e, path, "cannot set permissions");
    return HOST_OK;
}

static mode_t without_umask(mode_t mode)
{
    mode_t mask = umask(0);

    umask(mask);
    return mode & ~mask;
}

int host_output_open(struct host_output *o, const char *path, mode_t mode, bool replace,
                     struct host_error *e)
{
    struct stat st;
    bool direct = false;
    int code = HOST_OK;

    *o = (struct host_output){ strdup(path), NULL, -1, without_umask(mode), false };
    if (!o->path)
        return host_fail(e, HOST_FAILED, host_in(path), NULL, "out of memory");
    if (strcmp(path, "-") == 0) {
        o->fd = dup(STDOUT_FILENO);
        direct = true;
    } else if (stat(path, &st) == 0) {
        code = look_at_existing(o, path, &st, replace, &direct, e);
        if (!code && direct)
            o->fd = open(path, O_WRONLY | O_CLOEXEC);
    } else if (errno != ENOENT) {
        code = fail_errno(e, path, "cannot write");
    }
    if (!code && direct && o->fd < 0)
        code = fail_errno(e, path, "cannot open for writing");
    if (!code && !direct)
        code = open_temporary(o, path, e);
    if (code)
        host_output_cancel(o);
    return code;
}

/* 0, or -1 with errno. */
static int write_all(int fd, const uint8_t *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A rename is on the disk when its folder is. */
static int sync_folder(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int result = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0)
        close(fd);
    free(copy);
    return result;
}

int host_output_check(const struct host_output *o, const void *data, size_t len,
                      struct host_error *e)
{
    if (o->temporary || !isatty(o->fd) || is_text(data, len))
        return HOST_OK;
    return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "Name an output file, or | PROGRAM.",
                     "binary data is not for a terminal");
}

int host_output_commit(struct host_output *o, const void *data, size_t len, struct host_error *e)
{
    int code = host_output_check(o, data, len, e);

    if (!code && write_all(o->fd, data, len) != 0)
        code = fail_errno(e, o->path, "cannot write");
    if (!code && o->durable && fsync(o->fd) != 0)
        code = fail_errno(e, o->path, "cannot write");
    if (!code && o->temporary && rename(o->temporary, o->path) != 0)
        code = fail_errno(e, o->path, "cannot replace");
    if (!code && o->temporary) { /* it has another name now */
        host_temporary_forget(o->temporary);
        free(o->temporary);
        o->temporary = NULL;
    }
    if (!code && o->durable && sync_folder(o->path) != 0)
        code = fail_errno(e, o->path, "cannot sync the folder");
    host_output_cancel(o);
    return code;
}

void host_output_cancel(struct host_output *o)
{
    if (o->fd >= 0)
        close(o->fd);
    if (o->temporary)
        host_temporary_remove(o->temporary);
    free(o->temporary);
    free(o->path);
    *o = (struct host_output){ NULL, NULL, -1, 0, false };
}

int host_write_file(const char *path, const void *data, size_t len, mode_t mode, bool replace,
                    struct host_error *e)
{
    struct host_output o;

    if (host_output_open(&o, path, mode, replace, e))
        return e->code;
    return host_output_commit(&o, data, len, e);
}

int host_write_result(const char *path, const char *in, const void *data, size_t len,
                      struct host_error *e)
{
    if (host_same_file(path, in))
        return host_fail(e, HOST_BAD_INPUT, host_in(path), "Choose another output file.",
                         "the output would replace the input");
    return host_write_file(path, data, len, 0666, true, e);
}
