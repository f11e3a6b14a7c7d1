/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR, as much of it as SMP has: every head, every cut, and what is refused. */
#include "bulkhead/smp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Bytes on the heap, so that a read past the end is seen under the sanitizers. */
static uint8_t *copy(const void *bytes, size_t n)
{
    uint8_t *p = malloc(n ? n : 1);

    assert_non_null(p);
    memcpy(p, bytes, n);
    return p;
}

struct value {
    const char *bytes;
    size_t n;
    bool whole;
    uint32_t kind, value;
};
#define IS(text, kind, value)                                                                      \
    {                                                                                              \
        text, sizeof(text) - 1, true, kind, value                                                  \
    }
#define NOT(text)                                                                                  \
    {                                                                                              \
        text, sizeof(text) - 1, false, 0, 0                                                        \
    }

static const struct value values[] = {
    IS("\x00", BH_CBOR_UINT, 0),
    IS("\x17", BH_CBOR_UINT, 23),
    IS("\x18\x18", BH_CBOR_UINT, 24),
    IS("\x18\x05", BH_CBOR_UINT, 5), /* wider than it need be */
    IS("\x19\x01\x00", BH_CBOR_UINT, 256),
    IS("\x1a\x00\x01\x00\x00", BH_CBOR_UINT, 65536),
    IS("\x1a\xff\xff\xff\xfe", BH_CBOR_UINT, 0xFFFFFFFEu),
    IS("\x1b\x00\x00\x00\x00\x12\x34\x56\x78", BH_CBOR_UINT, 0x12345678),
    IS("\x20", BH_CBOR_NEGATIVE, 0),
    IS("\x40", BH_CBOR_BYTES, 0),
    IS("\x58\x02\x01\x02", BH_CBOR_BYTES, 2),
    IS("\x62hi", BH_CBOR_TEXT, 2),
    IS("\x80", BH_CBOR_ARRAY, 0),
    IS("\x82\x01\x02", BH_CBOR_ARRAY, 2),
    IS("\xa1\x01\x82\x61x\xa0", BH_CBOR_MAP, 1),
    IS("\xc1\x1a\x00\x00\x00\x01", BH_CBOR_TAG, 1),
    IS("\xda\xff\xff\xff\x00\x01", BH_CBOR_TAG, 0xFFFFFF00u),
    IS("\xf4", BH_CBOR_SIMPLE, BH_CBOR_FALSE),
    IS("\xf5", BH_CBOR_SIMPLE, BH_CBOR_TRUE),
    IS("\xf9\x3c\x00", BH_CBOR_SIMPLE, 0x3C00), /* a float */
    NOT(""),
    NOT("\x18"),
    NOT("\x19\x01"),
    NOT("\x1b\x00\x00\x00\x01\x00\x00\x00\x00"), /* more than 32 bits */
    NOT("\x1a\xff\xff\xff\xff"),
    NOT("\x1c"),
    NOT("\x1f"),
    NOT("\x41"),
    NOT("\x63hi"),
    NOT("\x5a\xff\xff\xff\xf0"),
    NOT("\x5f\x41\x01\xff"), /* bytes in pieces */
    NOT("\x82\x01"),
    NOT("\x9a\x40\x00\x00\x00\x01"),
    NOT("\xba\x80\x00\x00\x01\x01\x01"), /* twice as many items wrap to 2 */
    NOT("\xa1\x01"),
    IS("\x81\x9f\xff", BH_CBOR_ARRAY, 1),
    IS("\x9f\x01\xbf\x61x\x82\x01\x9f\xff\xff\x02\xff", BH_CBOR_ARRAY, BH_CBOR_ENDLESS),
    IS("\xbf\x61x\xa0\x61y\x81\x80\xff", BH_CBOR_MAP, BH_CBOR_ENDLESS),
    IS("\x81\x81\x81\x81\x81\x81\x81\x81\x01", BH_CBOR_ARRAY, 1), /* eight deep */
    NOT("\x81\x81\x81\x81\x81\x81\x81\x81\x81\x01"),              /* one more */
    NOT("\x9f\x82\x01\xff\xff"),                                  /* an end in the middle */
    NOT("\xff"),
    NOT("\x81\xff"),
    NOT("\xc1"),
};

