/* SPDX-License-Identifier: Apache-2.0 */
/* The board on which otadata chooses, with applications that the real esptool made: what
 * test_board_select.py asks about the very binaries.
 *
 *     board_select trace ONE TWO          each flash operation of a life as on the host; RAM too
 *     board_select cuts ONE TWO [N SEED]  the power is cut N times in each phase of that life
 *     board_select floor ONE TWO          anti-rollback, with the bootloader boot-floor
 *     board_select skips BAD [N SEED]     one instruction skipped at N places: no start
 *     board_select skips BAD late         at each place of the last 20,000 instructions
 *     board_select pins ONE TWO           factory-reset and test pin
 *     board_select control BAD            the check is taken out: then it does start
 *
 * ONE and TWO are images that the bootloader takes, BAD is one that it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "host/layout/write.h"
#include "sim/board/inner.h"
#include "sim/board/kinds.h"
#include "stand.h"

#define BOARD "sifive_u_esp"
#define APP_1 "app 1.0.0 on " BOARD
#define APP_2 "app 2.0.0 on " BOARD

static struct sample sample;
static struct board_kind kind;
static struct board board;
static struct host_bytes one, two;
static uint64_t seed = 1;
static uint32_t number = 6;
static bool late;

static uint32_t draw(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16) % below;
}

static uint32_t place(const char *name)
{
    int i = layout_find_partition(&sample.layout, name);

    assert_true(i >= 0);
    return sample.layout.partitions[i].off;
}

static struct host_bytes file(const char *path)
{
    struct host_bytes bytes = { NULL, 0 };
    struct host_error e = { 0 };

    if (host_read_file(path, &bytes, &e))
        fail_msg("%s", e.text);
    return bytes;
}

/* Bootloader, ESP-IDF's table, ONE as factory application, TWO in ota_0. */
static const char *bootloader = "boot";

static void fill(struct sim_flash *chip)
{
    struct host_bytes boot = stand_firmware(BOARD, bootloader, ".bin");
    uint8_t table[BH_TABLE_LEN];
    struct host_error e;
    char *csv;

    assert_int_equal(write_esp(&sample.layout, &csv, table, &e), HOST_OK);
    free(csv);
    sim_flash_fill(chip, 0, boot.data, (uint32_t)boot.len);
    sim_flash_fill(chip, place("partition_table"), table, sizeof table);
    sim_flash_fill(chip, place("factory"), one.data, (uint32_t)one.len);
    if (two.data)
        sim_flash_fill(chip, place("ota_0"), two.data, (uint32_t)two.len);
    host_bytes_free(&boot);
}

static void open_board(struct board *b)
{
    const struct bh_flash *wrong;

    assert_int_equal(board_fit_devices(&kind, &board_sifive_u,
                                       &sample.built.product.bootloader.flash, 1, &wrong),
                     BOARD_FITS);
    if (board_open(b, &kind, NULL))
        fail_msg("%s", b->why);
    b->limit = STAND_LIMIT;
    b->swift = true;
    fill(&b->chip[0]);
}

static const char *run(void)
{
    enum board_end end = board_run(&board);

    if (end != BOARD_WAITS)
        fail_msg("%s after %llu instructions, having said:\n%s", board_end_text(end),
                 (unsigned long long)board.instructions, board.said);
    return board.said;
}

static const char *boot(void)
{
    board_hush(&board);
    board_power_on(&board);
    return run();
}

static const char *type(const char *line)
{
    board_hush(&board);
    board_type(&board, line);
    return run();
}

static void expect(const char *what)
{
    if (!strstr(board.said, what))
        fail_msg("no '%s' in:\n%s", what, board.said);
}

/* ---- trace ---- */

struct trace {
    struct operation {
        enum sim_kind kind;
        uint32_t off, value;
    } * op;
    size_t n, room;
};

static void add(struct trace *t, enum sim_kind what, uint32_t off, uint32_t value)
{
    if (t->n == t->room) {
        t->room = t->room ? t->room * 2 : 1024;
        t->op = realloc(t->op, t->room * sizeof t->op[0]);
        assert_non_null(t->op);
    }
    t->op[t->n++] = (struct operation){ what, off, value };
}

