/* SPDX-License-Identifier: Apache-2.0 */
/* One flashable file for each device. */
#include "assemble.h"

#include "host/ihex.h"
#include "inner.h"

#include "bulkhead/bytes.h"
#include "host/grow.h"

#include <stdlib.h>
#include <string.h>

/* ---- pieces ---- */

static const struct layout_slot *slot_of(const struct layout *l, int partition)
{
    for (size_t i = 0; i < l->n_slots; i++)
        if (l->slots[i].primary == partition || l->slots[i].secondary == partition)
            return &l->slots[i];
    return NULL;
}

/* HEX to the bytes that begin where the partition does. */
static int take_hex(const struct layout *l, const struct layout_piece *p, struct host_bytes *bytes,
                    struct host_error *e)
{
    const struct layout_partition *to = &l->partitions[p->partition];
    const struct bh_flash *f = &l->devices[to->device].flash;
    uint32_t want = (f->mapped ? f->base : 0) + p->off;
    struct host_ihex hex;

    if (!host_ihex_name(p->file))
        return HOST_OK;
    if (host_ihex_parse(p->file, bytes, &hex, e))
        return e->code;
    host_bytes_free(bytes);
    *bytes = hex.bytes;
    if (hex.base == want)
        return HOST_OK;
    return host_fail(e, HOST_BAD_LAYOUT, host_in(p->file), "Link it for that address.",
                     "it begins at 0x%x, and %s at 0x%x", hex.base, to->name, want);
}

static int fits(const struct layout *l, const struct layout_piece *p, struct host_error *e)
{
    const struct layout_partition *to = &l->partitions[p->partition];
    const struct layout_slot *slot = slot_of(l, p->partition);
    uint32_t room = to->off + to->size - p->off;

    if (p->bytes.len == 0)
        return host_fail(e, HOST_BAD_INPUT, host_in(p->file), "Build it again.",
                         "the file is empty");
    if (slot && p->bytes.len > slot->image_max)
        return host_fail(e, HOST_BAD_LAYOUT, host_in(p->file),
                         "Make the application smaller, or the slot larger.",
                         "%zu bytes, and an image of %s has at most %u", p->bytes.len, slot->name,
                         slot->image_max);
    if (p->bytes.len > room)
        return host_fail(e, HOST_BAD_LAYOUT, host_in(p->file), "Make the partition larger.",
                         "%zu bytes do not fit %s, which has %u", p->bytes.len, to->name, room);
    return HOST_OK;
}

int layout_put(struct layout_assembly *a, int partition, const char *file, struct host_error *e)
{
    const struct layout *l = a->l;
    const struct layout_partition *to = &l->partitions[partition];
    const struct layout_slot *slot = slot_of(l, partition);
    struct layout_piece *p;

    for (size_t i = 0; i < a->n; i++)
        if (a->pieces[i].partition == partition)
            return host_fail(e, HOST_BAD_INPUT, host_in(file), "Name it once.",
                             "%s has a file already: %s", to->name, a->pieces[i].file);
    a->pieces = host_grow(a->pieces, a->n, &a->room, sizeof *a->pieces);
    p = &a->pieces[a->n++];
    *p = (struct layout_piece){ .file = strdup(file), .partition = partition, .off = to->off };
    if (!p->file)
        abort();
    if (slot && slot->secondary == partition)
        p->off += slot->staged_off;
    if (host_read_file(file, &p->bytes, e) || take_hex(l, p, &p->bytes, e) || fits(l, p, e))
        return e->code;
    return HOST_OK;
}

int layout_put_named(struct layout_assembly *a, struct host_error *e)
{
    for (int i = 0; i < (int)a->l->n_partitions; i++) {
        bool there = !a->l->partitions[i].image;

        for (size_t k = 0; k < a->n; k++)
            there = there || a->pieces[k].partition == i;
        if (!there && layout_put(a, i, layout_file(a->l, a->l->partitions[i].image), e))
            return e->code;
    }
    return HOST_OK;
}

void layout_assembly_free(struct layout_assembly *a)
{
    for (size_t i = 0; i < a->n; i++) {
        free(a->pieces[i].file);
        host_bytes_free(&a->pieces[i].bytes);
    }
    free(a->pieces);
    *a = (struct layout_assembly){ 0 };
}

