/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of a complex region. Up to the dynamic partition they follow on from its start, the
 * others go down from its end. Where alignment asks for it, an EMPTY_n is put in, and addresses are
 * computed again; the dynamic partition and all that share its space pay for it in equal parts. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

#define UNABLE                                                                                     \
    "Unable to fulfill alignment requirement automatically.\nPlease re-size the configured "       \
    "partition sizes to get a valid configuration.\nIf you are not able to get a valid "           \
    "configuration either re-evaluate th e\nalignment requirements, or use 'static "               \
    "configuration' (see docs) to specify the\npartitioning. Note that aligning more than one "    \
    "partition which shares size\nwith the dynamic partition (e.g. 'app')  is not supported."

struct alignment {
    bool end;
    int64_t n; /* 0: none */
};

static struct alignment alignment_of(const struct region_work *w, int part)
{
    return (struct alignment){ w->pm->parts[part].align_end, w->pm->parts[part].align };
}

/* What is written, once for all: it is asked for again and again. */
static void take_align(struct region_work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        struct pm_part *p = &w->pm->parts[w->order[i]];
        const struct pm_value *align = pm_get(pm_get(p->map, "placement"), "align");
        const struct pm_value *v = align ? align->first : NULL;

        if (!v || v->kind != PM_INTEGER)
            continue;
        p->align_end = strcmp(v->key, "end") == 0;
        p->align = v->number;
    }
}

/* ---- align_next ---- */

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t t = a % b;
        a = b;
        b = t;
    }
    return a;
}

static void say_both(struct region_work *w, int part, int next, int64_t n, struct alignment old)
{
    struct pm *pm = w->pm;
    const char *words = pm_text(pm, "Align config already present in %s", pm->parts[next].name);
    const struct pm_value *v = pm_get(pm_get(pm->parts[part].map, "placement"), "align_next");
    struct layout_finding *f;

    if (old.end) {
        f = pm_fault(pm, w->region, &v->at, words,
                     "%s: align_next 0x%llx meets align end of %s: %s", pm->parts[part].name,
                     (long long)n, pm->parts[next].name, words);
        remedy(pm->l, f, "Align the start of %s instead of its end.", pm->parts[next].name);
        return;
    }
    f = pm_fault(
        pm, w->region, &v->at, words,
        "%s: align_next 0x%llx and align start 0x%llx of %s: neither divides the other: %s",
        pm->parts[part].name, (long long)n, (long long)old.n, pm->parts[next].name, words);
    remedy(pm->l, f, "Their least common multiple 0x%llx would do for both.",
           (unsigned long long)(n / gcd(n, old.n) * old.n));
}

static void set_align(struct region_work *w, int part, int64_t n)
{
    struct layout *l = w->pm->l;
    struct pm_value *placement = pm_get(w->pm->parts[part].map, "placement"), *align;

    if (!placement)
        placement = pm_put(l, w->pm->parts[part].map, "placement", pm_new(l, PM_MAP, NULL));
    align = pm_put(l, placement, "align", pm_new(l, PM_MAP, NULL));
    pm_put(l, align, "start", pm_new_number(l, n));
    w->pm->parts[part].align = n;
    w->pm->parts[part].align_end = false;
}

static void take_align_next(struct region_work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        struct pm_value *placement = pm_get(w->pm->parts[w->order[i]].map, "placement");
        const struct pm_value *next = pm_get(placement, "align_next");
        struct alignment old;

        if (!next || i + 1 == w->n)
            continue;
        old = alignment_of(w, w->order[i + 1]);
        if (old.n && (old.end || (old.n % next->number && next->number % old.n)))
            say_both(w, w->order[i], w->order[i + 1], next->number, old);
        else
            set_align(w, w->order[i + 1], old.n > next->number ? old.n : next->number);
        pm_drop(placement, "align_next");
    }
}

/* ---- EMPTY_n ---- */

static size_t empty_names(const struct pm *pm)
{
    size_t n = 0;

    for (size_t i = 0; i < pm->n_parts; i++)
        n += strstr(pm->parts[i].name, "EMPTY") != NULL && !pm->parts[i].dropped;
    return n;
}

static size_t index_of(const struct region_work *w, int part)
{
    size_t i = 0;

    while (i < w->n && w->order[i] != part)
        i++;
    return i;
}

