/* SPDX-License-Identifier: Apache-2.0 */
/* What both sides, bootloader and application, read out of a record. In its own file: an
 * application links it without the bootloader. */
#include "bulkhead/product.h"

uint32_t bh_product_moving(const struct bh_product *product, const struct bh_record *rec)
{
    uint32_t which = 0;

    for (uint32_t p = 0; p < bh_n_pairs(product->n_pairs); p++)
        if (rec->pair[p].size_new)
            which |= 1u << p;
    return which & ~rec->left_alone;
}

enum bh_request bh_product_asked(const struct bh_product *product, const struct bh_record *rec,
                                 const struct bh_wish *wish, uint32_t *pairs)
{
    uint32_t permanent = wish->permanent, test = wish->test;

    if (!(permanent | test) && rec->state == BH_STATE_REQUESTED)
        *(rec->permanent ? &permanent : &test) = bh_product_moving(product, rec);
    *pairs = permanent ? permanent : test;
    return permanent ? BH_REQUEST_PERMANENT : test ? BH_REQUEST_TEST : BH_REQUEST_NONE;
}
