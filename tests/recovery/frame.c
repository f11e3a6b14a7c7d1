/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of SMP, against packets written down from MCUmgr's description, and everything that a line
 * can do wrong. */
#include "bulkhead/smp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define ROOM 600u

static uint8_t buf[ROOM];
static struct bh_smp_in in;

/* What the last byte of a text gave; nothing may be given before it. */
static uint32_t feed(const void *text, size_t n)
{
    const uint8_t *bytes = text;
    uint32_t got = 0;

    for (size_t i = 0; i < n; i++) {
        assert_int_equal(got, 0);
        got = bh_smp_in(&in, bytes[i]);
    }
    return got;
}

#define FEED(text) feed(text, sizeof(text) - 1)

static void begin(void)
{
    memset(buf, 0xEE, sizeof buf);
    bh_smp_in_open(&in, buf, sizeof buf);
}

static char out[4096];
static uint32_t n_out;

static void put(void *context, uint8_t c)
{
    (void)context;
    assert_true(n_out < sizeof out);
    out[n_out++] = (char)c;
}

/* Message in hexadecimal, and the base64 of its packet. */
static const struct {
    const char *message, *line;
} known[] = {
    { "0a00000600004200a16164626869", "ABAKAAAGAABCAKFhZGJoaZsK" },
    { "0b00000600004200a16172626869", "ABALAAAGAABCAKFhcmJoadxV" },
    { "0800000100010100a0", "AAsIAAABAAEBAKCYMQ==" },
    { "0000000100010100a0", "AAsAAAABAAEBAKCxzg==" },
    { "0300000600000105bf62726300ff", "ABADAAAGAAABBb9icmMA/1IF" },
    { "0b00000500004305a162726300", "AA8LAAAFAABDBaFicmMAnH4=" },
};

static uint32_t unhex(const char *text, uint8_t *bytes)
{
    uint32_t n = 0;

    for (; text[2 * n]; n++) {
        char pair[3] = { text[2 * n], text[2 * n + 1], 0 };

        bytes[n] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static void known_packets_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t message[64];
        uint32_t len = unhex(known[i].message, message);
        char line[64];
        int n = snprintf(line, sizeof line, "\x06\x09%s\n", known[i].line);

        begin();
        assert_int_equal(feed(line, (size_t)n), len);
        assert_memory_equal(buf, message, len);
        n_out = 0;
        bh_smp_out(message, len, put, NULL);
        assert_int_equal(n_out, n);
        assert_memory_equal(out, line, n_out);
    }
}

static void crc_of_the_standard(void **state)
{
    uint32_t crc = 0;

    (void)state;
    for (const char *at = "123456789"; *at; at++)
        crc = bh_crc16(crc, (uint8_t)*at);
    assert_int_equal(crc, 0x31C3);
}

static void every_length_round(void **state)
{
    uint8_t message[ROOM];

    (void)state;
    for (uint32_t i = 0; i < ROOM; i++)
        message[i] = (uint8_t)(i * 7);
    for (uint32_t len = BH_SMP_HEADER; len <= ROOM - 2; len++) {
        uint32_t column = 0;

        n_out = 0;
        bh_smp_out(message, len, put, NULL);
        for (uint32_t i = 0; i < n_out; i++) {
            column = out[i] == '\n' ? 0 : column + 1;
            assert_true(column < BH_SMP_LINE_MAX);
        }
        begin();
        assert_int_equal(feed(out, n_out), len);
        assert_memory_equal(buf, message, len);
    }
    n_out = 0;
    bh_smp_out(message, ROOM - 1, put, NULL); /* one more than there is room for */
    begin();
    assert_int_equal(feed(out, n_out), 0);
    assert_int_equal(FEED("\x06\x09"
                          "AAsIAAABAAEBAKCYMQ==\n"),
                     9);
}

