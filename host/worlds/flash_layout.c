/* SPDX-License-Identifier: Apache-2.0 */
/* flash_layout.h in the manner of TF-M: areas, each from the end of the one before it, so that C
 * code and linker scripts agree with the layout by inclusion. */
#include "inner.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *key, *area;
} areas[] = {
    { "boot", "BL2" },  { "slot0", "0" },     { "slot1", "2" },
    { "slot2", "1" },   { "slot3", "3" },     { "scratch", "SCRATCH" },
    { "tfm_ps", "PS" }, { "tfm_its", "ITS" }, { "tfm_otp", "OTP_NV_COUNTERS" },
};

/* "0", or "CPUNET_0" of another core's flash. */
static void area_name(const struct layout *l, const struct world_item *item, struct world_name *out)
{
    const struct layout_partition *p = &l->partitions[item->partition];
    const char *domain = l->devices[p->device].pm.domain;
    struct world_name own = world_identifier(p->name);
    size_t len;

    snprintf(out->text, sizeof out->text, "%.*s%s", (int)LAYOUT_NAME_MAX, domain ? domain : "",
             domain ? "_" : "");
    len = strlen(out->text);
    snprintf(out->text + len, sizeof out->text - len, "%s", own.text);
    for (size_t i = 0; item->key && i < sizeof areas / sizeof *areas; i++)
        if (strcmp(areas[i].key, item->key) == 0)
            snprintf(out->text + len, sizeof out->text - len, "%s", areas[i].area);
    for (char *c = out->text; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
}

/* before: that ends where this begins, or NULL. */
static void put_area(FILE *out, const struct layout_partition *p, const char *name,
                     const char *before)
{
    if (before)
        fprintf(out, "#define FLASH_AREA_%s_OFFSET (FLASH_AREA_%s_OFFSET + FLASH_AREA_%s_SIZE)\n",
                name, before, before);
    else
        fprintf(out, "#define FLASH_AREA_%s_OFFSET (0x%x)\n", name, p->off);
    fprintf(out, "#define FLASH_AREA_%s_SIZE (0x%x)\n", name, p->size);
}

static void put_device(FILE *out, const struct layout *l, int device,
                       const struct world_item *items, const char *const *names, size_t n)
{
    const struct bh_flash *f = &l->devices[device].flash;
    const struct layout_partition *before = NULL;

    fprintf(out, "\n/* %s */\n", l->devices[device].name);
    if (device == 0)
        fprintf(out,
                "#define FLASH_BASE_ADDRESS 0x%x\n#define FLASH_TOTAL_SIZE 0x%x\n"
                "#define FLASH_AREA_IMAGE_SECTOR_SIZE 0x%x\n",
                f->mapped ? f->base : 0, f->size, f->n_runs ? f->runs[0].size : 0);
    for (size_t i = 0; i < n; i++) {
        const struct layout_partition *p = &l->partitions[items[i].partition];

        if (p->device != device)
            continue;
        put_area(out, p, names[i],
                 before && (uint64_t)before->off + before->size == p->off ? names[i - 1] : NULL);
        before = p;
    }
}

WRITER(write_flash_layout_h)
{
    struct world_item *items = calloc(l->n_partitions + 1, sizeof *items);
    struct world_name *texts = calloc(l->n_partitions + 1, sizeof *texts);
    const char **names = calloc(l->n_partitions + 1, sizeof *names);
    int *which = calloc(l->n_partitions + 1, sizeof *which), code;
    size_t n;

    (void)options;
    if (!items || !texts || !names || !which)
        host_no_memory();
    n = world_items(l, items); /* by device and offset */
    for (size_t i = 0; i < n; i++) {
        area_name(l, &items[i], &texts[i]);
        names[i] = texts[i].text;
        which[i] = items[i].partition;
    }
    code = names_differ(l, "flash_layout.h", names, which, n, losses, e);
    if (code == HOST_OK) {
        fprintf(out,
                "/* %s: written by 'bulkhead layout convert --to flash-layout-h'. */\n"
                "#ifndef FLASH_LAYOUT_H\n#define FLASH_LAYOUT_H\n",
                l->product);
        for (int d = 0; d < (int)l->n_devices; d++)
            if (!world_is_ram(&l->devices[d]))
                put_device(out, l, d, items, names, n);
        fputs("\n#endif\n", out);
        lose_boot(l, losses);
    }
    free(items);
    free(texts);
    free(names);
    free(which);
    return code;
}
