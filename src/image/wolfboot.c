/* SPDX-License-Identifier: Apache-2.0 */
/* wolfBoot's image format: a header of a length that the product knows, then the payload.
 *
 *     0      magic, u32 bytes of payload
 *     8      entries: version, type, key hint ...    \  the digest covers all of the header before
 *            entry of the digest                     /  its own entry, and the payload
 *            signature, and what else follows
 *     length of the header: payload
 *
 * Whoever holds the flash can write what follows the digest at will. Nothing is read there but the
 * signature, and an entry that should be before the digest, and once only, refuses the image
 * when it is found there: wolfBoot's own reader would take the one that comes first. What
 * follows the signature and cannot be read is let be. docs/formats/image-wolfboot.md has the
 * tables. */
#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "bulkhead/image_wolfboot.h"

#include <string.h>

#define HEAD_LEN BH_WOLFBOOT_TLV_ENTRY_LEN
#define ML_DSA_44_LEN 2420u /* of a signature: FIPS 204, table 2 */
#define ML_DSA_65_LEN 3309u
#define VALUE_LEN 4u /* the longest value that is looked at here */

struct entry {
    uint32_t tag;
    uint32_t off; /* of its head */
    struct bh_extent value;
    uint8_t bytes[HEAD_LEN + VALUE_LEN];
};

/* The entries that count. An extent that begins at 0 was not found. */
struct found {
    uint32_t version, type;
    struct bh_extent hint, digest, signature;
    uint32_t digest_tag;
    uint32_t hashed; /* of the header: all before the digest's entry */
    bool has_version, has_type;
};

/* Bytes between entries that begin here: 0xFF, and one at an odd offset, whatever it is where the
 * digest covers it. */
static uint32_t padding(uint32_t off, const uint8_t bytes[HEAD_LEN], bool covered)
{
    if (bh_load32(bytes) == UINT32_MAX)
        return HEAD_LEN;
    return bytes[0] == BH_WOLFBOOT_TLV_PADDING || (covered && off & 1);
}

/* The next entry in *rest: BH_OK, BH_ERR_ABSENT after the last, BH_ERR_REFUSED if it reaches beyond
 * the header, or BH_ERR_IO. */
static int next(const struct bh_view *view, struct bh_extent *rest, bool covered, struct entry *e)
{
    while (rest->len > HEAD_LEN) {
        uint32_t skip;

        if (bh_view_read(view, rest->off, e->bytes, bh_min(rest->len, sizeof e->bytes)))
            return BH_ERR_IO;
        e->tag = bh_load16(e->bytes);
        if (e->tag == BH_WOLFBOOT_TLV_END)
            return BH_ERR_ABSENT;
        skip = padding(rest->off, e->bytes, covered);
        e->off = rest->off;
        rest->off += skip ? skip : HEAD_LEN;
        rest->len -= skip ? skip : HEAD_LEN;
        if (skip)
            continue;
        e->value = (struct bh_extent){ rest->off, bh_load16(e->bytes + 2) };
        if (e->value.len > rest->len)
            return BH_ERR_REFUSED;
        rest->off += e->value.len;
        rest->len -= e->value.len;
        return BH_OK;
    }
    return BH_ERR_ABSENT;
}

/* The kind of digest that a tag announces; 0: it announces none. All lengths but SHA-256's 32
 * are 48. */
static uint8_t hash_of(uint32_t tag)
{
    return tag == BH_WOLFBOOT_TLV_SHA256     ? BH_HASH_SHA256
           : tag == BH_WOLFBOOT_TLV_SHA384   ? BH_HASH_SHA384
           : tag == BH_WOLFBOOT_TLV_SHA3_384 ? BH_HASH_SHA3_384
                                             : 0;
}

static uint32_t digest_len(uint32_t tag)
{
    return tag == BH_WOLFBOOT_TLV_SHA256 ? 32 : 48;
}

/* An entry before the digest, or the digest's own. */
static enum bh_reason take_signed(const struct entry *e, struct found *f)
{
    struct bh_extent *hint = e->tag == BH_WOLFBOOT_TLV_HINT ? &f->hint : NULL;
    bool version = e->tag == BH_WOLFBOOT_TLV_VERSION, type = e->tag == BH_WOLFBOOT_TLV_TYPE;

    if (e->tag == BH_WOLFBOOT_TLV_SIGNATURE || e->tag == BH_WOLFBOOT_TLV_SECOND_SIGNATURE)
        return BH_REASON_TLV_ORDER;
    if ((version && f->has_version) || (type && f->has_type) || (hint && hint->off))
        return BH_REASON_TLV_TWICE;
    if ((version && e->value.len != 4) || (type && e->value.len != 2))
        return BH_REASON_TLV_LENGTH;
    if (version)
        f->version = bh_load32(e->bytes + HEAD_LEN);
    if (type)
        f->type = bh_load16(e->bytes + HEAD_LEN);
    if (hint)
        *hint = e->value;
    f->has_version |= version;
    f->has_type |= type;
    if (!hash_of(e->tag))
        return BH_REASON_NONE;
    f->digest_tag = e->tag;
    f->digest = e->value;
    f->hashed = e->off;
    return e->value.len == digest_len(e->tag) ? BH_REASON_NONE : BH_REASON_TLV_LENGTH;
}

