/* SPDX-License-Identifier: Apache-2.0 */
/* Is an image of Espressif's for this chip, in this place? What ESP-IDF's bootloader checks beside
 * structure and digest, and esptool when it shows an image: chip, revision, XOR checksum, and where
 * segments go (bootloader_common_loader.c, esp_image_format.c of ESP-IDF 6.0). */
#include "bulkhead/bytes.h"
#include "bulkhead/image_espressif.h"

#define PADDING_BELOW 0x10000000u /* segments to these addresses are not loaded */
#define PAGE_LOG2 16u             /* of the flash cache, unless the descriptor says otherwise */
#define PAGE_LOG2_MIN 13u         /* what chips can do: 8 to 64 KB */
#define OFF_PAGE_LOG2 180u        /* in the application descriptor */

/* Windows of the address space, from ESP-IDF 6.0, components/soc/CHIP/include/soc/soc.h: SOC_IROM,
 * SOC_DROM; then SOC_IRAM, SOC_DRAM, SOC_RTC_*. */
#define FLASH_CODE(start, end)                                                                     \
    {                                                                                              \
        start, end, true, false, NULL                                                              \
    }
#define FLASH_DATA(start, end)                                                                     \
    {                                                                                              \
        start, end, true, true, NULL                                                               \
    }
#define RAM_CODE(start, end)                                                                       \
    {                                                                                              \
        start, end, false, false, NULL                                                             \
    }
#define RAM_DATA(start, end)                                                                       \
    {                                                                                              \
        start, end, false, true, NULL                                                              \
    }
#define END                                                                                        \
    {                                                                                              \
        0, 0, false, false, NULL                                                                   \
    }

static const struct bh_espressif_window esp32[] = {
    FLASH_CODE(0x400D0000, 0x40400000),
    FLASH_DATA(0x3F400000, 0x3F800000),
    RAM_CODE(0x40080000, 0x400A0000),
    RAM_DATA(0x3FFAE000, 0x40000000),
    RAM_CODE(0x400A0000, 0x400C0000),
    RAM_CODE(0x400C0000, 0x400C2000),
    RAM_DATA(0x3FF80000, 0x3FF82000),
    RAM_DATA(0x50000000, 0x50002000),
    END,
};
static const struct bh_espressif_window esp32s3[] = {
    FLASH_CODE(0x42000000, 0x44000000),
    FLASH_DATA(0x3C000000, 0x3D000000),
    RAM_CODE(0x40370000, 0x403E0000),
    RAM_DATA(0x3FC88000, 0x3FD00000),
    RAM_CODE(0x600FE000, 0x60100000),
    RAM_DATA(0x50000000, 0x50002000),
    END,
};
static const struct bh_espressif_window esp32c3[] = {
    FLASH_CODE(0x42000000, 0x42800000), FLASH_DATA(0x3C000000, 0x3C800000),
    RAM_CODE(0x4037C000, 0x403E0000),   RAM_DATA(0x3FC80000, 0x3FCE0000),
    RAM_CODE(0x50000000, 0x50002000),   END,
};
static const struct bh_espressif_window esp32c6[] = {
    FLASH_CODE(0x42000000, 0x43000000),
    RAM_CODE(0x40800000, 0x40880000),
    RAM_CODE(0x50000000, 0x50004000),
    END,
};

const struct bh_espressif_chip bh_espressif_esp32 = { "esp32", 0, esp32 };
const struct bh_espressif_chip bh_espressif_esp32s3 = { "esp32s3", 9, esp32s3 };
const struct bh_espressif_chip bh_espressif_esp32c3 = { "esp32c3", 5, esp32c3 };
const struct bh_espressif_chip bh_espressif_esp32c6 = { "esp32c6", 0xD, esp32c6 };
const struct bh_espressif_chip bh_espressif_any = { "any", 0, NULL };

