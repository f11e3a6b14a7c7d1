/* SPDX-License-Identifier: Apache-2.0 */
/* host/partition_manager/inner.h - what the files of this folder share.
 *
 * A domain goes through these hands, each in a file of its own:
 *
 *     read.c     files -> partitions with their keys; what is no key, no number, no name
 *     clean.c    names that are not there are taken out; one_of is resolved
 *     contain.c  containers -> their leaves
 *     order.c    candidates -> the order in which partitions lie
 *     size.c     share_size -> sizes
 *     place.c    order and sizes -> addresses, with EMPTY_n where alignment needs it
 *     simple.c   the same for regions that are filled from one end
 *     fixed.c    the static file: its gap, and whether it agrees with itself
 *     solve.c    regions in their order, each through these
 */
#ifndef HOST_PARTITION_MANAGER_INNER_H
#define HOST_PARTITION_MANAGER_INNER_H

#include "host/grow.h"
#include "host/layout/inner.h"
#include "host/partition_manager/pm.h"

#define PAGE 0x1000 /* erase page of every device of Partition Manager's */

/* One complex region, while it is solved. */
struct region_work {
    struct pm *pm;
    int region;
    int64_t start, end; /* of what may be filled: the region, or the gap in a static file */
    int dp;             /* its partition, or LAYOUT_NONE */
    int *order;         /* partitions as they lie */
    size_t n, room;
    bool unstable; /* the order of some candidates is the files', and no rule of the language's */
    int late;      /* one of these candidates; LAYOUT_NONE: there are none */
    int *dynamic;  /* dp and those that share its space, in the order in which they lie */
    size_t n_dynamic;
};

/* An error. refusal: the original's words, or NULL. */
__attribute__((format(printf, 5, 6))) struct layout_finding *pm_fault(struct pm *pm, int region,
                                                                      const struct layout_mark *at,
                                                                      const char *refusal,
                                                                      const char *format, ...);
#define WARN(pm, rule, at, ...) finding((pm)->l, LAYOUT_WARNING, rule, at, __VA_ARGS__)

const char *pm_text(struct pm *pm, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "did you mean" among the partitions of a domain. */
const char *pm_near(const struct pm *pm, const char *name);
/* A new partition; its map is empty. */
int pm_add(struct pm *pm, const char *name, const struct layout_mark *at);
/* Is this a leaf or container of the region that the solver places? */
bool pm_in(const struct pm *pm, int part, int region);
/* First name of a list under this key, or NULL. */
const char *pm_first(const struct pm_value *map, const char *key);
/* Does a static file fix it, under this name? */
bool pm_is_fixed(const struct pm *pm, const char *name);

/* What every domain needs before its regions are solved. False: findings say what is wrong. */
bool solve_begin(struct pm *pm);
bool clean(struct region_work *w);
bool contain(struct region_work *w);
bool order_parts(struct region_work *w);
bool give_sizes(struct region_work *w);
bool give_places(struct region_work *w);
bool solve_simple(struct pm *pm, int region);
/* What the static file leaves of a complex region. False: a finding says why there is no place.
 * *none: it leaves nothing. */
bool fixed_gap(struct region_work *w, bool *none);
/* Does the static file agree with itself and with the regions? */
void fixed_check(struct pm *pm);
/* Containers of the static file against their members, once those have places. */
void fixed_containers(struct pm *pm);

/* The first partition that there is of those that this one shares with, or LAYOUT_NONE. */
int share_source(const struct pm *pm, int part);
/* Of any region: a partition whose share_size leads back to itself. Says all of them. */
bool share_circles(struct pm *pm);

/* What a constant expression of numbers is worth; false: it is none. */
bool pm_sum(const char *text, int64_t *out);

#endif
