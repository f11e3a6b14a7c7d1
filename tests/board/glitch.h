/* SPDX-License-Identifier: Apache-2.0 */
/* Faults on a board: a program runs, something goes wrong at one place of it, and it is seen what
 * comes of it. For Cortex-M.
 *
 *     glitch_open(&g, &stand.board, &campaign);
 *     glitch_run(&g);                    glitch_ended(&g, GLITCH_STARTED) must be 0
 *     glitch_close(&g);
 *
 * A fault lasts for one execution of one instruction. An instruction is skipped by a NOP of its
 * length in its place: in an IT block it counts as one of the block, and a NOP for the IT itself
 * sets the block free.
 *
 * The board given runs instruction by instruction. At each place chosen it steps aside, with the
 * fault; what follows is run by a second board, which is swift. */
#ifndef TESTS_BOARD_GLITCH_H
#define TESTS_BOARD_GLITCH_H

#include "sim/board/board.h"

#define GLITCH_BAD_MAX 64u

/* What goes wrong. */
enum glitch_kind {
    GLITCH_SKIP, /* an instruction is skipped */
    GLITCH_SKIP_2,
    GLITCH_SKIP_3, /* so many that follow one another in memory */
    GLITCH_SKIP_4,
    GLITCH_WORD,      /* one bit of the instruction's word is turned */
    GLITCH_REGISTER,  /* one bit of r0 to r12, sp or lr is turned before it */
    GLITCH_CONDITION, /* its condition is inverted: of a branch, or of an IT block */
    GLITCH_LOAD,      /* a register that it loads gets 0, or all ones */
    GLITCH_PC,        /* one bit of the program counter is turned: a jump to anywhere */
    GLITCH_KINDS
};

const char *glitch_kind_text(enum glitch_kind kind);

enum glitch_end {
    GLITCH_SAME,    /* no difference to the run without a fault */
    GLITCH_HELD,    /* nothing was started: recovery */
    GLITCH_GOOD,    /* what may be started was started */
    GLITCH_RESET,   /* a fault or reset, and the flash is as it was before: the next boot is a good
                       one */
    GLITCH_HANGS,   /* locked up, or far more instructions than without a fault */
    GLITCH_VOID,    /* jumps into flash where no image is */
    GLITCH_INSIDE,  /* jumps into the image, but not to its start */
    GLITCH_STRAYED, /* runs in RAM */
    GLITCH_STARTED, /* what must not be started was started, at its start */
    GLITCH_ENDS
};

const char *glitch_end_text(enum glitch_end end);

struct glitch_campaign {
    /* What may run after the bootloader: the mapped chip's bytes from slot_off on, if they are
     * these. bytes NULL: nothing may. */
    uint32_t slot_off;
    const uint8_t *bytes;
    size_t len;
    uint32_t code_len; /* the bootloader is the first so many bytes of the mapped chip */
    /* What must not be started: its first instruction, and the bytes of flash it is in. */
    uint32_t entry, image_addr, image_len;

    /* Of an instruction that is executed at most `all` times, every execution; of the others the
     * first and the last, and about so many in between, drawn from the seed. */
    uint32_t all, drawn;
    uint64_t seed;
    uint32_t only, only_len; /* not 0: only instructions at so many bytes from this address on */

    /* What goes wrong there: bit k for enum glitch_kind k (0: GLITCH_SKIP). Of each kind about so
     * many faults, drawn from the seed (0: every one). */
    uint32_t kinds;
    uint64_t bound;
    /* A bit of a register is turned only before an instruction that reads the register: before
     * others it is the same fault as before the next instruction, or none. */
    bool read_only;
    bool late; /* only places after the last long computation */
    /* Not 0: only so many places, from the end of the last long computation on, `stride`
     * instructions apart: what is kept in registers meanwhile is in them there. */
    uint32_t places, stride;

    /* An instruction executed at least so many times (0: half as often as the one that is executed
     * most) is part of a long computation. From its begin to its end only one place in `sparse` is
     * tried, and those that are executed no more than `rare` times. */
    uint32_t busy;
    uint32_t sparse, rare;

    /* Not 0: pairs instead. The first of the two is among so many instructions after the end of the
     * long computation, or the last so many before the console is asked; the second is among as
     * many that follow the first. One pair in `sparse` is tried. */
    uint32_t window;
};

struct glitch_bad {
    uint32_t first, second; /* addresses; second 0: one fault */
    enum glitch_kind kind;
    uint32_t detail; /* WORD, PC: the bit; REGISTER: register * 32 + bit; LOAD: register * 2 + (all
                        ones) */
    uint64_t at;     /* the first, as instruction since power-on */
    enum glitch_end end;
    uint32_t to; /* where it strayed to or started */
};

struct glitch {
    struct board *exact, swift;
    const struct glitch_campaign *campaign;

    uint64_t instructions;           /* of the run without a fault */
    uint32_t places;                 /* addresses executed in it */
    uint64_t possible[GLITCH_KINDS]; /* faults of each kind at the places chosen */
    uint64_t faults[GLITCH_KINDS];   /* runs with one */
    uint64_t ended[GLITCH_KINDS][GLITCH_ENDS];
    struct glitch_bad bad[GLITCH_BAD_MAX]; /* the first few that strayed or started */
    uint32_t n_bad;

    /* The machinery's own. */
    uint32_t *total, *seen; /* executions, by offset / 2 */
    uint64_t next_at;       /* where the next of campaign->places is, and how many came before */
    uint32_t n_places;
    uint32_t registers;        /* at this place: those that may have a bit turned */
    bool counting;             /* the places are counted, nothing goes wrong yet */
    uint32_t block, block_end; /* the IT block last come to: its members are no places */
    uint32_t group, group_end; /* being stepped over */
    bool entered;
    uint64_t swift_ops;    /* of the swift board when in step */
    uint64_t window_at[2]; /* where the windows begin */
    uint32_t busy;         /* campaign->busy, or its default */
    uint64_t busy_at;      /* where the long computation begins */
    /* A place shortly before that: a run that comes by in the state it is in without a fault goes
     * on as without a fault. */
    uint32_t check_addr, last_addr;
    uint64_t check_at;
    struct board_state check, swift_state;
    bool converged;
    uint64_t pairs;
    uint32_t arrived_at;
    struct glitch_bad now;
    struct board_state before[2], after[2], aside[2];
};

void glitch_open(struct glitch *g, struct board *exact, const struct glitch_campaign *campaign);
/* From power-on until the program waits for input. */
void glitch_run(struct glitch *g);
void glitch_close(struct glitch *g);

/* Runs of all kinds that ended so. */
uint64_t glitch_ended(const struct glitch *g, enum glitch_end end);

#endif
