/* SPDX-License-Identifier: Apache-2.0 */
/* A life on the board: first whole and traced, then again and again with a power cut. A phase
 * begins at a snapshot of the flash and goes back to it after each cut. */
#include "sim/board/prove.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/app.h"
#include "bulkhead/boot.h"
#include "bulkhead/bytes.h"
#include "sim/world.h"

/* Instructions of one start: before one is known, what no bootloader takes; then so many times the
 * longest. After a cut there is an image more to verify, and an act to be done again and undone. */
#define LIMIT 4000000000u
#define LIMIT_TIMES 8u
#define CANDIDATES_MAX 65536u
#define SNAPSHOT_FIRST 1u

/* One unit programmed, or one page erased. */
struct operation {
    uint8_t chip;
    uint8_t kind;
    uint32_t off;
    uint32_t sum; /* CRC-32 of the unit's bytes */
};

struct trace {
    struct operation *op;
    size_t n, room;
    bool full; /* no memory */
};

struct stand {
    struct prove *p;
    struct board board;
    struct bh_product product; /* on the board's chips: what the application's library uses */
    struct bh_pair pairs[BH_PAIRS_MAX];
    struct bh_work work;
    struct trace *trace; /* where operations go, or NULL */
    uint32_t entry[2];   /* first instruction of each image */
    uint64_t drawn;
    uint32_t done, planned;
    /* candidates of the present phase */
    uint64_t *op;
    uint32_t n_op;
    const struct sim_flash *last_flash;
    uint32_t last_end;
    uint64_t last_op;
    uint64_t act_ops;   /* operations of the application's act, which are counted first */
    bool acting;        /* it is under way */
    uint64_t *way_back; /* candidates of the start that takes the update back */
    uint32_t n_way_back;
    uint32_t boots_left; /* starts on trial that the journal still allows */
    uint64_t longest;    /* instructions of the longest start without a cut */
    enum prove_end end;
};

/* ---- what went wrong ---- */

__attribute__((format(printf, 3, 4))) static bool broken(struct stand *s, const char *law,
                                                         const char *format, ...)
{
    va_list args;

    if (s->end != PROVE_GOOD)
        return false;
    s->end = PROVE_BROKEN;
    s->p->law = law;
    va_start(args, format);
    vsnprintf(s->p->broken, sizeof s->p->broken, format, args);
    va_end(args);
    return false;
}

static bool fail(struct stand *s, const char *why)
{
    s->end = PROVE_FAILED;
    snprintf(s->p->broken, sizeof s->p->broken, "%s", why);
    return false;
}

/* ---- chance ---- */

static uint32_t draw(struct stand *s, uint32_t below)
{
    s->drawn ^= s->drawn << 13;
    s->drawn ^= s->drawn >> 7;
    s->drawn ^= s->drawn << 17;
    return (uint32_t)(s->drawn >> 16) % below;
}

/* ---- the product on the board ---- */

static void bind_region(struct stand *s, struct bh_region *r)
{
    for (uint8_t i = 0; i < s->board.n_chips; i++)
        if (r->flash == s->p->kind->flash[i])
            r->flash = &s->board.chip[i].flash;
}

static void bind(struct stand *s)
{
    const struct bh_product *product = s->p->kind->product;

    s->product = *product;
    s->product.pairs = s->pairs;
    bind_region(s, &s->product.bootloader);
    bind_region(s, &s->product.journal[0]);
    bind_region(s, &s->product.journal[1]);
    for (uint8_t i = 0; i < product->n_pairs; i++) {
        s->pairs[i] = product->pairs[i];
        bind_region(s, &s->pairs[i].primary);
        bind_region(s, &s->pairs[i].secondary);
        bind_region(s, &s->pairs[i].spare);
    }
}

static struct sim_flash *chip_of(const struct bh_region *r)
{
    return r->flash->context;
}

/* ---- traces ---- */

static void add(struct trace *t, uint8_t chip, enum sim_kind kind, uint32_t off, uint32_t sum)
{
    if (t->n == t->room) {
        size_t room = t->room ? t->room * 2 : 4096;
        struct operation *op = realloc(t->op, room * sizeof *op);

        if (!op) {
            t->full = true;
            return;
        }
        t->op = op;
        t->room = room;
    }
    t->op[t->n++] = (struct operation){ chip, (uint8_t)kind, off, sum };
}

