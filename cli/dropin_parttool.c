/* SPDX-License-Identifier: Apache-2.0 */
/* parttool: partitions by name or type, as ESP-IDF's parttool.py does it, on a flash image file. */
#include "cli/dropin.h"

#include "host/table/part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "[options] {read_partition,write_partition,erase_partition,get_partition_info} ...\n"
    "\n"
    "ESP-IDF Partitions Tool\n"
    "\n"
    "  -q, --quiet                        no status messages\n"
    "  -p, --port file:FLASH              the flash: an image file\n"
    "  -f, --partition-table-file FILE    the table, CSV or binary, instead of the flash's\n"
    "  -o, --partition-table-offset N     where it is in the flash (0x8000)\n"
    "      --primary-bootloader-offset N, --recovery-bootloader-offset N\n"
    "  -b, --baud N, --esptool-args ..., --esptool-write-args ..., --esptool-read-args ...,\n"
    "      --esptool-erase-args ...       of no effect on an image file\n"
    "\n"
    "  read_partition      --output FILE\n"
    "  write_partition     --input FILE [--ignore-readonly]\n"
    "  erase_partition     [--ignore-readonly]\n"
    "  get_partition_info  [--info {name,type,subtype,offset,size,encrypted,readonly} ...]\n"
    "                      [--part_list]\n"
    "\n"
    "  each with one of    -n, --partition-name NAME\n"
    "                      -t, --partition-type T with -s, --partition-subtype S\n"
    "                      -d, --partition-boot-default\n"
    "  and                 --extra-partition-subtypes TYPE,NAME,VALUE ...\n";

static const struct dropin_option global[] = {
    { "quiet", 'q', '0', NULL },
    { "esptool-args", 0, '+', NULL },
    { "esptool-write-args", 0, '+', NULL },
    { "esptool-read-args", 0, '+', NULL },
    { "esptool-erase-args", 0, '+', NULL },
    { "port", 'p', '1', NULL },
    { "baud", 'b', '1', NULL },
    { "partition-table-offset", 'o', '1', NULL },
    { "primary-bootloader-offset", 0, '1', NULL },
    { "recovery-bootloader-offset", 0, '1', NULL },
    { "partition-table-file", 'f', '1', NULL },
    { 0 },
};

#define INFO "name|type|subtype|offset|size|encrypted|readonly"
#define SELECTION                                                                                  \
    { "partition-name", 'n', '1', NULL }, { "partition-type", 't', '1', NULL },                    \
        { "partition-subtype", 's', '1', NULL }, { "partition-boot-default", 'd', '0', NULL },     \
    {                                                                                              \
        "extra-partition-subtypes", 0, '*', NULL                                                   \
    }

static const struct dropin_option read_options[] = { SELECTION, { "output", 0, '1', NULL }, { 0 } };
static const struct dropin_option write_options[] = {
    SELECTION, { "input", 0, '1', NULL }, { "ignore-readonly", 0, '0', NULL }, { 0 }
};
static const struct dropin_option erase_options[] = { SELECTION,
                                                      { "ignore-readonly", 0, '0', NULL },
                                                      { 0 } };
static const struct dropin_option info_options[] = {
    SELECTION, { "info", 0, '+', INFO }, { "part_list", 0, '0', NULL }, { 0 }
};

/* One run. */
struct run {
    struct dropin global, sub;
    struct esp_options options;
    struct esp_table table;
    struct host_target target;
    struct host_error error;
    bool quiet;
};

/* What goes wrong ends with 1, or with 2 if quiet, as the original's tracebacks do. */
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

/* A keyword in its exact case, or a number. */
static bool type_of(const struct run *r, int64_t *type, int64_t *subtype)
{
    const char *t = dropin_value(&r->sub, "partition-type");
    const char *s = dropin_value(&r->sub, "partition-subtype");

    return (esp_type_of(t, type) || esp_int(t, strlen(t), type)) &&
           (esp_subtype_of(&r->options.names, *type, s, subtype) || esp_int(s, strlen(s), subtype));
}

