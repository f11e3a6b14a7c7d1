/* SPDX-License-Identifier: Apache-2.0 */
/* Everything in a signature block is little endian, and a key comes with what a chip's accelerator
 * wants to know beforehand: R = 2^6144 mod n, and M' = -1/n mod 2^32. */
#include "host/sign_espressif.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"

#define SECTOR BH_ESPRESSIF_SECTOR
#define BLOCK BH_ESPRESSIF_BLOCK_LEN

static void reverse(const uint8_t *from, uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[len - 1 - i] = from[i];
}

/* -1/n modulo 2^32, for odd n: each step of Newton's doubles the bits that are right. */
static uint32_t minus_inverse(uint32_t n)
{
    uint32_t x = 1;

    for (int i = 0; i < 5; i++)
        x *= 2 - n * x;
    return 0u - x;
}

static bool put_rsa_key(const struct host_key *key, uint8_t *block)
{
    uint8_t *at = block + BH_ESPRESSIF_RSA_OFF_KEY;
    const size_t len = BH_ESPRESSIF_RSA_LEN;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *n = BN_bin2bn(key->bytes, (int)len, NULL), *r = BN_new();
    bool ok = ctx && n && r && BN_set_bit(r, (int)len * 16) && BN_mod(r, r, n, ctx) &&
              BN_bn2lebinpad(r, at + len + 4, (int)len) > 0;

    reverse(key->bytes, at, len);
    reverse(key->bytes + len, at + len, 4);
    bh_store32(at + 2 * len + 4, minus_inverse(bh_load32(at)));
    BN_free(n);
    BN_free(r);
    BN_CTX_free(ctx);
    return ok;
}

static void put_ec_key(const struct host_key *key, uint8_t *block)
{
    uint8_t *at = block + BH_ESPRESSIF_EC_OFF_KEY;

    at[0] = BH_ESPRESSIF_EC_CURVE_P256;
    reverse(key->bytes, at + 1, 32);
    reverse(key->bytes + 32, at + 33, 32);
}

static bool is_rsa(const struct host_key *key)
{
    return key->type->signature == BH_SIG_RSA3072;
}

/* A block with everything but digest, signature and CRC. */
static int begin_block(const struct host_key *key, uint8_t block[BLOCK], struct host_error *e)
{
    memset(block, 0, BLOCK);
    block[0] = BH_ESPRESSIF_BLOCK_MAGIC;
    block[1] = is_rsa(key) ? BH_ESPRESSIF_BLOCK_RSA : BH_ESPRESSIF_BLOCK_ECDSA;
    if (key->type->signature != BH_SIG_RSA3072 && key->type->signature != BH_SIG_P256)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), "Use RSA-3072 or ECDSA P-256.",
                         "Secure Boot V2 has no %s signatures", key->type->name);
    if (is_rsa(key) && !put_rsa_key(key, block))
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    if (!is_rsa(key))
        put_ec_key(key, block);
    return HOST_OK;
}

/* The two numbers of an ECDSA signature out of its DER form. */
static bool put_ec_signature(const uint8_t *der, size_t len, uint8_t *at)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool ok = sig && BN_bn2lebinpad(ECDSA_SIG_get0_r(sig), at, 32) > 0 &&
              BN_bn2lebinpad(ECDSA_SIG_get0_s(sig), at + 32, 32) > 0;

    ECDSA_SIG_free(sig);
    return ok;
}

static int make_block(const struct host_key *key, const uint8_t digest[32], uint8_t block[BLOCK],
                      struct host_error *e)
{
    uint8_t signature[HOST_SIGNATURE_MAX];
    size_t len = sizeof signature;
    int code = begin_block(key, block, e);

