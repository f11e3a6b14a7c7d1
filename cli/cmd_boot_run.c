/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead boot run: one boot of the device, by the bootloader's own code. */
#include <cjson/cJSON.h>

#include "cli/boot_recovery.h"
#include "cli/boot_select.h"
#include "cli/device.h"
#include "cli/image.h"
#include "cli/product.h"

/* What the bootloader did, in the order in which it can happen. */
static const struct {
    enum bh_act act;
    const char *text;
} acts[] = {
    { BH_ACT_CONFIRM, "took the confirm into the journal" },
    { BH_ACT_CHECK_STAGED, "verified the staged image" },
    { BH_ACT_REFUSE, "refused it" },
    { BH_ACT_CLEAR_REQUEST, "took the request out of the mailbox" },
    { BH_ACT_BEGIN_UPDATE, "began an update" },
    { BH_ACT_UPDATE, "carried out the steps of the update" },
    { BH_ACT_COUNT_START, "counted a start of the trial" },
    { BH_ACT_CHECK_PRIMARY, "verified the primary slot" },
    { BH_ACT_BEGIN_REVERT, "began to revert" },
    { BH_ACT_REVERT, "undid the steps of the update" },
    { BH_ACT_CHECK_BACKUP, "looked for a whole copy of the old image" },
    { BH_ACT_RESTORE, "restored the primary slot" },
    { BH_ACT_FINISH, "found the new image in place" },
    { BH_ACT_END_OLD, "found the old image in place" },
    { BH_ACT_REPLACE, "found another good image in place" },
    { BH_ACT_WAIT_FOR_BACKUP, "found no way back, and waits for it" },
    { BH_ACT_KEEP, "kept the new image for want of the old one" },
    { BH_ACT_CHECK_COMPOSITE, "verified the pieces of an image" },
    { BH_ACT_SEARCH, "searched for an image that can be put together" },
    { BH_ACT_BEGIN_RESCUE, "began to put an image together" },
    { BH_ACT_RESCUE, "copied its chunks" },
    { BH_ACT_COUNT_FAILURE, "counted an attempt that failed" },
    { BH_ACT_GIVE_UP, "gave up" },
    { BH_ACT_SETTLE, "wrote the journal again" },
    { BH_ACT_RAISE_FLOOR, "raised the rollback floor" },
};
#define N_ACTS (sizeof acts / sizeof acts[0])

static void say_journal(const struct bh_boot *boot)
{
    const struct bh_record *truth = &boot->journal.truth;

    printf("journal   %s", cli_state_text(truth->state));
    if (truth->state == BH_STATE_TRIAL)
        printf(", %u more start%s before it is reverted", truth->boots_left,
               truth->boots_left == 1 ? "" : "s");
    if (truth->outcome != BH_OUTCOME_NONE)
        printf(", last update %s", cli_outcome_text(truth->outcome));
    if (cli_journal_news(boot))
        printf("%s%s", truth->outcome != BH_OUTCOME_NONE ? ": " : ", ",
               bh_reason_text((enum bh_reason)truth->reason));
    putchar('\n');
}

static void say(const struct cli *cli, const struct cli_device *d)
{
    const struct bh_boot *boot = &d->world.boot;
    char work[80], version[32];

    if (boot->action == BH_BOOT_START) {
        cli_image_version_text(&boot->verified, version);
        printf("%sstarts%s    version %s at 0x%08x\n", cli_paint(cli, CLI_GREEN),
               cli_paint(cli, CLI_PLAIN), version,
               d->world.product.pairs[0].primary.flash->base + boot->start.off +
                   boot->verified.image.entry_off);
    } else {
        printf("%srecovery%s  nothing was started\n", cli_paint(cli, CLI_RED),
               cli_paint(cli, CLI_PLAIN));
        printf("primary   %s\n", bh_reason_text(boot->primary));
    }
    if (boot->reason != BH_REASON_NONE)
        printf("because   %s\n", bh_reason_text(boot->reason));
    if (boot->journal.truth.state)
        say_journal(boot);
    for (size_t i = 0; i < N_ACTS; i++)
        if (boot->trace >> acts[i].act & 1u)
            printf("did       %s\n", acts[i].text);
    cli_device_work(d, work);
    printf("flash     %s\n", work);
}