/* Nothing that comes before, whole or broken, keeps a good packet from being read. */
static void nothing_wedges_it(void **state)
{
    static const char good[] = "\x06\x09"
                               "AAsIAAABAAEBAKCYMQ==\n";
    static const char *const before[] = {
        "",
        "\r",
        "\n\n\r\n",
        "B 01 00 01 00\n",
        "app 1.0.0\n> ",
        "\x06",
        "\x06\x06",
        "\x06\x09",
        "\x04\x14",
        "\x04\x14"
        "AAAA\n",
        "\x06\x09\n",
        "\x06\x09"
        "AAsIAAAB\n",
        "\x06\x09"
        "AAsIAAAB", /* no end of line */
        "\x06\x09"
        "AAsIAAABAAEBAKCYMQ==", /* whole, but for it */
        "\x06\x09"
        "AAsIAAABAAEBAKCYMQ=\n",
        "\x06\x09"
        "AAsIAAABAAEBAKCYM===\n",
        "\x06\x09"
        "AAsIAAABAAEBAKCY====\n",
        "\x06\x09"
        "AAsIAAABAAE=AKCYMQ==\n",
        "\x06\x09"
        "AAsIAAABAAEBAKCYMQ==AAAA\n", /* longer than it says */
        "\x06\x09"
        "AAsIAAABAAEBAKCYMg==\n", /* CRC */
        "\x06\x09"
        "AAsIAAABAAFBAKCYMQ==\n", /* a bit */
        "\x06\x09"
        "AA sIAAABAAEBAKCYMQ==\n",
        "\x06\x09"
        "AAsIAAAB*AEBAKCYMQ==\n", /* no letter of base64 */
        "\x06\x09"
        "AAsIAAABAAEBAKCYMQ*=\n",
        "\x06\x09"
        "AAsIAAAB\n\x04\x15"
        "AAEBAKCYMQ==\n", /* no second line */
        "\x06\x09"
        "AAsIAAAB\n\x04\n"
        "AAEBAKCYMQ==\n",
        "\x06\x09"
        "//8IAAABAAEBAKCYMQ==\n", /* length 65535 */
        "\x06\x09"
        "AAAIAAABAAEBAKCYMQ==\n", /* length 0 */
        "\x06\x09"
        "AAkIAAABAAEBAKCYMQ==\n", /* no room for a header */
        "\x06\x09"
        "AAsIAAAB\n\x04\x14"
        "AAEBAKCYMQ==", /* the second line has no end */
        "\x06\x09"
        "AAsIAAAB\x04\x14"
        "AAEBAKCYMQ==\n", /* the first has none */
    };

    (void)state;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        begin();
        if (feed(before[i], strlen(before[i])) != 0)
            fail_msg("packet %zu is not whole and was taken", i);
        assert_int_equal(feed(good, sizeof good - 1), 9);
    }
}

static void forms_that_clients_send(void **state)
{
    (void)state;
    begin();
    assert_int_equal(FEED("\r\x06\x09"
                          "AAsIAAABAAEBAKCYMQ==\r"),
                     9);
    assert_int_equal(FEED("\n\x06\x09"
                          "AAsIAAAB\n\x04\x14"
                          "AAEBAKCYMQ==\n"),
                     9);
    /* text between two lines of a packet */
    assert_int_equal(FEED("\x06\x09"
                          "AAsIAAAB\nlog\n\x04\x14"
                          "AAEBAKCYMQ==\n"),
                     9);
    /* and zeros, as a line that was just opened may have them */
    assert_int_equal(feed("\x06\x09"
                          "AAsIAAAB\n\0\0\x04\x14"
                          "AAEBAKCYMQ==\n",
                          28),
                     9);
    /* each line padded by itself */
    assert_int_equal(FEED("\x06\x09"
                          "AAsIAAA=\n\x04\x14"
                          "AQABAQCgmDE=\n"),
                     9);
    /* a beginning in the middle of a packet begins it again */
    assert_int_equal(FEED("\x06\x09"
                          "AAsIAAAB\n\x06\x09"
                          "AAsIAAAB\n\x04\x14"
                          "AAEBAKCYMQ==\n"),
                     9);
    /* a packet is given once */
    assert_int_equal(FEED("\n\n\x04\x14"
                          "AAEBAKCYMQ==\n"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_packets_both_ways), cmocka_unit_test(crc_of_the_standard),
        cmocka_unit_test(every_length_round),      cmocka_unit_test(nothing_wedges_it),
        cmocka_unit_test(forms_that_clients_send),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
