/* SPDX-License-Identifier: Apache-2.0 */
/* Packets in lines of base64. A line begins with 06 09, or goes on with 04 14, and ends with a line
 * feed; a packet is its length, a message and a CRC-16.
 *
 * The two bytes that begin a line are in no base64 and in no log text. So they begin one wherever
 * they come, and a line whose end was lost costs nothing but its own packet. */
#include "bulkhead/smp.h"

#define FIRST_1 0x06u
#define FIRST_2 0x09u
#define MORE_1 0x04u
#define MORE_2 0x14u

#define LENGTH_LEN 2u
#define CRC_LEN 2u
#define TRIPLES_PER_LINE 31u /* 2 + 124 + 1 = BH_SMP_LINE_MAX bytes */

/* Where in a line. */
enum { OUTSIDE, AFTER_FIRST, AFTER_MORE, WITHIN };

uint32_t bh_crc16(uint32_t crc, uint8_t byte)
{
    crc ^= (uint32_t)byte << 8;
    for (int i = 0; i < 8; i++)
        crc = crc << 1 ^ (crc & 0x8000u ? 0x1021u : 0);
    return crc & 0xFFFFu;
}

void bh_smp_in_open(struct bh_smp_in *in, uint8_t *buf, uint32_t room)
{
    *in = (struct bh_smp_in){ .buf = buf, .room = room, .at = OUTSIDE };
}

/* Six bits of a character of base64; 64 and more: it is none. */
static uint32_t sextet(uint8_t c)
{
    if ((uint32_t)c - 'A' < 26u)
        return (uint32_t)c - 'A';
    if ((uint32_t)c - 'a' < 26u)
        return (uint32_t)c - 'a' + 26u;
    if ((uint32_t)c - '0' < 10u)
        return (uint32_t)c - '0' + 52u;
    return c == '+' ? 62u : c == '/' ? 63u : 64u;
}

/* False: the packet is longer than it says, or than there is room. */
static bool take(struct bh_smp_in *in, uint8_t byte)
{
    uint32_t i = in->have++;

    if (i < LENGTH_LEN) {
        in->want = in->want << 8 | byte;
        return i == 0 || (in->want >= BH_SMP_HEADER + CRC_LEN && in->want <= in->room);
    }
    i -= LENGTH_LEN;
    if (i >= in->want)
        return false;
    in->buf[i] = byte;
    in->crc = bh_crc16(in->crc, byte);
    return true;
}

/* A character between the beginning and the end of a line. */
static bool take_char(struct bh_smp_in *in, uint8_t c)
{
    uint32_t six = c == '=' ? 0 : sextet(c);

    if (six > 63 || (in->n_pad && c != '='))
        return false;
    in->n_pad = (uint8_t)(in->n_pad + (c == '='));
    in->bits = in->bits << 6 | six;
    if (++in->n_bits < 4)
        return true;
    in->n_bits = 0;
    if (in->n_pad > 2)
        return false;
    for (int i = 0; i < 3 - in->n_pad; i++)
        if (!take(in, (uint8_t)(in->bits >> (16 - 8 * i))))
            return false;
    return true;
}

/* A line has ended; is the packet whole? */
static uint32_t end_line(struct bh_smp_in *in)
{
    if (in->n_bits)
        in->open = false;
    if (!in->open || in->have < LENGTH_LEN || in->have - LENGTH_LEN < in->want)
        return 0;
    in->open = false;
    return in->crc ? 0 : in->want - CRC_LEN;
}

uint32_t bh_smp_in(struct bh_smp_in *in, uint8_t c)
{
    uint8_t was = in->at;

    in->at = OUTSIDE;
    if (c == FIRST_1 || c == MORE_1) {
        if (was == WITHIN) /* a line that does not end spoils its packet */
            in->open = false;
        in->at = c == FIRST_1 ? AFTER_FIRST : AFTER_MORE;
    } else if (was == AFTER_FIRST && c == FIRST_2) {
        bh_smp_in_open(in, in->buf, in->room);
        in->open = true;
        in->at = WITHIN;
    } else if (was == AFTER_MORE && c == MORE_2 && in->open) {
        in->n_pad = 0; /* some pad each line */
        in->at = WITHIN;
    } else if (was == WITHIN) {
        if (c == '\n' || c == '\r')
            return end_line(in);
        in->open = take_char(in, c);
        in->at = in->open ? WITHIN : OUTSIDE;
    }
    return 0;
}

/* Byte i of a packet. */
static uint32_t packet_byte(const uint8_t *message, uint32_t len, uint32_t crc, uint32_t i)
{
    uint32_t said = len + CRC_LEN;

    if (i < LENGTH_LEN)
        return i ? said & 0xFFu : said >> 8;
    i -= LENGTH_LEN;
    if (i < len)
        return message[i];
    return i == len ? crc >> 8 : crc & 0xFFu;
}

void bh_smp_out(const uint8_t *message, uint32_t len, bh_put_fn *put, void *context)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t total = LENGTH_LEN + len + CRC_LEN, crc = 0, triples = 0;

    for (uint32_t i = 0; i < len; i++)
        crc = bh_crc16(crc, message[i]);
    for (uint32_t i = 0; i < total; i += 3) {
        uint32_t bits = 0, here = total - i < 3 ? total - i : 3;

        for (uint32_t k = 0; k < here; k++)
            bits |= packet_byte(message, len, crc, i + k) << (16 - 8 * k);
        if (triples == 0) {
            put(context, i ? MORE_1 : FIRST_1);
            put(context, i ? MORE_2 : FIRST_2);
        }
        for (uint32_t k = 0; k < 4; k++, bits <<= 6)
            put(context, (uint8_t)(k <= here ? digits[bits >> 18 & 63u] : '='));
        if (++triples == TRIPLES_PER_LINE || i + 3 >= total) {
            put(context, '\n');
            triples = 0;
        }
    }
}
