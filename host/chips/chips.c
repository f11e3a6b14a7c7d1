/* SPDX-License-Identifier: Apache-2.0 */
/* The table of chips, asked. The table itself is chips_table.c, which the build makes. */
#include "host/chips/chips.h"

#include "host/near.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VTOR_LEAST 128u /* bits 6:0 of VTOR are reserved (ARMv6-M, ARMv7-M, ARMv8-M) */

static bool called(const struct chip *c, const char *name)
{
    if (chip_match(c->name, name))
        return true;
    for (const char *const *other = c->others; *other; other++)
        if (chip_match(*other, name))
            return true;
    return false;
}

const struct chip *chip_find(const char *name)
{
    for (const struct chip *c = chips_table; c->name; c++)
        if (called(c, name))
            return c;
    return NULL;
}

static const char *nth_name(size_t i, const void *context)
{
    (void)context;
    return chips_table[i].name;
}

const char *chip_near(const char *name)
{
    return host_near(name, nth_name, NULL);
}

const struct chip *chip_by_jedec(uint32_t jedec)
{
    for (const struct chip *c = chips_table; jedec && c->name; c++)
        if (c->jedec == jedec)
            return c;
    return NULL;
}

const struct chip *chip_at(size_t i)
{
    return i < chips_count ? &chips_table[i] : NULL;
}

uint32_t chip_vector_alignment(uint16_t vectors)
{
    uint32_t align = VTOR_LEAST;

    while (align < 4u * vectors)
        align *= 2;
    return vectors ? align : 0;
}

/* ---- text ---- */

struct line {
    char *text;
    size_t size, len;
};

static void put(struct line *l, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++, l->len++)
        if (l->len + 1 < l->size)
            l->text[l->len] = text[i];
    if (l->size)
        l->text[l->len < l->size ? l->len : l->size - 1] = 0;
}

static void put_number(struct line *l, const char *format, uint32_t n)
{
    char text[16];

    snprintf(text, sizeof text, format, n);
    put(l, text, strlen(text));
}

/* A file name for the shell: quoted if a shell would read something into it. */
static void put_file(struct line *l, const char *file)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./";

    if (strspn(file, plain) == strlen(file)) {
        put(l, file, strlen(file));
        return;
    }
    put(l, "'", 1);
    for (; *file; file++)
        put(l, *file == '\'' ? "'\\''" : file, *file == '\'' ? 4 : 1);
    put(l, "'", 1);
}

/* The word at text, of capitals alone, if it is one of ours. */
static bool put_word(struct line *l, const char *text, size_t len, const char *file,
                     uint32_t address, uint32_t device)
{
    if (len == 4 && !strncmp(text, "FILE", 4))
        put_file(l, file);
    else if (len == 3 && !strncmp(text, "HEX", 3))
        put_file(l, file);
    else if (len == 7 && !strncmp(text, "ADDRESS", 7))
        put_number(l, "0x%08" PRIx32, address);
    else if (len == 6 && !strncmp(text, "OFFSET", 6))
        put_number(l, "0x%" PRIx32, address - device);
    else
        return false;
    return true;
}

size_t chip_command(const struct chip_tool *tool, const char *file, uint32_t address,
                    uint32_t device, char *text, size_t size)
{
    struct line l = { text, size, 0 };
    const char *p = tool->command;

    put(&l, "", 0);
    while (*p) {
        size_t len = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

        if (len == 0)
            put(&l, p, 1);
        else if (!put_word(&l, p, len, file, address, device))
            put(&l, p, len);
        p += len ? len : 1;
    }
    return l.len;
}

static void put_size(struct line *l, uint32_t size)
{
    if (size % 1024 == 0)
        put_number(l, "%" PRIu32 "K", size / 1024);
    else
        put_number(l, "%" PRIu32, size);
}

size_t chip_pages_text(const struct chip *c, char *text, size_t size)
{
    struct line l = { text, size, 0 };

    put(&l, "", 0);
    for (uint8_t i = 0; i < c->n_runs; i++) {
        put(&l, ", ", i ? 2 : 0);
        if (c->runs[i].count > 1)
            put_number(&l, "%" PRIu32 "x", c->runs[i].count);
        put_size(&l, c->runs[i].size);
    }
    return l.len;
}
