/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of ESP-IDF's bootloader, in its order. */
#include "idf.h"

#include <string.h>

#define BLANK 0xFFFFFFFFu

/* crc is right: reflected CRC-32 that begins with a register of 0, over seq. */
static bool crc_fits(const struct bh_ota_record *r)
{
    uint32_t crc = 0;

    for (unsigned i = 0; i < 32; i++) {
        uint32_t bit = (crc ^ r->seq >> i) & 1;

        crc = crc >> 1 ^ (bit ? 0xEDB88320u : 0);
    }
    return r->crc == ~crc;
}

/* "invalid": blank, or its state says no. The checksum is another question. */
static bool invalid(const struct bh_ota_record *r)
{
    return r->seq == BLANK || r->state == BH_OTA_INVALID || r->state == BH_OTA_ABORTED;
}

static bool blank_or_bad(const struct bh_ota_record *r)
{
    return r->seq == BLANK || !crc_fits(r);
}

static unsigned slot(const struct idf *m, const struct bh_ota_record *r)
{
    return (r->seq - 1) % m->n;
}

static bool too_old(const struct idf *m, const struct idf_app *app)
{
    return m->anti_rollback && app->secure_version < m->efuse;
}

static void raise(struct idf *m, const struct idf_app *app)
{
    if (m->anti_rollback && app->secure_version > m->efuse)
        m->efuse = app->secure_version;
}

/* The active copy: of two valid ones that of the larger seq, of equal ones copy 0. With
 * anti-rollback one whose application is too old does not count. */
static int active(const struct idf *m)
{
    int best = -1;

    for (int i = 0; i < 2; i++) {
        const struct bh_ota_record *r = &m->records[i];

        if (invalid(r) || !crc_fits(r) || too_old(m, &m->ota[slot(m, r)]))
            continue;
        if (best < 0 || r->seq > m->records[best].seq)
            best = i;
    }
    return best;
}

static int by_active(struct idf *m)
{
    int copy = active(m);
    struct bh_ota_record *r = &m->records[copy > 0];
    uint32_t before = m->efuse;

    if (copy < 0)
        return BH_ESP_FACTORY;
    if (m->rollback && r->state == BH_OTA_NEW)
        r->state = BH_OTA_PENDING_VERIFY;
    if (r->state == BH_OTA_VALID)
        raise(m, &m->ota[slot(m, r)]);
    m->raised = m->efuse != before;
    return (int)slot(m, r);
}

/* The index to begin with, and whether this is the first start ever. */
static int first_index(struct idf *m, bool *fresh)
{
    bool initial = blank_or_bad(&m->records[0]) && blank_or_bad(&m->records[1]);

    for (int i = 0; i < 2; i++)
        if (m->rollback && m->records[i].state == BH_OTA_PENDING_VERIFY)
            m->records[i].state = BH_OTA_ABORTED;
    if (m->anti_rollback) {
        *fresh = initial;
        return initial ? BH_ESP_FACTORY : by_active(m);
    }
    if (!invalid(&m->records[0]) || !invalid(&m->records[1]))
        return by_active(m);
    if (m->factory.present)
        return BH_ESP_FACTORY;
    *fresh = initial;
    return 0;
}

static bool starts(struct idf *m, const struct idf_app *app)
{
    bool yes = app->present && app->good && !too_old(m, app);

    m->met_bad = m->met_bad || (app->present && !yes);
    return yes;
}

int idf_boot(struct idf *m)
{
    bool fresh = false;
    int first, i;

    m->met_bad = m->raised = false;
    first = first_index(m, &fresh);
    for (i = first; i >= 0; i--)
        if (starts(m, &m->ota[i]))
            break;
    if (i < 0 && !starts(m, &m->factory)) {
        for (i = first + 1; i < (int)m->n; i++)
            if (starts(m, &m->ota[i]))
                break;
        if (i == (int)m->n)
            return starts(m, &m->test) ? BH_ESP_TEST : BH_ESP_NONE;
    }
    if (fresh && i >= 0) {
        memset(&m->records[0], 0xFF, sizeof m->records[0]);
        m->records[0].seq = (uint32_t)i + 1;
        m->records[0].state = BH_OTA_VALID;
        m->records[0].crc = bh_ota_crc((uint32_t)i + 1);
        raise(m, &m->ota[i]);
    }
    return i;
}
