/* SPDX-License-Identifier: Apache-2.0 */
/* cli/pm_args.h - for the programs in place of Partition Manager's scripts: a command line of
 * options with lists of words, some of whose names come from the command line itself.
 *
 *     struct pm_args a = { .program = "partition_manager", .usage = "..." };
 *     code = pm_args_parse(&a, argc - 1, argv + 1);      0; 2: said; -1: help was printed
 *     const struct pm_arg *files = pm_args_find(&a, "input-files");
 *     ...
 *     if (pm_args_unknown(&a))
 *         return 2;
 *     pm_args_free(&a);
 */
#ifndef CLI_PM_ARGS_H
#define CLI_PM_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pm_arg {
    const char *name; /* without dashes; not ended where the word has a '=' */
    size_t name_len;
    const char **words;
    size_t n;
    bool used;
};

struct pm_args {
    const char *program;
    const char *usage; /* the first line is the usage line, without the program's name */
    struct pm_arg *list;
    size_t n, room;
    const char **words; /* all of them: each option has a part */
};

int pm_args_parse(struct pm_args *a, int argc, char **argv);
/* The last of this name; NULL: not given. It counts as known from now on. */
const struct pm_arg *pm_args_find(struct pm_args *a, const char *name);
/* Its only word; NULL: not given. *code is 2, and it was said, if it has none or several. */
const char *pm_args_one(struct pm_args *a, const char *name, int *code);
/* At least one word each. NULL, and *code is 2: it was said. */
const struct pm_arg *pm_args_need(struct pm_args *a, const char *name, int *code);
/* A number as Python's int(word, 0) reads it; *out stays if the option was not given. */
bool pm_args_number(struct pm_args *a, const char *name, int64_t *out, int *code);
/* Is there an option that nobody asked for? Then it was said. */
bool pm_args_unknown(const struct pm_args *a);
__attribute__((format(printf, 2, 3))) int pm_args_error(const struct pm_args *a, const char *format,
                                                        ...);
void pm_args_free(struct pm_args *a);

#endif