/* How many ways there are to say which partition; more than one is a usage error. */
static int check_selection(struct run *r)
{
    bool name = dropin_find(&r->sub, "partition-name"),
         type = dropin_find(&r->sub, "partition-type");
    bool boot = dropin_find(&r->sub, "partition-boot-default");

    if (name + type + boot > 1)
        return dropin_usage_error(&r->sub,
                                  "argument --partition-%s: not allowed with argument "
                                  "--partition-%s",
                                  boot ? "boot-default" : "type", name ? "name" : "type");
    if (name + type + boot == 0)
        return fail(r, "Partition to operate on should be defined using --partition-name OR "
                       "--partition-type and --partition-subtype OR --partition-boot-default");
    if (type && !dropin_find(&r->sub, "partition-subtype"))
        return fail(r, "--partition-subtype should be defined when --partition-type is defined");
    return 0;
}

/* The index-th partition that is meant; NULL: none. */
static const struct esp_row *select_row(struct run *r, size_t index)
{
    const char *name = dropin_value(&r->sub, "partition-name");
    int64_t type, subtype;

    if (name)
        return index ? NULL : esp_by_name(&r->table, name);
    if (dropin_find(&r->sub, "partition-boot-default"))
        return index ? NULL : esp_boot_default(&r->table);
    return type_of(r, &type, &subtype) ? esp_by_type(&r->table, type, subtype, index) : NULL;
}

/* The target is opened, and the table read. */
static int load(struct run *r, bool needs_flash)
{
    const char *port = dropin_value(&r->global, "port");
    const char *file = dropin_value(&r->global, "partition-table-file");

    if (!port && (needs_flash || !file))
        return fail(r, "no flash to work on. Name one: --port file:flash.bin");
    if (port && (needs_flash || !file) && host_target_open(&r->target, port, &r->error))
        return failed(r);
    if (esp_load(&r->table, &r->options, file, &r->target, &r->error))
        return failed(r);
    return 0;
}

static void print_value(const struct esp_row *row, const char *what)
{
    if (strcmp(what, "name") == 0)
        fputs(row->name, stdout);
    else if (strcmp(what, "type") == 0)
        printf("%d", (int)row->type);
    else if (strcmp(what, "subtype") == 0)
        printf("%d", (int)row->subtype);
    else if (strcmp(what, "offset") == 0)
        fputs(esp_hex((char[24]){ 0 }, row->off), stdout);
    else if (strcmp(what, "size") == 0)
        fputs(esp_hex((char[24]){ 0 }, row->len), stdout);
    else
        fputs((*what == 'e' ? row->encrypted : row->readonly) ? "True" : "False", stdout);
}

static int get_partition_info(struct run *r)
{
    static const char *const usual[] = { "offset", "size" };
    const struct dropin_given *info = dropin_find(&r->sub, "info");
    const char *const *what = info ? info->words : usual;
    size_t n = info ? info->n : 2, index = 0;
    const struct esp_row *row = select_row(r, 0);
    bool all = dropin_find(&r->sub, "part_list");

    if (!row)
        return fail(r, "Partition does not exist");
    do {
        for (size_t i = 0; i < n; i++) {
            if (i + index)
                putchar(' ');
            print_value(row, what[i]);
        }
    } while (all && (row = select_row(r, ++index)) != NULL);
    putchar('\n');
    return 0;
}

static int read_partition(struct run *r)
{
    const char *path = dropin_value(&r->sub, "output");
    const struct esp_row *row = select_row(r, 0);
    struct host_bytes bytes;
    int code;

    if (!path)
        return dropin_usage_error(&r->sub, "the following arguments are required: --output");
    if (!row)
        return fail(r, "Partition does not exist");
    code = esp_part_read(row, &r->target, &bytes, &r->error);
    if (!code)
        code = host_write_file(path, bytes.data, bytes.len, 0666, true, &r->error);
    host_bytes_free(&bytes);
    if (code)
        return failed(r);
    if (!r->quiet)
        printf("Read partition '%s' contents from device at offset 0x%x to file '%s'\n", row->name,
               (unsigned)row->off, path);
    return 0;
}

