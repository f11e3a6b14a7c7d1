/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL signs, the seam verifies: random keys and messages, good and with one bit turned.
 * Messages and bits come from the seed printed first ($BULKHEAD_SEED repeats it); keys and nonces
 * are OpenSSL's own, and a failure prints all that is needed for a case in vectors/. */
#include "bulkhead/hash.h"
#include "bulkhead/key.h"
#include "bulkhead/load.h"
#include "bulkhead/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

enum { SIGNATURE_MAX = 512, KEY_MAX = 388, MESSAGE_MAX = 300 };

static uint64_t seed;

static unsigned draw(unsigned limit)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % limit;
}

static void draw_bytes(uint8_t *to, size_t len)
{
    while (len--)
        *to++ = (uint8_t)draw(256);
}

static void print(const char *name, const uint8_t *data, size_t len)
{
    print_message("%s = ", name);
    for (size_t i = 0; i < len; i++)
        print_message("%02x", data[i]);
    print_message("\n");
}

static void expect(const char *what, bool good, const struct bh_key *key, const uint8_t *msg,
                   size_t msg_len, const uint8_t *sig, size_t sig_len)
{
    uint32_t token = key->algo->verify(key, msg, msg_len, sig, sig_len);

    if ((token == BH_SIGNATURE_GOOD) == good)
        return;
    print("key", key->bytes, key->len);
    print("msg", msg, msg_len);
    print("sig", sig, sig_len);
    fail_msg("%s: expected %s", what, good ? "good" : "bad");
}

/* A copy after which no byte can be read: one that is looked at all the same ends the test. */
static const uint8_t *at_the_edge(const uint8_t *data, size_t len)
{
    static uint8_t *pages;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (!pages) {
        pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(pages, MAP_FAILED);
        assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
    }
    return memcpy(pages + page - len, data, len);
}

/* The signature as it is, and with one bit of it, of the message and of the key turned. */
static void expect_all(struct bh_key *key, uint8_t *key_bytes, uint8_t *msg, size_t msg_len,
                       uint8_t *sig, size_t sig_len)
{
    struct {
        const char *what;
        uint8_t *bytes;
        size_t len;
    } parts[] = { { "signature", sig, sig_len },
                  { "message", msg, msg_len },
                  { "key", key_bytes, key->len } };

    expect("as signed", true, key, msg, msg_len, sig, sig_len);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        uint8_t *byte;
        uint8_t bit = (uint8_t)(1 << draw(8));

        if (parts[i].len == 0)
            continue;
        byte = &parts[i].bytes[draw((unsigned)parts[i].len)];
        *byte ^= bit;
        expect(parts[i].what, false, key, msg, msg_len, sig, sig_len);
        *byte ^= bit;
    }
    for (size_t cut = 1; cut <= 4; cut++)
        expect("signature cut short", false, key, msg, msg_len, at_the_edge(sig, sig_len - cut),
               sig_len - cut);
    expect("no signature", false, key, msg, msg_len, at_the_edge(sig, 0), 0);
    expect("signature and nothing", true, key, msg, msg_len, at_the_edge(sig, sig_len), sig_len);
    expect("as signed, again", true, key, msg, msg_len, sig, sig_len);
}

/* Signs digest with SHA-256 as its name; PSS for RSA. */
static size_t sign_digest(EVP_PKEY *pkey, bool pss, const uint8_t digest[32], uint8_t *sig)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    size_t len = SIGNATURE_MAX;

    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
    if (pss) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32), 1);
    }
    assert_int_equal(EVP_PKEY_sign(ctx, sig, &len, digest, 32), 1);
    EVP_PKEY_CTX_free(ctx);
    return len;
}

static void test_p256(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 150; round++) {
        EVP_PKEY *pkey = EVP_EC_gen("P-256");
        uint8_t point[65], digest[32], sig[SIGNATURE_MAX], raw[64];
        struct bh_key key = { &bh_p256, { 0 }, point + 1, 64 };
        const uint8_t *p = sig;
        ECDSA_SIG *parts;
        size_t len;

        assert_int_equal(EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                         sizeof point, &len),
                         1);
        draw_bytes(digest, sizeof digest);
        len = sign_digest(pkey, false, digest, sig);
        parts = d2i_ECDSA_SIG(NULL, &p, (long)len);
        BN_bn2binpad(ECDSA_SIG_get0_r(parts), raw, 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(parts), raw + 32, 32);
        expect_all(&key, point + 1, digest, sizeof digest, sig, len);
        expect_all(&key, point + 1, digest, sizeof digest, raw, sizeof raw);
        ECDSA_SIG_free(parts);
        EVP_PKEY_free(pkey);
    }
}

