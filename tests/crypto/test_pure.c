/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 over the bytes of an image, without a digest between: all extents, in their order, in
 * pieces of any size, and nothing beside them. OpenSSL signs. */
#include "bulkhead/hash.h"
#include "bulkhead/verify.h"
#include "sim/flash.h"

#include <openssl/evp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { SIZE = 0x1000, SIG = 64 };

static const struct bh_extent first = { 100, 333 }, second = { 2000, 71 };

static uint8_t bytes[SIZE], public[32], sig[SIG];
static struct sim_flash chip;

static void sign(const struct bh_extent *extents, uint8_t n)
{
    static const uint8_t seed[32] = { 7 };
    uint8_t msg[SIZE];
    size_t len = 0, sig_len = SIG, key_len = sizeof public;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    for (uint8_t i = 0; i < n; i++) {
        memcpy(msg + len, bytes + extents[i].off, extents[i].len);
        len += extents[i].len;
    }
    assert_int_equal(EVP_PKEY_get_raw_public_key(key, public, &key_len), 1);
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, sig, &sig_len, msg, len), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
}

/* With `room` bytes of memory after the signature. */
static bool good(const struct bh_extent *extents, uint8_t n, uint32_t room)
{
    struct bh_region region = { &chip.flash, 0, SIZE };
    struct bh_view view = bh_view_of(&region);
    struct bh_key key = { &bh_ed25519, { 0 }, public, sizeof public };
    struct bh_image image = { .pure = true, .n_hashed = n };
    uint8_t buf[SIG + 512];
    struct bh_work work = { buf, SIG + room };

    memcpy(image.hashed, extents, n * sizeof *extents);
    memcpy(buf, sig, SIG);
    return bh_verify_pure_ed25519(&key, &view, &image, SIG, &work) == BH_SIGNATURE_GOOD;
}

static int set_up(void **state)
{
    static const struct bh_page_run runs[] = { { 1, SIZE } };
    const struct bh_flash geometry = {
        .runs = runs, .n_runs = 1, .unit = 1, .erased = 0xFF, .size = SIZE
    };

    (void)state;
    for (unsigned i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    if (sim_flash_open(&chip, &geometry, &(struct sim_traits){ 0 }))
        return -1;
    sim_flash_fill(&chip, 0, bytes, SIZE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sim_flash_close(&chip);
    return 0;
}

static void over_two_extents(void **state)
{
    static const uint32_t rooms[] = { 512, 333, 71, 7, 1 };
    const struct bh_extent both[] = { first, second }, turned[] = { second, first };

    (void)state;
    sign(both, 2);
    for (unsigned i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        assert_true(good(both, 2, rooms[i]));
        assert_false(good(turned, 2, rooms[i]));
        assert_false(good(both, 1, rooms[i]));
        assert_false(good(turned, 1, rooms[i]));
    }
    assert_false(good(both, 2, 0));
    for (unsigned i = 0; i < 2; i++) { /* the first and the last byte of each count */
        uint8_t changed;

        for (unsigned at = 0; at < 2; at++) {
            uint32_t off = both[i].off + at * (both[i].len - 1);

            changed = (uint8_t)~bytes[off];
            sim_flash_fill(&chip, off, &changed, 1);
            assert_false(good(both, 2, 512));
            sim_flash_fill(&chip, off, &bytes[off], 1);
        }
    }
    bytes[0] = 0;
    sim_flash_fill(&chip, both[0].off - 1, bytes, 1); /* those beside them do not */
    sim_flash_fill(&chip, both[0].off + both[0].len, bytes, 1);
    assert_true(good(both, 2, 512));
    sign(both, 1);
    assert_true(good(both, 1, 512));
    assert_false(good(both, 2, 512));
}

static void what_cannot_be_read_is_not_good(void **state)
{
    const struct bh_extent both[] = { first, second };
    const struct sim_fault dead = { 2000, 1, true, false, false };

    (void)state;
    sign(both, 2);
    chip.faults = &dead;
    chip.n_faults = 1;
    assert_false(good(both, 2, 512));
    chip.n_faults = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(over_two_extents, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_not_good, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
