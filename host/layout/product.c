/* SPDX-License-Identifier: Apache-2.0 */
/* The product of a layout, as the bootloader, the simulator and the tool take it. */
#include "inner.h"

#include "bulkhead/image_espressif.h"
#include "bulkhead/image_mcuboot.h"
#include "bulkhead/image_wolfboot.h"
#include "bulkhead/load.h"
#include "host/chips/chips.h"
#include "host/core_key.h"

#include <stdlib.h>
#include <string.h>

/* Where in RAM images are loaded to. A format's decode is a function without a context, so each
 * window that was ever met has one of its own; equal ones share it. */
#define WINDOWS_MAX 16u

static struct bh_flash window_ram[WINDOWS_MAX];
static struct bh_region windows[WINDOWS_MAX];

#define DECODE(n)                                                                                  \
    static enum bh_reason decode_##n(const struct bh_view *view, uint32_t limit,                   \
                                     struct bh_image *image)                                       \
    {                                                                                              \
        return bh_load_decode(&windows[n], view, limit, image);                                    \
    }
#define LOADED(n)                                                                                  \
    {                                                                                              \
        "mcuboot", decode_##n, bh_load_signature                                                   \
    }

DECODE(0)
DECODE(1)
DECODE(2)
DECODE(3)
DECODE(4)
DECODE(5)
DECODE(6)
DECODE(7)
DECODE(8)
DECODE(9)
DECODE(10)
DECODE(11)
DECODE(12)
DECODE(13)
DECODE(14)
DECODE(15)

static const struct bh_image_format loaded[WINDOWS_MAX] = {
    LOADED(0), LOADED(1), LOADED(2),  LOADED(3),  LOADED(4),  LOADED(5),  LOADED(6),  LOADED(7),
    LOADED(8), LOADED(9), LOADED(10), LOADED(11), LOADED(12), LOADED(13), LOADED(14), LOADED(15),
};

/* The format of MCUboot images that go to this RAM, or NULL: too many were met. */
static const struct bh_image_format *loaded_format(uint32_t address, uint32_t size)
{
    for (size_t i = 0; i < WINDOWS_MAX; i++) {
        if (windows[i].flash && (window_ram[i].base != address || windows[i].len != size))
            continue;
        window_ram[i] = (struct bh_flash){
            .ops = &bh_ram_ops, .unit = 1, .mapped = true, .size = size, .base = address
        };
        windows[i] = (struct bh_region){ &window_ram[i], 0, size };
        return &loaded[i];
    }
    return NULL;
}

struct layout_product_inner {
    struct bh_pair pairs[BH_PAIRS_MAX];
    struct bh_espressif_chip chip; /* plan: select, if applications are loaded */
    struct bh_espressif_window windows[LAYOUT_WINDOWS_MAX + 1];
    const struct bh_image_format *formats[BH_PAIRS_MAX + 1]; /* NULL ends */
    struct host_key host_keys[LAYOUT_KEYS_MAX];
    struct bh_key keys[LAYOUT_KEYS_MAX];
    uint8_t n_keys;
};

/* The length of wolfBoot's header is nowhere in the image: there is a reader for each. */
static const struct bh_image_format *wolfboot_format(uint32_t header)
{
    static const struct bh_image_format *const formats[] = {
        &bh_image_wolfboot_256,  &bh_image_wolfboot_512,  &bh_image_wolfboot_1024,
        &bh_image_wolfboot_2048, &bh_image_wolfboot_4096, &bh_image_wolfboot_8192,
        &bh_image_wolfboot_16384
    };

    for (uint32_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (header == BH_WOLFBOOT_HEADER_MIN << i)
            return formats[i];
    return NULL;
}

const struct bh_image_format *product_format(enum layout_format format, uint32_t header)
{
    return format == LAYOUT_MCUBOOT    ? &bh_image_mcuboot
           : format == LAYOUT_WOLFBOOT ? wolfboot_format(header)
                                       : &bh_image_espressif;
}

/* Each format once, in the order of the slots. */
static void put_formats(const struct layout *l, struct layout_product_inner *in)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n_slots; i++) {
        const struct layout_slot *s = &l->slots[i];
        const struct bh_image_format *format = s->load && s->format == LAYOUT_MCUBOOT
                                                   ? loaded_format(s->load_address, s->load_size)
                                                   : product_format(s->format, s->header);
        bool there = format == NULL;

        for (size_t k = 0; k < n; k++)
            there = there || in->formats[k] == format;
        if (!there)
            in->formats[n++] = format;
    }
}

