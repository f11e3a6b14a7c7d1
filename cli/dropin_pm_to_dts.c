/* SPDX-License-Identifier: Apache-2.0 */
/* pm_to_dts: an overlay for each core, of what Partition Manager gave. Nothing is written before
 * all is read. A build folder alone is the command line of Nordic's scripts/pm_to_dts.py, v0.06:
 * the board's name is in zephyr/.config, the overlays are written here and printed, and what is
 * wrong is one line on standard output and exit code 1. The options are ours. */
#define _GNU_SOURCE
#include "cli/dropin.h"
#include "cli/pm_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/grow.h"
#include "host/io.h"
#include "host/layout/write.h"
#include "host/worlds/world.h"

static const char usage[] =
    "BUILD_FOLDER | [--build-dir FOLDER | --input FILE...] [--output-dir FOLDER] [--fixed]\n"
    "\n"
    "An overlay for each core, of what Partition Manager gave. Of a build folder alone, as Nordic's script\n"
    "takes it: BOARD_QUALIFIERS.overlay and BOARD_QUALIFIERS_cpunet.overlay, here, by the names in its\n"
    "zephyr/.config. With options: app.overlay, and DOMAIN.overlay for other domains. Review them, and\n"
    "prove them: bulkhead layout migrate --require-equal partitions.yml FILE.\n"
    "\n"
    "  --build-dir FOLDER     has partitions.yml, and partitions_CPUNET.yml where there is one (.)\n"
    "  --input FILE...        these files instead\n"
    "  --output-dir FOLDER    where to write (.)\n"
    "  --fixed                fixed-partitions everywhere, for Zephyr before 4.4\n";

static int failed(const char *program, const struct host_error *e)
{
    fprintf(stderr, "%s: %s\n", program, e->text);
    return 1;
}

static void say_findings(const struct layout *l)
{
    for (size_t i = 0; i < l->n_findings; i++) {
        char *text = layout_finding_text(&l->findings[i]);

        fprintf(stderr, "%s\n", text);
        free(text);
    }
}

/* "CPUNET" of the first device that has one; NULL: the root. */
static const char *domain_of(const struct layout *l)
{
    return l->n_devices ? l->devices[0].pm.domain : NULL;
}

/* How overlays are written. Zeroed: mapped partitions, and names of domains. */
struct style {
    bool fixed;
    const char *board; /* names are BOARD.overlay and BOARD_cpunet.overlay; or NULL */
    bool rram;         /* the processor's flash is an nRF54's */
};

static void name_overlay(char *name, size_t room, const struct style *style, const char *domain)
{
    if (style->board)
        snprintf(name, room, "%s%s.overlay", style->board, domain ? "_cpunet" : "");
    else
        snprintf(name, room, "%s.overlay", domain ? domain : "app");
}

/* One file becomes one overlay in the list. */
static int add_overlay(const char *program, const char *path, const struct style *style,
                       struct layout_files *files)
{
    struct layout l;
    struct host_error e;
    struct world_losses losses = { 0 };
    struct world_writer_options options = { .dts_fixed = style->fixed };
    char name[512], rram[] = "&cpuapp_rram", *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    int code = world_load(&l, path, NULL, &e);

    if (!out)
        host_no_memory();
    if (code == HOST_BAD_LAYOUT)
        say_findings(&l);
    if (code == HOST_OK) {
        options.domain = domain_of(&l);
        if (style->rram && !options.domain && l.n_devices)
            l.devices[0].dts = rram;
        code = world_find_writer("dts")->write(out, &l, &options, &losses, &e);
        if (code)
            failed(program, &e);
    } else if (code != HOST_BAD_LAYOUT) {
        failed(program, &e);
    }
    fclose(out);
    for (size_t i = 0; i < losses.n; i++)
        fprintf(stderr, "%s: %s: not carried: %s\n", program, path, losses.list[i]);
    if (code == HOST_OK) {
        name_overlay(name, sizeof name, style, options.domain);
        layout_files_add(files, name, text, len);
        text = NULL;
    }
    free(text);
    world_losses_free(&losses);
    layout_free(&l);
    return code ? 1 : 0;
}

/* The files of a build folder. */
static int add_build(const char *program, const char *folder, const struct style *style,
                     struct layout_files *files)
{
    static const char *const names[] = { "partitions.yml", "partitions_CPUNET.yml" };
    struct stat info;
    int code = 0;

    for (size_t i = 0; i < 2 && !code; i++) {
        char *path = NULL;

        if (asprintf(&path, "%s/%s", folder, names[i]) < 0)
            host_no_memory();
        if (i == 0 || stat(path, &info) == 0)
            code = add_overlay(program, path, style, files);
        free(path);
    }
    return code;
}

