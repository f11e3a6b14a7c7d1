/* SPDX-License-Identifier: Apache-2.0 */
/* The two sectors of otadata.
 *
 *   sector i:  record i | 127 cells of 32 bytes, appended, never rewritten:
 *                         marks about record !i, vouches for record i
 *
 * ESP-IDF reads and writes the first 32 bytes of a sector only, and erases a sector whole, so the
 * cells are unseen by it and go with the record they are beside.
 *
 *   A record's checksum leaves its state out. An erase that is torn, by us or by the application,
 * can turn PENDING_VERIFY or ABORTED into a state that counts, with sequence number and checksum
 * still there. Against that:
 *
 *   spoil   Before a whole record is erased its checksum is made 0 (bh_ota_sector_erase), where
 *           bytes can be programmed again.
 *   note    VALID, INVALID and ABORTED have a check over sequence number and state in the record.
 *   vouch   A cell after a record says which state is final in it. It is made once the record was
 *           written completely, or was found: whatever else the record then reads as is torn.
 *   mark    Before a record is rewritten, the other sector says what it is to become. A record
 *           that then reads as something else is torn, and is written again.
 *
 * Marks go with the sector they are in, which the next update erases. By then they have said what
 * they had to: a vouch is with the record it is about, and is asked first.
 *
 * Each change is: mark, erase, write, vouch or mark. Nothing is programmed twice between two erases
 * but a checksum that is spoiled. A mark found at boot is stated again before anything rests on it,
 * unless a later entry proves that it is complete.
 *
 * A cell that was torn may look blank, and what is programmed over it may fade. So each kind of
 * cell has its own column in rows of five: what was torn can only be programmed with the same bits,
 * and is complete then, or is left where it is.
 *
 *   cell 1 + 5 n:  BEGIN | STARTED | KEPT | OVER | VOUCH
 *
 * In a row OVER comes after KEPT: a confirm that was torn, and was not seen when the trial ended,
 * does not come after the end of it.
 *
 * A supply that breaks down at the same place of every boot must not erase without end. A boot
 * erases a record after a mark that says so, and marks are counted (BH_SELECT_TRIAL_MAX). Any other
 * erase at boot is counted in the tally: the last cells of a sector, one more for each erase of the
 * other one, made before it. With none left, a boot does not erase.
 *
 *   cell 121 to 127:  tally
 *
 * Nothing takes it back but an application: it erases the sector, or writes a choice there, from
 * which counting starts again. A boot carries it over to where it is not lost. */
#include "records.h"

#include "bulkhead/bytes.h"

#include <string.h>

#define CELL BH_OTADATA_RECORD
#define CELLS (BH_OTADATA_COPY / CELL) /* cell 0 is the record */
#define TALLY_CELLS 7u                 /* the last ones */
#define ROWS_END (CELLS - TALLY_CELLS) /* first cell after all rows */
#define ROW 5u                         /* cells: one of each kind */
#define MARK_MAGIC 0x4D684200u         /* "BhM" above the kind */
#define FORMER_SETTLED 5u              /* "what was marked is done": of former versions */
#define TALLY 7u                       /* a kind of its own: one erase of the other sector */
#define AT_SEQ 4u
#define AT_STATE 8u /* of a vouch */
#define AT_CRC 28u
#define ERASED 0xFFu
#define BLANK 0xFFFFFFFFu /* no record has this sequence number */

int bh_records_open(struct bh_records *r, const struct bh_table *table, bool rollback)
{
    const struct bh_flash *flash = table->flash;
    struct bh_partition p;
    int err = bh_table_find(table, BH_TYPE_DATA, BH_DATA_OTA, 0, &p);

    memset(r, 0, sizeof *r);
    r->marks = rollback || !bh_ota_spoils(flash);
    if (err)
        return err;
    if (p.len != BH_OTADATA_LEN || flash->erased != ERASED || flash->unit > CELL ||
        !bh_flash_whole_pages(flash, p.off, BH_OTADATA_COPY) ||
        !bh_flash_whole_pages(flash, p.off + BH_OTADATA_COPY, BH_OTADATA_COPY))
        return BH_ERR_PRODUCT;
    for (uint32_t i = 0; i < 2; i++)
        r->sector[i] = (struct bh_region){ flash, p.off + i * BH_OTADATA_COPY, BH_OTADATA_COPY };
    return BH_OK;
}

