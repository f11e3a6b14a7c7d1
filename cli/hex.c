/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as hexadecimal text, and as C. */
#include "cli/hex.h"

#include <string.h>

void cli_hex(const void *data, size_t len, char *text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[p[i] >> 4];
        text[2 * i + 1] = digits[p[i] & 15];
    }
    text[2 * len] = 0;
}

static int digit(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

bool cli_from_hex(const char *text, uint8_t *out, size_t room, size_t *len)
{
    *len = strlen(text) / 2;
    if (strlen(text) % 2 || *len > room)
        return false;
    for (size_t i = 0; i < *len; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void cli_c_bytes(FILE *out, const void *data, size_t len, const char *indent, size_t per_line)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++) {
        if (i % per_line == 0)
            fprintf(out, "\n%s", indent);
        else
            fputc(' ', out);
        fprintf(out, "0x%02x,", p[i]);
    }
}
