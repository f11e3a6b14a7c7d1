/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout build: everything that a build needs of a layout, into one folder, and what it is
 * in each other world. */
#include <cjson/cJSON.h>
#include <string.h>

#include "cli/layout.h"
#include "host/grow.h"
#include "host/layout/write.h"
#include "host/picture/picture.h"

struct foreign {
    const struct world_folder *world;
    size_t lost; /* items that it cannot say */
    bool skipped;
    struct host_error why;
};

struct build {
    struct layout_files files;
    struct foreign list[WORLD_FOLDERS_MAX];
    size_t n;
    struct world_losses losses;
};

static int print_json(struct cli *cli, const struct layout *l, const struct build *b,
                      const char *folder)
{
    cJSON *json = cJSON_CreateObject(), *list;

    cJSON_AddStringToObject(json, "folder", folder);
    cJSON_AddNumberToObject(json, "identity", layout_identity(l));
    list = cJSON_AddArrayToObject(json, "files");
    for (size_t i = 0; i < b->files.n; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(b->files.list[i].name));
    list = cJSON_AddArrayToObject(json, "foreign");
    for (size_t i = 0; i < b->n; i++) {
        cJSON *world = cJSON_CreateObject();

        cJSON_AddStringToObject(world, "name", b->list[i].world->name);
        if (b->list[i].skipped)
            cJSON_AddStringToObject(world, "skipped", b->list[i].why.text);
        else
            cJSON_AddNumberToObject(world, "lost", (double)b->list[i].lost);
        cJSON_AddItemToArray(list, world);
    }
    return cli_json(cli, json);
}

/* The map as a picture, beside the map as text. */
static void add_picture(struct layout_files *files, const struct layout *l)
{
    struct picture picture;
    char *svg;

    picture_of_layout(&picture, l);
    svg = picture_svg(&picture);
    layout_files_add(files, "layout.svg", svg, strlen(svg));
    picture_free(&picture);
}

/* ---- other worlds ---- */

/* asked: by name, and then that it cannot be written is an error. */
static int add_world(struct cli *cli, struct build *b, const struct layout *l,
                     const struct world_folder *w, bool asked)
{
    struct foreign *f = &b->list[b->n++];
    size_t before = b->losses.n;

    *f = (struct foreign){ .world = w };
    f->skipped = world_add_folder(w, l, &b->files, &b->losses, &f->why) != HOST_OK;
    f->lost = b->losses.n - before;
    if (!f->skipped)
        return HOST_OK;
    if (asked) {
        cli->error = f->why;
        return f->why.code;
    }
    if (!cli_has(cli, "json"))
        cli_note(cli, "skipped: %s/: %s", w->name, f->why.text);
    return HOST_OK;
}

/* What the other worlds cannot say, a line for each. */
static void add_lost(struct build *b)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        host_no_memory();
    for (size_t i = 0; i < b->losses.n; i++)
        fprintf(out, "%s\n", b->losses.list[i]);
    fclose(out);
    layout_files_add(&b->files, "lost.txt", text, len);
}

static const char *nth_world(size_t i, const void *context)
{
    (void)context;
    return i == 0 ? "all" : i == 1 ? "none" : world_folders[i - 2].name;
}

static bool is_asked(const struct cli *cli, const char *name)
{
    for (size_t i = 0; i < cli_count(cli, "foreign"); i++)
        if (strcmp(cli_nth(cli, "foreign", i)[0], name) == 0)
            return true;
    return false;
}

/* Those that are asked for; without a word, those that a product like this one is of. */
static int add_worlds(struct cli *cli, struct build *b, const struct layout *l)
{
    bool any = cli_count(cli, "foreign") > 0, all = is_asked(cli, "all");
    int code = HOST_OK;

    for (const struct world_folder *w = world_folders; w->name && code == HOST_OK; w++)
        if (is_asked(cli, w->name) || all || (!any && w->fits(l)))
            code = add_world(cli, b, l, w, is_asked(cli, w->name));
    if (b->losses.n)
        add_lost(b);
    return code;
}

