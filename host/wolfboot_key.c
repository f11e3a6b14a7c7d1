/* SPDX-License-Identifier: Apache-2.0 */
/* wolfBoot's raw key files as DER. Which algorithm a file of 64 bytes is for, its numbers tell: the
 * point that belongs to the seed, or a point on the curve. */
#include "host/wolfboot_key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_wolfboot.h"
#include "host/lms.h"

#define STORE_HEAD                                                                                 \
    16u /* of a slot of keystore.der: slot, algorithm, partitions, bytes of the key */

static const uint8_t ed25519_private[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                           0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
static const uint8_t ed25519_public[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                          0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
static const uint8_t p256_public[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                       0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                       0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
/* ECPrivateKey (RFC 5915): the secret, the curve, the point. */
static const uint8_t p256_secret[] = { 0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20 };
static const uint8_t p256_curve[] = { 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                      0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00, 0x04 };

struct der {
    uint8_t *bytes;
    size_t len;
};

static void put(struct der *d, const void *bytes, size_t len)
{
    memcpy(d->bytes + d->len, bytes, len);
    d->len += len;
}

/* Does the point after the seed belong to it? */
static bool is_ed25519_pair(const uint8_t file[64])
{
    EVP_PKEY *evp = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, file, 32);
    uint8_t point[32];
    size_t len = sizeof point;
    bool same = evp && EVP_PKEY_get_raw_public_key(evp, point, &len) == 1 && len == 32 &&
                memcmp(point, file + 32, 32) == 0;

    EVP_PKEY_free(evp);
    return same;
}

/* Decodes as a P-256 point, or pair. OpenSSL's decoder looks at the curve, not at whether the
 * secret belongs to the point. */
static EVP_PKEY *decode(const uint8_t *der, size_t len, bool secret)
{
    const unsigned char *at = der;

    return secret ? d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, (long)len)
                  : d2i_PUBKEY(NULL, &at, (long)len);
}

static bool is_p256(const struct der *d, bool secret)
{
    EVP_PKEY *evp = decode(d->bytes, d->len, secret);
    EVP_PKEY_CTX *ctx = evp ? EVP_PKEY_CTX_new(evp, NULL) : NULL;
    bool good = ctx && (secret ? EVP_PKEY_pairwise_check(ctx) : EVP_PKEY_public_check(ctx)) == 1;

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(evp);
    return good;
}

static bool put_p256(struct der *d, const uint8_t *point, const uint8_t *secret)
{
    if (secret) {
        put(d, p256_secret, sizeof p256_secret);
        put(d, secret, 32);
        put(d, p256_curve, sizeof p256_curve);
    } else {
        put(d, p256_public, sizeof p256_public);
    }
    put(d, point, 64);
    if (is_p256(d, secret != NULL))
        return true;
    d->len = 0;
    return false;
}

static void put_raw(struct der *d, const uint8_t *raw, size_t len)
{
    if (len == 32) {
        put(d, ed25519_public, sizeof ed25519_public);
        put(d, raw, 32);
    } else if (len == 64 && is_ed25519_pair(raw)) {
        put(d, ed25519_private, sizeof ed25519_private);
        put(d, raw, 32);
    } else if (len == 64) {
        put_p256(d, raw, NULL);
    } else if (len == 96) {
        put_p256(d, raw, raw + 64);
    } else if (len == HOST_LMS_PUBLIC) {
        put(d, raw, len);
    }
}

/* One slot of keystore.der. An RSA key there has the length of its DER form or room after it. */
static int store(const char *path, const struct host_bytes *file, struct der *d,
                 struct host_error *e)
{
    const uint8_t *key = file->data + STORE_HEAD;
    uint32_t auth = bh_load32(file->data + 4), parts = bh_load32(file->data + 8);
    uint32_t len = bh_load32(file->data + 12);

    if (!len)
        return host_fail(e, HOST_BAD_INPUT, host_in(path),
                         "Use the exported public key, or keystore.c.",
                         "the slot has a key of no bytes, as keygen writes it for ECC-521");
    if (len > file->len - STORE_HEAD)
        return host_fail(e, HOST_BAD_INPUT, host_in(path), "Was the file cut short?",
                         "the slot should have a key of %u bytes, and %zu follow", len,
                         file->len - STORE_HEAD);
    if (len < file->len - STORE_HEAD)
        return host_fail(e, HOST_BAD_INPUT, host_in(path),
                         "Use the exported public key of the one that is meant.",
                         "a keystore with several keys, or bytes after its key");
    if (!(parts >> BH_WOLFBOOT_PART_APPLICATION & 1))
        return host_fail(e, HOST_BAD_INPUT, host_in(path),
                         "Take another key, or make it again with '--id 1'.",
                         "the key may not sign applications: its partitions are 0x%x", parts);
    if (auth == BH_WOLFBOOT_AUTH_ED25519 || auth == BH_WOLFBOOT_AUTH_ECC256 ||
        auth == BH_WOLFBOOT_AUTH_LMS)
        put_raw(d, key, len);
    else if (len > 4 && key[0] == 0x30 && key[1] == 0x82 &&
             ((uint32_t)key[2] << 8 | key[3]) + 4u <= len && len <= HOST_WOLFBOOT_DER_MAX)
        put(d, key, ((uint32_t)key[2] << 8 | key[3]) + 4u);
    if (d->len)
        return HOST_OK;
    return host_fail(e, HOST_BAD_INPUT, host_in(path),
                     "Usable are Ed25519, ECC-256, RSA and LMS keys.",
                     "the keystore's key of algorithm 0x%x and %u bytes cannot be used", auth, len);
}

/* Slot number, algorithm and length are small numbers, so no text and no DER looks like one. */
static bool is_store(const struct host_bytes *file)
{
    return file->len >= STORE_HEAD && bh_load32(file->data) < 0x100 &&
           bh_load32(file->data + 4) - 1 < 0xFF && bh_load32(file->data + 12) < 0x2000;
}

int host_wolfboot_key(const char *path, const struct host_bytes *file,
                      uint8_t der[HOST_WOLFBOOT_DER_MAX], size_t *len, struct host_error *e)
{
    struct der d = { der, 0 };

    *len = 0;
    if (file->len == HOST_LMS_PUBLIC || file->len == 32 || file->len == 64 || file->len == 96)
        put_raw(&d, file->data, file->len);
    if (!d.len && is_store(file) && store(path, file, &d, e))
        return e->code;
    *len = d.len;
    return HOST_OK;
}
