/* SPDX-License-Identifier: Apache-2.0 */
/* Devicetree in, through dtc and libfdt; and out, as an overlay for Zephyr.
 *
 * Every child of a group of partitions is a partition: of a node 'partitions', or of one that is
 * fixed-partitions or fixed-subpartitions, or of a mapped partition. The node above the group is
 * the flash. One walk over the tree, with its own stack. */
#define _GNU_SOURCE
#include "inner.h"

#include "host/io.h"
#include "host/system.h"

#include <ctype.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 32
#define PARTS 1000u
#define PATH_LEN 1024u

bool recognise_dtb(const char *text, size_t len)
{
    return len > sizeof(struct fdt_header) && memcmp(text, "\xD0\x0D\xFE\xED", 4) == 0;
}

bool recognise_dts(const char *text, size_t len)
{
    return !memchr(text, 0, len) &&
           (memmem(text, len, "/dts-v1/", 8) || memmem(text, len, "fixed-partitions", 16) ||
            memmem(text, len, "mapped-partition", 16) || memmem(text, len, "partition@", 10));
}

/* ---- properties ---- */

static bool is_compatible(const void *fdt, int node, const char *with)
{
    int len;
    const char *list = fdt_getprop(fdt, node, "compatible", &len);

    while (list && len > 0) {
        size_t n = strnlen(list, (size_t)len);

        if (n == (size_t)len)
            return false;
        if (strcmp(list, with) == 0)
            return true;
        list += n + 1;
        len -= (int)n + 1;
    }
    return false;
}

static uint32_t cell(const void *fdt, int node, const char *name, uint32_t otherwise)
{
    int len;
    const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

    return p && len == 4 ? fdt32_to_cpu(*p) : otherwise;
}

static const char *text_prop(const void *fdt, int node, const char *name)
{
    int len;
    const char *p = fdt_getprop(fdt, node, name, &len);

    return p && len > 0 && strnlen(p, (size_t)len) == (size_t)len - 1 ? p : NULL;
}

/* Cells of a property as a number, from an index on. */
static bool cells(const void *fdt, int node, const char *name, unsigned at, unsigned n,
                  uint64_t *out)
{
    int len;
    const fdt32_t *p = fdt_getprop(fdt, node, name, &len);

    *out = 0;
    if (!p || n > 2 || len < (int)(4 * (at + n)))
        return false;
    for (unsigned i = 0; i < n; i++)
        *out = *out << 32 | fdt32_to_cpu(p[at + i]);
    return true;
}

/* ---- the walk ---- */

struct level {
    int node;
    bool group, part, disabled;
    int device;                         /* of a group and what is in it */
    uint64_t off;                       /* of a partition, from the start of the device */
    unsigned address_cells, size_cells; /* for its children; 0 address cells: not said */
    size_t path_len;
};

struct found { /* a partition or device, to be named by its label */
    char *path;
    int index;
    bool device;
};

struct walk {
    struct build b;
    const char *file;
    const void *fdt;
    const struct world_options *options;
    struct level levels[DEPTH];
    char path[PATH_LEN];
    struct found *found;
    size_t n_found, room;
    int symbols;
};

static struct layout_mark here(const struct walk *w)
{
    return (struct layout_mark){ w->file, 1, 1, 0, 0 };
}

static char *clean_name(struct layout *l, const char *name, size_t len)
{
    char *out =
        arena_text(&l->inner->arena, name, len < LAYOUT_NAME_MAX - 1 ? len : LAYOUT_NAME_MAX - 1);

    for (char *c = out; *c; c++)
        *c = isalnum((unsigned char)*c) ? *c : '_';
    return out;
}

static void remember(struct walk *w, const struct level *at, int index, bool device)
{
    w->found = host_grow(w->found, w->n_found, &w->room, sizeof *w->found);
    w->found[w->n_found++] =
        (struct found){ arena_text(&w->b.l->inner->arena, w->path, at->path_len), index, device };
}

