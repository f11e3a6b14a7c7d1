/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a product uses of its devices is cut into pieces, each a list of pages; the
 * pieces that stay are laid one after the other on new devices, in the order in which they were. */
#include "scale.h"

#include <stdlib.h>
#include <string.h>

#include "bulkhead/boot.h"
#include "bulkhead/bytes.h"
#include "bulkhead/rules.h"
#include "sim/inner.h"
#include "bulkhead/image_wolfboot.h"
#include "sim/image.h"

#define PAGES_MAX 64u /* of a piece, as they were: more are counted, not listed */
#define PIECES_MAX (8u + BH_PAIRS_MAX * (2u * EXPLORE_KEPT_MAX + 8u))
#define EQUAL_MAX 4u /* equal pages of a chunk that stay */

const struct explore_scale explore_scale_usual = { .between = 2, .page = 256 };

enum part { PART_BOOTLOADER, PART_JOURNAL, PART_PRIMARY, PART_SECONDARY, PART_SPARE };

/* A run of pages that stays, and what it becomes. */
struct piece {
    const struct bh_flash *flash;
    uint32_t off; /* where it was; the order of pieces */
    uint32_t n;   /* pages, and their lengths */
    uint32_t len[PAGES_MAX];
    enum part part;
    uint8_t of;       /* pair, or half of the journal */
    bool is_spare;    /* the pair's spare lies here */
    bool begin;       /* images are staged from here on */
    uint32_t now_off; /* where it is put */
    uint32_t now_len;
};

/* The pages of a chunk: how they are told apart, and how they shrink. */
struct pages {
    uint32_t n; /* all of them */
    uint32_t len[PAGES_MAX];
    bool equal;
};

/* How a pair shrinks. */
struct shrink {
    uint32_t chunk;    /* as it is to be */
    uint32_t grain;    /* a page of so many bytes becomes... */
    uint32_t page;     /* ...so many */
    bool capped;       /* or: a region's equal pages become `share` pieces of a chunk */
    uint32_t share[3]; /* of primary, secondary, spare */
};

struct scaling {
    const struct bh_product *from;
    const struct explore_scale *how;
    struct explore_scaled *out;
    struct piece piece[PIECES_MAX];
    unsigned n;
    const char *why;
    const struct bh_flash *device[SIM_CHIPS_MAX];
    uint8_t n_devices;
};

/* --- pages --------------------------------------------------------------------------------- */

/* However long a header of wolfBoot's images is, the engine sees none of it: the shortest does. */
static const struct bh_image_format *const shortest[] = { &bh_image_wolfboot_256, NULL };

static struct pages pages_of(const struct bh_region *r, uint32_t off, uint32_t len)
{
    struct pages all = { .equal = true };
    struct bh_page page;

    for (uint32_t at = r->off + off; at < r->off + off + len && !bh_flash_page(r->flash, at, &page);
         at = page.off + page.len) {
        all.equal = all.equal && (all.n == 0 || page.len == all.len[0]);
        if (all.n < PAGES_MAX)
            all.len[all.n] = page.len;
        all.n++;
    }
    return all;
}

static bool same_pages(const struct pages *a, const struct pages *b)
{
    if (a->n != b->n || a->equal != b->equal)
        return false;
    return memcmp(a->len, b->len, (a->n < PAGES_MAX ? a->n : PAGES_MAX) * sizeof a->len[0]) == 0;
}

static uint32_t chunks_of(const struct bh_pair *pair)
{
    return bh_round_up(pair->image_max, pair->chunk) / pair->chunk;
}

static struct pages primary_pages(const struct bh_pair *pair, uint32_t i)
{
    return pages_of(&pair->primary, i * pair->chunk, pair->chunk);
}

static struct pages secondary_pages(const struct bh_pair *pair, uint32_t i)
{
    return pages_of(&pair->secondary, pair->staged_off + i * pair->chunk, pair->chunk);
}

