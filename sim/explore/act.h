/* SPDX-License-Identifier: Apache-2.0 */
/* sim/explore/act.h - what can happen to a device, as data and as words.
 *
 *     stage2 test boot@17:mix:3 boot[1]@2:loose boot confirm boot
 *     stage2 test boot!9:0.5632:worn boot primary3 boot staged5.first boot
 *
 * A trace is steps separated by blanks. A step is an act, for some with a version, a part and a
 * pair; [readings] how the torn ranges it looked at read, as numbers of explore_options;
 * !operation:chip.offset:decay a page that goes bad as that operation begins (0: before the act);
 * @operation:form the power cut in it. A trace says everything that happened, so it can be
 * replayed. */
#ifndef BULKHEAD_EXPLORE_ACT_H
#define BULKHEAD_EXPLORE_ACT_H

#include <stddef.h>

#include "sim/flash.h"

enum explore_act_kind {
    ACT_END = 0, /* ends a scenario */
    ACT_BOOT,
    ACT_STAGE,     /* the application stages an image of every pair */
    ACT_STAGE_BAD, /* the same with one byte changed on its way */
    ACT_TEST,      /* it asks for a trial */
    ACT_PERMANENT, /* it asks for good */
    ACT_CONFIRM,
    ACT_DEAD,    /* the other chip fails at everything */
    ACT_ABSENT,  /* it is not there */
    ACT_BABBLE,  /* it answers noise */
    ACT_WELL,    /* it is back */
    ACT_FOREIGN, /* both journal pages hold somebody else's bytes */
    ACT_HALF,    /* both journal pages are erased up to the middle */
    ACT_PRIMARY, /* a hand programs an image into primary slots */
    ACT_STAGED,  /* a hand rewrites the place where an image is staged */
    ACT_BACKUP,  /* a hand rewrites the backup: spare and what follows it */
    ACT_FORGE,   /* a hand appends to the journal a record that cannot be true */
    ACT_KINDS
};

/* How much of an image a hand writes. */
enum explore_part {
    EXPLORE_WHOLE,
    EXPLORE_FIRST,     /* its first chunk */
    EXPLORE_LAST,      /* all chunks but the first */
    EXPLORE_PART_HALF, /* the first half of its bytes; what comes after stays */
    EXPLORE_PARTS
};

struct explore_act {
    uint8_t kind;    /* enum explore_act_kind */
    uint8_t version; /* of the image: enum explore_image; FORGE: what is wrong with the record */
    uint8_t part;    /* of a hand: enum explore_part */
    uint8_t pair;    /* STAGE, requests, hands: 1 + the only pair; 0: every pair */
};

/* The images there are of each pair. What counts for the rules is the version in the header. */
enum explore_image {
    EXPLORE_FACTORY = 1, /* version 1 */
    EXPLORE_NEXT = 2,    /* version 2 */
    EXPLORE_LATER = 3,   /* version 3 */
    EXPLORE_SAME = 4,    /* version 2 as well, other bytes */
    EXPLORE_OLDER = 5,   /* version 0 */
    EXPLORE_IMAGES
};
/* The version in the header of an image. */
uint8_t explore_version_of(uint8_t image);

#define EXPLORE_FORGERIES                                                                          \
    8u /* kinds of impossible records: 1 to this; machine.c says what they are */

/* A page that goes bad. */
struct explore_death {
    uint64_t at;  /* operation that it comes before, from 1; 0: before the act */
    uint32_t off; /* of the page, on its chip */
    uint8_t chip;
    uint8_t decay; /* enum sim_decay; SOUND: none does */
};

#define EXPLORE_READINGS_MAX 48u

struct explore_step {
    struct explore_act act;
    uint8_t n_readings;
    uint8_t reading[EXPLORE_READINGS_MAX];
    struct explore_death death;
    struct sim_cut cut; /* at 0: none */
};

#define EXPLORE_STEP_TEXT 256u

/* As in a trace. text holds EXPLORE_STEP_TEXT. */
void explore_step_write(const struct explore_step *step, char *text);
/* NULL, or what is wrong with the text. len: up to the next blank. */
const char *explore_step_read(const char *text, size_t len, struct explore_step *step);
/* In words: "the device boots; power is cut inside operation 17: a mixture of bits". */
void explore_step_say(const struct explore_step *step, char *text, size_t size);

bool explore_act_of_application(struct explore_act act);
bool explore_act_of_hand(struct explore_act act);

#endif
