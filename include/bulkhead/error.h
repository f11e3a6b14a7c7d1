/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/error.h - what can go wrong while doing something, and why an image was refused.
 *
 *     int err = bh_region_read(&slot, 0, header, sizeof header);
 *     if (err) return err;
 *
 * Errors are about operations and are negative. Reasons are about decisions: they are kept in the
 * journal (one byte) and shown by the tool, so that no refusal is without an explanation.
 * Verdicts are neither: see bulkhead/verify.h. */
#ifndef BULKHEAD_ERROR_H
#define BULKHEAD_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BH_MUST_CHECK __attribute__((warn_unused_result))

enum bh_error {
    BH_OK = 0,
    BH_ERR_IO = -1,      /* the flash: a driver reported failure, or the chip does not answer */
    BH_ERR_RANGE = -2,   /* the caller: outside the device or region */
    BH_ERR_ALIGN = -3,   /* the caller: not on a program unit or page border */
    BH_ERR_COMPARE = -4, /* the flash: what was written does not read back */
    BH_ERR_FULL = -5,    /* the product: journal pages too small for even one record */
    BH_ERR_STATE = -6,   /* the caller: not allowed now, for instance staging during a trial */
    BH_ERR_TOO_BIG = -7, /* the caller: image larger than the slot holds */
    BH_ERR_REFUSED = -8, /* the image: see the reason that comes with it */
    BH_ERR_PRODUCT = -9, /* the product: its constants contradict each other */
    BH_ERR_ABSENT = -10, /* what was asked for is not there: no image, no partition, no journal */
    BH_ERR_LATER = -11, /* the board: not now, for instance while the supply is too weak to erase */
};

/* Why an image was refused, or why the last boot did what it did. One byte; stored in the journal,
 * so numbers are never reused. Texts: bh_reason_text(). */
