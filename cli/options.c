/* SPDX-License-Identifier: Apache-2.0 */
/* From what a person typed to struct cli, checked against the command's table. */
#include "cli/frame.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const struct cli_option cli_common[] = {
    { "color", 0, "auto|always|never", "Colours: auto means on a terminal, unless NO_COLOR is set",
      "auto", false, false },
    { "quiet", 'q', NULL, "No progress, no warnings, no remarks", NULL, false, false },
    { "help", 'h', NULL, "Show this help", NULL, false, false },
    { 0 },
};

const struct cli_option *cli_option_at(const struct cli_command *command, size_t n)
{
    size_t own = 0;

    while (command->options && command->options[own].name)
        own++;
    if (n < own)
        return &command->options[n];
    for (size_t i = 0; cli_common[i].name; i++)
        if (i == n - own)
            return &cli_common[i];
    return NULL;
}

static const char *nth_option(size_t i, const void *command)
{
    const struct cli_option *o = cli_option_at(command, i);

    return o ? o->name : NULL;
}

static const struct cli_option *find_long(const struct cli_command *command, const char *name,
                                          size_t len)
{
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_at(command, i)); i++)
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

static const struct cli_option *find_letter(const struct cli_command *command, char letter)
{
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_at(command, i)); i++)
        if (o->letter && o->letter == letter)
            return o;
    return NULL;
}

size_t cli_option_values(const struct cli_option *o)
{
    return !o->arg ? 0 : strchr(o->arg, ' ') ? 2 : 1;
}

/* "A|B|C" has value B? */
static bool among(const char *choices, const char *value)
{
    size_t len = strlen(value);

    if (strchr(value, '|'))
        return false;
    for (const char *c = choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL)
        if (strncmp(c, value, len) == 0 && (c[len] == '|' || c[len] == 0))
            return true;
    return false;
}

static const char *see_help(const struct cli *cli)
{
    static char hint[96];

    snprintf(hint, sizeof hint, "See 'bulkhead %s%s%s --help'.", cli->command->noun,
             cli->command->verb ? " " : "", cli->command->verb ? cli->command->verb : "");
    return hint;
}

#define USAGE(cli, ...) cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), see_help(cli), __VA_ARGS__)

/* What an option was called before two commands said the same thing in two ways. */
static const char *renamed(const struct cli_command *command, const char *name)
{
    static const char *const was[][2] = { { "product", "layout" }, { "product", "name" } };

    for (size_t i = 0; i < sizeof was / sizeof was[0]; i++)
        if (strcmp(was[i][0], name) == 0 && find_long(command, was[i][1], strlen(was[i][1])))
            return was[i][1];
    return NULL;
}

static int unknown_option(struct cli *cli, const char *typed, size_t len)
{
    char name[64];

    snprintf(name, sizeof name, "%.*s", (int)len, typed);
    const char *near = renamed(cli->command, name);
    if (!near)
        near = host_near(name, nth_option, cli->command);
    if (near)
        return USAGE(cli, "unknown option --%s: did you mean --%s?", name, near);
    return USAGE(cli, "unknown option --%s", name);
}

/* "A|B|C" as strings one after the other; an empty one ends. */
static const char *nth_choice(size_t i, const void *context)
{
    const char *name = context;

    for (; *name && i; i--)
        name += strlen(name) + 1;
    return *name ? name : NULL;
}

/* A value that is none of "A|B|C". */
static int no_choice(struct cli *cli, const struct cli_option *option, const char *choices,
                     const char *value)
{
    char names[256] = "", of[64] = "";

    for (size_t i = 0; choices[i] && i < sizeof names - 2; i++)
        names[i] = choices[i] == '|' ? 0 : choices[i];
    const char *near = host_near(value, nth_choice, names);
    if (option)
        snprintf(of, sizeof of, "option --%s: ", option->name);
    return USAGE(cli, "%s'%s' is none of %s%s%s%s", of, value, choices,
                 near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* How far the parser is. */
struct words {
    int argc;
    char **argv;
    int next;
};

static int keep(struct cli *cli, const struct cli_given *given)
{
    struct cli_given *more = realloc(cli->given, (cli->n_given + 1) * sizeof *more);

    if (!more)
        return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    cli->given = more;
    cli->given[cli->n_given++] = *given;
    return HOST_OK;
}

/* Take the values of an option: attached ("--x=1", "-x1") or the words that follow. */
static int take(struct cli *cli, struct words *w, const struct cli_option *o, const char *attached)
{
    struct cli_given g = { o, { NULL, NULL } };
    size_t n = cli_option_values(o);

    if (!o->many && cli_count(cli, o->name))
        return USAGE(cli, "option --%s is given twice", o->name);
    if (n == 0 && attached)
        return USAGE(cli, "option --%s takes no value, but has '%s'", o->name, attached);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 && attached)
            g.value[i] = attached;
        else if (w->next < w->argc)
            g.value[i] = w->argv[w->next++];
        else
            return USAGE(cli, "option --%s needs %s", o->name, o->arg);
    }
    if (n == 1 && strchr(o->arg, '|') && !among(o->arg, g.value[0]))
        return no_choice(cli, o, o->arg, g.value[0]);
    return keep(cli, &g);
}

