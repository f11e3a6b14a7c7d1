/* SPDX-License-Identifier: Apache-2.0 */
/* Both halves of the journal are worn: nothing can be stated any more. At rest the image starts and
 * the boot tells it; an act that is under way ends in the same power-up as far as it can; and no
 * boot after that wears a slot. */
#include "device.h"
#include "faulty.h"

#include "products.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* From the at-th program or erase of a boot on, the journal cannot be written; 0: it can. */
static struct {
    const struct bh_product *product;
    uint64_t at, ops, in_slots;
} worn;

static bool in_journal(const struct bh_flash *f, uint32_t off)
{
    for (int i = 0; i < 2; i++) {
        const struct bh_region *half = &worn.product->journal[i];

        if (half->flash == f && off - half->off < half->len)
            return true;
    }
    worn.in_slots++;
    return false;
}

static bool fails(const struct bh_flash *f, uint32_t off)
{
    return ++worn.ops >= worn.at && worn.at && in_journal(f, off);
}

static int program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    return fails(f, off) ? BH_ERR_IO : sim_flash_ops.program(f, off, buf, len);
}

static int erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    return fails(f, off) ? BH_ERR_IO : sim_flash_ops.erase(f, off, len);
}

static const struct bh_flash_ops wearing = { .read = read_as_ever,
                                             .program = program,
                                             .erase = erase };

static void begin(struct device *d, const struct bh_product *product,
                  const struct bh_rescue *rescue)
{
    struct bh_product with = *product;

    with.rescue = rescue;
    memset(&worn, 0, sizeof worn);
    device_open(d, &with, NULL);
    worn.product = &d->w.product;
    for (uint8_t i = 0; i < d->w.n_chips; i++)
        d->w.chip[i].flash.ops = &wearing;
}

static void boot(struct device *d, uint64_t at)
{
    worn.at = at;
    worn.ops = worn.in_slots = 0;
    assert_true(sim_world_boot(&d->w));
    worn.at = 0;
}

/* The version in all primaries; 0: none, or not the same. */
static uint8_t version(struct device *d)
{
    uint8_t v = device_version(d, 0);

    for (uint8_t p = 1; p < d->w.product.n_pairs; p++)
        v = device_version(d, p) == v ? v : 0;
    return v;
}

static void ask(struct device *d, enum bh_request how)
{
    for (uint8_t p = 0; p < d->w.product.n_pairs; p++)
        device_stage(d, p, 2);
    device_request(d, (uint8_t)((1u << d->w.product.n_pairs) - 1u), how, BH_OK);
}

static void an_image_at_rest_starts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++) {
        struct bh_app_status status;
        struct device d;

        begin(&d, engine_products[i], NULL);
        for (int n = 0; n < 3; n++) {
            boot(&d, 1);
            assert_int_equal(d.w.boot.action, BH_BOOT_START);
            assert_int_equal(version(&d), 1);
            assert_int_equal(worn.ops, 0);
        }
        /* the application cannot stage, and is told; nothing was erased */
        worn.at = 1;
        worn.ops = worn.in_slots = 0;
        assert_true(sim_world_stage(&d.w, 0, d.image[0][2], d.len[0]));
        assert_int_equal(d.w.err, BH_ERR_IO);
        assert_int_equal(worn.in_slots, 0);
        worn.at = 0;
        assert_int_equal(bh_app_status(&d.w.product, &d.w.work, &status), BH_OK);
        assert_true(status.journal_found);
        device_close(&d);
    }
}

/* A request is not carried out, is told to have been refused for that reason, and costs no slot. */
static void nothing_is_begun(void **state)
{
    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++)
        for (int rescue = 0; rescue < 2; rescue++) {
            struct device d;

            begin(&d, engine_products[i], rescue ? &bh_rescue : NULL);
            ask(&d, BH_REQUEST_TEST);
            for (int n = 0; n < 4; n++) {
                boot(&d, 1);
                assert_int_equal(d.w.boot.action, BH_BOOT_START);
                assert_int_equal(d.w.boot.reason, BH_REASON_JOURNAL_DEAD);
                assert_int_equal(version(&d), 1);
                assert_int_equal(worn.in_slots, 0);
            }
            device_close(&d);
        }
}

/* Both halves fail from an operation on, in the boot that updates or in the one that reverts. */
static void an_act_ends_or_waits(void **state)
{
    unsigned ended = 0, dark = 0;

    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++)
        for (int rescue = 0; rescue < 2; rescue++)
            for (int reverting = 0; reverting < 2; reverting++)
                for (uint64_t at = 1, ops = 1; at <= ops; at += 1 + ops / 40) {
                    const struct bh_boot *b;
                    struct device d;
                    uint8_t runs;

                    begin(&d, engine_products[i], rescue ? &bh_rescue : NULL);
                    b = &d.w.boot;
                    ask(&d, BH_REQUEST_TEST);
                    for (int n = 0; reverting && n < d.w.product.trial_boots; n++)
                        boot(&d, 0);
                    boot(&d, at);
                    ops = worn.ops;
                    for (int n = 0; n < 6; n++)
                        boot(&d, 1);
                    runs = version(&d);
                    if (b->action == BH_BOOT_START) {
                        assert_true(runs == 1 || runs == 2);
                        ended++;
                    } else {
                        assert_int_equal(b->reason, BH_REASON_JOURNAL_DEAD);
                        dark++;
                    }
                    assert_false(rescue && d.w.product.plan->reverts && !runs);
                    for (int n = 0; n < 3; n++) {
                        boot(&d, 1);
                        assert_int_equal(worn.in_slots, 0);
                        assert_int_equal(version(&d), runs);
                    }
                    device_close(&d);
                }
    print_message("%u acts end, %u leave nothing to start\n", ended, dark);
    assert_true(ended > 500);
}

/* A person puts the old image back in a trial. */
static void the_mailbox_is_not_worn(void **state)
{
    struct device d;

    (void)state;
    begin(&d, engine_products[1], NULL);
    ask(&d, BH_REQUEST_TEST);
    boot(&d, 0);
    assert_int_equal(d.w.boot.journal.truth.state, BH_STATE_TRIAL);
    sim_world_install(&d.w, 0, d.image[0][1], d.len[0]);
    for (int n = 0; n < 4; n++) {
        boot(&d, 1);
        assert_int_equal(d.w.boot.action, BH_BOOT_START);
        assert_int_equal(version(&d), 1);
        assert_int_equal(worn.in_slots, 0);
    }
    device_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_at_rest_starts),
        cmocka_unit_test(nothing_is_begun),
        cmocka_unit_test(an_act_ends_or_waits),
        cmocka_unit_test(the_mailbox_is_not_worn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
