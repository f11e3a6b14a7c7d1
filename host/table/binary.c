/* SPDX-License-Identifier: Apache-2.0 */
/* Rows to the bytes of a table and back, and to CSV. */
#include "table.h"
#include "text.h"

#include "bulkhead/bytes.h"
#include "src/table/md5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- binary out ---- */

/* Does a number fit its field? The original stops with a Python traceback if not. */
static void check_range(struct esp_table *t, const struct esp_row *row, enum esp_field field,
                        const char *what, int64_t v, int64_t max)
{
    if (v < 0 || v > max)
        esp_at(row, field,
               esp_refuse(&t->problems, "range", NULL,
                          "Partition %s invalid: %s %s is not within 0 and %s", row->name, what,
                          esp_hex((char[24]){ 0 }, v), esp_hex((char[24]){ 0 }, max)));
}

/* Bytes of a name that make the label. */
static size_t label_len(const struct esp_row *row)
{
    size_t len = strlen(row->name);

    return len < BH_LABEL_MAX ? len : BH_LABEL_MAX;
}

/* A name that is too long is cut, as the original does, where the label can still be read and told
 * from all others. */
static void check_label(struct esp_table *t, size_t index)
{
    const struct esp_row *row = &t->rows[index];
    size_t n = label_len(row);
    static const char shorter[] = "Choose a name of at most 16 bytes.";

    if (strlen(row->name) > n)
        esp_at(row, ESP_NAME,
               esp_advise(&t->problems, "label-long", shorter,
                          "Partition name '%s' is longer than 16 bytes and is cut to '%.*s'",
                          row->name, (int)n, row->name));
    if (!text_is_utf8(row->name, n))
        esp_at(row, ESP_NAME,
               esp_refuse(&t->problems, "label-cut", shorter,
                          "Partition %s invalid: cut at 16 bytes, its name ends within a character",
                          row->name));
    for (size_t i = 0; i < index; i++)
        if (label_len(&t->rows[i]) == n && memcmp(t->rows[i].name, row->name, n) == 0 &&
            strcmp(t->rows[i].name, row->name) != 0)
            esp_at(row, ESP_NAME,
                   esp_refuse(&t->problems, "label-cut", shorter,
                              "Partition %s invalid: cut at 16 bytes, its name is that of '%s'",
                              row->name, t->rows[i].name));
}

static void encode(const struct esp_row *row, uint8_t out[32])
{
    struct bh_partition p = {
        .type = (uint8_t)row->type,
        .subtype = (uint8_t)row->subtype,
        .off = (uint32_t)row->off,
        .len = (uint32_t)row->len,
        .flags = row->other_flags | (row->encrypted ? BH_PARTITION_ENCRYPTED : 0) |
                 (row->readonly ? BH_PARTITION_READONLY : 0),
    };

    memcpy(p.label, row->name, label_len(row));
    bh_partition_encode(&p, out);
}

static void put_md5(uint8_t *out, size_t len)
{
    struct bh_md5 m;

    bh_md5_init(&m);
    bh_md5_update(&m, out, len);
    memset(out + len, 0xEB, 2);
    bh_md5_final(&m, out + len + 16);
}

bool esp_to_binary(struct esp_table *t, const struct esp_options *o, uint8_t out[BH_TABLE_LEN])
{
    size_t before = t->problems.errors, len = (t->n + o->md5) * BH_TABLE_ROW;

    for (size_t i = 0; i < t->n; i++) {
        const struct esp_row *row = &t->rows[i];

        check_range(t, row, ESP_TYPE, "type", row->type, 0xFF);
        check_range(t, row, ESP_SUBTYPE, "subtype", row->subtype, 0xFF);
        check_range(t, row, ESP_OFFSET, "offset", row->off, UINT32_MAX);
        check_range(t, row, ESP_SIZE, "size", row->len, UINT32_MAX);
        check_label(t, i);
    }
    if (len >= BH_TABLE_LEN && t->problems.errors == before)
        esp_problem(&t->problems, "capacity", "Binary partition table length (%zu) longer than max",
                    len)
            ->hint = "94 rows fit, or 95 without MD5.";
    if (t->problems.errors != before)
        return false;
    memset(out, 0xFF, BH_TABLE_LEN);
    for (size_t i = 0; i < t->n; i++)
        encode(&t->rows[i], out + i * BH_TABLE_ROW);
    if (o->md5)
        put_md5(out, t->n * BH_TABLE_ROW);
    return true;
}

