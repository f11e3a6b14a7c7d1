/* SPDX-License-Identifier: Apache-2.0 */
/* check/check.h - does a flash driver do what bulkhead/flash.h asks of it? Tried on the chip.
 *
 *     struct check c = { .product = port_product, .put = port_put, .work = work };
 *     bool good = check_run(&c);
 *
 * Only pages that the product lets a bootloader erase are erased and written: those of its slots,
 * spares and journal. What was in them is lost. Everything else on the same devices is only read.
 *
 * A line of the console is one test. It begins before the driver is called and ends after it, so
 * the last line names the call that never came back, if there is one. */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "bulkhead/product.h"

/* The first, the second and the last page of each slot, spare and half of the journal. */
#define CHECK_PAGES_MAX (3u * (3u * BH_PAIRS_MAX + 2u))

struct check {
    const struct bh_product *product;
    void (*put)(char c); /* the console */
    /* What says whether the processor takes interrupts: the same number before and after each call
     * of the driver, or it changed that. NULL: not asked. */
    uint32_t (*interrupts)(void);
    struct bh_work work; /* at least BH_WORK_MIN and two units, and 8 bytes more */

    /* the check's own */
    const struct bh_flash *flash;
    struct bh_page page[CHECK_PAGES_MAX]; /* of flash, in order of place */
    uint32_t n;
    uint32_t seed; /* what the next programmed bytes are made of */
    uint32_t tests, failed;
    bool fails;        /* the present test has failed, and said why */
    bool mask_changed; /* a call left interrupts otherwise than it found them */
};

/* Try all devices of the product; say each test and the sum on the console. True: all passed. */
bool check_run(struct check *c);

#endif