bool layout_assembled_any(const struct layout_assembly *a, int device)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->l->partitions[a->pieces[i].partition].device == device)
            return true;
    return false;
}

/* ---- outputs ---- */

static int by_offset(const void *a, const void *b)
{
    const struct layout_piece *const *x = a, *const *y = b;

    return (*x)->off < (*y)->off ? -1 : (*x)->off > (*y)->off;
}

/* Those of a device, in order. free() it. */
static const struct layout_piece **sorted(const struct layout_assembly *a, int device, size_t *n)
{
    const struct layout_piece **list = calloc(a->n + 1, sizeof *list);

    if (!list)
        abort();
    *n = 0;
    for (size_t i = 0; i < a->n; i++)
        if (a->l->partitions[a->pieces[i].partition].device == device)
            list[(*n)++] = &a->pieces[i];
    qsort(list, *n, sizeof *list, by_offset);
    return list;
}

/* A container and a part of it may both have files. */
static int disjoint(const struct layout *l, const struct layout_piece **list, size_t n,
                    struct host_error *e)
{
    for (size_t i = 1; i < n; i++)
        if (list[i - 1]->off + list[i - 1]->bytes.len > list[i]->off)
            return host_fail(e, HOST_BAD_LAYOUT, host_in(list[i]->file),
                             "Give a file to the container or to its parts, not to both.",
                             "it lies in %s, where %s of %s lies too",
                             l->partitions[list[i]->partition].name, list[i - 1]->file,
                             l->partitions[list[i - 1]->partition].name);
    return HOST_OK;
}

static int to_bin(const struct layout *l, int device, const struct layout_piece **list, size_t n,
                  struct host_bytes *out, struct host_error *e)
{
    size_t len = list[n - 1]->off + list[n - 1]->bytes.len;

    if (len > HOST_FILE_MAX)
        return host_fail(e, HOST_BAD_INPUT, host_in(l->path), "Take --format hex.",
                         "the file would have %zu MB", len >> 20);
    out->data = malloc(len + 1);
    if (!out->data)
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    memset(out->data, l->devices[device].flash.erased, len);
    out->data[len] = 0;
    out->len = len;
    for (size_t i = 0; i < n; i++)
        memcpy(out->data + list[i]->off, list[i]->bytes.data, list[i]->bytes.len);
    return HOST_OK;
}

static int to_hex(const struct layout *l, int device, const struct layout_piece **list, size_t n,
                  struct host_bytes *out, struct host_error *e)
{
    const struct bh_flash *f = &l->devices[device].flash;
    struct host_ihex_run *runs = calloc(n, sizeof *runs);
    int code;

    if (!runs)
        abort();
    for (size_t i = 0; i < n; i++)
        runs[i] = (struct host_ihex_run){ (f->mapped ? f->base : 0) + list[i]->off,
                                          list[i]->bytes.data, list[i]->bytes.len };
    code = host_ihex_format(runs, n, out, e);
    free(runs);
    return code;
}

/* UF2: https://github.com/microsoft/uf2, "File format". */
#define UF2_BLOCK 512u
#define UF2_DATA 256u
#define UF2_FAMILY_PRESENT 0x2000u

static const struct {
    const char *name;
    uint32_t id;
} families[] = {
    /* https://github.com/microsoft/uf2/blob/master/utils/uf2families.json */
    { "rp2040", 0xe48bff56 },       { "absolute", 0xe48bff57 },     { "data", 0xe48bff58 },
    { "rp2350-arm-s", 0xe48bff59 }, { "rp2350-riscv", 0xe48bff5a }, { "rp2350-arm-ns", 0xe48bff5b },
    { "samd21", 0x68ed2b88 },       { "samd51", 0x55114460 },       { "nrf52840", 0xada52840 },
    { "nrf52833", 0x621e937a },     { "stm32f4", 0x57755a57 },      { "esp32", 0x1c5f21b0 },
    { "esp32s2", 0xbfdd4eee },      { "esp32s3", 0xc47e5767 },      { "esp32c3", 0xd42ba06c },
};

bool layout_uf2_family(const char *name, uint32_t *out)
{
    uint64_t v;
    bool negative;

    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (strcmp(families[i].name, name) == 0) {
            *out = families[i].id;
            return true;
        }
    if (!number_read(name, &v, &negative) || negative || v > UINT32_MAX)
        return false;
    *out = (uint32_t)v;
    return true;
}

