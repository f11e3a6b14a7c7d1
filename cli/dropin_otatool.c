/* SPDX-License-Identifier: Apache-2.0 */
/* otatool: otadata and OTA partitions, as ESP-IDF's otatool.py is meant to do it. (Since v6.0 that
 * ends in a TypeError for half of its commands.) */
#include "cli/dropin_flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "[options] {read_otadata,erase_otadata,switch_ota_partition,read_ota_partition,"
    "write_ota_partition,erase_ota_partition} ...\n"
    "\n"
    "ESP-IDF OTA Partitions Tool\n"
    "\n" DROPIN_FLASH_USAGE "\n"
    "  read_otadata            [--spi-flash-sec-size N]\n"
    "  erase_otadata\n"
    "  switch_ota_partition    --slot N or --name NAME\n"
    "  read_ota_partition      --slot N or --name NAME, --output FILE\n"
    "  write_ota_partition     --slot N or --name NAME, --input FILE\n"
    "  erase_ota_partition     --slot N or --name NAME\n";

static const struct dropin_option global[] = {
    DROPIN_FLASH_OPTIONS,
    { 0 },
};

static const struct dropin_option sub_options[] = {
    { "slot", 0, '1', NULL },
    { "name", 0, '1', NULL },
    { "output", 0, '1', NULL },
    { "input", 0, '1', NULL },
    { "spi-flash-sec-size", 0, '1', NULL },
    { 0 },
};

static void say(const struct dropin_run *r, const char *before, const char *path, const char *after)
{
    if (!r->quiet)
        printf("%s%s%s\n", before, path, after);
}

/* The OTA partition that --slot or --name means; NULL with *code set. */
static const struct esp_row *ota_row(struct dropin_run *r, int *code)
{
    const char *name = dropin_value(&r->sub, "name");
    const struct esp_row *row = NULL;
    int64_t slot = -1;

    if (!name == !dropin_value(&r->sub, "slot")) {
        *code = dropin_usage_error(&r->sub, "one of the arguments --slot --name is required");
        return NULL;
    }
    *code = dropin_int(&r->sub, "slot", &slot);
    if (*code)
        return NULL;
    if (name)
        row = esp_by_name(&r->table, name);
    else if (slot >= 0 && slot < (int64_t)BH_OTA_SLOTS_MAX)
        row = esp_by_type(&r->table, BH_TYPE_APP, BH_APP_OTA + slot, 0);
    if (!row)
        *code = dropin_fail(r, "Partition does not exist");
    return row;
}

static int read_otadata(struct dropin_run *r)
{
    const struct bh_ota_record *a = &r->ota.records[0], *b = &r->ota.records[1];

    printf("             OTA_SEQ  \t  CRC      | \t  OTA_SEQ  \t   CRC     \n");
    printf("Firmware:  %#08x \t%#08x | \t%#08x \t %#08x\n", (unsigned)a->seq, (unsigned)a->crc,
           (unsigned)b->seq, (unsigned)b->crc);
    return 0;
}

static int erase_otadata(struct dropin_run *r)
{
    int err = bh_otadata_erase(&r->ota);

    if (err)
        return dropin_core_failed(r, err);
    if (host_target_commit(&r->target, &r->error))
        return dropin_failed(r);
    say(r, "Erased ota_data partition contents", "", "");
    return 0;
}

/* The slot of a row, or n if it is none of the slots that are counted. */
static uint32_t slot_of(const struct esp_row *row, uint32_t n)
{
    bool is = row->type == BH_TYPE_APP && row->subtype >= BH_APP_OTA &&
              row->subtype < BH_APP_OTA + (int64_t)n;

    return is ? (uint32_t)(row->subtype - BH_APP_OTA) : n;
}

static int switch_ota_partition(struct dropin_run *r)
{
    uint32_t n = esp_ota_slots(&r->table), slot;
    const struct bh_ota_record *now = &r->ota.records[r->ota.active > 0];
    const struct esp_row *row;
    int code, err;

    if (n == 0)
        return dropin_fail(r, "No ota app partitions found");
    row = ota_row(r, &code);
    if (!row)
        return code;
    slot = slot_of(row, n);
    if (slot == n)
        return dropin_fail(r, "Partition to switch to not found");
    if (r->ota.active >= 0 && bh_ota_slot(now, n) == slot)
        return 0; /* it is started as it is */
    err = bh_otadata_select(&r->ota, slot, BH_OTA_UNDEFINED);
    if (err)
        return dropin_core_failed(r, err);
    return host_target_commit(&r->target, &r->error) ? dropin_failed(r) : 0;
}

static int read_ota_partition(struct dropin_run *r)
{
    const char *path = dropin_value(&r->sub, "output");
    int code;

    if (!path)
        return dropin_usage_error(&r->sub, "the following arguments are required: --output");
    const struct esp_row *row = ota_row(r, &code);
    if (!row)
        return code;
    code = dropin_read(r, row, path);
    if (!code)
        say(r, "Read ota partition contents to file ", path, "");
    return code;
}

static int write_ota_partition(struct dropin_run *r)
{
    const char *path = dropin_value(&r->sub, "input");
    int code;

    if (!path)
        return dropin_usage_error(&r->sub, "the following arguments are required: --input");
    const struct esp_row *row = ota_row(r, &code);
    if (!row)
        return code;
    code = dropin_write(r, row, path, false);
    if (!code)
        say(r, "Written contents of file ", path, " to ota partition");
    return code;
}

static int erase_ota_partition(struct dropin_run *r)
{
    int code;
    const struct esp_row *row = ota_row(r, &code);

    if (!row)
        return code;
    code = dropin_erase(r, row, false);
    if (!code)
        say(r, "Erased contents of ota partition", "", "");
    return code;
}

static const struct dropin_subcommand subcommands[] = {
    { "read_otadata", sub_options, read_otadata, false, false },
    { "erase_otadata", sub_options, erase_otadata, false, true },
    { "switch_ota_partition", sub_options, switch_ota_partition, false, true },
    { "read_ota_partition", sub_options, read_ota_partition, false, false },
    { "write_ota_partition", sub_options, write_ota_partition, false, true },
    { "erase_ota_partition", sub_options, erase_ota_partition, false, true },
    { 0 },
};

static int prepare(struct dropin_run *r, const struct dropin_subcommand *sub)
{
    int code = dropin_int(&r->global, "partition-table-offset", &r->options.table_off);

    if (!code)
        code = dropin_load(r, sub);
    if (!code && esp_ota_open(&r->ota, &r->table, &r->target, &r->error))
        code = dropin_failed(r);
    return code;
}

int dropin_otatool(int argc, char **argv)
{
    static const struct dropin_program program = { usage, global, subcommands, prepare, false };

    return dropin_flash_main(&program, argc, argv);
}
