/* SPDX-License-Identifier: Apache-2.0 */
/* Ask, wait, ask again. An answer counts if it has the request's number, group and command; what
 * else comes is an answer that came late, or text of the console. */
#include "host/smp.h"

#include "bulkhead/hash.h"

#include <string.h>

#define UNKNOWN_MAX 84u /* a message that fits in one line: of servers that do not say */

int smp_open(struct smp_client *c, const char *port, unsigned baud, struct host_error *e)
{
    struct host_error ignored = { 0 };
    int code;

    memset(c, 0, sizeof *c);
    c->message_max = UNKNOWN_MAX;
    c->wait_ms = SMP_ANSWER_MS;
    c->tries = SMP_TRIES;
    bh_smp_in_open(&c->in, c->answer, sizeof c->answer);
    code = host_line_dial(&c->line, port, baud, e);
    if (code)
        return code;
    /* an end of line, so that what was left on the wire is no part of the first request */
    host_line_write(&c->line, "\n", 1);
    code = smp_ask(c, BH_SMP_READ, BH_SMP_OS, BH_SMP_OS_PARAMETERS, NULL, &ignored);
    if (!code) {
        uint32_t size = smp_number(c, "buf_size", 0);

        if (size > UNKNOWN_MAX + 4)
            c->message_max = size - 4 < SMP_MESSAGE_MAX ? size - 4 : SMP_MESSAGE_MAX;
    } else if (!c->answer_len) {
        *e = ignored;
        return code;
    }
    return HOST_OK;
}

void smp_close(struct smp_client *c)
{
    host_line_close(&c->line);
}

void smp_map(struct smp_payload *p, uint32_t entries)
{
    p->out = (struct bh_cbor_out){ p->bytes, 0, sizeof p->bytes };
    bh_cbor_head(&p->out, BH_CBOR_MAP, entries);
}

void smp_put_bytes(struct smp_payload *p, const char *key, const void *data, uint32_t len)
{
    bh_cbor_text(&p->out, key);
    bh_cbor_bytes(&p->out, BH_CBOR_BYTES, data, len);
}

struct wire {
    uint8_t bytes[2 * SMP_MESSAGE_MAX];
    size_t n;
};

static void put(void *context, uint8_t byte)
{
    struct wire *w = context;

    if (w->n < sizeof w->bytes)
        w->bytes[w->n++] = byte;
}

/* Text is what is no part of a packet's line. */
static void hear(struct smp_client *c, uint8_t byte)
{
    bool text = c->in.at == 0 && byte != 0x06 && byte != 0x04;

    if (text && c->heard)
        c->heard(c->context, (char)byte);
}

/* The answer to this request. False: none came in time. */
static bool await(struct smp_client *c, const uint8_t *request, unsigned wait_ms, bool *gone)
{
    unsigned long long until = host_line_ms() + wait_ms, now;

    *gone = false;
    while ((now = host_line_ms()) < until && !*gone) {
        uint8_t bytes[256];
        long n = host_line_read(&c->line, bytes, sizeof bytes, (unsigned)(until - now));

        *gone = n < 0;
        for (long i = 0; i < n; i++) {
            hear(c, bytes[i]);
            c->answer_len = bh_smp_in(&c->in, bytes[i]);
            if (c->answer_len && c->answer[BH_SMP_SEQ] == request[BH_SMP_SEQ] &&
                c->answer[BH_SMP_COMMAND] == request[BH_SMP_COMMAND] &&
                !memcmp(c->answer + BH_SMP_GROUP, request + BH_SMP_GROUP, 2) &&
                (c->answer[BH_SMP_OP] & 7u) == (request[BH_SMP_OP] & 7u) + 1)
                return true; /* what comes after it is no part of it */
            c->answer_len = 0;
        }
    }
    return false;
}

const char *smp_code_text(uint32_t rc)
{
    static const char *const texts[] = {
        "no error",
        "unknown error",
        "no memory",
        "invalid request",
        "timeout",
        "not found",
        "not allowed in the present state",
        "too large",
        "not supported",
        "corrupt",
        "busy",
        "access denied",
        "protocol version too old",
        "protocol version too new",
    };

    return rc < sizeof texts / sizeof texts[0] ? texts[rc] : "an error of the device's own";
}

/* Errors of the image group, which servers of version 2 of the protocol have: Zephyr's
 * img_mgmt.h. */
static const char *image_code_text(uint32_t rc)
{
    switch (rc) {
    case 14: return "invalid slot";
    case 20: return "no offset";
    case 21: return "no length";
    case 22: return "header of the image is invalid";
    case 23: return "no magic number: it is no image of MCUboot's";
    case 24: return "hash is invalid";
    case 27: return "a newer version is running";
    case 28: return "an image is pending already";
    case 30: return "image is too large";
    case 31: return "more data than was announced";
    case 32: return "confirm is not allowed";
    default: return "an error of the image group";
    }
}

