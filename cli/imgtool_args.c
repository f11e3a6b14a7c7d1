/* SPDX-License-Identifier: Apache-2.0 */
/* A command line as Python's click reads it: --name VALUE, --name=VALUE, -nVALUE, -abc, "--",
 * options and arguments in any order. What is wrong is said in click's words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/imgtool.h"
#include "host/table/table.h"

/* ---- what is wrong ---- */

static void usage_lines(const struct imgtool *t)
{
    fflush(stdout);
    fprintf(stderr, "Usage: %s", t->program);
    if (!t->command) {
        fprintf(stderr, " [OPTIONS] COMMAND [ARGS]...\nTry '%s --help' for help.\n\n", t->program);
        return;
    }
    fprintf(stderr, " %s [OPTIONS]", t->as);
    for (size_t i = 0; t->command->arguments[i]; i++)
        fprintf(stderr, " %s", t->command->arguments[i]);
    fprintf(stderr, "\nTry '%s %s --help' for help.\n\n", t->program, t->as);
}

int imgtool_usage(const struct imgtool *t, const char *format, ...)
{
    va_list args;

    usage_lines(t);
    fputs("Error: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return 2;
}

int imgtool_invalid(const struct imgtool *t, const struct imgtool_option *o, const char *format,
                    ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (o->letter)
        return imgtool_usage(t, "Invalid value for '-%c' / '--%s': %s", o->letter, o->name, text);
    return imgtool_usage(t, "Invalid value for '--%s': %s", o->name, text);
}

int imgtool_fail(const struct imgtool *t, const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "%s: ", t->program);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return 1;
}

int imgtool_failed(const struct imgtool *t)
{
    return imgtool_fail(t, "%s", t->error.text);
}

/* ---- help ---- */

#define HELP_COLUMN 34u /* where the text of an option begins */
#define HELP_WIDTH 79u

static void wrap(const char *text, unsigned column, unsigned used)
{
    while (*text) {
        size_t word = strcspn(text, " ");

        if (used + 1 + word > HELP_WIDTH && used > column) {
            printf("\n%*s", (int)column, "");
            used = column;
        } else if (used > column) {
            putchar(' ');
            used++;
        }
        printf("%.*s", (int)word, text);
        used += (unsigned)word;
        text += word + strspn(text + word, " ");
    }
    putchar('\n');
}

static void help_option(const struct imgtool_option *o)
{
    bool choice = o->arg && strchr(o->arg, '|');
    char label[128];

    int n =
        snprintf(label, sizeof label, "  %.*s%s--%s%s%s%s%s", o->letter ? 2 : 0,
                 (char[]){ '-', o->letter, 0 }, o->letter ? ", " : "", o->name, o->words ? " " : "",
                 choice ? "[" : "", o->words ? o->arg : "", choice ? "]" : "");
    fputs(label, stdout);
    if ((unsigned)n + 2 > HELP_COLUMN)
        printf("\n%*s", (int)HELP_COLUMN, "");
    else
        printf("%*s", (int)HELP_COLUMN - n, "");
    char text[512];
    snprintf(text, sizeof text, "%s%s", o->help, o->required ? "  [required]" : "");
    wrap(text, HELP_COLUMN, HELP_COLUMN);
}

static const struct imgtool_option help_itself = {
    "help", 'h', 0, false, false, NULL, "Show this message and exit.", NULL
};

void imgtool_help(const struct imgtool *t)
{
    const struct imgtool_command *c = t->command;

    printf("Usage: %s %s [OPTIONS]", t->program, t->as);
    for (size_t i = 0; c->arguments[i]; i++)
        printf(" %s", c->arguments[i]);
    fputs("\n\n  ", stdout);
    wrap(c->description ? c->description : c->summary, 2, 2);
    puts("\nOptions:");
    for (const struct imgtool_option *o = c->options; o->name; o++)
        help_option(o);
    help_option(&help_itself);
}

