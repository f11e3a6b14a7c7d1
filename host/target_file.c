/* SPDX-License-Identifier: Apache-2.0 */
/* A flash image file as a target: read as a whole, written back as a whole, and locked in between,
 * so that of two programs that change it neither undoes what the other did. */
#include "host/target_inner.h"

#include "host/system.h"

#include <errno.h>
#include <string.h>

static int file_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    const struct host_target *t = f->context;

    memcpy(buf, t->bytes.data + off, len);
    return BH_OK;
}

/* As NOR flash does: bits are cleared, never set. */
static int file_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    struct host_target *t = f->context;
    const uint8_t *from = buf;

    for (uint32_t i = 0; i < len; i++)
        t->bytes.data[off + i] &= from[i];
    if (len)
        t->changed = t->programmed = true;
    return BH_OK;
}

static int file_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct host_target *t = f->context;

    memset(t->bytes.data + off, 0xFF, len);
    t->changed = true;
    return BH_OK;
}

static const struct bh_flash_ops file_ops = { .read = file_read,
                                              .program = file_program,
                                              .erase = file_erase };

static int lock(struct host_target *t, const char *path, enum host_target_use use,
                struct host_error *e)
{
    if (strcmp(path, "-") == 0)
        return HOST_OK;
    t->lock = host_lock_path(path, use == HOST_TARGET_CHANGE, HOST_TARGET_WAIT_MS);
    if (t->lock < 0 && errno == EWOULDBLOCK)
        return host_fail(e, HOST_FAILED, host_in(path), "Try again when it has ended.",
                         "in use by another program for %u seconds", HOST_TARGET_WAIT_MS / 1000);
    return HOST_OK; /* what else is wrong, reading it says better */
}

int host_target_open_file(struct host_target *t, const char *path, enum host_target_use use,
                          struct host_error *e)
{
    int code = lock(t, path, use, e);

    if (!code)
        code = host_read_file(path, &t->bytes, e);
    if (!code && (t->bytes.len == 0 || t->bytes.len % HOST_TARGET_PAGE))
        code = host_fail(e, HOST_BAD_INPUT, host_at(path, t->bytes.len),
                         "A flash image is a whole number of 4 KiB pages.",
                         t->bytes.len ? "file ends within a page" : "file is empty");
    if (!code && !(t->path = strdup(path)))
        code = host_fail(e, HOST_FAILED, host_in(path), NULL, "out of memory");
    if (code) {
        host_unlock(t->lock);
        t->lock = -1;
        host_bytes_free(&t->bytes);
        return code;
    }
    host_target_describe(t, &file_ops);
    return HOST_OK;
}

int host_target_commit_file(struct host_target *t, struct host_error *e)
{
    return host_write_file(t->path, t->bytes.data, t->bytes.len, 0666, true, e);
}
