/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/recovery.h - a device that takes an image over its console.
 *
 *     bh_recovery_open(&r, &work, boot.action == BH_BOOT_START);
 *     bh_smp_server_open(&s, &r, frame, sizeof frame, put, NULL);
 *     while (!r.reset)
 *         bh_smp_server(&s, &product, port_console_read(BH_SMP_SILENCE_MS));
 *     reset();
 *
 * An image that is uploaded is staged in the secondary slot and asked for, and the next boot
 * installs it as it does any other: verified by the same policy, above the same floor. So a broken
 * upload, a wrong image or a power cut never costs the image that works. Only where nothing can be
 * started and nothing can be staged, it goes to the primary slot, which the next boot verifies
 * before it starts it.
 *
 * Two protocols, each in a file of its own: MCUmgr's SMP, and XMODEM with YMODEM's file length.
 * The product is an argument of its own everywhere: a link that optimises then sees it in every
 * function. Both are given one byte at a time, or -1 when none came in time, and wait for nothing
 * themselves. docs/recovery.md says what clients do; docs/formats/smp.md has the bytes. */
#ifndef BULKHEAD_RECOVERY_H
#define BULKHEAD_RECOVERY_H

#include "bulkhead/app.h"
#include "bulkhead/smp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- where an upload goes ---- */

struct bh_recovery {
    struct bh_work *work; /* lent: BH_WORK_MIN or more, and what any program unit needs */
    bool startable;       /* the primary slot verified in this boot: nothing is to be lost */
    bool reset;           /* the client asked for a reset, or the upload is over (XMODEM) */
    bool open;            /* an upload is under way */
    bool direct;          /* it goes to the primary slot */
    uint8_t pair;
    uint32_t len, off; /* bytes announced; bytes taken so far */
    uint32_t asked;    /* bit i: an image for pair i was uploaded, and the next boot is asked */
    uint32_t dead;     /* bit i: the secondary slot of pair i failed: no way leads over it */
    struct bh_stage stage;
};

/* Did the application ask for a recovery (bh_app_recover)? Then it is asked for no more. After
 * bh_boot_run(), of boot.journal. */
bool bh_recovery_asked(struct bh_journal *j);

/* startable: bh_boot_run() found something to start. The memory is lent until the reset. */
void bh_recovery_open(struct bh_recovery *r, struct bh_work *work, bool startable);

/* Make ready for an image of len bytes. What was uploaded before for this pair is lost. Pages of
 * more than 4 KB are erased now, smaller ones as data comes: each answer but the first comes soon.
 * BH_ERR_STATE during an update, a trial or a revert while the primary slot verifies: the secondary
 * slot holds the way back. Other errors as bh_stage_begin(). */
BH_MUST_CHECK int bh_recovery_begin(struct bh_recovery *r, const struct bh_product *product,
                                    uint32_t pair, uint32_t len);
/* The next bytes. After an error the upload is over. BH_ERR_TOO_BIG: more than announced. */
BH_MUST_CHECK int bh_recovery_write(struct bh_recovery *r, const void *data, uint32_t len);
/* All bytes came: look at their SHA-256, if the client named it, and ask the next boot for the
 * image: on trial if the primary slot holds one to go back to, otherwise for good. sha: 32 bytes,
 * or NULL. BH_ERR_REFUSED: the SHA-256 differs. */
BH_MUST_CHECK int bh_recovery_end(struct bh_recovery *r, const struct bh_product *product,
                                  const uint8_t *sha);
/* Can bh_recovery_end() look at a SHA-256? Products with another hash do not have that code. */
bool bh_recovery_hashes(const struct bh_product *product);

/* ---- MCUmgr's SMP ---- */

#define BH_SMP_SILENCE_MS 500u /* after so long without a byte a line that was begun is dropped */

struct bh_smp_server {
    struct bh_recovery *r;
    struct bh_smp_in in;
    bh_put_fn *put;
    void *context;
    bool has_sha; /* of the upload under way */
    uint8_t sha[32];
};

/* frame: requests and answers; 512 bytes or more. */
void bh_smp_server_open(struct bh_smp_server *s, struct bh_recovery *r, uint8_t *frame,
                        uint32_t frame_len, bh_put_fn *put, void *context);
/* A byte of the wire, or -1: none came for BH_SMP_SILENCE_MS. */
void bh_smp_server(struct bh_smp_server *s, const struct bh_product *product, int c);

/* ---- XMODEM, XMODEM-1K and YMODEM ---- */

#define BH_XMODEM_BLOCK 1024u

struct bh_xmodem {
    struct bh_recovery *r;
    uint8_t *block; /* BH_XMODEM_BLOCK bytes, lent */
    bh_put_fn *put;
    void *context;
    uint32_t wait_ms;  /* how long to wait for the next byte */
    uint32_t crc, len; /* of this block */
    uint32_t got;      /* bytes of it */
    uint32_t left;     /* YMODEM: bytes of the file still to come; otherwise UINT32_MAX */
    uint8_t at;        /* where in a block, or between two */
    uint8_t number;    /* of this block */
    uint8_t next;      /* of the block that is to come */
    uint8_t errors;    /* in a row */
    bool begun;        /* a block of the file has come */
    bool batch;        /* YMODEM: a block 0 has come */
    bool over;         /* YMODEM: the file is there; an empty block 0 is to follow */
    bool cancel;       /* the last byte between blocks was a CAN */
};

void bh_xmodem_open(struct bh_xmodem *x, struct bh_recovery *r, uint8_t *block, bh_put_fn *put,
                    void *context);
/* A byte of the wire, or -1: none came for x->wait_ms. */
void bh_xmodem(struct bh_xmodem *x, const struct bh_product *product, int c);

#ifdef __cplusplus
}
#endif

#endif