uint32_t product_vectors(const struct layout *l)
{
    uint32_t most = 0;

    for (size_t i = 0; i < l->n_slots && l->boot.hand_over_reset; i++) {
        const struct layout_slot *s = &l->slots[i];
        uint16_t vectors = s->vectors;
        uint32_t need;

        if (s->load || s->primary < 0)
            continue;
        if (!vectors)
            vectors = l->devices[l->partitions[s->primary].device].vectors;
        need = chip_vector_alignment(vectors);
        most = need > most ? need : most;
    }
    return most;
}

/* The function that looks at ids and vectors, at what of both the product demands; NULL:
 * neither. */
static bh_ids_fn *demands(uint32_t vectors, bool ids)
{
    static const struct {
        uint32_t alignment;
        bh_ids_fn *alone, *and_ids;
    } all[] = {
        { 0, NULL, bh_ids_mcuboot },
        { 128, bh_vectors_128, bh_vectors_128_and_ids },
        { 256, bh_vectors_256, bh_vectors_256_and_ids },
        { 512, bh_vectors_512, bh_vectors_512_and_ids },
        { 1024, bh_vectors_1024, bh_vectors_1024_and_ids },
        { 2048, bh_vectors_2048, bh_vectors_2048_and_ids },
        { 4096, bh_vectors_4096, bh_vectors_4096_and_ids },
    };
    size_t i = 0;

    while (i + 1 < sizeof all / sizeof all[0] && all[i].alignment < vectors)
        i++;
    return ids ? all[i].and_ids : all[i].alone;
}

static struct bh_region region(const struct layout *l, int i)
{
    const struct layout_partition *p = i >= 0 ? &l->partitions[i] : NULL;

    if (!p || !p->solved)
        return (struct bh_region){ NULL, 0, 0 };
    return (struct bh_region){ &l->devices[p->device].flash, p->off, p->size };
}

static const struct bh_hash_algo *product_hash(const struct layout *l)
{
    return l->boot.hash_bits == 512   ? &bh_sha512
           : l->boot.hash_bits == 384 ? &bh_sha384
                                      : &bh_sha256;
}

/* Keys that make second signatures: the last ones of the list. */
static uint8_t n_second(const struct layout *l)
{
    uint8_t n = 0;

    for (uint8_t i = 0; i < l->boot.n_keys; i++)
        n = (uint8_t)(n + l->boot.keys[i].second);
    return n;
}

/* Where second signatures are; NULL: one is enough. */
static bh_second_fn *second_signatures(const struct layout *l)
{
    return !n_second(l) ? NULL : product_wolfboot(l) ? bh_second_wolfboot : bh_second_mcuboot;
}

void product_of(const struct layout *l, struct layout_product_inner *in, struct bh_product *out)
{
    const struct layout_boot *b = &l->boot;
    bool ids = false;

    put_formats(l, in);
    *out = (struct bh_product){
        .name = l->product,
        .layout = layout_identity(l),
        .pairs = in->pairs,
        .n_pairs = (uint8_t)l->n_slots,
        .trial_boots = b->trial_boots,
        .bootloader = region(l, b->bootloader),
        .journal = { region(l, b->journal[0]), region(l, b->journal[1]) },
        .plan = b->plan == LAYOUT_SWAP ? &bh_plan_swap : &bh_plan_overwrite,
        .mailbox = product_mailbox(l),
        .adopt = b->mailbox == LAYOUT_MAILBOX_MCUBOOT    ? bh_adopt
                 : b->mailbox == LAYOUT_MAILBOX_WOLFBOOT ? bh_adopt_kept
                                                         : NULL,
        .rescue = b->rescue ? &bh_rescue : NULL,
        .policy = { .formats = in->formats,
                    .hash = product_hash(l),
                    .keys = in->n_keys ? in->keys : NULL,
                    .n_keys = in->n_keys,
                    .n_second = n_second(l),
                    .second = second_signatures(l),
                    .pure = b->pure ? bh_verify_pure_ed25519 : NULL,
                    .dependencies = l->n_slots > 1 ? bh_dependencies : NULL,
                    .allow_unsigned = b->allow_unsigned,
                    .need_counter = b->need_counter,
                    .allow_downgrade = b->allow_downgrade,
                    .only_newer = product_wolfboot(l) && !b->allow_downgrade },
    };
    for (size_t i = 0; i < l->n_slots; i++) {
        boot_pair(l, i, &in->pairs[i]);
        ids = ids || in->pairs[i].vendor_id || in->pairs[i].class_id;
    }
    out->policy.ids = demands(product_vectors(l), ids);
}

