/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes to devices and partitions: what they are, and what each partition asks for. */
#include "inner.h"

#include "host/chips/chips.h"

#include <stdlib.h>
#include <string.h>

/* Was the key written, whatever it said? */
static const struct node *written(const struct node *map, const char *name)
{
    for (const struct node *v = map->first; v; v = v->next)
        if (strcmp(v->key->text, name) == 0)
            return v;
    return NULL;
}

static bool scalar_is(const struct node *n, const char *text)
{
    return n && n->kind == NODE_SCALAR && strcmp(n->text, text) == 0;
}

static bool is_no(const struct node *n)
{
    return scalar_is(n, "no") || scalar_is(n, "false");
}

/* A number at a node that may be of any kind. */
static bool number_at(struct layout *l, const struct node *n, const char *key, bool zero,
                      uint32_t *out)
{
    if (n->kind != NODE_SCALAR) {
        FAULT(l, "kind", &n->at, "%s: a number is needed, not a list or a map", key);
        return false;
    }
    if (!number_check(l, n, key, zero))
        return false;
    *out = node_u32(n);
    return true;
}

/* ---- devices ---- */

/* One of "4x16K, 64K, 3x128K". Cuts it off the text. */
static bool page_run(const char **text, struct bh_page_run *run)
{
    char part[32];
    const char *at = *text, *times;
    size_t len;
    uint64_t count = 1, size = 0;
    bool negative = false;

    at += strspn(at, " ");
    len = strcspn(at, ",");
    *text = at + len + (at[len] == ',');
    while (len && at[len - 1] == ' ')
        len--;
    if (!len || len >= sizeof part)
        return false;
    memcpy(part, at, len);
    part[len] = 0;
    times = part[0] == '0' ? NULL : strchr(part, 'x');
    if (times) {
        part[times - part] = 0;
        if (!number_read(part, &count, &negative) || negative)
            return false;
        times++;
    }
    if (!number_read(times ? times : part, &size, &negative) || negative || !size || !count ||
        size > UINT32_MAX || count > UINT32_MAX)
        return false;
    *run = (struct bh_page_run){ (uint32_t)count, (uint32_t)size };
    return true;
}

static uint64_t pages_of(const struct bh_page_run *runs, uint8_t n)
{
    uint64_t pages = 0;

    for (uint8_t i = 0; i < n; i++)
        pages += runs[i].count;
    return pages;
}

/* The runs of "pages:". One size alone fills the device. */
static bool read_pages(struct layout *l, struct layout_device *d, const struct node *n)
{
    const char *text = n->kind == NODE_SCALAR ? n->text : "";
    uint64_t sum = 0;
    uint8_t runs = 0;

    do {
        if (runs == LAYOUT_RUNS_MAX || !page_run(&text, &d->runs[runs])) {
            remedy(l, FAULT(l, "pages", &n->at, "%s: these pages cannot be read", d->name),
                   "Write '4K', or from the start up '4x16K, 64K, 3x128K'; at most %u runs.",
                   LAYOUT_RUNS_MAX);
            return false;
        }
        sum += (uint64_t)d->runs[runs].count * d->runs[runs].size;
        runs++;
    } while (*text);
    if (runs == 1 && d->runs[0].count == 1 && d->flash.size &&
        d->flash.size % d->runs[0].size == 0) {
        d->runs[0].count = d->flash.size / d->runs[0].size;
        sum = d->flash.size;
    }
    if (pages_of(d->runs, runs) > PAGES_MAX) {
        FAULT(l, "limit", &n->at, "%s: more than %u pages", d->name, PAGES_MAX);
        return false;
    }
    d->flash.n_runs = runs;
    if (!d->flash.size && sum <= UINT32_MAX && (runs > 1 || d->runs[0].count > 1))
        d->flash.size = (uint32_t)sum;
    if (sum == d->flash.size)
        return true;
    remedy(l,
           FAULT(l, "pages", &n->at, "%s: the pages are %s together, and the device has %s",
                 d->name, SIZE(sum), SIZE(d->flash.size)),
           "They must fill it from its start to its end.");
    return false;
}

