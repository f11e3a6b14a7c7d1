/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead help [NOUN [VERB]] and bulkhead man [NOUN [VERB]]. */
#define _POSIX_C_SOURCE 200809L
#include "cli/frame.h"

#include <stdlib.h>
#include <string.h>

static bool is_noun(const char *word)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (cli_commands[i]->verb && strcmp(cli_commands[i]->noun, word) == 0)
            return true;
    return false;
}

/* The command that the operands name; NULL with *code != 0 if there is none. */
static const struct cli_command *named(struct cli *cli, int *code)
{
    const char *noun = cli->operands[0], *verb = cli->operands[1];
    const struct cli_command *c = cli_find(noun, verb);

    if (!c && !verb && is_noun(noun))
        *code = cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Each verb of it has its own.",
                         "'%s' alone has no page", noun);
    else if (!c)
        *code = cli_no_command(cli, noun, verb);
    return c;
}

static int help(struct cli *cli)
{
    int code = HOST_OK;

    if (cli->n_operands == 0) {
        cli_help_all(stdout);
        return HOST_OK;
    }
    if (cli->n_operands == 1 && is_noun(cli->operands[0])) {
        cli_help_noun(stdout, cli->operands[0]);
        return HOST_OK;
    }
    const struct cli_command *c = named(cli, &code);
    if (c)
        cli_help(stdout, c);
    return code;
}

/* bulkhead.1, bulkhead-image-sign.1 and so on, for an installation. */
static int write_page(struct cli *cli, const struct cli_command *c, const char *folder)
{
    char path[4096], *text = NULL;
    size_t len = 0;

    snprintf(path, sizeof path, "%s/bulkhead%s%s%s%s.1", folder, c ? "-" : "", c ? c->noun : "",
             c && c->verb ? "-" : "", c && c->verb ? c->verb : "");
    FILE *page = open_memstream(&text, &len);
    if (page)
        cli_man(page, c);
    if (!page || fclose(page) != 0)
        cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    else if (host_write_file(path, text, len, 0644, true, &cli->error))
        cli_error(cli);
    free(text);
    return cli->error.code;
}

static int write_pages(struct cli *cli, const char *folder)
{
    int code = write_page(cli, NULL, folder);

    for (size_t i = 0; !code && cli_commands[i]; i++)
        if (!cli_commands[i]->hidden)
            code = write_page(cli, cli_commands[i], folder);
    return code;
}

static int man(struct cli *cli)
{
    int code = HOST_OK;

    if (cli_value(cli, "all"))
        return write_pages(cli, cli_value(cli, "all"));
    const struct cli_command *c = cli->n_operands ? named(cli, &code) : NULL;

    if (!code)
        cli_man(stdout, c);
    return code;
}

static const struct cli_operand which[] = {
    { "NOUN", "What it is about; without it: everything", true, false },
    { "VERB", "What is done to it", true, false },
    { 0 },
};

const struct cli_command cmd_help = {
    .noun = "help",
    .summary = "Explain a command",
    .operands = which,
    .examples =
        (const struct cli_example[]){
            { "bulkhead help image sign", "All about signing an image, as --help tells it" },
            { 0 },
        },
    .run = help,
};

const struct cli_command cmd_man = {
    .noun = "man",
    .summary = "Write a man page, in roff",
    .operands = which,
    .options =
        (const struct cli_option[]){
            { "all", 0, "FOLDER", "Write the pages of all commands there", NULL, false, false },
            { 0 },
        },
    .hidden = true,
    .run = man,
};