/* The flash: its size, pages, unit and address. */
static int add_device(struct walk *w, const struct level *flash, const struct level *above)
{
    const void *fdt = w->fdt;
    unsigned ac = above->address_cells ? above->address_cells : 2;
    uint64_t base = 0, size = 0, bits;
    uint32_t page = cell(fdt, flash->node, "erase-block-size", 0x1000);
    uint32_t unit = cell(fdt, flash->node, "write-block-size", 4);
    int len, d;
    const char *name = fdt_get_name(fdt, flash->node, &len);
    bool soc = is_compatible(fdt, flash->node, "soc-nv-flash");
    struct layout_mark at = here(w);

    if (page == 0 || page > 1u << 30 || page % 2) {
        remedy(w->b.l,
               finding(w->b.l, LAYOUT_WARNING, "devicetree", &at,
                       "%.*s: erase-block-size 0x%x is no size of a page: 4 KB are taken",
                       (int)flash->path_len, w->path, page),
               "Write what the chip erases at a time.");
        page = 0x1000;
    }
    if (unit == 0 || unit > BH_UNIT_MAX || (unit & (unit - 1))) {
        remedy(w->b.l,
               finding(w->b.l, LAYOUT_WARNING, "devicetree", &at,
                       "%.*s: write-block-size %u is no program unit: 1 is taken",
                       (int)flash->path_len, w->path, unit),
               "Write a power of two, %u at most.", BH_UNIT_MAX);
        unit = 1;
    }
    d = build_device(&w->b, clean_name(w->b.l, name ? name : "flash", name ? (size_t)len : 5));
    if (cells(fdt, flash->node, "reg", 0, ac, &base))
        cells(fdt, flash->node, "reg", ac, above->size_cells, &size);
    if (!soc && cells(fdt, flash->node, "ranges", 1, 1, &base)) {
        cells(fdt, flash->node, "ranges", 2, 1, &size);
        soc = true;
    }
    if (!soc) {
        base = size = 0;
        if (cells(fdt, flash->node, "size", 0, 1, &bits) ||
            cells(fdt, flash->node, "size", 0, 2, &bits))
            size = bits / 8;
    }
    if (base > UINT32_MAX || size > UINT32_MAX) {
        FAULT(w->b.l, "devicetree", &at, "%.*s is beyond 4 GB", (int)w->levels[0].path_len,
              w->path);
        base = size = 0;
    }
    if (d == 0 && w->options->chip)
        build_chip(&w->b, d, w->options->chip);
    else
        build_pages(&w->b, d, size, page, (uint16_t)unit);
    w->b.devices[d].flash.mapped = soc;
    w->b.devices[d].flash.base = (uint32_t)base;
    remember(w, flash, d, true);
    return d;
}

static void check_unit_address(struct walk *w, const char *name, uint64_t reg)
{
    const char *at_sign = strchr(name, '@');
    struct layout_mark at = here(w);
    char *end;
    unsigned long long said = at_sign ? strtoull(at_sign + 1, &end, 16) : reg;

    if (said == reg)
        return;
    remedy(w->b.l,
           FAULT(w->b.l, "unit-address", &at,
                 "%s: unit address and first address in 'reg' (0x%llx) don't match for %s", w->path,
                 (unsigned long long)reg, w->path),
           "Write %.*s@%llx, or correct reg.", (int)(at_sign ? at_sign - name : 0), name,
           (unsigned long long)reg);
}

/* Parts of a partition are counted from its own reg; another place in 'ranges' is a mistake. */
static void check_part_ranges(struct walk *w, const struct level *l, unsigned ac, uint64_t off)
{
    struct layout_mark at = here(w);
    uint64_t to;

    if (!cells(w->fdt, l->node, "ranges", l->address_cells ? l->address_cells : 1, ac, &to) ||
        to == off)
        return;
    remedy(w->b.l,
           FAULT(w->b.l, "ranges", &at, "%s: ranges leads to 0x%llx, and reg begins at 0x%llx",
                 w->path, (unsigned long long)to, (unsigned long long)off),
           "Write ranges = <0x0 0x%llx SIZE>.", (unsigned long long)off);
}

