/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that grow, and the end of memory. */
#include "host/grow.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void host_no_memory(void)
{
    fputs("bulkhead: out of memory\n", stderr);
    exit(1);
}

void *host_zeroed(size_t n, size_t size)
{
    void *list = calloc(n + 1, size);

    if (!list)
        host_no_memory();
    return list;
}

void *host_grow(void *list, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return list;
    *room = n ? 2 * n : 8;
    list = realloc(list, *room * size);
    if (!list)
        host_no_memory();
    return list;
}
