/* SPDX-License-Identifier: Apache-2.0 */
/* The four functions that the core and the compiler ask of <string.h>. Eight words at a time where
 * both sides are aligned: most of a bootloader's copies are flash into the hash's buffer. Built
 * with -fno-tree-loop-distribute-patterns, or the compiler would turn them into calls of
 * themselves. */
#include <stdint.h>
#include <string.h>

typedef uint32_t __attribute__((may_alias)) word;

static inline void move4(uint8_t *to, const uint8_t *from)
{
    const word *f = (const word *)(const void *)from;
    word *t = (word *)(void *)to;
    word a = f[0], b = f[1], c = f[2], d = f[3];

    t[0] = a;
    t[1] = b;
    t[2] = c;
    t[3] = d;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    if ((((uintptr_t)t | (uintptr_t)f) & 3u) == 0)
        for (; n >= 8 * sizeof(word); n -= 8 * sizeof(word)) {
            move4(t, f);
            move4(t + 4 * sizeof(word), f + 4 * sizeof(word));
            t += 8 * sizeof(word);
            f += 8 * sizeof(word);
        }
    while (n--)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    if ((uintptr_t)t - (uintptr_t)f >= n)
        while (n--)
            *t++ = *f++;
    else
        while (n--)
            t[n] = f[n];
    return to;
}

void *memset(void *to, int value, size_t n)
{
    uint32_t four = (uint8_t)value * 0x01010101u;
    uint8_t *t = to;

    if (((uintptr_t)t & 3u) == 0)
        for (; n >= sizeof(word); n -= sizeof(word), t += sizeof(word))
            *(word *)(void *)t = four;
    while (n--)
        *t++ = (uint8_t)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}
