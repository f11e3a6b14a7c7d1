/* SPDX-License-Identifier: Apache-2.0 */
/* wolfBoot's target.h, of today and of 2018, and its .config.
 *
 * A header is a list of #define lines; values are constant expressions of C, which may name each
 * other. #ifdef, #ifndef, #else and #endif are followed; #if is not, and is said. */
#define _GNU_SOURCE
#include "inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool has(const char *text, size_t len, const char *word)
{
    return memmem(text, len, word, strlen(word)) != NULL;
}

bool recognise_target_h(const char *text, size_t len)
{
    return has(text, len, "#define") &&
           (has(text, len, "WOLFBOOT_PARTITION_") || has(text, len, "FLASH_AREA_IMAGE_"));
}

bool recognise_config(const char *text, size_t len)
{
    return !has(text, len, "#define") && has(text, len, "WOLFBOOT_PARTITION_") &&
           memchr(text, '=', len);
}

/* ---- a list of names and texts ---- */

struct macro {
    const char *name, *value;
    struct layout_mark at;
    bool known;
    int64_t number;
};

struct macros {
    struct macro *list;
    size_t n, room;
};

#define MACROS_MAX 10000u

static struct macro *find(const struct macros *m, const char *name, size_t len)
{
    for (size_t i = m->n; i > 0; i--) /* the last of a name counts */
        if (strncmp(m->list[i - 1].name, name, len) == 0 && !m->list[i - 1].name[len])
            return &m->list[i - 1];
    return NULL;
}

static bool value_of(const char *name, size_t len, const void *context, int64_t *out)
{
    const struct macro *m = find(context, name, len);

    if (!m || !m->known)
        return false;
    *out = m->number;
    return true;
}

/* The text without comments, and with lines that go on joined: each letter where it was. */
static char *plain(struct layout *l, const char *text, size_t len)
{
    char *out = arena_text(&l->inner->arena, text, len);

    for (size_t i = 0; i < len; i++) {
        if (out[i] == '/' && i + 1 < len && out[i + 1] == '*') {
            char *end = memmem(out + i + 2, len - i - 2, "*/", 2);
            size_t to = end ? (size_t)(end + 2 - out) : len;

            for (; i < to; i++)
                out[i] = out[i] == '\n' ? '\n' : ' ';
            i--;
        } else if (out[i] == '/' && i + 1 < len && out[i + 1] == '/') {
            for (; i < len && out[i] != '\n'; i++)
                out[i] = ' ';
        } else if (out[i] == '\\' && i + 1 < len && (out[i + 1] == '\n' || out[i + 1] == '\r')) {
            out[i] = ' ';
            if (out[i + 1] == '\r')
                out[++i] = ' ';
            if (i + 1 < len)
                out[++i] = ' ';
        } else if (!out[i] || out[i] == '\r') {
            out[i] = ' ';
        }
    }
    return out;
}

static size_t word(const char *s)
{
    size_t n = 0;

    while (isalnum((unsigned char)s[n]) || s[n] == '_')
        n++;
    return n;
}

static size_t blanks(const char *s)
{
    return strspn(s, " \t\v\f");
}

static void add_macro(struct layout *l, struct macros *m, const char *name, size_t len,
                      const char *value, size_t value_len, struct layout_mark at)
{
    while (value_len && isspace((unsigned char)value[value_len - 1]))
        value_len--;
    if (m->n == MACROS_MAX)
        return;
    m->list = host_grow(m->list, m->n, &m->room, sizeof *m->list);
    m->list[m->n++] = (struct macro){ .name = arena_text(&l->inner->arena, name, len),
                                      .value = arena_text(&l->inner->arena, value, value_len),
                                      .at = at };
}

/* Conditions that are open: is what follows taken? */
struct conditions {
    bool taken[64], done[64];
    unsigned n;
};

static bool all_taken(const struct conditions *c)
{
    for (unsigned i = 0; i < c->n; i++)
        if (!c->taken[i])
            return false;
    return true;
}

static void open_condition(struct conditions *c, bool taken)
{
    if (c->n < 64) {
        c->taken[c->n] = taken;
        c->done[c->n] = taken;
        c->n++;
    }
}

