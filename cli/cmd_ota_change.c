/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead ota switch|confirm|invalidate|erase: change otadata, so that a cut at any time leaves a
 * choice (see src/select/otadata.c). */
#include "cli/ota.h"

#include <string.h>

struct change {
    struct cli_part part;
    struct bh_otadata ota;
};

static int open_change(struct cli *cli, struct change *c)
{
    int code = cli_part_open(cli, &c->part, HOST_TARGET_CHANGE);

    if (code)
        return code;
    if (!esp_ota_open(&c->ota, &c->part.table, &c->part.target, &cli->error))
        return HOST_OK;
    cli_part_close(&c->part);
    return cli_error(cli);
}

/* What the core said, then the flash for good. */
static int close_change(struct cli *cli, struct change *c, int err, const char *said)
{
    int code = HOST_OK;

    if (err == BH_ERR_ABSENT)
        code = cli_fail(cli, HOST_FAILED, host_nowhere(), "'bulkhead ota switch' chooses one.",
                        "no record in otadata counts");
    else if (err && host_target_failed(&c->part.target, &cli->error))
        code = cli_error(cli);
    else if (err)
        code = cli_fail(cli, HOST_DEVICE, host_nowhere(), NULL, "otadata: %s", bh_error_text(err));
    else if (!cli_has(cli, "dry-run") && host_target_commit(&c->part.target, &cli->error))
        code = cli_error(cli);
    else
        cli_note(cli, "%s%s", cli_has(cli, "dry-run") ? "would have " : "", said);
    cli_part_close(&c->part);
    return code;
}

/* The slot of "1", "ota_1" or a partition's name; negative with the error shown. */
static int64_t slot_of(struct cli *cli, const struct change *c, const char *text)
{
    const struct esp_row *row;
    uint32_t slots = esp_ota_slots(&c->part.table), number;

    if (cli_parse_u32(text, &number) && number < slots)
        return number;
    row = esp_by_name(&c->part.table, text);
    if (row && row->type == BH_TYPE_APP && row->subtype >= BH_APP_OTA &&
        row->subtype < BH_APP_OTA + (int64_t)slots)
        return row->subtype - BH_APP_OTA;
    cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
             "'bulkhead part list' shows them; slots are counted from ota_0 without gaps.",
             "no OTA slot '%s'", text);
    return -1;
}

static int run_switch(struct cli *cli)
{
    struct change c;
    struct bh_esp_facts facts;
    bool trial = cli_has(cli, "trial");
    int64_t slot;
    int code = open_change(cli, &c);

    if (code)
        return code;
    slot = slot_of(cli, &c, cli->operands[0]);
    cli_ota_facts(&c.part, &facts);
    if (slot >= 0 && !facts.ota[slot].good && !cli_has(cli, "force")) {
        cli_fail(cli, HOST_VERIFY, host_nowhere(),
                 "Write an application there first, or say --force.",
                 "no application in slot %d verifies", (int)slot);
        code = HOST_VERIFY;
    }
    if (slot < 0 || code) {
        cli_part_close(&c.part);
        return code ? code : HOST_BAD_INPUT;
    }
    char said[40];
    snprintf(said, sizeof said, "switched to ota_%d%s", (int)slot, trial ? ", on trial" : "");
    return close_change(
        cli, &c, bh_otadata_select(&c.ota, (uint32_t)slot, trial ? BH_OTA_NEW : BH_OTA_UNDEFINED),
        said);
}

static int run_state(struct cli *cli, uint32_t state, const char *said)
{
    struct change c;
    int code = open_change(cli, &c);

    return code ? code : close_change(cli, &c, bh_otadata_state(&c.ota, state), said);
}

static int run_confirm(struct cli *cli)
{
    return run_state(cli, BH_OTA_VALID, "confirmed");
}

static int run_invalidate(struct cli *cli)
{
    return run_state(cli, BH_OTA_INVALID, "invalidated");
}

static int run_erase(struct cli *cli)
{
    struct change c;
    int code = open_change(cli, &c);

    return code ? code : close_change(cli, &c, bh_otadata_erase(&c.ota), "erased otadata");
}

const struct cli_command cmd_ota_switch = {
    .noun = "ota",
    .verb = "switch",
    .summary = "Start another OTA application from now on",
    .description =
        "The old record is not touched: its choice holds until the new record is complete.",
    .operands =
        (const struct cli_operand[]){
            { "SLOT", "Number of the slot, or name of its partition", false, false }, { 0 } },
    .options =
        (const struct cli_option[]){
            { "trial", 0, NULL,
              "It must confirm itself (state 'new'), for bootloaders with rollback", NULL, false,
              false },
            { "force", 0, NULL, "Even if no application in the slot verifies", NULL, false, false },
            CLI_DRY_RUN,
            CLI_PART_OPTIONS,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead ota switch 1 --flash flash.bin", "ota_1 from now on" }, { 0 } },
    .exits = CLI_EXITS(HOST_DEVICE) | CLI_EXITS(HOST_VERIFY) | CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run_switch,
};

#define STATE_COMMAND(word, text, function)                                                        \
    const struct cli_command cmd_ota_##word = {                                                    \
        .noun = "ota",                                                                             \
        .verb = #word,                                                                             \
        .summary = text,                                                                           \
        .options = (const struct cli_option[]){ CLI_DRY_RUN, CLI_PART_OPTIONS, { 0 } },            \
        .exits = CLI_EXITS(HOST_DEVICE) | CLI_EXITS(HOST_BAD_LAYOUT),                              \
        .run = function,                                                                           \
    }

STATE_COMMAND(confirm, "Keep the application that otadata chooses: its state becomes 'valid'",
              run_confirm);
STATE_COMMAND(invalidate,
              "Take the choice back: its state becomes 'invalid', the other record counts",
              run_invalidate);
STATE_COMMAND(erase, "Erase otadata: factory starts, or else ota_0", run_erase);
