/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a layout: it is read without harm, the same twice and whatever the hash, and what is
 * said to be good is good.
 *
 * Bytes changed at random are hardly ever a layout any more. So three of four changes here are made
 * of words and lines: a value for another one of the language, a number for one nearby, a line
 * twice, elsewhere or gone, a line of another layout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/layout/fmt.h"
#include "host/layout/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t room) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t room, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len,
                                 uint8_t *out, size_t room, unsigned seed);

static void same(const struct layout *a, const struct layout *b)
{
    if (a->n_partitions != b->n_partitions || a->n_findings != b->n_findings ||
        a->n_errors != b->n_errors || a->solved != b->solved ||
        layout_identity(a) != layout_identity(b))
        abort();
    for (size_t i = 0; i < a->n_partitions; i++) {
        const struct layout_partition *x = &a->partitions[i], *y = &b->partitions[i];

        if (strcmp(x->name, y->name) || x->off != y->off || x->size != y->size ||
            x->device != y->device || x->solved != y->solved)
            abort();
    }
    for (size_t i = 0; i < a->n_findings; i++) {
        char *x = layout_finding_text(&a->findings[i]), *y = layout_finding_text(&b->findings[i]);

        if (strcmp(x, y))
            abort();
        free(x);
        free(y);
    }
}

/* Of a layout without errors: all lies within its device, and no two share a byte. */
static void good(const struct layout *l)
{
    int *order = calloc(l->n_partitions + 1, sizeof *order);

    if (!order || !l->solved)
        abort();
    for (int d = 0; d < (int)l->n_devices; d++) {
        uint64_t end = 0;

        for (size_t i = 0, n = layout_order(l, d, order); i < n; i++) {
            const struct layout_partition *p = &l->partitions[order[i]];

            if (!p->size || (uint64_t)p->off + p->size > l->devices[d].flash.size)
                abort();
            if (p->container)
                continue;
            if (p->off < end)
                abort();
            end = (uint64_t)p->off + p->size;
        }
    }
    free(order);
}

static void outputs(const struct layout *l)
{
    struct layout_files files;
    struct host_error e;
    int code = layout_files(l, &files, &e);

    /* Without files there are no keys, and ESP-IDF's table has rules of its own. */
    if (code && !l->boot.n_keys && l->boot.table == LAYOUT_NONE)
        abort();
    layout_files_free(&files);
}

/* Put into shape it says the same, and is in shape. */
static void shape(const struct layout *l, int code, const char *data, size_t len,
                  const struct layout_options *options)
{
    char *once, *twice;
    struct host_error e;
    struct layout again;

    if (layout_format("fuzz.yml", data, len, NULL, 0, &once, &e))
        return;
    if (layout_format("fuzz.yml", once, strlen(once), NULL, 0, &twice, &e) || strcmp(once, twice))
        abort();
    if (layout_load_text(&again, "fuzz.yml", once, strlen(once), options, &e) != code ||
        layout_identity(&again) != layout_identity(l) || again.n_errors != l->n_errors)
        abort();
    layout_free(&again);
    free(once);
    free(twice);
}

/* ---- changes that leave a layout a layout ---- */

struct dice {
    uint32_t state;
};

static uint32_t draw(struct dice *d, size_t n)
{
    d->state = d->state * 1664525u + 1013904223u;
    return n ? (uint32_t)((d->state >> 8) % n) : 0;
}

struct text {
    char *at;
    size_t len, room;
};

/* Put n bytes in the place of those from `from` to `to`. */
static void put(struct text *t, size_t from, size_t to, const char *bytes, size_t n)
{
    if (t->len - (to - from) + n > t->room)
        return;
    memmove(t->at + from + n, t->at + to, t->len - to);
    memcpy(t->at + from, bytes, n);
    t->len = t->len - (to - from) + n;
}

/* Begin and end of the line that byte i is in, its end of line included. */
static size_t line_begin(const struct text *t, size_t i)
{
    while (i && t->at[i - 1] != '\n')
        i--;
    return i;
}

static size_t line_end(const struct text *t, size_t i)
{
    while (i < t->len && t->at[i] != '\n')
        i++;
    return i < t->len ? i + 1 : i;
}

static bool of_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The word at or after byte i; false: there is none. */
static bool word_at(const struct text *t, size_t i, size_t *from, size_t *to)
{
    while (i < t->len && !of_word(t->at[i]))
        i++;
    while (i && of_word(t->at[i - 1]))
        i--;
    for (*from = *to = i; *to < t->len && of_word(t->at[*to]);)
        ++*to;
    return *to > *from;
}

