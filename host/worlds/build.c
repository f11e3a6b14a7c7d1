/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader finds becomes a layout: devices, partitions in their order, containers around their
 * parts, roles. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

static char *copy(struct build *b, const char *text)
{
    return arena_text(&b->l->inner->arena, text, strlen(text));
}

int build_device(struct build *b, const char *name)
{
    struct layout_device *d;

    b->devices = host_grow(b->devices, b->n_devices, &b->devices_room, sizeof *b->devices);
    d = &b->devices[b->n_devices];
    *d = (struct layout_device){ .name = copy(b, name), .flash = { .unit = 1, .erased = 0xFF } };
    return (int)b->n_devices++;
}

void build_pages(struct build *b, int device, uint64_t size, uint32_t page, uint16_t unit)
{
    struct layout_device *d = &b->devices[device];

    if (size > UINT32_MAX)
        size = UINT32_MAX / page * page;
    d->flash.size = (uint32_t)size;
    d->flash.unit = unit;
    d->flash.n_runs = 0;
    if (size / page)
        d->runs[d->flash.n_runs++] = (struct bh_page_run){ (uint32_t)(size / page), page };
    if (size % page)
        d->runs[d->flash.n_runs++] = (struct bh_page_run){ 1, (uint32_t)(size % page) };
}

void build_chip(struct build *b, int device, const char *chip)
{
    struct node name = { .text = copy(b, chip) };

    read_chip(b->l, &b->devices[device], &name);
}

int build_partition(struct build *b, const char *name, int device, int64_t off, int64_t size,
                    const struct layout_mark *at)
{
    struct layout_partition *p;

    if (off < 0 || size < 0 || off > UINT32_MAX || size > UINT32_MAX) {
        if (off < 0 || size < 0)
            FAULT(b->l, "outside", at, "%s: its %s is below 0", name, size < 0 ? "size" : "offset");
        else
            FAULT(b->l, "outside", at, "%s: 0x%llx bytes at offset 0x%llx are beyond 4 GB", name,
                  (unsigned long long)size, (unsigned long long)off);
        return LAYOUT_NONE;
    }
    b->partitions =
        host_grow(b->partitions, b->n_partitions, &b->partitions_room, sizeof *b->partitions);
    p = &b->partitions[b->n_partitions];
    *p = (struct layout_partition){ .name = copy(b, name),
                                    .device = device,
                                    .solved = true,
                                    .off = (uint32_t)off,
                                    .size = (uint32_t)size,
                                    .parent = LAYOUT_NONE,
                                    .slot = LAYOUT_NONE,
                                    .rp2350.id = LAYOUT_NONE };
    if (at)
        p->at = p->at_size = p->at_place = *at;
    return (int)b->n_partitions++;
}

/* ---- containers ---- */

static bool holds(const struct layout_partition *box, const struct layout_partition *p)
{
    return box->container && box->device == p->device && box->off <= p->off &&
           (uint64_t)p->off + p->size <= (uint64_t)box->off + box->size;
}

/* The smallest container around each; of equal ones the later is inside. */
static void find_parents(struct layout *l)
{
    for (size_t i = 0; i < l->n_partitions; i++) {
        struct layout_partition *p = &l->partitions[i];

        for (size_t k = 0; k < l->n_partitions; k++) {
            const struct layout_partition *box = &l->partitions[k];

            if (k == i || !holds(box, p) || (p->container && box->size == p->size && k > i))
                continue;
            if (p->parent < 0 || box->size < l->partitions[p->parent].size ||
                (box->size == l->partitions[p->parent].size && (int)k > p->parent))
                p->parent = (int)k;
        }
    }
    for (size_t i = 0; i < l->n_partitions; i++)
        for (int up = l->partitions[i].parent; up >= 0 && l->partitions[i].depth < 255;
             up = l->partitions[up].parent)
            l->partitions[i].depth++;
}

/* ---- roles ---- */

static const struct {
    const char *name;
    enum layout_role role;
} roles[] = {
    { "mcuboot", LAYOUT_BOOTLOADER },
    { "boot_partition", LAYOUT_BOOTLOADER },
    { "bootloader", LAYOUT_BOOTLOADER },
    { "mcuboot_primary", LAYOUT_PRIMARY },
    { "slot0_partition", LAYOUT_PRIMARY },
    { "primary", LAYOUT_PRIMARY },
    { "mcuboot_secondary", LAYOUT_SECONDARY },
    { "slot1_partition", LAYOUT_SECONDARY },
    { "secondary", LAYOUT_SECONDARY },
    { "mcuboot_scratch", LAYOUT_SPARE },
    { "scratch_partition", LAYOUT_SPARE },
    { "scratch", LAYOUT_SPARE },
    { "journal_a", LAYOUT_JOURNAL },
    { "journal_b", LAYOUT_JOURNAL },
    { "journal_a_partition", LAYOUT_JOURNAL },
    { "journal_b_partition", LAYOUT_JOURNAL },
    { "ACTIVE", LAYOUT_PRIMARY },
    { "DFU", LAYOUT_SECONDARY }, /* embassy's */
};