static void directive(struct layout *l, struct macros *m, struct conditions *c, const char *line,
                      size_t len, struct layout_mark at)
{
    const char *s = line + blanks(line), *name;
    size_t n = word(s), k;
    bool wanted;

    name = s + n + blanks(s + n);
    k = word(name);
    if (strncmp(s, "ifdef", n) == 0 && n == 5) {
        open_condition(c, find(m, name, k) != NULL);
    } else if (strncmp(s, "ifndef", n) == 0 && n == 6) {
        open_condition(c, find(m, name, k) == NULL);
    } else if (n == 2 && strncmp(s, "if", 2) == 0) {
        wanted = all_taken(c);
        open_condition(c, false);
        if (wanted)
            remedy(l,
                   finding(l, LAYOUT_WARNING, "condition", &at,
                           "'#if' is not computed: what follows is "
                           "passed over"),
                   "Take away what does not apply.");
    } else if (n == 4 && strncmp(s, "elif", 4) == 0 && c->n) {
        c->taken[c->n - 1] = false;
    } else if (n == 4 && strncmp(s, "else", 4) == 0 && c->n) {
        c->taken[c->n - 1] = !c->done[c->n - 1];
    } else if (n == 5 && strncmp(s, "endif", 5) == 0 && c->n) {
        c->n--;
    } else if (n == 6 && strncmp(s, "define", 6) == 0 && k && all_taken(c)) {
        const char *value = name + k;

        if (*value != '(') /* no macro with arguments */
            add_macro(l, m, name, k, value + blanks(value),
                      (size_t)(line + len - value - (long)blanks(value)), at);
    }
}

static void read_defines(struct layout *l, const char *file, const char *text, size_t len,
                         struct macros *m)
{
    char *s = plain(l, text, len);
    struct conditions c = { .n = 0 };

    for (size_t at = 0, line = 1; at < len; line++) {
        char *end = memchr(s + at, '\n', len - at);
        size_t n = end ? (size_t)(end - s) - at : len - at, skip;

        s[at + n] = 0;
        skip = blanks(s + at);
        if (s[at + skip] == '#')
            directive(l, m, &c, s + at + skip + 1, n - skip - 1,
                      (struct layout_mark){ file, (unsigned)line, (unsigned)skip + 1, (uint32_t)at,
                                            (uint32_t)(at + n) });
        /* Lines that were joined count. */
        for (size_t i = at; i < at + n; i++)
            line += text[i] == '\n';
        at += n + 1;
    }
}

static void read_assignments(struct layout *l, const char *file, const char *text, size_t len,
                             struct macros *m)
{
    char *s = arena_text(&l->inner->arena, text, len);

    for (size_t at = 0, line = 1; at < len; line++) {
        char *end = memchr(s + at, '\n', len - at), *hash;
        size_t n = end ? (size_t)(end - s) - at : len - at, skip, k;
        const char *value;

        s[at + n] = 0;
        hash = strchr(s + at, '#');
        if (hash)
            *hash = 0;
        skip = blanks(s + at);
        if (strncmp(s + at + skip, "export ", 7) == 0)
            skip += 7;
        k = word(s + at + skip);
        value = s + at + skip + k + blanks(s + at + skip + k);
        value += *value == '?' || *value == ':';
        if (k && *value == '=')
            add_macro(l, m, s + at + skip, k, value + 1 + blanks(value + 1),
                      strlen(value + 1 + blanks(value + 1)),
                      (struct layout_mark){ file, (unsigned)line, (unsigned)skip + 1, (uint32_t)at,
                                            (uint32_t)(at + n) });
        at += n + 1;
    }
}

/* Values that name others, until nothing changes. */
static void compute(struct macros *m)
{
    bool changed = true;

    for (size_t round = 0; changed && round < 64; round++) {
        changed = false;
        for (size_t i = 0; i < m->n; i++) {
            struct macro *x = &m->list[i];

            if (x->known || !*x->value ||
                expression(x->value, strlen(x->value), value_of, m, &x->number))
                continue;
            x->known = changed = true;
        }
    }
}

/* ---- to a layout ---- */

/* A value that must be there. False: a finding says what is wrong. */
static bool need(struct layout *l, const struct macros *m, const char *name, int64_t *out,
                 struct layout_mark *at)
{
    const struct macro *x = find(m, name, strlen(name));

    if (x && x->known && x->number >= 0) {
        *out = x->number;
        *at = x->at;
        return true;
    }
    if (!x)
        remedy(l,
               FAULT(l, "wolfboot", &(struct layout_mark){ l->path, 1, 1, 0, 0 }, "%s is not there",
                     name),
               "Define it.");
    else
        remedy(l,
               FAULT(l, "wolfboot", &x->at, "%s: '%s' has no value: %s", name, x->value,
                     x->known ? "it is below 0" : "it is no expression of known numbers"),
               "Write a number, or define what it names.");
    return false;
}

