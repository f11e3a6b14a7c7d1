/* SPDX-License-Identifier: Apache-2.0 */
/* What starts, beside a model of ESP-IDF's bootloader (idf.c), for all flashes of two families: the
 * tool's account of it (bh_esp_choose) says the same of each; the bootloader of this project starts
 * the same, but where docs/select.md says why not, row by row. */
#include "sim/select/device.h"
#include "host/table/otadata_choice.h"
#include "idf.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define BLANK 0xFFFFFFFFu
#define ODD 6u /* a state of no meaning */

static const uint32_t states[] = {
    BH_OTA_NEW,     BH_OTA_PENDING_VERIFY, BH_OTA_VALID, BH_OTA_INVALID,
    BH_OTA_ABORTED, BH_OTA_UNDEFINED,      ODD
};
#define PAIRS (COUNT(states) * COUNT(states))

static struct bh_ota_record record(uint32_t seq, uint32_t state, bool torn)
{
    struct bh_ota_record r = { .seq = seq, .state = state, .crc = bh_ota_crc(seq) ^ torn };

    memset(r.note, 0xFF, sizeof r.note);
    if (seq == BLANK)
        memset(&r, 0xFF, sizeof r);
    return r;
}

/* ---- the tool's account ---- */

static void tell(const struct idf *m, struct bh_esp_facts *f)
{
    *f = (struct bh_esp_facts){ .otadata = true,
                                .app_count = (uint8_t)m->n,
                                .rollback = m->rollback,
                                .anti_rollback = m->anti_rollback,
                                .efuse_version = m->efuse };
    memcpy(f->records, m->records, sizeof f->records);
    f->factory = (struct bh_esp_app){ m->factory.present, m->factory.good,
                                      m->factory.secure_version, false };
    for (unsigned i = 0; i < m->n; i++)
        f->ota[i] = (struct bh_esp_app){ m->ota[i].present, m->ota[i].good,
                                         m->ota[i].secure_version, false };
}

/* The eFuse after it, from the events. */
static uint32_t efuse_after(const struct bh_esp_facts *f, const struct bh_esp_choice *c)
{
    uint32_t efuse = f->efuse_version;

    for (unsigned i = 0; i < c->n_events; i++)
        if (c->events[i].event == BH_ESP_RAISED)
            efuse = f->ota[bh_ota_slot(&c->records[c->events[i].arg], f->app_count)].secure_version;
    return efuse;
}

static void the_tool_says_what_esp_idf_does(void **state)
{
    static const uint32_t seqs[][2] = { { 1, 2 },     { 2, 1 },         { 3, 2 },
                                        { 1, 3 },     { 2, 2 },         { BLANK, 1 },
                                        { 2, BLANK }, { BLANK, BLANK }, { 0, 1 } };
    unsigned all = 0;

    (void)state;
    for (unsigned n = 0; n < COUNT(seqs) * PAIRS * 3 * 4 * 9 * 3 * 2 * 2 * 2; n++) {
        unsigned rest = n / COUNT(seqs), torn = rest / PAIRS % 3, x = rest / PAIRS / 3;
        const uint32_t *seq = seqs[n % COUNT(seqs)];
        struct idf m = { .n = 2 };
        struct bh_esp_facts f;
        struct bh_esp_choice c;
        int index;

        m.records[0] = record(seq[0], states[rest % COUNT(states)], torn == 1);
        m.records[1] = record(seq[1], states[rest / COUNT(states) % COUNT(states)], torn == 2);
        for (unsigned i = 0; i < 2; i++)
            m.ota[i] = (struct idf_app){ true, x >> i & 1, x / 4 / (i ? 3 : 1) % 3 };
        x /= 36;
        m.efuse = x % 3;
        m.rollback = x / 3 & 1;
        m.anti_rollback = x / 6 & 1;
        m.factory = (struct idf_app){ x / 12 & 1, true, 0 };
        tell(&m, &f);
        bh_esp_choose(&f, &c);
        index = idf_boot(&m);
        if (c.index != index || memcmp(&c.records[0].seq, &m.records[0].seq, 8) ||
            memcmp(&c.records[1].seq, &m.records[1].seq, 8) || efuse_after(&f, &c) != m.efuse)
            fail_msg("flash %u: the tool says %d, eFuse %u; ESP-IDF starts %d, eFuse %u", n,
                     c.index, (unsigned)efuse_after(&f, &c), index, (unsigned)m.efuse);
        all++;
    }
    print_message("%u flashes, no difference\n", all);
}

