/* SPDX-License-Identifier: Apache-2.0 */
/* What a partition is called in each world, and which of them count as places of their own. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

/* One thing in all worlds. The first of a key is how it is written. */
static const struct same {
    const char *key, *pm, *label, *name; /* name: the label property */
} table[] = {
    { "boot", "mcuboot", "boot_partition", "mcuboot" },
    { "slot0", "mcuboot_primary", "slot0_partition", "image-0" },
    { "slot1", "mcuboot_secondary", "slot1_partition", "image-1" },
    { "slot2", "mcuboot_primary_1", "slot2_partition", "image-2" },
    { "slot3", "mcuboot_secondary_1", "slot3_partition", "image-3" },
    { "slot4", "mcuboot_primary_2", "slot4_partition", "image-4" },
    { "slot5", "mcuboot_secondary_2", "slot5_partition", "image-5" },
    { "slot6", "mcuboot_primary_3", "slot6_partition", "image-6" },
    { "slot7", "mcuboot_secondary_3", "slot7_partition", "image-7" },
    { "scratch", "mcuboot_scratch", "scratch_partition", "image-scratch" },
    { "b0", "b0", "b0_partition", "b0" },
    { "b0n", "b0n", "b0n_partition", "b0n" },
    { "s0", "s0_image", "s0_partition", "b0-image-0" },
    { "s1", "s1_image", "s1_partition", "b0-image-1" },
    { "provision", "provision", "provision_partition", "b0-provision-data" },
    { "slot0_s", "tfm_secure", "slot0_s_partition", "image-0-secure" },
    { "slot0_ns", "tfm_nonsecure", "slot0_ns_partition", "image-0-nonsecure" },
    { "tfm_storage", "tfm_storage", "tfm_storage_partition", "tfm-storage" },
    { "tfm_its", "tfm_its", "tfm_its_partition", "tfm-its" },
    { "tfm_ps", "tfm_ps", "tfm_ps_partition", "tfm-ps" },
    { "tfm_otp", "tfm_otp_nv_counters", "tfm_otp_partition", "tfm-otp" },
    { "storage", "settings_storage", "storage_partition", "storage" },
    { "factory_data", "factory_data", "factory_data_partition", "factory-data" },
};
#define N (sizeof table / sizeof *table)

bool world_is_ram(const struct layout_device *d)
{
    return d->driver && strcmp(d->driver, "ram") == 0;
}

static const struct same *same_of(const struct layout_partition *p)
{
    const char *key = p->role == LAYOUT_BOOTLOADER  ? "boot"
                      : p->role == LAYOUT_PRIMARY   ? "slot0"
                      : p->role == LAYOUT_SECONDARY ? "slot1"
                      : p->role == LAYOUT_SPARE     ? "scratch"
                                                    : NULL;
    const char *pm = p->pm ? p->pm : p->name, *label = p->dts.label ? p->dts.label : p->name;

    if (p->slot > 0) /* further pairs: mcuboot_primary_1 */
        for (size_t i = 0; i < N && (p->role == LAYOUT_PRIMARY || p->role == LAYOUT_SECONDARY); i++)
            if (strncmp(table[i].key, "slot", 4) == 0 &&
                table[i].key[4] == '0' + 2 * p->slot + (p->role == LAYOUT_SECONDARY) &&
                !table[i].key[5])
                return &table[i];
    for (size_t i = 0; i < N; i++)
        if ((key && strcmp(table[i].key, key) == 0) || strcmp(table[i].pm, pm) == 0 ||
            strcmp(table[i].label, label) == 0)
            return &table[i];
    for (size_t i = 0; i < N; i++)
        if (strcmp(p->name, "settings") == 0 && strcmp(table[i].key, "storage") == 0)
            return &table[i];
    return NULL;
}

struct world_name world_pm_name(const struct layout *l, int partition)
{
    const struct layout_partition *p = &l->partitions[partition];
    const struct same *s = same_of(p);
    struct world_name n;
    size_t len;

    snprintf(n.text, sizeof n.text, "%s", p->pm ? p->pm : s ? s->pm : p->name);
    len = strlen(n.text);
    if (!p->pm && !s && len > 10 && strcmp(n.text + len - 10, "_partition") == 0)
        n.text[len - 10] = 0;
    return n;
}

static bool ends(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);

    return a >= b && strcmp(text + a - b, end) == 0;
}

struct world_name world_dts_label(const struct layout *l, const struct world_item *item)
{
    const struct layout_partition *p = &l->partitions[item->partition];
    const struct same *s = same_of(p);
    struct world_name n;

    if (p->dts.label || s)
        snprintf(n.text, sizeof n.text, "%s", p->dts.label ? p->dts.label : s->label);
    else /* as Nordic's pm_to_dts has it, for what comes from there */
        snprintf(n.text, sizeof n.text, "%s%s", p->name,
                 p->pm || ends(p->name, "_partition") ? "" : "_partition");
    return n;
}

