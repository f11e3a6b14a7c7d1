/* SPDX-License-Identifier: Apache-2.0 */
/* "bulkhead boot status" where otadata chooses: table, records, applications, and what the next
 * boot would start. Writes nothing. */
#include <cjson/cJSON.h>
#include <string.h>

#include "bulkhead/image_espressif.h"
#include "cli/boot_select.h"
#include "cli/device.h"
#include "cli/image.h"
#include "cli/ota.h"
#include "cli/product.h"

static const char *const standings[] = {
    [BH_STANDS_NOT] = "does not count",
    [BH_STANDS] = "counts",
    [BH_STANDS_SOUND] = "counts",
    [BH_STANDS_KEEP] = "counts: confirmed, which the next boot records",
    [BH_STANDS_NEW] = "chosen: its trial begins at the next boot",
    [BH_STANDS_TRIAL] = "on trial",
    [BH_STANDS_END] = "its trial is over, and it was not confirmed",
    [BH_STANDS_OVER] = "given up",
    [BH_STANDS_UNDEAD] = "given up, which the next boot records",
};

struct app {
    int index;
    struct bh_partition place;
    struct bh_verified v;
};

struct status {
    struct cli_select_device *d;
    struct bh_select_inputs inputs;
    struct bh_table table;
    struct bh_table_fault fault;
    struct bh_select_status said;
    struct bh_select_boot next;
    struct app apps[BH_SELECT_APPS];
    size_t n_apps;
};

static uint8_t subtype(int index)
{
    return index == BH_ESP_FACTORY ? BH_APP_FACTORY
           : index == BH_ESP_TEST  ? BH_APP_TEST
                                   : (uint8_t)(BH_APP_OTA + index);
}

/* Each application of the table, as a boot would look at it. */
static void look(struct status *s, int index)
{
    struct app *app = &s->apps[s->n_apps];
    const struct bh_select *p = &s->d->product;
    struct bh_region region;
    struct bh_view view;

    if (bh_table_find(&s->table, BH_TYPE_APP, subtype(index), 0, &app->place) ||
        app->place.len == 0)
        return;
    app->index = index;
    s->n_apps++;
    region = bh_partition_region(&s->table, &app->place);
    view = bh_view_of(&region);
    if (bh_verify(&p->policy, &view, region.len, s->inputs.floor, &s->d->work, &app->v) !=
        BH_VERDICT_GOOD)
        return;
    app->v.reason = bh_espressif_fits(p->chip, s->inputs.revision, &view, region.len, &s->d->work);
    if (app->v.reason == BH_REASON_NONE && p->loads)
        app->v.reason = bh_espressif_loads(p->chip, &view, region.len);
}

static int gather(struct cli *cli, struct status *s)
{
    const struct bh_select *p = &s->d->product;

    if (bh_table_open(&s->table, p->flash, p->table_off, p->rules, &s->fault))
        return HOST_OK;
    if (bh_select_status(p, &s->d->work, &s->said))
        return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "the choice cannot be read");
    for (int i = BH_ESP_TEST; i < (int)BH_OTA_SLOTS_MAX; i++)
        look(s, i);
    /* these may write to the device, which is a copy in memory and is not saved */
    bh_select_run(p, &s->inputs, &s->d->work, &s->next);
    if (p->loads)
        bh_select_load(p, &s->inputs, &s->d->work, &s->next);
    return HOST_OK;
}

static const char *judgement(const struct status *s, int copy)
{
    const struct bh_select_facts *f = &s->said.facts;

    if (f->lost[copy])
        return "cannot be read";
    if (f->records[copy].seq == 0xFFFFFFFFu)
        return "blank";
    if (!bh_ota_whole(&f->records[copy]))
        return "torn: its checksum is wrong";
    if (copy != s->said.top && s->said.top >= 0 && s->said.stands[copy] == BH_STANDS)
        return "stands, and the other one has the larger number";
    if (s->said.stands[copy] == BH_STANDS_NOT &&
        bh_ota_noted(&f->records[copy]) == f->records[copy].state)
        return "given up";
    return standings[s->said.stands[copy]];
}

static void say_records(const struct status *s)
{
    const struct bh_select_facts *f = &s->said.facts;
    char name[16];

    if (!f->otadata) {
        puts("otadata   none that can be used: the order of the table decides");
        return;
    }
    for (int i = 0; i < 2; i++) {
        printf("record %d  ", i);
        if (!f->lost[i] && bh_ota_whole(&f->records[i]) && s->said.index[i] != BH_ESP_NONE) {
            cli_ota_index_text(s->said.index[i], name);
            printf("seq %u, %s, %s: ", (unsigned)f->records[i].seq, name,
                   cli_ota_state_text(f->records[i].state));
        }
        puts(judgement(s, i));
    }
    if (s->said.top >= 0 && s->said.starts_left) {
        cli_ota_index_text(s->said.index[s->said.top], name);
        printf("trial     %s has %u of %u starts left to confirm itself in\n", name,
               s->said.starts_left, f->trial_boots);
    }
}

