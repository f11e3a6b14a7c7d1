/* SPDX-License-Identifier: Apache-2.0 */
/* A flash image file as a target: read as a whole, written back as a whole. */
#include "host/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    t->changed = true;
    return BH_OK;
}

static int file_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct host_target *t = f->context;

    memset(t->bytes.data + off, 0xFF, len);
    t->changed = true;
    return BH_OK;
}

static const struct bh_flash_ops file_ops = { .read = file_read, .program = file_program, .erase = file_erase };

int host_target_open(struct host_target *t, const char *spec, struct host_error *e)
{
    static const char usual[] = "Name a flash image: file:flash.bin.";

    memset(t, 0, sizeof *t);
    if (strncmp(spec, "file:", 5) != 0) {
        char hint[512];

        snprintf(hint, sizeof hint, "For a flash image say file:%s.", spec);
        return host_fail(e, HOST_BAD_INPUT, host_in(spec), access(spec, R_OK) ? usual : hint,
                         "no such kind of target");
    }
    if (!spec[5])
        return host_fail(e, HOST_BAD_INPUT, host_in(spec), usual, "no file is named");
    int code = host_read_file(spec + 5, &t->bytes, e);
    if (code)
        return code;
    if (t->bytes.len == 0 || t->bytes.len % HOST_TARGET_PAGE) {
        code = host_fail(e, HOST_BAD_INPUT, host_at(spec + 5, t->bytes.len),
                         "A flash image is a whole number of 4 KiB pages.",
                         t->bytes.len ? "file ends within a page" : "file is empty");
        host_bytes_free(&t->bytes);
        return code;
    }
    t->path = strdup(spec + 5);
    t->run = (struct bh_page_run){ (uint32_t)(t->bytes.len / HOST_TARGET_PAGE), HOST_TARGET_PAGE };
    t->flash = (struct bh_flash){ .ops = &file_ops,
                                  .context = t,
                                  .runs = &t->run,
                                  .n_runs = 1,
                                  .unit = 1,
                                  .erased = 0xFF,
                                  .size = (uint32_t)t->bytes.len };
    return HOST_OK;
}

int host_target_commit(struct host_target *t, struct host_error *e)
{
    if (!t->changed)
        return HOST_OK;
    t->changed = false;
    return host_write_file(t->path, t->bytes.data, t->bytes.len, 0666, true, e);
}

void host_target_close(struct host_target *t)
{
    host_bytes_free(&t->bytes);
    free(t->path);
    memset(t, 0, sizeof *t);
}