static bool is_set(const struct macros *m, const char *name)
{
    const struct macro *x = find(m, name, strlen(name));

    return x && !(x->known && x->number == 0);
}

/* Where the flash begins, as addresses have it. */
static int64_t base_of(int64_t address)
{
    return address < 0x1000000 ? 0 : address / 0x1000000 * 0x1000000;
}

static void geometry(struct build *b, int device, const struct world_options *options, bool mapped,
                     int64_t base, int64_t end, int64_t sector)
{
    if (options->chip) {
        build_chip(b, device, options->chip);
        return;
    }
    build_pages(b, device,
                (uint64_t)(end - base + sector - 1) / (uint64_t)sector * (uint64_t)sector,
                (uint32_t)sector, 4);
    b->devices[device].flash.mapped = mapped;
    b->devices[device].flash.base = (uint32_t)base;
}

struct area {
    const char *name, *external; /* the macro that puts it on the external flash */
    const char *macro;
    enum layout_role role;
    int64_t address, size;
    struct layout_mark at;
    bool there;
};

static void add_areas(struct build *b, struct area *areas, size_t n, int internal, int external,
                      int64_t base, const struct macros *m)
{
    for (size_t i = 0; i < n; i++) {
        bool out = external >= 0 && is_set(m, areas[i].external);
        int p;

        if (!areas[i].there)
            continue;
        if (!out && areas[i].address < base) {
            FAULT(b->l, "outside", &areas[i].at,
                  "%s at 0x%llx is before the flash, which begins at 0x%llx", areas[i].name,
                  (unsigned long long)areas[i].address, (unsigned long long)base);
            continue;
        }
        p = build_partition(b, areas[i].name, out ? external : internal,
                            areas[i].address - (out ? 0 : base), areas[i].size, &areas[i].at);
        if (p >= 0)
            b->partitions[p].role = areas[i].role;
    }
}

static int read_today(struct layout *l, const struct macros *m, const struct world_options *options)
{
    struct area areas[] = {
        { "primary",
          "PART_BOOT_EXT",
          "WOLFBOOT_PARTITION_BOOT_ADDRESS",
          LAYOUT_PRIMARY,
          0,
          0,
          { 0 },
          false },
        { "secondary",
          "PART_UPDATE_EXT",
          "WOLFBOOT_PARTITION_UPDATE_ADDRESS",
          LAYOUT_SECONDARY,
          0,
          0,
          { 0 },
          false },
        { "scratch",
          "PART_SWAP_EXT",
          "WOLFBOOT_PARTITION_SWAP_ADDRESS",
          LAYOUT_SPARE,
          0,
          0,
          { 0 },
          false },
    };
    struct build b = { .l = l };
    int64_t sector = 0, size = 0, end = 0, out_end = 0, base;
    struct layout_mark at;
    int internal, external = LAYOUT_NONE;
    bool good = need(l, m, "WOLFBOOT_SECTOR_SIZE", &sector, &at);

    if (good && (sector == 0 || sector > 1 << 30)) {
        remedy(
            l,
            FAULT(l, "wolfboot", &at, "WOLFBOOT_SECTOR_SIZE is 0x%llx", (unsigned long long)sector),
            "Write the size of an erase page: 0x1000.");
        good = false;
    }
    good = need(l, m, "WOLFBOOT_PARTITION_SIZE", &size, &at) && good;
    for (size_t i = 0; i < 3; i++) {
        bool asked = i < 2 || find(m, areas[i].macro, strlen(areas[i].macro));

        areas[i].there = asked && need(l, m, areas[i].macro, &areas[i].address, &areas[i].at);
        areas[i].size = i < 2 ? size : sector;
        good = good && (areas[i].there || !asked);
    }
    if (!good)
        return HOST_BAD_LAYOUT;
    base = base_of(areas[0].address);
    for (size_t i = 0; i < 3; i++) {
        bool out = is_set(m, areas[i].external);
        int64_t to = areas[i].address + areas[i].size;

        if (areas[i].there && !out && to > end)
            end = to;
        if (areas[i].there && out && to > out_end)
            out_end = to;
    }
    internal = build_device(&b, "internal");
    geometry(&b, internal, options, true, base, end, sector);
    if (out_end) {
        external = build_device(&b, "external");
        build_pages(&b, external,
                    (uint64_t)(out_end + sector - 1) / (uint64_t)sector * (uint64_t)sector,
                    (uint32_t)sector, 1);
    }
    if (b.devices[internal].flash.mapped)
        base = b.devices[internal].flash.base;
    add_areas(&b, areas, 3, internal, external, base, m);
    return build_end(&b);
}

