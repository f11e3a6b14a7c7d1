/* SPDX-License-Identifier: Apache-2.0 */
/* Images for one vendor's or one class's devices. Only products that demand ids name this, and
 * MCUboot's is the one format that has them. */
#include "bulkhead/image_mcuboot.h"
#include "bulkhead/verify.h"

#include <string.h>

static enum bh_reason demand(const struct bh_view *view, const struct bh_image *image,
                             uint32_t type, const uint8_t *want)
{
    uint8_t have[BH_UUID_LEN];

    if (!want)
        return BH_REASON_NONE;
    return bh_mcuboot_uuid(view, image, type, have) || memcmp(have, want, BH_UUID_LEN)
               ? BH_REASON_PRODUCT_ID
               : BH_REASON_NONE;
}

enum bh_reason bh_ids_mcuboot(const struct bh_pair *pair, const struct bh_view *view,
                              const struct bh_verified *verified)
{
    const struct bh_image *image = &verified->image;
    enum bh_reason why = demand(view, image, BH_MCUBOOT_TLV_UUID_VID, pair->vendor_id);

    return why ? why : demand(view, image, BH_MCUBOOT_TLV_UUID_CID, pair->class_id);
}
