/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a layout whose partitions have places, as far as the places themselves go.
 * What a bootloader demands of them is in rules_boot.c. */
#include "rules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct bh_flash *device_flash(const struct layout *l, const struct layout_partition *p)
{
    return &l->devices[p->device].flash;
}

static uint64_t end_of(const struct layout_partition *p)
{
    return (uint64_t)p->off + p->size;
}

/* ---- devices ---- */

static void check_devices(struct layout *l)
{
    for (size_t i = 0; i < l->n_devices; i++)
        for (size_t k = 0; k < i; k++) {
            const struct layout_device *x = &l->devices[k], *y = &l->devices[i];
            uint64_t x_end = (uint64_t)x->flash.base + x->flash.size;
            uint64_t y_end = (uint64_t)y->flash.base + y->flash.size;

            if (!x->flash.mapped || !y->flash.mapped || x->flash.base >= y_end ||
                y->flash.base >= x_end)
                continue;
            struct layout_finding *f = FAULT(
                l, "device", &y->at, "%s and %s are mapped at the same addresses: 0x%x and 0x%x",
                x->name, y->name, x->flash.base, y->flash.base);
            if (f)
                f->other = x->at;
            about(f, (int)i, LAYOUT_NONE, LAYOUT_NONE);
            remedy(l, f, "Write 'mapped: no', or the address of its own.");
        }
}

/* ---- names ---- */

static int by_upper_name(const void *a, const void *b)
{
    const struct layout_partition *const *x = a, *const *y = b;
    int order = strcasecmp((*x)->name, (*y)->name);

    return order ? order : *x < *y ? -1 : 1;
}

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);

    return len >= n && strcasecmp(text + len - n, end) == 0;
}

static void say_reserved(struct layout *l, const struct layout_mark *at, const char *what,
                         const char *name, const char *by)
{
    remedy(l, FAULT(l, "name", at, "%s '%s': this name is taken by %s", what, name, by),
           "Rename it.");
}

/* Names of slots and devices become names of files, variables and macros (docs/layout.md). */
static void check_reserved(struct layout *l)
{
    for (size_t i = 0; i < l->n_slots; i++) {
        const struct layout_slot *s = &l->slots[i];

        if (strcasecmp(s->name, "boot") == 0 || strcasecmp(s->name, "layout") == 0)
            say_reserved(l, &s->at, "slot pair", s->name, "boot.ld and layout.ld");
        for (size_t k = 0; k < i; k++)
            if (strcasecmp(s->name, l->slots[k].name) == 0)
                say_reserved(l, &s->at, "slot pair", s->name, "one that differs in capitals only");
    }
    for (size_t i = 0; i < l->n_devices; i++) {
        const struct layout_device *d = &l->devices[i];

        if (strcasecmp(d->name, "product") == 0 || strcasecmp(d->name, "load_window") == 0 ||
            (l->boot.plan == LAYOUT_SELECT &&
             (strcasecmp(d->name, "select") == 0 || strcasecmp(d->name, "anti_rollback") == 0)) ||
            ends_in(d->name, "_runs") || ends_in(d->name, "_geometry"))
            say_reserved(l, &d->at, "device", d->name, "what product.h defines");
        for (size_t k = 0; k < i; k++)
            if (strcasecmp(d->name, l->devices[k].name) == 0)
                say_reserved(l, &d->at, "device", d->name, "one that differs in capitals only");
    }
}

/* Macros are in capitals: names that differ in nothing else would be one. */
static void check_names(struct layout *l)
{
    struct layout_partition **all = calloc(l->n_partitions + 1, sizeof *all);

    if (!all)
        abort();
    for (size_t i = 0; i < l->n_partitions; i++)
        all[i] = &l->partitions[i];
    qsort(all, l->n_partitions, sizeof *all, by_upper_name);
    for (size_t i = 1; i < l->n_partitions; i++) {
        struct layout_finding *f;

        if (strcasecmp(all[i - 1]->name, all[i]->name) != 0)
            continue;
        f = FAULT(l, "name", &all[i]->at, "%s and %s differ in capitals only", all[i - 1]->name,
                  all[i]->name);
        if (f)
            f->other = all[i - 1]->at;
        remedy(l, f, "Rename one: the macros that are generated for them are in capitals.");
    }
    free(all);
}

/* ---- range ---- */

/* Only the first that does not fit: those after it are pushed out by it. */
static void check_range(struct layout *l, int device, const int *order, size_t n)
{
    const struct layout_device *d = &l->devices[device];
    uint64_t need = 0, over;
    const struct layout_partition *first = NULL;

    for (size_t k = 0; k < n; k++) {
        const struct layout_partition *p = &l->partitions[order[k]];

        if (!p->container && end_of(p) > need)
            need = end_of(p);
        if (!first && !p->container && end_of(p) > d->flash.size)
            first = p;
    }
    if (!first)
        return;
    over = need - d->flash.size;
    struct layout_finding *f =
        FAULT(l, "range", &first->at_size, "%s: it ends at 0x%llx, and %s ends at 0x%x",
              first->name, (unsigned long long)end_of(first), d->name, d->flash.size);
    about(f, device, (int)(first - l->partitions), LAYOUT_NONE);
    if (first->off < d->flash.size && end_of(first) == need)
        remedy(l, f, "%s is left for it.", SIZE(d->flash.size - first->off));
    else
        remedy(l, f, "The partitions on %s need %s and it has %s: make them smaller by %s.",
               d->name, SIZE(need), SIZE(d->flash.size), SIZE(over));
    consequence(l, f, "The first write there would fail.");
}

