/* SPDX-License-Identifier: Apache-2.0 */
/* mtdparts of Linux and U-Boot: "mtdparts=qspi:64k(boot)ro,1m@0x20000(a),-(fs);other:..." */
#define _GNU_SOURCE
#include "inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool recognise_mtdparts(const char *text, size_t len)
{
    while (len && isspace((unsigned char)*text))
        text++, len--;
    return len > 9 && strncmp(text, "mtdparts=", 9) == 0;
}

#define NAME_ENDS "(,;:)"       /* of a partition, as they are read */
#define MOST (INT64_C(1) << 40) /* of a size or an offset */

/* A number with k, m or g. Returns the letter after it; NULL: it is none, or too large. */
static const char *number(const char *s, int64_t *out)
{
    static const char letters[] = "kKmMgG";
    const char *letter;
    char *end;

    if (!isdigit((unsigned char)*s))
        return NULL;
    *out = strtoll(s, &end, 0);
    for (; *end && (letter = strchr(letters, *end)); end++) {
        unsigned shift = 10u * (1u + (unsigned)(letter - letters) / 2);

        if (*out > MOST >> shift)
            return NULL;
        *out <<= shift;
    }
    return *out < MOST ? end : NULL;
}

/* Sizes of devices: "--region NAME=SIZE". 0: not said. */
static int64_t device_size(const struct world_options *options, const char *name)
{
    for (size_t i = 0; i < options->n_regions; i++) {
        size_t len = strcspn(options->regions[i], "=");
        uint64_t size;
        bool negative;

        if (strlen(name) == len && strncmp(name, options->regions[i], len) == 0 &&
            options->regions[i][len] &&
            number_read(options->regions[i] + len + 1, &size, &negative) && !negative &&
            size < UINT64_C(1) << 40)
            return (int64_t)size;
    }
    return 0;
}

struct reading {
    struct build b;
    const char *file, *text; /* with a 0 at its end */
    const char *at;
};

static struct layout_mark here(const struct reading *r)
{
    return text_mark(r->b.l, r->file, r->text, (size_t)(r->at - r->text));
}

static bool wrong(struct reading *r, const char *what)
{
    struct layout_mark at = here(r);

    remedy(r->b.l, FAULT(r->b.l, "mtdparts", &at, "%s", what),
           "A partition is SIZE[@OFFSET](NAME)[ro]; '-' is the rest of the device.");
    return false;
}

/* One partition; *next is the offset that follows it. */
static bool take_part(struct reading *r, int device, int64_t whole, int64_t *next, unsigned n)
{
    struct layout_mark at = here(r);
    const char *end, *name;
    int64_t size = 0, off = *next;
    bool rest = *r->at == '-';
    int p;

    end = rest ? r->at + 1 : number(r->at, &size);
    if (!end)
        return wrong(r, "this is no size");
    if (*end == '@') {
        r->at = end + 1;
        end = number(r->at, &off);
        if (!end)
            return wrong(r, "this is no offset");
    }
    if (rest && !whole)
        return wrong(
            r, "'-' is the rest, and nothing says how large the device is: say --region NAME=SIZE");
    if (rest)
        size = whole > off ? whole - off : 0;
    r->at = end;
    name = arena_format(&r->b.l->inner->arena, "part%u", n);
    if (*end == '(') {
        const char *close = strchr(end, ')');

        if (!close || (long)strcspn(end + 1, "(,;:") < close - end - 1)
            return wrong(r, "')' is missing");
        name = arena_text(&r->b.l->inner->arena, end + 1, (size_t)(close - end) - 1);
        r->at = close + 1;
    }
    p = build_partition(&r->b, name, device, off, size, &at);
    if (strncmp(r->at, "ro", 2) == 0) {
        r->at += 2;
        if (p >= 0)
            r->b.partitions[p].dts.read_only = true;
    }
    if (strncmp(r->at, "lk", 2) == 0)
        r->at += 2;
    *next = off + size;
    return true;
}

