/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead layout fmt: put a layout's text into shape, or change values in it; comments stay. */
#include <stdlib.h>
#include <string.h>

#include "cli/layout.h"
#include "host/layout/fmt.h"

#define EDITS_MAX 64u

/* "PATH=VALUE", cut in two. */
static int read_edits(struct cli *cli, struct layout_edit *edits, char **copies, size_t *n)
{
    for (*n = 0; *n < cli_count(cli, "set"); ++*n) {
        const char *text = cli_nth(cli, "set", *n)[0];
        char *equals;

        if (*n == EDITS_MAX)
            return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Call it twice.",
                            "option --set: more than %u", EDITS_MAX);
        copies[*n] = strdup(text);
        equals = copies[*n] ? strchr(copies[*n], '=') : NULL;
        if (!equals || equals == copies[*n] || !equals[1]) {
            ++*n;
            return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                            "Write it as partitions.settings.size=32K.",
                            "option --set: '%s' is not PATH=VALUE", text);
        }
        *equals = 0;
        edits[*n] = (struct layout_edit){ copies[*n], equals + 1 };
    }
    return HOST_OK;
}

static int write_text(struct cli *cli, const char *path, const struct host_bytes *old, char *text)
{
    size_t len = strlen(text);
    bool same = old->len == len && memcmp(old->data, text, len) == 0;

    if (cli_has(cli, "check")) {
        if (!same)
            cli_note(cli, "%s would change", path);
        return same ? HOST_OK : HOST_FAILED;
    }
    if (!cli_has(cli, "in-place"))
        return fputs(text, stdout) < 0 ? HOST_FAILED : HOST_OK;
    return same ? HOST_OK : cli_write(cli, path, text, len, true);
}

static int run(struct cli *cli)
{
    const char *path = cli->operands[0];
    struct layout_edit edits[EDITS_MAX];
    char *copies[EDITS_MAX + 1] = { NULL }, *text = NULL;
    struct host_bytes bytes = { 0 };
    size_t n = 0;
    int code = read_edits(cli, edits, copies, &n);

    if (code == HOST_OK && host_read_file(path, &bytes, &cli->error))
        code = cli_error(cli);
    if (code == HOST_OK &&
        layout_format(path, (const char *)bytes.data, bytes.len, edits, n, &text, &cli->error))
        code = cli_error(cli);
    if (code == HOST_OK)
        code = write_text(cli, path, &bytes, text);
    for (size_t i = 0; i < n; i++)
        free(copies[i]);
    free(text);
    host_bytes_free(&bytes);
    return code;
}

const struct cli_command cmd_layout_fmt = {
    .noun = "layout",
    .verb = "fmt",
    .summary = "Put a layout's text into shape, or change values in it",
    .description = "Sizes of whole KB are written as 32K and 2M, offsets in hex; blanks at the "
                   "ends of lines go. The text is changed only at values: comments, order and "
                   "line breaks stay. The result is read again and compared before it is written. "
                   "This command does not check the layout: 'layout check' does.",
    .operands =
        (const struct cli_operand[]){ { "FILE", "Layout file; - is standard input", false, false },
                                      { 0 } },
    .options =
        (const struct cli_option[]){
            { "in-place", 'i', NULL, "Replace the file; without it, standard output", NULL, false,
              false },
            { "check", 0, NULL, "Write nothing; exit code 1 if it would change", NULL, false,
              false },
            { "set", 0, "PATH=VALUE", "Change a value that is there", NULL, true, false },
            CLI_DRY_RUN,
            { 0 } },
    .examples =
        (const struct cli_example[]){
            { "bulkhead layout fmt -i lamp.layout.yml", "in place" },
            { "bulkhead layout fmt -i --set partitions.settings.size=32K lamp.layout.yml",
              "one value" },
            { 0 },
        },
    .exits = CLI_EXITS(HOST_BAD_LAYOUT),
    .says = CLI_SAYS(
        [HOST_OK] = "done; with --check: the file has this form",
        [HOST_FAILED] =
            "with --check: the file would change; or something could not be done: a file, memory or permission"),
    .run = run,
};
