/* SPDX-License-Identifier: Apache-2.0 */
/* What 'bulkhead layout build' writes for a bootloader, compiled, is what the tool has at run time,
 * field by field: the C of each sample is made by the build. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "samples.h"

/* generated[]: product.c of each in which images are moved. Written by the build, from
 * products/. */
#include "generated_list.h"

static void same_device(const struct bh_flash *a, const struct bh_flash *b)
{
    assert_int_equal(a->n_runs, b->n_runs);
    for (uint8_t i = 0; i < a->n_runs; i++) {
        assert_int_equal(a->runs[i].count, b->runs[i].count);
        assert_int_equal(a->runs[i].size, b->runs[i].size);
    }
    assert_int_equal(a->unit, b->unit);
    assert_int_equal(a->erased, b->erased);
    assert_int_equal(a->mapped, b->mapped);
    assert_int_equal(a->size, b->size);
    if (a->mapped)
        assert_int_equal(a->base, b->base);
}

static void same_region(const struct bh_region *a, const struct bh_region *b)
{
    assert_int_equal(a->off, b->off);
    assert_int_equal(a->len, b->len);
    assert_int_equal(a->flash == NULL, b->flash == NULL);
    if (a->flash)
        same_device(a->flash, b->flash);
}

static void same_pair(const struct bh_pair *a, const struct bh_pair *b)
{
    assert_string_equal(a->name, b->name);
    same_region(&a->primary, &b->primary);
    same_region(&a->secondary, &b->secondary);
    same_region(&a->spare, &b->spare);
    assert_int_equal(a->staged_off, b->staged_off);
    assert_int_equal(a->chunk, b->chunk);
    assert_int_equal(a->image_max, b->image_max);
    assert_int_equal(a->optional, b->optional);
    assert_ptr_equal(a->vendor_id, b->vendor_id);
    assert_ptr_equal(a->class_id, b->class_id);
}

extern const struct bh_product sifive_u_esp_product;
extern const struct bh_select sifive_u_esp_select;
static uint8_t memory[1024];
static const struct bh_work work = { memory, sizeof memory };

static void same_key(const struct bh_key *a, const struct bh_key *b)
{
    assert_ptr_equal(a->algo, b->algo);
    assert_memory_equal(a->id, b->id, sizeof a->id);
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->bytes, b->bytes, a->len);
}

static void same_policy(const struct bh_product *a, const struct bh_product *b)
{
    const struct bh_policy *p = &a->policy, *q = &b->policy;

    for (unsigned i = 0; b != &sifive_u_product && (p->formats[i] || q->formats[i]); i++)
        assert_ptr_equal(p->formats[i], q->formats[i]);
    assert_ptr_equal(p->hash, q->hash);
    assert_int_equal(p->n_keys, q->n_keys);
    for (uint8_t i = 0; i < p->n_keys; i++)
        same_key(&p->keys[i], &q->keys[i]);
    assert_true(p->pure == q->pure);
    assert_true(p->dependencies == q->dependencies);
    assert_true(p->ids == q->ids);
    assert_int_equal(p->allow_unsigned, q->allow_unsigned);
    assert_int_equal(p->need_counter, q->need_counter);
    assert_int_equal(p->allow_downgrade, q->allow_downgrade);
    assert_int_equal(p->only_newer, q->only_newer);
}

/* A form of wolfBoot's trailers has functions of its own, here and there: then their answers
 * count. */
static void same_mailbox(const struct bh_product *a, const struct bh_product *b)
{
    const struct bh_mailbox *p = a->mailbox, *q = b->mailbox;

    if (!p || strcmp(p->name, "wolfboot") != 0) {
        assert_ptr_equal(p, q);
        return;
    }
    assert_string_equal(p->name, q->name);
    assert_int_equal(p->unit_max, q->unit_max);
    for (uint8_t i = 0; i < a->n_pairs; i++) {
        assert_int_equal(p->trailer(&a->pairs[i], &a->pairs[i].primary),
                         q->trailer(&b->pairs[i], &b->pairs[i].primary));
        assert_int_equal(p->trailer(&a->pairs[i], &a->pairs[i].secondary),
                         q->trailer(&b->pairs[i], &b->pairs[i].secondary));
    }
}

static void same_product(const struct bh_product *a, const struct bh_product *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->layout, b->layout);
    assert_int_equal(a->n_pairs, b->n_pairs);
    for (uint8_t i = 0; i < a->n_pairs; i++)
        same_pair(&a->pairs[i], &b->pairs[i]);
    assert_int_equal(a->trial_boots, b->trial_boots);
    same_region(&a->bootloader, &b->bootloader);
    for (unsigned i = 0; i < 2; i++)
        same_region(&a->journal[i], &b->journal[i]);
    assert_ptr_equal(a->plan, b->plan);
    same_mailbox(a, b);
    assert_ptr_equal(a->rescue, b->rescue);
    assert_true(a->adopt == b->adopt);
    same_policy(a, b);
}

static void each_sample(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof generated / sizeof generated[0]; i++) {
        struct sample s;

        print_message("%s\n", generated[i]->name);
        sample_open(&s, generated[i]->name);
        same_product(&s.built.product, generated[i]);
        sample_close(&s);
    }
}

/* The sample in which otadata chooses. */
static void what_otadata_chooses_by(void **state)
{
    const struct bh_select *a = &sifive_u_esp_select, *b;
    const struct bh_espressif_window *w, *v;
    struct sample s;

    (void)state;
    sample_open(&s, "sifive_u_esp");
    b = &s.built.select;
    assert_string_equal(sifive_u_esp_product.name, s.built.product.name);
    assert_int_equal(sifive_u_esp_product.layout, s.built.product.layout);
    same_region(&s.built.product.bootloader, &sifive_u_esp_product.bootloader);
    assert_int_equal(bh_select_check(a, &work), BH_OK);
    assert_int_equal(bh_select_check(b, &work), BH_OK);
    assert_int_equal(a->flash->size, b->flash->size);
    assert_int_equal(a->table_off, b->table_off);
    assert_int_equal(a->rules, b->rules);
    assert_true(a->rollback && b->rollback && a->loads && b->loads);
    assert_int_equal(a->trial_boots, b->trial_boots);
    assert_string_equal(a->chip->name, b->chip->name);
    assert_int_equal(a->chip->id, b->chip->id);
    for (w = a->chip->windows, v = b->chip->windows; w->end; w++, v++) {
        assert_true(w->start == v->start && w->end == v->end);
        assert_true(w->data == v->data && !w->mapped && !v->mapped);
        assert_ptr_equal(w->ram, (uint8_t *)(uintptr_t)w->start);
    }
    assert_int_equal(v->end, 0);
    assert_int_equal(w - a->chip->windows, 2);
    assert_ptr_equal(a->policy.formats[0], b->policy.formats[0]);
    assert_null(a->policy.formats[1]);
    assert_ptr_equal(a->policy.hash, b->policy.hash);
    assert_int_equal(a->policy.n_keys, 1);
    same_key(&a->policy.keys[0], &b->policy.keys[0]);
    assert_false(a->policy.allow_unsigned);
    sample_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_sample),
                                        cmocka_unit_test(what_otadata_chooses_by) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