static void trace_event(struct trace *t, uint8_t chip, const struct sim_event *event)
{
    uint32_t unit = event->flash->flash.unit;

    if (event->kind == SIM_ERASE)
        add(t, chip, SIM_ERASE, event->off, 0);
    for (uint32_t i = 0; event->kind == SIM_PROGRAM && i < event->len; i += unit)
        add(t, chip, SIM_PROGRAM, event->off + i,
            bh_crc32(0, (const uint8_t *)event->data + i, unit));
}

/* ---- starts ---- */

static bool at_entry(void *context, uint32_t addr)
{
    const struct stand *s = context;

    return addr == s->entry[0] || addr == s->entry[1];
}

static const struct bh_pair *pair(const struct stand *s)
{
    return &s->p->kind->product->pairs[0];
}

/* Where an image begins to run: after its header, or where its vectors say. */
static uint32_t entry_of(const struct stand *s, const struct prove_bytes *image)
{
    const struct board_kind *kind = s->p->kind;
    uint32_t at = bh_load16(image->data + 8); /* MCUboot's header: length of the header */

    if (kind->cpu->thumb)
        return bh_load32(image->data + at + 4) & ~1u;
    return (kind->load_addr ? kind->load_addr : kind->flash[0]->base + pair(s)->primary.off) + at;
}

enum started { NOTHING, IMAGE, CUT };

/* Power is on: until an image runs its first instruction. What the slot holds tells which. */
static enum started run(struct stand *s)
{
    enum board_end end;

    s->board.limit = s->trace ? LIMIT : LIMIT_TIMES * s->longest;
    end = board_run(&s->board);
    if (end == BOARD_CUT)
        return CUT;
    if (s->trace && s->board.instructions > s->longest)
        s->longest = s->board.instructions;
    if (end != BOARD_MARK) {
        size_t len = strcspn(s->board.said, "\n");

        broken(s, "an image starts", "nothing started: %s; the console said '%.*s'",
               board_end_text(end), (int)(len > 80 ? 80 : len), s->board.said);
        return NOTHING;
    }
    s->p->starts++;
    return IMAGE;
}

static enum started power_on(struct stand *s)
{
    board_hush(&s->board);
    board_power_on(&s->board);
    return run(s);
}

/* Does the primary slot hold this image, and nothing after it in its last chunk? */
static bool holds(const struct stand *s, const struct prove_bytes *image)
{
    const struct bh_region *slot = &s->pairs[0].primary;
    uint32_t len = bh_round_up(image->len, s->pairs[0].chunk);
    uint8_t *held = malloc(len), erased = slot->flash->erased;
    bool same = held != NULL;

    if (held)
        sim_flash_peek(chip_of(slot), slot->off, held, len);
    for (uint32_t i = 0; same && i < len; i++)
        same = held[i] == (i < image->len ? image->data[i] : erased);
    free(held);
    return same;
}

/* What started, as the journal tells it. */
enum told { UNKNOWN, FRESH, ON_TRIAL, TAKEN_BACK, TO_STAY };

static const char *const told_texts[] = { "nothing known", "the first image",
                                          "the new image on trial", "the old image, taken back",
                                          "the new image, confirmed" };

static bool misused(struct stand *s)
{
    for (uint8_t i = 0; i < s->board.n_chips; i++)
        if (s->board.chip[i].misuse.count)
            return !broken(s, "flash is used as flash may be used", "%s",
                           s->board.chip[i].misuse.first);
    return false;
}

/* The image that has started is whole, and the one that the journal tells. */
static enum told judge(struct stand *s)
{
    struct bh_app_status status;
    int err = bh_app_status(&s->product, &s->work, &status);
    bool one = holds(s, &s->p->image[0]), two = holds(s, &s->p->image[1]);
    const struct bh_record *truth = &status.truth;

