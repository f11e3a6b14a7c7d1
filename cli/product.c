/* SPDX-License-Identifier: Apache-2.0 */
/* Build a product at run time from a layout file, or find a sample by its name. */
#include "cli/product.h"

#include <stdlib.h>
#include <string.h>

#include "cli/layout.h"
#include "cli/values.h"
#include "ports/keys/development.h"
#include "ports/products.h"

struct cli_held {
    struct layout layout;
    struct layout_product built;
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

const char *cli_product_name(size_t i, const void *context)
{
    (void)context;
    return sample_products[i] ? sample_products[i]->name : NULL;
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

const struct bh_product *cli_layout_product(struct cli *cli, const char *path)
{
    int code;

    cli_product_free(cli);
    cli->held = calloc(1, sizeof *cli->held);
    if (!cli->held) {
        cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
        return NULL;
    }
    code = layout_load(&cli->held->layout, path, NULL, &cli->error);
    if (code == HOST_BAD_LAYOUT) {
        say_errors(cli, &cli->held->layout);
        cli_fail(cli, HOST_BAD_LAYOUT, host_in(path), "'bulkhead layout check' says more.",
                 "the layout has %zu error%s, and nothing was done", cli->held->layout.n_errors,
                 cli->held->layout.n_errors == 1 ? "" : "s");
        return NULL;
    }
    if (code || layout_product(&cli->held->layout, &cli->held->built, &cli->error)) {
        cli_error(cli);
        return NULL;
    }
    return &cli->held->built.product;
}

const struct bh_product *cli_product(struct cli *cli, const char *word)
{
    const char *near;

    if (cli_names_layout(word))
        return cli_layout_product(cli, word);
    for (size_t i = 0; sample_products[i]; i++)
        if (strcmp(sample_products[i]->name, word) == 0)
            return sample_products[i];
    near = host_near(word, cli_product_name, NULL);
    cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
             "Known are stm32f407, nrf52840 and nrf51; a layout file ends in .yml or has a '/' in "
             "its name.",
             "no product is called '%s'%s%s%s", word, near ? " (did you mean '" : "",
             near ? near : "", near ? "'?)" : "");
    return NULL;
}

const char *cli_device_name(const struct cli *cli, const struct bh_flash *flash)
{
    const struct layout *l = cli_product_layout(cli);

    for (size_t i = 0; l && i < l->n_devices; i++)
        if (&l->devices[i].flash == flash)
            return l->devices[i].name;
    return sample_device_name(flash);
}

void cli_warn_published_keys(const struct cli *cli, const struct bh_policy *policy)
{
    for (uint8_t i = 0; i < policy->n_keys; i++)
        for (size_t k = 0; published_keys[k]; k++) {
            const struct bh_key *key = &policy->keys[i], *known = published_keys[k];

            if (key->algo == known->algo && key->len == known->len &&
                memcmp(key->bytes, known->bytes, key->len) == 0)
                cli_warn(cli,
                         "key %u is a development key that is published: anyone can sign for this "
                         "product. Make your own with 'bulkhead key new' before you ship it.",
                         i + 1);
        }
}

void cli_product_free(struct cli *cli)
{
    if (!cli->held)
        return;
    layout_product_free(&cli->held->built);
    layout_free(&cli->held->layout);
    free(cli->held);
    cli->held = NULL;
}
