/* SPDX-License-Identifier: Apache-2.0 */
/* The product on simulated flash, its images, and what the tests ask of both. */
#include "device.h"

#include "products.h"
#include "bulkhead/bytes.h"
#include "sim/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

void device_open(struct device *d, const struct bh_product *product, const uint32_t *counters)
{
    if (sim_world_open(&d->w, product, NULL))
        fail_msg("%s: %s", product->name, d->w.why);
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        d->len[p] = product->pairs[p].image_max - 7;
        for (uint8_t v = 1; v < VERSIONS; v++) {
            /* a test may put the longest image there is in its place */
            d->image[p][v] = malloc(product->pairs[p].image_max);
            assert_non_null(d->image[p][v]);
            sim_image_make(d->image[p][v], d->len[p], v, counters ? counters[p] + v : 0);
        }
        sim_world_install(&d->w, p, d->image[p][1], d->len[p]);
    }
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, BH_BOOT_START);
}

void device_close(struct device *d)
{
    assert_null(sim_world_misuse(&d->w));
    for (uint8_t p = 0; p < d->w.product.n_pairs; p++)
        for (uint8_t v = 1; v < VERSIONS; v++)
            free(d->image[p][v]);
    sim_world_close(&d->w);
}

struct sim_flash *device_chip(const struct bh_region *r)
{
    return r->flash->context;
}

void device_poke(const struct bh_region *r, uint32_t off, uint8_t value)
{
    sim_flash_fill(device_chip(r), r->off + off, &value, 1);
}

uint8_t device_peek(const struct bh_region *r, uint32_t off)
{
    uint8_t value;

    sim_flash_peek(device_chip(r), r->off + off, &value, 1);
    return value;
}

void device_stage(struct device *d, uint8_t p, uint8_t version)
{
    assert_true(sim_world_stage(&d->w, p, d->image[p][version], d->len[p]));
    assert_int_equal(d->w.err, BH_OK);
}

void device_request(struct device *d, uint8_t pairs, enum bh_request how, int expect)
{
    assert_true(sim_world_request(&d->w, pairs, how));
    assert_int_equal(d->w.err, expect);
}

uint8_t device_version(struct device *d, uint8_t p)
{
    for (uint8_t v = 1; v < VERSIONS; v++)
        if (sim_world_runs(&d->w, p, d->image[p][v], d->len[p]))
            return v;
    return 0;
}

void device_boots(struct device *d, const char *versions, enum bh_state state,
                  enum bh_outcome outcome, enum bh_reason reason)
{
    const struct bh_record *truth = &d->w.boot.journal.truth;

    assert_true(sim_world_boot(&d->w));
    if (d->w.boot.action != BH_BOOT_START)
        fail_msg("%s: not started: %s", d->w.product.name, bh_reason_text(d->w.boot.reason));
    for (uint8_t p = 0; p < d->w.product.n_pairs; p++)
        assert_int_equal(device_version(d, p), versions[p] - '0');
    assert_int_equal(truth->state, state);
    assert_int_equal(truth->outcome, outcome);
    assert_int_equal(truth->reason, reason);
}

void device_protect(struct device *d, uint8_t p, uint8_t version, const uint8_t *entries,
                    uint16_t len)
{
    uint8_t *at = d->image[p][version];
    uint32_t end = d->len[p] - 4 - 4 - 32; /* of what is hashed */
    uint16_t area = (uint16_t)(4 + len);
    struct bh_hash h;

    sim_image_make(at, d->len[p], version, 0);
    bh_store16(at + 10, area);
    bh_store32(at + 12, end - area - 32);
    bh_store16(at + end - area, 0x6908);
    bh_store16(at + end - area + 2, area);
    memcpy(at + end - len, entries, len);
    bh_hash_init(&h, &sim_quick_hash);
    bh_hash_update(&h, at, end);
    bh_hash_final(&h, at + end + 8);
}

void device_twins(struct bh_product *product, struct bh_pair pairs[2])
{
    *product = *engine_products[3];
    memcpy(pairs, product->pairs, 2 * sizeof *pairs);
    for (uint32_t p = 0; p < 2; p++) {
        pairs[p].primary.off = 0x10000u * (p + 1);
        pairs[p].secondary.off = pairs[p].primary.off + 0x4000;
        pairs[p].primary.len = 0x4000;
        pairs[p].secondary.len = 0x4000;
        pairs[p].staged_off = 0x1000;
        pairs[p].spare = bh_region_part(&pairs[p].secondary, 0, 0x1000);
        pairs[p].image_max = 0x2000;
    }
    product->pairs = pairs;
    product->mailbox = &bh_mailbox_mcuboot;
}
