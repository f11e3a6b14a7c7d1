/* SPDX-License-Identifier: Apache-2.0 */
/* The core's own rules of a product (bulkhead/rules.h), asked of the product that the layout makes.
 * What the core reports in regions and numbers is told here in names and places of the file. */
#include "rules.h"

#include "bulkhead/rules.h"

#include <ctype.h>
#include <string.h>

/* The partition that a region is, or is in; LAYOUT_NONE: none. Of two in one place, not `other`. */
static int partition_of(const struct layout *l, const struct bh_region *r, int other)
{
    int inside = LAYOUT_NONE;

    if (!r || !r->flash)
        return LAYOUT_NONE;
    for (int i = 0; i < (int)l->n_partitions; i++) {
        const struct layout_partition *p = &l->partitions[i];

        if (!p->solved || &l->devices[p->device].flash != r->flash || p->role == LAYOUT_PLAIN)
            continue;
        if (p->off == r->off && p->size == r->len && i != other)
            return i;
        if (r->off >= p->off && r->off - p->off < p->size)
            inside = i;
    }
    return inside;
}

/* Whether the layout's own rules have said it of these two (or this one) already. */
static bool said(const struct layout *l, size_t before, int a, int b)
{
    for (size_t i = 0; i < before; i++) {
        const struct layout_finding *f = &l->findings[i];

        if (f->severity != LAYOUT_ERROR || f->partition == LAYOUT_NONE)
            continue;
        if (b == LAYOUT_NONE ? f->partition == a && f->partition2 == LAYOUT_NONE
                             : (f->partition == a && f->partition2 == b) ||
                                   (f->partition == b && f->partition2 == a))
            return true;
    }
    return false;
}

static bool about_spare(enum bh_rule rule)
{
    return rule == BH_RULE_SPARE || rule == BH_RULE_SPARE_UNUSED || rule == BH_RULE_SPARE_ROOM ||
           rule == BH_RULE_TRAILER_SPARE;
}

static bool about_room(enum bh_rule rule)
{
    return rule == BH_RULE_PRIMARY_ROOM || rule == BH_RULE_SECONDARY_ROOM ||
           rule == BH_RULE_TRAILER_ROOM || rule == BH_RULE_CHUNK;
}

static bool about_pair(enum bh_rule rule)
{
    return (rule >= BH_RULE_CHUNK && rule <= BH_RULE_PAIRS_OVERLAP) || rule == BH_RULE_IDS ||
           rule == BH_RULE_JOURNAL_OVERLAP;
}

/* Where a person would change something. */
static const struct layout_mark *where(const struct layout *l, const struct bh_finding *f, int a)
{
    const struct layout_slot *s = f->pair < l->n_slots ? &l->slots[f->pair] : NULL;

    if (s && about_spare(f->rule))
        return &s->at_spare;
    if (s && about_room(f->rule) && s->image_max_written)
        return &s->at_image_max;
    if (f->rule == BH_RULE_MAILBOX_UNIT)
        return &l->boot.at_mailbox;
    if (f->rule == BH_RULE_KEYS || f->rule == BH_RULE_KEYS_UNUSED)
        return &l->boot.at_keys;
    if (f->rule == BH_RULE_JOURNAL_PAGES || f->rule == BH_RULE_JOURNAL_HALVES)
        return &l->boot.at_journal;
    if (a != LAYOUT_NONE)
        return &l->partitions[a].at_size;
    return s && about_pair(f->rule) ? &s->at : &l->boot.at;
}

/* "primary (128K at 0x20000 of internal)", or nothing. */
static char *place_text(struct layout *l, const struct bh_region *r, int i)
{
    const struct layout_device *d = l->devices;

    if (!r || !r->flash)
        return NULL;
    for (size_t k = 0; k < l->n_devices; k++)
        if (&l->devices[k].flash == r->flash)
            d = &l->devices[k];
    return arena_format(&l->inner->arena, "%s (%s at 0x%x of %s)",
                        i != LAYOUT_NONE ? l->partitions[i].name : "flash", SIZE(r->len), r->off,
                        d->name);
}

/* What an amount is that would do, in the layout's words. */
static char *fitting(struct layout *l, const struct bh_finding *f, int a)
{
    struct arena *arena = &l->inner->arena;
    const struct layout_partition *p = a != LAYOUT_NONE ? &l->partitions[a] : NULL;

    switch (f->rule) {
    case BH_RULE_JOURNAL_ROOM:
        return arena_format(arena, " 'size: auto' does it: %s each.",
                            SIZE(page_up(device_flash(l, p), p->off + f->need) - p->off));
    case BH_RULE_PRIMARY_ROOM:
    case BH_RULE_SECONDARY_ROOM:
    case BH_RULE_TRAILER_ROOM:
        return arena_format(arena, " %s would fit.",
                            SIZE(f->have / l->slots[f->pair].chunk * l->slots[f->pair].chunk));
    default: return arena_format(arena, "%s", "");
    }
}

