/* SPDX-License-Identifier: Apache-2.0 */
/* memory.x of embassy and other Rust programs: MEMORY of a linker script, and embassy's symbols. */
#define _GNU_SOURCE
#include "inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* "MEMORY {" */
bool recognise_memory_x(const char *text, size_t len)
{
    const char *at = text, *end = text + len;

    while ((at = memmem(at, (size_t)(end - at), "MEMORY", 6))) {
        at += 6;
        while (at < end && isspace((unsigned char)*at))
            at++;
        if (at < end && *at == '{')
            return true;
    }
    return false;
}

/* ---- in ---- */

struct area {
    char *name;
    int64_t origin, length;
    struct layout_mark at;
};

#define AREAS 64u

struct areas {
    struct area *list;
    size_t n, room;
};

/* "ORIGIN.NAME" and "LENGTH.NAME": the brackets were taken away before. */
static bool value_of(const char *name, size_t len, const void *context, int64_t *out)
{
    const struct areas *a = context;

    if (len < 8 || name[6] != '.')
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strlen(a->list[i].name) == len - 7 &&
            strncmp(a->list[i].name, name + 7, len - 7) == 0) {
            *out = name[0] == 'O' ? a->list[i].origin : a->list[i].length;
            return true;
        }
    return false;
}

/* Comments to blanks; "ORIGIN(X)" to "ORIGIN.X ". Each letter stays where it was. */
static char *plain(struct layout *l, const char *text, size_t len)
{
    char *out = arena_text(&l->inner->arena, text, len);

    for (size_t i = 0; i < len; i++) {
        char *end = NULL;
        size_t to;

        if (i + 1 < len && out[i] == '/' && out[i + 1] == '*') {
            end = memmem(out + i + 2, len - i - 2, "*/", 2);
            for (to = end ? (size_t)(end + 2 - out) : len; i < to; i++)
                out[i] = out[i] == '\n' ? '\n' : ' ';
            i--;
        } else if (out[i] == '#' || (i + 1 < len && out[i] == '/' && out[i + 1] == '/')) {
            for (; i < len && out[i] != '\n'; i++)
                out[i] = ' ';
        } else if (len - i > 7 &&
                   (strncmp(out + i, "ORIGIN(", 7) == 0 || strncmp(out + i, "LENGTH(", 7) == 0)) {
            end = memchr(out + i, ')', len - i);
            if (!end)
                continue;
            out[i + 6] = '.';
            *end = ' ';
        } else if (!out[i]) {
            out[i] = ' ';
        }
    }
    return out;
}

/* Each has two shorter forms for the linker: "org", "o"; "len", "l". */
static bool is_key(const char *at, const char *key)
{
    static const char *const forms[][3] = { { "ORIGIN", "org", "o" }, { "LENGTH", "len", "l" } };
    const char *const *form = forms[*key == 'L'];
    size_t n = strspn(at, "ORIGINLETHorgleniht");

    for (int i = 0; i < 3; i++)
        if (strlen(form[i]) == n && strncasecmp(at, form[i], n) == 0)
            return true;
    return false;
}

/* "KEY = EXPRESSION" up to a comma, a line end or a bracket. */
static bool take_value(struct layout *l, const char *file, const char *text, const char *s,
                       const char *start, const char *key, const struct areas *areas, int64_t *out,
                       const char **rest)
{
    const char *at = start + strspn(start, " \t\r\n,"), *end, *wrong;
    struct layout_mark mark = text_mark(l, file, text, (size_t)(at - s));

    if (!is_key(at, key)) {
        FAULT(l, "memory-x", &mark, "'%s = ' is missing", key);
        return false;
    }
    at += strcspn(at, "=\n}");
    if (*at != '=') {
        FAULT(l, "memory-x", &mark, "'%s' without '='", key);
        return false;
    }
    at++;
    end = at + strcspn(at, ",\n}");
    wrong = expression(at, (size_t)(end - at), value_of, areas, out);
    if (wrong) {
        FAULT(l, "memory-x", &mark, "%s = %.*s: %s", key, (int)(end - at), at, wrong);
        return false;
    }
    *rest = end;
    return true;
}

static bool read_areas(struct layout *l, const char *file, const char *text, size_t len,
                       struct areas *areas)
{
    char *s = plain(l, text, len);
    const char *at = strstr(s, "MEMORY"), *name;

