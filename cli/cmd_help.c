/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead help [NOUN [VERB]] and bulkhead man [NOUN [VERB]]. */
#include "cli/frame.h"

#include <string.h>

/* The command that the operands name; NULL with *code != 0 if there is none. */
static const struct cli_command *named(struct cli *cli, int *code)
{
    const struct cli_command *c = cli_find(cli->operands[0], cli->operands[1]);

    if (!c)
        *code = cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "See 'bulkhead help'.",
                         "no such command: '%s%s%s'", cli->operands[0],
                         cli->operands[1] ? " " : "", cli->operands[1] ? cli->operands[1] : "");
    return c;
}

static bool is_noun(const char *word)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (cli_commands[i]->verb && strcmp(cli_commands[i]->noun, word) == 0)
            return true;
    return false;
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

static int man(struct cli *cli)
{
    int code = HOST_OK;
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
    .hidden = true,
    .run = man,
};
