/* SPDX-License-Identifier: Apache-2.0 */
/* sim/small.h - for products that are written by hand: what all of them say in the same words.
 * Included by the one file that lists them.
 *
 * FLASH(chip, 32, 256, 4, 0xFF) is a chip of 32 pages of 256 bytes, programmed by 4 at once.
 * A product on it is { BOOTLOADER(chip), ..., .policy = QUICK_POLICY }. */
#ifndef BULKHEAD_SIM_SMALL_H
#define BULKHEAD_SIM_SMALL_H

#include "bulkhead/product.h"
#include "sim/image.h"

#define KB 1024u

static const struct bh_image_format *const formats[] = { &bh_image_mcuboot, NULL };

/* MCUboot's images, told apart by a quick digest. */
#define QUICK_POLICY                                                                               \
    {                                                                                              \
        .formats = formats, .hash = &sim_quick_hash, .allow_unsigned = true                        \
    }

/* A device that is made of equal pages. The bootloader is taken to be in its last page. */
#define FLASH(name, pages, page, program_unit, erased_value)                                       \
    enum { name##_last = ((pages)-1) * (page), name##_page = (page) };                             \
    static const struct bh_page_run name##_runs[] = { { pages, page } };                           \
    static const struct bh_flash name = { .runs = name##_runs,                                     \
                                          .n_runs = 1,                                             \
                                          .unit = program_unit,                                    \
                                          .erased = erased_value,                                  \
                                          .size = (pages) * (page) }

#define BOOTLOADER(chip) .layout = 1, .bootloader = { &chip, chip##_last, chip##_page }

#endif
