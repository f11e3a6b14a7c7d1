/* SPDX-License-Identifier: Apache-2.0 */
/* MCUboot's format, written. Order: check everything; header and payload; protected TLVs; digest,
 * keys and signatures; trailer. */
#include "host/sign_mcuboot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "bulkhead/image_mcuboot.h"

/* Bytes that grow. After `failed` they stay as they are. */
struct sink {
    uint8_t *data;
    size_t len, room;
    bool failed;
    bool big_endian; /* of the numbers that are put */
};

static void put(struct sink *s, const void *data, size_t len)
{
    if (!s->failed && s->room - s->len < len) {
        size_t room = 2 * s->room + len + 4096;
        uint8_t *more = realloc(s->data, room);

        s->failed = !more;
        s->data = more ? more : s->data;
        s->room = more ? room : s->room;
    }
    if (s->failed || !len)
        return;
    memcpy(s->data + s->len, data, len);
    s->len += len;
}

static void put8(struct sink *s, uint8_t v)
{
    put(s, &v, 1);
}

static void put16(struct sink *s, uint16_t v)
{
    uint8_t b[2];

    bh_store16(b, s->big_endian ? (uint16_t)(v >> 8 | v << 8) : v);
    put(s, b, sizeof b);
}

static void put32(struct sink *s, uint32_t v)
{
    if (s->big_endian) {
        put16(s, (uint16_t)(v >> 16));
        put16(s, (uint16_t)v);
        return;
    }
    put16(s, (uint16_t)v);
    put16(s, (uint16_t)(v >> 16));
}

static void put_fill(struct sink *s, uint8_t value, size_t len)
{
    while (len-- && !s->failed)
        put8(s, value);
}

/* imgtool writes a type of its own as a byte and a 0, whatever the byte order. */
static void put_head(struct sink *s, uint16_t type, size_t len)
{
    put8(s, (uint8_t)type);
    put8(s, (uint8_t)(type >> 8));
    put16(s, (uint16_t)len);
}

static void put_tlv(struct sink *s, uint16_t type, const void *data, size_t len)
{
    put_head(s, type, len);
    put(s, data, len);
}

static void put_version(struct sink *s, const struct bh_version *v)
{
    put8(s, v->major);
    put8(s, v->minor);
    put16(s, v->revision);
    put32(s, v->build);
}

static int bad(struct host_error *e, const char *hint, const char *text)
{
    return host_fail(e, HOST_BAD_INPUT, host_nowhere(), hint, "%s", text);
}

/* ---- what the keys want ---- */

/* 0: any */
static unsigned sha_of_key(const struct host_key *key, bool pure)
{
    if (key->type->signature == BH_SIG_P384)
        return 384;
    if (key->type->signature == BH_SIG_ED25519)
        return pure ? 512 : 0;
    return 256;
}

static int check_key(const struct host_sign *s, const struct host_key *key, unsigned *sha,
                     struct host_error *e)
{
    unsigned wants = sha_of_key(key, s->pure);

    if (!key->type->signature)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "Use an Ed25519 key to sign.",
                         "an %s key cannot sign; it is for encryption", key->type->name);
    if (!key->has_private && !key->signer)
        return bad(e, "Give the private key's file, or say --signer.",
                   "cannot sign with a public key");
    if (s->pure && key->type->signature != BH_SIG_ED25519)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "Leave out --pure.",
                         "pure signatures are Ed25519's; this key is %s", key->type->name);
    if (wants && *sha && wants != *sha)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(),
                         "All keys of an image must agree on one digest, and --sha with them.",
                         "a key of type %s signs a SHA-%u digest, not SHA-%u", key->type->name,
                         wants, *sha);
    if (wants)
        *sha = wants;
    return HOST_OK;
}

static int choose_sha(const struct host_sign *s, unsigned *sha, struct host_error *e)
{
    *sha = s->sha;
    if (s->as_imgtool)
        return HOST_OK;
    if (s->pure && !s->n_keys)
        return bad(e, "Say --key.", "a pure signature needs a key");
    if (s->pure && s->sha)
        return bad(e, "Leave out --sha.", "a pure signature comes with SHA-512");
    for (size_t i = 0; i < s->n_keys; i++)
        if (check_key(s, &s->keys[i], sha, e))
            return e->code;
    if (s->n_keys && s->sha == 384 && s->keys[0].type->signature == BH_SIG_ED25519)
        return bad(e, "Say --sha 256 or 512.", "Ed25519 images have SHA-256 or SHA-512");
    if (!*sha)
        *sha = 256;
    return HOST_OK;
}

