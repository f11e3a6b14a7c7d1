/* SPDX-License-Identifier: Apache-2.0 */
/* Keys through OpenSSL's EVP interface only. What the core and the image formats need of a public
 * key is worked out once, when the key is made or loaded. */
#define _POSIX_C_SOURCE 200809L
#include "host/keys.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "host/core_key.h"
#include "host/lms.h"
#include "host/pkcs11.h"
#include "host/signer.h"
#include "host/wolfboot_key.h"

#define SHORT 4096u /* bytes that are hashed by the core's own code */

const struct host_key_type host_key_types[] = {
    { "ecdsa-p256", "bh_p256", "ecdsa", BH_SIG_P256, 256 },
    { "ed25519", "bh_ed25519", "ed25519", BH_SIG_ED25519, 256 },
    { "rsa-2048", "bh_rsa2048", "rsa", BH_SIG_RSA2048, 2048 },
    { "rsa-3072", "bh_rsa3072", "rsa", BH_SIG_RSA3072, 3072 },
    { "lms", "bh_lms", "lms", BH_SIG_LMS, 256 },
    { "ml-dsa-44", "bh_ml_dsa_44", "mldsa44", BH_SIG_ML_DSA_44, 0 },
    { "ml-dsa-65", "bh_ml_dsa_65", "mldsa65", BH_SIG_ML_DSA_65, 0 },
    { "ml-dsa-87", "bh_ml_dsa_87", "mldsa87", BH_SIG_ML_DSA_87, 0 },
    { "ecdsa-p384", NULL, "ecdsap384", BH_SIG_P384, 384 },
    { "x25519", NULL, "x25519", 0, 256 },
    { 0 },
};

const struct host_key_type *host_key_type(const char *name)
{
    for (const struct host_key_type *t = host_key_types; t->name; t++)
        if (strcmp(name, t->name) == 0 ||
            (strncmp(t->name, "ecdsa-", 6) == 0 && strcmp(name, t->name + 6) == 0))
            return t;
    return NULL;
}

void host_sha(unsigned bits, const void *data, size_t len, uint8_t *digest)
{
    const EVP_MD *md = bits == 512 ? EVP_sha512() : bits == 384 ? EVP_sha384() : EVP_sha256();
    struct bh_hash h;

    /* OpenSSL is faster with much, and slow to start up */
    if (len <= SHORT) {
        bh_hash_init(&h, bits == 512 ? &bh_sha512 : bits == 384 ? &bh_sha384 : &bh_sha256);
        bh_hash_update(&h, data, len);
        bh_hash_final(&h, digest);
        return;
    }
    if (EVP_Digest(data, len, digest, NULL, md, NULL) != 1)
        abort(); /* out of memory in the first call */
}

/* Why OpenSSL said no, in its words. */
static int fail_openssl(struct host_error *e, const char *path, const char *what)
{
    unsigned long error = ERR_peek_last_error();
    const char *why = error ? ERR_reason_error_string(error) : NULL;

    ERR_clear_error();
    return host_fail(e, HOST_FAILED, path ? host_in(path) : host_nowhere(), NULL, "%s: %s", what,
                     why ? why : "OpenSSL gives no reason");
}

static const struct host_key_type *type_of(const EVP_PKEY *evp)
{
    int bits = EVP_PKEY_get_bits(evp);

    for (const struct host_key_type *t = host_key_types; t->name; t++) {
        bool rsa = strncmp(t->name, "rsa-", 4) == 0 && EVP_PKEY_is_a(evp, "RSA");
        bool ec = strncmp(t->name, "ecdsa-", 6) == 0 && EVP_PKEY_is_a(evp, "EC");

        if ((rsa || ec) && bits == t->bits)
            return t;
        if (EVP_PKEY_is_a(evp, t->name))
            return t;
    }
    return NULL;
}

