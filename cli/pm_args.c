/* SPDX-License-Identifier: Apache-2.0 */
/* Options with lists of words, as argparse reads them: --name WORD..., --name=WORD. */
#include "cli/pm_args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/grow.h"
#include "host/table/table.h"

int pm_args_error(const struct pm_args *a, const char *format, ...)
{
    const char *end = strchr(a->usage, '\n');
    va_list args;

    fflush(stdout);
    fprintf(stderr, "usage: %s %.*s\n%s: error: ", a->program, (int)(end - a->usage), a->usage,
            a->program);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return 2;
}

int pm_args_parse(struct pm_args *a, int argc, char **argv)
{
    struct pm_arg *open = NULL;
    size_t used = 0;

    a->words = calloc((size_t)(argc < 0 ? 0 : argc) + 1, sizeof *a->words);
    if (!a->words)
        host_no_memory();
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i], *value;

        if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
            printf("usage: %s %s", a->program, a->usage);
            return -1;
        }
        if (strncmp(word, "--", 2) != 0 || !word[2]) {
            if (!open)
                return pm_args_error(a, "unrecognized arguments: %s", word);
            a->words[used++] = word;
            open->n++;
            continue;
        }
        value = strchr(word, '=');
        a->list = host_grow(a->list, a->n, &a->room, sizeof *a->list);
        open = &a->list[a->n++];
        *open = (struct pm_arg){ .name = word + 2,
                                 .name_len = value ? (size_t)(value - word) - 2 : strlen(word + 2),
                                 .words = &a->words[used] };
        if (value) {
            a->words[used++] = value + 1;
            open->n++;
            open = NULL;
        }
    }
    return 0;
}

const struct pm_arg *pm_args_find(struct pm_args *a, const char *name)
{
    struct pm_arg *found = NULL;

    for (size_t i = 0; i < a->n; i++)
        if (strlen(name) == a->list[i].name_len &&
            strncmp(a->list[i].name, name, a->list[i].name_len) == 0) {
            found = &a->list[i];
            found->used = true;
        }
    return found;
}

const char *pm_args_one(struct pm_args *a, const char *name, int *code)
{
    const struct pm_arg *arg = pm_args_find(a, name);

    if (!arg)
        return NULL;
    if (arg->n == 0)
        *code = pm_args_error(a, "argument --%s: expected one argument", name);
    else if (arg->n > 1)
        *code = pm_args_error(a, "unrecognized arguments: %s", arg->words[1]);
    return arg->n == 1 ? arg->words[0] : NULL;
}

const struct pm_arg *pm_args_need(struct pm_args *a, const char *name, int *code)
{
    const struct pm_arg *arg = pm_args_find(a, name);

    if (!arg)
        *code = pm_args_error(a, "the following arguments are required: --%s", name);
    else if (arg->n == 0)
        *code = pm_args_error(a, "argument --%s: expected at least one argument", name);
    return arg && arg->n ? arg : NULL;
}

bool pm_args_number(struct pm_args *a, const char *name, int64_t *out, int *code)
{
    const char *word = pm_args_one(a, name, code);

    if (!word)
        return false;
    if (esp_int(word, strlen(word), out))
        return true;
    *code = pm_args_error(a, "argument --%s: invalid value: '%s'", name, word);
    return false;
}

bool pm_args_unknown(const struct pm_args *a)
{
    for (size_t i = 0; i < a->n; i++)
        if (!a->list[i].used) {
            pm_args_error(a, "unrecognized arguments: --%.*s", (int)a->list[i].name_len,
                          a->list[i].name);
            return true;
        }
    return false;
}

void pm_args_free(struct pm_args *a)
{
    free(a->list);
    free(a->words);
    a->list = NULL;
    a->words = NULL;
}
