/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/select.h - A/B on an ESP-IDF partition table: nothing is copied, otadata chooses.
 *
 *     const struct bh_select product = { &chip, BH_TABLE_OFF, BH_TABLE_STRICT, true, 1, policy,
 *                                         &bh_espressif_esp32c3 };
 *     struct bh_select_boot b;
 *     bh_select_run(&product, &inputs, &work, &b);
 *     if (b.action == BH_BOOT_START && b.verdict == BH_VERDICT_GOOD) ... start what is in b.start
 *
 * The records are Espressif's to the byte, so that unmodified ESP-IDF applications go on working.
 * A record that is final vouches for itself: a check in the 20 bytes that Espressif does not use,
 * and a cell after the record. What a record cannot say (how far a trial is) is in marks after the
 * record of the other sector. docs/select.md has the table of decisions and the argument. */
#ifndef BULKHEAD_SELECT_H
#define BULKHEAD_SELECT_H

#include "bulkhead/boot.h"
#include "bulkhead/image_espressif.h"
#include "bulkhead/otadata.h"
#include "bulkhead/table.h"
#include "bulkhead/verify.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Everything that makes it the bootloader of one product. */
struct bh_select {
    const struct bh_flash *flash;
    uint32_t table_off;        /* of the partition table, usually BH_TABLE_OFF */
    enum bh_table_rules rules; /* BH_TABLE_STRICT, unless tables in the field are not */
    bool rollback;             /* NEW is a trial: CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE */
    /* Starts of an unconfirmed application, 1 to BH_SELECT_TRIAL_MAX; ESP-IDF's number is 1. */
    uint8_t trial_boots;
    struct bh_policy policy; /* formats: bh_image_espressif */
    /* What applications must be built for. bh_espressif_any: not looked at. */
    const struct bh_espressif_chip *chip;
    /* Applications run from RAM: bh_select_load() copies their segments to the chip's windows, and
     * one whose segments cannot be copied is refused before it is chosen. */
    bool loads;
};

/* Starts that a trial can have at most, and times that one change is begun before it is given up:
 * the marks of that many fit in a sector, whatever the power does. */
#define BH_SELECT_TRIAL_MAX 8u

/* Do the constants of a product fit together, and is the memory lent enough? BH_OK, or
 * BH_ERR_PRODUCT. The functions below ask it first. */
BH_MUST_CHECK int bh_select_check(const struct bh_select *product, const struct bh_work *work);

/* What only the board knows, at this boot. */
struct bh_select_inputs {
    bool factory_reset; /* pin held: forget otadata */
    bool test_pin;      /* pin held: the test application, or none */
    bool anti_rollback; /* floor counts, and is to be raised */
    uint16_t revision;  /* of the chip: major * 100 + minor */
    uint32_t floor;     /* secure versions below it do not start; of a fresh eFuse: 0 */
};

/* ---- decide ---- */

/* Cells of 32 bytes after a record. Marks are about the record of the other sector, a vouch about
 * the record of its own. Number 5 was a mark of former versions. */
enum bh_select_mark_kind {
    BH_MARK_NONE = 0,
    BH_MARK_BEGIN = 1,   /* a trial begins: the record is being made PENDING_VERIFY */
    BH_MARK_STARTED = 2, /* it is so; the application is started (once for each of these) */
    BH_MARK_OVER = 3,    /* the record counts no more: it is being made ABORTED or INVALID */
    BH_MARK_KEPT = 4,    /* confirmed: the record is being made VALID */
    BH_MARK_VOUCH = 6,   /* the record of this sector is complete, and its state is final */
};

struct bh_select_mark {
    uint8_t kind;   /* the last one */
    uint8_t starts; /* times that STARTED was made since BEGIN; 255: or more */
    uint8_t begun;  /* times in a row that another one was made */
    uint32_t seq;   /* of the record that it is about */
};

/* What a sector says of its own record. */
struct bh_select_vouch {
    bool is;        /* there is one: the last one counts */
    uint32_t seq;   /* of the record that it is about */
    uint32_t state; /* VALID, INVALID or ABORTED: what the record was then */
};

