/* SPDX-License-Identifier: Apache-2.0 */
/* otatool: otadata and OTA partitions, as ESP-IDF's otatool.py is meant to do it. (Since v6.0 that
 * ends in a TypeError for half of its commands.) */
#include "cli/dropin.h"

#include "host/table/part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "[options] {read_otadata,erase_otadata,switch_ota_partition,read_ota_partition,"
    "write_ota_partition,erase_ota_partition} ...\n"
    "\n"
    "ESP-IDF OTA Partitions Tool\n"
    "\n"
    "  -q, --quiet                        no status messages\n"
    "  -p, --port file:FLASH              the flash: an image file\n"
    "  -f, --partition-table-file FILE    the table, CSV or binary, instead of the flash's\n"
    "  -o, --partition-table-offset N     where it is in the flash (0x8000)\n"
    "  -b, --baud N, --esptool-args ..., --esptool-write-args ..., --esptool-read-args ...,\n"
    "      --esptool-erase-args ...       of no effect on an image file\n"
    "\n"
    "  read_otadata            [--spi-flash-sec-size N]\n"
    "  erase_otadata\n"
    "  switch_ota_partition    --slot N or --name NAME\n"
    "  read_ota_partition      --slot N or --name NAME, --output FILE\n"
    "  write_ota_partition     --slot N or --name NAME, --input FILE\n"
    "  erase_ota_partition     --slot N or --name NAME\n";

static const struct dropin_option global[] = {
    { "quiet", 'q', '0', NULL },
    { "esptool-args", 0, '+', NULL },
    { "esptool-write-args", 0, '+', NULL },
    { "esptool-read-args", 0, '+', NULL },
    { "esptool-erase-args", 0, '+', NULL },
    { "port", 'p', '1', NULL },
    { "baud", 'b', '1', NULL },
    { "partition-table-offset", 'o', '1', NULL },
    { "partition-table-file", 'f', '1', NULL },
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

struct run {
    struct dropin global, sub;
    struct esp_options options;
    struct esp_table table;
    struct host_target target;
    struct bh_otadata ota;
    struct host_error error;
    bool quiet;
};

static int failed(const struct run *r)
{
    fflush(stdout);
    fprintf(stderr, "%s\n", r->error.text);
    return r->quiet ? 2 : 1;
}

static int fail(struct run *r, const char *text)
{
    host_fail(&r->error, HOST_FAILED, host_nowhere(), NULL, "%s", text);
    return failed(r);
}

static void say(const struct run *r, const char *before, const char *path, const char *after)
{
    if (!r->quiet)
        printf("%s%s%s\n", before, path, after);
}

/* The OTA partition that --slot or --name means; NULL with *code set. */
static const struct esp_row *ota_row(struct run *r, int *code)
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
        *code = fail(r, "Partition does not exist");
    return row;
}

static int read_otadata(struct run *r)
{
    const struct bh_ota_record *a = &r->ota.records[0], *b = &r->ota.records[1];

    printf("             OTA_SEQ  \t  CRC      | \t  OTA_SEQ  \t   CRC     \n");
    printf("Firmware:  %#08x \t%#08x | \t%#08x \t %#08x\n", (unsigned)a->seq, (unsigned)a->crc,
           (unsigned)b->seq, (unsigned)b->crc);
    return 0;
}

