/* SPDX-License-Identifier: Apache-2.0 */
/* ESP-IDF's second-stage bootloader (v6.0), as far as it chooses an application: a model for
 * comparison, written from its rules alone. It shares nothing with src/ or host/ but the record. */
#ifndef TESTS_SELECT_IDF_H
#define TESTS_SELECT_IDF_H

#include "bulkhead/otadata.h"

struct idf_app {
    bool present, good;
    uint32_t secure_version;
};

struct idf {
    bool rollback, anti_rollback;
    uint32_t efuse; /* anti-rollback: lower versions do not start */
    struct bh_ota_record records[2];
    unsigned n; /* slots */
    struct idf_app factory, test, ota[16];
    /* What the last boot met. */
    bool met_bad; /* an application on its way does not verify, or is too old */
    bool raised;  /* the eFuse, before the application was verified */
};

/* One boot: the application that starts, or BH_ESP_NONE. Changes records and eFuse as it would. */
int idf_boot(struct idf *m);

#endif