/* "RSA, 4096 bits" is no type; nor is any curve of 256 bits but P-256. */
static int check_type(struct host_key *key, const char *path, struct host_error *e)
{
    char group[40] = "";

    key->type = type_of(key->evp);
    EVP_PKEY_get_utf8_string_param(key->evp, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL);
    if (EVP_PKEY_is_a(key->evp, "EC") && strcmp(group, "prime256v1") != 0 &&
        strcmp(group, "secp384r1") != 0)
        key->type = NULL;
    if (key->type)
        return HOST_OK;
    return host_fail(e, HOST_BAD_INPUT, path ? host_in(path) : host_nowhere(),
                     "Usable are RSA with 2048 or 3072 bits, ECDSA on P-256 or P-384, Ed25519, "
                     "X25519, ML-DSA and LMS.",
                     "key of an unusable type: %s, %d bits%s%s", EVP_PKEY_get0_type_name(key->evp),
                     EVP_PKEY_get_bits(key->evp), group[0] ? ", curve " : "", group);
}

static bool rsa_bytes(struct host_key *key)
{
    BIGNUM *n = NULL, *exponent = NULL;
    int modulus_len = key->type->bits / 8;
    bool ok = EVP_PKEY_get_bn_param(key->evp, OSSL_PKEY_PARAM_RSA_N, &n) &&
              EVP_PKEY_get_bn_param(key->evp, OSSL_PKEY_PARAM_RSA_E, &exponent) &&
              BN_bn2binpad(n, key->bytes, modulus_len) == modulus_len &&
              BN_bn2binpad(exponent, key->bytes + modulus_len, 4) == 4;

    BN_free(n);
    BN_free(exponent);
    key->len = (size_t)modulus_len + 4;
    return ok;
}

/* A y-coordinate of one of the eight points with which anyone can sign, in whatever form: 0, 1, -1,
 * those of order 8, and p, p + 1. The last bit is the sign of x. */