static void watch(void *context, const struct sim_event *e)
{
    if (e->kind == SIM_ERASE)
        add(context, SIM_ERASE, e->off, e->len);
    for (uint32_t i = 0; e->kind == SIM_PROGRAM && i < e->len; i++)
        add(context, SIM_PROGRAM, e->off + i, ((const uint8_t *)e->data)[i]);
}

/* The host's device: the same flash, the same core. */
struct host {
    struct sim_flash chip;
    struct sim_power power;
    struct bh_select product;
    struct bh_select_boot boot;
    struct bh_work work;
    uint8_t memory[1024];
};

static const struct bh_select_inputs inputs;

static void open_host(struct host *h, struct trace *t)
{
    const struct sim_traits traits = { .power = &h->power,
                                       .burst = 256,
                                       .again = SIM_AGAIN_CLEAR,
                                       .watch = watch,
                                       .watch_context = t };

    memset(h, 0, sizeof *h);
    h->product = sample.built.select;
    assert_int_equal(sim_flash_open(&h->chip, h->product.flash, &traits), BH_OK);
    h->product.flash = &h->chip.flash;
    h->work = (struct bh_work){ h->memory, sizeof h->memory };
    fill(&h->chip);
    sim_power_on(&h->power);
}

/* Boot on the host, and say which application starts. */
static int host_boot(struct host *h)
{
    bh_select_run(&h->product, &inputs, &h->work, &h->boot);
    bh_select_load(&h->product, &inputs, &h->work, &h->boot);
    assert_int_equal(h->boot.action, BH_BOOT_START);
    assert_int_equal(h->boot.verdict, BH_VERDICT_GOOD);
    return h->boot.index;
}

static void host_set_boot(struct host *h)
{
    enum bh_reason why;

    assert_int_equal(bh_select_set_boot(&h->product, 0, &inputs, &h->work, &why), BH_OK);
}

/* The board stops where the host stopped: before the application's first instruction. RAM is the
 * same but where the application has none. */
static bool at_entry(void *context, uint32_t addr)
{
    return addr == *(const uint32_t *)context;
}

static void same_ram(struct host *h)
{
    const struct bh_espressif_window *w = h->product.chip->windows;
    struct bh_region slot = { h->product.flash, h->boot.start.off, h->boot.start.len };
    struct bh_view view = bh_view_of(&slot);
    uint32_t entry = h->boot.image.load_addr, compared = 0;
    struct bh_espressif_segment s;

    board.watch = at_entry;
    board.watch_context = &entry;
    board_hush(&board);
    board_power_on(&board);
    assert_int_equal(board_run(&board), BOARD_MARK);
    board.watch = NULL;
    for (unsigned i = 0; bh_espressif_segment(&view, slot.len, i, &s) == BH_OK; i++) {
        const struct bh_espressif_window *in = bh_espressif_window(h->product.chip, s.load_addr, 4);
        uint32_t off = s.load_addr - w[0].start;

        assert_memory_equal(board.more + off, in->ram + (s.load_addr - in->start), s.len);
        compared += s.len;
    }
    assert_true(compared > 10000);
}

