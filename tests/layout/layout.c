/* SPDX-License-Identifier: Apache-2.0 */
/* host/layout as a library: what a program gets of a layout file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_espressif.h"
#include "bulkhead/image_mcuboot.h"
#include "bulkhead/rules.h"
#include "host/keys.h"
#include "host/layout/layout.h"

#define DATA BULKHEAD_TEST_DATA "/data/"
#define NO_FILES (&(struct layout_options){ .no_files = true })

static const char unsigned_boot[] =
    "layout: 1\n"
    "product: three\n"
    "devices:\n"
    "  internal: {size: 1M, pages: 4K, unit: 8, mapped: 0x08000000}\n"
    "  nor: {size: 2M, pages: 8K, unit: 1, mapped: no, driver: spi_nor}\n"
    "partitions:\n"
    "  bootloader: {size: 32K}\n"
    "  a: {size: auto}\n"
    "  b: {size: auto}\n"
    "  p0: {size: 256K}\n"
    "  p1: {size: 128K}\n"
    "  p2: {size: 64K}\n"
    "  s0: {region: nor, size: 264K}\n"
    "  s1: {region: nor, size: 144K}\n"
    "  s2: {region: nor, size: 72K}\n"
    "boot:\n"
    "  slots:\n"
    "    app: {primary: p0, secondary: s0, spare: first of secondary, format: mcuboot}\n"
    "    radio: {primary: p1, secondary: s1, spare: last of secondary, format: mcuboot,\n"
    "            optional: yes, vendor_id: example.com, class_id: radio}\n"
    "    model: {primary: p2, secondary: s2, spare: last of secondary, format: mcuboot}\n"
    "  journal: [a, b]\n"
    "  hash: sha512\n"
    "  allow_unsigned: yes\n"
    "  allow_downgrade: yes\n"
    "  need_counter: yes\n"
    "  trial_boots: 3\n";

static void load(struct layout *l, const char *text)
{
    struct host_error e;

    assert_int_equal(layout_load_text(l, "three.yml", text, strlen(text), NULL, &e), HOST_OK);
}

static void product(void **state)
{
    struct layout l;
    struct layout_product p;
    struct host_error e;
    const struct bh_pair *pair;

    (void)state;
    load(&l, unsigned_boot);
    assert_int_equal(layout_product(&l, &p, &e), HOST_OK);
    assert_int_equal(bh_product_check(&p.product, l.boot.cuts, NULL, NULL), 0);
    assert_string_equal(p.product.name, "three");
    assert_int_equal(p.product.layout, layout_identity(&l));
    assert_int_equal(p.product.n_pairs, 3);
    assert_int_equal(p.product.trial_boots, 3);
    assert_ptr_equal(p.product.plan, &bh_plan_swap);
    assert_null(p.product.mailbox);
    assert_ptr_equal(p.product.policy.hash, &bh_sha512);
    assert_ptr_equal(p.product.policy.formats[0], &bh_image_mcuboot);
    assert_null(p.product.policy.formats[1]);
    assert_ptr_equal(p.product.policy.dependencies, bh_dependencies);
    assert_ptr_equal(p.product.policy.ids, bh_ids_mcuboot);
    assert_true(p.product.policy.allow_unsigned && p.product.policy.allow_downgrade &&
                p.product.policy.need_counter);
    assert_int_equal(p.product.policy.n_keys, 0);
    assert_int_equal(p.product.bootloader.len, 32 * 1024);

    pair = &p.product.pairs[0]; /* pages of 4 KB and 8 KB: chunks of 8 KB */
    assert_int_equal(pair->chunk, 8 * 1024);
    assert_int_equal(pair->staged_off, 8 * 1024);
    assert_int_equal(pair->spare.off, pair->secondary.off);
    assert_int_equal(pair->image_max, 256 * 1024);
    assert_false(pair->optional);
    pair = &p.product.pairs[1];
    assert_int_equal(pair->staged_off, 0);
    assert_int_equal(pair->spare.off, pair->secondary.off + 136 * 1024);
    assert_int_equal(pair->spare.len, 8 * 1024);
    assert_int_equal(pair->image_max, 128 * 1024);
    assert_true(pair->optional);
    assert_non_null(pair->vendor_id);
    assert_non_null(pair->class_id);
    assert_ptr_equal(pair->secondary.flash, &l.devices[1].flash);
    assert_int_equal(pair->secondary.flash->unit, 1);

    layout_product_free(&p);
    layout_product_free(&p); /* twice does no harm */
    layout_free(&l);
    layout_free(&l);
}

