/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the candidate with the fewest typing slips. */
#include "host/near.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define NEAR_MAX 40u /* longer words are not compared */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein's distance, row by row; a neighbouring swap counts as one (Damerau). */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NEAR_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    size_t la = strlen(a), lb = strlen(b);

    if (la > NEAR_MAX || lb > NEAR_MAX)
        return NEAR_MAX;
    for (size_t j = 0; j <= lb; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *oldest = before;

        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1, row[j]);
        }
        before = last;
        last = row;
        row = oldest;
    }
    return last[lb];
}

const char *host_near(const char *typed, const char *(*next)(size_t i, const void *context),
                      const void *context)
{
    const char *best = NULL, *candidate;
    size_t len = strlen(typed);
    size_t fewest = len / 3 + 2; /* more slips than that: not what was meant */

    for (size_t i = 0; (candidate = next(i, context)); i++) {
        size_t shorter = len < strlen(candidate) ? len : strlen(candidate);
        bool begins = shorter >= 3 && strncmp(candidate, typed, shorter) == 0;
        size_t d = begins ? 1 : distance(typed, candidate);

        if (d < fewest && d < strlen(candidate)) {
            fewest = d;
            best = candidate;
        }
    }
    return best;
}
