/* SPDX-License-Identifier: Apache-2.0 */
/* host/wolfboot_key.h - key files of wolfBoot's keygen, which are bare numbers: what OpenSSL reads,
 * made of them.
 *
 *     if (host_wolfboot_key("ecc256.key", &file, der, &len, e))
 *         return e->code;
 *
 * With a length, der is a file for OpenSSL's decoders. An error: the numbers contradict each other.
 *
 * Known are, by their length and by what the numbers themselves say: Ed25519 seed and point (64) or
 * point (32); P-256 X, Y and the secret (96), or X and Y (64); and keystore.der, a head of 16 bytes
 * before a public key. RSA files of wolfBoot's are DER anyway, LMS public ones are 60 bytes. */
#ifndef HOST_WOLFBOOT_KEY_H
#define HOST_WOLFBOOT_KEY_H

#include "host/io.h"

#define HOST_WOLFBOOT_DER_MAX 600u

/* len: bytes of der; 0: it is no such file, and stays with whoever asked. */
int host_wolfboot_key(const char *path, const struct host_bytes *file,
                      uint8_t der[HOST_WOLFBOOT_DER_MAX], size_t *len, struct host_error *e);

#endif
