/* SPDX-License-Identifier: Apache-2.0 */
/* "bulkhead boot run" where otadata chooses: the choice by the bootloader's own code, and, if the
 * product loads its applications, the copy to RAM and the second look at it. */
#include "cli/boot_select.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

#include "bulkhead/image_espressif.h"
#include "cli/device.h"
#include "cli/image.h"
#include "cli/ota.h"
#include "cli/product.h"
#include "host/target.h"
#include "sim/world.h"

struct boot {
    struct cli_select_device *d;
    struct bh_select_inputs inputs;
    struct bh_select_boot result;
};

static const struct {
    enum bh_select_act act;
    const char *text;
} acts[] = {
    { BH_SELECT_CHECK, "verified an application" },
    { BH_SELECT_RESET, "erased otadata, as the factory-reset pin asks" },
    { BH_SELECT_KEEP, "recorded a confirm" },
    { BH_SELECT_BEGIN_TRIAL, "began a trial" },
    { BH_SELECT_COUNT_START, "counted a start of the trial" },
    { BH_SELECT_END_TRIAL, "ended a trial that was not confirmed" },
    { BH_SELECT_RETIRE, "gave up an application that does not verify" },
    { BH_SELECT_RECORD, "recorded what starts instead" },
    { BH_SELECT_CLEAR, "erased a torn record" },
    { BH_SELECT_VOUCH, "vouched for a record" },
};
#define N_ACTS (sizeof acts / sizeof acts[0])

static void act(void *context)
{
    struct boot *b = context;

    struct cli_select_device *d = b->d;

    bh_select_run(&d->product, &b->inputs, &d->work, &b->result);
    if (d->product.loads)
        bh_select_load(&d->product, &b->inputs, &d->work, &b->result);
}

static void say(const struct cli *cli, const struct boot *b)
{
    const struct bh_select_boot *r = &b->result;
    char name[16], version[32];

    cli_ota_index_text(r->index, name);
    cli_version_text(&r->image.version, version);
    if (r->action == BH_BOOT_START)
        printf("%sstarts%s    %s, version %s, secure version %u, entry 0x%08x\n",
               cli_paint(cli, CLI_GREEN), cli_paint(cli, CLI_PLAIN), name, version,
               r->image.counter, r->image.load_addr);
    else
        printf("%srecovery%s  nothing was started\n", cli_paint(cli, CLI_RED),
               cli_paint(cli, CLI_PLAIN));
    if (r->reason != BH_REASON_NONE)
        printf("because   %s\n", bh_reason_text(r->reason));
    if (r->refused != BH_REASON_NONE)
        printf("refused   %s\n", bh_reason_text(r->refused));
    for (size_t i = 0; i < N_ACTS; i++)
        if (r->trace >> acts[i].act & 1u)
            printf("did       %s\n", acts[i].text);
    if (r->raise_floor)
        printf("fuses     the secure version becomes %u\n", r->raise_floor);
    printf("flash     %llu pages erased, %llu bytes programmed\n",
           (unsigned long long)b->d->chip.counts.erases,
           (unsigned long long)b->d->chip.counts.programmed_bytes);
}

static int say_json(struct cli *cli, const struct boot *b, bool ended)
{
    const struct bh_select_boot *r = &b->result;
    cJSON *json = cJSON_CreateObject(), *did;
    char name[16];

    if (ended) {
        cli_ota_index_text(r->index, name);
        cJSON_AddStringToObject(json, "action", r->action == BH_BOOT_START ? "start" : "recover");
        if (r->action == BH_BOOT_START) {
            cJSON_AddStringToObject(json, "application", name);
            cli_json_version(json, "version", &r->image.version);
        }
        cJSON_AddItemToObject(json, "reason", cli_json_reason(r->reason));
        cJSON_AddItemToObject(json, "refused", cli_json_reason(r->refused));
        if (r->raise_floor)
            cJSON_AddNumberToObject(json, "raise_secure_version", r->raise_floor);
        did = cJSON_AddArrayToObject(json, "did");
        for (size_t i = 0; i < N_ACTS; i++)
            if (r->trace >> acts[i].act & 1u)
                cJSON_AddItemToArray(did, cJSON_CreateString(acts[i].text));
    }
    cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "flash"),
                         cli_chip_json(cli_device_name(cli, cli_select(cli)->flash), &b->d->chip));
    cJSON_AddBoolToObject(json, "written", !b->d->dry);
    cJSON_AddBoolToObject(json, "cut", !ended);
    cJSON_AddNumberToObject(json, "operations", (double)b->d->power.ops);
    return cli_json(cli, json);
}

