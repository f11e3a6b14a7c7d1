/* SPDX-License-Identifier: Apache-2.0 */
/* cli/ota.h - the facts on which ESP-IDF's bootloader chooses, gathered from a flash. */
#ifndef CLI_OTA_H
#define CLI_OTA_H

#include "cli/table.h"

/* Everything but what only options can tell (rollback, pins, eFuses). */
void cli_ota_facts(const struct cli_part *p, struct bh_esp_facts *facts);
/* "ota_1", "factory", "test", "nothing" */
void cli_ota_index_text(int index, char out[16]);
const char *cli_ota_state_text(uint32_t state);

#endif
