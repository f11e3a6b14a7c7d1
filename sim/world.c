/* SPDX-License-Identifier: Apache-2.0 */
/* Give each device that a product names a simulated one; boot; act as the application. */
#include "sim/world.h"

#include "bulkhead/bytes.h"
#include "bulkhead/rules.h"

#include <stdlib.h>
#include <string.h>

/* Every device a product names, again and again, in a fixed order. */
static const struct bh_flash *nth_device(const struct bh_product *product, unsigned i)
{
    const struct bh_pair *pair;

    if (i < 2)
        return product->journal[i].flash;
    if ((i - 2) / 3 >= product->n_pairs)
        return NULL;
    pair = &product->pairs[(i - 2) / 3];
    switch ((i - 2) % 3) {
    case 0: return pair->primary.flash;
    case 1: return pair->secondary.flash;
    default: return pair->spare.flash ? pair->spare.flash : pair->primary.flash;
    }
}

uint8_t sim_world_devices(const struct bh_product *product,
                          const struct bh_flash *devices[SIM_CHIPS_MAX])
{
    const struct bh_flash *flash;
    uint8_t n = 0;

    for (unsigned i = 0; (flash = nth_device(product, i)) != NULL; i++) {
        uint8_t known = 0;

        while (known < n && devices[known] != flash)
            known++;
        if (known == n && n < SIM_CHIPS_MAX)
            devices[n++] = flash;
    }
    return n;
}

static uint32_t load_be32(const uint8_t p[4])
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Bytes of an LMS signature by a key of these types (RFC 8554 section 4 and 5). */
static uint32_t lms_signature(const uint8_t types[8])
{
    static const uint16_t chains[] = { 265, 133, 67, 34 };
    uint32_t height = load_be32(types), width = load_be32(types + 4);

    if (height < 5 || height > 9 || width < 1 || width > 4)
        return 0; /* nothing verifies by such a key */
    return 4 + 4 + 32 * (chains[width - 1] + 1u) + 4 + 32 * 5 * (height - 4);
}

static uint32_t signature_max(const struct bh_key *key)
{
    static const uint8_t largest[8] = { 0, 0, 0, 9, 0, 0, 0, 1 };
    uint32_t levels;

    if (key->algo && key->algo->id >= BH_SIG_ML_DSA_44 && key->algo->id <= BH_SIG_ML_DSA_87)
        return 2 * key->len; /* longer than a signature, which has 1.7 to 1.9 times as much */
    if (!key->algo || key->algo->id != BH_SIG_LMS || key->len < 12)
        return key->len; /* RSA has the longest: its modulus */
    levels = load_be32(key->bytes);
    if (levels < 1 || levels > 8)
        return 0;
    /* each level but the last signs a key of 56 bytes, whose types may be any */
    return 4 + lms_signature(key->bytes + 4) + (levels - 1) * (56 + lms_signature(largest));
}

uint32_t sim_world_work_len(const struct bh_policy *policy)
{
    uint32_t most = 0;

    for (uint8_t i = 0; i < policy->n_keys; i++)
        if (signature_max(&policy->keys[i]) > most)
            most = signature_max(&policy->keys[i]);
    return SIM_WORK_LEN + (most > BH_UNIT_MAX ? bh_round_up(most, BH_UNIT_MAX) : 0);
}

uint32_t sim_world_shared(const struct bh_product *product)
{
    for (uint8_t i = 0; product->mailbox && i < product->n_pairs; i++) {
        const struct bh_region *slot = &product->pairs[i].primary;
        uint32_t len = product->mailbox->trailer(&product->pairs[i], slot);

        if (!bh_flash_whole_pages(slot->flash, slot->off + slot->len - len, len))
            return len;
    }
    return 0;
}

/* From the product's devices to the simulated ones. */
static void move(const struct sim_world *w, struct bh_region *r)
{
    for (uint8_t i = 0; i < w->n_chips; i++)
        if (w->stands_for[i] == r->flash)
            r->flash = &w->chip[i].flash;
}

/* The first rule that is broken is what is wrong. */
static void keep_first(void *context, const struct bh_finding *finding)
{
    struct sim_world *w = context;

    if (!w->why)
        w->why = bh_rule_text(finding->rule);
}

int sim_world_open_files(struct sim_world *w, const struct bh_product *product,
                         const struct sim_traits *traits, const char *const *paths, size_t n_paths,
                         enum sim_file how)
{
    struct sim_traits mine = { .name = "flash" };
    uint8_t n;

    memset(w, 0, sizeof *w);
    w->product = *product;
    w->product.pairs = w->pairs;
    if (bh_product_check(product, 1, keep_first, w)) {
        w->err = BH_ERR_PRODUCT;
        return w->err;
    }
    n = sim_world_devices(product, w->stands_for);
    for (uint8_t i = 0; i < n; i++, w->n_chips++) {
        const char *path = i < n_paths ? paths[i] : NULL;

        if (traits)
            mine = *traits;
        mine.name = path ? path : mine.name;
        mine.power = &w->power;
        if (sim_world_shared(product))
            mine.again = SIM_AGAIN_CLEAR;
        w->err = path ? sim_flash_open_file(&w->chip[i], w->stands_for[i], &mine, path, how)
                      : sim_flash_open(&w->chip[i], w->stands_for[i], &mine);
        if (w->err) {
            w->why = w->chip[i].text;
            return w->err;
        }
    }
    move(w, &w->product.bootloader);
    move(w, &w->product.journal[0]);
    move(w, &w->product.journal[1]);
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        w->pairs[p] = product->pairs[p];
        move(w, &w->pairs[p].primary);
        move(w, &w->pairs[p].secondary);
        move(w, &w->pairs[p].spare);
    }
    w->work.len = sim_world_work_len(&product->policy);
    w->work.buf = malloc(w->work.len);
    if (!w->work.buf) {
        w->err = BH_ERR_ABSENT;
        w->why = "out of memory";
    }
    return w->err;
}

