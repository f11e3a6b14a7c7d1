/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cli.h - the frame of the command-line tool: what a command is, and what it may use.
 *
 *     static int run(struct cli *cli)
 *     {
 *         struct host_bytes in;
 *         if (host_read_file(cli->operands[0], &in, &cli->error))
 *             return cli_error(cli);
 *         ...
 *     }
 *     const struct cli_command cmd_image_info = {
 *         .noun = "image", .verb = "info", .summary = "Show what an image says of itself",
 *         .operands = (const struct cli_operand[]){ { "IMAGE", "Image file" }, { 0 } },
 *         .options = (const struct cli_option[]){ CLI_JSON, { 0 } },
 *         .exits = CLI_EXITS(HOST_BAD_INPUT), .run = run,
 *     };
 *
 * A command is one file, cli/cmd_NOUN_VERB.c, and one line in cli/commands.c. Help, man page,
 * completion and the checks of what a person typed all come from its table. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "host/io.h"
#include "host/near.h"
#include "host/report.h"

struct cJSON;

struct cli_option {
    const char *name;     /* long name, without dashes */
    char letter;          /* 0: none */
    const char *arg;      /* NULL: a switch. "FILE", "A|B|C" (checked), "TAG VALUE" (two) */
    const char *help;     /* no full stop; wrapped by the frame */
    const char *fallback; /* value if not given; shown in the help */
    bool many;            /* may be given more than once; otherwise the second is an error */
    bool required;
};

struct cli_operand {
    const char *name; /* in capitals; "A|B|C" in lower case is a choice and is checked */
    const char *help;
    bool optional;
    bool many; /* the last one only */
};

struct cli_example {
    const char *line; /* a whole command line */
    const char *what; /* what it does */
};

struct cli;

struct cli_command {
    const char *noun;
    const char *verb;                   /* NULL: the noun is the whole command */
    const char *summary;                /* one line, no full stop */
    const char *description;            /* paragraphs separated by an empty line; may be NULL */
    const struct cli_operand *operands; /* { 0 } ends; NULL: none */
    const struct cli_option *options;   /* { 0 } ends; NULL: none but the common ones */
    const struct cli_example *examples; /* { 0 } ends; NULL: none */
    unsigned exits;          /* CLI_EXITS(...): which exit codes beyond 0, 1 and 2 it has */
    const char *const *says; /* CLI_SAYS(...): what its exit codes mean, where that is not what they
                                mean in other commands; each text names an exit code of it, too */
    unsigned json_version;   /* of its --json, from 1 up (0 is 1); it changes when a program that
                              reads the former one would read this one wrongly */
    bool hidden;             /* not listed in the overview */
    int (*run)(struct cli *cli);
};

#define CLI_EXITS(code) (1u << (code)) /* or them together */
#define CLI_SAYS(...)                                                                              \
    (const char *const[HOST_VERIFY + 1])                                                           \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    } /* [HOST_FAILED] = "..." */

/* Options that mean the same everywhere. */
#define CLI_JSON                                                                                   \
    {                                                                                              \
        "json", 0, NULL, "Print JSON, for programs", NULL, false, false                            \
    }
#define CLI_FORCE                                                                                  \
    {                                                                                              \
        "force", 0, NULL, "Replace the output file if there is one", NULL, false, false            \
    }
#define CLI_DRY_RUN                                                                                \
    {                                                                                              \
        "dry-run", 'n', NULL, "Check everything, say what would be done, write nothing", NULL,     \
            false, false                                                                           \
    }
#define CLI_PASSPHRASE                                                                             \
    {                                                                                              \
        "passphrase", 0, "SOURCE",                                                                 \
            "Where the key's passphrase comes from: env:NAME, file:PATH (its first line), or "     \
            "ask; without it, it is asked for on the terminal if needed",                          \
            NULL, false, false                                                                     \
    }
/* Added to every command by the frame: --color, --quiet, --help. */
extern const struct cli_option cli_common[];

/* One of the nouns, for the overview. */
struct cli_noun {
    const char *name;
    const char *summary;
};

/* A program name of its own: a link with this name to the tool runs main. */
struct cli_dropin {
    const char *name;
    int (*main)(int argc, char **argv);
};

extern const struct cli_noun cli_nouns[];              /* { 0 } ends */
extern const struct cli_command *const cli_commands[]; /* NULL ends */
extern const struct cli_dropin cli_dropins[];          /* { 0 } ends */

