/* SPDX-License-Identifier: Apache-2.0 */
/* wolfBoot's application calls over ours, on the sample layout where wolfBoot's own trigger erases
 * the image that it is asked to install: products/stm32f407_wolfboot.layout.yml, with its mailbox
 * and without one. */
#include "bulkhead/bytes.h"
#include "bulkhead/compat/wolfboot.h"
#include "bulkhead/mailbox_wolfboot.h"
#include "sim/image.h"
#include "sim/world.h"
#include "tests/samples/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define LEN 100000u

static struct sim_world w;
const struct bh_product *const wolfboot_product = &w.product;
struct bh_work *const wolfboot_work = &w.work;

static struct sample sample;
static uint8_t image[4][LEN];
static int result;

static void open_device(bool mailbox)
{
    struct bh_product product;

    sample_open(&sample, "stm32f407_wolfboot");
    product = sample.built.product;
    product.policy = sim_quick_policy(&product.policy);
    if (!mailbox) {
        product.mailbox = NULL;
        product.adopt = NULL;
    }
    for (uint8_t v = 1; v < 4; v++)
        sim_image_make_as(image[v], LEN,
                          &(struct sim_image){ .major = v, .seed = v, .wolfboot = 256 });
    if (sim_world_open(&w, &product, NULL))
        fail_msg("%s", w.why);
    sim_world_install(&w, 0, image[1], LEN);
}

static void close_device(void)
{
    assert_null(sim_world_misuse(&w));
    sim_world_close(&w);
    sample_close(&sample);
}

/* A call of the application's, with the power on. */
static void trigger(void *context)
{
    (void)context;
    result = wolfBoot_update_trigger();
}

static void success(void *context)
{
    (void)context;
    result = wolfBoot_success();
}

static void erase(void *context)
{
    result = wolfBoot_erase_partition(*(const uint8_t *)context);
}

static int call(void (*what)(void *context), uint8_t part)
{
    assert_true(sim_power_run(&w.power, what, &part));
    return result;
}

/* hal_flash_write() into UPDATE, as the application did before. */
static void write_image(void *context)
{
    const uint8_t *bytes = context;

    result = bh_region_program(&w.pairs[0].secondary, 0, bytes, LEN);
}

static void upload(uint8_t v)
{
    assert_int_equal(call(erase, PART_UPDATE), BH_OK);
    assert_int_equal(wolfBoot_update_firmware_version(), 0);
    assert_true(sim_power_run(&w.power, write_image, image[v]));
    assert_int_equal(result, BH_OK);
    assert_int_equal(wolfBoot_update_firmware_version(), (uint32_t)v << 24);
}

/* States, -1 for none; where there are trailers, wolfBoot's own library would read the same. */
static void states(int boot, int update)
{
    const int want[] = { boot, update };

    for (uint8_t part = PART_BOOT; part <= PART_UPDATE; part++) {
        uint8_t st = 0x55;

        assert_int_equal(wolfBoot_get_partition_state(part, &st), want[part] < 0 ? -1 : 0);
        assert_int_equal(st, want[part] < 0 ? 0x55 : want[part]);
    }
}

static void boots(uint8_t v)
{
    assert_true(sim_world_boot(&w));
    assert_int_equal(w.boot.action, BH_BOOT_START);
    assert_int_equal(wolfBoot_current_firmware_version(), (uint32_t)v << 24);
    assert_true(sim_world_runs(&w, 0, image[v], LEN));
}

