/* SPDX-License-Identifier: Apache-2.0 */
/* gen_empty_partition SIZE [FILE]: that many bytes of erased flash. */
#include "cli/dropin.h"

#include "host/io.h"
#include "host/table/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "size [blank_partition_file]\n"
                            "\n"
                            "A file of SIZE bytes 0xff; - for standard output (the default).\n";

static const struct dropin_option options[] = { { 0 } };

static int write_blank(const char *path, size_t len)
{
    struct host_error error;
    uint8_t *bytes = malloc(len);
    int code = 1;

    if (bytes) {
        memset(bytes, 0xFF, len);
        code = host_write_result(path, NULL, bytes, len, &error);
        if (code)
            fprintf(stderr, "%s\n", error.text);
    }
    free(bytes);
    return code ? 1 : 0;
}

int dropin_gen_empty_partition(int argc, char **argv)
{
    struct dropin a = { .program = dropin_base(argv[0]), .usage = usage, .options = options };
    int64_t size;

    int code = dropin_parse(&a, argc - 1, argv + 1);
    if (code || a.help)
        return code;
    if (a.n_operands < 1)
        return dropin_usage_error(&a, "the following arguments are required: size");
    if (a.n_operands > 2)
        return dropin_usage_error(&a, "unrecognized arguments: %s", a.operands[2]);
    if (!esp_int(a.operands[0], strlen(a.operands[0]), &size) || size > (int64_t)HOST_FILE_MAX)
        return dropin_usage_error(&a, "argument size: invalid size: '%s'", a.operands[0]);
    return size <= 0 ? 0 : write_blank(a.n_operands > 1 ? a.operands[1] : "-", (size_t)size);
}
