/* SPDX-License-Identifier: Apache-2.0 */
/* What a sum of numbers is worth: for the person who wrote one where YAML takes none. */
#include "inner.h"

#include <stdlib.h>
#include <string.h>

/* A number with blanks around it. */
static bool number(const char **text, int64_t *out)
{
    char *end;

    *text += strspn(*text, " ");
    if (**text < '0' || **text > '9')
        return false;
    *out = strtoll(*text, &end, 0);
    *text = end + strspn(end, " ");
    return *out < INT64_C(1) << 40;
}

bool pm_sum(const char *text, int64_t *out)
{
    int64_t value;

    if (!number(&text, out))
        return false;
    while (*text) {
        char sign = *text++;

        if (!number(&text, &value))
            return false;
        if (sign == '+')
            *out += value;
        else if (sign == '-')
            *out -= value;
        else if (sign == '*' && (value == 0 || *out < (INT64_C(1) << 40) / value))
            *out *= value;
        else
            return false;
    }
    return *out >= 0;
}