static void trace(void **state)
{
    struct trace theirs = { 0 }, ours = { 0 };
    struct host h;

    (void)state;
    open_board(&board);
    open_host(&h, &ours);
    board.chip[0].traits.watch = watch;
    board.chip[0].traits.watch_context = &theirs;

    assert_int_equal(host_boot(&h), BH_ESP_FACTORY);
    same_ram(&h);
    run();
    expect(APP_1);
    for (int confirm = 0; confirm <= 1; confirm++) {
        host_set_boot(&h);
        type("t\n");
        expect("ok");
        assert_int_equal(host_boot(&h), 0);
        same_ram(&h);
        run();
        expect(APP_2);
        if (confirm) {
            assert_int_equal(bh_select_confirm(&h.product, 0, &h.work), BH_OK);
            type("c\n");
            expect("ok");
        }
        assert_int_equal(host_boot(&h), confirm ? 0 : BH_ESP_FACTORY);
        boot();
        expect(confirm ? APP_2 : APP_1);
    }
    print_message("%zu operations\n", ours.n);
    assert_true(ours.n > 400);
    for (size_t i = 0; i < ours.n && i < theirs.n; i++)
        if (memcmp(&ours.op[i], &theirs.op[i], sizeof ours.op[i]) != 0)
            fail_msg("operation %zu: host %d at 0x%x, %x; board %d at 0x%x, %x", i,
                     (int)ours.op[i].kind, ours.op[i].off, ours.op[i].value, (int)theirs.op[i].kind,
                     theirs.op[i].off, theirs.op[i].value);
    assert_int_equal(theirs.n, ours.n);
    assert_int_equal(board.chip[0].misuse.count, 0);
    free(ours.op);
    free(theirs.op);
    sim_flash_close(&h.chip);
    board_close(&board);
}

/* ---- cuts ---- */

struct phase {
    const char *name;
    const char *typed; /* in the application; NULL: the cut is in a boot */
    bool choice;       /* it makes the choice: the old application may start */
    bool confirms;
    bool over; /* it ends the trial */
};

static const struct phase phases[] = {
    { "set_boot", "t\n", true, false, false },
    { "set_boot as ESP-IDF does it", "T\n", true, false, false },
    { "first start", NULL, false, false, false },
    { "confirm", "c\n", false, true, false },
    { "end of the trial", NULL, false, false, true },
};

#define CANDIDATES_MAX 256u

static struct {
    uint64_t op[CANDIDATES_MAX];
    uint32_t n;
} seen;

static void note(void *context, const struct sim_event *e)
{
    (void)context;
    if (e->kind != SIM_READ && seen.n < CANDIDATES_MAX)
        seen.op[seen.n++] = e->op;
}

static struct board_state waiting;

static void begin(const struct phase *p, bool exact)
{
    sim_flash_restore(&board.chip[0], 1);
    board.swift = !exact;
    board_hush(&board);
    board_power_on(&board);
    if (p->typed) {
        board_load(&board, &waiting);
        board_type(&board, p->typed);
    }
}

/* Which application starts now: 1, 2. */
static int starts(const char *what)
{
    const char *said = boot();
    bool first = strstr(said, APP_1), second = strstr(said, APP_2);

    if (first == second)
        fail_msg("%s: one application and no other one must start:\n%s", what, said);
    if (board.chip[0].misuse.count)
        fail_msg("%s: %s", what, board.chip[0].misuse.first);
    return first ? 1 : 2;
}

/* Is a record VALID? */
static bool confirmed(void)
{
    for (uint32_t i = 0; i < 2; i++) {
        uint8_t bytes[BH_OTADATA_RECORD];
        struct bh_ota_record r;

        sim_flash_peek(&board.chip[0], place("otadata") + i * BH_OTADATA_COPY, bytes, sizeof bytes);
        bh_ota_record_decode(bytes, &r);
        if (bh_ota_whole(&r) && r.state == BH_OTA_VALID)
            return true;
    }
    return false;
}

/* After the cut: what starts is allowed, and so is what starts after that without a word of the
 * application's. */
static void aftermath(const struct phase *p, const char *what)
{
    int first = starts(what), second;
    bool stays = confirmed();

    if (stays && !p->confirms)
        fail_msg("%s: confirmed, and nobody did", what);
    if (p->over && first != 1)
        fail_msg("%s: what was not confirmed starts again", what);
    second = starts(what);
    if (second != (first == 2 && stays ? 2 : 1))
        fail_msg("%s: application %d started, %sconfirmed, then %d", what, first,
                 stays ? "" : "not ", second);
    if (starts(what) != second)
        fail_msg("%s: it does not come to rest", what);
}

