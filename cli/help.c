/* SPDX-License-Identifier: Apache-2.0 */
/* --help, 80 columns wide. */
#include "cli/frame.h"

#include <string.h>

#define WIDTH 80
#define COLUMN 26 /* where explanations begin */

/* Print words from column `at` on, wrapped, each line indented by indent. An empty line in the
 * text stays one; a single line end is a blank. */
static void wrap(FILE *out, const char *text, int at, int indent)
{
    bool first = true;

    while (*text) {
        size_t len = strcspn(text, " \n");

        if (len && !first && at + 1 + (int)len > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
        } else if (len && !first && at > indent) {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", (int)len, text);
        at += (int)len;
        first = first && !len;
        text += len;
        if (text[0] == '\n' && text[1] == '\n') {
            fprintf(out, "\n\n%*s", indent, "");
            at = indent;
        }
        text += strspn(text, " \n");
    }
    fputc('\n', out);
}

/* "  label      explanation ..." */
static void row(FILE *out, const char *label, const char *text)
{
    int at = fprintf(out, "  %s", label);

    if (at > COLUMN - 2) {
        fputc('\n', out);
        at = 0;
    }
    fprintf(out, "%*s", COLUMN - at, "");
    wrap(out, text, COLUMN, COLUMN);
}

static void operands(FILE *out, const struct cli_command *c)
{
    if (!c->operands || !c->operands->name)
        return;
    fputs("\nOperands:\n", out);
    for (const struct cli_operand *o = c->operands; o->name; o++)
        row(out, o->name, o->help);
}

static void options(FILE *out, const struct cli_command *c)
{
    const struct cli_option *o;
    char label[256], text[512];

    fputs("\nOptions:\n", out);
    for (size_t i = 0; (o = cli_option_at(c, i)); i++) {
        cli_option_label(o, label, sizeof label);
        cli_option_text(o, text, sizeof text);
        row(out, label, text);
    }
}

static void examples(FILE *out, const struct cli_command *c)
{
    if (!c->examples || !c->examples->line)
        return;
    fputs("\nExamples:\n", out);
    for (const struct cli_example *e = c->examples; e->line; e++) {
        fprintf(out, "  %s\n      ", e->line);
        wrap(out, e->what, 6, 6);
    }
}

void cli_help(FILE *out, const struct cli_command *c)
{
    char usage[256];

    cli_usage(c, usage, sizeof usage);
    fprintf(out, "%s.\n\nUsage: %s\n", c->summary, usage);
    if (c->description) {
        fputc('\n', out);
        wrap(out, c->description, 0, 0);
    }
    operands(out, c);
    options(out, c);
    examples(out, c);
    fputs("\nExit codes:\n", out);
    for (int code = 0; code <= HOST_VERIFY; code++)
        if (cli_exit_text(c, code)) {
            fprintf(out, "  %d  ", code);
            wrap(out, cli_exit_text(c, code), 5, 5);
        }
}

static void list_verbs(FILE *out, const char *noun)
{
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *c = cli_commands[i];
        char label[64];

        if (c->hidden || !c->verb || strcmp(c->noun, noun) != 0)
            continue;
        snprintf(label, sizeof label, "%s %s", noun, c->verb);
        row(out, label, c->summary);
    }
}

static bool any_verb(const char *noun)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (cli_commands[i]->verb && !cli_commands[i]->hidden &&
            strcmp(cli_commands[i]->noun, noun) == 0)
            return true;
    return false;
}

void cli_help_noun(FILE *out, const char *noun)
{
    fprintf(out, "Usage: bulkhead %s VERB [OPTIONS] ...\n\nVerbs:\n", noun);
    list_verbs(out, noun);
    fprintf(out, "\n'bulkhead %s VERB --help' tells all about one.\n", noun);
}

void cli_help_all(FILE *out)
{
    fputs("Flash partitions, firmware images, and a bootloader that no power cut sinks.\n"
          "\nUsage: bulkhead NOUN VERB [OPTIONS] ...\n",
          out);
    for (const struct cli_noun *n = cli_nouns; n->name; n++)
        if (any_verb(n->name)) {
            fprintf(out, "\n%s:\n", n->summary);
            list_verbs(out, n->name);
        }
    fputs("\nThe tool itself:\n", out);
    for (size_t i = 0; cli_commands[i]; i++)
        if (!cli_commands[i]->verb && !cli_commands[i]->hidden)
            row(out, cli_commands[i]->noun, cli_commands[i]->summary);
    row(out, "--version", "Show the version");
    fputs("\n'bulkhead NOUN VERB --help' tells all about a command.\n", out);
}
