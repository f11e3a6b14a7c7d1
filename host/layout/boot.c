/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from the section `boot:` once partitions have places: chunk, spare, where an image
 * is staged, how large it may be, what the journal needs. */
#include "inner.h"

#include "bulkhead/bytes.h"

#include <string.h>

#define CHUNKS_TRIED 4096u /* on devices with pages of different sizes */

static const struct layout_partition *place(const struct layout *l, int i)
{
    return i >= 0 && l->partitions[i].solved ? &l->partitions[i] : NULL;
}

static const struct bh_flash *flash_of(const struct layout *l, const struct layout_partition *p)
{
    return &l->devices[p->device].flash;
}

static bool within_device(const struct layout *l, const struct layout_partition *p)
{
    return (uint64_t)p->off + p->size <= flash_of(l, p)->size;
}

/* The page size of all of a partition, or 0: it has pages of several. */
static uint32_t page_size(const struct layout *l, const struct layout_partition *p)
{
    const struct bh_flash *f = flash_of(l, p);
    struct bh_page first, last;

    if (!p->size || bh_flash_page(f, p->off, &first) ||
        bh_flash_page(f, p->off + p->size - 1, &last))
        return 0;
    for (uint8_t i = 0; i < f->n_runs; i++) /* sizes between those of both ends */
        if (f->runs[i].size != first.len && first.len != last.len)
            return 0;
    return first.len == last.len ? first.len : 0;
}

static uint64_t common_multiple(uint64_t a, uint64_t b)
{
    uint64_t x = a, y = b;

    while (y) {
        uint64_t rest = x % y;

        x = y;
        y = rest;
    }
    return x ? a / x * b : 0;
}

/* Is every chunk of it a run of whole pages? */
static bool chunks_whole(const struct layout *l, const struct layout_partition *p, uint32_t chunk)
{
    const struct bh_flash *f = flash_of(l, p);

    for (uint32_t off = 0; p->size - off >= chunk; off += chunk)
        if (!bh_flash_whole_pages(f, p->off + off, chunk))
            return false;
    return p->size >= chunk;
}

/* Pages of several sizes in a slot: the first run of pages from its start that all of it and the
 * other slot are made of. */
static uint32_t uneven_chunk(const struct layout *l, const struct layout_partition *a,
                             const struct layout_partition *b)
{
    const struct bh_flash *f = flash_of(l, a);
    struct bh_page page;
    uint32_t chunk = 0;

    for (unsigned t = 0; t < CHUNKS_TRIED && chunk < a->size; t++) {
        if (bh_flash_page(f, a->off + chunk, &page))
            return 0;
        chunk = page.off + page.len - a->off;
        if (chunk > a->size || chunk > b->size)
            return 0;
        if (chunks_whole(l, a, chunk) && chunks_whole(l, b, chunk))
            return chunk;
    }
    return 0;
}

/* As few bytes as there can be. */
static uint32_t least_chunk(const struct layout *l, const struct layout_partition *primary,
                            const struct layout_partition *secondary,
                            const struct layout_partition *spare)
{
    uint32_t a = page_size(l, primary), b = page_size(l, secondary);
    uint32_t c = spare ? page_size(l, spare) : 1;
    uint64_t chunk;

    if (!a || !b)
        return uneven_chunk(l, a ? secondary : primary, a ? primary : secondary);
    chunk = common_multiple(common_multiple(a, b), c ? c : 1);
    return chunk <= primary->size && chunk <= secondary->size ? (uint32_t)chunk : 0;
}

/* What the layout says, if every chunk of both slots is then whole pages. */
static uint32_t chunk_of(const struct layout *l, const struct layout_slot *s,
                         const struct layout_partition *primary,
                         const struct layout_partition *secondary,
                         const struct layout_partition *spare)
{
    uint32_t chunk = s->chunk_written;

    if (!chunk)
        return least_chunk(l, primary, secondary, spare);
    return chunks_whole(l, primary, chunk) && chunks_whole(l, secondary, chunk) ? chunk : 0;
}

static bool in_secondary(enum layout_spare kind)
{
    return kind == LAYOUT_SPARE_FIRST || kind == LAYOUT_SPARE_LAST ||
           kind == LAYOUT_SPARE_BEFORE_TRAILER;
}

/* Bytes at the end of a slot that are the mailbox's. */
static uint32_t trailer_len(const struct layout *l, const struct bh_pair *pair,
                            const struct bh_region *slot)
{
    const struct bh_mailbox *mailbox = product_mailbox(l);

    return mailbox ? mailbox->trailer(pair, slot) : 0;
}

/* The same, if they are whole pages; otherwise an image begins in that page. */
static uint32_t own_pages(const struct layout *l, const struct bh_pair *pair,
                          const struct bh_region *slot)
{
    uint32_t len = trailer_len(l, pair, slot);

    return bh_flash_whole_pages(slot->flash, slot->off + slot->len - len, len) ? len : 0;
}

