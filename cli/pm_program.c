/* SPDX-License-Identifier: Apache-2.0 */
/* Partition Manager's scripts by themselves: the tool answers to their names too, but it is
 * linked with an emulator and more, which costs several milliseconds before main() begins. */
#include "cli/dropin.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *name = argc ? dropin_base(argv[0]) : "";

    if (strncmp(name, "partition_manager_output", 24) == 0)
        return dropin_partition_manager_output(argc, argv);
    if (strncmp(name, "partition_manager_report", 24) == 0)
        return dropin_partition_manager_report(argc, argv);
    if (strncmp(name, "pm_to_dts", 9) == 0)
        return dropin_pm_to_dts(argc, argv);
    return argc ? dropin_partition_manager(argc, argv) : 2;
}
