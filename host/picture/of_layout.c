/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of a layout. */
#include "host/layout/layout.h"
#include "host/picture/picture.h"

#include <stdlib.h>

static const char *role(struct picture *p, const struct layout *l, const struct layout_partition *q)
{
    static const char *const plain[] = {
        [LAYOUT_BOOTLOADER] = "bootloader",
        [LAYOUT_JOURNAL] = "journal",
        [LAYOUT_TABLE] = "partition table",
    };
    static const char *const of_slot[] = {
        [LAYOUT_PRIMARY] = "primary", [LAYOUT_SECONDARY] = "secondary", [LAYOUT_SPARE] = "spare"
    };

    if (q->role == LAYOUT_PRIMARY || q->role == LAYOUT_SECONDARY || q->role == LAYOUT_SPARE)
        return q->slot >= 0 && (size_t)q->slot < l->n_slots
                   ? picture_say(p, "%s of %s", of_slot[q->role], l->slots[q->slot].name)
                   : of_slot[q->role];
    return q->role == LAYOUT_PLAIN ? NULL : plain[q->role];
}

static enum picture_kind kind(enum layout_role role)
{
    static const enum picture_kind kinds[] = {
        [LAYOUT_PLAIN] = PICTURE_DATA,   [LAYOUT_BOOTLOADER] = PICTURE_BOOTLOADER,
        [LAYOUT_PRIMARY] = PICTURE_SLOT, [LAYOUT_SECONDARY] = PICTURE_SLOT,
        [LAYOUT_SPARE] = PICTURE_SLOT,   [LAYOUT_JOURNAL] = PICTURE_JOURNAL,
        [LAYOUT_TABLE] = PICTURE_TABLE,
    };

    return kinds[role];
}

/* What is inside a slot (header, application) has the slot's colour. */
static void dress(const struct layout *l, const struct layout_partition *q,
                  struct picture_part *part)
{
    while (q->role == LAYOUT_PLAIN && q->parent >= 0 && (size_t)q->parent < l->n_partitions)
        q = &l->partitions[q->parent];
    part->kind = kind(q->role);
    part->slot = q->slot >= 0 ? (unsigned)q->slot : 0;
}

static void add_device(struct picture *p, const struct layout *l, int index, int *numbers)
{
    const struct layout_device *from = &l->devices[index];
    struct picture_device *d = picture_add_device(p, from->name, from->chip_name, from->flash.size);
    int n = 0;

    d->runs = from->runs;
    d->n_runs = from->flash.n_runs;
    d->mapped = from->flash.mapped;
    d->base = from->flash.base;
    for (size_t i = 0; i < l->n_partitions; i++) {
        const struct layout_partition *q = &l->partitions[i];
        struct picture_part *part;

        if (q->device != index || !q->solved)
            continue;
        numbers[i] = n++;
        part = picture_add_part(d, q->name, q->off, q->size);
        part->role = role(p, l, q);
        part->container = q->container;
        part->depth = q->depth;
        dress(l, q, part);
    }
}

static void add_finding(struct picture *p, const struct layout *l, const struct layout_finding *f,
                        const int *numbers)
{
    static const enum picture_severity severities[] = {
        [LAYOUT_ERROR] = PICTURE_ERROR,
        [LAYOUT_WARNING] = PICTURE_WARNING,
        [LAYOUT_NOTE] = PICTURE_NOTE,
    };
    const int at[2] = { f->partition, f->partition2 };
    struct picture_finding *to = picture_add_finding(
        p, severities[f->severity],
        picture_say(p, "%s%s%s", f->text, f->remedy ? ". " : "", f->remedy ? f->remedy : ""));

    for (int i = 0, n = 0; i < 2; i++)
        if (at[i] >= 0 && (size_t)at[i] < l->n_partitions && l->partitions[at[i]].solved) {
            to->at[n].device = l->partitions[at[i]].device;
            to->at[n++].part = numbers[at[i]];
        }
    if (to->at[0].device < 0 && f->device >= 0 && (size_t)f->device < l->n_devices)
        to->at[0].device = f->device;
}

void picture_of_layout(struct picture *p, const struct layout *l)
{
    int *numbers = calloc(l->n_partitions + 1, sizeof *numbers);

    *p = (struct picture){ .title = l->product ? l->product : l->path };
    for (size_t i = 0; numbers && i < l->n_devices; i++)
        add_device(p, l, (int)i, numbers);
    for (size_t i = 0; numbers && i < l->n_findings; i++)
        add_finding(p, l, &l->findings[i], numbers);
    free(numbers);
}
