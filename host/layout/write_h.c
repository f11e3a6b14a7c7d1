/* SPDX-License-Identifier: Apache-2.0 */
/* What C and CMake are told, and the table for people. */
#include "write.h"

#include "inner.h"
#include "bulkhead/bytes.h"

#include <ctype.h>
#include <stdlib.h>

const char *write_upper(const char *name, char out[LAYOUT_NAME_MAX + 1])
{
    size_t i = 0;

    for (; name[i] && i < LAYOUT_NAME_MAX; i++)
        out[i] = (char)toupper((unsigned char)name[i]);
    out[i] = 0;
    return out;
}

static void put_partition_h(FILE *out, const struct layout *l, const struct layout_partition *p)
{
    const struct bh_flash *f = &l->devices[p->device].flash;
    char name[LAYOUT_NAME_MAX + 1];

    write_upper(p->name, name);
    fprintf(out, "\n#define LAYOUT_%s_OFFSET 0x%xu\n#define LAYOUT_%s_SIZE 0x%xu\n", name, p->off,
            name, p->size);
    if (f->mapped)
        fprintf(out, "#define LAYOUT_%s_ADDRESS 0x%xu\n", name, f->base + p->off);
}

static void put_slot_h(FILE *out, const struct layout_slot *s)
{
    char name[LAYOUT_NAME_MAX + 1];

    write_upper(s->name, name);
    fprintf(out,
            "\n/* slot pair %s */\n"
            "#define LAYOUT_SLOT_%s_IMAGE_MAX 0x%xu\n#define LAYOUT_SLOT_%s_HEADER 0x%xu\n"
            "#define LAYOUT_SLOT_%s_STAGED_OFFSET 0x%xu\n#define LAYOUT_SLOT_%s_CHUNK 0x%xu\n",
            s->name, name, s->image_max, name, s->header, name, s->staged_off, name, s->chunk);
}

void write_h(FILE *out, const struct layout *l)
{
    char product[LAYOUT_NAME_MAX + 1];

    write_upper(l->product, product);
    fprintf(
        out,
        "/* SPDX-License-Identifier: Apache-2.0 */\n"
        "/* %s: written by 'bulkhead layout build'; do not edit. Where everything lies: offsets from\n"
        " * the start of the device, addresses where it is mapped. */\n"
        "#ifndef %s_LAYOUT_H\n#define %s_LAYOUT_H\n\n"
        "/* Of the geometry, the bootloader, its slots, spares and journal. */\n"
        "#define LAYOUT_IDENTITY 0x%08xu\n",
        l->product, product, product, layout_identity(l));
    for (size_t i = 0; i < l->n_partitions; i++)
        put_partition_h(out, l, &l->partitions[i]);
    for (size_t i = 0; i < l->n_slots; i++)
        put_slot_h(out, &l->slots[i]);
    fputs("\n#endif\n", out);
}

static void put_slot_cmake(FILE *out, const struct layout *l, const struct layout_slot *s)
{
    static const char *const formats[] = { "mcuboot", "wolfboot", "espressif" };
    const struct layout_partition *p = &l->partitions[s->primary];
    const struct bh_flash *f = &l->devices[p->device].flash;

    fprintf(out,
            "set(BULKHEAD_SLOT_%s_FORMAT %s)\nset(BULKHEAD_SLOT_%s_HEADER 0x%x)\n"
            "set(BULKHEAD_SLOT_%s_IMAGE_MAX 0x%x)\nset(BULKHEAD_SLOT_%s_ROOM 0x%x)\n",
            s->name, formats[s->format], s->name, s->header, s->name, s->image_max, s->name,
            write_room(l, s));
    if (s->load)
        fprintf(out, "set(BULKHEAD_SLOT_%s_ADDRESS 0x%x)\n", s->name, s->load_address);
    else if (f->mapped)
        fprintf(out, "set(BULKHEAD_SLOT_%s_ADDRESS 0x%x)\n", s->name, f->base + p->off);
}

/* A text between [=[ and ]=] stands as it is, so file names need no care. */
static void put_list(FILE *out, const char *name, const struct layout *l)
{
    fprintf(out, "set(%s", name);
    for (uint8_t i = 0; i < l->boot.n_keys; i++)
        fprintf(out, " [=[%s]=]", l->boot.keys[i].path);
    fputs(")\n", out);
}

/* Four program units of each device: struct bh_work. */
static unsigned units_len(const struct layout *l)
{
    unsigned most = 0;

    for (size_t i = 0; i < l->n_devices; i++)
        if (4u * l->devices[i].flash.unit > most)
            most = 4u * l->devices[i].flash.unit;
    return most;
}

/* RAM that is lent to the core: the longest signature must fit in it (bulkhead/verify.h). */
static unsigned work_len(const struct layout *l)
{
    unsigned most = units_len(l);

    for (uint8_t i = 0; i < l->boot.n_keys; i++) {
        const struct host_key_type *type = l->inner->keys[i].type;
        uint32_t room = !type                             ? 0
                        : type->signature == BH_SIG_LMS   ? 2816
                        : host_ml_dsa_of(type->signature) ? l->boot.keys[i].signature
                                                          : 0;

        if (room > most)
            most = bh_round_up(room, 256);
    }
    return most < 1024 ? 1024 : most;
}

