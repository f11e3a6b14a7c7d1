/* SPDX-License-Identifier: Apache-2.0 */
/* A number for all of the flash that can still matter.
 *
 * With symbols, a chunk of a slot or spare is a certain chunk of a certain image, blank, or
 * garbage. The engine copies chunks, compares them for equality with their source, and verifies
 * whole images by their digest. To all of these any garbage is like any other: it is no image, and
 * equals no source, since a source is always a piece of a verified image. Trailers are taken as
 * bytes, also where they lie in a chunk. */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "sim/inner.h"

static uint64_t hash_bytes(const uint8_t *p, uint32_t len)
{
    uint64_t h = len;

    for (uint32_t i = 0; i + 8 <= len; i += 8) {
        uint64_t word;

        memcpy(&word, p + i, 8);
        h = (h ^ word) * 0x9E3779B97F4A7C15u;
        h ^= h >> 32;
    }
    return h;
}

void machine_symbols(struct machine *m)
{
    for (uint8_t p = 0; p < m->w.product.n_pairs; p++) {
        const struct bh_pair *pair = &m->w.pairs[p];
        uint32_t chunk = pair->chunk;
        uint8_t *bytes = sim_grow(NULL, chunk, 1);

        if (bh_round_up(pair->image_max, chunk) / chunk > MACHINE_CHUNKS || (chunk - m->shared) % 8)
            sim_die("a product with too many chunks for symbols");
        memset(bytes, pair->primary.flash->erased, chunk);
        m->known[m->n_known++] = hash_bytes(bytes, chunk - m->shared);
        for (uint8_t v = 1; v <= EXPLORE_VERSIONS; v++)
            for (uint32_t off = 0; off < m->image[p][v].len; off += chunk) {
                memset(bytes, pair->primary.flash->erased, chunk);
                memcpy(bytes, m->image[p][v].bytes + off, bh_min(chunk, m->image[p][v].len - off));
                m->known[m->n_known++] = hash_bytes(bytes, chunk - m->shared);
            }
        free(bytes);
    }
    m->symbolic = true;
}

static struct sim_flash *chip_of(const struct bh_region *r)
{
    return r->flash->context;
}

static bool torn(const struct sim_flash *s, const struct bh_region *r)
{
    for (uint32_t t = 0; t < s->n_tears; t++)
        if (s->tears[t].units && s->tears[t].off < r->off + r->len &&
            r->off < s->tears[t].off + s->tears[t].len)
            return true;
    return false;
}

static uint64_t chunk_symbol(struct machine *m, const struct bh_region *r)
{
    const struct sim_flash *s = chip_of(r);
    uint64_t h = hash_bytes(s->cells + r->off, r->len - m->shared);

    for (unsigned i = 0; i < m->n_known; i++)
        if (m->known[i] == h)
            return h;
    return 1;
}

/* A chunk's part of the hash of its chip is replaced by its symbol. */
static void by_symbol(struct machine *m, const struct bh_region *r, uint64_t *bytes, uint64_t *h)
{
    struct sim_flash *s = chip_of(r);

    if (torn(s, r))
        return;
    bytes[s - m->w.chip] ^= sim_flash_hash_part(s, r->off, r->len);
    *h = sim_mix(*h ^ chunk_symbol(m, r) ^ r->off);
    if (m->shared)
        *h = sim_mix(*h ^ hash_bytes(s->cells + r->off + r->len - m->shared, m->shared));
}

static void by_symbols(struct machine *m, uint64_t *bytes, uint64_t *h)
{
    for (uint8_t p = 0; p < m->w.product.n_pairs; p++) {
        const struct bh_pair *pair = &m->w.pairs[p];
        uint32_t n = bh_round_up(pair->image_max, pair->chunk) / pair->chunk;

        for (uint32_t i = 0; i < n; i++) {
            struct bh_region in = bh_pair_p(pair, i);
            struct bh_region out = bh_pair_l(pair, i + 1);

            by_symbol(m, &in, bytes, h);
            by_symbol(m, &out, bytes, h);
        }
        if (m->w.product.plan->reverts && !m->w.product.mailbox)
            by_symbol(m, &pair->spare, bytes, h);
    }
}

uint64_t machine_hash(struct machine *m)
{
    const struct bh_region *page = m->w.product.journal;
    uint64_t bytes[SIM_CHIPS_MAX], h = machine_journal_hash(m);

    for (uint8_t i = 0; i < m->w.n_chips; i++)
        bytes[i] = sim_flash_hash(&m->w.chip[i]);
    for (int p = 0; p < 2; p++)
        bytes[chip_of(&page[p]) - m->w.chip] ^=
            sim_flash_hash_part(chip_of(&page[p]), page[p].off, page[p].len);
    if (m->symbolic)
        by_symbols(m, bytes, &h);
    for (uint8_t i = 0; i < m->w.n_chips; i++)
        h = sim_mix(h ^ sim_mix(bytes[i] + i + ((uint64_t)m->w.chip[i].health << 8)));
    return h;
}
