/* SPDX-License-Identifier: Apache-2.0 */
/* Two layouts beside each other: what stayed, what moved, and what that does in the field. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

const char *const world_change_names[] = { "equal", "moved", "resized", "gone", "new" };

/* The name without what is each world's own: "storage_partition" and "storage" are the same. */
static void plain_name(const struct layout *l, const struct world_item *item,
                       char out[LAYOUT_NAME_MAX + 1])
{
    const char *name = l->partitions[item->partition].name;
    size_t n = 0, len;

    for (; name[n] && n < LAYOUT_NAME_MAX; n++)
        out[n] = name[n] == '-' ? '_' : name[n];
    out[n] = 0;
    len = strlen(out);
    if (len > 10 && strcmp(out + len - 10, "_partition") == 0)
        out[len - 10] = 0;
}

/* Flash that is not mapped is told apart by its place among such. */
static int rank(const struct layout *l, int device)
{
    int n = 0;

    for (int i = 0; i < device; i++)
        n += !l->devices[i].flash.mapped && !world_is_ram(&l->devices[i]);
    return n;
}

static bool same_device(const struct layout *old, const struct world_item *a,
                        const struct layout *new, const struct world_item *b)
{
    if (a->addressed != b->addressed)
        return false;
    return a->addressed || rank(old, old->partitions[a->partition].device) ==
                               rank(new, new->partitions[b->partition].device);
}

static enum world_change change_of(const struct layout *old, const struct world_item *a,
                                   const struct layout *new, const struct world_item *b)
{
    if (!same_device(old, a, new, b) || a->address != b->address)
        return WORLD_MOVED;
    return a->size == b->size ? WORLD_EQUAL : WORLD_RESIZED;
}

static bool is_key(const char *key, const char *with)
{
    return key && strcmp(key, with) == 0;
}

/* What a change does to a device that runs the old layout. */
static const char *effect_of(const struct world_row *r, const struct layout *old)
{
    const char *key = r->has_old ? r->old.key : r->new.key;
    bool slot = key && strncmp(key, "slot", 4) == 0;
    const char *domain =
        r->has_old ? old->devices[old->partitions[r->old.partition].device].pm.domain : NULL;

    if (r->change == WORLD_EQUAL)
        return NULL;
    if (r->change == WORLD_NEW)
        return "It was not there: whatever lay at this place before is taken for its content.";
    if (domain)
        return "The network core starts from where its old bootloader looks: both cores must be "
               "programmed together, by a programmer.";
    if (is_key(key, "boot") || is_key(key, "b0") || is_key(key, "b0n"))
        return "The bootloader in the field stays where it is: no update over the air moves it.";
    if (is_key(key, "slot0") && r->change == WORLD_MOVED)
        return "The bootloader in the field starts what is at the old address: images for the new one do "
               "not start there.";
    if (slot && r->change == WORLD_RESIZED)
        return "The trailer is at the slot's end: a bootloader and an application that differ about the "
               "end do not see each other's requests.";
    if (slot)
        return "A new application stages its update where the bootloader in the field does not look: the "
               "update is never installed.";
    if (is_key(key, "scratch"))
        return "A swap that was interrupted goes on with the scratch area at the other place: images are "
               "mixed up.";
    if (is_key(key, "storage"))
        return "Settings are read from the other place: every device in the field loses its settings.";
    if (is_key(key, "provision"))
        return "Provisioned keys and monotonic counters are written once: at another place they are not "
               "found, and the device does not start.";
    if (key && strncmp(key, "tfm_", 4) == 0)
        return "TF-M finds its storage empty: protected data and counters are lost.";
    return "What devices in the field keep there is not found any more.";
}

size_t world_compare(const struct layout *old, const struct layout *new, struct world_row *rows,
                     size_t *n_equal)
{
    struct world_item *a = calloc(old->n_partitions + 1, sizeof *a);
    struct world_item *b = calloc(new->n_partitions + 1, sizeof *b);
    bool *taken = calloc(new->n_partitions + 1, sizeof *taken);
    int *match = calloc(old->n_partitions + 1, sizeof *match);
    size_t n_a, n_b, n = 0;

    if (!a || !b || !taken || !match)
        host_no_memory();
    n_a = world_items(old, a);
    n_b = world_items(new, b);
    for (size_t i = 0; i < n_a; i++)
        match[i] = LAYOUT_NONE;
    /* What is the same and where it was comes first: a second core has slots, too. */
    for (int pass = 0; pass < 4; pass++)
        for (size_t i = 0; i < n_a; i++)
            for (size_t k = 0; k < n_b && match[i] < 0; k++) {
                char x[LAYOUT_NAME_MAX + 1], y[LAYOUT_NAME_MAX + 1];
                const char *dx = old->devices[old->partitions[a[i].partition].device].pm.domain;
                const char *dy = new->devices[new->partitions[b[k].partition].device].pm.domain;
                bool key, place, fits;

                if (taken[k])
                    continue;
                plain_name(old, &a[i], x);
                plain_name(new, &b[k], y);
                key = a[i].key && b[k].key && strcmp(a[i].key, b[k].key) == 0;
                place = change_of(old, &a[i], new, &b[k]) == WORLD_EQUAL;
                fits = pass == 0   ? key && place
                       : pass == 1 ? key
                       : pass == 2 ? strcmp(x, y) == 0
                                   : place && !a[i].key && !b[k].key;
                if (!fits || (pass < 3 && dx && dy && strcmp(dx, dy) != 0))
                    continue;
                match[i] = (int)k;
                taken[k] = true;
            }
    *n_equal = 0;
    for (size_t i = 0; i < n_a; i++) {
        struct world_row *r = &rows[n++];

        *r = (struct world_row){ .change = WORLD_GONE, .has_old = true, .old = a[i] };
        if (match[i] >= 0) {
            r->has_new = true;
            r->new = b[match[i]];
            r->change = change_of(old, &r->old, new, &r->new);
        }
        r->effect = effect_of(r, old);
        *n_equal += r->change == WORLD_EQUAL;
    }
    for (size_t k = 0; k < n_b; k++)
        if (!taken[k]) {
            rows[n] = (struct world_row){ .change = WORLD_NEW, .has_new = true, .new = b[k] };
            rows[n].effect = effect_of(&rows[n], old);
            n++;
        }
    free(a);
    free(b);
    free(taken);
    free(match);
    return n;
}
