/* SPDX-License-Identifier: Apache-2.0 */
/* host/signer.h - signatures by something that keeps its key to itself: an HSM, a remote signer.
 *
 *     key.signer = "pkcs11-tool --sign --id 01 --mechanism ECDSA";
 *     host_key_sign(&key, digest, 32, signature, &len, e);     host_signer() is what it calls
 *
 * The command is given to /bin/sh. On its standard input it finds what is to be signed: the digest,
 * or for a pure signature the whole image. On its standard output it leaves the signature: as image
 * formats have it, or in base64, or (ECDSA) as the two numbers r and s. */
#ifndef HOST_SIGNER_H
#define HOST_SIGNER_H

#include "host/keys.h"

/* Runs key->signer. What it says is believed only if key's public part verifies it. len: in the
 * room, out the bytes used. */
int host_signer(const struct host_key *key, const void *message, size_t message_len,
                uint8_t *signature, size_t *len, struct host_error *e);

#endif