static bool same_chunk(const struct bh_pair *pair, uint32_t i, uint32_t k)
{
    struct pages a = primary_pages(pair, i), b = primary_pages(pair, k);
    struct pages c = secondary_pages(pair, i), d = secondary_pages(pair, k);

    return same_pages(&a, &b) && same_pages(&c, &d);
}

/* --- which chunks stay --------------------------------------------------------------------- */

/* Of a run [first, last] of chunks with equal pages. Returns how many stay in all; 0: too many. */
static unsigned keep_run(uint32_t first, uint32_t last, unsigned between,
                         uint32_t kept[EXPLORE_KEPT_MAX], unsigned n)
{
    for (uint32_t i = first; i <= last; i++) {
        if (i > first + between && i < last)
            i = last;
        if (n == EXPLORE_KEPT_MAX)
            return 0;
        kept[n++] = i;
    }
    return n;
}

static unsigned keep(const struct bh_pair *pair, unsigned between, uint32_t kept[EXPLORE_KEPT_MAX])
{
    uint32_t all = chunks_of(pair), first = 0;
    unsigned n = 0;

    for (uint32_t i = 1; i <= all; i++) {
        if (i < all && same_chunk(pair, first, i))
            continue;
        n = keep_run(first, i - 1, between, kept, n);
        if (n == 0)
            return 0;
        first = i;
    }
    return n;
}

/* --- how pages shrink ---------------------------------------------------------------------- */

