/* SPDX-License-Identifier: Apache-2.0 */
/* gen_esp32part: CSV to binary table and back, as ESP-IDF's gen_esp32part.py does it. */
#include "cli/dropin.h"

#include "host/io.h"
#include "host/table/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char usage[] =
    "[options] input [output]\n"
    "\n"
    "ESP32 partition table utility: CSV to binary, or binary to CSV.\n"
    "\n"
    "  input                 CSV or binary file, - for standard input\n"
    "  output                - for standard output (the default)\n"
    "  --flash-size [SIZE]   check that the partitions fit: 1MB, 2MB, ... 128MB\n"
    "  --disable-md5sum      no MD5 row in the output; do not check it in the input\n"
    "  --no-verify           do not verify the table\n"
    "  -v, --verify          verify the table (the default)\n"
    "  -q, --quiet           no status messages\n"
    "  -o, --offset N        offset of the partition table in flash (0x8000)\n"
    "  --primary-bootloader-offset N\n"
    "  --recovery-bootloader-offset N\n"
    "  --secure [v1|v2]      app partitions must suit this secure boot\n"
    "  --extra-partition-subtypes TYPE,NAME,VALUE ...\n"
    "  --binary-input        the input is binary, whatever it begins with\n"
    "  -h, --help\n";

static const struct dropin_option options[] = {
    { "flash-size", 0, '?', "1MB|2MB|4MB|8MB|16MB|32MB|64MB|128MB" },
    { "disable-md5sum", 0, '0', NULL },
    { "no-verify", 0, '0', NULL },
    { "verify", 'v', '0', NULL },
    { "quiet", 'q', '0', NULL },
    { "offset", 'o', '1', NULL },
    { "primary-bootloader-offset", 0, '1', NULL },
    { "recovery-bootloader-offset", 0, '1', NULL },
    { "secure", 0, '?', "v1|v2" },
    { "extra-partition-subtypes", 0, '*', NULL },
    { "binary-input", 0, '0', NULL },
    { 0 },
};

/* Every folder on the way to a file. */
static void make_folders(const char *path)
{
    char *copy = strdup(path);

    for (char *p = copy ? strchr(copy + 1, '/') : NULL; p; p = strchr(p + 1, '/')) {
        *p = 0;
        (void)mkdir(copy, 0777); /* if it cannot be, opening the file will say so */
        *p = '/';
    }
    free(copy);
}

static int write_out(const struct dropin *a, const void *data, size_t len)
{
    const char *path = a->n_operands > 1 ? a->operands[1] : "-";
    struct host_error error;

    if (strcmp(path, "-") != 0)
        make_folders(path);
    if (!host_write_result(path, a->operands[0], data, len, &error))
        return 0;
    fprintf(stderr, "%s\n", error.text);
    return 1;
}

static int write_table(const struct dropin *a, struct esp_table *t, const struct esp_options *o,
                       size_t *seen)
{
    uint8_t binary[BH_TABLE_LEN];

    if (t->binary) {
        char *csv = esp_to_csv(t, o, false);
        int code = write_out(a, csv, strlen(csv));

        free(csv);
        return code;
    }
    esp_to_binary(t, o, binary);
    if (dropin_report(&t->problems, seen))
        return 2;
    return write_out(a, binary, sizeof binary);
}

static int convert(const struct dropin *a, struct esp_table *t, const struct esp_options *o,
                   const struct host_bytes *in)
{
    bool quiet = dropin_find(a, "quiet");
    const char *flash_size = dropin_value(a, "flash-size");
    size_t seen = 0;

    if (dropin_find(a, "binary-input") || esp_is_binary(in->data, in->len)) {
        if (!quiet)
            fputs("Parsing binary partition input...\n", stderr);
        esp_read_binary(t, o, in->data, in->len);
    } else {
        if (!quiet)
            fputs("Parsing CSV input...\n", stderr);
        esp_read_csv(t, o, in->data, in->len);
    }
    if (dropin_report(&t->problems, &seen))
        return 2;
    if (!dropin_find(a, "no-verify")) {
        if (!quiet)
            fputs("Verifying table...\n", stderr);
        esp_verify(t, o);
        if (dropin_report(&t->problems, &seen))
            return 2;
    }
    if (flash_size)
        esp_verify_size(t, strtoll(flash_size, NULL, 10) << 20);
    if (dropin_report(&t->problems, &seen))
        return 2;
    return write_table(a, t, o, &seen);
}

static enum esp_secure secure(const struct dropin *a)
{
    const char *version = dropin_value(a, "secure");

    if (!dropin_find(a, "secure"))
        return ESP_SECURE_NONE;
    return version && strcmp(version, "v2") == 0 ? ESP_SECURE_V2 : ESP_SECURE_V1;
}

static int run(const struct dropin *a, struct esp_table *t, struct esp_options *o)
{
    struct host_bytes in = { 0 };
    struct host_error error;
    int code;

    o->md5 = !dropin_find(a, "disable-md5sum");
    o->secure = secure(a);
    if (a->n_operands < 1)
        return dropin_usage_error(a, "the following arguments are required: input");
    if (a->n_operands > 2)
        return dropin_usage_error(a, "unrecognized arguments: %s", a->operands[2]);
    if (host_read_file(a->operands[0], &in, &error))
        return dropin_usage_error(a, "argument input: can't open: %s", error.text);
    code = dropin_table_options(a, "offset", o, &t->problems);
    if (code == 0)
        code = convert(a, t, o, &in);
    host_bytes_free(&in);
    return code;
}

int dropin_gen_esp32part(int argc, char **argv)
{
    struct dropin a = { .program = dropin_base(argv[0]), .usage = usage, .options = options };
    struct esp_options o = esp_defaults();
    struct esp_table t;

    int code = dropin_parse(&a, argc - 1, argv + 1);
    if (code || a.help)
        return code;
    esp_table_init(&t);
    code = run(&a, &t, &o);
    esp_table_free(&t);
    esp_names_free(&o.names);
    return code;
}
