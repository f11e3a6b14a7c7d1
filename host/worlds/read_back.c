/* SPDX-License-Identifier: Apache-2.0 */
/* What a conversion lost, by reading its text again: a writer lists what it leaves out by design;
 * what else is not there any more is found here, whatever the format. Forms that nobody reads, such
 * as pm_config.h, and a made table that is not at 0x8000, are not looked at. Devicetree source is
 * read by dtc, which not every machine has: what an overlay says no word of is listed instead. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Has a loss been told of it? They begin with its name. */
static bool is_told(const struct world_losses *losses, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < losses->n; i++)
        if (strncmp(losses->list[i], name, len) == 0 && losses->list[i][len] &&
            strchr(" :", losses->list[i][len]))
            return true;
    return false;
}

/* A loss that is put together: "NAME: its pages, its size, 8M". */
struct loss {
    char text[512];
};

__attribute__((format(printf, 2, 3))) static void more(struct loss *l, const char *format, ...)
{
    size_t len = strlen(l->text);
    va_list args;

    if (len)
        len += (size_t)snprintf(l->text + len, sizeof l->text - len, ", ");
    if (len >= sizeof l->text)
        return;
    va_start(args, format);
    vsnprintf(l->text + len, sizeof l->text - len, format, args);
    va_end(args);
}

/* ---- devices ---- */

static bool same_pages(const struct layout_device *a, const struct layout_device *b)
{
    const struct bh_flash *x = &a->flash, *y = &b->flash;

    for (uint8_t i = 0; i < x->n_runs || i < y->n_runs; i++) {
        bool last = i + 1 == x->n_runs || i + 1 == y->n_runs;

        if (i >= x->n_runs || i >= y->n_runs)
            return x->size != y->size; /* the shorter of two that begin alike */
        if (a->runs[i].size != b->runs[i].size || (!last && a->runs[i].count != b->runs[i].count))
            return false;
    }
    return true;
}

static void compare_devices(const struct layout_device *a, const struct layout_device *b,
                            struct world_losses *losses)
{
    const struct bh_flash *x = &a->flash, *y = &b->flash;
    struct loss lost = { "" };

    if (is_told(losses, a->name))
        return;
    if (!same_pages(a, b))
        more(&lost, "its pages");
    if (x->unit != y->unit)
        more(&lost, "its program unit, %u", x->unit);
    if (x->erased != y->erased)
        more(&lost, "its erased value, 0x%02x", x->erased);
    if (x->mapped != y->mapped || (x->mapped && x->base != y->base))
        more(&lost, "where it is mapped");
    if (x->size != y->size)
        more(&lost, "its size, %s", SIZE(x->size));
    if (*lost.text)
        world_lost(losses, "%s: %s", a->name, lost.text);
}

/* ---- partitions ---- */

static bool is_read_only(const struct layout_partition *p)
{
    return p->dts.read_only || p->esp.readonly;
}

static const char *role_text(enum layout_role role)
{
    static const char *const texts[] = {
        [LAYOUT_BOOTLOADER] = "the bootloader",    [LAYOUT_PRIMARY] = "the primary slot",
        [LAYOUT_SECONDARY] = "the secondary slot", [LAYOUT_SPARE] = "the scratch area",
        [LAYOUT_JOURNAL] = "the journal",          [LAYOUT_TABLE] = "the partition table",
    };

    return texts[role];
}

static void compare_partitions(const struct layout_partition *p, const struct layout_partition *q,
                               struct world_losses *losses)
{
    struct loss lost = { "" };

    if (is_told(losses, p->name))
        return;
    if (p->off != q->off || p->size != q->size)
        more(&lost, "its place: it is read as 0x%x bytes at 0x%x", q->size, q->off);
    if (role_of(p) != LAYOUT_PLAIN && role_of(p) != role_of(q))
        more(&lost, "that it is %s", role_text(role_of(p)));
    if (is_read_only(p) && !is_read_only(q))
        more(&lost, "that it is read-only");
    if (p->esp.type && !q->esp.type)
        more(&lost, "its type, %s/%s", p->esp.type, p->esp.subtype ? p->esp.subtype : "");
    if (p->esp.encrypted && !q->esp.encrypted)
        more(&lost, "that it is encrypted");
    if (p->rp2350.given && !q->rp2350.given)
        more(&lost, "its words for the RP2350");
    if (*lost.text)
        world_lost(losses, "%s: %s", p->name, lost.text);
}

