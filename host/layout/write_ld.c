/* SPDX-License-Identifier: Apache-2.0 */
/* What linkers are told: memory of the bootloader and of each application, and symbols. */
#include "write.h"

#include "host/chips/chips.h"
#include "inner.h"

#include <stdlib.h>

static void put_ram(FILE *out, const struct layout_device *d)
{
    if (d->chip && d->chip->ram_size)
        fprintf(out, "    RAM (rwx) : ORIGIN = 0x%08x, LENGTH = 0x%x\n", d->chip->ram_base,
                d->chip->ram_size);
    else
        fprintf(out, "    /* RAM is not known of this device: add it */\n");
}

void write_boot_ld(FILE *out, const struct layout *l)
{
    const struct layout_partition *p = &l->partitions[l->boot.bootloader];
    const struct layout_device *d = &l->devices[p->device];

    fprintf(out,
            "/* %s: written by 'bulkhead layout build'; do not edit. The bootloader's memory. */\n"
            "MEMORY\n{\n    FLASH (rx) : ORIGIN = 0x%08x, LENGTH = 0x%x\n",
            l->product, d->flash.base + p->off, p->size);
    put_ram(out, d);
    fputs("}\n", out);
}

void write_slot_ld(FILE *out, const struct layout *l, const struct layout_slot *s)
{
    const struct layout_partition *p = &l->partitions[s->primary];
    const struct layout_device *d = &l->devices[p->device];
    uint32_t origin = s->load ? s->load_address : d->flash.base + p->off;

    fprintf(out,
            "/* %s: written by 'bulkhead layout build'; do not edit.\n"
            " * The memory of %s: after a header of %u bytes, and without what signing adds. */\n"
            "MEMORY\n{\n    FLASH (rx) : ORIGIN = 0x%08x, LENGTH = 0x%x\n",
            l->product, s->name, s->header, origin + s->header, write_room(l, s));
    if (s->load)
        fputs("    /* RAM: what is left beside the image is the board's */\n", out);
    else
        put_ram(out, d);
    fputs("}\n", out);
}

void write_symbols_ld(FILE *out, const struct layout *l)
{
    int *order = calloc(l->n_partitions + 1, sizeof *order);

    if (!order)
        abort();
    fprintf(
        out,
        "/* %s: written by 'bulkhead layout build'; do not edit. Offsets are from the start of the\n"
        " * device; addresses are there where it is mapped. */\n"
        "__bh_layout_identity = 0x%08x;\n",
        l->product, layout_identity(l));
    for (int d = 0; d < (int)l->n_devices; d++)
        for (size_t i = 0, n = layout_order(l, d, order); i < n; i++) {
            const struct layout_partition *p = &l->partitions[order[i]];

            fprintf(out, "__bh_%s_offset = 0x%x;\n__bh_%s_size = 0x%x;\n", p->name, p->off, p->name,
                    p->size);
            if (l->devices[d].flash.mapped)
                fprintf(out, "__bh_%s_address = 0x%x;\n", p->name,
                        l->devices[d].flash.base + p->off);
        }
    free(order);
}
