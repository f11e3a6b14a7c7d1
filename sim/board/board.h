/* SPDX-License-Identifier: Apache-2.0 */
/* sim/board/board.h - an emulated board: runs the very bytes that would be flashed to a chip.
 *
 *     struct board b;
 *     err = board_open(&b, board_find("stm32f407"), NULL);    or a product's: board_fit()
 *     sim_flash_fill(&b.chip[0], 0, bootloader, len);
 *     board_power_on(&b);
 *     board_type(&b, "s\n");
 *     end = board_run(&b);              BOARD_WAITS: for input; b.said holds what it printed
 *     board_close(&b);
 *
 * The processor is Unicorn's; the peripherals that the ports touch are modelled here; flash is
 * simulated flash (sim/flash.h) with all its traits, so that power is cut in the same ways. Every
 * reset makes a new processor and fills its RAM with noise. All chance comes from b.power.seed, and
 * time is counted in instructions: a run is the same each time. */
#ifndef BULKHEAD_SIM_BOARD_H
#define BULKHEAD_SIM_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "bulkhead/product.h"
#include "sim/flash.h"

#define BOARD_CHIPS_MAX 2u
#define BOARD_SAID_MAX 8192u
#define BOARD_TYPED_MAX 1024u
#define BOARD_PERIPHERALS_MAX 12u
/* Cycles of an instruction, in tenths: what a Cortex-M4 takes on the average of this code, with the
 * wait states of flash. Not measured on a chip; docs/budgets.md reckons with the same number. */
#define BOARD_CYCLES_10 15u
#define BOARD_FUSES 64u

struct board;

/* A register that is read as it was written, and what it holds after reset, if not 0. */
struct board_register {
    uint32_t addr, value;
};
#define BOARD_KEPT_MAX 96u
#define BOARD_TOUCHED_MAX 192u

/* Registers in a range of addresses, read and written in words. off is from the range's start. */
struct board_peripheral {
    uint32_t addr;
    uint32_t len;
    uint32_t (*read)(struct board *b, uint32_t off);
    void (*write)(struct board *b, uint32_t off, uint32_t value);
};

/* What describes a memory protection unit's regions: RASR, or RLAR. */
enum board_mpu { BOARD_NO_MPU, BOARD_MPU_V7, BOARD_MPU_V8 };

/* A processor: cortex_m.c, riscv.c. The numbers are Unicorn's. */
struct board_cpu {
    int arch, mode, model;
    int pc, link;         /* which registers hold program counter and return address */
    const int *registers; /* all that a program's place is made of; pc is the last */
    int n_registers;
    uint32_t thumb; /* 1: bit 0 of a code address says so */
    bool vtor;      /* a Cortex-M whose vector table can be moved */
    enum board_mpu mpu;
    /* Set the registers as reset does. */
    void (*reset)(struct board *b);
    /* Where the program wants faults to go. False: nowhere. */
    bool (*fault)(struct board *b, uint32_t *handler);
};

extern const struct board_cpu board_cortex_m0, board_cortex_m0plus, board_cortex_m4,
    board_cortex_m7, board_cortex_m33, board_rv32imac;

