/* SPDX-License-Identifier: Apache-2.0 */
/* partition_manager, partition_manager_output, partition_manager_report: the three scripts of
 * Nordic's Partition Manager, with their options, files and exit codes. What is wrong is said on
 * stderr, all of it and with its place; the first line on stdout is the original's. */
#define _GNU_SOURCE
#include "cli/dropin.h"
#include "cli/pm_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/grow.h"
#include "host/io.h"
#include "host/layout/inner.h"
#include "host/partition_manager/pm.h"

/* ---- what the three share ---- */

static int failed(const char *program, const struct host_error *e)
{
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", program, e->text);
    return 1;
}

/* Errors, or warnings too. */
static void say(const struct layout *l, bool warnings)
{
    fflush(stdout);
    for (size_t i = 0; i < l->n_findings; i++) {
        const struct layout_finding *f = &l->findings[i];
        char *text;

        if (f->severity == LAYOUT_NOTE || (f->severity == LAYOUT_WARNING && !warnings))
            continue;
        text = layout_finding_text(f);
        fprintf(stderr, "%s\n", text);
        free(text);
    }
}

typedef bool read_file(struct pm *pm, const char *name, const char *text, size_t len);

/* 0, or 1 if it cannot be read. What is wrong in it becomes findings. */
static int take_file(const char *program, struct pm *pm, const char *path, read_file *take)
{
    struct host_bytes bytes = { 0 };
    struct host_error e;

    if (host_read_file(path, &bytes, &e))
        return failed(program, &e);
    take(pm, path, (const char *)bytes.data, bytes.len);
    host_bytes_free(&bytes);
    return 0;
}

/* "CPUNET" of "build/partitions_CPUNET.yml"; "" for the root. */
static char *domain_of(const char *path)
{
    const char *base = dropin_base(path), *from = strchr(base, '_'), *to = strrchr(base, '.');
    char *name;

    if (!from || !to || to < from)
        return strdup("");
    name = strndup(from + 1, (size_t)(to - from - 1));
    if (!name)
        host_no_memory();
    return name;
}

/* Files that are written all or none. */
struct outputs {
    struct host_output out[LAYOUT_DEVICES_MAX];
    char *text[LAYOUT_DEVICES_MAX];
    size_t len[LAYOUT_DEVICES_MAX];
    size_t n;
};

static int open_output(struct outputs *o, const char *path, struct host_error *e)
{
    int code = o->n == LAYOUT_DEVICES_MAX
                   ? host_fail(e, HOST_BAD_INPUT, host_in(path), NULL, "too many files to write")
                   : host_output_open(&o->out[o->n], path, 0644, true, e);

    if (code == HOST_OK)
        o->n++;
    return code;
}

static FILE *begin_output(struct outputs *o, size_t i)
{
    FILE *out = open_memstream(&o->text[i], &o->len[i]);

    if (!out)
        host_no_memory();
    return out;
}

static int end_outputs(struct outputs *o, int code, struct host_error *e)
{
    for (size_t i = 0; i < o->n; i++) {
        if (code == HOST_OK)
            code = host_output_commit(&o->out[i], o->text[i], o->len[i], e);
        else
            host_output_cancel(&o->out[i]);
        free(o->text[i]);
    }
    return code;
}

/* ---- partition_manager ---- */

static const char solver_usage[] =
    "--input-files FILE... --output-partitions FILE --output-regions FILE --regions NAME... [options]\n"
    "\n"
    "Give every partition its place.\n"
    "\n"
    "  --input-files FILE...          pm.yml of the images, in order\n"
    "  --static-config FILE           pm_static.yml\n"
    "  --output-partitions FILE       partitions.yml\n"
    "  --output-regions FILE          regions.yml\n"
    "  --regions NAME...              regions; for each of them:\n"
    "  --NAME-size N                  bytes\n"
    "  --NAME-base-address N          of its first byte (0)\n"
    "  --NAME-placement-strategy S    start_to_end, end_to_start, complex (start_to_end)\n"
    "  --NAME-device DEVICE           its driver's device\n"
    "  --NAME-default-driver-kconfig SYMBOL\n"
    "  --NAME-dynamic-partition NAME  its partition that takes the rest (complex: app)\n";

static const char *region_text(struct pm_args *a, const char *region, const char *what, int *code)
{
    char name[256];

    snprintf(name, sizeof name, "%.128s-%s", region, what);
    return pm_args_one(a, name, code);
}

