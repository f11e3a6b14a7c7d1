/* SPDX-License-Identifier: Apache-2.0 */
/* A layout as ESP-IDF's partition table, CSV and binary, by the code of host/table: its checks are
 * those of gen_esp32part.py. */
#include "write.h"

#include "host/table/table.h"
#include "inner.h"

#include <stdlib.h>
#include <string.h>

bool is_esp(const struct layout *l)
{
    return l->boot.table != LAYOUT_NONE;
}

/* One row. The table itself and the bootloader before it are no rows. */
static void put_row(FILE *out, const struct layout_partition *p)
{
    static const char *const flags[] = { "", " encrypted", " readonly", " encrypted:readonly" };

    fprintf(out, "%s, %s, %s, 0x%x, 0x%x,%s\n", p->name, p->esp.type,
            p->esp.subtype ? p->esp.subtype : "", p->off, p->size,
            flags[p->esp.encrypted + 2 * p->esp.readonly]);
}

static int first_problem(const struct layout *l, const struct esp_table *t, struct host_error *e)
{
    for (size_t i = 0; i < t->problems.n; i++)
        if (t->problems.list[i].severity == ESP_ERROR)
            return host_fail(e, HOST_BAD_LAYOUT, host_in(l->path), t->problems.list[i].hint,
                             "ESP-IDF's table: %s", t->problems.list[i].text);
    return host_fail(e, HOST_BAD_LAYOUT, host_in(l->path), NULL, "ESP-IDF's table cannot be made");
}

int write_esp(const struct layout *l, char **csv, uint8_t binary[0xC00], struct host_error *e)
{
    const struct layout_partition *table = &l->partitions[l->boot.table];
    const struct layout_device *d = &l->devices[table->device];
    struct esp_options o = esp_defaults();
    struct esp_table t;
    int *order = calloc(l->n_partitions + 1, sizeof *order);
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    int code = HOST_OK;

    if (!order || !out)
        abort();
    fprintf(out,
            "# %s: written by 'bulkhead layout build'; do not edit.\n"
            "# Name, Type, SubType, Offset, Size, Flags\n",
            l->product);
    for (size_t i = 0, n = layout_order(l, table->device, order); i < n; i++) {
        const struct layout_partition *p = &l->partitions[order[i]];

        if (p->esp.type && order[i] != l->boot.table && order[i] != l->boot.bootloader)
            put_row(out, p);
    }
    fclose(out);
    free(order);
    esp_table_init(&t);
    o.table_off = table->off;
    o.flash_size = d->flash.size;
    if (!esp_read_csv(&t, &o, (const uint8_t *)text, len) || !esp_verify(&t, &o) ||
        !esp_verify_size(&t, o.flash_size) || !esp_to_binary(&t, &o, binary))
        code = first_problem(l, &t, e);
    esp_table_free(&t);
    if (code)
        free(text);
    else
        *csv = text;
    return code;
}

int layout_table(const struct layout *l, uint8_t binary[BH_TABLE_LEN], struct host_error *e)
{
    char *csv = NULL;
    int code = write_esp(l, &csv, binary, e);

    if (!code)
        free(csv);
    return code;
}
