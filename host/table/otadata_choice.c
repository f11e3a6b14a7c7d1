/* SPDX-License-Identifier: Apache-2.0 */
/* What ESP-IDF's second-stage bootloader starts, played step by step. Pure: for the tool, which
 * tells people beforehand, and for tests. The steps and their order: docs/formats/otadata.md. */
#include "host/table/otadata_choice.h"

#include <string.h>

struct play {
    const struct bh_esp_facts *facts;
    struct bh_esp_choice *out;
    bool fresh;     /* never booted: the choice is to be noted */
    uint32_t efuse; /* the lowest secure version that starts */
};

static void note(struct play *p, enum bh_esp_event event, int arg)
{
    struct bh_esp_choice *out = p->out;

    if (out->n_events == BH_ESP_EVENTS_MAX)
        return;
    out->events[out->n_events].event = (uint8_t)event;
    out->events[out->n_events].arg = (int8_t)arg;
    out->n_events++;
}

static const struct bh_esp_app *app_at(const struct play *p, int index)
{
    static const struct bh_esp_app nothing;

    if (index == BH_ESP_FACTORY)
        return &p->facts->factory;
    if (index == BH_ESP_TEST)
        return &p->facts->test;
    return index < (int)BH_OTA_SLOTS_MAX ? &p->facts->ota[index] : &nothing;
}

/* As ESP-IDF's bootloader asks it here: the checksum does not matter. */
static bool says_no(const struct bh_ota_record *r)
{
    return r->seq == 0xFFFFFFFFu || r->state == BH_OTA_INVALID || r->state == BH_OTA_ABORTED;
}

static bool neither_whole(const struct bh_esp_choice *out)
{
    return !bh_ota_whole(&out->records[0]) && !bh_ota_whole(&out->records[1]);
}

static int without_records(struct play *p)
{
    note(p, BH_ESP_RECORDS_UNUSABLE, 0);
    if (p->facts->factory.present) {
        note(p, BH_ESP_DEFAULT_FACTORY, 0);
        return BH_ESP_FACTORY;
    }
    note(p, BH_ESP_DEFAULT_OTA_0, 0);
    p->fresh = neither_whole(p->out);
    return 0;
}

static bool too_old(const struct play *p, const struct bh_esp_app *app)
{
    return p->facts->anti_rollback && (app->bare || app->secure_version < p->efuse);
}

/* Take records out whose application is too old. */
static void drop_old(struct play *p, struct bh_ota_record records[2])
{
    for (int i = 0; i < 2; i++) {
        uint32_t slot = bh_ota_slot(&records[i], p->facts->app_count);

        if (bh_ota_usable(&records[i]) && too_old(p, app_at(p, (int)slot))) {
            note(p, BH_ESP_RECORD_TOO_OLD, i);
            records[i].seq = 0xFFFFFFFFu;
        }
    }
}

/* Of a record that is VALID: of one that was found, before its application is verified. */
static void raise_efuse(struct play *p, int copy)
{
    const struct bh_ota_record *r = &p->out->records[copy];
    const struct bh_esp_app *app;

    if (!p->facts->anti_rollback || r->state != BH_OTA_VALID)
        return;
    app = app_at(p, (int)bh_ota_slot(r, p->facts->app_count));
    if (app->bare || app->secure_version <= p->efuse)
        return;
    note(p, BH_ESP_RAISED, copy);
    p->efuse = app->secure_version;
}

static int by_records(struct play *p)
{
    struct bh_ota_record records[2];
    struct bh_ota_record *chosen;
    int active;

    memcpy(records, p->out->records, sizeof records);
    if (p->facts->anti_rollback)
        drop_old(p, records);
    active = bh_ota_active(records);
    if (active < 0) {
        note(p, BH_ESP_RECORDS_UNUSABLE, 0);
        return BH_ESP_FACTORY;
    }
    note(p, BH_ESP_RECORD_CHOSEN, active);
    chosen = &p->out->records[active];
    if (p->facts->rollback && chosen->state == BH_OTA_NEW) {
        note(p, BH_ESP_NEW_PENDING, active);
        chosen->state = BH_OTA_PENDING_VERIFY;
    }
    raise_efuse(p, active);
    return (int)bh_ota_slot(chosen, p->facts->app_count);
}