    if (misused(s))
        return UNKNOWN;
    if (!one && !two) {
        broken(s, "the slot holds one of the images, whole", "its primary slot holds neither");
        return UNKNOWN;
    }
    if (err || !status.journal_found) {
        broken(s, "the journal tells what runs", "the journal cannot be read (%d)", err);
        return UNKNOWN;
    }
    s->boots_left = truth->boots_left;
    if (two && truth->state == BH_STATE_TRIAL)
        return ON_TRIAL;
    if (one && truth->state == BH_STATE_IDLE && truth->outcome == BH_OUTCOME_REVERTED)
        return TAKEN_BACK;
    if (two && truth->state == BH_STATE_IDLE && truth->outcome == BH_OUTCOME_CONFIRMED)
        return TO_STAY;
    if (one && truth->state == BH_STATE_IDLE && truth->outcome == BH_OUTCOME_NONE)
        return FRESH;
    broken(s, "the journal tells what runs",
           "image %s runs, and the journal says state %u, "
           "outcome %u, reason %u",
           one ? "one" : "two", truth->state, truth->outcome, truth->reason);
    return UNKNOWN;
}

static bool starts_as(struct stand *s, enum told wanted)
{
    enum told told;

    if (power_on(s) != IMAGE)
        return false;
    told = judge(s);
    if (told == UNKNOWN || told == wanted)
        return told == wanted;
    return broken(s, "a life without cuts goes as it should", "%s started instead of %s",
                  told_texts[told], told_texts[wanted]);
}

/* ---- the application's part ---- */

static bool act(struct stand *s, int err, const char *what)
{
    return err == BH_OK || broken(s, "the application's library works", "%s: error %d", what, err);
}

static bool stage(struct stand *s, const struct prove_bytes *image)
{
    struct bh_stage stage;
    int err = bh_stage_begin(&stage, &s->product, 0, image->len, &s->work);

    if (!err)
        err = bh_stage_write(&stage, image->data, image->len);
    if (!err)
        err = bh_stage_end(&stage);
    return act(s, err, "staging");
}

static bool request(struct stand *s)
{
    return act(s, bh_app_request(&s->product, &s->work, 1, BH_REQUEST_TEST), "the request");
}

/* ---- one phase ---- */

struct plan {
    const char *name;
    bool confirm; /* the application confirms first */
    bool may_stay;
    enum told wanted; /* without a cut */
};

static void each_chip(struct stand *s, void (*does)(struct sim_flash *chip))
{
    for (uint8_t i = 0; i < s->board.n_chips; i++)
        does(&s->board.chip[i]);
}

static void snapshot(struct sim_flash *chip)
{
    (void)sim_flash_snapshot(chip);
}

static void restore(struct sim_flash *chip)
{
    sim_flash_restore(chip, SNAPSHOT_FIRST);
}

static bool in_journal(const struct stand *s, const struct sim_event *event)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct bh_region *j = &s->product.journal[i];

        if (&event->flash->flash == j->flash && event->off - j->off < j->len)
            return true;
    }
    return false;
}

static void note(struct stand *s, uint64_t op)
{
    if (op && s->n_op < CANDIDATES_MAX && (s->n_op == 0 || s->op[s->n_op - 1] < op))
        s->op[s->n_op++] = op;
}

/* From here on operations that are worth a cut are noted. */
static bool seek_candidates(struct stand *s)
{
    s->n_op = 0;
    s->last_op = 0;
    s->last_flash = NULL;
    s->op = malloc(CANDIDATES_MAX * sizeof *s->op);
    return s->op || fail(s, "out of memory");
}

/* Every erase, every journal entry, and of a copy its first and its last unit. */
static void find_candidates(struct stand *s, const struct sim_event *event)
{
    bool goes_on = event->kind == SIM_PROGRAM && event->flash == s->last_flash &&
                   event->off == s->last_end && !in_journal(s, event);
    uint64_t op = event->op + (s->acting ? 0 : s->act_ops);

    if (!goes_on) {
        note(s, s->last_op);
        note(s, op);
    }
    s->last_op = op;
    s->last_flash = event->flash;
    s->last_end = event->off + event->len;
}

