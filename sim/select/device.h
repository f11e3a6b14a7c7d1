/* SPDX-License-Identifier: Apache-2.0 */
/* sim/select/device.h - a simulated device with an ESP-IDF partition table: its factory, its
 * bootloader, and its application, either Bulkhead's own or one that does to the byte what
 * ESP-IDF's esp_ota_ops.c does.
 *
 *     struct device d;
 *
 *     device_open(&d, 1, true, 1);
 *     d.target = 0;
 *     device_perform(&d, SET_BOOT);
 *     if (device_boot(&d) == 0) ... ota_0 was started
 *     device_close(&d); */
#ifndef BULKHEAD_SIM_SELECT_DEVICE_H
#define BULKHEAD_SIM_SELECT_DEVICE_H

#include "bulkhead/select.h"
#include "sim/flash.h"

#define OTADATA_OFF 0x9000u
#define DEVICE_SIZE 0x60000u /* of one with three slots, or with a table of the caller's */
#define DEVICE_SLOTS_MAX 16u

enum device_act {
    SET_BOOT, /* the application that is not running, by bh_select_set_boot */
    CONFIRM,
    REJECT,
    ESP_SET_BOOT, /* the same, as an unmodified ESP-IDF application does it */
    ESP_CONFIRM,
    ESP_REJECT,
    ESP_BEGIN, /* of an update: the record of the other application is erased */
    BOOT,
};

/* The operation that was cut last. */
struct device_strike {
    enum sim_kind kind;
    uint64_t op; /* counted from 1 at power-on */
    uint32_t off, len;
    uint8_t data[BH_OTADATA_RECORD]; /* PROGRAM: no more is programmed to otadata at once */
};

struct device {
    struct sim_flash chip;
    struct bh_page_run pages;
    struct sim_power power;
    struct bh_select product;
    struct bh_select_inputs inputs;
    struct bh_select_boot boot; /* what the last one came to */
    struct bh_work work;
    unsigned slots;      /* ota_0 and those after it */
    int target;          /* application that SET_BOOT chooses */
    int err;             /* what the last act returned */
    bool strayed;        /* something outside otadata was programmed or erased */
    uint64_t erases;     /* that were tried, also where the sector is dead */
    uint64_t ops;        /* operations since it was opened */
    uint64_t dies_after; /* so many of them: a sector of otadata goes bad; 0: none does */
    uint32_t dies_off;   /* which one */
    enum sim_decay dies_how;
    uint64_t spoiled; /* chip.counts.spoiled, before the operation that is going on */
    struct device_strike struck;
    struct bh_flash_ops quick_ops; /* of the chip: see quick_read() */
};

/* Four applications: factory, ota_0, ota_1, ota_2 (and test). unit: of the flash. */
void device_open(struct device *d, uint8_t unit, bool rollback, uint8_t trial_boots);
/* The same with 1 to DEVICE_SLOTS_MAX slots, and with or without a factory application. */
void device_open_slots(struct device *d, uint8_t unit, unsigned slots, bool factory);
/* The same with a table of the caller's, and no application yet: rows end with one of len 0. */
void device_open_table(struct device *d, uint8_t unit, const struct bh_partition *rows);
void device_close(struct device *d); /* once more does nothing */
/* The factory: an application that verifies, of a secure version; or one that does not. */
void device_install(struct device *d, int index, uint32_t secure_version);
void device_damage(struct device *d, int index);
/* Both records, as bytes in flash; seq 0xFFFFFFFF: blank. */
void device_records(struct device *d, uint32_t seq0, uint32_t state0, uint32_t seq1,
                    uint32_t state1);
void device_read_records(const struct device *d, struct bh_ota_record out[2]);
/* False if the power was cut in it. */
bool device_perform(struct device *d, enum device_act act);
/* Boot: the index of what starts, BH_ESP_NONE for nothing. Not to be cut. */
int device_boot(struct device *d);

#endif
