/* SPDX-License-Identifier: Apache-2.0 */
/* check_sizes: does a binary fit its place? As ESP-IDF's check_sizes.py says it. */
#include "cli/dropin.h"

#include "host/table/part.h"
#include "host/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "[options] {bootloader,partition} ...\n"
    "\n"
    "Check binary sizes against the partition table.\n"
    "\n"
    "  --target {esp32,esp32s2}    of no effect\n"
    "  --allow_failures            too large is a warning, not an error\n"
    "  -o, --offset N              offset of the partition table in flash (0x8000)\n"
    "\n"
    "  bootloader BOOTLOADER_OFFSET BINARY\n"
    "  partition --type TYPE [--subtype SUBTYPE] TABLE BINARY\n";

static const struct dropin_option global[] = {
    { "target", 0, '1', "esp32|esp32s2" },
    { "allow_failures", 0, '0', NULL },
    { "allow-failures", 0, '0', NULL },
    { "offset", 'o', '1', NULL },
    { 0 },
};

static const struct dropin_option bootloader_options[] = { { 0 } };
static const struct dropin_option partition_options[] = { { "type", 0, '1', NULL },
                                                          { "subtype", 0, '1', NULL },
                                                          { 0 } };

struct run {
    struct dropin global, sub;
    struct esp_options options;
    struct esp_table table;
    const struct esp_row **rows; /* the candidates */
    size_t n;
    char *label; /* "app" or "app (ota_0)" */
    bool allow_failures;
};

/* 100 * part / whole, halves to the even number, as Python rounds. */
static long long percent(int64_t part, int64_t whole)
{
    int64_t down, rest;

    if (whole <= 0)
        return 0;
    down = part * 100 / whole;
    rest = part * 100 % whole;
    return down + (2 * rest > whole || (2 * rest == whole && down % 2));
}

static int read_binary(const char *path, struct host_bytes *out)
{
    struct host_error error;

    if (!host_read_file(path, out, &error))
        return 0;
    fprintf(stderr, "Error: %s\n", error.text);
    return 1;
}

/* Too large: an error, or only a warning. */
static int too_large(const struct run *r, char *text)
{
    fflush(stdout);
    if (r->allow_failures)
        printf("Warning: %s\n", text);
    else
        fprintf(stderr, "Error: %s\n", text);
    free(text);
    return r->allow_failures ? 0 : 1;
}

static int check_bootloader(struct run *r)
{
    struct host_bytes in;
    int64_t off, size, max;

    if (r->sub.n_operands != 2)
        return dropin_usage_error(&r->sub, "bootloader needs BOOTLOADER_OFFSET and BINARY");
    if (!esp_int(r->sub.operands[0], strlen(r->sub.operands[0]), &off))
        return dropin_usage_error(&r->sub, "argument offset: invalid number: '%s'",
                                  r->sub.operands[0]);
    if (read_binary(r->sub.operands[1], &in))
        return 1;
    size = (int64_t)in.len;
    host_bytes_free(&in);
    max = r->options.table_off - off;
    if (size > max)
        return too_large(
            r,
            esp_format(
                "Bootloader binary size %s bytes is too large for partition table offset %s. "
                "Bootloader binary can be maximum %s (%lld) bytes unless the partition table "
                "offset is increased in the Partition Table section of the project configuration menu.",
                esp_hex((char[24]){ 0 }, size), esp_hex((char[24]){ 0 }, r->options.table_off),
                esp_hex((char[24]){ 0 }, max), (long long)max));
    printf("Bootloader binary size %s bytes. %s bytes (%lld%%) free.\n",
           esp_hex((char[24]){ 0 }, size), esp_hex((char[24]){ 0 }, max - size),
           percent(max - size, max));
    return 0;
}

static bool value_of(const char *text, bool (*keyword)(const char *, int64_t *), int64_t *out)
{
    return keyword(text, out) || esp_int(text, strlen(text), out);
}

static int find_candidates(struct run *r)
{
    const char *type_text = dropin_value(&r->sub, "type");
    const char *subtype_text = dropin_value(&r->sub, "subtype");
    int64_t type, subtype = 0;
    size_t room = 0;

    if (!value_of(type_text, esp_type_of, &type))
        return dropin_usage_error(&r->sub, "argument --type: invalid type: '%s'", type_text);
    if (subtype_text && !esp_subtype_of(NULL, type, subtype_text, &subtype) &&
        !esp_int(subtype_text, strlen(subtype_text), &subtype))
        return dropin_usage_error(&r->sub, "argument --subtype: invalid subtype: '%s'",
                                  subtype_text);
    r->label =
        subtype_text ? esp_format("%s (%s)", type_text, subtype_text) : esp_format("%s", type_text);
    for (size_t i = 0; i < r->table.n; i++) {
        const struct esp_row *row = &r->table.rows[i];

        if (row->type != type || (subtype_text && row->subtype != subtype))
            continue;
        r->rows = host_grow(r->rows, r->n, &room, sizeof *r->rows);
        r->rows[r->n++] = row;
    }
    return 0;
}

