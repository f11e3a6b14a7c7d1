/* SPDX-License-Identifier: Apache-2.0 */
/* Going back, and telling states apart, at the cost of what changed.
 *
 * The device is cut into blocks. Before a block changes for the first time after a snapshot, it is
 * put on a pile; to restore is to take the pile down to the snapshot's height. A block that
 * changes also leaves the sum of block hashes, and joins it again when the hash is next asked for.
 * So the pile below a snapshot is exactly the difference from it, which is what a delta is. */
#include "inner.h"

#include <stdlib.h>
#include <string.h>

/* A block on the pile or in a delta; its cells, meant and state follow. */
struct saved {
    uint32_t block;
    uint32_t level; /* snapshot it had been saved for before; 0: none */
    uint64_t hash;
    uint32_t wear;
    bool stale; /* hash is not known */
    bool torn;  /* is meant of any meaning? */
};

struct level {
    size_t height; /* of the pile */
    uint32_t n_tears;
    uint32_t max_tears;
    struct sim_tear *tears;
    struct sim_bad bad[SIM_BAD_MAX];
    uint32_t n_bad;
    struct sim_counts counts;
    struct sim_misuse misuse;
    uint64_t noise;
};

struct sim_past {
    struct level *levels;
    uint32_t n_levels;
    uint32_t max_levels;
    uint8_t *pile;
    size_t n_saved;
    size_t max_saved;
    size_t stride;      /* bytes of a saved block */
    uint32_t *level_of; /* per block: the last snapshot it was saved for */
    uint64_t *hashes;   /* per block, if not stale */
    bool *stale;
    bool *listed; /* per block: is it in the list? All stale ones are */
    uint32_t *list;
    uint32_t n_listed;
    uint64_t sum; /* XOR of the hashes that are not stale */
};

struct sim_delta {
    size_t size; /* bytes, all included */
    uint32_t n_blocks;
    uint32_t n_tears;
    struct sim_bad bad[SIM_BAD_MAX];
    uint32_t n_bad;
    struct sim_tear tears[]; /* then the saved blocks */
};

/* --- blocks ------------------------------------------------------------------------------ */

static size_t state_len(const struct sim_flash *s)
{
    return sim_units(s, s->block) * sizeof *s->state;
}

static void save(const struct sim_flash *s, uint32_t b, uint32_t level, uint8_t *to)
{
    struct saved head = { .block = b,
                          .level = level,
                          .hash = s->past->hashes[b],
                          .wear = s->wear[b],
                          .stale = s->past->stale[b],
                          .torn = s->n_tears > 0 };
    size_t at = (size_t)b * s->block;

    memcpy(to, &head, sizeof head);
    to += sizeof head;
    memcpy(to, s->cells + at, s->block);
    if (head.torn)
        memcpy(to + s->block, s->meant + at, s->block);
    memcpy(to + 2 * s->block, s->state + at / s->flash.unit, state_len(s));
}

/* The hash of a block is no longer known. */
static void soil(struct sim_past *past, uint32_t b)
{
    if (past->stale[b])
        return;
    past->stale[b] = true;
    past->sum ^= past->hashes[b];
    if (!past->listed[b]) {
        past->listed[b] = true;
        past->list[past->n_listed++] = b;
    }
}

/* The hash of a stale block is known. */
static void clean(struct sim_past *past, uint32_t b, uint64_t hash)
{
    past->stale[b] = false;
    past->hashes[b] = hash;
    past->sum ^= hash;
}

static void load(struct sim_flash *s, const uint8_t *from)
{
    struct saved head;
    size_t at;

    memcpy(&head, from, sizeof head);
    from += sizeof head;
    at = (size_t)head.block * s->block;
    s->wear[head.block] = head.wear;
    memcpy(s->cells + at, from, s->block);
    if (head.torn)
        memcpy(s->meant + at, from + s->block, s->block);
    memcpy(s->state + at / s->flash.unit, from + 2 * s->block, state_len(s));
    soil(s->past, head.block);
    if (!head.stale)
        clean(s->past, head.block, head.hash);
}

/* Put the block on the pile unless it is there since the last snapshot. */
static void pile_up(struct sim_flash *s, uint32_t b)
{
    struct sim_past *past = s->past;

    if (past->level_of[b] == past->n_levels)
        return;
    if (past->n_saved == past->max_saved) {
        past->max_saved = past->max_saved ? 2 * past->max_saved : 64;
        past->pile = sim_grow(past->pile, past->max_saved, past->stride);
    }
    save(s, b, past->level_of[b], past->pile + past->n_saved++ * past->stride);
    past->level_of[b] = past->n_levels;
}

void sim_past_touch(struct sim_flash *s, uint32_t off, uint32_t len)
{
    for (uint32_t b = off / s->block; b <= (off + len - 1) / s->block; b++) {
        pile_up(s, b);
        soil(s->past, b);
    }
}

