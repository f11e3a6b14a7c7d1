/* SPDX-License-Identifier: Apache-2.0 */
/* Espressif's images, by hand: what is read of them, and where the limits are. */
#include "espressif_bytes.h"

#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static enum bh_reason decode(uint32_t limit, struct bh_image *image)
{
    struct bh_view view = bh_view_of(&espressif_region);

    return bh_image_espressif.decode(&view, limit, image);
}

static void reads_the_descriptor(void **state)
{
    struct bh_image image;

    (void)state;
    espressif_begin(0x3C000020);
    espressif_finish();
    assert_int_equal(decode(espressif_end, &image), BH_REASON_NONE);
    assert_int_equal(image.len, espressif_end);
    assert_true(image.has_counter);
    assert_int_equal(image.counter, 7);
    assert_int_equal(image.counter_again, 7);
    assert_int_equal(image.version.major, 1);
    assert_int_equal(image.version.minor, 20);
    assert_int_equal(image.version.revision, 300);
    assert_int_equal(image.hash_id, 0);
    espressif_bytes[BH_ESPRESSIF_APP_OFF + 3] ^= 1; /* without its magic it is none */
    assert_int_equal(decode(espressif_end, &image), BH_REASON_NONE);
    assert_false(image.has_counter);
    assert_int_equal(image.counter, 0);
    assert_int_equal(image.version.major, 0);
}

/* Only a flag of 1 says that there is a digest, and then it must fit. */
static void reads_the_hash_flag(void **state)
{
    struct bh_image image;

    (void)state;
    espressif_begin(0x3C000020);
    espressif_bytes[BH_ESPRESSIF_OFF_HASH] = 1;
    espressif_finish();
    assert_int_equal(decode(espressif_end + 31, &image), BH_REASON_TOO_BIG);
    assert_int_equal(decode(espressif_end + 32, &image), BH_REASON_NONE);
    assert_int_equal(image.hash_id, BH_HASH_SHA256);
    assert_int_equal(image.digest_off, espressif_end);
    assert_int_equal(image.len, espressif_end + 32);
    for (unsigned flag = 0; flag < 256; flag += flag ? 1 : 2) {
        espressif_bytes[BH_ESPRESSIF_OFF_HASH] = (uint8_t)flag;
        assert_int_equal(decode(espressif_end + 32, &image), BH_REASON_NONE);
        assert_int_equal(image.hash_id, 0);
        assert_int_equal(image.len, espressif_end);
    }
}

/* Every byte of every segment counts, in pieces of any size. */
static void sums_all_segments(void **state)
{
    static const uint32_t rooms[] = { 1, 7, 64, 512 };
    struct bh_view view = bh_view_of(&espressif_region);
    uint8_t room[512];
    uint32_t seconds;

    (void)state;
    espressif_begin(0x3C000020);
    seconds = espressif_end + 8;
    espressif_segment(0x42000000, 36);
    espressif_segment(0x42010000, 4);
    memset(espressif_bytes + seconds, 0x5A, 36);
    espressif_finish();
    for (unsigned i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        struct bh_work work = { room, rooms[i] };

        assert_int_equal(bh_espressif_checksum(&view, espressif_end, &work), 0);
        for (uint32_t at = seconds; at < seconds + 36; at += 35) {
            espressif_bytes[at] ^= 1;
            assert_int_equal(bh_espressif_checksum(&view, espressif_end, &work), 1);
            espressif_bytes[at] ^= 1;
        }
        espressif_bytes[BH_ESPRESSIF_APP_OFF + 3] ^= 1;
        assert_int_equal(bh_espressif_checksum(&view, espressif_end, &work), 1);
        espressif_bytes[BH_ESPRESSIF_APP_OFF + 3] ^= 1;
    }
    assert_int_equal(bh_espressif_checksum(&view, espressif_end - 1, &(struct bh_work){ room, 64 }),
                     BH_ERR_REFUSED);
}

