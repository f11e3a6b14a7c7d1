/* SPDX-License-Identifier: Apache-2.0 */
/* All files that a layout has in another world, for 'layout build': a folder for each world. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdlib.h>
#include <string.h>

/* One file by one of the writers. */
static int add(struct layout_files *files, const char *name, const struct layout *l,
               const char *writer, const struct world_writer_options *options,
               struct world_losses *losses, struct host_error *e)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    int code;

    if (!out)
        host_no_memory();
    code = world_find_writer(writer)->write(out, l, options, losses, e);
    fclose(out);
    if (code == HOST_OK)
        layout_files_add(files, name, text, len);
    else
        free(text);
    return code;
}

/* The n-th core's name: NULL for the first, and false if there are no more. */
static bool nth_domain(const struct layout *l, size_t n, const char **domain)
{
    size_t seen = 0;

    *domain = NULL;
    if (n == 0)
        return true;
    for (size_t d = 0; d < l->n_devices; d++) {
        bool again = !l->devices[d].pm.domain;

        for (size_t k = 0; k < d && !again; k++)
            again = l->devices[k].pm.domain &&
                    strcmp(l->devices[k].pm.domain, l->devices[d].pm.domain) == 0;
        if (!again && ++seen == n) {
            *domain = l->devices[d].pm.domain;
            return true;
        }
    }
    return false;
}

/* ---- Partition Manager ---- */

/* Its licence is for Nordic's parts; other products have it by name. */
static bool fits_pm(const struct layout *l)
{
    for (size_t d = 0; d < l->n_devices; d++)
        if (l->devices[d].pm.region)
            return true;
    return false;
}

static int add_header(struct layout_files *files, const struct layout *l, const char *image,
                      struct world_writer_options options, struct world_losses *losses,
                      struct host_error *e)
{
    char name[2 * LAYOUT_NAME_MAX + 64];

    options.image = image;
    snprintf(name, sizeof name, "%s/pm_config.h", image);
    return add(files, name, l, "pm-config-h", &options, losses, e);
}

/* A header for each image: the application, the bootloader, and that of each other core. */
static int add_headers(struct layout_files *files, const struct layout *l,
                       const struct world_writer_options *options, struct world_losses *losses,
                       struct host_error *e)
{
    int code = HOST_OK, boot = find_role(l, LAYOUT_BOOTLOADER);

    if (!options->domain) {
        code = add_header(files, l, "app", *options, losses, e);
        if (code == HOST_OK && boot >= 0)
            code = add_header(files, l, world_pm_name(l, boot).text, *options, losses, e);
    }
    for (int d = 0; d < (int)l->n_devices && code == HOST_OK && options->domain; d++) {
        const char *domain = l->devices[d].pm.domain;
        int image = image_of_domain(l, d);

        if (domain && strcmp(domain, options->domain) == 0 && image >= 0)
            code = add_header(files, l, world_pm_name(l, image).text, *options, losses, e);
    }
    return code;
}

static int add_pm(const struct layout *l, struct layout_files *files, struct world_losses *losses,
                  struct host_error *e)
{
    static const struct {
        const char *stem, *end, *writer;
    } each[] = { { "partitions", ".yml", "partitions-yml" },
                 { "regions", ".yml", "regions-yml" },
                 { "pm_static", ".yml", "pm-static" },
                 { "pm", ".config", "pm-config" } };
    struct world_writer_options options = { .domains = true };
    int code = HOST_OK;

    for (size_t n = 0; code == HOST_OK && nth_domain(l, n, &options.domain); n++) {
        for (size_t i = 0; i < sizeof each / sizeof *each && code == HOST_OK; i++) {
            char name[2 * LAYOUT_NAME_MAX + 64];

            snprintf(name, sizeof name, "%s%s%s%s", each[i].stem, options.domain ? "_" : "",
                     options.domain ? options.domain : "", each[i].end);
            code = add(files, name, l, each[i].writer, &options, losses, e);
        }
        if (code == HOST_OK)
            code = add_headers(files, l, &options, losses, e);
    }
    options.domain = NULL;
    return code ? code : add(files, "report.txt", l, "pm-report", &options, losses, e);
}

/* ---- the others ---- */

static bool has_two_slots(const struct layout *l)
{
    return find_role(l, LAYOUT_PRIMARY) >= 0 && find_role(l, LAYOUT_SECONDARY) >= 0;
}

