/* SPDX-License-Identifier: Apache-2.0 */
/* The development key of the sample products. One file per algorithm defines it; which one a
 * bootloader accepts is chosen by linking one of them. */
#ifndef PORTS_DEVELOPMENT_H
#define PORTS_DEVELOPMENT_H

#include "bulkhead/key.h"

extern const struct bh_key development_key;

/* For tools: the keys of all algorithms. NULL ends. */
extern const struct bh_key *const published_keys[];

/* The hash of images for that key. The build names another one for Ed25519, which needs SHA-512
 * anyway: then SHA-256 is not linked. */
#ifndef DEVELOPMENT_HASH
#define DEVELOPMENT_HASH bh_sha256
#endif

#endif
