/* SPDX-License-Identifier: Apache-2.0 */
/* The partition table in flash. Vectors: what ESP-IDF v6.0.2's gen_esp32part.py writes for its
 * built-in single-app table, and for an empty one. */
#include "bulkhead/bytes.h"
#include "bulkhead/table.h"
#include "src/table/md5.h"
#include "ram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#define SIZE (4u << 20)

static uint8_t bytes[SIZE];
static struct ram ram;

static const struct bh_partition single_app[] = {
    { BH_TYPE_DATA, BH_DATA_NVS, 0x9000, 0x6000, 0, "nvs" },
    { BH_TYPE_DATA, 0x01, 0xF000, 0x1000, 0, "phy_init" },
    { BH_TYPE_APP, BH_APP_FACTORY, 0x10000, 0x100000, 0, "factory" },
};

static uint8_t *row_at(unsigned index)
{
    return bytes + BH_TABLE_OFF + index * BH_TABLE_ROW;
}

static void put_md5(unsigned index)
{
    struct bh_md5 m;

    bh_md5_init(&m);
    bh_md5_update(&m, row_at(0), index * BH_TABLE_ROW);
    memset(row_at(index), 0xFF, 16);
    memset(row_at(index), 0xEB, 2);
    bh_md5_final(&m, row_at(index) + 16);
}

/* n partitions and an MD5 row into blank flash. */
static void put(const struct bh_partition *partitions, unsigned n)
{
    memset(bytes, 0xFF, sizeof bytes);
    ram_init(&ram, bytes, SIZE);
    for (unsigned i = 0; i < n; i++)
        bh_partition_encode(&partitions[i], row_at(i));
    put_md5(n);
}

static int open_as(enum bh_table_rules rules, struct bh_table *t, struct bh_table_fault *fault)
{
    return bh_table_open(t, &ram.flash, BH_TABLE_OFF, rules, fault);
}

static void expect(enum bh_table_rules rules, enum bh_table_why why, unsigned row)
{
    struct bh_table t;
    struct bh_table_fault fault;

    assert_int_equal(open_as(rules, &t, &fault) == BH_OK, why == BH_TABLE_GOOD);
    assert_int_equal(fault.why, why);
    if (why)
        assert_int_equal(fault.row, row);
}