/* An image names its key by the product's hash of it. */
static void key_by_hash(void **state)
{
    static const struct {
        unsigned bits;
        const char *file;
        const struct bh_signature_algo *algo;
    } rows[] = { { 256, "development-p256.pem", &bh_p256 },
                 { 256, "development-rsa2048.pem", &bh_rsa2048 },
                 { 512, "development-ed25519.pem", &bh_ed25519 } };
    static const char folder[] = BULKHEAD_TEST_DATA "/../../ports/keys/";
    struct host_key key;
    struct host_error e;
    char path[512];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct layout l;
        struct layout_product p;
        uint8_t digest[64];
        char text[2048];
        const char *hash = strstr(unsigned_boot, "  hash: sha512\n  allow_unsigned: yes\n");

        snprintf(path, sizeof path, "%s%s", folder, rows[i].file);
        assert_int_equal(host_key_load(path, NULL, &key, &e), HOST_OK);
        assert_non_null(hash);
        snprintf(text, sizeof text, "%.*s  hash: sha%u\n  keys: [%s]\n",
                 (int)(hash - unsigned_boot), unsigned_boot, rows[i].bits, path);
        load(&l, text);
        assert_int_equal(layout_product(&l, &p, &e), HOST_OK);
        assert_int_equal(p.product.policy.n_keys, 1);
        assert_ptr_equal(p.product.policy.keys[0].algo, rows[i].algo);
        host_sha(rows[i].bits, key.der, key.der_len, digest);
        assert_memory_equal(p.product.policy.keys[0].id, digest, BH_KEY_ID_LEN);
        assert_memory_equal(p.product.policy.keys[0].bytes, key.bytes, key.len);
        layout_product_free(&p);
        layout_free(&l);
        host_key_free(&key);
    }
}

static void select_product(void **state)
{
    struct layout l;
    struct layout_product p;
    struct host_error e;

    (void)state;
    assert_int_equal(layout_load(&l, DATA "gateway.layout.yml", NO_FILES, &e), HOST_OK);
    assert_int_equal(layout_product(&l, &p, &e), HOST_BAD_LAYOUT);
    layout_product_free(&p);
    /* Its key is not in the folder: that is told now. */
    assert_int_not_equal(layout_select(&l, &p, &e), HOST_OK);
    layout_product_free(&p);
    l.boot.n_keys = 0;
    l.boot.allow_unsigned = true;
    assert_int_equal(layout_select(&l, &p, &e), HOST_OK);
    assert_int_equal(p.select.table_off, 0x8000);
    assert_ptr_equal(p.select.flash, &l.devices[0].flash);
    assert_true(p.select.rollback);
    assert_int_equal(p.select.trial_boots, 1);
    assert_ptr_equal(p.select.chip, &bh_espressif_esp32);
    assert_ptr_equal(p.select.policy.formats[0], &bh_image_espressif);
    layout_product_free(&p);
    layout_free(&l);
}

/* An empty product is an error, not a product that starts anything. */
static void no_product(void **state)
{
    struct layout l;
    struct layout_product p;
    struct host_error e;
    static const char bad[] = "layout: 1\nproduct: x\n";

    (void)state;
    assert_int_equal(layout_load_text(&l, "x", bad, strlen(bad), NULL, &e), HOST_BAD_LAYOUT);
    assert_int_equal(layout_product(&l, &p, &e), HOST_BAD_LAYOUT);
    assert_non_null(strstr(e.text, "the layout has errors"));
    layout_product_free(&p);
    layout_free(&l);
    assert_int_equal(layout_load(&l, DATA "not-there.yml", NULL, &e), HOST_BAD_INPUT);
    layout_free(&l);
}

static void questions(void **state)
{
    struct layout l;
    struct host_error e;
    int order[32];
    size_t n;

    (void)state;
    assert_int_equal(layout_load(&l, DATA "tracker.layout.yml", NO_FILES, &e), HOST_OK);
    n = layout_order(&l, layout_find_device(&l, "internal"), order);
    assert_int_equal(n, 8);
    assert_string_equal(l.partitions[order[3]].name, "mcuboot_primary");
    assert_string_equal(l.partitions[order[4]].name, "mcuboot_pad");
    assert_int_equal(l.partitions[order[4]].depth, 1);
    assert_int_equal(l.partitions[order[4]].parent, order[3]);
    assert_int_equal(layout_find_partition(&l, "nothing"), LAYOUT_NONE);
    assert_int_equal(layout_find_slot(&l, "app"), 0);
    assert_int_equal(l.partitions[layout_find_partition(&l, "app")].at.line, 26);
    layout_free(&l);
}

