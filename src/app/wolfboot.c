/* SPDX-License-Identifier: Apache-2.0 */
/* wolfBoot's application calls; bulkhead/compat/wolfboot.h gives them wolfBoot's names. They write
 * nothing that bulkhead/app.h would not write. */
#include "bulkhead/bytes.h"
#include "bulkhead/compat/wolfboot.h"

#include <string.h>

#define HEAD_LEN BH_WOLFBOOT_TLV_ENTRY_LEN

int bh_wolfboot_app_trigger(const struct bh_product *product, struct bh_work *work)
{
    return bh_app_request(product, work, 1, BH_REQUEST_TEST);
}

/* Beginning to stage withdraws the request, or fails because the slot is not free. */
int bh_wolfboot_app_erase(const struct bh_product *product, struct bh_work *work, uint32_t part)
{
    const struct bh_pair *pair = &product->pairs[0];
    struct bh_stage stage;
    int err = part == PART_UPDATE ? bh_stage_begin(&stage, product, 0, pair->image_max, work)
                                  : BH_ERR_RANGE;

    return err ? err : bh_region_erase(&pair->secondary, 0, pair->secondary.len);
}

int bh_wolfboot_app_state(const struct bh_product *product, struct bh_work *work, uint32_t part,
                          uint8_t *state)
{
    struct bh_app_status status;
    int err = part > PART_UPDATE ? BH_ERR_RANGE : bh_app_status(product, work, &status);

    if (err)
        return err;
    if (!status.journal_found || (part == PART_UPDATE && status.request == BH_REQUEST_NONE))
        return BH_ERR_ABSENT;
    *state = part == PART_UPDATE ? IMG_STATE_UPDATING
             : status.confirmed  ? IMG_STATE_SUCCESS
                                 : IMG_STATE_TESTING;
    return BH_OK;
}

static bool decode(const struct bh_product *product, uint32_t part, struct bh_image *image)
{
    const struct bh_pair *pair = &product->pairs[0];
    struct bh_view view = part == PART_UPDATE ? bh_pair_staged(pair) : bh_pair_primary(pair);

    memset(image, 0, sizeof *image);
    return part <= PART_UPDATE &&
           bh_decode(&product->policy, &view, pair->image_max, image) == BH_REASON_NONE;
}

uint32_t bh_wolfboot_app_version(const struct bh_product *product, uint32_t part)
{
    struct bh_image image;

    return decode(product, part, &image) ? bh_wolfboot_version(&image.version) : 0;
}

uint16_t bh_wolfboot_app_type(const struct bh_product *product, uint32_t part)
{
    struct bh_image image;

    return decode(product, part, &image) ? (uint16_t)image.flags : 0;
}

/* All images of a product have headers of one length: that of the running one. */
uint16_t bh_wolfboot_app_find(const struct bh_product *product, const uint8_t *entries,
                              uint16_t tag, const uint8_t **value)
{
    struct bh_image image;
    uint32_t off = 0, end = 0;

    *value = NULL;
    if (decode(product, PART_BOOT, &image) && image.entry_off > BH_WOLFBOOT_OFF_TLVS)
        end = image.entry_off - BH_WOLFBOOT_OFF_TLVS;
    while (off + HEAD_LEN < end) {
        uint32_t found = bh_load16(entries + off), len = bh_load16(entries + off + 2);

        if (found == BH_WOLFBOOT_TLV_END)
            break;
        if (entries[off] == BH_WOLFBOOT_TLV_PADDING || off & 1) {
            off++;
            continue;
        }
        if (len > end - off - HEAD_LEN)
            break;
        if (found == tag) {
            *value = entries + off + HEAD_LEN;
            return (uint16_t)len;
        }
        off += HEAD_LEN + len;
    }
    return 0;
}
