/* SPDX-License-Identifier: Apache-2.0 */
/* sim/image.h - images for simulations: MCUboot's or wolfBoot's format, but with a digest that
 * costs next to nothing and without a signature, so that a million boots take seconds. The core
 * does not know: digest and keys are the product's choice. */
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

/* An image with a choice of everything. */
struct sim_image {
    uint8_t major;
    uint32_t counter; /* 0: none */
    uint64_t seed;    /* of its contents */
    bool depends;     /* it needs the image of pair `on` in version `major`.0.0 or later */
    uint8_t on;
    uint32_t wolfboot; /* bytes of the header of an image in wolfBoot's format, which has neither
                        * counter nor dependency; 0: MCUboot's */
};
/* The same of a policy: what its images must be made with. */
uint32_t sim_image_wolfboot(const struct bh_policy *policy);
/* As above; len at least 144, or the header and 16. */
void sim_image_make_as(uint8_t *buf, uint32_t len, const struct sim_image *as);

#endif
