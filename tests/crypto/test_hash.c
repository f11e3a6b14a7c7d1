/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2 and SHA3-384: the examples of FIPS 180-4 and 202, and OpenSSL as the judge of any length
 * in any pieces. Built once with each of the two files behind the seam. */
#include "bulkhead/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

enum { LONGEST = 1200, ROUNDS = 3000 };

static const struct bh_hash_algo *const algos[] = { &bh_sha256, &bh_sha384, &bh_sha512,
                                                    &bh_sha3_384 };

static unsigned seed = 20240101;

/* A number below limit; the same ones in every run. */
static unsigned draw(unsigned limit)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % limit;
}

static void digest_text(const struct bh_hash_algo *algo, const char *data, size_t len, size_t times,
                        char *text)
{
    uint8_t digest[BH_DIGEST_MAX];
    struct bh_hash h;

    bh_hash_init(&h, algo);
    for (size_t i = 0; i < times; i++)
        bh_hash_update(&h, data, len);
    bh_hash_final(&h, digest);
    for (size_t i = 0; i < algo->digest_len; i++)
        sprintf(text + 2 * i, "%02x", digest[i]);
}

static void test_examples(void **state)
{
    static const char abc[] = "abc";
    static const char two256[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static const char two512[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                                 "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    static const struct {
        const struct bh_hash_algo *algo;
        const char *data;
        size_t times;
        const char *digest;
    } cases[] = {
        { &bh_sha256, abc, 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { &bh_sha256, two256, 1,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { &bh_sha256, "a", 1000000,
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
        { &bh_sha384, abc, 1,
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
          "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
        { &bh_sha384, two512, 1,
          "09330c33f71147e83d192fc782cd1b4753111b173b3b05d2"
          "2fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039" },
        { &bh_sha512, abc, 1,
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
          "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
        { &bh_sha512, two512, 1,
          "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
          "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909" },
        { &bh_sha512, "a", 1000000,
          "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
          "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b" },
        { &bh_sha3_384, "", 1,
          "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61"
          "995e71bbee983a2ac3713831264adb47fb6bd1e058d5f004" },
        { &bh_sha3_384, abc, 1,
          "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c25"
          "96da7cf0e49be4b298d88cea927ac7f539f1edf228376d25" },
    };
    char text[2 * BH_DIGEST_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        digest_text(cases[i].algo, cases[i].data, strlen(cases[i].data), cases[i].times, text);
        assert_string_equal(text, cases[i].digest);
    }
}

static void judge(const struct bh_hash_algo *algo, const uint8_t *data, size_t len,
                  const uint8_t *digest)
{
    const EVP_MD *md = algo == &bh_sha256   ? EVP_sha256()
                       : algo == &bh_sha384 ? EVP_sha384()
                       : algo == &bh_sha512 ? EVP_sha512()
                                            : EVP_sha3_384();
    uint8_t expected[EVP_MAX_MD_SIZE];

    assert_int_equal(EVP_Digest(data, len, expected, NULL, md, NULL), 1);
    assert_memory_equal(digest, expected, algo->digest_len);
}

static void test_every_length(void **state)
{
    uint8_t data[LONGEST];

    (void)state;
    for (size_t i = 0; i < LONGEST; i++)
        data[i] = (uint8_t)draw(256);
    for (size_t len = 0; len < LONGEST; len++) {
        for (size_t i = 0; i < sizeof algos / sizeof algos[0]; i++) {
            uint8_t digest[BH_DIGEST_MAX];
            struct bh_hash h;

            bh_hash_init(&h, algos[i]);
            bh_hash_update(&h, data, len);
            bh_hash_final(&h, digest);
            judge(algos[i], data, len, digest);
        }
    }
}

/* Any pieces, nothing written after the digest, and a copy goes on by itself. */
static void test_pieces_and_copies(void **state)
{
    uint8_t data[LONGEST];

    (void)state;
    for (size_t i = 0; i < LONGEST; i++)
        data[i] = (uint8_t)draw(256);
    for (unsigned round = 0; round < ROUNDS; round++) {
        const struct bh_hash_algo *algo = algos[draw(3)];
        uint8_t digest[BH_DIGEST_MAX + 1];
        size_t len = draw(LONGEST), split = 0;
        struct bh_hash h, other;

        bh_hash_init(&h, algo);
        other = h;
        for (size_t at = 0; at < len;) {
            size_t n = 1 + draw((unsigned)(len - at));

            bh_hash_update(&h, data + at, n);
            at += n;
            if (draw(4) == 0) {
                other = h;
                split = at;
            }
        }
        digest[algo->digest_len] = 0xA5;
        bh_hash_final(&h, digest);
        judge(algo, data, len, digest);
        assert_int_equal(digest[algo->digest_len], 0xA5);
        bh_hash_final(&other, digest);
        judge(algo, data, split, digest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_pieces_and_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