/* What is known of an application so far. */
enum bh_select_look {
    BH_APP_UNKNOWN = 0,
    BH_APP_GOOD,
    BH_APP_BAD,        /* does not verify, or is below the floor: that will not change by itself */
    BH_APP_UNREADABLE, /* the flash failed: next time it may not */
    BH_APP_ABSENT,     /* no row in the table, or one of length 0 */
};

#define BH_SELECT_APPS 18u /* test, factory, ota_0 to ota_15: index + 2 */
#define BH_SELECT_LOW 18u  /* less room for marks than this: move to the other sector */
#define BH_SELECT_FULL 2u  /* less than this: no trial can be begun */
#define BH_SELECT_ONE 1u   /* less than this: nothing more can be said */

struct bh_select_facts {
    bool rollback;
    bool use_marks; /* with rollback, and where a checksum cannot be spoiled */
    uint8_t trial_boots;
    bool factory_reset; /* wanted, and not done yet in this boot */
    bool test_pin;
    bool otadata;    /* is there, and has sectors that can be erased by themselves */
    bool dead;       /* a write to it failed in this boot */
    bool started;    /* this boot's start is accounted for */
    uint8_t n_slots; /* from ota_0 on without a gap, as applications count */
    struct bh_ota_record records[2];
    struct bh_select_mark marks[2];    /* about record i; in the sector of the other one */
    struct bh_select_vouch vouches[2]; /* about record i, in its own sector */
    bool lost[2];                      /* sector i cannot be read: nothing is concluded from it */
    uint8_t room[2];                   /* cells left in sector i */
    uint8_t apps[BH_SELECT_APPS];      /* enum bh_select_look */
};

/* What to do next. After each but START and RECOVER the facts are gathered again. */
enum bh_select_act {
    BH_SELECT_RECOVER = 0, /* nothing can be started */
    BH_SELECT_START,       /* app index */
    BH_SELECT_CHECK,       /* verify app index, to know */
    BH_SELECT_RESET,       /* erase the records that count */
    BH_SELECT_KEEP,        /* mark KEPT, write VALID, vouch */
    BH_SELECT_BEGIN_TRIAL, /* mark BEGIN, write PENDING_VERIFY, mark STARTED */
    BH_SELECT_COUNT_START, /* mark STARTED */
    BH_SELECT_END_TRIAL,   /* mark OVER, write ABORTED, vouch */
    BH_SELECT_RETIRE,      /* mark OVER, write INVALID, vouch: its application does not verify */
    BH_SELECT_RECORD,      /* write a record for what starts instead */
    BH_SELECT_CLEAR,       /* erase a torn record, which might read as a choice at a later boot */
    BH_SELECT_VOUCH,       /* vouch for a record as it is */
};

/* What a record amounts to, its state and the marks about it taken together. */
enum bh_select_standing {
    BH_STANDS_NOT = 0,
    BH_STANDS,        /* chosen, and nothing to do about it */
    BH_STANDS_SOUND,  /* VALID, for which nobody vouches yet */
    BH_STANDS_KEEP,   /* confirmed, and the record does not say so completely */
    BH_STANDS_NEW,    /* a trial is to be begun, or begun again */
    BH_STANDS_TRIAL,  /* starts are left */
    BH_STANDS_END,    /* trial without starts left, and not confirmed */
    BH_STANDS_OVER,   /* over, and the record says so, for which nobody vouches yet */
    BH_STANDS_UNDEAD, /* over, and the record does not say so (yet, or any more) */
};

struct bh_select_decision {
    enum bh_select_act act;
    int index;             /* START, CHECK: which application; as in bulkhead/otadata.h */
    int copy;              /* acts that write: which record */
    uint32_t seq, state;   /* acts that write a record: what */
    enum bh_reason reason; /* BH_REASON_NONE: nothing noteworthy */
};

/* All pure. They never fail, whatever the facts. */
enum bh_select_standing bh_select_standing(const struct bh_select_facts *facts, int copy);
/* The sequence number that a record has, or had before it was torn. */
uint32_t bh_select_seq(const struct bh_select_facts *facts, int copy);
/* The record that counts: 0, 1, or -1. */
int bh_select_top(const struct bh_select_facts *facts);
/* Where a choice goes if none counts: the record that is older, or is none. */
int bh_select_older(const struct bh_select_facts *facts);
/* A sequence number above all there are that means a slot; 0: they have come to their end. */
uint32_t bh_select_next_seq(const struct bh_select_facts *facts, int slot);
void bh_select_decide(const struct bh_select_facts *facts, struct bh_select_decision *out);

