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

static void put_name(FILE *out, const struct layout *l, const struct world_item *item)
{
    for (size_t i = 0; item->key && i < sizeof areas / sizeof *areas; i++)
        if (strcmp(areas[i].key, item->key) == 0) {
            fputs(areas[i].area, out);
            return;
        }
    for (const char *c = l->partitions[item->partition].name; *c; c++)
        fputc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c, out);
}

WRITER(write_flash_layout_h)
{
    struct world_item *items = calloc(l->n_partitions + 1, sizeof *items);
    const struct layout_partition *before = NULL;
    size_t n, last = 0;

    (void)options, (void)e;
    if (!items)
        host_no_memory();
    n = world_items(l, items);
    fprintf(out,
            "/* %s: written by 'bulkhead layout convert --to flash-layout-h'. */\n"
            "#ifndef FLASH_LAYOUT_H\n#define FLASH_LAYOUT_H\n",
            l->product);
    for (size_t d = 0; d < l->n_devices; d++) {
        const struct bh_flash *f = &l->devices[d].flash;

        if (world_is_ram(&l->devices[d]))
            continue;
        fprintf(out, "\n/* %s */\n", l->devices[d].name);
        if (d == 0)
            fprintf(out,
                    "#define FLASH_BASE_ADDRESS 0x%x\n#define FLASH_TOTAL_SIZE 0x%x\n"
                    "#define FLASH_AREA_IMAGE_SECTOR_SIZE 0x%x\n",
                    f->mapped ? f->base : 0, f->size, f->n_runs ? f->runs[0].size : 0);
        before = NULL;
        for (size_t i = 0; i < n; i++) {
            const struct layout_partition *p = &l->partitions[items[i].partition];

            if (p->device != (int)d)
                continue;
            fputs("#define FLASH_AREA_", out);
            put_name(out, l, &items[i]);
            if (before && before->off + before->size == p->off) {
                fputs("_OFFSET (FLASH_AREA_", out);
                put_name(out, l, &items[last]);
                fputs("_OFFSET + FLASH_AREA_", out);
                put_name(out, l, &items[last]);
                fputs("_SIZE)\n#define FLASH_AREA_", out);
            } else {
                fprintf(out, "_OFFSET (0x%x)\n#define FLASH_AREA_", p->off);
            }
            put_name(out, l, &items[i]);
            fprintf(out, "_SIZE (0x%x)\n", p->size);
            before = p;
            last = i;
        }
    }
    fputs("\n#endif\n", out);
    lose_boot(l, losses);
    free(items);
    (void)losses;
    return HOST_OK;
}