static void takes_sixteen_segments(void **state)
{
    uint8_t memory[512];
    struct bh_work work = { memory, sizeof memory };
    struct bh_view view = bh_view_of(&espressif_region);
    struct bh_espressif_segment s;
    struct bh_image image;

    (void)state;
    espressif_begin(0x3C000020);
    for (unsigned i = 1; i < 16; i++)
        espressif_segment(0x3FC80000 + i * 64, 4 * i);
    espressif_finish();
    assert_int_equal(decode(espressif_end, &image), BH_REASON_NONE);
    assert_int_equal(bh_espressif_segment(&view, espressif_end, 15, &s), BH_OK);
    assert_int_equal(s.len, 60);
    assert_int_equal(bh_espressif_segment(&view, espressif_end, 16, &s), BH_ERR_ABSENT);
    assert_int_equal(bh_espressif_checksum(&view, espressif_end, &work), 0);
    assert_int_equal(decode(espressif_end - 1, &image),
                     BH_REASON_HEADER); /* without its checksum */
    espressif_begin(0x3C000020);
    for (unsigned i = 1; i < 17; i++)
        espressif_segment(0x3FC80000 + i * 64, 4);
    espressif_finish();
    assert_int_equal(decode(espressif_end, &image), BH_REASON_HEADER);
}

static void refuses_lengths_that_are_none(void **state)
{
    static const uint32_t lens[] = { 255, 257, 258, 0x01000000, 0xFFFFFFFC, ESPRESSIF_ROOM - 31 };
    struct bh_image image;

    (void)state;
    for (unsigned i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        espressif_begin(0x3C000020);
        bh_store32(espressif_bytes + 28, lens[i]);
        assert_int_equal(decode(ESPRESSIF_ROOM, &image), BH_REASON_HEADER);
    }
}