static const char *hint_of(uint32_t rc)
{
    switch (rc) {
    case BH_SMP_BAD_STATE:
        return "During a trial, an update or a revert the other slot holds the way back: reset the "
               "device, or confirm the image from within it, and try again.";
    case BH_SMP_NOT_SUPPORTED: return "Not every server has every command.";
    case BH_SMP_TOO_LARGE: return "Is it the image for this device?";
    case BH_SMP_CORRUPT: return "Send it again.";
    default: return NULL;
    }
}

/* {"rc": n}, or {"err": {"group": g, "rc": n}}. */
static int judge(const struct smp_client *c, struct host_error *e)
{
    struct bh_cbor_item value, key;
    uint32_t rc = smp_number(c, "rc", 0), group = 0;
    struct bh_cbor in;

    if (rc)
        return host_fail(e, HOST_DEVICE, host_in(c->line.name), hint_of(rc),
                         "the device refuses: %s (rc %u)", smp_code_text(rc), rc);
    if (!smp_find(c, "err", &value, &in) || value.kind != BH_CBOR_MAP)
        return HOST_OK;
    struct bh_cbor_map m = bh_cbor_map(&in, &value);

    while (bh_cbor_pair(&m, &key, &value)) {
        if (bh_cbor_is(&key, "rc"))
            rc = value.value;
        if (bh_cbor_is(&key, "group"))
            group = value.value;
        if (!bh_cbor_skip(&in, &value))
            break;
    }
    return host_fail(
        e, HOST_DEVICE, host_in(c->line.name), NULL, "the device refuses: %s (group %u, rc %u)",
        group == BH_SMP_IMAGE ? image_code_text(rc) : "an error of that group", group, rc);
}

int smp_ask(struct smp_client *c, enum bh_smp_op op, uint16_t group, uint8_t command,
            const struct smp_payload *p, struct host_error *e)
{
    uint8_t message[BH_SMP_HEADER + SMP_MESSAGE_MAX] = { (uint8_t)(BH_SMP_V2 | (unsigned)op) };
    uint32_t len = p ? p->out.len : 1;
    struct wire wire = { .n = 0 };
    bool gone = false;

    message[BH_SMP_HEADER] = 0xA0;
    if (p)
        memcpy(message + BH_SMP_HEADER, p->bytes, len);
    bh_store16_be(message + BH_SMP_LEN, len);
    bh_store16_be(message + BH_SMP_GROUP, group);
    message[BH_SMP_SEQ] = c->seq++;
    message[BH_SMP_COMMAND] = command;
    bh_smp_out(message, BH_SMP_HEADER + len, put, &wire);
    c->answer_len = 0;
    for (unsigned i = 0; i < c->tries && !gone; i++) {
        if (!host_line_write(&c->line, wire.bytes, wire.n))
            break;
        if (await(c, message, c->wait_ms, &gone))
            return judge(c, e);
    }
    return host_fail(
        e, HOST_DEVICE, host_in(c->line.name),
        gone
            ? "Connect it again."
            : "Is it in recovery, or does its application have an SMP server? Is it the right port "
              "and rate (--baud)?",
        gone ? "the connection has gone" : "the device does not answer");
}

bool smp_find(const struct smp_client *c, const char *key, struct bh_cbor_item *value,
              struct bh_cbor *in)
{
    struct bh_cbor_item name;
    struct bh_cbor_map m;

    *in = (struct bh_cbor){ c->answer + BH_SMP_HEADER, c->answer + c->answer_len };
    if (c->answer_len < BH_SMP_HEADER || !bh_cbor_next(in, value) || value->kind != BH_CBOR_MAP)
        return false;
    m = bh_cbor_map(in, value);
    while (bh_cbor_pair(&m, &name, value)) {
        if (bh_cbor_is(&name, key))
            return true;
        if (!bh_cbor_skip(in, value))
            return false;
    }
    return false;
}

uint32_t smp_number(const struct smp_client *c, const char *key, uint32_t fallback)
{
    struct bh_cbor_item value;
    struct bh_cbor in;

    return smp_find(c, key, &value, &in) && value.kind == BH_CBOR_UINT ? value.value : fallback;
}