/* --- snapshots --------------------------------------------------------------------------- */

static void load_tears(struct sim_flash *s, const struct sim_tear *tears, uint32_t n)
{
    if (n > s->max_tears) {
        s->max_tears = n;
        s->tears = sim_grow(s->tears, n, sizeof *s->tears);
    }
    if (n)
        memcpy(s->tears, tears, n * sizeof *tears);
    s->n_tears = n;
}

uint32_t sim_flash_snapshot(struct sim_flash *s)
{
    struct sim_past *past = s->past;
    struct level *l;

    if (past->n_levels == past->max_levels) {
        past->levels = sim_grow(past->levels, past->max_levels + 8, sizeof *l);
        memset(past->levels + past->max_levels, 0, 8 * sizeof *l);
        past->max_levels += 8;
    }
    l = &past->levels[past->n_levels++];
    l->height = past->n_saved;
    if (s->n_tears > l->max_tears) {
        l->max_tears = s->n_tears;
        l->tears = sim_grow(l->tears, l->max_tears, sizeof *l->tears);
    }
    if (s->n_tears)
        memcpy(l->tears, s->tears, s->n_tears * sizeof *l->tears);
    l->n_tears = s->n_tears;
    memcpy(l->bad, s->bad, sizeof l->bad);
    l->n_bad = s->n_bad;
    l->counts = s->counts;
    l->misuse = s->misuse;
    l->noise = s->noise;
    return past->n_levels;
}

void sim_flash_restore(struct sim_flash *s, uint32_t snapshot)
{
    struct sim_past *past = s->past;
    const struct level *l;

    if (snapshot == 0 || snapshot > past->n_levels)
        sim_die("restore of a snapshot that was never taken, or was forgotten");
    l = &past->levels[snapshot - 1];
    while (past->n_saved > l->height) {
        const uint8_t *top = past->pile + --past->n_saved * past->stride;
        struct saved head;

        memcpy(&head, top, sizeof head);
        load(s, top);
        past->level_of[head.block] = head.level;
    }
    past->n_levels = snapshot;
    load_tears(s, l->tears, l->n_tears);
    memcpy(s->bad, l->bad, sizeof s->bad);
    s->n_bad = l->n_bad;
    s->counts = l->counts;
    s->misuse = l->misuse;
    s->noise = l->noise;
}

void sim_flash_forget(struct sim_flash *s)
{
    s->past->n_levels = 0;
    s->past->n_saved = 0;
    memset(s->past->level_of, 0, s->n_blocks * sizeof *s->past->level_of);
}

/* --- deltas ------------------------------------------------------------------------------ */

struct sim_delta *sim_flash_delta(struct sim_flash *s)
{
    const struct sim_past *past = s->past;
    size_t tears_len = s->n_tears * sizeof *s->tears;
    struct sim_delta *delta;
    uint8_t *to;

    if (past->n_levels == 0)
        sim_die("a delta without a snapshot to differ from");
    delta = sim_grow(NULL, 1, sizeof *delta + tears_len + past->n_saved * past->stride);
    delta->n_blocks = 0;
    delta->n_tears = s->n_tears;
    memcpy(delta->bad, s->bad, sizeof delta->bad);
    delta->n_bad = s->n_bad;
    if (s->n_tears)
        memcpy(delta->tears, s->tears, tears_len);
    to = (uint8_t *)delta->tears + tears_len;
    for (size_t i = 0; i < past->n_saved; i++) {
        struct saved head;

        memcpy(&head, past->pile + i * past->stride, sizeof head);
        if (head.level != 0)
            continue;
        save(s, head.block, 0, to);
        to += past->stride;
        delta->n_blocks++;
    }
    delta->size = (size_t)(to - (uint8_t *)delta);
    return sim_grow(delta, 1, delta->size);
}

size_t sim_delta_size(const struct sim_delta *delta)
{
    return delta->size;
}

void sim_flash_apply(struct sim_flash *s, const struct sim_delta *delta)
{
    const uint8_t *from = (const uint8_t *)(delta->tears + delta->n_tears);

    sim_flash_restore(s, 1);
    for (uint32_t i = 0; i < delta->n_blocks; i++) {
        struct saved head;

        memcpy(&head, from, sizeof head);
        pile_up(s, head.block);
        load(s, from);
        from += s->past->stride;
    }
    load_tears(s, delta->tears, delta->n_tears);
    memcpy(s->bad, delta->bad, sizeof s->bad);
    s->n_bad = delta->n_bad;
    for (uint32_t t = 0; t < s->n_tears; t++)
        s->tears[t].boot = s->traits.power->boots; /* the next boot asks again */
}

/* --- hash -------------------------------------------------------------------------------- */

