/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead boot map: what lies where on a product's flash, and how full it is. Writes nothing. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "cli/device.h"
#include "cli/picture.h"
#include "cli/product.h"

#define PLACES_MAX 32u
#define BAR 20u

/* A stretch of one device. */
struct place {
    const char *name;
    struct bh_region region;
    uint32_t used; /* bytes that are not erased */
    enum picture_kind kind;
    unsigned slot; /* of PICTURE_SLOT: which pair */
};

struct map {
    struct place places[PLACES_MAX];
    size_t n;
};

static void add(struct map *map, const char *name, struct bh_region region, enum picture_kind kind,
                unsigned slot)
{
    if (region.len && map->n < PLACES_MAX)
        map->places[map->n++] = (struct place){ name, region, 0, kind, slot };
}

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->region.off != y->region.off)
        return x->region.off < y->region.off ? -1 : 1;
    return x->region.len > y->region.len ? -1 : 1; /* what lies inside comes after */
}

/* Everything the product names on this device, in order, and the gaps between. */
static void collect(const struct sim_world *w, const struct bh_flash *flash, struct map *map)
{
    const struct bh_product *product = &w->product;
    struct map named = { .n = 0 };
    uint32_t end = 0;

    for (int i = 0; i < 2; i++)
        if (product->journal[i].flash == flash)
            add(&named, "journal", product->journal[i], PICTURE_JOURNAL, 0);
    for (uint8_t p = 0; p < product->n_pairs; p++) {
        const struct bh_pair *pair = &product->pairs[p];

        if (pair->primary.flash == flash)
            add(&named, "primary slot", pair->primary, PICTURE_SLOT, p);
        if (pair->secondary.flash == flash)
            add(&named, "secondary slot", pair->secondary, PICTURE_SLOT, p);
        if (pair->spare.flash == flash)
            add(&named, "spare", pair->spare, PICTURE_SLOT, p);
    }
    qsort(named.places, named.n, sizeof named.places[0], by_place);
    for (size_t i = 0; i < named.n; i++) {
        const struct bh_region *r = &named.places[i].region;

        if (r->off > end)
            add(map, end == 0 ? "bootloader" : "free",
                (struct bh_region){ flash, end, r->off - end },
                end == 0 ? PICTURE_BOOTLOADER : PICTURE_DATA, 0);
        add(map, named.places[i].name, *r, named.places[i].kind, named.places[i].slot);
        if (r->off + r->len > end)
            end = r->off + r->len;
    }
    add(map, "free", (struct bh_region){ flash, end, flash->size - end }, PICTURE_DATA, 0);
}

static void count_used(const struct sim_flash *chip, struct place *place)
{
    uint8_t buf[4096];

    for (uint32_t off = 0, n; off < place->region.len; off += n) {
        n = place->region.len - off < sizeof buf ? place->region.len - off : sizeof buf;
        sim_flash_peek(chip, place->region.off + off, buf, n);
        for (uint32_t i = 0; i < n; i++)
            place->used += buf[i] != chip->flash.erased;
    }
}

static void say(const struct cli *cli, const char *name, const struct sim_flash *chip,
                const struct map *map)
{
    printf("%s%s flash%s, %u KB, program unit %u\n", cli_paint(cli, CLI_BOLD), name,
           cli_paint(cli, CLI_PLAIN), chip->flash.size / 1024, chip->flash.unit);
    for (size_t i = 0; i < map->n; i++) {
        const struct place *p = &map->places[i];
        uint32_t full = (uint32_t)(((uint64_t)p->used * BAR + p->region.len - 1) / p->region.len);
        bool inside =
            i && p->region.off < map->places[i - 1].region.off + map->places[i - 1].region.len;
        struct bh_page page;

        printf("  0x%08x  %6u KB  ", p->region.off, p->region.len / 1024);
        for (uint32_t b = 0; b < BAR; b++)
            putchar(b < full ? '#' : '.');
        printf("  %s%s", inside ? "  " : "", p->name);
        if (bh_flash_page(&chip->flash, p->region.off, &page) == BH_OK)
            printf(", pages of %u KB", page.len / 1024);
        putchar('\n');
    }
}