/* An entry of the list; what is not known is passed over. */
static bool read_image(struct bh_cbor *in, const struct bh_cbor_item *map, struct smp_image *out)
{
    struct bh_cbor_item key, value;
    struct bh_cbor_map m = bh_cbor_map(in, map);

    memset(out, 0, sizeof *out);
    while (bh_cbor_pair(&m, &key, &value)) {
        static const struct {
            const char *name;
            size_t at;
        } flags[] = { { "bootable", offsetof(struct smp_image, bootable) },
                      { "confirmed", offsetof(struct smp_image, confirmed) },
                      { "active", offsetof(struct smp_image, active) },
                      { "pending", offsetof(struct smp_image, pending) },
                      { "permanent", offsetof(struct smp_image, permanent) } };

        if (bh_cbor_is(&key, "image"))
            out->image = value.value;
        if (bh_cbor_is(&key, "slot"))
            out->slot = value.value;
        if (bh_cbor_is(&key, "version") && value.kind == BH_CBOR_TEXT &&
            value.value < sizeof out->version)
            memcpy(out->version, value.bytes, value.value);
        if (bh_cbor_is(&key, "hash") && value.kind == BH_CBOR_BYTES &&
            value.value <= sizeof out->hash) {
            memcpy(out->hash, value.bytes, value.value);
            out->hash_len = value.value;
        }
        for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
            if (bh_cbor_is(&key, flags[i].name))
                *((bool *)((char *)out + flags[i].at)) =
                    value.kind == BH_CBOR_SIMPLE && value.value == BH_CBOR_TRUE;
        if (!bh_cbor_skip(in, &value))
            return false;
    }
    for (char *at = out->version; *at; at++) /* a device's text goes to a terminal */
        if ((unsigned char)*at < ' ' || (unsigned char)*at > '~')
            *at = '?';
    return !m.broken;
}

size_t smp_images(const struct smp_client *c, struct smp_image images[SMP_IMAGES_MAX])
{
    struct bh_cbor_item list, entry;
    struct bh_cbor in;
    size_t n = 0;

    if (!smp_find(c, "images", &list, &in) || list.kind != BH_CBOR_ARRAY)
        return 0;
    while (n < SMP_IMAGES_MAX && n < list.value && bh_cbor_next(&in, &entry) &&
           entry.kind == BH_CBOR_MAP && read_image(&in, &entry, &images[n]))
        n++;
    return n;
}

/* ---- upload ---- */

#define STUCK_MAX 8u /* answers in a row that do not go on */

static void sha256(const void *data, uint32_t len, uint8_t digest[32])
{
    struct bh_hash h;

    bh_hash_init(&h, &bh_sha256);
    bh_hash_update(&h, data, len);
    bh_hash_final(&h, digest);
}

/* A request at this offset, with as much data as a message takes. */
static void chunk(const struct smp_client *c, struct smp_payload *p, const uint8_t *data,
                  uint32_t len, uint32_t off, int image, const uint8_t *sha)
{
    uint32_t room, n;

    smp_map(p, off ? 2 : 4u + (image >= 0 ? 1u : 0));
    bh_cbor_number(&p->out, "off", off);
    if (!off) {
        bh_cbor_number(&p->out, "len", len);
        smp_put_bytes(p, "sha", sha, 32);
        if (image >= 0)
            bh_cbor_number(&p->out, "image", (uint32_t)image);
    }
    room = c->message_max - BH_SMP_HEADER - p->out.len - 8; /* "data" and its head */
    if (c->message_max < BH_SMP_HEADER + p->out.len + 8 + 1)
        room = 0;
    n = len - off < room ? len - off : room;
    smp_put_bytes(p, "data", data + off, n);
}

static bool match(const struct smp_client *c)
{
    struct bh_cbor_item value;
    struct bh_cbor in;

    return !smp_find(c, "match", &value, &in) || value.kind != BH_CBOR_SIMPLE ||
           value.value != BH_CBOR_FALSE;
}

int smp_upload(struct smp_client *c, const void *data, uint32_t len, int image, unsigned first_ms,
               void (*told)(void *context, uint32_t done), void *context, struct host_error *e)
{
    unsigned wait = c->wait_ms, stuck = 0;
    uint32_t off = 0, next;
    struct smp_payload p;
    uint8_t sha[32];
    int code = HOST_OK;

    sha256(data, len, sha);
    while (off < len && !code) {
        chunk(c, &p, data, len, off, image, sha);
        c->wait_ms = off ? wait : first_ms;
        code = smp_ask(c, BH_SMP_WRITE, BH_SMP_IMAGE, BH_SMP_IMAGE_UPLOAD, &p, e);
        c->wait_ms = wait;
        if (code)
            break;
        next = smp_number(c, "off", UINT32_MAX);
        stuck = next == off || next < off ? stuck + 1 : 0;
        if (next > len || stuck > STUCK_MAX)
            return host_fail(e, HOST_DEVICE, host_in(c->line.name),
                             "Reset the device, and try again.",
                             "the upload does not go on: the device says byte %u of %u after %u",
                             next, len, off);
        off = next;
        told(context, off);
    }
    if (!code && !match(c))
        code = host_fail(e, HOST_VERIFY, host_in(c->line.name), "Send it again.",
                         "what arrived at the device is not what was sent");
    return code;
}
