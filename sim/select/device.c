/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated device, and both applications' way to write otadata. */
#include "sim/select/device.h"

#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_espressif.h"
#include "sim/inner.h"

#define APP_SIZE 0x10000u
#define PAGE 0x1000u
#define TALLY_OFF (121u * BH_OTADATA_RECORD) /* of src/select/records.c */

static const struct bh_image_format *const formats[] = { &bh_image_espressif, NULL };
static uint8_t memory[1024];

static void watch(void *context, const struct sim_event *e)
{
    struct device *d = context;

    if (e->kind != SIM_READ && (e->off < OTADATA_OFF || e->off >= OTADATA_OFF + BH_OTADATA_LEN))
        d->strayed = true;
    /* The tally of a sector counts, and decides nothing else: its cells may be in a torn page. */
    if (e->kind == SIM_PROGRAM && (e->off - OTADATA_OFF) % BH_OTADATA_COPY >= TALLY_OFF)
        d->chip.counts.spoiled = d->spoiled;
    d->spoiled = d->chip.counts.spoiled;
    d->erases += e->kind == SIM_ERASE;
    d->ops += e->kind != SIM_READ;
    if (e->kind != SIM_READ && d->ops == d->dies_after)
        sim_flash_decay(&d->chip, d->dies_off, d->dies_how);
    if (!e->cut)
        return;
    d->struck =
        (struct device_strike){ .kind = e->kind, .op = e->op, .off = e->off, .len = e->len };
    if (e->data)
        memcpy(d->struck.data, e->data, bh_min(e->len, sizeof d->struck.data));
}

/* Where nothing is torn and nothing is bad, a read is what is stored, and that is most of them. The
 * watcher has no use for it. */
static int quick_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    const struct sim_flash *s = f->context;
    bool plain = !s->n_tears && !s->n_bad && !s->n_faults && s->health == SIM_WELL;

    if (!plain || s->traits.power->dark || !bh_within(off, len, s->flash.size))
        return sim_flash_ops.read(f, off, buf, len);
    memcpy(buf, s->cells + off, len);
    return BH_OK;
}

static void open_sized(struct device *d, uint8_t unit, const struct bh_partition *rows,
                       uint32_t size)
{
    const struct bh_flash geometry = {
        .runs = &d->pages, .n_runs = 1, .unit = unit, .erased = 0xFF, .size = size
    };
    struct sim_traits traits = {
        .power = &d->power, .burst = 256, .watch = watch, .watch_context = d
    };
    uint8_t table[BH_TABLE_LEN], *row = table;

    if (unit == 1) /* NOR flash, as all of Espressif's */
        traits.again = SIM_AGAIN_CLEAR;
    memset(d, 0, sizeof *d);
    memset(table, 0xFF, sizeof table);
    for (; rows->len; rows++, row += BH_TABLE_ROW) {
        bh_partition_encode(rows, row);
        if (rows->type == BH_TYPE_APP && rows->subtype == BH_APP_OTA + d->slots)
            d->slots++;
    }
    d->pages = (struct bh_page_run){ size / PAGE, PAGE };
    d->power.seed = 1;
    if (sim_flash_open(&d->chip, &geometry, &traits))
        sim_die(d->chip.text);
    d->quick_ops = sim_flash_ops;
    d->quick_ops.read = quick_read;
    d->chip.flash.ops = &d->quick_ops;
    sim_flash_fill(&d->chip, BH_TABLE_OFF, table, sizeof table);
    d->work = (struct bh_work){ memory, sizeof memory };
    d->product = (struct bh_select){ .flash = &d->chip.flash,
                                     .table_off = BH_TABLE_OFF,
                                     .rules = BH_TABLE_ESPRESSIF,
                                     .trial_boots = 1 };
    d->product.chip = &bh_espressif_esp32c3;
    d->product.policy.formats = formats;
    d->product.policy.hash = &bh_sha256;
    d->product.policy.allow_unsigned = true;
}

void device_open_table(struct device *d, uint8_t unit, const struct bh_partition *rows)
{
    open_sized(d, unit, rows, DEVICE_SIZE);
}

static struct bh_partition app_row(uint8_t subtype, uint32_t n)
{
    return (struct bh_partition){ BH_TYPE_APP, subtype, n * APP_SIZE, APP_SIZE, 0, "" };
}

