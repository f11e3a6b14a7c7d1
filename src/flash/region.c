/* SPDX-License-Identifier: Apache-2.0 */
/* Windows on devices: access, copy, compare. */
#include "bulkhead/bytes.h"
#include "bulkhead/flash.h"

#include <string.h>

int bh_region_read(const struct bh_region *r, uint32_t off, void *buf, uint32_t len)
{
    if (!bh_within(off, len, r->len))
        return BH_ERR_RANGE;
    return bh_flash_read(r->flash, r->off + off, buf, len);
}

int bh_region_program(const struct bh_region *r, uint32_t off, const void *buf, uint32_t len)
{
    if (!bh_within(off, len, r->len))
        return BH_ERR_RANGE;
    return bh_flash_program(r->flash, r->off + off, buf, len);
}

int bh_region_erase(const struct bh_region *r, uint32_t off, uint32_t len)
{
    if (!bh_within(off, len, r->len))
        return BH_ERR_RANGE;
    return bh_flash_erase(r->flash, r->off + off, len);
}

/* Are the n bytes at off in r what buf says? aside holds what is read. */
static int compare(const struct bh_region *r, uint32_t off, const uint8_t *buf, uint8_t *aside,
                   uint32_t n)
{
    int err = bh_region_read(r, off, aside, n);

    if (err)
        return err;
    return memcmp(buf, aside, n) ? BH_ERR_COMPARE : BH_OK;
}

/* One half of the work buffer holds what is copied, the other what reads back. */
int bh_region_copy(const struct bh_region *dst, const struct bh_region *src, uint32_t len,
                   struct bh_work *work)
{
    uint32_t half = work->len / 2 / BH_UNIT_MAX * BH_UNIT_MAX;
    uint8_t *aside = work->buf + half;

    for (uint32_t off = 0; off < len; off += half) {
        uint32_t n = bh_min(half, len - off);
        uint32_t whole = bh_round_up(n, dst->flash->unit);
        int err = bh_region_read(src, off, work->buf, n);

        if (err)
            return err;
        memset(work->buf + n, dst->flash->erased, whole - n);
        if (!bh_all(work->buf, dst->flash->erased, whole)) {
            err = bh_region_program(dst, off, work->buf, whole);
            if (err)
                return err;
        }
        err = compare(dst, off, work->buf, aside, whole);
        if (err)
            return err;
    }
    return BH_OK;
}

int bh_region_equal(const struct bh_region *dst, const struct bh_region *src, uint32_t len,
                    struct bh_work *work)
{
    uint32_t half = work->len / 2;

    for (uint32_t off = 0; off < dst->len; off += half) {
        uint32_t n = bh_min(half, dst->len - off);
        uint32_t from = off < len ? bh_min(n, len - off) : 0;
        int err = from ? bh_region_read(src, off, work->buf, from) : BH_OK;

        if (err)
            return err;
        memset(work->buf + from, dst->flash->erased, n - from);
        err = compare(dst, off, work->buf, work->buf + half, n);
        if (err)
            return err == BH_ERR_COMPARE ? 0 : err;
    }
    return 1;
}

int bh_view_read(const struct bh_view *v, uint32_t off, void *buf, uint32_t len)
{
    uint32_t first;
    int err;

    if (!bh_within(off, len, bh_view_len(v)))
        return BH_ERR_RANGE;
    if (off >= v->head.len)
        return bh_region_read(&v->tail, off - v->head.len, buf, len);
    first = bh_min(len, v->head.len - off);
    err = bh_region_read(&v->head, off, buf, first);
    if (err || first == len)
        return err;
    return bh_region_read(&v->tail, 0, (uint8_t *)buf + first, len - first);
}
