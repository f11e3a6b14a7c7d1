/* SPDX-License-Identifier: Apache-2.0 */
/* Text of unknown origin, written so that a reader of XML can take it for nothing else. */
#include "host/picture/xml.h"

#include <stdbool.h>
#include <stdint.h>

/* The character at text, its bytes in *n; U+FFFD and one byte if there is none. */
static uint32_t character(const unsigned char *text, size_t len, size_t *n)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint32_t c = text[0];

    *n = c < 0x80 ? 1 : c >> 5 == 0x06 ? 2 : c >> 4 == 0x0E ? 3 : c >> 3 == 0x1E ? 4 : 0;
    if (*n == 0 || *n > len)
        goto none;
    c = *n > 1 ? c & (0x7Fu >> *n) : c;
    for (size_t i = 1; i < *n; i++) {
        if ((text[i] & 0xC0) != 0x80)
            goto none;
        c = c << 6 | (text[i] & 0x3F);
    }
    if (c >= least[*n] && c <= 0x10FFFF && c >> 11 != 0xD800 >> 11 && (c & 0xFFFE) != 0xFFFE)
        return c;
none:
    *n = 1;
    return 0xFFFD;
}

/* Does it turn the direction of the text that follows? */
static bool turns(uint32_t c)
{
    return c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

void xml_put(FILE *out, const char *text, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c = character((const unsigned char *)text + i, len - i, &n);

        if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else if (c == 0xFFFD || c < 0x20 || (c >= 0x7F && c < 0xA0) || turns(c))
            fputs("\xEF\xBF\xBD", out); /* control characters are none of XML's, or do harm */
        else
            fwrite(text + i, 1, n, out);
    }
}
