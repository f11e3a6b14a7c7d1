/* SPDX-License-Identifier: Apache-2.0 */
/* sim/board/prove.h - a bootloader's binary lives a device's life on the emulated board, with power
 * cuts, and does on the flash what the core does in the simulated world.
 *
 *     struct prove p = { .kind = &kind, .bootloader = { boot, len }, .image = { one, two },
 *                        .cuts = 8, .seed = 1 };
 *     if (prove_run(&p) == PROVE_BROKEN)
 *         ... p.broken says what, p.what where ...
 *
 * The application need not be a special one: it is stopped at its first instruction, and what it
 * would do (stage, request, confirm) is done on the board's flash by the library that it would
 * call. The laws, at every start after a cut:
 *
 *   - an image starts, and the bytes in its slot are those of image one or two, whole;
 *   - it is the one that the journal tells: on trial, taken back, or confirmed;
 *   - nothing stays that nobody confirmed, and the start after that agrees;
 *   - an image that is on trial is not confirmed then, and the old one comes back, byte for byte;
 *     half of these reverts are cut too;
 *   - no flash was used as no correct driver uses it. */
#ifndef BULKHEAD_SIM_BOARD_PROVE_H
#define BULKHEAD_SIM_BOARD_PROVE_H

#include "sim/board/board.h"

#define PROVE_TEXT 512u
#define PROVE_PHASES 3u

enum prove_end {
    PROVE_GOOD,
    PROVE_BROKEN,  /* a law, or the trace: p.broken */
    PROVE_STOPPED, /* by progress(): what was done until then is good */
    PROVE_FAILED,  /* no memory, or the board cannot be opened: p.broken */
};

struct prove_bytes {
    const uint8_t *data;
    uint32_t len;
};

/* A part of the life that power is cut in. */
struct prove_phase {
    const char *name;      /* "update", "confirm", "revert" */
    uint32_t candidates;   /* operations worth a cut: erases, journal entries, borders of copies */
    uint64_t operations;   /* of flash in all */
    uint64_t instructions; /* with fewer than four cuts, or all: the most there can have been */
    uint32_t cuts;         /* made */
    uint32_t planned;      /* to be made */
};

struct prove {
    const struct board_kind *kind;           /* with a product on it: board_fit() */
    struct prove_bytes bootloader, image[2]; /* signed; of pair 0 */
    uint32_t cuts;                           /* in each phase; 0: every candidate in three ways */
    uint64_t seed;
    /* Asked now and then; false: stop. NULL: go on. */
    bool (*progress)(void *context, uint32_t done, uint32_t planned);
    void *context;

    /* What came of it. */
    struct prove_phase phase[PROVE_PHASES];
    uint32_t n_phases; /* plan overwrite has one: nothing is confirmed or taken back */
    uint64_t compared; /* flash operations, of one unit or page, that the host made alike */
    uint64_t starts;
    const char *law;         /* the one that was broken, or NULL */
    char what[PROVE_TEXT];   /* where: phase and cut */
    char broken[PROVE_TEXT]; /* how: what was found */
};

enum prove_end prove_run(struct prove *p);

#endif
