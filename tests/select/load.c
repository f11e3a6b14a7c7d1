/* SPDX-License-Identifier: Apache-2.0 */
/* Applications that run from RAM: where their segments may go, that nothing is copied before all of
 * them were looked at, and that what is in RAM is what was verified, whatever the flash reads as
 * between two looks at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bulkhead/bytes.h"
#include "bulkhead/select.h"

#define SIZE 0x40000u
#define APP_0 0x20000u
#define APP_1 0x30000u
#define CODE 0x80000000u
#define DATA 0x80001000u
#define WINDOW 0x1000u
#define NOISE 0xA5u
/* Of the usual application: up to its checksum, and all of it. */
#define SUMMED ((BH_ESPRESSIF_HEADER_LEN + 3 * 8 + 0x200 + 40 + 0x84) / 16 * 16 + 16)
#define LEN (SUMMED + 32)

static uint8_t cells[SIZE];
static uint8_t code[WINDOW], data[WINDOW]; /* the RAM behind the windows */
static uint32_t reads;                     /* of the flash, while it is watched */
static struct {
    uint32_t from, until; /* reads: 0: none; it is not watched */
    uint32_t at;          /* about this byte */
} lie;
static uint8_t memory[512];
static struct bh_work work = { memory, sizeof memory };

static int flash_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    (void)f;
    memcpy(buf, cells + off, len);
    if (lie.from && ++reads >= lie.from && reads < lie.until && lie.at - off < len)
        ((uint8_t *)buf)[lie.at - off] ^= 4;
    return BH_OK;
}

static int flash_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    (void)f;
    memcpy(cells + off, buf, len);
    return BH_OK;
}

static int flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    (void)f;
    memset(cells + off, 0xFF, len);
    return BH_OK;
}

static const struct bh_flash_ops ops = { .read = flash_read,
                                         .program = flash_program,
                                         .erase = flash_erase };
static const struct bh_page_run run = { SIZE / 0x1000, 0x1000 };
static const struct bh_flash flash = {
    .ops = &ops, .runs = &run, .n_runs = 1, .unit = 1, .erased = 0xFF, .size = SIZE
};

static const struct bh_espressif_window windows[] = {
    { CODE, CODE + WINDOW, false, false, code },
    { DATA, DATA + WINDOW, false, true, data },
    { 0x90000000, 0x90001000, false, false, NULL }, /* RAM that is the bootloader's */
    { 0, 0, false, false, NULL },
};
static const struct bh_espressif_chip chip = { "esp32c3", 5, windows };
static const struct bh_image_format *const formats[] = { &bh_image_espressif, NULL };
static const struct bh_select product = {
    .flash = &flash,
    .table_off = BH_TABLE_OFF,
    .rules = BH_TABLE_ESPRESSIF,
    .policy = { .formats = formats, .hash = &bh_sha256, .allow_unsigned = true },
    .chip = &chip,
    .loads = true,
};
static const struct bh_select_inputs inputs;

struct part {
    uint32_t addr, len;
};

/* The usual application: a descriptor and code, padding, data. */
static const struct part usual[] = { { CODE, 0x200 }, { 0, 40 }, { DATA + 4, 0x84 }, { 0, 0 } };

/* An image of these segments (0, 0 ends them), at off in flash. */
static void install(uint32_t off, const struct part *part, uint32_t entry)
{
    uint8_t *image = cells + off, sum = BH_ESPRESSIF_CHECKSUM_SEED;
    uint32_t len = BH_ESPRESSIF_HEADER_LEN;
    struct bh_hash h;

    memset(image, 0xFF, 0x10000);
    memset(image, 0, len);
    image[0] = BH_ESPRESSIF_MAGIC;
    image[BH_ESPRESSIF_OFF_CHIP] = 5;
    image[BH_ESPRESSIF_OFF_HASH] = 1;
    bh_store32(image + BH_ESPRESSIF_OFF_ENTRY, entry);
    for (; part->addr || part->len; part++) {
        image[BH_ESPRESSIF_OFF_SEGMENTS]++;
        bh_store32(image + len, part->addr);
        bh_store32(image + len + 4, part->len);
        len += 8;
        for (uint32_t i = 0; i < part->len; i++, len++)
            sum ^= image[len] = (uint8_t)(len * 7 + (len >> 8) + off / 0x10000);
    }
    for (; len % 16 != 15; len++)
        image[len] = 0;
    image[len++] = sum;
    bh_hash_init(&h, &bh_sha256);
    bh_hash_update(&h, image, len);
    bh_hash_final(&h, image + len);
}