/* Another size than the chip has: an ESP32 or RP2350 takes what flash is soldered on. */
static bool resize(struct layout *l, struct layout_device *d, const struct node *n)
{
    uint32_t size = node_u32(n), page = d->runs[0].size;

    if (size == d->flash.size)
        return true;
    if (d->chip && d->chip->sizable && d->flash.n_runs == 1 && size % page == 0) {
        d->runs[0].count = size / page;
        d->flash.size = size;
        return true;
    }
    struct layout_finding *f = FAULT(l, "pages", &n->at, "%s: %s is not what %s has (%s)", d->name,
                                     SIZE(size), d->chip_name, SIZE(d->flash.size));
    if (d->chip && d->chip->sizable)
        remedy(l, f, "Its pages have %s: write a multiple.", SIZE(page));
    else
        remedy(l, f,
               "Its flash is a part of the chip: take the chip's other name, or write size and "
               "pages without 'chip:'.");
    return false;
}

static bool good_unit(uint32_t unit)
{
    return unit && unit <= BH_UNIT_MAX && (unit & (unit - 1)) == 0;
}

static void read_mapped(struct layout *l, struct layout_device *d, const struct node *n)
{
    d->flash.mapped = !is_no(n);
    if (d->flash.mapped && !number_at(l, n, "mapped", true, &d->flash.base))
        d->flash.mapped = false;
    if (!d->flash.mapped)
        d->flash.base = 0;
}

static void read_geometry(struct layout *l, struct layout_device *d, const struct node *map,
                          const struct node *const *got)
{
    bool own = !written(map, "chip");
    struct layout_finding *f;

    if (got[DEV_SIZE] && own)
        d->flash.size = node_u32(got[DEV_SIZE]);
    if (got[DEV_PAGES] && !read_pages(l, d, got[DEV_PAGES]))
        d->flash.n_runs = 0; /* nothing can be placed on it */
    else if (got[DEV_SIZE] && !own && d->flash.n_runs && !resize(l, d, got[DEV_SIZE]))
        d->flash.n_runs = 0;
    if (got[DEV_UNIT])
        d->flash.unit = (uint16_t)node_u32(got[DEV_UNIT]);
    if (got[DEV_UNIT] && !good_unit(d->flash.unit)) {
        FAULT(l, "unit", &got[DEV_UNIT]->at,
              "%s: a program unit is a power of two of bytes, 1 to 512", d->name);
        d->flash.unit = 0;
    }
    if (got[DEV_ERASED])
        d->flash.erased = (uint8_t)node_u32(got[DEV_ERASED]);
    if (d->flash.erased != 0xFF && d->flash.erased != 0)
        FAULT(l, "erased", &got[DEV_ERASED]->at, "%s: erased flash reads as 0xFF or as 0", d->name);
    if (got[DEV_MAPPED])
        read_mapped(l, d, got[DEV_MAPPED]);
    if (!own)
        return;
    if (!written(map, "size") && !d->flash.size) {
        f = FAULT(l, "device", &d->at, "%s: neither a chip nor a size", d->name);
        remedy(l, f,
               "Write 'chip: NAME' ('bulkhead layout chips' lists them), or size, pages, unit "
               "and mapped.");
    }
    if (!written(map, "pages") && d->flash.size)
        remedy(l, FAULT(l, "device", &d->at, "%s: its erase pages are missing", d->name),
               "Write 'pages: 4K', or from the start up '4x16K, 64K, 3x128K'.");
    if (!written(map, "unit") && d->flash.size)
        remedy(l, FAULT(l, "device", &d->at, "%s: its program unit is missing", d->name),
               "Write 'unit: 4': the fewest bytes that one program operation writes.");
}

static int no_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    (void)f, (void)off, (void)buf, (void)len;
    return BH_ERR_IO;
}

static int no_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    (void)f, (void)off, (void)buf, (void)len;
    return BH_ERR_IO;
}

static int no_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    (void)f, (void)off, (void)len;
    return BH_ERR_IO;
}

static const struct bh_flash_ops nothing = { .read = no_read,
                                             .program = no_program,
                                             .erase = no_erase };