/* ---- reading ---- */

static uint8_t one_more(uint8_t n)
{
    return n < 0xFF ? (uint8_t)(n + 1) : n;
}

/* BEGIN does not come after STARTED: it was torn, and a later boot that did not see it has begun
 * and started before it. Between two trials of one sequence number OVER is said. */
static void mark_decode(struct bh_select_mark *last, uint8_t kind, uint32_t seq)
{
    bool same = last->kind == kind && last->seq == seq;

    if (kind == BH_MARK_BEGIN && last->kind == BH_MARK_STARTED && last->seq == seq)
        return;
    if (kind == BH_MARK_BEGIN || last->seq != seq)
        last->starts = 0;
    if (kind == BH_MARK_STARTED)
        last->starts = one_more(last->starts);
    else
        last->begun = same ? one_more(last->begun) : 1;
    last->kind = kind;
    last->seq = seq;
}

/* Decode a cell, whichever record it is about. A mark about a record that is gone has no meaning
 * for the one that is there now: whoever reads it compares sequence numbers. */
static void cell_decode(const uint8_t cell[CELL], struct bh_select_mark *mark,
                        struct bh_select_vouch *vouch)
{
    uint32_t head = bh_load32(cell), seq = bh_load32(cell + AT_SEQ);

    if (bh_load32(cell + AT_CRC) != bh_crc32(0, cell, AT_CRC) || seq == BLANK)
        return;
    if (head == (MARK_MAGIC | BH_MARK_VOUCH))
        *vouch = (struct bh_select_vouch){ true, seq, bh_load32(cell + AT_STATE) };
    else if (head == (MARK_MAGIC | FORMER_SETTLED))
        mark->kind = BH_MARK_NONE;
    else if (head >= (MARK_MAGIC | BH_MARK_BEGIN) && head <= (MARK_MAGIC | BH_MARK_KEPT))
        mark_decode(mark, (uint8_t)head, seq);
}

/* All cells of a sector, in the order in which they were made. One that cannot be read was torn: it
 * has no meaning, and is not blank. */
static void read_cells(struct bh_records *r, int sector, struct bh_select_facts *f)
{
    uint8_t cell[CELL];

    r->end[sector] = 1;
    for (uint32_t i = 1; r->marks && i < ROWS_END; i++) {
        int err = bh_region_read(&r->sector[sector], i * CELL, cell, sizeof cell);

        if (!err && bh_all(cell, ERASED, sizeof cell))
            continue;
        r->end[sector] = (uint8_t)(i + 1);
        if (!err)
            cell_decode(cell, &f->marks[!sector], &f->vouches[sector]);
    }
}

static void cell_encode(uint8_t cell[CELL], uint32_t kind, uint32_t seq, uint32_t state)
{
    memset(cell, ERASED, CELL);
    bh_store32(cell, MARK_MAGIC | kind);
    bh_store32(cell + AT_SEQ, seq);
    bh_store32(cell + AT_STATE, state);
    bh_store32(cell + AT_CRC, bh_crc32(0, cell, AT_CRC));
}

/* Is this place in the tally used? In a page whose record is whole anything there is a cell, be it
 * torn; what a torn erase has left elsewhere is none. */
static bool counted(const struct bh_records *r, int sector, uint32_t at, bool whole)
{
    uint8_t cell[CELL];
    int err = bh_region_read(&r->sector[sector], at * CELL, cell, sizeof cell);

    if (whole)
        return err || !bh_all(cell, ERASED, sizeof cell);
    return !err && bh_load32(cell) == (MARK_MAGIC | TALLY);
}

/* How many erases of the other sector are counted in this one: the place of the last cell. */
static uint8_t read_tally(const struct bh_records *r, int sector, bool whole)
{
    uint8_t n = TALLY_CELLS;

    while (n && !counted(r, sector, ROWS_END - 1 + n, whole))
        n--;
    return n;
}

