/* SPDX-License-Identifier: Apache-2.0 */
/* cli/product.h - the product that a command is about: of a layout file, or of a sample's name,
 * which is short for its layout file (host/layout/sample.h).
 *
 *     const struct bh_product *product = cli_product(cli, cli->operands[0]);
 *     if (!product)
 *         return cli->error.code;
 *
 * What is built of a layout belongs to cli and is there until the program ends. */
#ifndef CLI_PRODUCT_H
#define CLI_PRODUCT_H

#include "cli/cli.h"
#include "host/layout/layout.h"

/* Is this word a layout file, not a name? It is, if a '/' is in it or it ends in .yml or .yaml. */
bool cli_names_layout(const char *word);

/* A product by layout file or sample's name. NULL: cli->error.code says why, and the error is
 * shown. A
 * layout with errors is HOST_BAD_LAYOUT, and its findings are shown. */
const struct bh_product *cli_product(struct cli *cli, const char *word);
/* The same; also of a layout in which otadata chooses (plan: select). That has no slot pairs, and
 * what it has is cli_select(). */
const struct bh_product *cli_product_or_select(struct cli *cli, const char *word);
/* Of the layout that was loaded last; NULL: it moves images. */
const struct bh_select *cli_select(const struct cli *cli);
/* The same of a layout file alone. A command takes one. */
const struct bh_product *cli_layout_product(struct cli *cli, const char *path);
/* The layout that was loaded last, or NULL: none was. */
const struct layout *cli_product_layout(const struct cli *cli);

/* A device of the product in words: its name in the layout. */
const char *cli_device_name(const struct cli *cli, const struct bh_flash *flash);

/* Warns if a key of the policy is one that this project publishes: anyone can sign with it. */
void cli_warn_published_keys(const struct cli *cli, const struct bh_policy *policy);

void cli_product_free(struct cli *cli);

#endif