static int read_2018(struct layout *l, const struct macros *m, const struct world_options *options)
{
    static const struct {
        const char *name, *off, *size;
        enum layout_role role;
    } areas[] = {
        { "primary", "FLASH_AREA_IMAGE_0_OFFSET", "FLASH_AREA_IMAGE_0_SIZE", LAYOUT_PRIMARY },
        { "secondary", "FLASH_AREA_IMAGE_1_OFFSET", "FLASH_AREA_IMAGE_1_SIZE", LAYOUT_SECONDARY },
        { "scratch", "FLASH_AREA_IMAGE_SCRATCH_OFFSET", "FLASH_AREA_IMAGE_SCRATCH_SIZE",
          LAYOUT_SPARE },
    };
    struct build b = { .l = l };
    int64_t off[3] = { 0 }, size[3] = { 0 }, end = 0;
    struct layout_mark at[3], ignored;
    bool there[3], good = true;
    int device;

    for (size_t i = 0; i < 3; i++) {
        there[i] = i < 2 || find(m, areas[i].off, strlen(areas[i].off));
        if (there[i])
            good = need(l, m, areas[i].off, &off[i], &at[i]) &&
                   need(l, m, areas[i].size, &size[i], &ignored) && good;
        end = off[i] + size[i] > end ? off[i] + size[i] : end;
    }
    if (!good)
        return HOST_BAD_LAYOUT;
    device = build_device(&b, "internal");
    geometry(&b, device, options, false, 0, end, 0x1000);
    for (size_t i = 0; i < 3; i++) {
        int p = there[i] ? build_partition(&b, areas[i].name, device, off[i], size[i], &at[i])
                         : LAYOUT_NONE;

        if (p >= 0)
            b.partitions[p].role = areas[i].role;
    }
    return build_end(&b);
}

static int to_layout(struct layout *l, struct macros *m, const struct world_options *options)
{
    int code;

    compute(m);
    code = find(m, "FLASH_AREA_IMAGE_0_OFFSET", 25) && !find(m, "WOLFBOOT_PARTITION_SIZE", 23)
               ? read_2018(l, m, options)
               : read_today(l, m, options);
    free(m->list);
    return code;
}

READER(read_target_h)
{
    struct macros m = { 0 };

    (void)e;
    read_defines(l, file, text, len, &m);
    return to_layout(l, &m, options);
}

READER(read_config)
{
    struct macros m = { 0 };

    (void)e;
    read_assignments(l, file, text, len, &m);
    return to_layout(l, &m, options);
}

/* ---- out ---- */

struct roles {
    const struct layout_partition *primary, *secondary, *scratch;
    int written[3];
    size_t n;
    bool external[3];
    uint32_t sector;
};

static bool is_external(const struct layout *l, const struct layout_partition *p)
{
    return p->device != l->partitions[find_role(l, LAYOUT_PRIMARY)].device;
}

/* Has every flash that a slot is on pages of this size alone? */
static bool has_pages(const struct layout *l, const struct roles *r, uint32_t page)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct layout_device *d = &l->devices[l->partitions[r->written[i]].device];

        for (uint8_t k = 0; k < d->flash.n_runs; k++)
            if (d->runs[k].size != page)
                return false;
    }
    return true;
}

/* page: of every flash, where the form cannot say it; 0: it says the largest. */
static int take_roles(const struct layout *l, struct roles *r, uint32_t page,
                      struct world_losses *losses, struct host_error *e)
{
    static const enum layout_role roles[] = { LAYOUT_PRIMARY, LAYOUT_SECONDARY, LAYOUT_SPARE };
    const struct layout_partition **out[] = { &r->primary, &r->secondary, &r->scratch };

