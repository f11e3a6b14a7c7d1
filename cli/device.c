/* SPDX-License-Identifier: Apache-2.0 */
/* Open, check and describe the flash images of a product. Everything is checked before a file is
 * changed. */
#include "cli/device.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_wolfboot.h"
#include "host/core_key.h"
#include "cli/image.h"
#include "cli/product.h"
#include "cli/values.h"
#include "host/reasons.h"
#include "host/target.h"

/* The keys given take the place of the product's. */
static int load_keys(struct cli *cli, struct cli_device *d)
{
    size_t n = cli_count(cli, "key");

    if (n > CLI_DEVICE_KEYS_MAX)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Give at most eight.",
                        "%zu keys are too many", n);
    for (size_t i = 0; i < n; i++) {
        const char *path = cli_nth(cli, "key", i)[0];

        if (host_key_load(path, cli_value(cli, "passphrase"), &d->keys[i], &cli->error))
            return cli_error(cli);
        d->n_keys++;
        if (!host_core_key(&d->keys[i], &d->core_keys[i]))
            return cli_fail(
                cli, HOST_BAD_INPUT, host_in(path), "Use a P-256, Ed25519, RSA or LMS key.",
                "the bootloader cannot verify signatures of type %s", d->keys[i].type->name);
    }
    if (n)
        host_policy_keys(&d->product.policy, d->keys, d->core_keys, d->n_keys,
                         host_product_sha(d->keys, d->n_keys));
    return HOST_OK;
}

struct form {
    const char *name;
    enum sim_when when;
    enum sim_shape shape;
};

static const struct form forms[] = {
    { "before", SIM_CUT_BEFORE, SIM_BEFORE }, { "after", SIM_CUT_AFTER, SIM_MEANT },
    { "torn", SIM_CUT_TORN, SIM_MIX },        { "prefix", SIM_CUT_TORN, SIM_PREFIX },
    { "suffix", SIM_CUT_TORN, SIM_SUFFIX },   { "garbage", SIM_CUT_TORN, SIM_GARBAGE },
    { "blank", SIM_CUT_TORN, SIM_BLANK },     { "erased-but-one", SIM_CUT_TORN, SIM_MEANT_BUT_ONE },
};

int cli_cut(struct cli *cli, struct sim_cut *out)
{
    const char *text = cli_value(cli, "cut");
    char number[16];
    const char *colon;
    uint32_t at;
    size_t len;

    if (!text)
        return HOST_OK;
    colon = strchr(text, ':');
    len = colon ? (size_t)(colon - text) : strlen(text);
    if (len == 0 || len >= sizeof number)
        goto bad;
    memcpy(number, text, len);
    number[len] = '\0';
    if (!cli_parse_u32(number, &at) || at == 0)
        goto bad;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(forms[i].name, colon ? colon + 1 : "torn") == 0) {
            *out = (struct sim_cut){
                .at = at, .when = forms[i].when, .shape = forms[i].shape, .seed = at, .pulse = at
            };
            return HOST_OK;
        }
bad:
    return cli_fail(
        cli, HOST_BAD_INPUT, host_nowhere(),
        "Give an operation from 1 up, and before, after, torn, prefix, suffix, garbage, "
        "blank or erased-but-one: --cut 7:torn.",
        "--cut '%s' is not understood", text);
}

static int check_files_differ(struct cli *cli)
{
    for (size_t i = 1; i < cli_count(cli, "flash"); i++)
        for (size_t k = 0; k < i; k++) {
            const char *a = host_target_path(cli_nth(cli, "flash", i)[0]);
            const char *b = host_target_path(cli_nth(cli, "flash", k)[0]);

            if (strcmp(a, b) == 0 || host_same_file(a, b))
                return cli_fail(cli, HOST_BAD_INPUT, host_in(a), "Each device has its own.",
                                "one flash image file is given for two devices");
        }
    return HOST_OK;
}

/* "Give --flash twice: internal, then external." */
_Static_assert(SIM_CHIPS_MAX == 4, "device_names() has a word for each");
static void device_names(const struct cli *cli, const struct bh_flash *const *devices, uint8_t n,
                         char *text, size_t size)
{
    static const char *const times[] = { "no times", "once", "twice", "three times", "four times" };
    size_t len = (size_t)snprintf(text, size, "Give --flash %s", times[n]);

    for (uint8_t i = 0; i < n && n > 1 && len < size; i++)
        len += (size_t)snprintf(text + len, size - len, "%s%s", i ? ", then " : ": ",
                                cli_device_name(cli, devices[i]));
    if (len < size)
        snprintf(text + len, size - len, ".");
}

