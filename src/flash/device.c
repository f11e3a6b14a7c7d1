/* SPDX-License-Identifier: Apache-2.0 */
/* Checked access to one device. No driver sees an argument that was not checked here. */
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

int bh_flash_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    if (!bh_within(off, len, f->size))
        return BH_ERR_RANGE;
    return f->ops->read(f, off, buf, len);
}

int bh_flash_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    if (!bh_within(off, len, f->size))
        return BH_ERR_RANGE;
    if ((off | len) & (f->unit - 1u)) /* a unit is a power of two */
        return BH_ERR_ALIGN;
    return f->ops->program(f, off, buf, len);
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

int bh_flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    int err = walk_pages(f, off, len, false);

    return err ? err : walk_pages(f, off, len, true);
}