/* ---- the bootloader ---- */

/* Rows of docs/select.md, "Where this is not ESP-IDF's bootloader". */
enum excuse { NONE, SUPERSEDED, NO_MEANING, FALLBACK, REJECTED, EFUSE, EXCUSES };

static const char *const rows[] = {
    [SUPERSEDED] = "a choice that another one replaced before it was tried",
    [NO_MEANING] = "state of no meaning",
    [FALLBACK] = "first fallback, fallback recorded",
    [REJECTED] = "rejected applications",
    [EFUSE] = "eFuse of anti-rollback",
};

static bool says_no(uint32_t state)
{
    return state == BH_OTA_INVALID || state == BH_OTA_ABORTED;
}

/* Is there a record of this application, all of them over? */
static bool rejected(const struct idf *m, int index)
{
    bool is = false;

    for (int i = 0; i < 2; i++) {
        const struct bh_ota_record *r = &m->records[i];

        if (!bh_ota_whole(r) || (int)bh_ota_slot(r, m->n) != index)
            continue;
        if (!says_no(r->state) && !(m->rollback && r->state == BH_OTA_PENDING_VERIFY))
            return false;
        is = true;
    }
    return is;
}

static bool superseded(const struct idf *m)
{
    const struct bh_ota_record *r = m->records;
    int low = r[0].seq >= r[1].seq;

    return m->rollback && bh_ota_whole(&r[0]) && bh_ota_whole(&r[1]) &&
           r[low].state == BH_OTA_NEW && r[!low].state != BH_OTA_VALID;
}

static bool has_no_meaning(const struct idf *m)
{
    return m->rollback && ((bh_ota_whole(&m->records[0]) && m->records[0].state == ODD) ||
                           (bh_ota_whole(&m->records[1]) && m->records[1].state == ODD));
}

/* Why may another one start? before: the flash; after: ESP-IDF's boot of it, which started
 * index. */
static enum excuse excuse(const struct idf *before, const struct idf *after, int index)
{
    if (after->raised && after->met_bad)
        return EFUSE;
    if (has_no_meaning(before))
        return NO_MEANING;
    if (superseded(before))
        return SUPERSEDED;
    if (rejected(before, index))
        return REJECTED;
    return after->met_bad ? FALLBACK : NONE;
}

struct family {
    struct device d;
    struct idf m;
    unsigned all, same, excused[EXCUSES];
    unsigned number;
};

static void compare(struct family *t)
{
    enum excuse why = NONE;
    struct idf m = t->m;

    device_records(&t->d, m.records[0].seq, m.records[0].state, m.records[1].seq,
                   m.records[1].state);
    t->d.product.rollback = m.rollback;
    t->d.inputs.anti_rollback = m.anti_rollback;
    t->all++;
    for (unsigned boot = 1; boot <= 3; boot++) {
        struct idf before = m;
        int theirs, ours;

        t->d.inputs.floor = m.efuse;
        theirs = idf_boot(&m);
        ours = device_boot(&t->d);
        if (why == NONE)
            why = excuse(&before, &m, theirs);
        if (ours != theirs && why == NONE)
            fail_msg("flash %u: records %u %x, %u %x; rollback %d, eFuse %u; boot %u starts %d, "
                     "ESP-IDF %d",
                     t->number, (unsigned)t->m.records[0].seq, (unsigned)t->m.records[0].state,
                     (unsigned)t->m.records[1].seq, (unsigned)t->m.records[1].state, m.rollback,
                     (unsigned)t->m.efuse, boot, ours, theirs);
        if (ours != theirs) {
            t->excused[why]++;
            return;
        }
    }
    t->same++;
}

static void summary(const struct family *t, unsigned rows_used)
{
    print_message("%u flashes, three boots each: %u as ESP-IDF\n", t->all, t->same);
    for (unsigned i = NONE + 1; i < EXCUSES; i++) {
        print_message("  %6u  %s\n", t->excused[i], rows[i]);
        if (rows_used >> i & 1)
            assert_true(t->excused[i] > 0);
    }
}

static const uint32_t seqs[][2] = {
    { 1, 2 },     { 2, 1 },         { 5, 3 }, { 4, 4 }, { BLANK, 3 },
    { 2, BLANK }, { BLANK, BLANK }, { 3, 4 }, { 0, 1 }, { 0xFFFFFFFB, 0xFFFFFFFC }
};