static bool small_order(const uint8_t point[32])
{
    static const uint8_t eighth[2][32] = {
        { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
          0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
          0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
        { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
          0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
          0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
    };
    uint8_t y[32];

    memcpy(y, point, sizeof y);
    y[31] &= 0x7F;
    for (size_t i = 0; i < 2; i++)
        if (memcmp(y, eighth[i], sizeof y) == 0)
            return true;
    if (y[31] == 0x7F && y[0] >= 0xEC && y[0] <= 0xEE && bh_all(y + 1, 0xFF, 30))
        return true; /* -1, and 0 and 1 as p and p + 1 */
    return y[0] <= 1 && bh_all(y + 1, 0, 31);
}

/* Keys that would let anyone sign, or that no bootloader accepts. */
static int check_strength(const struct host_key *key, const char *path, struct host_error *e)
{
    struct host_where where = path ? host_in(path) : host_nowhere();
    const uint8_t *exponent = key->bytes + key->len - 4;

    if (key->type->signature == BH_SIG_ED25519 && small_order(key->bytes))
        return host_fail(e, HOST_BAD_INPUT, where, "Do not use it.",
                         "anyone can sign for this Ed25519 key: its point has a small order");
    if (!EVP_PKEY_is_a(key->evp, "RSA"))
        return HOST_OK;
    if (!(exponent[3] & 1) || (exponent[3] == 1 && bh_all(exponent, 0, 3)))
        return host_fail(e, HOST_BAD_INPUT, where, "Do not use it.",
                         "RSA exponent must be odd and 3 or more");
    if (!(exponent[-1] & 1))
        return host_fail(e, HOST_BAD_INPUT, where, "Do not use it.", "RSA modulus is even");
    return HOST_OK;
}

bool host_key_is_strong(const struct host_key *key)
{
    return key->type->signature != BH_SIG_ED25519 || !small_order(key->bytes);
}

/* Fill der, id and bytes from evp. */
static int work_out_public(struct host_key *key, const char *path, struct host_error *e)
{
    bool rsa = EVP_PKEY_is_a(key->evp, "RSA");
    int need = rsa ? i2d_PublicKey(key->evp, NULL) : i2d_PUBKEY(key->evp, NULL);
    unsigned char *end = key->der;

    if (need <= 0 || (size_t)need > sizeof key->der)
        return fail_openssl(e, path, "cannot encode the public key");
    key->der_len = (size_t)(rsa ? i2d_PublicKey(key->evp, &end) : i2d_PUBKEY(key->evp, &end));
    host_sha(256, key->der, key->der_len, key->id);
    if (rsa)
        return rsa_bytes(key) ? HOST_OK
                              : host_fail(e, HOST_BAD_INPUT, path ? host_in(path) : host_nowhere(),
                                          "65537 is usual.", "RSA exponent above 32 bits");
    /* A SubjectPublicKeyInfo ends in the point; an uncompressed one on a curve is X and Y. */
    key->len = key->type->bits / 8u * (EVP_PKEY_is_a(key->evp, "EC") ? 2 : 1);
    bool point = EVP_PKEY_is_a(key->evp, "EC");
    if (key->der_len < key->len + 2 || (point && key->der[key->der_len - key->len - 1] != 4))
        return host_fail(e, HOST_BAD_INPUT, path ? host_in(path) : host_nowhere(),
                         "Convert it with 'openssl ec -conv_form uncompressed'.",
                         "public key is a point in compressed or hybrid form");
    memcpy(key->bytes, key->der + key->der_len - key->len, key->len);
    return HOST_OK;
}

static int finish(struct host_key *key, const char *path, struct host_error *e)
{
    if (!check_type(key, path, e) && !work_out_public(key, path, e) &&
        !check_strength(key, path, e))
        return HOST_OK;
    host_key_free(key);
    return e->code;
}

/* Fills in what is public. seed: NULL for a public key. */
static int take_ml_dsa(const char *path, uint8_t signature, const uint8_t *public_key,
                       const uint8_t *seed, struct host_key *key, struct host_error *e)
{
    const struct host_ml_dsa *level = host_ml_dsa_of(signature);

    for (key->type = host_key_types; key->type->signature != signature;)
        key->type++;
    key->has_private = seed != NULL;
    key->len = level->public_len;
    if (seed) {
        memcpy(key->seed, seed, sizeof key->seed);
        if (!level->public_key(seed, key->bytes))
            return host_fail(e, HOST_FAILED, path ? host_in(path) : host_nowhere(), NULL,
                             "cannot work out the public key");
    } else {
        memcpy(key->bytes, public_key, key->len);
    }
    host_ml_dsa_head(signature, key->der);
    memcpy(key->der + HOST_ML_DSA_HEAD, key->bytes, key->len);
    key->der_len = HOST_ML_DSA_HEAD + key->len;
    host_sha(256, key->der, key->der_len, key->id);
    return HOST_OK;
}

/* What the file holds, if it is DER with an ML-DSA key; otherwise *found is false. */
static int decode_ml_dsa(const char *path, const struct host_bytes *der, struct host_key *key,
                         bool *found, struct host_error *e)
{
    const uint8_t *bytes = NULL;
    uint8_t signature;
    enum host_ml_dsa_form form = host_ml_dsa_decode(der->data, der->len, &signature, &bytes);

    *found = form != HOST_ML_DSA_NONE;
    switch (form) {
    case HOST_ML_DSA_KEY: return take_ml_dsa(path, signature, bytes, NULL, key, e);
    case HOST_ML_DSA_SEEDED: return take_ml_dsa(path, signature, NULL, bytes, key, e);
    case HOST_ML_DSA_SEEDLESS:
        return host_fail(e, HOST_BAD_INPUT, host_in(path),
                         "Make the file again in a form that keeps the seed.",
                         "the ML-DSA key has no seed, only what was expanded from it");
    case HOST_ML_DSA_BAD:
        return host_fail(e, HOST_BAD_INPUT, host_in(path), "Was it cut short or changed?",
                         "the ML-DSA key contradicts itself");
    default: return HOST_OK;
    }
}

int host_key_new(const struct host_key_type *type, struct host_key *key, struct host_error *e)
{
    uint8_t seed[HOST_ML_DSA_SEED];

    *key = (struct host_key){ .type = type, .has_private = true };
    if (host_ml_dsa_of(type->signature)) {
        if (RAND_priv_bytes(seed, sizeof seed) != 1)
            return fail_openssl(e, NULL, "cannot make a key");
        int code = take_ml_dsa(NULL, type->signature, NULL, seed, key, e);

        OPENSSL_cleanse(seed, sizeof seed);
        return code;
    }
    switch (type->signature) {
    case BH_SIG_RSA2048:
    case BH_SIG_RSA3072: key->evp = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)type->bits); break;
    case BH_SIG_P256: key->evp = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"); break;
    case BH_SIG_P384: key->evp = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384"); break;
    case BH_SIG_ED25519: key->evp = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); break;
    default: key->evp = EVP_PKEY_Q_keygen(NULL, NULL, "X25519"); break;
    }
    if (!key->evp)
        return fail_openssl(e, NULL, "cannot make a key");
    return finish(key, NULL, e);
}

