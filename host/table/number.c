/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as Python's int(text, 0) reads them, and the suffixes of partition tables. */
#include "table.h"
#include "text.h"

#include <ctype.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

static int64_t times(int64_t v, int64_t by)
{
    if (v > ESP_HUGE / by)
        return ESP_HUGE;
    return v < -ESP_HUGE / by ? -ESP_HUGE : v * by;
}

/* Digits with single underscores between them. */
static bool digits(const char *p, const char *end, int base, int64_t *out)
{
    bool underscore = true; /* none may come first */

    for (*out = 0; p < end; p++) {
        if (*p == '_' && !underscore) {
            underscore = true;
            continue;
        }
        if (digit(*p) >= base)
            return false;
        underscore = false;
        *out = times(*out, base);
        *out = *out > ESP_HUGE - digit(*p) ? ESP_HUGE : *out + digit(*p);
    }
    return !underscore;
}

/* 0x, 0o or 0b; 10 if there is none. */
static int prefix(const char *p, const char *end)
{
    if (end - p < 2 || p[0] != '0')
        return 10;
    switch (tolower((unsigned char)p[1])) {
    case 'x': return 16;
    case 'o': return 8;
    case 'b': return 2;
    default: return 10;
    }
}

bool esp_int(const char *text, size_t len, int64_t *out)
{
    struct slice s = text_strip((struct slice){ text, len });
    const char *p = s.at, *end = s.at + s.len;
    bool minus = p < end && *p == '-';

    if (p < end && (*p == '-' || *p == '+'))
        p++;
    int base = prefix(p, end);
    if (base != 10) {
        p += 2;
        if (p < end && *p == '_') /* one is allowed here */
            p++;
    }
    bool leading_zero = base == 10 && p < end && *p == '0';
    if (!digits(p, end, base, out) || (leading_zero && *out != 0))
        return false;
    if (minus)
        *out = -*out;
    return true;
}

bool esp_size(const char *text, size_t len, int64_t *out, size_t *len_left)
{
    int64_t by = 1;

    for (; len; len--) {
        int c = tolower((unsigned char)text[len - 1]);

        if (c != 'k' && c != 'm')
            break;
        by = times(by, c == 'k' ? 1024 : 1048576);
    }
    *len_left = len;
    if (!esp_int(text, len, out))
        return false;
    *out = *out == 0 ? 0 : times(*out, by);
    return true;
}
