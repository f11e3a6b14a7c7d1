/* SPDX-License-Identifier: Apache-2.0 */
/* host/layout/solve.h - between the files of the solver: refer.c, order.c, sizes.c, solve.c.
 *
 *     refer.c   names of others -> numbers; who lies in which container
 *     order.c   who lies next to whom -> on each device, gaps between fixed places, and the
 *               partitions in each gap in their order
 *     sizes.c   who is as large as whom -> every size a number, or a number and a multiple of the
 *               one `rest` that it depends on
 *     solve.c   gaps and sizes -> places
 *
 * Nothing calls itself, and nothing depends on anything but the order of the file. */
#ifndef HOST_LAYOUT_SOLVE_H
#define HOST_LAYOUT_SOLVE_H

#include "inner.h"

/* Bytes: fixed + times * (what partition `rest` gets). */
struct extent {
    bool known; /* false: something in it has no size yet */
    int64_t fixed;
    int64_t times;
    int rest; /* LAYOUT_NONE: times is 0 */
};

/* The partitions between two fixed places: `up` follow the lower one (which is the first of them if
 * it is a partition), `down` precede the upper one. */
struct gap {
    int device;
    int up, up_end;     /* in solver.line */
    int down, down_end; /* in solver.line */
    uint64_t start;     /* where the first of `up` begins */
    uint64_t limit;     /* where the last of `down` ends; NOWHERE: beyond the device */
    int rest;           /* the partition that takes what is left, or LAYOUT_NONE */
    bool placed;
};
#define NOWHERE UINT64_MAX
#define FAR ((uint64_t)1 << 52)      /* where sums of hostile sizes end */
#define TIMES_MAX ((int64_t)1 << 18) /* so that TIMES_MAX times 32 bits is below FAR */

struct solver {
    struct layout *l;
    struct ask *asks;
    int n;     /* partitions */
    int *line; /* partitions, gap after gap */
    struct gap *gaps;
    size_t n_gaps;
    int *gap_of;  /* of each partition; LAYOUT_NONE: containers, and what is in a circle */
    int *by_size; /* every partition after those that its size depends on */
    struct extent *extents; /* of each partition */
    uint64_t *off, *size;   /* of each partition, while places are tried */
    bool *lost;             /* it follows one without a size: its place is not known */
};

void refer(struct solver *s);
bool order(struct solver *s); /* false: circles; nothing can be placed */
void sizes_order(struct solver *s);
/* Every extent from what is known now. */
void sizes_update(struct solver *s);
/* Bytes, with `rest` for the open one. */
uint64_t extent_bytes(const struct extent *e, uint64_t rest);
/* Are all pages of its device of one size? */
bool uniform(const struct bh_flash *f);

/* The first and last partition, no container, of one. LAYOUT_NONE: an empty container. */
int first_leaf(const struct solver *s, int i);
int last_leaf(const struct solver *s, int i);
/* The container around all others that it is in, or itself. */
int outermost(const struct solver *s, int i);
/* "a -> b -> a" of a circle: next[i] leads on. */
char *circle_text(const struct solver *s, const int *next, int from);

#endif