static uint32_t gcd(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

static uint32_t grain_of(const struct pages *all, uint32_t grain)
{
    for (uint32_t i = 0; i < all->n && i < PAGES_MAX; i++)
        grain = gcd(grain, all->len[i]);
    return grain;
}

static uint32_t capped(uint32_t n)
{
    return n < EQUAL_MAX ? n : EQUAL_MAX;
}

/* A chunk must take several copies of the memory lent, if it did. */
static uint32_t least_chunk(const struct scaling *s, uint32_t chunk)
{
    uint32_t several = 3 * (s->out->work_len / 2);

    return chunk >= 3 * (SIM_WORK_LEN / 2) ? several : 0;
}

static struct shrink shrink_pair(const struct scaling *s, const struct bh_pair *pair,
                                 const uint32_t *kept, unsigned n)
{
    bool spared = pair->spare.flash != NULL, equal = true;
    struct pages spare = { .equal = true };
    struct shrink how = { .grain = pair->chunk };
    uint32_t most = 0, parts, counts[3] = { 1, 1, 1 };

    if (spared)
        spare = pages_of(&pair->spare, 0, pair->chunk);
    how.grain = grain_of(&spare, how.grain);
    counts[2] = spared ? spare.n : 1;
    for (unsigned i = 0; i < n; i++) {
        struct pages in = primary_pages(pair, kept[i]), out = secondary_pages(pair, kept[i]);

        how.grain = grain_of(&out, grain_of(&in, how.grain));
        equal = equal && in.equal && out.equal && spare.equal && same_chunk(pair, kept[0], kept[i]);
        counts[0] = in.n;
        counts[1] = out.n;
    }
    parts = pair->chunk / how.grain;
    for (int i = 0; i < 3; i++)
        most = counts[i] > most ? counts[i] : most;
    how.capped = equal && most > EQUAL_MAX;
    if (how.capped)
        for (parts = 1;
             parts % capped(counts[0]) || parts % capped(counts[1]) || parts % capped(counts[2]);)
            parts++;
    how.page = s->how->page;
    while (how.page * parts < least_chunk(s, pair->chunk))
        how.page *= 2;
    how.chunk = how.page * parts;
    for (int i = 0; how.capped && i < 3; i++)
        how.share[i] = how.chunk / capped(counts[i]);
    return how;
}

/* What a page of the pair becomes; part 0 primary, 1 secondary, 2 spare. */
static uint32_t shrunk(const struct shrink *how, uint32_t len, int part)
{
    return how->capped ? how->share[part] : len / how->grain * how->page;
}

/* --- pieces -------------------------------------------------------------------------------- */

static struct piece *add(struct scaling *s, const struct bh_region *r, uint32_t off, enum part part,
                         uint8_t of)
{
    struct piece *p = &s->piece[s->n];

    if (s->n == PIECES_MAX)
        sim_die("more pieces of a product than there is room for");
    s->n++;
    *p = (struct piece){ .flash = r->flash, .off = r->off + off, .part = part, .of = of };
    return p;
}

static struct piece *add_chunk(struct scaling *s, const struct shrink *how,
                               const struct bh_region *r, uint32_t off, uint32_t chunk, int which,
                               enum part part, uint8_t of)
{
    struct pages all = pages_of(r, off, chunk);
    struct piece *p = add(s, r, off, part, of);

    p->n = how->capped ? how->chunk / how->share[which] : all.n;
    for (uint32_t i = 0; i < p->n && i < PAGES_MAX; i++)
        p->len[i] = shrunk(how, all.len[i < all.n ? i : 0], which);
    if (all.n > PAGES_MAX && !how->capped)
        s->why = "a chunk has too many pages of different lengths to be scaled down";
    return p;
}

/* The last pages of a slot, two at most: what comes after the chunks, the mailbox at the end. */
static void add_rest(struct scaling *s, const struct shrink *how, const struct bh_region *r,
                     uint32_t from, int which, enum part part, uint8_t of)
{
    struct bh_page page;
    uint32_t end = r->off + r->len, off[2];
    unsigned n = 0;

    while (n < 2 && end > r->off + from && !bh_flash_page(r->flash, end - 1, &page)) {
        off[n++] = page.off;
        end = page.off;
    }
    while (n--) {
        struct piece *p = add(s, r, off[n] - r->off, part, of);

        if (bh_flash_page(r->flash, off[n], &page))
            return;
        p->n = 1;
        /* a page of another length than those of chunks: at least as large as the smallest */
        p->len[0] = shrunk(how, page.len, which);
        if (p->len[0] < s->how->page)
            p->len[0] = s->how->page;
    }
}

static bool lies_in(const struct bh_region *a, const struct bh_region *b)
{
    return a->flash == b->flash && a->off >= b->off && a->off + a->len <= b->off + b->len;
}

static void cut_secondary(struct scaling *s, const struct shrink *how, uint8_t of,
                          const uint32_t *kept, unsigned n)
{
    const struct bh_pair *pair = &s->from->pairs[of];
    const struct bh_region *r = &pair->secondary;
    uint32_t end = pair->staged_off + chunks_of(pair) * pair->chunk;
    bool inside = pair->spare.flash && lies_in(&pair->spare, r);
    uint32_t at = inside ? pair->spare.off - r->off : 0;

    if (pair->staged_off && pair->staged_off != pair->chunk) {
        s->why = "images are staged neither at the start of the secondary slot nor one chunk in";
        return;
    }
    if (pair->staged_off)
        add_chunk(s, how, r, 0, pair->chunk, 1, PART_SECONDARY, of)->is_spare = inside && at == 0;
    for (unsigned i = 0; i < n; i++)
        add_chunk(s, how, r, pair->staged_off + kept[i] * pair->chunk, pair->chunk, 1,
                  PART_SECONDARY, of)
            ->begin = i == 0;
    if (inside && at >= end) {
        add_chunk(s, how, r, at, pair->chunk, 1, PART_SECONDARY, of)->is_spare = true;
        end = at + pair->chunk;
    } else if (inside && at != 0) {
        s->why = "the spare is neither before nor after where images are staged";
    }
    add_rest(s, how, r, end, 1, PART_SECONDARY, of);
}

static void cut_pair(struct scaling *s, uint8_t of)
{
    const struct bh_pair *pair = &s->from->pairs[of];
    struct bh_pair *out = &s->out->pairs[of];
    uint32_t kept[EXPLORE_KEPT_MAX], all = chunks_of(pair);
    unsigned n = keep(pair, s->how->between, kept);
    struct shrink how;
    uint32_t slack = all * pair->chunk - pair->image_max;

    if (n == 0) {
        s->why = "its chunks are of too many kinds to be scaled down";
        return;
    }
    how = shrink_pair(s, pair, kept, n);
    *out = *pair;
    out->chunk = how.chunk;
    out->staged_off = 0;
    out->image_max = n * how.chunk;
    if (slack) /* the last chunk is not full */
        out->image_max -= bh_min(how.chunk / 2, how.page);
    s->out->chunks += all;
    s->out->kept += n;
    for (unsigned i = 0; i < n; i++)
        add_chunk(s, &how, &pair->primary, kept[i] * pair->chunk, pair->chunk, 0, PART_PRIMARY, of);
    add_rest(s, &how, &pair->primary, all * pair->chunk, 0, PART_PRIMARY, of);
    cut_secondary(s, &how, of, kept, n);
    if (pair->spare.flash && !lies_in(&pair->spare, &pair->secondary))
        add_chunk(s, &how, &pair->spare, 0, pair->chunk, 2, PART_SPARE, of)->is_spare = true;
}

static void cut_journal(struct scaling *s, uint32_t page)
{
    for (uint8_t half = 0; half < 2; half++) {
        const struct bh_region *r = &s->from->journal[half];
        struct pages all = pages_of(r, 0, r->len);
        struct piece *p = add(s, r, 0, PART_JOURNAL, half);

        p->n = all.n > 1 ? 2 : 1;
        for (uint32_t i = 0; i < p->n; i++)
            p->len[i] = page;
    }
}

/* --- laying them out ----------------------------------------------------------------------- */

static uint8_t device_number(const struct scaling *s, const struct bh_flash *flash)
{
    uint8_t i = 0;

    while (i < s->n_devices && s->device[i] != flash)
        i++;
    return i;
}

static int by_place(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;

    return x->off < y->off ? -1 : x->off > y->off;
}

static void add_run(struct scaling *s, uint8_t device, uint32_t len)
{
    struct bh_flash *f = &s->out->flash[device];
    struct bh_page_run *runs = s->out->runs[device];

    if (f->n_runs && runs[f->n_runs - 1].size == len)
        runs[f->n_runs - 1].count++;
    else if (f->n_runs < EXPLORE_RUNS_MAX)
        runs[f->n_runs++] = (struct bh_page_run){ 1, len };
    else
        s->why = "its pages are of too many lengths to be scaled down";
    f->size += len;
}

/* The part of the product that a piece belongs to grows by it: pieces of one part follow one
 * another. */
static void grow(struct bh_region *r, const struct bh_flash *flash, const struct piece *p)
{
    if (!r->flash || r->len == 0)
        *r = (struct bh_region){ flash, p->now_off, 0 };
    r->len += p->now_len;
}

static void place(struct scaling *s, struct piece *p)
{
    struct explore_scaled *out = s->out;
    uint8_t device = device_number(s, p->flash);
    struct bh_flash *f = &out->flash[device];
    struct bh_pair *pair = &out->pairs[p->of % BH_PAIRS_MAX];

    p->now_off = f->size;
    for (uint32_t i = 0; i < p->n && i < PAGES_MAX; i++)
        add_run(s, device, p->len[i]);
    p->now_len = f->size - p->now_off;
    switch (p->part) {
    case PART_BOOTLOADER: grow(&out->product.bootloader, f, p); break;
    case PART_JOURNAL: grow(&out->product.journal[p->of], f, p); break;
    case PART_PRIMARY: grow(&pair->primary, f, p); break;
    case PART_SECONDARY: grow(&pair->secondary, f, p); break;
    case PART_SPARE: break;
    }
    if (p->begin)
        pair->staged_off = p->now_off - pair->secondary.off;
    if (p->is_spare)
        pair->spare = (struct bh_region){ f, p->now_off, pair->chunk };
}

static void begin_product(struct scaling *s)
{
    struct explore_scaled *out = s->out;

    out->product = *s->from;
    out->product.pairs = out->pairs;
    if (sim_image_wolfboot(&s->from->policy))
        out->product.policy.formats = shortest;
    out->product.bootloader.len = out->product.journal[0].len = out->product.journal[1].len = 0;
    for (uint8_t i = 0; i < s->n_devices; i++) {
        out->flash[i] = *s->device[i];
        out->flash[i].runs = out->runs[i];
        out->flash[i].n_runs = 0;
        out->flash[i].size = 0;
    }
    for (uint8_t i = 0; i < s->from->n_pairs; i++)
        out->pairs[i].primary.len = out->pairs[i].secondary.len = 0;
}

static void lay_out(struct scaling *s)
{
    begin_product(s);
    qsort(s->piece, s->n, sizeof s->piece[0], by_place);
    for (unsigned i = 0; i < s->n && !s->why; i++)
        place(s, &s->piece[i]);
    /* a page that nobody owns, so that to write beyond the last one is seen */
    for (uint8_t i = 0; i < s->n_devices; i++)
        add_run(s, i, bh_round_up(s->how->page, s->device[i]->unit));
}

/* --- the whole ----------------------------------------------------------------------------- */

static void note_rule(void *context, const struct bh_finding *finding)
{
    uint64_t *broken = context;

    *broken |= (uint64_t)1 << finding->rule;
}

/* With journal pages of that length. Returns the rules that are broken, a bit each. */
static uint64_t attempt(struct scaling *s, uint32_t journal_page)
{
    struct bh_region last = s->from->bootloader;
    struct piece *boot;
    uint64_t broken = 0;

    s->n = 0;
    s->out->chunks = s->out->kept = 0;
    boot = add(s, &last, 0, PART_BOOTLOADER, 0);
    boot->n = 1;
    boot->len[0] = s->how->page;
    cut_journal(s, journal_page);
    for (uint8_t i = 0; i < s->from->n_pairs && !s->why; i++)
        cut_pair(s, i);
    if (!s->why)
        lay_out(s);
    if (!s->why)
        bh_product_check(&s->out->product, 1, note_rule, &broken);
    return broken;
}

static void find_devices(struct scaling *s)
{
    const struct bh_flash *boot = s->from->bootloader.flash;

    s->n_devices = sim_world_devices(s->from, s->device);
    if (device_number(s, boot) == s->n_devices)
        s->why = "the bootloader is on a device of its own";
}

struct explore_scaled *explore_scale(const struct bh_product *product,
                                     const struct explore_scale *how, const char **why)
{
    const uint64_t room = (uint64_t)1 << BH_RULE_JOURNAL_ROOM;
    struct explore_scale mine = *how;
    struct scaling *s = sim_grow(NULL, 1, sizeof *s);
    struct explore_scaled *out;
    uint64_t broken = room;

    memset(s, 0, sizeof *s);
    s->from = product;
    s->how = &mine;
    s->out = out = sim_grow(NULL, 1, sizeof *out);
    memset(out, 0, sizeof *out);
    if (bh_product_check(product, 1, NULL, NULL))
        s->why = "it breaks a rule of products";
    else
        find_devices(s);
    for (uint8_t i = 0; i < s->n_devices; i++)
        while (mine.page < s->device[i]->unit)
            mine.page *= 2;
    if (sim_image_wolfboot(&product->policy) && mine.page < 2 * BH_WOLFBOOT_HEADER_MIN)
        mine.page = 2 * BH_WOLFBOOT_HEADER_MIN;
    out->work_len = BH_WORK_MIN;
    for (uint8_t i = 0; i < s->n_devices; i++)
        if (out->work_len < 4u * s->device[i]->unit)
            out->work_len = 4u * s->device[i]->unit;
    for (uint32_t page = mine.page; !s->why && broken == room; page += mine.page)
        broken = attempt(s, page);
    if (!s->why && broken)
        s->why = "scaled down it breaks a rule of products";
    *why = s->why;
    free(s);
    if (!*why)
        return out;
    free(out);
    return NULL;
}

void explore_scale_free(struct explore_scaled *s)
{
    free(s);
}

bool explore_is_large(const struct bh_product *product)
{
    for (uint8_t i = 0; i < product->n_pairs; i++)
        if (chunks_of(&product->pairs[i]) > explore_scale_usual.between + 2 ||
            product->pairs[i].chunk > 4096)
            return true;
    return false;
}