static bool has_amount(const struct bh_finding *f)
{
    return f->have || f->need;
}

/* Why there is no chunk, or no image: of numbers that the layout worked out itself. */
static struct layout_finding *say_chunk(struct layout *l, const struct layout_slot *s)
{
    const struct layout_partition *a = &l->partitions[s->primary],
                                  *b = &l->partitions[s->secondary];
    struct layout_finding *f;

    if (!s->chunk && s->chunk_written) {
        uint32_t least = boot_least_chunk(l, s);

        f = FAULT(l, "chunk", &s->at_chunk, "%s: chunk %s is no whole pages of %s and of %s",
                  s->name, SIZE(s->chunk_written), a->name, b->name);
        if (least)
            remedy(l, f,
                   "Write a multiple of %s that both slots can take, or leave it to the tool.",
                   SIZE(least));
        else
            remedy(l, f, "Put both on pages that go into each other.");
    } else if (!s->chunk) {
        f = FAULT(l, "chunk", &s->at, "%s: no run of whole pages is common to %s and %s", s->name,
                  a->name, b->name);
        remedy(l, f,
               "Put both on pages that go into each other, and make each a multiple of the "
               "larger one.");
    } else {
        f = FAULT(
            l, "chunk", s->image_max_written ? &s->at_image_max : &s->at,
            "%s: nothing is left for an image: %s has %s, %s has %s, and both are moved %s at a "
            "time, spare and mailbox taken off",
            s->name, a->name, SIZE(a->size), b->name, SIZE(b->size), SIZE(s->chunk));
        remedy(l, f, "Make the slots larger, or take the spare from a partition of its own.");
    }
    about(f, a->device, s->primary, s->secondary);
    return f;
}

struct telling {
    struct layout *l;
    size_t before; /* findings that were there */
};

/* A sentence of the core's: a capital at its start, a full stop at its end. */
static char *sentence(struct layout *l, const char *text)
{
    char *out = arena_format(&l->inner->arena, "%s.", text);

    out[0] = (char)toupper((unsigned char)out[0]);
    return out;
}

static void tell(void *context, const struct bh_finding *f)
{
    struct telling *t = context;
    struct layout *l = t->l;
    int a = partition_of(l, f->a, LAYOUT_NONE), b = partition_of(l, f->b, a);
    char *place_a = place_text(l, f->a, a), *place_b = place_text(l, f->b, b);
    const char *pair =
        about_pair(f->rule) && f->pair < l->n_slots ? l->slots[f->pair].name : "boot";
    struct layout_finding *out;

    if (a != LAYOUT_NONE && said(l, t->before, a, b == a ? LAYOUT_NONE : b))
        return;
    if ((f->rule >= BH_RULE_DEVICE_SIZE && f->rule <= BH_RULE_DEVICE_ERASED) ||
        f->rule == BH_RULE_FORMATS)
        return; /* said already, at the place of the number or word */
    if (f->rule == BH_RULE_CHUNK) {
        consequence(l, say_chunk(l, &l->slots[f->pair]), "%s",
                    sentence(l, bh_rule_consequence(f->rule)));
        return;
    }
    out = FAULT(l, bh_rule_name(f->rule), where(l, f, a), "%s: %s%s%s%s%s", pair,
                bh_rule_text(f->rule), place_a ? ": " : "", place_a ? place_a : "",
                place_b ? " and " : "", place_b ? place_b : "");
    if (out && has_amount(f) && f->a)
        out->text = arena_format(&l->inner->arena, "%s; there are %s, and %s are needed", out->text,
                                 SIZE(f->have), SIZE(f->need));
    if (out && b != LAYOUT_NONE && b != a)
        out->other = l->partitions[b].at;
    about(out, a != LAYOUT_NONE ? l->partitions[a].device : LAYOUT_NONE, a,
          b == a ? LAYOUT_NONE : b);
    remedy(l, out, "%s%s", sentence(l, bh_rule_remedy(f->rule)), fitting(l, f, a));
    consequence(l, out, "%s", sentence(l, bh_rule_consequence(f->rule)));
}

void rules_product(struct layout *l)
{
    struct telling t = { l, l->n_findings };
    struct layout_product_inner *in = product_begin();
    struct layout_product p = { .inner = in };

    product_of(l, in, &p.product);
    /* Whether the keys' files are good is said elsewhere: here counts that there are some. */
    p.product.layout = 1; /* other partitions may have no place yet */
    p.product.policy.n_keys = l->boot.n_keys;
    p.product.policy.keys = l->boot.n_keys ? product_no_keys() : NULL;
    bh_product_check(&p.product, l->boot.cuts, tell, &t);
    layout_product_free(&p);
}
