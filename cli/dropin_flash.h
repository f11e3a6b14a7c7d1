/* SPDX-License-Identifier: Apache-2.0 */
/* cli/dropin_flash.h - what parttool and otatool have in common: options, then a subcommand that
 * does something to the partitions of a flash.
 *
 *     static const struct dropin_program program = { usage, options, subcommands, prepare, false };
 *     return dropin_flash_main(&program, argc, argv); */
#ifndef CLI_DROPIN_FLASH_H
#define CLI_DROPIN_FLASH_H

#include "cli/dropin.h"
#include "host/table/part.h"

/* One run. */
struct dropin_run {
    struct dropin global, sub; /* options before the subcommand, and its own */
    struct esp_options options;
    struct esp_table table;
    struct host_target target;
    struct host_esptool esptool;
    struct bh_otadata ota; /* otatool's */
    struct host_error error;
    bool quiet;
};

struct dropin_subcommand {
    const char *name;
    const struct dropin_option *options;
    int (*run)(struct dropin_run *r);
    bool table_is_enough; /* with a table's file it needs no flash */
    bool changes;         /* it changes the flash */
};

struct dropin_program {
    const char *usage;
    const struct dropin_option *options;
    const struct dropin_subcommand *subcommands;
    /* Before each: more options, and dropin_load(). 0, or the exit code. */
    int (*prepare)(struct dropin_run *r, const struct dropin_subcommand *sub);
    bool mute; /* --quiet silences the usage that answers no subcommand at all */
};

/* The options that both have; esptool's are without effect on a file. */
#define DROPIN_FLASH_OPTIONS                                                                       \
    { "quiet", 'q', '0', NULL }, { "esptool-args", 0, '+', NULL },                                 \
        { "esptool-write-args", 0, '+', NULL }, { "esptool-read-args", 0, '+', NULL },             \
        { "esptool-erase-args", 0, '+', NULL }, { "port", 'p', '1', NULL },                        \
        { "baud", 'b', '1', NULL }, { "partition-table-offset", 'o', '1', NULL },                  \
    {                                                                                              \
        "partition-table-file", 'f', '1', NULL                                                     \
    }
#define DROPIN_FLASH_USAGE                                                                         \
    "  -q, --quiet                        no status messages\n"                                    \
    "  -p, --port PORT                    serial port of the chip (esptool looks for one), or\n"   \
    "                                     file:FLASH, an image of its flash\n"                     \
    "  -f, --partition-table-file FILE    the table, CSV or binary, instead of the flash's\n"      \
    "  -o, --partition-table-offset N     where it is in the flash (0x8000)\n"                     \
    "  -b, --baud N                       of the serial port\n"                                    \
    "      --esptool-args, --esptool-write-args, --esptool-read-args, --esptool-erase-args ARG "   \
    "...\n"                                                                                        \
    "                                     for esptool: K=V is --K V, K is --K\n"

int dropin_flash_main(const struct dropin_program *p, int argc, char **argv);

/* Open the flash and read the table, as a subcommand needs it. 0, or the exit code. */
int dropin_load(struct dropin_run *r, const struct dropin_subcommand *sub);
/* Show r->error. What goes wrong ends with 1, or with 2 if quiet, as the originals'
 * tracebacks do. */
int dropin_failed(const struct dropin_run *r);
int dropin_fail(struct dropin_run *r, const char *text);
/* The same for an error of the core, or of the target behind it. */
int dropin_core_failed(struct dropin_run *r, int err);
/* A partition to a file, a file to a partition. 0, or the exit code. */
int dropin_read(struct dropin_run *r, const struct esp_row *row, const char *path);
int dropin_write(struct dropin_run *r, const struct esp_row *row, const char *path,
                 bool ignore_readonly);
int dropin_erase(struct dropin_run *r, const struct esp_row *row, bool ignore_readonly);

#endif