static enum bh_reason header(const struct bh_espressif_chip *chip, uint16_t revision,
                             const struct bh_view *view)
{
    uint8_t h[BH_ESPRESSIF_HEADER_LEN];
    uint32_t max; /* 0, or more than any: none */

    if (bh_view_read(view, 0, h, sizeof h))
        return BH_REASON_READ;
    if (h[BH_ESPRESSIF_OFF_HASH] > 1)
        return BH_REASON_HEADER;
    if (!chip->windows)
        return BH_REASON_NONE;
    if (bh_load16(h + BH_ESPRESSIF_OFF_CHIP) != chip->id)
        return BH_REASON_CHIP;
    max = bh_load16(h + BH_ESPRESSIF_OFF_MAX_REV);
    if (revision < bh_load16(h + BH_ESPRESSIF_OFF_MIN_REV) || (max && revision > max))
        return BH_REASON_CHIP_REVISION;
    return BH_REASON_NONE;
}

/* Bytes of a page of the flash cache, as the application was linked for it. */
static uint32_t page_len(const struct bh_view *view, const struct bh_espressif_segment *first)
{
    uint8_t magic[4], log2 = 0;

    if (first->len >= BH_ESPRESSIF_APP_LEN && !bh_view_read(view, first->off, magic, 4) &&
        bh_load32(magic) == BH_ESPRESSIF_APP_MAGIC &&
        bh_view_read(view, first->off + OFF_PAGE_LOG2, &log2, 1))
        log2 = 0;
    return 1u << (log2 >= PAGE_LOG2_MIN && log2 < PAGE_LOG2 ? log2 : PAGE_LOG2);
}

/* Where in the flash a byte of the image is. */
static uint32_t place(const struct bh_view *view, uint32_t off)
{
    return view->slot->off + view->off + off;
}

const struct bh_espressif_window *bh_espressif_window(const struct bh_espressif_chip *chip,
                                                      uint32_t addr, uint32_t len)
{
    for (const struct bh_espressif_window *w = chip->windows; w && w->end; w++)
        if (addr >= w->start && addr < w->end)
            return len <= w->end - addr ? w : NULL;
    return NULL;
}

bool bh_espressif_is_loaded(const struct bh_espressif_segment *s)
{
    return s->load_addr >= PADDING_BELOW && s->len != 0;
}

/* Does it lie within one window, and if it is mapped, at the same place in its page as in flash? */
static bool fits(const struct bh_espressif_chip *chip, const struct bh_view *view,
                 const struct bh_espressif_segment *s, uint32_t page)
{
    const struct bh_espressif_window *w = bh_espressif_window(chip, s->load_addr, s->len);

    return w && (!w->mapped || place(view, s->off) % page == s->load_addr % page);
}

static enum bh_reason segments(const struct bh_espressif_chip *chip, const struct bh_view *view,
                               uint32_t limit)
{
    struct bh_espressif_segment s;
    uint32_t page = 0;
    int err;

    for (unsigned i = 0; (err = bh_espressif_segment(view, limit, i, &s)) == BH_OK; i++) {
        if (i == 0)
            page = page_len(view, &s);
        if (bh_espressif_is_loaded(&s) && !fits(chip, view, &s, page))
            return BH_REASON_WRONG_SLOT;
    }
    return err == BH_ERR_ABSENT ? BH_REASON_NONE
           : err == BH_ERR_IO   ? BH_REASON_READ
                                : BH_REASON_HEADER;
}

enum bh_reason bh_espressif_fits(const struct bh_espressif_chip *chip, uint16_t revision,
                                 const struct bh_view *view, uint32_t limit, struct bh_work *work)
{
    enum bh_reason why = header(chip, revision, view);
    int sum;

    if (!why && chip->windows)
        why = segments(chip, view, limit);
    if (why)
        return why;
    sum = bh_espressif_checksum(view, limit, work);
    return sum == 0           ? BH_REASON_NONE
           : sum == 1         ? BH_REASON_CHECKSUM
           : sum == BH_ERR_IO ? BH_REASON_READ
                              : BH_REASON_HEADER;
}
