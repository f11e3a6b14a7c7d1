/* SPDX-License-Identifier: Apache-2.0 */
/* Run one act on the simulated device, and judge it by every law, at each flash operation. */
#include "machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "journal/entry.h"
#include "sim/explore/products.h"
#include "sim/image.h"
#include "sim/inner.h"

#define READS_MAX 2000000u

static const struct {
    const char *name, *text;
} laws[EXPLORE_LAWS] = {
    [LAW_NONE] = { "none", "nothing is wrong" },
    [LAW_STARTS] = { "starts", "a boot that is not cut starts an image" },
    [LAW_WHOLE] = { "whole", "what is started is a whole image, of one version in all slots" },
    [LAW_DECIDED] = { "decided", "what is started is what was verified" },
    [LAW_OWED] = { "owed", "a confirmed image stays, an unconfirmed one goes, a request is "
                           "carried out, and nothing else happens" },
    [LAW_TOLD] = { "told", "state, outcome, reason and boots left are true" },
    [LAW_ANSWER] = { "answer", "the application may do what its state allows, and no more" },
    [LAW_BOUNDS] = { "bounds", "nothing outside slots, spare and journal is written" },
    [LAW_ONCE] = { "once", "no unit is programmed twice between erases, no driver call is wrong" },
    [LAW_CLEAN] = { "clean", "nothing is programmed over a unit that the last cut tore" },
    [LAW_WEAR] = { "wear", "one boot erases no page more than twice, nor more than its budget" },
    [LAW_ENDS] = { "ends", "every boot ends within a bounded number of operations" },
    [LAW_RESTS] = { "rests", "a boot with nothing to do writes nothing" },
    [LAW_LAST_WORD] = { "last-word", "the journal page with the truth is never erased" },
    [LAW_FLOOR] = { "floor", "the rollback floor rises with a confirmed image only" },
    [LAW_KEPT] = { "kept", "the last way to put an allowed image together is not destroyed" },
    [LAW_RESCUED] = { "rescued", "an allowed image that can be put together is started" },
    [LAW_ROLLBACK] = { "rollback", "no image older than the one confirmed last is started" },
    [LAW_GIVES_UP] = { "gives-up", "a lost cause ends: within 12 boots one writes nothing, and the "
                                   "application can stage again" },
};

const char *explore_law_name(enum explore_law law)
{
    return laws[law].name;
}

const char *explore_law_text(enum explore_law law)
{
    return laws[law].text;
}

void machine_break(struct machine *m, enum explore_law law, const char *how, ...)
{
    va_list args;

    if (m->broken)
        return;
    m->broken = law;
    va_start(args, how);
    vsnprintf(m->how, sizeof m->how, how, args);
    va_end(args);
}

/* --- at every operation -------------------------------------------------------------------- */

static bool within(const struct bh_region *r, const struct machine_op *op)
{
    return r->flash == &op->chip->flash && op->off >= r->off && op->len <= r->len &&
           op->off - r->off <= r->len - op->len;
}

static bool in_bounds(const struct machine *m, const struct machine_op *op)
{
    const struct bh_product *p = &m->w.product;

    if (within(&p->journal[0], op) || within(&p->journal[1], op))
        return true;
    for (uint8_t i = 0; i < p->n_pairs; i++)
        if (within(&p->pairs[i].primary, op) || within(&p->pairs[i].secondary, op) ||
            within(&p->pairs[i].spare, op))
            return true;
    return false;
}

/* A page went bad: what an act had done is done once more toward the other image, and a page that
 * fails is tried twice, three times over. */
static void count_erase(struct machine *m, const struct machine_op *op)
{
    unsigned n = 1, most = m->disturbed ? 6 : 2;

    for (uint32_t i = m->act_base; i < m->n_erased; i++)
        n += m->erased[i].chip == op->chip && m->erased[i].off == op->off;
    if (n > most)
        machine_break(m, LAW_WEAR, "the page at 0x%x is erased for the %u. time in this boot",
                      op->off, n);
    if (m->n_erased - m->act_base >= m->erases_max * (m->disturbed ? 2 : 1))
        machine_break(m, LAW_WEAR, "more than %u erases in one boot",
                      m->erases_max * (m->disturbed ? 2 : 1));
    if (m->n_erased == m->max_erased) {
        m->max_erased = m->max_erased ? 2 * m->max_erased : 64;
        m->erased = sim_grow(m->erased, m->max_erased, sizeof *m->erased);
    }
    m->erased[m->n_erased++] = (struct machine_page){ op->chip, op->off };
}

