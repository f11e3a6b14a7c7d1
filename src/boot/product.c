/* SPDX-License-Identifier: Apache-2.0 */
/* Does a product hang together? For tests and tools: a device's product is checked when it is
 * built, so a bootloader does not link this file. */
#include "bulkhead/bytes.h"
#include "bulkhead/product.h"

static bool overlap(const struct bh_region *a, const struct bh_region *b)
{
    return a->flash == b->flash && a->off < b->off + b->len && b->off < a->off + a->len;
}

static bool whole_pages(const struct bh_region *r)
{
    return r->len && bh_flash_whole_pages(r->flash, r->off, r->len);
}

static const char *check_flash(const struct bh_flash *f)
{
    uint32_t sum = 0;

    for (uint8_t i = 0; i < f->n_runs; i++)
        sum += f->runs[i].count * f->runs[i].size;
    if (sum != f->size)
        return "flash: size is not the sum of its page runs";
    if (f->unit == 0 || f->unit > BH_UNIT_MAX || (f->unit & (f->unit - 1)))
        return "flash: program unit is not 1, 2, 4, 8, 16 or 32 bytes";
    if (f->erased != 0xFF && f->erased != 0x00)
        return "flash: erased value is neither 0xFF nor 0x00";
    return NULL;
}

/* Is every chunk of r, from off on, made of whole pages? */
static bool chunks_whole(const struct bh_region *r, uint32_t off, uint32_t chunk, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!bh_flash_whole_pages(r->flash, r->off + off + i * chunk, chunk))
            return false;
    return true;
}

static const char *check_pair(const struct bh_product *product, const struct bh_pair *pair)
{
    const char *what = check_flash(pair->primary.flash);
    uint32_t n = pair->chunk ? bh_round_up(pair->image_max, pair->chunk) / pair->chunk : 0;
    bool swap = product->plan->reverts;
    struct bh_region staged;

    if (!what)
        what = check_flash(pair->secondary.flash);
    if (what)
        return what;
    if (n == 0)
        return "pair: chunk and image_max must not be 0";
    if (!whole_pages(&pair->primary) || !whole_pages(&pair->secondary))
        return "pair: a slot does not begin and end on page borders within its device";
    if (!bh_within(pair->staged_off, n * pair->chunk, pair->secondary.len))
        return "pair: image_max does not fit the secondary slot";
    if (n * pair->chunk > pair->primary.len)
        return "pair: image_max does not fit the primary slot";
    if (!chunks_whole(&pair->primary, 0, pair->chunk, n) ||
        !chunks_whole(&pair->secondary, pair->staged_off, pair->chunk, n))
        return "pair: chunk is not a run of whole pages in both slots";
    staged = bh_region_part(&pair->secondary, pair->staged_off, n * pair->chunk);
    if (overlap(&pair->primary, &pair->secondary))
        return "pair: primary and secondary slot overlap";
    if (swap && (!whole_pages(&pair->spare) || pair->spare.len != pair->chunk))
        return "pair: spare is not one chunk of whole pages";
    if (swap && (overlap(&pair->spare, &pair->primary) || overlap(&pair->spare, &staged)))
        return "pair: spare lies where an image is; make image_max a chunk smaller, or move it";
    if (product->mailbox && (n * pair->chunk >= pair->primary.len ||
                             pair->staged_off + n * pair->chunk >= pair->secondary.len))
        return "pair: no page is left for the mailbox's trailer; make image_max a chunk smaller";
    return NULL;
}

static const char *check_journal(const struct bh_product *product, uint32_t cuts)
{
    const struct bh_region *page = product->journal;
    struct bh_record_pair sizes[BH_PAIRS_MAX] = { { 0, 0, 0 } };
    uint32_t steps;

    for (uint8_t p = 0; p < product->n_pairs; p++)
        sizes[p].size_new = product->pairs[p].image_max;
    steps = bh_plan_steps(product->plan, product->pairs, product->n_pairs, sizes);
    if (steps > 0xFFFF)
        return "journal: more than 65535 steps; use larger chunks";
    if (!whole_pages(&page[0]) || !whole_pages(&page[1]) || page[0].len != page[1].len)
        return "journal: two runs of whole pages of equal length are needed";
    if (page[0].flash != page[1].flash || overlap(&page[0], &page[1]))
        return "journal: its two pages overlap, or are on two devices";
    if (bh_journal_need(page[0].flash->unit, product->n_pairs, steps, cuts) > page[0].len)
        return "journal: pages too small for an update, its revert and that many power cuts";
    for (uint8_t p = 0; p < product->n_pairs; p++)
        for (int i = 0; i < 2; i++)
            if (overlap(&page[i], &product->pairs[p].primary) ||
                overlap(&page[i], &product->pairs[p].secondary) ||
                overlap(&page[i], &product->pairs[p].spare))
                return "journal: overlaps a slot or a spare";
    return NULL;
}

/* Do two pairs share flash? Spares count: one that serves two pairs holds the way back of the first
 * when the second needs it. Plans without a way back use none. */
static bool collide(const struct bh_product *product, const struct bh_pair *x,
                    const struct bh_pair *y)
{
    const struct bh_region *of_x[] = { &x->primary, &x->secondary, &x->spare };
    const struct bh_region *of_y[] = { &y->primary, &y->secondary, &y->spare };
    uint8_t n = product->plan->reverts ? 3 : 2;

    for (uint8_t i = 0; i < n; i++)
        for (uint8_t j = 0; j < n; j++)
            if (overlap(of_x[i], of_y[j]))
                return true;
    return false;
}

static bool pairs_collide(const struct bh_product *product)
{
    for (uint8_t a = 0; a < product->n_pairs; a++)
        for (uint8_t b = 0; b < a; b++)
            if (collide(product, &product->pairs[a], &product->pairs[b]))
                return true;
    return false;
}

int bh_product_check(const struct bh_product *product, uint32_t cuts, const char **what)
{
    *what = NULL;
    if (product->n_pairs == 0 || product->n_pairs > BH_PAIRS_MAX)
        *what = "product: 1 to 4 slot pairs are possible";
    else if (product->n_pairs > 1 && !product->policy.dependencies)
        *what = "product: several images, and nobody looks at what they need of each other; "
                "name bh_dependencies in the policy";
    else if (product->trial_boots == 0)
        *what = "product: a trial is at least one boot";
    else if (!product->policy.formats || !product->policy.formats[0] || !product->policy.hash)
        *what = "product: no image format, or no hash";
    for (uint8_t p = 0; !*what && p < product->n_pairs; p++)
        *what = check_pair(product, &product->pairs[p]);
    if (!*what && pairs_collide(product))
        *what = "product: two pairs share flash: each needs slots and a spare of its own";
    if (!*what)
        *what = check_journal(product, cuts);
    return *what ? BH_ERR_PRODUCT : BH_OK;
}