/* ---- do ---- */

/* What a boot came to. */
struct bh_select_boot {
    enum bh_boot_action action;
    enum bh_reason reason;     /* why RECOVER, or the last noteworthy thing */
    enum bh_reason refused;    /* why the first application that was looked at and is bad is so */
    int index;                 /* START: 0 to 15: ota_N; BH_ESP_FACTORY; BH_ESP_TEST */
    struct bh_partition start; /* START: where it is */
    struct bh_image image;     /* START: what it is */
    uint32_t verdict;          /* START: BH_VERDICT_GOOD; compare it again just before the jump */
    uint32_t raise_floor;      /* 0, or what the anti-rollback eFuse is to be raised to */
    uint32_t trace;            /* bit n: enum bh_select_act n was done */
};

/* Gather facts, decide, do, until there is something to start or nothing left to try. Always
 * returns; writes nothing outside the two sectors of otadata. */
void bh_select_run(const struct bh_select *product, const struct bh_select_inputs *inputs,
                   struct bh_work *work, struct bh_select_boot *out);

/* If there is something to start, and the product loads: copy its segments to where they belong,
 * all of whose places were looked at before. Then verify the image again, its segments from where
 * they are now, since flash may lie between two reads. boot->image and verdict are then about the
 * copy, and boot->image.load_addr is the entry of what was verified. Or there is nothing to start
 * any more: RECOVER, and the reason. Writes to no flash. */
void bh_select_load(const struct bh_select *product, const struct bh_select_inputs *inputs,
                    struct bh_work *work, struct bh_select_boot *boot);

/* ---- to look at it ---- */

/* What otadata says, without a look at any application. */
struct bh_select_status {
    struct bh_select_facts facts;      /* otadata false: there is none that can be used */
    enum bh_select_standing stands[2]; /* of each record */
    int index[2];                      /* application that it means, or BH_ESP_NONE */
    int top;                           /* the record that counts: 0, 1, or -1 */
    uint8_t starts_left;               /* of that one's trial; 0: it is on none, or at its end */
};

/* BH_ERR_PRODUCT; BH_ERR_REFUSED: no table to be trusted. Writes nothing. */
BH_MUST_CHECK int bh_select_status(const struct bh_select *product, const struct bh_work *work,
                                   struct bh_select_status *out);

/* ---- the application's side, for those that do not have esp_ota_ops.h ---- */

/* All three: BH_ERR_PRODUCT, BH_ERR_REFUSED (no table to be trusted), or an error of the flash. */

/* Start another one from the next boot on: index 0 to 15, or BH_ESP_FACTORY. With rollback it is a
 * trial. BH_ERR_REFUSED: what is there does not verify, see why. BH_ERR_STATE: the one that otadata
 * chooses is itself on trial. BH_ERR_ABSENT: no such application. A cut leaves the old choice, or
 * makes the new one; a choice that was never started may be gone instead, and what is confirmed
 * starts. */
BH_MUST_CHECK int bh_select_set_boot(const struct bh_select *product, int index,
                                     const struct bh_select_inputs *inputs, struct bh_work *work,
                                     enum bh_reason *why);
/* The running application, which is `running`, works: its trial is over. BH_OK too if it was
 * confirmed before. BH_ERR_STATE: otadata chooses another one, or this one once more from the next
 * boot on. BH_ERR_ABSENT: otadata chooses none. */
BH_MUST_CHECK int bh_select_confirm(const struct bh_select *product, int running,
                                    struct bh_work *work);
/* The running application does not work: at the next boot another one starts. BH_ERR_STATE,
 * BH_ERR_ABSENT: as above. BH_ERR_REFUSED: no other one verifies. */
BH_MUST_CHECK int bh_select_reject(const struct bh_select *product, int running,
                                   const struct bh_select_inputs *inputs, struct bh_work *work);

#ifdef __cplusplus
}
#endif

#endif