static cJSON *to_json(const char *name, const struct sim_flash *chip, const struct map *map)
{
    cJSON *device = cJSON_CreateObject();
    cJSON *places;

    cJSON_AddStringToObject(device, "device", name);
    cJSON_AddNumberToObject(device, "size", chip->flash.size);
    cJSON_AddNumberToObject(device, "unit", chip->flash.unit);
    places = cJSON_AddArrayToObject(device, "places");
    for (size_t i = 0; i < map->n; i++) {
        cJSON *place = cJSON_CreateObject();

        cJSON_AddStringToObject(place, "name", map->places[i].name);
        cJSON_AddNumberToObject(place, "offset", map->places[i].region.off);
        cJSON_AddNumberToObject(place, "length", map->places[i].region.len);
        cJSON_AddNumberToObject(place, "used", map->places[i].used);
        cJSON_AddItemToArray(places, place);
    }
    return device;
}

/* Without what is free, and without a spare that lies in a slot. */
static void add_device(struct picture *p, const char *name, const struct sim_flash *chip,
                       const struct map *map)
{
    struct picture_device *d = picture_add_device(p, name, NULL, chip->flash.size);
    uint32_t end = 0;

    d->runs = chip->flash.runs;
    d->n_runs = chip->flash.n_runs;
    d->mapped = chip->flash.mapped;
    d->base = chip->flash.base;
    for (size_t i = 0; i < map->n; i++) {
        const struct place *place = &map->places[i];
        struct picture_part *part;

        if (place->kind == PICTURE_DATA || place->region.off < end)
            continue;
        end = place->region.off + place->region.len;
        part = picture_add_part(d, place->name, place->region.off, place->region.len);
        part->kind = place->kind;
        part->slot = place->slot;
        part->used = place->used;
    }
}

static int run(struct cli *cli)
{
    struct picture picture = { .title = cli->operands[0] };
    bool asked = cli_picture_asked(cli);
    cJSON *root = !asked && cli_has(cli, "json") ? cJSON_CreateObject() : NULL;
    cJSON *json = root ? cJSON_AddArrayToObject(root, "devices") : NULL;
    struct cli_device d;
    int code = cli_device_open(cli, &d, SIM_FILE_READ);

    if (code) {
        cJSON_Delete(root);
        return code;
    }
    for (uint8_t i = 0; i < d.world.n_chips; i++) {
        const char *name = cli_device_name(cli, d.world.stands_for[i]);
        struct map map = { .n = 0 };

        collect(&d.world, &d.world.chip[i].flash, &map);
        for (size_t p = 0; p < map.n; p++)
            count_used(&d.world.chip[i], &map.places[p]);
        if (asked)
            add_device(&picture, name, &d.world.chip[i], &map);
        else if (json)
            cJSON_AddItemToArray(json, to_json(name, &d.world.chip[i], &map));
        else
            say(cli, name, &d.world.chip[i], &map);
    }
    if (asked)
        code = cli_picture_write(cli, &picture);
    picture_free(&picture);
    cli_device_close(&d);
    return root ? cli_json(cli, root) : code;
}

const struct cli_command cmd_boot_map = {
    .noun = "boot",
    .verb = "map",
    .summary = "Draw what lies where on the device's flash, and how full it is",
    .operands = (const struct cli_operand[]){ CLI_DEVICE_OPERAND, { 0 } },
    .options = (const struct cli_option[]){ CLI_DEVICE_FLASH,
                                            CLI_DEVICE_KEY,
                                            CLI_PICTURE_SVG,
                                            CLI_PICTURE_HTML,
                                            CLI_DRY_RUN,
                                            CLI_JSON,
                                            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead boot map stm32f407 --flash device.bin", "One flash" },
            { "bulkhead boot map stm32f407 --flash device.bin --svg device.svg", "As a drawing" },
            { 0 } },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT) | CLI_EXITS(HOST_DEVICE),
    .run = run,
};