static int take_long(struct cli *cli, struct words *w, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const struct cli_option *o = find_long(cli->command, word, len);

    if (!o)
        return unknown_option(cli, word, len);
    return take(cli, w, o, equals ? equals + 1 : NULL);
}

/* "-k FILE", "-kFILE", and switches together: "-nf". */
static int take_letters(struct cli *cli, struct words *w, const char *letters)
{
    for (const char *l = letters; *l; l++) {
        const struct cli_option *o = find_letter(cli->command, *l);
        bool rest = o && o->arg;

        if (!o)
            return USAGE(cli, "unknown option -%c", *l);
        if (take(cli, w, o, rest && l[1] ? l + 1 : NULL))
            return HOST_BAD_INPUT;
        if (rest)
            break;
    }
    return HOST_OK;
}

static int check_operands(struct cli *cli)
{
    const struct cli_operand *o = cli->command->operands;
    size_t n = 0;
    bool many = false;

    for (; o && o->name; o++, n++) {
        if (n >= cli->n_operands) {
            if (!o->optional)
                return USAGE(cli, "%s is missing: %s", o->name, o->help);
            continue;
        }
        if (strchr(o->name, '|') && !among(o->name, cli->operands[n]))
            return no_choice(cli, NULL, o->name, cli->operands[n]);
        many = o->many;
    }
    if (cli->n_operands > n && !many)
        return USAGE(cli, "'%s' is one operand too many", cli->operands[n]);
    return HOST_OK;
}

static int check_required(struct cli *cli)
{
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_at(cli->command, i)); i++)
        if (o->required && !cli_count(cli, o->name))
            return USAGE(cli, "option --%s is missing: %s", o->name, o->help);
    return HOST_OK;
}

static void set_common(struct cli *cli)
{
    const char *color = cli_value(cli, "color");

    cli->quiet = cli_has(cli, "quiet");
    if (strcmp(color, "always") == 0)
        cli->color = true;
    else if (strcmp(color, "never") == 0)
        cli->color = false;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
    struct words w = { argc, argv, 0 };
    bool options_over = false;

    cli->operands = calloc((size_t)argc + 1, sizeof *cli->operands);
    if (!cli->operands)
        return cli_fail(cli, HOST_FAILED, host_nowhere(), NULL, "out of memory");
    while (w.next < argc) {
        const char *word = argv[w.next++];
        int code = HOST_OK;

        if (options_over || word[0] != '-' || !word[1])
            cli->operands[cli->n_operands++] = word;
        else if (strcmp(word, "--") == 0)
            options_over = true;
        else if (word[1] == '-')
            code = take_long(cli, &w, word + 2);
        else
            code = take_letters(cli, &w, word + 1);
        if (code)
            return code;
    }
    set_common(cli);
    if (cli_has(cli, "help"))
        return HOST_OK;
    return check_operands(cli) || check_required(cli) ? HOST_BAD_INPUT : HOST_OK;
}

size_t cli_count(const struct cli *cli, const char *name)
{
    size_t n = 0;

    assert(find_long(cli->command, name, strlen(name)) && "option is not in the command's table");
    for (size_t i = 0; i < cli->n_given; i++)
        n += strcmp(cli->given[i].option->name, name) == 0;
    return n;
}

bool cli_has(const struct cli *cli, const char *name)
{
    return cli_count(cli, name) > 0;
}

const char *const *cli_nth(const struct cli *cli, const char *name, size_t nth)
{
    for (size_t i = 0; i < cli->n_given; i++)
        if (strcmp(cli->given[i].option->name, name) == 0 && nth-- == 0)
            return cli->given[i].value;
    return NULL;
}

const char *cli_value(const struct cli *cli, const char *name)
{
    const char *const *value = cli_nth(cli, name, 0);

    return value ? value[0] : find_long(cli->command, name, strlen(name))->fallback;
}

bool cli_parse_u32(const char *text, uint32_t *out)
{
    char *end;
    unsigned shift = 0;

    if (!isdigit((unsigned char)text[0]))
        return false;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    unsigned long long v = strtoull(hex ? text + 2 : text, &end, hex ? 16 : 10);
    if (hex && !isxdigit((unsigned char)text[2]))
        return false;
    if (*end == 'K' || *end == 'k')
        shift = 10;
    else if (*end == 'M' || *end == 'm')
        shift = 20;
    if (shift)
        end++;
    if (*end || v > UINT32_MAX >> shift)
        return false;
    *out = (uint32_t)(v << shift);
    return true;
}

int cli_u32(struct cli *cli, const char *name, uint32_t *out)
{
    const char *text = cli_value(cli, name);

    if (!text || cli_parse_u32(text, out))
        return HOST_OK;
    return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(),
                    "Write it as 131072, 0x20000 or 128K; 4294967295 at most.",
                    "option --%s: '%s' is not a number", name, text);
}
