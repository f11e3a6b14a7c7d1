/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/rules.h - does a product hang together? One list of rules for tools, layouts and tests.
 *
 *     uint32_t broken = bh_product_check(&product, 8, report, NULL);
 *     if (broken) return BH_ERR_PRODUCT;
 *
 * For tools and tests: a device's product is checked when it is built, so that a bootloader does
 * not link this. Every rule that is broken is reported, not the first alone. */
#ifndef BULKHEAD_RULES_H
#define BULKHEAD_RULES_H

#include "bulkhead/product.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One rule, with a name for people and machines ("pair-overlap"), what is wrong, what to do, and
 * what would happen on the device otherwise. */
enum bh_rule {
    BH_RULE_NONE = 0,
    /* the product */
    BH_RULE_PAIRS,          /* 1 to 4 slot pairs; have */
    BH_RULE_PLAN,           /* a plan is named */
    BH_RULE_LAYOUT,         /* the layout's identity is not 0 */
    BH_RULE_TRIAL,          /* a trial is at least one boot */
    BH_RULE_FORMATS,        /* at least one image format */
    BH_RULE_HASH,           /* a hash is named */
    BH_RULE_KEYS,           /* keys, unless allow_unsigned */
    BH_RULE_KEYS_UNUSED,    /* allow_unsigned, and keys: one of them is a mistake */
    BH_RULE_SECOND_KEYS,    /* policy.second: keys of each kind; without it, n_second is 0 */
    BH_RULE_DEPENDENCIES,   /* several pairs: somebody looks at dependencies */
    BH_RULE_IDS,            /* a pair demands a vendor or class id: somebody looks at it; pair */
    BH_RULE_FIRST_OPTIONAL, /* pair 0 is the one that is started: it cannot be optional */
    /* a device; a is all of it */
    BH_RULE_DEVICE_SIZE,   /* the page runs add up to the size; have, need */
    BH_RULE_DEVICE_UNIT,   /* the program unit is a power of two up to 512; have */
    BH_RULE_DEVICE_ERASED, /* the erased value is 0xFF or 0x00; have */
    /* the bootloader's own pages */
    BH_RULE_BOOTLOADER,       /* they are named: a run of whole pages; a */
    BH_RULE_BOOTLOADER_PAGES, /* nothing else is on them; a, b */
    /* a slot pair */
    BH_RULE_CHUNK,          /* chunk and image_max are not 0; pair */
    BH_RULE_SLOT_PAGES,     /* slots are whole pages within their device; pair, a */
    BH_RULE_PRIMARY_ROOM,   /* image_max fits the primary slot; pair, a, have, need */
    BH_RULE_SECONDARY_ROOM, /* image_max fits the secondary slot where it is staged; the same */
    BH_RULE_CHUNK_PAGES,    /* a chunk is whole pages in both slots; pair, a, need */
    BH_RULE_PAIR_OVERLAP,   /* primary and secondary do not overlap; pair, a, b */
    BH_RULE_SPARE,          /* the plan's spare is one chunk of whole pages; pair, a, have, need */
    BH_RULE_SPARE_UNUSED,   /* the plan uses no spare: none is named; pair, a */
    BH_RULE_SPARE_ROOM,     /* the spare is where no image is; pair, a, b */
    BH_RULE_TRAILER_ROOM,   /* the mailbox's pages hold no chunk of an image; pair, a, have, need */
    BH_RULE_TRAILER_SPARE,  /* the spare is not on the mailbox's pages; pair, a, b */
    BH_RULE_MAILBOX_UNIT,   /* the mailbox can use the program unit; pair, a, have, need */
    BH_RULE_PAIRS_OVERLAP,  /* two pairs share no flash; pair, a, b */
    /* the journal */
    BH_RULE_STEPS,           /* at most 65535 steps; have, need */
    BH_RULE_JOURNAL_PAGES,   /* two runs of whole pages, of equal length; a, b */
    BH_RULE_JOURNAL_HALVES,  /* on one device, and not overlapping; a, b */
    BH_RULE_JOURNAL_ROOM,    /* room for an update, its revert and the cuts; a, have, need */
    BH_RULE_JOURNAL_OVERLAP, /* no slot or spare is on it; pair, a, b */
    BH_RULES
};

/* A rule that is broken. What a rule does not use is zero or NULL; the list above tells. */
struct bh_finding {
    enum bh_rule rule;
    uint32_t pair;                 /* index, for rules of a pair */
    const struct bh_region *a, *b; /* the places involved; valid during the report only */
    uint32_t have, need;           /* bytes, unless the rule tells otherwise */
};

typedef void bh_report_fn(void *context, const struct bh_finding *finding);

/* Check all rules, for so many power cuts in one update. Returns how many are broken; report (NULL:
 * nobody listens) hears of each. Fields that a broken rule makes meaningless are not looked at. */
uint32_t bh_product_check(const struct bh_product *product, uint32_t cuts, bh_report_fn *report,
                          void *context);

/* Short name, never NULL: "journal-room". */
const char *bh_rule_name(enum bh_rule rule);
/* One English sentence each, never NULL: what is wrong; what to do; what the device would do. */
const char *bh_rule_text(enum bh_rule rule);
const char *bh_rule_remedy(enum bh_rule rule);
const char *bh_rule_consequence(enum bh_rule rule);

#ifdef __cplusplus
}
#endif

#endif
