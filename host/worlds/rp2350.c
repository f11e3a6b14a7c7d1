/* SPDX-License-Identifier: Apache-2.0 */
/* The RP2350's partition table as picotool reads it, and the JSON of 'bulkhead layout show'. JSON
 * is read as what it is a part of: YAML. */
#define _GNU_SOURCE
#include "inner.h"

#include "host/partition_manager/value.h"

#include <stdlib.h>
#include <string.h>

#define FLASH_BASE 0x10000000u
#define SECTOR 0x1000u

static bool is_json(const char *text, size_t len)
{
    while (len && strchr(" \t\r\n", *text))
        text++, len--;
    return len && *text == '{';
}

bool recognise_rp2350(const char *text, size_t len)
{
    return is_json(text, len) && memmem(text, len, "\"partitions\"", 12) &&
           memmem(text, len, "\"unpartitioned\"", 15);
}

bool recognise_json(const char *text, size_t len)
{
    return is_json(text, len) && memmem(text, len, "\"layout-show-", 13);
}

/* 65536, "64K", "0x1000" */
static bool size_of(const struct pm_value *v, int64_t *out)
{
    uint64_t number;
    bool negative;

    if (!v)
        return false;
    if (v->kind == PM_INTEGER) {
        *out = v->number;
        return *out >= 0;
    }
    if (v->kind != PM_TEXT || !number_read(v->text, &number, &negative) || negative ||
        number > UINT64_C(1) << 40)
        return false;
    *out = (int64_t)number;
    return true;
}

static char *text_of(struct layout *l, const struct pm_value *v)
{
    return v && v->kind == PM_TEXT ? arena_text(&l->inner->arena, v->text, strlen(v->text)) : NULL;
}

static void take_families(struct layout *l, struct layout_partition *p, const struct pm_value *v)
{
    if (!v || v->kind != PM_LIST)
        return;
    p->rp2350.families.list = arena_get(&l->inner->arena, (v->n + 1u) * sizeof(char *));
    for (v = v->first; v; v = v->next)
        if (v->kind == PM_TEXT)
            p->rp2350.families.list[p->rp2350.families.n++] = text_of(l, v);
}

/* Keys of a partition in picotool's schema that are true or false; false ones are left out. */
static const char *const flags[] = { "no_reboot_on_uf2_download", "ab_non_bootable_owner_affinity",
                                     "ignored_during_arm_boot", "ignored_during_riscv_boot" };
#define N_FLAGS (sizeof flags / sizeof *flags)

static bool is_flag(const char *key)
{
    for (size_t i = 0; i < N_FLAGS; i++)
        if (strcmp(flags[i], key) == 0)
            return true;
    return false;
}

/* Flags that are true; a key that the schema does not have is told when it is lost. */
static void take_flags(struct layout *l, struct layout_partition *p, const struct pm_value *row)
{
    static const char *const known[] = { "name",     "id",   "start",       "size",
                                         "families", "link", "permissions", NULL };

    p->rp2350.flags.list = arena_get(&l->inner->arena, (N_FLAGS + 1) * sizeof(char *));
    for (const struct pm_value *v = row->first; v; v = v->next) {
        bool is_known = is_flag(v->key);

        for (size_t i = 0; known[i]; i++)
            is_known = is_known || strcmp(known[i], v->key) == 0;
        if (!is_known)
            p->unsaid = arena_format(&l->inner->arena, "%s%s%s", p->unsaid ? p->unsaid : "",
                                     p->unsaid ? ", " : "", v->key);
        else if (is_flag(v->key) && v->kind == PM_YES_NO && v->number &&
                 p->rp2350.flags.n < N_FLAGS)
            p->rp2350.flags.list[p->rp2350.flags.n++] =
                arena_text(&l->inner->arena, v->key, strlen(v->key));
    }
}

/* {"secure": "rw", "nonsecure": "", "bootloader": "rw"} as "s:rw,ns:,b:rw" */
static char *take_permissions(struct layout *l, const struct pm_value *v)
{
    const struct pm_value *s = pm_get(v, "secure"), *n = pm_get(v, "nonsecure"),
                          *b = pm_get(v, "bootloader");

    if (!s || !n || !b || s->kind != PM_TEXT || n->kind != PM_TEXT || b->kind != PM_TEXT)
        return NULL;
    return arena_format(&l->inner->arena, "secure:%s,nonsecure:%s,bootloader:%s", s->text, n->text,
                        b->text);
}