const struct bh_key *product_no_keys(void)
{
    static const struct bh_key none[LAYOUT_KEYS_MAX];

    return none;
}

struct layout_product_inner *product_begin(void)
{
    struct layout_product_inner *in = calloc(1, sizeof *in);

    if (!in)
        abort();
    return in;
}

bool product_espressif(const struct layout *l)
{
    if (l->boot.plan == LAYOUT_SELECT)
        return l->boot.format == LAYOUT_ESPRESSIF;
    return l->n_slots && l->slots[0].format == LAYOUT_ESPRESSIF;
}

bool product_wolfboot(const struct layout *l)
{
    return l->boot.plan != LAYOUT_SELECT && l->n_slots && l->slots[0].format == LAYOUT_WOLFBOOT;
}

/* A key as the core takes it for the images of this layout. False: it has no code for it. */
static bool core_key(const struct layout *l, const struct host_key *key, struct bh_key *core)
{
    if (product_espressif(l))
        return host_core_key_espressif(key, core);
    if (product_wolfboot(l))
        return host_core_key_wolfboot(key, product_hash(l), false, core);
    return host_core_key(key, core);
}

/* A key as images name it: by the hash of the product, or as their format does. Where the layout
 * was checked with its files, the key was read then. */
static int put_key(const struct layout *l, struct layout_product_inner *in, uint8_t i,
                   struct host_error *e)
{
    const struct layout_key *k = &l->boot.keys[i];
    const struct host_key *key = &l->inner->keys[i];
    struct bh_key *core = &in->keys[i];
    uint8_t digest[64];

    if (!key->type) {
        if (host_key_load_public(layout_file(l, k->path), &in->host_keys[i], e))
            return e->code;
        key = &in->host_keys[i];
    }
    in->n_keys++;
    if (!core_key(l, key, core))
        return host_fail(e, HOST_BAD_LAYOUT, host_line(k->at.file, k->at.line, k->at.column), NULL,
                         "key '%s': the bootloader cannot verify with %s", k->path,
                         key->type->name);
    if (product_espressif(l) || product_wolfboot(l))
        return HOST_OK;
    host_sha(l->boot.hash_bits, key->der, key->der_len, digest);
    memcpy(core->id, digest, sizeof core->id);
    return HOST_OK;
}

static int put_keys(const struct layout *l, struct layout_product_inner *in, struct host_error *e)
{
    for (uint8_t i = 0; i < l->boot.n_keys; i++)
        if (put_key(l, in, i, e))
            return e->code;
    return HOST_OK;
}

/* Is there anything to make a product of? */
static int ready(const struct layout *l, bool select, struct host_error *e)
{
    if (l->n_errors || !l->solved || !l->boot.given)
        return host_fail(e, HOST_BAD_LAYOUT, host_in(l->path), "Say 'bulkhead layout check'.",
                         l->n_errors ? "the layout has errors"
                                     : "the layout has no section 'boot:'");
    if ((l->boot.plan == LAYOUT_SELECT) != select)
        return host_fail(e, HOST_BAD_LAYOUT, host_in(l->path), NULL,
                         select ? "its images are moved: plan 'select' is needed for this"
                                : "plan 'select' moves no image: it has no product of this kind");
    return HOST_OK;
}