static int take_region(struct pm_args *a, struct pm *pm, const char *name)
{
    static const char *const strategies[] = { "start_to_end", "end_to_start", "complex", NULL };
    struct pm_region r = { .name = name };
    char option[256];
    const char *strategy;
    int code = 0;

    snprintf(option, sizeof option, "%.128s-size", name);
    if (!pm_args_number(a, option, &r.size, &code))
        return code ? code
                    : pm_args_error(a, "the following arguments are required: --%s-size", name);
    snprintf(option, sizeof option, "%.128s-base-address", name);
    pm_args_number(a, option, &r.base, &code);
    r.device = region_text(a, name, "device", &code);
    r.driver = region_text(a, name, "default-driver-kconfig", &code);
    r.dp = region_text(a, name, "dynamic-partition", &code);
    strategy = region_text(a, name, "placement-strategy", &code);
    for (size_t i = 0; strategy && strategies[i]; i++)
        if (strcmp(strategy, strategies[i]) == 0) {
            r.strategy = (enum pm_strategy)i;
            strategy = NULL;
        }
    if (strategy)
        return pm_args_error(a,
                             "argument --%s-placement-strategy: invalid choice: '%s' (choose from "
                             "'start_to_end', 'end_to_start', 'complex')",
                             name, strategy);
    if (code == 0)
        pm_region(pm, r);
    return code;
}

/* In the original's words, as far as it has words. */
static void say_refusal(const struct pm *pm)
{
    int region = pm->failed_region ? pm_find_region(pm, pm->failed_region) : LAYOUT_NONE;
    struct pm_value *root = pm_new(pm->l, PM_MAP, NULL);

    const char *words = pm->refusal;

    for (size_t i = 0; !words && i < pm->l->n_findings; i++)
        if (pm->l->findings[i].severity == LAYOUT_ERROR)
            words = pm->l->findings[i].text;
    printf("Partition manager failed: %s\n", words ? words : "");
    if (region < 0)
        return;
    printf("Failed to partition region %s, size of region: %lld\nPartition Configuration:\n",
           pm->regions[region].name, (long long)pm->regions[region].size);
    for (size_t i = 0; i < pm->n_parts; i++) {
        struct pm_value *map;

        if (pm->parts[i].region != region || pm->parts[i].dropped)
            continue;
        map = pm_new(pm->l, PM_MAP, NULL);
        *map = *pm->parts[i].map;
        map->key = pm->parts[i].name;
        pm_append(root, map);
    }
    pm_dump(stdout, root, 0);
}

static int solve_and_write(const char *program, struct pm *pm, struct outputs *o,
                           struct host_error *e)
{
    bool good = pm->l->n_errors == 0 && pm_solve(pm);
    FILE *out;
    int code;

    findings_sort(pm->l);
    if (!good)
        say_refusal(pm);
    say(pm->l, true);
    if (good) {
        out = begin_output(o, 0);
        pm_write_partitions(out, pm);
        fclose(out);
        out = begin_output(o, 1);
        pm_write_regions(out, pm);
        fclose(out);
    }
    code = end_outputs(o, good ? HOST_OK : HOST_BAD_LAYOUT, e);
    if (good && code)
        return failed(program, e);
    return good ? 0 : 1;
}

static int solver(struct pm_args *a, struct pm *pm)
{
    const struct pm_arg *files, *regions;
    const char *partitions, *regions_out, *fixed;
    struct outputs o = { .n = 0 };
    struct host_error e;
    int code = 0;

    files = pm_args_need(a, "input-files", &code);
    if (!code)
        regions = pm_args_need(a, "regions", &code);
    if (code)
        return code;
    partitions = pm_args_one(a, "output-partitions", &code);
    regions_out = pm_args_one(a, "output-regions", &code);
    fixed = pm_args_one(a, "static-config", &code);
    if (code)
        return code;
    if (!partitions || !regions_out)
        return pm_args_error(a, "the following arguments are required: %s",
                             partitions ? "--output-regions" : "--output-partitions");
    for (size_t i = 0; i < regions->n && !code; i++)
        code = take_region(a, pm, regions->words[i]);
    if (code || pm_args_unknown(a))
        return 2;
    for (size_t i = 0; i < files->n && !code; i++)
        code = take_file(a->program, pm, files->words[i], pm_fragment);
    if (!code && fixed)
        code = take_file(a->program, pm, fixed, pm_static);
    if (code)
        return code;
    if (open_output(&o, partitions, &e) || open_output(&o, regions_out, &e)) {
        end_outputs(&o, HOST_FAILED, &e);
        return failed(a->program, &e);
    }
    return solve_and_write(a->program, pm, &o, &e);
}