static void add_partition(struct walk *w, struct level *l, const struct level *parent)
{
    const void *fdt = w->fdt;
    unsigned ac = parent->address_cells ? parent->address_cells : 1;
    uint64_t off, size;
    const char *name = fdt_get_name(fdt, l->node, NULL), *label = text_prop(fdt, l->node, "label");
    struct layout_mark at = here(w);
    int p;

    if (!cells(fdt, l->node, "reg", 0, ac, &off) ||
        !cells(fdt, l->node, "reg", ac, parent->size_cells, &size)) {
        remedy(
            w->b.l,
            FAULT(w->b.l, "devicetree", &at, "%s has no reg of one address and one size", w->path),
            "Write reg = <OFFSET SIZE>, and the cells in the node above it.");
        return;
    }
    check_unit_address(w, name ? name : "", off);
    check_part_ranges(w, l, ac, off);
    l->part = true;
    l->device = parent->device;
    l->off = parent->off + off;
    if (w->b.n_partitions == PARTS) {
        FAULT(w->b.l, "limit", &at, "more than %u partitions", PARTS);
        return;
    }
    if (label)
        label = clean_name(w->b.l, label, strlen(label));
    p = build_partition(&w->b, label ? label : clean_name(w->b.l, name, strlen(name)), l->device,
                        l->off > INT64_MAX ? -1 : (int64_t)l->off,
                        size > INT64_MAX ? -1 : (int64_t)size, &at);
    if (p < 0)
        return;
    w->b.partitions[p].dts.name =
        text_prop(fdt, l->node, "label")
            ? arena_text(&w->b.l->inner->arena, text_prop(fdt, l->node, "label"),
                         strlen(text_prop(fdt, l->node, "label")))
            : NULL;
    w->b.partitions[p].dts.read_only = fdt_getprop(fdt, l->node, "read-only", NULL) != NULL;
    w->b.partitions[p].container =
        is_compatible(fdt, l->node, "fixed-subpartitions") || fdt_first_subnode(fdt, l->node) >= 0;
    remember(w, l, p, false);
}

/* A mapped partition has its address through 'ranges' of every node above it, up to the controller:
 * without one of them it has an offset where its address should be. Where the flash is at 0 the two
 * are the same, but for the group: Zephyr's binding asks for it there. */
static void check_ranges(struct walk *w, int depth)
{
    static const char *const what[] = { "the node above it", "the flash node",
                                        "the flash controller" };
    struct layout_mark at = here(w);
    const struct level *up = &w->levels[depth - 1];

    if (!is_compatible(w->fdt, w->levels[depth].node, "zephyr,mapped-partition") || !up->group)
        return;
    for (int k = 0; k < 3 && depth - 1 - k > 0; k++) {
        if (fdt_getprop(w->fdt, w->levels[depth - 1 - k].node, "ranges", NULL))
            continue;
        if (k && w->b.devices[up->device].flash.base == 0)
            return;
        remedy(
            w->b.l,
            FAULT(w->b.l, "ranges", &at,
                  "%s: 'ranges;' is missing in %s: its address becomes an offset", w->path,
                  what[k]),
            "Write 'ranges;' in partitions and in the controller, and ranges = <0x0 BASE SIZE> in "
            "the flash node.");
        return;
    }
}

static void check_cells(struct walk *w, const struct level *l)
{
    struct layout_mark at = here(w);

    if (l->address_cells)
        return;
    remedy(w->b.l,
           finding(w->b.l, LAYOUT_WARNING, "cells", &at,
                   "%s has no #address-cells and #size-cells: they are not inherited", w->path),
           "Write #address-cells = <1>; #size-cells = <1>; there, not in the flash node.");
}