static void read_ram(struct layout *l, struct layout_device *d, const struct node *map)
{
    const struct node *got[LOAD_N];

    fields_take(l, map, fields_load, LOAD_N, "ram", got);
    d->at_ram = map->key->at;
    d->ram_address = node_u32(got[LOAD_ADDRESS]);
    d->ram_size = node_u32(got[LOAD_SIZE]);
    if (!written(map, "address") || !written(map, "size"))
        remedy(l, FAULT(l, "ram", &map->at, "%s: ram needs address and size", d->name),
               "Write 'ram: {address: 0x20000000, size: 64K}'.");
    else if (got[LOAD_ADDRESS] && got[LOAD_SIZE] && UINT32_MAX - d->ram_address < d->ram_size - 1)
        remedy(l, FAULT(l, "ram", &map->at, "%s: ram ends after the last address", d->name),
               "At 0x%08x there is room for %s.", d->ram_address,
               SIZE((uint64_t)UINT32_MAX - d->ram_address + 1));
}

static void read_device(struct layout *l, struct layout_device *d, const struct node *n)
{
    const struct node *got[DEV_N], *pm[PM_N] = { NULL };

    d->name = n->key->text;
    d->at = n->key->at;
    d->flash.ops = &nothing;
    d->flash.erased = 0xFF;
    fields_take(l, n, fields_device, DEV_N, "a device", got);
    if (got[DEV_CHIP])
        read_chip(l, d, got[DEV_CHIP]);
    read_geometry(l, d, n, got);
    if (got[DEV_VECTORS])
        d->vectors = (uint16_t)node_u32(got[DEV_VECTORS]);
    if (got[DEV_PORT])
        d->port = got[DEV_PORT]->text;
    if (got[DEV_DRIVER])
        d->driver = got[DEV_DRIVER]->text;
    if (got[DEV_RAM])
        read_ram(l, d, got[DEV_RAM]);
    d->rom_copies = got[DEV_ROM_COPIES_TO] != NULL;
    d->rom_copies_to = node_u32(got[DEV_ROM_COPIES_TO]);
    d->dts = node_text(got[DEV_DTS]);
    if (got[DEV_PM])
        fields_take(l, got[DEV_PM], fields_pm, PM_N, "pm of a device", pm);
    d->pm.region = node_text(pm[PM_REGION]);
    d->pm.device = node_text(pm[PM_DEVICE]);
    d->pm.driver = node_text(pm[PM_DRIVER]);
    d->pm.domain = node_text(pm[PM_DOMAIN]);
    d->flash.runs = d->runs;
}

/* Devices and partitions are named by their keys. */
static bool good_key(struct layout *l, const struct node *n, const char *what)
{
    name_check(l, n->key, what);
    if (n->kind != NODE_MAP)
        remedy(l, FAULT(l, "kind", &n->at, "%s: keys are needed, in { } or indented", n->key->text),
               "Write 'name: {size: 32K}'.");
    return n->kind == NODE_MAP;
}

static void read_devices(struct layout *l, const struct node *map)
{
    l->devices = arena_get(&l->inner->arena, LAYOUT_DEVICES_MAX * sizeof *l->devices);
    for (const struct node *n = map->first; n; n = n->next) {
        if (l->n_devices == LAYOUT_DEVICES_MAX) {
            FAULT(l, "limit", &n->key->at, "more than %u devices", LAYOUT_DEVICES_MAX);
            return;
        }
        if (good_key(l, n, "a device") && layout_find_device(l, n->key->text) == LAYOUT_NONE)
            read_device(l, &l->devices[l->n_devices++], n);
    }
}

/* Can partitions be placed on them? */
static bool whole_devices(const struct layout *l)
{
    for (size_t i = 0; i < l->n_devices; i++)
        if (!l->devices[i].flash.size || !l->devices[i].flash.n_runs)
            return false;
    return l->n_devices > 0;
}

/* ---- partitions ---- */

static const char *nth_device(size_t i, const void *context)
{
    const struct layout *l = context;

    return i < l->n_devices ? l->devices[i].name : NULL;
}

/* "3 pages" */
static bool page_count(const char *text, uint64_t *out)
{
    char *end;

    if (text[0] < '1' || text[0] > '9')
        return false;
    *out = strtoull(text, &end, 10);
    return (strcmp(end, " pages") == 0 || strcmp(end, " page") == 0) && *out <= PAGES_MAX;
}

static void read_size(struct layout *l, struct ask *a, const struct node *n)
{
    uint32_t bytes;
    const char *text = n->kind == NODE_SCALAR ? n->text : "";

    if (strcmp(text, "rest") == 0)
        a->size = ASK_REST;
    else if (strcmp(text, "auto") == 0)
        a->size = ASK_AUTO;
    else if (page_count(text, &a->number))
        a->size = ASK_PAGES;
    else if (number_at(l, n, "size", false, &bytes)) {
        a->size = ASK_BYTES;
        a->number = bytes;
    }
}