/* What a board is made of. */
struct board_kind {
    const char *name;
    const struct bh_product *product; /* board_fit() says; NULL: the bare board */
    const struct board_cpu *cpu;
    uint32_t ram_addr, ram_len;
    uint32_t more_addr, more_len; /* RAM of another kind; len 0: there is none */
    const void *rom;              /* of whole pages, and aligned to them */
    uint32_t rom_addr, rom_len;   /* len 0: there is none */
    uint32_t load_addr;           /* where images are loaded to; 0: they run where they lie */
    /* Geometry, of the manual's or of the product's; only the first may be mapped. */
    const struct bh_flash *flash[BOARD_CHIPS_MAX];
    uint32_t burst[BOARD_CHIPS_MAX];    /* bytes programmed at once: sim_traits.burst */
    uint32_t khz;                       /* the processor's clock after reset */
    uint32_t mtime_khz;                 /* RISC-V: the machine timer */
    uint32_t lsi_khz;                   /* the watchdog's own, at its fastest; 0: it has none */
    uint32_t erase_ms[BOARD_CHIPS_MAX]; /* longest time of one page erase */
    bool stalls; /* the processor runs from chip 0, and waits while that is erased */
    const struct board_peripheral *peripherals;
    uint8_t n_peripherals;
    const struct board_register
        *at_reset;   /* of registers that are kept; addr 0 ends; NULL: all 0 */
    const void *own; /* the model's: stm32.c */
    /* The processor has read a unit that the flash's ECC rejects, at off; NULL: there is no ECC. */
    void (*torn)(struct board *b, uint32_t off);
    /* The processor writes to mapped flash. False: that is a fault. */
    bool (*store)(struct board *b, uint32_t off, uint32_t size, uint32_t value);
    /* It is about to read from there; what it will see is in b->mapped. NULL: just the cells. */
    void (*load)(struct board *b, uint32_t off);
    /* What a ROM does before the program; NULL: the processor's reset leads to that. */
    void (*boot)(struct board *b);
    /* A reset of the peripherals; RAM is noise already. */
    void (*reset)(struct board *b);
};

/* One for each folder ports/NAME/emulated, in the order of their names. The build writes the
 * list, and sim/board/kinds.h with board_NAME for each: nothing but the folder makes a board
 * one of them. */
extern const struct board_kind *const board_kinds[]; /* NULL ends */
/* A board by name, or NULL. */
const struct board_kind *board_find(const char *name);

enum board_fit {
    BOARD_FITS,
    BOARD_NO_CHIP,    /* the board has fewer flash chips than the product uses */
    BOARD_OTHER_CHIP, /* a device has another program unit, erased value or address than the chip */
};

/* The board with these devices in the place of its chips; the first may be mapped. */
enum board_fit board_fit_devices(struct board_kind *out, const struct board_kind *model,
                                 const struct bh_flash *const *devices, uint8_t n,
                                 const struct bh_flash **wrong);
/* The board with a product on it: a copy of the model, with the product's devices in the place of
 * its chips, the one that the bootloader is on first. wrong: the device that does not fit. The
 * product must outlive *out. */
enum board_fit board_fit(struct board_kind *out, const struct board_kind *model,
                         const struct bh_product *product, const struct bh_flash **wrong);

/* Why a run ended. */
enum board_end {
    BOARD_WAITS,  /* the program asks the console for input again and again, and there is none */
    BOARD_CUT,    /* the power went: b.power.cut or b.cut_at struck */
    BOARD_LOCKUP, /* a fault within a fault, or a reset loop */
    BOARD_LIMIT,  /* b.limit instructions were executed */
    BOARD_MARK,   /* b.watch said so */
};

const char *board_end_text(enum board_end end);

/* Registers of one serial NOR chip: what the chip knows besides its cells. */
struct board_nor {
    struct sim_flash *cells;
    bool write_enabled, asleep, selected;
    uint32_t busy;       /* status reads until the operation is over; not 0 if busy_until counts */
    uint64_t busy_until; /* if the board is slow: board_us() at which an erase is over */
    uint32_t n;          /* bytes of this transaction so far */
    uint8_t opcode;
    uint32_t addr;
    bool wide;          /* 4-byte addresses */
    bool no_sfdp;       /* an old chip, without a table */
    uint32_t word16;    /* of its table; 0: that has 9 words only */
    uint8_t addresses;  /* word 1: 0: of 3 bytes, 1: of 3 or 4, 2: of 4 */
    uint8_t odd_erase;  /* log2 of the first erase type; 0: 4 KB, as they are */
    bool no_b7;         /* does not know how to enter 4-byte addresses */
    bool no_reset;      /* nor 66h, 99h */
    bool zero_id;       /* identifies itself by zeros */
    bool wants_wren;    /* before B7h */
    bool reset_enabled; /* 66h was the last command of the two */
    /* Left by an application that had more lines than this bus, whose others are pulled up: */
    bool qpi;            /* commands come on four lines */
    uint8_t continuous;  /* 2, 4: no command comes but an address, on so many lines */
    uint32_t clocks;     /* of this transaction, in such a mode */
    uint32_t mode_bits;  /* the last eight that came, on as many lines */
    bool protected;      /* all blocks: program and erase change nothing */
    uint32_t selections; /* transactions so far */
    uint32_t erases;     /* erase commands so far */
    uint8_t page[256];   /* bytes to program, and which of them */
    bool given[256];
};

