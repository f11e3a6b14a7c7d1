/* SPDX-License-Identifier: Apache-2.0 */
/* Espressif's images, by hand: what is read of them, and where the limits are. */
#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "bulkhead/image_espressif.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define ROOM 0x4000u

static uint8_t bytes[ROOM];
static uint32_t end; /* of the image so far */

static int read_bytes(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    (void)f;
    memcpy(buf, bytes + off, len);
    return BH_OK;
}

static const struct bh_flash_ops ops = { .read = read_bytes };
static const struct bh_page_run run = { 4, 0x1000 };
static const struct bh_flash flash = {
    .ops = &ops, .runs = &run, .n_runs = 1, .unit = 1, .erased = 0xFF, .size = ROOM
};
static const struct bh_region region = { &flash, 0, ROOM };

static void segment(uint32_t addr, uint32_t len)
{
    bytes[BH_ESPRESSIF_OFF_SEGMENTS]++;
    bh_store32(bytes + end, addr);
    bh_store32(bytes + end + 4, len);
    memset(bytes + end + 8, 0, len);
    end += 8 + len;
}

/* A header and one segment with a descriptor. */
static void begin(void)
{
    memset(bytes, 0xFF, sizeof bytes);
    memset(bytes, 0, BH_ESPRESSIF_HEADER_LEN);
    bytes[0] = BH_ESPRESSIF_MAGIC;
    end = BH_ESPRESSIF_HEADER_LEN;
    segment(0x3C000020, BH_ESPRESSIF_APP_LEN);
    bh_store32(bytes + BH_ESPRESSIF_APP_OFF, BH_ESPRESSIF_APP_MAGIC);
    bh_store32(bytes + BH_ESPRESSIF_APP_OFF + BH_ESPRESSIF_APP_OFF_SECURE_VERSION, 7);
    memcpy(bytes + BH_ESPRESSIF_APP_OFF + BH_ESPRESSIF_APP_OFF_VERSION, "v1.20.300-x", 12);
}

/* Zeros and the checksum byte. */
static void finish(void)
{
    uint8_t sum = BH_ESPRESSIF_CHECKSUM_SEED;
    struct bh_view view = bh_view_of(&region);
    struct bh_espressif_segment s;

    while (end % 16 != 15)
        bytes[end++] = 0;
    bytes[end++] = 0;
    for (unsigned i = 0; bh_espressif_segment(&view, end, i, &s) == BH_OK; i++)
        for (uint32_t k = 0; k < s.len; k++)
            sum ^= bytes[s.off + k];
    bytes[end - 1] = sum;
}

/* A block of the signature sector, with a right checksum. */
static void block(unsigned n, uint8_t kind, uint8_t mark)
{
    uint8_t *b = bytes + bh_round_up(end, BH_ESPRESSIF_SECTOR) + n * BH_ESPRESSIF_BLOCK_LEN;

    memset(b, mark, BH_ESPRESSIF_BLOCK_LEN);
    b[0] = BH_ESPRESSIF_BLOCK_MAGIC;
    b[1] = kind;
    b[BH_ESPRESSIF_EC_OFF_KEY] = BH_ESPRESSIF_EC_CURVE_P256;
    bh_store32(b + BH_ESPRESSIF_BLOCK_OFF_CRC, bh_crc32(0, b, BH_ESPRESSIF_BLOCK_OFF_CRC));
}

static enum bh_reason decode(uint32_t limit, struct bh_image *image)
{
    struct bh_view view = bh_view_of(&region);

    return bh_image_espressif.decode(&view, limit, image);
}

static void reads_the_descriptor(void **state)
{
    struct bh_image image;

    (void)state;
    begin();
    finish();
    assert_int_equal(decode(end, &image), BH_REASON_NONE);
    assert_int_equal(image.len, end);
    assert_true(image.has_counter);
    assert_int_equal(image.counter, 7);
    assert_int_equal(image.version.major, 1);
    assert_int_equal(image.version.minor, 20);
    assert_int_equal(image.version.revision, 300);
    assert_int_equal(image.hash_id, 0);
    bytes[BH_ESPRESSIF_APP_OFF + 3] ^= 1; /* without its magic it is none */
    assert_int_equal(decode(end, &image), BH_REASON_NONE);
    assert_false(image.has_counter);
    assert_int_equal(image.counter, 0);
    assert_int_equal(image.version.major, 0);
}

/* Only a flag of 1 says that there is a digest, and then it must fit. */
static void reads_the_hash_flag(void **state)
{
    struct bh_image image;

    (void)state;
    begin();
    bytes[BH_ESPRESSIF_OFF_HASH] = 1;
    finish();
    assert_int_equal(decode(end + 31, &image), BH_REASON_TOO_BIG);
    assert_int_equal(decode(end + 32, &image), BH_REASON_NONE);
    assert_int_equal(image.hash_id, BH_HASH_SHA256);
    assert_int_equal(image.digest_off, end);
    assert_int_equal(image.len, end + 32);
    for (unsigned flag = 0; flag < 256; flag += flag ? 1 : 2) {
        bytes[BH_ESPRESSIF_OFF_HASH] = (uint8_t)flag;
        assert_int_equal(decode(end + 32, &image), BH_REASON_NONE);
        assert_int_equal(image.hash_id, 0);
        assert_int_equal(image.len, end);
    }
}