/* All records over one set of applications, which is on the flash. */
static void all_records(struct family *t, uint32_t snapshot)
{
    for (unsigned n = 0; n < COUNT(seqs) * PAIRS; n++) {
        const uint32_t *seq = seqs[n % COUNT(seqs)];
        unsigned pair = n / COUNT(seqs);

        sim_flash_restore(&t->d.chip, snapshot);
        t->m.records[0] = record(seq[0], states[pair % COUNT(states)], false);
        t->m.records[1] = record(seq[1], states[pair / COUNT(states)], false);
        t->number = n;
        compare(t);
    }
}

static const struct bh_partition with_factory[] = {
    { BH_TYPE_DATA, BH_DATA_OTA, OTADATA_OFF, BH_OTADATA_LEN, 0, "otadata" },
    { BH_TYPE_APP, BH_APP_FACTORY, 0x10000, 0x10000, 0, "factory" },
    { BH_TYPE_APP, BH_APP_OTA, 0x20000, 0x10000, 0, "ota_0" },
    { BH_TYPE_APP, BH_APP_OTA + 1, 0x30000, 0x10000, 0, "ota_1" },
    { BH_TYPE_APP, BH_APP_OTA + 2, 0x40000, 0x10000, 0, "ota_2" },
    { BH_TYPE_APP, BH_APP_TEST, 0x50000, 0x10000, 0, "test" },
    { .len = 0 },
};
static const struct bh_partition without_factory[] = {
    { BH_TYPE_DATA, BH_DATA_OTA, OTADATA_OFF, BH_OTADATA_LEN, 0, "otadata" },
    { BH_TYPE_APP, BH_APP_OTA, 0x20000, 0x10000, 0, "ota_0" },
    { BH_TYPE_APP, BH_APP_OTA + 1, 0x30000, 0x10000, 0, "ota_1" },
    { .len = 0 },
};

static void put(struct family *t, int index, struct idf_app *app)
{
    if (!app->present)
        return;
    device_install(&t->d, index, app->secure_version);
    if (!app->good)
        device_damage(&t->d, index);
}

static void without_anti_rollback(void **state)
{
    static struct family t;

    (void)state;
    for (unsigned apps = 0; apps < 1u << 7; apps++) {
        bool factory = apps >> 6 & 1;

        if (!factory && apps & 0x38) /* there is no factory, ota_2 and test */
            continue;
        device_open_table(&t.d, 1, factory ? with_factory : without_factory);
        t.m = (struct idf){ .rollback = apps & 1, .n = factory ? 3 : 2 };
        t.m.ota[0] = (struct idf_app){ true, apps >> 1 & 1, 0 };
        t.m.ota[1] = (struct idf_app){ true, apps >> 2 & 1, 0 };
        t.m.ota[2] = (struct idf_app){ factory, apps >> 3 & 1, 0 };
        t.m.factory = (struct idf_app){ factory, apps >> 4 & 1, 0 };
        t.m.test = (struct idf_app){ factory, apps >> 5 & 1, 0 };
        for (int i = 0; i < 3; i++)
            put(&t, i, &t.m.ota[i]);
        put(&t, BH_ESP_FACTORY, &t.m.factory);
        put(&t, BH_ESP_TEST, &t.m.test);
        all_records(&t, sim_flash_snapshot(&t.d.chip));
        device_close(&t.d);
    }
    summary(&t, 1u << SUPERSEDED | 1u << NO_MEANING | 1u << FALLBACK | 1u << REJECTED);
}

static void with_anti_rollback(void **state)
{
    static struct family t;

    (void)state;
    for (unsigned n = 0; n < 4 * 9 * 3; n++) {
        device_open_table(&t.d, 1, without_factory);
        t.m = (struct idf){ .rollback = true, .anti_rollback = true, .n = 2, .efuse = n / 36 };
        for (unsigned i = 0; i < 2; i++) {
            t.m.ota[i] = (struct idf_app){ true, n >> i & 1, n / 4 / (i ? 3 : 1) % 3 };
            put(&t, (int)i, &t.m.ota[i]);
        }
        all_records(&t, sim_flash_snapshot(&t.d.chip));
        device_close(&t.d);
    }
    summary(&t, 1u << SUPERSEDED | 1u << NO_MEANING | 1u << FALLBACK | 1u << EFUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tool_says_what_esp_idf_does),
        cmocka_unit_test(without_anti_rollback),
        cmocka_unit_test(with_anti_rollback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
