/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an image of Espressif's fits a chip: every limit from both sides, every read that fails,
 * and the chips' windows beside those of ESP-IDF and esptool. */
#include "espressif_bytes.h"

#include "bulkhead/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define C3 (&bh_espressif_esp32c3)
#define CODE 0x42000000u /* of an ESP32-C3, mapped */
#define DATA 0x3C000000u
#define DRAM 0x3FC80000u

/* ---- windows ---- */

enum { MAPPED = 1, ONLY_DATA = 2 };

/* ESP-IDF's components/soc/CHIP/include/soc/soc.h, and MEMORY_MAP of esptool 5, which has the
 * ESP32-S3's first 8 MB only: SOC_IROM, SOC_DROM, SOC_IRAM, SOC_DRAM, SOC_RTC_*. */
static const struct {
    const struct bh_espressif_chip *chip;
    uint32_t start, end;
    unsigned kind;
} windows[] = {
    { &bh_espressif_esp32, 0x400D0000, 0x40400000, MAPPED },
    { &bh_espressif_esp32, 0x3F400000, 0x3F800000, MAPPED | ONLY_DATA },
    { &bh_espressif_esp32, 0x40080000, 0x400A0000, 0 },
    { &bh_espressif_esp32, 0x3FFAE000, 0x40000000, ONLY_DATA },
    { &bh_espressif_esp32, 0x400A0000, 0x400C0000, 0 },
    { &bh_espressif_esp32, 0x400C0000, 0x400C2000, 0 },
    { &bh_espressif_esp32, 0x3FF80000, 0x3FF82000, ONLY_DATA },
    { &bh_espressif_esp32, 0x50000000, 0x50002000, ONLY_DATA },
    { &bh_espressif_esp32s3, 0x42000000, 0x44000000, MAPPED },
    { &bh_espressif_esp32s3, 0x3C000000, 0x3D000000, MAPPED | ONLY_DATA },
    { &bh_espressif_esp32s3, 0x40370000, 0x403E0000, 0 },
    { &bh_espressif_esp32s3, 0x3FC88000, 0x3FD00000, ONLY_DATA },
    { &bh_espressif_esp32s3, 0x600FE000, 0x60100000, 0 },
    { &bh_espressif_esp32s3, 0x50000000, 0x50002000, ONLY_DATA },
    { &bh_espressif_esp32c3, 0x42000000, 0x42800000, MAPPED },
    { &bh_espressif_esp32c3, 0x3C000000, 0x3C800000, MAPPED | ONLY_DATA },
    { &bh_espressif_esp32c3, 0x4037C000, 0x403E0000, 0 },
    { &bh_espressif_esp32c3, 0x3FC80000, 0x3FCE0000, ONLY_DATA },
    { &bh_espressif_esp32c3, 0x50000000, 0x50002000, 0 },
    { &bh_espressif_esp32c6, 0x42000000, 0x43000000, MAPPED },
    { &bh_espressif_esp32c6, 0x40800000, 0x40880000, 0 },
    { &bh_espressif_esp32c6, 0x50000000, 0x50004000, 0 },
};

static bool same_window(const struct bh_espressif_window *w, size_t i)
{
    return w && w->start == windows[i].start && w->end == windows[i].end &&
           w->mapped == ((windows[i].kind & MAPPED) != 0) &&
           w->data == ((windows[i].kind & ONLY_DATA) != 0) && !w->ram;
}

/* Each of them from its first to its last byte, and nothing else that begins or ends at one. */
static void windows_are_those_of_the_chips(void **state)
{
    static const struct bh_espressif_chip *const chips[] = {
        &bh_espressif_esp32, &bh_espressif_esp32s3, &bh_espressif_esp32c3, &bh_espressif_esp32c6
    };
    size_t found = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(windows); i++) {
        const struct bh_espressif_chip *chip = windows[i].chip;
        uint32_t start = windows[i].start, len = windows[i].end - start;

        assert_true(same_window(bh_espressif_window(chip, start, len), i));
        assert_true(same_window(bh_espressif_window(chip, start + len - 1, 1), i));
        assert_true(same_window(bh_espressif_window(chip, start, 0), i));
        assert_null(bh_espressif_window(chip, start, len + 1));
        assert_null(bh_espressif_window(chip, start + 1, len));
        assert_null(bh_espressif_window(chip, start, UINT32_MAX));
        assert_false(same_window(bh_espressif_window(chip, start - 1, 1), i));
        assert_false(same_window(bh_espressif_window(chip, start + len, 0), i));
    }
    for (size_t i = 0; i < COUNT(chips); i++) {
        for (const struct bh_espressif_window *w = chips[i]->windows; w->end; w++)
            found++;
        assert_null(bh_espressif_window(chips[i], 0, 1));
        assert_null(bh_espressif_window(chips[i], 0x60000000, 4)); /* registers */
    }
    assert_int_equal(found, COUNT(windows));
    assert_null(bh_espressif_window(&bh_espressif_any, CODE, 4));
    assert_null(bh_espressif_any.windows);
}

