/* SPDX-License-Identifier: Apache-2.0 */
/* The two records, and how they are changed.
 *
 *   sector 0:  seq  note  state  crc(seq)     The record with the larger seq counts, unless its
 *   sector 1:  seq  note  state  crc(seq)     state forbids it. slot = (seq - 1) mod n
 *
 * Invariant after every operation, torn ones included: the record that counts is the one that
 * counted before, or the one that is being written, or, where a state is taken back, the other.
 *   select: erase and write the record that does not count, its crc last. Until the last bit
 *           of crc is there the other counts.
 *   state:  if the other record is usable, the active one is erased and written: in between the
 *           other counts, which is where a trial that failed goes anyway. If it is not usable, the
 *           new state goes there with a larger seq for the same slot, and the old record is erased
 *           afterwards, so that no stale state is left to be found.
 * A checksum that leaves the state out has one more trap: an erase that is torn may turn ABORTED
 * into a state that counts, while seq and crc are still there. So before a sector is erased, its
 * crc is programmed to 0, where bytes can be programmed over (NOR flash of unit 1, as all of
 * Espressif's). ESP-IDF erases the only good record for each change of its state. */
#include "bulkhead/bytes.h"
#include "bulkhead/otadata.h"

#include <string.h>

enum { AT_SEQ = 0, AT_NOTE = 4, AT_STATE = 24, AT_CRC = 28 };

#define BLANK 0xFFFFFFFFu

void bh_ota_record_decode(const uint8_t bytes[32], struct bh_ota_record *out)
{
    out->seq = bh_load32(bytes + AT_SEQ);
    out->state = bh_load32(bytes + AT_STATE);
    out->crc = bh_load32(bytes + AT_CRC);
    memcpy(out->note, bytes + AT_NOTE, sizeof out->note);
}

void bh_ota_record_encode(const struct bh_ota_record *r, uint8_t bytes[32])
{
    bh_store32(bytes + AT_SEQ, r->seq);
    memcpy(bytes + AT_NOTE, r->note, sizeof r->note);
    bh_store32(bytes + AT_STATE, r->state);
    bh_store32(bytes + AT_CRC, r->crc);
}

/* The chip's ROM starts from a register of 0, not of all ones: as if 0xFFFFFFFF came before. */
uint32_t bh_ota_crc(uint32_t seq)
{
    uint8_t bytes[4];

    bh_store32(bytes, seq);
    return bh_crc32(BLANK, bytes, sizeof bytes);
}

bool bh_ota_whole(const struct bh_ota_record *r)
{
    return r->seq != BLANK && r->crc == bh_ota_crc(r->seq);
}

bool bh_ota_usable(const struct bh_ota_record *r)
{
    return bh_ota_whole(r) && r->state != BH_OTA_INVALID && r->state != BH_OTA_ABORTED;
}

int bh_ota_active(const struct bh_ota_record *records)
{
    bool first = bh_ota_usable(&records[0]), second = bh_ota_usable(&records[1]);

    if (first && second)
        return records[1].seq > records[0].seq;
    return first ? 0 : second ? 1 : -1;
}

uint32_t bh_ota_slot(const struct bh_ota_record *r, uint32_t n)
{
    return (r->seq - 1) % n;
}

uint32_t bh_ota_next_seq(uint32_t from, uint32_t slot, uint32_t n)
{
    uint32_t ahead = (slot + n - (from - 1) % n) % n;

    return ahead < BLANK - from ? from + ahead : 0;
}

/* What the flash says now. */
static int read_records(struct bh_otadata *o)
{
    uint8_t bytes[BH_OTADATA_RECORD];

    o->active = -1;
    for (uint32_t i = 0; i < 2; i++) {
        int err = bh_region_read(&o->region, i * BH_OTADATA_COPY, bytes, sizeof bytes);

        if (err)
            return err;
        bh_ota_record_decode(bytes, &o->records[i]);
    }
    o->active = bh_ota_active(o->records);
    return BH_OK;
}

int bh_otadata_open(struct bh_otadata *o, const struct bh_region *region, uint32_t n_slots)
{
    memset(o, 0, sizeof *o);
    o->region = *region;
    o->n_slots = n_slots;
    o->active = -1;
    if (region->len < BH_OTADATA_LEN || n_slots == 0)
        return BH_ERR_RANGE;
    return read_records(o);
}

