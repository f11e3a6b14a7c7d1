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
 * Espressif's); and a final state has a check of its own in the note. ESP-IDF erases the only good
 * record for each change of its state. */
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

static uint32_t note_check(uint32_t seq, uint32_t state)
{
    uint8_t bytes[12];

    bh_store32(bytes, seq);
    bh_store32(bytes + 4, state);
    bh_store32(bytes + 8, BH_OTA_NOTE_MAGIC);
    return bh_crc32(0, bytes, sizeof bytes);
}

void bh_ota_note(struct bh_ota_record *r)
{
    memset(r->note, 0xFF, sizeof r->note);
    bh_store32(r->note, BH_OTA_NOTE_MAGIC);
    bh_store32(r->note + 4, note_check(r->seq, r->state));
}

uint32_t bh_ota_noted(const struct bh_ota_record *r)
{
    uint32_t state = BH_OTA_PENDING_VERIFY;

    if (bh_load32(r->note) != BH_OTA_NOTE_MAGIC)
        return BH_OTA_UNDEFINED;
    while (state <= BH_OTA_ABORTED && bh_load32(r->note + 4) != note_check(r->seq, state))
        state++;
    return state <= BH_OTA_ABORTED ? state : BH_OTA_UNDEFINED;
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

/* ---- the one writer ---- */

/* Make a whole record one that never counts again, even if the erase that follows is torn. What
 * cannot be read needs no spoiling: it is not whole. */
static int spoil(const struct bh_region *sector)
{
    static const uint8_t zeros[4];
    uint8_t bytes[BH_OTADATA_RECORD];
    struct bh_ota_record r;

    if (!bh_ota_spoils(sector->flash) || bh_region_read(sector, 0, bytes, sizeof bytes))
        return BH_OK;
    bh_ota_record_decode(bytes, &r);
    return bh_ota_whole(&r) ? bh_region_program(sector, AT_CRC, zeros, sizeof zeros) : BH_OK;
}

int bh_ota_sector_erase(const struct bh_region *sector)
{
    int err = spoil(sector);

    return err ? err : bh_region_erase(sector, 0, BH_OTADATA_COPY);
}

int bh_ota_record_program(const struct bh_region *sector, uint32_t seq, uint32_t state)
{
    struct bh_ota_record r = { .seq = seq, .state = state, .crc = bh_ota_crc(seq) };
    uint32_t first = bh_ota_crc_last(sector->flash) ? AT_CRC : BH_OTADATA_RECORD;
    uint8_t bytes[BH_OTADATA_RECORD], now[BH_OTADATA_RECORD];
    int err;

    if (state >= BH_OTA_PENDING_VERIFY && state <= BH_OTA_ABORTED)
        bh_ota_note(&r);
    else
        memset(r.note, 0xFF, sizeof r.note);
    bh_ota_record_encode(&r, bytes);
    err = bh_region_program(sector, 0, bytes, first);
    if (!err && first < BH_OTADATA_RECORD)
        err = bh_region_program(sector, first, bytes + first, BH_OTADATA_RECORD - first);
    if (!err)
        err = bh_region_read(sector, 0, now, sizeof now);
    return !err && memcmp(now, bytes, sizeof now) ? BH_ERR_COMPARE : err;
}

/* ---- the two records ---- */

static int erase_copy(const struct bh_otadata *o, int copy)
{
    struct bh_region sector =
        bh_region_part(&o->region, (uint32_t)copy * BH_OTADATA_COPY, BH_OTADATA_COPY);

    return bh_ota_sector_erase(&sector);
}

/* A fresh record into one copy, whatever was there. */
static int write_copy(struct bh_otadata *o, int copy, uint32_t seq, uint32_t state)
{
    struct bh_region sector =
        bh_region_part(&o->region, (uint32_t)copy * BH_OTADATA_COPY, BH_OTADATA_COPY);
    int err = bh_ota_sector_erase(&sector);

    if (!err)
        err = bh_ota_record_program(&sector, seq, state);
    return err ? err : read_records(o);
}

/* A sequence number that counts more than all there are, for a slot. 0: they have come to their
 * end. */
static uint32_t next_seq(const struct bh_otadata *o, uint32_t slot)
{
    uint32_t last = 0;

    for (int i = 0; i < 2; i++)
        if (bh_ota_whole(&o->records[i]) && o->records[i].seq > last)
            last = o->records[i].seq;
    return last == BLANK - 1 ? 0 : bh_ota_next_seq(last + 1, slot, o->n_slots);
}

/* Numbers have come to their end: the record that counts begins with its slot's first one again. It
 * goes to the other sector, and counts there once the old one is gone, which says the same. */
static int renumber(struct bh_otadata *o)
{
    int old = o->active, err = BH_OK;
    const struct bh_ota_record *now = &o->records[old > 0];

    if (old >= 0)
        err = write_copy(o, !old, bh_ota_slot(now, o->n_slots) + 1, now->state);
    if (!err)
        err = erase_copy(o, old > 0);
    if (!err && old < 0)
        err = erase_copy(o, 1);
    return err ? err : read_records(o);
}

/* The record that does not count now shall count from now on. */
static int supersede(struct bh_otadata *o, uint32_t slot, uint32_t state)
{
    int err = next_seq(o, slot) ? BH_OK : renumber(o);

    return err ? err : write_copy(o, o->active == 0, next_seq(o, slot), state);
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
        err = erase_copy(o, o->active == 0);
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
