/* SPDX-License-Identifier: Apache-2.0 */
/* cli/dropin.h - for the programs that stand in for ESP-IDF's: a command line as Python's argparse
 * reads it, and messages as those programs print them.
 *
 *     static const struct dropin_option options[] = { { "offset", 'o', '1', NULL }, { 0 } };
 *     struct dropin a = { .program = "gen_esp32part", .usage = "...", .options = options };
 *     if (dropin_parse(&a, argc - 1, argv + 1)) return 2;
 *     const char *off = dropin_value(&a, "offset");
 */
#ifndef CLI_DROPIN_H
#define CLI_DROPIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dropin_option {
    const char *name;    /* long, without dashes */
    char letter;         /* 0: none */
    char words;          /* how many follow: '0', '1', '?' none or one, '*' any, '+' at least one */
    const char *choices; /* "v1|v2"; NULL: anything */
};

#define DROPIN_WORDS 64 /* options and operands on one command line */

struct dropin_given {
    const struct dropin_option *option;
    const char *const *words;
    size_t n;
};

struct dropin {
    const char *program;
    const char *usage;                   /* what --help prints */
    const struct dropin_option *options; /* { 0 } ends */
    bool stop_at_operand; /* the first operand is a subcommand: leave the rest alone */
    struct dropin_given given[DROPIN_WORDS];
    size_t n_given;
    const char *operands[DROPIN_WORDS];
    size_t n_operands;
    int used;  /* words that were read */
    bool help; /* --help was asked for and has been printed */
};

/* 0, or 2 with the error printed. */
int dropin_parse(struct dropin *a, int argc, char **argv);
/* The last occurrence counts, as with argparse. NULL: not given. */
const struct dropin_given *dropin_find(const struct dropin *a, const char *name);
/* Its first word, or NULL. */
const char *dropin_value(const struct dropin *a, const char *name);
/* "PROGRAM: error: ..." after the usage line; 2. */
__attribute__((format(printf, 2, 3))) int dropin_usage_error(const struct dropin *a,
                                                             const char *format, ...);
/* A number as int(text, 0) reads it. 0, or 2 with the error printed; *out stays if not given. */
int dropin_int(const struct dropin *a, const char *name, int64_t *out);
/* The name a program was called by, without folders. */
const char *dropin_base(const char *path);

struct esp_options;
struct esp_problems;
struct esp_problem;

/* --offset, the two bootloader offsets, and --extra-partition-subtypes. 0, or the exit code. */
int dropin_table_options(const struct dropin *a, const char *offset_name, struct esp_options *o,
                         struct esp_problems *problems);
/* Print the warnings of the original from *seen on; at an error print that too and stop there.
 * 0, or 2 for an error. */
int dropin_report(const struct esp_problems *problems, size_t *seen);

typedef int dropin_main(int argc, char **argv);
/* The program of a name, with or without ".py"; NULL: there is none. */
dropin_main *dropin_program(const char *name);

/* How esptool is started, NULL ends: set by Python, which has one of its own. NULL: it is looked
 * for. */
extern const char *const *dropin_esptool;

int dropin_gen_esp32part(int argc, char **argv);
int dropin_parttool(int argc, char **argv);
int dropin_otatool(int argc, char **argv);
int dropin_check_sizes(int argc, char **argv);
int dropin_gen_empty_partition(int argc, char **argv);
int dropin_imgtool(int argc, char **argv);
int dropin_partition_manager(int argc, char **argv);
int dropin_partition_manager_output(int argc, char **argv);
int dropin_partition_manager_report(int argc, char **argv);
int dropin_pm_to_dts(int argc, char **argv);

#endif
