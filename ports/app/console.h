/* SPDX-License-Identifier: Apache-2.0 */
/* The console of the sample applications: texts and numbers out, lines and numbers in. Included by
 * the one file of each. */
#ifndef BULKHEAD_PORTS_APP_CONSOLE_H
#define BULKHEAD_PORTS_APP_CONSOLE_H

#include "port.h"

#include <stdint.h>

static void put_text(const char *text)
{
    while (*text)
        port_put(*text++);
}

static void put_hex(uint32_t v)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        port_put("0123456789abcdef"[v >> shift & 15u]);
}

static void put_field(const char *name, uint32_t v)
{
    put_text(name);
    put_hex(v);
}

static uint8_t get(void)
{
    int c;

    while ((c = port_get()) < 0)
        ;
    return (uint8_t)c;
}

/* A line without its end; what does not fit is dropped. */
static void get_line(char *line, uint32_t size)
{
    uint32_t n = 0;

    for (char c; (c = (char)get()) != '\n' && c != '\r';)
        if (n < size - 1)
            line[n++] = c;
    line[n] = '\0';
}

/* The next hexadecimal number of a line, and what follows it. */
static const char *parse_hex(const char *s, uint32_t *v)
{
    *v = 0;
    while (*s == ' ')
        s++;
    for (;; s++) {
        if (*s >= '0' && *s <= '9')
            *v = *v << 4 | (uint32_t)(*s - '0');
        else if (*s >= 'a' && *s <= 'f')
            *v = *v << 4 | (uint32_t)(*s - 'a' + 10);
        else
            return s;
    }
}

#endif