/* Leave the code under test: a law is broken, and it may not be able to end by itself. */
static void escape(struct machine *m)
{
    m->escaped = true;
    sim_power_strike(&m->w.power);
}

/* Where a unit holds all of a record that tells states apart, the first copy that a power-up states
 * may fall on a unit torn before; that copy decides nothing. Smaller units begin with what is the
 * same in all of them. */
static bool first_copy(struct machine *m, const struct machine_op *op)
{
    const struct bh_region *page = m->w.product.journal;

    if (page->flash != &op->chip->flash || page->flash->unit < 16)
        return false;
    for (int p = 0; p < 2; p++)
        if (within(&page[p], op)) {
            m->stated += op->len;
            return m->stated <= bh_entry_len(page->flash->unit, 1, BH_PART_ANNOUNCEMENT);
        }
    return false;
}

/* Does a mailbox share the page, and are these its own bytes? */
static bool in_shared(const struct machine *m, const struct machine_op *op)
{
    for (uint8_t i = 0; m->shared && i < m->w.product.n_pairs; i++) {
        const struct bh_region *slots[] = { &m->w.pairs[i].primary, &m->w.pairs[i].secondary };

        for (int k = 0; k < 2; k++) {
            struct bh_region end = bh_region_part(slots[k], slots[k]->len - m->shared, m->shared);

            if (within(&end, op))
                return true;
        }
    }
    return false;
}

/* A request or confirm that is repeated in a foreign mailbox goes where its form has a place for
 * it, and in a page with an image the mailbox's values are programmed one over the other. All else
 * must not be programmed over a unit that was torn. */
static void check_clean(struct machine *m, const struct machine_op *op)
{
    bool free =
        first_copy(m, op) || in_shared(m, op) || (m->act.kind != ACT_BOOT && m->w.product.mailbox);

    for (uint32_t u = sim_units(op->chip, op->off); u < sim_units(op->chip, op->off + op->len); u++)
        if (!free && m->cuts <= 1 && sim_unit_torn(op->chip, u) &&
            memcmp(op->chip->meant + u * op->chip->flash.unit,
                   (const uint8_t *)op->data + (u * op->chip->flash.unit - op->off),
                   op->chip->flash.unit) != 0)
            machine_break(m, LAW_CLEAN, "the unit at 0x%x was torn, looks blank, and is programmed",
                          u * op->chip->flash.unit);
}

/* Where a page of the journal fails, its truth moves to the other half. */
static bool journal_bad(const struct machine *m)
{
    for (int p = 0; p < 2; p++) {
        const struct bh_region *page = &m->w.product.journal[p];
        const struct sim_flash *chip = page->flash->context;

        for (uint32_t i = 0; i < chip->n_bad; i++)
            if (chip->bad[i].off >= page->off && chip->bad[i].off - page->off < page->len)
                return true;
    }
    return false;
}

static void inspect(struct machine *m, const struct machine_op *op)
{
    m->writes++;
    if (op->kind == SIM_PROGRAM)
        check_clean(m, op);
    if (!in_bounds(m, op))
        machine_break(m, LAW_BOUNDS, "%s of 0x%x bytes at 0x%x",
                      op->kind == SIM_ERASE ? "erase" : "program", op->len, op->off);
    if (op->kind == SIM_ERASE && !m->lenient && !journal_bad(m) && machine_last_word(m, op))
        machine_break(m, LAW_LAST_WORD,
                      "the page at 0x%x is erased, and nothing newer stands "
                      "in the other one for certain",
                      op->off);
    if (op->kind == SIM_ERASE)
        count_erase(m, op);
    if (op->number > m->ops_max)
        machine_break(m, LAW_ENDS, "no end after %llu operations", (unsigned long long)m->ops_max);
    if (m->broken)
        escape(m);
}

