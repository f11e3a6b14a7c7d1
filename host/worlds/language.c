/* SPDX-License-Identifier: Apache-2.0 */
/* A layout of another tool in our own language: devices with their geometry, every place fixed,
 * and each world's own words, so that the way back loses nothing. It has no 'boot:': what the
 * bootloader does is a decision that no other tool's file tells. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

/* Does it begin and end on borders of pages? */
static bool on_borders(const struct layout *l, const struct layout_partition *p)
{
    const struct bh_flash *f = &l->devices[p->device].flash;
    uint64_t end = (uint64_t)p->off + p->size;

    return page_down(f, p->off) == p->off && page_down(f, end) == end;
}

/* Text within quotes, as YAML reads it. */
static void put_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\x%02x", (unsigned)*text);
        else
            fputc(*text, out);
    fputc('"', out);
}

/* "key: text", with what is before it; nothing if there is no text. */
static void put_word(FILE *out, const char **before, const char *key, const char *text)
{
    if (!text || !*text)
        return;
    fprintf(out, "%s%s: ", *before, key);
    put_text(out, text);
    *before = ", ";
}

/* ---- devices ---- */

/* The one partition of a device that is RAM, if it is all of it; or NULL. */
static const struct layout_partition *whole_ram(const struct layout *l, int device)
{
    const struct layout_partition *only = NULL;

    for (size_t i = 0; i < l->n_partitions; i++)
        if (l->partitions[i].device == device) {
            if (only)
                return NULL;
            only = &l->partitions[i];
        }
    return only && world_is_ram(&l->devices[device]) && only->off == 0 &&
                   only->size == l->devices[device].flash.size && only->size
               ? only
               : NULL;
}

/* RAM belongs to the first device: the processor's. */
static void put_ram(FILE *out, const struct layout *l)
{
    const struct layout_device *d = &l->devices[0];

    if (d->ram_size) {
        fprintf(out, ", ram: {address: 0x%x, size: 0x%x}", d->ram_address, d->ram_size);
        return;
    }
    for (int k = 1; k < (int)l->n_devices; k++)
        if (whole_ram(l, k)) {
            fprintf(out, ", ram: {address: 0x%x, size: 0x%x}", l->devices[k].flash.base,
                    l->devices[k].flash.size);
            return;
        }
}

static void lose_ram(const struct layout *l, struct world_losses *losses)
{
    bool said = l->n_devices && l->devices[0].ram_size;

    for (int d = 0; d < (int)l->n_devices; d++) {
        bool written = d > 0 && !said && whole_ram(l, d);

        said = said || written;
        for (size_t i = 0; i < l->n_partitions && !written; i++)
            if (l->partitions[i].device == d && world_is_ram(&l->devices[d]))
                world_lost(losses, "%s (%s): it is a part of RAM", l->partitions[i].name,
                           SIZE(l->partitions[i].size));
    }
}

static void put_device(FILE *out, const struct layout *l, size_t i)
{
    const struct layout_device *d = &l->devices[i];
    const char *before = ", pm: {";

    fprintf(out, "  %s: {", world_identifier(d->name).text);
    if (d->chip_name)
        fprintf(out, "chip: %s, ", d->chip_name);
    fprintf(out, "size: %u, pages: \"", d->flash.size);
    for (uint8_t k = 0; k < d->flash.n_runs; k++)
        fprintf(out, "%s%ux%u", k ? ", " : "", d->runs[k].count, d->runs[k].size);
    fprintf(out, "\", unit: %u", d->flash.unit);
    if (d->flash.erased != 0xFF)
        fprintf(out, ", erased: 0x%02x", d->flash.erased);
    if (d->flash.mapped)
        fprintf(out, ", mapped: 0x%x", d->flash.base);
    else /* external flash of other tools is serial NOR, unless a person says otherwise */
        fprintf(out, ", mapped: no%s", i ? ", driver: spi_nor" : "");
    put_word(out, &before, "region", d->pm.region);
    put_word(out, &before, "device", d->pm.device);
    put_word(out, &before, "driver", d->pm.driver);
    put_word(out, &before, "domain", d->pm.domain);
    if (*before == ',' && before[1] == ' ' && !before[2])
        fputc('}', out);
    if (i == 0)
        put_ram(out, l);
    if (d->dts) {
        fputs(", dts: ", out);
        put_text(out, d->dts);
    }
    fputs("}\n", out);
}

/* ---- partitions ---- */

static void put_esp(FILE *out, const struct layout_partition *p)
{
    if (!p->esp.type)
        return;
    fprintf(out, ", esp: {type: %s", p->esp.type);
    if (p->esp.subtype && *p->esp.subtype)
        fprintf(out, ", subtype: %s", p->esp.subtype);
    if (p->esp.encrypted || p->esp.readonly)
        fprintf(out, ", flags: [%s%s%s]", p->esp.encrypted ? "encrypted" : "",
                p->esp.encrypted && p->esp.readonly ? ", " : "", p->esp.readonly ? "readonly" : "");
    fputc('}', out);
}

static void put_dts(FILE *out, const struct layout_partition *p)
{
    const char *before = ", dts: {";

    put_word(out, &before, "label", p->dts.label);
    put_word(out, &before, "name", p->dts.name);
    if (p->dts.read_only)
        fprintf(out, "%sread_only: yes", before);
    if (p->dts.read_only || !before[2])
        fputc('}', out);
}

