/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a layout of another tool: what worlds.h says. Devicetree source is dtc's to read,
 * and its blobs are fuzzed in its place. */
#include "worlds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/worlds/world.h"

static int load(struct layout *l, const uint8_t *data, size_t len)
{
    static const struct world_options options = {
        .regions = { "flash_primary=1M", "external_flash=8M", "sram_primary=256K@0x20000000" },
        .n_regions = 3
    };
    struct host_error e;

    return world_load_text(l, "fuzz", (const char *)data, len, &options, &e);
}

static void write_all(const struct layout *l)
{
    struct world_writer_options options = { 0 };

    for (const struct world_writer *w = world_writers; w->name; w++)
        for (int fixed = 0; fixed < 2; fixed++) {
            struct world_losses losses = { 0 };
            struct host_error e;
            char *text;
            size_t len;
            FILE *out = open_memstream(&text, &len);

            if (!out)
                abort();
            options.dts_fixed = fixed;
            int code = w->write(out, l, &options, &losses, &e);

            fclose(out);
            if (code == HOST_OK && !fixed)
                world_read_back(l, text, len, &losses);
            free(text);
            world_losses_free(&losses);
        }
}

/* Nothing moved from a layout to itself. */
static void compare(const struct layout *a, const struct layout *b)
{
    struct world_row *rows = calloc(a->n_partitions + b->n_partitions + 1, sizeof *rows);
    size_t n_equal, n;

    if (!rows)
        abort();
    n = world_compare(a, b, rows, &n_equal);
    if (n != n_equal)
        abort();
    for (size_t i = 0; i < n; i++)
        if (rows[i].change != WORLD_EQUAL || !rows[i].has_old || !rows[i].has_new)
            abort();
    free(rows);
}

static bool is_wanted(const char *const names[], const uint8_t *data, size_t len)
{
    const struct world_reader *r = len > 1 << 16 ? NULL : world_recognise((const char *)data, len);

    for (; r && *names; names++)
        if (strcmp(r->name, *names) == 0)
            return true;
    return false;
}

int fuzz_world(const char *const names[], const uint8_t *data, size_t len)
{
    struct layout a, b;
    int code;

    if (!is_wanted(names, data, len))
        return 0;
    code = load(&a, data, len);
    if (load(&b, data, len) != code || a.n_partitions != b.n_partitions ||
        a.n_findings != b.n_findings)
        abort();
    if (code == HOST_OK && (a.n_errors || !a.solved))
        abort();
    if (code == HOST_OK) {
        for (size_t i = 0; i < a.n_partitions; i++)
            if (strcmp(a.partitions[i].name, b.partitions[i].name) != 0 ||
                a.partitions[i].off != b.partitions[i].off)
                abort();
        compare(&a, &b);
        write_all(&a);
        for (int engine = WORLD_BULKHEAD; engine <= WORLD_EMBASSY; engine++)
            world_check(&b, (enum world_engine)engine, NULL);
    }
    layout_free(&a);
    layout_free(&b);
    return 0;
}
