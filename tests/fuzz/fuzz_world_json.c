/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as our own JSON, and picotool's partition table: see worlds.h. */
#include "worlds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = { "json", "rp2350", NULL };

    return fuzz_world(names, data, len);
}