/* Each whole block is a signature; what is not whole, or of no known kind, is as none. */
static void finds_each_signature(void **state)
{
    struct bh_image_signature s;
    struct bh_view view = bh_view_of(&espressif_region);
    struct bh_image image;
    uint32_t sector;

    (void)state;
    for (unsigned whole = 0; whole < 8; whole++) {
        unsigned found = 0, first = 3;

        espressif_begin(0x3C000020);
        espressif_finish();
        sector = bh_round_up(espressif_end, BH_ESPRESSIF_SECTOR);
        for (unsigned n = 0; n < 3; n++) {
            espressif_block(n, n == 1 ? BH_ESPRESSIF_BLOCK_ECDSA : BH_ESPRESSIF_BLOCK_RSA,
                            (uint8_t)(n + 1));
            if (!(whole >> n & 1))
                espressif_bytes[sector + n * BH_ESPRESSIF_BLOCK_LEN + 700] ^= 1;
            else if (first == 3)
                first = n;
        }
        assert_int_equal(decode(ESPRESSIF_ROOM, &image), BH_REASON_NONE);
        assert_int_equal(image.len, whole ? sector + BH_ESPRESSIF_SECTOR : espressif_end);
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
    espressif_begin(0x3C000020);
    espressif_finish();
    espressif_block(0, 4, 1); /* a kind that is not known */
    assert_int_equal(decode(ESPRESSIF_ROOM, &image), BH_REASON_NONE);
    assert_int_equal(image.len, espressif_end);
}

/* A segment is at most 16 MB less 4, and ends within the limit; so do header, heads, checksum and
 * digest. */
static void limits_are_exact(void **state)
{
    struct bh_view view = bh_view_of(&espressif_region);
    struct bh_espressif_segment s;
    struct bh_image image;

    (void)state;
    espressif_begin(0x3C000020);
    for (uint32_t len = 0xFFFFF0; len <= 0x1000010; len += 4) {
        bool good = len < BH_ESPRESSIF_SEGMENT_MAX;

        bh_store32(espressif_bytes + 28, len);
        assert_int_equal(bh_espressif_segment(&view, 32 + len, 0, &s),
                         good ? BH_OK : BH_ERR_REFUSED);
        assert_int_equal(bh_espressif_segment(&view, 31 + len, 0, &s), BH_ERR_REFUSED);
        assert_int_equal(bh_espressif_segment(&view, ESPRESSIF_SIZE, 0, &s),
                         good ? BH_OK : BH_ERR_REFUSED);
    }
    assert_int_equal(bh_espressif_segment(&view, 31, 0, &s), BH_ERR_REFUSED); /* its head */
    assert_int_equal(bh_espressif_segment(&view, 23, 0, &s), BH_ERR_IO);      /* the header */
    espressif_begin(0x3C000020);
    espressif_bytes[BH_ESPRESSIF_OFF_HASH] = 1;
    espressif_finish();
    for (uint32_t limit = 0; limit < espressif_end + 40; limit++) {
        enum bh_reason why = limit < 24                   ? BH_REASON_NO_IMAGE
                             : limit < espressif_end      ? BH_REASON_HEADER
                             : limit < espressif_end + 32 ? BH_REASON_TOO_BIG
                                                          : BH_REASON_NONE;

        assert_int_equal(decode(limit, &image), why);
    }
    espressif_bytes[0] = BH_ESPRESSIF_MAGIC - 1;
    assert_int_equal(decode(ESPRESSIF_ROOM, &image), BH_REASON_NO_IMAGE);
    assert_int_equal(bh_espressif_segment(&view, ESPRESSIF_ROOM, 0, &s), BH_ERR_REFUSED);
}

/* All segments at once, and each by itself, are the same. */
static void lists_all_segments(void **state)
{
    struct bh_view view = bh_view_of(&espressif_region);
    struct bh_espressif_segment all[BH_ESPRESSIF_SEGMENTS_MAX], one;
    unsigned n = 99;

    (void)state;
    espressif_begin(0x3C000020);
    for (unsigned i = 1; i < 16; i++)
        espressif_segment(0x3FC80000 + i * 64, 4 * i);
    espressif_finish();
    assert_int_equal(bh_espressif_segments(&view, espressif_end, all, &n), BH_OK);
    assert_int_equal(n, 16);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(bh_espressif_segment(&view, espressif_end, i, &one), BH_OK);
        assert_memory_equal(&all[i], &one, sizeof one);
        assert_int_equal(one.load_addr, i ? 0x3FC80000 + i * 64 : 0x3C000020);
        assert_int_equal(one.len, i ? 4 * i : BH_ESPRESSIF_APP_LEN);
        assert_int_equal(one.off, i ? all[i - 1].off + all[i - 1].len + 8 : 32);
    }
    bh_store32(espressif_bytes + all[15].off - 4, 61); /* the last one */
    assert_int_equal(bh_espressif_segments(&view, espressif_end, all, &n), BH_ERR_REFUSED);
    assert_int_equal(bh_espressif_segment(&view, espressif_end, 14, &one), BH_OK);
    assert_int_equal(bh_espressif_segment(&view, espressif_end, 15, &one), BH_ERR_REFUSED);
    espressif_bytes[BH_ESPRESSIF_OFF_SEGMENTS] = 0;
    assert_int_equal(bh_espressif_segments(&view, espressif_end, all, &n), BH_OK);
    assert_int_equal(n, 0);
    assert_int_equal(bh_espressif_segment(&view, espressif_end, 0, &one), BH_ERR_ABSENT);
}

/* Of an image without segments the checksum byte is the first that can be one. */
static void reads_the_header(void **state)
{
    struct bh_image image;

    (void)state;
    espressif_begin(0x3C000020);
    bh_store32(espressif_bytes + BH_ESPRESSIF_OFF_ENTRY, 0x40380124);
    bh_store16(espressif_bytes + BH_ESPRESSIF_OFF_CHIP, 0x1234);
    espressif_finish();
    assert_int_equal(decode(espressif_end, &image), BH_REASON_NONE);
    assert_int_equal(image.load_addr, 0x40380124);
    assert_int_equal(image.flags, 0x1234);
    assert_int_equal(image.payload_len, espressif_end);
    assert_int_equal(image.tlvs.len, 0);
    assert_int_equal(image.n_hashed, 0);
    espressif_bytes[BH_ESPRESSIF_OFF_SEGMENTS] = 0;
    assert_int_equal(decode(31, &image), BH_REASON_HEADER);
    assert_int_equal(decode(32, &image), BH_REASON_NONE);
    assert_int_equal(image.len, 32);
    assert_false(image.has_counter);
}

