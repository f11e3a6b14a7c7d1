/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/pair.h - a slot pair: where an image runs, where the next one is staged, where its way
 * back is kept.
 *
 *     struct bh_region first = bh_pair_p(&pair, 0);
 *     struct bh_view staged = bh_pair_staged(&pair);
 *     err = bh_view_read(&staged, 0, header, sizeof header);
 *
 * The backup side is the cells L[0..N]: L[0] is the spare, the image is staged in L[1..N], which
 * begin at secondary + staged_off. Where the spare is, is all that distinguishes the layouts:
 *   MCUboot's swap-using-offset: spare = first chunk of the secondary slot, staged_off = chunk;
 *   wolfBoot's: spare = the scratch (swap) partition, staged_off = 0;
 *   equal slots without scratch: spare = a chunk at the end of the secondary slot, staged_off
 * = 0. */
#ifndef BULKHEAD_PAIR_H
#define BULKHEAD_PAIR_H

#include "bulkhead/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_PAIRS_MAX 4u

/* How many pairs a record in memory has room for. A build whose layouts have fewer says so (as
 * cmake/firmware.cmake does), the same in all of a program: then its records are 36 bytes shorter
 * for each, and where there is one pair nothing is linked that tells several apart. */
#ifndef BH_PAIRS
#define BH_PAIRS BH_PAIRS_MAX
#endif

/* The number of pairs, n, and the index of one, p. Where there is room for one, both are known when
 * the program is compiled. */
static inline uint32_t bh_n_pairs(uint32_t n)
{
    return BH_PAIRS == 1 ? 1 : n;
}

static inline uint32_t bh_pair_index(uint32_t p)
{
    return BH_PAIRS == 1 ? 0 : p;
}
#define BH_UUID_LEN 16u

struct bh_pair {
    const char *name;
    struct bh_region primary;
    struct bh_region secondary; /* the whole slot, a spare inside it included */
    struct bh_region spare;     /* one chunk; flash NULL where the plan needs none */
    uint32_t staged_off;        /* where in secondary an image is staged */
    uint32_t chunk;             /* bytes: whole pages in primary, secondary and spare alike */
    uint32_t image_max;         /* most bytes an image may have; leaves trailer chunks free */
    bool optional;              /* a primary without any image does not keep pair 0 from starting */
    /* BH_UUID_LEN bytes that every image must carry (imgtool --vid, --cid), or NULL: any image.
     * Looked at by policy.ids. */
    const uint8_t *vendor_id, *class_id;
};

/* The flash of chunk i of primary, and of cell L[i]. */
struct bh_region bh_pair_p(const struct bh_pair *pair, uint32_t i);
struct bh_region bh_pair_l(const struct bh_pair *pair, uint32_t i);

/* The image in primary, the staged one, and the backup as a swap leaves it. */
struct bh_view bh_pair_primary(const struct bh_pair *pair);
struct bh_view bh_pair_staged(const struct bh_pair *pair);
struct bh_view bh_pair_backup(const struct bh_pair *pair);

#ifdef __cplusplus
}
#endif

#endif
