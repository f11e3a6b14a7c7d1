/* SPDX-License-Identifier: Apache-2.0 */
/* The programs that stand in for ESP-IDF's, by name: for bulkhead-idf, and for Python. */
#include "cli/dropin.h"

#include <string.h>

static const struct {
    const char *name;
    dropin_main *main;
} programs[] = {
    { "gen_esp32part", dropin_gen_esp32part },
    { "parttool", dropin_parttool },
    { "otatool", dropin_otatool },
    { "check_sizes", dropin_check_sizes },
    { "gen_empty_partition", dropin_gen_empty_partition },
};

dropin_main *dropin_program(const char *name)
{
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        size_t n = strlen(programs[i].name);

        if (strncmp(name, programs[i].name, n) == 0 && (!name[n] || strcmp(name + n, ".py") == 0))
            return programs[i].main;
    }
    return NULL;
}
