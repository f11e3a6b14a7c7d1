/* SPDX-License-Identifier: Apache-2.0 */
/* Where labels go: as near as can be to what they name, and never over each other.
 *
 * Labels that would overlap form a block, which stands where its labels want to be on average. A
 * block that runs into the one above joins it. So each label moves as little as the others allow,
 * and their order, and with it that no two leader lines cross, stays. */
#include "host/picture/picture.h"

#include <stdlib.h>

struct block {
    double sum; /* of where its first label would be, for each label's sake */
    double top; /* of its first label */
    size_t n;
};

static double clamped(double top, double height, size_t n, double low, double high)
{
    if (top > high - height * (double)n)
        top = high - height * (double)n;
    return top < low ? low : top;
}

void picture_place(const double *want, double *at, size_t n, double height, double top,
                   double bottom)
{
    struct block *blocks = calloc(n + 1, sizeof *blocks);
    size_t n_blocks = 0, label = 0;

    for (size_t i = 0; blocks && i < n; i++) {
        struct block b = { want[i] - height / 2, 0, 1 };

        b.top = clamped(b.sum, height, b.n, top, bottom);
        while (n_blocks &&
               blocks[n_blocks - 1].top + height * (double)blocks[n_blocks - 1].n > b.top) {
            struct block *above = &blocks[--n_blocks];

            b.sum = above->sum + b.sum - height * (double)(above->n * b.n);
            b.n += above->n;
            b.top = clamped(b.sum / (double)b.n, height, b.n, top, bottom);
        }
        blocks[n_blocks++] = b;
    }
    for (size_t i = 0; blocks && i < n_blocks; i++)
        for (size_t k = 0; k < blocks[i].n; k++)
            at[label++] = blocks[i].top + height * ((double)k + 0.5);
    free(blocks);
}