/* esp_chip_id_t of ESP-IDF, IMAGE_CHIP_ID of esptool. */
static void chips_have_their_ids(void **state)
{
    (void)state;
    assert_int_equal(bh_espressif_esp32.id, 0);
    assert_int_equal(bh_espressif_esp32s3.id, 9);
    assert_int_equal(bh_espressif_esp32c3.id, 5);
    assert_int_equal(bh_espressif_esp32c6.id, 13);
    assert_string_equal(bh_espressif_esp32.name, "esp32");
    assert_string_equal(bh_espressif_esp32s3.name, "esp32s3");
    assert_string_equal(bh_espressif_esp32c3.name, "esp32c3");
    assert_string_equal(bh_espressif_esp32c6.name, "esp32c6");
}

/* ---- header ---- */

static enum bh_reason fits(const struct bh_espressif_chip *chip, uint16_t revision)
{
    uint8_t room[64];
    struct bh_work work = { room, sizeof room };
    struct bh_view view = bh_view_of(&espressif_region);

    return bh_espressif_fits(chip, revision, &view, espressif_end, &work);
}

/* For an ESP32-C3: a descriptor at 0x20 of a page of the cache, as in flash. */
static void begin(void)
{
    espressif_begin(DATA + 0x20);
    espressif_bytes[BH_ESPRESSIF_OFF_CHIP] = 5;
}

