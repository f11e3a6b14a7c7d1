/* SPDX-License-Identifier: Apache-2.0 */
/* The sample application where otadata chooses: says who it is and does what the console tells it.
 * It does nothing by itself, so one that nobody confirms is one that the bootloader leaves again.
 *
 *     s            status: which application runs, sequence number and state of both records
 *     l LEN        write LEN bytes from the console to the next slot: a '+' asks for each next 64
 *     f OFF LEN    write LEN bytes found at OFF of the flash to the next slot
 *     t            start the next slot from the next boot on     by bulkhead/select.h
 *     c            confirm the running application               (the same)
 *     n            reject it                                     (the same)
 *     B T C N      begin an update, and as t, c, n: byte for byte what ESP-IDF's esp_ota_ops.c does
 *     r            reset
 *     x            crash
 *
 * Numbers are hexadecimal. Each command ends with a line "ok" or "error ..." */
#include "bulkhead/bytes.h"
#include "bulkhead/select.h"
#include "inputs.h"
#include "console.h"
#include "port.h"
#include "product.h"

#include <string.h>

#define BLOCK 64u
#define SECTOR 0x1000u
#define DESCRIPTOR BH_ESPRESSIF_APP_LEN

static uint8_t buffer[BH_WORK_MIN] __attribute__((aligned(4)));
static struct bh_work work = { buffer, sizeof buffer };
static struct bh_select_inputs inputs = { .anti_rollback = PRODUCT_ANTI_ROLLBACK };

/* A variable with a value: something for the segment that is loaded to DATA. */
static char greeting[] = "app " APP_VERSION " on ";

extern const uint8_t app_descriptor[DESCRIPTOR];

/* ---- the table, otadata, and who runs ---- */

struct place {
    struct bh_region otadata;
    struct bh_ota_record records[2];
    uint32_t n_slots;
    int running; /* as in bulkhead/otadata.h */
};

static int find(uint8_t type, uint8_t subtype, struct bh_region *out)
{
    struct bh_partition p;
    struct bh_table table;
    int err = bh_table_open(&table, PRODUCT_SELECT.flash, PRODUCT_SELECT.table_off,
                            PRODUCT_SELECT.rules, NULL);

    if (!err)
        err = bh_table_find(&table, type, subtype, 0, &p);
    if (!err)
        *out = bh_partition_region(&table, &p);
    return err;
}

static int find_app(int index, struct bh_region *out)
{
    return find(BH_TYPE_APP, index < 0 ? BH_APP_FACTORY : (uint8_t)(BH_APP_OTA + index), out);
}

/* Is the application there this one? Its descriptor has the digest of its ELF file. ESP-IDF knows
 * by where the flash is mapped; here the code is in RAM. */
static bool is_self(int index)
{
    uint8_t there[DESCRIPTOR];
    struct bh_region slot;

    return !find_app(index, &slot) &&
           !bh_region_read(&slot, BH_ESPRESSIF_APP_OFF, there, sizeof there) &&
           !memcmp(there, app_descriptor, sizeof there);
}

/* The one that otadata chooses, if it is this application; else the first that is. */
static int who_runs(const struct place *p)
{
    int top = bh_ota_active(p->records);
    int chosen = top >= 0 ? (int)bh_ota_slot(&p->records[top], p->n_slots) : BH_ESP_FACTORY;

    if (is_self(chosen))
        return chosen;
    for (int i = BH_ESP_FACTORY; i < (int)p->n_slots; i++)
        if (is_self(i))
            return i;
    return BH_ESP_NONE;
}

static int look(struct place *p)
{
    struct bh_region slot;
    int err = find(BH_TYPE_DATA, BH_DATA_OTA, &p->otadata);

    for (p->n_slots = 0; !err && !find_app((int)p->n_slots, &slot); p->n_slots++)
        ;
    for (uint32_t i = 0; !err && i < 2; i++) {
        uint8_t bytes[BH_OTADATA_RECORD];

        err = bh_region_read(&p->otadata, i * SECTOR, bytes, sizeof bytes);
        bh_ota_record_decode(bytes, &p->records[i]);
    }
    if (!err && p->n_slots == 0)
        err = BH_ERR_ABSENT;
    if (!err)
        p->running = who_runs(p);
    return err;
}

/* The slot that an update goes to, and that is started after it. */
static int next_slot(const struct place *p)
{
    return p->running < 0 ? 0 : (p->running + 1) % (int)p->n_slots;
}

static int status(void)
{
    struct place p;
    int err = look(&p);

    if (err)
        return err;
    put_field("runs ", (uint32_t)p.running);
    for (unsigned i = 0; i < 2; i++) {
        put_field(" seq ", p.records[i].seq);
        put_field(" state ", p.records[i].state);
    }
    put_text("\n");
    return BH_OK;
}

/* ---- write the next slot ---- */