/* Is it to be left alone? Said in the original's words; the code is 1 even if quiet. */
static bool is_readonly(const struct run *r, const struct esp_row *row)
{
    if (!row->readonly || dropin_find(&r->sub, "ignore-readonly"))
        return false;
    fprintf(stderr, "\"%s\" partition is read-only, (use the --ignore-readonly flag to skip it)\n",
            row->name);
    return true;
}

static int write_partition(struct run *r)
{
    const char *path = dropin_value(&r->sub, "input");
    const struct esp_row *row = select_row(r, 0);
    struct host_bytes bytes;
    int code;

    if (!path)
        return dropin_usage_error(&r->sub, "the following arguments are required: --input");
    if (!row)
        return fail(r, "Partition does not exist");
    if (is_readonly(r, row))
        return 1;
    code = host_read_file(path, &bytes, &r->error);
    if (!code)
        code = esp_part_write(&r->table, row, &r->target, bytes.data, bytes.len, true, &r->error);
    if (!code)
        code = host_target_commit(&r->target, &r->error);
    host_bytes_free(&bytes);
    if (code)
        return failed(r);
    if (!r->quiet)
        printf("Written contents of file '%s' at offset 0x%x\n", path, (unsigned)row->off);
    return 0;
}

static int erase_partition(struct run *r)
{
    const struct esp_row *row = select_row(r, 0);

    if (!row)
        return fail(r, "Partition does not exist");
    if (is_readonly(r, row))
        return 1;
    if (esp_part_erase(&r->table, row, &r->target, true, &r->error) ||
        host_target_commit(&r->target, &r->error))
        return failed(r);
    if (!r->quiet)
        printf("Erased partition '%s' at offset 0x%x\n", row->name, (unsigned)row->off);
    return 0;
}

static const struct subcommand {
    const char *name;
    const struct dropin_option *options;
    bool needs_flash;
    int (*run)(struct run *r);
} subcommands[] = {
    { "read_partition", read_options, true, read_partition },
    { "write_partition", write_options, true, write_partition },
    { "erase_partition", erase_options, true, erase_partition },
    { "get_partition_info", info_options, false, get_partition_info },
    { 0 },
};

static int read_options_of(struct run *r)
{
    const struct dropin_given *extra = dropin_find(&r->sub, "extra-partition-subtypes");
    struct esp_problems *problems = &r->table.problems;
    size_t seen = 0;
    int code = dropin_table_options(&r->global, "partition-table-offset", &r->options, problems);

    for (size_t i = 0; !code && extra && i < extra->n; i++)
        esp_names_add(&r->options.names, extra->words[i], problems);
    return code ? code : dropin_report(problems, &seen);
}

static int run_subcommand(struct run *r, const struct subcommand *sub, int argc, char **argv)
{
    r->sub =
        (struct dropin){ .program = r->global.program, .usage = usage, .options = sub->options };
    int code = dropin_parse(&r->sub, argc, argv);

    if (code || r->sub.help)
        return code;
    if (r->sub.n_operands)
        return dropin_usage_error(&r->sub, "unrecognized arguments: %s", r->sub.operands[0]);
    code = read_options_of(r);
    if (!code)
        code = check_selection(r);
    if (!code)
        code = load(r, sub->needs_flash);
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
        if (!r->quiet)
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

int dropin_parttool(int argc, char **argv)
{
    struct run r = { .global = { .program = dropin_base(argv[0]),
                                 .usage = usage,
                                 .options = global,
                                 .stop_at_operand = true },
                     .options = esp_defaults() };

    int code = run(&r, argc - 1, argv + 1);
    host_target_close(&r.target);
    esp_table_free(&r.table);
    esp_names_free(&r.options.names);
    return code;
}
