/* SPDX-License-Identifier: Apache-2.0 */
/* What wolfBoot's trailers say on a device, and what wolfBoot itself would do there next. */
#include "cli/wolfboot.h"

#include <stdio.h>

#include "bulkhead/mailbox_wolfboot.h"
#include "cli/device.h"
#include "cli/product.h"

#define FLAGS_BACK 6u /* from a trailer's end to the byte of the first two sectors' flags */

static const char *state_text(uint32_t state, char unknown[32])
{
    switch (state) {
    case BH_WOLFBOOT_STATELESS: return "no state";
    case BH_WOLFBOOT_NEW: return "NEW";
    case BH_WOLFBOOT_UPDATING: return "UPDATING";
    case BH_WOLFBOOT_FINAL_FLAGS: return "FINAL_FLAGS";
    case BH_WOLFBOOT_TESTING: return "TESTING";
    case BH_WOLFBOOT_SUCCESS: return "SUCCESS";
    default: snprintf(unknown, 32, "0x%02x, which is no state", (unsigned)state); return unknown;
    }
}

/* Sectors that a swap has brought into BOOT, one after the other. A flag that cannot be read ends
 * the count. */
static uint32_t sectors_moved(const struct bh_wolfboot_trailer *t, const struct bh_pair *pair)
{
    const struct bh_region *slot = t->home ? &pair->primary : &pair->secondary;
    uint32_t end = slot->len - t->skip - (t->home ? 8 : 0), n = pair->secondary.len / t->sector;

    for (uint32_t i = 0; i < n; i++) {
        uint8_t both;

        if (end < FLAGS_BACK + i / 2 ||
            bh_region_read(slot, end - FLAGS_BACK - i / 2, &both, sizeof both))
            return i;
        both = t->inverted ? (uint8_t)~both : both;
        if (i % 2 ? both >> 4 : both & 0x0F)
            return i;
    }
    return n;
}

/* By wolfBoot 2.9's update_flash.c. */
static void say_next(const struct bh_wolfboot_says *says, uint32_t moved, bool one)
{
    const char *ruin = one ? "; with one sector per partition, its last step then erases the "
                             "partitions and wolfBoot itself"
                           : "";

    if (says->update == BH_WOLFBOOT_FINAL_FLAGS)
        printf("wolfBoot  would finish the last step of its swap%s\n", ruin);
    else if (says->boot == BH_WOLFBOOT_TESTING)
        printf("wolfBoot  would roll back: the image in BOOT was not confirmed%s\n", ruin);
    else if (says->update == BH_WOLFBOOT_UPDATING && says->begun)
        printf("wolfBoot  would go on with its swap at sector %u%s\n", moved, ruin);
    else if (says->update == BH_WOLFBOOT_UPDATING)
        printf("wolfBoot  would install the image in UPDATE, if it verifies and is newer%s\n",
               ruin);
    else
        puts("wolfBoot  would start the image in BOOT, if it verifies");
}

void cli_wolfboot_trailers(struct cli *cli, struct cli_device *d)
{
    const struct bh_pair *pair = &d->world.pairs[0];
    struct bh_wolfboot_trailer t;
    struct bh_wolfboot_says says;
    char boot[32], update[32];
    uint32_t moved;

    if (!layout_trailer(cli_product_layout(cli), &t) || pair->secondary.len < t.sector)
        return;
    if (bh_wolfboot_look(&t, pair, &says)) {
        puts("trailers  cannot be read");
        return;
    }
    moved = sectors_moved(&t, pair);
    printf("trailers  BOOT %s, UPDATE %s", state_text(says.boot, boot),
           state_text(says.update, update));
    if (says.update == BH_WOLFBOOT_UPDATING && says.begun)
        printf(", %u sector%s moved", moved, moved == 1 ? "" : "s");
    puts("");
    say_next(&says, moved, pair->secondary.len / t.sector == 1);
}