static void watch(void *context, const struct sim_event *event)
{
    struct stand *s = context;

    if (event->kind == SIM_READ)
        return;
    if (s->trace)
        for (uint8_t i = 0; i < s->board.n_chips; i++)
            if (event->flash == &s->board.chip[i])
                trace_event(s->trace, i, event);
    if (s->op)
        find_candidates(s, event);
}

static void listen(struct stand *s, bool on)
{
    for (uint8_t i = 0; i < s->board.n_chips; i++) {
        s->board.chip[i].traits.watch = on ? watch : NULL;
        s->board.chip[i].traits.watch_context = s;
    }
}

/* What the application does first. False: it could not, or the power went; then s says which. */
static enum started act_first(struct stand *s, const struct sim_cut *cut)
{
    int err;

    board_power_on(&s->board);
    if (cut && cut->at <= s->act_ops)
        s->board.power.cut = *cut;
    s->acting = true;
    err = bh_app_confirm(&s->product, &s->work);
    s->acting = false;
    if (s->board.power.dark) {
        sim_power_off(&s->board.power);
        return CUT;
    }
    if (!cut)
        s->act_ops = s->board.power.ops;
    return act(s, err, "the confirm") ? IMAGE : NOTHING;
}

/* From the snapshot: what the application does, and the start after it, until the cut. exact:
 * instructions are counted one by one. cut: NULL for none; its operations are counted from the
 * application's first one on. */
static enum started carry_out(struct stand *s, const struct plan *plan, const struct sim_cut *cut,
                              bool exact)
{
    each_chip(s, restore);
    s->board.swift = !exact;
    if (!cut)
        s->act_ops = 0;
    if (plan->confirm) {
        enum started done = act_first(s, cut);

        if (done != IMAGE)
            return done;
    }
    s->board.power.cut = (struct sim_cut){ 0 };
    if (cut && cut->at > s->act_ops) {
        s->board.power.cut = *cut;
        s->board.power.cut.at -= s->act_ops;
    }
    return power_on(s);
}

/* What is drawn: of four cuts two at candidates, one at any operation, most of which are in the
 * middle of a copy, and one before any instruction. For that they are counted one by one, which
 * takes several times as long. */
enum { CANDIDATE, OPERATION, CANDIDATE_TOO, INSTRUCTION, DRAWN };

static bool at_instructions(const struct prove *p, const struct plan *plan)
{
    return p->cuts >= DRAWN && !plan->confirm;
}

/* Do it whole, to learn what there is to cut. */
static bool learn(struct stand *s, const struct plan *plan, struct prove_phase *phase)
{
    enum told told;

    if (!seek_candidates(s))
        return false;
    snprintf(s->p->what, sizeof s->p->what, "%s, without a cut", plan->name);
    listen(s, true);
    if (carry_out(s, plan, NULL, at_instructions(s->p, plan)) != IMAGE)
        return false;
    note(s, s->last_op);
    listen(s, false);
    s->board.swift = true;
    phase->candidates = s->n_op;
    phase->operations = s->act_ops + s->board.power.ops;
    phase->instructions = s->board.instructions;
    told = judge(s);
    if (told == UNKNOWN)
        return false;
    if (told != plan->wanted)
        return broken(s, "a life without cuts goes as it should", "%s started instead of %s",
                      told_texts[told], told_texts[plan->wanted]);
    if (s->n_op < 2)
        return broken(s, "a life without cuts goes as it should", "the flash was not written");
    return true;
}

static struct sim_cut cut_at(struct stand *s, uint64_t op, enum sim_when when)
{
    static const enum sim_shape shapes[] = { SIM_BEFORE,       SIM_MEANT, SIM_PREFIX,
                                             SIM_SUFFIX,       SIM_MIX,   SIM_BEFORE_BUT_ONE,
                                             SIM_MEANT_BUT_ONE };

    return (struct sim_cut){
        .at = op,
        .when = when,
        .shape = shapes[draw(s, sizeof shapes / sizeof shapes[0])],
        .seed = draw(s, 1u << 30),
        .pulse = draw(s, 64),
        .unstable = draw(s, 2),
    };
}