/* ---- overlap ---- */

static void say_overlap(struct layout *l, int a, int b)
{
    const struct layout_partition *x = &l->partitions[a], *y = &l->partitions[b];
    /* The later in the file is the one to change. */
    bool y_last = a < b;
    const struct layout_partition *p = y_last ? y : x, *q = y_last ? x : y;
    uint64_t begin = x->off > y->off ? x->off : y->off;
    uint64_t end = end_of(x) < end_of(y) ? end_of(x) : end_of(y);
    struct layout_finding *f = FAULT(
        l, "overlap", &p->at_place, "%s (0x%x to 0x%llx) and %s (0x%x to 0x%llx) share %s on %s",
        p->name, p->off, (unsigned long long)end_of(p), q->name, q->off,
        (unsigned long long)end_of(q), SIZE(end - begin), l->devices[p->device].name);

    if (f)
        f->other = q->at_place;
    about(f, p->device, (int)(p - l->partitions), (int)(q - l->partitions));
    if (x->off < y->off)
        remedy(l, f, "%s is free for %s if %s stays; or move %s to 0x%llx.", SIZE(y->off - x->off),
               x->name, y->name, y->name,
               (unsigned long long)page_up(device_flash(l, y), end_of(x)));
    else
        remedy(l, f, "Move %s to 0x%llx, or give one of them another place.", p->name,
               (unsigned long long)page_up(device_flash(l, p), end_of(q)));
    consequence(l, f, "To write one of them would destroy the other.");
}

static void check_overlap(struct layout *l, const int *order, size_t n)
{
    int reach = LAYOUT_NONE; /* of those so far, the one that ends last */

    for (size_t k = 0; k < n; k++) {
        const struct layout_partition *p = &l->partitions[order[k]];

        if (p->container)
            continue;
        if (reach != LAYOUT_NONE && end_of(&l->partitions[reach]) > p->off)
            say_overlap(l, reach, order[k]);
        if (reach == LAYOUT_NONE || end_of(p) > end_of(&l->partitions[reach]))
            reach = order[k];
    }
}

/* ---- containers ---- */

struct part {
    const struct layout_partition *p;
};

static int by_off(const void *a, const void *b)
{
    const struct part *x = a, *y = b;

    if (x->p->off != y->p->off)
        return x->p->off < y->p->off ? -1 : 1;
    return x->p < y->p ? -1 : x->p > y->p;
}

/* The parts of a container follow one another without a gap. */
static void check_container(struct layout *l, int i)
{
    const struct ask *a = &l->inner->asks[i];
    const struct layout_partition *c = &l->partitions[i];
    struct part *parts;

    if (!c->container || !c->solved || a->n_parts < 2)
        return;
    parts = calloc(a->n_parts, sizeof *parts);
    if (!parts)
        abort();
    for (size_t k = 0; k < a->n_parts; k++)
        parts[k].p = &l->partitions[a->parts[k]];
    qsort(parts, a->n_parts, sizeof *parts, by_off);
    for (size_t k = 1; k < a->n_parts; k++) {
        const struct layout_partition *x = parts[k - 1].p, *y = parts[k].p;
        struct layout_finding *f;

        if (end_of(x) >= y->off)
            continue;
        f = FAULT(l, "span", &c->at_size,
                  "%s: its parts %s and %s are not neighbours: %s between them", c->name, x->name,
                  y->name, SIZE(y->off - end_of(x)));
        if (f)
            f->other = y->at_place;
        about(f, c->device, i, (int)(y - l->partitions));
        remedy(l, f, "Write %s directly after %s, or 'placement: {after: %s}'.", y->name, x->name,
               x->name);
        consequence(l, f, "What lies between them would be taken for a part of %s.", c->name);
        break;
    }
    free(parts);
}

/* ---- pages ---- */

static uint64_t border_down(const struct layout *l, int i, uint64_t off)
{
    const struct ask *a = &l->inner->asks[i];

    return a->pages == PAGES_OWN ? down_to(off, a->pages_size)
                                 : page_down(device_flash(l, &l->partitions[i]), off);
}

static uint64_t border_up(const struct layout *l, int i, uint64_t off)
{
    const struct ask *a = &l->inner->asks[i];

    return a->pages == PAGES_OWN ? up_to(off, a->pages_size)
                                 : page_up(device_flash(l, &l->partitions[i]), off);
}

