/* SPDX-License-Identifier: Apache-2.0 */
/* Checked access to one device. No driver sees an argument that was not checked here. */
#include "bulkhead/alive.h"
#include "bulkhead/bytes.h"
#include "bulkhead/flash.h"

int bh_flash_page(const struct bh_flash *f, uint32_t off, struct bh_page *page)
{
    uint32_t start = 0;

    for (uint8_t i = 0; i < f->n_runs; i++) {
        const struct bh_page_run *run = &f->runs[i];
        uint32_t len = run->count * run->size;

        if (off - start < len) {
            page->off = start + (off - start) / run->size * run->size;
            page->len = run->size;
            return BH_OK;
        }
        start += len;
    }
    return BH_ERR_RANGE;
}

/* Ask the driver whether an operation may begin, and whether bytes are erased. */
#if BH_FLASH_BEFORE
static int before(const struct bh_flash *f, enum bh_flash_op op, uint32_t len)
{
    bh_alive();
    return f->ops->before ? f->ops->before(f, op, len) : BH_OK;
}
#else
static int before(const struct bh_flash *f, enum bh_flash_op op, uint32_t len)
{
    return (void)f, (void)op, (void)len, BH_OK;
}
#endif

#if BH_FLASH_BLANK
static int ask_blank(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    return f->ops->blank(f, off, len);
}
#else
static int ask_blank(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    return (void)f, (void)off, (void)len, BH_OK;
}
#endif

int bh_flash_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    if (!bh_within(off, len, f->size))
        return BH_ERR_RANGE;
    (void)before(f, BH_FLASH_READ, len); /* to read cannot be postponed */
    return f->ops->read(f, off, buf, len);
}

const uint8_t *bh_flash_map(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    if (!f->ops->map || !bh_within(off, len, f->size))
        return NULL;
    (void)before(f, BH_FLASH_READ, len);
    return f->ops->map(f, off);
}

int bh_flash_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    int err;

    if (!bh_within(off, len, f->size))
        return BH_ERR_RANGE;
    if ((off | len) & (f->unit - 1u)) /* a unit is a power of two */
        return BH_ERR_ALIGN;
    err = before(f, BH_FLASH_PROGRAM, len);
    return err ? err : f->ops->program(f, off, buf, len);
}

int bh_flash_blank(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    uint8_t piece[32];
    int err = BH_OK;

    if (!bh_within(off, len, f->size))
        return BH_ERR_RANGE;
    if (bh_flash_has_blank(f))
        return ask_blank(f, off, len);
    for (uint32_t n; !err && len; off += n, len -= n) {
        n = bh_min(sizeof piece, len);
        err = bh_flash_read(f, off, piece, n);
        if (!err && !bh_all(piece, f->erased, n))
            err = BH_ERR_COMPARE;
    }
    return err;
}

/* Walk the pages of [off, off + len): are they whole? Then, the second time, erase them. */
static int walk_pages(const struct bh_flash *f, uint32_t off, uint32_t len, bool erase)
{
    while (len) {
        struct bh_page page;
        int err = bh_flash_page(f, off, &page);

        if (!err && (page.off != off || page.len > len))
            err = BH_ERR_ALIGN;
        if (!err && erase)
            err = before(f, BH_FLASH_ERASE, page.len);
        if (!err && erase)
            err = f->ops->erase(f, off, page.len);
        if (err)
            return err;
        off += page.len;
        len -= page.len;
    }
    return BH_OK;
}

bool bh_flash_whole_pages(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    return bh_within(off, len, f->size) && walk_pages(f, off, len, false) == BH_OK;
}

/* Not inlined: called from many places, and a call is shorter. */
__attribute__((noinline)) int bh_flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    int err = walk_pages(f, off, len, false);

    return err ? err : walk_pages(f, off, len, true);
}
