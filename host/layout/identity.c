/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of a layout: one number over all that the bootloader's memory depends on.
 * docs/layout.md has the same list as a table. */
#include "inner.h"

#include "bulkhead/bytes.h"

#include <string.h>

struct sum {
    const struct layout *l;
    uint32_t crc;
    int devices[LAYOUT_DEVICES_MAX]; /* in the order in which they were met */
    size_t n_devices;
};

static void put8(struct sum *s, uint8_t v)
{
    s->crc = bh_crc32(s->crc, &v, 1);
}

static void put32(struct sum *s, uint32_t v)
{
    uint8_t bytes[4];

    bh_store32(bytes, v);
    s->crc = bh_crc32(s->crc, bytes, sizeof bytes);
}

/* Runs of equal pages that follow one another are one. */
static void put_runs(struct sum *s, const struct bh_flash *f)
{
    for (uint8_t i = 0, k; i < f->n_runs; i = k) {
        uint32_t count = f->runs[i].count;

        for (k = (uint8_t)(i + 1); k < f->n_runs && f->runs[k].size == f->runs[i].size; k++)
            count += f->runs[k].count;
        put32(s, count);
        put32(s, f->runs[i].size);
    }
}

/* A device, the first time that it is met with its geometry; later as its number. */
static void put_device(struct sum *s, int device)
{
    const struct bh_flash *f = &s->l->devices[device].flash;

    for (size_t i = 0; i < s->n_devices; i++)
        if (s->devices[i] == device) {
            put8(s, (uint8_t)i);
            return;
        }
    put8(s, (uint8_t)s->n_devices);
    s->devices[s->n_devices++] = device;
    put_runs(s, f);
    put32(s, 0); /* no run has 0 pages: the end of the runs */
    put32(s, f->unit);
    put8(s, f->erased);
    put8(s, f->mapped);
    put32(s, f->mapped ? f->base : 0);
}

static void put_region(struct sum *s, int device, uint32_t off, uint32_t len)
{
    put_device(s, device);
    put32(s, off);
    put32(s, len);
}

static void put_partition(struct sum *s, int i)
{
    const struct layout_partition *p = i >= 0 ? &s->l->partitions[i] : NULL;

    put8(s, p != NULL);
    if (p)
        put_region(s, p->device, p->off, p->size);
}

static void put_slot(struct sum *s, const struct layout_slot *slot)
{
    int spare = slot->spare >= 0 ? slot->spare : slot->secondary;

    put_partition(s, slot->primary);
    put_partition(s, slot->secondary);
    put8(s, slot->spare_kind != LAYOUT_SPARE_NONE);
    if (slot->spare_kind != LAYOUT_SPARE_NONE)
        put_region(s, s->l->partitions[spare].device, slot->spare_off, slot->chunk);
    put32(s, slot->staged_off);
    put32(s, slot->chunk);
    put32(s, slot->image_max);
}

uint32_t layout_identity(const struct layout *l)
{
    struct sum s = { .l = l };

    if (!l->solved || !l->n_devices)
        return 0;
    put8(&s, 1); /* version of this list */
    put8(&s, (uint8_t)l->boot.plan);
    put_partition(&s, l->boot.bootloader);
    put8(&s, (uint8_t)l->n_slots);
    for (size_t i = 0; i < l->n_slots; i++)
        if (l->slots[i].primary < 0 || l->slots[i].secondary < 0)
            return 0;
    for (size_t i = 0; i < l->n_slots; i++)
        put_slot(&s, &l->slots[i]);
    put_partition(&s, l->boot.journal[0]);
    put_partition(&s, l->boot.journal[1]);
    return s.crc ? s.crc : 1; /* 0 is none */
}
