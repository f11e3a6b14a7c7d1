/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as ESP-IDF's tables as layouts: see worlds.h. */
#include "worlds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = { "esp-csv", "esp-bin", NULL };

    return fuzz_world(names, data, len);
}