unsigned host_sign_sha(const struct host_sign *s)
{
    struct host_error e;
    unsigned sha;

    return choose_sha(s, &sha, &e) ? 0 : sha;
}

/* ---- trailer ---- */

uint32_t host_trailer_align(const struct host_sign *s)
{
    return s->max_align ? s->max_align : s->align > 8 ? s->align : 8;
}

uint32_t host_trailer_size(const struct host_sign *s)
{
    uint32_t a = host_trailer_align(s), magic = bh_round_up(16, a);

    if (s->overwrite_only)
        return 2 * a + magic;
    return s->max_sectors * 3 * s->align + 4 * a + magic;
}

void host_trailer_magic(uint32_t align, uint8_t magic[16])
{
    static const uint8_t classic[16] = { 0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                         0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80 };
    static const uint8_t wide[14] = { 0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d,
                                      0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a };

    if (align == 8) {
        memcpy(magic, classic, sizeof classic);
        return;
    }
    bh_store16(magic, (uint16_t)align);
    memcpy(magic + 2, wide, sizeof wide);
}

static void put_trailer(const struct host_sign *s, struct sink *image)
{
    uint32_t a = host_trailer_align(s);
    size_t least = image->len + host_trailer_size(s);
    size_t end = s->slot_size > least ? s->slot_size : least;
    size_t ok_off = end - bh_round_up(16, a) - a;
    uint8_t magic[16];

    host_trailer_magic(a, magic);
    if (s->big_endian && a != 8) {
        magic[0] = (uint8_t)(a >> 8);
        magic[1] = (uint8_t)a;
    }
    put_fill(image, s->erased, end - 16 - image->len);
    if (!image->failed && s->trailer == HOST_TRAILER_CONFIRM && !s->overwrite_only)
        image->data[ok_off] = 1;
    put(image, magic, sizeof magic);
}

/* ---- checks ---- */

static int check_input(const struct host_sign *s, const uint8_t *input, size_t len,
                       struct host_error *e)
{
    size_t room = s->pad_header ? 0 : s->header_size;
    struct host_where where = s->input ? host_in(s->input) : host_nowhere();

    if (!s->as_imgtool && len >= 4 && bh_load32(input) == BH_MCUBOOT_MAGIC)
        return host_fail(e, HOST_BAD_INPUT, where, "Sign the bare binary that the linker made.",
                         "input is an image already: it begins with MCUboot's magic");
    if (len < room || !bh_all(input, 0, room))
        return host_fail(e, HOST_BAD_INPUT, where,
                         "Say --pad-header to put a header before it, or link it with that room.",
                         "input does not begin with 0x%zx zero bytes of room for the header", room);
    if (len == room && !s->as_imgtool)
        return host_fail(e, HOST_BAD_INPUT, where, "Is it the right file?", "input has no payload");
    if (len > UINT32_MAX / 2)
        return host_fail(e, HOST_BAD_INPUT, where, NULL, "input is larger than any image can be");
    return HOST_OK;
}

static int check_custom(const struct host_sign *s, struct host_error *e)
{
    for (size_t i = 0; i < s->n_custom; i++) {
        uint16_t type = s->custom[i].type;

        if (type < 0xA0 || type > 0xFFFE)
            return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "Vendors have 0x00a0 to 0xfffe.",
                             "custom TLV type 0x%04x is reserved", type);
        for (size_t k = 0; k < i; k++)
            if (s->custom[k].type == type)
                return host_fail(e, HOST_BAD_INPUT, host_nowhere(), NULL,
                                 "custom TLV 0x%04x is given twice", type);
    }
    return HOST_OK;
}

