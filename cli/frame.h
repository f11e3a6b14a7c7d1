/* SPDX-License-Identifier: Apache-2.0 */
/* cli/frame.h - what the frame's own files share: parsing, and every text made from the tables. */
#ifndef CLI_FRAME_H
#define CLI_FRAME_H

#include "cli/cli.h"

/* From words to cli->operands, cli->given and the common options. HOST_OK, or the error
 * is shown. */
int cli_parse(struct cli *cli, int argc, char **argv);

/* NULL if there is none. A noun that is a command by itself takes any verb. */
const struct cli_command *cli_find(const char *noun, const char *verb);
/* These words are no command: say so, and what was meant. verb may be NULL if noun is no noun. */
int cli_no_command(struct cli *cli, const char *noun, const char *verb);
/* The n-th option of a command, the common ones after its own; NULL after the last. */
const struct cli_option *cli_option_at(const struct cli_command *command, size_t n);
/* How many values it takes: 0, 1 or 2. */
size_t cli_option_values(const struct cli_option *option);

/* Is it a terminal that may show colours? */
bool cli_terminal(FILE *stream);

/* Texts of the tables, the same in help, man page and completion. size bytes are enough
 * with 256. */
void cli_option_label(const struct cli_option *option, char *text,
                      size_t size);                                             /* -k, --key FILE */
void cli_option_text(const struct cli_option *option, char *text, size_t size); /* with default */
void cli_usage(const struct cli_command *command, char *text, size_t size);
const char *cli_exit_text(const struct cli_command *command, int code); /* NULL: never */

/* --help: of a command, of a noun, of everything. */
void cli_help(FILE *out, const struct cli_command *command);
void cli_help_noun(FILE *out, const char *noun);
void cli_help_all(FILE *out);

/* roff, of a command or (NULL) of everything. */
void cli_man(FILE *out, const struct cli_command *command);

#endif
