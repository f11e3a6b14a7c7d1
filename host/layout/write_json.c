/* SPDX-License-Identifier: Apache-2.0 */
/* A solved layout as JSON, for other programs. Its schema is docs/json/layout-show.json. Sizes and
 * offsets are numbers of bytes. */
#include "write.h"

#include "inner.h"

#include <stdlib.h>

/* UTF-8 by libyaml; file names from the command line are bytes and may be none. */
static void put_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void put_pair(FILE *out, const char *key, const char *text)
{
    fprintf(out, ", \"%s\": ", key);
    if (text)
        put_text(out, text);
    else
        fputs("null", out);
}

static const char *yes(bool value)
{
    return value ? "true" : "false";
}

static void put_device(FILE *out, const struct layout_device *d)
{
    fputs("    { \"name\": ", out);
    put_text(out, d->name);
    put_pair(out, "chip", d->chip_name);
    fprintf(out, ", \"size\": %u, \"pages\": [", d->flash.size);
    for (uint8_t i = 0; i < d->flash.n_runs; i++)
        fprintf(out, "%s{ \"count\": %u, \"size\": %u }", i ? ", " : "", d->flash.runs[i].count,
                d->flash.runs[i].size);
    fprintf(out, "], \"unit\": %u, \"erased\": %u, \"address\": ", d->flash.unit, d->flash.erased);
    if (d->flash.mapped)
        fprintf(out, "%u", d->flash.base);
    else
        fputs("null", out);
    put_pair(out, "driver", d->driver);
    put_pair(out, "port", d->port);
    fputs(" }", out);
}

static const char *const roles[] = { NULL,    "bootloader", "primary", "secondary",
                                     "spare", "journal",    "table" };

static void put_partition(FILE *out, const struct layout *l, const struct layout_partition *p)
{
    const struct layout_device *d = &l->devices[p->device];

    fputs("    { \"name\": ", out);
    put_text(out, p->name);
    put_pair(out, "device", d->name);
    fprintf(out, ", \"offset\": %u, \"size\": %u, \"address\": ", p->off, p->size);
    if (d->flash.mapped)
        fprintf(out, "%u", d->flash.base + p->off);
    else
        fputs("null", out);
    put_pair(out, "role", roles[p->role]);
    put_pair(out, "slot", p->slot >= 0 ? l->slots[p->slot].name : NULL);
    put_pair(out, "container", p->parent >= 0 ? l->partitions[p->parent].name : NULL);
    put_pair(out, "image", p->image);
    fputs(" }", out);
}

static const char *const formats[] = { "mcuboot", "wolfboot", "espressif" };

static void put_slot(FILE *out, const struct layout *l, const struct layout_slot *s)
{
    int spare = s->spare >= 0 ? s->spare : s->secondary;

    fputs("    { \"name\": ", out);
    put_text(out, s->name);
    put_pair(out, "primary", l->partitions[s->primary].name);
    put_pair(out, "secondary", l->partitions[s->secondary].name);
    fputs(", \"spare\": ", out);
    if (s->spare_kind == LAYOUT_SPARE_NONE) {
        fputs("null", out);
    } else {
        fputs("{ \"device\": ", out);
        put_text(out, l->devices[l->partitions[spare].device].name);
        fprintf(out, ", \"offset\": %u, \"size\": %u }", s->spare_off, s->chunk);
    }
    fprintf(out,
            ", \"staged_offset\": %u, \"chunk\": %u, \"image_max\": %u, \"header\": %u, "
            "\"format\": \"%s\", \"optional\": %s",
            s->staged_off, s->chunk, s->image_max, s->header, formats[s->format], yes(s->optional));
    if (s->load)
        fprintf(out, ", \"load\": { \"address\": %u, \"size\": %u }", s->load_address,
                s->load_size);
    else
        fputs(", \"load\": null", out);
    fputs(" }", out);
}

