/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout migrate: the proof that nothing moved on the way from one tool to another, or
 * what moved, and what that does. */
#include <stdlib.h>
#include <string.h>

#include "cli/layout_rows.h"
#include "cli/picture.h"
#include "host/picture/moves.h"

static int draw(struct cli *cli, const struct cli_rows *r)
{
    char *svg = picture_of_rows(&r->old, &r->new, r->list, r->n);
    int code = cli_picture_write_svg(cli, svg);

    free(svg);
    return code;
}

/* Then the rows are not printed: they would be mixed with the drawing. */
static bool is_stdout(const struct cli *cli)
{
    const char *svg = cli_value(cli, "svg");

    return svg && strcmp(svg, "-") == 0;
}

/* Images that hold an address that changed: each slot's own, and the bootloader, which knows them
 * all. */
static void say_builds(const struct cli *cli, const struct cli_rows *r)
{
    bool any = r->n != r->n_equal;

    if (cli_has(cli, "json"))
        return;
    if (!any) {
        printf("\nEqual: all %zu places. No image has to be built again for them.\n", r->n);
        return;
    }
    printf(
        "\nNot equal: %zu of %zu places. Build again, together: the bootloader, and every image that "
        "uses one of them.\n",
        r->n - r->n_equal, r->n);
}

static int run(struct cli *cli)
{
    struct cli_rows r;
    int code = cli_rows_load(cli, &r);

    if (code == HOST_OK && r.n == 0)
        code = cli_fail(cli, HOST_BAD_INPUT, host_in(cli->operands[0]),
                        "Are these the right files?", "there is nothing to compare");
    if (code == HOST_OK && cli_has(cli, "svg"))
        code = draw(cli, &r);
    if (code == HOST_OK && !is_stdout(cli))
        code = cli_rows_print(cli, &r, true);
    if (code == HOST_OK) {
        if (!is_stdout(cli))
            say_builds(cli, &r);
        if (cli_has(cli, "require-equal") && r.n_equal != r.n)
            code = HOST_BAD_LAYOUT;
    }
    cli_rows_free(&r);
    return code;
}

const struct cli_command cmd_layout_migrate = {
    .noun = "layout",
    .verb = "migrate",
    .summary = "Prove that nothing moved from one layout to another",
    .description =
        "Between any two formats that 'layout show' reads: a row for each place, with name, device, "
        "address and size on both sides. Then what each change does to a device in the field, and what "
        "has to be built again. A row that has no other side is never equal. --svg draws both "
        "to scale, with an arrow from each place to where it is then.",
    .operands =
        (const struct cli_operand[]){ { "OLD", "What devices in the field have", false, false },
                                      { "NEW", "What is to take its place", false, false },
                                      { 0 } },
    .options =
        (const struct cli_option[]){
            { "require-equal", 0, NULL, "Exit code 3 if a place differs", NULL, false, false },
            CLI_PICTURE_SVG,
            CLI_WORLD_OPTIONS,
            CLI_DRY_RUN,
            CLI_JSON,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout migrate --require-equal pm_static.yml build/zephyr/zephyr.dts",
              "from Partition Manager to devicetree, in CI" },
            { "bulkhead layout migrate old.yml new.layout.yml --svg moves.svg", "drawn" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .says = CLI_SAYS(
        [HOST_BAD_LAYOUT] =
            "with --require-equal: a place differs; or partitions contradict each other or the device"),
    .run = run,
};
