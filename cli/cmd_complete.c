/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead complete -- WORDS: what the last word can become. For the shells' scripts, which
 * 'bulkhead completion' prints: a line for each candidate, after a tab what it is; the line
 * ":files" if names of files fit too. Never fails: a shell has no use for errors at a Tab. */
#include <stdio.h>
#include <string.h>

#include "cli/frame.h"
#include "cli/values.h"

/* The command line as far as it goes. */
struct typed {
    const char *const *words; /* without the program */
    size_t n;                 /* with the one to complete, which is the last */
    const char *current;
};

static void candidate(const struct typed *t, const char *value, const char *what)
{
    if (strncmp(value, t->current, strlen(t->current)) == 0)
        printf("%s\t%s\n", value, what ? what : "");
}

/* "a|b|c" */
static void choices(const struct typed *t, const char *list)
{
    for (size_t n; *list; list += n + (list[n] == '|')) {
        char one[64];

        n = strcspn(list, "|");
        snprintf(one, sizeof one, "%.*s", (int)n, list);
        candidate(t, one, NULL);
    }
}

/* What an operand or an option's value can be, by the name that the table gives it. */
static void value(const struct typed *t, const struct cli_command *c, const char *name,
                  bool operand)
{
    const char *(*next)(size_t i, const void *context) = cli_values_named(c, name);
    const char *one;

    if (strchr(name, '|')) {
        choices(t, name);
        return;
    }
    for (size_t i = 0; next && (one = next(i, NULL)); i++)
        candidate(t, one, NULL);
    if (strcmp(name, "LAYOUT") == 0 ||
        (!next && (operand || strncmp(name, "FILE", 4) == 0 || strcmp(name, "FOLDER") == 0)))
        puts(":files");
}

/* ---- nouns and verbs ---- */

static const char *noun_summary(const struct cli_command *c)
{
    for (const struct cli_noun *n = cli_nouns; n->name; n++)
        if (strcmp(n->name, c->noun) == 0)
            return n->summary;
    return c->summary;
}

static bool first_of_noun(size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(cli_commands[k]->noun, cli_commands[i]->noun) == 0 && !cli_commands[k]->hidden)
            return false;
    return true;
}

static void nouns(const struct typed *t)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (!cli_commands[i]->hidden && first_of_noun(i))
            candidate(t, cli_commands[i]->noun, noun_summary(cli_commands[i]));
    if (t->current[0] == '-') {
        candidate(t, "--help", "Show all commands");
        candidate(t, "--version", "Show the version");
    }
}

static void verbs(const struct typed *t, const char *noun)
{
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *c = cli_commands[i];

        if (!c->hidden && c->verb && strcmp(c->noun, noun) == 0)
            candidate(t, c->verb, c->summary);
    }
}

/* 'help' and 'man' take nouns and verbs. */
static bool takes_commands(const struct cli_command *c)
{
    return !c->verb && (strcmp(c->noun, "help") == 0 || strcmp(c->noun, "man") == 0);
}

/* ---- options and operands ---- */

static const struct cli_option *option_named(const struct cli_command *c, const char *name,
                                             size_t len)
{
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_at(c, i)); i++)
        if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

/* The option whose value is to come in the next word, after letters: "-qk". */
static const struct cli_option *by_letters(const struct cli_command *c, const char *letters)
{
    for (; *letters; letters++) {
        const struct cli_option *o;

        for (size_t i = 0; (o = cli_option_at(c, i)); i++)
            if (o->letter == *letters)
                break;
        if (o && cli_option_values(o))
            return letters[1] ? NULL : o;
    }
    return NULL;
}

static bool given(const struct typed *t, const struct cli_option *o)
{
    char name[64];

    snprintf(name, sizeof name, "--%s", o->name);
    for (size_t i = 0; i + 1 < t->n; i++)
        if (strcmp(t->words[i], name) == 0)
            return true;
    return false;
}

