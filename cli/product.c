/* SPDX-License-Identifier: Apache-2.0 */
/* Build a product at run time from a layout file, or find a sample by its name. */
#include "cli/product.h"

#include <stdlib.h>
#include <string.h>

#include "cli/layout.h"
#include "cli/values.h"
#include "host/layout/sample.h"
#include "host/published.h"

struct cli_held {
    struct layout layout;
    struct layout_product built;
    char *path; /* of a sample's layout, or NULL */
};

bool cli_names_layout(const char *word)
{
    const char *dot = strrchr(word, '.');

    return strchr(word, '/') || (dot && (strcmp(dot, ".yml") == 0 || strcmp(dot, ".yaml") == 0));
}

const struct layout *cli_product_layout(const struct cli *cli)
{
    return cli->held ? &cli->held->layout : NULL;
}

/* The samples' names, read once. What is held is there until the program ends. */
const char *cli_product_name(size_t i, const void *context)
{
    static struct layout_samples samples;
    static bool read;

    (void)context;
    if (!read)
        layout_samples(&samples);
    read = true;
    return i < samples.n ? samples.names[i] : NULL;
}

static void say_error(const struct cli *cli, const struct layout_finding *f)
{
    struct host_error e;

    if (!cli->json) {
        cli_layout_finding(cli, stderr, f);
        return;
    }
    host_fail(&e, HOST_BAD_LAYOUT, host_line(f->at.file, f->at.line, f->at.column), f->remedy, "%s",
              f->text);
    cli_json_message("error", &e);
}

/* Its errors alone: 'layout check' shows warnings and notes, and every command would
 * repeat them. */
static void say_errors(const struct cli *cli, const struct layout *l)
{
    fflush(stdout);
    for (size_t i = 0; i < l->n_findings; i++)
        if (l->findings[i].severity == LAYOUT_ERROR)
            say_error(cli, &l->findings[i]);
}

/* Most commands are about slot pairs. */
static void say_select(struct cli *cli, const char *path)
{
    cli_fail(
        cli, HOST_BAD_INPUT, host_in(path),
        "'bulkhead ota switch' and 'ota confirm' change the choice, 'bulkhead boot status', 'boot "
        "install', 'boot stage' and 'boot run' take such a product, 'bulkhead sim explore' cuts its "
        "power, and 'bulkhead board run' runs its bootloader.",
        "with plan 'select' otadata chooses and no image is moved: there is no slot pair that "
        "this command could be about");
}

/* What is held is what is loaded here; path outlives it. */
static const struct bh_product *load(struct cli *cli, const char *path, bool select)
{
    bool is_select;
    int code = layout_load(&cli->held->layout, path, NULL, &cli->error);

    if (code == HOST_BAD_LAYOUT) {
        say_errors(cli, &cli->held->layout);
        cli_fail(cli, HOST_BAD_LAYOUT, host_in(path), "'bulkhead layout check' says more.",
                 "the layout has %zu error%s, and nothing was done", cli->held->layout.n_errors,
                 cli->held->layout.n_errors == 1 ? "" : "s");
        return NULL;
    }
    is_select = !code && cli->held->layout.boot.plan == LAYOUT_SELECT;
    if (is_select && !select) {
        say_select(cli, path);
        return NULL;
    }
    if (!code)
        code = is_select ? layout_select(&cli->held->layout, &cli->held->built, &cli->error)
                         : layout_product(&cli->held->layout, &cli->held->built, &cli->error);
    if (code) {
        cli_error(cli);
        return NULL;
    }
    return &cli->held->built.product;
}

static bool hold(struct cli *cli)
{
    cli_product_free(cli);
    cli->held = calloc(1, sizeof *cli->held);
    if (!cli->held)
        cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    return cli->held != NULL;
}

const struct bh_product *cli_layout_product(struct cli *cli, const char *path)
{
    return hold(cli) ? load(cli, path, false) : NULL;
}

const struct bh_select *cli_select(const struct cli *cli)
{
    return cli->held && cli->held->layout.boot.plan == LAYOUT_SELECT ? &cli->held->built.select
                                                                     : NULL;
}

/* "Known are a, b and c." */
static void known(char *text, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; cli_product_name(i, NULL) && len < size; i++)
        len += (size_t)snprintf(text + len, size - len, "%s%s",
                                i == 0                          ? "Known are "
                                : cli_product_name(i + 1, NULL) ? ", "
                                                                : " and ",
                                cli_product_name(i, NULL));
    if (len < size)
        snprintf(text + len, size - len, "; a layout file ends in .yml or has a '/' in its name.");
}

static void say_unknown(struct cli *cli, const char *word)
{
    const char *near = host_near(word, cli_product_name, NULL);
    char *folder = layout_samples_folder();
    char text[512];

    known(text, sizeof text);
    if (folder && cli_product_name(0, NULL))
        cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), text, "no product is called '%s'%s%s%s", word,
                 near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
    else
        cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                 "Name a layout file, one that ends in .yml or has a '/' in its name; or set "
                 "BULKHEAD_PRODUCTS to the folder of the sample layouts.",
                 "'%s' would be a sample product, and the sample layouts are not there: neither in "
                 "share/bulkhead/products, where the tool is installed, nor in a source folder",
                 word);
    free(folder);
}

static const struct bh_product *find(struct cli *cli, const char *word, bool select)
{
    char *path;

    if (cli_names_layout(word))
        return hold(cli) ? load(cli, word, select) : NULL;
    path = layout_sample(word);
    if (!path) {
        say_unknown(cli, word);
        return NULL;
    }
    if (!hold(cli)) {
        free(path);
        return NULL;
    }
    cli->held->path = path;
    return load(cli, path, select);
}

const struct bh_product *cli_product(struct cli *cli, const char *word)
{
    return find(cli, word, false);
}

const struct bh_product *cli_product_or_select(struct cli *cli, const char *word)
{
    return find(cli, word, true);
}

const char *cli_device_name(const struct cli *cli, const struct bh_flash *flash)
{
    const struct layout *l = cli_product_layout(cli);

    for (size_t i = 0; l && i < l->n_devices; i++)
        if (&l->devices[i].flash == flash)
            return l->devices[i].name;
    return "internal"; /* of a product of the explorer's own, which has one chip or two */
}

void cli_warn_published_keys(const struct cli *cli, const struct bh_policy *policy)
{
    for (uint8_t i = 0; i < policy->n_keys; i++)
        if (host_published(policy->keys[i].bytes, policy->keys[i].len))
            cli_warn(cli,
                     "key %u is a development key that is published: anyone can sign for this "
                     "product. Make your own with 'bulkhead key new' before you ship it.",
                     i + 1);
}

void cli_product_free(struct cli *cli)
{
    if (!cli->held)
        return;
    layout_product_free(&cli->held->built);
    layout_free(&cli->held->layout);
    free(cli->held->path);
    free(cli->held);
    cli->held = NULL;
}