static bool take_row(struct build *b, int device, const struct pm_value *v, size_t i, int64_t *next)
{
    struct layout *l = b->l;
    const struct pm_value *name = pm_get(v, "name"), *id = pm_get(v, "id"),
                          *link = pm_get(v, "link");
    int64_t off = *next, size = 0;
    char *text;
    int p;

    if (v->kind != PM_MAP || !size_of(pm_get(v, "size"), &size) ||
        (pm_get(v, "start") && !size_of(pm_get(v, "start"), &off))) {
        remedy(l,
               FAULT(l, "rp2350", &v->at, "partition %zu has no size, or a start that is none", i),
               "Write \"start\": \"64K\", \"size\": \"1M\".");
        return false;
    }
    if (off >= FLASH_BASE) /* an address, as picotool takes it, too */
        off -= FLASH_BASE;
    if (off % SECTOR || size % SECTOR)
        remedy(l,
               FAULT(l, "rp2350", &v->at,
                     "partition %zu: 0x%llx bytes at 0x%llx are no whole sectors", i,
                     (unsigned long long)size, (unsigned long long)off),
               "A sector is 4K.");
    text = text_of(l, name);
    p = build_partition(b, text ? text : arena_format(&l->inner->arena, "partition%zu", i), device,
                        off, size, &v->at);
    *next = off + size;
    if (p < 0)
        return false;
    b->partitions[p].rp2350.given = true;
    if (id && id->kind == PM_INTEGER && id->number >= 0 && id->number < INT32_MAX)
        b->partitions[p].rp2350.id = (int)id->number;
    take_families(l, &b->partitions[p], pm_get(v, "families"));
    take_flags(l, &b->partitions[p], v);
    b->partitions[p].rp2350.permissions = take_permissions(l, pm_get(v, "permissions"));
    if (link && link->kind == PM_LIST) {
        char *line = pm_line(link, false);

        b->partitions[p].rp2350.link = arena_text(&l->inner->arena, line, strlen(line));
        free(line);
    }
    return true;
}

/* What is in no partition: a layout has no place for its words, and the writer has its own. */
static void take_unpartitioned(struct layout *l, const struct pm_value *v)
{
    const struct pm_value *families = pm_get(v, "families");
    const char *permissions = take_permissions(l, pm_get(v, "permissions"));

    if ((families && families->kind == PM_LIST && families->n == 1 &&
         families->first->kind == PM_TEXT && strcmp(families->first->text, "absolute") == 0) &&
        (!permissions || strcmp(permissions, "secure:rw,nonsecure:,bootloader:rw") == 0))
        return;
    l->unsaid = arena_format(&l->inner->arena, "unpartitioned: its families and permissions");
}

READER(read_rp2350)
{
    struct build b = { .l = l };
    struct pm_value *root = pm_yaml(l, file, text, len);
    const struct pm_value *rows = pm_get(root, "partitions");
    int64_t next = 0, size = 1 << 20;
    size_t i = 0;
    int device;

    (void)options, (void)e;
    if (!root)
        return HOST_BAD_LAYOUT;
    if (!rows || rows->kind != PM_LIST) {
        FAULT(l, "rp2350", &root->at, "\"partitions\" is no list");
        return HOST_BAD_LAYOUT;
    }
    take_unpartitioned(l, pm_get(root, "unpartitioned"));
    device = build_device(&b, "internal");
    for (const struct pm_value *v = rows->first; v; v = v->next)
        take_row(&b, device, v, i++, &next);
    if (i > 16)
        FAULT(l, "rp2350", &rows->at, "%zu partitions: the ROM takes 16", i);
    for (i = 0; i < b.n_partitions; i++)
        next = (int64_t)b.partitions[i].off + b.partitions[i].size > next
                   ? (int64_t)b.partitions[i].off + b.partitions[i].size
                   : next;
    while (size < next && size < INT64_C(1) << 31)
        size *= 2;
    build_pages(&b, device, (uint64_t)size, SECTOR, 1);
    b.devices[device].flash.mapped = true;
    b.devices[device].flash.base = FLASH_BASE;
    return build_end(&b);
}

