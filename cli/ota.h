/* SPDX-License-Identifier: Apache-2.0 */
/* cli/ota.h - which application starts: the facts, gathered from a flash, and the story of a
 * choice. */
#ifndef CLI_OTA_H
#define CLI_OTA_H

#include "cli/table.h"
#include "host/table/otadata_choice.h"

/* What ESP-IDF's bootloader chooses by: all but what only options can tell (rollback,
 * pins, eFuse). */
void cli_ota_facts(struct cli_part *p, struct bh_esp_facts *facts);

#define CLI_OTA_LINES BH_ESP_EVENTS_MAX
#define CLI_OTA_LINE 160

/* How a bootloader came to what it starts, a line for each step. */
struct cli_ota_story {
    int index; /* as in bulkhead/otadata.h */
    unsigned n_lines;
    char lines[CLI_OTA_LINES][CLI_OTA_LINE];
};
__attribute__((format(printf, 2, 3))) void cli_ota_say(struct cli_ota_story *s, const char *format,
                                                       ...);
/* ESP-IDF's own: it looks at the table in the flash, and chooses if that will do. */
void cli_ota_play_esp_idf(struct cli_part *p, const struct bh_esp_facts *facts,
                          struct cli_ota_story *s);

/* "ota_1", "factory", "test", "nothing" */
void cli_ota_index_text(int index, char out[16]);
const char *cli_ota_state_text(uint32_t state);

#endif
