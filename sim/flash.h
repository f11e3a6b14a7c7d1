/* SPDX-License-Identifier: Apache-2.0 */
/* sim/flash.h - simulated flash: just another bh_flash, but one that fails as real flash fails.
 *
 *     struct sim_power power = { .seed = 1 };
 *     struct sim_flash chip;
 *     int err = sim_flash_open(&chip, &geometry, &(struct sim_traits){ .power = &power });
 *     power.cut = (struct sim_cut){ .at = 7, .when = SIM_CUT_TORN, .shape = SIM_MIX };
 *     bool ended = sim_power_run(&power, boot, &product);   boot sees &chip.flash
 *     sim_flash_close(&chip);
 *
 * What is stored. A unit is blank, programmed, or torn. A torn unit remembers what it held before
 * and what it was meant to hold, and reads as either, or as some mixture: another one at every
 * boot, the same within one, until its page was erased completely. A page may go bad: enum
 * sim_decay.
 *
 * What is an operation. One call of program, or the erase of one page. Reads are none: nothing
 * changes by them, so a cut during a read is a cut before the next operation.
 *
 * All chance comes from the seed of sim_power. There are no globals: one process may hold many. */
#ifndef BULKHEAD_SIM_FLASH_H
#define BULKHEAD_SIM_FLASH_H

#include <stddef.h>

#include "bulkhead/flash.h"

#define SIM_TEXT 200u

struct sim_flash;
struct sim_tear;

/* --- power ------------------------------------------------------------------------------- */

/* How a torn range of units reads, between what it held before and what was meant. seed picks
 * among the forms of one shape: PREFIX and SUFFIX take their length from it (seed modulo units
 * + 1), the BUT_ONE shapes their unit (seed modulo units). */
enum sim_shape {
    SIM_BEFORE,         /* nothing happened */
    SIM_MEANT,          /* all of it happened; if unstable, it only looks so */
    SIM_PREFIX,         /* the first units as meant, the rest as before */
    SIM_SUFFIX,         /* the last units as meant, the rest as before */
    SIM_MIX,            /* each bit as before or as meant, by chance */
    SIM_BEFORE_BUT_ONE, /* as before, but one unit as meant */
    SIM_MEANT_BUT_ONE,  /* as meant, but one unit as before */
    SIM_BLANK,          /* erased, whatever was before or meant */
    SIM_GARBAGE,        /* any bits at all */
    SIM_FAULT,          /* reading is an error; needs the ecc trait */
    SIM_SHAPES
};

enum sim_when { SIM_CUT_BEFORE, SIM_CUT_TORN, SIM_CUT_AFTER };

/* One power cut. */
struct sim_cut {
    uint64_t at; /* operation it meets, counted from 1 at power-on; 0: none */
    enum sim_when when;
    enum sim_shape shape; /* TORN: how the damage looks */
    uint64_t seed;        /* TORN: which of the forms of that shape */
    uint32_t pulse;       /* TORN program: the pulse that is torn (modulo pulses); earlier ones are
                             complete, later ones did not begin */
    bool unstable;        /* TORN: from the next boot on it may read as any shape */
};

/* How a torn range reads from now until the next power cut. Called at the first look at it in each
 * boot, so an explorer that enumerates readings is only asked what matters. Not called for NULL:
 * then a shape is drawn from the seed, the boot and the place. */
struct sim_reading {
    enum sim_shape shape;
    uint64_t seed;
};
typedef struct sim_reading sim_choose(void *context, const struct sim_flash *flash,
                                      const struct sim_tear *tear);

/* One supply for any number of devices. All zero is a good start: on, no cut. Copy it to take a
 * snapshot. */
struct sim_power {
    uint64_t seed;
    struct sim_cut cut; /* the next one; used up when it strikes */
    sim_choose *choose;
    void *choose_context;
    uint64_t ops;   /* operations begun since power-on */
    uint32_t boots; /* times powered on; only goes up, except back with a snapshot */
    bool dark;      /* off: no device answers */
    void *home;     /* where a cut goes (sim_power_run) */
};

/* Power on, run code(context) as the device would, and stop it dead where the cut strikes.
 * True if code returned, false if it was cut: the power is off then, and stays off until the next
 * run or sim_power_on(). Code that is cut never gets control back: it must hold nothing but its
 * own stack. */
bool sim_power_run(struct sim_power *power, void (*code)(void *context), void *context);

/* For who cannot be unwound (an emulator): power on. When the cut strikes outside
 * sim_power_run(), the operation returns BH_ERR_IO, power->dark is set, and nothing answers. */
void sim_power_on(struct sim_power *power);
void sim_power_off(struct sim_power *power);

/* A cut drawn from seed, somewhere in operations 1 to ops, of any kind; FAULT only with ecc. */
struct sim_cut sim_cut_draw(uint64_t seed, uint64_t ops, bool ecc);