enum bh_reason {
    BH_REASON_NONE = 0,
    /* the image as bytes */
    BH_REASON_NO_IMAGE = 1,          /* erased, or no header magic */
    BH_REASON_HEADER = 2,            /* header fields contradict each other */
    BH_REASON_TOO_BIG = 3,           /* does not fit its slot beside trailer and spare */
    BH_REASON_TLV = 4,               /* a TLV area or entry is malformed or out of bounds */
    BH_REASON_UNSUPPORTED = 5,       /* a flag or format this bootloader has no code for */
    BH_REASON_NO_DIGEST = 6,         /* no digest of the kind the product uses */
    BH_REASON_DIGEST = 7,            /* digest differs: bytes were changed or not all written */
    BH_REASON_NO_SIGNATURE = 8,      /* no signature at all */
    BH_REASON_UNKNOWN_KEY = 9,       /* signed, but by no key of this product */
    BH_REASON_SIGNATURE = 10,        /* signature by a known key is wrong */
    BH_REASON_READ = 11,             /* the flash could not be read */
    BH_REASON_NOT_BOOTABLE = 12,     /* flagged as not to be started by itself */
    BH_REASON_WRONG_SLOT = 13,       /* built for another address */
    BH_REASON_CHECKSUM = 14,         /* the format's own checksum, beside the digest, is wrong */
    BH_REASON_VECTORS = 15,          /* its vector table is where the processor cannot use it */
    BH_REASON_TLV_TWICE = 16,        /* an entry that may be there once is there twice */
    BH_REASON_TLV_LENGTH = 17,       /* an entry has a length that its kind cannot have */
    BH_REASON_TLV_MISSING = 18,      /* an entry that every image has is not there */
    BH_REASON_TLV_ORDER = 19,        /* an unsigned entry is among the signed ones */
    BH_REASON_EMPTY = 30,            /* a payload of no bytes */
    BH_REASON_DELTA = 31,            /* a difference to another image, not an image */
    BH_REASON_ALGORITHM = 32,        /* signed with an algorithm that no bootloader here has */
    BH_REASON_PARTITION_ID = 33,     /* for another partition: a bootloader, or an id of its own */
    BH_REASON_NO_SECOND = 34,        /* the product demands two signatures, and there is one */
    BH_REASON_SECOND_KEY = 35,       /* the second signature is by no second key of this product */
    BH_REASON_SECOND_SIGNATURE = 36, /* the second signature, by a known key, is wrong */
    /* the image against the device */
    BH_REASON_DOWNGRADE =
        20,               /* version lower, or no higher where it must be, and that is forbidden */
    BH_REASON_FLOOR = 21, /* security counter below the rollback floor */
    BH_REASON_NO_COUNTER = 22,    /* a security counter is required and missing */
    BH_REASON_DEPENDENCY = 23,    /* needs another image in another version */
    BH_REASON_PRODUCT_ID = 24,    /* vendor or class UUID of another product */
    BH_REASON_CHIP = 25,          /* built for another chip */
    BH_REASON_CHIP_REVISION = 26, /* built for another revision of the chip */
    /* what happened */
    BH_REASON_NOT_CONFIRMED = 40,    /* trial over without a confirm: reverted */
    BH_REASON_PRIMARY_BAD = 41,      /* primary no longer verifies */
    BH_REASON_JOURNAL_NEW = 42,      /* no journal was found; a new one was begun */
    BH_REASON_JOURNAL_DEAD = 43,     /* journal cannot be written */
    BH_REASON_SECONDARY_DEAD = 44,   /* secondary slot cannot be read or written */
    BH_REASON_NOTHING_BOOTABLE = 45, /* neither slot holds an image that verifies */
    BH_REASON_NO_WAY_BACK = 47,     /* trial over, but the old image is damaged or cannot be read */
    BH_REASON_PRODUCT = 46,         /* product constants contradict each other */
    BH_REASON_PRIMARY_PAGE = 48,    /* a page of a primary slot failed in an update or revert */
    BH_REASON_BACKUP_PAGE = 49,     /* a page of the backup side failed in an update or revert */
    BH_REASON_MAILBOX_PAGE = 50,    /* the mailbox's page could not be erased or written */
    BH_REASON_REPLACED = 51,        /* primary holds another good image than those of the update */
    BH_REASON_STAGED_CHANGED = 52,  /* what was installed is not the image that was verified */
    BH_REASON_JOURNAL_SPOILED = 53, /* a record with a right checksum told what cannot be */
    BH_REASON_JOURNAL_FORMER = 54,  /* journal of a former format version: nothing is written */
    BH_REASON_LAYOUT_CHANGED = 55,  /* journal of another layout; a new one was begun */
    BH_REASON_LAYOUT_IN_USE = 56,   /* journal of another layout in mid-act: nothing is written */
    BH_REASON_CANCELLED = 57,       /* the application took its request back */
    BH_REASON_CANNOT_GO_ON = 58,    /* neither image can be put together: see the fault's page */
    BH_REASON_LATER = 59,           /* the board asked to postpone it */
    /* where otadata chooses */
    BH_REASON_FELL_BACK = 60,    /* the chosen application does not verify: another one started */
    BH_REASON_TABLE = 61,        /* no partition table, or a bad one */
    BH_REASON_OTADATA = 62,      /* otadata is missing, or cannot be read */
    BH_REASON_OTADATA_DEAD = 63, /* otadata cannot be written */
    BH_REASON_OTADATA_FULL = 64, /* no room for the marks of a trial: the choice was refused */
    /* what another bootloader left */
    BH_REASON_FOREIGN_SWAP = 65,    /* its swap was interrupted: nothing is restored or cleared */
    BH_REASON_MAILBOX_UNCLEAR = 66, /* a trial is neither confirmed nor unconfirmed: it ended */
    /* recovery over the console */
    BH_REASON_RECOVERY = 70, /* IDLE: the application asks for it; UPDATING: primary is uploaded */
};

/* One English sentence for a reason; never NULL. In its own file: not linked unless used. */
const char *bh_reason_text(enum bh_reason reason);
/* The same for an error. */
const char *bh_error_text(int err);

#ifdef __cplusplus
}
#endif

#endif
