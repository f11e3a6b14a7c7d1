/* SPDX-License-Identifier: Apache-2.0 */
/* A chip on a serial port as a target. What is read is kept, page by page; what is erased and
 * programmed changes the copy and is noted; commit has esptool do it, in this order. So all checks
 * are over before the chip is touched, and nothing that was not meant is written. */
#include "host/target_inner.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD_MAX 0x40000u /* bytes of one esptool call that nobody may want */

static uint32_t page_of(uint32_t off)
{
    return off / HOST_TARGET_PAGE;
}

/* Pages from `from` to before `to`, none of which is known. */
static int fetch(struct host_target *t, uint32_t from, uint32_t to)
{
    uint32_t off = from * HOST_TARGET_PAGE, len = (to - from) * HOST_TARGET_PAGE;

    if (host_esptool_read(t->esptool, off, t->bytes.data + off, len, &t->why))
        return BH_ERR_IO;
    memset(t->known + from, 1, to - from);
    return BH_OK;
}

/* Have every page of [off, off + len). */
static int know(struct host_target *t, uint32_t off, uint32_t len)
{
    uint32_t end = len ? page_of(off + len - 1) + 1 : page_of(off);

    for (uint32_t from = page_of(off); from < end; from++) {
        uint32_t to = from, limit = page_of(t->ahead);

        if (t->known[from])
            continue;
        if (limit > from + AHEAD_MAX / HOST_TARGET_PAGE)
            limit = from + AHEAD_MAX / HOST_TARGET_PAGE;
        while ((to < end || to < limit) && !t->known[to])
            to++;
        if (fetch(t, from, to))
            return BH_ERR_IO;
    }
    return BH_OK;
}

static int serial_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    struct host_target *t = f->context;
    int err = know(t, off, len);

    if (!err)
        memcpy(buf, t->bytes.data + off, len);
    return err;
}

/* One more operation; one that goes on where the last ended is a part of that. */
static int note(struct host_target *t, bool erase, uint32_t off, uint32_t len)
{
    struct host_target_op *last = t->n_ops ? &t->ops[t->n_ops - 1] : NULL;

    t->changed = true;
    t->programmed = t->programmed || !erase;
    if (last && last->erase == erase && last->off + last->len == off) {
        last->len += len;
        return BH_OK;
    }
    if (t->n_ops == t->room) {
        size_t room = t->room ? 2 * t->room : 8;
        struct host_target_op *more = realloc(t->ops, room * sizeof *more);

        if (!more)
            return BH_ERR_IO;
        t->ops = more;
        t->room = room;
    }
    t->ops[t->n_ops++] = (struct host_target_op){ erase, off, len };
    return BH_OK;
}

/* esptool erases whole pages before it writes to them: what else is on them must be known. */
static int serial_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    struct host_target *t = f->context;
    const uint8_t *from = buf;
    int err = know(t, off, len);

    if (err || len == 0)
        return err;
    for (uint32_t i = 0; i < len; i++)
        t->bytes.data[off + i] &= from[i];
    return note(t, false, off, len);
}

static int serial_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct host_target *t = f->context;

    memset(t->bytes.data + off, 0xFF, len);
    memset(t->known + page_of(off), 1, page_of(len));
    return note(t, true, off, len);
}

static const struct bh_flash_ops serial_ops = { .read = serial_read,
                                                .program = serial_program,
                                                .erase = serial_erase };

int host_target_open_serial(struct host_target *t, const char *port, struct host_error *e)
{
    t->path = strdup(port ? port : "serial port");
    t->known = calloc(HOST_TARGET_SERIAL_MAX / HOST_TARGET_PAGE, 1);
    t->bytes.data = calloc(HOST_TARGET_SERIAL_MAX, 1); /* untouched pages cost nothing */
    if (!t->path || !t->known || !t->bytes.data) {
        host_target_close(t);
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    }
    t->bytes.len = HOST_TARGET_SERIAL_MAX;
    t->esptool->port = port ? t->path : NULL;
    host_target_describe(t, &serial_ops);
    return HOST_OK;
}

/* Where the pages begin and end that an operation touches. */
static uint32_t pages_from(const struct host_target_op *op)
{
    return page_of(op->off) * HOST_TARGET_PAGE;
}

static uint32_t pages_to(const struct host_target_op *op)
{
    return op->len ? (page_of(op->off + op->len - 1) + 1) * HOST_TARGET_PAGE : pages_from(op);
}

/* A program operation as esptool is to do it: from the start of its page, and with what else is on
 * its last page if that is known to be needed. */
static int write_op(struct host_target *t, const struct host_target_op *op, struct host_error *e)
{
    uint32_t from = pages_from(op), to = op->off + op->len;

    if (t->whole_pages || op->off != from)
        to = pages_to(op);
    return host_esptool_write(t->esptool, from, t->bytes.data + from, to - from, e);
}

/* Does the next operation undo this one, or do its work, too? esptool erases each page that it
 * writes to, and writes it as it is in memory after all operations. */
static bool is_needless(const struct host_target *t, const struct host_target_op *op,
                        const struct host_target_op *next)
{
    return (op->erase != next->erase || t->whole_pages) && pages_from(next) <= pages_from(op) &&
           pages_to(op) <= pages_to(next);
}

int host_target_commit_serial(struct host_target *t, struct host_error *e)
{
    int code = HOST_OK;

    for (size_t i = 0; !code && i < t->n_ops; i++) {
        const struct host_target_op *op = &t->ops[i];

        if (i + 1 < t->n_ops && is_needless(t, op, op + 1))
            continue;
        code = op->erase ? host_esptool_erase(t->esptool, op->off, op->len, e) : write_op(t, op, e);
    }
    t->n_ops = 0;
    return code;
}