int sim_world_open(struct sim_world *w, const struct bh_product *product,
                   const struct sim_traits *traits)
{
    return sim_world_open_files(w, product, traits, NULL, 0, SIM_FILE_READ);
}

void sim_world_close(struct sim_world *w)
{
    for (uint8_t i = 0; i < w->n_chips; i++)
        sim_flash_close(&w->chip[i]);
    free(w->work.buf);
}

struct bh_region sim_world_region(const struct sim_world *w, const struct bh_region *r)
{
    struct bh_region moved = *r;

    move(w, &moved);
    return moved;
}

static struct sim_flash *chip_of(const struct bh_region *r)
{
    return r->flash->context;
}

void sim_world_install(struct sim_world *w, uint8_t pair, const void *image, uint32_t len)
{
    const struct bh_region *primary = &w->pairs[pair].primary;

    sim_flash_fill(chip_of(primary), primary->off, image, len);
}

static void boot(void *context)
{
    struct sim_world *w = context;

    bh_boot_run(&w->product, &w->work, &w->boot);
}

bool sim_world_boot(struct sim_world *w)
{
    memset(&w->boot, 0, sizeof w->boot);
    w->err = BH_OK;
    return sim_power_run(&w->power, boot, w);
}

/* What an act of the application is told. */
struct act {
    struct sim_world *w;
    uint8_t pair;
    const uint8_t *image;
    uint32_t len;
    enum bh_request request;
    const uint8_t *const *images; /* of a set */
    const uint32_t *lens;
};

/* In pieces as they come over a wire: of no particular size. */
static int stage_one(const struct act *a, uint8_t pair, const uint8_t *image, uint32_t len)
{
    struct bh_stage s;
    int err = bh_stage_begin(&s, &a->w->product, pair, len, &a->w->work);

    for (uint32_t off = 0, n = 0; !err && off < len; off += n) {
        n = bh_min(len - off, 997);
        err = bh_stage_write(&s, image + off, n);
    }
    return err ? err : bh_stage_end(&s);
}

static void stage(void *context)
{
    const struct act *a = context;

    a->w->err = stage_one(a, a->pair, a->image, a->len);
}

static void stage_set(void *context)
{
    const struct act *a = context;

    a->w->err = BH_OK;
    for (uint8_t p = 0; !a->w->err && p < a->w->product.n_pairs; p++)
        if (a->pair >> p & 1)
            a->w->err = stage_one(a, p, a->images[p], a->lens[p]);
}

static void request(void *context)
{
    const struct act *a = context;

    a->w->err = bh_app_request(&a->w->product, &a->w->work, a->pair, a->request);
}

static void confirm(void *context)
{
    const struct act *a = context;

    a->w->err = bh_app_confirm(&a->w->product, &a->w->work);
}

bool sim_world_stage(struct sim_world *w, uint8_t pair, const void *image, uint32_t len)
{
    struct act a = { .w = w, .pair = pair, .image = image, .len = len };

    return sim_power_run(&w->power, stage, &a);
}

bool sim_world_stage_set(struct sim_world *w, uint8_t pairs, const uint8_t *const *images,
                         const uint32_t *lens)
{
    struct act a = { .w = w, .pair = pairs, .images = images, .lens = lens };

    return sim_power_run(&w->power, stage_set, &a);
}

bool sim_world_request(struct sim_world *w, uint8_t pairs, enum bh_request wish)
{
    struct act a = { .w = w, .pair = pairs, .request = wish };

    return sim_power_run(&w->power, request, &a);
}

bool sim_world_confirm(struct sim_world *w)
{
    struct act a = { .w = w };

    return sim_power_run(&w->power, confirm, &a);
}

uint32_t sim_world_end(const struct sim_world *w, uint8_t pair)
{
    const struct bh_pair *p = &w->pairs[pair];
    const struct bh_mailbox *mailbox = w->product.mailbox;
    uint32_t end = bh_round_up(p->image_max, p->chunk);

    return bh_min(end, p->primary.len - (mailbox ? mailbox->trailer(p, &p->primary) : 0));
}

bool sim_world_runs(struct sim_world *w, uint8_t pair, const void *image, uint32_t len)
{
    const struct bh_pair *p = &w->pairs[pair];
    uint32_t end = sim_world_end(w, pair);
    uint8_t *is = malloc(end);
    bool same = is != NULL;

    if (same) {
        sim_flash_peek(chip_of(&p->primary), p->primary.off, is, end);
        same = memcmp(is, image, len) == 0 && bh_all(is + len, p->primary.flash->erased, end - len);
    }
    free(is);
    return same;
}

const char *sim_world_misuse(const struct sim_world *w)
{
    for (uint8_t i = 0; i < w->n_chips; i++)
        if (w->chip[i].misuse.count)
            return w->chip[i].misuse.first;
    return NULL;
}