static int hook_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    struct sim_flash *chip = f->context;
    struct machine *m = chip->traits.watch_context;

    if (!m->quiet && ++m->reads > READS_MAX) {
        machine_break(m, LAW_ENDS, "no end after %u reads", READS_MAX);
        escape(m);
    }
    return sim_flash_ops.read(f, off, buf, len);
}

/* The page dies as the operation begins. A stopped operation is nowhere to be cut. */
static void come(struct machine *m, const struct machine_op *op)
{
    if (m->death.decay && op->number >= m->death.at) {
        machine_decay(m, &m->death);
        m->death.decay = SIM_SOUND;
        m->died = true;
    }
    if (m->log && op->number <= m->max_log)
        m->log[op->number - 1] = (struct machine_page){ op->chip, op->off };
    inspect(m, op);
    if (m->fork && !m->broken && !sim_flash_fails(op->chip, op->kind, op->off, op->len))
        m->fork(m->context, op);
}

static int hook_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    struct sim_flash *chip = f->context;
    struct machine *m = chip->traits.watch_context;
    struct machine_op op = { chip, SIM_PROGRAM, off, len, buf, m->w.power.ops + 1 };

    come(m, &op);
    return sim_flash_ops.program(f, off, buf, len);
}

/* Is a boot held to keep what can be put together? A plan without a way back cannot know of a
 * source that goes bad after it was looked at. */
static bool keeps(const struct machine *m)
{
    return m->disturbed && m->act.kind == ACT_BOOT && m->product.rescue &&
           (!m->died || m->product.plan->reverts);
}

static int hook_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    struct sim_flash *chip = f->context;
    struct machine *m = chip->traits.watch_context;
    struct machine_op op = { chip, SIM_ERASE, off, len, NULL, m->w.power.ops + 1 };
    uint8_t had;
    int err;

    come(m, &op);
    had = keeps(m) ? oracle_can(m, m->wanted) : 0;
    err = sim_flash_ops.erase(f, off, len);
    if (!had || oracle_can(m, m->wanted))
        return err;
    machine_break(m, LAW_KEPT, "the page at 0x%x is erased, and with it the last whole image", off);
    escape(m);
    return err;
}

static int hook_blank(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    return sim_flash_blind_ops.blank(f, off, len);
}

static const struct bh_flash_ops hooks = { .read = hook_read,
                                           .program = hook_program,
                                           .erase = hook_erase };
static const struct bh_flash_ops blind_hooks = {
    .read = hook_read, .program = hook_program, .erase = hook_erase, .blank = hook_blank
};

void machine_decay(struct machine *m, const struct explore_death *death)
{
    if (death->chip >= m->w.n_chips || death->off >= m->w.chip[death->chip].flash.size)
        sim_die("a page of no device of the product is to go bad");
    sim_flash_decay(&m->w.chip[death->chip], death->off, (enum sim_decay)death->decay);
}

/* --- readings ------------------------------------------------------------------------------ */

/* How a torn program may read: as meant, blank, garbage, and what lay below. */
static const struct sim_reading of_program[] = {
    { SIM_MEANT, 0 }, { SIM_BLANK, 0 }, { SIM_MIX, 7 }, { SIM_BEFORE, 0 }
};
/* A torn erase: as before, erased, garbage, either half of the page erased. */
static const struct sim_reading of_erase[] = {
    { SIM_BEFORE, 0 }, { SIM_BLANK, 0 }, { SIM_MIX, 7 }, { SIM_PREFIX, 0 }, { SIM_SUFFIX, 0 }
};

static uint8_t options_of(struct machine *m, const struct sim_flash *s, const struct sim_tear *t)
{
    if (machine_forgotten(m, s, t))
        return 1;
    if (t->kind == SIM_ERASE)
        return 5;
    return t->spoiled ? 4 : 3;
}

static struct sim_reading choose(void *context, const struct sim_flash *s, const struct sim_tear *t)
{
    struct machine *m = context;
    uint8_t n = m->n_readings, pick;
    struct sim_reading r;