static int check_options(const struct host_sign *s, struct host_error *e)
{
    if (s->header_size < BH_MCUBOOT_HEADER_LEN || s->header_size > UINT16_MAX)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "0x20 to 0xffff is possible.",
                         "header size 0x%x is out of range", s->header_size);
    if (s->rom_fixed && s->load_addr)
        return bad(e, "Choose one.", "an image cannot be both --rom-fixed and --load-addr");
    if (s->as_imgtool)
        return check_custom(s, e);
    if (s->max_align && s->max_align < s->align)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "Make --max-align the larger one.",
                         "--max-align %u is less than --align %u", s->max_align, s->align);
    if (s->trailer != HOST_TRAILER_NONE && !s->slot_size)
        return bad(e, "Say --slot-size.",
                   "the trailer lies at the end of the slot, whose size is "
                   "not known");
    if (s->trailer != HOST_TRAILER_NONE && s->slot_size > HOST_FILE_MAX)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "Is --slot-size right?",
                         "a whole slot of 0x%x bytes is more than %zu MiB", s->slot_size,
                         HOST_FILE_MAX >> 20);
    if (s->boot_record && strlen(s->boot_record) > 12)
        return bad(e, NULL, "the software type of a boot record has 12 characters at most");
    return check_custom(s, e);
}

static int check_fit(const struct host_sign *s, size_t image_len, struct host_error *e)
{
    uint32_t trailer = host_trailer_size(s);

    if (!s->slot_size || s->export != HOST_EXPORT_IMAGE ||
        (image_len <= s->slot_size && trailer <= s->slot_size - image_len))
        return HOST_OK;
    if (s->as_imgtool)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), NULL,
                         "Image size (0x%zx) + trailer (0x%x) exceeds requested size 0x%x",
                         image_len, trailer, s->slot_size);
    return host_fail(e, HOST_BAD_INPUT, host_nowhere(),
                     "Make the image smaller or the slot larger; less --align or --max-sectors "
                     "makes the trailer smaller.",
                     "image (0x%zx) and trailer (0x%x) exceed the slot (0x%x) by %zu bytes",
                     image_len, trailer, s->slot_size, image_len + trailer - s->slot_size);
}

/* ---- parts of the image ---- */

static void put_header(const struct host_sign *s, uint32_t payload_len, uint16_t protected_len,
                       struct sink *image)
{
    uint32_t flags = (s->load_addr ? BH_MCUBOOT_F_RAM_LOAD : 0) |
                     (s->rom_fixed ? BH_MCUBOOT_F_ROM_FIXED : 0) |
                     (s->non_bootable ? BH_MCUBOOT_F_NON_BOOTABLE : 0);

    put32(image, BH_MCUBOOT_MAGIC);
    put32(image, s->rom_fixed ? s->rom_fixed : s->load_addr);
    put16(image, (uint16_t)s->header_size);
    put16(image, protected_len);
    put32(image, payload_len);
    put32(image, flags);
    put_version(image, &s->version);
    put32(image, 0);
    put_fill(image, s->pad_header ? s->erased : 0, s->header_size - BH_MCUBOOT_HEADER_LEN);
}

/* CBOR: the few kinds of item that a boot record has. */
static void put_cbor(struct sink *s, uint8_t major, const void *data, size_t len)
{
    if (len < 24)
        put8(s, (uint8_t)(major | len));
    else {
        put8(s, major | 24);
        put8(s, (uint8_t)len);
    }
    put(s, data, len);
}

enum { CBOR_BYTES = 0x40, CBOR_TEXT = 0x60, CBOR_MAP = 0xA0 };

/* Software type, version, signer, kind of measurement, and 0 bytes where a bootloader that hands
 * the record on puts the measurement. */