static void put_row(uint32_t i, uint8_t type, uint8_t subtype, uint32_t off, uint32_t len)
{
    struct bh_partition p = { .type = type, .subtype = subtype, .off = off, .len = len };

    bh_partition_encode(&p, cells + BH_TABLE_OFF + i * BH_TABLE_ROW);
}

/* A device with the usual application in ota_0, and blank in ota_1; RAM is noise. */
static int open_device(void **state)
{
    (void)state;
    memset(cells, 0xFF, sizeof cells);
    put_row(0, BH_TYPE_DATA, BH_DATA_OTA, 0x9000, BH_OTADATA_LEN);
    put_row(1, BH_TYPE_APP, BH_APP_OTA, APP_0, 0x10000);
    put_row(2, BH_TYPE_APP, BH_APP_OTA + 1, APP_1, 0x10000);
    install(APP_0, usual, CODE + 0x100);
    memset(code, NOISE, sizeof code);
    memset(data, NOISE, sizeof data);
    memset(&lie, 0, sizeof lie);
    reads = 0;
    return 0;
}

static bool untouched(const uint8_t *ram)
{
    return bh_all(ram, NOISE, WINDOW);
}

/* Is the usual application in RAM, and nothing else? */
static bool loaded(uint32_t app)
{
    const uint8_t *first = cells + app + 32, *third = first + 0x200 + 8 + 40 + 8;

    return !memcmp(code, first, 0x200) && bh_all(code + 0x200, NOISE, WINDOW - 0x200) &&
           bh_all(data, NOISE, 4) && !memcmp(data + 4, third, 0x84) &&
           bh_all(data + 0x88, NOISE, WINDOW - 0x88);
}

static void segments_go_where_they_belong(void **state)
{
    struct bh_select_boot boot;

    (void)state;
    bh_select_run(&product, &inputs, &work, &boot);
    assert_int_equal(boot.action, BH_BOOT_START);
    assert_true(untouched(code) && untouched(data));
    bh_select_load(&product, &inputs, &work, &boot);
    assert_int_equal(boot.action, BH_BOOT_START);
    assert_int_equal(boot.verdict, BH_VERDICT_GOOD);
    assert_int_equal(boot.image.load_addr, CODE + 0x100);
    assert_true(loaded(APP_0));
}

/* A window's last byte, neighbours, one segment between two, empty ones anywhere. */
static void all_of_a_window_may_be_used(void **state)
{
    static const struct part parts[] = {
        { DATA + 4, 0 },         { CODE, 0x100 },  { CODE + 0x200, WINDOW - 0x200 },
        { CODE + 0x100, 0x100 }, { DATA, WINDOW }, { CODE + 4, 0 },
        { 0x90000000, 0 },       { 0, 4 },         { 0, 0 }
    };
    struct bh_select_boot boot;

    (void)state;
    install(APP_0, parts, CODE + WINDOW - 2);
    bh_select_run(&product, &inputs, &work, &boot);
    bh_select_load(&product, &inputs, &work, &boot);
    assert_int_equal(boot.action, BH_BOOT_START);
    assert_memory_equal(code + 0x200, cells + APP_0 + 40 + 0x100 + 8, WINDOW - 0x200);
    assert_memory_equal(data, cells + APP_0 + 40 + 0x100 + 8 + WINDOW - 0x200 + 8 + 0x100 + 8,
                        WINDOW);
}

struct bad {
    const char *what;
    struct part part[4];
    uint32_t entry;
};

