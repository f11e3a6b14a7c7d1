/* SPDX-License-Identifier: Apache-2.0 */
/* sim/image.h - images for simulations: MCUboot's format, but with a digest that costs next to
 * nothing and without a signature, so that a million boots take seconds. The core does not know:
 * digest and keys are the product's choice. */
#ifndef BULKHEAD_SIM_IMAGE_H
#define BULKHEAD_SIM_IMAGE_H

#include "bulkhead/hash.h"
#include "bulkhead/product.h"

/* 256 bits that change with every bit of the input; no protection against anyone. It says that it
 * is SHA-256, since that is what the format has a number for. */
extern const struct bh_hash_algo sim_quick_hash;

/* The product with images checked by sim_quick_hash alone, no keys. */
struct bh_policy sim_quick_policy(const struct bh_policy *policy);

/* An image of exactly len bytes (at least 128), version major.0.0, contents drawn from the version.
 * counter 0: none. buf holds len bytes. */
void sim_image_make(uint8_t *buf, uint32_t len, uint8_t major, uint32_t counter);

#endif