static int say_json(struct cli *cli, const struct cli_device *d, bool ended)
{
    const struct bh_boot *boot = &d->world.boot;
    cJSON *json = cJSON_CreateObject();
    cJSON *did;

    if (ended) {
        cJSON_AddStringToObject(json, "action",
                                boot->action == BH_BOOT_START ? "start" : "recover");
        if (boot->action == BH_BOOT_START)
            cli_json_version(json, "version", &boot->verified.image.version);
        cJSON_AddItemToObject(json, "reason", cli_json_reason(boot->reason));
        cJSON_AddItemToObject(json, "primary_reason", cli_json_reason(boot->primary));
        cJSON_AddStringToObject(json, "state", cli_state_text(boot->journal.truth.state));
        cJSON_AddStringToObject(json, "outcome", cli_outcome_text(boot->journal.truth.outcome));
        cJSON_AddItemToObject(json, "journal_reason", cli_json_reason(boot->journal.truth.reason));
        cJSON_AddNumberToObject(json, "boots_left", boot->journal.truth.boots_left);
        did = cJSON_AddArrayToObject(json, "did");
        for (size_t i = 0; i < N_ACTS; i++)
            if (boot->trace >> acts[i].act & 1u)
                cJSON_AddItemToArray(did, cJSON_CreateString(acts[i].text));
    }
    cli_device_json(cli, json, d, ended);
    return cli_json(cli, json);
}

static int run(struct cli *cli)
{
    struct cli_device d;
    bool ended;
    int code;

    if (!cli_product_or_select(cli, cli->operands[0]))
        return cli->error.code;
    if (cli_select(cli))
        return cli_boot_select(cli);
    code = cli_boot_no_select_inputs(cli);
    if (!code)
        code = cli_device_open_to_act(cli, &d);
    if (code)
        return code;
    ended = sim_world_boot(&d.world);
    while (!code && ended && cli_value(cli, "console") && d.world.boot.action != BH_BOOT_START) {
        bool reset;

        if (!cli_has(cli, "json"))
            say(cli, &d);
        fflush(stdout);
        code = cli_boot_recovery(cli, &d, &reset);
        if (code || !reset)
            break;
        ended = sim_world_boot(&d.world);
    }
    if (!code)
        code = cli_device_result(cli, &d, ended, "run");
    if (!code && cli_has(cli, "json"))
        code = say_json(cli, &d, ended);
    else if (!code && ended)
        say(cli, &d);
    if (!code && d.dry)
        cli_note(cli, "dry run: the flash is as it was");
    if (!code && ended && d.world.boot.action != BH_BOOT_START)
        code = HOST_VERIFY;
    cli_device_close(&d);
    return code;
}

const struct cli_command cmd_boot_run = {
    .noun = "boot",
    .verb = "run",
    .summary = "Boot the device once, and say what the bootloader did and why",
    .description = "Runs the bootloader's own code on the flash image files. With --cut the power "
                   "goes in the middle; run it again, as the device would. Where otadata chooses "
                   "(plan: select) it is that choice, and the application is loaded as on the "
                   "device.\n\n"
                   "Exit code 5 means that nothing could be started.",
    .operands = (const struct cli_operand[]){ CLI_DEVICE_OPERAND, { 0 } },
    .options =
        (const struct cli_option[]){
            CLI_DEVICE_FLASH,
            CLI_DEVICE_KEY,
            CLI_DEVICE_CUT,
            CLI_BOOT_SELECT_INPUTS,
            { "console", 0, "WHERE",
              "If nothing can be started, take an image over a console, and boot again: pty, pty:LINK "
              "or socket:PATH",
              NULL, false, false },
            CLI_DRY_RUN,
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead boot run stm32f407 --flash device.bin", "Boot" },
            { "bulkhead boot run stm32f407 --flash device.bin --cut 40:torn",
              "Boot, and lose power inside the 40th flash operation" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .says = CLI_SAYS([HOST_VERIFY] = "nothing could be started; the reason was shown"),
    .run = run,
};