struct world_name world_dts_name(const struct layout *l, const struct world_item *item)
{
    const struct layout_partition *p = &l->partitions[item->partition];
    const struct same *s = same_of(p);
    struct world_name n;
    size_t len;

    snprintf(n.text, sizeof n.text, "%s", p->dts.name ? p->dts.name : s ? s->name : p->name);
    len = strlen(n.text);
    if (p->dts.name || s)
        return n;
    if (len > 10 && ends(n.text, "_partition"))
        n.text[len - 10] = 0;
    for (char *c = n.text; *c; c++)
        *c = *c == '_' ? '-' : *c;
    return n;
}

/* ---- items ---- */

/* A container that is one place: a slot, or one that has no parts. */
static bool is_one(const struct layout *l, int i)
{
    const struct layout_partition *p = &l->partitions[i];
    const struct same *s = same_of(p);

    if (!p->container)
        return true;
    for (size_t k = 0; k < l->n_partitions; k++)
        if (l->partitions[k].parent == i)
            return s && (strncmp(s->key, "slot", 4) == 0 || strcmp(s->key, "scratch") == 0);
    return true;
}

/* Inside something that is one place. TF-M's two parts are places in a slot. */
static bool is_part(const struct layout *l, int i)
{
    const struct same *s = same_of(&l->partitions[i]);

    if (s && (strcmp(s->key, "slot0_s") == 0 || strcmp(s->key, "slot0_ns") == 0))
        return false;
    for (int up = l->partitions[i].parent; up >= 0; up = l->partitions[up].parent)
        if (is_one(l, up))
            return true;
    return false;
}

/* Named by Partition Manager, and nothing of anybody's. */
static bool is_gap(const struct layout *l, const struct layout_partition *p)
{
    const struct layout_device *d = &l->devices[p->device];

    return strncmp(p->name, "EMPTY_", 6) == 0 || strcmp(p->name, "external_flash") == 0 ||
           (d->pm.region && strcmp(d->pm.region, p->name) == 0) || p->size == 0;
}

size_t world_items(const struct layout *l, struct world_item *items)
{
    int *order = calloc(l->n_partitions + 1, sizeof *order);
    size_t n = 0;

    if (!order)
        host_no_memory();
    for (int d = 0; d < (int)l->n_devices; d++) {
        size_t m = layout_order(l, d, order);

        for (size_t k = 0; k < m; k++) {
            int i = order[k];
            const struct layout_partition *p = &l->partitions[i];
            const struct same *s = same_of(p);

            if (world_is_ram(&l->devices[d]) || !is_one(l, i) || is_part(l, i) || is_gap(l, p))
                continue;
            items[n++] = (struct world_item){ .partition = i,
                                              .key = s ? s->key : NULL,
                                              .addressed = l->devices[d].flash.mapped,
                                              .address = address_of(l, p),
                                              .size = p->size };
        }
    }
    free(order);
    return n;
}

/* ---- for writers ---- */

int find_role(const struct layout *l, enum layout_role role)
{
    for (size_t i = 0; i < l->n_partitions; i++)
        if (l->partitions[i].role == role)
            return (int)i;
    return LAYOUT_NONE;
}

uint64_t address_of(const struct layout *l, const struct layout_partition *p)
{
    const struct bh_flash *f = &l->devices[p->device].flash;

    return (uint64_t)(f->mapped ? f->base : 0) + p->off;
}

void lose_others(const struct layout *l, const int *written, size_t n, struct world_losses *losses)
{
    struct world_item *items = calloc(l->n_partitions + 1, sizeof *items);
    size_t m;

    if (!items)
        host_no_memory();
    m = world_items(l, items);
    for (size_t i = 0; i < m; i++) {
        bool there = false;

        for (size_t k = 0; k < n; k++)
            there = there || written[k] == items[i].partition;
        if (!there)
            world_lost(losses, "%s (%s)", l->partitions[items[i].partition].name,
                       SIZE(items[i].size));
    }
    free(items);
}

void lose_boot(const struct layout *l, struct world_losses *losses)
{
    if (l->boot.given)
        world_lost(losses, "the section 'boot:' (plan, mailbox, keys, trial boots)");
}

int names_differ(const struct layout *l, const char *world, const char *const *names,
                 const int *partitions, size_t n, struct host_error *e)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(names[i], names[k]) == 0)
                return host_fail(
                    e, HOST_BAD_LAYOUT, host_in(l->path),
                    "Write another name for one of them: 'pm: NAME', or 'dts: {label: NAME}'.",
                    "%s and %s would both be %s in %s", l->partitions[partitions[k]].name,
                    l->partitions[partitions[i]].name, names[i], world);
    return HOST_OK;
}