/* Every byte of every segment counts, in pieces of any size. */
static void sums_all_segments(void **state)
{
    static const uint32_t rooms[] = { 1, 7, 64, 512 };
    struct bh_view view = bh_view_of(&region);
    uint8_t room[512];
    uint32_t seconds;

    (void)state;
    begin();
    seconds = end + 8;
    segment(0x42000000, 36);
    segment(0x42010000, 4);
    memset(bytes + seconds, 0x5A, 36);
    finish();
    for (unsigned i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        struct bh_work work = { room, rooms[i] };

        assert_int_equal(bh_espressif_checksum(&view, end, &work), 0);
        for (uint32_t at = seconds; at < seconds + 36; at += 35) {
            bytes[at] ^= 1;
            assert_int_equal(bh_espressif_checksum(&view, end, &work), 1);
            bytes[at] ^= 1;
        }
        bytes[BH_ESPRESSIF_APP_OFF + 3] ^= 1;
        assert_int_equal(bh_espressif_checksum(&view, end, &work), 1);
        bytes[BH_ESPRESSIF_APP_OFF + 3] ^= 1;
    }
    assert_int_equal(bh_espressif_checksum(&view, end - 1, &(struct bh_work){ room, 64 }),
                     BH_ERR_REFUSED);
}

static void takes_sixteen_segments(void **state)
{
    uint8_t memory[512];
    struct bh_work work = { memory, sizeof memory };
    struct bh_view view = bh_view_of(&region);
    struct bh_espressif_segment s;
    struct bh_image image;

    (void)state;
    begin();
    for (unsigned i = 1; i < 16; i++)
        segment(0x3FC80000 + i * 64, 4 * i);
    finish();
    assert_int_equal(decode(end, &image), BH_REASON_NONE);
    assert_int_equal(bh_espressif_segment(&view, end, 15, &s), BH_OK);
    assert_int_equal(s.len, 60);
    assert_int_equal(bh_espressif_segment(&view, end, 16, &s), BH_ERR_ABSENT);
    assert_int_equal(bh_espressif_checksum(&view, end, &work), 0);
    assert_int_equal(decode(end - 1, &image), BH_REASON_HEADER); /* without its checksum */
    begin();
    for (unsigned i = 1; i < 17; i++)
        segment(0x3FC80000 + i * 64, 4);
    finish();
    assert_int_equal(decode(end, &image), BH_REASON_HEADER);
}

static void refuses_lengths_that_are_none(void **state)
{
    static const uint32_t lens[] = { 255, 257, 258, 0x01000000, 0xFFFFFFFC, ROOM - 31 };
    struct bh_image image;

    (void)state;
    for (unsigned i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        begin();
        bh_store32(bytes + 28, lens[i]);
        assert_int_equal(decode(ROOM, &image), BH_REASON_HEADER);
    }
}

/* Each whole block is a signature; what is not whole, or of no known kind, is as none. */
static void finds_each_signature(void **state)
{
    struct bh_image_signature s;
    struct bh_view view = bh_view_of(&region);
    struct bh_image image;
    uint32_t sector;

    (void)state;
    for (unsigned whole = 0; whole < 8; whole++) {
        unsigned found = 0, first = 3;

        begin();
        finish();
        sector = bh_round_up(end, BH_ESPRESSIF_SECTOR);
        for (unsigned n = 0; n < 3; n++) {
            block(n, n == 1 ? BH_ESPRESSIF_BLOCK_ECDSA : BH_ESPRESSIF_BLOCK_RSA, (uint8_t)(n + 1));
            if (!(whole >> n & 1))
                bytes[sector + n * BH_ESPRESSIF_BLOCK_LEN + 700] ^= 1;
            else if (first == 3)
                first = n;
        }
        assert_int_equal(decode(ROOM, &image), BH_REASON_NONE);
        assert_int_equal(image.len, whole ? sector + BH_ESPRESSIF_SECTOR : end);
        if (whole)
            assert_int_equal(image.digest_off, sector + first * BH_ESPRESSIF_BLOCK_LEN +
                                                   BH_ESPRESSIF_BLOCK_OFF_DIGEST);
        while (bh_image_espressif.signature(&view, &image.tlvs, &s) == BH_OK) {
            unsigned n = (s.bytes.off - sector) / BH_ESPRESSIF_BLOCK_LEN;

            assert_true(whole >> n & 1);
            assert_int_equal(s.id, n == 1 ? BH_SIG_P256 : BH_SIG_RSA3072);
            found |= 1u << n;
        }
        assert_int_equal(found, whole);
    }
    begin();
    finish();
    block(0, 4, 1); /* a kind that is not known */
    assert_int_equal(decode(ROOM, &image), BH_REASON_NONE);
    assert_int_equal(image.len, end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_descriptor),
        cmocka_unit_test(reads_the_hash_flag),
        cmocka_unit_test(sums_all_segments),
        cmocka_unit_test(takes_sixteen_segments),
        cmocka_unit_test(refuses_lengths_that_are_none),
        cmocka_unit_test(finds_each_signature),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