int dropin_partition_manager(int argc, char **argv)
{
    struct pm_args a = { .program = dropin_base(argv[0]), .usage = solver_usage };
    struct layout l;
    struct pm pm = { .l = &l };
    int code = pm_args_parse(&a, argc - 1, argv + 1);

    layout_begin(&l);
    if (code == 0)
        code = solver(&a, &pm);
    pm_free(&pm);
    layout_free(&l);
    pm_args_free(&a);
    return code < 0 ? 0 : code;
}

/* ---- solved domains, for the other two ---- */

struct domains {
    struct layout l;
    struct pm list[LAYOUT_DEVICES_MAX];
    char *names[LAYOUT_DEVICES_MAX];
    size_t n;
};

static void free_domains(struct domains *d)
{
    for (size_t i = 0; i < d->n; i++) {
        pm_free(&d->list[i]);
        free(d->names[i]);
    }
    layout_free(&d->l);
}

/* regions: NULL: there are none, and each region is as large as what lies in it. */
static int take_domains(struct pm_args *a, struct domains *d, const struct pm_arg *partitions,
                        const struct pm_arg *regions)
{
    int code = 0;

    layout_begin(&d->l);
    if (regions && regions->n != partitions->n)
        return pm_args_error(a, "there must be as many --input-regions as --input-partitions");
    if (partitions->n > LAYOUT_DEVICES_MAX)
        return pm_args_error(a, "more than %u domains", LAYOUT_DEVICES_MAX);
    for (size_t i = 0; i < partitions->n && !code; i++) {
        struct pm *pm = &d->list[d->n];

        d->names[d->n++] = domain_of(partitions->words[i]);
        *pm = (struct pm){ .l = &d->l, .domain = d->names[i], .regions_open = !regions };
        if (regions)
            code = take_file(a->program, pm, regions->words[i], pm_regions);
        if (!code && d->l.n_errors == 0)
            code = take_file(a->program, pm, partitions->words[i], pm_partitions);
    }
    if (d->l.n_errors) {
        findings_sort(&d->l);
        say(&d->l, false);
        code = 1;
    }
    return code;
}

/* ---- partition_manager_output ---- */

static const char output_usage[] =
    "--input-partitions FILE... --input-regions FILE... [--images [DOMAIN]:IMAGE... --header-files "
    "FILE...] [--config-file FILE]\n"
    "\n"
    "pm_config.h for each image, or pm.config, of what partition_manager wrote.\n"
    "\n"
    "  --input-partitions FILE...     partitions.yml; partitions_DOMAIN.yml for other domains\n"
    "  --input-regions FILE...        regions.yml of each\n"
    "  --images [DOMAIN]:IMAGE...     images\n"
    "  --header-files FILE...         pm_config.h of each\n"
    "  --config-file FILE             pm.config, of one domain\n";

/* The domain of "CPUNET:b0n"; *image is what follows the colon. LAYOUT_NONE: there is none. */
static int image_domain(const struct domains *d, const char *word, const char **image)
{
    const char *colon = strchr(word, ':');
    size_t len = colon ? (size_t)(colon - word) : 0;

    *image = colon ? colon + 1 : word;
    for (size_t i = 0; i < d->n; i++)
        if (strlen(d->names[i]) == len && strncmp(d->names[i], word, len) == 0)
            return (int)i;
    return LAYOUT_NONE;
}

/* The original prints this, and goes on. */
static void warn_legacy(const struct pm *pm, const char *image)
{
    static const char line[] = "        --- ";
    int i = pm_find(pm, image);

    if (i < 0 || !pm->parts[i].container)
        return;
    printf("\n\n        ----------------------------------------------------------\n"
           "%sWARNING: Partition image '%s' is a container  ---\n"
           "%spartition with a span of one or more images, but   ---\n"
           "%shas the same name of its image. Container          ---\n"
           "%spartitions are not allowed to share the name of    ---\n"
           "%sthe image that defines it.                         ---\n"
           "%s                                                   ---\n"
           "%sA pm_static.yml file defining appears to be        ---\n"
           "%soverriding this. If possible, please rename the    ---\n"
           "%scontainer partition in this file and use the child ---\n"
           "%simage name for its actual image partition.         ---\n"
           "        ----------------------------------------------------------\n\n",
           line, image, line, line, line, line, line, line, line, line, line);
}