static int accepts(const struct layout *l, const struct layout_piece *p, uint32_t family,
                   struct host_error *e)
{
    const struct layout_partition *to = &l->partitions[p->partition];
    bool good = to->rp2350.families.n == 0;
    uint32_t id;

    for (size_t i = 0; i < to->rp2350.families.n; i++)
        good = good || (layout_uf2_family(to->rp2350.families.list[i], &id) && id == family);
    if (good)
        return HOST_OK;
    return host_fail(e, HOST_BAD_LAYOUT, host_in(p->file),
                     "Take another --family, or another format.",
                     "partition %s does not accept blocks of family 0x%08x", to->name, family);
}

static void put_block(uint8_t *block, uint32_t address, uint32_t number, uint32_t all,
                      uint32_t family, uint8_t erased)
{
    bh_store32(block, 0x0A324655);
    bh_store32(block + 4, 0x9E5D5157);
    bh_store32(block + 8, UF2_FAMILY_PRESENT);
    bh_store32(block + 12, address);
    bh_store32(block + 16, UF2_DATA);
    bh_store32(block + 20, number);
    bh_store32(block + 24, all);
    bh_store32(block + 28, family);
    memset(block + 32, erased, UF2_DATA);
    bh_store32(block + 508, 0x0AB16F30);
}

/* The blocks that a piece touches: from its first 256 bytes to its last ones. */
static uint32_t first_block(const struct layout_piece *p)
{
    return p->off / UF2_DATA;
}

static uint32_t last_block(const struct layout_piece *p)
{
    return (uint32_t)((p->off + p->bytes.len - 1) / UF2_DATA);
}

static int to_uf2(const struct layout *l, int device, const struct layout_piece **list, size_t n,
                  uint32_t family, struct host_bytes *out, struct host_error *e)
{
    const struct bh_flash *f = &l->devices[device].flash;
    uint32_t all = 0, number = 0;
    int64_t before = -1;

    if (!f->mapped || f->base % UF2_DATA)
        return host_fail(e, HOST_BAD_INPUT, host_in(l->path), "Take another format for it.",
                         "%s is not mapped at an address that UF2 can say",
                         l->devices[device].name);
    for (size_t i = 0; i < n; i++) {
        if (accepts(l, list[i], family, e))
            return e->code;
        all += last_block(list[i]) - first_block(list[i]) + (first_block(list[i]) != before);
        before = last_block(list[i]);
    }
    out->len = (size_t)all * UF2_BLOCK;
    out->data = calloc(1, out->len + 1);
    if (!out->data)
        return host_fail(e, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    before = -1;
    for (size_t i = 0; i < n; i++)
        for (uint32_t b = first_block(list[i]); b <= last_block(list[i]); b++) {
            uint8_t *block;
            uint32_t begin = b * UF2_DATA, from, to;

            if (b != before) {
                put_block(out->data + (size_t)number * UF2_BLOCK, f->base + begin, number, all,
                          family, f->erased);
                number++;
            }
            before = b;
            block = out->data + (size_t)(number - 1) * UF2_BLOCK;
            from = list[i]->off > begin ? list[i]->off : begin;
            to = bh_min(begin + UF2_DATA, (uint32_t)(list[i]->off + list[i]->bytes.len));
            memcpy(block + 32 + (from - begin), list[i]->bytes.data + (from - list[i]->off),
                   to - from);
        }
    return HOST_OK;
}

int layout_assembled(const struct layout_assembly *a, int device, enum layout_output form,
                     uint32_t family, struct host_bytes *out, struct host_error *e)
{
    size_t n;
    const struct layout_piece **list = sorted(a, device, &n);
    int code;

    *out = (struct host_bytes){ 0 };
    code = n ? disjoint(a->l, list, n, e)
             : host_fail(e, HOST_BAD_INPUT, host_in(a->l->path), NULL, "nothing lies on %s",
                         a->l->devices[device].name);
    if (code == HOST_OK)
        code = form == LAYOUT_BIN   ? to_bin(a->l, device, list, n, out, e)
               : form == LAYOUT_HEX ? to_hex(a->l, device, list, n, out, e)
                                    : to_uf2(a->l, device, list, n, family, out, e);
    free(list);
    return code;
}