/* One node: what it is, from what is above it. */
static void visit(struct walk *w, int depth)
{
    struct level *l = &w->levels[depth], *up = depth ? &w->levels[depth - 1] : NULL;
    const char *status = text_prop(w->fdt, l->node, "status");
    int len;
    const char *name = fdt_get_name(w->fdt, l->node, &len);
    bool fixed = is_compatible(w->fdt, l->node, "fixed-partitions");

    l->address_cells = cell(w->fdt, l->node, "#address-cells", 0);
    l->size_cells = cell(w->fdt, l->node, "#size-cells", 1);
    if (l->address_cells > 2 || l->size_cells > 2) /* no reg below it has one address and size */
        l->address_cells = l->size_cells = 3;
    l->disabled = (up && up->disabled) ||
                  (status && strcmp(status, "disabled") == 0 && up && (up->group || up->part));
    if (!up || !name || l->disabled)
        return;
    if ((up->group || up->part) && fdt_getprop(w->fdt, l->node, "reg", NULL)) {
        check_ranges(w, depth);
        add_partition(w, l, up);
        return;
    }
    if (!fixed && strcmp(name, "partitions") != 0)
        return;
    if (fdt_first_subnode(w->fdt, l->node) < 0 || depth < 2)
        return;
    l->group = true;
    check_cells(w, l);
    l->device = add_device(w, up, &w->levels[depth - 2]);
}

/* Labels are in /__symbols__, if the tree was made with them: LABEL = "/path". */
static void name_found(struct walk *w)
{
    int prop, len;

    if (w->symbols < 0)
        return;
    for (prop = fdt_first_property_offset(w->fdt, w->symbols); prop >= 0;
         prop = fdt_next_property_offset(w->fdt, prop)) {
        const char *label, *path = fdt_getprop_by_offset(w->fdt, prop, &label, &len);

        if (!path || len <= 0 || path[len - 1] || !label)
            continue;
        for (size_t i = 0; i < w->n_found; i++) {
            struct found *f = &w->found[i];
            char *name;

            if (strcmp(f->path, path) != 0)
                continue;
            if (!f->device && is_known_label(w->b.partitions[f->index].dts.label))
                continue; /* of several labels of a node, the one with a meaning */
            name = clean_name(w->b.l, label, strlen(label));
            if (f->device) {
                w->b.devices[f->index].name = name;
                w->b.devices[f->index].dts = arena_format(&w->b.l->inner->arena, "&%s", name);
            } else {
                w->b.partitions[f->index].name = name;
                w->b.partitions[f->index].dts.label = name;
            }
        }
    }
}

/* A flash whose size nothing says ends where its last partition ends. */
static void measure(struct build *b)
{
    for (size_t d = 0; d < b->n_devices; d++) {
        uint64_t end = 0;

        if (b->devices[d].flash.size)
            continue;
        for (size_t i = 0; i < b->n_partitions; i++)
            if (b->partitions[i].device == (int)d &&
                (uint64_t)b->partitions[i].off + b->partitions[i].size > end)
                end = (uint64_t)b->partitions[i].off + b->partitions[i].size;
        build_pages(b, (int)d, end, 0x1000, b->devices[d].flash.unit);
    }
}