struct cli_given {
    const struct cli_option *option;
    const char *value[2];
};

/* One run of one command. */
struct cli {
    const struct cli_command *command;
    const char **operands; /* checked against the table; NULL ends */
    size_t n_operands;
    struct cli_given *given;
    size_t n_given;
    bool quiet;
    bool json;               /* --json is among the words: errors are JSON too */
    bool color;              /* of standard output */
    struct cli_held *held;   /* what a product was built of (cli/product.h), or NULL */
    struct host_error error; /* for the host functions; cli_error() prints it */
};

/* What was given. name must be in the command's table. */
bool cli_has(const struct cli *cli, const char *name);
/* The value, or the fallback, or NULL. */
const char *cli_value(const struct cli *cli, const char *name);
size_t cli_count(const struct cli *cli, const char *name);
/* The i-th occurrence: one value, or two for an option like "TAG VALUE". */
const char *const *cli_nth(const struct cli *cli, const char *name, size_t i);
/* A number: decimal, 0x, or with suffix K or M (1024). *out stays as it is if the option was not
 * given and has no fallback. 0, or HOST_BAD_INPUT with the error already shown. */
int cli_u32(struct cli *cli, const char *name, uint32_t *out);
/* The same for any text. Is it a number? */
bool cli_parse_u32(const char *text, uint32_t *out);

/* Show an error on stderr and return its code: "bulkhead: WHERE: what: why. What to do." */
__attribute__((format(printf, 5, 6))) int cli_fail(struct cli *cli, int code,
                                                   struct host_where where, const char *hint,
                                                   const char *format, ...);
/* The one in cli->error, left there by a host function. */
int cli_error(struct cli *cli);
/* An error, warning or remark as one line of JSON on stderr; docs/json/message.json
 * describes it. */
void cli_json_message(const char *kind, const struct host_error *e);
/* "bulkhead: warning: ..." on stderr; --quiet silences it. */
__attribute__((format(printf, 2, 3))) void cli_warn(const struct cli *cli, const char *format, ...);
/* A remark on stderr for a person, silenced by --quiet: "wrote app.bin". */
__attribute__((format(printf, 2, 3))) void cli_note(const struct cli *cli, const char *format, ...);

/* Write what a command makes, "-" is standard output, and say so. With --dry-run, of which the
 * command must have the option, only find out whether it could be. Refused: binary data on a
 * terminal, and a file that the command line names as an input. HOST_OK, or the error is shown. */
int cli_write(struct cli *cli, const char *path, const void *data, size_t len, bool replace);

/* The file to write: of --output, or the operand of this index, which is optional in the table and
 * what the tool that a person comes from takes. It becomes that operand. HOST_OK, or the error is
 * shown. */
int cli_take_output(struct cli *cli, size_t operand);

/* Is a file that is to be written none of those that the command line names for reading? HOST_OK,
 * or the error is shown. */
int cli_spare_inputs(struct cli *cli, const char *path);

/* Start of a colour on standard output, or "" where there are none. */
enum cli_color { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_RED, CLI_GREEN, CLI_YELLOW, CLI_BLUE, CLI_CYAN };
const char *cli_paint(const struct cli *cli, enum cli_color color);

/* A reason of the bootloader, the same wherever one is told: { "code", "name", "text" }. */
struct cJSON *cli_json_reason(uint32_t number);
/* Print and free a document, an object; "schema" is put in front, by which docs/json/NOUN-VERB.json
 * describes it. HOST_OK, or HOST_FAILED if there was no memory for it (NULL too). */
int cli_json(struct cli *cli, struct cJSON *json);
/* The same on one line, at once: for JSON Lines during long work. */
int cli_json_line(struct cli *cli, struct cJSON *json);

/* A bar on stderr, drawn only on a terminal and not with --quiet, at most ten times a second. */
struct cli_progress {
    const char *label;
    uint64_t total;    /* 0: unknown, a count is shown */
    uint64_t drawn_ms; /* when last */
    uint64_t begun_ms;
    bool bytes; /* they are bytes: their rate is shown */
    bool on;
};
void cli_progress_begin(const struct cli *cli, struct cli_progress *p, const char *label,
                        uint64_t total);
void cli_progress_update(struct cli_progress *p, uint64_t done);
/* Wipes the bar away. */
void cli_progress_end(struct cli_progress *p);

#endif