static bool take_device(struct reading *r, const struct world_options *options)
{
    size_t len = strcspn(r->at, ":\n");
    char *name = arena_text(&r->b.l->inner->arena, r->at, len);
    int64_t next = 0, whole = device_size(options, name), end = 0;
    int device = build_device(&r->b, name);
    unsigned n = 0;

    if (r->at[len] != ':' || !len)
        return wrong(r, "'DEVICE:' is missing");
    r->at += len + 1;
    do {
        if (n++ > 1000)
            return wrong(r, "too many partitions");
        if (!take_part(r, device, whole, &next, n - 1))
            return false;
        end = next > end ? next : end;
    } while (*r->at == ',' && r->at++);
    build_pages(&r->b, device, (uint64_t)(whole ? whole : end), 0x1000, 1);
    return true;
}

READER(read_mtdparts)
{
    char *copy = arena_text(&l->inner->arena, text, len);
    struct reading r = { { .l = l }, file, copy, copy };
    unsigned n = 0;

    (void)e;
    r.at = strstr(copy, "mtdparts=") + 9;
    do {
        if (n++ == LAYOUT_DEVICES_MAX || !take_device(&r, options))
            break;
    } while (*r.at == ';' && r.at++);
    r.at += strspn(r.at, " \t\r\n");
    if (*r.at && l->n_errors == 0)
        wrong(&r, "there is more after the last partition");
    return build_end(&r.b);
}

/* A name as it is written: what would end it has become '_'. */
static struct world_name name_of(const char *name, const char *ends)
{
    struct world_name n;

    snprintf(n.text, sizeof n.text, "%s", name);
    for (char *c = n.text; *c; c++)
        *c = (unsigned char)*c <= ' ' || strchr(ends, *c) ? '_' : *c;
    return n;
}

/* Partitions of a device that would have one name: HOST_BAD_LAYOUT, and *e names them. Names
 * that had to become others are losses. */
static int check_names(const struct layout *l, const struct world_item *items, size_t n,
                       struct world_losses *losses, struct host_error *e)
{
    for (size_t i = 0; i < n; i++) {
        const struct layout_partition *p = &l->partitions[items[i].partition];
        struct world_name own = name_of(p->name, NAME_ENDS);

        if (strcmp(own.text, p->name) != 0)
            world_lost(losses, "the name '%s': it is %s in mtdparts", p->name, own.text);
        for (size_t k = 0; k < i; k++) {
            const struct layout_partition *q = &l->partitions[items[k].partition];

            if (q->device == p->device && strcmp(name_of(q->name, NAME_ENDS).text, own.text) == 0)
                return host_fail(
                    e, HOST_BAD_LAYOUT, host_in(l->path), "Write another name for one of them.",
                    "%s and %s would both be %s in mtdparts", q->name, p->name, own.text);
        }
    }
    return HOST_OK;
}

/* What a device of mtdparts is read as. */
static bool is_plain(const struct layout_device *d)
{
    return !d->flash.mapped && d->flash.unit == 1 && d->flash.n_runs == 1 &&
           d->runs[0].size == 0x1000;
}

WRITER(write_mtdparts)
{
    struct world_item *items = calloc(l->n_partitions + 1, sizeof *items);
    size_t n;
    int device = LAYOUT_NONE;

    (void)options;
    if (!items)
        host_no_memory();
    n = world_items(l, items);
    if (check_names(l, items, n, losses, e))
        return free(items), HOST_BAD_LAYOUT;
    fputs("mtdparts=", out);
    for (size_t i = 0; i < n; i++) {
        const struct layout_partition *p = &l->partitions[items[i].partition];
        const struct layout_device *d = &l->devices[p->device];

        fprintf(out, "%s", p->device == device ? "," : device >= 0 ? ";" : "");
        if (p->device != device) {
            fprintf(out, "%s:", name_of(d->name, ":;,").text);
        }
        device = p->device;
        if (p->size % 1024 == 0 && p->size)
            fprintf(out, "%uk@0x%x(", p->size / 1024, p->off);
        else
            fprintf(out, "0x%x@0x%x(", p->size, p->off);
        fputs(name_of(p->name, NAME_ENDS).text, out);
        fputs(p->dts.read_only || p->role == LAYOUT_BOOTLOADER ? ")ro" : ")", out);
    }
    fputc('\n', out);
    for (size_t i = 0; i < l->n_devices; i++)
        if (!world_is_ram(&l->devices[i]) && !is_plain(&l->devices[i]))
            world_lost(losses, "%s: its pages, program unit and address", l->devices[i].name);
    lose_boot(l, losses);
    free(items);
    return HOST_OK;
}