static void read_share(struct layout *l, struct ask *a, const struct node *n)
{
    if (n->kind == NODE_MAP) {
        if (n->n != 1 || strcmp(n->first->key->text, "one_of") != 0) {
            remedy(l, FAULT(l, "kind", &n->at, "share_size: a name, or a list of names"),
                   "Write 'share_size: primary', or 'share_size: {one_of: [a, b]}'.");
            return;
        }
        n = n->first;
    }
    for (const struct node *i = n->kind == NODE_LIST ? n->first : NULL; i; i = i->next)
        if (i->kind != NODE_SCALAR || !i->text[0]) {
            FAULT(l, "kind", &i->at, "share_size: a name is needed here");
            return;
        }
    if (n->kind == NODE_SCALAR && !n->text[0]) {
        FAULT(l, "kind", &n->at, "share_size: nothing is written here");
        return;
    }
    a->size = ASK_SHARE;
    a->share = n;
    a->like = LAYOUT_NONE;
}

/* Exactly one of size, share_size and span says how large it is. */
static void read_extent(struct layout *l, struct layout_partition *p, struct ask *a,
                        const struct node *const *got)
{
    const struct node *const say[] = { got[PART_SIZE], got[PART_SHARE_SIZE], got[PART_SPAN] };
    const struct node *first = NULL;

    for (int i = 0; i < 3; i++) {
        if (first && say[i]) {
            struct layout_finding *f =
                FAULT(l, "size", &say[i]->key->at, "%s: '%s' and '%s' both say how large it is",
                      p->name, first->key->text, say[i]->key->text);
            if (f)
                f->other = first->key->at;
            remedy(l, f, "Keep one of them.");
        }
        first = first ? first : say[i];
    }
    if (first)
        p->at_size = first->at;
    p->container = got[PART_SPAN] != NULL;
    a->span = got[PART_SPAN];
    if (p->container)
        a->size = ASK_SPAN;
    else if (got[PART_SIZE])
        read_size(l, a, got[PART_SIZE]);
    else if (got[PART_SHARE_SIZE])
        read_share(l, a, got[PART_SHARE_SIZE]);
    else if (!written(a->node, "size") && !written(a->node, "share_size") &&
             !written(a->node, "span"))
        remedy(l, FAULT(l, "size", &p->at, "%s: it has no size", p->name),
               "Write 'size: 32K', 'size: rest', 'share_size: NAME', or 'span: [NAMES]'.");
}

static void read_placement(struct layout *l, struct layout_partition *p, struct ask *a,
                           const struct node *n)
{
    const struct node *got[PLACE_N], *align[ALIGN_N] = { NULL };

    fields_take(l, n, fields_placement, PLACE_N, "placement", got);
    a->before = got[PLACE_BEFORE];
    a->after = got[PLACE_AFTER];
    a->align_next = node_u32(got[PLACE_ALIGN_NEXT]);
    if (got[PLACE_ALIGN])
        fields_take(l, got[PLACE_ALIGN], fields_align, ALIGN_N, "align", align);
    a->align_start = node_u32(align[ALIGN_START]);
    a->align_end = node_u32(align[ALIGN_END]);
    if (a->align_start && a->align_end)
        remedy(l,
               FAULT(l, "placement", &align[ALIGN_END]->at,
                     "%s: start and end cannot both be aligned", p->name),
               "Keep one of them.");
}

static void read_place(struct layout *l, struct layout_partition *p, struct ask *a,
                       const struct node *const *got)
{
    const struct node *const say[] = { got[PART_AT], got[PART_ADDRESS], got[PART_PLACEMENT] };
    const struct node *first = NULL;

    for (int i = 0; i < 3; i++) {
        if (first && say[i]) {
            struct layout_finding *f = FAULT(l, "placement", &say[i]->key->at,
                                             "%s: '%s' and '%s' both say where it begins", p->name,
                                             first->key->text, say[i]->key->text);
            if (f)
                f->other = first->key->at;
            remedy(l, f, "Keep one of them.");
        }
        first = first ? first : say[i];
    }
    if (first)
        p->at_place = first->at;
    if (first && p->container) {
        remedy(l,
               FAULT(l, "span", &first->key->at, "%s: a container begins where its first part does",
                     p->name),
               "Take '%s' away, or give it to the first part.", first->key->text);
        return;
    }
    a->fixed = got[PART_AT] || got[PART_ADDRESS];
    a->address = !got[PART_AT] && got[PART_ADDRESS];
    a->at = node_u32(got[PART_AT] ? got[PART_AT] : got[PART_ADDRESS]);
    if (got[PART_PLACEMENT] && !a->fixed)
        read_placement(l, p, a, got[PART_PLACEMENT]);
}