    *r = (struct roles){ .sector = 0 };
    for (size_t i = 0; i < 3; i++) {
        int p = find_role(l, roles[i]);

        if (p < 0)
            continue;
        *out[i] = &l->partitions[p];
        r->written[r->n++] = p;
    }
    if (!r->primary || !r->secondary)
        return host_fail(e, HOST_BAD_LAYOUT, host_in(l->path),
                         "wolfBoot needs a slot that runs and one that the update is put in.",
                         "no partition is the %s slot", r->primary ? "secondary" : "primary");
    for (size_t i = 0; i < 3; i++)
        r->external[i] = *out[i] && is_external(l, *out[i]);
    /* One size for all: the largest page under them. */
    for (size_t i = 0; i < r->n; i++) {
        uint32_t largest, smallest;

        pages_in(l, r->written[i], &largest, &smallest);
        r->sector = largest > r->sector ? largest : r->sector;
    }
    if (r->secondary->size != r->primary->size)
        world_lost(losses, "%s has 0x%x bytes, and wolfBoot's partitions have one size, 0x%x",
                   r->secondary->name, r->secondary->size, r->primary->size);
    lose_others(l, r->written, r->n, losses);
    if (page && !has_pages(l, r, page))
        world_lost(losses, "page sizes");
    else if (!page && !has_pages(l, r, r->sector))
        world_lost(losses, "page sizes: one WOLFBOOT_SECTOR_SIZE only, 0x%x", r->sector);
    lose_boot(l, losses);
    return HOST_OK;
}

/* ---- the three forms: what is said, and in which syntax ---- */

struct form {
    const char *head, *value, *flag, *foot; /* %s of the head: the product */
};

static void put_value(FILE *out, const struct form *f, const char *name, int digits, uint64_t value)
{
    fprintf(out, f->value, name, digits, (unsigned long long)value);
}

/* The names of today, as macros or as lines of a .config. */
static int write_today(FILE *out, const struct form *f, bool says_external, const struct layout *l,
                       struct world_losses *losses, struct host_error *e)
{
    struct roles r;
    int code = take_roles(l, &r, 0, losses, e);

    if (code)
        return code;
    fprintf(out, f->head, l->product);
    put_value(out, f, "WOLFBOOT_SECTOR_SIZE", 1, r.sector);
    put_value(out, f, "WOLFBOOT_PARTITION_SIZE", 1, r.primary->size);
    put_value(out, f, "WOLFBOOT_PARTITION_BOOT_ADDRESS", 8, address_of(l, r.primary));
    put_value(out, f, "WOLFBOOT_PARTITION_UPDATE_ADDRESS", 8, address_of(l, r.secondary));
    if (r.scratch)
        put_value(out, f, "WOLFBOOT_PARTITION_SWAP_ADDRESS", 8, address_of(l, r.scratch));
    if (says_external && (r.external[1] || r.external[2]))
        fprintf(out, f->flag, "EXT_FLASH");
    if (r.external[1])
        fprintf(out, f->flag, "PART_UPDATE_EXT");
    if (r.external[2])
        fprintf(out, f->flag, "PART_SWAP_EXT");
    fputs(f->foot, out);
    return HOST_OK;
}

WRITER(write_target_h)
{
    static const struct form form = {
        .head =
            "/* %s: written by 'bulkhead layout convert --to target-h'. wolfBoot, today's names. */\n"
            "#ifndef H_TARGETS_TARGET_\n#define H_TARGETS_TARGET_\n\n"
            "#define WOLFBOOT_FIXED_PARTITIONS\n",
        .value = "#define %-33s 0x%0*llx\n",
        .flag = "#define %s\n",
        .foot = "\n#endif\n",
    };

    (void)options;
    return write_today(out, &form, false, l, losses, e);
}

WRITER(write_wolfboot_config)
{
    static const struct form form = {
        .head = "%.0s", .value = "%s?=0x%0*llx\n", .flag = "%s?=1\n", .foot = ""
    };

    (void)options;
    return write_today(out, &form, true, l, losses, e);
}

WRITER(write_target_2018_h)
{
    static const struct form form = { .value = "#define FLASH_AREA_IMAGE_%s 0x%0*llx\n" };
    struct roles r;
    int code = take_roles(l, &r, 0x1000, losses, e);

    (void)options;
    if (code)
        return code;
    fprintf(out,
            "/* %s: written by 'bulkhead layout convert --to target-2018-h'. The names of 2018; "
            "offsets, not addresses. */\n",
            l->product);
    put_value(out, &form, "0_OFFSET", 1, r.primary->off);
    put_value(out, &form, "0_SIZE", 1, r.primary->size);
    put_value(out, &form, "1_OFFSET", 1, r.secondary->off);
    put_value(out, &form, "1_SIZE", 1, r.secondary->size);
    if (r.scratch) {
        put_value(out, &form, "SCRATCH_OFFSET", 1, r.scratch->off);
        put_value(out, &form, "SCRATCH_SIZE", 1, r.scratch->size);
    }
    return HOST_OK;
}
