/* SPDX-License-Identifier: Apache-2.0 */
/* Windows on devices: access, copy, compare. */
#include "bulkhead/bytes.h"
#include "bulkhead/flash.h"

#include <string.h>

int bh_region_read(const struct bh_region *r, uint32_t off, void *buf, uint32_t len)
{
    return bh_within(off, len, r->len) ? bh_flash_read(r->flash, r->off + off, buf, len)
                                       : BH_ERR_RANGE;
}

int bh_region_program(const struct bh_region *r, uint32_t off, const void *buf, uint32_t len)
{
    return bh_within(off, len, r->len) ? bh_flash_program(r->flash, r->off + off, buf, len)
                                       : BH_ERR_RANGE;
}

int bh_region_erase(const struct bh_region *r, uint32_t off, uint32_t len)
{
    return bh_within(off, len, r->len) ? bh_flash_erase(r->flash, r->off + off, len) : BH_ERR_RANGE;
}

int bh_region_blank(const struct bh_region *r, uint32_t off, uint32_t len)
{
    return bh_within(off, len, r->len) ? bh_flash_blank(r->flash, r->off + off, len) : BH_ERR_RANGE;
}

/* Make dst the first len bytes of src, with erased bytes after them; or only check that it is so.
 * Half of the work buffer has the bytes that should be there, the other half those that are.
 * Erased pieces are not programmed, except where blank flash cannot be read. */
static int fill(const struct bh_region *dst, const struct bh_region *src, uint32_t len,
                struct bh_work *work, bool write)
{
    const struct bh_flash *f = dst->flash;
    uint32_t unit = f->unit, half = work->len / 2 & ~(unit - 1u); /* a unit is a power of two */
    uint32_t end = (len + unit - 1) & ~(unit - 1u);
    uint8_t *is = work->buf + half;
    int err = half ? BH_OK : BH_ERR_PRODUCT;

    for (uint32_t off = 0, n; !err && off < end; off += n) {
        n = bh_min(half, end - off);
        memset(work->buf, f->erased, n);
        err = bh_region_read(src, off, work->buf, bh_min(n, len - off));
        if (!err && write && (bh_flash_has_blank(f) || !bh_all(work->buf, f->erased, n)))
            err = bh_region_program(dst, off, work->buf, n);
        if (!err)
            err = bh_region_read(dst, off, is, n);
        if (!err && memcmp(work->buf, is, n))
            err = BH_ERR_COMPARE;
    }
    return err ? err : bh_region_blank(dst, end, dst->len - end);
}

int bh_region_copy(const struct bh_region *dst, const struct bh_region *src, uint32_t len,
                   struct bh_work *work)
{
    return fill(dst, src, len, work, true);
}

/* Not inlined: called from many places, and a call is shorter. */
__attribute__((noinline)) int bh_region_compare(const struct bh_region *dst,
                                                const struct bh_region *src, uint32_t len,
                                                struct bh_work *work)
{
    return fill(dst, src, len, work, false);
}

/* Nothing wraps here: what leads out of a device is refused by bh_region_read(). */
int bh_view_read(const struct bh_view *v, uint32_t off, void *buf, uint32_t len)
{
    uint32_t head = v->head ? v->head->len : 0;
    int err = BH_OK;

    for (uint32_t n; !err && len; off += n, len -= n, buf = (uint8_t *)buf + n) {
        const struct bh_region *r = v->slot;
        uint32_t at = v->off + (off - head);

        n = len;
        if (off < head) {
            r = v->head;
            at = off;
            n = bh_min(len, head - off);
        } else if (v->rest && off >= v->end) {
            r = v->rest;
            at = off;
        } else if (v->rest) {
            n = bh_min(len, v->end - off);
        }
        err = at < v->off && r == v->slot ? BH_ERR_RANGE : bh_region_read(r, at, buf, n);
    }
    return err;
}

const uint8_t *bh_view_map(const struct bh_view *v, uint32_t off, uint32_t len)
{
    if (v->head || v->rest)
        return NULL;
    return bh_flash_map(v->slot->flash, v->slot->off + v->off + off, len);
}