static void put_boot_record(const struct host_sign *s, unsigned sha, struct sink *tlvs)
{
    struct sink record = { 0 };
    uint8_t digest[BH_DIGEST_MAX] = { 0 };
    char version[24], name[8];
    size_t digest_len = s->n_keys ? sha / 8 : 32;

    snprintf(version, sizeof version, "%u.%u.%u", s->version.major, s->version.minor,
             s->version.revision);
    snprintf(name, sizeof name, "SHA%u", sha);
    if (s->n_keys)
        host_sha(sha, s->keys[0].der, s->keys[0].der_len, digest);
    put8(&record, CBOR_MAP | 5);
    put8(&record, 1);
    put_cbor(&record, CBOR_TEXT, s->boot_record, strlen(s->boot_record));
    put8(&record, 4);
    put_cbor(&record, CBOR_TEXT, version, strlen(version));
    put8(&record, 5);
    put_cbor(&record, CBOR_BYTES, digest, digest_len);
    put8(&record, 6);
    put_cbor(&record, CBOR_TEXT, name, strlen(name));
    put8(&record, 2);
    memset(digest, 0, sizeof digest);
    put_cbor(&record, CBOR_BYTES, digest, sha / 8);
    put_tlv(tlvs, BH_MCUBOOT_TLV_BOOT_RECORD, record.data, record.len);
    tlvs->failed = tlvs->failed || record.failed;
    free(record.data);
}

static void put_protected(const struct host_sign *s, unsigned sha, struct sink *tlvs)
{
    if (s->counter) {
        put_head(tlvs, BH_MCUBOOT_TLV_SEC_CNT, sizeof *s->counter);
        put32(tlvs, *s->counter);
    }
    if (s->boot_record)
        put_boot_record(s, sha, tlvs);
    for (size_t i = 0; i < s->n_dependencies; i++) {
        put_head(tlvs, BH_MCUBOOT_TLV_DEPENDENCY, BH_MCUBOOT_DEPENDENCY_LEN);
        put8(tlvs, s->dependencies[i].pair);
        put_fill(tlvs, 0, 3);
        put_version(tlvs, &s->dependencies[i].version);
    }
    if (s->vid)
        put_tlv(tlvs, BH_MCUBOOT_TLV_UUID_VID, s->vid, 16);
    if (s->cid)
        put_tlv(tlvs, BH_MCUBOOT_TLV_UUID_CID, s->cid, 16);
    for (size_t i = 0; i < s->n_custom; i++) {
        put16(tlvs, s->custom[i].type);
        put16(tlvs, s->custom[i].len);
        put(tlvs, s->custom[i].data, s->custom[i].len);
    }
}

/* An area with its head; nothing if there are no entries. */
static void put_area(struct sink *image, uint16_t magic, const struct sink *tlvs)
{
    if (!tlvs->len)
        return;
    put16(image, magic);
    put16(image, (uint16_t)(tlvs->len + BH_MCUBOOT_TLV_INFO_LEN));
    put(image, tlvs->data, tlvs->len);
}

static uint16_t signature_tlv(const struct host_key *key)
{
    switch (key->type->signature) {
    case BH_SIG_RSA2048: return BH_MCUBOOT_TLV_RSA2048_PSS;
    case BH_SIG_RSA3072: return BH_MCUBOOT_TLV_RSA3072_PSS;
    case BH_SIG_ED25519: return BH_MCUBOOT_TLV_ED25519;
    case BH_SIG_LMS: return BH_MCUBOOT_TLV_LMS;
    case BH_SIG_ML_DSA_44: return BH_MCUBOOT_TLV_ML_DSA_44;
    case BH_SIG_ML_DSA_65: return BH_MCUBOOT_TLV_ML_DSA_65;
    case BH_SIG_ML_DSA_87: return BH_MCUBOOT_TLV_ML_DSA_87;
    default: return BH_MCUBOOT_TLV_ECDSA_SIG;
    }
}

/* The longest signature that a key can make: two integers in DER, each perhaps with a leading 0.
 * imgtool pads P-384 to 103 only, so that there lengths still differ now and then. */
static size_t padded_len(const struct host_sign *s, const struct host_key *key)
{
    switch (key->type->signature) {
    case BH_SIG_P256: return 72;
    case BH_SIG_P384: return s->as_imgtool ? 103 : 104;
    default: return 0;
    }
}

static int put_signature(const struct host_sign *s, const struct host_key *key, unsigned sha,
                         const struct sink *image, const uint8_t *digest, struct sink *tlvs,
                         struct host_error *e)
{
    uint8_t signature[HOST_SIGNATURE_MAX];
    uint8_t key_hash[BH_DIGEST_MAX];
    size_t len = sizeof signature;