/* A watchdog: sim/board/watchdog.c. Of what is counted, since power-on. */
struct board_watchdog {
    uint64_t period_us;      /* 0: it does not run */
    uint64_t fed_us, fed_at; /* when it was fed last: time, instruction */
    uint64_t bite_at;        /* instruction at which it bites as things are */
    uint64_t longest_us;     /* most from one feed to the next, without erases */
    uint32_t bites;          /* resets by it */
    /* registers: STM32's; Nordic's */
    bool started, unlocked;
    uint32_t prescaler, reload, busy;
    uint32_t crv, enabled, asked;
};

/* Time since power-on: us at instruction `at`, and a clock of so many kHz since. */
struct board_time {
    uint64_t us, at;
    uint32_t khz;
};

struct board {
    const struct board_kind *kind;
    struct sim_power power;
    struct sim_flash chip[BOARD_CHIPS_MAX];
    uint8_t n_chips;
    const char *why; /* opening failed: what is wrong */

    /* The caller's wishes. 0: none. */
    uint64_t cut_at; /* the power goes before this instruction, counted from 1 at power-on; used
                         up when it strikes */
    uint64_t limit;  /* instructions since power-on */
    /* Asked before the instruction at addr: true ends the run there. */
    bool (*watch)(void *context, uint32_t addr);
    void *watch_context;
    bool swift; /* from the next reset on: ask and look once per run of instructions without a jump,
                   which is several times as fast; cut_at does not strike, and what is counted is
                   the most there can have been */
    struct {
        uint32_t addr, len, but;
    } calm; /* if swift: here watch is not asked, but at `but`, and first thing after a reset */
    uint32_t supply_mv;   /* what the chip has; 0: enough for everything */
    uint32_t patience_ms; /* a program that waits by a clock is let wait so long; then it WAITS */
    uint64_t low_pins;    /* bit n: pin n is held low, as the port numbers pins */
    struct {
        uint32_t addr, len;
    } retained; /* RAM that a reset by the program leaves as it is; otherwise it is noise */
    bool slow;  /* an erase takes as long as it may at worst; otherwise no time at all */
    bool lax;   /* from the next reset on: with Unicorn 2.1 several times as fast again, but further
                 stores to flash after the first one may pass the flash controller by */

    /* What happened. */
    uint64_t instructions; /* executed since power-on */
    uint32_t resets;       /* since power-on, those by the program itself */
    uint32_t faults;       /* since power-on */
    bool stored;           /* since power-on: the processor wrote to mapped flash */
    struct board_watchdog watchdog;
    struct board_time time;
    struct board_register kept[BOARD_KEPT_MAX]; /* since reset: what registers hold */
    uint32_t n_kept;
    struct board_register beyond;        /* one for which there was no room: it is not kept */
    uint32_t touched[BOARD_TOUCHED_MAX]; /* since reset: registers that were written, each once */
    uint32_t n_touched;
    uint32_t started; /* where the program last jumped with a new vector table; 0: not yet */
    char said[BOARD_SAID_MAX + 1]; /* console output, ended by a 0; the oldest half is dropped */
    uint32_t n_said;
    void (*echo)(void *context, char c); /* console output as it comes; NULL: nobody listens */
    void *echo_context;