/* A blob's nodes have no labels, but a property of that name. */
static const char *role_name(const struct layout_partition *p)
{
    static const struct {
        const char *property, *label;
    } names[] = { { "mcuboot", "boot_partition" },
                  { "image-0", "slot0_partition" },
                  { "image-1", "slot1_partition" },
                  { "image-scratch", "scratch_partition" } };

    for (size_t i = 0; p->dts.name && !p->dts.label && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].property, p->dts.name) == 0)
            return names[i].label;
    return p->name;
}

void roles_by_name(struct layout *l)
{
    int flash;

    for (size_t i = 0; i < l->n_partitions; i++)
        for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
            if (l->partitions[i].role == LAYOUT_PLAIN &&
                strcmp(roles[k].name, role_name(&l->partitions[i])) == 0 &&
                !l->devices[l->partitions[i].device].pm.domain)
                l->partitions[i].role = roles[k].role;
    flash = layout_find_partition(l, "FLASH"); /* of embassy's bootloader: its own place */
    if (flash >= 0 && layout_find_partition(l, "ACTIVE") >= 0 &&
        l->partitions[flash].role == LAYOUT_PLAIN)
        l->partitions[flash].role = LAYOUT_BOOTLOADER;
}

/* ---- all ---- */

static void check_place(struct layout *l, int i)
{
    const struct layout_partition *p = &l->partitions[i];
    const struct layout_device *d = &l->devices[p->device];
    struct layout_finding *f;

    if ((uint64_t)p->off + p->size <= d->flash.size || d->flash.size == 0)
        return;
    f = FAULT(l, "outside", &p->at, "%s: 0x%x-0x%llx is outside %s, which has 0x%x bytes", p->name,
              p->off, (unsigned long long)p->off + p->size, d->name, d->flash.size);
    about(f, p->device, i, LAYOUT_NONE);
    remedy(l, f, "Correct its place or size.");
}

static void name_all(struct layout *l)
{
    for (size_t i = 0; i < l->n_partitions; i++) {
        int old = index_find(&l->inner->names, l->partitions[i].name);
        struct layout_finding *f;

        index_add(&l->inner->names, l->partitions[i].name, (int)i);
        if (old < 0 || l->partitions[old].device != l->partitions[i].device)
            continue;
        f = FAULT(l, "duplicate", &l->partitions[i].at, "two partitions are named %s",
                  l->partitions[i].name);
        if (f)
            f->other = l->partitions[old].at;
    }
}

int build_end(struct build *b)
{
    struct layout *l = b->l;
    struct arena *a = &l->inner->arena;

    l->devices = arena_get(a, (b->n_devices + 1) * sizeof *l->devices);
    if (b->n_devices)
        memcpy(l->devices, b->devices, b->n_devices * sizeof *l->devices);
    l->n_devices = b->n_devices;
    for (size_t i = 0; i < l->n_devices; i++)
        l->devices[i].flash.runs = l->devices[i].runs;
    l->partitions = arena_get(a, (b->n_partitions + 1) * sizeof *l->partitions);
    if (b->n_partitions)
        memcpy(l->partitions, b->partitions, b->n_partitions * sizeof *l->partitions);
    l->n_partitions = b->n_partitions;
    free(b->devices);
    free(b->partitions);
    *b = (struct build){ .l = l };
    find_parents(l);
    name_all(l);
    roles_by_name(l);
    l->boot.bootloader = find_role(l, LAYOUT_BOOTLOADER);
    for (size_t i = 0; i < l->n_partitions; i++)
        check_place(l, (int)i);
    if (!l->product)
        l->product = arena_text(a, "product", 7);
    l->solved = l->n_errors == 0;
    findings_sort(l);
    return l->n_errors ? HOST_BAD_LAYOUT : HOST_OK;
}

struct layout_mark text_mark(struct layout *l, const char *file, const char *text, size_t at)
{
    struct layout_mark m = { arena_text(&l->inner->arena, file, strlen(file)), 1, 1, (uint32_t)at,
                             (uint32_t)at };

    for (size_t i = 0; i < at; i++) {
        m.column++;
        if (text[i] == '\n') {
            m.line++;
            m.column = 1;
        }
    }
    return m;
}