static uint64_t stir(uint64_t h, const uint8_t *p, size_t len)
{
    uint64_t word = 0;

    memcpy(&word, p, len);
    h = (h ^ word) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

/* Four strands, which a processor can work at side by side. */
static uint64_t absorb(uint64_t h, const void *data, size_t len)
{
    const uint8_t *p = data;
    uint64_t a = h + 1, b = h + 2, c = h + 3;

    for (; len >= 32; p += 32, len -= 32) {
        h = stir(h, p, 8);
        a = stir(a, p + 8, 8);
        b = stir(b, p + 16, 8);
        c = stir(c, p + 24, 8);
    }
    for (; len >= 8; p += 8, len -= 8)
        h = stir(h, p, 8);
    if (len)
        h = stir(h, p, len);
    return sim_mix(h + sim_mix(a + sim_mix(b + sim_mix(c))));
}

/* All of a tear that lasts, and nothing of its place in the list. */
static uint64_t absorb_tear(uint64_t h, const struct sim_tear *t)
{
    uint64_t words[4] = { (uint64_t)t->off << 32 | t->len,
                          (uint64_t)t->kind << 2 | (uint64_t)t->spoiled << 1 | t->fixed,
                          t->fixed ? t->reading.shape : 0, t->fixed ? t->reading.seed : 0 };

    return absorb(h, words, sizeof words);
}

static bool any_torn(const struct sim_flash *s, uint32_t first, uint32_t n)
{
    bool torn = false;

    for (uint32_t u = first; u < first + n && s->n_tears; u++)
        torn |= sim_unit_torn(s, u);
    return torn;
}

static uint64_t block_hash(const struct sim_flash *s, uint32_t b)
{
    uint32_t first = sim_units(s, b * s->block), n = sim_units(s, s->block);
    uint64_t h = absorb(b, s->cells + (size_t)b * s->block, s->block);

    if (!any_torn(s, first, n))
        return absorb(h, s->state + first, n * sizeof *s->state);
    for (uint32_t u = first; u < first + n; u++) {
        uint16_t state = sim_unit_torn(s, u) ? 1 : s->state[u];

        h = absorb(h, &state, sizeof state);
        if (sim_unit_torn(s, u)) {
            h = absorb_tear(h, sim_unit_tear(s, u));
            h = absorb(h, s->meant + u * s->flash.unit, s->flash.unit);
        }
    }
    return h;
}

/* Pages gone bad, in any order. */
static uint64_t bad_hash(const struct sim_flash *s)
{
    uint64_t h = 0;

    for (uint32_t i = 0; i < s->n_bad; i++)
        h ^= sim_mix(0xBADu + ((uint64_t)s->bad[i].off << 16 | (uint64_t)s->bad[i].decay << 12));
    return h;
}

uint64_t sim_flash_hash(struct sim_flash *s)
{
    struct sim_past *past = s->past;

    while (past->n_listed) {
        uint32_t b = past->list[--past->n_listed];

        past->listed[b] = false;
        if (past->stale[b])
            clean(past, b, block_hash(s, b));
    }
    return past->sum ^ bad_hash(s);
}

uint64_t sim_flash_hash_part(struct sim_flash *s, uint32_t off, uint32_t len)
{
    uint64_t sum = 0;

    sim_flash_hash(s);
    for (uint32_t b = off / s->block; b < (off + len) / s->block; b++)
        sum ^= s->past->hashes[b];
    return sum;
}

/* --- open and close ---------------------------------------------------------------------- */

void sim_past_begin(struct sim_flash *s)
{
    struct sim_past *past = sim_grow(NULL, 1, sizeof *past);

    memset(past, 0, sizeof *past);
    past->stride = (sizeof(struct saved) + 2 * s->block + state_len(s) + 7) / 8 * 8;
    past->level_of = sim_grow(NULL, s->n_blocks, sizeof *past->level_of);
    past->hashes = sim_grow(NULL, s->n_blocks, sizeof *past->hashes);
    past->stale = sim_grow(NULL, s->n_blocks, sizeof *past->stale);
    past->listed = sim_grow(NULL, s->n_blocks, sizeof *past->listed);
    past->list = sim_grow(NULL, s->n_blocks, sizeof *past->list);
    past->n_listed = s->n_blocks;
    for (uint32_t b = 0; b < s->n_blocks; b++) {
        past->level_of[b] = 0;
        past->stale[b] = past->listed[b] = true;
        past->hashes[b] = 0;
        past->list[b] = b;
    }
    s->past = past;
}

void sim_past_end(struct sim_flash *s)
{
    struct sim_past *past = s->past;

    for (uint32_t l = 0; l < past->max_levels; l++)
        free(past->levels[l].tears);
    free(past->levels);
    free(past->pile);
    free(past->level_of);
    free(past->hashes);
    free(past->stale);
    free(past->listed);
    free(past->list);
    free(past);
}