/* The cell that is to be programmed with this kind; ROWS_END or more: none is left. */
static uint32_t next_cell(const struct bh_records *r, int sector, enum bh_select_mark_kind kind)
{
    static const uint8_t columns[] = { [BH_MARK_BEGIN] = 0,
                                       [BH_MARK_STARTED] = 1,
                                       [BH_MARK_KEPT] = 2,
                                       [BH_MARK_OVER] = 3,
                                       [BH_MARK_VOUCH] = 4 };
    uint32_t at = r->end[sector];

    while ((at - 1) % ROW != columns[kind])
        at++;
    return at;
}

void bh_records_read(struct bh_records *r, struct bh_select_facts *f)
{
    uint8_t bytes[BH_OTADATA_RECORD];

    f->use_marks = r->marks;
    memset(f->marks, 0, sizeof f->marks);
    memset(f->vouches, 0, sizeof f->vouches);
    for (int i = 0; i < 2; i++) {
        f->lost[i] = bh_region_read(&r->sector[i], 0, bytes, sizeof bytes) != BH_OK;
        if (f->lost[i])
            memset(bytes, ERASED, sizeof bytes);
        bh_ota_record_decode(bytes, &f->records[i]);
    }
    for (int i = 0; i < 2; i++) {
        read_cells(r, i, f);
        f->room[i] = (uint8_t)((ROWS_END - r->end[i]) / ROW);
        r->tally[i] = read_tally(r, i, bh_ota_whole(&f->records[i]));
    }
}

/* ---- writing ---- */

static int program_cell(const struct bh_records *r, int sector, uint32_t at,
                        const uint8_t cell[CELL])
{
    uint8_t now[CELL];
    int err = bh_region_program(&r->sector[sector], at * CELL, cell, CELL);

    if (!err)
        err = bh_region_read(&r->sector[sector], at * CELL, now, sizeof now);
    return !err && memcmp(now, cell, sizeof now) ? BH_ERR_COMPARE : err;
}

/* Bring the tally of a sector to n at least. A place that is not blank was torn: it is skipped. */
static int count(struct bh_records *r, int sector, uint32_t n)
{
    uint8_t cell[CELL];

    if (!r->counts || r->tally[sector] >= n)
        return BH_OK;
    for (; n <= TALLY_CELLS; n++) {
        uint32_t at = ROWS_END - 1 + n;

        if (bh_region_read(&r->sector[sector], at * CELL, cell, sizeof cell) ||
            !bh_all(cell, ERASED, sizeof cell))
            continue;
        r->tally[sector] = (uint8_t)n;
        cell_encode(cell, TALLY, 0, BLANK);
        return program_cell(r, sector, at, cell);
    }
    return BH_ERR_FULL;
}

static bool is_new(const struct bh_select_facts *f, int copy)
{
    return bh_ota_whole(&f->records[copy]) && f->records[copy].state == BH_OTA_NEW;
}

/* The tally that holds. It starts again with a choice that an application has made. */
static uint32_t tally(const struct bh_records *r, const struct bh_select_facts *f)
{
    bool second = is_new(f, 1);

    if (is_new(f, 0) != second)
        return r->tally[second];
    return r->tally[r->tally[1] > r->tally[0]];
}

/* The erase removes this sector's count, so it is written into the other one first. */
static int erase_sector(struct bh_records *r, const struct bh_select_facts *f, int sector)
{
    int err = count(r, !sector, tally(r, f) + !r->said[sector]);

    if (err)
        return err;
    err = bh_ota_sector_erase(&r->sector[sector]);
    r->tally[sector] = 0;
    r->erases++;
    r->end[sector] = 1;
    r->fresh[sector] = !err;
    return err;
}

/* A cell, after all others of its sector. */
static int append(struct bh_records *r, int sector, enum bh_select_mark_kind kind, uint32_t seq,
                  uint32_t state)
{
    uint32_t at = next_cell(r, sector, kind);
    uint8_t cell[CELL];

    if (at >= ROWS_END)
        return BH_ERR_FULL;
    cell_encode(cell, (uint32_t)kind, seq, state);
    r->end[sector] = (uint8_t)(at + 1);
    return program_cell(r, sector, at, cell);
}

static int vouch(struct bh_records *r, int copy, uint32_t seq, uint32_t state)
{
    return r->marks ? append(r, copy, BH_MARK_VOUCH, seq, state) : BH_OK;
}

