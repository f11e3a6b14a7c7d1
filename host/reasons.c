/* SPDX-License-Identifier: Apache-2.0 */
/* Cause and remedy of each reason: data. */
#include "host/reasons.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "bulkhead/journal.h"

const struct host_reason host_reasons[] = {
    { BH_REASON_NONE, "none", "Nothing went wrong.", "Nothing is to be done.", NULL },
    { BH_REASON_NO_IMAGE, "no-image",
      "Where the image should begin there is erased flash, or something that does not begin with the "
      "magic number of an image format that the product knows.",
      "Look at the slot with 'bulkhead image info'. Was the image written to another address, is it a "
      "bare binary that was never signed, or is it in another format?",
      "'bulkhead image info' tells what was found instead." },
    { BH_REASON_HEADER, "header",
      "The magic number is there, but fields of the header cannot be true together, for instance a "
      "header that is shorter than itself.",
      "Sign the binary again. If that does not help, the file was changed after signing, or the image "
      "was written over in part.",
      "'bulkhead image info' tells where; was the file cut short?" },
    { BH_REASON_TOO_BIG, "too-big",
      "By its header the image is longer than the slot, or than the part of the slot that is left "
      "beside the trailer and the spare chunk. A file that was cut short is refused for this too.",
      "Compare the size in 'bulkhead image info' with the slot in 'bulkhead boot map'. Make the image "
      "smaller, or the slot larger.",
      "Was the file cut short, or is --slot-size too small?" },
    { BH_REASON_TLV, "tlv",
      "The list of entries after the payload (digest, key, signature) has no right beginning, or an "
      "entry reaches beyond its end.",
      "Write the image again: the end of it is missing or was written over.",
      "'bulkhead image info' tells where; was the file cut short?" },
    { BH_REASON_UNSUPPORTED, "unsupported",
      "The image is encrypted, compressed, to be run from RAM, or signed in a form for which this "
      "bootloader has no code.",
      "Sign it without that option, or build a bootloader that has it.",
      "'bulkhead image info' shows the flags; sign it without that option." },
    { BH_REASON_NO_DIGEST, "no-digest",
      "The image has a digest, but of another kind than the one that the product computes. Most often "
      "it is SHA-256 in an image for a bootloader with Ed25519 keys only, which computes SHA-512.",
      "Sign it for the product: 'bulkhead image sign --layout FILE', or --sha 512.",
      "Sign it with --layout FILE, or with the --sha that the bootloader has." },
    { BH_REASON_DIGEST, "digest",
      "The digest over header, payload and protected entries is not the one in the image. Bytes were "
      "changed, or not all of them were written.",
      "Write the image again. If it happens again, look for who writes into the slot, and for a driver "
      "that loses data.",
      "Copy it again, or sign it again." },
    { BH_REASON_NO_SIGNATURE, "no-signature", "There is no signature in the image.",
      "Sign it with 'bulkhead image sign --key FILE'.",
      "Sign it with 'bulkhead image sign --key'." },
    { BH_REASON_UNKNOWN_KEY, "unknown-key",
      "The image is signed, but with no key that is built into this bootloader.",
      "Compare the KEYHASH in 'bulkhead image info' with 'bulkhead key show' of the key that you meant. "
      "The id of a key depends on the digest of the product: an id of SHA-256 fits no product that "
      "computes SHA-512.",
      "Compare the KEYHASH in 'bulkhead image info' with 'bulkhead key show'." },
    { BH_REASON_SIGNATURE, "signature",
      "The image names a key of this bootloader, but the signature is not that key's over this image.",
      "Sign it again. A signature that was made elsewhere must be over the digest itself, not over the "
      "digest of the digest.",
      "Sign it again." },
    { BH_REASON_READ, "read",
      "The flash driver reported an error while the image was read, or the chip did not answer.",
      "Check the chip and its connection. A cell that was torn by a power cut on flash with ECC reads "
      "like this until its page is erased.",
      NULL },
    { BH_REASON_NOT_BOOTABLE, "not-bootable",
      "The image has the flag that says it is not started by itself, for instance a part of another "
      "image.",
      "Sign it without --non-bootable if it is to be started.", NULL },
    { BH_REASON_WRONG_SLOT, "wrong-slot",
      "The image says at which address it was built to run, and that is not the address of the slot.",
      "Link it for this slot and sign it with that --rom-fixed, or write it to the slot that it was "
      "built for.",
      NULL },
    { BH_REASON_CHECKSUM, "checksum",
      "The image's own checksum (Espressif: the XOR of all segments) is not that of its bytes. The "
      "chip's boot ROM and ESP-IDF's bootloader refuse it too.",
      "Make the image again with esptool's elf2image; do not change bytes of it afterwards.",
      NULL },
    { BH_REASON_VECTORS, "vectors",
      "The image's vector table, which follows its header, is at no multiple of what the processor "
      "needs: the first interrupt would jump through a wrong entry.",
      "Sign it with a longer header: --header-size 0x200 does for most chips. 'bulkhead layout check' "
      "knows what the layout's chip needs.",
      NULL },
    { BH_REASON_TLV_TWICE, "tlv-twice",
      "An entry that may be there once (wolfBoot: version, type, key hint, digest, signature) is there "
      "twice. wolfBoot itself would take the first one and never look at the other.",
      "Sign the binary again. An image that was signed once does not come to this by itself: somebody "
      "wrote into it.",
      "'bulkhead image info' lists the entries." },
    { BH_REASON_TLV_LENGTH, "tlv-length",
      "An entry has a length that its kind cannot have, for instance a SHA-256 of 48 bytes, or a key "
      "hint that is not as long as the digest.",
      "Sign the binary again; if the image was fine before, write it again.",
      "'bulkhead image info' lists the entries." },
    { BH_REASON_TLV_MISSING, "tlv-missing",
      "An entry that every image of this format has is not there: the version or the type.",
      "Sign the binary again with 'bulkhead image sign --format wolfboot'.",
      "'bulkhead image info' lists the entries." },
    { BH_REASON_TLV_ORDER, "tlv-order",
      "A signature comes before the digest, so that the digest would have to cover it. wolfBoot takes "
      "the first signature that it finds, so such an image could have two meanings.",
      "Sign the binary again with 'bulkhead image sign --format wolfboot'.",
      "'bulkhead image info' lists the entries." },
    { BH_REASON_DOWNGRADE, "downgrade",
      "The version is lower than that of the running image, and the product does not allow that. An "
      "image of wolfBoot's must be higher: an equal version is refused too.",
      "Sign it with a higher version.", NULL },
    { BH_REASON_FLOOR, "floor",
      "The security counter of the image is below the rollback floor. The floor rises when an image "
      "with a higher counter is confirmed, and never falls.",
      "Sign it with a higher --security-counter.", NULL },
    { BH_REASON_NO_COUNTER, "no-counter",
      "The product demands a security counter in each image, and this one has none.",
      "Sign it with --security-counter.", NULL },
    { BH_REASON_DEPENDENCY, "dependency",
      "The image says that it needs another image in at least some version, and that one will not be "
      "there after the update.",
      "Stage the other image too, before the update is requested.", NULL },
    { BH_REASON_PRODUCT_ID, "product-id",
      "The image names a vendor or a class of product, and this device is of another one.",
      "Sign it with the --vid and --cid of this product, or take the image for this product.",
      NULL },
    { BH_REASON_CHIP, "chip", "The header of the image names another chip than the product.",
      "Build it for this chip ('idf.py set-target'), or flash the right image.", NULL },
    { BH_REASON_CHIP_REVISION, "chip-revision",
      "The header says which revisions of the chip the image was built for, and this one is below or "
      "above.",
      "Build it for a lower minimum revision (CONFIG_ESP32xx_REV_MIN), if it needs no more.",
      NULL },
    { BH_REASON_EMPTY, "empty", "The header says that the payload has no bytes.",
      "Sign the right binary: this one was empty, or the size in the header was written over.",
      "Was the input of the signing empty?" },
    { BH_REASON_DELTA, "delta",
      "The image is what 'sign --delta' makes: the difference to another image. This bootloader "
      "installs whole images.",
      "Stage the whole image, signed without --delta.", "Sign it without --delta." },
    { BH_REASON_ALGORITHM, "algorithm",
      "The image is signed with an algorithm for which Bulkhead has no verifier: of wolfBoot's, Ed448, "
      "ECDSA on P-384 or P-521, and XMSS.",
      "Sign it with Ed25519, ECDSA P-256, RSA, LMS or ML-DSA. 'bulkhead image info' names the algorithm.",
      "'bulkhead image info' names the algorithm." },
    { BH_REASON_PARTITION_ID, "partition-id",
      "The type in the image says that it is for another partition than the application's: 0 is the "
      "bootloader itself, 2 to 15 are a product's own.",
      "Sign it without --wolfboot-update and --id, if it is an application.",
      "'bulkhead image info' shows which partition it is for." },
    { BH_REASON_NO_SECOND, "no-second",
      "The product demands two signatures of every image, by a key of each of two kinds, and the image "
      "has the first one alone.",
      "Sign it with both keys: 'bulkhead image sign' takes --key twice.",
      "'bulkhead image info' shows the signatures." },
    { BH_REASON_SECOND_KEY, "second-key",
      "The first signature is good. The second one is by a key that is no second key of this product: "
      "another key, or both keys in the wrong order.",
      "Sign it with one key of each kind that the layout names, the second one last.",
      "'bulkhead image info' shows the ids of the keys, 'bulkhead key show' that of a key." },
    { BH_REASON_SECOND_SIGNATURE, "second-signature",
      "The first signature is good. The second one names a second key of this product, and it is not a "
      "signature of this image by that key.",
      "Sign the image again; if it was sent, send it again.",
      "'bulkhead image verify' on the image as it was before it was sent." },
    { BH_REASON_NOT_CONFIRMED, "not-confirmed",
      "The new image was started on trial as often as the product allows, and did not confirm itself.",
      "Find out why the application did not come as far as its confirm: a crash, a watchdog, or a call "
      "of bh_app_confirm() that is missing.",
      NULL },
    { BH_REASON_PRIMARY_BAD, "primary-bad",
      "The image in the primary slot verified once and does not any more. It was restored from the "
      "backup or from a staged image, if there was a good one.",
      "Look for who writes into the primary slot. A cell that loses its charge looks the same.",
      NULL },
    { BH_REASON_JOURNAL_NEW, "journal-new",
      "Neither journal page held a readable record: this is the first start, or both pages were erased "
      "or lost.",
      "Nothing is to be done at the first start. Later, look for who erases the journal.", NULL },
    { BH_REASON_JOURNAL_DEAD, "journal-dead",
      "A journal page could not be erased or written. Without its journal the bootloader starts what "
      "verifies, and updates nothing.",
      "Check write protection and the product's journal addresses; a worn page needs another place for "
      "the journal.",
      NULL },
    { BH_REASON_SECONDARY_DEAD, "secondary-dead",
      "The secondary slot cannot be read or written: the other chip is absent, dead, or answers "
      "garbage. A good primary image starts all the same.",
      "Check the chip, its power and its connection.", NULL },
    { BH_REASON_NOTHING_BOOTABLE, "nothing-bootable",
      "Neither the primary slot, nor the backup, nor a staged image verifies.",
      "Write a signed image into the primary slot. If one is there, 'bulkhead boot status' says why it "
      "is refused.",
      NULL },
    { BH_REASON_PRODUCT, "product",
      "The constants of the product cannot be true together, for instance slots that overlap.",
      "Build the bootloader again from a layout that 'bulkhead layout check' accepts.", NULL },
    { BH_REASON_NO_WAY_BACK, "no-way-back",
      "The trial is over without a confirm, but the old image is damaged or cannot be read. The new "
      "image goes on.",
      "Send a better image; find out why the new one was not confirmed.", NULL },
    { BH_REASON_PRIMARY_PAGE, "primary-page",
      "A page of a primary slot could not be erased, or does not read back what was written.",
      "'bulkhead boot status' names the page. A page that fails again and again is worn out.",
      NULL },
    { BH_REASON_BACKUP_PAGE, "backup-page",
      "A page of a secondary slot or of the spare could not be erased, or does not read back what was "
      "written.",
      "'bulkhead boot status' names the page. A page that fails again and again is worn out.",
      NULL },
    { BH_REASON_MAILBOX_PAGE, "mailbox-page",
      "The page in which the application leaves its request could not be erased or written.",
      "Check write protection of that page. A page that fails again and again is worn out.", NULL },
    { BH_REASON_REPLACED, "replaced",
      "During an update the primary slot was found to hold a good image that is neither the old nor the "
      "new one: somebody wrote it there. It stays.",
      "Nothing is to be done if that was a debugger or a programmer at work.", NULL },
    { BH_REASON_STAGED_CHANGED, "staged-changed",
      "The staged image was verified, and what was then installed is not the same image: the secondary "
      "slot changed in between.",
      "Look for who writes into the secondary slot, and for a chip that does not keep what it holds.",
      NULL },
    { BH_REASON_JOURNAL_SPOILED, "journal-spoiled",
      "A journal record had a right checksum and told what cannot be, such as a step that the plan does "
      "not have. It was ignored.",
      "Look for who writes into the journal. A bootloader for another layout does.", NULL },
    { BH_REASON_JOURNAL_FORMER, "journal-former",
      "The journal was written by a bootloader with a former version of the journal's format. Nothing "
      "is written into it.",
      "Erase both journal pages while no update is going on, for instance when the bootloader is "
      "replaced.",
      NULL },
    { BH_REASON_LAYOUT_CHANGED, "layout-changed",
      "The journal is of another layout, and no update was going on. A new journal was begun.",
      "Nothing is to be done if the bootloader was replaced by one with another layout.", NULL },
    { BH_REASON_LAYOUT_IN_USE, "layout-in-use",
      "The journal is of another layout, and an update of that layout is in mid-act. Nothing is "
      "written, or the old image would be lost.",
      "Put the former bootloader back and let it finish the update, then replace it.", NULL },
    { BH_REASON_CANCELLED, "cancelled",
      "The application took its request back before the update began.", "Nothing is to be done.",
      NULL },
    { BH_REASON_CANNOT_GO_ON, "cannot-go-on",
      "Pages failed in such places that neither the old nor the new image can be put together.",
      "Write a signed image into the primary slot; 'bulkhead boot status' names the page that failed.",
      NULL },
    { BH_REASON_LATER, "later",
      "The board asked to postpone the update, for instance because its battery is low.",
      "Nothing is to be done: the request stays, and the next boot asks again.", NULL },
    { BH_REASON_FELL_BACK, "fell-back",
      "The application that otadata chose does not verify, and another one was started.",
      "Write the chosen application again; 'bulkhead ota status' says why it was refused.", NULL },
    { BH_REASON_TABLE, "table", "There is no partition table, or it is not a valid one.",
      "Write one; 'bulkhead table check' says what is wrong with it.", NULL },
    { BH_REASON_OTADATA, "otadata", "The otadata partition is missing, or cannot be read.",
      "Check the partition table; erase otadata to start the factory application.", NULL },
    { BH_REASON_OTADATA_DEAD, "otadata-dead",
      "The otadata partition could not be erased or written.",
      "Check write protection. A page that fails again and again is worn out.", NULL },
    { BH_REASON_OTADATA_FULL, "otadata-full",
      "There is no room in otadata to account for the starts of a trial, so the choice was refused.",
      "Erase otadata, or give it two whole pages.", NULL },
    { BH_REASON_FOREIGN_SWAP, "foreign-swap",
      "The trailers of the slots say that another bootloader, such as MCUboot, was swapping images "
      "when the power failed. Only that bootloader knows where the pieces are, so nothing is restored, "
      "erased or written over. A primary image that verifies is started.",
      "Put the former bootloader back and let it finish, then replace it. If primary is started, or "
      "the old images do not matter: stage a new image and ask for it, or write a signed image into "
      "the primary slot.",
      NULL },
    { BH_REASON_MAILBOX_UNCLEAR, "mailbox-unclear",
      "The trailer of the primary slot neither confirms the new image nor says that it is on trial: a "
      "field is neither set nor erased, or the trailer is gone. As with MCUboot, the image stays, and "
      "it is not confirmed.",
      "Have the application confirm again. Look for who writes into the trailer; a confirm that a "
      "power cut tore looks the same.",
      NULL },
    { BH_REASON_RECOVERY, "recovery",
      "Idle: the application asked for recovery over the console. Updating: an image was being uploaded "
      "over the console straight into the primary slot, since nothing could be started or staged.",
      "Upload an image: 'bulkhead device upload'. A reset ends a recovery that the application asked for.",
      NULL },
    { 0, NULL, NULL, NULL, NULL },
};

