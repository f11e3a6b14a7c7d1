/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and signatures of ML-DSA (FIPS 204) by mldsa-native, over the core's Keccak: one parameter
 * set, MLD_CONFIG_PARAMETER_SET, for each file that includes this. */
#ifndef HOST_ML_DSA_LEVEL_H
#define HOST_ML_DSA_LEVEL_H

#include "host/ml_dsa.h"

#include <openssl/crypto.h>

#define MLD_CONFIG_FILE "host/ml_dsa_config.h"
#include "mldsa-native/ct.c"
#include "mldsa-native/packing.c"
#include "mldsa-native/poly.c"
#include "mldsa-native/poly_kl.c"
#include "mldsa-native/polyvec.c"
#include "mldsa-native/polyvec_lazy.c"
#include "mldsa-native/sign.c"

/* NULL: the library takes a context there, and has none in this build. */
static bool level_public(const uint8_t seed[HOST_ML_DSA_SEED], uint8_t *public_key)
{
    uint8_t secret[MLDSA_CRYPTO_SECRETKEYBYTES];
    bool made = mld_sign_keypair_internal(public_key, secret, seed, NULL) == 0;

    OPENSSL_cleanse(secret, sizeof secret);
    return made;
}

static bool level_sign(const uint8_t seed[HOST_ML_DSA_SEED], const uint8_t random[32],
                       const void *message, size_t len, uint8_t *signature)
{
    static const uint8_t pure[2]; /* no digest of the signer's, and a context of no bytes */
    uint8_t secret[MLDSA_CRYPTO_SECRETKEYBYTES], public_key[MLDSA_CRYPTO_PUBLICKEYBYTES];
    bool made = mld_sign_keypair_internal(public_key, secret, seed, NULL) == 0 &&
                mld_sign_signature_internal(signature, message, len, pure, sizeof pure, random,
                                            secret, 0, NULL) == 0;

    OPENSSL_cleanse(secret, sizeof secret);
    return made;
}

/* Is it the expanded form of the private key that the seed gives? */
static bool level_expanded(const uint8_t seed[HOST_ML_DSA_SEED], const uint8_t *expanded,
                           size_t len)
{
    uint8_t secret[MLDSA_CRYPTO_SECRETKEYBYTES], public_key[MLDSA_CRYPTO_PUBLICKEYBYTES];
    bool same = len == sizeof secret &&
                mld_sign_keypair_internal(public_key, secret, seed, NULL) == 0 &&
                CRYPTO_memcmp(secret, expanded, len) == 0;

    OPENSSL_cleanse(secret, sizeof secret);
    return same;
}

#define HOST_ML_DSA_LEVEL(name)                                                                    \
    const struct host_ml_dsa host_ml_dsa_##name = {                                                \
        MLDSA_CRYPTO_PUBLICKEYBYTES,                                                               \
        MLDSA_CRYPTO_BYTES,                                                                        \
        MLDSA_CRYPTO_SECRETKEYBYTES,                                                               \
        level_public,                                                                              \
        level_sign,                                                                                \
        level_expanded,                                                                            \
    }

#endif
