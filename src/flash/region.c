/* SPDX-License-Identifier: Apache-2.0 */
/* Windows on devices: access, copy, compare. */
#include "bulkhead/bytes.h"
#include "bulkhead/flash.h"

#include <string.h>

/* A region lies within its device (the product's check sees to that), so what is within the region
 * needs no second look. */
int bh_region_read(const struct bh_region *r, uint32_t off, void *buf, uint32_t len)
{
    if (!bh_within(off, len, r->len))
        return BH_ERR_RANGE;
    return r->flash->ops->read(r->flash, r->off + off, buf, len);
}

int bh_region_program(const struct bh_region *r, uint32_t off, const void *buf, uint32_t len)
{
    if (!bh_within(off, len, r->len))
        return BH_ERR_RANGE;
    if (((r->off + off) | len) & (r->flash->unit - 1u)) /* a unit is a power of two */
        return BH_ERR_ALIGN;
    return r->flash->ops->program(r->flash, r->off + off, buf, len);
}

int bh_region_erase(const struct bh_region *r, uint32_t off, uint32_t len)
{
    if (!bh_within(off, len, r->len))
        return BH_ERR_RANGE;
    return bh_flash_erase(r->flash, r->off + off, len);
}

/* dst is src's first len bytes, then erased. Make it so, or only look whether it is. One half of the
 * work buffer holds what should be there, the other what is. */
static int fill(const struct bh_region *dst, const struct bh_region *src, uint32_t len,
                struct bh_work *work, bool write)
{
    uint32_t half = work->len / 2 / BH_UNIT_MAX * BH_UNIT_MAX;
    uint8_t erased = dst->flash->erased;
    uint8_t *is = work->buf + half;
    int err = BH_OK;

    for (uint32_t off = 0; !err && off < dst->len; off += half) {
        uint32_t n = bh_min(half, dst->len - off);
        uint32_t from = off < len ? bh_min(n, len - off) : 0;

        memset(work->buf, erased, n);
        err = bh_region_read(src, off, work->buf, from);
        if (!err && write && !bh_all(work->buf, erased, n))
            err = bh_region_program(dst, off, work->buf,
                                    bh_round_up(from, dst->flash->unit));
        if (!err)
            err = bh_region_read(dst, off, is, n);
        if (!err && memcmp(work->buf, is, n))
            err = BH_ERR_COMPARE;
    }
    return err;
}

int bh_region_copy(const struct bh_region *dst, const struct bh_region *src, uint32_t len,
                   struct bh_work *work)
{
    return fill(dst, src, len, work, true);
}

int bh_region_compare(const struct bh_region *dst, const struct bh_region *src, uint32_t len,
                      struct bh_work *work)
{
    return fill(dst, src, len, work, false);
}

int bh_view_read(const struct bh_view *v, uint32_t off, void *buf, uint32_t len)
{
    uint32_t head = v->head ? v->head->len : 0;
    uint32_t first = off < head ? bh_min(len, head - off) : 0;
    int err = first ? bh_region_read(v->head, off, buf, first) : BH_OK;

    /* cannot wrap: a region is no larger than a device, off and len are checked there */
    if (err || first == len)
        return err;
    if (off + first - head > v->slot->len)
        return BH_ERR_RANGE;
    return bh_region_read(v->slot, v->off + (off + first - head), (uint8_t *)buf + first,
                          len - first);
}
