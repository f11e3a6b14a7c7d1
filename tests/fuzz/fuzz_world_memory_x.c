/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as memory.x, and mtdparts: see worlds.h. */
#include "worlds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = { "memory-x", "mtdparts", NULL };

    return fuzz_world(names, data, len);
}