/* A mark about a record, in the other sector. What is there without a whole record is of unknown
 * making, perhaps an erase that was torn: unless it has marks about this one, it is
 * erased first. */
static int mark(struct bh_records *r, const struct bh_select_facts *f, int copy,
                enum bh_select_mark_kind kind, uint32_t seq)
{
    int sector = !copy, err = BH_OK;

    if (!r->marks)
        return BH_OK;
    if (!r->fresh[sector] && !bh_ota_whole(&f->records[sector]) &&
        (!f->marks[copy].kind || f->marks[copy].seq != seq))
        err = erase_sector(r, f, sector);
    if (!err)
        err = append(r, sector, kind, seq, BLANK);
    r->said[copy] = r->said[copy] || !err;
    return err;
}

/* No state comes after it but by a new choice. */
static bool final(uint32_t state)
{
    return state == BH_OTA_VALID || state == BH_OTA_INVALID || state == BH_OTA_ABORTED;
}

/* A record into one copy, whatever was there. Where its checksum does not come last, a torn one may
 * read as another state: so the mark about what it will be is written into the other sector first,
 * and only once the old record is gone, since that sector may have marks about the old one too. */
static int write(struct bh_records *r, const struct bh_select_facts *f,
                 const struct bh_select_decision *d)
{
    uint32_t counted = tally(r, f);
    int err = erase_sector(r, f, d->copy);

    if (!err && d->state == BH_OTA_NEW)
        err = count(r, d->copy, counted + !r->said[d->copy]);
    if (err)
        return err;
    if (!bh_ota_crc_last(r->sector[0].flash) && d->act == BH_SELECT_RECORD &&
        (d->state == BH_OTA_NEW || d->state == BH_OTA_VALID))
        err = mark(r, f, d->copy, d->state == BH_OTA_NEW ? BH_MARK_BEGIN : BH_MARK_KEPT, d->seq);
    if (err == BH_ERR_FULL) /* the record is to make room */
        err = BH_OK;
    if (!err)
        err = bh_ota_record_program(&r->sector[d->copy], d->seq, d->state);
    if (!err && final(d->state))
        err = vouch(r, d->copy, d->seq, d->state);
    return err;
}

/* ---- what a decision asks for ---- */

/* It is confirmed. The mark is enough where there is no room to write the record again. */
static int keep(struct bh_records *r, const struct bh_select_facts *f,
                const struct bh_select_decision *d)
{
    const struct bh_select_mark *m = &f->marks[d->copy];
    int err = mark(r, f, d->copy, BH_MARK_KEPT, d->seq);

    if (err == BH_ERR_FULL && m->kind == BH_MARK_KEPT && m->seq == d->seq)
        err = BH_OK;
    return err ? err : write(r, f, d);
}

/* A trial begins. Where the other sector has no whole record, its page may be torn, whatever it
 * seems to contain: the choice is in the record, so that page is erased. */
static int begin(struct bh_records *r, const struct bh_select_facts *f,
                 const struct bh_select_decision *d)
{
    const struct bh_select_mark *m = &f->marks[d->copy];
    bool torn = !bh_ota_whole(&f->records[!d->copy]) && !r->fresh[!d->copy];
    int err = BH_OK;

    if (torn && bh_ota_whole(&f->records[d->copy]))
        err = erase_sector(r, f, !d->copy);
    else if (m->kind == BH_MARK_STARTED && m->seq == d->seq)
        err = mark(r, f, d->copy, BH_MARK_OVER, d->seq);
    if (!err)
        err = mark(r, f, d->copy, BH_MARK_BEGIN, d->seq);
    if (!err)
        err = write(r, f, d);
    return err ? err : mark(r, f, d->copy, BH_MARK_STARTED, d->seq);
}

/* It is over. Without room for the mark the record is rewritten all the same. */
static int end(struct bh_records *r, const struct bh_select_facts *f,
               const struct bh_select_decision *d, uint32_t seq)
{
    int err = mark(r, f, d->copy, BH_MARK_OVER, seq);

    if (err && err != BH_ERR_FULL)
        return err;
    return write(r, f, d);
}

/* Vouch for a record as it is. If it is over, the other sector gets a mark too: a torn erase may
 * remove its own vouch together with the state. */