static void put_rp2350(FILE *out, const struct layout_partition *p)
{
    const char *before = ", rp2350: {";

    if (!p->rp2350.given)
        return;
    if (p->rp2350.id >= 0) {
        fprintf(out, "%sid: %d", before, p->rp2350.id);
        before = ", ";
    }
    for (size_t i = 0; i < p->rp2350.families.n; i++) {
        fprintf(out, "%s%s", i ? ", " : before, i ? "" : "families: [");
        put_text(out, p->rp2350.families.list[i]);
        before = ", ";
    }
    if (p->rp2350.families.n)
        fputc(']', out);
    for (size_t i = 0; i < p->rp2350.flags.n; i++) {
        fprintf(out, "%s%s%s", i ? ", " : before, i ? "" : "flags: [",
                world_identifier(p->rp2350.flags.list[i]).text);
        before = ", ";
    }
    if (p->rp2350.flags.n)
        fputc(']', out);
    put_word(out, &before, "permissions", p->rp2350.permissions);
    put_word(out, &before, "link", p->rp2350.link);
    if (!before[2])
        fputc('}', out);
}

/* Do the parts of a container fill it, one after the other? Only then is it where they are. */
static bool is_filled(const struct layout *l, int box, const int *order, size_t n)
{
    uint64_t at = l->partitions[box].off;
    size_t parts = 0;

    for (size_t k = 0; k < n; k++) {
        const struct layout_partition *p = &l->partitions[order[k]];

        if (p->parent != box || p->size == 0)
            continue;
        if (p->off != at)
            return false;
        at += p->size;
        parts++;
    }
    return parts && at == (uint64_t)l->partitions[box].off + l->partitions[box].size;
}

static void put_partition(FILE *out, const struct layout *l, int i, const bool *spans,
                          const int *order, size_t n)
{
    const struct layout_partition *p = &l->partitions[i];
    const char *before = "";

    fprintf(out, "  %s: {region: %s, ", world_identifier(p->name).text,
            world_identifier(l->devices[p->device].name).text);
    if (spans[i]) {
        fputs("span: [", out);
        for (size_t k = 0; k < n; k++)
            if (l->partitions[order[k]].parent == i && l->partitions[order[k]].size) {
                fprintf(out, "%s%s", before, world_identifier(l->partitions[order[k]].name).text);
                before = ", ";
            }
        fputc(']', out);
    } else {
        fprintf(out, "at: 0x%x, size: 0x%x%s", p->off, p->size,
                on_borders(l, p) ? "" : ", pages: no");
    }
    put_esp(out, p);
    put_dts(out, p);
    if (p->pm && strcmp(p->pm, p->name) != 0)
        fprintf(out, ", pm: %s", world_identifier(p->pm).text);
    put_rp2350(out, p);
    fputs("}\n", out);
}

/* What is written: all but RAM, gaps that have a name, and parts of a place that they do not
 * fill. */
static size_t choose(const struct layout *l, int *which, bool *spans, int *order,
                     struct world_losses *losses)
{
    size_t n = 0;

    for (int d = 0; d < (int)l->n_devices; d++) {
        size_t m = layout_order(l, d, order);

        for (size_t k = 0; k < m; k++) {
            const struct layout_partition *p = &l->partitions[order[k]];
            bool inside = p->parent >= 0;

            if (world_is_ram(&l->devices[d]) || p->size == 0 || strncmp(p->name, "EMPTY_", 6) == 0)
                continue;
            if (inside && !spans[p->parent]) {
                world_lost(losses, "%s (%s): it is a part of %s, which it does not fill", p->name,
                           SIZE(p->size), l->partitions[p->parent].name);
                continue;
            }
            spans[order[k]] = p->container && is_filled(l, order[k], order, m);
            which[n++] = order[k];
        }
    }
    return n;
}

/* Our language takes no two names that differ in capitals only. */
static int check_capitals(const struct layout *l, const char *const *names, const int *which,
                          size_t n, struct host_error *e)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcasecmp(names[i], names[k]) == 0 && strcmp(names[i], names[k]) != 0)
                return host_fail(
                    e, HOST_BAD_LAYOUT, host_in(l->path), "Rename one of them there.",
                    "%s and %s differ in capitals only, and would have the same macros",
                    l->partitions[which[k]].name, l->partitions[which[i]].name);
    return HOST_OK;
}

WRITER(write_layout)
{
    int *which = calloc(l->n_partitions + 1, sizeof *which);
    int *order = calloc(l->n_partitions + 1, sizeof *order);
    bool *spans = calloc(l->n_partitions + 1, sizeof *spans);
    const char **names = calloc(l->n_partitions + 1, sizeof *names);
    struct world_name *texts = calloc(l->n_partitions + 1, sizeof *texts);
    size_t n;
    int code;

    (void)options;
    if (!which || !order || !spans || !names || !texts)
        host_no_memory();
    n = choose(l, which, spans, order, losses);
    for (size_t i = 0; i < n; i++) {
        texts[i] = world_identifier(l->partitions[which[i]].name);
        names[i] = texts[i].text;
    }
    code = check_capitals(l, names, which, n, e);
    if (code == HOST_OK)
        code = l->boot.given ? host_fail(e, HOST_BAD_INPUT, host_in(l->path), "Take another --to.",
                                         "it is a layout already")
                             : names_differ(l, "our language", names, which, n, losses, e);
    if (code == HOST_OK) {
        fprintf(out, "layout: 1\nproduct: %s\n\ndevices:\n", world_identifier(l->product).text);
        for (size_t i = 0; i < l->n_devices; i++)
            if (!world_is_ram(&l->devices[i]))
                put_device(out, l, i);
        fputs("\npartitions:\n", out);
        for (size_t i = 0; i < n; i++)
            put_partition(out, l, which[i], spans, which, n);
        lose_ram(l, losses);
    }
    free(which);
    free(order);
    free(spans);
    free(names);
    free(texts);
    return code;
}
