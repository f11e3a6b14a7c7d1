/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a product, in the order in which they make sense: what a broken rule makes
 * meaningless is not looked at. For tools and tests; a bootloader does not link this file. */
#include "bulkhead/bytes.h"
#include "bulkhead/rules.h"

/* A check under way: whom to tell, and how much was told. */
struct check {
    const struct bh_product *product;
    bh_report_fn *report;
    void *context;
    uint32_t broken;
};

static void tell(struct check *c, const struct bh_finding *f)
{
    c->broken++;
    if (c->report)
        c->report(c->context, f);
}

/* If the rule is broken, say so. Returns whether it holds. */
static bool hold(struct check *c, bool holds, enum bh_rule rule, uint32_t pair,
                 const struct bh_region *a, const struct bh_region *b)
{
    struct bh_finding f = { rule, pair, a, b, 0, 0 };

    if (!holds)
        tell(c, &f);
    return holds;
}

/* The same for a rule about an amount. */
static bool amount(struct check *c, bool holds, enum bh_rule rule, uint32_t pair,
                   const struct bh_region *a, uint32_t have, uint32_t need)
{
    struct bh_finding f = { rule, pair, a, NULL, have, need };

    if (!holds)
        tell(c, &f);
    return holds;
}

static bool overlap(const struct bh_region *a, const struct bh_region *b)
{
    return a->flash && a->flash == b->flash && a->off < b->off + b->len && b->off < a->off + a->len;
}

static bool whole_pages(const struct bh_region *r)
{
    return r->flash && r->len && bh_flash_whole_pages(r->flash, r->off, r->len);
}

static bool check_device(struct check *c, const struct bh_flash *f)
{
    struct bh_region all = { f, 0, f->size };
    uint32_t sum = 0;
    bool ok;

    for (uint8_t i = 0; i < f->n_runs; i++)
        sum += f->runs[i].count * f->runs[i].size;
    ok = amount(c, sum == f->size && sum, BH_RULE_DEVICE_SIZE, 0, &all, sum, f->size);
    ok &= amount(c, f->unit && f->unit <= BH_UNIT_MAX && !(f->unit & (f->unit - 1)),
                 BH_RULE_DEVICE_UNIT, 0, &all, f->unit, 0);
    ok &= amount(c, f->erased == 0xFF || f->erased == 0x00, BH_RULE_DEVICE_ERASED, 0, &all,
                 f->erased, 0);
    return ok;
}

/* Every region of a product that the engine uses, in a fixed order; NULL after the last. */
static const struct bh_region *nth_region(const struct bh_product *product, uint32_t i)
{
    const struct bh_pair *pair;

    if (i == 0)
        return &product->bootloader;
    if (i < 3)
        return &product->journal[i - 1];
    if ((i - 3) / 3 >= product->n_pairs)
        return NULL;
    pair = &product->pairs[(i - 3) / 3];
    return (i - 3) % 3 == 0 ? &pair->primary : (i - 3) % 3 == 1 ? &pair->secondary : &pair->spare;
}

/* Each device once. */
static bool check_devices(struct check *c)
{
    const struct bh_region *r;
    bool ok = true;

    for (uint32_t i = 0; (r = nth_region(c->product, i)) != NULL; i++) {
        bool seen = !r->flash;

        for (uint32_t k = 0; k < i; k++)
            seen |= nth_region(c->product, k)->flash == r->flash;
        if (!seen)
            ok &= check_device(c, r->flash);
    }
    return ok;
}

/* Is every chunk of r, from off on, made of whole pages? */
static bool chunks_whole(const struct bh_region *r, uint32_t off, uint32_t chunk, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!bh_flash_whole_pages(r->flash, r->off + off + i * chunk, chunk))
            return false;
    return true;
}

