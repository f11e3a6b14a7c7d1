/* SPDX-License-Identifier: Apache-2.0 */
/* MD5 (RFC 1321), one block at a time. */
#include "md5.h"

#include "bulkhead/bytes.h"

#include <string.h>

/* floor(2^32 * abs(sin(i + 1))), as RFC 1321 section 3.4 defines them. */
static const uint32_t sines[64] = {
    0xD76AA478, 0xE8C7B756, 0x242070DB, 0xC1BDCEEE, 0xF57C0FAF, 0x4787C62A, 0xA8304613, 0xFD469501,
    0x698098D8, 0x8B44F7AF, 0xFFFF5BB1, 0x895CD7BE, 0x6B901122, 0xFD987193, 0xA679438E, 0x49B40821,
    0xF61E2562, 0xC040B340, 0x265E5A51, 0xE9B6C7AA, 0xD62F105D, 0x02441453, 0xD8A1E681, 0xE7D3FBC8,
    0x21E1CDE6, 0xC33707D6, 0xF4D50D87, 0x455A14ED, 0xA9E3E905, 0xFCEFA3F8, 0x676F02D9, 0x8D2A4C8A,
    0xFFFA3942, 0x8771F681, 0x6D9D6122, 0xFDE5380C, 0xA4BEEA44, 0x4BDECFA9, 0xF6BB4B60, 0xBEBFBC70,
    0x289B7EC6, 0xEAA127FA, 0xD4EF3085, 0x04881D05, 0xD9D4D039, 0xE6DB99E5, 0x1FA27CF8, 0xC4AC5665,
    0xF4292244, 0x432AFF97, 0xAB9423A7, 0xFC93A039, 0x655B59C3, 0x8F0CCC92, 0xFFEFF47D, 0x85845DD1,
    0x6FA87E4F, 0xFE2CE6E0, 0xA3014314, 0x4E0811A1, 0xF7537E82, 0xBD3AF235, 0x2AD7D2BB, 0xEB86D391,
};

static const uint8_t shifts[4][4] = {
    { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
};

static uint32_t mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
    switch (round) {
    case 0: return (b & c) | (~b & d);
    case 1: return (b & d) | (c & ~d);
    case 2: return b ^ c ^ d;
    default: return c ^ (b | ~d);
    }
}

/* Which word of the block step i takes. */
static unsigned word(unsigned round, unsigned i)
{
    static const uint8_t factor[4] = { 1, 5, 3, 7 }, first[4] = { 0, 1, 5, 0 };

    return (factor[round] * i + first[round]) & 15;
}

static void compress(struct bh_md5 *m)
{
    uint32_t a = m->state[0], b = m->state[1], c = m->state[2], d = m->state[3];

    for (unsigned i = 0; i < 64; i++) {
        unsigned round = i / 16, shift = shifts[round][i & 3];
        uint32_t sum =
            a + mix(round, b, c, d) + sines[i] + bh_load32(m->block + 4 * word(round, i));

        a = d;
        d = c;
        c = b;
        b += sum << shift | sum >> (32 - shift);
    }
    m->state[0] += a;
    m->state[1] += b;
    m->state[2] += c;
    m->state[3] += d;
}

void bh_md5_init(struct bh_md5 *m)
{
    *m = (struct bh_md5){ .state = { 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476 } };
}

void bh_md5_update(struct bh_md5 *m, const void *data, size_t len)
{
    const uint8_t *p = data;

    while (len--) {
        m->block[m->len++ & 63] = *p++;
        if ((m->len & 63) == 0)
            compress(m);
    }
}

void bh_md5_final(struct bh_md5 *m, uint8_t digest[16])
{
    uint8_t bits[8] = { 0 };

    bh_store32(bits, m->len << 3);
    bh_store32(bits + 4, m->len >> 29);
    bh_md5_update(m, "\x80", 1);
    while ((m->len & 63) != 56)
        bh_md5_update(m, "", 1);
    bh_md5_update(m, bits, sizeof bits);
    for (unsigned i = 0; i < 4; i++)
        bh_store32(digest + 4 * i, m->state[i]);
}
