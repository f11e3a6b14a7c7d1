/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table with open addressing that doubles when it is half full. */
#include "seen.h"

#include <stdlib.h>
#include <string.h>

#include "sim/inner.h"

static bool put(struct seen *s, uint64_t number)
{
    uint64_t at = sim_mix(number) & (s->size - 1);

    while (s->place[at] && s->place[at] != number)
        at = (at + 1) & (s->size - 1);
    if (s->place[at])
        return false;
    s->place[at] = number;
    s->n++;
    return true;
}

static void grow(struct seen *s)
{
    struct seen old = *s;

    s->size = old.size ? 2 * old.size : 1u << 12;
    s->place = sim_grow(NULL, s->size, sizeof *s->place);
    memset(s->place, 0, s->size * sizeof *s->place);
    s->n = 0;
    for (uint64_t i = 0; i < old.size; i++)
        if (old.place[i])
            put(s, old.place[i]);
    free(old.place);
}

bool seen_add(struct seen *s, uint64_t number)
{
    if (2 * (s->n + 1) > s->size)
        grow(s);
    return put(s, number ? number : 1);
}

void seen_free(struct seen *s)
{
    free(s->place);
}
