/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a wolfBoot image for people: judges nothing, and stops where it makes no sense any more. */
#include "host/read_wolfboot.h"

#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_wolfboot.h"

bool host_wolfboot_is(const struct host_bytes *file)
{
    return file->len >= BH_WOLFBOOT_OFF_TLVS && bh_load32(file->data) == BH_WOLFBOOT_MAGIC;
}

static bool is_header(size_t len)
{
    return len >= BH_WOLFBOOT_HEADER_MIN && len <= BH_WOLFBOOT_HEADER_MAX && !(len & (len - 1));
}

static void problem(struct host_wolfboot *w, const char *text, uint32_t off)
{
    w->problem = text;
    w->problem_off = off;
}

static void take(struct host_wolfboot *w, const uint8_t *value, struct host_wolfboot_entry *e)
{
    if (e->tag == BH_WOLFBOOT_TLV_VERSION && e->len == 4 && !w->has_version) {
        w->version = bh_load32(value);
        w->has_version = true;
    }
    if (e->tag == BH_WOLFBOOT_TLV_TYPE && e->len == 2 && !w->has_type) {
        w->type = bh_load16(value);
        w->has_type = true;
    }
    if (w->n == HOST_WOLFBOOT_ENTRIES_MAX)
        problem(w, "more entries than are shown", e->off);
    else
        w->entries[w->n++] = *e;
}

/* The same rules as the bootloader's: docs/formats/image-wolfboot.md. */
static void read_entries(const struct host_bytes *file, uint32_t end, struct host_wolfboot *w)
{
    bool covered = true;

    for (uint32_t at = BH_WOLFBOOT_OFF_TLVS; !w->problem && end - at > BH_WOLFBOOT_TLV_ENTRY_LEN;) {
        const uint8_t *p = file->data + at;
        struct host_wolfboot_entry e = { at, bh_load16(p), bh_load16(p + 2), covered };

        if (e.tag == BH_WOLFBOOT_TLV_END)
            return;
        if (p[0] == BH_WOLFBOOT_TLV_PADDING || at & 1) {
            at++;
            continue;
        }
        at += BH_WOLFBOOT_TLV_ENTRY_LEN;
        if (e.len > end - at) {
            problem(w, "an entry reaches beyond the header", e.off);
            return;
        }
        covered = covered && e.tag != BH_WOLFBOOT_TLV_SHA256 && e.tag != BH_WOLFBOOT_TLV_SHA384 &&
                  e.tag != BH_WOLFBOOT_TLV_SHA3_384;
        e.covered = covered;
        take(w, p + BH_WOLFBOOT_TLV_ENTRY_LEN, &e);
        at += e.len;
    }
}

void host_wolfboot_read(const struct host_bytes *file, uint32_t header, struct host_wolfboot *out)
{
    uint32_t end;

    *out = (struct host_wolfboot){ .payload_len = bh_load32(file->data + BH_WOLFBOOT_OFF_SIZE),
                                   .header = header };
    if (!header && file->len > out->payload_len && is_header(file->len - out->payload_len))
        out->header = (uint32_t)(file->len - out->payload_len);
    end = out->header ? out->header : BH_WOLFBOOT_HEADER_MAX;
    read_entries(file, end < file->len ? end : (uint32_t)file->len, out);
    if (!out->problem && !out->payload_len)
        problem(out, "the payload has no bytes", BH_WOLFBOOT_OFF_SIZE);
    if (!out->problem && !out->header)
        problem(out, "the header's length is nowhere in the image, nor does the file's length tell",
                BH_WOLFBOOT_OFF_SIZE);
    if (!out->problem && (out->header > file->len || out->payload_len > file->len - out->header))
        problem(out, "header and payload are longer than the file", BH_WOLFBOOT_OFF_SIZE);
}

const char *host_wolfboot_tag(uint16_t tag)
{
    static const struct {
        uint16_t tag;
        const char *name;
    } names[] = {
        { BH_WOLFBOOT_TLV_VERSION, "version" },
        { BH_WOLFBOOT_TLV_TIMESTAMP, "timestamp" },
        { BH_WOLFBOOT_TLV_SHA256, "SHA-256" },
        { BH_WOLFBOOT_TLV_TYPE, "type" },
        { BH_WOLFBOOT_TLV_DELTA_BASE, "delta base" },
        { BH_WOLFBOOT_TLV_DELTA_SIZE, "delta size" },
        { BH_WOLFBOOT_TLV_DELTA_BASE_HASH, "delta base hash" },
        { BH_WOLFBOOT_TLV_HINT, "key hint" },
        { BH_WOLFBOOT_TLV_SECOND_CIPHER, "second cipher" },
        { BH_WOLFBOOT_TLV_SECOND_HINT, "second key hint" },
        { BH_WOLFBOOT_TLV_SHA3_384, "SHA3-384" },
        { BH_WOLFBOOT_TLV_SHA384, "SHA-384" },
        { BH_WOLFBOOT_TLV_DELTA_INVERSE, "delta inverse" },
        { BH_WOLFBOOT_TLV_DELTA_INVERSE_SIZE, "inverse size" },
        { BH_WOLFBOOT_TLV_SIGNATURE, "signature" },
        { BH_WOLFBOOT_TLV_POLICY, "TPM policy" },
        { BH_WOLFBOOT_TLV_SECOND_SIGNATURE, "second signature" },
        { BH_WOLFBOOT_TLV_CERT_CHAIN, "certificates" },
        { 0x34, "command line" },
        { 0x35, "device tree hash" },
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].tag == tag)
            return names[i].name;
    return "custom";
}

const char *host_wolfboot_auth_name(uint8_t id)
{
    static const char *const names[] = { NULL,         "ed25519",    "ecc256",    "rsa2048",
                                         "rsa4096",    "ed448",      "ecc384",    "ecc521",
                                         "rsa3072",    "lms",        "xmss",      "ml_dsa",
                                         "rsapss2048", "rsapss3072", "rsapss4096" };

    if (id == BH_WOLFBOOT_AUTH_NONE)
        return "none";
    return id && id < sizeof names / sizeof names[0] ? names[id] : "unknown";
}