/* address: to an offset. */
static void read_address(struct layout *l, struct layout_partition *p, struct ask *a)
{
    const struct bh_flash *f = &l->devices[p->device].flash;
    const char *device = l->devices[p->device].name;

    if (!a->fixed || !a->address)
        return;
    if (f->mapped && a->at >= f->base && a->at - f->base < f->size) {
        a->at -= f->base;
        return;
    }
    a->fixed = false;
    if (!f->mapped)
        remedy(l,
               FAULT(l, "range", &p->at_place,
                     "%s: %s is not mapped, so nothing on it has an address", p->name, device),
               "Write 'at: OFFSET'.");
    else
        remedy(l,
               FAULT(l, "range", &p->at_place, "%s: address 0x%x is not on %s (0x%x to 0x%llx)",
                     p->name, a->at, device, f->base, (unsigned long long)f->base + f->size),
               "Write an address there, 'at: OFFSET', or the 'region:' that was meant.");
}

static void read_region(struct layout *l, struct layout_partition *p, struct ask *a,
                        const struct node *n)
{
    int device = n ? layout_find_device(l, n->text) : 0;

    a->region_given = n != NULL && device != LAYOUT_NONE;
    p->device = device == LAYOUT_NONE ? 0 : device;
    if (device == LAYOUT_NONE)
        suggest(l,
                FAULT(l, "unknown-name", &n->at, "%s: there is no device '%s'", p->name, n->text),
                n->text, nth_device, l);
}

static void read_own_pages(struct layout *l, struct ask *a, const struct node *n)
{
    if (!n)
        return;
    if (is_no(n))
        a->pages = PAGES_NO;
    else if (number_at(l, n, "pages", false, &a->pages_size))
        a->pages = PAGES_OWN;
}

static struct layout_names names_of(struct layout *l, const struct node *n)
{
    struct layout_names names = { NULL, 0 };

    if (!n)
        return names;
    names.list = arena_get(&l->inner->arena, (n->n + 1) * sizeof(char *));
    if (n->kind == NODE_SCALAR)
        names.list[names.n++] = n->text;
    for (const struct node *i = n->kind == NODE_LIST ? n->first : NULL; i; i = i->next)
        names.list[names.n++] = i->text;
    return names;
}

static void read_esp(struct layout *l, struct layout_partition *p, const struct node *map)
{
    const struct node *got[ESP_N_];

    fields_take(l, map, fields_esp, ESP_N_, "esp", got);
    p->esp.type = node_text(got[ESP_TYPE_]);
    p->esp.subtype = node_text(got[ESP_SUBTYPE_]);
    if (!got[ESP_FLAGS_])
        return;
    if (got[ESP_FLAGS_]->kind != NODE_LIST) {
        FAULT(l, "kind", &got[ESP_FLAGS_]->at, "flags: a list is needed, [encrypted]");
        return;
    }
    for (const struct node *i = got[ESP_FLAGS_]->first; i; i = i->next) {
        p->esp.encrypted = p->esp.encrypted || scalar_is(i, "encrypted");
        p->esp.readonly = p->esp.readonly || scalar_is(i, "readonly");
        if (!scalar_is(i, "encrypted") && !scalar_is(i, "readonly"))
            FAULT(l, "choice", &i->at, "flags: there are encrypted and readonly, no others");
    }
}

