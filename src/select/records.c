/* SPDX-License-Identifier: Apache-2.0 */
/* The two sectors of otadata.
 *
 *   sector i:  record i | 127 cells of 32 bytes: marks about record !i, appended, never rewritten
 *
 * ESP-IDF reads and writes the first 32 bytes of a sector only, and erases a sector whole, so the
 * marks are unseen by it and go with the record they stand beside. What they are good for:
 *
 *   A record's checksum leaves its state out. An erase that is torn, by us or by the application,
 * can turn PENDING_VERIFY or ABORTED into a state that counts, with sequence number and checksum
 * still there. So before record i is rewritten, the other sector says what it is to become. A
 * record that then reads as something else is torn, and is written anew.
 *
 * Each change is: mark, rewrite, mark. Nothing is programmed twice between two erases. The checksum
 * is programmed after the rest of a record, so a record that is whole has its state completely. A
 * mark found at boot is stated again before anything rests on it, unless a later one proves that it
 * is complete.
 *
 * A mark that was torn may look blank. If it was not the first of its power-up, it is the cell
 * behind the last one that is not blank, and is skipped. If it was the first, then an application's
 * is one cell further on and a bootloader's two, each behind its own gap: so neither programs over
 * the other's, and the next bootloader, which finds what the last one found, programs the same bits
 * again. */
#include "records.h"

#include "bulkhead/bytes.h"

#include <string.h>

#define CELL BH_OTADATA_RECORD
#define CELLS (BH_OTADATA_COPY / CELL) /* cell 0 is the record */
#define MARK_MAGIC 0x4D684200u         /* "BhM" above the kind */
#define AT_SEQ 4u
#define AT_CRC 28u
#define ERASED 0xFFu

int bh_records_open(struct bh_records *r, const struct bh_table *table, bool marks, uint8_t skip)
{
    const struct bh_flash *flash = table->flash;
    struct bh_partition p;
    int err = bh_table_find(table, BH_TYPE_DATA, BH_DATA_OTA, 0, &p);

    memset(r, 0, sizeof *r);
    r->marks = marks;
    r->skip = skip;
    if (err)
        return err;
    if (p.len < BH_OTADATA_LEN || flash->erased != ERASED ||
        !bh_flash_whole_pages(flash, p.off, BH_OTADATA_COPY) ||
        !bh_flash_whole_pages(flash, p.off + BH_OTADATA_COPY, BH_OTADATA_COPY))
        return BH_ERR_PRODUCT;
    for (uint32_t i = 0; i < 2; i++)
        r->sector[i] = (struct bh_region){ flash, p.off + i * BH_OTADATA_COPY, BH_OTADATA_COPY };
    return BH_OK;
}

/* ---- reading ---- */

static void mark_decode(const uint8_t cell[CELL], struct bh_select_mark *last)
{
    uint32_t head = bh_load32(cell), seq = bh_load32(cell + AT_SEQ);
    uint8_t kind = (uint8_t)head;

    if ((head & ~0xFFu) != MARK_MAGIC || bh_load32(cell + AT_CRC) != bh_crc32(0, cell, AT_CRC))
        return;
    if (kind == BH_MARK_BEGIN || seq != last->seq)
        last->starts = 0;
    if (kind == BH_MARK_STARTED && last->starts < 0xFF)
        last->starts++;
    last->kind = kind;
    last->seq = seq;
}

/* All marks in a sector, in the order in which they were made. */
static int read_marks(struct bh_records *r, int sector, struct bh_select_mark *last)
{
    uint8_t cell[CELL];

    r->end[sector] = 1;
    memset(last, 0, sizeof *last);
    for (uint32_t i = 1; r->marks && i < CELLS; i++) {
        int err = bh_region_read(&r->sector[sector], i * CELL, cell, sizeof cell);

        if (err)
            return err;
        if (bh_all(cell, ERASED, sizeof cell))
            continue;
        r->end[sector] = (uint8_t)(i + 1);
        mark_decode(cell, last);
    }
    return BH_OK;
}

/* The next cell to be programmed. */
static uint32_t next_cell(const struct bh_records *r, int sector)
{
    return r->end[sector] + (r->appended[sector] ? 0u : r->skip);
}

int bh_records_read(struct bh_records *r, struct bh_select_facts *f)
{
    uint8_t bytes[BH_OTADATA_RECORD];

    for (int i = 0; i < 2; i++) {
        int err = bh_region_read(&r->sector[i], 0, bytes, sizeof bytes);

        if (!err)
            err = read_marks(r, i, &f->marks[!i]);
        if (err)
            return err;
        bh_ota_record_decode(bytes, &f->records[i]);
        f->room[i] = (uint8_t)(CELLS - bh_min(next_cell(r, i), CELLS));
    }
    return BH_OK;
}

/* ---- writing ---- */

static int erase_sector(struct bh_records *r, int sector)
{
    int err = bh_region_erase(&r->sector[sector], 0, BH_OTADATA_COPY);

    r->end[sector] = 1;
    r->appended[sector] = !err;
    return err;
}

