/* SPDX-License-Identifier: Apache-2.0 */
/* What linkers are told: memory of the bootloader and of each application, and symbols. */
#include "write.h"

#include "inner.h"

#include <stdlib.h>

static void put_ram(FILE *out, struct layout_ram ram)
{
    if (ram.size)
        fprintf(out, "    RAM (rwx) : ORIGIN = 0x%08x, LENGTH = 0x%x\n", ram.address, ram.size);
    else
        fputs("    /* RAM is not known of this device: write 'ram: {address: ..., size: ...}' */\n",
              out);
}

void write_boot_ld(FILE *out, const struct layout *l)
{
    const struct layout_partition *p = &l->partitions[l->boot.bootloader];
    const struct layout_device *d = &l->devices[p->device];
    const struct layout_slot *first = l->n_slots ? &l->slots[0] : NULL;
    const struct layout_partition *primary = first ? &l->partitions[first->primary] : NULL;

    fprintf(out,
            "/* %s: written by 'bulkhead layout build'; do not edit. The bootloader's memory. */\n"
            "MEMORY\n{\n    FLASH (rx) : ORIGIN = 0x%08x, LENGTH = 0x%x\n",
            l->product, d->rom_copies ? d->rom_copies_to : d->flash.base + p->off, p->size);
    put_ram(out, layout_boot_ram(l));
    fputs("}\n", out);
    if (first && !first->load)
        fprintf(
            out,
            "/* The application's vectors: where exceptions go on, on a processor without VTOR. */\n"
            "ld_next_vectors = 0x%08x;\n",
            l->devices[primary->device].flash.base + primary->off + first->header);
}

/* An image that is loaded is in RAM when it begins; what comes after it is its variables' and its
 * stack's, the bootloader's memory too, which has gone. */
static void put_loaded(FILE *out, const struct layout *l, const struct layout_slot *s,
                       const struct layout_device *d)
{
    struct layout_ram ram = layout_app_ram(l, d);
    uint32_t origin = s->load_address + s->header;
    uint64_t end = (uint64_t)s->load_address + s->load_size;

    if (d->ram_size && s->load_address >= ram.address && s->load_address - ram.address < ram.size)
        end = (uint64_t)ram.address + ram.size;
    fprintf(out,
            "MEMORY\n{\n    RAM (rwx) : ORIGIN = 0x%08x, LENGTH = 0x%llx\n}\n"
            "REGION_ALIAS(\"FLASH\", RAM)\n",
            origin, (unsigned long long)(end - origin));
}

void write_slot_ld(FILE *out, const struct layout *l, const struct layout_slot *s)
{
    const struct layout_partition *p = &l->partitions[s->primary];
    const struct layout_device *d = &l->devices[p->device];

    fprintf(
        out,
        "/* %s: written by 'bulkhead layout build'; do not edit.\n"
        " * The memory of %s: after a header of %u bytes, and without what signing adds. To sign:\n"
        " * bulkhead image sign --layout %s.layout.yml --slot %s --key PRIVATE.pem --version 1.2.3 \\\n"
        " *     --pad-header APP.bin APP.signed.bin */\n",
        l->product, s->name, s->header, l->product, s->name);
    if (s->load) {
        put_loaded(out, l, s, &l->devices[l->partitions[l->boot.bootloader].device]);
        return;
    }
    fprintf(out, "MEMORY\n{\n    FLASH (rx) : ORIGIN = 0x%08x, LENGTH = 0x%x\n",
            d->flash.base + p->off + s->header, write_room(l, s));
    put_ram(out, layout_app_ram(l, d));
    fputs("}\n", out);
}

/* Memory of an application whose segments are loaded: each window, and where code and data go if it
 * is all the same to them. */
void write_loaded_ld(FILE *out, const struct layout *l)
{
    uint8_t code = 0, data = 0;

    fprintf(
        out,
        "/* %s: written by 'bulkhead layout build'; do not edit. The memory of an application that is\n"
        " * loaded to RAM. Made an image by\n"
        " * esptool --chip %s elf2image APP.elf */\nMEMORY\n{\n",
        l->product, product_chip(l)->name);
    for (uint8_t i = l->boot.n_windows; i-- > 0;) {
        if (!l->boot.windows[i].data)
            code = i;
        else
            data = i;
    }
    if (!l->boot.windows[data].data)
        data = code;
    for (uint8_t i = 0; i < l->boot.n_windows; i++)
        fprintf(out, "    LOAD%u (%s) : ORIGIN = 0x%08x, LENGTH = 0x%x\n", i,
                l->boot.windows[i].data ? "rw" : "rwx", l->boot.windows[i].address,
                l->boot.windows[i].size);
    fprintf(out, "}\nREGION_ALIAS(\"CODE\", LOAD%u)\nREGION_ALIAS(\"DATA\", LOAD%u)\n", code, data);
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
