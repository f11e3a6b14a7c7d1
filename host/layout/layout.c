/* SPDX-License-Identifier: Apache-2.0 */
/* A layout from its file to its findings, and what others ask of it. */
#include "inner.h"

#include "host/io.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- sizes that the tool knows better ---- */

uint64_t file_bytes(const struct layout *l, const char *name)
{
    struct stat info;

    return stat(layout_file(l, name), &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0
               ? (uint64_t)info.st_size
               : 0;
}

static bool is_journal(const struct layout *l, int i)
{
    return l->boot.journal[0] == i || l->boot.journal[1] == i;
}

static void set_auto(struct layout *l, int i, const struct layout_options *options)
{
    struct layout_partition *p = &l->partitions[i];
    struct ask *a = &l->inner->asks[i];

    if (a->size != ASK_AUTO)
        return;
    a->number = 1; /* one page, to begin with */
    if (is_journal(l, i))
        return;
    if (i == l->boot.bootloader && l->inner->binary) {
        a->number = l->inner->binary;
        return;
    }
    if (p->image && !options->no_files) {
        a->number = file_bytes(l, p->image);
        if (a->number)
            return;
        a->number = 1;
        remedy(l, FAULT(l, "image", &p->at_image, "%s: '%s' cannot be read", p->name, p->image),
               "Build it first, or write a size.");
        return;
    }
    if (p->image)
        return;
    remedy(l, FAULT(l, "size", &p->at_size, "%s: nothing says how large it must be", p->name),
           "'auto' is for the journal, and for a partition with 'image: FILE'; write a size.");
}

/* ---- solving, with a journal that grows with what it serves ---- */

/* What solving changes, to do it again. */
struct before {
    struct layout_partition *partitions;
    struct ask *asks;
    size_t n_findings, n_errors, n_warnings, kept_back;
};

static struct before keep(struct layout *l)
{
    struct before b = {
        NULL, NULL, l->n_findings, l->n_errors, l->n_warnings, l->inner->kept_back
    };
    size_t p = l->n_partitions * sizeof *b.partitions, a = l->n_partitions * sizeof *b.asks;

    b.partitions = arena_get(&l->inner->arena, p + 1);
    b.asks = arena_get(&l->inner->arena, a + 1);
    memcpy(b.partitions, l->partitions, p);
    memcpy(b.asks, l->inner->asks, a);
    return b;
}

static void back_to(struct layout *l, const struct before *b)
{
    memcpy(l->partitions, b->partitions, l->n_partitions * sizeof *b->partitions);
    memcpy(l->inner->asks, b->asks, l->n_partitions * sizeof *b->asks);
    l->n_findings = b->n_findings;
    l->n_errors = b->n_errors;
    l->n_warnings = b->n_warnings;
    l->inner->kept_back = b->kept_back;
}

static bool auto_journal(const struct layout *l)
{
    for (int k = 0; k < 2; k++)
        if (l->boot.journal[k] != LAYOUT_NONE &&
            l->inner->asks[l->boot.journal[k]].size == ASK_AUTO)
            return true;
    return false;
}

/* A journal that takes one page leaves slots of `rest` the most room, so what it needs for those is
 * enough for the slots that are left beside it: two rounds do. */
static void solve_all(struct layout *l)
{
    struct before b;
    uint32_t need;

    if (!auto_journal(l)) {
        solve(l, true);
        boot_derive(l);
        return;
    }
    b = keep(l);
    solve(l, true);
    boot_derive(l);
    need = boot_journal_need(l);
    if (!need)
        return;
    back_to(l, &b);
    for (int k = 0; k < 2; k++)
        if (l->boot.journal[k] != LAYOUT_NONE &&
            l->inner->asks[l->boot.journal[k]].size == ASK_AUTO)
            l->inner->asks[l->boot.journal[k]].number = need;
    solve(l, true);
    boot_derive(l);
}

/* ---- load ---- */

static void give_roles(struct layout *l)
{
    static const enum layout_role side[] = { LAYOUT_PRIMARY, LAYOUT_SECONDARY, LAYOUT_SPARE };

    for (size_t s = 0; s < l->n_slots; s++) {
        const int parts[] = { l->slots[s].primary, l->slots[s].secondary, l->slots[s].spare };

        for (int k = 0; k < 3; k++)
            if (parts[k] >= 0 && l->partitions[parts[k]].role == LAYOUT_PLAIN) {
                l->partitions[parts[k]].role = side[k];
                l->partitions[parts[k]].slot = (int)s;
            }
    }
    for (int k = 0; k < 2; k++)
        if (l->boot.journal[k] != LAYOUT_NONE)
            l->partitions[l->boot.journal[k]].role = LAYOUT_JOURNAL;
    if (l->boot.table != LAYOUT_NONE)
        l->partitions[l->boot.table].role = LAYOUT_TABLE;
    if (l->boot.bootloader != LAYOUT_NONE)
        l->partitions[l->boot.bootloader].role = LAYOUT_BOOTLOADER;
}

static void work(struct layout *l, const struct layout_options *options)
{
    bool whole = read_layout(l);

    if (!whole && l->n_devices)
        solve(l, false);
    if (!whole || !l->n_partitions)
        return;
    for (size_t i = 0; i < l->n_partitions; i++)
        set_auto(l, (int)i, options);
    solve_all(l);
    give_roles(l);
    rules_check(l, options);
}

void layout_begin(struct layout *l)
{
    *l = (struct layout){ .inner = calloc(1, sizeof *l->inner) };
    if (!l->inner)
        abort();
    l->boot.bootloader = l->boot.table = LAYOUT_NONE;
    l->boot.journal[0] = l->boot.journal[1] = LAYOUT_NONE;
}

int layout_load_text(struct layout *l, const char *name, const char *text, size_t len,
                     const struct layout_options *options, struct host_error *e)
{
    static const struct layout_options none = { 0 };
    struct stat info;
    int code;

    layout_begin(l);
    options = options ? options : &none;
    l->inner->names.seed = options->hash_seed;
    l->inner->no_base = options->no_base;
    if (options->bootloader) {
        if (stat(options->bootloader, &info) || !S_ISREG(info.st_mode))
            return host_fail(e, HOST_BAD_INPUT, host_in(options->bootloader), "Build it first.",
                             "the bootloader's binary cannot be read");
        l->inner->binary = (uint64_t)info.st_size;
    }
    code = tree_read(l, name, text, len, e);
    if (code)
        return code;
    if (l->inner->root)
        work(l, options);
    if (l->inner->kept_back)
        finding(l, LAYOUT_NOTE, "limit", NULL, "%zu more errors and warnings are not shown",
                l->inner->kept_back);
    findings_sort(l);
    return l->n_errors ? HOST_BAD_LAYOUT : HOST_OK;
}

int layout_load(struct layout *l, const char *path, const struct layout_options *options,
                struct host_error *e)
{
    struct host_bytes bytes = { 0 };
    int code;

    layout_begin(l);
    if (host_read_file(path, &bytes, e))
        return e->code;
    layout_free(l);
    code = layout_load_text(l, strcmp(path, "-") ? path : "standard input",
                            (const char *)bytes.data, bytes.len, options, e);
    host_bytes_free(&bytes);
    return code;
}

void layout_free(struct layout *l)
{
    if (l->inner) {
        for (unsigned i = 0; i < LAYOUT_KEYS_MAX; i++)
            host_key_free(&l->inner->keys[i]);
        index_free(&l->inner->names);
        arena_free(&l->inner->arena);
        free(l->inner);
    }
    free(l->findings);
    *l = (struct layout){ 0 };
}

/* ---- questions ---- */

int layout_find_partition(const struct layout *l, const char *name)
{
    return l->inner ? index_find(&l->inner->names, name) : LAYOUT_NONE;
}

int layout_find_device(const struct layout *l, const char *name)
{
    for (size_t i = 0; i < l->n_devices; i++)
        if (strcmp(l->devices[i].name, name) == 0)
            return (int)i;
    return LAYOUT_NONE;
}

int layout_find_slot(const struct layout *l, const char *name)
{
    for (size_t i = 0; i < l->n_slots; i++)
        if (strcmp(l->slots[i].name, name) == 0)
            return (int)i;
    return LAYOUT_NONE;
}

struct sorted {
    const struct layout_partition *p;
    int i;
};

static int by_offset(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;

    if (x->p->off != y->p->off)
        return x->p->off < y->p->off ? -1 : 1;
    if (x->p->container != y->p->container)
        return x->p->container ? -1 : 1;
    if (x->p->depth != y->p->depth)
        return x->p->depth < y->p->depth ? -1 : 1;
    return x->i - y->i;
}

size_t layout_order(const struct layout *l, int device, int *order)
{
    struct sorted *list = calloc(l->n_partitions + 1, sizeof *list);
    size_t n = 0;

    if (!list)
        abort();
    for (size_t i = 0; i < l->n_partitions; i++)
        if (l->partitions[i].solved && l->partitions[i].device == device)
            list[n++] = (struct sorted){ &l->partitions[i], (int)i };
    qsort(list, n, sizeof *list, by_offset);
    for (size_t i = 0; i < n; i++)
        order[i] = list[i].i;
    free(list);
    return n;
}