    if (!code && !key->has_private)
        code = host_fail(e, HOST_BAD_INPUT, host_nowhere(), "Give the private key.",
                         "a public key cannot sign");
    if (!code)
        code = host_key_sign(key, digest, 32, signature, &len, e);
    if (code)
        return code;
    memcpy(block + BH_ESPRESSIF_BLOCK_OFF_DIGEST, digest, 32);
    if (is_rsa(key))
        reverse(signature, block + BH_ESPRESSIF_RSA_OFF_SIG, BH_ESPRESSIF_RSA_LEN);
    else if (!put_ec_signature(signature, len, block + BH_ESPRESSIF_EC_OFF_SIG))
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "cannot read the signature made");
    bh_store32(block + BH_ESPRESSIF_BLOCK_OFF_CRC, bh_crc32(0, block, BH_ESPRESSIF_BLOCK_OFF_CRC));
    return HOST_OK;
}

static bool is_block(const uint8_t *at)
{
    return at[0] == BH_ESPRESSIF_BLOCK_MAGIC && bh_load32(at + BH_ESPRESSIF_BLOCK_OFF_CRC) ==
                                                    bh_crc32(0, at, BH_ESPRESSIF_BLOCK_OFF_CRC);
}

/* Blocks at the end of something that is a whole number of sectors. */
static size_t count_blocks(const struct host_bytes *image)
{
    size_t n = 0;

    if (image->len < 2 * SECTOR || image->len % SECTOR)
        return 0;
    while (n < BH_ESPRESSIF_BLOCKS && is_block(image->data + image->len - SECTOR + n * BLOCK))
        n++;
    return n;
}

int host_espressif_sign(const struct host_bytes *image, const struct host_key *keys, size_t n_keys,
                        bool keep, struct host_bytes *out, struct host_error *e)
{
    size_t there = count_blocks(image), covered = there ? image->len - SECTOR : image->len;
    size_t padded = (covered + SECTOR - 1) / SECTOR * SECTOR, kept = keep ? there : 0;
    uint8_t digest[32], *sector;
    int code = HOST_OK;

    if (n_keys == 0 || n_keys + kept > BH_ESPRESSIF_BLOCKS)
        return host_fail(e, HOST_BAD_INPUT, host_nowhere(), NULL,
                         "1 to 3 signatures fit; there are %zu, and %zu keys were given", kept,
                         n_keys);
    *out = (struct host_bytes){ malloc(padded + SECTOR + 1), padded + SECTOR };
    if (!out->data)
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    memset(out->data, 0xFF, out->len);
    memcpy(out->data, image->data, covered);
    sector = out->data + padded;
    if (kept)
        memcpy(sector, image->data + covered, kept * BLOCK);
    host_sha(256, out->data, padded, digest);
    for (size_t i = 0; i < n_keys && !code; i++)
        code = make_block(&keys[i], digest, sector + (kept + i) * BLOCK, e);
    for (size_t i = 1; i < kept + n_keys && !code; i++)
        if (sector[1] != sector[i * BLOCK + 1])
            code = host_fail(e, HOST_BAD_INPUT, host_nowhere(), NULL,
                             "RSA and ECDSA signatures do not go together");
    if (code)
        host_bytes_free(out);
    return code;
}

int host_espressif_key_digest(const struct host_key *key, uint8_t digest[32], struct host_error *e)
{
    uint8_t block[BLOCK];
    int code = begin_block(key, block, e);

    if (!code)
        host_sha(256, block + BH_ESPRESSIF_RSA_OFF_KEY,
                 is_rsa(key) ? BH_ESPRESSIF_RSA_KEY_LEN : BH_ESPRESSIF_EC_KEY_LEN, digest);
    return code;
}

bool host_espressif_core_key(const struct host_key *key, struct bh_key *core)
{
    bool rsa = is_rsa(key);

    if (!rsa && key->type->signature != BH_SIG_P256)
        return false;
    *core = (struct bh_key){
        rsa ? &bh_espressif_rsa3072 : &bh_espressif_p256, { 0 }, key->bytes, (uint16_t)key->len
    };
    reverse(rsa ? key->bytes + BH_ESPRESSIF_RSA_LEN - 32 : key->bytes, core->id, 32);
    return true;
}