    at = at ? strchr(at, '{') : NULL;
    if (!at) {
        FAULT(l, "memory-x", &(struct layout_mark){ file, 1, 1, 0, 0 }, "MEMORY has no '{'");
        return false;
    }
    for (at++; (at += strspn(at, " \t\r\n,")), *at && *at != '}';) {
        struct area a = { .at = text_mark(l, file, text, (size_t)(at - s)) };
        size_t n = 0;

        name = at;
        while (isalnum((unsigned char)name[n]) || name[n] == '_')
            n++;
        at = name + n + strcspn(name + n, ":\n}");
        if (!n || *at != ':') {
            FAULT(l, "memory-x", &a.at,
                  "'NAME (rx) : ORIGIN = ADDRESS, LENGTH = SIZE' is expected");
            return false;
        }
        a.name = arena_text(&l->inner->arena, name, n);
        if (areas->n == AREAS) {
            remedy(l, FAULT(l, "limit", &a.at, "more than %u areas of MEMORY", AREAS),
                   "Take away those that are no partitions.");
            return false;
        }
        if (!take_value(l, file, text, s, at + 1, "ORIGIN", areas, &a.origin, &at) ||
            !take_value(l, file, text, s, at, "LENGTH", areas, &a.length, &at))
            return false;
        areas->list = host_grow(areas->list, areas->n, &areas->room, sizeof *areas->list);
        areas->list[areas->n++] = a;
    }
    if (areas->n == 0)
        remedy(
            l,
            FAULT(l, "memory-x", &(struct layout_mark){ file, 1, 1, 0, 0 }, "MEMORY has no area"),
            "Write NAME : ORIGIN = ADDRESS, LENGTH = SIZE.");
    return areas->n;
}

/* Embassy's names: in its bootloader FLASH is the bootloader, in an application it is what runs. */
static enum layout_role role_of_area(const struct areas *areas, const char *name)
{
    bool active = false;

    for (size_t i = 0; i < areas->n; i++)
        active = active || strcmp(areas->list[i].name, "ACTIVE") == 0;
    if (strcmp(name, "ACTIVE") == 0 || (strcmp(name, "FLASH") == 0 && !active))
        return LAYOUT_PRIMARY;
    if (strcmp(name, "DFU") == 0)
        return LAYOUT_SECONDARY;
    return strcmp(name, "BOOTLOADER") == 0 || strcmp(name, "FLASH") == 0 ? LAYOUT_BOOTLOADER
                                                                         : LAYOUT_PLAIN;
}

static bool is_flash(const char *name)
{
    return strncmp(name, "FLASH", 5) == 0 || strncmp(name, "BOOT", 4) == 0 ||
           strcmp(name, "DFU") == 0 || strcmp(name, "ACTIVE") == 0 || strcmp(name, "STATE") == 0;
}

#define WINDOW 0x1000000 /* flash of a processor is within 16 MB */

/* Where the flash begins, by the areas whose names say that they are in it. */
static int64_t flash_base(const struct areas *areas)
{
    int64_t base = INT64_MAX;

    for (size_t i = 0; i < areas->n; i++)
        if (is_flash(areas->list[i].name) && areas->list[i].origin < base)
            base = areas->list[i].origin;
    return base == INT64_MAX || base < WINDOW ? 0 : base / WINDOW * WINDOW;
}

/* In it by its name, or by its place: a program has areas of its own. */
static bool is_in_flash(const struct area *a, int64_t base)
{
    return is_flash(a->name) || (a->origin >= base && a->origin - base < WINDOW);
}

/* RAM belongs to the processor; what else is there is passed over, and that is said. */
static void take_other(struct layout *l, struct layout_device *d, const struct area *a)
{
    if (strncmp(a->name, "RAM", 3) == 0 && a->origin >= 0 && a->length >= 0 &&
        a->origin <= UINT32_MAX && a->length <= UINT32_MAX) {
        d->ram_address = (uint32_t)a->origin;
        d->ram_size = (uint32_t)a->length;
    } else if (!strstr(a->name, "RAM") && !strstr(a->name, "TCM")) {
        finding(l, LAYOUT_WARNING, "memory-x", &a->at,
                "%s is neither in the flash nor RAM: it is passed over", a->name);
    }
}