    if (n == EXPLORE_READINGS_MAX)
        sim_die("more torn ranges are looked at in one boot than the explorer has room for");
    m->options[n] = options_of(m, s, t);
    pick = n < m->n_given ? m->reading[n] : 0;
    if (n >= m->n_given && m->draw)
        pick = (uint8_t)((m->draw = sim_mix(m->draw + 1)) % m->options[n]);
    m->reading[n] = pick;
    m->n_readings++;
    r = t->kind == SIM_ERASE ? of_erase[pick % 5u] : of_program[pick % 4u];
    if (r.shape == SIM_PREFIX || r.shape == SIM_SUFFIX)
        r.seed = sim_units(s, t->len) / 2;
    return r;
}

bool machine_next_readings(struct machine *m)
{
    uint8_t n = m->n_readings;

    while (n && m->reading[n - 1] + 1 >= m->options[n - 1])
        n--;
    m->n_given = n;
    if (n)
        m->reading[n - 1]++;
    return n > 0;
}

/* --- open ---------------------------------------------------------------------------------- */

/* Even images are a third shorter; none but the first ends with a whole unit, whatever the sizes
 * are. */
static uint32_t image_len(const struct bh_pair *pair, unsigned image)
{
    uint32_t max = pair->image_max, unit = pair->primary.flash->unit;
    uint32_t len = image % 2 ? max : max - max / 3;

    if (pair->secondary.flash->unit > unit)
        unit = pair->secondary.flash->unit;
    if (image == 1 || len < 150)
        return len;
    len -= 3;
    return len % unit ? len : len - 1;
}

/* Why images of the product's format cannot be made; NULL: they can. */
static const char *unfit(const struct machine *m, bool counters)
{
    uint32_t header = sim_image_wolfboot(&m->w.product.policy);

    if (header && counters)
        return "images in wolfBoot's format have no security counter";
    for (uint8_t p = 0; header && p < m->w.product.n_pairs; p++)
        if (image_len(&m->w.pairs[p], 2) < header + 64)
            return "the slots are too small for images with such a header";
    return NULL;
}

static void make_images(struct machine *m, bool counters)
{
    bool depend = explore_images_depend(&m->product);
    uint32_t wolfboot = sim_image_wolfboot(&m->w.product.policy);

    for (uint8_t p = 0; p < m->w.product.n_pairs; p++)
        for (uint8_t v = 1; v < EXPLORE_IMAGES; v++) {
            struct machine_image *image = &m->image[p][v];
            struct sim_image as = { .major = explore_version_of(v),
                                    .counter = counters ? v : 0,
                                    .seed = v + (uint64_t)p * 16,
                                    .depends = depend,
                                    .on = p ^ 1u,
                                    .wolfboot = wolfboot };

            image->len = image_len(&m->w.pairs[p], v);
            image->bytes = sim_grow(NULL, image->len, 1);
            sim_image_make_as(image->bytes, image->len, &as);
            image->spoilt = sim_grow(NULL, image->len, 1);
            memcpy(image->spoilt, image->bytes, image->len);
            image->spoilt[wolfboot ? image->len - 1 : image->len / 2] ^=
                1; /* not a header's fill */
        }
}

static uint32_t pages(const struct bh_region *r, uint32_t len)
{
    uint32_t n = 0;
    struct bh_page page;

    for (uint32_t off = r->off; off < r->off + len && !bh_flash_page(r->flash, off, &page);
         off = page.off + page.len)
        n++;
    return n;
}

/* What one act may cost at most: every page that an update can touch, once; trailers and journal
 * twice; and three times the operations of that. */
static void set_budget(struct machine *m)
{
    const struct bh_product *p = &m->w.product;
    uint64_t words = p->journal[0].len / 4;

    m->erases_max = 2 * pages(&p->journal[0], p->journal[0].len);
    m->ops_max = 4 * words + 200;
    for (uint8_t i = 0; i < p->n_pairs; i++) {
        const struct bh_pair *pair = &p->pairs[i];
        uint32_t used = bh_round_up(pair->image_max, pair->chunk);

        m->erases_max += pages(&pair->primary, used) + pages(&pair->secondary, used) +
                         pages(&pair->spare, p->plan->reverts ? pair->chunk : 0);
        m->erases_max +=
            p->mailbox ? pages(&pair->primary, pair->primary.len) - pages(&pair->primary, used) + 1
                       : 0;
        m->ops_max += 3 * (used / 64 + 8);
    }
    m->ops_max += 3 * m->erases_max;
}