static int does_not_fit(const struct run *r, const char *binary, int64_t size, size_t small)
{
    char *text = r->n == 1       ? esp_format("%s partition is", r->label)
                 : small == r->n ? esp_format("All %s partitions are", r->label)
                                 : esp_format("%zu/%zu %s partitions are", small, r->n, r->label);
    char *next = esp_format("%s too small for binary %s size %s:", text, binary,
                            esp_hex((char[24]){ 0 }, size));

    for (size_t i = 0; i < r->n; i++) {
        const struct esp_row *row = r->rows[i];

        free(text);
        text = next;
        next = size <= row->len ? esp_format("%s", text)
                                : esp_format("%s\n  - Part '%s' %d/%d @ %s size %s (overflow %s)",
                                             text, row->name, (int)row->type, (int)row->subtype,
                                             esp_hex((char[24]){ 0 }, row->off),
                                             esp_hex((char[24]){ 0 }, row->len),
                                             esp_hex((char[24]){ 0 }, size - row->len));
    }
    free(text);
    if (small == r->n)
        return too_large(r, next);
    printf("Warning: %s\n", next);
    free(next);
    return 0;
}

static int compare(struct run *r, const char *path, int64_t size)
{
    int64_t smallest = INT64_MAX;
    size_t small = 0;

    if (r->n == 0) {
        printf("WARNING: Partition table does not contain any partitions matching %s\n", r->label);
        return 0;
    }
    for (size_t i = 0; i < r->n; i++) {
        smallest = r->rows[i]->len < smallest ? r->rows[i]->len : smallest;
        small += size > r->rows[i]->len;
    }
    if (small)
        return does_not_fit(r, dropin_base(path), size, small);
    printf("%s binary size %s bytes. Smallest %s partition is %s bytes. %s bytes (%lld%%) free.\n",
           dropin_base(path), esp_hex((char[24]){ 0 }, size), r->label,
           esp_hex((char[24]){ 0 }, smallest), esp_hex((char[24]){ 0 }, smallest - size),
           percent(smallest - size, smallest));
    if ((smallest - size) * 20 < smallest)
        printf("Warning: The smallest %s partition is nearly full (%lld%% free space left)!\n",
               r->label, percent(smallest - size, smallest));
    return 0;
}

static int check_partition(struct run *r)
{
    struct host_error error;
    struct host_bytes in;
    int code;

    if (!dropin_value(&r->sub, "type"))
        return dropin_usage_error(&r->sub, "the following arguments are required: --type");
    if (r->sub.n_operands != 2)
        return dropin_usage_error(&r->sub, "partition needs TABLE and BINARY");
    if (esp_load(&r->table, &r->options, r->sub.operands[0], NULL, &error)) {
        fprintf(stderr, "Error: %s\n", error.text);
        return 1;
    }
    code = find_candidates(r);
    if (!code)
        code = read_binary(r->sub.operands[1], &in);
    if (code)
        return code;
    code = compare(r, r->sub.operands[1], (int64_t)in.len);
    host_bytes_free(&in);
    return code;
}

static int run(struct run *r, int argc, char **argv)
{
    int code = dropin_parse(&r->global, argc, argv);
    const char *what = r->global.n_operands ? r->global.operands[0] : "";
    bool bootloader = strcmp(what, "bootloader") == 0;

    if (code || r->global.help)
        return code;
    if (!bootloader && strcmp(what, "partition") != 0)
        return dropin_usage_error(&r->global, "choose bootloader or partition");
    code = dropin_int(&r->global, "offset", &r->options.table_off);
    if (code)
        return code;
    r->allow_failures =
        dropin_find(&r->global, "allow_failures") || dropin_find(&r->global, "allow-failures");
    r->sub = (struct dropin){ .program = r->global.program,
                              .usage = usage,
                              .options = bootloader ? bootloader_options : partition_options };
    code = dropin_parse(&r->sub, argc - r->global.used, argv + r->global.used);
    if (code || r->sub.help)
        return code;
    return bootloader ? check_bootloader(r) : check_partition(r);
}

int dropin_check_sizes(int argc, char **argv)
{
    struct run r = { .global = { .program = dropin_base(argv[0]),
                                 .usage = usage,
                                 .options = global,
                                 .stop_at_operand = true },
                     .options = esp_defaults() };

    int code = run(&r, argc - 1, argv + 1);
    esp_table_free(&r.table);
    free(r.rows);
    free(r.label);
    return code;
}