static int check_file_count(struct cli *cli, const struct bh_product *product)
{
    const struct bh_flash *devices[SIM_CHIPS_MAX];
    uint8_t n = sim_world_devices(product, devices);
    char hint[256];

    if (cli_count(cli, "flash") == n)
        return check_files_differ(cli);
    device_names(cli, devices, n, hint, sizeof hint);
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), hint,
                    "%s has %u flash device%s, and --flash was given %zu time%s", product->name, n,
                    n == 1 ? "" : "s", cli_count(cli, "flash"),
                    cli_count(cli, "flash") == 1 ? "" : "s");
}

int cli_device_find(struct cli *cli, struct cli_device *d)
{
    const struct bh_product *product = cli_product(cli, cli->operands[0]);
    int code;

    memset(d, 0, sizeof *d);
    if (!product)
        return cli->error.code;
    d->product = *product;
    code = check_file_count(cli, product);
    if (!code)
        code = load_keys(cli, d);
    if (code)
        cli_device_close(d);
    return code;
}

/* pretend: a file that is not there is memory (NULL), if only it could be made. */
static int find_paths(struct cli *cli, bool pretend, const char *paths[SIM_CHIPS_MAX])
{
    struct host_output out;

    for (size_t i = 0; i < cli_count(cli, "flash"); i++) {
        paths[i] = host_target_path(cli_nth(cli, "flash", i)[0]);
        if (!pretend || access(paths[i], F_OK) == 0)
            continue;
        if (host_output_open(&out, paths[i], 0666, false, &cli->error))
            return cli_error(cli);
        host_output_cancel(&out);
        paths[i] = NULL;
    }
    return HOST_OK;
}

int cli_device_attach(struct cli *cli, struct cli_device *d, enum sim_file how)
{
    const char *paths[SIM_CHIPS_MAX] = { NULL };
    int code, err;

    d->dry = how != SIM_FILE_READ && cli_has(cli, "dry-run");
    code = find_paths(cli, d->dry && how == SIM_FILE_CREATE, paths);
    if (code) {
        cli_device_close(d);
        return code;
    }
    if (d->dry)
        how = SIM_FILE_TRY;
    err = sim_world_open_files(&d->world, &d->product, NULL, paths, cli_count(cli, "flash"), how);
    if (!err)
        return HOST_OK;
    code = cli_fail(cli, err == BH_ERR_IO ? HOST_FAILED : HOST_BAD_INPUT, host_nowhere(),
                    err == BH_ERR_ABSENT ? "'bulkhead boot install' makes one." : NULL, "%s",
                    d->world.why);
    cli_device_close(d);
    return code;
}

int cli_device_open(struct cli *cli, struct cli_device *d, enum sim_file how)
{
    int code = cli_device_find(cli, d);

    return code ? code : cli_device_attach(cli, d, how);
}

int cli_device_open_to_act(struct cli *cli, struct cli_device *d)
{
    int code = cli_device_open(cli, d, SIM_FILE_WRITE);

    if (code)
        return code;
    code = cli_cut(cli, &d->cut);
    d->world.power.cut = d->cut;
    if (code)
        cli_device_close(d);
    return code;
}

void cli_device_close(struct cli_device *d)
{
    sim_world_close(&d->world);
    for (uint8_t i = 0; i < d->n_keys; i++)
        host_key_free(&d->keys[i]);
}

