/* SPDX-License-Identifier: Apache-2.0 */
/* The private side of LMS (RFC 8554, names as there) with SHA-256 and n = 32. Secrets are derived
 * from one seed as in its Appendix A, so the tree is never stored: it is walked leaf by leaf, and
 * a stack of one node per level gives root and authentication path. */
#define _POSIX_C_SOURCE 200809L
#include "host/lms.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "host/system.h"

enum { N = 32, P_MAX = 265, H_MAX = 25 };
enum { D_PBLC = 0x8080, D_MESG = 0x8181, D_LEAF = 0x8282, D_INTR = 0x8383 };

#define LOCK_WAIT_MS 60000u /* for other signers with the same key */
#define PEM_NAME "BULKHEAD LMS PRIVATE KEY"
#define FILE_LEN (12u + 16u + 32u + 32u + 4u) /* magic to next, I, seed, root, CRC-32 */

static const uint8_t magic[7] = { 'B', 'H', 'L', 'M', 'S', 0, 1 };

static const uint8_t spki_prefix[] = {
    /* SEQ { SEQ { 1.2.840.113549.1.9.16.3.17 }, BITS } */
    0x30, 0x4e, 0x30, 0x0d, 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86,
    0xf7, 0x0d, 0x01, 0x09, 0x10, 0x03, 0x11, 0x03, 0x3d, 0x00,
};

/* LM-OTS by Winternitz width: type number, chains, shift of the checksum. */
struct ots {
    uint8_t width, type;
    uint16_t p;
    uint8_t ls;
};
static const struct ots ots_table[] = {
    { 1, 1, 265, 7 },
    { 2, 2, 133, 6 },
    { 4, 3, 67, 4 },
    { 8, 4, 34, 0 },
};

static const struct ots *ots_of(uint8_t width)
{
    for (size_t i = 0; i < sizeof ots_table / sizeof ots_table[0]; i++)
        if (ots_table[i].width == width)
            return &ots_table[i];
    return NULL;
}

static bool valid_height(uint8_t height)
{
    return height >= 5 && height <= H_MAX && height % 5 == 0;
}

static uint32_t lms_type(uint8_t height)
{
    return 4u + height / 5u;
}

static void store16_be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void store32_be(uint8_t *p, uint32_t v)
{
    store16_be(p, v >> 16);
    store16_be(p + 2, v);
}

static uint32_t load32_be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A key at work. */
struct work {
    const struct host_lms *key;
    const struct ots *ots;
    EVP_MD_CTX *ctx;
    EVP_MD *md;
    bool failed;
};

static bool work_begin(struct work *w, const struct host_lms *key)
{
    *w = (struct work){ key, ots_of(key->width), EVP_MD_CTX_new(),
                        EVP_MD_fetch(NULL, "SHA256", NULL), false };
    return w->ctx && w->md;
}

static void work_end(struct work *w)
{
    EVP_MD_CTX_free(w->ctx);
    EVP_MD_free(w->md);
}

/* H(I || u32(a) || u16(b) || first || second) */
static void hash(struct work *w, uint32_t a, uint32_t b, const void *first, size_t first_len,
                 const void *second, size_t second_len, uint8_t out[N])
{
    uint8_t head[16 + 4 + 2];

    memcpy(head, w->key->id, 16);
    store32_be(head + 16, a);
    store16_be(head + 20, b);
    if (EVP_DigestInit_ex2(w->ctx, w->md, NULL) != 1 ||
        EVP_DigestUpdate(w->ctx, head, sizeof head) != 1 ||
        EVP_DigestUpdate(w->ctx, first, first_len) != 1 ||
        EVP_DigestUpdate(w->ctx, second, second_len) != 1 ||
        EVP_DigestFinal_ex(w->ctx, out, NULL) != 1)
        w->failed = true;
}

/* Chain i of leaf q, `steps` steps from its secret start. */
static void chain(struct work *w, uint32_t q, uint32_t i, uint32_t steps, uint8_t out[N])
{
    const uint8_t secret = 0xff;

    hash(w, q, i, &secret, 1, w->key->seed, N, out);
    for (uint32_t j = 0; j < steps; j++) {
        uint8_t number = (uint8_t)j;

        hash(w, q, i, &number, 1, out, N, out);
    }
}

static void leaf(struct work *w, uint32_t q, uint8_t out[N])
{
    uint8_t ends[P_MAX * N];
    uint32_t last = (1u << w->key->width) - 1;

    for (uint32_t i = 0; i < w->ots->p; i++)
        chain(w, q, i, last, ends + i * N);
    hash(w, q, D_PBLC, ends, (size_t)w->ots->p * N, NULL, 0, out);
    hash(w, (1u << w->key->height) + q, D_LEAF, out, N, NULL, 0, out);
}