/* The bootloader's main program by where images run: boot/WORD.c. */
static const char *images_run(const struct layout *l)
{
    if (l->boot.plan == LAYOUT_SELECT)
        return l->boot.n_windows ? "select" : "elsewhere";
    return layout_loads(l) ? "from_ram" : "in_place";
}

/* What asks for a recovery; 0: does not. The work memory takes the frames then, and the core is
 * lent other memory. */
static void put_recovery(FILE *out, const struct layout_boot *b)
{
    if (b->recovery != LAYOUT_NO_RECOVERY)
        fprintf(out,
                "set(BULKHEAD_RECOVERY_WINDOW_MS %u)\nset(BULKHEAD_RECOVERY_PIN %d)\n"
                "set(BULKHEAD_RECOVERY_MAGIC 0x%08x)\n",
                b->recovery_window, b->recovery_has_pin ? (int)b->recovery_pin : -1,
                b->recovery_has_magic ? b->recovery_magic : 0);
    if (b->record_size)
        fprintf(out, "set(BULKHEAD_RECORD_ADDRESS 0x%08x)\nset(BULKHEAD_RECORD_SIZE %u)\n",
                b->record_address, b->record_size);
    else
        fputs("set(BULKHEAD_RECORD_SIZE 0)\n", out);
}

void write_cmake(FILE *out, const struct layout *l)
{
    static const char *const plans[] = { "swap", "overwrite", "select" };
    static const char *const recoveries[] = { "none", "smp", "xmodem" };
    const struct layout_boot *b = &l->boot;
    const struct layout_device *first =
        &l->devices[b->bootloader >= 0 ? l->partitions[b->bootloader].device : 0];

    fprintf(out,
            "# %s: written by 'bulkhead layout build'; do not edit.\n"
            "set(BULKHEAD_PRODUCT %s)\nset(BULKHEAD_IDENTITY 0x%08x)\nset(BULKHEAD_PORT \"%s\")\n"
            "set(BULKHEAD_CHIP \"%s\")\nset(BULKHEAD_PLAN %s)\nset(BULKHEAD_RECOVERY %s)\n"
            "set(BULKHEAD_SPEED %s)\nset(BULKHEAD_HASH sha%u)\n",
            l->product, l->product, layout_identity(l), first->port ? first->port : "",
            first->chip_name ? first->chip_name : "", plans[b->plan], recoveries[b->recovery],
            b->fast ? "fast" : "small", b->hash_bits);
    fprintf(out, "set(BULKHEAD_WATCHDOG_MS %u)\nset(BULKHEAD_PARTS%s%s%s%s%s%s)\n", b->watchdog,
            b->watchdog ? " watchdog" : "", b->clock_fast ? " clock" : "",
            b->hand_over_reset ? " leave" : "", b->recovery_has_pin ? " pin" : "",
            b->brown_out ? " supply" : "", b->protect ? " protect" : "");
    fprintf(out, "set(BULKHEAD_BROWN_OUT_MV %u)\n", b->brown_out);
    put_recovery(out, b);
    fprintf(out, "set(BULKHEAD_IMAGES_RUN %s)\n", images_run(l));
    fprintf(out, "set(BULKHEAD_ANTI_ROLLBACK %s)\n", b->anti_rollback ? "ON" : "OFF");
    fprintf(out, "set(BULKHEAD_WORK_LEN %u)\nset(BULKHEAD_UNITS_LEN %u)\n", work_len(l),
            units_len(l));
    put_list(out, "BULKHEAD_KEYS", l);
    if (b->bootloader >= 0) {
        const struct layout_partition *p = &l->partitions[b->bootloader];

        fprintf(out, "set(BULKHEAD_BOOTLOADER_SIZE 0x%x)\nset(BULKHEAD_BOOTLOADER_ADDRESS 0x%x)\n",
                p->size, first->flash.base + p->off);
    }
    fputs("set(BULKHEAD_SLOTS", out);
    for (size_t i = 0; i < l->n_slots; i++)
        fprintf(out, " %s", l->slots[i].name);
    fputs(")\n", out);
    for (size_t i = 0; i < l->n_slots; i++)
        put_slot_cmake(out, l, &l->slots[i]);
}

void write_map(FILE *out, const struct layout *l, const char *before)
{
    int *order = calloc(l->n_partitions + 1, sizeof *order);

    if (!order)
        abort();
    for (int d = 0; d < (int)l->n_devices; d++)
        for (size_t i = 0, n = layout_order(l, d, order); i < n; i++) {
            const struct layout_partition *p = &l->partitions[order[i]];

            fprintf(out, "%s%-10s 0x%08x  %10s  %*s%s\n", before, l->devices[d].name, p->off,
                    SIZE(p->size), 2 * p->depth, "", p->name);
        }
    free(order);
}
