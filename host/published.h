/* SPDX-License-Identifier: Apache-2.0 */
/* host/published.h - the keys of ports/keys, whose private halves are published with the source. */
#ifndef HOST_PUBLISHED_H
#define HOST_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is this public key, its bytes as in bh_key.bytes, one of them? */
bool host_published(const uint8_t *key, size_t len);

#endif
