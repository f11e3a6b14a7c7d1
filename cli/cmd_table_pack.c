/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead table pack: an image of a whole flash out of a table and the files for its
 * partitions. */
#include "cli/table.h"
#include "host/system.h"

#include <stdlib.h>
#include <string.h>

/* Everything is put into a flash in memory, and each thing is checked there. */
struct packer {
    struct cli *cli;
    struct cli_table *t;
    uint8_t *flash;
    int64_t size;
};

static int put(struct packer *p, const char *what, int64_t off, int64_t room, const char *path)
{
    struct host_bytes in;

    if (host_read_file(path, &in, &p->cli->error))
        return cli_error(p->cli);
    int code = HOST_OK;
    if ((int64_t)in.len > room)
        code = cli_fail(p->cli, HOST_BAD_INPUT, host_in(path),
                        "Make the partition larger, or the file smaller.",
                        "too large for '%s': 0x%zx bytes for its %s", what, in.len,
                        esp_hex((char[24]){ 0 }, room));
    else
        memcpy(p->flash + off, in.data, in.len);
    host_bytes_free(&in);
    return code;
}

static int put_partition(struct packer *p, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    char *name = equals ? esp_format("%.*s", (int)(equals - assignment), assignment) : NULL;
    const struct esp_row *row = name ? cli_row(p->cli, &p->t->table, p->t->path, name) : NULL;

    free(name);
    if (!equals)
        return cli_fail(p->cli, HOST_BAD_INPUT, host_nowhere(), "For instance: factory=app.bin.",
                        "'%s' is not NAME=FILE", assignment);
    if (!row)
        return HOST_BAD_INPUT;
    return put(p, row->name, row->off, row->len, equals + 1);
}

static int put_bootloader(struct packer *p)
{
    const char *path = cli_value(p->cli, "bootloader");
    int64_t off = p->t->options.primary_bootloader;

    if (!path)
        return HOST_OK;
    if (off == ESP_NOWHERE)
        return cli_fail(
            p->cli, HOST_BAD_INPUT, host_nowhere(),
            "0x1000 for ESP32 and ESP32-S2, 0x2000 for ESP32-C5, -H4 and -P4, 0 for others.",
            "--bootloader needs --primary-bootloader-offset");
    return put(p, "bootloader", off, p->t->options.table_off - off, path);
}

/* A flash that is there already may be at work in another program. */
static int write_flash(struct packer *p)
{
    const char *path = cli_value(p->cli, "output");
    int lock, code = cli_lock(p->cli, path, &lock);

    if (!code)
        code = cli_write(p->cli, path, p->flash, (size_t)p->size, cli_has(p->cli, "force"));
    host_unlock(lock);
    return code;
}

static int pack(struct packer *p)
{
    struct esp_options *o = &p->t->options;
    int code;

    if (o->table_off < 0 || o->table_off > p->size - BH_TABLE_SECTOR)
        return cli_fail(p->cli, HOST_BAD_LAYOUT, host_nowhere(), NULL,
                        "the table's offset is beyond the flash");
    if (!esp_to_binary(&p->t->table, o, p->flash + o->table_off))
        return cli_table_errors(p->cli, p->t);
    code = put_bootloader(p);
    for (size_t i = 1; !code && i < p->cli->n_operands; i++)
        code = put_partition(p, p->cli->operands[i]);
    return code ? code : write_flash(p);
}

static int run(struct cli *cli)
{
    struct cli_table t;
    struct packer p = { .cli = cli, .t = &t };
    int code = cli_table_open_good(cli, &t, cli->operands[0], true);

    if (code)
        return code;
    p.size = t.options.flash_size;
    p.flash = p.size <= (int64_t)HOST_FILE_MAX ? malloc((size_t)p.size) : NULL;
    if (p.flash) {
        memset(p.flash, 0xFF, (size_t)p.size);
        code = pack(&p);
    } else {
        code = cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "256M at most.",
                        "a flash of %s bytes is too large", esp_hex((char[24]){ 0 }, p.size));
    }
    free(p.flash);
    cli_table_close(&t);
    return code;
}

const struct cli_command cmd_table_pack = {
    .noun = "table",
    .verb = "pack",
    .summary = "Make an image of a whole flash",
    .operands =
        (const struct cli_operand[]){
            CLI_TABLE_OPERAND,
            { "NAME=FILE", "What goes into a partition; the others stay erased", true, true },
            { 0 } },
    .options =
        (const struct cli_option[]){
            { "flash-size", 0, "SIZE", "Size of the flash: 4M, 4MB or 0x400000", NULL, false,
              true },
            { "output", 'o', "FILE", "The image", NULL, false, true },
            { "bootloader", 'b', "FILE", "Bootloader, put at --primary-bootloader-offset", NULL,
              false, false },
            CLI_FORCE,
            CLI_DRY_RUN,
            CLI_TABLE_OPTIONS,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead table pack partitions.csv factory=app.bin --flash-size 4M -o flash.bin",
              "a device to be" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
