/* SPDX-License-Identifier: Apache-2.0 */
/* sim/explore/act.h - what can happen to a device, as data and as words.
 *
 *     stage2 test boot@17:mix:3 boot[1]@2:loose boot confirm boot
 *
 * A trace is steps separated by blanks. A step is an act; [readings] how the torn ranges it looked
 * at read, as numbers of explore_options; @operation:form the power cut in it. A trace says
 * everything that happened, so it can be replayed. */
#ifndef BULKHEAD_EXPLORE_ACT_H
#define BULKHEAD_EXPLORE_ACT_H

#include <stddef.h>

#include "sim/flash.h"

enum explore_act_kind {
    ACT_END = 0,    /* ends a scenario */
    ACT_BOOT,
    ACT_STAGE,      /* the application stages an image of every pair */
    ACT_STAGE_BAD,  /* the same with one byte changed on its way */
    ACT_TEST,       /* it asks for a trial */
    ACT_PERMANENT,  /* it asks for good */
    ACT_CONFIRM,
    ACT_DEAD,       /* the other chip fails at everything */
    ACT_ABSENT,     /* it is not there */
    ACT_BABBLE,     /* it answers noise */
    ACT_WELL,       /* it is back */
    ACT_FOREIGN,    /* both journal pages hold somebody else's bytes */
    ACT_HALF,       /* both journal pages are erased up to the middle */
    ACT_KINDS
};

struct explore_act {
    uint8_t kind;    /* enum explore_act_kind */
    uint8_t version; /* STAGE: of the image, 1 is the one from the factory */
};

#define EXPLORE_READINGS_MAX 48u

struct explore_step {
    struct explore_act act;
    uint8_t n_readings;
    uint8_t reading[EXPLORE_READINGS_MAX];
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

#endif