/* A descriptor is 256 bytes: a shorter first segment has none, whatever is in it. */
static void a_short_segment_has_no_descriptor(void **state)
{
    struct bh_image image;

    (void)state;
    for (uint32_t len = BH_ESPRESSIF_APP_LEN - 8; len <= BH_ESPRESSIF_APP_LEN + 8; len += 4) {
        espressif_begin(0x3C000020);
        bh_store32(espressif_bytes + 28, len);
        espressif_finish();
        assert_int_equal(decode(espressif_end, &image), BH_REASON_NONE);
        assert_int_equal(image.has_counter, len >= BH_ESPRESSIF_APP_LEN);
        assert_int_equal(image.counter, len >= BH_ESPRESSIF_APP_LEN ? 7 : 0);
    }
}

static void reads_versions(void **state)
{
    static const struct {
        const char *text;
        unsigned major, minor, revision;
    } rows[] = {
        { "", 0, 0, 0 },
        { "v", 0, 0, 0 },
        { "1", 1, 0, 0 },
        { "v2.3", 2, 3, 0 },
        { "v1.2.3-5-gabc", 1, 2, 3 },
        { "1.2.3.4", 1, 2, 3 },
        { "V1.2.3", 0, 0, 0 },
        { "vv1.2.3", 0, 0, 0 },
        { "10.20.30", 10, 20, 30 },
        { "9.09.009", 9, 9, 9 },
        { "255.255.65535", 255, 255, 65535 },
        { "256.300.65536", 255, 255, 65535 },
        { "99999999999.99999999999.99999999999", 255, 255, 65535 },
        { "1.2 .3", 1, 2, 0 },
        { "1/2", 1, 0, 0 },
        { "1:2", 1, 0, 0 },
        { "0.0.7", 0, 0, 7 },
        { "..5", 0, 0, 5 },
        { "1.2.0000000000000000000000000003", 1, 2, 3 }, /* all of them */
    };
    uint8_t *version = espressif_bytes + BH_ESPRESSIF_APP_OFF + BH_ESPRESSIF_APP_OFF_VERSION;
    struct bh_image image;

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].text);

        espressif_begin(0x3C000020);
        memset(version, 0, 32);
        memset(version + 32, '9', 16); /* the project's name: none of it */
        memcpy(version, rows[i].text, len < 32 ? len : 32);
        espressif_finish();
        assert_int_equal(decode(espressif_end, &image), BH_REASON_NONE);
        if (image.version.major != rows[i].major || image.version.minor != rows[i].minor ||
            image.version.revision != rows[i].revision || image.version.build != 0)
            fail_msg("%s: %u.%u.%u", rows[i].text, image.version.major, image.version.minor,
                     image.version.revision);
    }
}

