/* SPDX-License-Identifier: Apache-2.0 */
/* XMODEM, XMODEM-1K and YMODEM, from a sender that does all that a sender can do wrong. */
#include "client.h"

#include "bulkhead/bytes.h"
#include "tests/engine/products.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define SOH 0x01
#define STX 0x02
#define EOT 0x04
#define ACK 0x06
#define NAK 0x15
#define CAN 0x18

static struct bh_recovery r;
static struct bh_xmodem x;
static const struct bh_product *product;
static uint8_t block[BH_XMODEM_BLOCK];
static uint8_t said[64];
static unsigned n_said;

static void hear(void *context, uint8_t c)
{
    (void)context;
    if (n_said < sizeof said)
        said[n_said++] = c;
}

static void begin(struct device *d)
{
    n_said = 0;
    product = &d->w.product;
    bh_recovery_open(&r, &d->w.work, d->w.boot.action == BH_BOOT_START);
    bh_xmodem_open(&x, &r, block, hear, NULL);
    sim_power_on(&d->w.power);
}

/* What was said since the last time: these bytes and no others. */
static void answers(const char *text)
{
    if (n_said != strlen(text) || memcmp(said, text, n_said) != 0)
        fail_msg("%u bytes, the first %02x; wanted %zu, %02x", n_said, said[0], strlen(text),
                 (uint8_t)text[0]);
    n_said = 0;
}
#define SAID_ACK "\x06"
#define SAID_NAK "\x15"
#define SAID_CAN "\x18\x18\x18"

static void send(uint8_t c)
{
    bh_xmodem(&x, product, c);
}

/* A block of data; spoil: the byte of it, header first, that is wrong. */
static void send_block(uint8_t n, const uint8_t *data, uint32_t len, uint32_t room, int spoil)
{
    uint8_t wire[3 + BH_XMODEM_BLOCK + 2] = { room == 128 ? SOH : STX, n, (uint8_t)~n };
    uint32_t crc = 0;

    memset(wire + 3, 0x1A, room);
    if (len)
        memcpy(wire + 3, data, len);
    for (uint32_t i = 0; i < room; i++)
        crc = bh_crc16(crc, wire[3 + i]);
    bh_store16_be(wire + 3 + room, crc);
    if (spoil >= 0)
        wire[spoil] ^= 0x10;
    for (uint32_t i = 0; i < 3 + room + 2; i++)
        send(wire[i]);
}

/* Blocks of 1024 with what is left in blocks of 128, as 'sx -k' sends them. */
static void send_file(const uint8_t *data, uint32_t len, bool big)
{
    uint8_t n = 1;

    for (uint32_t off = 0, room; off < len; off += room) {
        room = big && len - off > 7 * 128 ? 1024 : 128;
        send_block(n++, data + off, bh_min(room, len - off), room, -1);
        answers(SAID_ACK);
    }
}

static void header(const char *name, uint32_t len)
{
    char text[128] = { 0 };

    if (*name)
        snprintf(text + snprintf(text, 64, "%s", name) + 1, 60, "%u 14753562135 100644 0", len);
    send_block(0, (const uint8_t *)text, sizeof text, 128, -1);
}

static void ruin(struct device *d)
{
    device_poke(&d->w.pairs[0].primary, 100, 0);
    assert_true(sim_world_boot(&d->w));
    assert_int_equal(d->w.boot.action, BH_BOOT_RECOVER);
}

static void runs(struct device *d, uint8_t version)
{
    assert_true(sim_world_boot(&d->w));
    if (d->w.boot.action != BH_BOOT_START)
        fail_msg("%s: %s", d->w.product.name, bh_reason_text(d->w.boot.reason));
    assert_int_equal(device_version(d, 0), version);
}

static void each_protocol_on_each_product(void **state)
{
    (void)state;
    for (unsigned i = 0; i < n_engine_products; i++)
        for (int how = 0; how < 3; how++) {
            struct device d;

            if (engine_products[i]->n_pairs > 1)
                continue;
            device_open(&d, engine_products[i], NULL);
            ruin(&d);
            begin(&d);
            answers("C");
            if (how == 2) {
                header("firmware.bin", d.len[0]);
                answers(SAID_ACK "C");
            }
            send_file(d.image[0][2], d.len[0], how > 0);
            send(EOT);
            if (how == 2) {
                answers(SAID_ACK "C");
                assert_false(r.reset);
                header("", 0);
            }
            answers(SAID_ACK);
            assert_true(r.reset);
            runs(&d, 2);
            device_close(&d);
        }
}

/* The header has the file's length: what fills the last block is of no concern, be it zeros. */
static void any_filling_after_the_length(void **state)
{
    const struct bh_product *offset = engine_products[1];
    struct device d;
    uint8_t n = 1;

    (void)state;
    device_open(&d, offset, NULL);
    ruin(&d);
    begin(&d);
    answers("C");
    header("firmware.bin", d.len[0]);
    answers(SAID_ACK "C");
    for (uint32_t off = 0; off < d.len[0]; off += 128) {
        uint8_t data[128] = { 0 };

        memcpy(data, d.image[0][2] + off, bh_min(128, d.len[0] - off));
        send_block(n++, data, 128, 128, -1);
        answers(SAID_ACK);
    }
    assert_true(d.len[0] % 128 != 0);
    send(EOT);
    answers(SAID_ACK "C");
    header("", 0);
    answers(SAID_ACK);
    runs(&d, 2);
    device_close(&d);
}