static int walk_tree(struct walk *w)
{
    int node, depth = 0;

    for (node = 0; node >= 0 && depth >= 0; node = fdt_next_node(w->fdt, node, &depth)) {
        struct level *l;
        int len = 0;
        const char *name = fdt_get_name(w->fdt, node, &len);
        size_t before;

        if (depth >= DEPTH || !name)
            continue;
        l = &w->levels[depth];
        *l = (struct level){ .node = node, .device = LAYOUT_NONE };
        before = depth > 1 ? w->levels[depth - 1].path_len : 0;
        if (depth == 1 && strcmp(name, "__symbols__") == 0)
            w->symbols = node;
        if (depth && before + (size_t)len + 2 < PATH_LEN) {
            w->path[before] = '/';
            memcpy(w->path + before + 1, name, (size_t)len);
            l->path_len = before + 1 + (size_t)len;
        } else {
            l->path_len = before;
        }
        w->path[l->path_len] = 0;
        visit(w, depth);
    }
    name_found(w);
    free(w->found);
    measure(&w->b);
    if (w->b.n_partitions == 0 && w->b.l->n_errors == 0) {
        struct layout_mark at = here(w);

        remedy(w->b.l, FAULT(w->b.l, "devicetree", &at, "the tree has no partitions"),
               "They are below a node 'partitions' of a flash.");
    }
    return build_end(&w->b);
}

READER(read_dtb)
{
    struct walk w = {
        .b = { .l = l }, .file = file, .fdt = text, .options = options, .symbols = -1
    };
    void *copy = NULL;
    int code;

    /* libfdt reads cells in place: they must be aligned as in a file that is loaded by itself. */
    if (len > INT32_MAX || fdt_check_full(text, len))
        return host_fail(e, HOST_BAD_INPUT, host_in(file), "Was the copy cut short?",
                         "this devicetree blob is broken");
    copy = malloc(len);
    if (!copy)
        host_no_memory();
    memcpy(copy, text, len);
    w.fdt = copy;
    code = walk_tree(&w);
    free(copy);
    return code;
}

/* ---- source ---- */

/* Nodes that an overlay names and nothing declares, as empty nodes: it can be read alone. */
static void put_stubs(FILE *out, const char *text, size_t len)
{
    fputs(
        "/dts-v1/;\n/ { #address-cells = <1>; #size-cells = <1>; bulkhead-stubs { #address-cells = <1>; "
        "#size-cells = <1>; ranges;\n",
        out);
    for (size_t i = 0, line = 0; i < len; i++) {
        size_t n = 0;

        if (text[i] == '\n') {
            line = i + 1;
            continue;
        }
        if (text[i] != '&' || i != line)
            continue;
        while (i + 1 + n < len &&
               (isalnum((unsigned char)text[i + 1 + n]) || text[i + 1 + n] == '_'))
            n++;
        if (n && n < LAYOUT_NAME_MAX && !memmem(text, i, text + i, n + 1)) /* the first time */
            fprintf(out, "%.*s: stub-%.*s {};\n", (int)n, text + i + 1, (int)n, text + i + 1);
    }
    fputs("}; };\n", out);
}

static bool names_include(const char *text, size_t len)
{
    return memmem(text, len, "#include", 8) || memmem(text, len, "\n#if", 4) ||
           memmem(text, len, "/include/", 9);
}

static int compile(const char *path, const char *source, size_t len, struct host_bytes *blob,
                   struct host_error *e)
{
    char *in = host_temporary_new(), *out = host_temporary_new();
    const char *argv[] = { "dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-o", out, in, NULL };
    int code = HOST_FAILED, rc;

    if (!in || !out) {
        code = host_fail(e, HOST_FAILED, host_nowhere(), "Is the disk full?",
                         "there is no temporary file to be had");
    } else {
        code = host_write_file(in, source, len, 0600, true, e);
        if (code == HOST_OK) {
            rc = host_run(argv, HOST_RUN_TO_STDERR, NULL);
            if (rc < 0 || rc == 127)
                code = host_fail(e, HOST_FAILED, host_in(path), "Install device-tree-compiler.",
                                 "devicetree source is read by dtc, which is not here");
            else if (rc)
                code = host_fail(e, HOST_BAD_INPUT, host_in(path),
                                 "An overlay needs the tree that it lies over: --base FILE.",
                                 "dtc cannot read it: see above");
            else
                code = host_read_file(out, blob, e);
        }
    }
    if (in)
        host_temporary_remove(in);
    if (out)
        host_temporary_remove(out);
    free(in);
    free(out);
    return code;
}

