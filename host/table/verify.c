/* SPDX-License-Identifier: Apache-2.0 */
/* What gen_esp32part.py verifies, in its order and its words. */
#include "table.h"
#include "host/grow.h"

#include <stdlib.h>
#include <string.h>

#define NVS_LEN_MIN 0x3000 /* less cannot be written to */
#define OTADATA_LEN 0x2000

/* "Partition NAME invalid: " and so on. */
#define INVALID(t, row, field, rule, format, ...)                                                  \
    esp_at(row, field,                                                                             \
           esp_problem(&(t)->problems, rule, "Partition %s invalid: " format, (row)->name,         \
                       __VA_ARGS__))

static void check_alignment(struct esp_table *t, const struct esp_row *row, enum esp_secure secure)
{
    int64_t off_step = esp_align(row->type);
    int64_t len_step = row->type != BH_TYPE_APP ? 1 : secure == ESP_SECURE_V1 ? 0x10000 : 0x1000;

    if (row->off % off_step)
        INVALID(t, row, ESP_OFFSET, "offset-align", "Offset %s is not aligned to 0x%x",
                esp_hex((char[24]){ 0 }, row->off), (unsigned)off_step);
    if (row->len % len_step)
        INVALID(t, row, ESP_SIZE, "size-align", "Size %s is not aligned to 0x%x",
                esp_hex((char[24]){ 0 }, row->len), (unsigned)len_step);
}

static struct esp_problem *warn(struct esp_problem *p, const struct esp_row *row)
{
    p->original = true;
    return esp_at(row, ESP_NAME, p);
}

/* A name that is a keyword of something else. */
static void check_name(struct esp_table *t, const struct esp_names *names,
                       const struct esp_row *row)
{
    int64_t type, subtype;
    bool is_subtype = false;

    if (esp_type_of(row->name, &type) && type != row->type)
        warn(esp_advise(&t->problems, "name-type", NULL,
                        "WARNING: Partition has name '%s' which is a partition type, but does not "
                        "match this partition's type (%s). Mistake in partition table?",
                        row->name, esp_hex((char[24]){ 0 }, row->type)),
             row);
    for (type = 0; type < 4; type++)
        is_subtype = is_subtype || esp_subtype_of(names, type, row->name, &subtype);
    if (is_subtype &&
        !(esp_subtype_of(names, row->type, row->name, &subtype) && subtype == row->subtype))
        warn(esp_advise(&t->problems, "name-subtype", NULL,
                        "WARNING: Partition has name '%s' which is a partition subtype, but this "
                        "partition has non-matching type %s and subtype %s. Mistake in partition "
                        "table?",
                        row->name, esp_hex((char[24]){ 0 }, row->type),
                        esp_hex((char[24]){ 0 }, row->subtype)),
             row);
}

static void check_readonly(struct esp_table *t, const struct esp_row *row)
{
    if (row->type != BH_TYPE_DATA)
        return;
    if (row->readonly && (row->subtype == BH_DATA_OTA || row->subtype == BH_DATA_COREDUMP))
        INVALID(
            t, row, ESP_FLAGS, "readonly",
            "'%s' partition of type %d and subtype %d is always read-write and cannot be read-only",
            row->name, (int)row->type, (int)row->subtype);
    if (!row->readonly && row->subtype == BH_DATA_NVS && row->len < NVS_LEN_MIN)
        INVALID(t, row, ESP_SIZE, "nvs-small",
                "'%s' partition of type %d and subtype %d of this size (%s) must be flagged as "
                "'readonly' (the size of read/write NVS has to be at least 0x%x)",
                row->name, (int)row->type, (int)row->subtype, esp_hex((char[24]){ 0 }, row->len),
                NVS_LEN_MIN);
}

static int by_name(const void *a, const void *b)
{
    const struct esp_row *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);

    return order ? order : *x < *y ? -1 : *x > *y;
}

static int by_off(const void *a, const void *b)
{
    const struct esp_row *const *x = a, *const *y = b;

    if ((*x)->off != (*y)->off)
        return (*x)->off < (*y)->off ? -1 : 1;
    return *x < *y ? -1 : *x > *y;
}

/* Pointers to the rows that are not broken; free() it. */
static struct esp_row **sorted(const struct esp_table *t, int (*order)(const void *, const void *),
                               size_t *n)
{
    size_t room = 0;
    struct esp_row **list = host_grow(NULL, t->n, &room, sizeof *list);

    *n = 0;
    for (size_t i = 0; i < t->n; i++)
        if (!t->rows[i].broken)
            list[(*n)++] = &t->rows[i];
    qsort(list, *n, sizeof *list, order);
    return list;
}

