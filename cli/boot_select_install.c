/* SPDX-License-Identifier: Apache-2.0 */
/* "bulkhead boot install" and "boot stage" where otadata chooses: the programmer at the factory
 * writes a table and an application, and an application writes another one. */
#include <cjson/cJSON.h>
#include <string.h>
#include <unistd.h>

#include "bulkhead/image_espressif.h"
#include "cli/boot_select.h"
#include "cli/device.h"
#include "cli/image.h"
#include "cli/ota.h"
#include "cli/product.h"
#include "host/target.h"

/* Would the product start this image from there? It is looked at where it is to lie: in a copy of
 * the flash. */
static enum bh_reason judge(struct cli_select_device *d, const struct bh_partition *place)
{
    struct bh_region region = { d->product.flash, place->off, place->len };
    struct bh_view view = bh_view_of(&region);
    struct bh_verified v;

    if (bh_verify(&d->product.policy, &view, region.len, 0, &d->work, &v) != BH_VERDICT_GOOD)
        return v.reason;
    v.reason = bh_espressif_fits(d->product.chip, 0, &view, region.len, &d->work);
    return v.reason || !d->product.loads ? v.reason
                                         : bh_espressif_loads(d->product.chip, &view, region.len);
}

static int check_size(struct cli *cli, const struct host_bytes *image,
                      const struct bh_partition *place)
{
    if (image->len <= place->len)
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[1]),
                    "Make it smaller, or the partition larger.",
                    "image of %zu bytes is larger than the %u bytes of '%s'", image->len,
                    place->len, place->label);
}

static int refuse(struct cli *cli, enum bh_reason why)
{
    bool place =
        why == BH_REASON_WRONG_SLOT || why == BH_REASON_CHIP || why == BH_REASON_CHIP_REVISION;

    return cli_fail(cli, HOST_VERIFY, host_in(cli->operands[1]),
                    place ? "Build it for the layout's chip, and for the addresses under 'load:', "
                            "or install it all the same with --any-image."
                          : "Sign it for the product ('bulkhead image sign-espressif', espsecure), "
                            "or install it all the same with --any-image.",
                    "the product would refuse this image: %s", bh_reason_text(why));
}

/* ---- install ---- */

static int write_device(struct cli *cli, struct cli_select_device *d,
                        const uint8_t table[BH_TABLE_LEN], const struct host_bytes *image,
                        struct bh_partition *place)
{
    const struct bh_select *p = &d->product;
    struct bh_table t;
    enum bh_reason why;
    int code;

    sim_flash_blank(&d->chip);
    sim_flash_fill(&d->chip, p->table_off, table, BH_TABLE_LEN);
    if (bh_table_open(&t, p->flash, p->table_off, p->rules, NULL) ||
        (bh_table_find(&t, BH_TYPE_APP, BH_APP_FACTORY, 0, place) &&
         bh_table_find(&t, BH_TYPE_APP, BH_APP_OTA, 0, place)))
        return cli_fail(cli, HOST_BAD_LAYOUT, host_in(cli_product_layout(cli)->path),
                        "Add a partition with 'esp: {type: app, subtype: factory}' or ota_0.",
                        "the table has no application that a new device could start with");
    code = check_size(cli, image, place);
    if (code)
        return code;
    sim_flash_fill(&d->chip, place->off, image->data, (uint32_t)image->len);
    why = cli_has(cli, "any-image") ? BH_REASON_NONE : judge(d, place);
    return why ? refuse(cli, why) : HOST_OK;
}

/* Once in memory, to see that all of it is right, and then in the file. */
static int install(struct cli *cli, const struct host_bytes *image)
{
    const char *path = host_target_path(cli_nth(cli, "flash", 0)[0]);
    bool is_new = access(path, F_OK) != 0, dry = cli_has(cli, "dry-run");
    uint8_t table[BH_TABLE_LEN];
    struct cli_select_device *d;
    struct bh_partition place;
    int code;

    if (layout_table(cli_product_layout(cli), table, &cli->error))
        return cli_error(cli);
    if (!is_new && !cli_has(cli, "force"))
        return cli_fail(cli, HOST_BAD_INPUT, host_in(path),
                        "Use --force to erase it and begin again, or 'bulkhead boot stage' to "
                        "update the device.",
                        "there is a device already");
    d = cli_select_open(cli, is_new ? SIM_FILE_CREATE : SIM_FILE_TRY);
    if (!d)
        return cli->error.code;
    code = write_device(cli, d, table, image, &place);
    cli_select_close(d);
    if (is_new && (code || dry))
        unlink(path);
    if (!code && !is_new && !dry) {
        d = cli_select_open(cli, SIM_FILE_WRITE);
        if (!d)
            return cli->error.code;
        code = write_device(cli, d, table, image, &place);
        cli_select_close(d);
    }
    if (!code)
        cli_note(cli, "%serased all flash, wrote the partition table, and put %s into '%s'",
                 dry ? "would have " : "", cli->operands[1], place.label);
    return code;
}

/* ---- stage ---- */

struct stage {
    struct cli_select_device *d;
    const struct host_bytes *image;
    struct bh_partition place;
    int err;
};

/* As esp_ota_get_next_update_partition(): the slot after the one that runs, round and round; ota_0
 * if none of them does. What runs is what the next boot would start, of a copy. */
