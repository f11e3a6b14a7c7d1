/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys are read twice: by a few lines of our own where they are written in the usual form,
 * by OpenSSL otherwise. Whatever the first accepts, the second accepts with the same result, also
 * if bytes of the file were changed. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/keys.h"

#define CHANGES 4000u

static const char *const types[] = { "ecdsa-p256", "ed25519", "rsa-2048", "rsa-3072" };
#define N_TYPES (sizeof types / sizeof types[0])

static uint64_t state = 7;

static uint32_t draw(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % n;
}

static struct host_bytes exported(const char *type)
{
    struct host_key key;
    struct host_bytes pem;
    struct host_error e;

    assert_int_equal(host_key_new(host_key_type(type), &key, &e), HOST_OK);
    assert_int_equal(host_key_public_pem(&key, &pem, &e), HOST_OK);
    host_key_free(&key);
    return pem;
}

static int by_openssl(const struct host_bytes *pem, struct host_key *key)
{
    bool locked;
    struct host_error e;
    char path[] = "/tmp/bulkhead-key-XXXXXX";
    int fd = mkstemp(path), code;

    assert_true(fd >= 0 && write(fd, pem->data, pem->len) == (ssize_t)pem->len);
    close(fd);
    code = host_key_load_locked(path, "", key, &locked, &e);
    unlink(path);
    return code;
}

static void same(const struct host_key *a, const struct host_key *b)
{
    assert_ptr_equal(a->type, b->type);
    assert_false(a->has_private);
    assert_int_equal(a->der_len, b->der_len);
    assert_memory_equal(a->der, b->der, a->der_len);
    assert_memory_equal(a->id, b->id, sizeof a->id);
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->bytes, b->bytes, a->len);
}

static void test_both_read_the_same(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < N_TYPES; i++) {
        struct host_bytes pem = exported(types[i]);
        struct host_key plain, other;

        assert_true(host_key_plain(&pem, &plain));
        assert_string_equal(plain.type->name, types[i]);
        assert_int_equal(by_openssl(&pem, &other), HOST_OK);
        same(&plain, &other);
        host_key_free(&other);
        host_bytes_free(&pem);
    }
}

/* A digit of base64 for another, a byte for another, a part cut out, lines joined. */
static void change(struct host_bytes *pem)
{
    static const char digits[] = "ABCDEFGHabcdefgh0123+/=\n\r -";
    uint32_t at = draw((uint32_t)pem->len), len;

    switch (draw(4)) {
    case 0: pem->data[at] = (uint8_t)draw(256); break;
    case 1:
        len = draw((uint32_t)(pem->len - at)) % 8;
        memmove(pem->data + at, pem->data + at + len, pem->len - at - len);
        pem->len -= len;
        break;
    default: pem->data[at] = (uint8_t)digits[draw(sizeof digits - 1)]; break;
    }
}

static void test_what_is_changed_is_accepted_by_both_or_left_to_openssl(void **unused)
{
    unsigned accepted = 0;

    (void)unused;
    for (size_t i = 0; i < N_TYPES; i++) {
        struct host_bytes pem = exported(types[i]);

        for (unsigned n = 0; n < CHANGES; n++) {
            struct host_bytes changed = { malloc(pem.len + 1), pem.len };
            struct host_key plain, other;

            assert_non_null(changed.data);
            memcpy(changed.data, pem.data, pem.len + 1);
            for (unsigned k = draw(3); k < 3; k++)
                change(&changed);
            changed.data[changed.len] = 0;
            if (host_key_plain(&changed, &plain) && host_key_is_strong(&plain)) {
                accepted++;
                assert_int_equal(by_openssl(&changed, &other), HOST_OK);
                same(&plain, &other);
                host_key_free(&other);
            }
            host_bytes_free(&changed);
        }
        host_bytes_free(&pem);
    }
    /* of RSA and Ed25519 most numbers are keys */
    assert_true(accepted > 100);
}

static void test_a_point_beside_the_curve_is_no_key(void **unused)
{
    struct host_bytes pem = exported("ecdsa-p256");
    struct host_key key;
    char *at =
        strstr((char *)pem.data, "\n") + 1 + 64 + 1 + 20; /* a digit of Y, in the second line */

    (void)unused;
    *at = *at == 'A' ? 'B' : 'A';
    assert_false(host_key_plain(&pem, &key));
    assert_int_not_equal(by_openssl(&pem, &key), HOST_OK);
    host_bytes_free(&pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_read_the_same),
        cmocka_unit_test(test_what_is_changed_is_accepted_by_both_or_left_to_openssl),
        cmocka_unit_test(test_a_point_beside_the_curve_is_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