/* ---- reading ---- */

static const char *nth_option(size_t i, const void *command)
{
    const struct imgtool_option *o = ((const struct imgtool_command *)command)->options;

    for (size_t k = 0; k < i; k++)
        if (!o[k].name)
            return NULL;
    return o[i].name;
}

static int no_such_option(const struct imgtool *t, const char *name, size_t len)
{
    char typed[80];

    snprintf(typed, sizeof typed, "%.*s", (int)len, name);
    const char *near = host_near(typed, nth_option, t->command);
    if (near)
        return imgtool_usage(t, "No such option '--%s'. Did you mean '--%s'?", typed, near);
    return imgtool_usage(t, "No such option '--%s'.", typed);
}

/* click does not print the usage lines for these two. */
static int wrong_words(const struct imgtool_option *o, bool by_letter)
{
    char name[80];

    if (by_letter)
        snprintf(name, sizeof name, "-%c", o->letter);
    else
        snprintf(name, sizeof name, "--%s", o->name);
    fflush(stdout);
    if (o->words == 0)
        fprintf(stderr, "Error: Option '%s' does not take a value.\n", name);
    else if (o->words == 1)
        fprintf(stderr, "Error: Option '%s' requires an argument.\n", name);
    else
        fprintf(stderr, "Error: Option '%s' requires %u arguments.\n", name, o->words);
    return 2;
}

struct words {
    char **argv;
    int argc, next;
};

/* attached: a value in the same word, or NULL. */
static int take(struct imgtool *t, const struct imgtool_option *o, struct words *w,
                const char *attached, bool by_letter)
{
    if (t->n_given == IMGTOOL_WORDS)
        return imgtool_usage(t, "too many options");
    struct imgtool_given *g = &t->given[t->n_given];

    *g = (struct imgtool_given){ o == &help_itself ? NULL : o, { NULL, NULL } };
    if (o->words == 0 && attached)
        return wrong_words(o, by_letter);
    for (unsigned i = 0; i < o->words; i++) {
        if (i == 0 && attached)
            g->words[i] = attached;
        else if (w->next < w->argc)
            g->words[i] = w->argv[w->next++];
        else
            return wrong_words(o, by_letter);
    }
    t->n_given++;
    return 0;
}

static int take_long(struct imgtool *t, struct words *w, const char *word)
{
    size_t len = strcspn(word, "=");
    const char *attached = word[len] ? word + len + 1 : NULL;

    if (len == 4 && strncmp(word, "help", 4) == 0)
        return take(t, &help_itself, w, attached, false);
    for (const struct imgtool_option *o = t->command->options; o->name; o++)
        if (strlen(o->name) == len && strncmp(o->name, word, len) == 0)
            return take(t, o, w, attached, false);
    return no_such_option(t, word, len);
}

static int take_letters(struct imgtool *t, struct words *w, const char *letters)
{
    while (*letters) {
        const struct imgtool_option *o = t->command->options;
        char letter = *letters++;

        while (o->name && o->letter != letter)
            o++;
        if (letter == 'h')
            o = &help_itself;
        if (!o->name)
            return imgtool_usage(t, "No such option '-%c'.", letter);
        bool rest = o->words && *letters;
        int code = take(t, o, w, rest ? letters : NULL, true);
        if (code || rest)
            return code;
    }
    return 0;
}

static int take_all(struct imgtool *t, struct words *w)
{
    bool only_arguments = false;
    int code = 0;

    while (!code && w->next < w->argc) {
        const char *word = w->argv[w->next++];

        if (!only_arguments && strcmp(word, "--") == 0)
            only_arguments = true;
        else if (only_arguments || word[0] != '-' || !word[1]) {
            if (t->n_arguments == IMGTOOL_WORDS)
                return imgtool_usage(t, "too many arguments");
            t->arguments[t->n_arguments++] = word;
        } else if (word[1] == '-')
            code = take_long(t, w, word + 2);
        else
            code = take_letters(t, w, word + 1);
    }
    return code;
}

