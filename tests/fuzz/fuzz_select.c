/* SPDX-License-Identifier: Apache-2.0 */
/* Any otadata under the bootloader that chooses by it: records, marks and vouches of any kind, with
 * right checksums or wrong ones, or any bytes; and acts of an application, ours or ESP-IDF's,
 * between boots. An application that verifies starts as long as there is one, a boot erases eight
 * sectors at most, and the device comes to rest.
 *
 *   byte 0  rollback, unit, which applications verify    byte 1  starts of a trial
 *   byte 2  five acts of one bit and kind                then entries of 8 bytes: see put() */
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "sim/select/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CELL 32u

static void must(bool holds)
{
    if (!holds)
        abort();
}

static uint32_t seq_of(uint8_t b)
{
    return b < 0xF0 ? b : 0xFFFFFF00u | b;
}

static uint32_t state_of(uint8_t b)
{
    return b % 8 == 5 ? 0xFFFFFFFFu : b % 8 == 6 ? 6 : b % 8 == 7 ? 0xFFFFFF04u : b % 8;
}

static void put_record(uint8_t *cell, const uint8_t *e)
{
    struct bh_ota_record r = { .seq = seq_of(e[2]), .state = state_of(e[4]) };

    memset(r.note, 0xFF, sizeof r.note);
    r.crc = bh_ota_crc(r.seq);
    if (e[4] & 0x80)
        bh_ota_note(&r);
    r.state = state_of(e[3]); /* the note may be that of another state */
    r.crc ^= e[5] == 1;
    bh_ota_record_encode(&r, cell);
}

static void put_cell(uint8_t *cell, const uint8_t *e)
{
    memset(cell, 0xFF, CELL);
    bh_store32(cell, 0x4D684200u | e[1] % 8);
    bh_store32(cell + 4, seq_of(e[2]));
    bh_store32(cell + 8, e[1] % 8 == BH_MARK_VOUCH ? state_of(e[3]) : 0xFFFFFFFFu);
    bh_store32(cell + 28, bh_crc32(0, cell, 28) ^ (e[5] == 1));
}

/* place | kind | seq | state | state of the note | wrong checksum | two bytes anywhere */
static void put(uint8_t sectors[BH_OTADATA_LEN], const uint8_t *e)
{
    uint8_t *sector = sectors + (e[0] >> 7) * BH_OTADATA_COPY;
    uint32_t at = (e[0] & 0x7Fu) * CELL;

    if (at == 0)
        put_record(sector, e);
    else
        put_cell(sector + at, e);
    if (e[5] == 2)
        sector[at + e[6] % CELL] = e[7];
}

static void act(struct device *d, uint8_t kind)
{
    static const enum device_act acts[] = { SET_BOOT,    CONFIRM,    REJECT,    ESP_SET_BOOT,
                                            ESP_CONFIRM, ESP_REJECT, ESP_BEGIN, BOOT };

    d->target = kind >> 3 & 1;
    must(device_perform(d, acts[kind & 7]));
}

static int boot(struct device *d)
{
    uint64_t erases = d->chip.counts.erases;
    int index = device_boot(d);

    must(d->chip.counts.erases - erases <= 8);
    return index;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct device devices[4];
    static uint32_t fresh[4];
    static uint8_t sectors[BH_OTADATA_LEN];
    struct device *d;
    unsigned which;
    bool any = false;
    int last;

    if (len < 8)
        return 0;
    which = data[0] >> 1 & 3;
    d = &devices[which];
    if (!fresh[which]) {
        device_open(d, (uint8_t[]){ 1, 4, 16, 32 }[which], true, 1);
        fresh[which] = sim_flash_snapshot(&d->chip);
    }
    sim_flash_restore(&d->chip, fresh[which]);
    d->strayed = false;
    d->product.rollback = data[0] & 1;
    d->product.trial_boots = (uint8_t)(1 + data[1] % BH_SELECT_TRIAL_MAX);
    for (int i = BH_ESP_FACTORY; i < 3; i++)
        if (data[0] >> (i + 4) & 1)
            device_damage(d, i);
        else
            any = true;
    memset(sectors, 0xFF, sizeof sectors);
    for (size_t at = 8; at + 8 <= len; at += 8)
        put(sectors, data + at);
    for (uint32_t at = 0; at < sizeof sectors; at += CELL)
        if (!bh_all(sectors + at, 0xFF, CELL))
            sim_flash_fill(&d->chip, OTADATA_OFF + at, sectors + at, CELL);
    must((boot(d) != BH_ESP_NONE) == any);
    for (unsigned i = 2; i < 7; i++) {
        act(d, data[i]);
        if (data[i] & 0x10)
            must((boot(d) != BH_ESP_NONE) == any);
    }
    for (unsigned i = 0; i < BH_SELECT_TRIAL_MAX + 6; i++)
        must((boot(d) != BH_ESP_NONE) == any);
    last = boot(d);
    must(d->power.ops == 0);
    must(boot(d) == last && d->power.ops == 0);
    must(!d->strayed && d->chip.misuse.count == 0);
    return 0;
}