static int erase_otadata(struct run *r)
{
    int err = bh_otadata_erase(&r->ota);

    if (err)
        return fail(r, bh_error_text(err));
    if (host_target_commit(&r->target, &r->error))
        return failed(r);
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

static int switch_ota_partition(struct run *r)
{
    uint32_t n = esp_ota_slots(&r->table), slot;
    const struct bh_ota_record *now = &r->ota.records[r->ota.active > 0];
    const struct esp_row *row;
    int code, err;

    if (n == 0)
        return fail(r, "No ota app partitions found");
    row = ota_row(r, &code);
    if (!row)
        return code;
    slot = slot_of(row, n);
    if (slot == n)
        return fail(r, "Partition to switch to not found");
    if (r->ota.active >= 0 && bh_ota_slot(now, n) == slot)
        return 0; /* it is started as it is */
    err = bh_otadata_select(&r->ota, slot, BH_OTA_UNDEFINED);
    if (err)
        return fail(r, bh_error_text(err));
    return host_target_commit(&r->target, &r->error) ? failed(r) : 0;
}

static int read_ota_partition(struct run *r)
{
    const char *path = dropin_value(&r->sub, "output");
    struct host_bytes bytes;
    int code;

    if (!path)
        return dropin_usage_error(&r->sub, "the following arguments are required: --output");
    const struct esp_row *row = ota_row(r, &code);
    if (!row)
        return code;
    code = esp_part_read(row, &r->target, &bytes, &r->error);
    if (!code)
        code = host_write_file(path, bytes.data, bytes.len, 0666, true, &r->error);
    host_bytes_free(&bytes);
    if (code)
        return failed(r);
    say(r, "Read ota partition contents to file ", path, "");
    return 0;
}

static int write_ota_partition(struct run *r)
{
    const char *path = dropin_value(&r->sub, "input");
    struct host_bytes bytes;
    int code;

    if (!path)
        return dropin_usage_error(&r->sub, "the following arguments are required: --input");
    const struct esp_row *row = ota_row(r, &code);
    if (!row)
        return code;
    code = host_read_file(path, &bytes, &r->error);
    if (!code)
        code = esp_part_write(&r->table, row, &r->target, bytes.data, bytes.len, false, &r->error);
    if (!code)
        code = host_target_commit(&r->target, &r->error);
    host_bytes_free(&bytes);
    if (code)
        return failed(r);
    say(r, "Written contents of file ", path, " to ota partition");
    return 0;
}

static int erase_ota_partition(struct run *r)
{
    int code;
    const struct esp_row *row = ota_row(r, &code);

    if (!row)
        return code;
    if (esp_part_erase(&r->table, row, &r->target, false, &r->error) ||
        host_target_commit(&r->target, &r->error))
        return failed(r);
    say(r, "Erased contents of ota partition", "", "");
    return 0;
}

static const struct subcommand {
    const char *name;
    int (*run)(struct run *r);
} subcommands[] = {
    { "read_otadata", read_otadata },
    { "erase_otadata", erase_otadata },
    { "switch_ota_partition", switch_ota_partition },
    { "read_ota_partition", read_ota_partition },
    { "write_ota_partition", write_ota_partition },
    { "erase_ota_partition", erase_ota_partition },
    { 0 },
};

static int load(struct run *r)
{
    const char *port = dropin_value(&r->global, "port");

    if (!port)
        return fail(r, "no flash to work on. Name one: --port file:flash.bin");
    if (host_target_open(&r->target, port, &r->error) ||
        esp_load(&r->table, &r->options, dropin_value(&r->global, "partition-table-file"),
                 &r->target, &r->error) ||
        esp_ota_open(&r->ota, &r->table, &r->target, &r->error))
        return failed(r);
    return 0;
}

static int run_subcommand(struct run *r, const struct subcommand *sub, int argc, char **argv)
{
    r->sub =
        (struct dropin){ .program = r->global.program, .usage = usage, .options = sub_options };
    int code = dropin_parse(&r->sub, argc, argv);

    if (code || r->sub.help)
        return code;
    if (r->sub.n_operands)
        return dropin_usage_error(&r->sub, "unrecognized arguments: %s", r->sub.operands[0]);
    code = dropin_int(&r->global, "partition-table-offset", &r->options.table_off);
    if (!code)
        code = load(r);
    return code ? code : sub->run(r);
}

static int run(struct run *r, int argc, char **argv)
{
    const struct subcommand *sub = subcommands;
    int code = dropin_parse(&r->global, argc, argv);

    if (code || r->global.help)
        return code;
    r->quiet = dropin_find(&r->global, "quiet");
    if (r->global.n_operands == 0) {
        printf("usage: %s %s", r->global.program, usage);
        return 1;
    }
    while (sub->name && strcmp(sub->name, r->global.operands[0]) != 0)
        sub++;
    if (!sub->name)
        return dropin_usage_error(&r->global, "argument operation: invalid choice: '%s'",
                                  r->global.operands[0]);
    return run_subcommand(r, sub, argc - r->global.used, argv + r->global.used);
}

int dropin_otatool(int argc, char **argv)
{
    struct run r = { .global = { .program = dropin_base(argv[0]),
                                 .usage = usage,
                                 .options = global,
                                 .stop_at_operand = true },
                     .options = esp_defaults() };

    int code = run(&r, argc - 1, argv + 1);
    host_target_close(&r.target);
    esp_table_free(&r.table);
    return code;
}