static void say_start(struct layout *l, int i)
{
    const struct layout_partition *p = &l->partitions[i];
    uint64_t low = border_down(l, i, p->off), high = border_up(l, i, p->off);
    struct layout_finding *f =
        FAULT(l, "pages", &p->at_place,
              "%s: it begins at 0x%x, inside a page of %s on %s (0x%llx to 0x%llx)", p->name,
              p->off, SIZE(high - low), l->devices[p->device].name, (unsigned long long)low,
              (unsigned long long)high);

    about(f, p->device, i, LAYOUT_NONE);
    remedy(l, f, "Begin it at 0x%llx or 0x%llx; 'pages: no' if it is never erased by itself.",
           (unsigned long long)low, (unsigned long long)high);
    consequence(l, f, "To erase it would erase what lies before it in that page.");
}

static void say_end(struct layout *l, int i)
{
    const struct layout_partition *p = &l->partitions[i];
    uint64_t end = end_of(p), low = border_down(l, i, end), high = border_up(l, i, end);
    struct layout_finding *f =
        FAULT(l, "pages", &p->at_size,
              "%s: it ends at 0x%llx, inside a page of %s on %s (0x%llx to 0x%llx)", p->name,
              (unsigned long long)end, SIZE(high - low), l->devices[p->device].name,
              (unsigned long long)low, (unsigned long long)high);

    about(f, p->device, i, LAYOUT_NONE);
    if (low > p->off)
        remedy(l, f, "Make it %s or %s; 'pages: no' if it is never erased by itself.",
               SIZE(low - p->off), SIZE(high - p->off));
    else
        remedy(l, f, "Make it %s; 'pages: no' if it is never erased by itself.",
               SIZE(high - p->off));
    consequence(l, f, "To erase it would erase what is after it in that page.");
}

static void check_pages(struct layout *l, int i)
{
    const struct layout_partition *p = &l->partitions[i];

    if (!p->solved || !p->pages || end_of(p) > device_flash(l, p)->size)
        return;
    if (border_down(l, i, p->off) != p->off)
        say_start(l, i);
    else if (border_down(l, i, end_of(p)) != end_of(p))
        say_end(l, i);
}

/* ---- placement ---- */

/* With both `after` and `before`, what is after decides, and what is before is looked at here. */
static void check_between(struct layout *l, int i)
{
    const struct ask *a = &l->inner->asks[i];
    const struct layout_partition *p = &l->partitions[i], *next;
    uint64_t begin = 0;
    const char *name = "the end of the device";

    if (!p->solved || !a->after || a->after_i == LAYOUT_NONE || a->before_i == LAYOUT_NONE)
        return;
    next = a->before_i >= 0 ? &l->partitions[a->before_i] : NULL;
    if (next && !next->solved)
        return;
    begin = next ? next->off : device_flash(l, p)->size;
    name = next ? next->name : name;
    if (end_of(p) == begin)
        return;
    struct layout_finding *f =
        FAULT(l, "placement", &p->at_place,
              "%s cannot be both after and before: it ends at 0x%llx, and "
              "%s is at 0x%llx",
              p->name, (unsigned long long)end_of(p), name, (unsigned long long)begin);
    about(f, p->device, i, a->before_i >= 0 ? a->before_i : LAYOUT_NONE);
    remedy(l, f, "Keep one of the two, or write %s right after it.", name);
}

/* ---- images ---- */

static void check_image(struct layout *l, int i)
{
    const struct layout_partition *p = &l->partitions[i];
    uint64_t bytes;

    if (!p->image || !p->solved)
        return;
    bytes = file_bytes(l, p->image);
    if (!bytes && l->inner->asks[i].size != ASK_AUTO)
        remedy(l,
               finding(l, LAYOUT_WARNING, "image", &p->at_image,
                       "%s: '%s' is not there, or is empty", p->name, p->image),
               "Its name is relative to the layout. Build it before 'bulkhead layout assemble'.");
    if (bytes <= p->size)
        return;
    struct layout_finding *f =
        FAULT(l, "image", &p->at_image, "%s: '%s' has %llu bytes and the partition %u", p->name,
              p->image, (unsigned long long)bytes, p->size);
    if (f)
        f->other = p->at_size;
    about(f, p->device, i, LAYOUT_NONE);
    remedy(l, f, "Make the partition %s, or 'size: auto'.",
           SIZE(page_up(device_flash(l, p), p->off + bytes) - p->off));
    consequence(l, f, "Its end would overwrite what is after it.");
}

void rules_check(struct layout *l, const struct layout_options *options)
{
    int *order = calloc(l->n_partitions + 1, sizeof *order);

    if (!order)
        abort();
    check_devices(l);
    check_names(l);
    check_reserved(l);
    for (int d = 0; d < (int)l->n_devices; d++) {
        size_t n = layout_order(l, d, order);

        check_range(l, d, order, n);
        check_overlap(l, order, n);
    }
    for (int i = 0; i < (int)l->n_partitions; i++) {
        check_container(l, i);
        check_pages(l, i);
        check_between(l, i);
        if (!options->no_files)
            check_image(l, i);
    }
    free(order);
    rules_boot(l, options);
}