static int write_headers(struct pm_args *a, struct domains *d, const struct pm_arg *images,
                         const struct pm_arg *headers, struct host_error *e)
{
    struct outputs o = { .n = 0 };
    int code = HOST_OK;

    for (size_t i = 0; i < headers->n && code == HOST_OK; i++)
        code = open_output(&o, headers->words[i], e);
    for (size_t i = 0; i < images->n && code == HOST_OK; i++) {
        const char *image;
        int domain = image_domain(d, images->words[i], &image);
        FILE *out;

        if (domain < 0) {
            code = host_fail(e, HOST_FAILED, host_nowhere(),
                             "A domain is what follows '_' in the name of its partitions file.",
                             "no domain for image '%s'", images->words[i]);
            break;
        }
        out = begin_output(&o, i);
        code = pm_write_header(out, d->list, d->n, image, (size_t)domain,
                               "partition_manager_output.py", e);
        fclose(out);
        if (code == HOST_OK)
            warn_legacy(&d->list[domain], image);
    }
    code = end_outputs(&o, code, e);
    return code ? failed(a->program, e) : 0;
}

static int write_config(struct pm_args *a, struct domains *d, const char *path,
                        struct host_error *e)
{
    struct outputs o = { .n = 0 };
    FILE *out;
    int code = open_output(&o, path, e);

    if (code == HOST_OK) {
        out = begin_output(&o, 0);
        pm_write_config(out, &d->list[0]);
        fclose(out);
    }
    code = end_outputs(&o, code, e);
    return code ? failed(a->program, e) : 0;
}

static int output(struct pm_args *a, struct domains *d)
{
    const struct pm_arg *partitions, *regions, *images, *headers;
    struct host_error e;
    const char *config;
    int code = 0;

    layout_begin(&d->l);
    partitions = pm_args_need(a, "input-partitions", &code);
    regions = code ? NULL : pm_args_need(a, "input-regions", &code);
    images = pm_args_find(a, "images");
    headers = pm_args_find(a, "header-files");
    config = code ? NULL : pm_args_one(a, "config-file", &code);
    if (code || pm_args_unknown(a))
        return 2;
    if (!config && (!images || !headers))
        return pm_args_error(a, "one of the arguments --config-file --header-files is required");
    if ((images ? images->n : 0) != (headers ? headers->n : 0))
        return pm_args_error(a, "there must be as many --header-files as --images");
    if (config && partitions->n != 1)
        return pm_args_error(a, "--config-file is of one domain");
    layout_free(&d->l);
    code = take_domains(a, d, partitions, regions);
    if (!code && headers)
        code = write_headers(a, d, images, headers, &e);
    if (!code && config)
        code = write_config(a, d, config, &e);
    return code;
}

int dropin_partition_manager_output(int argc, char **argv)
{
    struct pm_args a = { .program = dropin_base(argv[0]), .usage = output_usage };
    struct domains d = { .n = 0 };
    int code = pm_args_parse(&a, argc - 1, argv + 1);

    if (code == 0)
        code = output(&a, &d);
    free_domains(&d);
    pm_args_free(&a);
    return code < 0 ? 0 : code;
}

/* ---- partition_manager_report ---- */

static const char report_usage[] = "--input FILE... [--quiet]\n"
                                   "\n"
                                   "Boxes of what lies where, of what partition_manager wrote.\n"
                                   "\n"
                                   "  --input FILE...    partitions.yml; partitions_DOMAIN.yml\n"
                                   "  --quiet            print nothing\n";

int dropin_partition_manager_report(int argc, char **argv)
{
    struct pm_args a = { .program = dropin_base(argv[0]), .usage = report_usage };
    struct domains d = { .n = 0 };
    const struct pm_arg *input;
    bool quiet = false;
    int code = pm_args_parse(&a, argc - 1, argv + 1);

    layout_begin(&d.l);
    if (code == 0) {
        quiet = pm_args_find(&a, "quiet") != NULL;
        input = pm_args_need(&a, "input", &code);
        if (!code && pm_args_unknown(&a))
            code = 2;
        if (!code) {
            layout_free(&d.l);
            code = take_domains(&a, &d, input, NULL);
        }
        if (!code && !quiet)
            pm_write_report(stdout, d.list, d.n, true);
    }
    free_domains(&d);
    pm_args_free(&a);
    return code < 0 ? 0 : code;
}
