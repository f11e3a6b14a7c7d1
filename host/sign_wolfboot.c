/* SPDX-License-Identifier: Apache-2.0 */
/* wolfBoot's format, written. Order: check everything; version, time, type, custom entries, hint;
 * digest over all that and the payload; signature. */
#include "host/sign_wolfboot.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_wolfboot.h"
#include "host/core_key.h"

/* Entries after each other in the header. After `failed` nothing is written. */
struct entries {
    uint8_t *header;
    uint32_t at, end;
    bool failed;
};

static struct host_where where(const struct host_wolfboot_sign *s)
{
    return s->input ? host_in(s->input) : host_nowhere();
}

/* wolfBoot's tool lets values begin at a multiple of 8: heads are at 4 more. */
static void align(struct entries *h)
{
    while (h->at % 8 != 4)
        h->at++;
}

static uint8_t *put(struct entries *h, uint16_t tag, const void *value, size_t len)
{
    uint8_t *p = h->header + h->at;

    h->failed = h->failed || h->at > h->end || h->end - h->at < BH_WOLFBOOT_TLV_ENTRY_LEN + len;
    if (h->failed)
        return NULL;
    bh_store16(p, tag);
    bh_store16(p + 2, (uint16_t)len);
    memcpy(p + BH_WOLFBOOT_TLV_ENTRY_LEN, value, len);
    h->at += BH_WOLFBOOT_TLV_ENTRY_LEN + (uint32_t)len;
    return p;
}

uint8_t host_wolfboot_auth(const struct host_key *key, bool pss)
{
    if (!key)
        return BH_WOLFBOOT_AUTH_NONE;
    switch (key->type->signature) {
    case BH_SIG_ED25519: return BH_WOLFBOOT_AUTH_ED25519;
    case BH_SIG_P256: return BH_WOLFBOOT_AUTH_ECC256;
    case BH_SIG_RSA2048: return pss ? BH_WOLFBOOT_AUTH_RSAPSS2048 : BH_WOLFBOOT_AUTH_RSA2048;
    case BH_SIG_RSA3072: return pss ? BH_WOLFBOOT_AUTH_RSAPSS3072 : BH_WOLFBOOT_AUTH_RSA3072;
    case BH_SIG_LMS: return BH_WOLFBOOT_AUTH_LMS;
    case BH_SIG_ML_DSA_44:
    case BH_SIG_ML_DSA_65:
    case BH_SIG_ML_DSA_87: return BH_WOLFBOOT_AUTH_ML_DSA;
    default: return 0;
    }
}

uint32_t host_wolfboot_header(const struct host_key *key, bool pss, const struct bh_hash_algo *hash)
{
    bool longer = hash->digest_len != 32;

    (void)pss;
    if (!key)
        return longer ? 512 : 256;
    switch (key->type->signature) {
    case BH_SIG_RSA2048: return 512;
    case BH_SIG_RSA3072: return longer ? 1024 : 512;
    case BH_SIG_LMS:
    case BH_SIG_ML_DSA_44:
    case BH_SIG_ML_DSA_65: return 8192;
    case BH_SIG_ML_DSA_87: return 16384;
    default: return 256;
    }
}

/* ---- checks ---- */

static int check_custom(const struct host_wolfboot_sign *s, struct host_error *e)
{
    for (size_t i = 0; i < s->n_custom; i++) {
        uint16_t tag = s->custom[i].tag;

        if (tag < 0x30 || tag > 0xFEFE || (tag & 0xFF) == 0xFF)
            return host_fail(e, HOST_BAD_INPUT, host_nowhere(),
                             "0x0030 to 0xfefe are free, without those that end in ff.",
                             "custom tag 0x%04x is not possible", tag);
        for (size_t k = 0; k < i; k++)
            if (s->custom[k].tag == tag)
                return host_fail(e, HOST_BAD_INPUT, host_nowhere(), NULL,
                                 "custom tag 0x%04x is given twice", tag);
    }
    return HOST_OK;
}

static int check(const struct host_wolfboot_sign *s, const uint8_t *input, size_t len,
                 struct host_error *e)
{
    if (s->header < BH_WOLFBOOT_HEADER_MIN || s->header > BH_WOLFBOOT_HEADER_MAX ||
        s->header & (s->header - 1))
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(),
                         "256, 512, 1024 ... 16384 are possible.",
                         "header size %u is no power of two from 256 to 16384", s->header);
    if (!len)
        return host_fail(e, HOST_BAD_INPUT, where(s), "Is it the right file?", "file is empty");
    if (len > UINT32_MAX / 2)
        return host_fail(e, HOST_BAD_INPUT, where(s), NULL,
                         "input is larger than any image can be");
    if (len >= 4 && bh_load32(input) == BH_WOLFBOOT_MAGIC)
        return host_fail(e, HOST_BAD_INPUT, where(s), "Sign the bare binary that the linker made.",
                         "input is an image already: it begins with wolfBoot's magic");
    if (s->part > 15)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "0 to 15 are possible; 1 is started.",
                         "partition id %u is out of range", s->part);
    if (!host_wolfboot_auth(s->key, s->pss))
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(),
                         "Use Ed25519, P-256, RSA, LMS or ML-DSA.",
                         "wolfBoot images are not signed with %s keys here", s->key->type->name);
    if (s->key && !s->key->has_private && !s->signature && !s->digest_only)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(),
                         "Give the private key's file, or say --sha-only, then --manual-sign.",
                         "cannot sign with a public key");
    if (!s->second)
        return check_custom(s, e);
    if (!s->key || s->signature || s->digest_only)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "Sign with both keys at once.",
                         "a hybrid image is not signed elsewhere");
    if (!host_wolfboot_auth(s->second, s->pss) || !s->second->has_private)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(),
                         "Give a private Ed25519, P-256, RSA, LMS or ML-DSA key.",
                         "the second key, %s, cannot sign", s->second->type->name);
    return check_custom(s, e);
}