bool machine_open(struct machine *m, const struct bh_product *product, enum explore_flash flash,
                  bool counters, const char **why)
{
    const struct sim_traits traits = { .name = "flash", .watch_context = m };
    struct explore_act boot = { .kind = ACT_BOOT };

    memset(m, 0, sizeof *m);
    m->flash = flash;
    m->shared = sim_world_shared(product);
    m->product = *product;
    m->product.policy = sim_quick_policy(&product->policy);
    *why = NULL;
    if (sim_world_open(&m->w, &m->product, &traits)) {
        static char text[SIM_TEXT];

        snprintf(text, sizeof text, "%s", m->w.why);
        *why = text;
        return false;
    }
    if (flash == EXPLORE_LOOSE) {
        m->w.power.choose = choose;
        m->w.power.choose_context = m;
    }
    *why = unfit(m, counters);
    if (*why)
        return false;
    for (uint8_t i = 0; i < m->w.n_chips; i++)
        m->w.chip[i].flash.ops = m->w.chip[i].traits.blind ? &blind_hooks : &hooks;
    set_budget(m);
    make_images(m, counters);
    for (uint8_t p = 0; p < m->w.product.n_pairs; p++)
        if (!m->w.pairs[p].optional) {
            m->used |= (uint8_t)(1u << p);
            sim_world_install(&m->w, p, m->image[p][1].bytes, m->image[p][1].len);
        }
    if (!machine_perform(m, boot) || m->seen.image != 1)
        *why = "the factory's image does not start";
    if (m->broken) {
        static char text[500];

        snprintf(text, sizeof text, "in the first boot, law \"%s\" broken: %s",
                 laws[m->broken].name, m->how);
        *why = text;
    }
    return !*why;
}

void machine_close(struct machine *m)
{
    for (uint8_t p = 0; p < BH_PAIRS_MAX; p++)
        for (uint8_t v = 0; v < EXPLORE_IMAGES; v++) {
            free(m->image[p][v].bytes);
            free(m->image[p][v].spoilt);
        }
    free(m->erased);
    machine_forget_journal(m);
    sim_world_close(&m->w);
}

/* --- going back ---------------------------------------------------------------------------- */

uint32_t machine_mark(struct machine *m)
{
    uint32_t mark = 0;

    for (uint8_t i = 0; i < m->w.n_chips; i++)
        mark = sim_flash_snapshot(&m->w.chip[i]);
    return mark;
}

void machine_back(struct machine *m, uint32_t mark)
{
    for (uint8_t i = 0; i < m->w.n_chips; i++)
        sim_flash_restore(&m->w.chip[i], mark);
}

void machine_pause(struct machine *m, struct machine_pause *p)
{
    p->power = m->w.power;
    p->boot = m->w.boot;
    p->seen = m->seen;
    p->err = m->w.err;
    p->mark = machine_mark(m);
    memcpy(p->work, m->w.work.buf, sizeof p->work);
    memcpy(p->reading, m->reading, sizeof p->reading);
    memcpy(p->options, m->options, sizeof p->options);
    p->n_given = m->n_given;
    p->n_readings = m->n_readings;
    p->cuts = m->cuts;
    p->act = m->act;
    p->death = m->death;
    p->died = m->died;
    p->writes = m->writes;
    p->disturbed = m->disturbed;
    p->wanted = m->wanted;
    p->reads = m->reads;
    p->stated = m->stated;
    p->act_base = m->act_base;
    p->n_erased = m->n_erased;
    p->fork = m->fork;
}

void machine_again(struct machine *m, const struct machine_pause *p)
{
    machine_back(m, p->mark);
    m->w.power = p->power;
    m->cuts = p->cuts;
    memcpy(m->w.work.buf, p->work, sizeof p->work); /* what the operation programs may be in it */
    memcpy(m->reading, p->reading, sizeof p->reading); /* the trace tells of them */
    memcpy(m->options, p->options, sizeof p->options);
    m->n_given = p->n_given;
    m->n_readings = p->n_readings;
}