/* A slot: n chunks from off on must fit before the mailbox's pages. */
static bool check_room(struct check *c, uint32_t p, const struct bh_region *slot, uint32_t off,
                       uint32_t n, enum bh_rule rule)
{
    const struct bh_pair *pair = &c->product->pairs[p];
    const struct bh_mailbox *mailbox = c->product->mailbox;
    uint32_t trailer = mailbox ? mailbox->trailer(pair, slot) : 0;
    uint32_t need = n * pair->chunk;
    uint32_t have = off <= slot->len ? slot->len - off : 0;

    if (!amount(c, need <= have && need / n == pair->chunk, rule, p, slot, have, need))
        return false;
    have = trailer <= have ? have - trailer : 0;
    if (!bh_flash_whole_pages(slot->flash, slot->off + slot->len - trailer, trailer))
        need = pair->image_max; /* the rest of the last chunk is shared */
    return amount(c, need <= have, BH_RULE_TRAILER_ROOM, p, slot, have, need);
}

static void check_spare(struct check *c, uint32_t p, uint32_t n)
{
    const struct bh_pair *pair = &c->product->pairs[p];
    const struct bh_region *spare = &pair->spare, *second = &pair->secondary;
    const struct bh_mailbox *mailbox = c->product->mailbox;
    struct bh_region staged = bh_region_part(second, pair->staged_off, n * pair->chunk);
    struct bh_region trailer;

    if (!c->product->plan->needs_spare) {
        hold(c, !spare->flash, BH_RULE_SPARE_UNUSED, p, spare, NULL);
        return;
    }
    if (!amount(c, whole_pages(spare) && spare->len == pair->chunk, BH_RULE_SPARE, p, spare,
                spare->len, pair->chunk))
        return;
    hold(c, !overlap(spare, &pair->primary), BH_RULE_SPARE_ROOM, p, spare, &pair->primary);
    hold(c, !overlap(spare, &staged), BH_RULE_SPARE_ROOM, p, spare, &staged);
    if (mailbox) {
        uint32_t len = mailbox->trailer(pair, second);

        trailer = bh_region_part(second, second->len - len, len);
        hold(c, !overlap(spare, &trailer), BH_RULE_TRAILER_SPARE, p, spare, &trailer);
    }
}

static void check_pair(struct check *c, uint32_t p)
{
    const struct bh_pair *pair = &c->product->pairs[p];
    const struct bh_mailbox *mailbox = c->product->mailbox;
    const struct bh_region *slots[] = { &pair->primary, &pair->secondary };
    uint32_t n;
    bool ok = true;

    hold(c, (!pair->vendor_id && !pair->class_id) || c->product->policy.ids, BH_RULE_IDS, p, NULL,
         NULL);
    if (!hold(c, pair->chunk && pair->image_max && pair->image_max <= UINT32_MAX - pair->chunk,
              BH_RULE_CHUNK, p, NULL, NULL))
        return;
    n = bh_round_up(pair->image_max, pair->chunk) / pair->chunk;
    for (int i = 0; i < 2; i++) {
        ok &= hold(c, whole_pages(slots[i]), BH_RULE_SLOT_PAGES, p, slots[i], NULL);
        if (mailbox && slots[i]->flash)
            ok &= amount(c, slots[i]->flash->unit <= mailbox->unit_max, BH_RULE_MAILBOX_UNIT, p,
                         slots[i], slots[i]->flash->unit, mailbox->unit_max);
    }
    if (!ok)
        return;
    hold(c, !overlap(slots[0], slots[1]), BH_RULE_PAIR_OVERLAP, p, slots[0], slots[1]);
    ok &= check_room(c, p, slots[0], 0, n, BH_RULE_PRIMARY_ROOM);
    ok &= check_room(c, p, slots[1], pair->staged_off, n, BH_RULE_SECONDARY_ROOM);
    if (!ok)
        return;
    amount(c, chunks_whole(slots[0], 0, pair->chunk, n), BH_RULE_CHUNK_PAGES, p, slots[0], 0,
           pair->chunk);
    amount(c, chunks_whole(slots[1], pair->staged_off, pair->chunk, n), BH_RULE_CHUNK_PAGES, p,
           slots[1], 0, pair->chunk);
    check_spare(c, p, n);
}

/* No two regions of different pairs, and none of a pair and the bootloader or journal, may share
 * flash. A spare that serves two pairs holds the way back of the first when the second needs it. */
