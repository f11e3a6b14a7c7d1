/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead NOUN VERB: find the command, read its options, run it. */
#include "cli/product.h"
#include "cli/frame.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static const struct cli_dropin *find_dropin(const char *program)
{
    for (const struct cli_dropin *d = cli_dropins; d->name; d++)
        if (strcmp(d->name, base_name(program)) == 0)
            return d;
    return NULL;
}

const struct cli_command *cli_find(const char *noun, const char *verb)
{
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *c = cli_commands[i];

        if (strcmp(c->noun, noun) == 0 && (!c->verb || (verb && strcmp(c->verb, verb) == 0)))
            return c;
    }
    return NULL;
}

static bool has_verbs(const char *noun)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (cli_commands[i]->verb && strcmp(cli_commands[i]->noun, noun) == 0)
            return true;
    return false;
}

static const char *nth_noun(size_t i, const void *context)
{
    (void)context;
    return cli_commands[i] ? cli_commands[i]->noun : NULL;
}

/* Verbs of another noun are no candidates: an empty text is near to nothing. */
static const char *nth_verb(size_t i, const void *noun)
{
    const struct cli_command *c = cli_commands[i];

    if (!c)
        return NULL;
    return c->verb && strcmp(c->noun, noun) == 0 ? c->verb : "";
}

static int unknown(struct cli *cli, const char *what, const char *typed, const char *near,
                   const char *hint)
{
    if (near)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), hint,
                        "unknown %s '%s': did you mean '%s'?", what, typed, near);
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), hint, "unknown %s '%s'", what, typed);
}

/* "image sign, table show": all commands with such a verb. False: there is none. */
static bool with_verb(const char *verb, char *list, size_t size)
{
    size_t used = 0;

    list[0] = 0;
    for (size_t i = 0; cli_commands[i] && used < size; i++) {
        const struct cli_command *c = cli_commands[i];

        if (!c->hidden && c->verb && strcmp(c->verb, verb) == 0)
            used += (size_t)snprintf(list + used, size - used, "%s'%s %s'", used ? ", " : "",
                                     c->noun, c->verb);
    }
    return used > 0;
}

/* The first word is no noun. If it is a verb, the words may be swapped, or the noun is missing. */
static int no_noun(struct cli *cli, const char *word, const char *next)
{
    char list[256];

    if (next && has_verbs(next) && cli_find(next, word))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "The noun comes first.",
                        "unknown command '%s %s': did you mean '%s %s'?", word, next, next, word);
    if (with_verb(word, list, sizeof list))
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "The noun comes first.",
                        "'%s' is a verb: did you mean %s?", word, list);
    return unknown(cli, "command", word, host_near(word, nth_noun, NULL),
                   word[0] == '-' ? "Options come after the verb: bulkhead NOUN VERB OPTIONS."
                                  : "See 'bulkhead help' for all commands.");
}

static bool asks_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int cli_no_command(struct cli *cli, const char *noun, const char *verb)
{
    char hint[64];

    if (!has_verbs(noun))
        return no_noun(cli, noun, verb);
    snprintf(hint, sizeof hint, "See 'bulkhead help %s' for its verbs.", noun);
    return unknown(cli, "verb", verb, host_near(verb, nth_verb, noun), hint);
}

/* No complete command: help for what there is of it, or what is wrong with it. */
static int no_command(struct cli *cli, int argc, char **argv)
{
    const char *noun = argc > 1 ? argv[1] : NULL;
    const char *verb = argc > 2 ? argv[2] : NULL;

    if (!noun) {
        cli_help_all(stderr);
        return HOST_BAD_INPUT;
    }
    if (asks_help(noun)) {
        cli_help_all(stdout);
        return HOST_OK;
    }
    if (strcmp(noun, "--version") == 0 || strcmp(noun, "-V") == 0) {
        printf("bulkhead %s\n", BULKHEAD_VERSION);
        return HOST_OK;
    }
    if (!has_verbs(noun) || (verb && !asks_help(verb)))
        return cli_no_command(cli, noun, verb);
    cli_help_noun(verb ? stdout : stderr, noun);
    return verb ? HOST_OK : HOST_BAD_INPUT;
}

static int run(struct cli *cli, int argc, char **argv)
{
    cli->command = argc > 1 ? cli_find(argv[1], argc > 2 ? argv[2] : NULL) : NULL;
    if (!cli->command)
        return no_command(cli, argc, argv);

    int words = cli->command->verb ? 3 : 2;
    for (int i = words; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (asks_help(argv[i])) {
            cli_help(stdout, cli->command);
            return HOST_OK;
        }
    if (cli_parse(cli, argc - words, argv + words))
        return HOST_BAD_INPUT;
    if (cli_has(cli, "help")) { /* among other letters: -qh */
        cli_help(stdout, cli->command);
        return HOST_OK;
    }
    return cli->command->run(cli);
}

/* A stream that the caller closed leaves its number to the next file that is opened, and what is
 * printed would go into that. So the number is taken by something that nobody can write to. */
static bool hold_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* What was printed must have arrived, or a full disk would look like success. */
static int flush(struct cli *cli, int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    return cli_fail(cli, HOST_FAILED, host_in("standard output"), NULL, "cannot write");
}

int main(int argc, char **argv)
{
    const struct cli_dropin *dropin = argc ? find_dropin(argv[0]) : NULL;

    if (!hold_streams())
        return HOST_FAILED;
    if (dropin)
        return dropin->main(argc, argv);
    static const char *no_operand = NULL;
    struct cli cli = { .operands = &no_operand };

    cli.color = cli_terminal(stdout);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        cli.json = cli.json || strcmp(argv[i], "--json") == 0;
    signal(SIGPIPE, SIG_DFL);
    int code = flush(&cli, run(&cli, argc, argv));
    if (cli.operands != &no_operand)
        free(cli.operands);
    free(cli.given);
    cli_product_free(&cli);
    return code;
}
