/* SPDX-License-Identifier: Apache-2.0 */
/* The journal of a product. */
#include "bulkhead/product.h"

int bh_product_journal(const struct bh_product *product, struct bh_work *work,
                       struct bh_journal *out)
{
    struct bh_journal_use use = { product->journal, work,    product->layout, product->n_pairs,
                                  bh_product_possible, product };

    return bh_journal_open(out, &use);
}