/* Write, or write after what is there, where the power goes. */
static void say_cut(struct stand *s, const char *phase, bool after, const struct sim_cut *cut,
                    uint64_t instruction)
{
    size_t len = after ? strlen(s->p->what) : 0;
    char *at = s->p->what + len;
    size_t room = sizeof s->p->what - len;

    if (instruction)
        snprintf(at, room, "%s%s, power cut before instruction %llu", after ? "; then " : "", phase,
                 (unsigned long long)instruction);
    else
        snprintf(at, room, "%s%s, power cut %s flash operation %llu (%s, seed %llu%s)",
                 after ? "; then " : "", phase, sim_when_text(cut->when),
                 (unsigned long long)cut->at, sim_shape_text(cut->shape),
                 (unsigned long long)cut->seed, cut->unstable ? ", unstable" : "");
}

/* The next start; if it may take the image on trial back, with a power cut in that. */
static enum started start_back(struct stand *s, bool cut_it)
{
    enum started started;

    if (cut_it && s->boots_left == 0 && s->n_way_back) {
        uint64_t op = s->way_back[draw(s, s->n_way_back)];

        s->board.power.cut = cut_at(s, op, (enum sim_when)draw(s, 3));
        say_cut(s, "revert", true, &s->board.power.cut, 0);
    }
    started = power_on(s);
    s->board.power.cut = (struct sim_cut){ 0 };
    return started == CUT ? power_on(s) : started;
}

/* The image on trial is confirmed by nobody: the old one must be back, byte for byte, as soon as
 * the trial is over. That is where steps show that were forgotten, or done twice, after a cut. */
static bool take_back(struct stand *s, bool cut_it)
{
    enum told told = ON_TRIAL;

    for (uint32_t i = 0; told == ON_TRIAL && i <= s->product.trial_boots; i++) {
        if (start_back(s, cut_it) != IMAGE)
            return false;
        told = judge(s);
    }
    if (told == UNKNOWN || told == TAKEN_BACK)
        return told == TAKEN_BACK;
    return broken(s, "an update that was cut can be taken back", "%s runs, when its trial is over",
                  told_texts[told]);
}

/* What started after a cut may start; the start after that agrees, and the way back is whole. */
static bool follow(struct stand *s, const struct plan *plan, bool twice)
{
    enum told told, next;

    if (power_on(s) != IMAGE)
        return false;
    told = judge(s);
    if (told == UNKNOWN)
        return false;
    if (told == FRESH)
        return broken(s, "what was asked for is not forgotten",
                      "the first image runs as if nothing had been asked for");
    if (told == TO_STAY && !plan->may_stay)
        return broken(s, "nothing stays that nobody confirmed", "the new image is confirmed");
    if (told == ON_TRIAL && plan->wanted == TAKEN_BACK)
        return broken(s, "a trial that is over does not begin again",
                      "the new image is on trial once more");
    if (told == ON_TRIAL)
        return take_back(s, !twice);
    if (!twice)
        return true;
    if (power_on(s) != IMAGE)
        return false;
    next = judge(s);
    if (next == UNKNOWN || next == told)
        return next == told;
    return broken(s, "one start agrees with the next", "%s, then %s", told_texts[told],
                  told_texts[next]);
}

static bool one_cut(struct stand *s, const struct plan *plan, const struct sim_cut *cut,
                    uint64_t instruction, bool twice)
{
    say_cut(s, plan->name, false, cut, instruction);
    s->board.cut_at = instruction;
    switch (carry_out(s, plan, instruction ? NULL : cut, instruction != 0)) {
    case CUT: break;
    case NOTHING: return false;
    default:
        return broken(s, "a run is the same each time", "the power was to be cut, and was not");
    }
    s->board.cut_at = 0;
    s->board.power.cut = (struct sim_cut){ 0 };
    s->board.swift = true;
    return follow(s, plan, twice);
}

static bool goes_on(struct stand *s)
{
    if (!s->p->progress || s->p->progress(s->p->context, s->done, s->planned))
        return true;
    s->end = PROVE_STOPPED;
    return false;
}

