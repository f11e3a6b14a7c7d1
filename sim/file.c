/* SPDX-License-Identifier: Apache-2.0 */
/* A device whose contents are a file. The file is mapped, so what an operation did is in it even
 * if this program is killed the next moment, as it would be in flash. */
#define _GNU_SOURCE
#include "inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bulkhead/bytes.h"
#include "host/system.h"

__attribute__((format(printf, 3, 4))) static int refuse(struct sim_flash *s, int err,
                                                        const char *what, ...)
{
    va_list args;

    va_start(args, what);
    vsnprintf(s->text, sizeof s->text, what, args);
    va_end(args);
    return err;
}

static bool fill_file(int fd, uint8_t value, uint32_t size)
{
    uint8_t buf[4096];

    memset(buf, value, sizeof buf);
    for (uint32_t off = 0; off < size;) {
        ssize_t n = write(fd, buf, bh_min(sizeof buf, size - off));

        if (n < 0)
            return false;
        off += (uint32_t)n;
    }
    return true;
}

/* Make the file whole under another name, then give it its own: nobody sees half of it, and a file
 * that came to be there in the meantime is left alone. */
static int create(struct sim_flash *s, const char *path)
{
    char temporary[4096];
    mode_t mask = umask(0);
    bool done;
    int fd;

    umask(mask);
    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
        return refuse(s, BH_ERR_IO, "%.80s...: name too long. Use a shorter one.", path);
    fd = mkstemp(temporary);
    if (fd < 0)
        return refuse(s, BH_ERR_IO, "%s: cannot be created: %s. Choose a folder you can write to.",
                      path, strerror(errno));
    done = fill_file(fd, s->flash.erased, s->flash.size) && fchmod(fd, 0666 & ~mask) == 0 &&
           fsync(fd) == 0 && (link(temporary, path) == 0 || errno == EEXIST);
    if (!done)
        refuse(s, BH_ERR_IO, "%s: cannot be written: %s. No part of it was left.", path,
               strerror(errno));
    close(fd);
    unlink(temporary);
    return done ? BH_OK : BH_ERR_IO;
}

/* Is the open file one that can be this device? */
static int check_file(struct sim_flash *s, const char *path)
{
    struct stat st, now;

    if (fstat(s->file, &st))
        return refuse(s, BH_ERR_IO, "%s: %s.", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return refuse(s, BH_ERR_IO, "%s: not a regular file. Give a flash image file.", path);
    if (st.st_size != (off_t)s->flash.size)
        return refuse(s, BH_ERR_PRODUCT,
                      "%s: %lld bytes, but the device has %u. Give an image of the whole device, "
                      "or another name to start with a blank one.",
                      path, (long long)st.st_size, s->flash.size);
    /* A program that changed the file a moment ago may have renamed a new one over it. */
    if (!host_lock_open_file(s->file, !s->read_only) || stat(path, &now) ||
        now.st_ino != st.st_ino || now.st_dev != st.st_dev)
        return refuse(s, BH_ERR_IO, "%s: in use by another program. Wait until it has ended.",
                      path);
    return BH_OK;
}

static int open_file(struct sim_flash *s, const char *path, enum sim_file how)
{
    int flags = (how == SIM_FILE_READ ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;

    s->file = open(path, flags);
    if (s->file < 0 && errno == ENOENT && how == SIM_FILE_CREATE) {
        int err = create(s, path);

        if (err)
            return err;
        s->file = open(path, flags);
    }
    if (s->file >= 0)
        return BH_OK;
    if (errno == ENOENT)
        return refuse(s, BH_ERR_ABSENT, "%s: no such file. Create the flash image first.", path);
    return refuse(s, BH_ERR_IO, "%s: cannot be opened for %s: %s. Nothing was changed.", path,
                  how == SIM_FILE_READ ? "reading" : "writing", strerror(errno));
}

/* Units that are not blank were programmed. */
static void take_stock(struct sim_flash *s)
{
    uint32_t unit = s->flash.unit;

    for (uint32_t u = 0; u < sim_units(s, s->flash.size); u++)
        if (!bh_all(s->cells + (size_t)u * unit, s->flash.erased, unit))
            s->state[u] = SIM_UNIT_PROGRAMMED;
}

int sim_flash_open_file(struct sim_flash *s, const struct bh_flash *geometry,
                        const struct sim_traits *traits, const char *path, enum sim_file how)
{
    int err = sim_flash_check(s, geometry, traits);

    if (err)
        return err;
    s->read_only = how == SIM_FILE_READ;
    err = open_file(s, path, how);
    if (!err)
        err = check_file(s, path);
    if (!err) {
        s->cells = mmap(NULL, s->flash.size, PROT_READ | PROT_WRITE,
                        s->read_only || how == SIM_FILE_TRY ? MAP_PRIVATE : MAP_SHARED, s->file, 0);
        if (s->cells == MAP_FAILED)
            err = refuse(s, BH_ERR_IO, "%s: cannot be mapped: %s.", path, strerror(errno));
    }
    if (err) {
        if (s->file >= 0)
            close(s->file);
        s->file = -1;
        s->cells = NULL;
        return err;
    }
    sim_flash_begin(s);
    take_stock(s);
    return BH_OK;
}

/* A file has no torn units: they stay as they read now. */
static void settle(struct sim_flash *s)
{
    uint32_t unit = s->flash.unit;

    for (uint32_t u = 0; u < sim_units(s, s->flash.size) && s->n_tears; u++)
        if (sim_unit_torn(s, u))
            sim_flash_peek(s, u * unit, s->cells + (size_t)u * unit, unit);
}

void sim_flash_close(struct sim_flash *s)
{
    if (!s->cells)
        return;
    if (s->file >= 0) {
        settle(s);
        close(s->file);
    }
    munmap(s->cells, s->flash.size);
    sim_past_end(s);
    free(s->meant);
    free(s->state);
    free(s->wear);
    free(s->tears);
    s->cells = NULL;
    s->file = -1;
}
