/* SPDX-License-Identifier: Apache-2.0 */
/* The power goes at each operation on flash of an upload, in each way, and the client goes at each
 * frame: the device can be recovered from every such point, and the image that worked still does.
 *
 * Each case is one story: a device, an upload that ends somewhere, a boot, the same upload again,
 * and a boot that must run it. */
#include "client.h"

#include "bulkhead/bytes.h"
#include "tests/engine/products.h"
#include "sim/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct client c;

/* A step of a generator that is good enough for noise. */
static uint64_t next(uint64_t x)
{
    x = x * 6364136223846793005u + 1442695040888963407u;
    return x ^ x >> 29;
}

enum start { WORKS, RUINED, NO_WAY, STARTS };

/* How the power goes, at its worst. */
static const struct sim_cut cuts[] = {
    { .when = SIM_CUT_BEFORE },
    { .when = SIM_CUT_AFTER },
    { .when = SIM_CUT_TORN, .shape = SIM_MIX, .unstable = true, .seed = 11 },
    { .when = SIM_CUT_TORN, .shape = SIM_MEANT, .unstable = true },
    { .when = SIM_CUT_TORN, .shape = SIM_BLANK, .unstable = true },
};
#define N_CUTS (sizeof cuts / sizeof cuts[0])

static bool all; /* every kind of cut at every operation: given as an argument */

/* A device at the start of a story, in recovery. */
static void begin(struct device *d, const struct bh_product *product, enum start start)
{
    device_open(d, product, NULL);
    if (start != WORKS)
        device_poke(&d->w.pairs[0].primary, 100, 0);
    if (start == NO_WAY)
        sim_flash_decay(device_chip(&d->w.pairs[0].secondary),
                        d->w.pairs[0].secondary.off + d->w.pairs[0].staged_off, SIM_WORN);
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, start == WORKS ? BH_BOOT_START : BH_BOOT_RECOVER);
    client_open(&c, &d->w);
}

/* Version 2, until it is there or the power goes. A secondary slot that fails is met once. */
static bool upload(struct device *d)
{
    for (int tries = 0; tries < 2; tries++) {
        uint64_t ops = d->w.power.ops;

        if (client_upload(&c, d->image[0][2], d->len[0], 512, NULL, -1))
            return true;
        if (!c.answer_len && d->w.power.dark)
            return false;
        assert_true(d->w.power.ops >= ops);
    }
    fail_msg("%s: rc %d", d->w.product.name, (int)client_number(&c, "rc"));
    return false;
}

/* After the upload ended somewhere: whatever is started is one of the two, and a device that worked
 * still does. Then the same upload once more, to its end. */
static void recovers(struct device *d, enum start start)
{
    uint8_t version;

    assert_true(sim_world_boot(&d->w));
    version = device_version(d, 0);
    if (start == WORKS)
        assert_int_equal(d->w.boot.action, BH_BOOT_START);
    if (d->w.boot.action == BH_BOOT_START)
        assert_true(version == 2 || (version == 1 && start == WORKS));
    if (d->w.boot.action == BH_BOOT_START && version == 2)
        return;
    client_open(&c, &d->w);
    assert_true(upload(d));
    assert_true(sim_world_boot(&d->w));
    if (d->w.boot.action != BH_BOOT_START)
        fail_msg("%s: %s", d->w.product.name, bh_reason_text(d->w.boot.reason));
    assert_int_equal(device_version(d, 0), 2);
}

static unsigned stories;

/* cut NULL: one after the other of all. */
static void cut_at_every_operation(const struct bh_product *product, enum start start,
                                   const struct sim_cut *cut)
{
    bool cut_it = true;

    for (uint64_t at = 1; cut_it; at++, stories++) {
        struct device d;

        begin(&d, product, start);
        d.w.power.cut = cut ? *cut : cuts[at % N_CUTS];
        d.w.power.cut.at = at;
        cut_it = !upload(&d);
        d.w.power.cut.at = 0;
        recovers(&d, start);
        device_close(&d);
    }
}

static void the_power_goes(void **state)
{
    (void)state;
    stories = 0;
    for (unsigned i = 0; i < n_engine_products; i++)
        for (int start = WORKS; start < STARTS; start++)
            for (size_t k = 0; k < (all ? N_CUTS : 1); k++)
                if (engine_products[i]->n_pairs == 1)
                    cut_at_every_operation(engine_products[i], (enum start)start,
                                           all ? &cuts[k] : NULL);
    print_message("%u stories\n", stories);
    assert_true(stories > (all ? 5000 : 1000));
}

/* The client is gone after so many frames, and the device is reset. */
static void the_client_goes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++)
        for (int start = WORKS; start < STARTS; start++) {
            uint32_t frames = engine_products[i]->pairs[0].image_max / 512 + 1;

            for (uint32_t n = 0; engine_products[i]->n_pairs == 1 && n < frames; n++) {
                struct device d;

                begin(&d, engine_products[i], (enum start)start);
                for (uint32_t k = 0; k < n; k++) {
                    uint32_t off = k * 512;

                    assert_true(client_chunk(&c, d.image[0][2], off, bh_min(512, d.len[0] - off),
                                             off ? 0 : d.len[0], NULL, -1));
                }
                recovers(&d, (enum start)start);
                device_close(&d);
            }
        }
}

/* Noise of every kind at full rate: 10,000 frames with a bit, a byte or a piece that is wrong, and
 * as many random bytes; an upload in between loses nothing but time. */
static void noise(void **state)
{
    static uint8_t wire[2048];
    uint64_t seed = 20261130;
    struct device d;
    uint32_t off = 0;

    (void)state;
    begin(&d, engine_products[0], RUINED);
    for (int i = 0; i < 10000; i++) {
        uint32_t n = 0, at;

        seed = next(seed);
        for (uint32_t k = 0; k < 64; k++)
            wire[n++] = (uint8_t)(next(seed + k) >> (k % 50));
        at = (uint32_t)(seed >> 20) % n;
        memcpy(wire,
               "\x06\x09"
               "ABkKAAAPAAEBAaFjb2ZmAGRkYXRh",
               30); /* an upload's beginning */
        wire[at] ^= (uint8_t)(1u << (seed & 7u));
        wire[n - 1] = seed >> 8 & 1u ? '\n' : wire[n - 1];
        c.n_wire = 0;
        for (uint32_t k = 0; k < n; k++)
            client_byte(&c, wire[k]);
        assert_int_equal(c.n_wire, 0);
        if (i % 100 == 99 && off < d.len[0]) {
            uint32_t more = bh_min(512, d.len[0] - off);

            assert_true(client_chunk(&c, d.image[0][2], off, more, off ? 0 : d.len[0], NULL, -1));
            assert_int_equal(client_number(&c, "rc"), BH_SMP_OK);
            assert_int_equal(client_number(&c, "off"), off + more);
            off += more;
        }
    }
    assert_int_equal(off, d.len[0]);
    assert_true(sim_world_boot(&d.w));
    assert_int_equal(device_version(&d, 0), 2);
    device_close(&d);
}

int main(int argc, char **argv)
{
    (void)argv;
    all = argc > 1;

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_power_goes),
        cmocka_unit_test(the_client_goes),
        cmocka_unit_test(noise),
    };

    all = argc > 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
