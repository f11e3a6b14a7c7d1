/* SPDX-License-Identifier: Apache-2.0 */
/* What a partition is called in each world, and which of them count as places of their own. */
#define _GNU_SOURCE
#include "inner.h"

#include <ctype.h>
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
    { "slot8", "mcuboot_primary_4", "slot8_partition", "image-8" },
    { "slot9", "mcuboot_secondary_4", "slot9_partition", "image-9" },
    { "slot10", "mcuboot_primary_5", "slot10_partition", "image-10" },
    { "slot11", "mcuboot_secondary_5", "slot11_partition", "image-11" },
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

static bool is_row(const struct layout_partition *p, const char *type, const char *subtype)
{
    return p->esp.type && p->esp.subtype && strcmp(p->esp.type, type) == 0 &&
           strcmp(p->esp.subtype, subtype) == 0;
}

enum layout_role role_of(const struct layout_partition *p)
{
    if (p->role == LAYOUT_PLAIN && is_row(p, "app", "ota_0"))
        return LAYOUT_PRIMARY;
    return p->role == LAYOUT_PLAIN && is_row(p, "app", "ota_1") ? LAYOUT_SECONDARY : p->role;
}

int image_of_domain(const struct layout *l, int device)
{
    int image = LAYOUT_NONE;

    if (!l->devices[device].pm.domain || !l->devices[device].flash.mapped)
        return LAYOUT_NONE;
    for (size_t i = 0; i < l->n_partitions; i++) {
        const struct layout_partition *p = &l->partitions[i];

        if (p->device == device && !p->container &&
            (image < 0 || p->size > l->partitions[image].size))
            image = (int)i;
    }
    return image;
}

static const struct same *same_of(const struct layout *l, const struct layout_partition *p)
{
    enum layout_role role = role_of(p);
    const char *key = role == LAYOUT_BOOTLOADER                                   ? "boot"
                      : role == LAYOUT_PRIMARY                                    ? "slot0"
                      : role == LAYOUT_SECONDARY                                  ? "slot1"
                      : role == LAYOUT_SPARE                                      ? "scratch"
                      : image_of_domain(l, p->device) == (int)(p - l->partitions) ? "slot0"
                                                                                  : NULL;
    const char *pm = p->pm ? p->pm : p->name, *label = p->dts.label ? p->dts.label : p->name;

    if (p->slot > 0 && (role == LAYOUT_PRIMARY || role == LAYOUT_SECONDARY)) {
        char further[16]; /* pairs after the first: mcuboot_primary_1 */

        snprintf(further, sizeof further, "slot%d", 2 * p->slot + (role == LAYOUT_SECONDARY));
        for (size_t i = 0; i < N; i++)
            if (strcmp(table[i].key, further) == 0)
                return &table[i];
    }
    for (size_t i = 0; i < N; i++)
        if ((key && strcmp(table[i].key, key) == 0) || strcmp(table[i].pm, pm) == 0 ||
            strcmp(table[i].label, label) == 0 ||
            (p->dts.name && !p->dts.label && strcmp(table[i].name, p->dts.name) == 0))
            return &table[i];
    for (size_t i = 0; i < N; i++)
        if (strcmp(p->name, "settings") == 0 && strcmp(table[i].key, "storage") == 0)
            return &table[i];
    return NULL;
}

