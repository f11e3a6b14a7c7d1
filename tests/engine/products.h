/* SPDX-License-Identifier: Apache-2.0 */
/* Products for tests of the engine: every kind of spare, mailbox, page ratio, program unit and
 * erased value. Their devices are geometry only; sim/world.h puts simulated ones in their place. */
#ifndef BULKHEAD_TESTS_ENGINE_PRODUCTS_H
#define BULKHEAD_TESTS_ENGINE_PRODUCTS_H

#include "bulkhead/product.h"

extern const struct bh_product *const engine_products[];
extern const unsigned n_engine_products;

#endif