/* The sector is at the next multiple of 4 KB, which may be where the image ends, and is whole. */
static void finds_the_sector(void **state)
{
    struct bh_image image;

    (void)state;
    for (uint32_t more = 0; more < 3; more++) {
        uint32_t sector;

        espressif_begin(0x3C000020);
        espressif_segment(0x3FC80000, 0x1000 - 32 - 256 - 8 - 16 + (more - 1) * 16);
        espressif_finish();
        assert_int_equal(espressif_end, 0x1000 + (more - 1) * 16);
        sector = more == 2 ? 0x2000 : 0x1000;
        espressif_block(0, BH_ESPRESSIF_BLOCK_RSA, 1);
        assert_int_equal(decode(sector + 0xFFF, &image), BH_REASON_NONE);
        assert_int_equal(image.len, espressif_end); /* there is no room for one: it is unsigned */
        assert_int_equal(image.tlvs.len, 0);
        assert_int_equal(image.n_hashed, 0);
        assert_int_equal(decode(sector + 0x1000, &image), BH_REASON_NONE);
        assert_int_equal(image.len, sector + 0x1000);
        assert_int_equal(image.payload_len, espressif_end);
        assert_int_equal(image.tlvs.off, sector);
        assert_int_equal(image.tlvs.len, 0x1000);
        assert_int_equal(image.hash_id, BH_HASH_SHA256);
        assert_int_equal(image.n_hashed, 1);
        assert_int_equal(image.hashed[0].off, 0);
        assert_int_equal(image.hashed[0].len, sector);
        assert_int_equal(image.digest_off, sector + BH_ESPRESSIF_BLOCK_OFF_DIGEST);
        assert_int_equal(image.counter, 7);
    }
}

/* Three blocks have room in a sector. What is after them, and out of it, is none. */
static void there_is_no_fourth_block(void **state)
{
    struct bh_view view = bh_view_of(&espressif_region);
    struct bh_image_signature s;
    struct bh_image image;
    struct bh_extent one, less;
    unsigned n = 0;

    (void)state;
    espressif_begin(0x3C000020);
    espressif_finish();
    for (unsigned i = 0; i < 4; i++)
        espressif_block(i, BH_ESPRESSIF_BLOCK_ECDSA, (uint8_t)i);
    assert_int_equal(decode(ESPRESSIF_ROOM, &image), BH_REASON_NONE);
    one = less = image.tlvs;
    while (bh_image_espressif.signature(&view, &image.tlvs, &s) == BH_OK) {
        uint32_t block = one.off + n++ * BH_ESPRESSIF_BLOCK_LEN;

        assert_int_equal(s.id, BH_SIG_P256);
        assert_int_equal(s.key_id_off, block + BH_ESPRESSIF_EC_OFF_KEY + 1);
        assert_int_equal(s.bytes.off, block + BH_ESPRESSIF_EC_OFF_SIG);
        assert_int_equal(s.bytes.len, BH_ESPRESSIF_EC_LEN);
    }
    assert_int_equal(n, 3);
    one.len = BH_ESPRESSIF_BLOCK_LEN; /* room for one is room for one */
    assert_int_equal(bh_image_espressif.signature(&view, &one, &s), BH_OK);
    assert_int_equal(bh_image_espressif.signature(&view, &one, &s), BH_ERR_ABSENT);
    less.len = BH_ESPRESSIF_BLOCK_LEN - 1;
    assert_int_equal(bh_image_espressif.signature(&view, &less, &s), BH_ERR_ABSENT);
    /* nor is a fourth one the one that counts */
    for (unsigned i = 0; i < 3; i++)
        espressif_bytes[0x1000 + i * BH_ESPRESSIF_BLOCK_LEN + 700] ^= 1;
    assert_int_equal(decode(ESPRESSIF_ROOM, &image), BH_REASON_NONE);
    assert_int_equal(image.len, espressif_end);
    assert_int_equal(image.tlvs.len, 0);
}