static int read_back(const struct bh_region *sector, uint32_t off, const uint8_t bytes[CELL])
{
    uint8_t now[CELL];
    int err = bh_region_read(sector, off, now, sizeof now);

    if (!err && memcmp(now, bytes, sizeof now))
        err = BH_ERR_COMPARE;
    return err;
}

int bh_records_write(struct bh_records *r, int copy, uint32_t seq, uint32_t state)
{
    struct bh_ota_record record = { .seq = seq, .state = state, .crc = bh_ota_crc(seq) };
    uint8_t bytes[BH_OTADATA_RECORD];
    int err = erase_sector(r, copy);

    memset(record.note, ERASED, sizeof record.note);
    bh_ota_record_encode(&record, bytes);
    return err ? err : bh_ota_record_program(&r->sector[copy], bytes);
}

/* A mark about a record, in the other sector. What lies there without a whole record is of unknown
 * making, perhaps an erase that was torn: unless it has marks about this one, it is
 * erased first. */
static int mark(struct bh_records *r, const struct bh_select_facts *f, int copy,
                enum bh_select_mark_kind kind, uint32_t seq)
{
    int sector = !copy, err = BH_OK;
    uint8_t cell[CELL];
    uint32_t at;

    if (!r->marks)
        return BH_OK;
    if (!r->appended[sector] && !bh_ota_whole(&f->records[sector]) &&
        (!f->marks[copy].kind || f->marks[copy].seq != seq))
        err = erase_sector(r, sector);
    at = next_cell(r, sector);
    if (!err && at >= CELLS)
        err = BH_ERR_FULL;
    if (err)
        return err;
    memset(cell, ERASED, sizeof cell);
    bh_store32(cell, MARK_MAGIC | (uint32_t)kind);
    bh_store32(cell + AT_SEQ, seq);
    bh_store32(cell + AT_CRC, bh_crc32(0, cell, AT_CRC));
    r->appended[sector] = true;
    r->end[sector] = (uint8_t)(at + 1);
    err = bh_region_program(&r->sector[sector], at * CELL, cell, sizeof cell);
    return err ? err : read_back(&r->sector[sector], at * CELL, cell);
}

/* ---- what a decision says ---- */

/* The trial: said before, done, said after. */
static int framed(struct bh_records *r, const struct bh_select_facts *f,
                  const struct bh_select_decision *d, enum bh_select_mark_kind before,
                  enum bh_select_mark_kind after)
{
    int err = mark(r, f, d->copy, before, d->seq);

    if (!err)
        err = bh_records_write(r, d->copy, d->seq, d->state);
    return err ? err : mark(r, f, d->copy, after, d->seq);
}

/* Without room for the mark the record is rewritten all the same. */
static int end(struct bh_records *r, const struct bh_select_facts *f,
               const struct bh_select_decision *d)
{
    int err = mark(r, f, d->copy, BH_MARK_OVER, d->seq);

    if (err && err != BH_ERR_FULL)
        return err;
    return bh_records_write(r, d->copy, d->seq, d->state);
}

/* Over a record that was given up: it must not come to life again if its erase is torn. */
static int replace(struct bh_records *r, const struct bh_select_facts *f,
                   const struct bh_select_decision *d)
{
    const struct bh_ota_record *old = &f->records[d->copy];
    int err = BH_OK;

    if (bh_ota_whole(old) && bh_select_standing(f, d->copy) != BH_STANDS)
        err = mark(r, f, d->copy, BH_MARK_OVER, old->seq);
    if (err && err != BH_ERR_FULL)
        return err;
    return bh_records_write(r, d->copy, d->seq, d->state);
}

/* The one that does not count first, so that the choice stands or is gone. */
static int reset(struct bh_records *r, const struct bh_select_facts *f)
{
    int last = bh_ota_active(f->records) == 1;
    int err = erase_sector(r, !last);

    return err ? err : erase_sector(r, last);
}

int bh_records_perform(struct bh_records *r, const struct bh_select_facts *f,
                       const struct bh_select_decision *d)
{
    switch (d->act) {
    case BH_SELECT_RESET: return reset(r, f);
    case BH_SELECT_KEEP: return framed(r, f, d, BH_MARK_KEPT, BH_MARK_SETTLED);
    case BH_SELECT_BEGIN_TRIAL: return framed(r, f, d, BH_MARK_BEGIN, BH_MARK_STARTED);
    case BH_SELECT_COUNT_START: return mark(r, f, d->copy, BH_MARK_STARTED, d->seq);
    case BH_SELECT_END_TRIAL:
    case BH_SELECT_RETIRE: return end(r, f, d);
    case BH_SELECT_RECORD: return replace(r, f, d);
    case BH_SELECT_CLEAR: return erase_sector(r, d->copy);
    case BH_SELECT_RECOVER:
    case BH_SELECT_START:
    case BH_SELECT_CHECK: break;
    }
    return BH_OK;
}