static void check_overlaps(struct check *c)
{
    const struct bh_product *product = c->product;
    const struct bh_region *a, *b;

    for (uint32_t i = 0; (a = nth_region(product, i)) != NULL; i++)
        for (uint32_t k = i + 1; (b = nth_region(product, k)) != NULL; k++) {
            uint32_t pair = (k - 3) / 3;

            if (k < 3 && i > 0)
                continue; /* the journal's halves: a rule of their own */
            if (i >= 3 && (i - 3) / 3 == pair)
                continue; /* one pair's regions: the same */
            hold(c, !overlap(a, b),
                 i == 0  ? BH_RULE_BOOTLOADER_PAGES
                 : i < 3 ? BH_RULE_JOURNAL_OVERLAP
                         : BH_RULE_PAIRS_OVERLAP,
                 k < 3 ? 0 : pair, a, b);
        }
}

static void check_journal(struct check *c, uint32_t cuts)
{
    const struct bh_product *product = c->product;
    const struct bh_region *a = &product->journal[0], *b = &product->journal[1];
    struct bh_record_pair sizes[BH_PAIRS_MAX] = { { .size_old = 0 } };
    uint32_t steps, need;

    for (uint32_t p = 0; p < product->n_pairs; p++)
        sizes[p].size_new = product->pairs[p].image_max;
    steps = bh_plan_steps(product->plan, product->pairs, product->n_pairs, sizes);
    if (!amount(c, steps <= 0xFFFF, BH_RULE_STEPS, 0, NULL, steps, 0xFFFF))
        return;
    if (!hold(c, whole_pages(a) && whole_pages(b) && a->len == b->len, BH_RULE_JOURNAL_PAGES, 0, a,
              b))
        return;
    hold(c, a->flash == b->flash && !overlap(a, b), BH_RULE_JOURNAL_HALVES, 0, a, b);
    need = bh_journal_need(a->flash->unit, product->n_pairs, steps, cuts);
    amount(c, need <= a->len, BH_RULE_JOURNAL_ROOM, 0, a, a->len, need);
}

static bool check_policy(struct check *c)
{
    const struct bh_product *product = c->product;
    const struct bh_policy *policy = &product->policy;
    bool keys = policy->keys && policy->n_keys;

    hold(c, product->layout != 0, BH_RULE_LAYOUT, 0, NULL, NULL);
    hold(c, product->trial_boots != 0, BH_RULE_TRIAL, 0, NULL, NULL);
    hold(c, policy->formats && policy->formats[0], BH_RULE_FORMATS, 0, NULL, NULL);
    hold(c, policy->hash != NULL, BH_RULE_HASH, 0, NULL, NULL);
    hold(c, keys || policy->allow_unsigned, BH_RULE_KEYS, 0, NULL, NULL);
    hold(c, !policy->allow_unsigned || (!policy->keys && !policy->n_keys), BH_RULE_KEYS_UNUSED, 0,
         NULL, NULL);
    hold(c,
         bh_policy_second(policy)
             ? bh_policy_n_second(policy) && bh_policy_n_second(policy) < policy->n_keys
             : !bh_policy_n_second(policy),
         BH_RULE_SECOND_KEYS, 0, NULL, NULL);
    hold(c, product->n_pairs < 2 || policy->dependencies, BH_RULE_DEPENDENCIES, 0, NULL, NULL);
    return hold(c, product->plan != NULL, BH_RULE_PLAN, 0, NULL, NULL);
}

uint32_t bh_product_check(const struct bh_product *product, uint32_t cuts, bh_report_fn *report,
                          void *context)
{
    struct check c = { product, report, context, 0 };
    uint32_t before;

    if (!amount(&c, product->pairs && product->n_pairs - 1u < BH_PAIRS_MAX, BH_RULE_PAIRS, 0, NULL,
                product->n_pairs, BH_PAIRS_MAX))
        return c.broken;
    if (!check_policy(&c) || !check_devices(&c))
        return c.broken;
    hold(&c, !product->pairs[0].optional, BH_RULE_FIRST_OPTIONAL, 0, NULL, NULL);
    hold(&c, whole_pages(&product->bootloader), BH_RULE_BOOTLOADER, 0, &product->bootloader, NULL);
    before = c.broken;
    for (uint32_t p = 0; p < product->n_pairs; p++)
        check_pair(&c, p);
    check_overlaps(&c);
    if (c.broken == before)
        check_journal(&c, cuts);
    return c.broken;
}