static void asks_for_the_chip(void **state)
{
    (void)state;
    begin();
    espressif_finish();
    for (unsigned bit = 0; bit < 16; bit++) {
        assert_int_equal(fits(C3, 0), BH_REASON_NONE);
        espressif_bytes[BH_ESPRESSIF_OFF_CHIP + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(fits(C3, 0), BH_REASON_CHIP);
        assert_int_equal(fits(&bh_espressif_any, 0), BH_REASON_NONE);
        espressif_bytes[BH_ESPRESSIF_OFF_CHIP + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void asks_for_the_revision(void **state)
{
    static const struct {
        uint16_t min, max, is;
        enum bh_reason why;
    } rows[] = {
        { 0, 0, 0, BH_REASON_NONE },
        { 0, 0, 65535, BH_REASON_NONE }, /* 0: no maximum */
        { 0, 65535, 999, BH_REASON_NONE },
        { 300, 399, 299, BH_REASON_CHIP_REVISION },
        { 300, 399, 300, BH_REASON_NONE },
        { 300, 399, 399, BH_REASON_NONE },
        { 300, 399, 400, BH_REASON_CHIP_REVISION },
        { 300, 0, 299, BH_REASON_CHIP_REVISION },
        { 300, 0, 300, BH_REASON_NONE },
        { 0, 1, 1, BH_REASON_NONE },
        { 0, 1, 2, BH_REASON_CHIP_REVISION },
        { 0, 65534, 65535, BH_REASON_CHIP_REVISION },
        { 0, 256, 257, BH_REASON_CHIP_REVISION }, /* both bytes count */
        { 256, 0, 255, BH_REASON_CHIP_REVISION },
    };

    (void)state;
    begin();
    espressif_finish();
    for (size_t i = 0; i < COUNT(rows); i++) {
        bh_store16(espressif_bytes + BH_ESPRESSIF_OFF_MIN_REV, rows[i].min);
        bh_store16(espressif_bytes + BH_ESPRESSIF_OFF_MAX_REV, rows[i].max);
        if (fits(C3, rows[i].is) != rows[i].why)
            fail_msg("%u to %u, it is %u", rows[i].min, rows[i].max, rows[i].is);
        assert_int_equal(fits(&bh_espressif_any, rows[i].is), BH_REASON_NONE);
    }
}

/* esp_image_format.c refuses a flag above 1, on every chip. */
static void asks_for_the_hash_flag(void **state)
{
    (void)state;
    begin();
    espressif_finish();
    for (unsigned flag = 0; flag < 256; flag++) {
        espressif_bytes[BH_ESPRESSIF_OFF_HASH] = (uint8_t)flag;
        assert_int_equal(fits(C3, 0), flag > 1 ? BH_REASON_HEADER : BH_REASON_NONE);
        assert_int_equal(fits(&bh_espressif_any, 0), flag > 1 ? BH_REASON_HEADER : BH_REASON_NONE);
    }
}

static void asks_for_the_checksum(void **state)
{
    (void)state;
    begin();
    espressif_finish();
    for (unsigned bit = 0; bit < 8; bit++) {
        espressif_bytes[espressif_end - 1] ^= (uint8_t)(1u << bit);
        assert_int_equal(fits(C3, 0), BH_REASON_CHECKSUM);
        assert_int_equal(fits(&bh_espressif_any, 0), BH_REASON_CHECKSUM);
        espressif_bytes[espressif_end - 1] ^= (uint8_t)(1u << bit);
    }
    espressif_bytes[BH_ESPRESSIF_OFF_SEGMENTS] = 17;
    assert_int_equal(fits(C3, 0), BH_REASON_HEADER);
    assert_int_equal(fits(&bh_espressif_any, 0), BH_REASON_HEADER);
}

/* ---- segments ---- */

/* One more segment of len bytes, which says it goes to addr. */
static enum bh_reason with_segment(uint32_t addr, uint32_t len)
{
    begin();
    espressif_segment(addr, len);
    espressif_finish();
    return fits(C3, 0);
}

/* What is loaded lies within one window; what is empty, or goes below 0x10000000, is not loaded. */
static void segments_lie_within_a_window(void **state)
{
    static const struct {
        uint32_t addr, len;
        enum bh_reason why;
    } rows[] = {
        { DRAM, 64, BH_REASON_NONE },
        { DRAM - 4, 64, BH_REASON_WRONG_SLOT },
        { 0x3FCE0000 - 64, 64, BH_REASON_NONE },
        { 0x3FCE0000 - 60, 64, BH_REASON_WRONG_SLOT },
        { 0x3FCE0000, 64, BH_REASON_WRONG_SLOT },
        { 0x40000000, 64, BH_REASON_WRONG_SLOT },
        { 0x40000000, 0, BH_REASON_NONE },
        { 0, 64, BH_REASON_NONE },
        { 0x0FFFFFFF, 64, BH_REASON_NONE },
        { 0x10000000, 64, BH_REASON_WRONG_SLOT },
        { 0x10000000, 0, BH_REASON_NONE },
        { 0xFFFFFFFC, 64, BH_REASON_WRONG_SLOT },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (with_segment(rows[i].addr, rows[i].len) != rows[i].why)
            fail_msg("%x, %u bytes: not %d", (unsigned)rows[i].addr, (unsigned)rows[i].len,
                     (int)rows[i].why);
    assert_int_equal(with_segment(0x40000000, 64), BH_REASON_WRONG_SLOT);
    assert_int_equal(fits(&bh_espressif_any, 0), BH_REASON_NONE);
}

/* The first one too, and the last of sixteen. */
static void every_segment_counts(void **state)
{
    (void)state;
    for (unsigned wrong = 0; wrong <= 16; wrong++) {
        begin();
        for (unsigned i = 1; i < 16; i++)
            espressif_segment(i == wrong ? 0x40000000 : DRAM + 64 * i, 32);
        if (wrong == 0)
            bh_store32(espressif_bytes + 24, 0x40000000);
        espressif_finish();
        assert_int_equal(fits(C3, 0), wrong < 16 ? BH_REASON_WRONG_SLOT : BH_REASON_NONE);
    }
}

/* The page of the flash cache that an application says, at byte 180 of its descriptor
 * (esp_app_desc_t.mmu_page_size): 8 to 64 KB, else 64 KB. A mapped segment begins at the same place
 * of a page as in flash, wherever the partition and the image in it are. */
static void mapped_segments_keep_their_place(void **state)
{
    static const struct {
        uint8_t log2;
        uint32_t page;
    } pages[] = {
        { 0, 0x10000 },  { 12, 0x10000 }, { 13, 0x2000 },   { 14, 0x4000 },
        { 15, 0x8000 },  { 16, 0x10000 }, { 17, 0x10000 },  { 29, 0x10000 },
        { 45, 0x10000 }, { 77, 0x10000 }, { 255, 0x10000 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pages); i++)
        for (uint32_t by = 0x1000; by <= 0x20000; by *= 2)
            for (int apart = -1; apart <= 1; apart++) {
                uint32_t addr = DATA + 0x20 + by + (uint32_t)(apart * 4);
                bool good = apart == 0 && by % pages[i].page == 0;

                espressif_begin(addr);
                espressif_bytes[BH_ESPRESSIF_OFF_CHIP] = 5;
                espressif_bytes[BH_ESPRESSIF_APP_OFF + 180] = pages[i].log2;
                espressif_finish();
                if ((fits(C3, 0) == BH_REASON_NONE) != good)
                    fail_msg("page 2^%u: %x", pages[i].log2, (unsigned)addr);
            }
    /* without a descriptor it is 64 KB */
    espressif_begin(DATA + 0x20 + 0x2000);
    espressif_bytes[BH_ESPRESSIF_OFF_CHIP] = 5;
    espressif_bytes[BH_ESPRESSIF_APP_OFF + 180] = 13;
    espressif_finish();
    assert_int_equal(fits(C3, 0), BH_REASON_NONE);
    espressif_bytes[BH_ESPRESSIF_APP_OFF] ^= 1;
    espressif_finish();
    assert_int_equal(fits(C3, 0), BH_REASON_WRONG_SLOT);
    for (uint32_t len = BH_ESPRESSIF_APP_LEN - 4; len <= BH_ESPRESSIF_APP_LEN; len += 4) {
        espressif_begin(DATA + 0x20 + 0x2000);
        espressif_bytes[BH_ESPRESSIF_OFF_CHIP] = 5;
        espressif_bytes[BH_ESPRESSIF_APP_OFF + 180] = 13;
        bh_store32(espressif_bytes + 28, len);
        espressif_end = 32 + len;
        espressif_finish();
        assert_int_equal(fits(C3, 0),
                         len < BH_ESPRESSIF_APP_LEN ? BH_REASON_WRONG_SLOT : BH_REASON_NONE);
    }
}

/* Places count from the start of the flash: partition, image in it, segment in that. */
static void places_are_those_of_the_flash(void **state)
{
    static uint8_t flash_bytes[0x8000];

    (void)state;
    begin();
    espressif_finish();
    for (uint32_t slot = 0; slot <= 0x3000; slot += 0x1000)
        for (uint32_t at = 0; at <= 0x3000; at += 0x1000) {
            struct bh_region region = { espressif_flash_of(flash_bytes, sizeof flash_bytes), slot,
                                        0x5000 };
            struct bh_view view = bh_view_of(&region);
            uint8_t room[64];
            struct bh_work work = { room, sizeof room };

            view.off = at;
            memset(flash_bytes, 0xFF, sizeof flash_bytes);
            espressif_bytes[BH_ESPRESSIF_APP_OFF + 180] = 13;
            bh_store32(espressif_bytes + 24, DATA + 0x20 + (slot + at) % 0x2000);
            espressif_finish();
            memcpy(flash_bytes + slot + at, espressif_bytes, espressif_end);
            assert_int_equal(bh_espressif_fits(C3, 0, &view, espressif_end, &work), BH_REASON_NONE);
            bh_store32(flash_bytes + slot + at + 24, DATA + 0x20 + (slot + at + 0x1000) % 0x2000);
            assert_int_equal(bh_espressif_fits(C3, 0, &view, espressif_end, &work),
                             BH_REASON_WRONG_SLOT);
        }
}

/* ---- flash that fails ---- */

/* Whichever read fails: it is said, and nothing else is. But for one that only tells how large a
 * page of the cache is: then it is as large as it can be. */
static void a_read_that_fails_is_told(void **state)
{
    unsigned reads;

    (void)state;
    begin();
    espressif_segment(CODE + 0x128, 64);
    espressif_segment(DRAM, 64);
    espressif_finish();
    espressif_fail_read(0);
    assert_int_equal(fits(C3, 0), BH_REASON_NONE);
    reads = espressif_reads();
    assert_in_range(reads, 10, 100);
    for (unsigned n = 1; n <= reads; n++) {
        enum bh_reason why;

        espressif_fail_read(n);
        why = fits(C3, 0);
        if (why != BH_REASON_READ && !(why == BH_REASON_NONE && espressif_failed_in_descriptor()))
            fail_msg("read %u of %u failed: %d", n, reads, (int)why);
    }
    espressif_fail_read(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_those_of_the_chips),
        cmocka_unit_test(chips_have_their_ids),
        cmocka_unit_test(asks_for_the_chip),
        cmocka_unit_test(asks_for_the_revision),
        cmocka_unit_test(asks_for_the_hash_flag),
        cmocka_unit_test(asks_for_the_checksum),
        cmocka_unit_test(segments_lie_within_a_window),
        cmocka_unit_test(every_segment_counts),
        cmocka_unit_test(mapped_segments_keep_their_place),
        cmocka_unit_test(places_are_those_of_the_flash),
        cmocka_unit_test(a_read_that_fails_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
