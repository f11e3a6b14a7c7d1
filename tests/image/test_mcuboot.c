/* SPDX-License-Identifier: Apache-2.0 */
/* What the MCUboot decoder makes of good and of malformed images, rule by rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "build_image.h"
#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"

/* Where things are in build_usual(). */
enum {
    PROTECTED = 64 + 100,    /* area head */
    SEC_CNT = PROTECTED + 4, /* entry heads */
    DEPENDENCY = SEC_CNT + 4 + 4,
    VENDOR = DEPENDENCY + 4 + 12,
    OPEN = VENDOR + 4 + 6, /* area head */
    DIGEST = OPEN + 4,
    KEYHASH = DIGEST + 4 + 32,
    SIGNATURE = KEYHASH + 4 + 32,
    END = SIGNATURE + 4 + 8,
};

static const enum bh_reason FINE = BH_REASON_NONE;

static void decodes_all_fields(void **state)
{
    struct built b;
    struct bh_view view;
    struct bh_image image;

    (void)state;
    build_usual(&b);
    bh_store32(b.bytes + BH_MCUBOOT_OFF_LOAD_ADDR, 0x08020000);
    bh_store32(b.bytes + BH_MCUBOOT_OFF_FLAGS, BH_MCUBOOT_F_ROM_FIXED);
    view = built_view(&b);
    assert_int_equal(b.len, END);
    assert_int_equal(bh_image_mcuboot.decode(&view, END, &image), FINE);
    assert_int_equal(image.len, END);
    assert_int_equal(image.entry_off, 64);
    assert_int_equal(image.payload_len, 100);
    assert_int_equal(image.flags, BH_MCUBOOT_F_ROM_FIXED);
    assert_int_equal(image.load_addr, 0x08020000);
    assert_true(image.fixed);
    assert_true(bh_image_runs_at(&image, 0x08020000));
    assert_false(bh_image_runs_at(&image, 0x08040000));
    assert_true(image.has_counter);
    assert_int_equal(image.counter, 7);
    assert_false(image.pure);
    assert_int_equal(image.hash_id, BH_HASH_SHA256);
    assert_int_equal(image.n_hashed, 1);
    assert_int_equal(image.hashed[0].off, 0);
    assert_int_equal(image.hashed[0].len, OPEN);
    assert_int_equal(image.digest_off, DIGEST + 4);
    assert_int_equal(image.version.major, 1);
    assert_int_equal(image.version.minor, 2);
    assert_int_equal(image.version.revision, 3);
    assert_int_equal(image.version.build, 4);
}

static void decodes_the_least_image(void **state)
{
    struct built b;
    struct bh_view view;
    struct bh_image image;
    struct bh_image_signature s;
    struct bh_image_dependency d;

    (void)state;
    build_header(&b, BH_MCUBOOT_HEADER_LEN, 0);
    build_area(&b, BH_MCUBOOT_TLV_MAGIC);
    view = built_view(&b);
    assert_int_equal(bh_image_mcuboot.decode(&view, b.len, &image), FINE);
    assert_int_equal(image.len, 36);
    assert_int_equal(image.hash_id, 0);
    assert_int_equal(image.hashed[0].len, 32);
    assert_false(image.has_counter);
    assert_false(image.fixed);
    assert_true(bh_image_runs_at(&image, 0x1234));
    assert_int_equal(bh_image_mcuboot.signature(&view, &image.tlvs, &s), BH_ERR_ABSENT);
    assert_int_equal(bh_mcuboot_dependency(&view, &image, 0, &d), BH_ERR_ABSENT);
}

/* One change of the usual image: bytes overwritten, an entry added, or another limit. */
struct wrong {
    const char *what;
    enum bh_reason why;
    struct {
        uint32_t off;
        uint8_t width; /* 0: nothing is overwritten */
        uint32_t value;
    } patch;
    struct {
        uint16_t area; /* 0: nothing is added */
        uint16_t type;
        uint16_t len;
        uint8_t first; /* data byte; the rest is 0 */
    } add;
    uint32_t cut; /* bytes that the limit falls short of the image */
};

#define PATCH(off, width, value) .patch = { off, width, value }
#define ADD(area, type, len, first) .add = { area, type, len, first }
#define IN_PROTECTED BH_MCUBOOT_TLV_PROTECTED_MAGIC
#define IN_OPEN BH_MCUBOOT_TLV_MAGIC

