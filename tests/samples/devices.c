/* SPDX-License-Identifier: Apache-2.0 */
/* What a port defines, from the header that a layout became: devices without a driver. */
#include "product.h"

const struct bh_flash PRODUCT_INTERNAL = { .ops = NULL, PRODUCT_INTERNAL_GEOMETRY };
#ifdef PRODUCT_EXTERNAL
const struct bh_flash PRODUCT_EXTERNAL = { .ops = NULL, PRODUCT_EXTERNAL_GEOMETRY };
#endif
