/* SPDX-License-Identifier: Apache-2.0 */
/* Front to back, erasing ahead. Invariant: everything before `erased` is erased or written,
 * everything before `written` is written, and `held` bytes wait for their unit to fill up. */
#include "bulkhead/bytes.h"
#include "bulkhead/stream.h"

#include <string.h>

void bh_stream_open(struct bh_stream *s, const struct bh_region *region)
{
    memset(s, 0, sizeof *s);
    s->region = *region;
}

/* Erase pages until the bytes up to end are erased. */
static int erase_ahead(struct bh_stream *s, uint32_t end)
{
    while (s->erased < end) {
        struct bh_page page;
        int err = bh_flash_page(s->region.flash, s->region.off + s->erased, &page);

        if (err)
            return err;
        err = bh_region_erase(&s->region, s->erased, page.len);
        if (err)
            return err;
        s->erased += page.len;
    }
    return BH_OK;
}

/* Program whole units and read them back, a unit-sized buffer at a time. */
static int program(struct bh_stream *s, const uint8_t *data, uint32_t len)
{
    uint8_t back[BH_UNIT_MAX];
    uint32_t off = s->written;
    int err = erase_ahead(s, off + len);

    if (!err)
        err = bh_region_program(&s->region, off, data, len);
    for (uint32_t i = 0, n; !err && i < len; i += n) {
        n = bh_min(sizeof back, len - i);
        err = bh_region_read(&s->region, off + i, back, n);
        if (!err && memcmp(back, data + i, n))
            err = BH_ERR_COMPARE;
    }
    s->written += len;
    return err;
}

int bh_stream_write(struct bh_stream *s, const void *data, uint32_t len)
{
    uint32_t unit = s->region.flash->unit;
    const uint8_t *p = data;
    uint32_t whole;
    int err = BH_OK;

    if (!bh_within(s->written + s->held, len, s->region.len))
        return BH_ERR_RANGE;
    if (s->held) {
        uint32_t n = bh_min(unit - s->held, len);

        memcpy(s->unit + s->held, p, n);
        s->held = (uint8_t)(s->held + n);
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
    s->held = (uint8_t)(len - whole);
    return BH_OK;
}

int bh_stream_close(struct bh_stream *s)
{
    uint32_t unit = s->region.flash->unit;

    if (!s->held)
        return BH_OK;
    memset(s->unit + s->held, s->region.flash->erased, unit - s->held);
    s->held = 0;
    return program(s, s->unit, unit);
}