/* What kind of file is it? The text says so, if it is PEM. */
static bool says(const struct host_bytes *file, const char *words)
{
    return strstr((const char *)file->data, words) != NULL;
}

static int not_a_key(const char *path, const struct host_bytes *file, struct host_error *e)
{
    ERR_clear_error();
    if (file->len == 0)
        return host_fail(e, HOST_BAD_INPUT, host_in(path),
                         "Make one with 'bulkhead key new --type ed25519 FILE'.", "file is empty");
    if (says(file, "BEGIN CERTIFICATE"))
        return host_fail(e, HOST_BAD_INPUT, host_in(path),
                         "Take the key out with 'openssl x509 -pubkey -noout'.",
                         "is a certificate, not a key");
    if (says(file, "BEGIN OPENSSH") || says(file, "ssh-"))
        return host_fail(e, HOST_BAD_INPUT, host_in(path),
                         "Convert it with 'ssh-keygen -p -m PKCS8 -f FILE'.",
                         "is an OpenSSH key, not PEM or DER");
    if (says(file, "-----BEGIN"))
        return host_fail(e, HOST_BAD_INPUT, host_in(path), "Was it cut short or changed?",
                         "looks like PEM, but no key can be read from it");
    return host_fail(e, HOST_BAD_INPUT, host_in(path),
                     "Give a private or public key as OpenSSL or imgtool write it.",
                     "no key: neither PEM ('-----BEGIN ...') nor DER");
}

/* The first block of PEM that is a key: parameters of a curve may stand before it. */
static const unsigned char *first_key(const struct host_bytes *file)
{
    const char *text = (const char *)file->data, *begin = text;

    while ((begin = strstr(begin, "-----BEGIN "))) {
        const char *key = strstr(begin, " KEY-----");

        if (key && !memchr(begin, '\n', (size_t)(key - begin)))
            return (const unsigned char *)begin;
        begin++;
    }
    return file->data;
}

/* Any form that OpenSSL knows. NULL if none fits. */
static EVP_PKEY *decode(const struct host_bytes *file, const char *password, bool want_private)
{
    EVP_PKEY *evp = NULL;
    const unsigned char *at = first_key(file);
    size_t left = file->len - (size_t)(at - file->data);
    int selection = want_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    OSSL_DECODER_CTX *ctx =
        OSSL_DECODER_CTX_new_for_pkey(&evp, NULL, NULL, NULL, selection, NULL, NULL);

    if (!ctx)
        return NULL;
    OSSL_DECODER_CTX_set_passphrase(ctx, (const unsigned char *)password, strlen(password));
    if (!OSSL_DECODER_from_data(ctx, &at, &left))
        evp = NULL;
    OSSL_DECODER_CTX_free(ctx);
    return evp;
}

