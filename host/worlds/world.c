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

/* UTF-8's mark: what comes after it is the text. */
static size_t byte_order_mark(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

/* A file that is none of these worlds', by its first bytes: NULL, or what it is. */
static const char *foreign_kind(const char *text, size_t len)
{
    static const struct {
        const char *begin, *title;
        size_t len;
    } kinds[] = {
        { "\x7F"
          "ELF",
          "an ELF program", 4 },
        { "UF2\n", "a UF2 file", 4 },
        { "\x1F\x8B", "a gzip archive", 2 },
        { "PK\x03\x04", "a zip archive", 4 },
        { "\x89PNG", "a picture", 4 },
        { "-----BEGIN ", "a key or a certificate", 11 },
        { "WOLF", "a wolfBoot image", 4 },
        { "\x3D\xB8\xF3\x96", "an MCUboot image", 4 },
        { "\xE9", "an Espressif image", 1 },
    };
    size_t hex = 1;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (len >= kinds[i].len && memcmp(text, kinds[i].begin, kinds[i].len) == 0 &&
            (kinds[i].len > 1 || memchr(text, 0, len)))
            return kinds[i].title;
    while (hex < len && strchr("0123456789ABCDEFabcdef", text[hex]) && text[hex])
        hex++;
    if (len && text[0] == ':' && hex > 10)
        return "an Intel HEX file";
    if (memchr(text, 0, len))
        return "a binary file";
    if (memmem(text, len, "#define ", 8) || memmem(text, len, "#ifndef ", 8) ||
        memmem(text, len, "#pragma ", 8))
        return "a C header without wolfBoot's partitions";
    return len > 7 && strncmp(text, "CONFIG_", 7) == 0 ? "a .config of Kconfig" : NULL;
}

static int say_foreign(const char *name, const char *title, struct host_error *e)
{
    return host_fail(
        e, HOST_BAD_INPUT, host_in(name),
        "Layouts are: 'layout: 1', Partition Manager's YAML, devicetree, wolfBoot's target.h and "
        ".config, ESP-IDF's table, picotool's JSON, memory.x, mtdparts.",
        "this is %s, and no layout", title);
}

int world_load_text(struct layout *l, const char *name, const char *text, size_t len,
                    const struct world_options *options, struct host_error *e)
{
    static const struct world_options none = { 0 };
    const struct world_reader *r;
    const char *foreign;
    size_t skip = byte_order_mark(text, len);
    int code;

    options = options ? options : &none;
    if (len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return layout_begin(l), host_fail(e, HOST_BAD_INPUT, host_in(name),
                                          "Save it as UTF-8. PowerShell's '>' writes UTF-16.",
                                          "this text is UTF-16");
    r = len > TEXT_MAX ? NULL : world_recognise(text + skip, len - skip);
    foreign = r ? NULL : foreign_kind(text, len);
    if (foreign)
        return layout_begin(l), say_foreign(name, foreign, e);
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
    code = r->read(l, l->path, text + skip, len - skip, options, e);
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