void machine_resume(struct machine *m, const struct machine_pause *p)
{
    machine_again(m, p);
    m->w.boot = p->boot;
    m->w.err = p->err;
    m->seen = p->seen;
    m->act = p->act;
    m->death = p->death;
    m->died = p->died;
    m->writes = p->writes;
    m->disturbed = p->disturbed;
    m->wanted = p->wanted;
    m->reads = p->reads;
    m->stated = p->stated;
    m->act_base = p->act_base;
    m->n_erased = p->n_erased;
    m->fork = p->fork;
}

void machine_tear(struct machine *m, const struct machine_op *op, const struct sim_cut *cut)
{
    const struct bh_flash *f = &op->chip->flash;

    m->w.power.home = NULL;
    m->w.power.cut = *cut;
    m->w.power.cut.at = m->w.power.ops + 1;
    if (op->kind == SIM_ERASE)
        (void)sim_flash_ops.erase(f, op->off, op->len);
    else
        (void)sim_flash_ops.program(f, op->off, op->data, op->len);
    m->w.power.cut.at = 0;
    m->cuts++;
    m->fork = NULL;
}

/* --- acting -------------------------------------------------------------------------------- */

static struct sim_flash *other_chip(struct machine *m)
{
    const struct bh_flash *f = m->w.pairs[0].secondary.flash;

    return f == m->w.pairs[0].primary.flash ? NULL : f->context;
}

static void fill_journal(struct machine *m, bool foreign)
{
    for (int p = 0; p < 2; p++) {
        const struct bh_region *page = &m->w.product.journal[p];
        struct sim_flash *chip = page->flash->context;
        uint32_t len = foreign ? page->len : page->len / 2;
        uint8_t *bytes = sim_grow(NULL, len, 1);

        memset(bytes, chip->flash.erased, len);
        for (uint32_t i = 0; foreign && i < len; i++)
            bytes[i] = (uint8_t)sim_mix(i + 1u + (unsigned)p);
        sim_flash_fill(chip, page->off, bytes, len);
        free(bytes);
    }
}

/* --- hands --------------------------------------------------------------------------------- */

/* The piece of the image that belongs into a chunk, with erased flash after it; from the first
 * half alone, if so wanted. False: none of it does. */
static bool piece(const struct machine_image *image, struct explore_act act, uint8_t erased,
                  uint32_t chunk, uint32_t i, uint8_t *out)
{
    uint32_t len = act.part == EXPLORE_PART_HALF ? image->len / 2 : image->len;
    uint32_t off = i * chunk;

    if (off >= len || (act.part == EXPLORE_FIRST && i > 0) || (act.part == EXPLORE_LAST && i == 0))
        return false;
    memset(out, erased, chunk);
    memcpy(out, image->bytes + off, bh_min(chunk, len - off));
    return true;
}

static void by_hand(struct machine *m, struct explore_act act)
{
    for (uint8_t p = 0; p < m->w.product.n_pairs; p++) {
        const struct bh_pair *pair = &m->w.pairs[p];
        uint32_t n = bh_round_up(pair->image_max, pair->chunk) / pair->chunk;
        uint8_t *bytes = sim_grow(NULL, pair->chunk, 1);

        for (uint32_t i = 0; i < n && m->used >> p & 1 && (!act.pair || act.pair == p + 1); i++) {
            struct bh_region to = act.kind == ACT_PRIMARY  ? bh_pair_p(pair, i)
                                  : act.kind == ACT_STAGED ? bh_pair_l(pair, i + 1)
                                                           : bh_pair_l(pair, i);

            if (to.flash &&
                piece(&m->image[p][act.version], act, to.flash->erased, pair->chunk, i, bytes))
                sim_flash_fill(to.flash->context, to.off, bytes, pair->chunk);
        }
        free(bytes);
    }
}

/* A record with a right checksum that cannot be true, where the next power-up would append, with
 * the number that would be next. */