const char *sim_shape_text(enum sim_shape shape);
const char *sim_when_text(enum sim_when when);

/* --- devices ----------------------------------------------------------------------------- */

/* May a unit be programmed again between two erases? */
enum sim_again {
    SIM_AGAIN_NEVER, /* not even with the same bits: flash with ECC, and the core's own rule */
    SIM_AGAIN_SAME,  /* with exactly what it holds */
    SIM_AGAIN_CLEAR, /* with whatever needs no bit to go back to erased: plain NOR */
};

enum sim_kind { SIM_READ, SIM_PROGRAM, SIM_ERASE };

/* What a watcher is told of, after it happened. Reads have op 0. */
struct sim_event {
    const struct sim_flash *flash;
    enum sim_kind kind;
    uint32_t off;
    uint32_t len;
    const void *data; /* what was read, or was to be programmed; NULL for an erase */
    uint64_t op;      /* operation, counted from 1 at power-on */
    int err;
    bool cut; /* the power went in this operation; power->cut tells how */
};
typedef void sim_watch(void *context, const struct sim_event *event);

struct sim_traits {
    const char *name;        /* in messages; NULL: "flash" */
    struct sim_power *power; /* NULL: never fails */
    uint32_t burst;          /* bytes one program pulse covers, and so what is torn at once; whole
                                units; 256 for SPI NOR; 0: one unit */
    enum sim_again again;
    bool ecc;         /* torn units may be read errors */
    bool blind;       /* reading a blank unit is an error; the driver offers blank() instead */
    sim_watch *watch; /* NULL: nobody */
    void *watch_context;
};

enum sim_health {
    SIM_WELL,
    SIM_DEAD,   /* every operation fails */
    SIM_ABSENT, /* an open bus: reads give 0xFF, programs and erases vanish, all without an error */
    SIM_BABBLE, /* reads give noise, differently each time; programs and erases vanish */
};

/* How a page goes bad. Unlike a fault, this is part of the device's state: snapshots keep it. */
enum sim_decay {
    SIM_SOUND,
    SIM_WORN,       /* erase and program fail; the contents stay */
    SIM_SPOILT,     /* erase and program fail; the contents are garbage from now on */
    SIM_UNREADABLE, /* reads fail, for good; erase and program seem to work */
    SIM_FADED,      /* reads fail until the page is erased completely */
    SIM_GONE,       /* every operation fails, as on a page with ECC that was torn and is worn */
    SIM_DECAYS
};
const char *sim_decay_text(enum sim_decay decay);

#define SIM_BAD_MAX 2u
struct sim_bad {
    uint32_t off, len; /* the page */
    enum sim_decay decay;
};

/* A bad spot: operations of these kinds that touch it fail and change nothing. */
struct sim_fault {
    uint32_t off;
    uint32_t len;
    bool read, program, erase;
};

/* Work done since opened, or since the caller set it to zero. Failed calls are not counted; what a
 * cut interrupts is. */
struct sim_counts {
    uint64_t reads, programs, erases; /* calls; erases: pages */
    uint64_t read_bytes, programmed_bytes, erased_bytes;
    uint64_t spoiled; /* units programmed over a torn one that looked blank */
};

/* Calls that no correct caller makes. Each changed nothing and returned BH_ERR_IO. */
struct sim_misuse {
    uint32_t count;
    char first[SIM_TEXT]; /* the first one in words: what, where, at which operation */
};

/* A torn range. Several may overlap by offset; a unit belongs to one. */
struct sim_tear {
    uint32_t off, len;  /* as it was torn */
    uint32_t units;     /* that still belong to it; 0: a free place in the list */
    enum sim_kind kind; /* what was torn: SIM_PROGRAM or SIM_ERASE */
    bool spoiled;       /* programmed over a torn range, completely or not */
    bool fixed;         /* reads the same at every boot */
    uint32_t boot;      /* the boot that reading holds for */
    struct sim_reading reading;
};

/* Opened by one of the functions below, closed by sim_flash_close(); stays where it was opened.
 * Read what you like; set health, faults, counts, misuse and traits at any time. */
struct sim_flash {
    struct bh_flash flash; /* what the core gets */
    struct sim_traits traits;
    enum sim_health health;
    const struct sim_fault *faults; /* the caller's */
    uint32_t n_faults;
    struct sim_counts counts;
    struct sim_misuse misuse;
    char text[SIM_TEXT]; /* why opening failed: what and why, and what to do */

