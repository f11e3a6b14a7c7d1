/* SPDX-License-Identifier: Apache-2.0 */
/* The samples hang together, and their keys are those that their ids name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bulkhead/hash.h"
#include "bulkhead/rules.h"
#include "samples.h"

static void complain(void *context, const struct bh_finding *f)
{
    const struct bh_product *product = context;

    print_message("%s: %s: %s (have %u, need %u)\n", product->name, bh_rule_name(f->rule),
                  bh_rule_text(f->rule), f->have, f->need);
}

static void check(struct sample *s, void *context)
{
    const struct bh_product *product = &s->built.product;

    (void)context;
    print_message("%s\n", product->name);
    assert_int_equal(bh_product_check(product, s->layout.boot.cuts, complain, (void *)product), 0);
    assert_int_equal(product->layout, layout_identity(&s->layout));
    assert_int_not_equal(product->layout, 0);
}

static void samples_hang_together(void **state)
{
    (void)state;
    samples_each(check, NULL);
}

/* Of two pairs of the STM32F407, the second with a spare at this place: may that be? */
static bool second_spare_at(uint32_t off)
{
    struct sample s;
    struct bh_product product;
    struct bh_pair pairs[2];
    bool good;

    sample_open(&s, "stm32f407");
    product = s.built.product;
    pairs[0] = pairs[1] = product.pairs[0];
    pairs[1].primary.off = 0x80000;
    pairs[1].secondary.off = 0xA0000;
    pairs[1].spare.off = off;
    product.pairs = pairs;
    product.n_pairs = 2;
    product.policy.dependencies = bh_dependencies;
    good = bh_product_check(&product, s.layout.boot.cuts, NULL, NULL) == 0;
    sample_close(&s);
    return good;
}

static void a_spare_serves_one_pair(void **state)
{
    (void)state;
    assert_true(second_spare_at(0xC0000));
    assert_false(second_spare_at(0x60000));
    assert_false(second_spare_at(0x20000));
    assert_false(second_spare_at(0x40000));
}

/* The id is the hash of the SubjectPublicKeyInfo: 27 bytes that are the same for every P-256 key,
 * then the point. */
static void key_id_is_its_hash(void **state)
{
    static const uint8_t prefix[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                      0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                      0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
    uint8_t digest[BH_DIGEST_MAX];
    const struct bh_key *key;
    struct bh_hash h;
    struct sample s;

    (void)state;
    sample_open(&s, "stm32f407");
    key = &s.built.product.policy.keys[0];
    bh_hash_init(&h, &bh_sha256);
    bh_hash_update(&h, prefix, sizeof prefix);
    bh_hash_update(&h, key->bytes, key->len);
    bh_hash_final(&h, digest);
    assert_memory_equal(digest, key->id, BH_KEY_ID_LEN);
    sample_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_hang_together),
        cmocka_unit_test(a_spare_serves_one_pair),
        cmocka_unit_test(key_id_is_its_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
