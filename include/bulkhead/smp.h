/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/smp.h - MCUmgr's SMP over a console: packets in lines of base64, and the CBOR in them.
 *
 *     bh_smp_in_open(&in, buffer, sizeof buffer);
 *     while ((n = bh_smp_in(&in, next_byte())) == 0)
 *         ;
 *     bh_smp_out(buffer, n, put, NULL);        the same message again, as bytes of the wire
 *
 * Used by both sides: the bootloader's recovery (bulkhead/recovery.h) and the tool. Every byte from
 * the wire is hostile: nothing here fails in another way than by telling that it is no message.
 * The bytes are in docs/formats/smp.md. */
#ifndef BULKHEAD_SMP_H
#define BULKHEAD_SMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- messages ---- */

#define BH_SMP_HEADER 8u
/* Offsets in the header: version and operation, flags, length of the payload, group, sequence
 * number, command. Two bytes are big-endian. */
#define BH_SMP_OP 0u
#define BH_SMP_LEN 2u
#define BH_SMP_GROUP 4u
#define BH_SMP_SEQ 6u
#define BH_SMP_COMMAND 7u

#define BH_SMP_V2 0x08u                               /* in the first byte; without it: version 1 */
enum bh_smp_op { BH_SMP_READ = 0, BH_SMP_WRITE = 2 }; /* an answer's is one higher */

enum bh_smp_group { BH_SMP_OS = 0, BH_SMP_IMAGE = 1 };
enum bh_smp_os {
    BH_SMP_OS_ECHO = 0,
    BH_SMP_OS_CONSOLE = 1,
    BH_SMP_OS_RESET = 5,
    BH_SMP_OS_PARAMETERS = 6
};
enum bh_smp_image {
    BH_SMP_IMAGE_STATE = 0,
    BH_SMP_IMAGE_UPLOAD = 1,
    BH_SMP_IMAGE_ERASE = 5,
    BH_SMP_IMAGE_SLOTS = 6
};
/* Codes of an answer, as MCUmgr numbers them. */
enum bh_smp_rc {
    BH_SMP_OK = 0,
    BH_SMP_UNKNOWN = 1,
    BH_SMP_NO_MEMORY = 2,
    BH_SMP_INVALID = 3,
    BH_SMP_NOT_FOUND = 5,
    BH_SMP_BAD_STATE = 6,
    BH_SMP_TOO_LARGE = 7,
    BH_SMP_NOT_SUPPORTED = 8,
    BH_SMP_CORRUPT = 9,
    BH_SMP_BUSY = 10,
    BH_SMP_DENIED = 11,
};

static inline uint32_t bh_load16_be(const uint8_t p[2])
{
    return (uint32_t)p[0] << 8 | p[1];
}

static inline void bh_store16_be(uint8_t p[2], uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* CRC-16/XMODEM: polynomial 1021, start 0, no reflection. Feed the result back in to go on. */
uint32_t bh_crc16(uint32_t crc, uint8_t byte);

/* ---- lines ---- */

#define BH_SMP_LINE_MAX 127u /* bytes of a line that is sent, its end included */

/* A packet on its way in. The buffer takes a message and the two bytes of its CRC. */
struct bh_smp_in {
    uint8_t *buf;
    uint32_t room;
    uint32_t have;  /* bytes of the packet so far: its length, message, CRC */
    uint32_t want;  /* bytes of message and CRC, as the packet says */
    uint32_t crc;   /* of what is there of both */
    uint32_t bits;  /* sextets of four that are not whole yet */
    uint8_t n_bits; /* how many */
    uint8_t n_pad;  /* '=' among them */
    uint8_t at;     /* where in a line */
    uint8_t open;   /* a packet was begun, and nothing was wrong with it so far */
};

void bh_smp_in_open(struct bh_smp_in *in, uint8_t *buf, uint32_t room);
/* The next byte of the wire. The length of the message that it completes, 8 or more, which is in
 * buf until the next call; otherwise 0. What is no packet, or a broken one, is passed over. */
uint32_t bh_smp_in(struct bh_smp_in *in, uint8_t c);

typedef void bh_put_fn(void *context, uint8_t c);
/* A message as lines. */
void bh_smp_out(const uint8_t *message, uint32_t len, bh_put_fn *put, void *context);

/* ---- CBOR, as much of it as SMP has ---- */

enum bh_cbor_kind {
    BH_CBOR_UINT = 0,
    BH_CBOR_NEGATIVE = 1,
    BH_CBOR_BYTES = 2,
    BH_CBOR_TEXT = 3,
    BH_CBOR_ARRAY = 4,
    BH_CBOR_MAP = 5,
    BH_CBOR_TAG = 6,
    BH_CBOR_SIMPLE = 7,
};
#define BH_CBOR_FALSE 20u
#define BH_CBOR_TRUE 21u
#define BH_CBOR_ENDLESS UINT32_MAX /* value of a map or array that a break ends; and that break */

struct bh_cbor {
    const uint8_t *at, *end;
};

struct bh_cbor_item {
    uint32_t kind;        /* enum bh_cbor_kind */
    uint32_t value;       /* the number; bytes of text; entries of an array or a map */
    const uint8_t *bytes; /* of BYTES and TEXT */
};

/* The next item's head, with the bytes of a text. False: none is left, or it is none, or its number
 * takes more than 32 bits, or it is a text in pieces. */
bool bh_cbor_next(struct bh_cbor *c, struct bh_cbor_item *item);
/* Pass over what is in this item: the entries of arrays, maps and tags, whatever is in them. False:
 * it is not whole, or nested deeper than BH_CBOR_DEPTH. */
#define BH_CBOR_DEPTH 8u
bool bh_cbor_skip(struct bh_cbor *c, const struct bh_cbor_item *item);

/* A map, entry by entry. */
struct bh_cbor_map {
    struct bh_cbor *c;
    uint32_t left; /* entries; BH_CBOR_ENDLESS: until a break */
    bool broken;   /* it is not whole: set when bh_cbor_pair() gives false */
};
/* The map that this item begins. */
struct bh_cbor_map bh_cbor_map(struct bh_cbor *c, const struct bh_cbor_item *item);
/* The next key, which is a text, and its value's head; the caller goes past what is in the value.
 * False: none is left, or broken is set. */
bool bh_cbor_pair(struct bh_cbor_map *m, struct bh_cbor_item *key, struct bh_cbor_item *value);
/* Is this text that one? */
bool bh_cbor_is(const struct bh_cbor_item *item, const char *text);

/* What is written. Too much for the room: len is larger than room, and nothing beyond is
 * written. */
struct bh_cbor_out {
    uint8_t *buf;
    uint32_t len, room;
};
void bh_cbor_head(struct bh_cbor_out *out, enum bh_cbor_kind kind, uint32_t value);
/* Head and bytes; data may be within buf, at or after where it goes. */
void bh_cbor_bytes(struct bh_cbor_out *out, enum bh_cbor_kind kind, const void *data, uint32_t len);
void bh_cbor_text(struct bh_cbor_out *out, const char *text);
/* A key and a number; a key, and true or false. */
void bh_cbor_number(struct bh_cbor_out *out, const char *key, uint32_t value);
void bh_cbor_flag(struct bh_cbor_out *out, const char *key, bool value);

#ifdef __cplusplus
}
#endif

#endif
