/* SPDX-License-Identifier: Apache-2.0 */
/* Change values in a CSV's text, one cell at a time, by line and column. */
#include "host/table/edit.h"

#include "host/table/text.h"

#include <stdlib.h>
#include <string.h>

/* Line `number` of the text, without its end. */
static struct slice line_at(const char *text, unsigned number)
{
    const char *cursor = text, *end = text + strlen(text);
    struct slice line = { end, 0 };

    while (number-- && text_line(&cursor, end, &line))
        continue;
    return line;
}

/* before + middle + after, where the middle takes the place of s. */
static char *replace(const char *text, struct slice s, const char *middle)
{
    return esp_format("%.*s%s%s", (int)(s.at - text), text, middle, s.at + s.len);
}

/* A field without the blanks around it; NULL beyond the last comma. */
static struct slice field_at(struct slice line, int field)
{
    const char *p = line.at, *end = line.at + line.len, *comma;

    while (field-- > 0) {
        comma = memchr(p, ',', (size_t)(end - p));
        if (!comma)
            return (struct slice){ 0 };
        p = comma + 1;
    }
    comma = memchr(p, ',', (size_t)(end - p));
    return text_strip((struct slice){ p, (size_t)((comma ? comma : end) - p) });
}

char *esp_edit_field(const char *text, unsigned line, enum esp_field field, const char *value)
{
    struct slice whole = line_at(text, line), s = field_at(whole, (int)field);
    int missing = 0;

    if (memchr(whole.at, '$', whole.len))
        return NULL;
    if (s.at)
        return replace(text, s, value);
    while (!field_at(whole, (int)field - missing).at)
        missing++;
    char *commas = esp_format("%.*s%s", missing, ",,,,,,", value);
    char *out = replace(text, (struct slice){ whole.at + whole.len, 0 }, commas);
    free(commas);
    return out;
}

char *esp_edit_remove(const char *text, unsigned line)
{
    struct slice s = line_at(text, line);
    const char *after = s.at + s.len;

    if (after[0] == '\r' && after[1] == '\n')
        s.len++;
    if (*after)
        s.len++;
    return replace(text, s, "");
}

char *esp_edit_insert(const char *text, unsigned line, const char *row)
{
    size_t len = strlen(text);
    struct slice s = line ? line_at(text, line) : (struct slice){ text + len, 0 };
    bool at_line_start = s.at == text || s.at[-1] == '\n';
    const char *crlf = strstr(text, "\r\n") ? "\r\n" : "\n";

    if (!line)
        return esp_format("%s%s%s%s", text, at_line_start ? "" : crlf, row, crlf);
    s.at += s.len;
    s.len = 0;
    char *middle = esp_format("%s%s", crlf, row);
    char *out = replace(text, s, middle);
    free(middle);
    return out;
}

/* Is there a table, with a right MD5 if it has one? */
static bool is_table(const uint8_t *flash, size_t len, size_t off)
{
    struct esp_options o = esp_defaults();
    struct esp_table t;

    if (off + BH_TABLE_LEN > len || flash[off] != 0xAA || flash[off + 1] != 0x50)
        return false;
    esp_table_init(&t);
    bool ok = esp_read_binary(&t, &o, flash + off, BH_TABLE_LEN) && t.n > 0;
    esp_table_free(&t);
    return ok;
}

int64_t esp_find_table(const uint8_t *flash, size_t len, int64_t usual)
{
    if (usual >= 0 && is_table(flash, len, (size_t)usual))
        return usual;
    for (size_t off = 0; off + BH_TABLE_LEN <= len; off += 0x1000)
        if (is_table(flash, len, off))
            return (int64_t)off;
    return -1;
}
