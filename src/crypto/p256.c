/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on P-256: the forms in which a signature may come. What refuses r and s outside [1, n-1]
 * and points off the curve is after p256.h. */
#include "common.h"
#include "p256.h"

#include "bulkhead/bytes.h"

#include <stdbool.h>
#include <string.h>

enum { NUMBER = 32, POINT = 64, DER_MAX = 72, TAG_INTEGER = 0x02, TAG_SEQUENCE = 0x30 };

/* One DER INTEGER of [p, end) as 32 bytes, big endian. Returns the byte after it, or NULL if it is
 * not in the one form DER allows, at most 32 bytes of value, or 0, which no signature has. A zero
 * before the value is there if and only if the value's top bit is set. */
static const uint8_t *decode_integer(const uint8_t *p, const uint8_t *end, uint8_t number[NUMBER])
{
    size_t len, zero;

    if (end - p < 3 || p[0] != TAG_INTEGER)
        return NULL;
    zero = p[2] == 0;
    len = p[1] - zero;
    p += 2 + zero;
    if (len - 1 >= NUMBER || len > (size_t)(end - p) || p[0] >> 7 != zero)
        return NULL;
    memset(number, 0, NUMBER - len);
    memcpy(number + NUMBER - len, p, len);
    return p + len;
}

/* SEQUENCE { r INTEGER, s INTEGER } to r||s. After it nothing, or zero bytes up to the longest
 * form there is, which is how imgtool's --pad-sig makes all signatures equally long. */
static bool decode_der(const uint8_t *der, size_t len, uint8_t raw[POINT])
{
    const uint8_t *end;
    const uint8_t *p;

    if (len < 2 || len > DER_MAX || der[0] != TAG_SEQUENCE || der[1] > len - 2)
        return false;
    end = der + 2 + der[1];
    if (!bh_all(end, 0, len - 2 - der[1]))
        return false;
    p = decode_integer(der + 2, end, raw);
    return p && decode_integer(p, end, raw + NUMBER) == end;
}

static uint32_t verify(const struct bh_key *key, const uint8_t *msg, size_t msg_len,
                       const uint8_t *sig, size_t sig_len)
{
    uint8_t raw[POINT];

    if (key->len != POINT || msg_len < NUMBER)
        return SIGNATURE_BAD;
    if (sig_len != POINT) {
        if (!decode_der(sig, sig_len, raw))
            return SIGNATURE_BAD;
        sig = raw;
    }
    return bh_p256_verify(sig, key->bytes, msg);
}

const struct bh_signature_algo bh_p256 = { BH_SIG_P256, verify };
