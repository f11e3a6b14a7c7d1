/* SPDX-License-Identifier: Apache-2.0 */
/* host/table/otadata_choice.h - which application ESP-IDF's own bootloader starts, and why.
 *
 *     struct bh_esp_facts facts = { .otadata = true, .app_count = 2 };
 *     struct bh_esp_choice choice;
 *     bh_esp_choose(&facts, &choice);
 */
#ifndef BULKHEAD_HOST_TABLE_OTADATA_CHOICE_H
#define BULKHEAD_HOST_TABLE_OTADATA_CHOICE_H

#include "bulkhead/otadata.h"

/* One application. */
struct bh_esp_app {
    bool present;            /* a row in the table, and not of length 0 */
    bool good;               /* the image in it verifies */
    uint32_t secure_version; /* of its descriptor, whether the image verifies or not */
    bool bare;               /* it has no descriptor: with anti-rollback it is never started */
};

/* All that the choice rests on. */
struct bh_esp_facts {
    bool otadata; /* the table has a data/ota of at least two sectors */
    struct bh_ota_record records[2];
    struct bh_esp_app factory, test, ota[BH_OTA_SLOTS_MAX];
    uint8_t app_count; /* rows of type app and subtype 0x10 to 0x1F, gaps and doubles counted too */
    bool rollback;     /* CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE */
    bool anti_rollback;     /* CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK */
    uint32_t efuse_version; /* lowest secure version allowed, if anti_rollback */
    bool factory_reset;     /* the pin is held; here: it erases otadata too */
    bool test_pin;
};

/* How it came to the choice, in the order of events. */
enum bh_esp_event {
    BH_ESP_NO_OTADATA = 1,   /* no otadata partition: factory first */
    BH_ESP_PENDING_ABORTED,  /* arg: copy. Started before and not confirmed */
    BH_ESP_RECORDS_UNUSABLE, /* neither record counts */
    BH_ESP_DEFAULT_FACTORY,  /* so: factory */
    BH_ESP_DEFAULT_OTA_0,    /* so: ota_0, there being no factory */
    BH_ESP_RECORD_CHOSEN,    /* arg: copy */
    BH_ESP_RECORD_TOO_OLD,   /* arg: copy; its application's secure version is below the eFuse's */
    BH_ESP_RAISED,           /* arg: copy; it is VALID: the eFuse becomes what its application says,
                           of a record that was found before that is verified */
    BH_ESP_NEW_PENDING,      /* arg: copy. First start: NEW becomes PENDING_VERIFY */
    BH_ESP_PIN_RESET,        /* otadata is erased */
    BH_ESP_PIN_TEST,
    BH_ESP_TRY,       /* arg: index of the application */
    BH_ESP_BAD_IMAGE, /* arg: index */
    BH_ESP_TOO_OLD,   /* arg: index */
    BH_ESP_ABSENT,    /* arg: index */
    BH_ESP_FALL_BACK_TEST,
    BH_ESP_FRESH_RECORD, /* first start ever: copy 0 is written for the application */
    BH_ESP_STARTED,      /* arg: index */
    BH_ESP_NOTHING,      /* the chip resets, and again */
};

#define BH_ESP_EVENTS_MAX 64u

struct bh_esp_choice {
    int index;                       /* 0 to 15: ota_N; BH_ESP_FACTORY, BH_ESP_TEST, BH_ESP_NONE */
    struct bh_ota_record records[2]; /* as the bootloader leaves them */
    uint8_t n_events;
    struct {
        uint8_t event; /* enum bh_esp_event */
        int8_t arg;
    } events[BH_ESP_EVENTS_MAX];
};

/* Pure: plays ESP-IDF's second-stage bootloader (v6.0) from otadata to the jump. */
void bh_esp_choose(const struct bh_esp_facts *facts, struct bh_esp_choice *out);

#endif
