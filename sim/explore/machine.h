/* SPDX-License-Identifier: Apache-2.0 */
/* sim/explore/machine.h - a device under test: it acts, it is watched at every flash operation, and
 * it can be put back.
 *
 *     opened = machine_open(&m, product, EXPLORE_FIXED, false, &why);
 *     uint32_t here = machine_mark(&m);
 *     if (machine_perform(&m, act)) ... m.seen
 *     machine_back(&m, here);
 *     machine_close(&m);
 *
 * Before each operation m.fork is called, if set. It may tear the operation, let the device live on
 * from there (machine_perform() again, within the one that runs), and put it back: so one run of an
 * act shows all cuts there are in it. */
#ifndef BULKHEAD_EXPLORE_MACHINE_H
#define BULKHEAD_EXPLORE_MACHINE_H

#include "sim/explore/spec.h"
#include "sim/world.h"

#define EXPLORE_VERSIONS 3u
#define MACHINE_KNOWN 4096u
#define MACHINE_CHUNKS 4u /* of one image, at most, to be told by symbols */

/* How torn flash reads. */
enum explore_flash {
    EXPLORE_FIXED, /* arbitrary, but the same until erased */
    EXPLORE_LOOSE, /* differently at every boot, as the adversary likes */
};

/* What must hold. Each has a name, see explore_law_text(). */
enum explore_law {
    LAW_NONE,
    LAW_STARTS,    /* a boot that is not cut starts something */
    LAW_WHOLE,     /* what is started is a whole image, of one version in all slots */
    LAW_DECIDED,   /* what is started is what was verified and reported */
    LAW_OWED,      /* it is the image that is owed */
    LAW_TOLD,      /* state, outcome, reason and boots left are the truth */
    LAW_ANSWER,    /* an act of the application is allowed and refused as it should be */
    LAW_BOUNDS,    /* nothing outside slots, spare and journal is written */
    LAW_ONCE,      /* no unit is programmed twice, no call of a driver is wrong */
    LAW_CLEAN,     /* nothing is programmed over a unit that the last cut tore */
    LAW_WEAR,      /* no page is erased more than twice in one boot, nor all too often together */
    LAW_ENDS,      /* every act ends */
    LAW_RESTS,     /* when nothing is left to do, nothing is written */
    LAW_LAST_WORD, /* the journal page with the truth is never erased */
    LAW_FLOOR,     /* the rollback floor is that of the image confirmed last */
    LAW_KEPT,      /* a boot never destroys the last way to put an allowed image together */
    LAW_RESCUED,   /* what can be put together is started */
    LAW_ROLLBACK,  /* nothing older than what was confirmed last is started */
    LAW_GIVES_UP,  /* a lost cause ends in boots that write nothing, told, and the app can stage */
    EXPLORE_LAWS
};

const char *explore_law_name(enum explore_law law);
const char *explore_law_text(enum explore_law law);

/* An operation about to be done. */
struct machine_op {
    struct sim_flash *chip;
    enum sim_kind kind;
    uint32_t off, len;
    const void *data;
    uint64_t number;
};

struct machine_page {
    const struct sim_flash *chip;
    uint32_t off;
};

struct machine_image {
    uint8_t *bytes;
    uint8_t *spoilt; /* the same but for one bit */
    uint32_t len;
};

struct machine {
    struct sim_world w;
    struct bh_product product; /* as given, but with images that cost nothing to verify */
    enum explore_flash flash;
    struct machine_image image[BH_PAIRS_MAX][EXPLORE_IMAGES];
    uint8_t used; /* bit i: pair i has an image from the factory on; optional ones have none */
    struct explore_death death; /* to come in this act; decay SOUND: none */
    bool died;                  /* it has come, in the middle of this act */
    uint32_t writes;            /* programs and erases tried in this act */
    bool disturbed;             /* a page went bad or a hand wrote, in this life */
    uint8_t wanted;             /* disturbed: bit i: image i may be started */
    uint8_t work[1024];         /* for looking at the journal from outside */
    bool quiet;                 /* that is going on */
    bool lenient;               /* only laws about what runs: the journal may come into danger */
    struct tale *tale;          /* journal.c: what it found last */
    struct {
        uint64_t bytes, hash;
    } journal_known[MACHINE_KNOWN]; /* what was worked out before */

    void (*fork)(void *context, const struct machine_op *op);
    void *context;
    uint8_t cuts; /* since the flash was last certain */

