/* SPDX-License-Identifier: Apache-2.0 */
/* sim/explore/seen.h - a set of numbers that only grows. */
#ifndef BULKHEAD_EXPLORE_SEEN_H
#define BULKHEAD_EXPLORE_SEEN_H

#include <stdbool.h>
#include <stdint.h>

struct seen {
    uint64_t *place; /* 0: free */
    uint64_t n, size;
};

/* Was it not in there yet? It is now. */
bool seen_add(struct seen *s, uint64_t number);
void seen_free(struct seen *s);

#endif
