/* SPDX-License-Identifier: Apache-2.0 */
/* host/ml_dsa.h - ML-DSA keys (FIPS 204; RFC 9881) and signatures: pure, with an empty context.
 *
 *     const struct host_ml_dsa *level = host_ml_dsa_of(signature);
 *     if (!level->public_key(seed, public_key))
 *         return false;
 *
 * By mldsa-native, since OpenSSL has ML-DSA from 3.5 on only. A private key is its seed. */
#ifndef HOST_ML_DSA_H
#define HOST_ML_DSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_ML_DSA_SEED 32u
#define HOST_ML_DSA_HEAD 22u    /* of a SubjectPublicKeyInfo, before the key's bytes */
#define HOST_ML_DSA_PRIVATE 54u /* bytes of a PKCS#8 key that has the seed alone */

/* One parameter set. */
struct host_ml_dsa {
    uint16_t public_len, signature_len, expanded_len; /* bytes */
    /* The public key of a seed. False: a fault of the machine. */
    bool (*public_key)(const uint8_t seed[HOST_ML_DSA_SEED], uint8_t *public_key);
    /* Different random bytes make different signatures; zeros are allowed. */
    bool (*sign)(const uint8_t seed[HOST_ML_DSA_SEED], const uint8_t random[32],
                 const void *message, size_t len, uint8_t *signature);
    /* Is it the private key of this seed in the expanded form? */
    bool (*is_expanded)(const uint8_t seed[HOST_ML_DSA_SEED], const uint8_t *expanded, size_t len);
};

extern const struct host_ml_dsa host_ml_dsa_44, host_ml_dsa_65, host_ml_dsa_87;

/* By an enum bh_signature_id; NULL: another algorithm. */
const struct host_ml_dsa *host_ml_dsa_of(uint8_t signature);
/* By the length of a public key or of a signature; 0: it is none of theirs. */
uint8_t host_ml_dsa_by_public(size_t len);
uint8_t host_ml_dsa_by_signature(size_t len);

/* The head of a SubjectPublicKeyInfo, and a PKCS#8 key: RFC 9881, sections 4 and 6. */
void host_ml_dsa_head(uint8_t signature, uint8_t head[HOST_ML_DSA_HEAD]);
void host_ml_dsa_private(uint8_t signature, const uint8_t seed[HOST_ML_DSA_SEED],
                         uint8_t der[HOST_ML_DSA_PRIVATE]);

/* What a DER file holds. */
enum host_ml_dsa_form {
    HOST_ML_DSA_NONE,   /* no ML-DSA key at all */
    HOST_ML_DSA_KEY,    /* a key: *signature says of which set, bytes points to the public key or */
    HOST_ML_DSA_SEEDED, /* to the seed */
    HOST_ML_DSA_SEEDLESS, /* a private key that has no seed */
    HOST_ML_DSA_BAD,      /* one that contradicts itself, or is cut short */
};
enum host_ml_dsa_form host_ml_dsa_decode(const uint8_t *der, size_t len, uint8_t *signature,
                                         const uint8_t **bytes);

#endif