/* Letters, digits and _: what C, a devicetree's labels and our own language take. */
static void make_identifier(struct world_name *n)
{
    size_t len = strlen(n->text);

    if (n->text[0] >= '0' && n->text[0] <= '9' && len + 1 < sizeof n->text) {
        memmove(n->text + 1, n->text, len + 1);
        n->text[0] = '_';
    }
    for (char *c = n->text; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
    if (!n->text[0])
        snprintf(n->text, sizeof n->text, "_");
}

struct world_name world_identifier(const char *name)
{
    struct world_name n;

    snprintf(n.text, sizeof n.text, "%.*s", (int)LAYOUT_NAME_MAX, name);
    make_identifier(&n);
    return n;
}

/* Its name there, where it is not that of the table above. */
static const char *own_pm_name(const struct layout *l, const struct layout_partition *p)
{
    if (p->pm)
        return p->pm;
    if (image_of_domain(l, p->device) == (int)(p - l->partitions))
        return p->name;
    if (p->role == LAYOUT_PLAIN && role_of(p) == LAYOUT_PRIMARY)
        return "app"; /* no header is before it, and no container around it */
    if (is_row(p, "data", "littlefs") || strcmp(p->name, "files") == 0)
        return "littlefs_storage";
    return NULL;
}

struct world_name world_pm_name(const struct layout *l, int partition)
{
    const struct layout_partition *p = &l->partitions[partition];
    const struct same *s = same_of(l, p);
    const char *own = own_pm_name(l, p);
    struct world_name n;
    size_t len;

    snprintf(n.text, sizeof n.text, "%s", own ? own : s ? s->pm : p->name);
    len = strlen(n.text);
    if (!own && !s && len > 10 && strcmp(n.text + len - 10, "_partition") == 0)
        n.text[len - 10] = 0;
    make_identifier(&n);
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
    const struct same *s = same_of(l, p);
    struct world_name n;

    if (p->dts.label || s)
        snprintf(n.text, sizeof n.text, "%s", p->dts.label ? p->dts.label : s->label);
    else /* as Nordic's pm_to_dts has it, for what comes from there */
        snprintf(n.text, sizeof n.text, "%s%s", p->name,
                 p->pm || ends(p->name, "_partition") ? "" : "_partition");
    make_identifier(&n);
    return n;
}

struct world_name world_dts_name(const struct layout *l, const struct world_item *item)
{
    const struct layout_partition *p = &l->partitions[item->partition];
    const struct same *s = same_of(l, p);
    struct world_name n;
    size_t len;

    snprintf(n.text, sizeof n.text, "%s", p->dts.name ? p->dts.name : s ? s->name : p->name);
    for (char *c = n.text; *c; c++) /* it is within quotes */
        *c = *c == '"' || *c == '\\' || (unsigned char)*c < 0x20 ? '_' : *c;
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
    const struct same *s = same_of(l, p);

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
    const struct same *s = same_of(l, &l->partitions[i]);

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
            const struct same *s = same_of(l, p);

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
        if (role_of(&l->partitions[i]) == role)
            return (int)i;
    return LAYOUT_NONE;
}

bool is_known_label(const char *label)
{
    for (size_t i = 0; label && i < N; i++)
        if (strcmp(table[i].label, label) == 0)
            return true;
    return false;
}

int find_slot(const struct layout *l, int slot)
{
    char key[16];

    snprintf(key, sizeof key, "slot%d", slot);
    for (size_t i = 0; i < l->n_partitions; i++) {
        const struct same *s = same_of(l, &l->partitions[i]);

        if (s && strcmp(s->key, key) == 0)
            return (int)i;
    }
    return LAYOUT_NONE;
}

uint64_t pages_in(const struct layout *l, int partition, uint32_t *largest, uint32_t *smallest)
{
    const struct layout_partition *p = &l->partitions[partition];
    const struct bh_flash *f = &l->devices[p->device].flash;
    uint64_t end = (uint64_t)p->off + p->size, begin = 0, n = 0;

    *largest = 0;
    *smallest = UINT32_MAX;
    for (uint8_t r = 0; r < f->n_runs; r++) {
        uint64_t size = f->runs[r].size, stop = begin + size * f->runs[r].count;
        uint64_t from = p->off > begin ? p->off : begin, to = end < stop ? end : stop;

        if (from < to) {
            n += (to - begin + size - 1) / size - (from - begin) / size;
            *largest = size > *largest ? (uint32_t)size : *largest;
            *smallest = size < *smallest ? (uint32_t)size : *smallest;
        }
        begin = stop;
    }
    return n;
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
                 const int *partitions, size_t n, struct world_losses *losses, struct host_error *e)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = l->partitions[partitions[i]].name;

        if (strcmp(world_identifier(name).text, name) != 0)
            world_lost(losses, "the name '%s': it is %s in %s", name, names[i], world);
    }
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