    /* The board's own. */
    struct uc_struct *uc;
    uint8_t *mapped;      /* what the processor sees of chip[0]; NULL: nothing */
    uint8_t *ram, *more;  /* more: NULL: there is none */
    struct board_window { /* for Unicorn: which board, which peripheral */
        struct board *b;
        const struct board_peripheral *p;
    } window[BOARD_PERIPHERALS_MAX];
    uint32_t stale_off, stale_len; /* of mapped: to be read from the chip again */
    char typed[BOARD_TYPED_MAX];
    uint32_t n_typed, at_typed;
    bool timed;         /* it looked at a clock since it was heard last */
    uint32_t waited_ms; /* what it was let wait of its patience */
    uint64_t tick_us;   /* up to here SysTick has told of its turns */
    uint32_t idle;      /* times the console was asked in vain since anything else happened */
    enum board_end end;
    bool ended, reset_wanted, in_fault, fresh;
    bool nmi_wanted, in_nmi, fault_wanted;
    uint8_t *unreadable;                     /* a bit for each unit of chip[0]; NULL: no ECC */
    uint32_t unreadable_from, unreadable_to; /* bytes; the same: all can be read */
    uint32_t vtor;
    bool guarded;      /* RAM is not executable */
    bool hidden;       /* the processor does not see its flash */
    uint32_t ram_runs; /* which pages of RAM are executable, as one number; 0: all */
    uint32_t runs;     /* so many bytes of mapped flash are executable */
    uint32_t reg[256]; /* peripherals' registers: each kind numbers its own; from 232 on: MPU */
    /* Memory that is programmed once: a bit is 1 until then. It outlives the power, not the
     * board. */
    uint32_t fuse[BOARD_FUSES];
    struct board_nor nor;
};

/* Is the emulator there? It is a library that is loaded now; without it board_open() is the end of
 * the program. */
bool board_emulator(void);
/* All chips erased, power off. traits: for all chips, or NULL for strict ones; power and burst are
 * replaced. 0, or a negative enum bh_error with b->why. Close it in both cases. */
BH_MUST_CHECK int board_open(struct board *b, const struct board_kind *kind,
                             const struct sim_traits *traits);
/* The same with the chips' contents in files, one for each chip (sim_flash_open_file). */
BH_MUST_CHECK int board_open_files(struct board *b, const struct board_kind *kind,
                                   const struct sim_traits *traits, const char *const *paths,
                                   enum sim_file how);
void board_close(struct board *b);

/* Cold start: counts from 0, RAM is noise, unread input is dropped. */
void board_power_on(struct board *b);
/* Until something ends the run; resets by the program are part of it. */
enum board_end board_run(struct board *b);

/* Bytes of stack used since the last reset: RAM was full of noise, and where 4 KB below its top are
 * noise still, the stack has not been. */
uint32_t board_stack_used(const struct board *b);

/* Where a program is: processor, RAM and peripherals, but not flash. Free the RAM. */
enum { BOARD_SP = 13, BOARD_FLAGS = 15, BOARD_PC = 16 }; /* on a Cortex-M */
struct board_state {
    uint32_t registers[33]; /* r0 to r12, sp, lr, xpsr, pc; or x1 to x31, mtvec, pc */
    uint8_t *ram;           /* all of it, one after the other */
    uint32_t vtor, started, idle;
    bool in_fault, hidden;
    uint32_t reg[256];
    struct board_nor nor;
    struct board_watchdog watchdog;
    struct board_time time;
    struct board_register kept[BOARD_KEPT_MAX];
    uint32_t n_kept;
};
/* state: all zero, or saved before from a board of this kind. */
void board_save(const struct board *b, struct board_state *state);
/* On the same board or another of its kind, between two runs. */
void board_load(struct board *b, const struct board_state *state);

/* What the processor would read there. False: no peripheral is there. */
bool board_register(struct board *b, uint32_t addr, uint32_t *value);

/* Microseconds since power-on; and so many pass in which the program waits. */
uint64_t board_us(const struct board *b);
void board_pass(struct board *b, uint64_t us);

/* Input for the console. What does not fit is dropped. */
void board_type(struct board *b, const char *text);
void board_send(struct board *b, const void *data, uint32_t len);
/* Forget what was said so far. */
void board_hush(struct board *b);

#endif