static const char *const words[] = {
    "size",
    "share_size",
    "at",
    "address",
    "region",
    "placement",
    "span",
    "inside",
    "pages",
    "image",
    "before",
    "after",
    "align",
    "start",
    "end",
    "align_next",
    "rest",
    "auto",
    "no",
    "yes",
    "swap",
    "overwrite",
    "select",
    "mcuboot",
    "wolfboot",
    "espressif",
    "otadata",
    "none",
    "sha256",
    "sha512",
    "allow_unsigned",
    "journal",
    "slots",
    "spare",
    "primary",
    "secondary",
    "chip",
    "unit",
    "mapped",
    "erased",
    "vectors",
    "header",
    "image_max",
    "optional",
    "load",
    "cuts",
    "trial_boots",
    "table",
    "stm32f407xg",
    "nrf52840",
    "mx25r64",
    "esp32",
    "esp",
    "type",
    "subtype",
    "app",
    "ota_0",
    "data",
    "one_of",
    "dts",
    "label",
    "rp2350",
    "families",
    "pm",
    "first of secondary",
    "last of secondary",
    "page before trailer of secondary",
    "3 pages",
    "16x4K, 64K",
    "0",
    "1",
    "4K",
    "16K",
    "128K",
    "0x200",
    "0x08000000",
    "1M",
    "512",
    "4294967295",
    "{}",
    "[]",
    "a?",
    "keys",
    "format",
    "hash",
};

static void change_word(struct dice *d, struct text *t)
{
    const char *by = words[draw(d, sizeof words / sizeof words[0])];
    size_t from, to, other, other_to;
    char copy[64];

    if (!word_at(t, draw(d, t->len), &from, &to))
        return;
    if (draw(d, 2) || !word_at(t, draw(d, t->len), &other, &other_to) ||
        other_to - other >= sizeof copy) {
        put(t, from, to, by, strlen(by));
        return;
    }
    memcpy(copy, t->at + other, other_to - other); /* another one of this layout */
    put(t, from, to, copy, other_to - other);
}

static void change_number(struct dice *d, struct text *t)
{
    size_t i = draw(d, t->len), from, to;
    char number[32];
    unsigned long v;
    int n;

    while (i < t->len && !(t->at[i] >= '0' && t->at[i] <= '9'))
        i++;
    if (i == t->len)
        return;
    for (from = to = i; to < t->len && t->at[to] >= '0' && t->at[to] <= '9' && to - from < 9;)
        to++;
    memcpy(number, t->at + from, to - from);
    number[to - from] = 0;
    v = strtoul(number, NULL, 10);
    switch (draw(d, 4)) {
    case 0: v++; break;
    case 1: v = v ? v - 1 : 0; break;
    case 2: v *= 2; break;
    default: v /= 2; break;
    }
    n = snprintf(number, sizeof number, "%lu", v);
    put(t, from, to, number, (size_t)n);
}

static void change_line(struct dice *d, struct text *t)
{
    size_t i = draw(d, t->len), from = line_begin(t, i), to = line_end(t, i);
    size_t where = line_begin(t, draw(d, t->len)), n = to - from;
    char copy[512];

    if (n > sizeof copy)
        return;
    memcpy(copy, t->at + from, n);
    switch (draw(d, 3)) {
    case 0: put(t, from, to, "", 0); return;
    case 1: put(t, where, where, copy, n); return; /* a second time */
    default: break;
    }
    put(t, from, to, "", 0);
    where = line_begin(t, draw(d, t->len));
    put(t, where, where, copy, n);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t room, unsigned seed)
{
    struct dice d = { seed };
    struct text t = { (char *)data, len, room };

    if (len == 0 || (draw(&d, 4) == 0 && LLVMFuzzerMutate))
        return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, len, room) : len;
    for (uint32_t i = 0, n = 1 + draw(&d, 4); i < n && t.len; i++)
        switch (draw(&d, 3)) {
        case 0: change_word(&d, &t); break;
        case 1: change_number(&d, &t); break;
        default: change_line(&d, &t); break;
        }
    return t.len;
}

/* A run of lines of b into a. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len,
                                 uint8_t *out, size_t room, unsigned seed)
{
    struct dice d = { seed };
    struct text to = { (char *)out, a_len < room ? a_len : room, room };
    struct text from = { (char *)(uintptr_t)b, b_len, b_len };
    size_t begin, end, where;

    memcpy(out, a, to.len);
    if (!a_len || !b_len)
        return to.len;
    begin = end = line_begin(&from, draw(&d, b_len));
    for (uint32_t n = 1 + draw(&d, 5); n && end < b_len; n--)
        end = line_end(&from, end);
    where = line_begin(&to, draw(&d, to.len));
    put(&to, where, where, from.at + begin, end - begin);
    return to.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct layout_options options = { .no_files = true, .no_base = true };
    struct layout a, b;
    struct host_error e;

    if (len > 1 << 16)
        return 0;
    int code = layout_load_text(&a, "fuzz.yml", (const char *)data, len, &options, &e);
    options.hash_seed = 0x5EED;
    if (code != layout_load_text(&b, "fuzz.yml", (const char *)data, len, &options, &e))
        abort();
    same(&a, &b);
    shape(&a, code, (const char *)data, len, &options);
    if (code == HOST_OK) {
        good(&a);
        outputs(&a);
    }
    layout_free(&a);
    layout_free(&b);
    return 0;
}