static void live(void)
{
    states(-1, -1); /* no bootloader ran yet */
    boots(1);
    states(IMG_STATE_SUCCESS, -1);
    upload(2);
    states(IMG_STATE_SUCCESS, -1);
    assert_int_equal(call(trigger, 0), BH_OK);
    assert_int_equal(wolfBoot_update_firmware_version(), 0x02000000); /* it is still there */
    states(IMG_STATE_SUCCESS, IMG_STATE_UPDATING);
    boots(2);
    states(IMG_STATE_TESTING, -1);
    assert_int_equal(call(trigger, 0), BH_ERR_STATE); /* the way back is not for sale */
    assert_int_equal(call(erase, PART_UPDATE), BH_ERR_STATE);
    boots(1);
    states(IMG_STATE_SUCCESS, -1);
    assert_int_equal(call(trigger, 0), BH_OK);
    boots(2);
    assert_int_equal(call(success, 0), BH_OK);
    states(IMG_STATE_SUCCESS, -1);
    assert_int_equal(call(success, 0), BH_OK);
    boots(2);
    states(IMG_STATE_SUCCESS, -1);
    upload(3);
    assert_int_equal(call(trigger, 0), BH_OK);
    upload(1); /* withdraws the request */
    states(IMG_STATE_SUCCESS, -1);
    boots(2);
    assert_int_equal(call(trigger, 0), BH_OK); /* of an older one */
    boots(2);
    assert_int_equal(w.boot.journal.truth.reason, BH_REASON_DOWNGRADE);
    states(IMG_STATE_SUCCESS, -1);
    assert_int_equal(call(erase, PART_UPDATE), BH_OK);
    assert_int_equal(call(trigger, 0), BH_ERR_ABSENT);
    boots(2);
}

static void a_life_on_the_sample_layout(void **state)
{
    (void)state;
    for (int mailbox = 0; mailbox < 2; mailbox++) {
        open_device(mailbox);
        live();
        close_device();
    }
}

/* Nothing but UPDATE can be erased: the running image least of all. */
static void no_other_partition_is_erased(void **state)
{
    (void)state;
    open_device(true);
    boots(1);
    for (unsigned part = 0; part < 256; part++)
        if (part != PART_UPDATE)
            assert_int_equal(call(erase, (uint8_t)part), BH_ERR_RANGE);
    boots(1);
    assert_int_equal(w.power.ops, 0);
    close_device();
}

static void no_other_partition_answers(void **state)
{
    uint8_t st = 0x55;

    (void)state;
    open_device(true);
    boots(1);
    for (unsigned part = PART_SWAP; part < 256; part++) {
        assert_int_equal(wolfBoot_get_partition_state((uint8_t)part, &st), -1);
        assert_int_equal(wolfBoot_get_image_version((uint8_t)part), 0);
        assert_int_equal(wolfBoot_get_image_type((uint8_t)part), 0);
    }
    assert_int_equal(st, 0x55);
    assert_int_equal(wolfBoot_get_image_type(PART_BOOT), 0xFF01);
    close_device();
}

/* --- entries of a header ------------------------------------------------------------------- */

static void entries_are_found(void **state)
{
    uint8_t header[256], *value;

    (void)state;
    open_device(true);
    memset(header, 0xFF, sizeof header);
    memcpy(header, image[1], sizeof header);
    assert_int_equal(wolfBoot_find_header(header + 8, HDR_VERSION, &value), 4);
    assert_int_equal(bh_load32(value), 0x01000000);
    assert_int_equal(wolfBoot_find_header(header + 8, HDR_IMG_TYPE, &value), 2);
    assert_int_equal(bh_load16(value), 0xFF01);
    assert_int_equal(wolfBoot_find_header(header + 8, HDR_SHA256, &value), 32);
    assert_int_equal(wolfBoot_find_header(header + 8, HDR_TIMESTAMP, &value), 0);
    assert_null(value);
    close_device();
}

/* Whatever the bytes are, nothing after the header is read. The header ends where the memory does,
 * so that a sanitizer would see it. */
static void no_entry_leads_out_of_a_header(void **state)
{
    uint32_t noise = 1;

    (void)state;
    open_device(true);
    for (int round = 0; round < 20000; round++) {
        uint8_t *header = malloc(256), *value;
        uint16_t len;

        assert_non_null(header);
        for (int i = 0; i < 256; i++) {
            noise = noise * 1664525u + 1013904223u;
            header[i] = noise >> 30 ? (uint8_t)(noise >> 24) & 0x07 : 0xFF;
        }
        if (round % 2) /* an entry whose length is near the end */
            bh_store16(header + 8 + 2, (uint16_t)(236 + round % 16));
        len = wolfBoot_find_header(header + 8, (uint16_t)(round % 8), &value);
        assert_true(value ? value > header && value + len <= header + 256 : len == 0);
        free(header);
    }
    close_device();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_life_on_the_sample_layout),
        cmocka_unit_test(no_other_partition_is_erased),
        cmocka_unit_test(no_other_partition_answers),
        cmocka_unit_test(entries_are_found),
        cmocka_unit_test(no_entry_leads_out_of_a_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
