/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as pm_static.yml, partitions.yml and fragments of Partition Manager, as 'layout
 * show' takes them: see worlds.h. */
#include "worlds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = { "pm", NULL };

    return fuzz_world(names, data, len);
}