const struct bh_espressif_chip *product_chip_named(const char *name)
{
    static const struct bh_espressif_chip *const chips[] = {
        &bh_espressif_esp32, &bh_espressif_esp32s3, &bh_espressif_esp32c3, &bh_espressif_esp32c6
    };

    for (size_t i = 0; name && i < sizeof chips / sizeof chips[0]; i++)
        if (!strcmp(name, chips[i]->name))
            return chips[i];
    return NULL;
}

/* Of a device of an unknown name any. */
const struct bh_espressif_chip *product_chip(const struct layout *l)
{
    const struct layout_device *d =
        l->boot.table >= 0 ? &l->devices[l->partitions[l->boot.table].device] : NULL;
    const struct bh_espressif_chip *chip = product_chip_named(l->boot.chip);

    if (!chip && d)
        chip = product_chip_named(d->chip_name);
    return chip ? chip : &bh_espressif_any;
}

/* The windows that the layout gives to segments, instead of all that the chip has; with memory, so
 * that applications can be loaded here, too. */
static int put_windows(const struct layout *l, struct layout_product_inner *in,
                       struct host_error *e)
{
    in->chip = *product_chip(l);
    in->chip.windows = in->windows;
    for (uint8_t i = 0; i < l->boot.n_windows; i++) {
        const struct layout_window *w = &l->boot.windows[i];

        in->windows[i] = (struct bh_espressif_window){ .start = w->address,
                                                       .end = w->address + w->size,
                                                       .data = w->data,
                                                       .ram = calloc(1, w->size) };
        if (!in->windows[i].ram)
            return host_fail(e, HOST_FAILED, host_in(l->path), NULL,
                             "out of memory for the RAM that applications are loaded to");
    }
    return HOST_OK;
}

int layout_select(const struct layout *l, struct layout_product *out, struct host_error *e)
{
    const struct layout_boot *b = &l->boot;
    const struct layout_partition *table = b->table >= 0 ? &l->partitions[b->table] : NULL;
    bool loads = b->n_windows > 0;

    *out = (struct layout_product){ .inner = product_begin() };
    if (ready(l, true, e) || put_keys(l, out->inner, e))
        return e->code;
    if (loads && put_windows(l, out->inner, e))
        return e->code;
    out->inner->formats[0] = product_format(b->format, 0);
    out->product = (struct bh_product){ .name = l->product,
                                        .layout = layout_identity(l),
                                        .bootloader = region(l, b->bootloader) };
    out->select = (struct bh_select){
        .flash = &l->devices[table->device].flash,
        .table_off = table->off,
        .rules = BH_TABLE_STRICT,
        .rollback = b->rollback,
        .trial_boots = b->trial_boots,
        .chip = loads ? &out->inner->chip : product_chip(l),
        .loads = loads,
        .policy = { .formats = out->inner->formats,
                    .hash = product_hash(l),
                    .keys = out->inner->n_keys ? out->inner->keys : NULL,
                    .n_keys = out->inner->n_keys,
                    .allow_unsigned = b->allow_unsigned },
    };
    return HOST_OK;
}

int layout_product(const struct layout *l, struct layout_product *out, struct host_error *e)
{
    *out = (struct layout_product){ .inner = product_begin() };
    if (ready(l, false, e))
        return e->code;
    if (put_keys(l, out->inner, e))
        return e->code;
    product_of(l, out->inner, &out->product);
    if (l->n_slots && !out->inner->formats[0])
        return host_fail(e, HOST_FAILED, host_in(l->path), "Load fewer layouts at a time.",
                         "more than %u places in RAM for images were met", WINDOWS_MAX);
    if (l->boot.mailbox == LAYOUT_MAILBOX_WOLFBOOT && !out->product.mailbox)
        return host_fail(e, HOST_FAILED, host_in(l->path), "Load fewer layouts at a time.",
                         "too many forms of wolfBoot's trailers were met");
    return HOST_OK;
}

void layout_product_free(struct layout_product *p)
{
    if (!p->inner)
        return;
    for (unsigned i = 0; i < LAYOUT_KEYS_MAX; i++)
        host_key_free(&p->inner->host_keys[i]);
    for (unsigned i = 0; i < LAYOUT_WINDOWS_MAX; i++)
        free(p->inner->windows[i].ram);
    free(p->inner);
    *p = (struct layout_product){ 0 };
}
