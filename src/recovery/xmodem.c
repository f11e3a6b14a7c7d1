/* SPDX-License-Identifier: Apache-2.0 */
/* XMODEM with CRC, in blocks of 128 or 1024 bytes, and YMODEM's block 0 with the file's length: the
 * side that receives. What a terminal program can send without anything installed.
 *
 * XMODEM tells no length: the image does, in its header, and what fills up the last block is not
 * looked at. A file that is longer than an image may be is refused, but for such a filling. */
#include "bulkhead/recovery.h"

#include "bulkhead/bytes.h"

#include <string.h>

#define SOH 0x01u
#define STX 0x02u
#define EOT 0x04u
#define ACK 0x06u
#define NAK 0x15u
#define CAN 0x18u
#define WANT_CRC 'C'
#define FILLING 0x1Au

#define SHORT_BLOCK 128u
#define BEGIN_MS 3000u  /* from one 'C' to the next */
#define BLOCK_MS 10000u /* for the next block */
#define BYTE_MS 1000u   /* for the next byte of a block; and of silence after noise */
#define ERRORS_MAX 10u

/* Where in the stream. */
enum { BETWEEN, NUMBER, COMPLEMENT, DATA, CRC_HIGH, CRC_LOW, NOISE };

static void put(const struct bh_xmodem *x, uint8_t c)
{
    x->put(x->context, c);
}

static void expect(struct bh_xmodem *x, uint8_t at)
{
    x->at = at;
    x->wait_ms = at != BETWEEN ? BYTE_MS : x->begun ? BLOCK_MS : BEGIN_MS;
}

/* From the first 'C' on. */
static void restart(struct bh_xmodem *x)
{
    x->next = 1;
    x->errors = 0;
    x->begun = x->batch = x->over = x->cancel = false;
    x->left = UINT32_MAX;
    x->r->open = false;
    expect(x, BETWEEN);
}

void bh_xmodem_open(struct bh_xmodem *x, struct bh_recovery *r, uint8_t *block, bh_put_fn *put_fn,
                    void *context)
{
    memset(x, 0, sizeof *x);
    x->r = r;
    x->block = block;
    x->put = put_fn;
    x->context = context;
    restart(x);
    put(x, WANT_CRC);
}

static void give_up(struct bh_xmodem *x)
{
    for (int i = 0; i < 3; i++)
        put(x, CAN);
    restart(x);
}

/* Ask for it again; at first that is what asks for a CRC, too. */
static void again(struct bh_xmodem *x)
{
    if (x->begun && ++x->errors >= ERRORS_MAX) {
        give_up(x);
        return;
    }
    put(x, x->begun ? NAK : WANT_CRC);
    expect(x, BETWEEN);
}

/* The length in block 0: after the name and its 0, in decimal. 0: there is none. */
static uint32_t file_len(const struct bh_xmodem *x)
{
    uint32_t i = 0, len = 0;

    while (i < x->len && x->block[i])
        i++;
    while (++i < x->len && (uint32_t)x->block[i] - '0' < 10u && len < UINT32_MAX / 16)
        len = len * 10 + ((uint32_t)x->block[i] - '0');
    return len;
}

/* Bytes of the file. False: they cannot be taken. */
static bool store(struct bh_xmodem *x, const struct bh_product *product)
{
    struct bh_recovery *r = x->r;
    uint32_t max = product->pairs[0].image_max, n = bh_min(x->len, x->left);

    if (!r->open && bh_recovery_begin(r, product, 0, x->left == UINT32_MAX ? max : x->left))
        return false;
    if (n > r->len - r->off) { /* the filling of the last block may be one too many */
        if (!bh_all(x->block + (r->len - r->off), FILLING, n - (r->len - r->off)))
            return false;
        n = r->len - r->off;
    }
    x->left -= x->left == UINT32_MAX ? 0 : n;
    return bh_recovery_write(r, x->block, n) == BH_OK;
}

/* A block is whole and right. */
static void take(struct bh_xmodem *x, const struct bh_product *product)
{
    bool header = !x->begun && x->number == 0;

    if (x->over) { /* YMODEM: no more files */
        put(x, ACK);
        x->r->reset = true;
    } else if (header) {
        x->left = file_len(x);
        x->left = x->left ? x->left : UINT32_MAX;
        x->batch = true;
        put(x, ACK);
    } else if (x->number == x->next) {
        x->begun = true;
        if (!store(x, product)) {
            give_up(x);
            return;
        }
        x->next++;
        put(x, ACK);
    } else if (x->begun && x->number == (uint8_t)(x->next - 1)) {
        put(x, ACK); /* the sender did not hear the first one */
    } else {
        give_up(x);
        return;
    }
    x->errors = 0;
    if (header)
        put(x, WANT_CRC);
    expect(x, BETWEEN);
}

/* The file is over. */
static void end(struct bh_xmodem *x, const struct bh_product *product)
{
    struct bh_recovery *r = x->r;

    if (x->left == UINT32_MAX) /* that was all of it */
        r->len = r->off;
    if (!x->over && bh_recovery_end(r, product, NULL)) {
        give_up(x);
        return;
    }
    put(x, ACK);
    x->over = x->batch;
    r->reset = !x->batch;
    if (x->batch)
        put(x, WANT_CRC);
}

static void between(struct bh_xmodem *x, const struct bh_product *product, uint8_t c)
{
    bool cancel = x->cancel;

    x->cancel = c == CAN;
    if (c == SOH || c == STX) {
        x->len = c == STX ? BH_XMODEM_BLOCK : SHORT_BLOCK;
        expect(x, NUMBER);
    } else if (c == EOT && x->begun) {
        end(x, product);
    } else if (c == CAN && cancel) {
        restart(x);
    }
}

static void byte(struct bh_xmodem *x, const struct bh_product *product, uint8_t c)
{
    switch (x->at) {
    case NUMBER:
        x->number = c;
        expect(x, COMPLEMENT);
        break;
    case COMPLEMENT:
        x->got = x->crc = 0;
        expect(x, (x->number ^ c) == 0xFFu ? DATA : NOISE);
        break;
    case DATA:
        x->block[x->got++] = c;
        x->crc = bh_crc16(x->crc, c);
        if (x->got == x->len)
            expect(x, CRC_HIGH);
        break;
    case CRC_HIGH:
        x->crc = bh_crc16(x->crc, c);
        expect(x, CRC_LOW);
        break;
    case CRC_LOW:
        x->crc = bh_crc16(x->crc, c);
        if (x->crc)
            expect(x, NOISE);
        else
            take(x, product);
        break;
    default: break; /* until the line is silent */
    }
}

void bh_xmodem(struct bh_xmodem *x, const struct bh_product *product, int c)
{
    if (c >= 0 && x->at == BETWEEN)
        between(x, product, (uint8_t)c);
    else if (c >= 0)
        byte(x, product, (uint8_t)c);
    else if (x->over) /* the sender forgot its last block: the image is there */
        x->r->reset = true;
    else
        again(x);
}