/* Bytes of an image in a slot that shares its last page with the mailbox: whole units. */
static uint32_t room_in(const struct layout *l, const struct bh_pair *pair,
                        const struct bh_region *slot)
{
    uint32_t room = slot->len - bh_min(trailer_len(l, pair, slot), slot->len);
    uint32_t unit = slot->flash->unit ? slot->flash->unit : 1; /* 0: an error, told elsewhere */

    return room / unit * unit;
}

/* Most chunks of an image before the mailbox's pages, with one for a spare in the
 * secondary slot. */
static uint32_t chunks_max(const struct layout *l, const struct layout_slot *s,
                           const struct bh_pair *pair)
{
    uint32_t end_a = own_pages(l, pair, &pair->primary);
    uint32_t end_b = own_pages(l, pair, &pair->secondary);
    uint32_t a = (pair->primary.len - bh_min(end_a, pair->primary.len)) / s->chunk;
    uint32_t b = (pair->secondary.len - bh_min(end_b, pair->secondary.len)) / s->chunk;
    uint32_t spare = in_secondary(s->spare_kind) ? 1 : 0;

    b = s->spare_kind == LAYOUT_SPARE_LAST ? pair->secondary.len / s->chunk : b;
    return bh_min(a, b > spare ? b - spare : 0);
}

/* Where the spare is: offset on its device. */
static uint32_t spare_place(const struct layout *l, const struct layout_slot *s,
                            const struct bh_pair *pair, const struct layout_partition *spare)
{
    const struct bh_region *second = &pair->secondary;
    uint32_t whole = second->len / s->chunk, before;

    switch (s->spare_kind) {
    case LAYOUT_SPARE_PARTITION: return spare ? spare->off : 0;
    case LAYOUT_SPARE_LAST: return second->off + (whole - 1) * s->chunk;
    case LAYOUT_SPARE_BEFORE_TRAILER:
        before = (second->len - bh_min(trailer_len(l, pair, second), second->len)) / s->chunk;
        return second->off + (before ? before - 1 : 0) * s->chunk;
    default: return second->off;
    }
}

static void derive(struct layout *l, size_t i)
{
    struct layout_slot *s = &l->slots[i];
    const struct layout_partition *primary = place(l, s->primary);
    const struct layout_partition *secondary = place(l, s->secondary);
    const struct layout_partition *spare = place(l, s->spare);
    struct bh_pair pair;

    s->chunk = s->staged_off = s->spare_off = 0;
    if (!s->image_max_written)
        s->image_max = 0;
    if (!primary || !secondary || !within_device(l, primary) || !within_device(l, secondary) ||
        (spare && !within_device(l, spare)))
        return;
    s->chunk = chunk_of(l, s, primary, secondary, spare);
    if (!s->chunk)
        return;
    boot_pair(l, i, &pair);
    s->staged_off = s->spare_kind == LAYOUT_SPARE_FIRST ? s->chunk : 0;
    s->spare_off = spare_place(l, s, &pair, spare);
    if (s->image_max_written)
        return;
    s->image_max = chunks_max(l, s, &pair) * s->chunk;
    s->image_max = bh_min(s->image_max, room_in(l, &pair, &pair.primary));
    s->image_max = bh_min(s->image_max, room_in(l, &pair, &pair.secondary));
    if (s->load && s->load_size && s->load_size < s->image_max)
        s->image_max = s->load_size;
}

uint32_t boot_least_chunk(const struct layout *l, const struct layout_slot *s)
{
    const struct layout_partition *primary = place(l, s->primary);
    const struct layout_partition *secondary = place(l, s->secondary);

    return primary && secondary ? least_chunk(l, primary, secondary, place(l, s->spare)) : 0;
}

void boot_derive(struct layout *l)
{
    for (size_t i = 0; i < l->n_slots; i++)
        derive(l, i);
}

bool boot_pair(const struct layout *l, size_t i, struct bh_pair *out)
{
    const struct layout_slot *s = &l->slots[i];
    const struct layout_partition *primary = place(l, s->primary);
    const struct layout_partition *secondary = place(l, s->secondary);
    const struct layout_partition *spare = place(l, s->spare);

    *out = (struct bh_pair){ .name = s->name,
                             .optional = s->optional,
                             .vendor_id = s->has_vendor_id ? s->vendor_id : NULL,
                             .class_id = s->has_class_id ? s->class_id : NULL };
    if (!primary || !secondary)
        return false;
    out->primary = (struct bh_region){ flash_of(l, primary), primary->off, primary->size };
    out->secondary = (struct bh_region){ flash_of(l, secondary), secondary->off, secondary->size };
    if (s->spare_kind != LAYOUT_SPARE_NONE)
        out->spare = (struct bh_region){ flash_of(l, spare ? spare : secondary), s->spare_off,
                                         spare && spare->size < s->chunk ? spare->size : s->chunk };
    out->staged_off = s->staged_off;
    out->chunk = s->chunk;
    out->image_max = s->image_max;
    return s->chunk != 0;
}

