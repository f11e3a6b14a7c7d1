/* SPDX-License-Identifier: Apache-2.0 */
/* imgtool verify: does an image hold a signature by this key? By the original's rules: where
 * 'bulkhead image verify' asks what a bootloader would do, this looks for one TLV that is right. */
#include <stdio.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "bulkhead/image_mcuboot.h"
#include "cli/imgtool.h"
#include "cli/imgtool_sha.h"

struct image {
    const struct host_bytes *file;
    uint32_t hashed; /* bytes that the digest covers */
    uint32_t tlvs, end;
    bool pure;
};

enum result { GOOD, GOOD_PURE, BAD_MAGIC, BAD_TLV_MAGIC, BAD_HASH, NO_SIGNATURE, WRONG_KEY, TORN };

struct found {
    uint8_t digest[BH_DIGEST_MAX];
    unsigned sha;
    const uint8_t *signature;
    uint16_t signature_len;
};

/* One TLV: its type is one byte here, as it is there. */
struct tlv {
    uint8_t type;
    uint16_t len;
    const uint8_t *data;
};

/* False: the file ends in it. */
static bool next(const struct image *m, uint32_t *off, struct tlv *out)
{
    const uint8_t *p = m->file->data + *off;

    if (*off > m->file->len || m->file->len - *off < BH_MCUBOOT_TLV_ENTRY_LEN)
        return false;
    *out = (struct tlv){ p[0], bh_load16(p + 2), p + BH_MCUBOOT_TLV_ENTRY_LEN };
    *off += BH_MCUBOOT_TLV_ENTRY_LEN;
    if (m->file->len - *off < out->len)
        return false;
    *off += out->len;
    return true;
}

static bool area(const struct host_bytes *file, uint64_t off, uint16_t *magic, uint16_t *len)
{
    if (off > file->len || file->len - off < BH_MCUBOOT_TLV_INFO_LEN)
        return false;
    *magic = bh_load16(file->data + off);
    *len = bh_load16(file->data + off + 2);
    return true;
}

static enum result find_tlvs(const struct host_bytes *file, struct image *m)
{
    uint64_t off;
    uint16_t magic, len;
    struct tlv tlv;

    *m = (struct image){ .file = file };
    if (file->len < 28)
        return TORN;
    if (bh_load32(file->data) != BH_MCUBOOT_MAGIC)
        return BAD_MAGIC;
    off = (uint64_t)bh_load16(file->data + BH_MCUBOOT_OFF_HDR_SIZE) +
          bh_load32(file->data + BH_MCUBOOT_OFF_IMG_SIZE);
    if (!area(file, off, &magic, &len))
        return TORN;
    if (magic == BH_MCUBOOT_TLV_PROTECTED_MAGIC) {
        off += len;
        if (!area(file, off, &magic, &len))
            return TORN;
    }
    if (magic != BH_MCUBOOT_TLV_MAGIC)
        return BAD_TLV_MAGIC;
    m->hashed = (uint32_t)off;
    m->tlvs = m->hashed + BH_MCUBOOT_TLV_INFO_LEN;
    m->end = m->hashed + len;
    for (uint32_t at = m->tlvs; at < m->end && !m->pure;) {
        if (!next(m, &at, &tlv))
            return TORN;
        m->pure = tlv.type == BH_MCUBOOT_TLV_SIG_PURE;
    }
    return GOOD;
}

static unsigned sha_of_tlv(uint8_t type)
{
    return type == BH_MCUBOOT_TLV_SHA256   ? 256
           : type == BH_MCUBOOT_TLV_SHA384 ? 384
           : type == BH_MCUBOOT_TLV_SHA512 ? 512
                                           : 0;
}

static uint8_t signature_type(const struct host_key *key)
{
    switch (key->type->signature) {
    case BH_SIG_RSA2048: return BH_MCUBOOT_TLV_RSA2048_PSS;
    case BH_SIG_RSA3072: return BH_MCUBOOT_TLV_RSA3072_PSS;
    case BH_SIG_ED25519: return BH_MCUBOOT_TLV_ED25519;
    case BH_SIG_P256:
    case BH_SIG_P384: return BH_MCUBOOT_TLV_ECDSA_SIG;
    default: return 0;
    }
}

