/* SPDX-License-Identifier: Apache-2.0 */
/* A device's geometry from the table of chips. */
#include "inner.h"

#include "host/chips/chips.h"

#include <string.h>

void read_chip(struct layout *l, struct layout_device *d, const struct node *name)
{
    const struct chip *c = chip_find(name->text);
    const char *near;

    d->chip_name = name->text;
    d->chip = c;
    if (!c) {
        struct layout_finding *f =
            FAULT(l, "unknown-name", &name->at, "%s: there is no chip '%s' in the table", d->name,
                  name->text);

        near = chip_near(name->text);
        if (near)
            remedy(l, f, "Did you mean '%s'? An own chip is size, pages, unit and mapped.", near);
        else
            remedy(l, f,
                   "'bulkhead layout chips' lists them; an own chip is size, pages, unit and "
                   "mapped.");
        return;
    }
    if (c->n_runs > LAYOUT_RUNS_MAX || c->erased > 0xFF || c->unit > BH_UNIT_MAX) {
        /* What the core cannot say of a device: a layout may still place partitions on it. */
        finding(l, LAYOUT_WARNING, "chip", &name->at, "%s: the core cannot serve %s: %s", d->name,
                c->name, c->cannot ? c->cannot : "its geometry is out of the ordinary");
    }
    d->flash.n_runs = c->n_runs < LAYOUT_RUNS_MAX ? c->n_runs : (uint8_t)LAYOUT_RUNS_MAX;
    memcpy(d->runs, c->runs, d->flash.n_runs * sizeof d->runs[0]);
    d->flash.size = c->size;
    d->flash.unit = c->unit <= BH_UNIT_MAX ? c->unit : (uint16_t)BH_UNIT_MAX;
    d->flash.erased = c->erased == 0 ? 0 : 0xFF;
    d->flash.mapped = c->mapped;
    d->flash.base = c->base;
    d->vectors = c->vectors;
    d->ram_address = c->ram_base;
    d->ram_size = c->ram_size;
    if (c->port)
        d->port = arena_text(&l->inner->arena, c->port, strlen(c->port));
    if (c->jedec)
        d->driver = arena_text(&l->inner->arena, "spi_nor", 7);
}
