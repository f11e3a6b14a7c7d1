/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/load.h - images that run from RAM, for flash that the CPU cannot execute from.
 *
 *     struct bh_boot b;
 *     bh_boot_run(&product, &work, &b);
 *     bh_boot_load(&product, &region, &work, &b);
 *     if (b.action == BH_BOOT_START)
 *         jump(b.start.flash->base + b.start.off + b.verified.image.entry_off);
 *
 * MCUboot's RAM_LOAD: the header says where in RAM its first byte belongs, and all of the image
 * goes there. Where that may be, the window, is the product's: RAM in which nothing of the
 * bootloader is. Such a product names a format of its own, whose decode is bh_load_decode() with
 * that window; so an image for anywhere else is refused before anything is hashed, moved
 * or copied. */
#ifndef BULKHEAD_LOAD_H
#define BULKHEAD_LOAD_H

#include "bulkhead/boot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* RAM as a device: context points at it, base is its address to the CPU, erased any value. Pages do
 * not matter; nothing is erased before it is written. */
extern const struct bh_flash_ops bh_ram_ops;

/* For bh_image_format.decode: an MCUboot image that is loaded into this window of RAM.
 * BH_REASON_WRONG_SLOT: it is loaded elsewhere, not to a whole word, or not at all. */
enum bh_reason bh_load_decode(const struct bh_region *window, const struct bh_view *view,
                              uint32_t limit, struct bh_image *image);
/* The same format's bh_image_format.signature. */
int bh_load_signature(const struct bh_view *view, struct bh_extent *rest,
                      struct bh_image_signature *out);

/* If there is something to start: copy it to where it runs, and verify it there, since flash may
 * lie between two reads. boot->start and verified are then about the copy: what is started is what
 * was verified. Or there is nothing to start any more: RECOVER, and the reason. Writes to no flash.
 * The window's device must be RAM (bh_ram_ops, or what works like it). */
void bh_boot_load(const struct bh_product *product, const struct bh_region *window,
                  struct bh_work *work, struct bh_boot *boot);

#ifdef __cplusplus
}
#endif

#endif