static int read_ram(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    memcpy(buf, (const uint8_t *)f->context + off, len);
    return BH_OK;
}

/* An image for that address: header, 16 bytes, and a TLV area with a digest. */
static void ram_image(uint8_t out[100], uint32_t address)
{
    static const uint8_t tlvs[] = { 0x07, 0x69, 40, 0, 0x10, 0, 32, 0 };

    memset(out, 0, 100);
    bh_store32(out, 0x96f3b83d);
    bh_store32(out + 4, address);
    bh_store16(out + 8, 32);
    bh_store32(out + 12, 16);
    bh_store32(out + 16, 0x20); /* MCUboot's RAM_LOAD */
    memcpy(out + 48, tlvs, sizeof tlvs);
}

/* A program may load many layouts whose images go to different places in RAM: each has a format
 * of its own, which takes images for its place alone. There is room for 16. */
static void places_in_ram(void **state)
{
    struct layout l[17];
    struct layout_product p[17];
    struct host_error e;
    char text[2000];

    (void)state;
    for (unsigned i = 0; i < 17; i++) {
        int len = snprintf(text, sizeof text,
                           "layout: 1\nproduct: x\ndevices:\n"
                           "  internal: {size: 1M, pages: 4K, unit: 1, mapped: 0x20000000,\n"
                           "             ram: {address: 0x40000000, size: 32M}}\n"
                           "partitions:\n  bootloader: {size: 64K}\n  a: {size: 8K}\n"
                           "  b: {size: 8K}\n  one: {size: 64K}\n  two: {size: 68K}\n"
                           "boot:\n  slots:\n    app: {primary: one, secondary: two,\n"
                           "          spare: first of secondary, format: mcuboot, header: 0x200,\n"
                           "          load: {address: 0x%x, size: 64K}}\n"
                           "  journal: [a, b]\n  allow_unsigned: yes\n",
                           0x41000000 + i * 0x10000);

        assert_true(len > 0 && (size_t)len < sizeof text);
        assert_int_equal(layout_load_text(&l[i], "x.yml", text, (size_t)len, NULL, &e), HOST_OK);
        assert_int_equal(layout_product(&l[i], &p[i], &e), i < 16 ? HOST_OK : HOST_FAILED);
    }
    for (unsigned i = 0; i < 16; i++)
        for (unsigned k = 0; k < 16; k++) {
            const struct bh_flash_ops ops = { .read = read_ram };
            uint8_t bytes[100];
            struct bh_flash flash = { .ops = &ops, .size = 100, .unit = 1, .context = bytes };
            struct bh_region region = { &flash, 0, 100 };
            struct bh_view view = bh_view_of(&region);
            struct bh_image image;

            ram_image(bytes, 0x41000000 + k * 0x10000);
            assert_int_equal(p[i].product.policy.formats[0]->decode(&view, 100, &image),
                             i == k ? BH_REASON_NONE : BH_REASON_WRONG_SLOT);
        }
    for (unsigned i = 0; i < 17; i++) {
        layout_product_free(&p[i]);
        layout_free(&l[i]);
    }
}

/* The seed of the hash table changes nothing. */
static void any_hash(void **state)
{
    struct host_error e;
    uint32_t first = 0;

    (void)state;
    for (unsigned seed = 0; seed < 50; seed++) {
        struct layout_options options = { .hash_seed = seed * 0x9E3779B9u };
        struct layout l;

        assert_int_equal(
            layout_load_text(&l, "three.yml", unsigned_boot, strlen(unsigned_boot), &options, &e),
            HOST_OK);
        if (seed == 0)
            first = layout_identity(&l);
        assert_int_equal(layout_identity(&l), first);
        layout_free(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(product),        cmocka_unit_test(key_by_hash),
        cmocka_unit_test(select_product), cmocka_unit_test(no_product),
        cmocka_unit_test(questions),      cmocka_unit_test(places_in_ram),
        cmocka_unit_test(any_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
