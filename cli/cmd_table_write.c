/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead table write: a table into a flash that has one. Partitions stay as they are; 'table
 * diff' says what else is to be done. */
#include "cli/table.h"

#include <string.h>

#include "host/table/edit.h"

/* Where it goes: as --offset says, or else where a flash image has its table now. */
static int place(struct cli *cli, struct cli_part *p, struct cli_table *t, uint32_t *off)
{
    int64_t found = p->target.esptool || cli_has(cli, "offset")
                        ? -1
                        : esp_find_table(p->target.bytes.data, p->target.bytes.len, BH_TABLE_OFF);

    if (found >= 0)
        t->options.table_off = found;
    *off = (uint32_t)t->options.table_off;
    if (*off % HOST_TARGET_PAGE || *off > p->target.flash.size - BH_TABLE_SECTOR)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Usual is 0x8000.",
                        "option --offset: 0x%x is not the start of a page of the flash",
                        (unsigned)*off);
    return HOST_OK;
}

/* The table as it is at this offset, verified against this flash. */
static int check(struct cli *cli, const struct cli_part *p, struct cli_table *t,
                 uint8_t binary[BH_TABLE_LEN])
{
    cli_table_read(t);
    if (t->table.problems.errors == 0)
        esp_verify(&t->table, &t->options);
    if (t->table.problems.errors == 0 && !p->target.esptool)
        esp_verify_size(&t->table, (int64_t)p->target.flash.size);
    if (t->table.problems.errors == 0)
        esp_to_binary(&t->table, &t->options, binary);
    return cli_table_errors(cli, t);
}

static int write_table(struct cli *cli, struct cli_part *p, struct cli_table *t)
{
    uint8_t binary[BH_TABLE_LEN];
    uint32_t off;
    int err, code = place(cli, p, t, &off);

    if (!code)
        code = check(cli, p, t, binary);
    if (code)
        return code;
    err = bh_flash_erase(&p->target.flash, off, BH_TABLE_SECTOR);
    if (!err)
        err = bh_flash_program(&p->target.flash, off, binary, sizeof binary);
    if (err)
        return cli_fail(cli, HOST_DEVICE, host_nowhere(), NULL, "%s", bh_error_text(err));
    if (!cli_has(cli, "dry-run") && host_target_commit(&p->target, &cli->error))
        return cli_error(cli);
    cli_note(cli, "%swritten %s at 0x%x", cli_has(cli, "dry-run") ? "would have " : "", t->path,
             (unsigned)off);
    return HOST_OK;
}

static int run(struct cli *cli)
{
    struct cli_part p = { .options = esp_defaults() };
    struct cli_table t;
    int code = cli_table_open(cli, &t, cli->operands[0], false);

    if (code)
        return code;
    code = cli_part_open_target(cli, &p, HOST_TARGET_CHANGE);
    if (!code) {
        code = write_table(cli, &p, &t);
        cli_part_close(&p);
    }
    cli_table_close(&t);
    return code;
}

const struct cli_command cmd_table_write = {
    .noun = "table",
    .verb = "write",
    .summary = "Write a table into a flash",
    .description = "The table is verified first; in a flash image it must also fit the flash. "
                   "Only the table's own page changes: 'bulkhead table diff' says what becomes of "
                   "the partitions, and prints the commands that keep their data.",
    .operands = (const struct cli_operand[]){ CLI_TABLE_OPERAND, { 0 } },
    .options =
        (const struct cli_option[]){ CLI_TARGET_OPTIONS, CLI_DRY_RUN, CLI_TABLE_OPTIONS, { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead table write partitions.csv --flash flash.bin", "in the place of the old" },
            { "bulkhead table write partitions.csv --port /dev/ttyUSB0", "the same, in a chip" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .run = run,
};
