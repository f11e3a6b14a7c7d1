/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of flash for commands. */
#include "cli/picture.h"

#include <stdlib.h>
#include <string.h>

#include "host/system.h"

#define COLUMNS_LEAST 20u /* narrower than that nothing is to be read */

bool cli_picture_asked(const struct cli *cli)
{
    return cli_has(cli, "svg") || cli_has(cli, "html");
}

/* Make ready one file; a path that was not given is none. */
static int open_one(struct cli *cli, const char *path, struct host_output *out)
{
    if (!path)
        return HOST_OK;
    if (cli_spare_inputs(cli, path))
        return cli->error.code;
    return host_output_open(out, path, 0666, true, &cli->error) ? cli_error(cli) : HOST_OK;
}

static int close_one(struct cli *cli, const char *path, struct host_output *out, const char *text)
{
    bool dry = cli_has(cli, "dry-run");

    if (!path)
        return HOST_OK;
    if (dry)
        host_output_cancel(out);
    else if (host_output_commit(out, text, strlen(text), &cli->error))
        return cli_error(cli);
    if (dry || strcmp(path, "-") != 0)
        cli_note(cli, "%s %s, %zu bytes", dry ? "would write" : "wrote", path, strlen(text));
    return HOST_OK;
}

int cli_picture_write_svg(struct cli *cli, const char *drawing)
{
    const char *svg = cli_value(cli, "svg");
    struct host_output out;
    int code = open_one(cli, svg, &out);

    return code ? code : close_one(cli, svg, &out, drawing);
}

int cli_picture_write(struct cli *cli, struct picture *p)
{
    const char *svg = cli_value(cli, "svg"), *html = cli_value(cli, "html");
    char *drawing, *page;
    struct host_output out[2];
    int code;

    if (svg && html && strcmp(svg, html) == 0)
        return cli_fail(cli, HOST_BAD_INPUT, host_in(svg), "Name two files.",
                        "--svg and --html name one file");
    drawing = picture_svg(p);
    page = picture_html(p);
    code = open_one(cli, svg, &out[0]);
    if (!code) {
        code = open_one(cli, html, &out[1]);
        if (code && svg)
            host_output_cancel(&out[0]);
    }
    if (!code) {
        code = close_one(cli, svg, &out[0], drawing);
        if (code && html)
            host_output_cancel(&out[1]);
    }
    if (!code)
        code = close_one(cli, html, &out[1], page);
    free(drawing);
    free(page);
    return code;
}

/* Of the terminal, of COLUMNS, or 80. */
static uint32_t terminal_columns(void)
{
    const char *said = getenv("COLUMNS");
    uint32_t n = 0;

    if (said && cli_parse_u32(said, &n) && n >= COLUMNS_LEAST)
        return n;
    n = host_terminal_columns();
    return n >= COLUMNS_LEAST ? n : 80;
}

int cli_picture_show(struct cli *cli, struct picture *p)
{
    uint32_t columns = terminal_columns();
    char *text;
    int code = cli_u32(cli, "columns", &columns);

    if (code)
        return code;
    if (columns < COLUMNS_LEAST || columns > 10000)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), NULL, "--columns %u: from %u to 10000",
                        columns, COLUMNS_LEAST);
    text = picture_text(p, columns, cli->color);
    fputs(text, stdout);
    free(text);
    return HOST_OK;
}