READER(read_dts)
{
    struct host_bytes base = { 0 }, blob = { 0 };
    char *source = NULL;
    size_t source_len;
    FILE *out;
    int code = HOST_OK;

    if (names_include(text, len))
        return host_fail(e, HOST_BAD_INPUT, host_in(file),
                         "Take zephyr.dts of the build folder, in which it is done.",
                         "this devicetree has yet to go through the C preprocessor");
    if (options->base)
        code = host_read_file(options->base, &base, e);
    if (code)
        return code;
    out = open_memstream(&source, &source_len);
    if (!out)
        host_no_memory();
    if (base.data)
        fwrite(base.data, 1, base.len, out);
    else if (!memmem(text, len, "/dts-v1/", 8))
        put_stubs(out, text, len);
    fputc('\n', out);
    fwrite(text, 1, len, out);
    fclose(out);
    code = compile(file, source, source_len, &blob, e);
    if (code == HOST_OK)
        code = read_dtb(l, file, (const char *)blob.data, blob.len, options, e);
    free(source);
    host_bytes_free(&base);
    host_bytes_free(&blob);
    return code;
}

/* ---- out ---- */

static struct world_name node_of(const struct layout *l, int device)
{
    const struct layout_device *d = &l->devices[device];
    struct world_name n;
    const char *dts = d->dts, *controller = d->pm.device ? d->pm.device : "";

    if (!dts && d->pm.domain)
        dts = "&flash1";
    if (!dts && d->pm.region && strcmp(d->pm.region, "flash_primary") == 0)
        dts = strcmp(controller, "rram_controller") == 0 ? "&cpuapp_rram" : "&flash0";
    if (!dts && d->pm.region && strncmp(d->pm.region, "external_flash", 14) == 0)
        dts = "&mx25r64";
    if (!dts && device == 0)
        dts = "&flash0";
    if (dts)
        snprintf(n.text, sizeof n.text, "%s", dts);
    else
        snprintf(n.text, sizeof n.text, "&%s", d->name);
    return n;
}

static bool is_key(const struct world_item *item, const char *key)
{
    return item->key && strcmp(item->key, key) == 0;
}

static void put_item(FILE *out, const struct layout *l, const struct world_item *item,
                     uint32_t from, bool mapped, bool open, const char *tabs)
{
    const struct layout_partition *p = &l->partitions[item->partition];
    uint32_t off = p->off - from;

    fprintf(out, "\n%s%s%s: partition@%x {\n", tabs,
            is_key(item, "provision") && !p->dts.label ? "bl_storage: " : "", /* Nordic's code */
            world_dts_label(l, item).text, off);
    if (mapped)
        fprintf(out, "%s\tcompatible = \"zephyr,mapped-partition\";\n", tabs);
    else if (open)
        fprintf(out, "%s\tcompatible = \"fixed-subpartitions\";\n", tabs);
    fprintf(out, "%s\tlabel = \"%s\";\n%s\treg = <0x%x 0x%x>;\n", tabs,
            world_dts_name(l, item).text, tabs, off, p->size);
    if (p->dts.read_only || p->role == LAYOUT_BOOTLOADER || is_key(item, "b0") ||
        is_key(item, "b0n"))
        fprintf(out, "%s\tread-only;\n", tabs);
    if (open)
        fprintf(
            out,
            "%s\tranges = <0x0 0x%x 0x%x>;\n%s\t#address-cells = <1>;\n%s\t#size-cells = <1>;\n",
            tabs, off, p->size, tabs, tabs);
    else
        fprintf(out, "%s};\n", tabs);
}