/* ---- JSON of our own ---- */

static uint32_t u32_of(const struct pm_value *map, const char *key, uint32_t otherwise)
{
    const struct pm_value *v = pm_get(map, key);

    return v && v->kind == PM_INTEGER && v->number >= 0 && v->number <= UINT32_MAX
               ? (uint32_t)v->number
               : otherwise;
}

static void take_device(struct build *b, const struct pm_value *v)
{
    const struct pm_value *name = pm_get(v, "name"), *pages = pm_get(v, "pages"),
                          *address = pm_get(v, "address");
    int d = build_device(b, name && name->kind == PM_TEXT ? name->text : "device");
    struct layout_device *device = &b->devices[d];

    device->flash.size = u32_of(v, "size", 0);
    device->flash.unit = (uint16_t)u32_of(v, "unit", 1);
    device->flash.erased = (uint8_t)u32_of(v, "erased", 0xFF);
    device->flash.mapped = address && address->kind == PM_INTEGER;
    device->flash.base = u32_of(v, "address", 0);
    device->driver = text_of(b->l, pm_get(v, "driver"));
    for (const struct pm_value *run = pages && pages->kind == PM_LIST ? pages->first : NULL;
         run && device->flash.n_runs < LAYOUT_RUNS_MAX; run = run->next)
        device->runs[device->flash.n_runs++] =
            (struct bh_page_run){ u32_of(run, "count", 0), u32_of(run, "size", 0) };
    for (uint8_t i = 0; i < device->flash.n_runs; i++)
        if (!device->runs[i].count || !device->runs[i].size)
            device->flash.n_runs = 0;
    if (!device->flash.unit || !device->flash.n_runs)
        FAULT(b->l, "json", &v->at, "device %s has no pages or no unit", device->name);
}

static void take_partition(struct build *b, const struct pm_value *v)
{
    static const char *const roles[] = { "",      "bootloader", "primary", "secondary",
                                         "spare", "journal",    "table" };
    const struct pm_value *name = pm_get(v, "name"), *device = pm_get(v, "device"),
                          *role = pm_get(v, "role");
    int d = LAYOUT_NONE, p;

    for (size_t i = 0; i < b->n_devices && device && device->kind == PM_TEXT; i++)
        if (strcmp(b->devices[i].name, device->text) == 0)
            d = (int)i;
    if (d < 0 || !name || name->kind != PM_TEXT) {
        FAULT(b->l, "json", &v->at, "a partition has no name, or no device that there is");
        return;
    }
    p = build_partition(b, name->text, d, u32_of(v, "offset", 0), u32_of(v, "size", 0), &v->at);
    for (size_t i = 1; p >= 0 && role && role->kind == PM_TEXT && i < 7; i++)
        if (strcmp(roles[i], role->text) == 0)
            b->partitions[p].role = (enum layout_role)i;
}

/* Which partitions are others' containers is told by those. */
static void mark_containers(struct build *b, const struct pm_value *rows)
{
    for (const struct pm_value *v = rows->first; v; v = v->next) {
        const struct pm_value *box = pm_get(v, "container");

        for (size_t i = 0; i < b->n_partitions && box && box->kind == PM_TEXT; i++)
            if (strcmp(b->partitions[i].name, box->text) == 0)
                b->partitions[i].container = true;
    }
}

READER(read_json)
{
    struct build b = { .l = l };
    struct pm_value *root = pm_yaml(l, file, text, len);
    const struct pm_value *devices = pm_get(root, "devices"), *rows = pm_get(root, "partitions");

    (void)options, (void)e;
    if (!root)
        return HOST_BAD_LAYOUT;
    if (!devices || devices->kind != PM_LIST || !rows || rows->kind != PM_LIST ||
        devices->n > LAYOUT_DEVICES_MAX) {
        FAULT(l, "json", &root->at, "there are no \"devices\" and \"partitions\"");
        return HOST_BAD_LAYOUT;
    }
    l->product = text_of(l, pm_get(root, "product"));
    for (const struct pm_value *v = devices->first; v; v = v->next)
        take_device(&b, v);
    for (const struct pm_value *v = rows->first; v; v = v->next)
        take_partition(&b, v);
    mark_containers(&b, rows);
    return build_end(&b);
}