    /* The state; all below is the simulator's own. */
    struct sim_bad bad[SIM_BAD_MAX]; /* pages gone bad */
    uint32_t n_bad;
    uint8_t *cells;  /* size bytes, page-aligned: what is stored; of a torn unit, what was before */
    uint8_t *meant;  /* size bytes: of a torn unit, what was meant */
    uint16_t *state; /* per unit: 0 blank, else programmed or the tear it belongs to */
    uint32_t *wear;  /* per block, at the first of each page: erases */
    struct sim_tear *tears;
    uint32_t n_tears; /* places in use or free between */
    uint32_t max_tears;
    uint64_t noise; /* SIM_BABBLE: draws so far */

    uint32_t block; /* bytes saved and hashed at once; divides every page */
    uint32_t n_blocks;
    struct sim_past *past; /* snapshots, hashes */
    int file;              /* descriptor, -1: memory */
    bool read_only;
};

extern const struct bh_flash_ops sim_flash_ops;
extern const struct bh_flash_ops sim_flash_blind_ops; /* of a device with the blind trait */

/* A new device in memory, all erased. Of geometry, context is not used, and of ops only whether
 * there is blank(): then the device has the blind trait. If geometry is
 * itself the device (a const struct bh_flash with ops = &sim_flash_ops and context = s), the core
 * may use it instead of &s->flash. 0, or BH_ERR_PRODUCT with s->text. */
BH_MUST_CHECK int sim_flash_open(struct sim_flash *s, const struct bh_flash *geometry,
                                 const struct sim_traits *traits);

enum sim_file {
    SIM_FILE_READ,   /* must be there; programs and erases are misuse */
    SIM_FILE_WRITE,  /* must be there and writable, and used by nobody else */
    SIM_FILE_CREATE, /* as WRITE, but made and filled with the erased value if not there */
    SIM_FILE_TRY,    /* as WRITE, but what is done is forgotten: the file stays as it is */
};
/* A device whose contents are a file of exactly the device's size. Changes reach the file as they
 * happen. What cannot be seen in the bytes is not kept: wear, and a unit programmed as blank; torn
 * units keep how they read last. 0, BH_ERR_ABSENT (no such file), BH_ERR_IO (not to be opened so)
 * or BH_ERR_PRODUCT (geometry or size), with s->text. Nothing was changed then. */
BH_MUST_CHECK int sim_flash_open_file(struct sim_flash *s, const struct bh_flash *geometry,
                                      const struct sim_traits *traits, const char *path,
                                      enum sim_file how);
void sim_flash_close(struct sim_flash *s);

/* The programmer at the factory: the whole device as new, or bytes at off whatever was there.
 * Counts nothing, wears nothing, cannot be cut. The caller stays in range. */
void sim_flash_blank(struct sim_flash *s);
void sim_flash_fill(struct sim_flash *s, uint32_t off, const void *data, uint32_t len);

/* The page that holds off goes bad; a page has one illness, the last. SOUND: it is well again, with
 * the contents it has. */
void sim_flash_decay(struct sim_flash *s, uint32_t off, enum sim_decay decay);
/* Would an operation of this kind on this range fail because of a page gone bad, or of a fault? */
bool sim_flash_fails(const struct sim_flash *s, enum sim_kind kind, uint32_t off, uint32_t len);

/* What reads at off at this moment, not counted, and with no power needed. Torn ranges that this
 * boot has not looked at yet show what they showed last, read errors what was before. */
void sim_flash_peek(const struct sim_flash *s, uint32_t off, void *buf, uint32_t len);

/* Erases of the page that holds off, since opened or blanked. */
uint32_t sim_flash_wear(const struct sim_flash *s, uint32_t off);

/* --- states ------------------------------------------------------------------------------ */

/* Remember the present state: contents, tears, wear, counts, misuse. Returns its number, counted
 * from 1 up. Costs nothing but the blocks that change from now on. */
uint32_t sim_flash_snapshot(struct sim_flash *s);
/* Go back to a snapshot, any number of times. Later snapshots are forgotten. */
void sim_flash_restore(struct sim_flash *s, uint32_t snapshot);
/* Forget all snapshots, keep the present state. */
void sim_flash_forget(struct sim_flash *s);

/* How the present state differs from snapshot 1, to be kept for later; free() it. */
struct sim_delta *sim_flash_delta(struct sim_flash *s);
size_t sim_delta_size(const struct sim_delta *delta); /* bytes of memory */
/* Make the state that delta was taken of: back to snapshot 1, then the difference. */
void sim_flash_apply(struct sim_flash *s, const struct sim_delta *delta);

/* A number for the state a power-off leaves: contents, programmed units, torn ranges with
 * before and meant. Not counts, wear, nor how torn ranges read in this boot. Costs only what has
 * changed since it was last asked for. */
uint64_t sim_flash_hash(struct sim_flash *s);
/* The part that whole pages have in it: hash ^ part is a number for the rest of the device. */
uint64_t sim_flash_hash_part(struct sim_flash *s, uint32_t off, uint32_t len);

#endif