const struct host_reason *host_reason(uint32_t number)
{
    for (const struct host_reason *r = host_reasons; r->name; r++)
        if ((uint32_t)r->reason == number)
            return r;
    return NULL;
}

/* Without a prefix, and - for _. */
const struct host_reason *host_reason_named(const char *name)
{
    static const char prefix[] = "BH_REASON_";
    char plain[40];
    size_t n = 0;

    if (strncasecmp(name, prefix, sizeof prefix - 1) == 0)
        name += sizeof prefix - 1;
    for (; name[n] && n < sizeof plain - 1; n++)
        plain[n] = (char)(name[n] == '_' ? '-' : tolower((unsigned char)name[n]));
    plain[n] = 0;
    for (const struct host_reason *r = host_reasons; r->name; r++)
        if (strcmp(r->name, plain) == 0)
            return r;
    return NULL;
}

const char *host_reason_hint(uint32_t number)
{
    const struct host_reason *r = host_reason(number);

    return !r || r->reason == BH_REASON_NONE ? NULL : r->hint ? r->hint : r->remedy;
}

const char *host_state_text(uint32_t state)
{
    static const char *const texts[] = {
        [BH_STATE_NONE] = "none",           [BH_STATE_IDLE] = "idle",
        [BH_STATE_REQUESTED] = "requested", [BH_STATE_UPDATING] = "updating",
        [BH_STATE_TRIAL] = "trial",         [BH_STATE_REVERTING] = "reverting",
        [BH_STATE_RESCUING] = "rescuing",
    };

    return state < sizeof texts / sizeof texts[0] && texts[state] ? texts[state] : "unknown";
}

const char *host_outcome_text(uint32_t outcome)
{
    static const char *const texts[] = {
        [BH_OUTCOME_NONE] = "none",           [BH_OUTCOME_CONFIRMED] = "confirmed",
        [BH_OUTCOME_REVERTED] = "reverted",   [BH_OUTCOME_REFUSED] = "refused",
        [BH_OUTCOME_RESTORED] = "restored",   [BH_OUTCOME_GIVEN_UP] = "given up",
        [BH_OUTCOME_KEPT] = "kept",           [BH_OUTCOME_REPLACED] = "replaced",
        [BH_OUTCOME_CANCELLED] = "cancelled",
    };

    return outcome < sizeof texts / sizeof texts[0] && texts[outcome] ? texts[outcome] : "unknown";
}
