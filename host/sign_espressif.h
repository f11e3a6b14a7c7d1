/* SPDX-License-Identifier: Apache-2.0 */
/* host/sign_espressif.h - Secure Boot V2: signature blocks after an image. */
#ifndef HOST_SIGN_ESPRESSIF_H
#define HOST_SIGN_ESPRESSIF_H

#include "bulkhead/image_espressif.h"
#include "host/keys.h"

/* Sign an image, or anything else that is to be covered: padded to 4 KiB, with a sector of one
 * block for each key, 1 to 3 of RSA-3072 or ECDSA P-256, all of one kind. keep: blocks that are
 * there already stay in front of the new ones; otherwise a sector that is there is replaced.
 * host_bytes_free() the result. */
int host_espressif_sign(const struct host_bytes *image, const struct host_key *keys, size_t n_keys,
                        bool keep, struct host_bytes *out, struct host_error *e);

/* What eFuses hold of a key: SHA-256 of it as it stands in a block. */
int host_espressif_key_digest(const struct host_key *key, uint8_t digest[32], struct host_error *e);
/* A key as struct bh_key for bh_image_espressif; false: there is no such signature. */
bool host_espressif_core_key(const struct host_key *key, struct bh_key *core);

#endif
