/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/world.h"

#include "bulkhead/bytes.h"

#include <stdlib.h>
#include <string.h>

#define WORK_LEN 1024u

/* The simulated device that stands for one of the product's, opened when first asked for. */
static const struct bh_flash *stand_in(struct sim_world *w, const struct bh_flash *flash,
                                       const struct sim_traits *traits)
{
    struct sim_traits strict = { .name = "flash" };
    uint8_t i;

    for (i = 0; i < w->n_chips; i++)
        if (w->stands_for[i] == flash)
            return &w->chip[i].flash;
    if (w->err)
        return flash;
    if (i == SIM_CHIPS_MAX) {
        w->err = BH_ERR_PRODUCT;
        w->why = "more than four flash devices";
        return flash;
    }
    if (traits)
        strict = *traits;
    strict.power = &w->power;
    w->err = sim_flash_open(&w->chip[i], flash, &strict);
    if (w->err) {
        w->why = w->chip[i].text;
        return flash;
    }
    w->stands_for[i] = flash;
    w->n_chips++;
    return &w->chip[i].flash;
}

static void move(struct sim_world *w, struct bh_region *r, const struct sim_traits *traits)
{
    if (r->flash)
        r->flash = stand_in(w, r->flash, traits);
}

int sim_world_open(struct sim_world *w, const struct bh_product *product,
                   const struct sim_traits *traits)
{
    memset(w, 0, sizeof *w);
    w->product = *product;
    w->product.pairs = w->pairs;
    w->err = bh_product_check(product, 1, &w->why);
    if (w->err)
        return w->err;
    for (int i = 0; i < 2; i++)
        move(w, &w->product.journal[i], traits);
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        w->pairs[p] = product->pairs[p];
        move(w, &w->pairs[p].primary, traits);
        move(w, &w->pairs[p].secondary, traits);
        move(w, &w->pairs[p].spare, traits);
    }
    w->work = (struct bh_work){ malloc(WORK_LEN), WORK_LEN };
    if (!w->work.buf) {
        w->err = BH_ERR_ABSENT;
        w->why = "out of memory";
    }
    return w->err;
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

    for (uint8_t i = 0; i < w->n_chips; i++)
        if (w->stands_for[i] == r->flash)
            moved.flash = &w->chip[i].flash;
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
};

/* In pieces as they come over a wire: of no particular size. */
static void stage(void *context)
{
    const struct act *a = context;
    struct bh_stage s;
    int err = bh_stage_begin(&s, &a->w->product, a->pair, a->len, &a->w->work);

    for (uint32_t off = 0, n = 0; !err && off < a->len; off += n) {
        n = bh_min(a->len - off, 997);
        err = bh_stage_write(&s, a->image + off, n);
    }
    a->w->err = err ? err : bh_stage_end(&s);
}

static void request(void *context)
{
    const struct act *a = context;

    a->w->err = bh_app_request(&a->w->product, a->pair, a->request, &a->w->work);
}

static void confirm(void *context)
{
    const struct act *a = context;

    a->w->err = bh_app_confirm(&a->w->product, &a->w->work);
}

bool sim_world_stage(struct sim_world *w, uint8_t pair, const void *image, uint32_t len)
{
    struct act a = { w, pair, image, len, BH_REQUEST_NONE };

    return sim_power_run(&w->power, stage, &a);
}

bool sim_world_request(struct sim_world *w, uint8_t pairs, enum bh_request wish)
{
    struct act a = { w, pairs, NULL, 0, wish };

    return sim_power_run(&w->power, request, &a);
}

bool sim_world_confirm(struct sim_world *w)
{
    struct act a = { w, 0, NULL, 0, BH_REQUEST_NONE };

    return sim_power_run(&w->power, confirm, &a);
}

bool sim_world_runs(struct sim_world *w, uint8_t pair, const void *image, uint32_t len)
{
    const struct bh_pair *p = &w->pairs[pair];
    uint32_t end = bh_round_up(p->image_max, p->chunk);
    uint8_t *is = malloc(end);
    bool same = is != NULL;

    if (same) {
        sim_flash_peek(chip_of(&p->primary), p->primary.off, is, end);
        same = memcmp(is, image, len) == 0 &&
               bh_all(is + len, p->primary.flash->erased, end - len);
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