/* OpenSSL before 3.5 decrypts what it cannot decode. A wrong password: *found is false. */
static int decrypt_ml_dsa(const char *path, const struct host_bytes *file, const char *password,
                          struct host_key *key, bool *found, struct host_error *e)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    X509_SIG *locked = bio ? PEM_read_bio_PKCS8(bio, NULL, NULL, NULL) : NULL;
    PKCS8_PRIV_KEY_INFO *info =
        locked ? PKCS8_decrypt(locked, password, (int)strlen(password)) : NULL;
    unsigned char *der = NULL;
    int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
    int code = HOST_OK;

    *found = false;
    if (len > 0) {
        struct host_bytes bytes = { der, (size_t)len };

        code = decode_ml_dsa(path, &bytes, key, found, e);
        OPENSSL_clear_free(der, (size_t)len);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    X509_SIG_free(locked);
    BIO_free(bio);
    ERR_clear_error();
    return code;
}

/* password: "" if the file is not encrypted. */
static int load_evp(const char *path, const struct host_bytes *file, const char *password,
                    struct host_key *key, struct host_error *e)
{
    bool encrypted = says(file, "ENCRYPTED"), found = false;

    if (encrypted && decrypt_ml_dsa(path, file, password, key, &found, e))
        return e->code;
    if (found)
        return HOST_OK;
    key->evp = decode(file, password, true);
    key->has_private = key->evp != NULL;
    if (!key->evp && encrypted) {
        ERR_clear_error();
        return host_fail(e, HOST_BAD_INPUT, host_in(path), "Try again.",
                         "cannot decrypt the key: the passphrase is wrong");
    }
    if (!key->evp)
        key->evp = decode(file, password, false);
    if (!key->evp)
        return not_a_key(path, file, e);
    ERR_clear_error(); /* of decoders that did not fit */
    return finish(key, path, e);
}

/* The bytes of the first PEM block, or of the file if it has none. */
static int unwrap(const char *path, const struct host_bytes *file, struct host_bytes *der,
                  struct host_error *e)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    char *name = NULL, *header = NULL;
    unsigned char *data = NULL;
    long len = 0;

    if (bio && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        der->data = malloc((size_t)len + 1);
        der->len = (size_t)len;
        if (der->data)
            memcpy(der->data, data, der->len);
    } else {
        der->data = malloc(file->len + 1);
        der->len = file->len;
        if (der->data)
            memcpy(der->data, file->data, der->len);
    }
    ERR_clear_error();
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, (size_t)len);
    BIO_free(bio);
    return der->data ? HOST_OK : host_fail(e, HOST_FAILED, host_in(path), NULL, "out of memory");
}

static int take_lms(const char *path, const uint8_t public_key[HOST_LMS_PUBLIC], bool has_private,
                    struct host_key *key, struct host_error *e)
{
    key->type = host_key_type("lms");
    key->has_private = has_private;
    key->len = HOST_LMS_PUBLIC;
    memcpy(key->bytes, public_key, HOST_LMS_PUBLIC);
    key->der_len = HOST_LMS_PUBLIC;
    memcpy(key->der, public_key, HOST_LMS_PUBLIC);
    host_sha(256, key->der, key->der_len, key->id);
    key->lms_path = has_private ? strdup(path) : NULL;
    if (has_private && !key->lms_path)
        return host_fail(e, HOST_FAILED, host_in(path), NULL, "out of memory");
    return HOST_OK;
}

static int load_with_source(const char *path, const struct host_bytes *file, const char *source,
                            struct host_key *key, struct host_error *e)
{
    char password[HOST_PASSWORD_MAX] = "";

    if (says(file, "ENCRYPTED") && host_passphrase(source, path, false, password, e))
        return e->code;
    int code = load_evp(path, file, password, key, e);
    OPENSSL_cleanse(password, sizeof password);
    return code;
}