/* ---- signatures ---- */

static int fail_openssl(struct host_error *e)
{
    ERR_clear_error();
    return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "cannot sign: OpenSSL refused");
}

static const EVP_MD *md_of(const struct bh_hash_algo *hash)
{
    return hash->id == BH_HASH_SHA256   ? EVP_sha256()
           : hash->id == BH_HASH_SHA384 ? EVP_sha384()
                                        : EVP_sha3_384();
}

static bool set_padding(const struct host_wolfboot_sign *s, EVP_PKEY_CTX *ctx)
{
    const EVP_MD *md = md_of(s->hash);

    if (s->pss)
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, s->hash->digest_len) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
           (!s->encoded || EVP_PKEY_CTX_set_signature_md(ctx, md) == 1);
}

/* ECDSA's two numbers out of their DER form. */
static bool raw_ecdsa(uint8_t *signature, size_t *len)
{
    const unsigned char *at = signature;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)*len);
    uint8_t raw[64];
    bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32) == 32 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32) == 32;

    ECDSA_SIG_free(sig);
    if (ok)
        memcpy(signature, raw, sizeof raw);
    *len = sizeof raw;
    return ok;
}

static int sign(const struct host_wolfboot_sign *s, const struct host_key *key,
                const uint8_t *digest, uint8_t *signature, size_t *len, struct host_error *e)
{
    uint8_t id = key->type->signature;
    bool rsa = id == BH_SIG_RSA2048 || id == BH_SIG_RSA3072;
    EVP_PKEY_CTX *ctx;
    bool ok;

    if (id == BH_SIG_ED25519 || id == BH_SIG_LMS || host_ml_dsa_of(id))
        return host_key_sign(key, digest, s->hash->digest_len, signature, len, e);
    ctx = EVP_PKEY_CTX_new(key->evp, NULL);
    ok = ctx && EVP_PKEY_sign_init(ctx) == 1 && (!rsa || set_padding(s, ctx)) &&
         EVP_PKEY_sign(ctx, signature, len, digest, s->hash->digest_len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (ok && id == BH_SIG_P256)
        ok = raw_ecdsa(signature, len);
    return ok ? HOST_OK : fail_openssl(e);
}

/* A signature that was made elsewhere must be one by this key over this digest. */
static int check_given(const struct host_wolfboot_sign *s, const uint8_t *digest,
                       struct host_error *e)
{
    struct bh_key core;

    if (host_core_key_wolfboot(s->key, s->hash, s->pss, &core) &&
        core.algo->verify(&core, digest, s->hash->digest_len, s->signature, s->signature_len) ==
            BH_SIGNATURE_GOOD)
        return HOST_OK;
    return host_fail(e, HOST_VERIFY, host_nowhere(),
                     "Sign the digest itself, as --sha-only writes it, with every other option "
                     "the same: version, --id, --custom-tlv, and --no-ts.",
                     "the signature is not one by this key over this image");
}

/* ---- the image ---- */

/* The name of a key: the hash of its raw form. */
static void put_hint(const struct host_wolfboot_sign *s, struct entries *h, uint16_t tag,
                     const struct host_key *key)
{
    uint8_t raw[HOST_WOLFBOOT_RAW_MAX], hint[BH_DIGEST_MAX];
    size_t raw_len = key ? host_wolfboot_raw(key, raw) : 0;
    struct bh_hash hash;

    bh_hash_init(&hash, s->hash);
    bh_hash_update(&hash, raw, raw_len);
    bh_hash_final(&hash, hint);
    align(h);
    put(h, tag, hint, s->hash->digest_len);
    align(h);
}

static void put_signed(const struct host_wolfboot_sign *s, struct entries *h)
{
    uint8_t version[4], time[8];
    uint8_t type[2] = { s->part, host_wolfboot_auth(s->key, s->pss) };
    uint8_t second[2] = { 0, host_wolfboot_auth(s->second, s->pss) };

    bh_store32(version, s->version);
    put(h, BH_WOLFBOOT_TLV_VERSION, version, sizeof version);
    align(h);
    bh_store32(time, (uint32_t)s->time);
    bh_store32(time + 4, (uint32_t)(s->time >> 32));
    if (s->has_time)
        put(h, BH_WOLFBOOT_TLV_TIMESTAMP, time, sizeof time);
    put(h, BH_WOLFBOOT_TLV_TYPE, type, sizeof type);
    for (size_t i = 0; i < s->n_custom; i++) {
        align(h);
        put(h, s->custom[i].tag, s->custom[i].data, s->custom[i].len);
    }
    put_hint(s, h, BH_WOLFBOOT_TLV_HINT, s->key);
    if (!s->second)
        return;
    put(h, BH_WOLFBOOT_TLV_SECOND_CIPHER, second, sizeof second);
    put_hint(s, h, BH_WOLFBOOT_TLV_SECOND_HINT, s->second);
}

static uint16_t digest_tag(const struct bh_hash_algo *hash)
{
    return hash->id == BH_HASH_SHA256   ? BH_WOLFBOOT_TLV_SHA256
           : hash->id == BH_HASH_SHA384 ? BH_WOLFBOOT_TLV_SHA384
                                        : BH_WOLFBOOT_TLV_SHA3_384;
}

static void put_digest(const struct host_wolfboot_sign *s, struct entries *h, size_t payload_len,
                       uint8_t *digest)
{
    struct bh_hash hash;

    bh_hash_init(&hash, s->hash);
    if (!h->failed && h->at <= h->end) {
        bh_hash_update(&hash, h->header, h->at);
        bh_hash_update(&hash, h->header + s->header, payload_len);
    }
    bh_hash_final(&hash, digest);
    put(h, digest_tag(s->hash), digest, s->hash->digest_len);
    align(h);
}

/* Bytes of a signature (LMS: RFC 8554, by the types of a key of one level). */
static size_t signature_len(const struct host_key *key)
{
    static const uint16_t chains[] = { 0, 265, 133, 67, 34 };
    uint8_t id = key->type->signature, height = key->bytes[7], width = key->bytes[11];

    if (host_ml_dsa_of(id))
        return host_ml_dsa_of(id)->signature_len;
    if (id == BH_SIG_LMS && width <= 4 && height >= 5)
        return 16u + 32u * (chains[width] + 1u) + 160u * (height - 4u);
    return id == BH_SIG_RSA2048 ? 256 : id == BH_SIG_RSA3072 ? 384 : 64;
}

/* Bytes of the entries of signatures, and between them. */
static size_t room_of_signatures(const struct host_wolfboot_sign *s)
{
    size_t one = 4 + signature_len(s->key);

    return s->second ? (one + 7) / 8 * 8 + 4 + signature_len(s->second) : one;
}

static int too_long(const struct host_wolfboot_sign *s, struct host_error *e)
{
    return host_fail(e, HOST_BAD_INPUT, where(s),
                     "Say a longer --header-size, and build bootloader and application for it: it "
                     "is where the application begins.",
                     "the entries do not fit into a header of %u bytes", s->header);
}

static int make(const struct host_wolfboot_sign *s, size_t len, struct host_bytes *image,
                struct host_error *e)
{
    struct entries h = { image->data, BH_WOLFBOOT_OFF_TLVS, s->header, false };
    uint8_t digest[BH_DIGEST_MAX], signature[HOST_SIGNATURE_MAX];
    size_t sig_len = sizeof signature;

    bh_store32(image->data + BH_WOLFBOOT_OFF_MAGIC, BH_WOLFBOOT_MAGIC);
    bh_store32(image->data + BH_WOLFBOOT_OFF_SIZE, (uint32_t)len);
    put_signed(s, &h);
    put_digest(s, &h, len, digest);
    /* before an LMS key is used up */
    if (h.failed || h.at > h.end || (s->key && h.end - h.at < room_of_signatures(s)))
        return too_long(s, e);
    if (s->digest_only) {
        memcpy(image->data, digest, s->hash->digest_len);
        image->len = s->hash->digest_len;
        return HOST_OK;
    }
    if (!s->key)
        return HOST_OK;
    if (s->signature && check_given(s, digest, e))
        return e->code;
    if (s->signature)
        put(&h, BH_WOLFBOOT_TLV_SIGNATURE, s->signature, s->signature_len);
    else if (sign(s, s->key, digest, signature, &sig_len, e))
        return e->code;
    else
        put(&h, BH_WOLFBOOT_TLV_SIGNATURE, signature, sig_len);
    sig_len = sizeof signature;
    if (s->second && sign(s, s->second, digest, signature, &sig_len, e))
        return e->code;
    if (s->second) {
        align(&h);
        put(&h, BH_WOLFBOOT_TLV_SECOND_SIGNATURE, signature, sig_len);
    }
    return h.failed ? too_long(s, e) : HOST_OK;
}

int host_sign_wolfboot(const struct host_wolfboot_sign *s, const uint8_t *input, size_t len,
                       struct host_bytes *image, struct host_error *e)
{
    *image = (struct host_bytes){ NULL, 0 };
    if (check(s, input, len, e))
        return e->code;
    image->len = s->header + len;
    image->data = malloc(image->len);
    if (!image->data)
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    memset(image->data, 0xFF, s->header);
    memcpy(image->data + s->header, input, len);
    if (make(s, len, image, e)) {
        host_bytes_free(image);
        return e->code;
    }
    return HOST_OK;
}
