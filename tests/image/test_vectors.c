/* SPDX-License-Identifier: Apache-2.0 */
/* Where a vector table may be: each alignment that a product can state, alone and with ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bulkhead/verify.h"

#define BASE 0x08000000u
#define SLOT 0x3000u /* a multiple of each alignment */

static const struct {
    uint32_t alignment;
    bh_ids_fn *alone, *with_ids;
} rules[] = {
    { 128, bh_vectors_128, bh_vectors_128_and_ids },
    { 256, bh_vectors_256, bh_vectors_256_and_ids },
    { 512, bh_vectors_512, bh_vectors_512_and_ids },
    { 1024, bh_vectors_1024, bh_vectors_1024_and_ids },
    { 2048, bh_vectors_2048, bh_vectors_2048_and_ids },
    { 4096, bh_vectors_4096, bh_vectors_4096_and_ids },
};

/* The answers of both functions to an image whose table is so many bytes into its slot. */
static void asked(size_t i, uint32_t entry, enum bh_reason right)
{
    const struct bh_flash flash = { .base = BASE };
    const struct bh_pair pair = { .primary = { .flash = &flash, .off = SLOT } };
    const struct bh_view view = { 0 };
    struct bh_verified verified = { 0 };

    verified.image.entry_off = entry;
    assert_int_equal(rules[i].alone(&pair, &view, &verified), right);
    assert_int_equal(rules[i].with_ids(&pair, &view, &verified), right);
}

static void a_table_lies_at_a_multiple(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        uint32_t a = rules[i].alignment;

        for (uint32_t entry = 32; entry <= 4 * 4096; entry += 32)
            asked(i, entry, (BASE + SLOT + entry) % a ? BH_REASON_VECTORS : BH_REASON_NONE);
    }
    /* the place counts, not how far into the slot it is */
    asked(5, 4096, BH_REASON_NONE);
    asked(5, 2048, BH_REASON_VECTORS);
}

/* A good place does not make up for another product's id. */
static void ids_are_looked_at_too(void **state)
{
    static const uint8_t vendor[BH_UUID_LEN] = { 1 };
    const struct bh_flash flash = { .base = BASE };
    const struct bh_pair pair = { .primary = { .flash = &flash, .off = SLOT },
                                  .vendor_id = vendor };
    const struct bh_view view = { 0 };
    struct bh_verified verified = { 0 };

    (void)state;
    verified.image.entry_off = 4096;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        assert_int_equal(rules[i].alone(&pair, &view, &verified), BH_REASON_NONE);
        assert_int_equal(rules[i].with_ids(&pair, &view, &verified), BH_REASON_PRODUCT_ID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_lies_at_a_multiple),
        cmocka_unit_test(ids_are_looked_at_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