static int check_words(struct cli *cli)
{
    for (size_t i = 0; i < cli_count(cli, "foreign"); i++) {
        const char *word = cli_nth(cli, "foreign", i)[0], *near;
        bool good = false;

        for (size_t k = 0; nth_world(k, NULL); k++)
            good = good || strcmp(nth_world(k, NULL), word) == 0;
        near = good ? NULL : host_near(word, nth_world, NULL);
        if (!good)
            return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                            "'bulkhead layout build --help' lists them.",
                            near ? "--foreign: unknown world '%s': did you mean '%s'?"
                                 : "--foreign: unknown world '%s'",
                            word, near);
    }
    if (is_asked(cli, "none") && cli_count(cli, "foreign") > 1)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Write it alone, or leave it out.",
                        "--foreign: none, and another one");
    return HOST_OK;
}

/* ---- all ---- */

static int build(struct cli *cli, const struct layout *l, struct build *b)
{
    const char *folder = cli_value(cli, "output");
    bool dry = cli_has(cli, "dry-run");
    size_t written = 0;
    int code = layout_files(l, &b->files, &cli->error);

    if (code == HOST_OK) {
        add_picture(&b->files, l);
        code = add_worlds(cli, b, l);
    }
    if (code == HOST_OK)
        code = layout_files_write(&b->files, folder, dry, &written, &cli->error);
    if (code)
        return cli_error(cli);
    if (cli_has(cli, "json"))
        return print_json(cli, l, b, folder);
    for (size_t i = 0; dry && i < b->files.n; i++)
        cli_note(cli, "would write %s/%s, %zu bytes", folder, b->files.list[i].name,
                 b->files.list[i].len);
    if (!dry)
        cli_note(cli, "wrote %zu of %zu files in %s%s", written, b->files.n, folder,
                 written < b->files.n ? "; the others are as they were" : "");
    return HOST_OK;
}

static int run(struct cli *cli)
{
    struct build b = { .n = 0 };
    struct layout l;
    int code = check_words(cli);

    if (code)
        return code;
    code = cli_layout_good(cli, &l, cli->operands[0], false);
    if (code == HOST_OK)
        code = build(cli, &l, &b);
    layout_files_free(&b.files);
    world_losses_free(&b.losses);
    layout_free(&l);
    return code;
}

const struct cli_command cmd_layout_build = {
    .noun = "layout",
    .verb = "build",
    .summary = "Write what a build needs of a layout",
    .description =
        "The product's C table, linker scripts for the bootloader and each application, symbols, a "
        "header, CMake variables, JSON, the map as text and picture; of an ESP-IDF layout the partition "
        "table. Then a folder for each other world that such a product is of: partition-manager, zephyr, "
        "wolfboot, embassy, tf-m, rp2350, linux. What they cannot say is in lost.txt; a "
        "world that cannot say the layout at all is named and skipped, unless --foreign asks for it. "
        "Nothing is written if anything is wrong. Each file is replaced whole, and only if it changes, "
        "so that a build that has nothing to do does nothing.",
    .operands = (const struct cli_operand[]){ CLI_LAYOUT_OPERAND, { 0 } },
    .options =
        (const struct cli_option[]){
            { "output", 'o', "FOLDER", "Where the files go", NULL, false, true },
            { "foreign", 0, "WORLD",
              "Only these worlds: partition-manager, zephyr, wolfboot, embassy, tf-m, rp2350, linux; "
              "all of them, or none",
              NULL, true, false },
            CLI_LAYOUT_BOOTLOADER,
            CLI_DRY_RUN,
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout build lamp.layout.yml -o build/layout", "all files" },
            { "bulkhead layout build --foreign zephyr lamp.layout.yml -o build/layout",
              "and of other worlds only the overlay" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
