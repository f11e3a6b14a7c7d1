/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead completion SHELL: a script that completes nouns, verbs, options and their choices. */
#include "cli/frame.h"

#include <string.h>

typedef void each_command(const struct cli_command *c);

static void for_each(each_command *f)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (!cli_commands[i]->hidden)
            f(cli_commands[i]);
}

/* Is it the first command of its noun? */
static bool new_noun(size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(cli_commands[k]->noun, cli_commands[i]->noun) == 0)
            return false;
    return !cli_commands[i]->hidden;
}

static const char *noun_summary(const struct cli_command *c)
{
    for (const struct cli_noun *n = cli_nouns; n->name; n++)
        if (strcmp(n->name, c->noun) == 0)
            return n->summary;
    return c->summary;
}

static const char *verb_of(const struct cli_command *c)
{
    return c->verb ? c->verb : "*";
}

/* "a|b|c" as "a b c". */
static void print_choices(const char *choices)
{
    for (; *choices; choices++)
        putchar(*choices == '|' ? ' ' : *choices);
}

static bool has_choices(const char *text)
{
    return text && strchr(text, '|');
}

/* Text for between single quotes; the characters in special get a backslash. */
static void print_quoted(const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr(special, *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

/* ---- bash ---- */

static void bash_command(const struct cli_command *c)
{
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_at(c, i)); i++)
        if (has_choices(o->arg)) {
            printf("    \"%s \"%s\" after --%s\") words=\"", c->noun, verb_of(c), o->name);
            print_choices(o->arg);
            puts("\" ;;");
        }
    printf("    \"%s \"%s\" -\"*) words=\"", c->noun, verb_of(c));
    for (size_t i = 0; (o = cli_option_at(c, i)); i++)
        printf("--%s ", o->name);
    puts("\" ;;");
    if (c->operands && has_choices(c->operands->name)) {
        printf("    \"%s \"*) words=\"", c->noun);
        print_choices(c->operands->name);
        puts("\" ;;");
    }
}

/* A verb line for each noun; one of a noun without verbs falls through to its operands. */
static void bash_verbs(void)
{
    for (size_t i = 0; cli_commands[i]; i++) {
        if (!new_noun(i) || !cli_commands[i]->verb)
            continue;
        printf("    %s) words=\"", cli_commands[i]->noun);
        for (size_t k = i; cli_commands[k]; k++)
            if (!cli_commands[k]->hidden && cli_commands[k]->verb &&
                strcmp(cli_commands[k]->noun, cli_commands[i]->noun) == 0)
                printf("%s ", cli_commands[k]->verb);
        puts("\" ;;");
    }
}

static void bash(void)
{
    puts("# bash completion for bulkhead; made by 'bulkhead completion bash'\n"
         "_bulkhead()\n{\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
         "  local noun=${COMP_WORDS[1]} verb=${COMP_WORDS[2]}\n"
         "  if ((COMP_CWORD == 1)); then");
    fputs("    words=\"", stdout);
    for (size_t i = 0; cli_commands[i]; i++)
        if (new_noun(i))
            printf("%s ", cli_commands[i]->noun);
    puts("--version --help\"\n  elif ((COMP_CWORD == 2)); then\n    case $noun in");
    bash_verbs();
    puts("    esac\n  fi\n"
         "  if [[ -z $words ]]; then\n"
         "    local what=$cur\n"
         "    [[ $prev == --* && $cur != -* ]] && what=\"after $prev\"\n"
         "    case \"$noun $verb $what\" in");
    for_each(bash_command);
    puts("    esac\n  fi\n"
         "  COMPREPLY=()\n"
         "  [[ -n $words ]] && COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -o default -F _bulkhead bulkhead");
}

/* ---- zsh ---- */

static void zsh_option(const struct cli_option *o)
{
    fputs(" \\\n        ", stdout);
    if (o->many)
        printf("'*'");
    if (o->letter && !o->many)
        printf("'(-%c --%s)'", o->letter, o->name);
    if (o->letter)
        printf("{-%c,--%s}", o->letter, o->name);
    else
        printf("--%s", o->name);
    fputs("'[", stdout);
    print_quoted(o->help, "[]:\\");
    putchar(']');
    if (cli_option_values(o) && has_choices(o->arg)) {
        printf(":%s:(", o->name);
        print_choices(o->arg);
        putchar(')');
    } else if (cli_option_values(o)) {
        fputs(strcmp(o->arg, "FILE") == 0 ? ":FILE:_files" : ":value: ", stdout);
        if (cli_option_values(o) == 2)
            fputs(":value: ", stdout);
    }
    putchar('\'');
}