static const struct wrong wrongs[] = {
    /* header */
    { "erased header", BH_REASON_NO_IMAGE, PATCH(0, 4, 0xFFFFFFFF) },
    { "magic of format version 1", BH_REASON_NO_IMAGE, PATCH(0, 4, 0x96F3B83C) },
    { "less than a header", BH_REASON_NO_IMAGE, .cut = END - 31 },
    { "no bytes at all", BH_REASON_NO_IMAGE, .cut = END },
    { "payload inside the header", BH_REASON_HEADER, PATCH(8, 2, 31) },
    { "header of no bytes", BH_REASON_HEADER, PATCH(8, 2, 0) },
    { "position independent", BH_REASON_UNSUPPORTED, PATCH(16, 4, 0x001) },
    { "a flag nobody knows", BH_REASON_UNSUPPORTED, PATCH(16, 4, 0x80000000) },
    { "encrypted, AES-128", BH_REASON_UNSUPPORTED, PATCH(16, 4, 0x004) },
    { "encrypted, AES-256", BH_REASON_UNSUPPORTED, PATCH(16, 4, 0x008) },
    { "to be run from RAM", BH_REASON_UNSUPPORTED, PATCH(16, 4, 0x020) },
    { "compressed, LZMA1", BH_REASON_UNSUPPORTED, PATCH(16, 4, 0x200) },
    { "compressed, LZMA2", BH_REASON_UNSUPPORTED, PATCH(16, 4, 0x400) },
    { "filtered for Arm Thumb", BH_REASON_UNSUPPORTED, PATCH(16, 4, 0x800) },
    { "not bootable", BH_REASON_NOT_BOOTABLE, PATCH(16, 4, 0x010) },
    { "header longer than the limit", BH_REASON_TOO_BIG, PATCH(8, 2, 0xFFFF) },
    { "payload longer than the limit", BH_REASON_TOO_BIG, PATCH(12, 4, END) },
    { "payload length that wraps", BH_REASON_TOO_BIG, PATCH(12, 4, 0xFFFFFFFF) },
    { "payload length that wraps to 0", BH_REASON_TOO_BIG, PATCH(12, 4, 0u - 64) },
    { "payload just longer than the limit", BH_REASON_TOO_BIG, .cut = END - PROTECTED + 1 },
    { "fixed address is no fault in itself", FINE, PATCH(16, 4, 0x100) },
    { "pad bytes are no fault", FINE, PATCH(28, 4, 0x12345678) },
    /* areas */
    { "no room for the protected area", BH_REASON_TOO_BIG, .cut = END - PROTECTED },
    { "protected area cut short", BH_REASON_TOO_BIG, .cut = END - OPEN + 1 },
    { "no room for the open area", BH_REASON_TOO_BIG, .cut = END - OPEN },
    { "open area cut short", BH_REASON_TOO_BIG, .cut = 1 },
    { "open area where a protected one should be", BH_REASON_TLV, PATCH(PROTECTED, 2, 0x6907) },
    { "protected area where the open one should be", BH_REASON_TLV, PATCH(OPEN, 2, 0x6908) },
    { "no magic of the protected area", BH_REASON_TLV, PATCH(PROTECTED, 2, 0xFFFF) },
    { "no magic of the open area", BH_REASON_TLV, PATCH(OPEN, 2, 0xFFFF) },
    { "protected area, but the header says none", BH_REASON_TLV, PATCH(10, 2, 0) },
    { "protected area shorter than the header says", BH_REASON_TLV,
      PATCH(10, 2, OPEN - PROTECTED + 1) },
    { "protected area longer than the header says", BH_REASON_TLV,
      PATCH(10, 2, OPEN - PROTECTED - 1) },
    { "open area of 3 bytes", BH_REASON_TLV, PATCH(OPEN + 2, 2, 3) },
    { "open area of 0 bytes", BH_REASON_TLV, PATCH(OPEN + 2, 2, 0) },
    { "protected area of 0 bytes", BH_REASON_TLV, PATCH(PROTECTED + 2, 2, 0) },
    { "open area of 65535 bytes", BH_REASON_TOO_BIG, PATCH(OPEN + 2, 2, 0xFFFF) },
    { "half an entry head at the end", BH_REASON_TLV, PATCH(OPEN + 2, 2, SIGNATURE + 2 - OPEN) },
    /* entries */
    { "entry beyond its area", BH_REASON_TLV, PATCH(SIGNATURE + 2, 2, 9) },
    { "entry far beyond its area", BH_REASON_TLV, PATCH(SIGNATURE + 2, 2, 0xFFFF) },
    { "entry beyond the protected area", BH_REASON_TLV, PATCH(VENDOR + 2, 2, 7) },
    { "entry that leaves a remainder", BH_REASON_TLV, PATCH(SIGNATURE + 2, 2, 7) },
    { "digest of 31 bytes", BH_REASON_TLV, PATCH(DIGEST + 2, 2, 31) },
    { "SHA-384 of 32 bytes", BH_REASON_TLV, PATCH(DIGEST, 2, 0x11) },
    { "SHA-512 of 32 bytes", BH_REASON_TLV, PATCH(DIGEST, 2, 0x12) },
    { "two digests", BH_REASON_TLV, ADD(IN_OPEN, BH_MCUBOOT_TLV_SHA256, 32, 0) },
    { "two digests of two kinds", BH_REASON_TLV, ADD(IN_OPEN, BH_MCUBOOT_TLV_SHA512, 64, 0) },
    { "digest in the protected area does not count", FINE,
      ADD(IN_PROTECTED, BH_MCUBOOT_TLV_SHA512, 64, 0) },
    { "pure", FINE, ADD(IN_OPEN, BH_MCUBOOT_TLV_SIG_PURE, 1, 1) },
    { "pure that says no", BH_REASON_TLV, ADD(IN_OPEN, BH_MCUBOOT_TLV_SIG_PURE, 1, 0) },
    { "pure that says 2", BH_REASON_TLV, ADD(IN_OPEN, BH_MCUBOOT_TLV_SIG_PURE, 1, 2) },
    { "pure of 0 bytes", BH_REASON_TLV, ADD(IN_OPEN, BH_MCUBOOT_TLV_SIG_PURE, 0, 1) },
    { "pure of 2 bytes", BH_REASON_TLV, ADD(IN_OPEN, BH_MCUBOOT_TLV_SIG_PURE, 2, 1) },
    { "key hash of 31 bytes", BH_REASON_TLV, ADD(IN_OPEN, BH_MCUBOOT_TLV_KEYHASH, 31, 0) },
    { "key hash of 64 bytes", FINE, ADD(IN_OPEN, BH_MCUBOOT_TLV_KEYHASH, 64, 0) },
    { "whole public key", FINE, ADD(IN_OPEN, BH_MCUBOOT_TLV_PUBKEY, 91, 0x30) },
    { "LMS signature", FINE, ADD(IN_OPEN, BH_MCUBOOT_TLV_LMS, 200, 0) },
    { "signature of a kind given up", BH_REASON_TLV, ADD(IN_OPEN, 0x21, 60, 0) },
    { "counter in the open area", BH_REASON_TLV, ADD(IN_OPEN, BH_MCUBOOT_TLV_SEC_CNT, 4, 9) },
    { "dependency in the open area", BH_REASON_TLV,
      ADD(IN_OPEN, BH_MCUBOOT_TLV_DEPENDENCY, 12, 0) },
    { "boot record in the open area", BH_REASON_TLV,
      ADD(IN_OPEN, BH_MCUBOOT_TLV_BOOT_RECORD, 9, 0) },
    { "vendor entry in the open area", BH_REASON_TLV, ADD(IN_OPEN, 0x00A1, 6, 0) },
    { "wrapped key in the open area", BH_REASON_TLV,
      ADD(IN_OPEN, BH_MCUBOOT_TLV_ENC_EC256, 113, 4) },
    { "type that only looks like a digest", BH_REASON_TLV, ADD(IN_OPEN, 0x0110, 32, 0) },
    { "type that only looks like a signature", BH_REASON_TLV, ADD(IN_OPEN, 0x0122, 32, 0) },
    { "type that only looks like LMS", BH_REASON_TLV, ADD(IN_OPEN, 0x00A0, 32, 0) },
    { "type between key and digest", BH_REASON_TLV, ADD(IN_OPEN, 0x0F, 32, 0) },
    { "type between digest and signature", BH_REASON_TLV, ADD(IN_OPEN, 0x13, 80, 0) },
    { "type after the signatures", BH_REASON_TLV, ADD(IN_OPEN, 0x26, 1, 1) },
    { "type 0", BH_REASON_TLV, ADD(IN_OPEN, 0, 0, 0) },
    { "counter of 3 bytes", BH_REASON_TLV, PATCH(SEC_CNT + 2, 2, 3) },
    { "counter of 8 bytes", BH_REASON_TLV, PATCH(SEC_CNT + 2, 2, 8) },
    { "two counters", BH_REASON_TLV, ADD(IN_PROTECTED, BH_MCUBOOT_TLV_SEC_CNT, 4, 9) },
    { "dependency of 11 bytes", BH_REASON_TLV,
      ADD(IN_PROTECTED, BH_MCUBOOT_TLV_DEPENDENCY, 11, 0) },
    { "dependency of 13 bytes", BH_REASON_TLV,
      ADD(IN_PROTECTED, BH_MCUBOOT_TLV_DEPENDENCY, 13, 0) },
    { "anything else in the protected area", FINE, ADD(IN_PROTECTED, 0x1234, 50, 1) },
    { "empty vendor entry", FINE, ADD(IN_PROTECTED, 0x00A2, 0, 0) },
};