/* ---- binary in ---- */

struct scan {
    struct esp_table *table;
    const struct esp_options *options;
    struct bh_md5 md5;
    size_t off;
};

static struct esp_problem *at_off(const struct scan *s, struct esp_problem *p)
{
    p->line = 0;
    p->column = (unsigned)s->off;
    return p;
}

static void hex(char *out, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sprintf(out + 2 * i, "%02x", bytes[i]);
}

/* Two bytes as Python shows them: b'\x00A'. */
static char *python_bytes(const uint8_t b[2])
{
    char one[2][5];
    const char *quote = b[0] == '\'' || b[1] == '\'' ? "\"" : "'";

    for (int i = 0; i < 2; i++) {
        const char *named = b[i] == '\t'   ? "\\t"
                            : b[i] == '\n' ? "\\n"
                            : b[i] == '\r' ? "\\r"
                                           : NULL;

        if (named || b[i] == '\\')
            snprintf(one[i], sizeof one[i], "%s", named ? named : "\\\\");
        else if (b[i] >= 0x20 && b[i] < 0x7F)
            snprintf(one[i], sizeof one[i], "%c", b[i]);
        else
            snprintf(one[i], sizeof one[i], "\\x%02x", b[i]);
    }
    if (b[0] == '\'' || b[1] == '\'') /* both kinds of quotes: single ones, escaped */
        quote = b[0] == '"' || b[1] == '"' ? "'" : "\"";
    for (int i = 0; i < 2; i++)
        if (b[i] == (uint8_t)*quote)
            snprintf(one[i], sizeof one[i], "\\%c", b[i]);
    return esp_format("b%s%s%s%s", quote, one[0], one[1], quote);
}

static void read_md5(struct scan *s, const uint8_t row[32])
{
    struct esp_problems *problems = &s->table->problems;
    struct bh_md5 copy = s->md5;
    uint8_t digest[16];
    char computed[33], parsed[33];

    if (s->table->had_md5)
        at_off(s, esp_advise(problems, "md5-twice", "ESP-IDF's bootloader refuses such a table.",
                             "second MD5 row"));
    s->table->had_md5 = true;
    if (!bh_all(row + 2, 0xFF, 14))
        at_off(s, esp_advise(problems, "md5-filler", NULL,
                             "bytes 2 to 15 of the MD5 row are not 0xff"));
    if (!s->options->md5)
        return;
    bh_md5_final(&copy, digest);
    hex(computed, digest, sizeof digest);
    hex(parsed, row + 16, sizeof digest);
    if (memcmp(digest, row + 16, sizeof digest))
        at_off(s, esp_problem(problems, "md5",
                              "MD5 checksums don't match! (computed: 0x%s, parsed: 0xb'%s')",
                              computed, parsed));
}

static void read_flags(struct scan *s, struct esp_row *row, uint32_t flags)
{
    row->encrypted = flags & BH_PARTITION_ENCRYPTED;
    row->readonly = flags & BH_PARTITION_READONLY;
    row->other_flags = flags & ~(BH_PARTITION_ENCRYPTED | BH_PARTITION_READONLY);
    if (row->other_flags)
        at_off(s,
               esp_advise(&s->table->problems, "flags-unknown", NULL,
                          "WARNING: Partition definition had unknown flag(s) 0x%08x. Newer binary "
                          "format?",
                          (unsigned)row->other_flags))
            ->original = true;
}

/* Where the fields of a row are, for messages. */
static const uint8_t field_off[ESP_FIELDS] = { [ESP_NAME] = 12,  [ESP_TYPE] = 2, [ESP_SUBTYPE] = 3,
                                               [ESP_OFFSET] = 4, [ESP_SIZE] = 8, [ESP_FLAGS] = 28 };