/* ---- out ---- */

static bool is_private(const struct layout *l, const struct layout_partition *p)
{
    (void)l;
    return p->role == LAYOUT_JOURNAL;
}

/* "secure:rw,nonsecure:,bootloader:rw": the word after a name. */
static void put_permission(FILE *out, const char *permissions, const char *who,
                           const char *otherwise, const char *comma)
{
    const char *at = permissions ? strstr(permissions, who) : NULL;
    int len;

    at = at && at[strlen(who)] == ':' ? at + strlen(who) + 1 : NULL;
    len = at ? (int)strcspn(at, ",") : (int)strlen(otherwise);
    fprintf(out, "        \"%s\": \"%.*s\"%s\n", who, len, at ? at : otherwise, comma);
}

static void put_json_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, out);
    fputc('"', out);
}

static void put_row(FILE *out, const struct layout_partition *p, int id)
{
    bool code = p->role != LAYOUT_PLAIN;
    const char *permissions = p->rp2350.permissions;

    fputs("    {\n      \"name\": ", out);
    put_json_text(out, p->name);
    fprintf(out,
            ",\n      \"id\": %d,\n      \"start\": \"%uK\",\n"
            "      \"size\": \"%uK\",\n      \"families\": [",
            id, p->off / 1024, p->size / 1024);
    for (size_t i = 0; i < p->rp2350.families.n; i++) {
        fputs(i ? ", " : "", out);
        put_json_text(out, p->rp2350.families.list[i]);
    }
    fputs("],\n      \"permissions\": {\n", out);
    put_permission(out, permissions, "secure", "rw", ",");
    put_permission(out, permissions, "nonsecure", code ? "" : "rw", ",");
    put_permission(out, permissions, "bootloader", "rw", "");
    fputs("      }", out);
    if (p->rp2350.link) {
        fputs(",\n      \"link\": ", out);
        for (const char *c = p->rp2350.link; *c; c++)
            fputc(*c == '\'' ? '"' : *c, out);
    }
    for (size_t i = 0; i < p->rp2350.flags.n; i++)
        fprintf(out, ",\n      \"%s\": true", world_identifier(p->rp2350.flags.list[i]).text);
    fputs("\n    }", out);
}

WRITER(write_rp2350)
{
    int *order = calloc(l->n_partitions + 1, sizeof *order), id = 16;
    size_t n = layout_order(l, 0, order), rows = 0;
    int code = HOST_OK;

    (void)options;
    fputs("{\n  \"version\": [1, 0],\n  \"unpartitioned\": {\n    \"families\": [\"absolute\"],\n"
          "    \"permissions\": {\n      \"secure\": \"rw\",\n      \"nonsecure\": \"\",\n"
          "      \"bootloader\": \"rw\"\n    }\n  },\n  \"partitions\": [\n",
          out);
    for (size_t i = 0; i < n && code == HOST_OK; i++) {
        const struct layout_partition *p = &l->partitions[order[i]];

        if (p->parent >= 0)
            continue;
        if (is_private(l, p)) {
            world_lost(losses, "%s (%s): the bootloader's own, in no partition", p->name,
                       SIZE(p->size));
            continue;
        }
        if (p->off % SECTOR || p->size % SECTOR)
            code = host_fail(e, HOST_BAD_LAYOUT, host_in(l->path), "The RP2350's sectors have 4K.",
                             "%s is no whole number of sectors: 0x%x bytes at 0x%x", p->name,
                             p->size, p->off);
        if (rows == 16)
            code = host_fail(e, HOST_BAD_LAYOUT, host_in(l->path), "Join some of them.",
                             "the RP2350's table has room for 16 partitions");
        if (rows++)
            fputs(",\n", out);
        put_row(out, p, p->rp2350.id >= 0 ? p->rp2350.id : id);
        id++;
    }
    fputs("\n  ]\n}\n", out);
    for (size_t i = 0; i < l->n_partitions; i++)
        if (l->partitions[i].device != 0)
            world_lost(losses, "%s: it is on %s, and the table is of one flash",
                       l->partitions[i].name, l->devices[l->partitions[i].device].name);
    lose_boot(l, losses);
    free(order);
    return code;
}