void device_open_slots(struct device *d, uint8_t unit, unsigned slots, bool factory)
{
    struct bh_partition rows[4 + DEVICE_SLOTS_MAX] = {
        { BH_TYPE_DATA, BH_DATA_OTA, OTADATA_OFF, BH_OTADATA_LEN, 0, "otadata" },
    };
    unsigned n = 1;

    if (factory)
        rows[n++] = app_row(BH_APP_FACTORY, 1);
    for (unsigned i = 0; i < slots; i++)
        rows[n++] = app_row((uint8_t)(BH_APP_OTA + i), i + 2);
    rows[n] = app_row(BH_APP_TEST, slots + 2);
    open_sized(d, unit, rows, (slots + 3) * APP_SIZE);
    for (int i = factory ? BH_ESP_FACTORY : 0; i < (int)slots; i++)
        device_install(d, i, 0);
}

void device_open(struct device *d, uint8_t unit, bool rollback, uint8_t trial_boots)
{
    device_open_slots(d, unit, 3, true);
    d->product.rollback = rollback;
    d->product.trial_boots = trial_boots;
}

void device_close(struct device *d)
{
    if (d->chip.cells)
        sim_flash_close(&d->chip);
    memset(&d->chip, 0, sizeof d->chip);
}

static uint32_t place(const struct device *d, int index)
{
    struct bh_table table;
    struct bh_partition p;
    uint8_t subtype = index == BH_ESP_FACTORY ? BH_APP_FACTORY
                      : index == BH_ESP_TEST  ? BH_APP_TEST
                                              : (uint8_t)(BH_APP_OTA + index);

    if (bh_table_open(&table, d->product.flash, BH_TABLE_OFF, BH_TABLE_ESPRESSIF, NULL) ||
        bh_table_find(&table, BH_TYPE_APP, subtype, 0, &p))
        sim_die("the table has no such application");
    return p.off;
}

/* One segment with a descriptor, checksum, SHA-256. */
void device_install(struct device *d, int index, uint32_t secure_version)
{
    uint8_t image[BH_ESPRESSIF_HEADER_LEN + 8 + 256 + 16 + 32] = { BH_ESPRESSIF_MAGIC, 1 };
    uint8_t *app = image + BH_ESPRESSIF_APP_OFF, sum = BH_ESPRESSIF_CHECKSUM_SEED;
    uint32_t len = (BH_ESPRESSIF_HEADER_LEN + 8 + 256) | 15u;
    struct bh_hash h;

    image[BH_ESPRESSIF_OFF_HASH] = 1;
    image[BH_ESPRESSIF_OFF_CHIP] = 5;
    bh_store32(image + 24, 0x3C000020);
    bh_store32(image + 28, 256);
    bh_store32(app, BH_ESPRESSIF_APP_MAGIC);
    bh_store32(app + BH_ESPRESSIF_APP_OFF_SECURE_VERSION, secure_version);
    app[200] = (uint8_t)index;
    for (uint32_t i = 0; i < 256; i++)
        sum ^= app[i];
    image[len++] = sum;
    bh_hash_init(&h, &bh_sha256);
    bh_hash_update(&h, image, len);
    bh_hash_final(&h, image + len);
    sim_flash_fill(&d->chip, place(d, index), image, len + 32);
}

void device_damage(struct device *d, int index)
{
    sim_flash_fill(&d->chip, place(d, index) + 100, "damaged", 7);
}

static void encode(uint32_t seq, uint32_t state, uint8_t bytes[BH_OTADATA_RECORD])
{
    struct bh_ota_record r = { .seq = seq, .state = state, .crc = bh_ota_crc(seq) };

    memset(r.note, 0xFF, sizeof r.note);
    bh_ota_record_encode(&r, bytes);
    if (seq == 0xFFFFFFFF)
        memset(bytes, 0xFF, BH_OTADATA_RECORD);
}

void device_records(struct device *d, uint32_t seq0, uint32_t state0, uint32_t seq1,
                    uint32_t state1)
{
    uint8_t bytes[BH_OTADATA_RECORD];

    encode(seq0, state0, bytes);
    sim_flash_fill(&d->chip, OTADATA_OFF, bytes, sizeof bytes);
    encode(seq1, state1, bytes);
    sim_flash_fill(&d->chip, OTADATA_OFF + BH_OTADATA_COPY, bytes, sizeof bytes);
}

void device_read_records(const struct device *d, struct bh_ota_record out[2])
{
    uint8_t bytes[BH_OTADATA_RECORD];

    for (uint32_t i = 0; i < 2; i++) {
        sim_flash_peek(&d->chip, OTADATA_OFF + i * BH_OTADATA_COPY, bytes, sizeof bytes);
        bh_ota_record_decode(bytes, &out[i]);
    }
}

/* ---- an unmodified application ---- */

