/* SPDX-License-Identifier: Apache-2.0 */
/* cli/imgtool_sha.h - which digests imgtool allows with which keys. */
#ifndef CLI_IMGTOOL_SHA_H
#define CLI_IMGTOOL_SHA_H

#include "bulkhead/key.h"
#include "host/keys.h"

/* May an image with a SHA-<sha> digest be signed by key? NULL: no key, anything may. The public
 * part of a P-256 key allows one more than the private key does. */
static inline bool imgtool_sha_fits(const struct host_key *key, unsigned sha)
{
    if (!key)
        return true;
    switch (key->type->signature) {
    case BH_SIG_P384: return sha == 384;
    case BH_SIG_P256: return sha == 256 || (!key->has_private && sha == 512);
    case BH_SIG_ED25519: return sha != 384;
    case 0: return key->has_private && sha != 384; /* X25519 */
    default: return sha == 256;
    }
}

#endif