static int operate(struct cli *cli, struct boot *b)
{
    const struct sim_cut cut = b->d->power.cut;
    bool ended = sim_power_run(&b->d->power, act, b);

    if (b->d->chip.misuse.count)
        return cli_fail(cli, HOST_DEVICE, host_nowhere(), NULL, "%s", b->d->chip.misuse.first);
    if (!ended)
        cli_note(cli, "power %s at operation %llu", b->d->dry ? "would be cut" : "cut",
                 (unsigned long long)cut.at);
    else if (cut.at)
        cli_note(cli, "the power was not cut: the boot took %llu operations",
                 (unsigned long long)b->d->power.ops);
    if (cli_has(cli, "json") && say_json(cli, b, ended))
        return cli->error.code;
    if (ended && !cli_has(cli, "json"))
        say(cli, b);
    if (b->d->dry)
        cli_note(cli, "dry run: the flash is as it was");
    return ended && b->result.action != BH_BOOT_START ? HOST_VERIFY : HOST_OK;
}

int cli_boot_select_inputs(struct cli *cli, struct bh_select_inputs *out)
{
    bool floor = cli_product_layout(cli)->boot.anti_rollback;

    *out = (struct bh_select_inputs){ .factory_reset = cli_has(cli, "factory-reset-pin"),
                                      .test_pin = cli_has(cli, "test-pin"),
                                      .anti_rollback = floor };
    if (cli_has(cli, "secure-version") && !floor)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                        "Leave it out, or write 'anti_rollback: yes' under 'boot:'.",
                        "--secure-version is for layouts with anti_rollback");
    return cli_u32(cli, "secure-version", &out->floor);
}

int cli_boot_no_select_inputs(struct cli *cli)
{
    static const char *const names[] = { "secure-version", "factory-reset-pin", "test-pin" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (cli_has(cli, names[i]))
            return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Leave it out.",
                            "--%s is for plan 'select', and this product moves images", names[i]);
    return HOST_OK;
}

static int check_options(struct cli *cli)
{
    if (cli_count(cli, "flash") != 1)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Give --flash once.",
                        "the product has one flash device, and --flash was given %zu times",
                        cli_count(cli, "flash"));
    if (cli_has(cli, "key"))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Name it under 'keys:' of the layout.",
                        "--key is for products with slot pairs");
    return HOST_OK;
}

struct cli_select_device *cli_select_open(struct cli *cli, enum sim_file how)
{
    const struct bh_select *product = cli_select(cli);
    struct sim_traits traits = { .burst = 256,
                                 .again = product->flash->unit == 1 ? SIM_AGAIN_CLEAR
                                                                    : SIM_AGAIN_NEVER };
    struct cli_select_device *d;

    if (check_options(cli))
        return NULL;
    d = calloc(1, sizeof *d);
    if (!d) {
        cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
        return NULL;
    }
    d->dry = how == SIM_FILE_TRY;
    traits.power = &d->power;
    if (sim_flash_open_file(&d->chip, product->flash, &traits,
                            host_target_path(cli_nth(cli, "flash", 0)[0]), how)) {
        cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                 "'bulkhead boot install' and 'bulkhead layout assemble' make one, and so does "
                 "'board run'.",
                 "%s", d->chip.text);
        free(d);
        return NULL;
    }
    d->product = *product;
    d->product.flash = &d->chip.flash;
    d->work = (struct bh_work){ d->memory, sizeof d->memory };
    return d;
}

void cli_select_close(struct cli_select_device *d)
{
    sim_flash_close(&d->chip);
    free(d);
}

int cli_boot_select(struct cli *cli)
{
    struct sim_cut cut = { .at = 0 };
    struct boot b = { .d = NULL };
    int code = cli_boot_select_inputs(cli, &b.inputs);

    if (!code)
        code = cli_cut(cli, &cut);
    if (code)
        return code;
    b.d = cli_select_open(cli, cli_has(cli, "dry-run") ? SIM_FILE_TRY : SIM_FILE_WRITE);
    if (!b.d)
        return cli->error.code;
    b.d->power.cut = cut;
    code = operate(cli, &b);
    cli_select_close(b.d);
    return code;
}
