/* SPDX-License-Identifier: Apache-2.0 */
/* Man pages, in roff, from the same tables as --help. */
#include "cli/frame.h"

#include <ctype.h>
#include <string.h>

/* Text that roff must take as it is; an empty line begins a paragraph. */
static void plain(FILE *out, const char *text)
{
    bool line_begins = true;

    for (; *text; text++) {
        if (line_begins && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        line_begins = *text == '\n';
        if (text[0] == '\n' && text[1] == '\n') {
            fputs("\n.PP\n", out);
            text++;
        } else if (*text == '-') {
            fputs("\\-", out);
        } else if (*text == '\\') {
            fputs("\\e", out);
        } else if (*text == '|') { /* a long list of choices may be broken here */
            fputs("|\\:", out);
        } else {
            fputc(*text, out);
        }
    }
}

static void tagged(FILE *out, const char *label, const char *text)
{
    fputs(".TP\n\\fB", out);
    plain(out, label);
    fputs("\\fR\n", out);
    plain(out, text);
    fputc('\n', out);
}

static void title(FILE *out, const char *noun, const char *verb)
{
    fputs(".TH BULKHEAD", out);
    for (const char *part = noun; part; part = part == noun ? verb : NULL) {
        fputs("\\-", out);
        for (const char *c = part; *c; c++)
            fputc(toupper((unsigned char)*c), out);
    }
    fprintf(out, " 1 \"\" \"Bulkhead %s\" \"Bulkhead\"\n.ad l\n.nh\n", BULKHEAD_VERSION);
}

static void of_command(FILE *out, const struct cli_command *c)
{
    const struct cli_option *o;
    char text[512], label[256];

    title(out, c->noun, c->verb);
    fprintf(out, ".SH NAME\nbulkhead\\-%s%s%s \\- ", c->noun, c->verb ? "\\-" : "",
            c->verb ? c->verb : "");
    plain(out, c->summary);
    cli_usage(c, text, sizeof text);
    fputs("\n.SH SYNOPSIS\n\\fB", out);
    plain(out, text);
    fputs("\\fR\n", out);
    if (c->description) {
        fputs(".SH DESCRIPTION\n", out);
        plain(out, c->description);
        fputc('\n', out);
    }
    if (c->operands && c->operands->name)
        fputs(".SH OPERANDS\n", out);
    for (const struct cli_operand *p = c->operands; p && p->name; p++)
        tagged(out, p->name, p->help);
    fputs(".SH OPTIONS\n", out);
    for (size_t i = 0; (o = cli_option_at(c, i)); i++) {
        cli_option_label(o, label, sizeof label);
        cli_option_text(o, text, sizeof text);
        tagged(out, label + strspn(label, " "), text);
    }
    if (c->examples && c->examples->line)
        fputs(".SH EXAMPLES\n", out);
    for (const struct cli_example *e = c->examples; e && e->line; e++)
        tagged(out, e->line, e->what);
    fputs(".SH EXIT STATUS\n", out);
    for (int code = 0; code <= HOST_VERIFY; code++)
        if (cli_exit_text(c, code)) {
            snprintf(label, sizeof label, "%d", code);
            tagged(out, label, cli_exit_text(c, code));
        }
    fputs(".SH SEE ALSO\n.BR bulkhead (1)\n", out);
}

static void of_everything(FILE *out)
{
    title(out, NULL, NULL);
    fputs(
        ".SH NAME\nbulkhead \\- flash partitions, firmware images, and a bootloader that no power "
        "cut sinks\n.SH SYNOPSIS\n\\fBbulkhead\\fR NOUN VERB [OPTIONS] ...\n.SH COMMANDS\n",
        out);
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *c = cli_commands[i];
        char label[96];

        if (c->hidden)
            continue;
        snprintf(label, sizeof label, "bulkhead-%s%s%s(1)", c->noun, c->verb ? "-" : "",
                 c->verb ? c->verb : "");
        tagged(out, label, c->summary);
    }
    fputs(".SH ENVIRONMENT\n", out);
    tagged(out, "NO_COLOR", "If set, no colours unless --color=always is given.");
}

void cli_man(FILE *out, const struct cli_command *command)
{
    if (command)
        of_command(out, command);
    else
        of_everything(out);
}