static void every_kind_and_every_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const struct value *v = &values[i];

        for (size_t n = 0; n <= v->n; n++) {
            uint8_t *bytes = copy(v->bytes, n);
            struct bh_cbor c = { bytes, bytes + n };
            struct bh_cbor_item item;
            bool whole = bh_cbor_next(&c, &item) && bh_cbor_skip(&c, &item);

            if (whole != (v->whole && n == v->n))
                fail_msg("value %zu, cut to %zu bytes", i, n);
            free(bytes);
        }
        if (v->whole) {
            struct bh_cbor c = { (const uint8_t *)v->bytes, (const uint8_t *)v->bytes + v->n };
            struct bh_cbor_item item;

            assert_true(bh_cbor_next(&c, &item));
            assert_int_equal(item.kind, v->kind);
            assert_int_equal(item.value, v->value);
            assert_true(bh_cbor_skip(&c, &item));
            assert_ptr_equal(c.at, c.end);
        }
    }
}

/* Keys of a map, one letter each, and how it ended. */
static const char *walk(const char *text, size_t n)
{
    static char seen[16];
    uint8_t *bytes = copy(text, n);
    struct bh_cbor c = { bytes, bytes + n };
    struct bh_cbor_item key, value;
    struct bh_cbor_map m;
    size_t k = 0;

    assert_true(bh_cbor_next(&c, &value));
    m = bh_cbor_map(&c, &value);
    while (bh_cbor_pair(&m, &key, &value)) {
        seen[k++] = (char)key.bytes[0];
        if (!bh_cbor_skip(&c, &value)) {
            m.broken = true;
            break;
        }
    }
    seen[k++] = m.broken ? '!' : '.';
    seen[k] = 0;
    free(bytes);
    return seen;
}
#define WALK(text) walk(text, sizeof(text) - 1)

static void maps(void **state)
{
    (void)state;
    assert_string_equal(WALK("\xa0"), ".");
    assert_string_equal(WALK("\xbf\xff"), ".");
    assert_string_equal(WALK("\xa2"
                             "\x61"
                             "a\x01\x61"
                             "b\x41\x00"),
                        "ab.");
    assert_string_equal(WALK("\xbf\x61"
                             "a\xa1\x61x\x80\x61"
                             "b\xf5\xff"),
                        "ab.");
    assert_string_equal(WALK("\xa2\x61"
                             "a\x01"),
                        "a!");
    assert_string_equal(WALK("\xbf\x61"
                             "a\x01"),
                        "a!");
    assert_string_equal(WALK("\xa1\x01\x01"), "!"); /* a key that is no text */
    assert_string_equal(WALK("\xbf\x61"
                             "a\xff"),
                        "!"); /* a key without a value */
    assert_string_equal(WALK("\xa1\x61"
                             "a"),
                        "!");
}

static void what_is_written_is_read(void **state)
{
    static const uint32_t numbers[] = { 0, 23, 24, 255, 256, 65535, 65536, 0xFFFFFFFEu };
    uint8_t buf[64];

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct bh_cbor_out out = { buf, 0, sizeof buf };
        struct bh_cbor c;
        struct bh_cbor_item item;

        bh_cbor_number(&out, "n", numbers[i]);
        c = (struct bh_cbor){ buf, buf + out.len };
        assert_true(bh_cbor_next(&c, &item) && bh_cbor_is(&item, "n"));
        assert_false(bh_cbor_is(&item, "") || bh_cbor_is(&item, "nn") || bh_cbor_is(&item, "m"));
        assert_true(bh_cbor_next(&c, &item));
        assert_int_equal(item.value, numbers[i]);
        assert_ptr_equal(c.at, c.end);
    }
}

/* In as few bytes as there can be: clients compare them. */
static void numbers_are_short(void **state)
{
    static const struct {
        uint32_t value, len;
    } rows[] = { { 0, 1 },   { 23, 1 },     { 24, 2 },    { 255, 2 },        { 256, 3 },
                 { 257, 3 }, { 0xFFFF, 3 }, { 65536, 5 }, { 0xFFFFFFFEu, 5 } };
    uint8_t buf[8];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bh_cbor_out out = { buf, 0, sizeof buf };

        bh_cbor_head(&out, BH_CBOR_UINT, rows[i].value);
        assert_int_equal(out.len, rows[i].len);
    }
}

/* With too little room nothing is written past it, and the length tells. */
static void nothing_past_the_room(void **state)
{
    (void)state;
    for (uint32_t room = 0; room < 16; room++) {
        uint8_t buf[24];
        struct bh_cbor_out out = { buf, 0, room };

        memset(buf, 0xEE, sizeof buf);
        bh_cbor_text(&out, "abcd");
        bh_cbor_number(&out, "n", 65536);
        bh_cbor_flag(&out, "f", true);
        assert_int_equal(out.len, 5 + 2 + 5 + 2 + 1);
        for (uint32_t i = room; i < sizeof buf; i++)
            assert_int_equal(buf[i], 0xEE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_and_every_cut), cmocka_unit_test(maps),
        cmocka_unit_test(what_is_written_is_read),  cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(nothing_past_the_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