READER(read_memory_x)
{
    struct build b = { .l = l };
    struct areas areas = { 0 };
    int64_t base, end = 0;
    int device;

    (void)e;
    if (!read_areas(l, file, text, len, &areas)) {
        free(areas.list);
        return HOST_BAD_LAYOUT;
    }
    base = flash_base(&areas);
    for (size_t i = 0; i < areas.n; i++)
        if (is_in_flash(&areas.list[i], base) && areas.list[i].origin + areas.list[i].length > end)
            end = areas.list[i].origin + areas.list[i].length;
    device = build_device(&b, "internal");
    if (options->chip)
        build_chip(&b, device, options->chip);
    else
        build_pages(&b, device, (uint64_t)(end > base ? end - base : 0), 0x1000, 4);
    if (!options->chip) {
        b.devices[device].flash.mapped = true;
        b.devices[device].flash.base = (uint32_t)base;
    }
    for (size_t i = 0; i < areas.n; i++) {
        const struct area *a = &areas.list[i];
        int64_t from = b.devices[device].flash.mapped ? b.devices[device].flash.base : 0;
        int p;

        if (!is_in_flash(a, base)) {
            take_other(l, &b.devices[device], a);
            continue;
        }
        p = build_partition(&b, a->name, device, a->origin - from, a->length, &a->at);
        if (p >= 0)
            b.partitions[p].role = role_of_area(&areas, a->name);
    }
    free(areas.list);
    return build_end(&b);
}

/* ---- out ---- */

static void put_area(FILE *out, const struct layout *l, const char *name,
                     const struct layout_partition *p)
{
    fprintf(out, "  %-16s : ORIGIN = 0x%08llx, LENGTH = %s\n", name,
            (unsigned long long)address_of(l, p), SIZE(p->size));
}

/* As symbols with numbers: nothing has to be subtracted by hand. */
static void put_range(FILE *out, const char *symbol, const struct layout_partition *p)
{
    fprintf(out, "__bootloader_%s_start = 0x%x;\n__bootloader_%s_end = 0x%llx;\n", symbol, p->off,
            symbol, (unsigned long long)p->off + p->size);
}

WRITER(write_memory_x)
{
    int primary = find_role(l, LAYOUT_PRIMARY), secondary = find_role(l, LAYOUT_SECONDARY);
    int boot = find_role(l, LAYOUT_BOOTLOADER), state = LAYOUT_NONE, written[4];
    const struct layout_device *d;
    size_t n = 0;

    (void)options;
    for (size_t i = 0; i < l->n_partitions; i++)
        if (strcmp(l->partitions[i].name, "BOOTLOADER_STATE") == 0 ||
            (state < 0 && l->partitions[i].role == LAYOUT_JOURNAL))
            state = (int)i;
    if (primary < 0)
        return host_fail(e, HOST_BAD_LAYOUT, host_in(l->path),
                         "memory.x places the application: name the slot that runs.",
                         "no partition is the primary slot");
    d = &l->devices[l->partitions[primary].device];
    if (!d->flash.mapped)
        return host_fail(e, HOST_BAD_LAYOUT, host_in(l->path),
                         "An application runs where the processor reads.",
                         "%s is on %s, which is not mapped", l->partitions[primary].name, d->name);
    fprintf(
        out,
        "/* %s: written by 'bulkhead layout convert --to memory-x'. Symbols are offsets from the "
        "start of the flash. */\nMEMORY\n{\n",
        l->product);
    if (boot >= 0)
        put_area(out, l, "BOOTLOADER", &l->partitions[boot]);
    if (state >= 0 && l->devices[l->partitions[state].device].flash.mapped)
        put_area(out, l, "BOOTLOADER_STATE", &l->partitions[state]);
    put_area(out, l, "FLASH", &l->partitions[primary]);
    if (secondary >= 0 && l->devices[l->partitions[secondary].device].flash.mapped)
        put_area(out, l, "DFU", &l->partitions[secondary]);
    if (d->ram_size)
        fprintf(out, "  %-16s : ORIGIN = 0x%08x, LENGTH = %s\n", "RAM", d->ram_address,
                SIZE(d->ram_size));
    fputs("}\n\n", out);
    put_range(out, "active", &l->partitions[primary]);
    if (secondary >= 0)
        put_range(out, "dfu", &l->partitions[secondary]);
    if (state >= 0)
        put_range(out, "state", &l->partitions[state]);
    written[n++] = primary;
    if (secondary >= 0)
        written[n++] = secondary;
    if (boot >= 0)
        written[n++] = boot;
    if (state >= 0)
        written[n++] = state;
    lose_others(l, written, n, losses);
    lose_boot(l, losses);
    return HOST_OK;
}
