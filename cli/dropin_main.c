/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of ESP-IDF by themselves. The tool answers to their names too, but it is linked with
 * OpenSSL, which costs time before main() begins; builds run these programs thousands of times. */
#include "cli/dropin.h"

#include <signal.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    const char *name = argc ? dropin_base(argv[0]) : "";
    dropin_main *program = dropin_program(name);

    signal(SIGPIPE, SIG_DFL);
    if (program) {
        int code = program(argc, argv);

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