/* Make a whole record one that never counts again, even if the erase that follows is torn. */
static int spoil(const struct bh_otadata *o, int copy)
{
    static const uint8_t zeros[4];

    if (o->region.flash->unit > 1 || !bh_ota_whole(&o->records[copy]))
        return BH_OK;
    return bh_region_program(&o->region, (uint32_t)copy * BH_OTADATA_COPY + AT_CRC, zeros,
                             sizeof zeros);
}

static int erase_copy(const struct bh_otadata *o, int copy)
{
    int err = spoil(o, copy);

    if (err)
        return err;
    return bh_region_erase(&o->region, (uint32_t)copy * BH_OTADATA_COPY, BH_OTADATA_COPY);
}

int bh_ota_record_program(const struct bh_region *sector, const uint8_t bytes[32])
{
    uint8_t now[BH_OTADATA_RECORD];
    uint32_t first = sector->flash->unit > BH_OTADATA_RECORD - AT_CRC ? BH_OTADATA_RECORD : AT_CRC;
    int err = bh_region_program(sector, 0, bytes, first);

    if (!err && first < BH_OTADATA_RECORD)
        err = bh_region_program(sector, first, bytes + first, BH_OTADATA_RECORD - first);
    if (!err)
        err = bh_region_read(sector, 0, now, sizeof now);
    return !err && memcmp(now, bytes, sizeof now) ? BH_ERR_COMPARE : err;
}

/* A fresh record into one copy, whatever was there. */
static int write_copy(struct bh_otadata *o, int copy, uint32_t seq, uint32_t state)
{
    struct bh_ota_record record = { .seq = seq, .state = state, .crc = bh_ota_crc(seq) };
    uint8_t bytes[BH_OTADATA_RECORD];
    struct bh_region sector =
        bh_region_part(&o->region, (uint32_t)copy * BH_OTADATA_COPY, BH_OTADATA_COPY);
    int err = erase_copy(o, copy);

    memset(record.note, 0xFF, sizeof record.note);
    bh_ota_record_encode(&record, bytes);
    if (!err)
        err = bh_ota_record_program(&sector, bytes);
    return err ? err : read_records(o);
}

/* The largest sequence number that is whole, whatever its state. 0: none. */
static uint32_t last_seq(const struct bh_otadata *o)
{
    uint32_t last = 0;

    for (int i = 0; i < 2; i++)
        if (bh_ota_whole(&o->records[i]) && o->records[i].seq > last)
            last = o->records[i].seq;
    return last;
}

/* The record that does not count now shall count from now on. Numbers that have come to their end
 * begin anew, and then count only once the other record is gone. */
static int supersede(struct bh_otadata *o, uint32_t slot, uint32_t state)
{
    int copy = o->active == 0;
    uint32_t last = last_seq(o);
    uint32_t seq = last + 1 ? bh_ota_next_seq(last + 1, slot, o->n_slots) : 0;
    int err = write_copy(o, copy, seq ? seq : slot + 1, state);

    if (!err && o->active != copy) {
        err = erase_copy(o, !copy);
        if (!err)
            err = read_records(o);
    }
    return err;
}

int bh_otadata_select(struct bh_otadata *o, uint32_t slot, uint32_t state)
{
    const struct bh_ota_record *now = &o->records[o->active > 0];

    if (slot >= o->n_slots)
        return BH_ERR_RANGE;
    if (o->active >= 0 && bh_ota_slot(now, o->n_slots) == slot && now->state == state)
        return BH_OK;
    return supersede(o, slot, state);
}

int bh_otadata_state(struct bh_otadata *o, uint32_t state)
{
    int copy = o->active;
    const struct bh_ota_record *now = &o->records[copy > 0];
    int err;

    if (copy < 0)
        return BH_ERR_ABSENT;
    if (now->state == state)
        return BH_OK;
    if (bh_ota_usable(&o->records[!copy]) || state == BH_OTA_INVALID || state == BH_OTA_ABORTED)
        return write_copy(o, copy, now->seq, state);
    err = supersede(o, bh_ota_slot(now, o->n_slots), state);
    if (!err)
        err = erase_copy(o, copy);
    return err ? err : read_records(o);
}

int bh_otadata_erase(struct bh_otadata *o)
{
    int last = o->active == 1;
    int err = erase_copy(o, !last);

    if (!err)
        err = erase_copy(o, last);
    return err ? err : read_records(o);
}
