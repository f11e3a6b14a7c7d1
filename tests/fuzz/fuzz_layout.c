/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a layout: it is read without harm, the same twice and whatever the hash, and what is
 * said to be good is good. */
#include <stdlib.h>
#include <string.h>

#include "host/layout/fmt.h"
#include "host/layout/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void same(const struct layout *a, const struct layout *b)
{
    if (a->n_partitions != b->n_partitions || a->n_findings != b->n_findings ||
        a->n_errors != b->n_errors || a->solved != b->solved ||
        layout_identity(a) != layout_identity(b))
        abort();
    for (size_t i = 0; i < a->n_partitions; i++) {
        const struct layout_partition *x = &a->partitions[i], *y = &b->partitions[i];

        if (strcmp(x->name, y->name) || x->off != y->off || x->size != y->size ||
            x->device != y->device || x->solved != y->solved)
            abort();
    }
    for (size_t i = 0; i < a->n_findings; i++) {
        char *x = layout_finding_text(&a->findings[i]), *y = layout_finding_text(&b->findings[i]);

        if (strcmp(x, y))
            abort();
        free(x);
        free(y);
    }
}

/* Of a layout without errors: all lies within its device, and no two share a byte. */
static void good(const struct layout *l)
{
    int *order = calloc(l->n_partitions + 1, sizeof *order);

    if (!order || !l->solved)
        abort();
    for (int d = 0; d < (int)l->n_devices; d++) {
        uint64_t end = 0;

        for (size_t i = 0, n = layout_order(l, d, order); i < n; i++) {
            const struct layout_partition *p = &l->partitions[order[i]];

            if (!p->size || (uint64_t)p->off + p->size > l->devices[d].flash.size)
                abort();
            if (p->container)
                continue;
            if (p->off < end)
                abort();
            end = (uint64_t)p->off + p->size;
        }
    }
    free(order);
}

static void outputs(const struct layout *l)
{
    struct layout_files files;
    struct host_error e;
    int code = layout_files(l, &files, &e);

    /* Without files there are no keys, and ESP-IDF's table has rules of its own. */
    if (code && !l->boot.n_keys && l->boot.table == LAYOUT_NONE)
        abort();
    layout_files_free(&files);
}

/* Put into shape it says the same, and is in shape. */
static void shape(const struct layout *l, int code, const char *data, size_t len,
                  const struct layout_options *options)
{
    char *once, *twice;
    struct host_error e;
    struct layout again;

    if (layout_format("fuzz.yml", data, len, NULL, 0, &once, &e))
        return;
    if (layout_format("fuzz.yml", once, strlen(once), NULL, 0, &twice, &e) || strcmp(once, twice))
        abort();
    if (layout_load_text(&again, "fuzz.yml", once, strlen(once), options, &e) != code ||
        layout_identity(&again) != layout_identity(l) || again.n_errors != l->n_errors)
        abort();
    layout_free(&again);
    free(once);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct layout_options options = { .no_files = true, .no_base = true };
    struct layout a, b;
    struct host_error e;

    if (len > 1 << 16)
        return 0;
    int code = layout_load_text(&a, "fuzz.yml", (const char *)data, len, &options, &e);
    options.hash_seed = 0x5EED;
    if (code != layout_load_text(&b, "fuzz.yml", (const char *)data, len, &options, &e))
        abort();
    same(&a, &b);
    shape(&a, code, (const char *)data, len, &options);
    if (code == HOST_OK) {
        good(&a);
        outputs(&a);
    }
    layout_free(&a);
    layout_free(&b);
    return 0;
}
