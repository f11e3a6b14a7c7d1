/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a fragment of Partition Manager's, and what follows a line "...." as its static
 * file: it is read and solved without harm and the same twice, and what is said to be good is
 * good. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/layout/inner.h"
#include "host/partition_manager/pm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool solve_text(struct pm *pm, struct layout *l, const char *text, size_t len)
{
    const char *fixed = memmem(text, len, "....\n", 5);

    layout_begin(l);
    *pm = (struct pm){ .l = l };
    pm_region(pm, (struct pm_region){ .name = "sram_primary",
                                      .size = 0x40000,
                                      .base = 0x20000000,
                                      .strategy = PM_COMPLEX,
                                      .dp = "sram_primary" });
    pm_region(pm, (struct pm_region){ .name = "flash_primary",
                                      .size = 0x100000,
                                      .strategy = PM_COMPLEX,
                                      .device = "flash_controller" });
    pm_region(pm, (struct pm_region){ .name = "external_flash", .size = 0x800000, .device = "x" });
    pm_region(pm,
              (struct pm_region){
                  .name = "otp", .size = 0x2fc, .base = 0xff8100, .strategy = PM_END_TO_START });
    if (!pm_fragment(pm, "fuzz.yml", text, fixed ? (size_t)(fixed - text) : len))
        return false;
    if (fixed && !pm_static(pm, "fixed.yml", fixed + 5, len - (size_t)(fixed + 5 - text)))
        return false;
    return l->n_errors == 0 && pm_solve(pm);
}

/* Places are in their regions; no two leaves of a region share a byte; aligned is aligned. */
static void good(const struct pm *pm)
{
    for (size_t i = 0; i < pm->n_parts; i++) {
        const struct pm_part *p = &pm->parts[i];
        const struct pm_region *r;

        if (p->dropped || !p->placed)
            continue;
        r = &pm->regions[p->region];
        if (p->size < 0 || p->address < r->base || p->address + p->size > r->base + r->size)
            abort();
        for (size_t k = 0; k < i; k++) {
            const struct pm_part *q = &pm->parts[k];

            if (q->dropped || !q->placed || q->region != p->region || p->container || q->container)
                continue;
            if (p->address < q->address + q->size && q->address < p->address + p->size && p->size &&
                q->size)
                abort();
        }
        if (p->align && !p->align_end && p->address % p->align)
            abort();
    }
}

static char *written(struct pm *pm, size_t *len)
{
    struct host_error e;
    char *text;
    FILE *out = open_memstream(&text, len);

    if (!out)
        abort();
    pm_write_regions(out, pm);
    pm_write_config(out, pm);
    pm_write_report(out, pm, 1, true);
    pm_write_static(out, pm);
    pm_write_header(out, pm, 1, "app", 0, "fuzz", &e);
    fclose(out);
    free(text);
    out = open_memstream(&text, len);
    if (!out)
        abort();
    pm_write_partitions(out, pm);
    fclose(out);
    return text;
}

/* What is written is read again as it was. */
static void read_again(const struct pm *pm, const char *text, size_t len)
{
    struct layout l;
    struct pm again = { .l = &l, .regions_open = true };

    layout_begin(&l);
    if (!pm_partitions(&again, "again.yml", text, len))
        abort();
    for (size_t i = 0; i < pm->n_parts; i++) {
        int k = pm_find(&again, pm->parts[i].name);

        if (pm->parts[i].dropped || !pm->parts[i].placed)
            continue;
        if (k < 0 || again.parts[k].address != pm->parts[i].address ||
            again.parts[k].size != pm->parts[i].size)
            abort();
    }
    pm_free(&again);
    layout_free(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct layout a, b;
    struct pm x, y;
    bool solved;

    if (len > 1 << 16)
        return 0;
    solved = solve_text(&x, &a, (const char *)data, len);
    if (solve_text(&y, &b, (const char *)data, len) != solved || a.n_findings != b.n_findings)
        abort();
    for (size_t i = 0; i < a.n_findings; i++) {
        char *p = layout_finding_text(&a.findings[i]), *q = layout_finding_text(&b.findings[i]);

        if (strcmp(p, q) != 0)
            abort();
        free(p);
        free(q);
    }
    if (solved) {
        size_t n, m;
        char *p = written(&x, &n), *q = written(&y, &m);

        if (n != m || memcmp(p, q, n) != 0)
            abort();
        good(&x);
        read_again(&x, p, n);
        free(p);
        free(q);
    } else if (a.n_errors == 0 && x.n_parts) {
        abort(); /* refused, and nothing says why */
    }
    pm_free(&x);
    pm_free(&y);
    layout_free(&a);
    layout_free(&b);
    return 0;
}
