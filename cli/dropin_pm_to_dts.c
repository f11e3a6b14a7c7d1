/* SPDX-License-Identifier: Apache-2.0 */
/* pm_to_dts: an overlay for each core, of what Partition Manager gave. Its input is a build
 * folder, or partitions.yml files; nothing is written before all are read. */
#define _GNU_SOURCE
#include "cli/dropin.h"
#include "cli/pm_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/grow.h"
#include "host/layout/write.h"
#include "host/worlds/world.h"

static const char usage[] =
    "[--build-dir FOLDER | --input FILE...] [--output-dir FOLDER] [--fixed]\n"
    "\n"
    "An overlay for each core, of what Partition Manager gave: app.overlay, and DOMAIN.overlay for other\n"
    "domains. Review them, and prove them: bulkhead layout migrate --require-equal partitions.yml FILE.\n"
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

/* One file becomes one overlay in the list. */
static int add_overlay(const char *program, const char *path, bool fixed,
                       struct layout_files *files)
{
    struct layout l;
    struct host_error e;
    struct world_losses losses = { 0 };
    struct world_writer_options options = { .dts_fixed = fixed };
    char name[LAYOUT_NAME_MAX + 16], *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    int code = world_load(&l, path, NULL, &e);

    if (!out)
        host_no_memory();
    if (code == HOST_BAD_LAYOUT)
        say_findings(&l);
    if (code == HOST_OK) {
        options.domain = domain_of(&l);
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
        snprintf(name, sizeof name, "%s.overlay", options.domain ? options.domain : "app");
        layout_files_add(files, name, text, len);
        text = NULL;
    }
    free(text);
    world_losses_free(&losses);
    layout_free(&l);
    return code ? 1 : 0;
}

/* The files of a build folder. */
static int add_build(const char *program, const char *folder, bool fixed,
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
            code = add_overlay(program, path, fixed, files);
        free(path);
    }
    return code;
}

static int run(struct pm_args *a)
{
    const struct pm_arg *input = pm_args_find(a, "input");
    bool fixed = pm_args_find(a, "fixed") != NULL;
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
        code = add_build(a->program, build ? build : ".", fixed, &files);
    for (size_t i = 0; input && i < input->n && !code; i++)
        code = add_overlay(a->program, input->words[i], fixed, &files);
    if (!code && layout_files_write(&files, to ? to : ".", false, NULL, &e))
        code = failed(a->program, &e);
    for (size_t i = 0; i < files.n && !code; i++)
        printf("%s/%s\n", to ? to : ".", files.list[i].name);
    layout_files_free(&files);
    return code;
}

int dropin_pm_to_dts(int argc, char **argv)
{
    struct pm_args a = { .program = dropin_base(argv[0]), .usage = usage };
    int code = pm_args_parse(&a, argc - 1, argv + 1);

    if (code == 0)
        code = run(&a);
    pm_args_free(&a);
    return code < 0 ? 0 : code;
}