static int next_slot(struct cli *cli, int *slot)
{
    struct bh_select_inputs inputs = { .floor = 0 };
    struct bh_select_status said;
    struct bh_select_boot boot;
    struct cli_select_device *d = cli_select_open(cli, SIM_FILE_TRY);
    int err;

    if (!d)
        return cli->error.code;
    err = bh_select_status(&d->product, &d->work, &said);
    if (!err)
        bh_select_run(&d->product, &inputs, &d->work, &boot);
    cli_select_close(d);
    if (err || said.facts.n_slots == 0)
        return cli_fail(cli, HOST_DEVICE, host_in(cli_nth(cli, "flash", 0)[0]),
                        "'bulkhead boot status' says what is there.",
                        err ? "there is no partition table to be trusted"
                            : "the table has no ota_0, and so no place for an update");
    *slot = boot.index >= 0 ? (boot.index + 1) % said.facts.n_slots : 0;
    if (*slot == boot.index)
        return cli_fail(cli, HOST_DEVICE, host_in(cli_nth(cli, "flash", 0)[0]),
                        "Give the table a second one.",
                        "ota_0 is what runs, and there is no other slot");
    return HOST_OK;
}

static void write_image(void *context)
{
    struct stage *s = context;
    struct bh_region region = { s->d->product.flash, s->place.off, s->place.len };
    const uint8_t *from = s->image->data;
    uint32_t len = (uint32_t)s->image->len, whole = len / region.flash->unit * region.flash->unit;
    uint8_t last[BH_UNIT_MAX];

    s->err = bh_region_erase(&region, 0, region.len);
    for (uint32_t at = 0, n; !s->err && at < whole; at += n) {
        n = whole - at < 256 ? whole - at : 256;
        s->err = bh_region_program(&region, at, from + at, n);
    }
    if (s->err || whole == len)
        return;
    memset(last, region.flash->erased, sizeof last);
    memcpy(last, from + whole, len - whole);
    s->err = bh_region_program(&region, whole, last, region.flash->unit);
}

static int say_staged(struct cli *cli, const struct stage *s, int slot, bool ended)
{
    char name[16];

    cli_ota_index_text(slot, name);
    if (cli_has(cli, "json")) {
        cJSON *json = cJSON_CreateObject();

        cJSON_AddStringToObject(json, "application", name);
        cJSON_AddNumberToObject(json, "bytes", (double)s->image->len);
        cJSON_AddItemToArray(
            cJSON_AddArrayToObject(json, "flash"),
            cli_chip_json(cli_device_name(cli, cli_select(cli)->flash), &s->d->chip));
        cJSON_AddBoolToObject(json, "written", !s->d->dry);
        cJSON_AddBoolToObject(json, "cut", !ended);
        cJSON_AddNumberToObject(json, "operations", (double)s->d->power.ops);
        return cli_json(cli, json);
    }
    if (!ended)
        cli_note(cli, "power %s", s->d->dry ? "would be cut" : "cut");
    else
        printf("%sstaged %zu bytes in %s; 'bulkhead ota switch %d%s --flash %s' chooses it\n",
               s->d->dry ? "would have " : "", s->image->len, name, slot,
               cli_product_layout(cli)->boot.rollback ? " --trial" : "",
               cli_nth(cli, "flash", 0)[0]);
    return HOST_OK;
}

static int stage(struct cli *cli, const struct host_bytes *image)
{
    struct stage s = { .image = image };
    struct sim_cut cut = { .at = 0 };
    struct bh_table t;
    int slot = 0, code = cli_cut(cli, &cut);
    bool ended;

    if (!code)
        code = next_slot(cli, &slot);
    if (code)
        return code;
    s.d = cli_select_open(cli, cli_has(cli, "dry-run") ? SIM_FILE_TRY : SIM_FILE_WRITE);
    if (!s.d)
        return cli->error.code;
    s.d->power.cut = cut;
    if (bh_table_open(&t, s.d->product.flash, s.d->product.table_off, s.d->product.rules, NULL) ||
        bh_table_find(&t, BH_TYPE_APP, (uint8_t)(BH_APP_OTA + slot), 0, &s.place))
        code = cli_fail(cli, HOST_DEVICE, host_nowhere(), NULL, "the table cannot be read");
    if (!code)
        code = check_size(cli, image, &s.place);
    if (!code) {
        ended = sim_power_run(&s.d->power, write_image, &s);
        code = ended && s.err
                   ? cli_fail(cli, HOST_DEVICE, host_nowhere(), NULL, "%s", bh_error_text(s.err))
                   : say_staged(cli, &s, slot, ended);
    }
    cli_select_close(s.d);
    return code;
}

/* ---- both ---- */

static int with_image(struct cli *cli, int (*act)(struct cli *cli, const struct host_bytes *image))
{
    struct host_bytes image;
    int code;

    if (cli_read_image(cli, cli->operands[1], &image))
        return cli->error.code;
    code = act(cli, &image);
    host_bytes_free(&image);
    return code;
}

int cli_boot_select_install(struct cli *cli)
{
    return with_image(cli, install);
}

int cli_boot_select_stage(struct cli *cli)
{
    return with_image(cli, stage);
}