/* From the state as it is, which is there again at the end. */
static bool phase(struct stand *s, const struct plan *plan, struct prove_phase *out)
{
    bool all = s->p->cuts == 0, good;

    *out = (struct prove_phase){ .name = plan->name };
    each_chip(s, snapshot);
    good = learn(s, plan, out);
    out->planned = all ? out->candidates * 3 : s->p->cuts;
    if (all)
        s->planned += out->planned;
    for (uint32_t i = 0; good && i < out->planned; i++) {
        uint64_t op = !all && i % DRAWN == OPERATION ? 1 + draw(s, (uint32_t)out->operations)
                                                     : s->op[all ? i / 3 : draw(s, s->n_op)];
        struct sim_cut cut = cut_at(s, op, (enum sim_when)(all ? i % 3 : draw(s, 3)));
        uint64_t any = (uint64_t)draw(s, 1u << 30) << 16 | draw(s, 1u << 16);
        bool exact = at_instructions(s->p, plan) && i % DRAWN == INSTRUCTION;

        good = goes_on(s) &&
               one_cut(s, plan, &cut, exact ? 1 + any % out->instructions : 0, i % 2 == 1);
        out->cuts += good;
        s->done++;
    }
    free(s->op);
    s->op = NULL;
    listen(s, false);
    each_chip(s, restore);
    each_chip(s, sim_flash_forget);
    return good;
}

/* ---- the whole life ---- */

/* First start, staged and asked for. */
static bool begin(struct stand *s)
{
    const struct prove *p = s->p;

    sim_flash_fill(&s->board.chip[0], s->product.bootloader.off, p->bootloader.data,
                   p->bootloader.len);
    sim_flash_fill(chip_of(&s->pairs[0].primary), s->pairs[0].primary.off, p->image[0].data,
                   p->image[0].len);
    snprintf(s->p->what, sizeof s->p->what, "install");
    if (!starts_as(s, FRESH))
        return false;
    listen(s, false); /* the application's part is the host's on both sides, in other pieces */
    if (!stage(s, &p->image[1]) || !request(s))
        return false;
    listen(s, true);
    return true;
}

/* So many starts of an image on trial. */
static bool trials(struct stand *s, uint8_t n)
{
    bool good = true;

    for (uint8_t i = 0; good && i < n; i++)
        good = starts_as(s, ON_TRIAL);
    return good;
}

/* The start that takes the update back, and where power may be cut in it later. */
static bool goes_back(struct stand *s)
{
    bool good = seek_candidates(s) && starts_as(s, TAKEN_BACK);

    note(s, s->last_op);
    s->way_back = s->op;
    s->n_way_back = s->n_op;
    s->op = NULL;
    return good;
}

/* The rest of it without cuts, traced; then back to where the update begins. */
static bool live(struct stand *s)
{
    bool good;

    each_chip(s, snapshot);
    snprintf(s->p->what, sizeof s->p->what, "update and roll back, without a cut");
    good = s->product.plan->reverts ? trials(s, s->product.trial_boots) && goes_back(s)
                                    : starts_as(s, TO_STAY);
    listen(s, false);
    each_chip(s, restore);
    each_chip(s, sim_flash_forget);
    return good;
}

struct host_watch {
    struct trace *trace;
    const struct sim_world *w;
    const struct board_kind *kind;
    bool deaf; /* while the application stages and asks */
};

static void watch_host(void *context, const struct sim_event *event)
{
    const struct host_watch *h = context;

    for (uint8_t i = 0; i < h->w->n_chips; i++)
        if (event->flash == &h->w->chip[i] && event->kind != SIM_READ && !h->deaf)
            trace_event(h->trace, h->w->stands_for[i] == h->kind->flash[0] ? 0 : 1, event);
}