/* What is cut, in words. */
static void describe(char what[160], const struct phase *p, const struct sim_cut *cut,
                     uint64_t instruction)
{
    if (instruction)
        snprintf(what, 160, "%s, cut before instruction %llu", p->name,
                 (unsigned long long)instruction);
    else
        snprintf(what, 160, "%s, cut %s operation %llu (%s, seed %llu%s)", p->name,
                 sim_when_text(cut->when), (unsigned long long)cut->at, sim_shape_text(cut->shape),
                 (unsigned long long)cut->seed, cut->unstable ? ", unstable" : "");
}

static void one_cut(const struct phase *p, uint64_t instructions)
{
    struct sim_cut cut = { .at = seen.op[draw(seen.n)],
                           .when = (enum sim_when)draw(3),
                           .shape = (enum sim_shape)draw(SIM_MEANT_BUT_ONE + 1),
                           .seed = draw(1u << 30),
                           .pulse = draw(64),
                           .unstable = draw(2) };
    uint64_t any = ((uint64_t)draw(1u << 30) << 16 | draw(1u << 16)) % instructions;
    uint64_t instruction = draw(4) == 0 ? any + 1 : 0;
    char what[160];

    /* A choice that reads differently at every boot is taken at one of them, and what ESP-IDF's way
     * of writing leaves torn may be a choice without a trial: docs/select.md has both. */
    if (p->choice)
        cut.unstable = false;
    if (p->typed && *p->typed == 'T' && cut.when == SIM_CUT_TORN)
        cut.when = SIM_CUT_BEFORE;
    describe(what, p, &cut, instruction);
    begin(p, instruction != 0);
    board.cut_at = instruction;
    if (!instruction)
        board.power.cut = cut;
    if (board_run(&board) != BOARD_CUT)
        fail_msg("%s: there was no cut", what);
    board.swift = true;
    aftermath(p, what);
}

/* From the state of the flash now, which it has again afterwards; if something is typed, from the
 * boot that comes next. */
static void cut_everywhere(const struct phase *p)
{
    uint64_t instructions;

    if (p->typed) {
        boot();
        board_save(&board, &waiting);
    }
    assert_int_equal(sim_flash_snapshot(&board.chip[0]), 1);
    memset(&seen, 0, sizeof seen);
    board.chip[0].traits.watch = note;
    begin(p, true);
    run();
    instructions = board.instructions;
    board.chip[0].traits.watch = NULL;
    board.swift = true;
    assert_true(seen.n >= 1);
    for (uint32_t i = 0; i < number; i++)
        one_cut(p, instructions);
    print_message("%s: %u cuts, %u operations, %llu instructions\n", p->name, number, seen.n,
                  (unsigned long long)instructions);
    sim_flash_restore(&board.chip[0], 1);
    sim_flash_forget(&board.chip[0]);
}

static void cuts(void **state)
{
    (void)state;
    open_board(&board);
    cut_everywhere(&phases[0]);
    cut_everywhere(&phases[1]);
    boot();
    type("t\n");
    expect("ok");
    cut_everywhere(&phases[2]);
    cut_everywhere(&phases[3]); /* the trial begins there */
    cut_everywhere(&phases[4]);
    free(waiting.ram);
    board_close(&board);
}

/* ---- anti-rollback ---- */

/* Bits of the board's one-time programmable memory that were programmed. */
static uint32_t fuses(void)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < BOARD_FUSES * 32u; i++)
        n += !(board.fuse[i / 32] >> i % 32 & 1u);
    return n;
}

/* TWO has secure version 1. A trial raises nothing; a confirmed start does, once; then ONE, of
 * secure version 0, is refused, chosen or not. */
static void anti_rollback(void **state)
{
    static const uint8_t zeros[16];

    (void)state;
    bootloader = "boot-floor";
    open_board(&board);
    boot();
    expect("S 01 00 ff 00\n" APP_1);
    type("t\n");
    expect("ok");
    for (int i = 0; i < 2; i++) {
        boot();
        expect(i ? APP_1 : APP_2);
        assert_int_equal(fuses(), 0);
    }
    type("t\n");
    boot();
    expect(APP_2);
    type("c\n");
    expect("ok");
    assert_int_equal(fuses(), 0);
    for (int i = 0; i < 3; i++) {
        boot();
        expect("S 01 00 00 00\n" APP_2);
        assert_int_equal(fuses(), 1);
    }
    sim_flash_fill(&board.chip[0], place("ota_1"), one.data, (uint32_t)one.len);
    type("t\n"); /* the sample application knows of no floor */
    expect("ok");
    boot();
    expect("S 01 3c 00 15\n" APP_2);
    sim_flash_fill(&board.chip[0], place("ota_0") + 0x1000, zeros, sizeof zeros);
    boot();
    expect("S 00 2d 9d");
    assert_null(strstr(board.said, "app"));
    assert_int_equal(fuses(), 1);
    board_close(&board);
}

