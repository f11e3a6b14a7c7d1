/* SPDX-License-Identifier: Apache-2.0 */
/* What a person sees beside the results: errors, warnings, remarks, colours. */
#include "cli/frame.h"
#include "host/target.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cli_terminal(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fileno(stream)) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

const char *cli_paint(const struct cli *cli, enum cli_color color)
{
    static const char *const codes[] = {
        [CLI_PLAIN] = "\033[0m", [CLI_BOLD] = "\033[1m",   [CLI_DIM] = "\033[2m",
        [CLI_RED] = "\033[31m",  [CLI_GREEN] = "\033[32m", [CLI_YELLOW] = "\033[33m",
        [CLI_BLUE] = "\033[34m", [CLI_CYAN] = "\033[36m",
    };

    return cli->color ? codes[color] : "";
}

/* Results first, or the two streams would be shown in the wrong order. */
static void complain(const char *kind, const char *text)
{
    fflush(stdout);
    fprintf(stderr, "bulkhead: %s%s\n", kind, text);
}

int cli_error(struct cli *cli)
{
    if (cli->json)
        cli_json_message("error", &cli->error);
    else
        complain("", cli->error.text);
    return cli->error.code;
}

int cli_fail(struct cli *cli, int code, struct host_where where, const char *hint,
             const char *format, ...)
{
    char text[800];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    host_fail(&cli->error, code, where, hint, "%s", text);
    return cli_error(cli);
}

void cli_warn(const struct cli *cli, const char *format, ...)
{
    char text[800];
    va_list args;

    if (cli->quiet)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (cli->json) {
        struct host_error e = { .code = HOST_OK };

        snprintf(e.text, sizeof e.text, "%s", text);
        cli_json_message("warning", &e);
        return;
    }
    complain("warning: ", text);
}

void cli_note(const struct cli *cli, const char *format, ...)
{
    va_list args;

    if (cli->quiet)
        return;
    if (cli->json) {
        struct host_error e = { .code = HOST_OK };

        va_start(args, format);
        vsnprintf(e.text, sizeof e.text, format, args);
        va_end(args);
        cli_json_message("remark", &e);
        return;
    }
    fflush(stdout);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

/* The file that a word of the command line names for reading: FILE, file:FILE, NAME=FILE. */
static bool names_file(const char *word, const char *path)
{
    const char *equals = strchr(word, '=');

    return host_same_file(path, host_target_path(word)) ||
           (equals && host_same_file(path, equals + 1));
}

int cli_spare_inputs(struct cli *cli, const char *path)
{
    bool names = false;

    for (size_t i = 0; i < cli->n_operands; i++)
        names = names || (cli->operands[i] != path && names_file(cli->operands[i], path));
    for (size_t i = 0; i < cli->n_given; i++) {
        const struct cli_given *g = &cli->given[i];
        bool file = g->option->arg &&
                    (strstr(g->option->arg, "FILE") || strcmp(g->option->arg, "LAYOUT") == 0 ||
                     strcmp(g->option->arg, "PORT") == 0);

        names = names || (file && strcmp(g->option->name, "output") != 0 && g->value[0] != path &&
                          names_file(g->value[0], path));
    }
    return names ? cli_fail(cli, HOST_BAD_INPUT, host_in(path), "Choose another output file.",
                            "the output would replace an input")
                 : HOST_OK;
}

int cli_take_output(struct cli *cli, size_t operand)
{
    const char *output = cli_value(cli, "output");
    bool named = cli->n_operands > operand;

    if (named && output)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Say one of them.",
                        "'%s' and --output %s are two output files", cli->operands[operand],
                        output);
    if (!named && !output)
        return cli_fail(cli, HOST_BAD_INPUT, host_nowhere(), "Say -o FILE.",
                        "the output file is missing");
    if (output)
        cli->operands[cli->n_operands++] = output; /* room is for each word */
    return HOST_OK;
}

int cli_write(struct cli *cli, const char *path, const void *data, size_t len, bool replace)
{
    bool dry = cli_has(cli, "dry-run"), standard = strcmp(path, "-") == 0;
    struct host_output out;

    if (cli_spare_inputs(cli, path))
        return cli->error.code;
    if (host_output_open(&out, path, 0666, replace, &cli->error))
        return cli_error(cli);
    int code = dry ? host_output_check(&out, data, len, &cli->error)
                   : host_output_commit(&out, data, len, &cli->error);
    host_output_cancel(&out);
    if (code)
        return cli_error(cli);
    if (dry || !standard)
        cli_note(cli, "%s %s, %zu bytes", dry ? "would write" : "wrote",
                 standard ? "standard output" : path, len);
    return HOST_OK;
}