static int vouch_for(struct bh_records *r, const struct bh_select_facts *f,
                     const struct bh_select_decision *d)
{
    const struct bh_select_mark *m = &f->marks[d->copy];
    int err = BH_OK;

    if (d->state != BH_OTA_VALID && (m->kind != BH_MARK_OVER || m->seq != d->seq))
        err = mark(r, f, d->copy, BH_MARK_OVER, d->seq);
    return err && err != BH_ERR_FULL ? err : vouch(r, d->copy, d->seq, d->state);
}

/* Over a record that was given up: it must not come to life again if its erase is torn. A choice
 * that is taken back may, where it cannot become anything but a choice. */
static int replace(struct bh_records *r, const struct bh_select_facts *f,
                   const struct bh_select_decision *d)
{
    const struct bh_ota_record *old = &f->records[d->copy];
    enum bh_select_standing s = bh_select_standing(f, d->copy);

    if (bh_ota_whole(old) && old->seq != d->seq && s != BH_STANDS && s != BH_STANDS_SOUND &&
        (s != BH_STANDS_NEW || !bh_ota_spoils(r->sector[0].flash)))
        return end(r, f, d, old->seq);
    return write(r, f, d);
}

/* Was it given up, and is it one whose erase, if it is torn, could bring it back? Then it stays. */
static bool remains(const struct bh_records *r, const struct bh_select_facts *f, int copy)
{
    return bh_select_standing(f, copy) == BH_STANDS_NOT && bh_ota_whole(&f->records[copy]) &&
           !bh_ota_spoils(r->sector[copy].flash);
}

/* Not confirmed, and one whose erase, if it is torn, could leave a choice that needs no trial. */
static bool untried(const struct bh_records *r, const struct bh_select_facts *f, int copy)
{
    enum bh_select_standing s = bh_select_standing(f, copy);

    return (s == BH_STANDS_NEW || s == BH_STANDS_TRIAL || s == BH_STANDS_END) && f->rollback &&
           !bh_ota_spoils(r->sector[copy].flash);
}

/* The records that count, the one that counts most last: so the choice is as it was, or is gone.
 * Where the sector of the other one remains, its marks would make a record again of one that is
 * gone: OVER is said before. */
static int reset(struct bh_records *r, const struct bh_select_facts *f)
{
    int last = bh_ota_active(f->records) == 1, err = BH_OK;

    for (int i = 0; !err && i < 2; i++) {
        int copy = i ? last : !last;

        if (remains(r, f, copy))
            continue;
        if (untried(r, f, copy)) {
            struct bh_select_decision over = { .act = BH_SELECT_END_TRIAL,
                                               .copy = copy,
                                               .seq = bh_select_seq(f, copy),
                                               .state = BH_OTA_ABORTED };

            err = end(r, f, &over, over.seq);
            continue;
        }
        if (remains(r, f, !copy) && f->marks[copy].kind != BH_MARK_NONE)
            err = mark(r, f, copy, BH_MARK_OVER, bh_select_seq(f, copy));
        if (!err || err == BH_ERR_FULL)
            err = erase_sector(r, f, copy);
    }
    return err;
}

int bh_records_perform(struct bh_records *r, const struct bh_select_facts *f,
                       const struct bh_select_decision *d)
{
    /* a person holds the pin, at each boot */
    r->said[0] = r->said[1] = d->act == BH_SELECT_RESET;
    switch (d->act) {
    case BH_SELECT_RESET: return reset(r, f);
    case BH_SELECT_KEEP: return keep(r, f, d);
    case BH_SELECT_BEGIN_TRIAL: return begin(r, f, d);
    case BH_SELECT_COUNT_START: return mark(r, f, d->copy, BH_MARK_STARTED, d->seq);
    case BH_SELECT_END_TRIAL:
    case BH_SELECT_RETIRE: return end(r, f, d, d->seq);
    case BH_SELECT_RECORD: return replace(r, f, d);
    case BH_SELECT_CLEAR: return erase_sector(r, f, d->copy);
    case BH_SELECT_VOUCH: return vouch_for(r, f, d);
    case BH_SELECT_RECOVER:
    case BH_SELECT_START:
    case BH_SELECT_CHECK: break;
    }
    return BH_OK;
}
