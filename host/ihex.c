/* SPDX-License-Identifier: Apache-2.0 */
/* Intel HEX. Two passes over the text: the first checks each record and finds the address range,
 * the second places the data, so there is one allocation and nothing to grow. */
#define _GNU_SOURCE
#include "host/ihex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DATA = 0, END = 1, SEGMENT = 2, START_SEGMENT = 3, LINEAR = 4, START_LINEAR = 5 };

struct record {
    uint8_t type, len;
    uint16_t off;
    uint8_t data[255];
};

/* Where a pass stands. */
struct reader {
    const char *path, *at;
    unsigned line;
    uint32_t upper; /* what the last address record added */
    bool ended;
    struct host_error *e;
};

bool host_ihex_name(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && (strcasecmp(dot, ".hex") == 0 || strcasecmp(dot, ".ihex") == 0);
}

static int fail(struct reader *r, const char *what)
{
    return host_fail(r->e, HOST_BAD_INPUT, host_line(r->path, r->line, 0),
                     "Make the file again with objcopy -O ihex.", "not Intel HEX: %s", what);
}

/* -1: no hex digits */
static int byte_at(const char *p)
{
    static const char digits[] = "0123456789abcdef";
    const char *high = p[0] ? strchr(digits, tolower((unsigned char)p[0])) : NULL;
    const char *low = high && p[1] ? strchr(digits, tolower((unsigned char)p[1])) : NULL;

    return low ? (int)((high - digits) << 4 | (low - digits)) : -1;
}

static bool valid_len(const struct record *rec)
{
    switch (rec->type) {
    case DATA: return true;
    case END: return rec->len == 0;
    case SEGMENT:
    case LINEAR: return rec->len == 2;
    case START_SEGMENT:
    case START_LINEAR: return rec->len == 4;
    default: return false;
    }
}

/* ":LLAAAATT", data, checksum: the bytes of a record, their sum is 0. */
static int parse_record(struct reader *r, struct record *rec)
{
    uint8_t bytes[4 + 255 + 1], sum = 0;
    int n = 0, want = 5;

    if (*r->at != ':')
        return fail(r, "a line does not begin with ':'");
    for (r->at++; n < want; r->at += 2) {
        int b = byte_at(r->at);

        if (b < 0)
            return fail(r, "a record is cut short, or has other than hex digits");
        bytes[n++] = (uint8_t)b;
        sum = (uint8_t)(sum + b);
        if (n == 1)
            want = 5 + b;
    }
    if (sum)
        return fail(r, "checksum is wrong");
    *rec = (struct record){ bytes[3], bytes[0], (uint16_t)(bytes[1] << 8 | bytes[2]), { 0 } };
    memcpy(rec->data, bytes + 4, rec->len);
    if (!valid_len(rec))
        return fail(r, "a record has a type or length that does not exist");
    return HOST_OK;
}

/* The next data record, or len 0 at the end. *addr: where it goes. */
static int next_data(struct reader *r, struct record *rec, uint32_t *addr)
{
    for (;;) {
        while (isspace((unsigned char)*r->at))
            r->line += *r->at++ == '\n';
        rec->len = 0;
        if (!*r->at && !r->ended)
            return fail(r, "the end record is missing; was the file cut short?");
        if (!*r->at)
            return HOST_OK;
        if (r->ended)
            return fail(r, "something is after the end record");
        if (parse_record(r, rec))
            return r->e->code;
        r->ended = rec->type == END;
        if (rec->type == SEGMENT || rec->type == LINEAR)
            r->upper = (uint32_t)(rec->data[0] << 8 | rec->data[1])
                       << (rec->type == LINEAR ? 16 : 4);
        if (rec->type == DATA && rec->len) {
            *addr = r->upper + rec->off;
            return *addr > UINT32_MAX - rec->len ? fail(r, "address beyond 4 GiB") : HOST_OK;
        }
    }
}

static int find_range(struct reader *r, uint32_t *low, uint32_t *high)
{
    struct record rec;
    uint32_t addr = 0;

    *low = UINT32_MAX;
    *high = 0;
    for (;;) {
        if (next_data(r, &rec, &addr))
            return r->e->code;
        if (!rec.len)
            break;
        if (addr < *low)
            *low = addr;
        if (addr + rec.len > *high)
            *high = addr + rec.len;
        if (*high - *low > HOST_IHEX_SPAN)
            return host_fail(r->e, HOST_BAD_INPUT, host_line(r->path, r->line, 0),
                             "Leave out sections that are not in flash: objcopy -j or -R.",
                             "data at 0x%x and at 0x%x: more than %u MiB apart", *low, *high,
                             HOST_IHEX_SPAN >> 20);
    }
    return *high ? HOST_OK : fail(r, "no data in it");
}