/* What belongs before the digest, and only once. */
static bool is_signed_entry(uint32_t tag)
{
    return tag == BH_WOLFBOOT_TLV_VERSION || tag == BH_WOLFBOOT_TLV_TYPE ||
           tag == BH_WOLFBOOT_TLV_HINT || hash_of(tag);
}

/* All entries. rest: those of the header. */
static enum bh_reason find(const struct bh_view *view, struct bh_extent rest, struct found *f)
{
    enum bh_reason why = BH_REASON_NONE;
    struct entry e;
    int err;

    memset(f, 0, sizeof *f);
    while (!why && !f->digest.off) {
        err = next(view, &rest, true, &e);
        if (err)
            return err == BH_ERR_ABSENT    ? BH_REASON_NO_DIGEST
                   : err == BH_ERR_REFUSED ? BH_REASON_TLV
                                           : BH_REASON_READ;
        why = take_signed(&e, f);
    }
    if (why)
        return why;
    while ((err = next(view, &rest, false, &e)) == BH_OK) {
        bool signature = e.tag == BH_WOLFBOOT_TLV_SIGNATURE;

        if (is_signed_entry(e.tag) || (signature && f->signature.off))
            return BH_REASON_TLV_TWICE;
        if (signature)
            f->signature = e.value;
    }
    if (err == BH_ERR_IO)
        return BH_REASON_READ;
    /* what follows a signature and cannot be read is nobody's affair; a signature is */
    return err == BH_ERR_REFUSED && !f->signature.off ? BH_REASON_TLV : BH_REASON_NONE;
}

/* What an algorithm of wolfBoot's is here; 0: there is no verifier. Its number for ML-DSA is one
 * for three parameter sets, which the length of the signature tells apart. */
static uint8_t signature_id(uint32_t auth, uint32_t sig_len)
{
    static const uint8_t ids[] = {
        [BH_WOLFBOOT_AUTH_ED25519] = BH_SIG_ED25519,
        [BH_WOLFBOOT_AUTH_ECC256] = BH_SIG_P256,
        [BH_WOLFBOOT_AUTH_RSA2048] = BH_SIG_RSA2048_PKCS1,
        [BH_WOLFBOOT_AUTH_RSA3072] = BH_SIG_RSA3072_PKCS1,
        [BH_WOLFBOOT_AUTH_RSA4096] = BH_SIG_RSA4096_PKCS1,
        [BH_WOLFBOOT_AUTH_LMS] = BH_SIG_LMS,
        [BH_WOLFBOOT_AUTH_ML_DSA] = BH_SIG_ML_DSA_44,
        [BH_WOLFBOOT_AUTH_RSAPSS2048] = BH_SIG_RSA2048,
        [BH_WOLFBOOT_AUTH_RSAPSS3072] = BH_SIG_RSA3072,
        [BH_WOLFBOOT_AUTH_RSAPSS4096] = BH_SIG_RSA4096,
    };

    if (auth == BH_WOLFBOOT_AUTH_ML_DSA && sig_len > ML_DSA_44_LEN)
        return sig_len > ML_DSA_65_LEN ? BH_SIG_ML_DSA_87 : BH_SIG_ML_DSA_65;
    return auth < sizeof ids ? ids[auth] : 0;
}

/* Is it for the place that images are started from, and in one piece? */
static enum bh_reason check_type(uint32_t type)
{
    uint32_t part = type & 0xFF, auth = type >> 8;

    if ((part & 0xF0) == BH_WOLFBOOT_PART_DELTA)
        return BH_REASON_DELTA;
    if (part != BH_WOLFBOOT_PART_APPLICATION)
        return BH_REASON_PARTITION_ID;
    return auth == BH_WOLFBOOT_AUTH_NONE || signature_id(auth, 0) ? BH_REASON_NONE
                                                                  : BH_REASON_ALGORITHM;
}

static enum bh_reason decode(const struct bh_view *view, uint32_t limit, uint32_t header,
                             struct bh_image *image)
{
    uint8_t h[BH_WOLFBOOT_OFF_TLVS];
    enum bh_reason why;
    struct found f;