const struct layout_slot *layout_loads(const struct layout *l)
{
    for (size_t i = 0; i < l->n_slots; i++)
        if (l->slots[i].load)
            return &l->slots[i];
    return NULL;
}

/* Place i of RAM that outlives the bootloader, or a reset: the boot record, the magic word. */
static bool kept_at(const struct layout *l, unsigned i, uint64_t *from, uint64_t *to)
{
    const struct layout_boot *b = &l->boot;

    if (b->record_size && i-- == 0) {
        *from = b->record_address;
        *to = *from + b->record_size;
        return true;
    }
    if (!b->recovery_has_magic || i)
        return false;
    *from = b->recovery_magic;
    *to = *from + 4;
    return true;
}

/* Window i of RAM that is not the bootloader's: of images that are loaded, the slots' one or those
 * of plan 'select'; and what is kept. False: there are no more. */
static bool window_at(const struct layout *l, unsigned i, uint64_t *from, uint64_t *to)
{
    const struct layout_slot *s = layout_loads(l);
    unsigned loads = s ? 1 : l->boot.n_windows;

    if (i >= loads)
        return kept_at(l, i - loads, from, to);
    *from = s ? s->load_address : l->boot.windows[i].address;
    *to = *from + (s ? s->load_size : l->boot.windows[i].size);
    return true;
}

/* What is kept is at one end of RAM: rules_boot.c sees to that. */
struct layout_ram layout_app_ram(const struct layout *l, const struct layout_device *d)
{
    uint64_t begin = d->ram_address, end = begin + d->ram_size, from, to;

    for (unsigned round = 0; round < 2; round++) /* one may lie beside the other */
        for (unsigned i = 0; kept_at(l, i, &from, &to); i++) {
            if (from <= begin && to > begin)
                begin = to;
            if (to >= end && from < end)
                end = from;
        }
    return (struct layout_ram){ (uint32_t)begin, begin < end ? (uint32_t)(end - begin) : 0 };
}

/* How far RAM goes from `begin` on until there is a window; in one, it is 0. */
static uint64_t free_until(const struct layout *l, uint64_t begin, uint64_t end)
{
    uint64_t from, to;

    for (unsigned i = 0; window_at(l, i, &from, &to); i++) {
        if (from <= begin && begin < to)
            return begin;
        if (from > begin && from < end)
            end = from;
    }
    return end;
}

/* The largest piece beside the windows, the first of equal ones: it begins with the RAM, or where a
 * window ends. */
struct layout_ram layout_boot_ram(const struct layout *l)
{
    const struct layout_device *d =
        l->boot.bootloader >= 0 ? &l->devices[l->partitions[l->boot.bootloader].device] : NULL;
    struct layout_ram best = { 0, 0 };
    uint64_t begin, end, from, to;

    if (!d || !d->ram_size)
        return best;
    begin = to = d->ram_address;
    end = begin + d->ram_size;
    for (unsigned i = 0;; i++) {
        uint64_t until = to >= begin && to < end ? free_until(l, to, end) : 0;

        if (until > to &&
            (until - to > best.size || (until - to == best.size && to < best.address)))
            best = (struct layout_ram){ (uint32_t)to, (uint32_t)(until - to) };
        if (!window_at(l, i, &from, &to))
            return best;
    }
}

uint32_t boot_steps(const struct layout *l)
{
    struct bh_pair pairs[BH_PAIRS_MAX];
    struct bh_record_pair sizes[BH_PAIRS_MAX] = { { .size_new = 0 } };

    if (!l->n_slots || l->boot.plan == LAYOUT_SELECT)
        return 0;
    for (size_t i = 0; i < l->n_slots; i++) {
        if (!boot_pair(l, i, &pairs[i]))
            return 0;
        sizes[i].size_new = pairs[i].image_max;
    }
    return bh_plan_steps(l->boot.plan == LAYOUT_SWAP ? &bh_plan_swap : &bh_plan_overwrite, pairs,
                         (uint8_t)l->n_slots, sizes);
}

uint32_t boot_journal_need(const struct layout *l)
{
    int journal = l->boot.journal[0];
    uint32_t steps = boot_steps(l);
    uint32_t unit;

    if (journal == LAYOUT_NONE || !steps || steps > 0xFFFF)
        return 0;
    unit = l->devices[l->partitions[journal].device].flash.unit;
    return unit ? bh_journal_need(unit, (uint32_t)l->n_slots, steps, l->boot.cuts) : 0;
}