/* EMPTY_n, with the next number that no other has. One that was given up is taken again. */
static int empty_part(struct pm *pm, size_t number)
{
    const char *name;
    int i;

    do {
        name = pm_text(pm, "EMPTY_%zu", number++);
        i = pm_find(pm, name);
    } while (i >= 0 && !(pm->parts[i].dropped && pm->parts[i].made));
    if (i < 0)
        return pm_add(pm, name, NULL);
    pm->parts[i].dropped = false;
    pm->parts[i].map = pm_new(pm->l, PM_MAP, NULL);
    return i;
}

/* A gap of this size before or after the partition at this place of the order. */
static void put_empty(struct region_work *w, size_t at, bool before, int64_t size, size_t number)
{
    struct pm *pm = w->pm;
    struct pm_value *placement = pm_new(pm->l, PM_MAP, NULL), *list = pm_new(pm->l, PM_LIST, NULL);
    int beside = w->order[at], part = empty_part(pm, number);
    size_t where = before ? at : at + 1;

    pm_append(list, pm_new_text(pm->l, pm->parts[beside].name, NULL));
    pm_put(pm->l, placement, before ? "before" : "after", list);
    pm_put(pm->l, pm->parts[part].map, "placement", placement);
    pm_put(pm->l, pm->parts[part].map, "region",
           pm_new_text(pm->l, pm->regions[w->region].name, NULL));
    pm->parts[part].region = w->region;
    pm->parts[part].made = pm->parts[part].sized = true;
    pm->parts[part].size = size;
    w->order = host_grow(w->order, w->n, &w->room, sizeof *w->order);
    memmove(w->order + where + 1, w->order + where, (w->n - where) * sizeof *w->order);
    w->order[where] = part;
    w->n++;
    for (size_t i = 0; i < w->n_dynamic; i++)
        pm->parts[w->dynamic[i]].size -= size / (int64_t)w->n_dynamic;
}

/* ---- one pass ---- */

struct need {
    size_t at; /* place in the order */
    bool before;
    int64_t size; /* 0: everything is aligned */
    bool failed;
};

static bool is_dynamic(const struct region_work *w, int part, size_t *k)
{
    for (*k = 0; *k < w->n_dynamic; (*k)++)
        if (w->dynamic[*k] == part)
            return true;
    return false;
}

/* How far a partition is off its alignment, upward or downward. */
static int64_t off_by(const struct region_work *w, int part, bool up)
{
    const struct pm_part *p = &w->pm->parts[part];
    struct alignment a = alignment_of(w, part);
    int64_t x = p->address + (a.end ? p->size : 0), over;

    if (!a.n)
        return 0;
    over = x % a.n;
    if (!over)
        return 0;
    return up ? a.n - over : over;
}

static struct layout_finding *say_unable(struct region_work *w, int part, const char *refusal,
                                         const char *why)
{
    struct pm *pm = w->pm;
    struct layout_finding *f = pm_fault(pm, w->region, &pm->parts[part].at, refusal,
                                        "%s cannot be aligned: %s", pm->parts[part].name, why);

    return f;
}

/* The first partition cannot move. A gap after it does for an aligned end. */
static struct need first_off(struct region_work *w, int64_t off)
{
    int part = w->order[0];
    struct alignment a = alignment_of(w, part);
    const struct pm_part *p = &w->pm->parts[part];

    if (a.end) {
        int next = w->n > 1 ? w->order[1] : LAYOUT_NONE;
        const char *named = next >= 0 && w->pm->parts[next].made
                                ? pm_first(pm_get(w->pm->parts[next].map, "placement"), "after")
                                : NULL;

        if (named && strcmp(named, p->name) == 0)
            return (struct need){ 0 }; /* it is there */
        return (struct need){ 0, false, off, false };
    }
    remedy(w->pm->l,
           say_unable(w, part,
                      pm_text(w->pm,
                              "Error when inspecting %s, invalid address 0x%llx, expected 0x%llx, ",
                              p->name, (unsigned long long)(p->address + off),
                              (unsigned long long)w->start),
                      "it is the first, and must begin where its region begins"),
           "Place another partition before it.");
    return (struct need){ .failed = true };
}