static void forge(struct machine *m, uint8_t what)
{
    struct bh_work work = { m->work, sizeof m->work };
    struct bh_journal j;
    const struct bh_region *page;
    struct bh_record rec;
    uint8_t n_pairs = m->w.product.n_pairs, *bytes;
    uint32_t len, seal, at;

    m->quiet = true;
    if (bh_product_journal(&m->w.product, &work, &j))
        sim_die("the product's journal cannot be opened");
    m->quiet = false;
    rec = j.truth;
    rec.state = BH_STATE_UPDATING;
    rec.step = 0;
    for (uint8_t p = 0; p < n_pairs; p++)
        rec.pair[p].size_old = rec.pair[p].size_new = m->w.pairs[p].image_max;
    switch (what) {
    case 1: rec.step = 0xFFFF; break; /* a step beyond all steps */
    case 2: rec.pair[0].size_new = m->w.pairs[0].primary.len + 1; break; /* outside the slot */
    case 3: n_pairs ^= 3u; break; /* pairs that the product has not */
    case 4: rec.state = BH_STATE_LAST + 1; break;
    case 5: rec.state = BH_STATE_IDLE, rec.outcome = 200; break;
    case 6: rec.state = BH_STATE_TRIAL, rec.boots_left = 255; break;
    case 7: rec.state = BH_STATE_REVERTING, rec.step = 0xFFFF; break;
    default: rec.fault = bh_fault(BH_FAULT_BACKUP, true, 7, 3); break; /* of no pair */
    }
    page = &m->w.product.journal[j.page];
    j.use.n_pairs = n_pairs;
    bytes = sim_grow(NULL, bh_entry_len(j.word_len, BH_PAIRS_MAX, BH_PART_TWIN), 2);
    j.last_seq++;
    len = bh_entry_encode(bytes, &j, &rec, BH_PART_TWIN, 0);
    seal = bh_entry_seal(bytes, len);
    if (rec.state == BH_STATE_IDLE)
        len += bh_entry_encode(bytes + len, &j, &rec, BH_PART_ACK, seal);
    at = j.next ? j.next + j.word_len : 0;
    if (j.found && bh_within(at, len, page->len))
        sim_flash_fill(page->flash->context, page->off + at, bytes, len);
    free(bytes);
}

static bool happen(struct machine *m, struct explore_act act)
{
    static const enum sim_health health[] = { [ACT_DEAD] = SIM_DEAD,
                                              [ACT_ABSENT] = SIM_ABSENT,
                                              [ACT_BABBLE] = SIM_BABBLE,
                                              [ACT_WELL] = SIM_WELL };

    if (act.kind == ACT_FORGE)
        forge(m, act.version);
    else if (act.kind >= ACT_PRIMARY)
        by_hand(m, act);
    else if (act.kind >= ACT_FOREIGN)
        fill_journal(m, act.kind == ACT_FOREIGN);
    else if (other_chip(m))
        other_chip(m)->health = health[act.kind];
    return true;
}

/* The pairs that an act of the application is about. */
static uint8_t pairs_of(const struct machine *m, struct explore_act act)
{
    return act.pair ? (uint8_t)(1u << (act.pair - 1)) : m->used;
}

static bool stage(struct machine *m, struct explore_act act)
{
    const uint8_t *images[BH_PAIRS_MAX];
    uint32_t lens[BH_PAIRS_MAX];

    for (uint8_t p = 0; p < m->w.product.n_pairs; p++) {
        const struct machine_image *image = &m->image[p][act.version];

        images[p] = act.kind == ACT_STAGE_BAD && p == 0 ? image->spoilt : image->bytes;
        lens[p] = image->len;
    }
    return sim_world_stage_set(&m->w, pairs_of(m, act), images, lens);
}

static bool act_out(struct machine *m, struct explore_act act)
{
    switch (act.kind) {
    case ACT_BOOT: return sim_world_boot(&m->w);
    case ACT_STAGE:
    case ACT_STAGE_BAD: return stage(m, act);
    case ACT_TEST: return sim_world_request(&m->w, pairs_of(m, act), BH_REQUEST_TEST);
    case ACT_PERMANENT: return sim_world_request(&m->w, pairs_of(m, act), BH_REQUEST_PERMANENT);
    case ACT_CONFIRM: return sim_world_confirm(&m->w);
    default: return happen(m, act);
    }
}

/* --- seeing -------------------------------------------------------------------------------- */

/* As bh_all(), fast. */
static bool blank(const uint8_t *p, uint8_t erased, uint32_t len)
{
    return len == 0 || (p[0] == erased && memcmp(p, p + 1, len - 1) == 0);
}

