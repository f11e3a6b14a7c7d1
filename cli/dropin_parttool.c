/* SPDX-License-Identifier: Apache-2.0 */
/* parttool: partitions by name or type, as ESP-IDF's parttool.py does it. */
#include "cli/dropin_flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "[options] {read_partition,write_partition,erase_partition,get_partition_info} ...\n"
    "\n"
    "ESP-IDF Partitions Tool\n"
    "\n" DROPIN_FLASH_USAGE "      --primary-bootloader-offset N, --recovery-bootloader-offset N\n"
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
    DROPIN_FLASH_OPTIONS,
    { "primary-bootloader-offset", 0, '1', NULL },
    { "recovery-bootloader-offset", 0, '1', NULL },
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

/* A keyword in its exact case, or a number. */
static bool type_of(const struct dropin_run *r, int64_t *type, int64_t *subtype)
{
    const char *t = dropin_value(&r->sub, "partition-type");
    const char *s = dropin_value(&r->sub, "partition-subtype");

    return (esp_type_of(t, type) || esp_int(t, strlen(t), type)) &&
           (esp_subtype_of(&r->options.names, *type, s, subtype) || esp_int(s, strlen(s), subtype));
}

/* How many ways there are to say which partition; more than one is a usage error. */
static int check_selection(struct dropin_run *r)
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
        return dropin_fail(r,
                           "Partition to operate on should be defined using --partition-name OR "
                           "--partition-type and --partition-subtype OR --partition-boot-default");
    if (type && !dropin_find(&r->sub, "partition-subtype"))
        return dropin_fail(
            r, "--partition-subtype should be defined when --partition-type is defined");
    return 0;
}

/* The index-th partition that is meant; NULL: none. */
static const struct esp_row *select_row(struct dropin_run *r, size_t index)
{
    const char *name = dropin_value(&r->sub, "partition-name");
    int64_t type, subtype;

    if (name)
        return index ? NULL : esp_by_name(&r->table, name);
    if (dropin_find(&r->sub, "partition-boot-default"))
        return index ? NULL : esp_boot_default(&r->table);
    return type_of(r, &type, &subtype) ? esp_by_type(&r->table, type, subtype, index) : NULL;
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

static int get_partition_info(struct dropin_run *r)
{
    static const char *const usual[] = { "offset", "size" };
    const struct dropin_given *info = dropin_find(&r->sub, "info");
    const char *const *what = info ? info->words : usual;
    size_t n = info ? info->n : 2, index = 0;
    const struct esp_row *row = select_row(r, 0);
    bool all = dropin_find(&r->sub, "part_list");

    if (!row)
        return dropin_fail(r, "Partition does not exist");
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

static int read_partition(struct dropin_run *r)
{
    const char *path = dropin_value(&r->sub, "output");
    const struct esp_row *row = select_row(r, 0);

    if (!path)
        return dropin_usage_error(&r->sub, "the following arguments are required: --output");
    if (!row)
        return dropin_fail(r, "Partition does not exist");
    int code = dropin_read(r, row, path);
    if (!code && !r->quiet)
        printf("Read partition '%s' contents from device at offset 0x%x to file '%s'\n", row->name,
               (unsigned)row->off, path);
    return code;
}

/* Is it to be left alone? Said in the original's words; the code is 1 even if quiet. */
static bool is_readonly(const struct dropin_run *r, const struct esp_row *row)
{
    if (!row->readonly || dropin_find(&r->sub, "ignore-readonly"))
        return false;
    fprintf(stderr, "\"%s\" partition is read-only, (use the --ignore-readonly flag to skip it)\n",
            row->name);
    return true;
}

static int write_partition(struct dropin_run *r)
{
    const char *path = dropin_value(&r->sub, "input");
    const struct esp_row *row = select_row(r, 0);

    if (!path)
        return dropin_usage_error(&r->sub, "the following arguments are required: --input");
    if (!row)
        return dropin_fail(r, "Partition does not exist");
    if (is_readonly(r, row))
        return 1;
    int code = dropin_write(r, row, path, true);
    if (!code && !r->quiet)
        printf("Written contents of file '%s' at offset 0x%x\n", path, (unsigned)row->off);
    return code;
}

static int erase_partition(struct dropin_run *r)
{
    const struct esp_row *row = select_row(r, 0);

    if (!row)
        return dropin_fail(r, "Partition does not exist");
    if (is_readonly(r, row))
        return 1;
    int code = dropin_erase(r, row, true);
    if (!code && !r->quiet)
        printf("Erased partition '%s' at offset 0x%x\n", row->name, (unsigned)row->off);
    return code;
}

static const struct dropin_subcommand subcommands[] = {
    { "read_partition", read_options, read_partition, false, false },
    { "write_partition", write_options, write_partition, false, true },
    { "erase_partition", erase_options, erase_partition, false, true },
    { "get_partition_info", info_options, get_partition_info, true, false },
    { 0 },
};

static int read_options_of(struct dropin_run *r)
{
    const struct dropin_given *extra = dropin_find(&r->sub, "extra-partition-subtypes");
    struct esp_problems *problems = &r->table.problems;
    size_t seen = 0;
    int code = dropin_table_options(&r->global, "partition-table-offset", &r->options, problems);

    for (size_t i = 0; !code && extra && i < extra->n; i++)
        esp_names_add(&r->options.names, extra->words[i], problems);
    return code ? code : dropin_report(problems, &seen);
}

static int prepare(struct dropin_run *r, const struct dropin_subcommand *sub)
{
    int code = read_options_of(r);

    if (!code)
        code = check_selection(r);
    return code ? code : dropin_load(r, sub);
}

int dropin_parttool(int argc, char **argv)
{
    static const struct dropin_program program = { usage, global, subcommands, prepare, true };

    return dropin_flash_main(&program, argc, argv);
}
