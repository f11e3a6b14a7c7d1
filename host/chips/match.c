/* SPDX-License-Identifier: Apache-2.0 */
/* Names of chips: a person writes STM32F407VET6, the table says stm32f407?e*. */
#include "host/chips/chips.h"

#include <ctype.h>

bool chip_match(const char *pattern, const char *name)
{
    for (; *pattern && *pattern != '*'; pattern++, name++)
        if (!*name ||
            (*pattern != '?' && tolower((unsigned char)*pattern) != tolower((unsigned char)*name)))
            return false;
    return *pattern == '*' || !*name;
}