/* ---- pins ---- */

enum { FACTORY_RESET_PIN = 1 << 4, TEST_PIN = 1 << 5 };

/* For how long, in instructions, the pins are held from power-on. */
static uint64_t held_for;

static bool let_go(void *context, uint32_t addr)
{
    (void)context, (void)addr;
    if (board.instructions >= held_for)
        board.low_pins = 0;
    return false;
}

static void boot_held(uint32_t pins, uint64_t instructions)
{
    board.low_pins = pins;
    held_for = instructions;
    boot();
    board.low_pins = 0;
}

/* TWO is confirmed. The test pin starts what is in the test partition, of which this table has
 * none: it waits, and nothing is forgotten. A pin that is let go of too early changes nothing.
 * The factory-reset pin takes ONE back, for good. */
static void pins(void **state)
{
    (void)state;
    open_board(&board);
    boot();
    type("t\n");
    boot();
    type("c\n");
    expect("ok");
    boot_held(TEST_PIN, UINT64_MAX);
    expect("S 00 2d 9d");
    boot();
    expect("S 01 00 00 00\n" APP_2);
    board.swift = false;
    board.watch = let_go;
    boot_held(FACTORY_RESET_PIN, 100000);
    expect("S 01 00 00 00\n" APP_2);
    board.watch = NULL;
    board.swift = true;
    for (int i = 0; i < 2; i++) {
        boot_held(i ? 0 : FACTORY_RESET_PIN, UINT64_MAX);
        expect("S 01 00 ff 00\n" APP_1);
    }
    type("t\n");
    boot_held(FACTORY_RESET_PIN | TEST_PIN, UINT64_MAX); /* reset before test */
    expect("S 01 00 ff 00\n" APP_1);
    board_close(&board);
}

/* ---- skipped instructions ---- */

#define LATE 20000u             /* instructions */
#define HALVES (0x100000u / 2u) /* of the RAM that the bootloader runs in */

/* Of each instruction: when it is executed first and last, as instruction since power-on. */
static uint64_t first_at[HALVES], last_at[HALVES];
static uint64_t *moments;
static uint32_t n_moments, next_moment;
static struct board other; /* the one that goes on with the fault */

static bool in_images(uint32_t addr)
{
    return addr >= kind.more_addr && addr - kind.more_addr < kind.more_len;
}

static bool learn(void *context, uint32_t addr)
{
    uint32_t i = (addr - kind.ram_addr) / 2;

    (void)context;
    if (i < HALVES) {
        first_at[i] = first_at[i] ? first_at[i] : board.instructions + 1;
        last_at[i] = board.instructions + 1;
    }
    return false;
}

static bool is_moment(void *context, uint32_t addr)
{
    (void)context, (void)addr;
    if (next_moment == n_moments || board.instructions + 1 != moments[next_moment])
        return false;
    next_moment++;
    return true;
}

static bool starts_image(void *context, uint32_t addr)
{
    (void)context;
    return in_images(addr);
}