/* Is the second in the first? */
static bool is_inside(const struct layout *l, const struct world_item *box,
                      const struct world_item *item)
{
    const struct layout_partition *b = &l->partitions[box->partition],
                                  *p = &l->partitions[item->partition];

    return box != item && b->device == p->device && b->off <= p->off &&
           (uint64_t)p->off + p->size <= (uint64_t)b->off + b->size &&
           (b->container || b->size > p->size);
}

static void put_device(FILE *out, const struct layout *l, int device,
                       const struct world_item *items, size_t n, bool mapped)
{
    const struct bh_flash *f = &l->devices[device].flash;

    fprintf(out, "\n%s {\n", node_of(l, device).text);
    if (mapped)
        fprintf(out, "\tranges = <0x0 0x%x 0x%x>;\n", f->base, f->size);
    fputs("\t/delete-node/ partitions;\n\n\tpartitions {\n", out);
    if (mapped)
        fputs("\t\tranges;\n", out);
    else
        fputs("\t\tcompatible = \"fixed-partitions\";\n\t\tranges;\n", out);
    fputs("\t\t#address-cells = <1>;\n\t\t#size-cells = <1>;\n", out);
    for (size_t i = 0; i < n; i++) {
        size_t inside = 0;

        if (l->partitions[items[i].partition].device != device)
            continue;
        while (i + 1 + inside < n && is_inside(l, &items[i], &items[i + 1 + inside]))
            inside++;
        put_item(out, l, &items[i], 0, mapped, inside > 0, "\t\t");
        for (size_t k = 1; k <= inside; k++)
            put_item(out, l, &items[i + k], l->partitions[items[i].partition].off, mapped, false,
                     "\t\t\t");
        if (inside)
            fputs("\t\t};\n", out);
        i += inside;
    }
    fputs("\t};\n};\n", out);
}

WRITER(write_dts)
{
    struct world_item *items = calloc(l->n_partitions + 1, sizeof *items);
    const char **names = calloc(l->n_partitions + 1, sizeof *names);
    int *which = calloc(l->n_partitions + 1, sizeof *which), code, slot0 = LAYOUT_NONE;
    struct world_name *texts = calloc(l->n_partitions + 1, sizeof *texts);
    size_t n, m = 0;

    if (!items || !names || !which || !texts)
        host_no_memory();
    n = world_items(l, items);
    for (size_t i = 0; i < n; i++) { /* of this core only */
        const char *domain = l->devices[l->partitions[items[i].partition].device].pm.domain;

        if (strcmp(domain ? domain : "", options->domain ? options->domain : "") != 0) {
            if (!options->domain && !options->domains)
                world_lost(losses, "%s: it is of domain %s, which has an overlay of its own",
                           l->partitions[items[i].partition].name, domain);
            continue;
        }
        items[m] = items[i];
        texts[m] = world_dts_label(l, &items[m]);
        names[m] = texts[m].text;
        which[m] = items[m].partition;
        if (is_key(&items[m], "slot0"))
            slot0 = (int)m;
        m++;
    }
    code = names_differ(l, "a devicetree", names, which, m, losses, e);
    if (code == HOST_OK) {
        fprintf(out, "/* %s: written by 'bulkhead layout convert --to dts'. */\n", l->product);
        if (slot0 >= 0 && l->devices[l->partitions[which[slot0]].device].flash.mapped)
            fprintf(out, "\n/ {\n\tchosen {\n\t\tzephyr,code-partition = &%s;\n\t};\n};\n",
                    names[slot0]);
        for (int d = 0; d < (int)l->n_devices; d++) {
            bool any = false;

            for (size_t i = 0; i < m; i++)
                any = any || l->partitions[items[i].partition].device == d;
            if (any)
                put_device(out, l, d, items, m, l->devices[d].flash.mapped && !options->dts_fixed);
        }
        lose_in_overlay(l, items, m, options->dts_fixed, losses);
        lose_boot(l, losses);
    }
    free(items);
    free(names);
    free(which);
    free(texts);
    return code;
}
