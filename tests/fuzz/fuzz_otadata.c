/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as otadata, and any change of it cut at any operation: a record that counts is never
 * lost but by erasing it or taking it back, and the choice always ends. */
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/otadata.h"
#include "host/table/otadata_choice.h"
#include "tests/table/ram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void choose(const uint8_t *data, const struct bh_otadata *o)
{
    struct bh_esp_facts f = { .otadata = data[3] & 1,
                              .rollback = data[3] & 2,
                              .anti_rollback = data[3] & 4,
                              .factory_reset = data[3] & 8,
                              .test_pin = data[3] & 16,
                              .efuse_version = data[3] >> 6 };
    struct bh_esp_choice c;

    memcpy(f.records, o->records, sizeof f.records);
    f.app_count = data[2] % 17;
    f.factory = (struct bh_esp_app){ data[4] & 1, data[4] & 2, data[4] >> 6, false };
    f.test = (struct bh_esp_app){ data[4] & 4, data[4] & 8, data[4] >> 6, false };
    for (unsigned i = 0; i < BH_OTA_SLOTS_MAX; i++)
        f.ota[i] =
            (struct bh_esp_app){ data[5] >> (i % 8) & 1, data[6] >> (i % 8) & 1, i & 3, false };
    bh_esp_choose(&f, &c);
    must(c.n_events > 0 && c.n_events <= BH_ESP_EVENTS_MAX);
    if (c.index >= 0)
        must(f.ota[c.index].present && f.ota[c.index].good);
    if (c.index == BH_ESP_FACTORY)
        must(f.factory.present && f.factory.good);
    if (c.index == BH_ESP_TEST)
        must(f.test.present && f.test.good);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t bytes[BH_OTADATA_LEN];
    struct bh_region region;
    struct bh_otadata o;
    struct ram ram;
    uint32_t slots;
    int err;

    if (len < 8)
        return 0;
    slots = 1 + data[2] % 16u;
    memset(bytes, 0xFF, sizeof bytes);
    for (size_t i = 8; i < len && i < 8 + 2 * BH_OTADATA_RECORD; i++)
        bytes[(i - 8) / BH_OTADATA_RECORD * BH_OTADATA_COPY + (i - 8) % BH_OTADATA_RECORD] =
            data[i];
    if (data[0] & 8) /* with right checksums */
        for (size_t at = 0; at < sizeof bytes; at += BH_OTADATA_COPY)
            bh_store32(bytes + at + 28, bh_ota_crc(bh_load32(bytes + at)));
    ram_init(&ram, bytes, sizeof bytes);
    ram.cut = data[1] % 16 - 1;
    region = (struct bh_region){ &ram.flash, 0, BH_OTADATA_LEN };
    must(bh_otadata_open(&o, &region, slots) == BH_OK);
    choose(data, &o);
    bool had = o.active >= 0;

    switch (data[0] % 4) {
    case 0:
        err = bh_otadata_select(&o, data[7] % (slots + 1),
                                data[0] & 4 ? BH_OTA_NEW : BH_OTA_UNDEFINED);
        break;
    case 1: err = bh_otadata_confirm(&o); break;
    case 2: err = bh_otadata_state(&o, BH_OTA_INVALID); break;
    default: err = bh_otadata_erase(&o); break;
    }
    ram.dead = false;
    must(bh_otadata_open(&o, &region, slots) == BH_OK);
    if (data[0] % 4 < 2 && had)
        must(o.active >= 0);
    if (data[0] % 4 == 0 && err == BH_OK)
        must(bh_ota_slot(&o.records[o.active], slots) == data[7] % (slots + 1u));
    return 0;
}
