/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout build: everything that a build needs of a layout, into one folder. */
#include <cjson/cJSON.h>
#include <string.h>

#include "cli/layout.h"
#include "host/layout/write.h"
#include "host/picture/picture.h"

static int print_json(struct cli *cli, const struct layout *l, const struct layout_files *files,
                      const char *folder)
{
    cJSON *json = cJSON_CreateObject(), *list;

    cJSON_AddStringToObject(json, "folder", folder);
    cJSON_AddNumberToObject(json, "identity", layout_identity(l));
    list = cJSON_AddArrayToObject(json, "files");
    for (size_t i = 0; i < files->n; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(files->list[i].name));
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

static int build(struct cli *cli, const struct layout *l)
{
    const char *folder = cli_value(cli, "output");
    struct layout_files files;
    bool dry = cli_has(cli, "dry-run");
    size_t written = 0;
    int code = layout_files(l, &files, &cli->error);

    if (code == HOST_OK)
        add_picture(&files, l);
    if (code == HOST_OK)
        code = layout_files_write(&files, folder, dry, &written, &cli->error);
    if (code)
        code = cli_error(cli);
    else if (cli_has(cli, "json"))
        code = print_json(cli, l, &files, folder);
    else if (dry)
        for (size_t i = 0; i < files.n; i++)
            cli_note(cli, "would write %s/%s, %zu bytes", folder, files.list[i].name,
                     files.list[i].len);
    else
        cli_note(cli, "wrote %zu of %zu files in %s%s", written, files.n, folder,
                 written < files.n ? "; the others are as they were" : "");
    layout_files_free(&files);
    return code;
}

static int run(struct cli *cli)
{
    struct layout l;
    int code = cli_layout_good(cli, &l, cli->operands[0], false);

    if (code == HOST_OK)
        code = build(cli, &l);
    layout_free(&l);
    return code;
}

const struct cli_command cmd_layout_build = {
    .noun = "layout",
    .verb = "build",
    .summary = "Write what a build needs of a layout",
    .description =
        "The product's C table, linker scripts for the bootloader and each application, symbols, a "
        "header, CMake variables, JSON, the map as text and picture; of an ESP-IDF layout the partition table. Nothing is written "
        "if anything is wrong. Each file is replaced whole, and only if it changes, so that a build "
        "that has nothing to do does nothing.",
    .operands = (const struct cli_operand[]){ CLI_LAYOUT_OPERAND, { 0 } },
    .options = (const struct cli_option[]){ { "output", 'o', "FOLDER", "Where the files go", NULL,
                                              false, true },
                                            CLI_LAYOUT_BOOTLOADER,
                                            CLI_DRY_RUN,
                                            CLI_JSON,
                                            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout build lamp.layout.yml -o build/layout", "all files" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
