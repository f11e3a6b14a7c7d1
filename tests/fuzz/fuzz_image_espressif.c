/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an image of Espressif's: whatever is accepted lies within the limit. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
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

    if (len > 1 << 20)
        return 0;
    int sum = bh_espressif_checksum(&view, limit, &work);
    must(sum <= 1);
    if (bh_image_espressif.decode(&view, limit, &image) != BH_REASON_NONE)
        return 0;
    must(image.len <= limit && image.payload_len <= image.len);
    for (unsigned i = 0; i < image.n_hashed; i++)
        must(bh_within(image.hashed[i].off, image.hashed[i].len, image.len));
    if (image.hash_id)
        must(bh_within(image.digest_off, 32, image.len));
    for (unsigned i = 0; bh_espressif_segment(&view, limit, i, &segment) == BH_OK; i++)
        must(i < BH_ESPRESSIF_SEGMENTS_MAX && bh_within(segment.off, segment.len, image.len));
    for (unsigned i = 0; bh_image_espressif.signature(&view, &image.tlvs, &s) == BH_OK; i++)
        must(i < BH_ESPRESSIF_BLOCKS && bh_within(s.bytes.off, s.bytes.len, image.len));
    return 0;
}
