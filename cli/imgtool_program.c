/* SPDX-License-Identifier: Apache-2.0 */
/* imgtool by itself: the tool answers to that name too, but it is linked with an emulator and more,
 * which costs several milliseconds before main() begins. */
#include "cli/dropin.h"

int main(int argc, char **argv)
{
    return argc ? dropin_imgtool(argc, argv) : 2;
}
