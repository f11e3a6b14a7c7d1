/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.2), as wolfBoot's images have it: over the digest with
 * its DigestInfo, or over the bare digest.
 *
 *     EM = 0x00 || 0x01 || 0xFF...0xFF || 0x00 || T      T = digest, or DigestInfo || digest
 *
 * There is one right encoding of each kind, and every byte of it is compared: nothing is parsed. */
#include "common.h"
#include "rsa_public.h"

#include <string.h>

enum { EXPONENT = 4, LARGEST = 512, PREFIX = 19, SHA256 = 32, SHA384 = 48 };

/* An encoded message. The right one is XORed onto it; then every byte must be 0, which is what
 * equals the byte three before it: the first ones look at the zeros. */
struct encoded {
    uint8_t zeros[3];
    uint8_t em[LARGEST];
};

static void flip(uint8_t *at, const uint8_t *with, size_t len)
{
    while (len--)
        *at++ ^= *with++;
}

/* The DigestInfo of SHA-256, SHA-384 or SHA3-384 up to the digest (RFC 8017 section 9.2; NIST's arc
 * 2.16.840.1.101.3.4.2, in which they are 1, 2 and 9). The last two have digests of one length,
 * so either prefix is accepted before such a digest. */
static void flip_info(uint8_t *at, uint8_t digest_len)
{
    static const uint8_t algorithm[] = { 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86,
                                         0x48, 0x01, 0x65, 0x03, 0x04, 0x02 };
    uint8_t arc = digest_len == SHA256 ? 1 : at[14] == 9 ? 9 : 2;
    uint8_t head[2] = { 0x30, (uint8_t)(PREFIX - 2 + digest_len) };
    uint8_t tail[5] = { arc, 0x05, 0x00, 0x04, digest_len };

    flip(at, head, sizeof head);
    flip(at + 2, algorithm, sizeof algorithm);
    flip(at + 14, tail, sizeof tail);
}

/* Is x->em, len bytes, an encoding of this digest? The score. */
static uint32_t encodes(struct encoded *x, size_t len, const uint8_t *digest, uint8_t digest_len)
{
    size_t zero = len - digest_len - 1; /* before T */

    if (x->em[zero] != 0) {
        zero -= PREFIX;
        flip_info(x->em + zero + 1, digest_len);
    }
    x->em[1] ^= 0x01;
    for (size_t i = 2; i < zero; i++)
        x->em[i] ^= 0xFF;
    flip(x->em + len - digest_len, digest, digest_len);
    return bh_match(SCORE(len), x->zeros, x->em, len);
}

static uint32_t verify(const struct bh_key *key, size_t len, const uint8_t *msg, size_t msg_len,
                       const uint8_t *sig, size_t sig_len)
{
    struct encoded x;

    if (key->len != len + EXPONENT || sig_len != len || (msg_len != SHA256 && msg_len != SHA384))
        return SIGNATURE_BAD;
    memset(x.zeros, 0, sizeof x.zeros);
    memcpy(x.em, sig, len);
    if (!bh_rsa_decode(x.em, len, key->bytes))
        return SIGNATURE_BAD;
    return encodes(&x, len, msg, (uint8_t)msg_len);
}

#define RSA(bits)                                                                                  \
    static uint32_t verify_##bits(const struct bh_key *key, const uint8_t *msg, size_t msg_len,    \
                                  const uint8_t *sig, size_t sig_len)                              \
    {                                                                                              \
        return verify(key, bits / 8, msg, msg_len, sig, sig_len);                                  \
    }                                                                                              \
    const struct bh_signature_algo bh_rsa##bits##_pkcs1 = { BH_SIG_RSA##bits##_PKCS1,              \
                                                            verify_##bits }

RSA(2048);
RSA(3072);
RSA(4096);
