/* SPDX-License-Identifier: Apache-2.0 */
/* The sample products by name, for tools. */
#ifndef PORTS_PRODUCTS_H
#define PORTS_PRODUCTS_H

#include "bulkhead/product.h"

extern const struct bh_product *const sample_products[]; /* NULL ends */

/* A device of theirs in words: "internal", "external". */
const char *sample_device_name(const struct bh_flash *flash);

#endif
