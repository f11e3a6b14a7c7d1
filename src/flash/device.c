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

bool bh_flash_whole_pages(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct bh_page page;

    if (!bh_within(off, len, f->size))
        return false;
    if (off < f->size && (bh_flash_page(f, off, &page) || page.off != off))
        return false;
    return off + len == f->size ||
           (bh_flash_page(f, off + len, &page) == BH_OK && page.off == off + len);
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
    if (off % f->unit || len % f->unit)
        return BH_ERR_ALIGN;
    return f->ops->program(f, off, buf, len);
}

int bh_flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct bh_page page;

    if (!bh_within(off, len, f->size))
        return BH_ERR_RANGE;
    if (!bh_flash_whole_pages(f, off, len))
        return BH_ERR_ALIGN;
    for (uint32_t end = off + len; off < end; off += page.len) {
        int err = bh_flash_page(f, off, &page);

        if (!err)
            err = f->ops->erase(f, page.off, page.len);
        if (err)
            return err;
    }
    return BH_OK;
}
