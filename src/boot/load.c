/* SPDX-License-Identifier: Apache-2.0 */
/* Images that run from RAM. The copy is verified from its first byte on. Of the first look, in
 * flash, only address and length are used, and they must be within the window. */
#include "bulkhead/load.h"

#include "bulkhead/bytes.h"

#include <string.h>

static uint8_t *memory(const struct bh_flash *f, uint32_t off)
{
    return (uint8_t *)f->context + off;
}

static int ram_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    memcpy(buf, memory(f, off), len);
    return BH_OK;
}

static int ram_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    memcpy(memory(f, off), buf, len);
    return BH_OK;
}

static int ram_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    memset(memory(f, off), f->erased, len);
    return BH_OK;
}

const struct bh_flash_ops bh_ram_ops = { .read = ram_read,
                                         .program = ram_program,
                                         .erase = ram_erase };

/* Where the image begins in the window; beyond its end if the image is for somewhere below it. */
static uint32_t offset(const struct bh_region *window, const struct bh_image *image)
{
    return image->load_addr - (window->flash->base + window->off);
}

enum bh_reason bh_load_decode(const struct bh_region *window, const struct bh_view *view,
                              uint32_t limit, struct bh_image *image)
{
    enum bh_reason why = bh_image_mcuboot_any.decode(view, limit, image);

    if (why != BH_REASON_NONE)
        return why;
    return image->loaded && image->load_addr % 4 == 0 &&
                   bh_within(offset(window, image), image->len, window->len)
               ? BH_REASON_NONE
               : BH_REASON_WRONG_SLOT;
}

int bh_load_signature(const struct bh_view *view, struct bh_extent *rest,
                      struct bh_image_signature *out)
{
    return bh_image_mcuboot_any.signature(view, rest, out);
}

static int copy(const struct bh_region *to, const struct bh_region *from, struct bh_work *work)
{
    int err = BH_OK;

    for (uint32_t off = 0, n; !err && off < to->len; off += n) {
        n = bh_min(work->len, to->len - off);
        err = bh_region_read(from, off, work->buf, n);
        if (!err)
            err = bh_region_program(to, off, work->buf, n);
    }
    return err;
}

/* boot->verified is about the image in flash, then about the copy. */
static enum bh_reason load(const struct bh_product *product, const struct bh_region *window,
                           struct bh_work *work, struct bh_boot *boot)
{
    const struct bh_image *image = &boot->verified.image;
    uint32_t off = offset(window, image), len = image->len;
    uint32_t floor = boot->journal.truth.pair[0].floor;
    struct bh_region there;
    struct bh_view view = bh_view_of(&there);

    if (!bh_within(off, len, window->len))
        return BH_REASON_WRONG_SLOT;
    there = bh_region_part(window, off, len);
    if (copy(&there, &boot->start, work))
        return BH_REASON_READ;
    if (bh_verify(&product->policy, &view, len, floor, work, &boot->verified) != BH_VERDICT_GOOD)
        return (enum bh_reason)boot->verified.reason;
    if (offset(window, image) != off)
        return BH_REASON_WRONG_SLOT;
    boot->start = there;
    return BH_REASON_NONE;
}

void bh_boot_load(const struct bh_product *product, const struct bh_region *window,
                  struct bh_work *work, struct bh_boot *boot)
{
    enum bh_reason why;

    if (boot->action != BH_BOOT_START)
        return;
    boot->verified.verdict = BH_VERDICT_BAD; /* it is about flash */
    why = load(product, window, work, boot);
    if (why == BH_REASON_NONE)
        return;
    boot->action = BH_BOOT_RECOVER;
    boot->verified.verdict = BH_VERDICT_BAD;
    boot->reason = why;
}