static void say_apps(const struct status *s)
{
    char name[16], version[32];

    for (size_t i = 0; i < s->n_apps; i++) {
        const struct bh_verified *v = &s->apps[i].v;

        cli_ota_index_text(s->apps[i].index, name);
        printf("%-9s ", name);
        if (v->format) {
            cli_version_text(&v->image.version, version);
            printf("version %s, secure version %u, %u bytes%s ", version, v->image.counter,
                   v->image.len, v->reason ? ":" : ",");
        }
        puts(v->reason ? bh_reason_text(v->reason) : "verifies");
    }
}

static void say(struct cli *cli, const struct status *s)
{
    char name[16];

    if (s->fault.why) {
        printf("table     at 0x%x: %s\n", s->d->product.table_off, bh_table_why_text(s->fault.why));
        puts("next boot starts nothing: there is no table to be trusted");
        return;
    }
    printf("table     at 0x%x, %u rows, good\n", s->d->product.table_off,
           s->table.rows - s->table.md5);
    say_records(s);
    say_apps(s);
    if (s->inputs.anti_rollback)
        printf("floor     %u%s\n", s->inputs.floor,
               cli_has(cli, "secure-version")
                   ? ""
                   : ": a flash image has no fuses, --secure-version says what is in them");
    cli_ota_index_text(s->next.index, name);
    printf("next boot %sstarts %s%s\n",
           cli_paint(cli, s->next.action == BH_BOOT_START ? CLI_GREEN : CLI_RED),
           s->next.action == BH_BOOT_START ? name : "nothing", cli_paint(cli, CLI_PLAIN));
    if (s->next.reason != BH_REASON_NONE)
        printf("because   %s\n", bh_reason_text(s->next.reason));
    if (s->next.refused != BH_REASON_NONE)
        printf("refused   %s\n", bh_reason_text(s->next.refused));
    if (s->next.raise_floor)
        printf("fuses     the secure version becomes %u\n", s->next.raise_floor);
}

static cJSON *record_json(const struct status *s, int copy)
{
    const struct bh_ota_record *r = &s->said.facts.records[copy];
    cJSON *json = cJSON_CreateObject();
    char name[16];

    cJSON_AddBoolToObject(json, "readable", !s->said.facts.lost[copy]);
    cJSON_AddBoolToObject(json, "whole", bh_ota_whole(r));
    if (bh_ota_whole(r)) {
        cli_ota_index_text(s->said.index[copy], name);
        cJSON_AddNumberToObject(json, "seq", r->seq);
        cJSON_AddStringToObject(json, "state", cli_ota_state_text(r->state));
        cJSON_AddStringToObject(json, "application", name);
    }
    cJSON_AddBoolToObject(json, "counts", copy == s->said.top);
    cJSON_AddStringToObject(json, "standing", judgement(s, copy));
    return json;
}

static int say_json(struct cli *cli, const struct status *s)
{
    cJSON *json = cJSON_CreateObject(), *list;
    char name[16];

    cJSON_AddBoolToObject(json, "table_good", !s->fault.why);
    cJSON_AddStringToObject(json, "table", s->fault.why ? bh_table_why_text(s->fault.why) : "good");
    cJSON_AddBoolToObject(json, "otadata", s->said.facts.otadata);
    list = cJSON_AddArrayToObject(json, "records");
    for (int i = 0; s->said.facts.otadata && i < 2; i++)
        cJSON_AddItemToArray(list, record_json(s, i));
    cJSON_AddNumberToObject(json, "starts_left", s->said.starts_left);
    list = cJSON_AddArrayToObject(json, "applications");
    for (size_t i = 0; i < s->n_apps; i++) {
        const struct bh_verified *v = &s->apps[i].v;
        cJSON *app = cJSON_CreateObject();

        cli_ota_index_text(s->apps[i].index, name);
        cJSON_AddStringToObject(app, "application", name);
        cJSON_AddBoolToObject(app, "good", v->reason == BH_REASON_NONE);
        cJSON_AddItemToObject(app, "reason", cli_json_reason(v->reason));
        if (v->format) {
            cli_json_version(app, "version", &v->image.version);
            cJSON_AddNumberToObject(app, "secure_version", v->image.counter);
            cJSON_AddNumberToObject(app, "bytes", v->image.len);
        }
        cJSON_AddItemToArray(list, app);
    }
    if (s->inputs.anti_rollback)
        cJSON_AddNumberToObject(json, "floor", s->inputs.floor);
    cli_ota_index_text(s->next.index, name);
    cJSON_AddItemToObject(json, "starts",
                          s->next.action == BH_BOOT_START ? cJSON_CreateString(name)
                                                          : cJSON_CreateNull());
    cJSON_AddItemToObject(json, "reason", cli_json_reason(s->next.reason));
    cJSON_AddItemToObject(json, "refused", cli_json_reason(s->next.refused));
    return cli_json(cli, json);
}

int cli_boot_select_status(struct cli *cli)
{
    static struct status s;
    int code;

    memset(&s, 0, sizeof s);
    code = cli_boot_select_inputs(cli, &s.inputs);
    if (code)
        return code;
    s.d = cli_select_open(cli, SIM_FILE_TRY);
    if (!s.d)
        return cli->error.code;
    cli_warn_published_keys(cli, &s.d->product.policy);
    code = gather(cli, &s);
    if (!code && cli_has(cli, "json"))
        code = say_json(cli, &s);
    else if (!code)
        say(cli, &s);
    cli_select_close(s.d);
    return code;
}
