/* SPDX-License-Identifier: Apache-2.0 */
/* cli/table.h - what the commands about partition tables share. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/cli.h"
#include "host/table/part.h"

struct cli_table {
    struct esp_options options;
    struct esp_table table;
    const char *path;
    struct host_bytes bytes; /* the file */
    bool flash;              /* it is an image of a whole flash, with the table at... */
    int64_t found;           /* ...this offset */
};

/* clang-format off */
#define CLI_TABLE_OPERAND \
    { "TABLE", "CSV, binary table, or image of a whole flash; - for standard input", false, false }
#define CLI_TABLE_OPTIONS \
    { "offset", 0, "N", "Offset of the table in flash", "0x8000", false, false }, \
    { "primary-bootloader-offset", 0, "N", "Offset of the bootloader, for a row of its own", \
      NULL, false, false }, \
    { "recovery-bootloader-offset", 0, "N", "The same for a recovery bootloader", \
      NULL, false, false }, \
    { "extra-subtype", 0, "TYPE,NAME,VALUE", \
      "A subtype with a name of yours; VALUE is hexadecimal", NULL, true, false }, \
    { "no-md5", 0, NULL, "No MD5 row: do not write one, do not check it", NULL, false, false }, \
    { "secure", 0, "v1|v2", "Applications must suit this secure boot", NULL, false, false }
#define CLI_TABLE_FLASH_SIZE \
    { "flash-size", 0, "SIZE", "Size of the flash: 4M, 4MB or 0x400000", NULL, false, false }
/* clang-format on */

/* The options above. flash_size: the option is in the command's table too. An error is shown. */
int cli_table_options(struct cli *cli, struct esp_options *o, bool flash_size);
/* --offset: where the table is. An error is shown. */
int cli_table_offset(struct cli *cli, int64_t *out);
/* A size: "4MB", "4M", "0x400000". */
bool cli_flash_size(const char *text, int64_t *out);

/* Read the options and a file. What is wrong in it is in table.problems and is no error of this. */
int cli_table_open(struct cli *cli, struct cli_table *t, const char *path, bool flash_size);
/* The same, and verify; errors in it are shown and are the result. Warnings are not shown. */
int cli_table_open_good(struct cli *cli, struct cli_table *t, const char *path, bool flash_size);
/* Read the bytes again into table, with the options as they are now. */
void cli_table_read(struct cli_table *t);
void cli_table_close(struct cli_table *t);

/* "FILE:3:12: error: text. Hint. [rule]" */
void cli_table_problem(const struct cli *cli, FILE *out, const char *path,
                       const struct esp_problem *p, const struct esp_table *t);
/* Errors to stderr. HOST_OK, or HOST_BAD_LAYOUT if there are any. */
int cli_table_errors(const struct cli *cli, const struct cli_table *t);
/* "4M", "24K", "0x123" */
void cli_size_text(int64_t v, char out[24]);
/* A partition by its name; NULL with the error shown, and what name is near. path: of the table, or
 * NULL. */
const struct esp_row *cli_row(struct cli *cli, const struct esp_table *t, const char *path,
                              const char *name);
/* A partition as JSON. */
struct cJSON *cli_row_json(const struct esp_row *row, const struct esp_options *o);
/* The text of a type or subtype: its keyword, or a number. */
void cli_type_text(int64_t type, char out[24]);
void cli_subtype_text(const struct esp_names *names, int64_t type, int64_t subtype, char out[40]);

/* ---- commands on a flash: --flash or --port ---- */

struct cli_part {
    struct esp_options options;
    struct esp_table table;
    struct host_target target;
    struct host_esptool esptool;
};

/* clang-format off */
#define CLI_TARGET_OPTIONS \
    { "flash", 'f', "FILE", "Flash image file; file:FILE will do, too", NULL, false, false }, \
    { "port", 'p', "PORT", "Serial port of a chip, which esptool works on: /dev/ttyUSB0, COM3, " \
      "socket://HOST:PORT, rfc2217://HOST:PORT; auto lets it look for one", NULL, false, false }, \
    { "baud", 0, "N", "Baud rate of the serial port", NULL, false, false }, \
    { "esptool-args", 0, "ARG", "For esptool: K=V is --K V, K is --K", NULL, true, false }, \
    { "esptool-read-args", 0, "ARG", "The same, when it reads", NULL, true, false }, \
    { "esptool-write-args", 0, "ARG", "The same, when it writes: encrypt, force", NULL, true, \
      false }, \
    { "esptool-erase-args", 0, "ARG", "The same, when it erases", NULL, true, false }
#define CLI_PART_OPTIONS \
    CLI_TARGET_OPTIONS, \
    { "table", 0, "FILE", "The table, CSV or binary, instead of the one in the flash", \
      NULL, false, false }, \
    { "offset", 0, "N", "Offset of the table in flash; found by itself if not given", \
      NULL, false, false }
/* clang-format on */

int cli_part_open(struct cli *cli, struct cli_part *p, enum host_target_use use);
/* The flash alone, by CLI_TARGET_OPTIONS. */
int cli_part_open_target(struct cli *cli, struct cli_part *p, enum host_target_use use);
void cli_part_close(struct cli_part *p);
/* Keep others from changing a file until host_unlock(*lock), if it is there. HOST_OK, or the error
 * is shown. */
int cli_lock(struct cli *cli, const char *path, int *lock);
/* A partition by its name, as cli_row(). */
const struct esp_row *cli_part_find(struct cli *cli, const struct cli_part *p, const char *name);

#endif
