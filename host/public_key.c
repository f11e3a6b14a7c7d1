/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys as 'bulkhead key export', OpenSSL and imgtool write them: a PEM block with a
 * SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7; RFC 8017, 5480, 8410) in the one way that DER
 * has. OpenSSL's decoders take 2.5 ms to start up, several times what a layout takes; what is
 * written in any other way is left to them. Whatever is accepted here, they accept as well, with
 * the same result: tests/layout/public_key.c. */
#include "host/keys.h"

#include <openssl/bn.h>
#include <string.h>

#include "host/lms.h"

#define DER_MAX 512u
#define POINT 64u /* X and Y of P-256 */
#define LINE 64u  /* digits of every line of PEM but the last */

static const char begin_line[] = "-----BEGIN PUBLIC KEY-----";
static const char end_line[] = "-----END PUBLIC KEY-----";

/* ---- PEM ---- */

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Line ends alone may follow. */
static bool only_blank(const char *p, const char *end)
{
    while (p < end && (*p == '\n' || *p == '\r'))
        p++;
    return p == end;
}

/* Bytes of the one block in a file; 0: it is not written like that. */
static size_t unwrap(const struct host_bytes *file, uint8_t der[DER_MAX])
{
    const char *p = (const char *)file->data, *end = p + file->len;
    uint32_t bits = 0;
    size_t n = 0, digits = 0, padding = 0, line = 0;

    if (file->len <= sizeof begin_line || memcmp(p, begin_line, sizeof begin_line - 1) != 0)
        return 0;
    p += sizeof begin_line - 1;
    if (*p != '\n' && *p != '\r')
        return 0;
    for (; p < end && *p != '-'; p++) {
        if (*p == '\r' && p + 1 < end && p[1] == '\n')
            continue;
        if (*p == '\n' && (line == LINE || digits == 0 || (p + 1 < end && p[1] == '-'))) {
            line = 0;
            continue;
        }
        if (++line > LINE)
            return 0;
        if (*p == '=')
            padding++;
        else if (padding || digit(*p) < 0)
            return 0;
        bits = bits << 6 | (uint32_t)(*p == '=' ? 0 : digit(*p));
        if (++digits % 4)
            continue;
        if (n + 3 > DER_MAX)
            return 0;
        der[n++] = (uint8_t)(bits >> 16);
        der[n++] = (uint8_t)(bits >> 8);
        der[n++] = (uint8_t)bits;
    }
    if (digits % 4 || padding > 2 || n < padding || line || (bits & ((1u << 8 * padding) - 1)) ||
        (size_t)(end - p) < sizeof end_line - 1 || memcmp(p, end_line, sizeof end_line - 1) != 0 ||
        !only_blank(p + sizeof end_line - 1, end))
        return 0;
    return n - padding;
}

/* ---- keys ---- */

static void take(struct host_key *key, const char *type, const uint8_t *der, size_t der_len)
{
    key->type = host_key_type(type);
    key->der_len = der_len;
    memcpy(key->der, der, der_len);
    host_sha(256, key->der, key->der_len, key->id);
}

/* y^2 = x^3 - 3x + b (mod p), with x and y below p: SEC 1 section 3.2.2.1. The cofactor is 1. */
static bool on_p256(const uint8_t point[POINT])
{
    static const char p_text[] = "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF";
    static const char b_text[] = "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B";
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = NULL, *b = NULL, *three = BN_new(), *left = BN_new(), *right = BN_new();
    BIGNUM *x = BN_bin2bn(point, POINT / 2, NULL),
           *y = BN_bin2bn(point + POINT / 2, POINT / 2, NULL);
    bool good = ctx && three && left && right && x && y && BN_hex2bn(&p, p_text) &&
                BN_hex2bn(&b, b_text) && BN_set_word(three, 3) && BN_cmp(x, p) < 0 &&
                BN_cmp(y, p) < 0 && BN_mod_sqr(left, y, p, ctx) && BN_mod_sqr(right, x, p, ctx) &&
                BN_mod_sub(right, right, three, p, ctx) && BN_mod_mul(right, right, x, p, ctx) &&
                BN_mod_add(right, right, b, p, ctx) && BN_cmp(left, right) == 0;

    BN_free(p);
    BN_free(b);
    BN_free(three);
    BN_free(left);
    BN_free(right);
    BN_free(x);
    BN_free(y);
    BN_CTX_free(ctx);
    return good;
}

