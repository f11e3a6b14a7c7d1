/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/key.h - the signature seam and the keys of a product.
 *
 *     static const uint8_t point[64] = { 0x60, 0xFE };  64 bytes, and an id of 32
 *     static const struct bh_key key = { &bh_p256, { 0xA1, 0x7B }, point, sizeof point };
 *     if (key.algo->verify(&key, digest, 32, sig, sig_len) == BH_SIGNATURE_GOOD) ...
 *
 * `bulkhead key export --format c` prints such a struct. An algorithm that no product names is not
 * linked. */
#ifndef BULKHEAD_KEY_H
#define BULKHEAD_KEY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BH_SIGNATURE_GOOD                                                                          \
    0x5AC35A3Cu /* anything else is bad; many bits, so that no single fault makes it */
#define BH_KEY_ID_LEN 32u

/* Which algorithm, as image formats and tools name it. The numbers of MCUboot's algorithms are the
 * low bytes of its TLV types, so that its decoder needs no table. */
enum bh_signature_id {
    BH_SIG_P384 = 0x01,    /* no TLV type of its own; known by name so that tools can refuse it */
    BH_SIG_RSA2048 = 0x20, /* PSS, salt 32, MGF1-SHA-256 */
    BH_SIG_P256 = 0x22,
    BH_SIG_RSA3072 = 0x23,
    BH_SIG_ED25519 = 0x24,
    BH_SIG_RSA4096 = 0x30,       /* as 2048; wolfBoot's alone, like the next three */
    BH_SIG_RSA2048_PKCS1 = 0x31, /* PKCS#1 v1.5, over the digest with or without its DigestInfo */
    BH_SIG_RSA3072_PKCS1 = 0x32,
    BH_SIG_RSA4096_PKCS1 = 0x33,
    BH_SIG_LMS = 0xA0,       /* RFC 8554 HSS/LMS, SHA-256 */
    BH_SIG_ML_DSA_44 = 0xA1, /* FIPS 204, pure, with an empty context, over the digest */
    BH_SIG_ML_DSA_65 = 0xA2,
    BH_SIG_ML_DSA_87 = 0xA3,
};

struct bh_key;

struct bh_signature_algo {
    uint8_t id; /* enum bh_signature_id */
    /* Is sig a signature by key over msg? msg is a digest (or, for Ed25519, any bytes).
     * sig is hostile: any length and content. Returns BH_SIGNATURE_GOOD or anything else. */
    uint32_t (*verify)(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                       const uint8_t *sig, size_t sig_len);
};

/* A public key. bytes by algorithm: P-256 X||Y (64, big endian); Ed25519 the point (32);
 * RSA modulus n (256, 384 or 512, big endian), then the exponent e (u32, big endian);
 * LMS the HSS public key of RFC 8554 section 6.1: u32 L, then the LMS public key (60 in all);
 * ML-DSA-44, -65, -87 the public key of FIPS 204 (1312, 1952, 2592). */
struct bh_key {
    const struct bh_signature_algo *algo;
    uint8_t id[BH_KEY_ID_LEN]; /* first 32 bytes of the product's hash (policy.hash) of the key in
                                * the form that the image format hashes; MCUboot: DER, LMS: bytes */
    const uint8_t *bytes;
    uint16_t len;
};

/* sig: p256 takes raw r||s (64, big endian) or the DER form, and refuses r or s = 0 or >= n. */
extern const struct bh_signature_algo bh_p256, bh_ed25519, bh_rsa2048, bh_rsa3072, bh_lms;

/* Signatures of 2420, 3309 and 4627 bytes. Each takes 6 KB of stack: docs/crypto.md. */
extern const struct bh_signature_algo bh_ml_dsa_44, bh_ml_dsa_65, bh_ml_dsa_87;

/* What only wolfBoot's images have: RSA with PKCS#1 v1.5 over a digest of 32 or 48 bytes, PSS with
 * 4096 bits, and PSS with SHA-384 and a salt of 48 (the ids are those of PSS with SHA-256: a
 * product has one digest). */
extern const struct bh_signature_algo bh_rsa4096, bh_rsa2048_pkcs1, bh_rsa3072_pkcs1,
    bh_rsa4096_pkcs1, bh_rsa2048_sha384, bh_rsa3072_sha384, bh_rsa4096_sha384;

/* Ed25519 over a message that is streamed, for `pure` images: hash (with bh_sha512) sig[0..32),
 * key[0..32), then the message; give the 64-byte digest here. */
uint32_t bh_ed25519_verify_prehashed(const struct bh_key *key, const uint8_t digest[64],
                                     const uint8_t *sig, size_t sig_len);

#ifdef __cplusplus
}
#endif

#endif
