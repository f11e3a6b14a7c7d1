/* SPDX-License-Identifier: Apache-2.0 */
/* Decode UTF-8, split lines and strip white space by Python's rules, since ESP-IDF's tools are
 * written in Python. */
#include "text.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The code point at p and its length, or 0: not UTF-8. As strict as RFC 3629. */
static size_t code_point(const uint8_t *p, size_t left, uint32_t *out)
{
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
    uint32_t c;

    if (n == 0 || n > left)
        return 0;
    c = n == 1 ? p[0] : p[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return 0;
    *out = c;
    return n;
}

static size_t put(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00u >> n & 0xFF) | c);
    return n;
}

static bool utf8(const uint8_t *data, size_t len, size_t *bad)
{
    uint32_t c;

    for (size_t i = 0, n; i < len; i += n) {
        n = code_point(data + i, len - i, &c);
        if (n == 0 || c == 0) {
            *bad = i;
            return false;
        }
    }
    return true;
}

bool text_is_utf8(const char *text, size_t len)
{
    size_t bad;

    return utf8((const uint8_t *)text, len, &bad);
}

/* One unit of `width` bytes. */
static uint32_t unit(const uint8_t *p, unsigned width, bool big)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < width; i++)
        v = v << 8 | p[big ? i : width - 1 - i];
    return v;
}

static char *wide(const uint8_t *data, size_t len, unsigned width, bool big, size_t *out_len,
                  size_t *bad)
{
    char *out = malloc(len * 2 + 1);
    size_t n = 0;

    for (*bad = 0; out && *bad + width <= len; *bad += width) {
        uint32_t c = unit(data + *bad, width, big);

        if (width == 2 && c >> 10 == 0x36 && *bad + 4 <= len) {
            uint32_t low = unit(data + *bad + 2, 2, big);

            if (low >> 10 == 0x37) {
                c = 0x10000 + ((c & 0x3FF) << 10) + (low & 0x3FF);
                *bad += 2;
            }
        }
        if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
            break;
        n += put(out + n, c);
    }
    if (out && *bad == len) {
        out[n] = 0;
        *out_len = n;
        return out;
    }
    free(out);
    return NULL;
}

char *text_decode(const uint8_t *data, size_t len, size_t *out_len, size_t *bad)
{
    size_t mark = len >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    char *out;

    if (len >= 2 && memcmp(data, "\xFF\xFE", 2) == 0)
        out = wide(data + 2, len - 2, 2, false, out_len, bad), mark = 2;
    else if (len >= 2 && memcmp(data, "\xFE\xFF", 2) == 0)
        out = wide(data + 2, len - 2, 2, true, out_len, bad), mark = 2;
    else if (len >= 4 && memcmp(data, "\0\0\xFE\xFF", 4) == 0)
        out = wide(data + 4, len - 4, 4, true, out_len, bad), mark = 4;
    else if (!utf8(data + mark, len - mark, bad))
        out = NULL;
    else
        out = esp_format("%.*s", (int)(*out_len = len - mark), (const char *)data + mark);
    *bad += mark;
    return out;
}

/* Bytes of the line end at p, 0 if there is none: what Python's splitlines() takes for one. */
static size_t line_end(const char *p, const char *end)
{
    uint32_t c;
    size_t n = code_point((const uint8_t *)p, (size_t)(end - p), &c);

    if (c == '\r' && p + 1 < end && p[1] == '\n')
        return 2;
    bool is = (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
              c == 0x2029;
    return n && is ? n : 0;
}

bool text_line(const char **cursor, const char *end, struct slice *line)
{
    const char *p = *cursor;
    size_t n = 0;

    if (p == end)
        return false;
    /* A line end begins with a control character or a lead byte: others are passed over fast. */
    while (p < end && ((*p >= ' ' && *p < 0x7F) || (n = line_end(p, end)) == 0))
        p++;
    *line = (struct slice){ *cursor, (size_t)(p - *cursor) };
    *cursor = p + n;
    return true;
}

static bool is_space(uint32_t c)
{
    return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

struct slice text_strip(struct slice s)
{
    uint32_t c;
    size_t n;

    while (s.len && (n = code_point((const uint8_t *)s.at, s.len, &c)) != 0 && is_space(c)) {
        s.at += n;
        s.len -= n;
    }
    while (s.len) {
        for (n = 1; n < s.len && n < 4 && ((uint8_t)s.at[s.len - n] >> 6) == 2;)
            n++;
        if (code_point((const uint8_t *)s.at + s.len - n, n, &c) != n || !is_space(c))
            break;
        s.len -= n;
    }
    return s;
}

static bool is_word(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The name after a $ at p, and how long the whole reference is; 0: none. */
static size_t reference(const char *p, const char *end, struct slice *name)
{
    const char *q = p + 1;

    if (q < end && *q == '{') {
        const char *close = memchr(q, '}', (size_t)(end - q));

        *name = (struct slice){ q + 1, close ? (size_t)(close - q - 1) : 0 };
        return close ? (size_t)(close + 1 - p) : 0;
    }
    while (q < end && is_word(*q))
        q++;
    *name = (struct slice){ p + 1, (size_t)(q - p - 1) };
    return name->len ? (size_t)(q - p) : 0;
}

/* What replaces a reference: the variable's value, or itself if there is none. */
static void put_reference(FILE *out, const char *reference, size_t len, struct slice name)
{
    char *key = esp_format("%.*s", (int)name.len, name.at);
    const char *value = getenv(key);

    if (value)
        fputs(value, out);
    else
        fwrite(reference, 1, len, out);
    free(key);
}

char *text_expand(struct slice line, size_t *len)
{
    const char *p = line.at, *end = line.at + line.len;
    struct slice name;
    char *text;
    FILE *out = open_memstream(&text, len);

    if (!out)
        abort();
    while (p < end) {
        size_t n = *p == '$' ? reference(p, end, &name) : 0;

        if (n)
            put_reference(out, p, n, name);
        else
            fputc(*p, out);
        p += n ? n : 1;
    }
    fclose(out);
    return text;
}
