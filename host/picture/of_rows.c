/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of two layouts beside each other: of the places that world_compare() compares, and of
 * no others. */
#include "host/grow.h"
#include "host/picture/moves.h"
#include "host/worlds/world.h"

#include <stdlib.h>
#include <string.h>

struct drawn {
    struct picture picture;
    int *device, *part; /* of each partition of the layout; -1: it is not drawn */
};

static enum picture_kind kind_of(const struct world_item *item, const struct layout_partition *p)
{
    const char *key = item->key ? item->key : "";

    if (strncmp(key, "slot", 4) == 0 || strcmp(key, "scratch") == 0)
        return PICTURE_SLOT;
    if (strcmp(key, "boot") == 0 || strncmp(key, "b0", 2) == 0)
        return PICTURE_BOOTLOADER;
    return p->role == LAYOUT_JOURNAL ? PICTURE_JOURNAL
           : p->role == LAYOUT_TABLE ? PICTURE_TABLE
                                     : PICTURE_DATA;
}

/* Slots 0 and 1 are the first pair. */
static unsigned pair_of(const struct world_item *item)
{
    const char *key = item->key ? item->key : "";

    return strncmp(key, "slot", 4) == 0 && key[4] >= '0' && key[4] <= '9'
               ? (unsigned)(key[4] - '0') / 2
               : 0;
}

/* All its devices that are flash, with the places that are in the rows. */
static void draw(struct drawn *d, const struct layout *l)
{
    struct world_item *items = host_zeroed(l->n_partitions, sizeof *items);
    size_t n = world_items(l, items);

    d->picture = (struct picture){ .title = l->path ? l->path : "" };
    d->device = host_zeroed(l->n_partitions, sizeof *d->device);
    d->part = host_zeroed(l->n_partitions, sizeof *d->part);
    for (size_t i = 0; i < l->n_partitions; i++)
        d->device[i] = d->part[i] = -1;
    for (size_t k = 0; k < l->n_devices; k++) {
        const struct layout_device *from = &l->devices[k];
        struct picture_device *to;

        if (world_is_ram(from))
            continue;
        to = picture_add_device(&d->picture, from->name, from->chip_name, from->flash.size);
        for (size_t i = 0; i < n; i++) {
            const struct layout_partition *p = &l->partitions[items[i].partition];
            struct picture_part *part;

            if (p->device != (int)k)
                continue;
            d->device[items[i].partition] = (int)d->picture.n_devices - 1;
            d->part[items[i].partition] = (int)to->n_parts;
            part = picture_add_part(to, p->name, p->off, p->size);
            part->kind = kind_of(&items[i], p);
            part->slot = pair_of(&items[i]);
        }
    }
    free(items);
}

static void drop(struct drawn *d)
{
    picture_free(&d->picture);
    free(d->device);
    free(d->part);
}

char *picture_of_rows(const struct layout *before, const struct layout *after,
                      const struct world_row *rows, size_t n)
{
    static const enum picture_change changes[] = { [WORLD_EQUAL] = PICTURE_EQUAL,
                                                   [WORLD_MOVED] = PICTURE_MOVED,
                                                   [WORLD_RESIZED] = PICTURE_RESIZED,
                                                   [WORLD_GONE] = PICTURE_GONE,
                                                   [WORLD_NEW] = PICTURE_NEW };
    struct picture_move *moves = host_zeroed(n, sizeof *moves);
    struct drawn old, new;
    char *svg;

    draw(&old, before);
    draw(&new, after);
    for (size_t i = 0; i < n; i++) {
        const struct world_row *r = &rows[i];

        moves[i] = (struct picture_move){ changes[r->change], -1, -1, -1, -1, r->effect };
        if (r->has_old) {
            moves[i].old_device = old.device[r->old.partition];
            moves[i].old_part = old.part[r->old.partition];
        }
        if (r->has_new) {
            moves[i].new_device = new.device[r->new.partition];
            moves[i].new_part = new.part[r->new.partition];
        }
    }
    svg = picture_moves_svg(&old.picture, &new.picture, moves, n);
    drop(&old);
    drop(&new);
    free(moves);
    return svg;
}