/* A dynamic partition that is off: how large a gap after it must be. */
static struct need dynamic_off(struct region_work *w, size_t at, size_t k, int64_t off)
{
    int part = w->order[at];
    struct alignment a = alignment_of(w, part);
    int64_t parts = (int64_t)k + (a.end ? 1 : 0), each;
    int64_t least = w->pm->parts[w->dynamic[0]].size;

    each = parts ? off / parts : 0;
    if (!parts || each % 4 || each * parts != off) {
        int64_t total = 0;
        const char *words =
            pm_text(w->pm, "The current configuration gives %s a non-word-aligned size" UNABLE,
                    w->pm->parts[part].name);

        for (size_t i = 0; i < w->n; i++)
            if (!is_dynamic(w, w->order[i], &(size_t){ 0 }))
                total += w->pm->parts[w->order[i]].size;
        remedy(
            w->pm->l,
            say_unable(w, part, words,
                       "it would take sizes that are no multiple of 4 (Unable to fulfill alignment "
                       "requirement automatically)"),
            "What has a size of its own takes 0x%llx; 0x%llx would fit.", (unsigned long long)total,
            (unsigned long long)(total + (w->end - w->start - total) % a.n));
        return (struct need){ .failed = true };
    }
    if (each >= least) {
        const char *words = pm_text(
            w->pm,
            "The current configuration is invalid because it requires %s's size to be less than 0." UNABLE,
            w->pm->parts[w->dynamic[0]].name);

        remedy(
            w->pm->l,
            say_unable(w, part, words,
                       pm_text(w->pm,
                               "%s would have no room: it has 0x%llx bytes and would give 0x%llx",
                               w->pm->parts[w->dynamic[0]].name, (unsigned long long)least,
                               (unsigned long long)each)),
            "Make other partitions smaller by 0x%llx.",
            (unsigned long long)(each * (int64_t)w->n_dynamic));
        return (struct need){ .failed = true };
    }
    return (struct need){ at, false, each * (int64_t)w->n_dynamic, false };
}

static struct need go_up(struct region_work *w, size_t last)
{
    int64_t address = w->start, off;
    size_t k;

    for (size_t i = 0; i <= last && i < w->n; i++) {
        struct pm_part *p = &w->pm->parts[w->order[i]];

        p->address = address;
        address += p->size;
        off = off_by(w, w->order[i], true);
        if (!off)
            continue;
        if (i == 0) {
            struct need n = first_off(w, off);

            if (n.size || n.failed)
                return n;
            continue;
        }
        if (is_dynamic(w, w->order[i], &k)) {
            remedy(w->pm->l,
                   say_unable(w, w->order[i],
                              "Invalid combination, can not have dynamic partition in front of app "
                              "with alignment",
                              "Invalid combination, can not have dynamic partition in front of app "
                              "with alignment"),
                   "Make what lies in front of it larger by 0x%llx.", (unsigned long long)off);
            return (struct need){ .failed = true };
        }
        return (struct need){ i, true, off, false };
    }
    return (struct need){ 0 };
}

static struct need go_down(struct region_work *w, size_t first)
{
    int64_t end = w->end, off;
    size_t k;

    for (size_t i = w->n; i > first; i--) {
        struct pm_part *p = &w->pm->parts[w->order[i - 1]];

        p->address = end - p->size;
        end = p->address;
        off = off_by(w, w->order[i - 1], false);
        if (!off)
            continue;
        if (is_dynamic(w, w->order[i - 1], &k))
            return dynamic_off(w, i - 1, k, off);
        return (struct need){ i - 1, false, off, false };
    }
    return (struct need){ 0 };
}

/* ---- several aligned copies of the dynamic partition ---- */

/* They shrink together to the largest size that keeps each of them aligned; what is left over is
 * after the last. The original does not try. */