/* from_flash: len bytes at off of it; else from the console. */
static int stage(uint32_t off, uint32_t len, bool from_flash)
{
    struct bh_region slot;
    struct place p;
    int err = look(&p);

    if (!err)
        err = find_app(next_slot(&p), &slot);
    if (!err && len > slot.len)
        err = BH_ERR_RANGE;
    if (!err)
        err = bh_region_erase(&slot, 0, bh_round_up(len, SECTOR));
    for (uint32_t done = 0, n; !err && done < len; done += n) {
        uint8_t block[BLOCK];

        n = bh_min(len - done, BLOCK);
        if (from_flash) {
            err = bh_flash_read(slot.flash, off + done, block, n);
        } else {
            port_put('+');
            for (uint32_t i = 0; i < n; i++)
                block[i] = get();
        }
        if (!err)
            err = bh_region_program(&slot, done, block, n);
    }
    return err;
}

/* ---- as ESP-IDF does it: esp_ota_ops.c ---- */

/* Erase, and write 32 bytes at once; what Espressif does not use is kept. */
static int esp_write(struct place *p, uint32_t copy, uint32_t seq, uint32_t state)
{
    struct bh_ota_record r = p->records[copy];
    uint8_t bytes[BH_OTADATA_RECORD];
    int err;

    r.seq = seq;
    r.state = state;
    r.crc = bh_ota_crc(seq);
    bh_ota_record_encode(&r, bytes);
    err = bh_region_erase(&p->otadata, copy * SECTOR, SECTOR);
    return err ? err : bh_region_program(&p->otadata, copy * SECTOR, bytes, sizeof bytes);
}

/* esp_ota_set_boot_partition(), of an application with rollback. */
static int esp_set_boot(struct place *p)
{
    uint32_t slot = (uint32_t)next_slot(p), n = p->n_slots, seq = (slot + 1) % n;
    int active = bh_ota_active(p->records);

    if (active < 0)
        return esp_write(p, 0, slot + 1, BH_OTA_NEW);
    if (bh_ota_slot(&p->records[active], n) == slot)
        return esp_write(p, (uint32_t)active, p->records[active].seq, BH_OTA_NEW);
    while (seq < p->records[active].seq)
        seq += n;
    return esp_write(p, active == 0, seq, BH_OTA_NEW);
}

/* esp_ota_begin(): the record of another application than the one that runs is erased. */
static int esp_begin(struct place *p)
{
    int active = bh_ota_active(p->records);
    uint32_t other = active == 0;

    if (active < 0 || !bh_ota_whole(&p->records[other]) ||
        (int)bh_ota_slot(&p->records[other], p->n_slots) == p->running)
        return BH_OK;
    return bh_region_erase(&p->otadata, other * SECTOR, SECTOR);
}

/* esp_ota_mark_app_valid_cancel_rollback(), esp_ota_mark_app_invalid_rollback(). */
static int esp_state(struct place *p, uint32_t state)
{
    int active = bh_ota_active(p->records);

    if (active < 0)
        return BH_ERR_ABSENT;
    return esp_write(p, (uint32_t)active, p->records[active].seq, state);
}

static int as_esp_idf(char command)
{
    struct place p;
    int err = look(&p);

    if (err)
        return err;
    switch (command) {
    case 'B': return esp_begin(&p);
    case 'T': return esp_set_boot(&p);
    case 'C': return esp_state(&p, BH_OTA_VALID);
    default: return esp_state(&p, BH_OTA_INVALID);
    }
}

/* ---- by bulkhead/select.h ---- */

static int by_library(char command)
{
    enum bh_reason why;
    struct place p;
    int err = look(&p);

    if (err)
        return err;
    if (command == 'c')
        return bh_select_confirm(&PRODUCT_SELECT, p.running, &work);
    if (command == 'n')
        return bh_select_reject(&PRODUCT_SELECT, p.running, &inputs, &work);
    err = bh_select_set_boot(&PRODUCT_SELECT, next_slot(&p), &inputs, &work, &why);
    if (err == BH_ERR_REFUSED) {
        put_field("reason ", (uint32_t)why);
        put_text("\n");
    }
    return err;
}

static int obey(const char *line)
{
    uint32_t a, b;

    parse_hex(parse_hex(line + (*line != '\0'), &a), &b);
    switch (*line) {
    case 's': return status();
    case 'l': return stage(0, a, false);
    case 'f': return stage(a, b, true);
    case 't':
    case 'c':
    case 'n': return by_library(*line);
    case 'B':
    case 'T':
    case 'C':
    case 'N': return as_esp_idf(*line);
    case 'r': port_reset();
    case 'x': __builtin_trap();
    default: return BH_ERR_ABSENT;
    }
}

void port_main(void)
{
    port_init();
    port_inputs(&inputs);
    put_text(greeting);
    put_text(port_product->name);
    put_text("\n");
    for (;;) {
        char line[32];
        int err;

        put_text("> ");
        get_line(line, sizeof line);
        err = obey(line);
        if (err)
            put_field("error -", (uint32_t)-err);
        else
            put_text("ok");
        put_text("\n");
    }
}
