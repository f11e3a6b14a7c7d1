/* SPDX-License-Identifier: Apache-2.0 */
/* The rules in words. A bootloader does not link this file. */
#include "bulkhead/rules.h"

struct words {
    const char *name, *text, *remedy, *consequence;
};

static const struct words rules[BH_RULES] = {
    [BH_RULE_PAIRS] = { "pairs", "1 to 4 slot pairs are possible",
                        "name at least one pair and at most four", "nothing could be started" },
    [BH_RULE_PLAN] = { "plan", "no plan says how an update is carried out",
                       "name bh_plan_swap or bh_plan_overwrite", "no update could be carried out" },
    [BH_RULE_LAYOUT] = { "layout", "the identity of the layout is 0",
                         "build the product from its layout file, or state any number but 0",
                         "a journal of another layout would be acted upon: slots would be erased "
                         "where other data is" },
    [BH_RULE_TRIAL] = { "trial", "a trial of 0 boots", "state 1 to 255 boots",
                        "no new image would ever run" },
    [BH_RULE_FORMATS] = { "formats", "no image format is named", "name at least one format",
                          "every image would be refused" },
    [BH_RULE_HASH] = { "hash", "no hash is named", "name the hash of the product's images",
                       "every image would be refused" },
    [BH_RULE_KEYS] = { "keys", "no public key is named",
                       "name at least one key, or allow_unsigned if anybody may write firmware",
                       "every image would be refused" },
    [BH_RULE_KEYS_UNUSED] = { "keys-unused", "allow_unsigned is set, and keys are named",
                              "decide: keys or allow_unsigned",
                              "images without a signature would run although keys are there" },
    [BH_RULE_SECOND_KEYS] = { "second-keys",
                              "two signatures are demanded, and keys for one of them alone; or "
                              "second keys are named, and nobody asks for two signatures",
                              "name at least one key for each of the two, or take 'second' out",
                              "every image would be refused, or one signature would be enough" },
    [BH_RULE_DEPENDENCIES] = { "dependencies",
                               "several images, and nobody looks at what they need of each other",
                               "name bh_dependencies in the policy",
                               "images that do not fit each other would run together" },
    [BH_RULE_IDS] = { "ids", "a pair demands a vendor or class id, and nobody looks at it",
                      "name bh_ids_mcuboot in the policy", "images of other products would run" },
    [BH_RULE_FIRST_OPTIONAL] = { "first-optional", "pair 0 is optional",
                                 "make another pair optional; pair 0 is the one that is started",
                                 "nothing would be started on a blank device" },
    [BH_RULE_DEVICE_SIZE] = { "device-size", "the page runs of a device do not add up to its size",
                              "correct the runs or the size",
                              "pages would be erased that are larger or smaller than thought" },
    [BH_RULE_DEVICE_UNIT] = { "device-unit",
                              "the program unit is not a power of two from 1 to 512 bytes",
                              "state the program unit of the data sheet",
                              "programming would fail, or spoil neighbouring bytes" },
    [BH_RULE_DEVICE_ERASED] = { "device-erased", "the erased value is neither 0xFF nor 0x00",
                                "state what an erased byte reads as",
                                "blank flash would not be recognised" },
    [BH_RULE_BOOTLOADER] = { "bootloader",
                             "the pages of the bootloader's own binary are not named, or are no "
                             "run of whole pages",
                             "name the pages that the bootloader is programmed to",
                             "an update could erase the bootloader" },
    [BH_RULE_BOOTLOADER_PAGES] = { "bootloader-pages",
                                   "journal, slot or spare is on the bootloader's own pages",
                                   "move it to pages after the bootloader",
                                   "the first update would erase the bootloader" },
    [BH_RULE_CHUNK] = { "chunk", "chunk and largest image must not be 0",
                        "state the largest image, and a chunk of whole pages",
                        "no image could be moved" },
    [BH_RULE_SLOT_PAGES] = { "slot-pages",
                             "a slot does not begin and end on page borders within its device",
                             "move its borders to page borders",
                             "erasing the slot would erase what is beside it" },
    [BH_RULE_PRIMARY_ROOM] = { "primary-room", "the largest image does not fit the primary slot",
                               "make the slot larger, or the largest image smaller",
                               "the end of an image would be written over what follows" },
    [BH_RULE_SECONDARY_ROOM] = { "secondary-room",
                                 "the largest image does not fit the secondary slot",
                                 "make the slot larger, or the largest image smaller",
                                 "large updates could not be staged" },
    [BH_RULE_CHUNK_PAGES] = { "chunk-pages", "a chunk is no run of whole pages in both slots",
                              "make the chunk a multiple of the larger page of both devices",
                              "moving a chunk would erase a part of its neighbour" },
    [BH_RULE_PAIR_OVERLAP] = { "pair-overlap", "primary and secondary slot overlap",
                               "move one of them", "staging an image would erase the running one" },
    [BH_RULE_SPARE] = { "spare", "the spare is not one chunk of whole pages",
                        "name one chunk that no image uses",
                        "an update would have no place to begin" },
    [BH_RULE_SPARE_UNUSED] = { "spare-unused", "this plan uses no spare, and one is named",
                               "take the spare out, or use bh_plan_swap",
                               "what is there would be taken for a way back" },
    [BH_RULE_SPARE_ROOM] = { "spare-room", "the spare is where an image is",
                             "make the largest image a chunk smaller, or move the spare",
                             "the first step of an update would erase a part of an image" },
    [BH_RULE_TRAILER_ROOM] = { "trailer-room", "an image reaches into the mailbox's page",
                               "make the largest image smaller by the trailer's pages",
                               "clearing a request would erase the end of an image" },
    [BH_RULE_TRAILER_SPARE] = { "trailer-spare", "the spare is on the mailbox's page",
                                "use the offset layout, a scratch partition, or the page before "
                                "the trailer as spare",
                                "an application with MCUboot's library before 2.2 would never "
                                "confirm, and every update would be reverted" },
    [BH_RULE_MAILBOX_UNIT] = { "mailbox-unit",
                               "the mailbox's form cannot be written in units as large as this: two "
                               "of its values would share one",
                               "use Bulkhead's own mailbox (mailbox: none)",
                               "requests and confirms could not be written, or only in part" },
    [BH_RULE_PAIRS_OVERLAP] = { "pairs-overlap", "two pairs share flash",
                                "give each pair slots and a spare of its own",
                                "the way back of one image would be lost to the other" },
    [BH_RULE_STEPS] = { "steps", "an update would have more than 65535 steps", "use larger chunks",
                        "the journal could not number them" },
    [BH_RULE_JOURNAL_PAGES] = { "journal-pages",
                                "the journal is not two runs of whole pages of equal length",
                                "name two runs of whole pages, as long as each other",
                                "turning the journal's page would erase what is beside it" },
    [BH_RULE_JOURNAL_HALVES] = { "journal-halves",
                                 "the journal's halves overlap, or are on two devices",
                                 "put both on one device, on pages of their own",
                                 "erasing one half would lose the other" },
    [BH_RULE_JOURNAL_ROOM] = { "journal-room",
                               "the journal has no room for an update, its revert and that many "
                               "power cuts",
                               "make both halves longer",
                               "after many power cuts in one update the device could not go on" },
    [BH_RULE_JOURNAL_OVERLAP] = { "journal-overlap", "a slot or spare is on the journal's pages",
                                  "move one of them", "an update would erase its own memory" },
};

static const struct words *of(enum bh_rule rule)
{
    static const struct words unknown = { "unknown", "unknown to this version of Bulkhead", "",
                                          "" };

    return (unsigned)rule < BH_RULES && rules[rule].name ? &rules[rule] : &unknown;
}

const char *bh_rule_name(enum bh_rule rule)
{
    return of(rule)->name;
}

const char *bh_rule_text(enum bh_rule rule)
{
    return of(rule)->text;
}

const char *bh_rule_remedy(enum bh_rule rule)
{
    return of(rule)->remedy;
}

const char *bh_rule_consequence(enum bh_rule rule)
{
    return of(rule)->consequence;
}