    if (s->full_key) {
        put_tlv(tlvs, BH_MCUBOOT_TLV_PUBKEY, key->der, key->der_len);
    } else {
        host_sha(sha, key->der, key->der_len, key_hash);
        put_tlv(tlvs, BH_MCUBOOT_TLV_KEYHASH, key_hash, sha / 8);
    }
    if (s->signature) {
        put_tlv(tlvs, signature_tlv(key), s->signature, s->signature_len);
        return HOST_OK;
    }
    if (host_key_sign(key, s->pure ? image->data : digest, s->pure ? image->len : sha / 8,
                      signature, &len, e))
        return e->code;
    if (s->pad_signature && len < padded_len(s, key)) {
        memset(signature + len, 0, padded_len(s, key) - len);
        len = padded_len(s, key);
    }
    put_tlv(tlvs, signature_tlv(key), signature, len);
    return HOST_OK;
}

/* Digest, keys and signatures over what is in image so far. */
static int put_unprotected(const struct host_sign *s, unsigned sha, struct sink *image,
                           struct host_error *e)
{
    struct sink tlvs = { .big_endian = s->big_endian };
    uint8_t digest[BH_DIGEST_MAX];
    int code = HOST_OK;

    host_sha(sha, image->data, image->len, digest);
    if (s->export == HOST_EXPORT_PAYLOAD)
        return HOST_OK;
    if (s->export == HOST_EXPORT_DIGEST) {
        image->len = 0;
        put(image, digest, sha / 8);
        return HOST_OK;
    }
    put_tlv(&tlvs, (uint16_t)(BH_MCUBOOT_TLV_SHA256 + (sha - 256) / 128), digest, sha / 8);
    if (s->pure)
        put_tlv(&tlvs, BH_MCUBOOT_TLV_SIG_PURE, "\1", 1);
    for (size_t i = 0; !code && i < s->n_keys; i++)
        code = put_signature(s, &s->keys[i], sha, image, digest, &tlvs, e);
    if (!code && tlvs.len > UINT16_MAX - BH_MCUBOOT_TLV_INFO_LEN)
        code = bad(e, "Sign with fewer keys.", "signatures of more than 65535 bytes");
    put_area(image, BH_MCUBOOT_TLV_MAGIC, &tlvs);
    image->failed = image->failed || tlvs.failed;
    free(tlvs.data);
    return code;
}

static int build(const struct host_sign *s, unsigned sha, const uint8_t *payload, size_t len,
                 struct sink *image, size_t *used, struct host_error *e)
{
    struct sink protected = { .big_endian = s->big_endian };
    size_t protected_len;

    put_protected(s, sha, &protected);
    protected_len = protected.len ? protected.len + BH_MCUBOOT_TLV_INFO_LEN : 0;
    put_header(s, (uint32_t)len, (uint16_t)protected_len, image);
    put(image, payload, len);
    put_area(image, BH_MCUBOOT_TLV_PROTECTED_MAGIC, &protected);
    image->failed = image->failed || protected.failed;
    free(protected.data);
    if (image->failed)
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    if (protected_len > UINT16_MAX)
        return bad(e, "Make the custom TLVs shorter.", "protected TLVs of more than 65535 bytes");
    if ((!s->as_imgtool && check_fit(s, image->len, e)) || put_unprotected(s, sha, image, e) ||
        check_fit(s, image->len, e))
        return e->code;
    *used = image->len;
    if (s->trailer != HOST_TRAILER_NONE)
        put_trailer(s, image);
    return image->failed ? host_fail(e, HOST_FAILED, host_nowhere(), NULL, "out of memory")
                         : HOST_OK;
}

int host_sign_mcuboot(const struct host_sign *s, const uint8_t *input, size_t len,
                      struct host_bytes *image, size_t *used, struct host_error *e)
{
    struct sink out = { .big_endian = s->big_endian };
    size_t room = s->pad_header ? 0 : s->header_size;
    unsigned sha;

    *image = (struct host_bytes){ NULL, 0 };
    if (check_options(s, e) || check_input(s, input, len, e) || choose_sha(s, &sha, e))
        return e->code;
    if (build(s, sha, input + room, len - room, &out, used, e)) {
        free(out.data);
        return e->code;
    }
    *image = (struct host_bytes){ out.data, out.len };
    return HOST_OK;
}
