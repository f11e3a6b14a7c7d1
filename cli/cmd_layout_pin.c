/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout pin: what a build with Partition Manager gave becomes its static file. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "cli/layout.h"
#include "host/grow.h"
#include "host/io.h"
#include "host/layout/inner.h"
#include "host/partition_manager/pm.h"
#include "host/worlds/world.h"

static int say_findings(struct cli *cli, struct layout *l)
{
    findings_sort(l);
    for (size_t i = 0; i < l->n_findings; i++)
        if (l->findings[i].severity == LAYOUT_ERROR)
            cli_layout_finding(cli, stderr, &l->findings[i]);
    return HOST_BAD_LAYOUT;
}

/* Solve with that static file, and nothing else: is every place the same? */
static int prove(struct cli *cli, const struct pm *pm, const char *text, size_t len)
{
    struct layout l;
    struct pm again = { .l = &l };
    int code = HOST_OK;

    layout_begin(&l);
    for (size_t i = 0; i < pm->n_regions; i++) {
        struct pm_region r = pm->regions[i];

        if (r.strategy == PM_COMPLEX && strcmp(r.name, "sram_primary") == 0)
            r.dp = "sram_primary";
        pm_region(&again, r);
    }
    if (!pm_static(&again, "the static file", text, len) || !pm_solve(&again))
        code = say_findings(cli, &l);
    for (size_t i = 0; i < pm->n_parts && code == HOST_OK; i++) {
        const struct pm_part *p = &pm->parts[i];
        int k = pm_find(&again, p->name);

        if (k < 0 || again.parts[k].address != p->address || again.parts[k].size != p->size)
            code =
                cli_fail(cli, HOST_BAD_LAYOUT, host_in(p->at.file), "Report this, with the file.",
                         "%s would not stay where it is", p->name);
    }
    pm_free(&again);
    layout_free(&l);
    return code;
}

static int take_regions(struct cli *cli, struct pm *pm)
{
    const char *path = cli_value(cli, "regions");
    struct host_bytes bytes = { 0 };

    pm->regions_open = !path;
    if (!path)
        return HOST_OK;
    if (host_read_file(path, &bytes, &cli->error))
        return cli_error(cli);
    pm_regions(pm, path, (const char *)bytes.data, bytes.len);
    host_bytes_free(&bytes);
    return HOST_OK;
}

/* Only partitions.yml is pinned: what else there is has its name. */
static int check_kind(struct cli *cli, const char *path, const struct host_bytes *in)
{
    const struct world_reader *r = world_recognise((const char *)in->data, in->len);

    if (r && strcmp(r->name, "pm") == 0)
        return HOST_OK;
    return cli_fail(
        cli, HOST_BAD_INPUT, host_in(path),
        r ? "Places are fixed in every other format: 'layout convert --to pm-static' makes "
            "a static file of them."
          : "It is in the build folder: build/partitions.yml.",
        "this is %s, and a partitions.yml of Partition Manager is needed",
        r              ? r->title
        : in->len == 0 ? "an empty file"
                       : "something else");
}

static int pin(struct cli *cli, struct pm *pm, const char *path, const struct host_bytes *in)
{
    char *text = NULL;
    size_t len, filled;
    FILE *out;
    int code = take_regions(cli, pm);

    if (code)
        return code;
    if (pm->l->n_errors == 0 && pm_partitions(pm, path, (const char *)in->data, in->len)) {
        if (pm->regions_open)
            pm_measure_regions(pm);
        pm_check(pm);
    }
    if (pm->l->n_errors)
        return say_findings(cli, pm->l);
    filled = pm_fill_gaps(pm);
    if (filled)
        cli_note(cli, "%zu gap%s filled with EMPTY_n, so that only the application's is left",
                 filled, filled == 1 ? "" : "s");
    out = open_memstream(&text, &len);
    if (!out)
        host_no_memory();
    pm_write_static(out, pm);
    fclose(out);
    code = prove(cli, pm, text, len);
    if (code == HOST_OK)
        code = cli_write(cli, cli_value(cli, "output"), text, len, true);
    free(text);
    return code;
}

static int run(struct cli *cli)
{
    const char *path = cli->operands[0];
    struct host_bytes in = { 0 };
    struct layout l;
    struct pm pm = { .l = &l };
    int code;

    if (host_read_file(path, &in, &cli->error))
        return cli_error(cli);
    layout_begin(&l);
    code = check_kind(cli, path, &in);
    code = code ? code : pin(cli, &pm, path, &in);
    pm_free(&pm);
    layout_free(&l);
    host_bytes_free(&in);
    return code;
}

const struct cli_command cmd_layout_pin = {
    .noun = "layout",
    .verb = "pin",
    .summary = "Fix what a build with Partition Manager gave",
    .description =
        "partitions.yml of a build becomes pm_static.yml: every place is checked and fixed, gaps get a "
        "name. It is then solved again, and nothing is written if a place would change. From then on "
        "every build gives these addresses, whatever fragments are added.",
    .operands =
        (const struct cli_operand[]){ { "PARTITIONS", "partitions.yml of the build", false, false },
                                      { 0 } },
    .options =
        (const struct cli_option[]){
            { "output", 'o', "FILE", "Where to write; - is standard output", "-", false, false },
            { "regions", 0, "FILE", "regions.yml of the build: how large each region is", NULL,
              false, false },
            CLI_DRY_RUN,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout pin build/partitions.yml --regions build/regions.yml -o pm_static.yml",
              "before the first device is shipped" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
