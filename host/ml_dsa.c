/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA keys as DER (RFC 9881). A private key is a seed, the expanded key, or both:
 *
 *     SEQUENCE { 0, SEQUENCE { OID }, OCTET STRING { [0] seed } }
 *     SEQUENCE { 0, SEQUENCE { OID }, OCTET STRING { OCTET STRING expanded } }
 *     SEQUENCE { 0, SEQUENCE { OID },
 *                OCTET STRING { SEQUENCE { OCTET STRING seed, ... expanded } } } */
#include "host/ml_dsa.h"

#include <string.h>

#include "bulkhead/key.h"

enum { TAG_OCTETS = 0x04, TAG_SEQUENCE = 0x30, TAG_SEED = 0x80 };

/* SEQUENCE { id-ml-dsa-44 }; the last byte is 0x11, 0x12, 0x13. */
static const uint8_t algorithm[] = { 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
                                     0x01, 0x65, 0x03, 0x04, 0x03, 0x11 };

const struct host_ml_dsa *host_ml_dsa_of(uint8_t signature)
{
    return signature == BH_SIG_ML_DSA_44   ? &host_ml_dsa_44
           : signature == BH_SIG_ML_DSA_65 ? &host_ml_dsa_65
           : signature == BH_SIG_ML_DSA_87 ? &host_ml_dsa_87
                                           : NULL;
}

uint8_t host_ml_dsa_by_public(size_t len)
{
    for (uint8_t id = BH_SIG_ML_DSA_44; id <= BH_SIG_ML_DSA_87; id++)
        if (host_ml_dsa_of(id)->public_len == len)
            return id;
    return 0;
}

uint8_t host_ml_dsa_by_signature(size_t len)
{
    for (uint8_t id = BH_SIG_ML_DSA_44; id <= BH_SIG_ML_DSA_87; id++)
        if (host_ml_dsa_of(id)->signature_len == len)
            return id;
    return 0;
}

static void put_algorithm(uint8_t signature, uint8_t *at)
{
    memcpy(at, algorithm, sizeof algorithm);
    at[sizeof algorithm - 1] = (uint8_t)(0x11 + signature - BH_SIG_ML_DSA_44);
}

void host_ml_dsa_head(uint8_t signature, uint8_t head[HOST_ML_DSA_HEAD])
{
    unsigned bits = host_ml_dsa_of(signature)->public_len + 1u;
    unsigned all = (unsigned)sizeof algorithm + 4 + bits;

    memcpy(head, (uint8_t[4]){ TAG_SEQUENCE, 0x82, (uint8_t)(all >> 8), (uint8_t)all }, 4);
    put_algorithm(signature, head + 4);
    memcpy(head + 17, (uint8_t[5]){ 0x03, 0x82, (uint8_t)(bits >> 8), (uint8_t)bits, 0 }, 5);
}

void host_ml_dsa_private(uint8_t signature, const uint8_t seed[HOST_ML_DSA_SEED],
                         uint8_t der[HOST_ML_DSA_PRIVATE])
{
    memcpy(der, (uint8_t[5]){ TAG_SEQUENCE, 52, 0x02, 0x01, 0x00 }, 5);
    put_algorithm(signature, der + 5);
    memcpy(der + 18, (uint8_t[4]){ TAG_OCTETS, 34, TAG_SEED, 32 }, 4);
    memcpy(der + 22, seed, HOST_ML_DSA_SEED);
}

/* ---- reading ---- */

struct input {
    const uint8_t *at;
    size_t len;
};

/* Takes an element with this tag off the front; its contents. In the one way that DER has. */
static bool take(struct input *in, uint8_t tag, struct input *contents)
{
    size_t head = 2, len;

    if (in->len < 2 || in->at[0] != tag)
        return false;
    len = in->at[1];
    if (len == 0x81 || len == 0x82) {
        size_t n = len - 0x80;

        if (in->len < 2 + n)
            return false;
        head += n;
        len = n == 1 ? in->at[2] : (size_t)(in->at[2] << 8 | in->at[3]);
        if (len < (n == 1 ? 0x80u : 0x100u))
            return false;
    } else if (len & 0x80) {
        return false;
    }
    if (len > in->len - head)
        return false;
    *contents = (struct input){ in->at + head, len };
    in->at += head + len;
    in->len -= head + len;
    return true;
}

/* The algorithm's sequence; 0: another one's. */
static uint8_t take_algorithm(struct input *in)
{
    uint8_t set;

    if (in->len < sizeof algorithm || memcmp(in->at, algorithm, sizeof algorithm - 1) != 0)
        return 0;
    set = (uint8_t)(in->at[sizeof algorithm - 1] - 0x11);
    in->at += sizeof algorithm;
    in->len -= sizeof algorithm;
    return set < 3 ? (uint8_t)(BH_SIG_ML_DSA_44 + set) : 0;
}

static enum host_ml_dsa_form decode_private(struct input in, uint8_t signature,
                                            const uint8_t **bytes)
{
    const struct host_ml_dsa *level = host_ml_dsa_of(signature);
    struct input key, seed, expanded;

    /* attributes, and a public key, may follow: they are not needed */
    if (!take(&in, TAG_OCTETS, &key))
        return HOST_ML_DSA_BAD;
    if (take(&key, TAG_SEED, &seed)) {
        *bytes = seed.at;
        return seed.len == HOST_ML_DSA_SEED && !key.len ? HOST_ML_DSA_SEEDED : HOST_ML_DSA_BAD;
    }
    if (take(&key, TAG_OCTETS, &expanded))
        return expanded.len == level->expanded_len && !key.len ? HOST_ML_DSA_SEEDLESS
                                                               : HOST_ML_DSA_BAD;
    struct input both;
    if (!take(&key, TAG_SEQUENCE, &both) || key.len || !take(&both, TAG_OCTETS, &seed) ||
        !take(&both, TAG_OCTETS, &expanded) || both.len || seed.len != HOST_ML_DSA_SEED ||
        !level->is_expanded(seed.at, expanded.at, expanded.len))
        return HOST_ML_DSA_BAD;
    *bytes = seed.at;
    return HOST_ML_DSA_SEEDED;
}

enum host_ml_dsa_form host_ml_dsa_decode(const uint8_t *der, size_t len, uint8_t *signature,
                                         const uint8_t **bytes)
{
    struct input in = { der, len }, all, version, bits;
    bool whole = take(&in, TAG_SEQUENCE, &all) && !in.len, secret;

    *signature = 0;
    if (!whole)
        return HOST_ML_DSA_NONE;
    secret = take(&all, 0x02, &version);
    *signature = take_algorithm(&all);
    if (!*signature)
        return HOST_ML_DSA_NONE;
    if (secret)
        return version.len == 1 && version.at[0] <= 1 ? decode_private(all, *signature, bytes)
                                                      : HOST_ML_DSA_BAD;
    if (!take(&all, 0x03, &bits) || all.len || bits.len < 1 || bits.at[0] ||
        bits.len - 1 != host_ml_dsa_of(*signature)->public_len)
        return HOST_ML_DSA_BAD;
    *bytes = bits.at + 1;
    return HOST_ML_DSA_KEY;
}
