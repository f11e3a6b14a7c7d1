/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as wolfBoot's target.h and .config: expressions, comments, conditions: see worlds.h. */
#include "worlds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = { "target-h", "wolfboot-config", NULL };

    return fuzz_world(names, data, len);
}