static void read_words(struct layout *l, struct layout_partition *p, const struct node *const *got)
{
    const struct node *dts[DTS_N] = { NULL }, *rp[RP_N] = { NULL };

    if (got[PART_ESP])
        read_esp(l, p, got[PART_ESP]);
    if (got[PART_DTS])
        fields_take(l, got[PART_DTS], fields_dts, DTS_N, "dts", dts);
    p->dts.label = node_text(dts[DTS_LABEL]);
    p->dts.name = node_text(dts[DTS_NAME]);
    p->dts.read_only = node_yes(dts[DTS_READ_ONLY]);
    p->pm = node_text(got[PART_PM]);
    p->rp2350.id = LAYOUT_NONE;
    if (!got[PART_RP2350])
        return;
    fields_take(l, got[PART_RP2350], fields_rp2350, RP_N, "rp2350", rp);
    p->rp2350.given = true;
    if (rp[RP_ID])
        p->rp2350.id = (int)node_u32(rp[RP_ID]);
    p->rp2350.families = names_of(l, rp[RP_FAMILIES]);
    p->rp2350.permissions = node_text(rp[RP_PERMISSIONS]);
    p->rp2350.link = node_text(rp[RP_LINK]);
    p->rp2350.flags = names_of(l, rp[RP_FLAGS]);
}

static void read_partition(struct layout *l, struct layout_partition *p, struct ask *a,
                           const struct node *n)
{
    const struct node *got[PART_N];

    *p = (struct layout_partition){ .name = n->key->text,
                                    .at = n->key->at,
                                    .at_size = n->key->at,
                                    .at_place = n->key->at,
                                    .parent = LAYOUT_NONE,
                                    .slot = LAYOUT_NONE };
    a->node = n;
    a->before_i = a->after_i = a->like = LAYOUT_NONE;
    fields_take(l, n, fields_partition, PART_N, "a partition", got);
    read_region(l, p, a, got[PART_REGION]);
    read_extent(l, p, a, got);
    read_place(l, p, a, got);
    read_address(l, p, a);
    read_own_pages(l, a, got[PART_PAGES]);
    a->inside = got[PART_INSIDE];
    if (got[PART_IMAGE]) {
        p->image = got[PART_IMAGE]->text;
        p->at_image = got[PART_IMAGE]->at;
    }
    read_words(l, p, got);
}

static void read_partitions(struct layout *l, const struct node *map)
{
    struct layout_inner *in = l->inner;

    l->partitions = arena_get(&in->arena, (map->n + 1) * sizeof *l->partitions);
    in->asks = arena_get(&in->arena, (map->n + 1) * sizeof *in->asks);
    for (const struct node *n = map->first; n; n = n->next) {
        int i = (int)l->n_partitions;

        if (!good_key(l, n, "a partition") || index_find(&in->names, n->key->text) != LAYOUT_NONE)
            continue;
        l->n_partitions++;
        index_add(&in->names, n->key->text, i);
        read_partition(l, &l->partitions[i], &in->asks[i], n);
    }
}

/* ---- all ---- */

static void say_missing(struct layout *l, const char *key, const char *what)
{
    remedy(l, FAULT(l, "missing", &l->inner->root->at, "there is no '%s:'", key), "%s", what);
}

bool read_layout(struct layout *l)
{
    const struct node *root = l->inner->root, *got[TOP_N];

    if (!written(root, "layout")) {
        say_missing(l, "layout",
                    "Begin the file with 'layout: 1'. A file of Partition Manager is "
                    "another language.");
        return false;
    }
    fields_take(l, root, fields_top, TOP_N, "a layout", got);
    l->product = node_text(got[TOP_PRODUCT]);
    if (!written(root, "product"))
        say_missing(l, "product", "Write 'product: NAME': it begins every name that is generated.");
    if (!written(root, "devices"))
        say_missing(l, "devices", "Write 'devices:', and below it 'internal: {chip: NAME}'.");
    if (!written(root, "partitions"))
        say_missing(l, "partitions", "Write 'partitions:', and below it one line for each.");
    if (got[TOP_DEVICES])
        read_devices(l, got[TOP_DEVICES]);
    if (got[TOP_DEVICES] && got[TOP_DEVICES]->n == 0)
        FAULT(l, "missing", &got[TOP_DEVICES]->at, "devices: there is none");
    if (got[TOP_PARTITIONS] && l->n_devices)
        read_partitions(l, got[TOP_PARTITIONS]);
    if (got[TOP_PARTITIONS] && got[TOP_PARTITIONS]->n == 0)
        FAULT(l, "missing", &got[TOP_PARTITIONS]->at, "partitions: there is none");
    if (got[TOP_BOOT] && l->n_partitions)
        read_boot(l, got[TOP_BOOT]);
    return whole_devices(l);
}