    struct spec_seen seen; /* of the last act that ended */
    enum explore_law broken;
    char how[400]; /* in words */

    /* readings of torn ranges in this act */
    uint8_t reading[EXPLORE_READINGS_MAX];
    uint8_t options[EXPLORE_READINGS_MAX];
    uint8_t n_given; /* prefix of reading[] that is prescribed */
    uint64_t draw;   /* not 0: what is not prescribed is drawn from this seed */
    uint8_t n_readings;

    uint32_t shared; /* bytes at the end of a slot that a mailbox has beside an image; 0: none */
    bool symbolic;   /* chunks are an image's, blank, or garbage of one kind */
    uint64_t known[BH_PAIRS_MAX * EXPLORE_VERSIONS * MACHINE_CHUNKS + 1]; /* hashes of chunks */
    unsigned n_known;

    struct explore_act act; /* that runs */
    uint64_t reads, stated; /* in this act: calls, bytes of journal */
    uint64_t ops_max;
    uint32_t erases_max;
    struct machine_page *log; /* not NULL: where each operation of this act is, up to max_log */
    uint32_t max_log;
    struct machine_page
        *erased; /* in this act from erased[act_base], before in those it is within */
    uint32_t act_base, n_erased, max_erased;
    bool escaped;
    uint64_t boots; /* done in all */
};

/* False: *why says what is wrong with the product. */
bool machine_open(struct machine *m, const struct bh_product *product, enum explore_flash flash,
                  bool counters, const char **why);
void machine_close(struct machine *m);

uint32_t machine_mark(struct machine *m);
void machine_back(struct machine *m, uint32_t mark);

/* True: it ended, and m->seen tells. False: it was cut (m->w.power.cut was set), or a law broke. */
bool machine_perform(struct machine *m, struct explore_act act);

/* In m->fork: the operation is torn as cut says, and the power is off. What was running is saved in
 * *pause until machine_resume() puts it and the flash back. */
struct machine_pause {
    struct sim_power power;
    struct bh_boot boot;
    struct spec_seen seen;
    int err;
    uint32_t mark;
    uint8_t work[SIM_WORK_LEN];
    uint8_t reading[EXPLORE_READINGS_MAX], options[EXPLORE_READINGS_MAX];
    uint8_t n_given, n_readings, cuts;
    struct explore_act act;
    struct explore_death death;
    bool died;
    uint32_t writes;
    bool disturbed;
    uint8_t wanted;
    uint64_t reads, stated;
    uint32_t act_base, n_erased;
    void (*fork)(void *context, const struct machine_op *op);
};
void machine_pause(struct machine *m, struct machine_pause *pause);
void machine_tear(struct machine *m, const struct machine_op *op, const struct sim_cut *cut);
void machine_again(struct machine *m, const struct machine_pause *pause); /* before the next tear */
void machine_resume(struct machine *m, const struct machine_pause *pause);

/* The next combination of readings after the one of the act just performed: prescribes it, and
 * returns false when there is none left. */
bool machine_next_readings(struct machine *m);

/* A number for all of the flash that can still matter: equal numbers, equal futures. */
uint64_t machine_hash(struct machine *m);

/* Say that a law is broken; the first one counts. */
__attribute__((format(printf, 3, 4))) void machine_break(struct machine *m, enum explore_law law,
                                                         const char *how, ...);

/* The page goes bad now. */
void machine_decay(struct machine *m, const struct explore_death *death);

/* oracle.c: what could be started, told from the flash and the images alone. */
/* Is the whole image in primary of this pair, whatever comes after it? */
bool oracle_runs(const struct machine *m, uint8_t pair, uint8_t image);
/* Which images of `which` could be put together in all primaries? Bit i: image i. */
uint8_t oracle_can(const struct machine *m, uint8_t which);
/* Which are whole, all in primary or all in the backup? */
uint8_t oracle_near(const struct machine *m, uint8_t which);

/* hash.c */
/* From now on garbage is garbage: sound where nothing is torn, see there. */
void machine_symbols(struct machine *m);
/* journal.c */
uint64_t machine_journal_hash(struct machine *m);
void machine_forget_journal(struct machine *m);
/* Does this erase take the only account there is? */
bool machine_last_word(struct machine *m, const struct machine_op *op);
/* Is it part of the journal that nothing depends on any more? */
bool machine_forgotten(struct machine *m, const struct sim_flash *chip,
                       const struct sim_tear *tear);

#endif