/* An image with several digests is of no interest: the original hashes once for each. */
static bool signature_good(const struct image *m, const struct host_key *key, const struct found *f,
                           const struct tlv *tlv)
{
    const uint8_t *data = m->file->data;
    uint16_t len = tlv->len;
    uint8_t digest[BH_DIGEST_MAX];

    if (m->pure)
        return host_key_check(key, data, m->hashed, tlv->data, len);
    if (key->type->signature == BH_SIG_ED25519)
        return host_key_check(key, f->digest, f->sha / 8, tlv->data, len);
    unsigned sha = key->type->signature == BH_SIG_P384 ? 384 : 256;
    host_sha(sha, data, m->hashed, digest);
    if (tlv->type == BH_MCUBOOT_TLV_ECDSA_SIG && len >= 2 && tlv->data[1] + 2u < len)
        len = (uint16_t)(tlv->data[1] + 2u); /* zeros of --pad-sig */
    return host_key_check(key, digest, sha / 8, tlv->data, len);
}

static enum result judge(const struct image *m, const struct host_key *key, struct found *f)
{
    struct tlv tlv;

    for (uint32_t off = m->tlvs; off < m->end;) {
        if (!next(m, &off, &tlv))
            return TORN;
        unsigned sha = sha_of_tlv(tlv.type);

        if (sha) {
            if (!imgtool_sha_fits(key, sha))
                return WRONG_KEY;
            f->sha = sha;
            host_sha(sha, m->file->data, m->hashed, f->digest);
            if (tlv.len != sha / 8 || memcmp(f->digest, tlv.data, tlv.len) != 0)
                return BAD_HASH;
            if (!key)
                return GOOD;
            continue;
        }
        bool candidate =
            key && tlv.type == (m->pure ? BH_MCUBOOT_TLV_ED25519 : signature_type(key));
        if (!candidate || !signature_type(key))
            continue;
        if (!m->pure && key->type->signature == BH_SIG_ED25519 && !f->sha)
            return TORN; /* a signature before the digest that it is over */
        if (!signature_good(m, key, f, &tlv))
            continue;
        f->signature = tlv.data;
        f->signature_len = tlv.len;
        return m->pure ? GOOD_PURE : GOOD;
    }
    return NO_SIGNATURE;
}

static int show_good(const struct image *m, const struct found *f, bool pure)
{
    const uint8_t *v = m->file->data + BH_MCUBOOT_OFF_VERSION;

    printf("Image was correctly validated\nImage version: %u.%u.%u+%u\n", v[0], v[1],
           bh_load16(v + 2), bh_load32(v + 4));
    printf(pure ? "Image signature over image: " : "Image digest: ");
    const uint8_t *bytes = pure ? f->signature : f->digest;
    for (size_t i = 0; i < (pure ? f->signature_len : f->sha / 8); i++)
        printf("%02x", bytes[i]);
    putchar('\n');
    return 0;
}

static int show(struct imgtool *t, enum result result, const struct image *m, const struct found *f)
{
    static const char *const texts[] = {
        [BAD_MAGIC] = "Invalid image magic; is this an MCUboot image?",
        [BAD_TLV_MAGIC] = "Invalid TLV info magic; is this an MCUboot image?",
        [BAD_HASH] = "Image has an invalid hash",
        [NO_SIGNATURE] = "No signature found for the given key",
        [WRONG_KEY] = "Key type does not match TLV record",
    };

    if (result == GOOD || result == GOOD_PURE)
        return show_good(m, f, result == GOOD_PURE);
    if (result == TORN)
        return imgtool_fail(t, "%s: the file ends in its header or in its TLVs. Was it cut short?",
                            t->arguments[0]);
    puts(texts[result]);
    return 1;
}

static int verify(struct imgtool *t, const struct host_bytes *file, const struct host_key *key)
{
    struct image image;
    struct found found = { .sha = 0 };
    enum result result = find_tlvs(file, &image);

    if (result == GOOD)
        result = judge(&image, key, &found);
    return show(t, result, &image, &found);
}

static int run(struct imgtool *t)
{
    const char *path = imgtool_value(t, "key");
    struct host_key key = { 0 };
    struct host_bytes file = { 0 };
    int64_t base;
    bool missing;
    int code = path && *path ? imgtool_load_key(t, path, &key) : 0;

    if (!code) {
        code = imgtool_read(t, t->arguments[0], &file, &base, &missing);
        if (missing)
            code = imgtool_usage(t, "Image file %s not found", t->arguments[0]);
    }
    if (!code)
        code = verify(t, &file, key.type ? &key : NULL);
    host_bytes_free(&file);
    host_key_free(&key);
    return code;
}

const struct imgtool_command imgtool_verify = {
    .name = "verify",
    .summary = "Check that an image was signed by a key",
    .options =
        (const struct imgtool_option[]){
            { "key", 'k', 1, false, false, "filename",
              "Private or public; without one only the digest is checked.", NULL },
            { 0 },
        },
    .arguments = { "IMGFILE" },
    .run = run,
};