/* The same life in the simulated world. */
static bool live_on_host(struct stand *s, struct trace *t)
{
    static struct sim_world w;
    struct host_watch h = { t, &w, s->p->kind, false };
    const struct sim_traits traits = { .watch = watch_host, .watch_context = &h };
    const struct prove_bytes *image = s->p->image;
    bool good;

    if (sim_world_open(&w, s->p->kind->product, &traits)) {
        fail(s, w.why);
        sim_world_close(&w);
        return false;
    }
    sim_world_install(&w, 0, image[0].data, image[0].len);
    good = sim_world_boot(&w);
    h.deaf = true;
    good = good && sim_world_stage(&w, 0, image[1].data, image[1].len) &&
           sim_world_request(&w, 1, BH_REQUEST_TEST);
    h.deaf = false;
    good = good && sim_world_boot(&w);
    for (uint8_t i = 0; good && w.product.plan->reverts && i < w.product.trial_boots; i++)
        good = sim_world_boot(&w);
    sim_world_close(&w);
    return good || fail(s, "the simulated world did not live through it");
}

static bool compare(struct stand *s, const struct trace *board, const struct trace *host)
{
    static const char *const kinds[] = { "read", "program", "erase" };
    size_t n = bh_min((uint32_t)board->n, (uint32_t)host->n);

    if (board->full || host->full)
        return fail(s, "out of memory");
    snprintf(s->p->what, sizeof s->p->what, "install, update and roll back, without a cut");
    for (size_t i = 0; i < n; i++) {
        const struct operation *a = &board->op[i], *b = &host->op[i];

        if (a->chip != b->chip || a->kind != b->kind || a->off != b->off || a->sum != b->sum)
            return broken(s, "the binary does what the core does",
                          "operation %zu: the board has %s at 0x%x of chip %u, the host %s at "
                          "0x%x of chip %u%s",
                          i, kinds[a->kind], a->off, a->chip, kinds[b->kind], b->off, b->chip,
                          a->off == b->off && a->kind == b->kind ? ", with other bytes" : "");
    }
    if (board->n != host->n)
        return broken(s, "the binary does what the core does",
                      "the board has %zu operations and the host %zu", board->n, host->n);
    s->p->compared = n;
    return true;
}

static bool traced(struct stand *s)
{
    struct trace board = { 0 }, host = { 0 };
    bool good;

    s->trace = &board;
    listen(s, true);
    good = begin(s) && live(s);
    s->trace = NULL;
    listen(s, false);
    good = good && live_on_host(s, &host) && compare(s, &board, &host);
    free(board.op);
    free(host.op);
    return good;
}

static bool all_phases(struct stand *s)
{
    static const struct plan update = { "update", false, false, ON_TRIAL };
    static const struct plan overwrite = { "update", false, true, TO_STAY };
    static const struct plan confirm = { "confirm", true, true, TO_STAY };
    static const struct plan revert = { "revert", false, false, TAKEN_BACK };
    struct prove *p = s->p;

    p->n_phases = s->product.plan->reverts ? 3 : 1;
    s->planned = p->n_phases * p->cuts;
    if (p->n_phases == 1)
        return phase(s, &overwrite, &p->phase[0]);
    return phase(s, &update, &p->phase[0]) && starts_as(s, ON_TRIAL) &&
           phase(s, &confirm, &p->phase[1]) && trials(s, (uint8_t)(s->product.trial_boots - 1)) &&
           phase(s, &revert, &p->phase[2]);
}

enum prove_end prove_run(struct prove *p)
{
    static struct stand s; /* half a page of console, and more */
    bool opened;

    memset(&s, 0, sizeof s);
    s.p = p;
    s.drawn = p->seed ? p->seed : 1;
    s.work.len = sim_world_work_len(&p->kind->product->policy);
    s.work.buf = malloc(s.work.len);
    opened = s.work.buf && board_open(&s.board, p->kind, NULL) == BH_OK;
    if (!opened) {
        fail(&s, s.work.buf ? s.board.why : "out of memory");
    } else {
        bind(&s);
        for (unsigned i = 0; i < 2; i++)
            s.entry[i] = entry_of(&s, &p->image[i]);
        s.board.swift = true;
        s.board.watch = at_entry;
        s.board.watch_context = &s;
        s.board.calm.addr = p->kind->flash[0]->base + s.product.bootloader.off;
        s.board.calm.len = p->bootloader.len; /* no image begins in it */
        if (traced(&s))
            all_phases(&s);
    }
    if (s.work.buf)
        board_close(&s.board);
    free(s.way_back);
    free(s.work.buf);
    return s.end;
}