static void put_windows(FILE *out, const struct layout_boot *b)
{
    fputs(", \"load\": [", out);
    for (uint8_t i = 0; i < b->n_windows; i++)
        fprintf(out, "%s{ \"address\": %u, \"size\": %u, \"execute\": %s }", i ? ", " : "",
                b->windows[i].address, b->windows[i].size, yes(!b->windows[i].data));
    fputs("]", out);
}

static void put_boot(FILE *out, const struct layout *l)
{
    static const char *const plans[] = { "swap", "overwrite", "select" };
    static const char *const mailboxes[] = { "none", "mcuboot", "wolfboot", "otadata" };
    const struct layout_boot *b = &l->boot;

    fprintf(out,
            "{ \"plan\": \"%s\", \"mailbox\": \"%s\", \"trial_boots\": %u, \"cuts\": %u, "
            "\"hash\": \"sha%u\"",
            plans[b->plan], mailboxes[b->mailbox], b->trial_boots, b->cuts, b->hash_bits);
    put_pair(out, "bootloader", b->bootloader >= 0 ? l->partitions[b->bootloader].name : NULL);
    fputs(", \"journal\": ", out);
    if (b->journal[0] >= 0 && b->journal[1] >= 0) {
        fputc('[', out);
        put_text(out, l->partitions[b->journal[0]].name);
        fputs(", ", out);
        put_text(out, l->partitions[b->journal[1]].name);
        fputc(']', out);
    } else {
        fputs("null", out);
    }
    fputs(", \"keys\": [", out);
    for (uint8_t i = 0; i < b->n_keys; i++) {
        fputs(i ? ", " : "", out);
        put_text(out, b->keys[i].path);
    }
    fputs("]", out);
    put_pair(out, "table", b->table >= 0 ? l->partitions[b->table].name : NULL);
    fprintf(out, ", \"rollback\": %s, \"anti_rollback\": %s", yes(b->rollback),
            yes(b->anti_rollback));
    put_pair(out, "chip", b->plan == LAYOUT_SELECT ? product_chip(l)->name : NULL);
    put_windows(out, b);
    fprintf(out, ", \"allow_unsigned\": %s, \"allow_downgrade\": %s, \"need_counter\": %s }",
            yes(b->allow_unsigned), yes(b->allow_downgrade), yes(b->need_counter));
}

void write_json(FILE *out, const struct layout *l)
{
    int *order = calloc(l->n_partitions + 1, sizeof *order);
    bool first = true;

    if (!order)
        abort();
    fputs("{\n  \"schema\": \"layout-show-1\",\n  \"layout\": 1,\n  \"product\": ", out);
    put_text(out, l->product);
    fprintf(out, ",\n  \"identity\": %u,\n  \"devices\": [\n", layout_identity(l));
    for (size_t i = 0; i < l->n_devices; i++) {
        put_device(out, &l->devices[i]);
        fputs(i + 1 < l->n_devices ? ",\n" : "\n", out);
    }
    fputs("  ],\n  \"partitions\": [\n", out);
    for (int d = 0; d < (int)l->n_devices; d++)
        for (size_t i = 0, n = layout_order(l, d, order); i < n; i++) {
            fputs(first ? "" : ",\n", out);
            put_partition(out, l, &l->partitions[order[i]]);
            first = false;
        }
    fputs("\n  ],\n  \"slots\": [\n", out);
    for (size_t i = 0; i < l->n_slots; i++) {
        put_slot(out, l, &l->slots[i]);
        fputs(i + 1 < l->n_slots ? ",\n" : "\n", out);
    }
    fputs("  ],\n  \"boot\": ", out);
    if (l->boot.given)
        put_boot(out, l);
    else
        fputs("null", out);
    fputs("\n}\n", out);
    free(order);
}

char *layout_json(const struct layout *l)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        abort();
    write_json(out, l);
    fclose(out);
    return text;
}
