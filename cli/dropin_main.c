/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of ESP-IDF by themselves. The tool answers to their names too, but it is linked with
 * OpenSSL and an emulator, which costs several milliseconds before main() begins; builds run these
 * programs thousands of times. */
#include "cli/dropin.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name; /* ".py" may follow */
    int (*main)(int argc, char **argv);
} programs[] = {
    { "gen_esp32part", dropin_gen_esp32part },
    { "parttool", dropin_parttool },
    { "otatool", dropin_otatool },
    { "check_sizes", dropin_check_sizes },
    { "gen_empty_partition", dropin_gen_empty_partition },
};

int main(int argc, char **argv)
{
    const char *name = argc ? dropin_base(argv[0]) : "";

    signal(SIGPIPE, SIG_DFL);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        size_t n = strlen(programs[i].name);

        if (strncmp(name, programs[i].name, n) != 0 || (name[n] && strcmp(name + n, ".py") != 0))
            continue;
        int code = programs[i].main(argc, argv);
        if (fflush(stdout) == 0 && !ferror(stdout))
            return code;
        fprintf(stderr, "%s: cannot write to standard output\n", name);
        return 1;
    }
    fprintf(stderr,
            "%s: call this program as gen_esp32part, parttool, otatool, check_sizes or "
            "gen_empty_partition\n",
            name);
    return 2;
}