    memset(image, 0, sizeof *image);
    if (limit < sizeof h)
        return BH_REASON_NO_IMAGE;
    if (bh_view_read(view, 0, h, sizeof h))
        return BH_REASON_READ;
    if (bh_load32(h + BH_WOLFBOOT_OFF_MAGIC) != BH_WOLFBOOT_MAGIC)
        return BH_REASON_NO_IMAGE;
    image->payload_len = bh_load32(h + BH_WOLFBOOT_OFF_SIZE);
    if (!image->payload_len)
        return BH_REASON_EMPTY;
    if (!bh_within(header, image->payload_len, limit))
        return BH_REASON_TOO_BIG;
    image->entry_off = header;
    image->len = header + image->payload_len;
    image->tlvs = (struct bh_extent){ BH_WOLFBOOT_OFF_TLVS, header - BH_WOLFBOOT_OFF_TLVS };
    why = find(view, image->tlvs, &f);
    if (why)
        return why;
    if (!f.has_version || !f.has_type)
        return BH_REASON_TLV_MISSING;
    if (f.hint.off && f.hint.len != f.digest.len) /* a hash of the same kind */
        return BH_REASON_TLV_LENGTH;
    image->flags = f.type;
    image->version = (struct bh_version){ (uint8_t)(f.version >> 24), (uint8_t)(f.version >> 16),
                                          (uint16_t)f.version, 0 };
    image->hash_id = hash_of(f.digest_tag);
    image->digest_off = f.digest.off;
    image->n_hashed = 2;
    image->hashed[0].len = f.hashed;
    image->hashed[1] = (struct bh_extent){ header, image->payload_len };
    return check_type(f.type);
}

/* The one signature there is, by the key that the hint names. Everything is found again, and so
 * checked again: flash may have changed. */
static int signature(const struct bh_view *view, struct bh_extent *rest,
                     struct bh_image_signature *out)
{
    struct bh_extent entries = *rest;
    struct found f;

    rest->len = 0;
    if (!entries.len)
        return BH_ERR_ABSENT;
    if (find(view, entries, &f))
        return BH_ERR_IO;
    if (!f.signature.off || f.type >> 8 == BH_WOLFBOOT_AUTH_NONE)
        return BH_ERR_ABSENT;
    if (f.hint.len < BH_KEY_ID_LEN)
        return BH_ERR_ABSENT; /* nobody's, like a signature without a key's name elsewhere */
    *out = (struct bh_image_signature){ signature_id(f.type >> 8, f.signature.len), f.hint.off,
                                        f.signature };
    return BH_OK;
}

/* The second signature of a hybrid image, whose algorithm and key the signed entries name. Each is
 * there once, and the algorithm has no partition. */
int bh_second_wolfboot(const struct bh_view *view, const struct bh_image *image,
                       struct bh_extent *rest, struct bh_image_signature *out)
{
    struct bh_extent hint = { 0, 0 }, second = { 0, 0 }, entries = image->tlvs;
    bool covered = true, has_cipher = false;
    uint32_t cipher = 0;
    struct entry e;
    int err = BH_ERR_ABSENT;

    if (!rest->off)
        return BH_ERR_ABSENT;
    rest->off = 0; /* there is one */
    while (!second.off && (err = next(view, &entries, covered, &e)) == BH_OK) {
        if (hash_of(e.tag))
            covered = false;
        if ((e.tag == BH_WOLFBOOT_TLV_SECOND_CIPHER && (!covered || has_cipher)) ||
            (e.tag == BH_WOLFBOOT_TLV_SECOND_HINT && (!covered || hint.off)))
            return BH_ERR_ABSENT;
        if (e.tag == BH_WOLFBOOT_TLV_SECOND_CIPHER && e.value.len == 2) {
            cipher = bh_load16(e.bytes + HEAD_LEN);
            has_cipher = true;
        }
        if (e.tag == BH_WOLFBOOT_TLV_SECOND_HINT)
            hint = e.value;
        if (e.tag == BH_WOLFBOOT_TLV_SECOND_SIGNATURE && !covered)
            second = e.value;
    }
    if (!second.off)
        return err == BH_ERR_IO ? BH_ERR_IO : BH_ERR_ABSENT;
    if (!has_cipher || cipher & 0xFF || hint.len < BH_KEY_ID_LEN)
        return BH_ERR_ABSENT;
    *out = (struct bh_image_signature){ signature_id(cipher >> 8, second.len), hint.off, second };
    return BH_OK;
}

#define READER(header)                                                                             \
    static enum bh_reason decode_##header(const struct bh_view *view, uint32_t limit,              \
                                          struct bh_image *image)                                  \
    {                                                                                              \
        return decode(view, limit, header, image);                                                 \
    }                                                                                              \
    const struct bh_image_format bh_image_wolfboot_##header = { "wolfboot", decode_##header,       \
                                                                signature }

READER(256);
READER(512);
READER(1024);
READER(2048);
READER(4096);
READER(8192);
READER(16384);