static bool even_copies(struct region_work *w)
{
    struct pm *pm = w->pm;
    size_t aligned = 0, last = 0, errors = pm->l->n_errors;
    int64_t unit = 1, copy, sum = 0;

    for (size_t i = 0; i < w->n_dynamic; i++) {
        struct alignment a = alignment_of(w, w->dynamic[i]);
        size_t at = index_of(w, w->dynamic[i]);

        aligned += a.n != 0;
        last = at > last ? at : last;
        if (a.n && unit / gcd(unit, a.n) > (INT64_C(1) << 40) / a.n)
            return false;
        unit = a.n ? unit / gcd(unit, a.n) * a.n : unit;
    }
    if (aligned < 2)
        return false;
    copy = pm->parts[w->dynamic[w->dynamic[0] == w->dp ? 1 : 0]].size;
    for (size_t i = 0; i < w->n_dynamic; i++)
        if (w->dynamic[i] != w->dp && pm->parts[w->dynamic[i]].size != copy)
            return false;
    copy = copy / unit * unit;
    if (copy <= 0)
        return false;
    /* What the source holds beside dp stays; dp is what is left of its copy. */
    for (size_t i = 0; i < w->n_dynamic; i++) {
        int part = w->dynamic[i], source = pm->parts[part].source;

        if (part == w->dp)
            continue;
        pm->parts[part].size = copy;
        sum = 0;
        for (size_t k = 0; source != w->dp && k < pm->parts[source].n_leaves; k++)
            if (pm->parts[source].leaves[k] != w->dp)
                sum += pm->parts[pm->parts[source].leaves[k]].size;
    }
    pm->parts[w->dp].size = copy - sum;
    if (copy <= sum)
        return false;
    sum = 0;
    for (size_t i = 0; i < w->n; i++)
        sum += pm->parts[w->order[i]].size;
    if (w->end - w->start < sum)
        return false;
    if (w->end - w->start > sum) {
        int64_t before = (int64_t)w->n_dynamic;

        w->n_dynamic = 0; /* nobody pays: the sizes are right */
        put_empty(w, last, false, w->end - w->start - sum, empty_names(pm));
        w->n_dynamic = (size_t)before;
    }
    return go_up(w, index_of(w, w->dp)).size == 0 && go_down(w, index_of(w, w->dp) + 1).size == 0 &&
           pm->l->n_errors == errors;
}

/* ---- result ---- */

static void check(struct region_work *w)
{
    struct pm *pm = w->pm;
    int64_t at = w->start, too_many = 0;
    const struct pm_part *dp = w->dp >= 0 ? &pm->parts[w->dp] : NULL;
    const char *region = pm->regions[w->region].name;

    for (size_t i = 0; i < w->n_dynamic; i++)
        too_many =
            pm->parts[w->dynamic[i]].size < too_many ? pm->parts[w->dynamic[i]].size : too_many;
    if (too_many < 0) {
        int64_t sum = 0;

        for (size_t i = 0; i < w->n; i++)
            if (!is_dynamic(w, w->order[i], &(size_t){ 0 }))
                sum += pm->parts[w->order[i]].size;
        remedy(
            pm->l,
            pm_fault(
                pm, w->region, dp && dp->at.file ? &dp->at : &pm->parts[w->order[0]].at, NULL,
                "0x%llx bytes too many in %s: its partitions take 0x%llx, and there are 0x%llx",
                (unsigned long long)(sum - (w->end - w->start)), region, (unsigned long long)sum,
                (unsigned long long)(w->end - w->start)),
            "Make partitions smaller. Partition Manager gives %s a size below 0 and says nothing.",
            dp ? dp->name : "one");
        return;
    }
    for (size_t i = 0; i < w->n; i++) {
        const struct pm_part *p = &pm->parts[w->order[i]];

        if (p->address != at) {
            const char *words =
                pm_text(pm, "Error when inspecting %s, invalid address 0x%llx, expected 0x%llx, ",
                        p->name, (unsigned long long)p->address, (unsigned long long)at);

            remedy(
                pm->l,
                pm_fault(pm, w->region, &p->at, words,
                         "%s is at 0x%llx, and what is before it ends at 0x%llx: the gap does not "
                         "divide among what shares the space of %s",
                         p->name, (unsigned long long)p->address, (unsigned long long)at,
                         dp ? dp->name : "app"),
                "Make a partition beside it larger or smaller by the difference.");
            return;
        }
        at += p->size;
    }
    if (at != w->end)
        pm_fault(pm, w->region, &pm->parts[w->order[w->n - 1]].at,
                 "End of last partition is after last valid address",
                 "%s: End of last partition is after last valid address", region);
    if (dp && dp->size == 0 && w->n)
        remedy(pm->l,
               WARN(pm, "app-size", dp->at.file ? &dp->at : &pm->parts[w->order[0]].at,
                    "%s has 0 bytes: %s is full", dp->name, region),
               "Make other partitions smaller.");
}