/* What esp_ota_ops.c reads: two records, and counts slots from ota_0 on. */
static int esp_read(struct device *d, struct bh_ota_record records[2])
{
    uint8_t bytes[BH_OTADATA_RECORD];

    for (uint32_t i = 0; i < 2; i++) {
        if (bh_flash_read(d->product.flash, OTADATA_OFF + i * BH_OTADATA_COPY, bytes, sizeof bytes))
            return BH_ERR_IO;
        bh_ota_record_decode(bytes, &records[i]);
    }
    return BH_OK;
}

/* Erase, and write 32 bytes at once; the note is kept. */
static int esp_write(struct device *d, struct bh_ota_record *r, uint32_t copy, uint32_t seq,
                     uint32_t state)
{
    uint32_t off = OTADATA_OFF + copy * BH_OTADATA_COPY;
    uint8_t bytes[BH_OTADATA_RECORD];
    int err;

    r->seq = seq;
    r->state = state;
    r->crc = bh_ota_crc(seq);
    bh_ota_record_encode(r, bytes);
    err = bh_flash_erase(d->product.flash, off, BH_OTADATA_COPY);
    return err ? err : bh_flash_program(d->product.flash, off, bytes, sizeof bytes);
}

static int esp_set_boot(struct device *d, uint32_t slot)
{
    struct bh_ota_record r[2];
    uint32_t state = d->product.rollback ? BH_OTA_NEW : BH_OTA_UNDEFINED, seq, n = d->slots;
    int active;

    if (esp_read(d, r))
        return BH_ERR_IO;
    active = bh_ota_active(r);
    if (active < 0)
        return esp_write(d, &r[0], 0, slot + 1, state);
    if (bh_ota_slot(&r[active], n) == slot)
        return esp_write(d, &r[active], (uint32_t)active, r[active].seq, state);
    seq = (slot + 1) % n;
    if (seq < r[active].seq) /* counted up by n there, with the same end */
        seq += (r[active].seq - seq + n - 1) / n * n;
    return esp_write(d, &r[!active], !active, seq, state);
}

/* esp_ota_begin(): the record that does not count is erased, if it is whole and means another
 * application than the one that runs. */
static int esp_begin(struct device *d)
{
    struct bh_ota_record r[2];
    int active;

    if (esp_read(d, r))
        return BH_ERR_IO;
    active = bh_ota_active(r);
    if (active < 0 || !bh_ota_whole(&r[!active]) ||
        (int)bh_ota_slot(&r[!active], d->slots) == d->boot.index)
        return BH_OK;
    return bh_flash_erase(d->product.flash, OTADATA_OFF + (uint32_t)!active * BH_OTADATA_COPY,
                          BH_OTADATA_COPY);
}

static int esp_state(struct device *d, uint32_t state)
{
    struct bh_ota_record r[2];
    int active;

    if (esp_read(d, r))
        return BH_ERR_IO;
    active = bh_ota_active(r);
    if (active < 0)
        return BH_ERR_ABSENT;
    if (r[active].state == state)
        return BH_OK;
    return esp_write(d, &r[active], (uint32_t)active, r[active].seq, state);
}

/* ---- acts ---- */

struct call {
    struct device *d;
    enum device_act act;
};

static void call(void *context)
{
    struct call *c = context;
    struct device *d = c->d;
    enum bh_reason why;

    switch (c->act) {
    case SET_BOOT:
        d->err = bh_select_set_boot(&d->product, d->target, &d->inputs, &d->work, &why);
        break;
    case CONFIRM: d->err = bh_select_confirm(&d->product, d->boot.index, &d->work); break;
    case REJECT: d->err = bh_select_reject(&d->product, d->boot.index, &d->inputs, &d->work); break;
    case ESP_SET_BOOT: d->err = esp_set_boot(d, (uint32_t)d->target); break;
    case ESP_CONFIRM: d->err = esp_state(d, BH_OTA_VALID); break;
    case ESP_BEGIN: d->err = esp_begin(d); break;
    case ESP_REJECT: d->err = esp_state(d, BH_OTA_INVALID); break;
    case BOOT: bh_select_run(&d->product, &d->inputs, &d->work, &d->boot); break;
    }
}

bool device_perform(struct device *d, enum device_act act)
{
    struct call c = { d, act };

    d->err = BH_OK;
    d->spoiled = d->chip.counts.spoiled;
    return sim_power_run(&d->power, call, &c);
}

int device_boot(struct device *d)
{
    if (!device_perform(d, BOOT) || d->boot.action != BH_BOOT_START ||
        d->boot.verdict != BH_VERDICT_GOOD)
        return BH_ESP_NONE;
    return d->boot.index;
}