static void test_ed25519(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        uint8_t private[32], public[32], msg[MESSAGE_MAX], sig[64], digest[64];
        struct bh_key key = { &bh_ed25519, { 0 }, public, sizeof public };
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        size_t msg_len = draw(MESSAGE_MAX), public_len = sizeof public, len = sizeof sig;
        struct bh_hash h;
        EVP_PKEY *pkey;

        draw_bytes(private, sizeof private);
        draw_bytes(msg, msg_len);
        pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private, sizeof private);
        assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, public, &public_len), 1);
        assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey), 1);
        assert_int_equal(EVP_DigestSign(ctx, sig, &len, msg, msg_len), 1);
        expect_all(&key, public, msg, msg_len, sig, sizeof sig);

        bh_hash_init(&h, &bh_sha512);
        bh_hash_update(&h, sig, 32);
        bh_hash_update(&h, public, sizeof public);
        bh_hash_update(&h, msg, msg_len);
        bh_hash_final(&h, digest);
        assert_int_equal(bh_ed25519_verify_prehashed(&key, digest, sig, sizeof sig),
                         BH_SIGNATURE_GOOD);
        digest[draw(64)] ^= 1;
        assert_int_not_equal(bh_ed25519_verify_prehashed(&key, digest, sig, sizeof sig),
                             BH_SIGNATURE_GOOD);
        EVP_MD_CTX_free(ctx);
        EVP_PKEY_free(pkey);
    }
}

static void rsa(const struct bh_signature_algo *algo, unsigned bits)
{
    EVP_PKEY *pkey = EVP_RSA_gen(bits);
    uint8_t bytes[KEY_MAX], digest[32], sig[SIGNATURE_MAX];
    struct bh_key key = { algo, { 0 }, bytes, (uint16_t)(bits / 8 + 4) };
    BIGNUM *n = NULL, *e = NULL;

    assert_int_equal(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n), 1);
    assert_int_equal(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e), 1);
    BN_bn2binpad(n, bytes, (int)bits / 8);
    BN_bn2binpad(e, bytes + bits / 8, 4);
    for (unsigned round = 0; round < 40; round++) {
        draw_bytes(digest, sizeof digest);
        expect_all(&key, bytes, digest, sizeof digest, sig, sign_digest(pkey, true, digest, sig));
    }
    BN_free(n);
    BN_free(e);
    EVP_PKEY_free(pkey);
}

static void test_rsa2048(void **state)
{
    (void)state;
    rsa(&bh_rsa2048, 2048);
}

static void test_rsa3072(void **state)
{
    (void)state;
    rsa(&bh_rsa3072, 3072);
}

/* The same over an image that is read in pieces: two extents, a buffer for less than either of
 * them. */
static void test_pure_ed25519(void **state)
{
    enum { ROOM = 48, OFF = 5 };
    static uint8_t bytes[400];
    static const struct bh_page_run run = { 1, sizeof bytes };
    const struct bh_flash ram = { .ops = &bh_ram_ops,
                                  .context = bytes,
                                  .runs = &run,
                                  .n_runs = 1,
                                  .unit = 1,
                                  .mapped = true,
                                  .size = sizeof bytes };
    const struct bh_region all = { &ram, 0, sizeof bytes };
    struct bh_view view = bh_view_of(&all);
    struct bh_image image = { .pure = true,
                              .n_hashed = 2,
                              .hashed = { { OFF, 170 }, { OFF + 200, 2 * ROOM } } };
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t public[32], sig[64], message[170 + 2 * ROOM], buf[sizeof sig + ROOM];
    struct bh_work work = { buf, sizeof buf };
    struct bh_key key = { &bh_ed25519, { 0 }, public, sizeof public };
    size_t len = sizeof public, sig_len = sizeof sig;

    (void)state;
    draw_bytes(bytes, sizeof bytes);
    memcpy(message, bytes + OFF, 170);
    memcpy(message + 170, bytes + OFF + 200, 2 * ROOM);
    EVP_PKEY_get_raw_public_key(pkey, public, &len);
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey), 1);
    assert_int_equal(EVP_DigestSign(ctx, sig, &sig_len, message, sizeof message), 1);
    memcpy(buf, sig, sizeof sig);
    assert_int_equal(bh_verify_pure_ed25519(&key, &view, &image, sizeof sig, &work),
                     BH_SIGNATURE_GOOD);
    for (uint32_t i = 0; i < sizeof bytes; i++) {
        bool hashed = i - OFF < 170 || i - OFF - 200 < 2 * ROOM;

        bytes[i] ^= (uint8_t)(1 << i % 8);
        memcpy(buf, sig, sizeof sig);
        assert_int_equal(bh_verify_pure_ed25519(&key, &view, &image, sizeof sig, &work) ==
                             BH_SIGNATURE_GOOD,
                         !hashed);
        bytes[i] ^= (uint8_t)(1 << i % 8);
    }
    /* no room for the message, another kind of key, half a signature */
    work.len = sizeof sig;
    assert_int_not_equal(bh_verify_pure_ed25519(&key, &view, &image, sizeof sig, &work),
                         BH_SIGNATURE_GOOD);
    work.len = sizeof buf;
    memcpy(buf, sig, sizeof sig);
    assert_int_not_equal(bh_verify_pure_ed25519(&key, &view, &image, 31, &work), BH_SIGNATURE_GOOD);
    key.algo = &bh_p256;
    assert_int_not_equal(bh_verify_pure_ed25519(&key, &view, &image, sizeof sig, &work),
                         BH_SIGNATURE_GOOD);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_p256),         cmocka_unit_test(test_ed25519),
        cmocka_unit_test(test_pure_ed25519), cmocka_unit_test(test_rsa2048),
        cmocka_unit_test(test_rsa3072),
    };
    const char *given = getenv("BULKHEAD_SEED");

    seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    print_message("BULKHEAD_SEED=%llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