static const struct bad bads[] = {
    { "before the window", { { CODE - 4, 8 }, { CODE + 8, 8 } }, CODE + 8 },
    { "past the window", { { CODE, 8 }, { DATA + WINDOW - 4, 8 } }, CODE },
    { "from one into the next", { { CODE, 8 }, { CODE + WINDOW - 4, 8 } }, CODE },
    { "the bootloader's RAM", { { CODE, 8 }, { 0x90000000, 8 } }, CODE },
    { "nowhere", { { CODE, 8 }, { 0x10000000, 8 } }, CODE },
    { "the end of the address space", { { CODE, 8 }, { 0xFFFFFFFC, 8 } }, CODE },
    { "twice the same", { { CODE, 8 }, { CODE, 8 } }, CODE },
    { "overlapping by a word", { { CODE + 4, 8 }, { CODE, 8 } }, CODE },
    { "one within the other", { { CODE, 32 }, { CODE + 8, 4 } }, CODE },
    { "one around the other", { { CODE + 8, 4 }, { DATA, 4 }, { CODE, 32 } }, CODE },
    { "entry behind the code", { { CODE, 8 }, { DATA, 8 } }, CODE + 8 },
    { "entry before the code", { { CODE + 8, 8 } }, CODE + 6 },
    { "entry in data", { { CODE, 8 }, { DATA, 8 } }, DATA },
    { "entry a byte before the code", { { CODE + 1, 8 } }, CODE },
    { "entry on the last byte", { { CODE + 1, 8 } }, CODE + 8 },
    { "entry on an odd address", { { CODE, 8 } }, CODE + 1 },
    { "entry in the bootloader", { { CODE, 8 } }, 0x90000000 },
    { "entry 0, in padding", { { CODE, 8 }, { 0, 8 } }, 0 },
    { "only padding", { { 0, 8 } }, 4 },
    { "no segment", { { 0, 0 } }, CODE },
};

/* It is not chosen: the other one starts. Without another one nothing does. */
static void bad_places_are_refused_when_chosen(void **state)
{
    struct bh_select_boot boot;

    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        print_message("%s\n", bads[i].what);
        open_device(state);
        install(APP_0, bads[i].part, bads[i].entry);
        bh_select_run(&product, &inputs, &work, &boot);
        assert_int_equal(boot.action, BH_BOOT_RECOVER);
        assert_int_equal(boot.refused, BH_REASON_WRONG_SLOT);
        install(APP_1, usual, CODE + 0x100);
        bh_select_run(&product, &inputs, &work, &boot);
        assert_int_equal(boot.action, BH_BOOT_START);
        assert_int_equal(boot.index, 1);
        assert_true(untouched(code) && untouched(data));
        bh_select_load(&product, &inputs, &work, &boot);
        assert_int_equal(boot.verdict, BH_VERDICT_GOOD);
        assert_true(loaded(APP_1));
    }
}

/* It is there only once the choice is made, as flash that lies has it, and whoever made it knows
 * how to make a digest: not a byte is copied. */
static void bad_places_are_refused_before_a_byte_is_copied(void **state)
{
    struct bh_select_boot boot;

    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        print_message("%s\n", bads[i].what);
        open_device(state);
        bh_select_run(&product, &inputs, &work, &boot);
        install(APP_0, bads[i].part, bads[i].entry);
        bh_select_load(&product, &inputs, &work, &boot);
        assert_int_equal(boot.action, BH_BOOT_RECOVER);
        assert_int_equal(boot.verdict, BH_VERDICT_BAD);
        assert_int_equal(boot.reason, BH_REASON_WRONG_SLOT);
        assert_true(untouched(code) && untouched(data));
    }
}

/* One bit of the flash is another one in these reads of it. */
static bool starts_what_was_there(const struct bh_select_boot *first, uint32_t at, uint32_t from,
                                  uint32_t until)
{
    struct bh_select_boot boot = *first;

    memset(code, NOISE, sizeof code);
    memset(data, NOISE, sizeof data);
    reads = 0;
    lie.from = from;
    lie.until = until;
    lie.at = at;
    bh_select_load(&product, &inputs, &work, &boot);
    lie.from = 0;
    if (boot.action == BH_BOOT_START && boot.verdict == BH_VERDICT_GOOD) {
        assert_true(loaded(APP_0) && boot.image.load_addr == CODE + 0x100);
        return true;
    }
    assert_int_equal(boot.action, BH_BOOT_RECOVER);
    assert_int_equal(boot.verdict, BH_VERDICT_BAD);
    return false;
}

/* In one read, or from one on: what starts is what was there at first. */
static void flash_that_lies_starts_nothing_else(void **state)
{
    uint32_t all, started = 0, refused = 0;
    struct bh_select_boot first;

    (void)state;
    bh_select_run(&product, &inputs, &work, &first);
    assert_true(starts_what_was_there(&first, APP_0, UINT32_MAX, UINT32_MAX));
    all = reads;
    assert_true(all > 10);
    for (uint32_t at = 0; at < LEN; at += at < 64 ? 1 : 3)
        for (uint32_t from = 1; from <= all; from++)
            for (uint32_t k = 0; k < 2; k++) {
                bool is =
                    starts_what_was_there(&first, APP_0 + at, from, k ? UINT32_MAX : from + 1);

                started += is;
                refused += !is;
            }
    print_message("%u started, %u refused\n", started, refused);
    assert_true(started > 1000 && refused > 1000);
}