/* Append a row as CSV to what is printed before an error. */
static void lead_with(struct esp_problem *p, const struct esp_row *row, const struct esp_options *o)
{
    char *csv = esp_row_to_csv(row, o, false);
    char *lead = esp_format("%s%s%s", p->lead ? p->lead : "", p->lead ? "\n" : "", csv);

    free(csv);
    free(p->lead);
    p->lead = lead;
}

static void check_names(struct esp_table *t, const struct esp_options *o)
{
    struct esp_problem *p = NULL;
    size_t n;
    struct esp_row **rows = sorted(t, by_name, &n);

    for (size_t i = 0; i < n; i++) {
        bool as_before = i > 0 && strcmp(rows[i]->name, rows[i - 1]->name) == 0;
        bool as_next = i + 1 < n && strcmp(rows[i]->name, rows[i + 1]->name) == 0;

        if ((as_before || as_next) && !p) {
            p = esp_problem(&t->problems, "name-twice", "Partition names must be unique");
            p->lead = esp_format("A list of partitions that have the same name:");
        }
        if (as_before && !p->line)
            esp_at(rows[i], ESP_NAME, p);
        if (as_before || as_next)
            lead_with(p, rows[i], o);
    }
    free(rows);
}

static void check_overlaps(struct esp_table *t, const struct esp_options *o)
{
    int64_t first_free = o->table_off + BH_TABLE_SECTOR;
    const struct esp_row *last = NULL;
    size_t n;
    struct esp_row **rows = sorted(t, by_off, &n);

    for (size_t i = 0; i < n; last = rows[i++]) {
        const char *off = esp_hex((char[24]){ 0 }, rows[i]->off);

        if (rows[i]->off < first_free && !esp_in_own_place(rows[i]))
            esp_at(rows[i], ESP_OFFSET,
                   esp_problem(&t->problems, "too-low", "Partition offset %s is below %s", off,
                               esp_hex((char[24]){ 0 }, first_free)));
        if (last && rows[i]->off < last->off + last->len)
            esp_at(rows[i], ESP_OFFSET,
                   esp_problem(&t->problems, "overlap", "Partition at %s overlaps %s-%s", off,
                               esp_hex((char[24]){ 0 }, last->off),
                               esp_hex((char[24]){ 0 }, last->off + last->len - 1)));
    }
    free(rows);
}

/* At most one of this subtype, of two sectors. */
static void check_single(struct esp_table *t, const struct esp_options *o, int64_t subtype,
                         const char *name, const char *number, const char *prefix)
{
    struct esp_problem *p = NULL;
    const struct esp_row *first = NULL;

    for (size_t i = 0; i < t->n; i++) {
        const struct esp_row *row = &t->rows[i];

        if (row->broken || !esp_is(row, BH_TYPE_DATA, subtype))
            continue;
        if (first && !p) {
            p = esp_problem(
                &t->problems, "otadata-twice",
                "Found multiple %sotadata partitions. Only one partition can be defined "
                "with type=\"data\"(1) and subtype=\"%s\"(%s).",
                prefix, name, number);
            lead_with(esp_at(row, ESP_SUBTYPE, p), first, o);
        }
        if (p)
            lead_with(p, row, o);
        first = first ? first : row;
    }
    if (first && !p && first->len != OTADATA_LEN) {
        p = esp_problem(&t->problems, "otadata-size", "%sotadata partition must have size = 0x2000",
                        prefix);
        lead_with(esp_at(first, ESP_SIZE, p), first, o);
    }
}

bool esp_verify(struct esp_table *t, const struct esp_options *o)
{
    size_t before = t->problems.errors;

    for (size_t i = 0; i < t->n; i++) {
        if (t->rows[i].broken)
            continue;
        check_alignment(t, &t->rows[i], o->secure);
        check_name(t, &o->names, &t->rows[i]);
        check_readonly(t, &t->rows[i]);
    }
    check_names(t, o);
    check_overlaps(t, o);
    check_single(t, o, BH_DATA_OTA, "ota", "0", "");
    check_single(t, o, BH_DATA_TEE_OTA, "tee_ota", "0x90", "TEE ");
    return t->problems.errors == before;
}

bool esp_verify_size(struct esp_table *t, int64_t flash_size)
{
    const int64_t mib = 1 << 20;
    int64_t used = esp_flash_used(t);

    if (used <= flash_size)
        return true;
    esp_problem(&t->problems, "flash-size",
                "Partitions tables occupies %.1fMB of flash (%lld bytes) which does not fit in "
                "configured flash size %lldMB. Change the flash size in menuconfig under the "
                "'Serial Flasher Config' menu.",
                (double)used / (double)mib, (long long)used, (long long)(flash_size / mib));
    return false;
}
