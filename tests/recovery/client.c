/* SPDX-License-Identifier: Apache-2.0 */
/* Requests go as bytes of the wire through the device's own reading, under the simulator's
 * power. */
#include "client.h"

#include "bulkhead/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void hear(void *context, uint8_t byte)
{
    struct client *c = context;

    assert_true(c->n_wire < CLIENT_WIRE);
    c->wire[c->n_wire++] = byte;
}

void client_open(struct client *c, struct sim_world *w)
{
    memset(c, 0, sizeof *c);
    c->w = w;
    bh_recovery_open(&c->r, &w->work, w->boot.action == BH_BOOT_START);
    bh_smp_server_open(&c->server, &c->r, c->frame, sizeof c->frame, hear, c);
    sim_power_on(&w->power);
}

void client_byte(struct client *c, int byte)
{
    bh_smp_server(&c->server, &c->w->product, byte);
}

void client_map(struct client_payload *p, uint32_t entries)
{
    p->out = (struct bh_cbor_out){ p->bytes, 0, sizeof p->bytes };
    bh_cbor_head(&p->out, BH_CBOR_MAP, entries);
}

void client_put_bytes(struct client_payload *p, const char *key, const void *data, uint32_t len)
{
    bh_cbor_text(&p->out, key);
    bh_cbor_bytes(&p->out, BH_CBOR_BYTES, data, len);
}

struct typing {
    struct client *c;
    const uint8_t *bytes;
    uint32_t n;
};

static void type(void *context)
{
    const struct typing *t = context;

    for (uint32_t i = 0; i < t->n; i++)
        bh_smp_server(&t->c->server, &t->c->w->product, t->bytes[i]);
}

struct sink {
    uint8_t bytes[CLIENT_WIRE];
    uint32_t n;
};

static void collect(void *context, uint8_t byte)
{
    struct sink *s = context;

    assert_true(s->n < CLIENT_WIRE);
    s->bytes[s->n++] = byte;
}

bool client_ask(struct client *c, uint8_t op, uint16_t group, uint8_t command,
                const struct client_payload *p)
{
    static struct sink out;
    uint8_t message[CLIENT_FRAME] = { op };
    uint64_t ops = c->w->power.ops;
    struct bh_smp_in in;
    struct typing t;
    bool lit;

    bh_store16_be(message + BH_SMP_LEN, p ? p->out.len : 0);
    bh_store16_be(message + BH_SMP_GROUP, group);
    message[BH_SMP_SEQ] = ++c->seq;
    message[BH_SMP_COMMAND] = command;
    if (p)
        memcpy(message + BH_SMP_HEADER, p->bytes, p->out.len);
    out.n = 0;
    bh_smp_out(message, BH_SMP_HEADER + (p ? p->out.len : 0), collect, &out);
    c->n_wire = 0;
    c->answer_len = 0;
    t = (struct typing){ c, out.bytes, out.n };
    /* one power-up from the first request on: operations are counted through */
    if (c->w->power.cut.at)
        c->w->power.cut.at = c->w->power.cut.at > ops ? c->w->power.cut.at - ops : 0;
    lit = sim_power_run(&c->w->power, type, &t);
    if (lit && c->w->power.cut.at)
        c->w->power.cut.at += ops;
    c->w->power.ops += ops;
    if (!lit)
        return false;
    bh_smp_in_open(&in, c->answer, sizeof c->answer);
    for (uint32_t i = 0; i < c->n_wire && !c->answer_len; i++)
        c->answer_len = bh_smp_in(&in, c->wire[i]);
    if (c->answer_len) {
        assert_int_equal(c->answer[BH_SMP_OP], op + 1);
        assert_int_equal(c->answer[BH_SMP_SEQ], c->seq);
        assert_int_equal(c->answer[BH_SMP_COMMAND], command);
        assert_int_equal(bh_load16_be(c->answer + BH_SMP_GROUP), group);
        assert_int_equal(bh_load16_be(c->answer + BH_SMP_LEN), c->answer_len - BH_SMP_HEADER);
    }
    return true;
}

int64_t client_number(const struct client *c, const char *key)
{
    struct bh_cbor in = { c->answer + BH_SMP_HEADER, c->answer + c->answer_len };
    struct bh_cbor_item name, value;
    struct bh_cbor_map m;

    if (!c->answer_len || !bh_cbor_next(&in, &value) || value.kind != BH_CBOR_MAP)
        return -1;
    m = bh_cbor_map(&in, &value);
    while (bh_cbor_pair(&m, &name, &value)) {
        if (bh_cbor_is(&name, key) && value.kind == BH_CBOR_UINT)
            return value.value;
        if (!bh_cbor_skip(&in, &value))
            break;
    }
    return -1;
}

bool client_has(const struct client *c, const char *text)
{
    size_t n = strlen(text);

    for (size_t i = BH_SMP_HEADER; i + n <= c->answer_len; i++)
        if (!memcmp(c->answer + i, text, n))
            return true;
    return false;
}

bool client_chunk(struct client *c, const uint8_t *data, uint32_t off, uint32_t n, uint32_t len,
                  const uint8_t *sha, int image)
{
    struct client_payload p;

    client_map(&p, 2u + (len ? 1u : 0) + (sha ? 1u : 0) + (image >= 0 ? 1u : 0));
    bh_cbor_number(&p.out, "off", off);
    client_put_bytes(&p, "data", data + off, n);
    if (len)
        bh_cbor_number(&p.out, "len", len);
    if (sha)
        client_put_bytes(&p, "sha", sha, 32);
    if (image >= 0)
        bh_cbor_number(&p.out, "image", (uint32_t)image);
    return client_ask(c, BH_SMP_V2 | BH_SMP_WRITE, BH_SMP_IMAGE, BH_SMP_IMAGE_UPLOAD, &p);
}

bool client_upload(struct client *c, const uint8_t *data, uint32_t len, uint32_t chunk,
                   const uint8_t *sha, int image)
{
    uint32_t off = 0;

    do {
        uint32_t n = bh_min(chunk, len - off);

        if (!client_chunk(c, data, off, n, off ? 0 : len, sha, image) ||
            client_number(c, "rc") != BH_SMP_OK)
            return false;
        assert_true(client_number(c, "off") > off);
        off = (uint32_t)client_number(c, "off");
    } while (off < len);
    return true;
}
