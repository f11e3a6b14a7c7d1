/* SPDX-License-Identifier: Apache-2.0 */
/* The same chance in each run: keys, nonces of ECDSA and salts of RSA-PSS that OpenSSL draws come
 * from a generator with a known seed. So signatures, instruction counts and which faults start an
 * image are the same again. */
#include "repeat.h"

#include <stddef.h>

#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_METHOD: what took its place cannot repeat */
#include <openssl/rand.h>

static uint64_t state;

static int draw(unsigned char *to, int len)
{
    while (len-- > 0) { /* splitmix64, by Steele, Lea and Flood */
        uint64_t z = state += 0x9e3779b97f4a7c15u;

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        *to++ = (unsigned char)(z >> 56);
    }
    return 1;
}

static int seeded(void)
{
    return 1;
}

int repeat_from(uint64_t seed)
{
    static const RAND_METHOD method = { .bytes = draw, .pseudorand = draw, .status = seeded };

    state = seed;
    return RAND_set_rand_method(&method) == 1;
}