static void build_wrong(struct built *b, const struct wrong *w)
{
    uint8_t data[256] = { w->add.first };
    struct built usual;

    build_usual(&usual);
    *b = usual;
    if (w->add.area == IN_OPEN)
        build_entry(b, w->add.type, data, w->add.len);
    if (w->add.area == IN_PROTECTED) {
        b->len = OPEN;
        b->area = PROTECTED;
        build_entry(b, w->add.type, data, w->add.len);
        b->area = b->len;
        memcpy(b->bytes + b->len, usual.bytes + OPEN, END - OPEN);
        b->len += END - OPEN;
    }
    for (uint8_t i = 0; i < w->patch.width; i++)
        b->bytes[w->patch.off + i] = (uint8_t)(w->patch.value >> 8 * i);
}

static void refuses_by_the_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *w = &wrongs[i];
        struct bh_image image;
        struct bh_view view;
        enum bh_reason why;
        struct built b;

        build_wrong(&b, w);
        view = built_view(&b);
        why = bh_image_mcuboot.decode(&view, b.len - w->cut, &image);
        if (why != w->why)
            fail_msg("%s: \"%s\" instead of \"%s\"", w->what, bh_reason_text(why),
                     bh_reason_text(w->why));
    }
}

/* One decoder takes images for RAM too; but no image both stays where it lies and is copied. */
static void one_format_knows_images_for_ram(void **state)
{
    static const struct {
        uint32_t flags;
        enum bh_reason why, why_any;
        bool fixed, loaded;
    } cases[] = {
        { 0, FINE, FINE, false, false },
        { 0x100, FINE, FINE, true, false },
        { 0x020, BH_REASON_UNSUPPORTED, FINE, false, true },
        { 0x120, BH_REASON_UNSUPPORTED, BH_REASON_HEADER, false, false },
        { 0x024, BH_REASON_UNSUPPORTED, BH_REASON_UNSUPPORTED, false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bh_image image;
        struct bh_view view;
        struct built b;

        build_usual(&b);
        bh_store32(b.bytes + BH_MCUBOOT_OFF_LOAD_ADDR, 0x20001000);
        bh_store32(b.bytes + BH_MCUBOOT_OFF_FLAGS, cases[i].flags);
        view = built_view(&b);
        assert_int_equal(bh_image_mcuboot.decode(&view, b.len, &image), cases[i].why);
        assert_int_equal(bh_image_mcuboot_any.decode(&view, b.len, &image), cases[i].why_any);
        if (cases[i].why_any != FINE)
            continue;
        assert_int_equal(image.fixed, cases[i].fixed);
        assert_int_equal(image.loaded, cases[i].loaded);
        assert_int_equal(image.load_addr, 0x20001000);
    }
}

/* Wherever reading fails, the reason says so, and nothing is decoded by halves. */
static void says_when_flash_cannot_be_read(void **state)
{
    static const uint32_t where[] = { 1,          31,   PROTECTED,  SEC_CNT,
                                      VENDOR + 3, OPEN, DIGEST + 1, SIGNATURE };
    struct bh_image image;

    (void)state;
    for (size_t i = 0; i < sizeof where / sizeof where[0]; i++) {
        struct built b;
        struct bh_view view;

        build_usual(&b);
        b.read_fails = where[i];
        view = built_view(&b);
        assert_int_equal(bh_image_mcuboot.decode(&view, b.len, &image), BH_REASON_READ);
    }
}

static void a_signature_belongs_to_the_key_before_it(void **state)
{
    static const uint8_t id[64] = { 1 };
    struct bh_image_signature s;
    struct bh_image image;
    struct bh_view view;
    struct built b;
    uint32_t second;
    uint32_t third;

    (void)state;
    build_usual(&b);
    build_entry(&b, BH_MCUBOOT_TLV_ED25519, id, 64); /* nobody's: the name before is used up */
    build_entry(&b, BH_MCUBOOT_TLV_KEYHASH, id, 32);
    second = b.len;
    build_entry(&b, BH_MCUBOOT_TLV_KEYHASH, id, 64);
    third = b.len;
    build_entry(&b, BH_MCUBOOT_TLV_RSA2048_PSS, id, 64);
    build_entry(&b, BH_MCUBOOT_TLV_KEYHASH, id, 32);
    build_entry(&b, BH_MCUBOOT_TLV_PUBKEY, id,
                44); /* names no key that a product could know by id */
    build_entry(&b, BH_MCUBOOT_TLV_LMS, id, 60);
    view = built_view(&b);
    assert_int_equal(bh_image_mcuboot.decode(&view, b.len, &image), FINE);

    assert_int_equal(bh_image_mcuboot.signature(&view, &image.tlvs, &s), BH_OK);
    assert_int_equal(s.id, BH_SIG_P256);
    assert_int_equal(s.key_id_off, KEYHASH + 4);
    assert_int_equal(s.bytes.off, SIGNATURE + 4);
    assert_int_equal(s.bytes.len, 8);
    assert_int_equal(bh_image_mcuboot.signature(&view, &image.tlvs, &s), BH_OK);
    assert_int_equal(s.id, BH_SIG_RSA2048);
    assert_int_equal(s.key_id_off, second + 4);
    assert_int_equal(s.bytes.off, third + 4);
    assert_int_equal(bh_image_mcuboot.signature(&view, &image.tlvs, &s), BH_OK);
    assert_int_equal(s.id, BH_SIG_LMS);
    assert_int_equal(s.key_id_off, 0);
    assert_int_equal(bh_image_mcuboot.signature(&view, &image.tlvs, &s), BH_ERR_ABSENT);
}

static void finds_dependencies_in_order(void **state)
{
    static const uint8_t second[12] = { 3, 0, 0, 0, 9, 8, 7, 1, 0xFF, 0xFF, 0xFF, 0xFF };
    struct bh_image_dependency d;
    struct bh_image image;
    struct bh_view view;
    struct built b;

    (void)state;
    build_usual(&b);
    b.len = OPEN;
    b.area = PROTECTED;
    build_entry(&b, BH_MCUBOOT_TLV_DEPENDENCY, second, sizeof second);
    build_area(&b, BH_MCUBOOT_TLV_MAGIC);
    view = built_view(&b);
    assert_int_equal(bh_image_mcuboot.decode(&view, b.len, &image), FINE);
    assert_int_equal(bh_mcuboot_dependency(&view, &image, 0, &d), BH_OK);
    assert_int_equal(d.pair, 1);
    assert_int_equal(d.version.major, 4);
    assert_int_equal(d.version.minor, 3);
    assert_int_equal(d.version.revision, 2);
    assert_int_equal(d.version.build, 1);
    assert_int_equal(bh_mcuboot_dependency(&view, &image, 1, &d), BH_OK);
    assert_int_equal(d.pair, 3);
    assert_int_equal(d.version.major, 9);
    assert_int_equal(d.version.minor, 8);
    assert_int_equal(d.version.revision, 0x107);
    assert_int_equal(d.version.build, UINT32_MAX);
    assert_int_equal(bh_mcuboot_dependency(&view, &image, 2, &d), BH_ERR_ABSENT);
}

/* The entries are walked again after they were checked, and flash may have changed by then. */
static void walks_changed_flash_within_bounds(void **state)
{
    struct bh_image_signature s;
    struct bh_image_dependency d;
    struct bh_image image;
    struct bh_view view;
    struct built b;

    (void)state;
    build_usual(&b);
    view = built_view(&b);
    assert_int_equal(bh_image_mcuboot.decode(&view, b.len, &image), FINE);
    bh_store16(b.bytes + DIGEST + 2, 0xFFFF);
    bh_store16(b.bytes + SEC_CNT + 2, 0xFFFF);
    assert_int_equal(bh_image_mcuboot.signature(&view, &image.tlvs, &s), BH_ERR_IO);
    assert_int_equal(bh_mcuboot_dependency(&view, &image, 0, &d), BH_ERR_IO);
    build_usual(&b);
    view = built_view(&b);
    b.read_fails = KEYHASH + 1;
    assert_int_equal(bh_image_mcuboot.signature(&view, &image.tlvs, &s), BH_ERR_IO);
    b.read_fails = DEPENDENCY + 5;
    assert_int_equal(bh_mcuboot_dependency(&view, &image, 0, &d), BH_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_all_fields),
        cmocka_unit_test(decodes_the_least_image),
        cmocka_unit_test(refuses_by_the_rule),
        cmocka_unit_test(one_format_knows_images_for_ram),
        cmocka_unit_test(says_when_flash_cannot_be_read),
        cmocka_unit_test(a_signature_belongs_to_the_key_before_it),
        cmocka_unit_test(finds_dependencies_in_order),
        cmocka_unit_test(walks_changed_flash_within_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