/* ---- checking, in click's order: what was given, arguments, what is missing ---- */

static int check_choice(const struct imgtool *t, const struct imgtool_option *o, const char *word)
{
    size_t len = strlen(word), n;
    char list[256];
    size_t used = 0;

    for (const char *c = o->arg;; c += n + 1) {
        n = strcspn(c, "|");
        if (n == len && strncmp(c, word, n) == 0)
            return 0;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s'%.*s'", used ? ", " : "",
                                 (int)n, c);
        if (!c[n])
            break;
    }
    return imgtool_invalid(t, o, "'%s' is not one of %s.", word, list);
}

/* The last value counts, and is looked at where the option came first. */
static int check_given(struct imgtool *t)
{
    for (size_t i = 0; i < t->n_given; i++) {
        const struct imgtool_option *o = t->given[i].option;
        const char *word = imgtool_value(t, o->name);
        int code = 0;

        if (o->words == 1 && o->arg && strchr(o->arg, '|'))
            code = check_choice(t, o, word);
        if (!code && o->check)
            code = o->check(t, o, word);
        if (code)
            return code;
    }
    return 0;
}

static int check_missing(struct imgtool *t)
{
    for (size_t i = 0; t->command->arguments[i]; i++)
        if (i >= t->n_arguments)
            return imgtool_usage(t, "Missing argument '%s'.", t->command->arguments[i]);
    for (const struct imgtool_option *o = t->command->options; o->name; o++) {
        if (!o->required || imgtool_has(t, o->name))
            continue;
        if (o->letter)
            return imgtool_usage(t, "Missing option '-%c' / '--%s'.", o->letter, o->name);
        return imgtool_usage(t, "Missing option '--%s'.", o->name);
    }
    return 0;
}

static int check_extra(const struct imgtool *t)
{
    size_t n = 0;
    char list[512];
    size_t used = 0;

    while (t->command->arguments[n])
        n++;
    if (t->n_arguments <= n)
        return 0;
    list[0] = 0;
    for (size_t i = n; i < t->n_arguments && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > n ? " " : "",
                                 t->arguments[i]);
    return imgtool_usage(t, "Got unexpected extra argument%s (%s)",
                         t->n_arguments > n + 1 ? "s" : "", list);
}

int imgtool_parse(struct imgtool *t, int argc, char **argv, int *code)
{
    struct words w = { argv, argc, 0 };

    *code = take_all(t, &w);
    if (*code)
        return 1;
    for (size_t i = 0; i < t->n_given; i++)
        if (!t->given[i].option) {
            imgtool_help(t);
            return 1;
        }
    *code = check_given(t);
    if (!*code)
        *code = check_missing(t);
    if (!*code)
        *code = check_extra(t);
    return *code;
}

/* ---- asking ---- */

const char *imgtool_value(const struct imgtool *t, const char *name)
{
    for (size_t i = t->n_given; i > 0; i--)
        if (strcmp(t->given[i - 1].option->name, name) == 0)
            return t->given[i - 1].words[0] ? t->given[i - 1].words[0] : "";
    return NULL;
}

bool imgtool_has(const struct imgtool *t, const char *name)
{
    return imgtool_value(t, name) != NULL;
}

int imgtool_check_int(struct imgtool *t, const struct imgtool_option *o, const char *word)
{
    int64_t value;

    if (esp_int(word, strlen(word), &value))
        return 0;
    return imgtool_invalid(t, o,
                           "%s is not a valid integer. Please use code literals prefixed with "
                           "0b/0B, 0o/0O, or 0x/0X as necessary.",
                           word);
}

void imgtool_int(const struct imgtool *t, const char *name, int64_t *out)
{
    const char *text = imgtool_value(t, name);

    if (text)
        esp_int(text, strlen(text), out);
}
