/* SPDX-License-Identifier: Apache-2.0 */
/* A device in a test's hands: a product on simulated flash, and an image of each version 1 to 4 for
 * each pair. Version 1 is the factory's, and has been started once. */
#ifndef BULKHEAD_TESTS_ENGINE_DEVICE_H
#define BULKHEAD_TESTS_ENGINE_DEVICE_H

#include "sim/world.h"

#define VERSIONS 5u /* and none is version 0 */

struct device {
    struct sim_world w;
    uint8_t *image[BH_PAIRS_MAX][VERSIONS];
    uint32_t len[BH_PAIRS_MAX];
};

/* counters: the security counter of version v of pair p is counters[p] + v; NULL: there is none. */
void device_open(struct device *d, const struct bh_product *product, const uint32_t *counters);
void device_close(struct device *d);

struct sim_flash *device_chip(const struct bh_region *r);
/* One byte of a region, changed by a stranger. */
void device_poke(const struct bh_region *r, uint32_t off, uint8_t value);
uint8_t device_peek(const struct bh_region *r, uint32_t off);

void device_stage(struct device *d, uint8_t p, uint8_t version);
void device_request(struct device *d, uint8_t pairs, enum bh_request how, int expect);
/* The version that is whole in primary; 0: none. */
uint8_t device_version(struct device *d, uint8_t p);
/* A boot that starts these versions, one digit for each pair ("21": pair 0 has version 2). */
void device_boots(struct device *d, const char *versions, enum bh_state state,
                  enum bh_outcome outcome, enum bh_reason reason);

/* Give an image entries in its protected area, instead of as many bytes of its payload: whole
 * entries, len bytes. It keeps its length, and has no counter. */
void device_protect(struct device *d, uint8_t p, uint8_t version, const uint8_t *entries,
                    uint16_t len);

/* Two images with MCUboot's mailbox, in one flash of 4 KB pages. */
void device_twins(struct bh_product *product, struct bh_pair pairs[2]);

#endif