static bool take_p256(struct host_key *key, const uint8_t *der, size_t len)
{
    static const uint8_t head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };

    if (len != sizeof head + POINT || memcmp(der, head, sizeof head) != 0 ||
        !on_p256(der + sizeof head))
        return false;
    memcpy(key->bytes, der + sizeof head, POINT);
    key->len = POINT;
    take(key, "ecdsa-p256", der, len);
    return true;
}

static bool take_ed25519(struct host_key *key, const uint8_t *der, size_t len)
{
    static const uint8_t head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                    0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

    if (len != sizeof head + 32 || memcmp(der, head, sizeof head) != 0)
        return false;
    memcpy(key->bytes, der + sizeof head, 32);
    key->len = 32;
    take(key, "ed25519", der, len);
    return true;
}

/* "30 82 LL LL": its length must be all that is left. The length in bytes is then 256 or more. */
static bool open_long(const uint8_t **p, const uint8_t *end, uint8_t tag)
{
    const uint8_t *at = *p;

    if (end - at < 4 || at[0] != tag || at[1] != 0x82 || at[2] == 0 ||
        (at[2] << 8 | at[3]) != end - at - 4)
        return false;
    *p = at + 4;
    return true;
}

static bool take_rsa(struct host_key *key, const uint8_t *der, size_t len)
{
    static const uint8_t algorithm[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                         0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
    const uint8_t *p = der, *end = der + len, *inner, *n;
    size_t n_len, e_len;

    if (!open_long(&p, end, 0x30) || (size_t)(end - p) < sizeof algorithm ||
        memcmp(p, algorithm, sizeof algorithm) != 0)
        return false;
    p += sizeof algorithm;
    if (!open_long(&p, end, 0x03) || *p++ != 0)
        return false;
    inner = p;
    if (!open_long(&p, end, 0x30) || end - p < 5 || p[0] != 0x02 || p[1] != 0x82 || p[4] != 0)
        return false;
    n_len = (size_t)(p[2] << 8 | p[3]) - 1;
    n = p + 5;
    if ((n_len != 256 && n_len != 384) || (size_t)(end - n) < n_len + 3 || !(n[0] & 0x80) ||
        !(n[n_len - 1] & 1))
        return false;
    p = n + n_len;
    e_len = p[1];
    if (p[0] != 0x02 || e_len < 1 || e_len > 4 || (size_t)(end - p) != 2 + e_len || p[2] == 0 ||
        p[2] & 0x80 || !(p[1 + e_len] & 1) || (e_len == 1 && p[2] == 1))
        return false;
    memcpy(key->bytes, n, n_len);
    memset(key->bytes + n_len, 0, 4);
    memcpy(key->bytes + n_len + 4 - e_len, p + 2, e_len);
    key->len = n_len + 4;
    take(key, n_len == 256 ? "rsa-2048" : "rsa-3072", inner, (size_t)(end - inner));
    return true;
}

static bool take_lms(struct host_key *key, const uint8_t *der, size_t len)
{
    if (!host_lms_from_spki(der, len, key->bytes))
        return false;
    key->len = HOST_LMS_PUBLIC;
    take(key, "lms", key->bytes, key->len);
    return true;
}

bool host_key_plain(const struct host_bytes *file, struct host_key *key)
{
    uint8_t der[DER_MAX];
    size_t len = unwrap(file, der);

    *key = (struct host_key){ 0 };
    if (len && (take_p256(key, der, len) || take_ed25519(key, der, len) ||
                take_rsa(key, der, len) || take_lms(key, der, len)))
        return true;
    *key = (struct host_key){ 0 };
    return false;
}

int host_key_load_public(const char *path, struct host_key *key, struct host_error *e)
{
    struct host_bytes file;
    bool plain;

    if (strncmp(path, "pkcs11:", 7) == 0)
        return host_key_load(path, NULL, key, e);
    if (host_read_file(path, &file, e))
        return e->code;
    plain = host_key_plain(&file, key) && host_key_is_strong(key);
    host_bytes_free(&file);
    return plain ? HOST_OK : host_key_load(path, NULL, key, e);
}
