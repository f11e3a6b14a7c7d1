/* SPDX-License-Identifier: Apache-2.0 */
/* sim/world.h - a product on simulated flash: boot it, be its application, cut its power.
 *
 *     struct sim_world w;
 *     err = sim_world_open(&w, &stm32f407_product, NULL);
 *     sim_world_install(&w, 0, image, len);               the factory
 *     sim_world_stage(&w, 0, next, next_len);             the application
 *     sim_world_request(&w, 1, BH_REQUEST_TEST);
 *     w.power.cut = (struct sim_cut){ .at = 7, .when = SIM_CUT_TORN };
 *     if (sim_world_boot(&w)) ... w.boot says what happened
 *     sim_world_close(&w);
 *
 * The product is taken as it is; of its devices only the geometry is used. Each act returns true
 * if it came to its end, false if the power was cut in it; what it returned itself is in w.err. */
#ifndef BULKHEAD_SIM_WORLD_H
#define BULKHEAD_SIM_WORLD_H

#include "bulkhead/app.h"
#include "bulkhead/boot.h"
#include "sim/flash.h"

#define SIM_CHIPS_MAX 4u
/* Bytes lent to the core by a product without keys: four of the largest program units. */
#define SIM_WORK_LEN (4u * BH_UNIT_MAX)

struct sim_world {
    struct bh_product product; /* the same, on the simulated devices */
    struct bh_pair pairs[BH_PAIRS_MAX];
    struct sim_power power;
    struct sim_flash chip[SIM_CHIPS_MAX]; /* one for each device the product names */
    const struct bh_flash *stands_for[SIM_CHIPS_MAX];
    uint8_t n_chips;
    struct bh_work work;
    int err;             /* what the last act returned */
    struct bh_boot boot; /* what the last boot came to */
    const char *why;     /* opening failed: what is wrong */
};

/* traits: for all devices, NULL: strict ones (no unit is ever programmed twice, nobody watches).
 * Their power is replaced by the world's. 0, or a negative enum bh_error with w->why. Close it in
 * both cases. */
BH_MUST_CHECK int sim_world_open(struct sim_world *w, const struct bh_product *product,
                                 const struct sim_traits *traits);
/* The same with flash image files as contents, in the order in which the product names its devices:
 * journal first, then primary, secondary and spare of each pair. */
BH_MUST_CHECK int sim_world_open_files(struct sim_world *w, const struct bh_product *product,
                                       const struct sim_traits *traits, const char *const *paths,
                                       size_t n_paths, enum sim_file how);
/* Bytes that are lent to the core for a product: beside SIM_WORK_LEN, the largest signature that
 * one of its keys can make (LMS: as its types say). */
uint32_t sim_world_work_len(const struct bh_policy *policy);
/* The distinct devices of a product, in that order; returns how many. */
uint8_t sim_world_devices(const struct bh_product *product,
                          const struct bh_flash *devices[SIM_CHIPS_MAX]);
void sim_world_close(struct sim_world *w);

/* Bytes at the end of a slot that a mailbox has in a page with an image; 0: its pages are its own.
 * Its values are programmed one over the other there: flash of such a product allows that. */
uint32_t sim_world_shared(const struct bh_product *product);

/* A region of the product given, on the simulated device. */
struct bh_region sim_world_region(const struct sim_world *w, const struct bh_region *r);

/* The programmer at the factory: put an image into a primary slot, or into the staged place. */
void sim_world_install(struct sim_world *w, uint8_t pair, const void *image, uint32_t len);

bool sim_world_boot(struct sim_world *w);
bool sim_world_stage(struct sim_world *w, uint8_t pair, const void *image, uint32_t len);
/* Those of several pairs, one after the other in one power-up, until one is refused: bit i of
 * pairs: images[i], lens[i]. */
bool sim_world_stage_set(struct sim_world *w, uint8_t pairs, const uint8_t *const *images,
                         const uint32_t *lens);
bool sim_world_request(struct sim_world *w, uint8_t pairs, enum bh_request request);
bool sim_world_confirm(struct sim_world *w);

/* Where the bytes of a primary slot end that an update writes: its chunks, without what a mailbox
 * has in the last one. */
uint32_t sim_world_end(const struct sim_world *w, uint8_t pair);
/* Do the first len bytes of the primary slot equal image, and is the rest of its chunks erased, but
 * for what a mailbox has there? */
bool sim_world_runs(struct sim_world *w, uint8_t pair, const void *image, uint32_t len);

/* Sum of calls that no correct caller makes, over all devices; the first in words, or NULL. */
const char *sim_world_misuse(const struct sim_world *w);

#endif