static int run(struct pm_args *a)
{
    const struct pm_arg *input = pm_args_find(a, "input");
    struct style style = { .fixed = pm_args_find(a, "fixed") != NULL };
    struct layout_files files = { 0 };
    struct host_error e;
    int code = 0;
    const char *build = pm_args_one(a, "build-dir", &code),
               *to = pm_args_one(a, "output-dir", &code);

    if (code || pm_args_unknown(a))
        return 2;
    if (input && (build || !input->n))
        return pm_args_error(a, build ? "argument --input: not allowed with argument --build-dir"
                                      : "argument --input: expected at least one argument");
    if (!input)
        code = add_build(a->program, build ? build : ".", &style, &files);
    for (size_t i = 0; input && i < input->n && !code; i++)
        code = add_overlay(a->program, input->words[i], &style, &files);
    if (!code && layout_files_write(&files, to ? to : ".", false, NULL, &e))
        code = failed(a->program, &e);
    for (size_t i = 0; i < files.n && !code; i++)
        printf("%s/%s\n", to ? to : ".", files.list[i].name);
    layout_files_free(&files);
    return code;
}

/* ---- as Nordic's script ---- */

/* On standard output, as there. */
static int said(const char *what)
{
    printf("%s\n", what);
    return 1;
}

/* The text of KEY="TEXT" in a .config; NULL: it has none. */
static char *config_text(const char *config, const char *key)
{
    char *marker = NULL, *text = NULL;
    const char *at, *end;

    if (asprintf(&marker, "%s=\"", key) < 0)
        host_no_memory();
    at = strstr(config, marker);
    at = at ? at + strlen(marker) : NULL;
    end = at ? strchr(at, '"') : NULL;
    if (end && !(text = strndup(at, (size_t)(end - at))))
        host_no_memory();
    free(marker);
    return text;
}

/* "nrf5340dk_nrf5340_cpuapp": board and qualifiers. 0, or what is missing was said. */
static int read_board(const char *config, char **board, bool *rram)
{
    char *series = config_text(config, "SB_CONFIG_SOC_SERIES"),
         *name = config_text(config, "SB_CONFIG_BOARD"),
         *qualifiers = config_text(config, "SB_CONFIG_BOARD_QUALIFIERS");
    int code = 0;

    if (!series)
        code = said("Invalid sysbuild build configuration");
    else if (!name)
        code = said("Invalid sysbuild build configuration - board not found");
    else if (!qualifiers)
        code = said("Invalid sysbuild build configuration - board qualifiers not found");
    else if (asprintf(board, "%s_%s", name, qualifiers) < 0)
        host_no_memory();
    for (char *c = *board; c && *c; c++) /* a name of a file here, whatever the .config says */
        *c = *c == '/' ? '_' : *c;
    *rram = series && strncmp(series, "nrf54", 5) == 0;
    free(series);
    free(name);
    free(qualifiers);
    return code;
}

static int write_build(const char *program, const char *folder, const struct style *style)
{
    struct layout_files files = { 0 };
    struct host_error e;
    int code = add_build(program, folder, style, &files);

    if (!code && layout_files_write(&files, ".", false, NULL, &e))
        code = failed(program, &e);
    for (size_t i = 0; i < files.n && !code; i++) {
        fputs(i ? "**CPUNET**:\n\n" : "", stdout);
        fwrite(files.list[i].data, 1, files.list[i].len, stdout);
    }
    layout_files_free(&files);
    return code;
}

static int run_as_nordic(const char *program, const char *folder)
{
    struct host_bytes config = { 0 };
    struct style style = { 0 };
    struct stat info;
    struct host_error e;
    char *partitions = NULL, *path = NULL, *text = NULL, *board = NULL;
    int code = 0;

    if (asprintf(&partitions, "%s/partitions.yml", folder) < 0 ||
        asprintf(&path, "%s/zephyr/.config", folder) < 0)
        host_no_memory();
    if (stat(folder, &info) || !S_ISDIR(info.st_mode))
        code = said("Not a folder");
    else if (stat(partitions, &info) || !S_ISREG(info.st_mode))
        code = said("Partition manager output not found");
    else if (stat(path, &info) || !S_ISREG(info.st_mode))
        code = said("Sysbuild build file not found");
    else if (host_read_file(path, &config, &e))
        code = failed(program, &e);
    else if (!(text = strndup(config.data ? (const char *)config.data : "", config.len)))
        host_no_memory();
    if (!code)
        code = read_board(text, &board, &style.rram);
    style.board = board;
    if (!code)
        code = write_build(program, folder, &style);
    host_bytes_free(&config);
    free(partitions);
    free(path);
    free(text);
    free(board);
    return code;
}

int dropin_pm_to_dts(int argc, char **argv)
{
    struct pm_args a = { .program = dropin_base(argv[0]), .usage = usage };
    int code;

    if (argc < 2)
        return said("Missing input folder");
    if (argv[1][0] != '-') /* what else is there it passes over, too */
        return run_as_nordic(a.program, argv[1]);
    code = pm_args_parse(&a, argc - 1, argv + 1);

    if (code == 0)
        code = run(&a);
    pm_args_free(&a);
    return code < 0 ? 0 : code;
}