/* used: one byte per byte, so that overlapping records are seen. */
static int place(struct reader *r, struct host_ihex *out, uint8_t *used)
{
    struct record rec;
    uint32_t addr = 0;

    for (;;) {
        if (next_data(r, &rec, &addr))
            return r->e->code;
        if (!rec.len)
            return HOST_OK;
        uint32_t at = addr - out->base;
        if (memchr(used + at, 1, rec.len))
            return fail(r, "two records give the same address");
        memset(used + at, 1, rec.len);
        memcpy(out->bytes.data + at, rec.data, rec.len);
    }
}

int host_ihex_parse(const char *path, const struct host_bytes *text, struct host_ihex *out,
                    struct host_error *e)
{
    struct reader start = { path, (const char *)text->data, 1, 0, false, e }, r = start;
    uint32_t low, high;

    *out = (struct host_ihex){ 0, { NULL, 0 } };
    if (find_range(&r, &low, &high))
        return e->code;
    out->base = low;
    out->bytes.len = high - low;
    out->bytes.data = malloc(out->bytes.len + 1);
    uint8_t *used = calloc(out->bytes.len, 1);
    int code = HOST_OK;
    if (out->bytes.data && used) {
        memset(out->bytes.data, 0xFF, out->bytes.len);
        out->bytes.data[out->bytes.len] = 0;
        r = start;
        code = place(&r, out, used);
    } else {
        code = host_fail(e, HOST_FAILED, host_in(path), NULL, "out of memory");
    }
    free(used);
    if (code)
        host_bytes_free(&out->bytes);
    return code;
}

static void put_record(FILE *f, uint8_t type, uint16_t off, const uint8_t *data, uint8_t len)
{
    uint8_t sum = (uint8_t)(len + (off >> 8) + off + type);

    fprintf(f, ":%02X%04X%02X", len, off, type);
    for (unsigned i = 0; i < len; i++) {
        fprintf(f, "%02X", data[i]);
        sum = (uint8_t)(sum + data[i]);
    }
    fprintf(f, "%02X\n", (uint8_t)-sum);
}

/* A record that grows byte by byte, so that runs which touch share records. */
struct pending {
    FILE *f;
    uint32_t addr;
    uint8_t data[16], len;
    bool far;      /* addresses beyond 64 KiB occur: address records are needed */
    int32_t upper; /* what the last one said; -1 before the first */
};

static void flush(struct pending *p)
{
    if (!p->len)
        return;
    if (p->far && (int32_t)(p->addr >> 16) != p->upper) {
        uint8_t high[2] = { (uint8_t)(p->addr >> 24), (uint8_t)(p->addr >> 16) };

        p->upper = (int32_t)(p->addr >> 16);
        put_record(p->f, LINEAR, 0, high, 2);
    }
    put_record(p->f, DATA, (uint16_t)p->addr, p->data, p->len);
    p->len = 0;
}

static void put_run(struct pending *p, const struct host_ihex_run *run)
{
    for (size_t i = 0; i < run->len; i++) {
        uint32_t addr = run->addr + (uint32_t)i;

        if (p->len == sizeof p->data || addr != p->addr + p->len || !(addr & 0xFFFF))
            flush(p);
        if (!p->len)
            p->addr = addr;
        p->data[p->len++] = run->data[i];
    }
}

int host_ihex_format(const struct host_ihex_run *runs, size_t n, struct host_bytes *text,
                     struct host_error *e)
{
    char *data = NULL;
    size_t len = 0;
    struct pending p = { .f = open_memstream(&data, &len), .upper = -1 };

    for (size_t i = 0; i < n; i++)
        p.far = p.far || (runs[i].len && runs[i].addr + (runs[i].len - 1) > UINT16_MAX);
    for (size_t i = 0; p.f && i < n; i++)
        put_run(&p, &runs[i]);
    if (p.f) {
        flush(&p);
        put_record(p.f, END, 0, NULL, 0);
    }
    if (!p.f || fclose(p.f) != 0) {
        free(data);
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    }
    *text = (struct host_bytes){ (uint8_t *)data, len };
    return HOST_OK;
}
