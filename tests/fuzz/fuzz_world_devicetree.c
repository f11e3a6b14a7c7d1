/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a devicetree blob, which libfdt takes apart: see worlds.h. */
#include "worlds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = { "dtb", NULL };

    return fuzz_world(names, data, len);
}