/* What starts is what was verified last, and it begins where that says. */
static void another_image_that_verifies_starts_as_it_says(void **state)
{
    static const struct part parts[] = { { DATA, 8 }, { CODE + 0x40, 0x40 }, { 0, 0 } };
    struct bh_select_boot boot;

    (void)state;
    bh_select_run(&product, &inputs, &work, &boot);
    install(APP_0, parts, CODE + 0x60);
    bh_select_load(&product, &inputs, &work, &boot);
    assert_int_equal(boot.action, BH_BOOT_START);
    assert_int_equal(boot.image.load_addr, CODE + 0x60);
    assert_memory_equal(code + 0x40, cells + APP_0 + 32 + 8 + 8, 0x40);
}

/* ESP-IDF takes what goes below 0x10000000 for padding. So it is here, whatever the product says
 * is there. */
static void padding_is_loaded_nowhere(void **state)
{
    static const struct bh_espressif_window low[] = {
        { 0x08000000, 0x08001000, false, false, code },
        { DATA, DATA + WINDOW, false, false, data },
        { 0, 0, false, false, NULL },
    };
    static const struct bh_espressif_chip below = { "esp32c3", 5, low };
    static const struct part parts[] = { { 0x08000000, 0x40 }, { DATA, 0x40 }, { 0, 0 } };
    struct bh_select another = product;
    struct bh_select_boot boot;

    (void)state;
    another.chip = &below;
    install(APP_0, parts, DATA);
    bh_select_run(&another, &inputs, &work, &boot);
    bh_select_load(&another, &inputs, &work, &boot);
    assert_int_equal(boot.action, BH_BOOT_START);
    assert_int_equal(boot.verdict, BH_VERDICT_GOOD);
    assert_true(untouched(code));
    install(APP_0, parts, 0x08000000);
    bh_select_run(&another, &inputs, &work, &boot);
    assert_int_equal(boot.refused, BH_REASON_WRONG_SLOT);
}

/* Every byte of the image, changed once it was chosen. */
static void a_changed_byte_starts_nothing(void **state)
{
    struct bh_select_boot first, boot;

    (void)state;
    bh_select_run(&product, &inputs, &work, &first);
    for (uint32_t at = 0; at < LEN; at++) {
        cells[APP_0 + at] ^= 0x10;
        boot = first;
        bh_select_load(&product, &inputs, &work, &boot);
        if (boot.action == BH_BOOT_START || boot.verdict != BH_VERDICT_BAD)
            fail_msg("with byte %u changed it starts", at);
        cells[APP_0 + at] ^= 0x10;
    }
}

/* ---- any image ---- */

#define TRIALS 8000u

static uint64_t seed = 5;

static uint32_t draw(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16) % below;
}

/* Near the borders of the windows, or anywhere. */
static uint32_t any_address(void)
{
    static const uint32_t borders[] = { CODE,       CODE + WINDOW, DATA + WINDOW, 0,
                                        0x10000000, 0x90000000,    0xFFFFFFFC };

    return draw(8) ? borders[draw(sizeof borders / sizeof borders[0])] + draw(65) - 32
                   : CODE + draw(2 * WINDOW);
}

static const uint8_t *in_ram(uint32_t addr)
{
    return addr < DATA ? code + (addr - CODE) : data + (addr - DATA);
}

/* What starts has each of its segments where it says, and begins in one; what does not has left RAM
 * as it was. (The arrays behind the windows have guards in a build with sanitizers.) */
static void judge(const struct part *part, uint32_t entry, const struct bh_select_boot *boot)
{
    const uint8_t *from = cells + APP_0 + BH_ESPRESSIF_HEADER_LEN;
    bool begins = false;

    if (boot->action != BH_BOOT_START) {
        assert_true(untouched(code) && untouched(data));
        return;
    }
    assert_int_equal(boot->image.load_addr, entry);
    for (; part->addr || part->len; from += 8 + part->len, part++) {
        if (part->addr < 0x10000000 || part->len == 0)
            continue;
        assert_memory_equal(in_ram(part->addr), from + 8, part->len);
        begins = begins || (part->addr < DATA && entry - part->addr < part->len - 1);
    }
    assert_true(begins && entry % 2 == 0);
}

