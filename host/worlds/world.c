/* SPDX-License-Identifier: Apache-2.0 */
/* The table of readers and the table of writers. */
#define _GNU_SOURCE
#include "inner.h"

#include "host/io.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct world_reader world_readers[] = {
    { "dtb", "a devicetree blob", recognise_dtb, read_dtb },
    { "esp-bin", "a binary partition table of ESP-IDF", recognise_bin, read_bin },
    { "layout", "a layout", recognise_layout, NULL },
    { "rp2350", "a partition table of picotool", recognise_rp2350, read_rp2350 },
    { "json", "JSON of 'bulkhead layout show'", recognise_json, read_json },
    { "dts", "a devicetree", recognise_dts, read_dts },
    { "target-h", "a wolfBoot target.h", recognise_target_h, read_target_h },
    { "wolfboot-config", "a wolfBoot .config", recognise_config, read_config },
    { "memory-x", "a memory.x", recognise_memory_x, read_memory_x },
    { "mtdparts", "mtdparts", recognise_mtdparts, read_mtdparts },
    { "esp-csv", "a partition table of ESP-IDF", recognise_csv, read_csv },
    { "pm", "a file of Partition Manager", recognise_pm, read_pm },
    { 0 },
};

const struct world_writer world_writers[] = {
    { "layout", "our own language, every place fixed", write_layout },
    { "partitions-yml", "Partition Manager's partitions.yml", write_partitions_yml },
    { "regions-yml", "Partition Manager's regions.yml", write_regions_yml },
    { "pm-static", "Partition Manager's pm_static.yml", write_pm_static },
    { "pm-config-h", "Partition Manager's pm_config.h of one image", write_pm_config_h },
    { "pm-config", "Partition Manager's pm.config", write_pm_config },
    { "pm-report", "Partition Manager's boxes", write_pm_report },
    { "dts", "an overlay for Zephyr", write_dts },
    { "target-h", "wolfBoot's target.h", write_target_h },
    { "target-2018-h", "wolfBoot's target.h of 2018", write_target_2018_h },
    { "wolfboot-config", "wolfBoot's .config", write_wolfboot_config },
    { "memory-x", "memory.x with embassy's symbols", write_memory_x },
    { "mtdparts", "mtdparts on one line", write_mtdparts },
    { "rp2350", "picotool's partition table as JSON", write_rp2350 },
    { "esp-csv", "ESP-IDF's partition table", write_esp_csv },
    { "esp-bin", "the same, binary", write_esp_bin },
    { "flash-layout-h", "flash_layout.h in TF-M's manner", write_flash_layout_h },
    { 0 },
};

const struct world_reader *world_recognise(const char *text, size_t len)
{
    for (const struct world_reader *r = world_readers; r->name; r++)
        if (r->recognise(text, len))
            return r;
    return NULL;
}

const struct world_writer *world_find_writer(const char *name)
{
    for (const struct world_writer *w = world_writers; w->name; w++)
        if (strcmp(w->name, name) == 0)
            return w;
    return NULL;
}

int world_load_text(struct layout *l, const char *name, const char *text, size_t len,
                    const struct world_options *options, struct host_error *e)
{
    static const struct world_options none = { 0 };
    const struct world_reader *r;
    int code;

    options = options ? options : &none;
    r = len > TEXT_MAX ? NULL : world_recognise(text, len);
    if (!r || !r->read) {
        code = layout_load_text(l, name, text, len, options->layout, e);
        if (code == HOST_OK && !l->boot.given)
            roles_by_name(l);
        return code;
    }
    layout_begin(l);
    l->path = arena_text(&l->inner->arena, name, strlen(name));
    const char *slash = strrchr(name, '/');
    l->folder = arena_text(&l->inner->arena, name, slash ? (size_t)(slash + 1 - name) : 0);
    code = r->read(l, l->path, text, len, options, e);
    if (code == HOST_OK && l->n_errors)
        code = HOST_BAD_LAYOUT;
    findings_sort(l);
    return code;
}

int world_load(struct layout *l, const char *path, const struct world_options *options,
               struct host_error *e)
{
    struct host_bytes bytes = { 0 };
    int code;

    layout_begin(l);
    if (host_read_file(path, &bytes, e))
        return e->code;
    layout_free(l);
    code = world_load_text(l, strcmp(path, "-") ? path : "standard input", (const char *)bytes.data,
                           bytes.len, options, e);
    host_bytes_free(&bytes);
    return code;
}

void world_lost(struct world_losses *losses, const char *format, ...)
{
    va_list args;
    char *text = NULL;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        host_no_memory();
    va_end(args);
    losses->list = host_grow(losses->list, losses->n, &losses->room, sizeof *losses->list);
    losses->list[losses->n++] = text;
}

void world_losses_free(struct world_losses *losses)
{
    for (size_t i = 0; i < losses->n; i++)
        free(losses->list[i]);
    free(losses->list);
    *losses = (struct world_losses){ 0 };
}