/* Where ESP-IDF's table chooses, nothing is swapped. */
static bool fits_swap(const struct layout *l)
{
    return has_two_slots(l) && l->boot.table == LAYOUT_NONE;
}

static bool fits_always(const struct layout *l)
{
    return l->n_partitions > 0;
}

static bool fits_rp2350(const struct layout *l)
{
    return l->n_devices && l->devices[0].chip_name &&
           strncmp(l->devices[0].chip_name, "rp2350", 6) == 0;
}

static int add_zephyr(const struct layout *l, struct layout_files *files,
                      struct world_losses *losses, struct host_error *e)
{
    struct world_writer_options options = { .domains = true };
    int code = HOST_OK;

    for (size_t n = 0; code == HOST_OK && nth_domain(l, n, &options.domain); n++) {
        char name[2 * LAYOUT_NAME_MAX + 64];

        snprintf(name, sizeof name, "%s.overlay", options.domain ? options.domain : "app");
        code = add(files, name, l, "dts", &options, losses, e);
    }
    return code;
}

static int add_wolfboot(const struct layout *l, struct layout_files *files,
                        struct world_losses *losses, struct host_error *e)
{
    static const struct world_writer_options options = { 0 };
    int code = add(files, "target.h", l, "target-h", &options, losses, e);

    if (code == HOST_OK)
        code = add(files, "target-2018.h", l, "target-2018-h", &options, losses, e);
    return code ? code : add(files, ".config", l, "wolfboot-config", &options, losses, e);
}

#define ONE(name, file, writer)                                                                    \
    static int name(const struct layout *l, struct layout_files *files,                            \
                    struct world_losses *losses, struct host_error *e)                             \
    {                                                                                              \
        return add(files, file, l, writer, &(struct world_writer_options){ 0 }, losses, e);        \
    }
ONE(add_embassy, "memory.x", "memory-x")
ONE(add_tf_m, "flash_layout.h", "flash-layout-h")
ONE(add_rp2350, "pt.json", "rp2350")
ONE(add_linux, "mtdparts", "mtdparts")

const struct world_folder world_folders[WORLD_FOLDERS_MAX] = {
    { "partition-manager", "Partition Manager's files", fits_pm, add_pm },
    { "zephyr", "a devicetree overlay for each core", fits_always, add_zephyr },
    { "wolfboot", "target.h and .config", fits_swap, add_wolfboot },
    { "embassy", "memory.x", fits_swap, add_embassy },
    { "tf-m", "flash_layout.h", fits_swap, add_tf_m },
    { "rp2350", "picotool's JSON", fits_rp2350, add_rp2350 },
    { "linux", "mtdparts", fits_always, add_linux },
    { 0 },
};

const struct world_folder *world_find_folder(const char *name)
{
    for (const struct world_folder *w = world_folders; w->name; w++)
        if (strcmp(w->name, name) == 0)
            return w;
    return NULL;
}

/* ---- a folder ---- */

int world_add_folder(const struct world_folder *w, const struct layout *l,
                     struct layout_files *files, struct world_losses *losses, struct host_error *e)
{
    struct layout_files own = { 0 };
    struct world_losses each = { 0 };
    int code = w->add(l, &own, &each, e);

    /* The first file is the world's own; what is not in it may be in those beside it. */
    if (code == HOST_OK && own.n)
        read_back(l, own.list[0].data, own.list[0].len, own.n == 1, &each);
    for (size_t i = 0; i < own.n && code == HOST_OK; i++) {
        char *name = NULL;

        if (asprintf(&name, "%s/%s", w->name, own.list[i].name) < 0)
            host_no_memory();
        layout_files_add(files, name, own.list[i].data, own.list[i].len);
        own.list[i].data = NULL; /* the list has it now */
        free(name);
    }
    for (size_t i = 0; i < each.n && code == HOST_OK;
         i++) { /* every file of a world loses the same */
        bool said = false;

        for (size_t k = 0; k < i && !said; k++)
            said = strcmp(each.list[i], each.list[k]) == 0;
        if (!said)
            world_lost(losses, "%s: %s", w->name, each.list[i]);
    }
    layout_files_free(&own);
    world_losses_free(&each);
    return code;
}