/* ---- devicetree ---- */

/* The flash that an overlay is read as: the board's own node has its pages and unit, and an overlay
 * over nothing the usual ones. */
static struct layout_device overlay_device(const struct layout *l, int device, bool mapped)
{
    const struct bh_flash *f = &l->devices[device].flash;
    uint64_t size = mapped ? f->size : 0;
    struct layout_device d = { .flash = { .unit = 4,
                                          .erased = 0xFF,
                                          .mapped = mapped,
                                          .base = mapped ? f->base : 0,
                                          .n_runs = 1 } };

    for (size_t i = 0; i < l->n_partitions && !mapped; i++) {
        const struct layout_partition *p = &l->partitions[i];

        if (p->device == device && (uint64_t)p->off + p->size > size)
            size = (uint64_t)p->off + p->size;
    }
    d.flash.size = (uint32_t)size;
    d.runs[0] = (struct bh_page_run){ (uint32_t)(size / 0x1000), 0x1000 };
    return d;
}

void lose_in_overlay(const struct layout *l, const struct world_item *items, size_t n, bool fixed,
                     struct world_losses *losses)
{
    for (size_t i = 0; i < n; i++) {
        const struct layout_partition *p = &l->partitions[items[i].partition];
        struct layout_partition q = *p;
        bool mapped = l->devices[p->device].flash.mapped && !fixed;
        struct layout_device d = overlay_device(l, p->device, mapped);

        q.role = role_of(p) == LAYOUT_TABLE ? LAYOUT_PLAIN : role_of(p);
        q.dts.read_only = p->dts.read_only || role_of(p) == LAYOUT_BOOTLOADER;
        q.esp.type = NULL;
        q.esp.encrypted = q.esp.readonly = false;
        q.rp2350.given = false;
        compare_partitions(p, &q, losses);
        if (i == 0 || p->device != l->partitions[items[i - 1].partition].device)
            compare_devices(&l->devices[p->device], &d, losses);
    }
}

/* ---- all others ---- */

void world_read_back(const struct layout *l, const char *text, size_t len,
                     struct world_losses *losses)
{
    read_back(l, text, len, true, losses);
}

void read_back(const struct layout *l, const char *text, size_t len, bool gone,
               struct world_losses *losses)
{
    struct world_options options = { .table_off = 0 };
    struct layout_options no_files = { .no_files = true };
    struct layout back;
    struct host_error ignored;
    struct world_row *rows;
    bool *seen = calloc(l->n_devices + 1, sizeof *seen);
    size_t n, n_equal;

    options.layout = &no_files;
    if (l->boot.table != LAYOUT_NONE)
        options.table_off = l->partitions[l->boot.table].off;
    const struct world_reader *r = world_recognise(text, len);

    if (r && strcmp(r->name, "dts") == 0)
        return free(seen);
    if (world_load_text(&back, "what was written", text, len, &options, &ignored) == HOST_OK) {
        rows = calloc(l->n_partitions + back.n_partitions + 1, sizeof *rows);
        if (!rows || !seen)
            host_no_memory();
        n = world_compare(l, &back, rows, &n_equal);
        for (size_t i = 0; i < n; i++) {
            const struct layout_partition *p = &l->partitions[rows[i].old.partition];

            if (gone && rows[i].has_old && !rows[i].has_new && !is_told(losses, p->name))
                world_lost(losses, "%s (%s)", p->name, SIZE(p->size));
            if (!rows[i].has_old || !rows[i].has_new)
                continue;
            const struct layout_partition *q = &back.partitions[rows[i].new.partition];

            compare_partitions(p, q, losses);
            if (!seen[p->device])
                compare_devices(&l->devices[p->device], &back.devices[q->device], losses);
            seen[p->device] = true;
        }
        free(rows);
    }
    layout_free(&back);
    free(seen);
}