/* The root, and if path is not NULL the siblings on the way up from leaf q. */
static void walk(struct work *w, uint32_t q, uint8_t (*path)[N], uint8_t root[N],
                 host_lms_progress *progress, void *context)
{
    uint8_t stack[H_MAX + 1][N]; /* by level: the left node that waits for its right one */
    uint32_t leaves = 1u << w->key->height;

    for (uint32_t k = 0; k < leaves && !w->failed; k++) {
        uint32_t index = k;
        unsigned level = 0;
        uint8_t node[N];

        leaf(w, k, node);
        for (;;) {
            if (path && level < w->key->height && index == ((q >> level) ^ 1))
                memcpy(path[level], node, N);
            if (!(index & 1))
                break;
            index >>= 1;
            hash(w, (1u << (w->key->height - level - 1)) + index, D_INTR, stack[level], N, node, N,
                 node);
            level++;
        }
        memcpy(stack[level], node, N);
        if (progress)
            progress(context, k + 1, leaves);
    }
    memcpy(root, stack[w->key->height], N);
}

int host_lms_new(uint8_t height, uint8_t width, host_lms_progress *progress, void *context,
                 struct host_lms *key, struct host_error *e)
{
    struct work w;

    *key = (struct host_lms){ .height = height, .width = width };
    if (!valid_height(height) || !ots_of(width))
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), NULL,
                         "LMS with height %u and w %u does not exist: 5, 10, 15, 20 or 25, and "
                         "1, 2, 4 or 8",
                         height, width);
    bool ok = RAND_bytes(key->id, sizeof key->id) == 1 &&
              RAND_priv_bytes(key->seed, sizeof key->seed) == 1 && work_begin(&w, key);
    if (!ok)
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "OpenSSL gives no random bytes");
    walk(&w, 0, NULL, key->root, progress, context);
    work_end(&w);
    if (w.failed)
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "OpenSSL's SHA-256 failed");
    return HOST_OK;
}

static int encode(const struct host_lms *key, struct host_bytes *text, struct host_error *e)
{
    uint8_t raw[FILE_LEN] = { 0 };
    BIO *bio = BIO_new(BIO_s_secmem());
    char *data = NULL;

    memcpy(raw, magic, sizeof magic);
    raw[7] = (uint8_t)(key->height << 3 | key->width >> 1); /* w 1, 2, 4, 8 as 0, 1, 2, 4 */
    store32_be(raw + 8, key->next);
    memcpy(raw + 12, key->id, 16);
    memcpy(raw + 28, key->seed, 32);
    memcpy(raw + 60, key->root, 32);
    store32_be(raw + 92, bh_crc32(0, raw, 92));
    *text = (struct host_bytes){ NULL, 0 };
    bool ok = bio &&
              BIO_printf(bio,
                         "LMS private key, height %u, w %u: %u of %u signatures used.\n"
                         "It counts them: never sign with a copy or a backup of this file.\n",
                         key->height, key->width, key->next, 1u << key->height) > 0 &&
              PEM_write_bio(bio, PEM_NAME, "", raw, sizeof raw) > 0;
    OPENSSL_cleanse(raw, sizeof raw);
    long len = ok ? BIO_get_mem_data(bio, &data) : 0;
    if (len > 0)
        text->data = malloc((size_t)len + 1);
    if (text->data) {
        memcpy(text->data, data, (size_t)len);
        text->data[len] = 0;
        text->len = (size_t)len;
    }
    BIO_free(bio);
    return text->data ? HOST_OK : host_fail(e, HOST_FAILED, host_nowhere(), NULL, "out of memory");
}

bool host_lms_is_private(const struct host_bytes *file)
{
    return strstr((const char *)file->data, "-----BEGIN " PEM_NAME "-----") != NULL;
}

static bool decode(const uint8_t *raw, size_t len, struct host_lms *key)
{
    if (len != FILE_LEN || memcmp(raw, magic, sizeof magic) != 0 ||
        load32_be(raw + 92) != bh_crc32(0, raw, 92))
        return false;
    key->height = raw[7] >> 3;
    key->width = (uint8_t)((raw[7] & 7) ? (raw[7] & 7) << 1 : 1);
    key->next = load32_be(raw + 8);
    memcpy(key->id, raw + 12, 16);
    memcpy(key->seed, raw + 28, 32);
    memcpy(key->root, raw + 60, 32);
    return valid_height(key->height) && ots_of(key->width) && key->next <= 1u << key->height;
}

int host_lms_decode(const char *path, const struct host_bytes *file, struct host_lms *key,
                    struct host_error *e)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    char *name = NULL, *header = NULL;
    unsigned char *raw = NULL;
    long len = 0;
    bool ok =
        bio && PEM_read_bio(bio, &name, &header, &raw, &len) == 1 && decode(raw, (size_t)len, key);

    ERR_clear_error();
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(raw, (size_t)len);
    BIO_free(bio);
    if (ok)
        return HOST_OK;
    return host_fail(e, HOST_BAD_INPUT, host_in(path),
                     "Do not repair it by hand: a wrong count would give the key away.",
                     "LMS private key is damaged");
}

void host_lms_public(const struct host_lms *key, uint8_t out[HOST_LMS_PUBLIC])
{
    store32_be(out, 1); /* levels */
    store32_be(out + 4, lms_type(key->height));
    store32_be(out + 8, ots_of(key->width)->type);
    memcpy(out + 12, key->id, 16);
    memcpy(out + 28, key->root, 32);
}