static void any_image(void **state)
{
    uint32_t started = 0;

    for (uint32_t i = 0; i < TRIALS; i++) {
        struct part parts[5] = { { 0, 0 } };
        struct bh_select_boot boot;
        uint32_t n = 1 + draw(4), entry;

        for (uint32_t k = 0; k < n; k++)
            parts[k] = (struct part){ any_address(), draw(3) ? draw(16) * 4 : draw(2) * WINDOW };
        if (parts[0].addr == 0 && parts[0].len == 0)
            continue;
        for (uint32_t k = 0; k < n; k++) /* none of them ends the list */
            parts[k].len += parts[k].addr == 0 && parts[k].len == 0 ? 4 : 0;
        entry = draw(4) ? parts[draw(n)].addr + draw(40) : any_address();
        open_device(state);
        install(APP_0, parts, entry);
        bh_select_run(&product, &inputs, &work, &boot);
        bh_select_load(&product, &inputs, &work, &boot);
        judge(parts, entry, &boot);
        started += boot.action == BH_BOOT_START;
    }
    print_message("%u of %u start\n", started, TRIALS);
    assert_true(started > TRIALS / 200);
}

/* A secure version, a chip, a revision that are none: also of the copy. */
static void what_is_said_of_the_device_counts_for_the_copy(void **state)
{
    static const struct bh_espressif_chip other = { "esp32", 0, windows };
    struct bh_select_inputs high = { .anti_rollback = true, .floor = 1 };
    struct bh_select another = product;
    struct bh_select_boot first, boot;

    (void)state;
    bh_select_run(&product, &inputs, &work, &first);
    boot = first;
    bh_select_load(&product, &high, &work, &boot);
    assert_int_equal(boot.reason, BH_REASON_FLOOR);
    another.chip = &other;
    boot = first;
    bh_select_load(&another, &inputs, &work, &boot);
    assert_int_equal(boot.reason, BH_REASON_CHIP);
    another.chip = &bh_espressif_esp32c3; /* no RAM is given to images */
    boot = first;
    bh_select_load(&another, &inputs, &work, &boot);
    assert_int_equal(boot.reason, BH_REASON_WRONG_SLOT);
    assert_int_equal(boot.action, BH_BOOT_RECOVER);
}

static void a_product_that_loads_nothing_starts_nothing_here(void **state)
{
    struct bh_select none = product;
    struct bh_select_boot boot;

    (void)state;
    none.loads = false;
    bh_select_run(&none, &inputs, &work, &boot);
    assert_int_equal(boot.action, BH_BOOT_START);
    bh_select_load(&none, &inputs, &work, &boot);
    assert_int_equal(boot.action, BH_BOOT_RECOVER);
    assert_int_equal(boot.reason, BH_REASON_PRODUCT);
    assert_int_equal(boot.verdict, BH_VERDICT_BAD);
    bh_select_load(&product, &inputs, &work, &boot); /* nothing to start remains so */
    assert_int_equal(boot.action, BH_BOOT_RECOVER);
    none = product;
    none.chip = &bh_espressif_any;
    assert_int_equal(bh_select_check(&none, &work), BH_ERR_PRODUCT);
    assert_int_equal(bh_select_check(&product, &work), BH_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(segments_go_where_they_belong, open_device),
        cmocka_unit_test_setup(all_of_a_window_may_be_used, open_device),
        cmocka_unit_test_setup(bad_places_are_refused_when_chosen, open_device),
        cmocka_unit_test_setup(bad_places_are_refused_before_a_byte_is_copied, open_device),
        cmocka_unit_test_setup(flash_that_lies_starts_nothing_else, open_device),
        cmocka_unit_test_setup(another_image_that_verifies_starts_as_it_says, open_device),
        cmocka_unit_test_setup(padding_is_loaded_nowhere, open_device),
        cmocka_unit_test_setup(a_changed_byte_starts_nothing, open_device),
        cmocka_unit_test(any_image),
        cmocka_unit_test_setup(what_is_said_of_the_device_counts_for_the_copy, open_device),
        cmocka_unit_test_setup(a_product_that_loads_nothing_starts_nothing_here, open_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
