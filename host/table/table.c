/* SPDX-License-Identifier: Apache-2.0 */
/* The table as a list of rows, and what every step asks of a row. */
#include "table.h"
#include "host/grow.h"

#include <stdlib.h>
#include <string.h>

struct esp_options esp_defaults(void)
{
    return (struct esp_options){ .table_off = BH_TABLE_OFF,
                                 .primary_bootloader = ESP_NOWHERE,
                                 .recovery_bootloader = ESP_NOWHERE,
                                 .md5 = true };
}

struct esp_problem *esp_at(const struct esp_row *row, enum esp_field field, struct esp_problem *p)
{
    p->line = row->line;
    p->column = row->column[field];
    return p;
}

void esp_table_init(struct esp_table *t)
{
    *t = (struct esp_table){ 0 };
}

void esp_table_free(struct esp_table *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->rows[i].name);
    free(t->rows);
    esp_problems_free(&t->problems);
    esp_table_init(t);
}

struct esp_row *esp_table_add(struct esp_table *t)
{
    t->rows = host_grow(t->rows, t->n, &t->room, sizeof *t->rows);
    t->rows[t->n] = (struct esp_row){ 0 };
    return &t->rows[t->n++];
}

bool esp_is(const struct esp_row *row, int64_t type, int64_t subtype)
{
    return row->type == type && row->subtype == subtype;
}

bool esp_in_own_place(const struct esp_row *row)
{
    return esp_is(row, BH_TYPE_BOOTLOADER, BH_PRIMARY) || esp_is(row, BH_TYPE_TABLE, BH_PRIMARY);
}

int64_t esp_align(int64_t type)
{
    return type == BH_TYPE_APP ? 0x10000 : 0x1000;
}

int64_t esp_flash_used(const struct esp_table *t)
{
    const struct esp_row *last = NULL;

    for (size_t i = 0; i < t->n; i++)
        if (!t->rows[i].broken && (!last || t->rows[i].off > last->off))
            last = &t->rows[i];
    return last ? last->off + last->len : 0;
}

bool esp_is_binary(const uint8_t *data, size_t len)
{
    return len >= 2 && (memcmp(data, "\xAA\x50", 2) == 0 || memcmp(data, "\xEB\xEB", 2) == 0 ||
                        memcmp(data, "\xFF\xFF", 2) == 0);
}
