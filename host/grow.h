/* SPDX-License-Identifier: Apache-2.0 */
/* host/grow.h - lists that grow. Without memory a tool ends: there is nothing it could still do. */
#ifndef HOST_GROW_H
#define HOST_GROW_H

#include <stddef.h>

/* Room for one more element after n of this size; *room: elements there is room for, 0 at first,
 * with list NULL. Never NULL. */
void *host_grow(void *list, size_t n, size_t *room, size_t size);
/* Zeros for n elements of this size, n may be 0. Never NULL; free() it. */
void *host_zeroed(size_t n, size_t size);
/* Say so, and exit(1). */
_Noreturn void host_no_memory(void);

#endif