/* Is the primary slot this image, and erased after it? Where nothing is torn, look directly. */
static bool holds(struct machine *m, uint8_t p, uint8_t version)
{
    const struct bh_pair *pair = &m->w.pairs[p];
    const struct sim_flash *chip = pair->primary.flash->context;
    const struct machine_image *image = &m->image[p][version];
    uint32_t end = sim_world_end(&m->w, p);
    const uint8_t *is = chip->cells + pair->primary.off;

    if (chip->n_tears)
        return sim_world_runs(&m->w, p, image->bytes, image->len);
    return memcmp(is, image->bytes, image->len) == 0 &&
           blank(is + image->len, chip->flash.erased, end - image->len);
}

static uint8_t version_in(struct machine *m, uint8_t p)
{
    for (uint8_t v = 1; v < EXPLORE_IMAGES; v++)
        if (holds(m, p, v))
            return v;
    return 0;
}

static uint8_t version_running(struct machine *m)
{
    uint8_t version = version_in(m, 0);

    for (uint8_t p = 1; p < m->w.product.n_pairs; p++)
        if (!version || (m->used >> p & 1 && !holds(m, p, version)))
            return 0;
    return version;
}

static void check_start(struct machine *m)
{
    const struct bh_boot *b = &m->w.boot;
    const struct bh_region *primary = &m->w.pairs[0].primary;
    uint8_t v = m->disturbed ? m->seen.in[0] : m->seen.image;

    if (b->action != BH_BOOT_START || !v)
        return;
    if (b->verified.verdict != BH_VERDICT_GOOD || b->start.flash != primary->flash ||
        b->start.off != primary->off || b->verified.image.version.major != explore_version_of(v) ||
        b->verified.image.len != m->image[0][v].len)
        machine_break(m, LAW_DECIDED,
                      "image %u is in primary, version %u of %u bytes was "
                      "reported",
                      v, b->verified.image.version.major, b->verified.image.len);
}

static void check_flash(struct machine *m)
{
    const char *misuse = sim_world_misuse(&m->w);

    if (misuse)
        machine_break(m, LAW_ONCE, "%s", misuse);
}

/* What is in the primaries, and what could be: not told from what the device says. */
static void look_deeper(struct machine *m, uint8_t had, uint8_t near)
{
    m->seen.had = had;
    m->seen.near = near;
    m->seen.have = oracle_can(m, m->wanted);
    for (uint8_t p = 0; p < m->w.product.n_pairs; p++)
        for (uint8_t v = 1; v < EXPLORE_IMAGES && !m->seen.in[p]; v++)
            if (oracle_runs(m, p, v))
                m->seen.in[p] = v;
}

bool machine_perform(struct machine *m, struct explore_act act)
{
    uint32_t base = m->act_base;
    uint8_t had = 0, near = 0;
    bool ended;

    m->act_base = m->n_erased;
    m->act = act;
    m->reads = m->stated = 0;
    m->writes = 0;
    m->died = false;
    m->n_readings = 0;
    m->w.err = BH_OK;
    if (m->death.decay && m->death.at == 0) {
        machine_decay(m, &m->death);
        m->death.decay = SIM_SOUND;
    }
    if (m->disturbed && act.kind == ACT_BOOT) {
        had = oracle_can(m, m->wanted);
        near = oracle_near(m, had);
    }
    ended = act_out(m, act);
    m->n_erased = m->act_base;
    m->act_base = base;
    m->boots += act.kind == ACT_BOOT;
    if (!m->w.power.dark || m->escaped)
        check_flash(m);
    if (!ended)
        return false;
    m->seen = (struct spec_seen){ .err = m->w.err, .writes = m->writes };
    if (act.kind == ACT_BOOT) {
        m->seen.action = (uint8_t)m->w.boot.action;
        m->seen.image = m->seen.action == BH_BOOT_START ? version_running(m) : 0;
        m->seen.truth = m->w.boot.journal.truth;
        m->seen.reason = (uint8_t)m->w.boot.reason;
        if (m->disturbed)
            look_deeper(m, had, near);
        check_start(m);
    }
    return !m->broken;
}