/* A file of bare numbers, as wolfBoot's keygen writes it. HOST_LMS_PUBLIC bytes that are no key of
 * HSS are refused by their types. */
static int load_raw(const char *path, const uint8_t *der, size_t len, struct host_key *key,
                    struct host_error *e)
{
    struct host_bytes made = { (uint8_t *)(uintptr_t)der, len };
    uint32_t levels = __builtin_bswap32(bh_load32(der)),
             type = __builtin_bswap32(bh_load32(der + 4));

    if (len != HOST_LMS_PUBLIC)
        return load_evp(path, &made, "", key, e);
    if (levels - 1 >= 8 || type < 5 || type > 9)
        return not_a_key(path, &made, e);
    return take_lms(path, der, false, key, e);
}

/* Does the file begin with a sequence that ends where it does? */
static bool is_der(const struct host_bytes *file)
{
    const uint8_t *p = file->data;

    return file->len > 4 && p[0] == 0x30 && p[1] == 0x82 &&
           (size_t)(p[2] << 8 | p[3]) == file->len - 4;
}

static int load(const char *path, const struct host_bytes *file, const char *source,
                struct host_key *key, struct host_error *e)
{
    uint8_t raw[HOST_WOLFBOOT_DER_MAX + 1] = { 0 };
    size_t raw_len;
    struct host_bytes der;
    struct host_lms lms;
    uint8_t lms_public[HOST_LMS_PUBLIC];
    bool found;

    if (file->len == 0)
        return not_a_key(path, file, e);
    if (host_ml_dsa_by_public(file->len) && !says(file, "-----BEGIN") && !is_der(file))
        return take_ml_dsa(path, host_ml_dsa_by_public(file->len), file->data, NULL, key, e);
    if (host_wolfboot_key(path, file, raw, &raw_len, e))
        return e->code;
    if (raw_len) {
        int code = load_raw(path, raw, raw_len, key, e);

        OPENSSL_cleanse(raw, sizeof raw);
        return code;
    }
    if (host_lms_is_private(file)) {
        if (host_lms_decode(path, file, &lms, e))
            return e->code;
        host_lms_public(&lms, lms_public);
        OPENSSL_cleanse(&lms, sizeof lms);
        return take_lms(path, lms_public, true, key, e);
    }
    if (unwrap(path, file, &der, e))
        return e->code;
    bool is_lms = host_lms_from_spki(der.data, der.len, lms_public);
    int code = decode_ml_dsa(path, &der, key, &found, e);
    OPENSSL_cleanse(der.data, der.len);
    host_bytes_free(&der);
    if (is_lms)
        return take_lms(path, lms_public, false, key, e);
    if (found)
        return code;
    return load_with_source(path, file, source, key, e);
}

int host_key_load_locked(const char *path, const char *password, struct host_key *key, bool *locked,
                         struct host_error *e)
{
    struct host_bytes file;
    int code = HOST_OK;

    *key = (struct host_key){ 0 };
    *locked = false;
    if (host_pkcs11_is_uri(path)) /* its PIN is in the URI, or asked for on the terminal */
        return host_key_load(path, NULL, key, e);
    if (host_read_file(path, &file, e))
        return e->code;
    if (!password && says(&file, "ENCRYPTED"))
        *locked = true;
    else
        code = load_evp(path, &file, password ? password : "", key, e);
    OPENSSL_cleanse(file.data, file.len);
    host_bytes_free(&file);
    return code;
}

int host_key_load(const char *path, const char *passphrase, struct host_key *key,
                  struct host_error *e)
{
    struct host_bytes file;

    *key = (struct host_key){ 0 };
    if (host_pkcs11_is_uri(path))
        return host_pkcs11_load(path, passphrase, &key->evp, &key->has_private, e)
                   ? e->code
                   : finish(key, path, e);
    if (host_read_file(path, &file, e))
        return e->code;
    int code = load(path, &file, passphrase, key, e);
    OPENSSL_cleanse(file.data, file.len);
    host_bytes_free(&file);
    return code;
}