int cli_device_result(struct cli *cli, struct cli_device *d, bool ended, const char *act)
{
    const char *misuse = sim_world_misuse(&d->world);

    if (misuse)
        return cli_fail(cli, HOST_DEVICE, host_nowhere(), NULL, "%s", misuse);
    if (!ended)
        cli_note(cli, "power %s %s operation %llu of '%s'", d->dry ? "would be cut" : "cut",
                 d->cut.when == SIM_CUT_BEFORE  ? "before"
                 : d->cut.when == SIM_CUT_AFTER ? "after"
                                                : "inside",
                 (unsigned long long)d->cut.at, act);
    else if (d->world.err == BH_ERR_STATE)
        return cli_fail(
            cli, HOST_FAILED, host_nowhere(),
            "An update, a trial or a revert is going on and needs the secondary slot: "
            "run 'bulkhead boot run', or 'bulkhead boot confirm' to keep the new image.",
            "%s is not possible now", act);
    else if (d->world.err == BH_ERR_ABSENT && strcmp(act, "confirm") == 0)
        return cli_fail(cli, HOST_FAILED, host_nowhere(), "Boot it first: 'bulkhead boot run'.",
                        "confirm: there is no journal, so the device has not booted yet");
    else if (d->world.err == BH_ERR_ABSENT)
        return cli_fail(cli, HOST_FAILED, host_nowhere(),
                        "Put one there first: 'bulkhead boot stage'.", "%s: no image is staged",
                        act);
    else if (d->world.err)
        return cli_fail(cli, HOST_DEVICE, host_nowhere(), NULL, "%s failed: %s", act,
                        bh_error_text(d->world.err));
    else if (d->cut.at)
        cli_note(cli, "the power was not cut: '%s' took %llu operation%s", act,
                 (unsigned long long)d->world.power.ops, d->world.power.ops == 1 ? "" : "s");
    return HOST_OK;
}

void cli_device_work(const struct cli_device *d, char text[80])
{
    unsigned long long erases = 0, bytes = 0;

    for (uint8_t i = 0; i < d->world.n_chips; i++) {
        erases += d->world.chip[i].counts.erases;
        bytes += d->world.chip[i].counts.programmed_bytes;
    }
    snprintf(text, 80, "%llu page%s erased, %llu bytes programmed", erases, erases == 1 ? "" : "s",
             bytes);
}

/* The pages that were erased in this act, and how often. */
static cJSON *worn_pages(const struct sim_flash *chip)
{
    cJSON *pages = cJSON_CreateArray();
    struct bh_page page;

    for (uint32_t off = 0; bh_flash_page(&chip->flash, off, &page) == BH_OK; off += page.len) {
        uint32_t wear = sim_flash_wear(chip, off);
        cJSON *one;

        if (wear == 0)
            continue;
        one = cJSON_CreateObject();
        cJSON_AddNumberToObject(one, "offset", off);
        cJSON_AddNumberToObject(one, "erases", wear);
        cJSON_AddItemToArray(pages, one);
    }
    return pages;
}

cJSON *cli_chip_json(const char *name, const struct sim_flash *flash)
{
    cJSON *chip = cJSON_CreateObject();

    cJSON_AddStringToObject(chip, "device", name);
    cJSON_AddNumberToObject(chip, "erases", (double)flash->counts.erases);
    cJSON_AddNumberToObject(chip, "programmed", (double)flash->counts.programmed_bytes);
    cJSON_AddNumberToObject(chip, "read", (double)flash->counts.read_bytes);
    cJSON_AddItemToObject(chip, "pages", worn_pages(flash));
    return chip;
}

void cli_device_json(const struct cli *cli, cJSON *json, const struct cli_device *d, bool ended)
{
    cJSON *chips = cJSON_AddArrayToObject(json, "flash");

    cJSON_AddBoolToObject(json, "written", !d->dry);
    cJSON_AddBoolToObject(json, "cut", !ended);
    cJSON_AddNumberToObject(json, "operations", (double)d->world.power.ops);
    for (uint8_t i = 0; i < d->world.n_chips; i++)
        cJSON_AddItemToArray(
            chips, cli_chip_json(cli_device_name(cli, d->world.stands_for[i]), &d->world.chip[i]));
}

const char *cli_state_text(uint32_t state)
{
    return host_state_text(state);
}

const char *cli_outcome_text(uint32_t outcome)
{
    return host_outcome_text(outcome);
}

bool cli_journal_news(const struct bh_boot *boot)
{
    uint32_t reason = boot->journal.truth.reason;
    bool begun = reason == BH_REASON_JOURNAL_NEW || reason == BH_REASON_LAYOUT_CHANGED;

    return reason != BH_REASON_NONE && (!begun || boot->trace >> BH_ACT_SETTLE & 1u);
}

void cli_version_text(const struct bh_version *v, char text[32])
{
    int n = snprintf(text, 32, "%u.%u.%u", v->major, v->minor, v->revision);

    if (v->build)
        snprintf(text + n, 32u - (unsigned)n, "+%u", v->build);
}

void cli_image_version_text(const struct bh_verified *v, char text[32])
{
    if (v->format && strcmp(v->format->name, "wolfboot") == 0)
        snprintf(text, 32, "%u", bh_wolfboot_version(&v->image.version));
    else
        cli_version_text(&v->image.version, text);
}