/* From a device that works: on trial. */
static void a_trial(void **state)
{
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    begin(&d);
    answers("C");
    send_file(d.image[0][2], d.len[0], true);
    send(EOT);
    runs(&d, 2);
    assert_int_equal(d.w.boot.journal.truth.state, BH_STATE_TRIAL);
    runs(&d, 1);
    device_close(&d);
}

static void silence(unsigned times)
{
    while (times--)
        bh_xmodem(&x, product, -1);
}

static void what_a_line_does(void **state)
{
    const uint8_t *image;
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    image = d.image[0][2];
    begin(&d);
    assert_int_equal(x.wait_ms, 3000);
    silence(20); /* it asks as long as nobody sends */
    answers("CCCCCCCCCCCCCCCCCCCCC");
    send('x'); /* noise, and a single CAN */
    send(CAN);
    send('y');
    send(CAN);
    answers("");
    send_block(1, image, 128, 128, 60); /* the first block is broken: it is asked for as at first */
    answers("");
    send('z');
    assert_int_equal(x.wait_ms, 1000);
    silence(1);
    answers("C");
    send_block(1, image, 128, 128, -1);
    answers(SAID_ACK);
    assert_int_equal(x.wait_ms, 10000);
    for (int spoil = 1; spoil < 3 + 128 + 2; spoil++) { /* each byte of a block */
        uint32_t off = r.off;

        send_block(2, image + 128, 128, 128, spoil);
        assert_int_equal(r.off, off);
        silence(1);
        answers(SAID_NAK);
        if (spoil % 8 == 0) { /* a good one in between: errors count in a row */
            send_block(1, image, 128, 128, -1);
            answers(SAID_ACK);
            assert_int_equal(r.off, off); /* an answer was lost: it is not stored again */
        }
    }
    send(SOH); /* a block that stops */
    send(2);
    send(0xFD);
    send(0);
    silence(1);
    answers(SAID_NAK);
    send_block(2, image + 128, 128, 128, -1);
    answers(SAID_ACK);
    assert_int_equal(r.off, 256);
    send_block(4, image + 128, 128, 128, -1); /* one is missing: nothing can be made of it */
    answers(SAID_CAN);
    /* from the start, through a wrap of the numbers */
    send_file(image, d.len[0], false);
    send(EOT);
    answers(SAID_ACK);
    assert_true(d.len[0] > 128 * 200);
    runs(&d, 2);
    device_close(&d);
}

static void errors_in_a_row(void **state)
{
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    begin(&d);
    n_said = 0;
    send_block(1, d.image[0][2], 128, 128, -1);
    answers(SAID_ACK);
    for (int i = 0; i < 9; i++) {
        silence(1);
        answers(SAID_NAK);
    }
    silence(1);
    answers(SAID_CAN);
    silence(1);
    answers("C");
    send(EOT); /* of no file */
    answers("");
    send_block(1, d.image[0][2], 128, 128, -1);
    answers(SAID_ACK);
    send(CAN);
    send(CAN); /* the sender gives up */
    answers("");
    assert_int_equal(x.wait_ms, 3000);
    silence(1);
    answers("C");
    assert_false(r.reset);
    runs(&d, 1);
    device_close(&d);
}

/* A file that is no image, or too long for one; a YMODEM that ends early. */
static void what_is_refused(void **state)
{
    uint32_t max;
    uint8_t n = 1;
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    max = d.w.pairs[0].image_max;
    begin(&d);
    n_said = 0;
    send_file((const uint8_t *)"hello, this is no image", 23, true);
    send(EOT);
    runs(&d, 1); /* asked for, and refused at the boot: a text has a first byte, too */
    begin(&d);
    n_said = 0;
    for (uint32_t off = 0; off < max; off += 1024, n++) {
        send_block(n, d.image[0][2], 1024, 1024, -1);
        answers(SAID_ACK);
    }
    send_block(n, NULL, 0, 128, -1); /* nothing but what fills up */
    answers(SAID_ACK);
    send_block((uint8_t)(n + 1), d.image[0][2], 128, 128, -1);
    answers(SAID_CAN);
    header("firmware.bin", max + 1);
    answers(SAID_ACK "C");
    send_block(1, d.image[0][2], 1024, 1024, -1);
    answers(SAID_CAN);
    header("firmware.bin", 2000);
    answers(SAID_ACK "C");
    header("firmware.bin", 2000); /* our answer was lost */
    answers(SAID_ACK "C");
    send_block(1, d.image[0][2], 1024, 1024, -1);
    answers(SAID_ACK);
    send(EOT);
    answers(SAID_CAN);
    assert_false(r.reset);
    runs(&d, 1);
    device_close(&d);
}

/* YMODEM's last words are lost: the image is there all the same. */
static void lost_last_words(void **state)
{
    struct device d;

    (void)state;
    device_open(&d, engine_products[0], NULL);
    begin(&d);
    n_said = 0;
    header("a", d.len[0]);
    answers(SAID_ACK "C");
    send_file(d.image[0][2], d.len[0], true);
    send(EOT);
    answers(SAID_ACK "C");
    send(EOT); /* our answer was lost */
    answers(SAID_ACK "C");
    silence(1);
    assert_true(r.reset);
    runs(&d, 2);
    device_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_protocol_on_each_product),
        cmocka_unit_test(any_filling_after_the_length),
        cmocka_unit_test(a_trial),
        cmocka_unit_test(what_a_line_does),
        cmocka_unit_test(errors_in_a_row),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(lost_last_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
