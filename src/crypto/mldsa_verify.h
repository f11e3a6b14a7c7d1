/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA (FIPS 204), pure, with an empty context: one parameter set, MLD_CONFIG_PARAMETER_SET, for
 * each file that includes this. The arithmetic is mldsa-native's; the order of steps (algorithm 8)
 * is ours, for two reasons.
 *
 * RAM: a row of A z - c t1 2^d is made at a time, and hashed before the next. So there are four
 * polynomials (4 KB) whatever the parameter set is, where the library has L + 4 of them. Each part
 * of z is unpacked and transformed once for each row: some more instructions.
 *
 * Faults: the library's verdict is one branch. Here every row counts up to the verdict, as every
 * byte of the challenge does, so a loop that ended early is no good signature; and the bound of z,
 * without which anybody could solve for z, is checked again in every row. */
#ifndef BULKHEAD_CRYPTO_MLDSA_VERIFY_H
#define BULKHEAD_CRYPTO_MLDSA_VERIFY_H

#include "common.h"

#include "bulkhead/alive.h"

#define MLD_CONFIG_FILE "mldsa_config.h"
#include "mldsa-native/ct.c"
#include "mldsa-native/packing.c"
#include "mldsa-native/poly.c"
#include "mldsa-native/poly_kl.c"
#include "mldsa-native/polyvec.c"
#include "mldsa-native/polyvec_lazy.c"

/* What is hashed to a challenge, and what is computed for a row. */
struct mldsa_room {
    mld_poly c;       /* the challenge, transformed */
    mld_poly w;       /* the row */
    mld_poly a, part; /* an entry of A, or the hints; a part of z, or of t1 */
    struct keccak hash;
    uint8_t bytes[MLDSA_POLYW1_PACKEDBYTES];
};

/* Section 5.3, and algorithm 8, line 7: begins the hash with H(H(key) || 0 || 0 || message). */
static void mldsa_begin(struct mldsa_room *x, const uint8_t *key, const uint8_t *msg,
                        size_t msg_len)
{
    static const uint8_t pure[2]; /* no digest of the signer's, and a context of no bytes */
    uint8_t *h = x->bytes;

    mld_shake256_init(&x->hash);
    mld_shake256_absorb(&x->hash, key, MLDSA_CRYPTO_PUBLICKEYBYTES);
    mld_shake256_finalize(&x->hash);
    mld_shake256_squeeze(h, MLDSA_TRBYTES, &x->hash);
    mld_shake256_init(&x->hash);
    mld_shake256_absorb(&x->hash, h, MLDSA_TRBYTES);
    mld_shake256_absorb(&x->hash, pure, sizeof pure);
    mld_shake256_absorb(&x->hash, msg, msg_len);
    mld_shake256_finalize(&x->hash);
    mld_shake256_squeeze(h, MLDSA_CRHBYTES, &x->hash);
    mld_shake256_init(&x->hash);
    mld_shake256_absorb(&x->hash, h, MLDSA_CRHBYTES);
}

/* x->w = row i of A z, transformed. Is z short enough? */
static bool mldsa_product(struct mldsa_room *x, const uint8_t *key, const uint8_t *sig, unsigned i)
{
    uint8_t seed[MLDSA_SEEDBYTES + 2];

    memset(&x->w, 0, sizeof x->w);
    memcpy(seed, key, MLDSA_SEEDBYTES);
    seed[MLDSA_SEEDBYTES + 1] = (uint8_t)i;
    for (unsigned j = 0; j < MLDSA_L; j++) {
        bh_alive();
        mld_polyz_unpack(&x->part, sig + MLDSA_SIG_Z_OFFSET + j * MLDSA_POLYZ_PACKEDBYTES);
        if (mld_poly_chknorm(&x->part, MLDSA_GAMMA1 - MLDSA_BETA))
            return false;
        mld_poly_ntt(&x->part);
        seed[MLDSA_SEEDBYTES] = (uint8_t)j;
        mld_poly_uniform(&x->a, seed);
        mld_poly_pointwise_montgomery(&x->a, &x->part);
        mld_poly_add(&x->w, &x->a);
    }
    return true;
}

/* Lines 9 and 10 for row i, whose bytes are hashed. Are z and the hints as they may be? */
static bool mldsa_row(struct mldsa_room *x, const uint8_t *key, const uint8_t *sig, unsigned i)
{
    if (!mldsa_product(x, key, sig, i))
        return false;
    mld_unpack_pk_t1(&x->part, key, i);
    mld_poly_shiftl(&x->part);
    mld_poly_ntt(&x->part);
    mld_poly_pointwise_montgomery(&x->part, &x->c);
    mld_poly_sub(&x->w, &x->part);
    mld_poly_reduce(&x->w);
    mld_poly_invntt_tomont(&x->w);
    mld_poly_caddq(&x->w);
    if (mld_sig_unpack_hints(&x->a, sig, i))
        return false;
    mld_poly_use_hint(&x->w, &x->a);
    mld_polyw1_pack(x->bytes, &x->w);
    mld_shake256_absorb(&x->hash, x->bytes, MLDSA_POLYW1_PACKEDBYTES);
    return true;
}

static uint32_t mldsa_verify(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                             const uint8_t *sig, size_t sig_len)
{
    uint32_t score = SCORE(MLDSA_CTILDEBYTES + MLDSA_K);
    struct mldsa_room x;

    if (key->len != MLDSA_CRYPTO_PUBLICKEYBYTES || sig_len != MLDSA_CRYPTO_BYTES)
        return SIGNATURE_BAD;
    mldsa_begin(&x, key->bytes, msg, msg_len);
    mld_poly_challenge(&x.c, sig);
    mld_poly_ntt(&x.c);
    for (unsigned i = 0; i < MLDSA_K; i++) {
        if (!mldsa_row(&x, key->bytes, sig, i))
            return SIGNATURE_BAD;
        score += EQUAL;
    }
    mld_shake256_finalize(&x.hash);
    /* were the call after this skipped, no byte would be the right one */
    for (unsigned i = 0; i < MLDSA_CTILDEBYTES; i++)
        x.bytes[i] = (uint8_t)~sig[i];
    mld_shake256_squeeze(x.bytes, MLDSA_CTILDEBYTES, &x.hash);
    return bh_match(score, x.bytes, sig, MLDSA_CTILDEBYTES);
}

#endif
