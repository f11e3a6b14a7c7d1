/* SPDX-License-Identifier: Apache-2.0 */
/* cli/boot_line.h - the one line that a bootloader prints, in words. It begins with B, or where
 * otadata chooses with S.
 *
 *     if (cli_boot_line_read("B 00 2d 01 00", &line)) {
 *         cli_boot_line_text(&line, text);
 *         ... "recovery: no slot holds an image that verifies (0x2d); journal idle" ...
 *     } */
#ifndef CLI_BOOT_LINE_H
#define CLI_BOOT_LINE_H

#include <stdbool.h>
#include <stdint.h>

struct cJSON;

struct cli_boot_line {
    bool started; /* or recovery */
    uint8_t reason, state, outcome;
    bool has_journal; /* B: state and outcome were in it */
    bool has_choice;  /* S: these were in it */
    int index;        /* the application: as in bulkhead/otadata.h */
    uint8_t refused;  /* enum bh_reason: why the first one that was looked at and is bad is so */
};

#define CLI_BOOT_LINE_TEXT 256u

/* False: it is no such line. Line ends and spaces around it do not count. */
bool cli_boot_line_read(const char *text, struct cli_boot_line *out);
void cli_boot_line_text(const struct cli_boot_line *line, char text[CLI_BOOT_LINE_TEXT]);
struct cJSON *cli_boot_line_json(const struct cli_boot_line *line);

#endif
