/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a partition table: what is accepted must be read back as the same. */
#include <stdlib.h>
#include <string.h>

#include "host/table/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool to_binary(const char *csv, size_t len, const struct esp_options *o, uint8_t *out)
{
    struct esp_table t;

    esp_table_init(&t);
    bool ok = esp_read_csv(&t, o, (const uint8_t *)csv, len) && esp_verify(&t, o) &&
              esp_to_binary(&t, o, out);
    esp_table_free(&t);
    return ok;
}

/* Plain names only: CSV has no way to say some of the others again. */
static bool can_be_said(const struct esp_table *t)
{
    for (size_t i = 0; i < t->n; i++)
        for (const char *c = t->rows[i].name; *c; c++)
            if (*c <= ' ' || *c == 0x7F || strchr("$,#", *c))
                return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t first[BH_TABLE_LEN], again[BH_TABLE_LEN];
    struct esp_options o = esp_defaults();
    struct esp_table t;

    if (len > 1 << 16)
        return 0;
    if (len) {
        o.table_off = 0x8000 + 0x1000 * (data[0] & 1);
        o.primary_bootloader = data[0] & 2 ? 0x1000 : ESP_NOWHERE;
        o.md5 = !(data[0] & 4);
        o.autosize = data[0] & 8;
        o.flash_size = data[0] & 16 ? 4 << 20 : 0;
    }
    esp_table_init(&t);
    bool read = esp_read_csv(&t, &o, data, len);
    if (read)
        esp_verify(&t, &o);
    esp_lint(&t, &o);
    bool made = t.problems.errors == 0 && esp_to_binary(&t, &o, first);
    esp_table_free(&t);
    if (!made)
        return 0;

    esp_table_init(&t);
    if (!esp_read_binary(&t, &o, first, sizeof first))
        abort();
    if (can_be_said(&t)) {
        char *csv = esp_to_csv(&t, &o, false);

        if (!to_binary(csv, strlen(csv), &o, again) || memcmp(first, again, sizeof first))
            abort();
        free(csv);
    }
    esp_table_free(&t);
    return 0;
}
