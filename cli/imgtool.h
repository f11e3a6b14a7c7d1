/* SPDX-License-Identifier: Apache-2.0 */
/* cli/imgtool.h - the program that stands in for MCUboot's imgtool 2.5.0: its command line as
 * Python's click reads it, its output, its exit codes (0; 1 failed; 2 usage).
 *
 *     static int run(struct imgtool *t)
 *     {
 *         const char *path = imgtool_value(t, "key");
 *         if (!path)
 *             return imgtool_usage(t, "Cannot sign with a public-only PEM");
 *         return 0;
 *     }
 *     const struct imgtool_command imgtool_verify = {
 *         .name = "verify", .summary = "...", .options = options, .arguments = { "IMGFILE" },
 *         .run = run,
 *     };
 *
 * One command is one table in one of the files cli/imgtool_*.c; imgtool_main.c lists them. */
#ifndef CLI_IMGTOOL_H
#define CLI_IMGTOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/keys.h"

struct imgtool;

struct imgtool_option {
    const char *name;    /* long, without dashes */
    char letter;         /* 0: none */
    uint8_t words;       /* how many follow: 0, 1 or 2 */
    bool required, many; /* many: each occurrence counts; otherwise the last one does */
    const char *arg;     /* what help calls the words; "a|b" is a choice, and is checked */
    const char *help;
    /* 0, or 2 with the error shown. NULL: anything is right. */
    int (*check)(struct imgtool *t, const struct imgtool_option *o, const char *word);
};

struct imgtool_command {
    const char *name, *summary, *description; /* description may be NULL */
    const struct imgtool_option *options;     /* { 0 } ends; --help is added */
    const char *arguments[3];                 /* all are required; NULL ends */
    int (*run)(struct imgtool *t);
};

extern const struct imgtool_command imgtool_keygen, imgtool_getpub, imgtool_getpubhash,
    imgtool_getpriv, imgtool_keyinfo, imgtool_sign, imgtool_verify, imgtool_dumpinfo;

#define IMGTOOL_WORDS 256 /* options and arguments on one command line */

struct imgtool_given {
    const struct imgtool_option *option; /* NULL: --help */
    const char *words[2];
};

/* One run of one command. */
struct imgtool {
    const char *program; /* the name it was called by */
    const char *as;      /* the name the command was called by */
    const struct imgtool_command *command;
    struct imgtool_given given[IMGTOOL_WORDS];
    size_t n_given;
    const char *arguments[IMGTOOL_WORDS];
    size_t n_arguments;
    struct host_error error; /* for the host functions; imgtool_failed() shows it */
};

/* 0: go on. Otherwise *code is the exit code: help was shown, or what is wrong. */
int imgtool_parse(struct imgtool *t, int argc, char **argv, int *code);
void imgtool_help(const struct imgtool *t);

bool imgtool_has(const struct imgtool *t, const char *name);
/* The last occurrence; NULL: not given. */
const char *imgtool_value(const struct imgtool *t, const char *name);
/* A number as Python's int(text, 0) reads it; *out stays if it was not given. Its form was checked
 * when it was read: see imgtool_check_int. */
void imgtool_int(const struct imgtool *t, const char *name, int64_t *out);

int imgtool_check_int(struct imgtool *t, const struct imgtool_option *o, const char *word);
/* "Invalid value for '-k' / '--key': ..." after the usage lines; 2. */
__attribute__((format(printf, 3, 4))) int
imgtool_invalid(const struct imgtool *t, const struct imgtool_option *o, const char *format, ...);
/* "Error: ..." after the usage lines; 2. */
__attribute__((format(printf, 2, 3))) int imgtool_usage(const struct imgtool *t, const char *format,
                                                        ...);
/* "imgtool: ...", where the original ends with a Python traceback; 1. */
__attribute__((format(printf, 2, 3))) int imgtool_fail(const struct imgtool *t, const char *format,
                                                       ...);
/* The same with the text of t->error. */
int imgtool_failed(const struct imgtool *t);

/* Load a PEM key, asking for its passphrase if it needs one. 0, or 1 with the error shown. */
int imgtool_load_key(struct imgtool *t, const char *path, struct host_key *key);
/* All of an image file, of Intel HEX if it ends in .hex; *base: address of the first byte, -1:
 * none. 0, or 1 with the error shown. *missing: there is no such file, which the caller is
 * to show. */
int imgtool_read(struct imgtool *t, const char *path, struct host_bytes *out, int64_t *base,
                 bool *missing);
/* A file replaced as a whole, or standard output (path NULL). 0, or 1 with the error shown. */
int imgtool_write(struct imgtool *t, const char *path, const void *data, size_t len);

/* Does the name end in .hex? */
bool imgtool_is_hex(const char *path);

#endif
