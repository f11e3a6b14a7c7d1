/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an image of Espressif's, as they are and with right checksums: whatever is accepted
 * lies within the limit, and what may be loaded is where a chip has room for it. */
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_espressif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct memory {
    const uint8_t *data;
};

static int read_memory(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    const struct memory *m = f->context;

    memcpy(buf, m->data + off, len);
    return BH_OK;
}

static const struct bh_flash_ops ops = { .read = read_memory, .program = NULL, .erase = NULL };

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* RAM that a product gives to images, as an ESP32-C3 has it. */
static uint8_t ram[0x1000], data_ram[0x1000];
static const struct bh_espressif_window windows[] = {
    { 0x42000000, 0x42800000, true, false, NULL },
    { 0x40380000, 0x40380000 + sizeof ram, false, false, ram },
    { 0x3FC80000, 0x3FC80000 + sizeof data_ram, false, true, data_ram },
    { 0, 0, false, false, NULL },
};
static const struct bh_espressif_chip loads = { "esp32c3", 5, windows };

/* Checksums of blocks and segments made right, as far as there are any. */
static void seal(uint8_t *bytes, uint32_t len)
{
    uint32_t off = BH_ESPRESSIF_HEADER_LEN;
    uint8_t sum = BH_ESPRESSIF_CHECKSUM_SEED;

    for (unsigned i = 0; len >= off && i < bytes[BH_ESPRESSIF_OFF_SEGMENTS]; i++) {
        uint32_t n = len - off >= 8 ? bh_load32(bytes + off + 4) : len;

        if (!bh_within(off + 8, n, len))
            return;
        for (uint32_t k = 0; k < n; k++)
            sum ^= bytes[off + 8 + k];
        off += 8 + n;
    }
    if ((off | 15u) < len)
        bytes[off | 15u] = sum;
    for (uint32_t at = 0; at + BH_ESPRESSIF_BLOCK_LEN <= len; at += 16)
        if (bytes[at] == BH_ESPRESSIF_BLOCK_MAGIC)
            bh_store32(bytes + at + BH_ESPRESSIF_BLOCK_OFF_CRC,
                       bh_crc32(0, bytes + at, BH_ESPRESSIF_BLOCK_OFF_CRC));
}

/* Segments that may be loaded: each in one window with RAM, no byte twice, and the entry in one. */
static void check_loads(const struct bh_view *view, uint32_t limit)
{
    struct bh_espressif_segment s[BH_ESPRESSIF_SEGMENTS_MAX];
    uint8_t entry[4];
    bool inside = false;
    unsigned n;

    must(bh_espressif_segments(view, limit, s, &n) == BH_OK);
    must(bh_view_read(view, BH_ESPRESSIF_OFF_ENTRY, entry, sizeof entry) == BH_OK);
    for (unsigned i = 0; i < n; i++) {
        uint64_t end = (uint64_t)s[i].load_addr + s[i].len;
        bool code = s[i].load_addr >= windows[1].start && end <= windows[1].end;
        bool other = s[i].load_addr >= windows[2].start && end <= windows[2].end;

        if (s[i].load_addr < 0x10000000 || s[i].len == 0)
            continue;
        must(code || other);
        inside = inside || (code && bh_load32(entry) >= s[i].load_addr &&
                            (uint64_t)bh_load32(entry) + 2 <= end);
        for (unsigned k = 0; k < i; k++)
            must(s[k].load_addr < 0x10000000 || s[k].len == 0 || s[k].load_addr >= end ||
                 (uint64_t)s[k].load_addr + s[k].len <= s[i].load_addr);
    }
    must(inside);
}

static void look(const uint8_t *data, size_t len)
{
    static uint8_t work_bytes[256];
    struct bh_work work = { work_bytes, sizeof work_bytes };
    struct memory memory = { data };
    struct bh_page_run run = { 1, (uint32_t)len };
    struct bh_flash flash = { .ops = &ops,
                              .context = &memory,
                              .runs = &run,
                              .n_runs = 1,
                              .unit = 1,
                              .erased = 0xFF,
                              .size = (uint32_t)len };
    struct bh_region region = { &flash, 0, (uint32_t)len };
    struct bh_view view = bh_view_of(&region);
    uint32_t limit = (uint32_t)len;
    struct bh_image_signature s;
    struct bh_espressif_segment segment;
    struct bh_image image;

    int sum = bh_espressif_checksum(&view, limit, &work);
    must(sum <= 1);
    if (bh_image_espressif.decode(&view, limit, &image) != BH_REASON_NONE)
        return;
    if (bh_espressif_fits(&bh_espressif_any, 0, &view, limit, &work) == BH_REASON_NONE)
        must(sum == 0 && data[BH_ESPRESSIF_OFF_HASH] <= 1);
    if (bh_espressif_fits(&bh_espressif_esp32c3, 0, &view, limit, &work) == BH_REASON_NONE)
        must(sum == 0 && data[BH_ESPRESSIF_OFF_CHIP] == 5);
    if (bh_espressif_loads(&loads, &view, limit) == BH_REASON_NONE)
        check_loads(&view, limit);
    must(image.len <= limit && image.payload_len <= image.len);
    for (unsigned i = 0; i < image.n_hashed; i++)
        must(bh_within(image.hashed[i].off, image.hashed[i].len, image.len));
    if (image.hash_id)
        must(bh_within(image.digest_off, 32, image.len));
    for (unsigned i = 0; bh_espressif_segment(&view, limit, i, &segment) == BH_OK; i++)
        must(i < BH_ESPRESSIF_SEGMENTS_MAX && bh_within(segment.off, segment.len, image.len));
    for (unsigned i = 0; bh_image_espressif.signature(&view, &image.tlvs, &s) == BH_OK; i++)
        must(i < BH_ESPRESSIF_BLOCKS && bh_within(s.bytes.off, s.bytes.len, image.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t sealed[1 << 16];

    if (len > sizeof sealed)
        return 0;
    look(data, len);
    memcpy(sealed, data, len);
    if (len > BH_ESPRESSIF_HEADER_LEN)
        seal(sealed, (uint32_t)len);
    look(sealed, len);
    return 0;
}
