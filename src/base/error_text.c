/* SPDX-License-Identifier: Apache-2.0 */
/* Texts for people. A bootloader that shows none does not link this file. */
#include "bulkhead/error.h"

struct text {
    int number;
    const char *text;
};

static const struct text reasons[] = {
    { BH_REASON_NONE, "nothing to report" },
    { BH_REASON_NO_IMAGE, "no image: erased flash, or no header magic" },
    { BH_REASON_HEADER, "image header contradicts itself" },
    { BH_REASON_TOO_BIG, "image does not fit its slot beside trailer and spare" },
    { BH_REASON_TLV, "TLV area malformed or out of bounds" },
    { BH_REASON_UNSUPPORTED, "image needs a feature this bootloader does not have" },
    { BH_REASON_NO_DIGEST, "image carries no digest of the kind this product uses" },
    { BH_REASON_DIGEST, "digest differs: image changed or not completely written" },
    { BH_REASON_NO_SIGNATURE, "image is not signed" },
    { BH_REASON_UNKNOWN_KEY, "image is signed, but by no key of this product" },
    { BH_REASON_SIGNATURE, "signature is wrong" },
    { BH_REASON_READ, "flash could not be read" },
    { BH_REASON_NOT_BOOTABLE, "image is flagged as not bootable by itself" },
    { BH_REASON_CHECKSUM, "checksum of the image is wrong" },
    { BH_REASON_WRONG_SLOT, "image was built for another address" },
    { BH_REASON_VECTORS, "vector table is at no multiple of what the processor needs" },
    { BH_REASON_TLV_TWICE, "an entry that may be there once is there twice" },
    { BH_REASON_TLV_LENGTH, "an entry has a length that its kind cannot have" },
    { BH_REASON_TLV_MISSING, "an entry that every image has is missing: version or type" },
    { BH_REASON_TLV_ORDER, "a signature is among the entries that the digest covers" },
    { BH_REASON_EMPTY, "image has a payload of no bytes" },
    { BH_REASON_DELTA, "image is a difference to another one, not a whole image" },
    { BH_REASON_ALGORITHM, "image is signed with an algorithm that Bulkhead cannot verify" },
    { BH_REASON_NO_SECOND, "image has no second signature" },
    { BH_REASON_SECOND_KEY, "second signature is by no second key of this product" },
    { BH_REASON_SECOND_SIGNATURE, "second signature is wrong" },
    { BH_REASON_PARTITION_ID, "image is for another partition, not an application to be started" },
    { BH_REASON_DOWNGRADE, "version is lower than the running one, or no higher where it must be" },
    { BH_REASON_FLOOR, "security counter is below the rollback floor" },
    { BH_REASON_NO_COUNTER, "image carries no security counter, and this product demands one" },
    { BH_REASON_DEPENDENCY, "image needs another image in a version that is not there" },
    { BH_REASON_CHIP, "image was built for another chip" },
    { BH_REASON_CHIP_REVISION, "image was built for another revision of the chip" },
    { BH_REASON_PRODUCT_ID, "image is for another vendor or class of product" },
    { BH_REASON_NOT_CONFIRMED, "new image was not confirmed within its trial" },
    { BH_REASON_PRIMARY_BAD, "image in the primary slot no longer verified" },
    { BH_REASON_JOURNAL_NEW, "no journal was found; a new one was begun" },
    { BH_REASON_JOURNAL_DEAD, "journal cannot be written" },
    { BH_REASON_SECONDARY_DEAD, "secondary slot cannot be read or written" },
    { BH_REASON_NOTHING_BOOTABLE, "no slot holds an image that verifies" },
    { BH_REASON_NO_WAY_BACK,
      "trial is over, but the old image is damaged or cannot be read: the new one goes on" },
    { BH_REASON_PRODUCT, "product constants contradict each other" },
    { BH_REASON_PRIMARY_PAGE, "a page of the primary slot failed" },
    { BH_REASON_BACKUP_PAGE, "a page of the secondary slot or the spare failed" },
    { BH_REASON_MAILBOX_PAGE, "the mailbox's page could not be erased or written" },
    { BH_REASON_REPLACED, "primary holds a good image that is not of this update: it stays" },
    { BH_REASON_STAGED_CHANGED, "what was installed is not the image that was verified" },
    { BH_REASON_JOURNAL_SPOILED, "the journal held a record that cannot be true: it was ignored" },
    { BH_REASON_JOURNAL_FORMER,
      "the journal has a former format version: nothing is written until it is erased" },
    { BH_REASON_LAYOUT_CHANGED, "the journal was of another layout; a new one was begun" },
    { BH_REASON_LAYOUT_IN_USE, "an update of another layout is under way: nothing is written" },
    { BH_REASON_CANCELLED, "the application took its request back" },
    { BH_REASON_CANNOT_GO_ON, "an update cannot go on: neither image can be put together" },
    { BH_REASON_LATER, "the board asked to postpone the update" },
    { BH_REASON_FELL_BACK, "chosen application does not verify: another one was started" },
    { BH_REASON_TABLE, "partition table is missing or bad" },
    { BH_REASON_OTADATA, "otadata is missing or cannot be read" },
    { BH_REASON_OTADATA_DEAD, "otadata cannot be written" },
    { BH_REASON_OTADATA_FULL,
      "otadata has no room to account for a trial: the choice was refused" },
    { BH_REASON_FOREIGN_SWAP, "another bootloader's swap was interrupted: its pieces are kept" },
    { BH_REASON_MAILBOX_UNCLEAR,
      "the mailbox neither confirms the trial nor tells of one: the new image stays" },
    { BH_REASON_RECOVERY, "recovery over the console was asked for, or writes the primary slot" },
};

static const struct text errors[] = {
    { BH_OK, "no error" },
    { BH_ERR_IO, "flash device failed or does not answer" },
    { BH_ERR_RANGE, "outside the device or region" },
    { BH_ERR_ALIGN, "not on a program unit or page border" },
    { BH_ERR_COMPARE, "what was written does not read back" },
    { BH_ERR_FULL, "journal pages are too small" },
    { BH_ERR_STATE, "not allowed in the present state" },
    { BH_ERR_TOO_BIG, "image is larger than the slot holds" },
    { BH_ERR_REFUSED, "image was refused" },
    { BH_ERR_PRODUCT, "product constants contradict each other" },
    { BH_ERR_ABSENT, "not there" },
    { BH_ERR_LATER, "the board does not allow it now; try again later" },
};

static const char *find(const struct text *texts, unsigned n, int number)
{
    for (unsigned i = 0; i < n; i++)
        if (texts[i].number == number)
            return texts[i].text;
    return "unknown to this version of Bulkhead";
}

const char *bh_reason_text(enum bh_reason reason)
{
    return find(reasons, sizeof reasons / sizeof reasons[0], (int)reason);
}

const char *bh_error_text(int err)
{
    return find(errors, sizeof errors / sizeof errors[0], err);
}