void host_key_free(struct host_key *key)
{
    EVP_PKEY_free(key->evp);
    free(key->lms_path);
    OPENSSL_cleanse(key->seed, sizeof key->seed);
    *key = (struct host_key){ 0 };
}

/* Move what was written to bio into out, which the caller frees. */
static int take_bio(BIO *bio, bool ok, struct host_bytes *out, struct host_error *e)
{
    char *data = NULL;
    long len = bio ? BIO_get_mem_data(bio, &data) : 0;

    *out = (struct host_bytes){ NULL, 0 };
    if (ok && len > 0)
        out->data = malloc((size_t)len + 1);
    if (out->data) {
        memcpy(out->data, data, (size_t)len);
        out->data[len] = 0;
        out->len = (size_t)len;
    }
    BIO_free(bio);
    return out->data ? HOST_OK : fail_openssl(e, NULL, "cannot encode the key");
}

/* The same for a key that OpenSSL before 3.5 does not know. */
static bool write_ml_dsa(BIO *bio, const struct host_key *key, const char *password)
{
    uint8_t der[HOST_ML_DSA_PRIVATE];
    const unsigned char *at = der;
    PKCS8_PRIV_KEY_INFO *info;
    X509_SIG *locked = NULL;
    bool ok;

    host_ml_dsa_private(key->type->signature, key->seed, der);
    info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, sizeof der);
    if (info && password)
        locked = PKCS8_encrypt(-1, EVP_aes_256_cbc(), password, (int)strlen(password), NULL, 0,
                               PKCS12_DEFAULT_ITER, info);
    ok = info && (password ? locked && PEM_write_bio_PKCS8(bio, locked) == 1
                           : PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info) == 1);
    X509_SIG_free(locked);
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_cleanse(der, sizeof der);
    return ok;
}

int host_key_private_pem(const struct host_key *key, const char *password, struct host_bytes *pem,
                         struct host_error *e)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    const EVP_CIPHER *cipher = password ? EVP_aes_256_cbc() : NULL;
    int len = password ? (int)strlen(password) : 0;
    bool ok = bio && (host_ml_dsa_of(key->type->signature)
                          ? write_ml_dsa(bio, key, password)
                          : PEM_write_bio_PKCS8PrivateKey(bio, key->evp, cipher, password, len,
                                                          NULL, NULL) == 1);

    return take_bio(bio, ok, pem, e);
}

int host_key_private_der(const struct host_key *key, bool traditional, struct host_bytes *der,
                         struct host_error *e)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    bool ok = bio && (traditional ? i2d_PrivateKey_bio(bio, key->evp) == 1
                                  : i2d_PKCS8PrivateKeyInfo_bio(bio, key->evp) == 1);

    return take_bio(bio, ok, der, e);
}

int host_key_public_spki(const struct host_key *key, struct host_bytes *der, struct host_error *e)
{
    BIO *bio = BIO_new(BIO_s_mem());
    uint8_t lms[HOST_LMS_SPKI];

    if (host_ml_dsa_of(key->type->signature))
        return take_bio(bio, bio && BIO_write(bio, key->der, (int)key->der_len) > 0, der, e);
    bool ok = bio && (key->evp ? i2d_PUBKEY_bio(bio, key->evp) == 1
                               : BIO_write(bio, lms, (int)host_lms_spki(key->bytes, lms)) > 0);

    return take_bio(bio, ok, der, e);
}

int host_key_public_pem(const struct host_key *key, struct host_bytes *pem, struct host_error *e)
{
    BIO *bio = BIO_new(BIO_s_mem());
    uint8_t lms[HOST_LMS_SPKI];

    if (host_ml_dsa_of(key->type->signature))
        return take_bio(
            bio, bio && PEM_write_bio(bio, "PUBLIC KEY", "", key->der, (long)key->der_len) > 0, pem,
            e);
    bool ok = bio && (key->evp ? PEM_write_bio_PUBKEY(bio, key->evp) == 1
                               : PEM_write_bio(bio, "PUBLIC KEY", "", lms,
                                               (long)host_lms_spki(key->bytes, lms)) > 0);

    return take_bio(bio, ok, pem, e);
}