static void options(const struct typed *t, const struct cli_command *c)
{
    const struct cli_option *o;
    char name[64];

    for (size_t i = 0; (o = cli_option_at(c, i)); i++) {
        if (!o->many && given(t, o))
            continue;
        snprintf(name, sizeof name, "--%s", o->name);
        candidate(t, name, o->help);
    }
}

/* Where the last word is, after all before it were read. */
struct place {
    const struct cli_option *value_of; /* NULL: no option waits for a value */
    size_t operand;                    /* so many were there */
    bool only_operands;
};

static struct place find_place(const struct typed *t, const struct cli_command *c, size_t from)
{
    struct place p = { NULL, 0, false };
    size_t left = 0;

    for (size_t i = from; i + 1 < t->n; i++) {
        const char *word = t->words[i];
        const struct cli_option *o = NULL;

        if (left && strcmp(word, "=") == 0) /* bash splits --name=value */
            continue;
        if (left) {
            left--;
            continue;
        }
        if (p.only_operands || word[0] != '-' || !word[1])
            p.operand++;
        else if (strcmp(word, "--") == 0)
            p.only_operands = true;
        else if (word[1] == '-' && !strchr(word, '='))
            o = option_named(c, word + 2, strlen(word + 2));
        else if (word[1] != '-')
            o = by_letters(c, word + 1);
        if (o) {
            p.value_of = o;
            left = cli_option_values(o);
        }
    }
    if (!left)
        p.value_of = NULL;
    return p;
}

static const struct cli_operand *operand_at(const struct cli_command *c, size_t n)
{
    const struct cli_operand *o = c->operands;

    for (; o && o->name; o++) {
        if (n == 0 || o->many)
            return o;
        n--;
    }
    return NULL;
}

/* "--name=val": the value is completed after what is there. fish and zsh want the whole word. */
static bool attached(const struct typed *t, const struct cli_command *c)
{
    const char *equals = strchr(t->current, '=');
    char whole[128];

    if (strncmp(t->current, "--", 2) != 0 || !equals)
        return false;
    const struct cli_option *o = option_named(c, t->current + 2, (size_t)(equals - t->current - 2));
    if (!o || !o->arg || !strchr(o->arg, '|'))
        return true;
    for (const char *one = o->arg; *one;) {
        size_t n = strcspn(one, "|");

        snprintf(whole, sizeof whole, "--%s=%.*s", o->name, (int)n, one);
        candidate(t, whole, NULL);
        one += n + (one[n] == '|');
    }
    return true;
}

static void command(const struct typed *t, const struct cli_command *c)
{
    struct place p = find_place(t, c, c->verb ? 2 : 1);
    const struct cli_operand *operand = operand_at(c, p.operand);

    if (p.value_of)
        value(t, c, p.value_of->arg, false);
    else if (!p.only_operands && attached(t, c))
        return;
    else if (!p.only_operands && t->current[0] == '-')
        options(t, c);
    else if (takes_commands(c) && p.operand == 0)
        nouns(t);
    else if (takes_commands(c) && p.operand == 1)
        verbs(t, t->words[t->n - 2]);
    else if (operand)
        value(t, c, operand->name, true);
}

static int run(struct cli *cli)
{
    struct typed t = { cli->operands, cli->n_operands, "" };

    if (!t.n)
        return HOST_OK;
    t.current = t.words[t.n - 1];
    if (strcmp(t.current, "=") == 0)
        t.current = "";
    const struct cli_command *c =
        t.n > 1 ? cli_find(t.words[0], t.n > 2 ? t.words[1] : NULL) : NULL;

    if (t.n == 1)
        nouns(&t);
    else if (c)
        command(&t, c);
    else if (t.n == 2)
        verbs(&t, t.words[0]);
    return HOST_OK;
}

const struct cli_command cmd_complete = {
    .noun = "complete",
    .summary = "Print what a word can become, for the shells' completion",
    .operands =
        (const struct cli_operand[]){ { "WORD", "Command line as far as it goes", true, true },
                                      { 0 } },
    .hidden = true,
    .run = run,
};
