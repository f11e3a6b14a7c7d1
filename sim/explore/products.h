/* SPDX-License-Identifier: Apache-2.0 */
/* sim/explore/products.h - products to explore, by name: small ones in which every corner is near,
 * one to three chunks, every program unit, journals that turn over. Real ones come from layouts. */
#ifndef BULKHEAD_EXPLORE_PRODUCTS_H
#define BULKHEAD_EXPLORE_PRODUCTS_H

#include "bulkhead/product.h"

extern const struct bh_product *const explore_products[]; /* NULL ends */
/* One of those; NULL: none has that name. */
const struct bh_product *explore_product_named(const char *name);

/* Do the product's images need each other, each in its own version or a later one? Those named
 * "need". */
bool explore_images_depend(const struct bh_product *product);

#endif