static void blocks_are_of_two_kinds(void **state)
{
    struct bh_view view = bh_view_of(&espressif_region);
    uint8_t *b = espressif_bytes + 0x1000;
    struct bh_image_signature s;
    struct bh_image image;

    (void)state;
    for (unsigned kind = 0; kind < 6; kind++)
        for (unsigned curve = 0; curve < 4; curve++)
            for (unsigned magic = 0; magic < 2; magic++) {
                bool rsa = kind == BH_ESPRESSIF_BLOCK_RSA && !magic;
                bool p256 = kind == BH_ESPRESSIF_BLOCK_ECDSA && curve == 2 && !magic;

                espressif_begin(0x3C000020);
                espressif_finish();
                espressif_block(0, (uint8_t)kind, 9);
                b[0] = (uint8_t)(BH_ESPRESSIF_BLOCK_MAGIC + magic);
                b[36] = (uint8_t)curve;
                bh_store32(b + 1196, bh_crc32(0, b, 1196));
                assert_int_equal(decode(ESPRESSIF_ROOM, &image), BH_REASON_NONE);
                assert_int_equal(image.n_hashed, rsa || p256);
                if (!rsa && !p256)
                    continue;
                assert_int_equal(bh_image_espressif.signature(&view, &image.tlvs, &s), BH_OK);
                assert_int_equal(s.id, rsa ? BH_SIG_RSA3072 : BH_SIG_P256);
                assert_int_equal(s.key_id_off, 0x1000 + 36 + p256);
                assert_int_equal(s.bytes.off, 0x1000 + (rsa ? 812 : 101));
                assert_int_equal(s.bytes.len, rsa ? 384 : 64);
            }
    for (unsigned at = 0; at < 1200; at += 3) { /* every byte is under the checksum */
        espressif_begin(0x3C000020);
        espressif_finish();
        espressif_block(0, BH_ESPRESSIF_BLOCK_RSA, 9);
        b[at] ^= 0x10;
        assert_int_equal(decode(ESPRESSIF_ROOM, &image), BH_REASON_NONE);
        assert_int_equal(image.n_hashed, 0);
    }
}

/* Whichever read fails, no other answer than that comes of it; where a block of the sector cannot
 * be read, it is none. */
static void a_read_that_fails_is_told(void **state)
{
    struct bh_view view = bh_view_of(&espressif_region);
    uint8_t room[64];
    struct bh_work work = { room, sizeof room };
    struct bh_espressif_segment s[BH_ESPRESSIF_SEGMENTS_MAX];
    struct bh_image image;
    unsigned reads, n;

    (void)state;
    espressif_begin(0x3C000020);
    espressif_segment(0x3FC80000, 200);
    espressif_finish();
    espressif_fail_read(0);
    assert_int_equal(decode(espressif_end, &image), BH_REASON_NONE);
    reads = espressif_reads();
    assert_in_range(reads, 4, 20);
    for (unsigned i = 1; i <= reads; i++) {
        espressif_fail_read(i);
        assert_int_equal(decode(espressif_end, &image), BH_REASON_READ);
    }
    espressif_fail_read(0);
    assert_int_equal(bh_espressif_checksum(&view, espressif_end, &work), 0);
    reads = espressif_reads();
    for (unsigned i = 1; i <= reads; i++) {
        espressif_fail_read(i);
        assert_int_equal(bh_espressif_checksum(&view, espressif_end, &work), BH_ERR_IO);
        espressif_fail_read(i);
        if (i <= 3)
            assert_int_equal(bh_espressif_segments(&view, espressif_end, s, &n), BH_ERR_IO);
        espressif_fail_read(i);
        if (i <= 3)
            assert_int_equal(bh_espressif_segment(&view, espressif_end, 1, s), BH_ERR_IO);
    }
    espressif_fail_read(0);
    espressif_block(0, BH_ESPRESSIF_BLOCK_RSA, 1);
    assert_int_equal(decode(ESPRESSIF_ROOM, &image), BH_REASON_NONE);
    for (unsigned i = 1; i <= 25; i++) { /* head, 23 pieces, checksum */
        struct bh_extent rest = image.tlvs;
        struct bh_image_signature sig;

        espressif_fail_read(i);
        assert_int_equal(bh_image_espressif.signature(&view, &rest, &sig), BH_ERR_IO);
    }
    espressif_fail_read(0);
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
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(lists_all_segments),
        cmocka_unit_test(reads_the_header),
        cmocka_unit_test(a_short_segment_has_no_descriptor),
        cmocka_unit_test(reads_versions),
        cmocka_unit_test(finds_the_sector),
        cmocka_unit_test(there_is_no_fourth_block),
        cmocka_unit_test(blocks_are_of_two_kinds),
        cmocka_unit_test(a_read_that_fails_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
