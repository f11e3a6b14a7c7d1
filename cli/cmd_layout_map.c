/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout map: what lies where, drawn to scale, with what is wrong where it is. */
#include "cli/layout.h"
#include "cli/picture.h"

/* Nothing to draw: what is wrong is all there is to say. */
static int without_places(struct cli *cli, const struct layout *l)
{
    for (size_t i = 0; i < l->n_findings; i++)
        cli_layout_finding(cli, stderr, &l->findings[i]);
    return cli_fail(cli, HOST_BAD_LAYOUT, host_in(l->path), "Mend what is said above first.",
                    "some partitions have no place, so nothing can be drawn");
}

static int draw(struct cli *cli, const struct layout *l)
{
    struct picture p;
    int code;

    picture_of_layout(&p, l);
    code = cli_picture_asked(cli) ? cli_picture_write(cli, &p) : cli_picture_show(cli, &p);
    picture_free(&p);
    return code;
}

static int run(struct cli *cli)
{
    struct layout l;
    int code = cli_layout_load(cli, &l, cli->operands[0], false);

    if (code == HOST_BAD_LAYOUT && !l.solved)
        code = without_places(cli, &l);
    else if (code == HOST_OK || code == HOST_BAD_LAYOUT) {
        int drawn = draw(cli, &l);

        code = drawn ? drawn : code;
    }
    layout_free(&l);
    return code;
}

const struct cli_command cmd_layout_map = {
    .noun = "layout",
    .verb = "map",
    .summary = "Draw a layout to scale: in the terminal, as SVG, as a page",
    .description = "Draws every device with its pages, partitions and gaps. The slots of a pair "
                   "and their spare have one colour. A layout with errors is drawn too, as long "
                   "as its partitions have places: each error is shown where it is, and the exit "
                   "code is 3.\n\nThe SVG and the page are light or dark as the reader's screen "
                   "is, and light on paper; they load nothing.",
    .operands = (const struct cli_operand[]){ CLI_LAYOUT_OPERAND, { 0 } },
    .options = (const struct cli_option[]){ CLI_LAYOUT_BOOTLOADER,
                                            CLI_WORLD_OPTIONS,
                                            CLI_PICTURE_SVG,
                                            CLI_PICTURE_HTML,
                                            CLI_PICTURE_COLUMNS,
                                            CLI_DRY_RUN,
                                            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout map lamp.layout.yml", "see it" },
            { "bulkhead layout map lamp.layout.yml --svg lamp.svg", "for a document" },
            { "bulkhead layout map lamp.layout.yml --html lamp.html",
              "with every number, to hand on" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .run = run,
};
