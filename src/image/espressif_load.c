/* SPDX-License-Identifier: Apache-2.0 */
/* May the segments of an image of Espressif's be copied to where they belong? ESP-IDF's bootloader
 * asks of each whether it is in RAM and not on its own stack, as it copies it. Here all are asked
 * before the first byte is copied, and they may not lie on each other: then each byte in RAM is one
 * that was verified, whatever the order. */
#include "bulkhead/bytes.h"
#include "bulkhead/image_espressif.h"

static bool holds(const struct bh_espressif_segment *s, uint32_t addr)
{
    return addr >= s->load_addr && addr - s->load_addr < s->len;
}

static bool apart(const struct bh_espressif_segment *a, const struct bh_espressif_segment *b)
{
    return !holds(a, b->load_addr) && !holds(b, a->load_addr);
}

/* Segment i: in RAM that is given to images, and on none of those before it. */
static bool good_place(const struct bh_espressif_chip *chip, const struct bh_espressif_segment *s,
                       unsigned i)
{
    const struct bh_espressif_window *w = bh_espressif_window(chip, s[i].load_addr, s[i].len);

    if (!w || !w->ram)
        return false;
    for (unsigned k = 0; k < i; k++)
        if (bh_espressif_is_loaded(&s[k]) && !apart(&s[k], &s[i]))
            return false;
    return true;
}

/* The shortest instruction has 2 bytes, and starts on an even address. */
static bool good_entry(const struct bh_espressif_chip *chip, const struct bh_espressif_segment *s,
                       uint32_t entry)
{
    const struct bh_espressif_window *w = bh_espressif_window(chip, entry, 2);

    return bh_espressif_is_loaded(s) && holds(s, entry) && holds(s, entry + 1) && entry % 2 == 0 &&
           w && !w->data;
}

enum bh_reason bh_espressif_loads(const struct bh_espressif_chip *chip, const struct bh_view *view,
                                  uint32_t limit)
{
    struct bh_espressif_segment s[BH_ESPRESSIF_SEGMENTS_MAX];
    uint8_t entry[4];
    bool starts = false;
    unsigned n;
    int err = bh_espressif_segments(view, limit, s, &n);

    if (!err)
        err = bh_view_read(view, BH_ESPRESSIF_OFF_ENTRY, entry, sizeof entry);
    if (err)
        return err == BH_ERR_REFUSED ? BH_REASON_HEADER : BH_REASON_READ;
    for (unsigned i = 0; i < n; i++) {
        if (bh_espressif_is_loaded(&s[i]) && !good_place(chip, s, i))
            return BH_REASON_WRONG_SLOT;
        starts = starts || good_entry(chip, &s[i], bh_load32(entry));
    }
    return starts ? BH_REASON_NONE : BH_REASON_WRONG_SLOT;
}