/* Step 2 of the bootloader: the index to begin with. */
static int first_index(struct play *p)
{
    struct bh_ota_record *r = p->out->records;

    if (!p->facts->otadata) {
        note(p, BH_ESP_NO_OTADATA, 0);
        return BH_ESP_FACTORY;
    }
    for (int i = 0; i < 2 && p->facts->rollback; i++)
        if (r[i].state == BH_OTA_PENDING_VERIFY) {
            note(p, BH_ESP_PENDING_ABORTED, i);
            r[i].state = BH_OTA_ABORTED;
        }
    if (p->facts->anti_rollback && (neither_whole(p->out) || p->facts->app_count == 0)) {
        note(p, BH_ESP_RECORDS_UNUSABLE, 0);
        p->fresh = true;
        return BH_ESP_FACTORY;
    }
    if ((says_no(&r[0]) && says_no(&r[1])) || p->facts->app_count == 0)
        return p->facts->anti_rollback ? by_records(p) : without_records(p);
    return by_records(p);
}

static bool startable(struct play *p, int index)
{
    const struct bh_esp_app *app = app_at(p, index);

    if (!app->present) {
        note(p, BH_ESP_ABSENT, index);
        return false;
    }
    note(p, BH_ESP_TRY, index);
    if (too_old(p, app)) {
        note(p, BH_ESP_TOO_OLD, index);
        return false;
    }
    if (!app->good)
        note(p, BH_ESP_BAD_IMAGE, index);
    return app->good;
}

/* Down from the first to factory, then up beyond it, then test. */
static int first_startable(struct play *p, int first)
{
    for (int i = first; i >= BH_ESP_FACTORY; i--)
        if (startable(p, i))
            return i;
    for (int i = first + 1; i < p->facts->app_count; i++)
        if (startable(p, i))
            return i;
    if (!p->facts->test.present)
        return BH_ESP_NONE;
    note(p, BH_ESP_FALL_BACK_TEST, 0);
    return startable(p, BH_ESP_TEST) ? BH_ESP_TEST : BH_ESP_NONE;
}

static void erase_records(struct bh_ota_record records[2])
{
    for (int i = 0; i < 2; i++) {
        memset(&records[i], 0xFF, sizeof records[i]);
    }
}

static int choose(struct play *p)
{
    int first = first_index(p);

    if (p->facts->factory_reset) {
        note(p, BH_ESP_PIN_RESET, 0);
        erase_records(p->out->records);
        first = first_index(p);
    } else if (p->facts->test_pin) {
        note(p, BH_ESP_PIN_TEST, 0);
        return startable(p, BH_ESP_TEST) ? BH_ESP_TEST : BH_ESP_NONE;
    }
    return first_startable(p, first);
}

void bh_esp_choose(const struct bh_esp_facts *facts, struct bh_esp_choice *out)
{
    struct play p = { .facts = facts, .out = out, .efuse = facts->efuse_version };
    uint32_t seq;

    memset(out, 0, sizeof *out);
    memcpy(out->records, facts->records, sizeof out->records);
    out->index = choose(&p);
    note(&p, out->index == BH_ESP_NONE ? BH_ESP_NOTHING : BH_ESP_STARTED, out->index);
    if (!p.fresh || out->index < 0)
        return;
    note(&p, BH_ESP_FRESH_RECORD, 0);
    seq = (uint32_t)out->index + 1;
    memset(&out->records[0], 0xFF, sizeof out->records[0]);
    out->records[0].seq = seq;
    out->records[0].state = BH_OTA_VALID;
    out->records[0].crc = bh_ota_crc(seq);
    raise_efuse(&p, 0);
}
