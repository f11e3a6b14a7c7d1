/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead table unpack: an image of a whole flash taken apart into files. */
#include "cli/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file name of a label: nothing that would lead out of the folder. */
static char *file_name(const char *folder, const char *label)
{
    char *path = esp_format("%s/%s.bin", folder, *label ? label : "_");

    for (char *p = path + strlen(folder) + 1; *p; p++)
        if (*p == '/' || (unsigned char)*p < ' ')
            *p = '_';
    return path;
}

/* A dry run may be about a folder that is still to be made. */
static int write_file(struct cli *cli, const char *path, const void *data, size_t len)
{
    if (cli_has(cli, "dry-run") && access(cli_value(cli, "output"), F_OK) != 0) {
        cli_note(cli, "would write %s, %zu bytes", path, len);
        return HOST_OK;
    }
    return cli_write(cli, path, data, len, cli_has(cli, "force"));
}

static int write_part(struct cli *cli, const struct cli_table *t, const char *folder,
                      const char *label, int64_t off, int64_t len)
{
    const uint8_t *data = t->bytes.data + off;
    size_t n = (size_t)len;

    if (off < 0 || len < 0 || off > (int64_t)t->bytes.len || len > (int64_t)t->bytes.len - off) {
        cli_warn(cli, "partition '%s' lies beyond the end of the image and is skipped", label);
        return HOST_OK;
    }
    while (cli_has(cli, "trim") && n && data[n - 1] == 0xFF)
        n--;
    char *path = file_name(folder, label);
    int code = write_file(cli, path, data, n);

    free(path);
    return code;
}

static int unpack(struct cli *cli, struct cli_table *t, const char *folder)
{
    char *csv = esp_to_csv(&t->table, &t->options, false);
    char *path = esp_format("%s/partitions.csv", folder);
    int code = write_file(cli, path, csv, strlen(csv));

    free(csv);
    free(path);
    if (code)
        return code;
    code = write_part(cli, t, folder, "before-table", 0, t->found);
    for (size_t i = 0; !code && i < t->table.n; i++)
        code = write_part(cli, t, folder, t->table.rows[i].name, t->table.rows[i].off,
                          t->table.rows[i].len);
    return code;
}

static int run(struct cli *cli)
{
    const char *folder = cli_value(cli, "output");
    struct cli_table t;
    int code = cli_table_open(cli, &t, cli_value(cli, "flash"), false);

    if (code)
        return code;
    code = cli_table_errors(cli, &t);
    if (!code && !t.flash)
        code = cli_fail(cli, HOST_BAD_INPUT, host_in(t.path),
                        "Of a table alone 'bulkhead table convert' makes a CSV.",
                        "not an image of a whole flash");
    if (!code && !cli_has(cli, "dry-run") && mkdir(folder, 0777) && errno != EEXIST)
        code = cli_fail(cli, HOST_FAILED, host_in(folder), "Make the folder that is to contain it.",
                        "cannot make the folder: %s", strerror(errno));
    if (!code)
        code = unpack(cli, &t, folder);
    cli_table_close(&t);
    return code;
}

const struct cli_command cmd_table_unpack = {
    .noun = "table",
    .verb = "unpack",
    .summary = "Take an image of a whole flash apart",
    .description = "Writes partitions.csv and a file for each partition. The command finds the "
                   "table in the image.",
    .options =
        (const struct cli_option[]){
            { "flash", 'f', "FILE", "Image of a whole flash", NULL, false, true },
            { "output", 'o', "FOLDER", "Where the files go; made if it is not there", NULL, false,
              true },
            { "trim", 0, NULL, "Write no erased bytes at a partition's end", NULL, false, false },
            CLI_FORCE,
            CLI_DRY_RUN,
            CLI_TABLE_OPTIONS,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead table unpack --trim --flash flash.bin -o parts", "what is in a dump" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