/* Where only the order of the files decides, and a slot is no whole number of pages for it. */
static void check_slots(struct region_work *w)
{
    static const char *const slots[] = { "mcuboot_primary", "mcuboot_secondary" };
    struct pm *pm = w->pm;

    for (int k = 0; k < 2 && w->unstable; k++) {
        int i = pm_find(pm, slots[k]);
        bool unknown = false;
        int64_t size = 0;

        if (i < 0 || !pm_in(pm, i, w->region))
            continue;
        if (pm->parts[i].container)
            for (size_t j = 0; j < pm->parts[i].n_leaves; j++)
                size += pm->parts[pm->parts[i].leaves[j]].size;
        else
            size = pm->parts[i].size;
        if (unknown || size % PAGE == 0)
            continue;
        remedy(pm->l,
               pm_fault(pm, w->region, &pm->parts[w->late].at, NULL,
                        "%s has 0x%llx bytes, no whole number of pages, for the order of the files "
                        "alone says where %s lies",
                        slots[k], (unsigned long long)size, pm->parts[w->late].name),
               "Write 'align: {start: 0x%x}' in the placement of %s.", PAGE,
               pm->parts[w->late].name);
        return;
    }
}

/* Put gaps in until everything is aligned. False: a finding says why that cannot be. */
static bool settle(struct region_work *w)
{
    size_t errors = w->pm->l->n_errors, rounds = 0, most = 2 * w->n + 64;
    size_t number = empty_names(w->pm);

    for (;;) {
        size_t dp = w->dp >= 0 ? index_of(w, w->dp) : w->n - 1;
        struct need need = go_up(w, dp);

        if (!need.size && !need.failed)
            need = go_down(w, dp + 1);
        if (!need.size || need.failed)
            return w->pm->l->n_errors == errors;
        if (++rounds > most) {
            say_unable(w, w->order[need.at], UNABLE, "every gap for one moves another");
            return false;
        }
        put_empty(w, need.at, need.before, need.size, number++);
    }
}

/* What placing changes, to do it again. */
struct kept {
    int *order;
    int64_t *sizes;
    size_t n, n_parts, n_findings, n_errors, n_warnings;
    const char *refusal, *failed_region;
};

static struct kept keep(struct region_work *w)
{
    struct arena *a = &w->pm->l->inner->arena;
    struct kept k = { arena_get(a, (w->n + 1) * sizeof *k.order),
                      arena_get(a, (w->n + 1) * sizeof *k.sizes),
                      w->n,
                      w->pm->n_parts,
                      w->pm->l->n_findings,
                      w->pm->l->n_errors,
                      w->pm->l->n_warnings,
                      w->pm->refusal,
                      w->pm->failed_region };

    for (size_t i = 0; i < w->n; i++) {
        k.order[i] = w->order[i];
        k.sizes[i] = w->pm->parts[w->order[i]].size;
    }
    return k;
}

static void back_to(struct region_work *w, const struct kept *k)
{
    for (size_t i = k->n_parts; i < w->pm->n_parts; i++)
        w->pm->parts[i].dropped = true;
    w->n = k->n;
    for (size_t i = 0; i < k->n; i++) {
        w->order[i] = k->order[i];
        w->pm->parts[k->order[i]].size = k->sizes[i];
    }
    w->pm->l->n_findings = k->n_findings;
    w->pm->l->n_errors = k->n_errors;
    w->pm->l->n_warnings = k->n_warnings;
    w->pm->refusal = k->refusal;
    w->pm->failed_region = k->failed_region;
}

bool give_places(struct region_work *w)
{
    struct pm *pm = w->pm;
    size_t errors = pm->l->n_errors;
    struct kept kept;

    take_align(w);
    take_align_next(w);
    if (pm->l->n_errors != errors)
        return false;
    kept = keep(w);
    if (!settle(w)) {
        back_to(w, &kept);
        if (!even_copies(w)) {
            back_to(w, &kept);
            settle(w); /* for what it says */
        }
    }
    if (pm->l->n_errors == errors)
        check(w);
    if (pm->l->n_errors == errors)
        check_slots(w);
    return pm->l->n_errors == errors;
}
