/* SPDX-License-Identifier: Apache-2.0 */
/* host/core_key.h - a key file's public key as the core takes it. */
#ifndef HOST_CORE_KEY_H
#define HOST_CORE_KEY_H

#include "bulkhead/verify.h"
#include "host/keys.h"

/* False if the core has no code for that type. *core points into key, and is named as in products
 * that compute SHA-256. */
bool host_core_key(const struct host_key *key, struct bh_key *core);

/* The same for images of Espressif's: RSA-3072 and P-256 alone, named as a signature block names
 * them. */
bool host_core_key_espressif(const struct host_key *key, struct bh_key *core);

/* A public key as wolfBoot's own files have it: Ed25519 32 bytes, P-256 X and Y, LMS 60 bytes,
 * ML-DSA the bytes of FIPS 204, RSA a SubjectPublicKeyInfo. The bytes written to raw; 0:
 * wolfBoot has no such key. */
#define HOST_WOLFBOOT_RAW_MAX (HOST_KEY_DER_MAX + 24u)
size_t host_wolfboot_raw(const struct host_key *key, uint8_t raw[HOST_WOLFBOOT_RAW_MAX]);
/* The same for wolfBoot's images of products that compute this hash: named by the hash of the raw
 * form. pss: RSA keys sign with PSS, not with PKCS#1 v1.5. */
bool host_core_key_wolfboot(const struct host_key *key, const struct bh_hash_algo *hash, bool pss,
                            struct bh_key *core);

/* The digest (256 or 512) that a bootloader with these keys computes: SHA-512 if all are Ed25519,
 * which needs that anyway, so that SHA-256 is not linked. What makes a bootloader, signs for it, or
 * plays it asks here, so that they agree. */
unsigned host_product_sha(const struct host_key *keys, size_t n);
/* Keys and digest into a policy. core has room for n, and has been through host_core_key. A policy
 * for wolfBoot's images keeps the digest that it has. */
void host_policy_keys(struct bh_policy *policy, const struct host_key *keys, struct bh_key *core,
                      uint8_t n, unsigned sha);

#endif
