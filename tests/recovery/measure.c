/* SPDX-License-Identifier: Apache-2.0 */
/* The boot record of every product, of boots of every kind, read by a reader of Zephyr's rules. */
#include "blinfo.h"

#include "bulkhead/bytes.h"
#include "bulkhead/measure.h"
#include "bulkhead/version.h"
#include "tests/engine/device.h"
#include "tests/engine/products.h"
#include "sim/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint8_t ram[1024];

static const uint8_t *value(unsigned major, unsigned minor, size_t want)
{
    size_t len = 0;
    const uint8_t *at = blinfo_find(ram, sizeof ram, major, minor, &len);

    assert_non_null(at);
    assert_int_equal(len, want);
    return at;
}

static uint32_t measure(struct device *d, uint32_t self_len, uint32_t room)
{
    const struct bh_measure_more more = { true, self_len, &d->w.work };

    memset(ram, 0xEE, sizeof ram);
    return bh_measure(&d->w.product, &d->w.boot, &more, ram, room);
}

static void digest(const void *data, uint32_t len, uint8_t out[64])
{
    struct bh_hash h;

    bh_hash_init(&h, &sim_quick_hash);
    bh_hash_update(&h, data, len);
    bh_hash_final(&h, out);
}

static void each_product_and_boot(void **state)
{
    static const uint32_t counters[] = { 20, 30, 40, 50 };

    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++) {
        const struct bh_product *product = engine_products[i];
        uint8_t self[100], want[64];
        uint32_t written;
        struct device d;

        device_open(&d, product, counters);
        for (uint32_t k = 0; k < sizeof self; k++)
            self[k] = (uint8_t)(k * 3);
        sim_flash_fill(device_chip(&d.w.product.bootloader), product->bootloader.off, self,
                       sizeof self);
        assert_true(sim_world_boot(&d.w));
        written = measure(&d, sizeof self, sizeof ram);
        assert_int_equal(written, bh_load16(ram + 2));
        assert_int_equal(value(2, 2, 1)[0], 1);
        assert_int_equal(value(2, 3, 1)[0], 0);
        assert_int_equal(value(2, 1, 1)[0], 0); /* these products demand no signature */
        assert_int_equal(value(2, 0, 1)[0],
                         !product->plan->reverts                                          ? 2
                         : product->pairs[0].spare.off == product->pairs[0].secondary.off ? 9
                                                                                          : 1);
        assert_int_equal(value(2, 4, 8)[1], BH_VERSION_MINOR);
        for (uint8_t p = 0; p < product->n_pairs; p++) {
            assert_int_equal(bh_load32(value(2, 5u + p, 4)), product->pairs[p].image_max);
            assert_int_equal(bh_load32(value(2, 0x10u + p, 4)), counters[p] + 1);
            assert_int_equal(bh_load32(value(11, 4u + 0x10u * p, 4)),
                             d.w.boot.journal.truth.pair[p].floor);
        }
        assert_int_equal(value(11, 0, 8)[0], 1);
        assert_memory_equal(value(11, 1, 32), d.image[0][1] + d.len[0] - 32, 32);
        assert_int_equal(value(11, 3, 4)[1], BH_STATE_IDLE);
        assert_int_equal(value(11, 3, 4)[3], BH_REASON_JOURNAL_NEW);
        assert_int_equal(bh_load32(value(11, 6, 4)), product->layout);
        digest(self, sizeof self, want);
        assert_memory_equal(value(11, 5, 32), want, 32);
        /* a trial tells of itself, and of the new image */
        device_stage(&d, 0, 2);
        device_request(&d, 1, BH_REQUEST_TEST, BH_OK);
        assert_true(sim_world_boot(&d.w));
        measure(&d, 0, sizeof ram);
        assert_int_equal(value(11, 0, 8)[0], 2);
        assert_int_equal(value(11, 3, 4)[1],
                         product->plan->reverts ? BH_STATE_TRIAL : BH_STATE_IDLE);
        {
            size_t len;

            assert_null(blinfo_find(ram, sizeof ram, 11, 5, &len)); /* it was not asked for */
            assert_null(blinfo_find(ram, sizeof ram, 11, 2, &len)); /* nobody signed it */
        }
        device_close(&d);
    }
}

/* Too little room, nothing to start, a bootloader that cannot be read: no record, and not half a
 * one. */
static void no_record(void **state)
{
    struct device d;
    uint32_t whole;
    size_t len;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    whole = measure(&d, 64, sizeof ram);
    assert_true(whole > 100 && whole <= BH_MEASURE_MIN);
    for (uint32_t room = 0; room < whole; room++) {
        assert_int_equal(measure(&d, 64, room), 0);
        assert_null(blinfo_find(ram, room, 2, 0, &len));
        for (uint32_t i = room; i < sizeof ram; i++)
            assert_int_equal(ram[i], 0xEE);
    }
    assert_int_equal(measure(&d, 64, whole), whole);
    assert_int_equal(measure(&d, d.w.product.bootloader.len + 1, sizeof ram), 0);
    assert_null(blinfo_find(ram, sizeof ram, 2, 0, &len));
    device_poke(&d.w.pairs[0].primary, 100, 0);
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(measure(&d, 64, sizeof ram), 0);
    assert_null(blinfo_find(ram, sizeof ram, 2, 0, &len));
    device_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_product_and_boot),
        cmocka_unit_test(no_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
