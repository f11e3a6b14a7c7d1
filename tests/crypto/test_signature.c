/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures: each case of the vector files named as arguments is a test. A good one must also turn
 * bad when a bit of it is turned, and when it is cut short or made longer. */
#include "vectors.h"

#include "bulkhead/image_espressif.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static struct vector *vectors;

/* len bytes: those of from, and others after them. */
static struct bytes copy(struct bytes from, size_t len)
{
    struct bytes to = { malloc(len ? len : 1), len };

    memset(to.data, 0xA5, len);
    if (from.len)
        memcpy(to.data, from.data, from.len < len ? from.len : len);
    return to;
}

static uint32_t verify(const struct vector *v)
{
    return vector_verify(v, v->key, v->msg, v->sig);
}

static void test_verdict(void **state)
{
    const struct vector *v = &vectors[(size_t)*state];

    if (v->good)
        assert_int_equal(verify(v), BH_SIGNATURE_GOOD);
    else
        assert_int_not_equal(verify(v), BH_SIGNATURE_GOOD);
}

/* Some 80 bits, spread over all of it. */
static void flip(const struct vector *v, struct bytes *changed, const char *what)
{
    size_t step = changed->len * 8 / 80 | 1;

    for (size_t bit = 0; bit < 8 * changed->len; bit += step) {
        changed->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (verify(v) == BH_SIGNATURE_GOOD)
            fail_msg("good with bit %zu of the %s turned", bit, what);
        changed->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void test_flips(void **state)
{
    struct vector v = vectors[(size_t)*state];

    flip(&v, &v.sig, "signature");
    flip(&v, &v.key, "key");
    flip(&v, &v.msg, "message");
    assert_int_equal(verify(&v), BH_SIGNATURE_GOOD);
}

/* Does only zero padding tell the first len bytes from the whole? */
static bool only_padding(struct bytes whole, size_t len)
{
    while (len < whole.len && whole.data[len] == 0)
        len++;
    return len == whole.len;
}

/* Shorter and longer signatures and keys, each in a buffer of just that length: every length near
 * both ends, some between. */
static void test_lengths(void **state)
{
    struct vector v = vectors[(size_t)*state];
    struct bytes whole = v.sig, key = v.key;

    for (size_t len = 0; len < whole.len + 9; len++) {
        if (len > 80 && len + 80 < whole.len)
            len += 30;
        v.sig = copy(whole, len);
        if (verify(&v) == BH_SIGNATURE_GOOD && !(len <= whole.len && only_padding(whole, len)))
            fail_msg("good with %zu bytes instead of %zu", len, whole.len);
        free(v.sig.data);
    }
    v.sig = whole;
    for (size_t len = 0; len < key.len + 9; len++) {
        v.key = copy(key, len);
        if (len != key.len && verify(&v) == BH_SIGNATURE_GOOD)
            fail_msg("good with a key of %zu bytes instead of %zu", len, key.len);
        free(v.key.data);
    }
}

/* The verdict does not hang on what another algorithm's signature looks like. */
static void test_other_algorithms(void **state)
{
    static const struct bh_signature_algo *const algos[] = {
        &bh_p256, &bh_ed25519,   &bh_rsa2048,   &bh_rsa3072,
        &bh_lms,  &bh_ml_dsa_44, &bh_ml_dsa_65, &bh_ml_dsa_87,
    };
    struct vector v = vectors[(size_t)*state];
    const struct bh_signature_algo *own = v.algo;

    for (size_t i = 0; i < sizeof algos / sizeof algos[0]; i++) {
        v.algo = algos[i];
        if (v.algo != own)
            assert_int_not_equal(verify(&v), BH_SIGNATURE_GOOD);
    }
}

static void reverse(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        uint8_t byte = bytes[i];

        bytes[i] = bytes[len - 1 - i];
        bytes[len - 1 - i] = byte;
    }
}

/* As Espressif stores it: each number the other way round. */
static void test_little_endian(void **state)
{
    struct vector v = vectors[(size_t)*state];
    bool rsa = v.algo == &bh_rsa3072;
    size_t part = rsa ? v.sig.len : v.sig.len / 2;

    v.sig = copy(v.sig, v.sig.len);
    v.algo = rsa ? &bh_espressif_rsa3072 : &bh_espressif_p256;
    assert_int_not_equal(verify(&v), BH_SIGNATURE_GOOD);
    for (size_t off = 0; off < v.sig.len; off += part)
        reverse(v.sig.data + off, part);
    assert_int_equal(verify(&v), BH_SIGNATURE_GOOD);
    for (size_t i = 0; i < v.sig.len; i += 7) {
        v.sig.data[i] ^= 1;
        assert_int_not_equal(verify(&v), BH_SIGNATURE_GOOD);
        v.sig.data[i] ^= 1;
    }
    v.sig.len--;
    assert_int_not_equal(verify(&v), BH_SIGNATURE_GOOD);
    free(v.sig.data);
}

/* Those are of one length only. */
static bool has_little_endian(const struct vector *v)
{
    return (v->algo == &bh_rsa3072 && v->sig.len == BH_ESPRESSIF_RSA_LEN) ||
           (v->algo == &bh_p256 && v->sig.len == BH_ESPRESSIF_EC_LEN);
}

/* A leaf that the tree does not have: its path would be longer than the signature. Nothing is read
 * after the last byte, where there is no memory. */
static void test_leaf_beyond_the_tree(void **state)
{
    struct vector v = vectors[(size_t)*state];
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (v.sig.len + page - 1) / page * page;
    uint8_t *memory =
        mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(mprotect(memory + room, page, PROT_NONE), 0);
    memcpy(memory + room - v.sig.len, v.sig.data, v.sig.len);
    v.sig.data = memory + room - v.sig.len;
    assert_int_equal(verify(&v), BH_SIGNATURE_GOOD);
    for (unsigned bit = 0; bit < 32; bit++) { /* of q, after the number of levels */
        v.sig.data[4 + (31 - bit) / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(verify(&v), BH_SIGNATURE_GOOD);
        v.sig.data[4 + (31 - bit) / 8] ^= (uint8_t)(1 << bit % 8);
    }
    memset(v.sig.data + 4, 0xFF, 4);
    assert_int_not_equal(verify(&v), BH_SIGNATURE_GOOD);
    munmap(memory, room + page);
}

static void add(struct CMUnitTest **tests, size_t *n, const char *suffix, CMUnitTestFunction f,
                size_t vector)
{
    size_t len = strlen(vectors[vector].name) + strlen(suffix) + 1;
    char *name = malloc(len);

    snprintf(name, len, "%s%s", vectors[vector].name, suffix);
    *tests = realloc(*tests, (*n + 1) * sizeof **tests);
    (*tests)[(*n)++] = (struct CMUnitTest){ name, f, NULL, NULL, (void *)vector };
}

int main(int argc, char **argv)
{
    struct CMUnitTest *tests = NULL;
    size_t n_tests = 0, n = 0;

    for (int i = 1; i < argc; i++)
        n = vectors_read(argv[i], &vectors, n);
    for (size_t i = 0; i < n; i++) {
        add(&tests, &n_tests, "", test_verdict, i);
        if (!vectors[i].good)
            continue;
        add(&tests, &n_tests, ", bits turned", test_flips, i);
        add(&tests, &n_tests, ", other lengths", test_lengths, i);
        add(&tests, &n_tests, ", other algorithms", test_other_algorithms, i);
        if (has_little_endian(&vectors[i]))
            add(&tests, &n_tests, ", little endian", test_little_endian, i);
        if (vectors[i].algo == &bh_lms)
            add(&tests, &n_tests, ", no such leaf", test_leaf_beyond_the_tree, i);
    }
    if (n_tests == 0) {
        fprintf(stderr, "usage: %s vectors/*.txt\n", argv[0]);
        return 2;
    }
    return _cmocka_run_group_tests("signature", tests, n_tests, NULL, NULL);
}
