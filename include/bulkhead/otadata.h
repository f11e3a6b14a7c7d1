/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/otadata.h - Espressif's note of which application starts: two records in two sectors.
 *
 *     struct bh_otadata ota;
 *     err = bh_otadata_open(&ota, &region, n_slots);
 *     if (!err) err = bh_otadata_select(&ota, 1, BH_OTA_NEW);     ... start ota_1 from now on
 *     if (!err) err = bh_otadata_confirm(&ota);                   ... after the trial
 *
 * A record's checksum covers its sequence number only, never its state, so a state is never
 * changed in place where the other record could not take over: see src/select/otadata.c. */
#ifndef BULKHEAD_OTADATA_H
#define BULKHEAD_OTADATA_H

#include "bulkhead/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_OTADATA_LEN 0x2000u /* two sectors, a record at the start of each */
#define BH_OTADATA_COPY 0x1000u
#define BH_OTADATA_RECORD 32u
#define BH_OTA_SLOTS_MAX 16u

enum bh_ota_state {
    BH_OTA_NEW = 0,
    BH_OTA_PENDING_VERIFY = 1, /* started once; the next start without a confirm is the end of it */
    BH_OTA_VALID = 2,
    BH_OTA_INVALID = 3, /* the application said so */
    BH_OTA_ABORTED = 4, /* it was not confirmed */
};
#define BH_OTA_UNDEFINED 0xFFFFFFFFu /* one more: rollback is not in use */

/* Where an application lies, as bootloaders number them: 0 to 15 is ota_N. */
enum { BH_ESP_FACTORY = -1, BH_ESP_TEST = -2, BH_ESP_NONE = -99 };

struct bh_ota_record {
    uint32_t seq;     /* the larger one counts; 0xFFFFFFFF: blank */
    uint32_t state;   /* enum bh_ota_state, or anything: what is none of them may start */
    uint32_t crc;     /* of seq only */
    uint8_t note[20]; /* unused by Espressif, and kept when it writes a record: see below */
};

/* Note: a check over sequence number and state, which Espressif's checksum does not cover.
 *   0: BH_OTA_NOTE_MAGIC | 4: CRC-32 (IEEE) of seq, state and the magic, as stored | 8: 12 x FF */
#define BH_OTA_NOTE_MAGIC 0x53684200u /* "\0BhS" */
void bh_ota_note(struct bh_ota_record *r);
/* The state for which the note was made, of this sequence number: PENDING_VERIFY, VALID, INVALID or
 * ABORTED; UNDEFINED: for none of them. If it is the record's own state, the record vouches for
 * itself. */
uint32_t bh_ota_noted(const struct bh_ota_record *r);

void bh_ota_record_decode(const uint8_t bytes[32], struct bh_ota_record *out);
void bh_ota_record_encode(const struct bh_ota_record *r, uint8_t bytes[32]);
uint32_t bh_ota_crc(uint32_t seq);
/* Is it whole? Says nothing about its state. */
bool bh_ota_whole(const struct bh_ota_record *r);
/* Whole, and neither INVALID nor ABORTED. */
bool bh_ota_usable(const struct bh_ota_record *r);
/* Which of the two records at `records` counts: 0, 1, or -1 for none. Equal sequence numbers: 0. */
int bh_ota_active(const struct bh_ota_record *records);
/* The slot a record means, of n (not 0). Sequence number 0 means the slot that ESP-IDF takes. */
uint32_t bh_ota_slot(const struct bh_ota_record *r, uint32_t n);
/* The smallest sequence number >= from (not 0) that means slot, of n; 0 if there is none. */
uint32_t bh_ota_next_seq(uint32_t from, uint32_t slot, uint32_t n);

/* The one way in which a record is made to go, and the one in which another one comes. */
/* Can a record be spoiled before it is erased? Where bytes can be programmed again: NOR flash of
 * unit 1, as all of Espressif's. */
static inline bool bh_ota_spoils(const struct bh_flash *flash)
{
    return flash->unit == 1;
}
/* Does the checksum of a record come last? Where program units are that small. */
static inline bool bh_ota_crc_last(const struct bh_flash *flash)
{
    return flash->unit <= 4;
}
/* Erase a sector. If it holds a whole record, its checksum is made 0 first, where that can be: so
 * an erase that is torn leaves nothing that counts. */
BH_MUST_CHECK int bh_ota_sector_erase(const struct bh_region *sector);
/* Program a record into a sector that is erased, and read it back. The checksum comes last where it
 * can: torn on the way, the record does not count. VALID, INVALID, ABORTED and PENDING_VERIFY get
 * their note. */
BH_MUST_CHECK int bh_ota_record_program(const struct bh_region *sector, uint32_t seq,
                                        uint32_t state);

struct bh_otadata {
    struct bh_region region;
    uint32_t n_slots;
    struct bh_ota_record records[2];
    int active; /* 0, 1, or -1 */
};

/* Read both records. BH_ERR_RANGE: region is smaller than two sectors, or no slots. */
BH_MUST_CHECK int bh_otadata_open(struct bh_otadata *o, const struct bh_region *region,
                                  uint32_t n_slots);

/* Start a slot from now on. Nothing is written if the active record says so already, in this
 * state. A cut leaves the choice as it was, or makes it. BH_ERR_RANGE: no such slot. */
BH_MUST_CHECK int bh_otadata_select(struct bh_otadata *o, uint32_t slot, uint32_t state);
/* The active record's state becomes another: VALID, PENDING_VERIFY, INVALID, ABORTED. A cut leaves
 * the old state, or the other record's choice, or the new state. BH_ERR_ABSENT: no active
 * record. */
BH_MUST_CHECK int bh_otadata_state(struct bh_otadata *o, uint32_t state);
static inline int bh_otadata_confirm(struct bh_otadata *o)
{
    return bh_otadata_state(o, BH_OTA_VALID);
}
/* Both records blank: the factory application starts, or ota_0. The one that does not count first:
 * what was given up does not come back. */
BH_MUST_CHECK int bh_otadata_erase(struct bh_otadata *o);

#ifdef __cplusplus
}
#endif

#endif