static void read_row(struct scan *s, const uint8_t bytes[32])
{
    struct esp_problems *problems = &s->table->problems;
    struct bh_partition p;

    bh_md5_update(&s->md5, bytes, BH_TABLE_ROW);
    bh_partition_decode(bytes, &p);
    if (!text_is_utf8(p.label, strlen(p.label))) {
        at_off(s, esp_refuse(problems, "label-encoding", NULL, "label of row %zu is not UTF-8 text",
                             s->off / BH_TABLE_ROW));
        return;
    }
    if (bh_table_row(bytes) != BH_ROW_PARTITION) {
        char *magic = python_bytes(bytes);

        at_off(s, esp_problem(problems, "magic",
                              "Invalid magic bytes (%s) for partition definition", magic));
        free(magic);
        return;
    }
    if (s->table->had_md5)
        at_off(s, esp_advise(problems, "after-md5", "Write the table again.",
                             "partition '%s' is after the MD5 row: no digest covers it", p.label));
    struct esp_row *row = esp_table_add(s->table);
    row->name = esp_format("%s", p.label);
    row->type = p.type;
    row->subtype = p.subtype;
    row->off = p.off;
    row->len = p.len;
    row->placed = true;
    for (int i = 0; i < ESP_FIELDS; i++)
        row->column[i] = (unsigned)s->off + field_off[i];
    read_flags(s, row, p.flags);
}

/* After the row that ends the table nobody looks; there may be rows of an older one. */
static void check_padding(struct scan *s, const uint8_t *data, size_t len)
{
    for (size_t i = s->off; i < len; i++)
        if (data[i] != 0xFF) {
            esp_advise(&s->table->problems, "padding", "Write the table again.",
                       "not 0xff, though after the end of the table")
                ->column = (unsigned)i;
            return;
        }
}

bool esp_read_binary(struct esp_table *t, const struct esp_options *o, const uint8_t *data,
                     size_t len)
{
    struct scan s = { .table = t, .options = o };
    size_t errors = t->problems.errors;

    t->binary = true;
    bh_md5_init(&s.md5);
    for (; len - s.off >= BH_TABLE_ROW; s.off += BH_TABLE_ROW) {
        const uint8_t *row = data + s.off;

        if (bh_all(row, 0xFF, BH_TABLE_ROW)) {
            check_padding(&s, data, len < BH_TABLE_LEN ? len : BH_TABLE_LEN);
            if (!t->had_md5 && t->n)
                esp_advise(&t->problems, "md5-missing", "ESP-IDF's applications demand one.",
                           "table has no MD5 row");
            return t->problems.errors == errors;
        }
        if (bh_table_row(row) == BH_ROW_MD5)
            read_md5(&s, row);
        else
            read_row(&s, row);
        if (t->problems.errors != errors)
            return false; /* what follows may be anything */
    }
    if (s.off != len)
        at_off(&s, esp_problem(&t->problems, "length",
                               "Partition table length must be a multiple of 32 bytes"));
    else
        at_off(&s, esp_problem(&t->problems, "no-end",
                               "Partition table is missing an end-of-table marker"));
    return false;
}

/* ---- CSV out ---- */

static char *size_text(int64_t v, bool simple)
{
    if (!simple && v % 0x100000 == 0)
        return esp_format("%lldM", (long long)(v / 0x100000));
    if (!simple && v % 0x400 == 0)
        return esp_format("%lldK", (long long)(v / 0x400));
    return esp_format("%s", esp_hex((char[24]){ 0 }, v));
}

char *esp_row_to_csv(const struct esp_row *row, const struct esp_options *o, bool simple)
{
    const char *type = simple ? NULL : esp_type_name(row->type);
    const char *subtype = simple ? NULL : esp_subtype_name(&o->names, row->type, row->subtype);
    char *type_number = esp_format("%lld", (long long)row->type);
    char *subtype_number = esp_format("%lld", (long long)row->subtype);
    char *size = size_text(row->len, simple);
    char *out =
        esp_format("%s,%s,%s,%s,%s,%s%s%s", row->name, type ? type : type_number,
                   subtype ? subtype : subtype_number, esp_hex((char[24]){ 0 }, row->off), size,
                   row->encrypted ? "encrypted" : "", row->encrypted && row->readonly ? ":" : "",
                   row->readonly ? "readonly" : "");

    free(type_number);
    free(subtype_number);
    free(size);
    return out;
}

char *esp_to_csv(const struct esp_table *t, const struct esp_options *o, bool simple)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return esp_format("%s", "");
    fputs("# ESP-IDF Partition Table\n# Name, Type, SubType, Offset, Size, Flags\n", out);
    for (size_t i = 0; i < t->n; i++) {
        char *row = esp_row_to_csv(&t->rows[i], o, simple);

        fprintf(out, "%s\n", row);
        free(row);
    }
    fclose(out);
    return text;
}
