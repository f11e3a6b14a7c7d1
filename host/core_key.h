/* SPDX-License-Identifier: Apache-2.0 */
/* host/core_key.h - a key file's public key as the core takes it. */
#ifndef HOST_CORE_KEY_H
#define HOST_CORE_KEY_H

#include "host/keys.h"

/* False if the core has no code for that type. *core points into key. */
bool host_core_key(const struct host_key *key, struct bh_key *core);

#endif