static void zsh_command(const struct cli_command *c)
{
    const struct cli_option *o;

    printf("    \"%s \"%s) _arguments", c->noun, c->verb ? c->verb : "*");
    for (size_t i = 0; (o = cli_option_at(c, i)); i++)
        zsh_option(o);
    if (c->operands && has_choices(c->operands->name)) {
        printf(" \\\n        '*:%s:(", c->noun);
        print_choices(c->operands->name);
        puts(")' ;;");
    } else {
        puts(" \\\n        '*:file:_files' ;;");
    }
}

static void zsh_described(const char *name, const char *text)
{
    printf(" '%s:", name);
    print_quoted(text, ":\\");
    putchar('\'');
}

static void zsh(void)
{
    puts("#compdef bulkhead\n# zsh completion for bulkhead; made by 'bulkhead completion zsh'\n"
         "_bulkhead() {\n  local -a words_here\n  if (( CURRENT == 2 )); then");
    fputs("    words_here=(", stdout);
    for (size_t i = 0; cli_commands[i]; i++)
        if (new_noun(i))
            zsh_described(cli_commands[i]->noun, noun_summary(cli_commands[i]));
    puts(")\n    _describe command words_here\n    return\n  fi\n  if (( CURRENT == 3 )); then\n"
         "    case $words[2] in");
    for (size_t i = 0; cli_commands[i]; i++) {
        if (!new_noun(i) || !cli_commands[i]->verb)
            continue;
        printf("    %s) words_here=(", cli_commands[i]->noun);
        for (size_t k = i; cli_commands[k]; k++)
            if (!cli_commands[k]->hidden && cli_commands[k]->verb &&
                strcmp(cli_commands[k]->noun, cli_commands[i]->noun) == 0)
                zsh_described(cli_commands[k]->verb, cli_commands[k]->summary);
        puts(") ;;");
    }
    puts("    esac\n    if (( $#words_here )); then\n      _describe verb words_here\n"
         "      return\n    fi\n  fi\n"
         "  local command=\"$words[2] $words[3]\"\n"
         "  words=(\"$words[1]\" \"${words[@]:3}\")\n  (( CURRENT -= 2 ))\n"
         "  case $command in");
    for_each(zsh_command);
    puts("  esac\n}\n_bulkhead \"$@\"");
}

/* ---- fish ---- */

static void fish_condition(const struct cli_command *c)
{
    printf("complete -c bulkhead -n '__bulkhead_at %s%s%s'", c->noun, c->verb ? " " : "",
           c->verb ? c->verb : "");
}

static void fish_command(const struct cli_command *c)
{
    const struct cli_option *o;

    if (c->verb) {
        printf("complete -c bulkhead -n '__bulkhead_only %s' -f -a %s -d '", c->noun, c->verb);
        print_quoted(c->summary, "\\");
        puts("'");
    } else if (c->operands && has_choices(c->operands->name)) {
        fish_condition(c);
        fputs(" -f -a '", stdout);
        print_choices(c->operands->name);
        puts("'");
    }
    for (size_t i = 0; (o = cli_option_at(c, i)); i++) {
        fish_condition(c);
        printf(" -l %s", o->name);
        if (o->letter)
            printf(" -s %c", o->letter);
        if (has_choices(o->arg)) {
            fputs(" -x -a '", stdout);
            print_choices(o->arg);
            putchar('\'');
        } else if (o->arg) {
            fputs(strcmp(o->arg, "FILE") == 0 ? " -r -F" : " -x", stdout);
        }
        fputs(" -d '", stdout);
        print_quoted(o->help, "\\");
        puts("'");
    }
}

static void fish(void)
{
    puts("# fish completion for bulkhead; made by 'bulkhead completion fish'\n"
         "function __bulkhead_at\n"
         "    set -l words (commandline -opc)\n"
         "    test (count $words) -gt (count $argv); or return 1\n"
         "    test \"$words[2..(math 1 + (count $argv))]\" = \"$argv\"\n"
         "end\n"
         "function __bulkhead_only\n"
         "    set -l words (commandline -opc)\n"
         "    test \"$words[2..]\" = \"$argv\"\n"
         "end");
    for (size_t i = 0; cli_commands[i]; i++)
        if (new_noun(i)) {
            printf("complete -c bulkhead -n '__bulkhead_only' -f -a %s -d '",
                   cli_commands[i]->noun);
            print_quoted(noun_summary(cli_commands[i]), "\\");
            puts("'");
        }
    for_each(fish_command);
}

static int run(struct cli *cli)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(cli->operands[0], shells[i].shell) == 0)
            shells[i].print();
    return HOST_OK;
}

const struct cli_command cmd_completion = {
    .noun = "completion",
    .summary = "Write a completion script for a shell",
    .operands =
        (const struct cli_operand[]){
            { "bash|zsh|fish", "The shell", false, false },
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "eval \"$(bulkhead completion bash)\"", "Complete in this shell" },
            { 0 },
        },
    .run = run,
};
