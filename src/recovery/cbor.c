/* SPDX-License-Identifier: Apache-2.0 */
/* As much of CBOR (RFC 8949) as SMP has. Reading never goes past the end, whatever the bytes say,
 * and what is nested is counted on a short stack, without recursion. */
#include "bulkhead/smp.h"

#include <string.h>

#define BREAK_INFO 31u
#define WIDE_INFO 24u /* 24 to 27: the number is in the next 1, 2, 4, 8 bytes */

bool bh_cbor_next(struct bh_cbor *c, struct bh_cbor_item *item)
{
    uint32_t info, wide;

    if (c->at == c->end)
        return false;
    item->kind = *c->at >> 5;
    info = *c->at++ & 31u;
    item->value = info;
    if (info == BREAK_INFO) {
        item->value = BH_CBOR_ENDLESS;
        return item->kind == BH_CBOR_ARRAY || item->kind == BH_CBOR_MAP ||
               item->kind == BH_CBOR_SIMPLE;
    }
    if (info >= WIDE_INFO) {
        if (info > WIDE_INFO + 3)
            return false;
        item->value = 0;
        for (wide = 1u << (info - WIDE_INFO); wide; wide--) {
            if (c->at == c->end || item->value >> 24)
                return false;
            item->value = item->value << 8 | *c->at++;
        }
        if (item->value == BH_CBOR_ENDLESS)
            return false;
    }
    if (item->kind == BH_CBOR_BYTES || item->kind == BH_CBOR_TEXT) {
        if (item->value > (size_t)(c->end - c->at))
            return false;
        item->bytes = c->at;
        c->at += item->value;
    }
    return true;
}

/* How many items are in this one? */
static uint32_t inside(const struct bh_cbor_item *item)
{
    switch (item->kind) {
    case BH_CBOR_ARRAY: return item->value;
    case BH_CBOR_MAP: return 2 * item->value;
    case BH_CBOR_TAG: return 1;
    default: return 0;
    }
}

bool bh_cbor_skip(struct bh_cbor *c, const struct bh_cbor_item *item)
{
    uint32_t left[BH_CBOR_DEPTH], depth = 0; /* items still to come, of each that is open */
    struct bh_cbor_item next = *item;

    for (;;) {
        bool ends = next.kind == BH_CBOR_SIMPLE && next.value == BH_CBOR_ENDLESS;
        uint32_t n = inside(&next);

        if (next.kind != BH_CBOR_TAG && n && next.value != BH_CBOR_ENDLESS &&
            next.value > (size_t)(c->end - c->at)) /* each takes a byte or more: no sum can wrap */
            return false;
        if (ends && (!depth || left[--depth] != BH_CBOR_ENDLESS))
            return false;
        if (n) {
            if (depth == BH_CBOR_DEPTH)
                return false;
            left[depth++] = next.value == BH_CBOR_ENDLESS ? BH_CBOR_ENDLESS : n;
        } else {
            while (depth && left[depth - 1] != BH_CBOR_ENDLESS && --left[depth - 1] == 0)
                depth--;
        }
        if (depth == 0)
            return true;
        if (!bh_cbor_next(c, &next))
            return false;
    }
}

struct bh_cbor_map bh_cbor_map(struct bh_cbor *c, const struct bh_cbor_item *item)
{
    struct bh_cbor_map m = { c, item->value, false };

    return m;
}

bool bh_cbor_pair(struct bh_cbor_map *m, struct bh_cbor_item *key, struct bh_cbor_item *value)
{
    if (m->left == 0)
        return false;
    m->broken = !bh_cbor_next(m->c, key);
    if (!m->broken && m->left == BH_CBOR_ENDLESS && key->kind == BH_CBOR_SIMPLE &&
        key->value == BH_CBOR_ENDLESS) {
        m->left = 0;
        return false;
    }
    if (m->left != BH_CBOR_ENDLESS)
        m->left--;
    if (!m->broken)
        m->broken = key->kind != BH_CBOR_TEXT || !bh_cbor_next(m->c, value) ||
                    (value->kind == BH_CBOR_SIMPLE && value->value == BH_CBOR_ENDLESS);
    return !m->broken;
}

static uint32_t length(const char *text)
{
    uint32_t n = 0;

    while (text[n])
        n++;
    return n;
}

bool bh_cbor_is(const struct bh_cbor_item *item, const char *text)
{
    return item->kind == BH_CBOR_TEXT && item->value == length(text) &&
           memcmp(item->bytes, text, item->value) == 0;
}

static void put(struct bh_cbor_out *out, uint32_t byte)
{
    if (out->len < out->room)
        out->buf[out->len] = (uint8_t)byte;
    out->len++;
}

void bh_cbor_head(struct bh_cbor_out *out, enum bh_cbor_kind kind, uint32_t value)
{
    uint32_t log = value > 0xFFFFu ? 2 : value > 0xFFu ? 1 : 0;

    if (value < WIDE_INFO || value == BH_CBOR_ENDLESS) {
        put(out, (uint32_t)kind << 5 | (value & 31u));
        return;
    }
    put(out, (uint32_t)kind << 5 | (WIDE_INFO + log));
    for (uint32_t shift = 8u << log; shift; shift -= 8)
        put(out, value >> (shift - 8));
}

void bh_cbor_bytes(struct bh_cbor_out *out, enum bh_cbor_kind kind, const void *data, uint32_t len)
{
    bh_cbor_head(out, kind, len);
    if (out->len <= out->room && len <= out->room - out->len)
        memmove(out->buf + out->len, data, len);
    out->len += len;
}

void bh_cbor_text(struct bh_cbor_out *out, const char *text)
{
    bh_cbor_bytes(out, BH_CBOR_TEXT, text, length(text));
}

void bh_cbor_number(struct bh_cbor_out *out, const char *key, uint32_t value)
{
    bh_cbor_text(out, key);
    bh_cbor_head(out, BH_CBOR_UINT, value);
}

void bh_cbor_flag(struct bh_cbor_out *out, const char *key, bool value)
{
    bh_cbor_text(out, key);
    bh_cbor_head(out, BH_CBOR_SIMPLE, value ? BH_CBOR_TRUE : BH_CBOR_FALSE);
}
