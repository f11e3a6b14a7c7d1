/* SPDX-License-Identifier: Apache-2.0 */
/* SHAKE128 and SHAKE256 (FIPS 202, section 6.2) by the names under which mldsa-native calls
 * them. */
#ifndef BULKHEAD_CRYPTO_MLDSA_SHAKE_H
#define BULKHEAD_CRYPTO_MLDSA_SHAKE_H

#include "keccak.h"

#include <string.h>

#define SHAKE128_RATE 168
#define SHAKE256_RATE 136

#define SHAKE(name, rate)                                                                          \
    typedef struct keccak mld_##name##ctx;                                                         \
    static inline void mld_##name##_init(struct keccak *s)                                         \
    {                                                                                              \
        memset(s, 0, sizeof *s);                                                                   \
    }                                                                                              \
    static inline void mld_##name##_absorb(struct keccak *s, const uint8_t *in, size_t len)        \
    {                                                                                              \
        bh_keccak_absorb(s, rate, in, len);                                                        \
    }                                                                                              \
    static inline void mld_##name##_finalize(struct keccak *s)                                     \
    {                                                                                              \
        bh_keccak_close(s, rate, KECCAK_SHAKE);                                                    \
    }                                                                                              \
    static inline void mld_##name##_squeeze(uint8_t *out, size_t len, struct keccak *s)            \
    {                                                                                              \
        bh_keccak_squeeze(s, rate, out, len);                                                      \
    }                                                                                              \
    static inline void mld_##name##_release(struct keccak *s)                                      \
    {                                                                                              \
        (void)s;                                                                                   \
    }

SHAKE(shake128, SHAKE128_RATE)
SHAKE(shake256, SHAKE256_RATE)

/* All of it at once. */
static inline void mld_shake256(uint8_t *out, size_t out_len, const uint8_t *in, size_t len)
{
    struct keccak s;

    mld_shake256_init(&s);
    mld_shake256_absorb(&s, in, len);
    mld_shake256_finalize(&s);
    mld_shake256_squeeze(out, out_len, &s);
}

#endif