/* PSS as the image formats have it: SHA-256 twice, salt of 32 bytes. */
static bool set_pss(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32) == 1;
}

static bool sign_digest(const struct host_key *key, const void *digest, size_t digest_len,
                        uint8_t *signature, size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key->evp, NULL);
    bool ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
              (!EVP_PKEY_is_a(key->evp, "RSA") || set_pss(ctx)) &&
              EVP_PKEY_sign(ctx, signature, len, digest, digest_len) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static bool sign_message(const struct host_key *key, const void *message, size_t message_len,
                         uint8_t *signature, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->evp) == 1 &&
              EVP_DigestSign(ctx, signature, len, message, message_len) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

/* The public part alone: a private key in a token signs and does not verify. */
static EVP_PKEY *public_part(const struct host_key *key)
{
    const unsigned char *der = key->der;

    return EVP_PKEY_is_a(key->evp, "RSA")
               ? d2i_PublicKey(EVP_PKEY_RSA, NULL, &der, (long)key->der_len)
               : d2i_PUBKEY(NULL, &der, (long)key->der_len);
}

bool host_key_check(const struct host_key *key, const void *message, size_t message_len,
                    const uint8_t *signature, size_t len)
{
    EVP_PKEY *public;
    struct bh_key core;
    bool ok = false;

    if (host_ml_dsa_of(key->type->signature))
        return host_core_key(key, &core) &&
               core.algo->verify(&core, message, message_len, signature, len) == BH_SIGNATURE_GOOD;
    public = key->evp ? public_part(key) : NULL;
    if (!public)
        return false;
    if (key->type->signature == BH_SIG_ED25519) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();

        ok = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, public) == 1 &&
             EVP_DigestVerify(ctx, signature, len, message, message_len) == 1;
        EVP_MD_CTX_free(ctx);
    } else {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(public, NULL);

        ok = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
             (!EVP_PKEY_is_a(public, "RSA") || set_pss(ctx)) &&
             EVP_PKEY_verify(ctx, signature, len, message, message_len) == 1;
        EVP_PKEY_CTX_free(ctx);
    }
    EVP_PKEY_free(public);
    ERR_clear_error(); /* of a signature that is none */
    return ok;
}

/* Hedged, as FIPS 204 recommends: with random bytes, so that no fault makes two signatures of one
 * state. */
static int sign_ml_dsa(const struct host_key *key, const void *message, size_t message_len,
                       uint8_t *signature, size_t *len, struct host_error *e)
{
    const struct host_ml_dsa *level = host_ml_dsa_of(key->type->signature);
    uint8_t random[32];

    if (*len < level->signature_len || RAND_bytes(random, sizeof random) != 1 ||
        !level->sign(key->seed, random, message, message_len, signature))
        return fail_openssl(e, NULL, "cannot sign");
    *len = level->signature_len;
    return HOST_OK;
}

int host_key_sign(const struct host_key *key, const void *message, size_t message_len,
                  uint8_t *signature, size_t *len, struct host_error *e)
{
    bool ok;

    if (key->signer)
        return host_signer(key, message, message_len, signature, len, e);
    if (key->type->signature == BH_SIG_LMS)
        return host_lms_sign(key->lms_path, message, message_len, signature, len, e);
    if (host_ml_dsa_of(key->type->signature))
        return sign_ml_dsa(key, message, message_len, signature, len, e);
    if (key->type->signature == BH_SIG_ED25519)
        ok = sign_message(key, message, message_len, signature, len);
    else
        ok = sign_digest(key, message, message_len, signature, len);
    return ok ? HOST_OK : fail_openssl(e, NULL, "cannot sign");
}
