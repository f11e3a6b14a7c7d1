/* SPDX-License-Identifier: Apache-2.0 */
/* Front to back, erasing ahead. Invariant: everything before `erased` is erased or written,
 * everything before `written` is written, and `held` bytes wait for their unit to fill up. */
#include "bulkhead/bytes.h"
#include "bulkhead/stream.h"

#include <string.h>

int bh_stream_open(struct bh_stream *s, const struct bh_region *region, struct bh_work *work)
{
    uint32_t unit = region->flash->unit;

    memset(s, 0, sizeof *s);
    s->region = *region;
    s->unit = work->buf;
    s->back = work->buf + unit;
    s->back_len = work->len > unit ? (work->len - unit) & ~(unit - 1u) : 0;
    return s->back_len ? BH_OK : BH_ERR_PRODUCT;
}

int bh_stream_erase(struct bh_stream *s, uint32_t end)
{
    while (!s->err && s->erased < end) {
        struct bh_page page;

        s->err = bh_flash_page(s->region.flash, s->region.off + s->erased, &page);
        if (!s->err)
            s->err = bh_region_erase(&s->region, s->erased, page.len);
        if (!s->err)
            s->erased += page.len;
    }
    return s->err;
}

/* Program whole units and read them back. */
static int program(struct bh_stream *s, const uint8_t *data, uint32_t len)
{
    uint32_t off = s->written;
    int err = bh_stream_erase(s, off + len);

    if (!err)
        err = bh_region_program(&s->region, off, data, len);
    for (uint32_t i = 0, n; !err && i < len; i += n) {
        n = bh_min(s->back_len, len - i);
        err = bh_region_read(&s->region, off + i, s->back, n);
        if (!err && memcmp(s->back, data + i, n))
            err = BH_ERR_COMPARE;
    }
    if (!err)
        s->written += len;
    s->err = err;
    return err;
}

int bh_stream_write(struct bh_stream *s, const void *data, uint32_t len)
{
    uint32_t unit = s->region.flash->unit;
    const uint8_t *p = data;
    uint32_t whole;
    int err = s->err;

    if (err)
        return err;
    if (!bh_within(s->written + s->held, len, s->region.len))
        return BH_ERR_RANGE;
    if (s->held) {
        uint32_t n = bh_min(unit - s->held, len);

        memcpy(s->unit + s->held, p, n);
        s->held = s->held + n;
        p += n;
        len -= n;
        if (s->held < unit)
            return BH_OK;
        s->held = 0;
        err = program(s, s->unit, unit);
    }
    whole = len / unit * unit;
    if (!err && whole)
        err = program(s, p, whole);
    if (err)
        return err;
    memcpy(s->unit, p + whole, len - whole);
    s->held = len - whole;
    return BH_OK;
}

int bh_stream_close(struct bh_stream *s)
{
    uint32_t unit = s->region.flash->unit;

    if (s->err || !s->held)
        return s->err;
    memset(s->unit + s->held, s->region.flash->erased, unit - s->held);
    s->held = 0;
    return program(s, s->unit, unit);
}