size_t host_lms_spki(const uint8_t public_key[HOST_LMS_PUBLIC], uint8_t *der)
{
    memcpy(der, spki_prefix, sizeof spki_prefix);
    memcpy(der + sizeof spki_prefix, public_key, HOST_LMS_PUBLIC);
    return HOST_LMS_SPKI;
}

bool host_lms_from_spki(const uint8_t *der, size_t len, uint8_t public_key[HOST_LMS_PUBLIC])
{
    if (len != HOST_LMS_SPKI || memcmp(der, spki_prefix, sizeof spki_prefix) != 0)
        return false;
    memcpy(public_key, der + sizeof spki_prefix, HOST_LMS_PUBLIC);
    return true;
}

/* The i-th group of w bits, from the left. */
static uint32_t coefficient(const uint8_t *s, uint32_t i, uint32_t width)
{
    uint32_t bit = i * width;

    return s[bit / 8] >> (8 - width - bit % 8) & ((1u << width) - 1);
}

/* The digest and its checksum, which make the number of steps of each chain. */
static void digits(const struct work *w, uint8_t q_and_checksum[N + 2])
{
    uint32_t sum = 0, all = (1u << w->key->width) - 1;

    for (uint32_t i = 0; i < 8u * N / w->key->width; i++)
        sum += all - coefficient(q_and_checksum, i, w->key->width);
    store16_be(q_and_checksum + N, sum << w->ots->ls);
}

static size_t signature_len(const struct host_lms *key)
{
    return 4 + 4 + 4 + (1 + (size_t)ots_of(key->width)->p) * N + 4 + (size_t)key->height * N;
}

/* With leaf q, which the file no longer offers. */
static bool sign(const struct host_lms *key, uint32_t q, const void *message, size_t message_len,
                 uint8_t *out)
{
    struct work w;
    uint8_t d[N + 2], root[N], path[H_MAX][N];
    uint8_t *randomizer = out + 12, *at = out + 12 + N;

    if (!work_begin(&w, key) || RAND_bytes(randomizer, N) != 1)
        return false;
    store32_be(out, 0); /* signed public keys below the top: none */
    store32_be(out + 4, q);
    store32_be(out + 8, w.ots->type);
    hash(&w, q, D_MESG, randomizer, N, message, message_len, d);
    digits(&w, d);
    for (uint32_t i = 0; i < w.ots->p; i++, at += N)
        chain(&w, q, i, coefficient(d, i, key->width), at);
    store32_be(at, lms_type(key->height));
    walk(&w, q, path, root, NULL, NULL);
    memcpy(at + 4, path, (size_t)key->height * N);
    work_end(&w);
    return !w.failed && memcmp(root, key->root, N) == 0;
}

int host_lms_write(const char *path, const struct host_lms *key, bool replace, struct host_error *e)
{
    struct host_bytes text;
    struct host_output out;

    if (encode(key, &text, e))
        return e->code;
    int code = host_output_open(&out, path, 0600, replace, e);
    if (!code) {
        out.durable = true;
        code = host_output_commit(&out, text.data, text.len, e);
    }
    OPENSSL_cleanse(text.data, text.len);
    host_bytes_free(&text);
    return code;
}

/* Take a leaf out of the file for good. *key is left as it was before. */
static int use_leaf(const char *path, struct host_lms *key, struct host_error *e)
{
    struct host_bytes text;

    if (host_read_file(path, &text, e))
        return e->code;
    int code = host_lms_decode(path, &text, key, e);
    OPENSSL_cleanse(text.data, text.len);
    host_bytes_free(&text);
    if (code)
        return code;
    if (key->next == 1u << key->height)
        return host_fail(e, HOST_FAILED, host_in(path),
                         "Make a new key; devices must learn it from an image signed by another.",
                         "all %u signatures of this LMS key are used", key->next);
    key->next++;
    code = host_lms_write(path, key, true, e);
    key->next--;
    return code;
}

int host_lms_sign(const char *path, const void *message, size_t message_len, uint8_t *signature,
                  size_t *len, struct host_error *e)
{
    struct host_lms key;
    int lock = host_lock_path(path, true, LOCK_WAIT_MS);

    if (lock < 0)
        return host_fail(e, HOST_FAILED, host_in(path),
                         "The file counts its signatures; it must let itself be written.",
                         "cannot lock the LMS key: %s", strerror(errno));
    int code = use_leaf(path, &key, e);
    host_unlock(lock);
    if (code)
        return code;
    if (signature_len(&key) > *len)
        return host_fail(e, HOST_FAILED, host_in(path), NULL, "signature of %zu bytes: no room",
                         signature_len(&key));
    *len = signature_len(&key);
    if (!sign(&key, key.next, message, message_len, signature))
        code = host_fail(e, HOST_FAILED, host_in(path), NULL,
                         "cannot sign: the tree does not lead to the public key");
    OPENSSL_cleanse(&key, sizeof key);
    return code;
}