static int by_time(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void add_moment(uint64_t at)
{
    if (at)
        moments[n_moments++] = at;
}

/* So many of the first and last executions, drawn; 0: all of them; with `late` those near the
 * end, which is not all that comes after hashing: the table is read in between. */
static void choose_moments(void)
{
    uint64_t from = late ? board.instructions - LATE : 0;
    uint32_t kept = 0;

    moments = calloc(2 * HALVES, sizeof *moments);
    assert_non_null(moments);
    for (uint32_t i = 0; i < HALVES; i++) {
        add_moment(first_at[i] > from ? first_at[i] : 0);
        add_moment(last_at[i] > from && last_at[i] != first_at[i] ? last_at[i] : 0);
    }
    print_message("%u places\n", n_moments);
    for (uint32_t i = 0; number && i < n_moments && kept < number; i++, kept++) {
        uint32_t k = i + draw(n_moments - i);
        uint64_t at = moments[k];

        moments[k] = moments[i];
        moments[i] = at;
    }
    if (number && number < n_moments)
        n_moments = number;
    qsort(moments, n_moments, sizeof *moments, by_time);
}

/* The board stands before an instruction: without it, what comes of it? True: an image starts. */
static bool without(struct board_state *here, uint32_t *pc)
{
    uint16_t half;

    *pc = board_get_register(&board, kind.cpu->pc);
    memcpy(&half, board.ram + (*pc - kind.ram_addr), sizeof half);
    board_save(&board, here);
    sim_flash_restore(&other.chip[0], 1);
    board_hush(&other);
    board_power_on(&other);
    board_load(&other, here);
    board_set_register(&other, kind.cpu->pc, *pc + ((half & 3u) == 3u ? 4u : 2u));
    return board_run(&other) == BOARD_MARK;
}

static void skips(void **state)
{
    struct board_state here = { .ram = NULL };
    uint32_t started = 0, pc, held = 0;

    (void)state;
    open_board(&board);
    open_board(&other);
    assert_int_equal(sim_flash_snapshot(&other.chip[0]), 1);
    other.watch = starts_image;
    other.limit = 4 * (uint64_t)STAND_LIMIT / 10;
    board.swift = false;
    board.watch = learn;
    boot();
    expect("S 00 2d");
    assert_null(strstr(board.said, "app"));
    choose_moments();
    board.watch = is_moment;
    board_hush(&board);
    board_power_on(&board);
    while (board_run(&board) == BOARD_MARK) {
        if (without(&here, &pc)) {
            print_message(
                "an image starts: the instruction at 0x%x is skipped (instruction %llu)\n", pc,
                (unsigned long long)board.instructions + 1);
            started++;
        } else {
            held++;
        }
    }
    print_message("%u skipped, %u started\n", held + started, started);
    assert_int_equal(held + started, n_moments);
    assert_int_equal(started, 0);
    free(here.ram);
    free(moments);
    board_close(&other);
    board_close(&board);
}

/* ---- the control: what there is to see if a check does not hold ---- */

enum { A0 = 9, A5 = 14 }; /* places of these registers in board_cpu.registers */

static uint32_t verify_addr, return_addr, verified_addr; /* of bh_verify() */
static unsigned answers, forged;                         /* bit i: of answer i */

static uint32_t symbol(const char *name)
{
    struct host_bytes file = stand_firmware(BOARD, bootloader, ".elf");
    const Elf32_Ehdr *head = (const Elf32_Ehdr *)(const void *)file.data;
    const Elf32_Shdr *section = (const Elf32_Shdr *)(const void *)(file.data + head->e_shoff);
    uint32_t found = 0;

    for (int i = 0; i < head->e_shnum; i++) {
        const Elf32_Shdr *s = &section[i];
        const char *strings = (const char *)file.data + section[s->sh_link].sh_offset;
        const Elf32_Sym *sym = (const Elf32_Sym *)(const void *)(file.data + s->sh_offset);

        for (uint32_t n = s->sh_type == SHT_SYMTAB ? s->sh_size / sizeof *sym : 0; n; n--, sym++)
            if (strcmp(strings + sym->st_name, name) == 0)
                found = sym->st_value;
    }
    host_bytes_free(&file);
    return found;
}

/* A struct of the board's RAM; none of its fields before these is a pointer. */
static void poke(uint32_t addr, uint32_t value)
{
    assert_true(addr >= kind.ram_addr && addr - kind.ram_addr <= kind.ram_len - 4);
    memcpy(board.ram + (addr - kind.ram_addr), &value, sizeof value);
}

/* bh_verify() says yes, whatever it has found. */
static bool forge(void *context, uint32_t addr)
{
    (void)context;
    if (addr == verify_addr) {
        return_addr = board_get_register(&board, kind.cpu->link);
        verified_addr = board_get_register(&board, kind.cpu->registers[A5]);
    } else if (addr == return_addr) {
        return_addr = 0;
        if (forged >> answers++ & 1u) {
            board_set_register(&board, kind.cpu->registers[A0], BH_VERDICT_GOOD);
            poke(verified_addr + offsetof(struct bh_verified, verdict), BH_VERDICT_GOOD);
            poke(verified_addr + offsetof(struct bh_verified, reason), BH_REASON_NONE);
        }
    }
    return in_images(addr);
}

/* With which answers forged does the image start? The first is about it in flash. If that is good,
 * the second is about it in RAM; otherwise two are about the slots, which are empty. */
static void control(void **state)
{
    static const struct {
        const char *name;
        unsigned forged, answers;
        bool starts;
    } rows[] = {
        { "none", 0, 3, false },
        { "the first", 1, 2, false },
        { "all but the first", 6, 3, false },
        { "both", 3, 2, true },
    };
    unsigned started = 0;

    (void)state;
    verify_addr = symbol("bh_verify");
    assert_int_not_equal(verify_addr, 0);
    open_board(&board);
    assert_int_equal(sim_flash_snapshot(&board.chip[0]), 1);
    board.watch = forge;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool starts;

        forged = rows[i].forged;
        answers = return_addr = 0;
        sim_flash_restore(&board.chip[0], 1);
        board_hush(&board);
        board_power_on(&board);
        starts = board_run(&board) == BOARD_MARK;
        started += starts;
        print_message("%s of %u answers forged: %s\n", rows[i].name, answers,
                      starts ? "it starts" : "nothing starts");
        assert_int_equal(starts, rows[i].starts);
        assert_int_equal(answers, rows[i].answers);
    }
    print_message("control: %u started\n", started);
    board_close(&board);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest control_test[] = { cmocka_unit_test(control) };
    const struct CMUnitTest trace_test[] = { cmocka_unit_test(trace) };
    const struct CMUnitTest cuts_test[] = { cmocka_unit_test(cuts) };
    const struct CMUnitTest floor_test[] = { cmocka_unit_test(anti_rollback) };
    const struct CMUnitTest pins_test[] = { cmocka_unit_test(pins) };
    const struct CMUnitTest skips_test[] = { cmocka_unit_test(skips) };
    bool is_control = argc > 2 && !strcmp(argv[1], "control");
    bool is_skips = is_control || (argc > 2 && !strcmp(argv[1], "skips"));
    int more = is_skips ? 3 : 4, failed;

    if (argc < more) {
        fputs(
            "usage: board_select trace|cuts|floor|pins ONE TWO [N SEED], skips BAD [N SEED | late], or "
            "control BAD\n",
            stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    late = is_skips && argc > more && !strcmp(argv[more], "late");
    if (late)
        number = 0;
    else if (argc > more)
        number = (uint32_t)strtoul(argv[more], NULL, 0);
    if (argc > more + 1)
        seed = strtoull(argv[more + 1], NULL, 0) | 1u;
    sample_open(&sample, BOARD);
    one = file(argv[2]);
    if (!is_skips)
        two = file(argv[3]);
    failed = is_control                  ? cmocka_run_group_tests(control_test, NULL, NULL)
             : is_skips                  ? cmocka_run_group_tests(skips_test, NULL, NULL)
             : !strcmp(argv[1], "pins")  ? cmocka_run_group_tests(pins_test, NULL, NULL)
             : !strcmp(argv[1], "floor") ? cmocka_run_group_tests(floor_test, NULL, NULL)
             : !strcmp(argv[1], "cuts")  ? cmocka_run_group_tests(cuts_test, NULL, NULL)
                                         : cmocka_run_group_tests(trace_test, NULL, NULL);
    host_bytes_free(&one);
    host_bytes_free(&two);
    sample_close(&sample);
    return failed ? 1 : 0;
}