static void digest_of(const char *text, char hex[33])
{
    struct bh_md5 m;
    uint8_t digest[16];

    bh_md5_init(&m);
    bh_md5_update(&m, text, strlen(text));
    bh_md5_final(&m, digest);
    for (int i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* RFC 1321, A.5. */
static void test_md5(void **state)
{
    static const struct {
        const char *text, *hex;
    } cases[] = {
        { "", "d41d8cd98f00b204e9800998ecf8427e" },
        { "a", "0cc175b9c0f1b6a831c399e269772661" },
        { "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
        { "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
          "57edf4a22be3c955ac49da2e2107b67a" },
    };
    char hex[33];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        digest_of(cases[i].text, hex);
        assert_string_equal(hex, cases[i].hex);
    }
}

static void test_bytes_of_original(void **state)
{
    static const uint8_t row0[32] = { 0xAA, 0x50, 0x01, 0x02, 0,   0x90, 0,  0,
                                      0,    0x60, 0,    0,    'n', 'v',  's' };
    static const uint8_t digest[16] = { 0xF4, 0xAD, 0x4F, 0x45, 0x38, 0x56, 0x4B, 0x5D,
                                        0x74, 0x35, 0xB6, 0x2C, 0x75, 0xB6, 0x95, 0x24 };

    (void)state;
    put(single_app, 3);
    assert_memory_equal(row_at(0), row0, 32);
    assert_memory_equal(row_at(3) + 16, digest, 16);
}

static void test_find(void **state)
{
    struct bh_table t;
    struct bh_partition p;

    (void)state;
    put(single_app, 3);
    assert_int_equal(open_as(BH_TABLE_STRICT, &t, NULL), BH_OK);
    assert_int_equal(t.rows, 4);
    assert_true(t.md5);
    assert_int_equal(bh_table_find_label(&t, "phy_init", &p), BH_OK);
    assert_int_equal(p.off, 0xF000);
    assert_int_equal(bh_table_find_label(&t, "phy", &p), BH_ERR_ABSENT);
    assert_int_equal(bh_table_find(&t, BH_TYPE_DATA, BH_SUBTYPE_ANY, 1, &p), BH_OK);
    assert_string_equal(p.label, "phy_init");
    assert_int_equal(bh_table_find(&t, BH_TYPE_DATA, BH_SUBTYPE_ANY, 2, &p), BH_ERR_ABSENT);
    assert_int_equal(bh_table_find(&t, BH_TYPE_APP, BH_APP_FACTORY, 0, &p), BH_OK);
    assert_int_equal(p.len, 0x100000);
}

static void test_label_of_16_has_no_end(void **state)
{
    struct bh_partition in = single_app[0], out;
    struct bh_table t;

    (void)state;
    memcpy(in.label, "sixteen_letters_", 17);
    put(&in, 1);
    assert_int_equal(open_as(BH_TABLE_STRICT, &t, NULL), BH_OK);
    assert_int_equal(bh_table_find_label(&t, "sixteen_letters_", &out), BH_OK);
}

static void test_access(void **state)
{
    struct bh_partition rows[3], p;
    struct bh_table t;
    uint8_t two[2] = { 1, 2 }, back[2];

    (void)state;
    memcpy(rows, single_app, sizeof rows);
    rows[1].flags = BH_PARTITION_READONLY;
    put(rows, 3);
    assert_int_equal(open_as(BH_TABLE_STRICT, &t, NULL), BH_OK);
    assert_int_equal(bh_table_find_label(&t, "nvs", &p), BH_OK);
    assert_int_equal(bh_partition_write(&t, &p, 0x5FFE, two, 2), BH_OK);
    assert_int_equal(bh_partition_write(&t, &p, 0x5FFF, two, 2), BH_ERR_RANGE);
    assert_int_equal(bh_partition_write(&t, &p, 0xFFFFFFFF, two, 2), BH_ERR_RANGE);
    assert_int_equal(bh_partition_read(&t, &p, 0x5FFE, back, 2), BH_OK);
    assert_memory_equal(back, two, 2);
    assert_int_equal(bh_partition_erase(&t, &p, 0, 0x800), BH_ERR_ALIGN);
    assert_int_equal(bh_partition_erase(&t, &p, 0x5000, 0x1000), BH_OK);
    assert_int_equal(bytes[0x9000 + 0x5FFE], 0xFF);

    ram.programs = ram.erases = 0;
    assert_int_equal(bh_table_find_label(&t, "phy_init", &p), BH_OK);
    assert_int_equal(bh_partition_write(&t, &p, 0, two, 2), BH_ERR_STATE);
    assert_int_equal(bh_partition_erase(&t, &p, 0, 0x1000), BH_ERR_STATE);
    assert_int_equal(ram.programs + ram.erases, 0);
    assert_int_equal(bh_partition_read(&t, &p, 0xFFE, back, 2), BH_OK);
    assert_int_equal(bh_partition_read(&t, &p, 0xFFF, back, 2), BH_ERR_RANGE);

    /* any other flag forbids nothing */
    p.flags = ~BH_PARTITION_READONLY;
    assert_int_equal(bh_partition_write(&t, &p, 0, two, 2), BH_OK);
    assert_int_equal(bh_partition_erase(&t, &p, 0, 0x1000), BH_OK);
}

/* Each fault has a sentence of its own, and no other number has one. */
static void test_words(void **state)
{
    const char *unknown = bh_table_why_text((enum bh_table_why)1000);

    (void)state;
    assert_non_null(unknown);
    for (int why = BH_TABLE_GOOD; why <= BH_TABLE_LABEL; why++) {
        assert_string_not_equal(bh_table_why_text((enum bh_table_why)why), unknown);
        for (int other = BH_TABLE_GOOD; other < why; other++)
            assert_string_not_equal(bh_table_why_text((enum bh_table_why)why),
                                    bh_table_why_text((enum bh_table_why)other));
    }
    assert_string_equal(bh_table_why_text((enum bh_table_why)(BH_TABLE_LABEL + 1)), unknown);
}

/* What ESP-IDF's bootloader refuses, we refuse under both rules. */
static void test_bad_for_both(void **state)
{
    struct bh_partition rows[3];

    (void)state;
    memcpy(rows, single_app, sizeof rows);
    rows[2].len = SIZE;
    put(rows, 3);
    expect(BH_TABLE_ESPRESSIF, BH_TABLE_SIZE, 2);
    rows[2].off = 0xFFFF0000; /* offset + size wraps to a small number */
    rows[2].len = 0x20000;
    put(rows, 3);
    expect(BH_TABLE_ESPRESSIF, BH_TABLE_SIZE, 2);

    put(single_app, 3);
    row_at(1)[12] ^= 1;
    expect(BH_TABLE_ESPRESSIF, BH_TABLE_MD5, 3);
    put(single_app, 3);
    memcpy(row_at(4), row_at(3), 32);
    expect(BH_TABLE_ESPRESSIF, BH_TABLE_MD5_TWICE, 4);
    put(single_app, 3);
    row_at(2)[0] = 0;
    expect(BH_TABLE_ESPRESSIF, BH_TABLE_MAGIC, 2);
    expect(BH_TABLE_STRICT, BH_TABLE_MAGIC, 2);
    for (unsigned at = 0; at < 4; at++) { /* an end is four bytes of FF, not fewer */
        put(single_app, 3);
        row_at(4)[at] = 0;
        expect(BH_TABLE_ESPRESSIF, BH_TABLE_MAGIC, 4);
        put(single_app, 3);
        row_at(4)[31] = 0;
        expect(BH_TABLE_ESPRESSIF, BH_TABLE_GOOD, 0);
    }
    for (unsigned i = 0; i < BH_TABLE_ROWS; i++)
        bh_partition_encode(&single_app[0], row_at(i));
    expect(BH_TABLE_ESPRESSIF, BH_TABLE_NO_END, 96);
}

static void test_erased_is_absent(void **state)
{
    struct bh_table t;
    struct bh_table_fault fault;

    (void)state;
    put(single_app, 3);
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(open_as(BH_TABLE_ESPRESSIF, &t, &fault), BH_ERR_ABSENT);
    assert_int_equal(fault.why, BH_TABLE_MAGIC);
    assert_int_equal(bh_table_open(&t, &ram.flash, SIZE - 0x800, BH_TABLE_ESPRESSIF, NULL),
                     BH_ERR_RANGE);
}

/* An empty table is only an MD5 row. */
static void test_empty(void **state)
{
    struct bh_table t;
    struct bh_partition p;
    uint8_t cursor = 0;

    (void)state;
    put(single_app, 0);
    assert_int_equal(open_as(BH_TABLE_STRICT, &t, NULL), BH_OK);
    assert_int_equal(bh_table_next(&t, &cursor, &p), BH_ERR_ABSENT);
}

/* What ESP-IDF's bootloader lets pass and strict rules do not: each change, and what it is
 * called. */
static void test_strict(void **state)
{
    static const struct {
        unsigned row;
        struct bh_partition is;
        enum bh_table_why why;
        unsigned other;
    } cases[] = {
        { 1, { BH_TYPE_DATA, 1, 0xE000, 0x1000, 0, "phy_init" }, BH_TABLE_OVERLAP, 0 },
        { 1, { BH_TYPE_DATA, 1, 0x8000, 0x1000, 0, "phy_init" }, BH_TABLE_OVERLAP, BH_TABLE_ROWS },
        { 2, { BH_TYPE_APP, 0, 0x11000, 0x100000, 0, "factory" }, BH_TABLE_ALIGN, BH_TABLE_ROWS },
        { 2, { BH_TYPE_APP, 0, 0x10000, 0x100800, 0, "factory" }, BH_TABLE_ALIGN, BH_TABLE_ROWS },
        { 2, { BH_TYPE_APP, 0, 0x10000, 0, 0, "factory" }, BH_TABLE_ALIGN, BH_TABLE_ROWS },
        { 2, { BH_TYPE_APP, 0, 0x10000, 0x100000, 0, "nvs" }, BH_TABLE_LABEL, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bh_partition rows[3];
        struct bh_table t;
        struct bh_table_fault fault;

        memcpy(rows, single_app, sizeof rows);
        rows[cases[i].row] = cases[i].is;
        put(rows, 3);
        expect(BH_TABLE_ESPRESSIF, BH_TABLE_GOOD, 0);
        assert_int_equal(open_as(BH_TABLE_STRICT, &t, &fault), BH_ERR_REFUSED);
        assert_int_equal(fault.why, cases[i].why);
        assert_int_equal(fault.row, cases[i].row);
        assert_int_equal(fault.other, cases[i].other);
    }
}

static void test_strict_wants_md5_last(void **state)
{
    (void)state;
    put(single_app, 3);
    memset(row_at(3), 0xFF, 32);
    expect(BH_TABLE_ESPRESSIF, BH_TABLE_GOOD, 0);
    expect(BH_TABLE_STRICT, BH_TABLE_NO_MD5, 3);
    put(single_app, 2);
    bh_partition_encode(&single_app[2], row_at(3));
    expect(BH_TABLE_ESPRESSIF, BH_TABLE_GOOD, 0);
    expect(BH_TABLE_STRICT, BH_TABLE_AFTER_MD5, 3);
}

/* The rows of the bootloader and of the table itself are where they are; others of these types, for
 * a bootloader to be downloaded into, are not excused. */
static void test_own_places(void **state)
{
    static const struct {
        struct bh_partition is;
        enum bh_table_why why;
    } cases[] = {
        { { BH_TYPE_BOOTLOADER, BH_PRIMARY, 0x1000, 0x7000, 0, "boot" }, BH_TABLE_GOOD },
        { { BH_TYPE_BOOTLOADER, BH_PRIMARY, 0x1000, 0x8000, 0, "boot" }, BH_TABLE_GOOD },
        { { BH_TYPE_TABLE, BH_PRIMARY, 0x8000, 0x1000, 0, "table" }, BH_TABLE_GOOD },
        { { BH_TYPE_TABLE, BH_PRIMARY + 1, 0x8000, 0x1000, 0, "table" }, BH_TABLE_OVERLAP },
        { { BH_TYPE_BOOTLOADER, BH_PRIMARY + 1, 0x2000, 0x6000, 0, "boot" }, BH_TABLE_GOOD },
        { { BH_TYPE_BOOTLOADER, BH_PRIMARY + 1, 0x2000, 0x7000, 0, "boot" }, BH_TABLE_OVERLAP },
        { { BH_TYPE_DATA, BH_PRIMARY, 0x7000, 0x2000, 0, "data" }, BH_TABLE_OVERLAP },
        { { BH_TYPE_DATA, BH_PRIMARY, 0x7000, 0x1000, 0, "data" }, BH_TABLE_GOOD },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put(&cases[i].is, 1);
        expect(BH_TABLE_STRICT, cases[i].why, 0);
    }
}

/* Two rows that touch, overlap by one sector, or are one inside the other, in either order. */
static void test_overlaps(void **state)
{
    static const struct {
        uint32_t off, len;
        bool overlap;
    } cases[] = {
        { 0x20000, 0x3000, true },  { 0x1D000, 0x3000, false }, { 0x1E000, 0x3000, true },
        { 0x23000, 0x1000, false }, { 0x22000, 0x1000, true },  { 0x21000, 0x1000, true },
        { 0x1F000, 0x5000, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (unsigned order = 0; order < 2; order++) {
            struct bh_partition rows[2] = {
                { BH_TYPE_DATA, 0x40, 0x20000, 0x3000, 0, "one" },
                { BH_TYPE_DATA, 0x40, cases[i].off, cases[i].len, 0, "two" },
            };
            struct bh_partition swapped[2] = { rows[1], rows[0] };

            put(order ? swapped : rows, 2);
            expect(BH_TABLE_STRICT, cases[i].overlap ? BH_TABLE_OVERLAP : BH_TABLE_GOOD,
                   cases[i].overlap ? 1 : 0);
        }
}

/* A chip that does not answer is an error of the flash, at any row and for every question. */
static int dead_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    (void)f, (void)off, (void)buf, (void)len;
    return BH_ERR_IO;
}

static void test_a_dead_chip(void **state)
{
    static const struct bh_flash_ops dead = { .read = dead_read };
    struct bh_table_fault fault;
    struct bh_partition p;
    struct bh_table t;
    uint8_t cursor = 0;

    (void)state;
    put(single_app, 3);
    assert_int_equal(open_as(BH_TABLE_STRICT, &t, NULL), BH_OK);
    ram.flash.ops = &dead;
    assert_int_equal(bh_table_next(&t, &cursor, &p), BH_ERR_IO);
    assert_int_equal(cursor, 0);
    assert_int_equal(bh_table_find_label(&t, "nvs", &p), BH_ERR_IO);
    assert_int_equal(bh_table_find(&t, BH_TYPE_ANY, BH_SUBTYPE_ANY, 0, &p), BH_ERR_IO);
    for (int rules = BH_TABLE_ESPRESSIF; rules <= BH_TABLE_STRICT; rules++) {
        assert_int_equal(open_as((enum bh_table_rules)rules, &t, &fault), BH_ERR_IO);
        assert_int_equal(fault.why, BH_TABLE_UNREADABLE);
    }
    assert_int_equal(
        bh_table_open(&t, &ram.flash, SIZE - BH_TABLE_LEN + 1, BH_TABLE_STRICT, &fault),
        BH_ERR_RANGE);
}

/* 94 rows with MD5 fill the table to its last row but one. */
static void test_capacity(void **state)
{
    struct bh_partition rows[94];
    struct bh_table t;

    (void)state;
    for (unsigned i = 0; i < 94; i++) {
        rows[i] = (struct bh_partition){ BH_TYPE_DATA, 0x40, 0x9000 + i * 0x1000, 0x1000, 0, "" };
        snprintf(rows[i].label, sizeof rows[i].label, "data_%u", i);
    }
    put(rows, 94);
    assert_int_equal(open_as(BH_TABLE_STRICT, &t, NULL), BH_OK);
    assert_int_equal(t.rows, 95);
}

/* What is after the end of a label is not written. */
static void a_label_ends(void **state)
{
    struct bh_partition p = single_app[0];
    uint8_t row[BH_TABLE_ROW];

    (void)state;
    for (uint32_t len = 0; len < BH_LABEL_MAX; len++) {
        memset(p.label, 'x', BH_LABEL_MAX);
        p.label[len] = 0;
        bh_partition_encode(&p, row);
        assert_true(bh_all(row + 12, 'x', len));
        assert_true(bh_all(row + 12 + len, 0, BH_LABEL_MAX - len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_ends),
        cmocka_unit_test(test_md5),
        cmocka_unit_test(test_bytes_of_original),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_label_of_16_has_no_end),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_bad_for_both),
        cmocka_unit_test(test_erased_is_absent),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_strict),
        cmocka_unit_test(test_strict_wants_md5_last),
        cmocka_unit_test(test_own_places),
        cmocka_unit_test(test_overlaps),
        cmocka_unit_test(test_a_dead_chip),
        cmocka_unit_test(test_capacity),
    };

    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
