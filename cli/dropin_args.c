/* SPDX-License-Identifier: Apache-2.0 */
/* A command line as argparse reads it: abbreviations, --name=value, -nVALUE, -abc, "--". */
#include "cli/dropin.h"

#include "host/table/table.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *dropin_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int dropin_usage_error(const struct dropin *a, const char *format, ...)
{
    va_list args;
    const char *end = strchr(a->usage, '\n');

    fflush(stdout);
    fprintf(stderr, "usage: %s %.*s\n%s: error: ", a->program,
            (int)(end ? end - a->usage : (long)strlen(a->usage)), a->usage, a->program);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return 2;
}

static bool is_negative_number(const char *word)
{
    return word[0] == '-' && strspn(word + 1, "0123456789.") == strlen(word + 1) && word[1];
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] && !is_negative_number(word);
}

/* The option that a long name, perhaps cut short, means; NULL with the error printed. */
static const struct dropin_option *long_option(struct dropin *a, const char *name, size_t len)
{
    const struct dropin_option *found = NULL;

    for (const struct dropin_option *o = a->options; o->name; o++) {
        if (strncmp(o->name, name, len) != 0)
            continue;
        if (strlen(o->name) == len)
            return o;
        if (found) {
            dropin_usage_error(a, "ambiguous option: --%.*s could match --%s, --%s", (int)len, name,
                               found->name, o->name);
            return NULL;
        }
        found = o;
    }
    if (!found)
        dropin_usage_error(a, "unrecognized arguments: --%.*s", (int)len, name);
    return found;
}

static const struct dropin_option *short_option(struct dropin *a, char letter)
{
    for (const struct dropin_option *o = a->options; o->name; o++)
        if (o->letter == letter)
            return o;
    dropin_usage_error(a, "unrecognized arguments: -%c", letter);
    return NULL;
}

static bool is_choice(const char *choices, const char *word)
{
    size_t len = strlen(word);

    for (const char *c = choices; *c; c += *c == '|') {
        size_t n = strcspn(c, "|");

        if (n == len && strncmp(c, word, n) == 0)
            return true;
        c += n;
    }
    return false;
}

static int take(struct dropin *a, const struct dropin_option *o, const char *const *words, size_t n)
{
    if (o->words == '1' && n == 0)
        return dropin_usage_error(a, "argument --%s: expected one argument", o->name);
    if (o->words == '+' && n == 0)
        return dropin_usage_error(a, "argument --%s: expected at least one argument", o->name);
    for (size_t i = 0; o->choices && i < n; i++)
        if (!is_choice(o->choices, words[i]))
            return dropin_usage_error(a, "argument --%s: invalid choice: '%s' (choose from %s)",
                                      o->name, words[i], o->choices);
    if (a->n_given == DROPIN_WORDS)
        return dropin_usage_error(a, "too many options");
    a->given[a->n_given++] = (struct dropin_given){ o, words, n };
    return 0;
}

/* How many of the words from argv[i] on belong to an option. */
static int follow(const struct dropin_option *o, int i, int argc, char **argv)
{
    int most = o->words == '0' ? 0 : o->words == '1' || o->words == '?' ? 1 : argc;
    int n = 0;

    while (n < most && i + n < argc && !is_option(argv[i + n]))
        n++;
    return n;
}

/* Room for values that are a part of a word: "--name=VALUE". */
static const char *const *part_of_word(struct dropin *a, const char *value)
{
    const char **room = &a->operands[DROPIN_WORDS - 1 - a->n_given];

    *room = value;
    return room;
}

static int read_long(struct dropin *a, int *i, int argc, char **argv)
{
    const char *name = argv[*i] + 2, *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const struct dropin_option *o;

    if (len == 4 && strncmp(name, "help", 4) == 0) {
        a->help = true;
        return 0;
    }
    o = long_option(a, name, len);
    if (!o)
        return 2;
    ++*i;
    if (equals && o->words == '0')
        return dropin_usage_error(a, "argument --%s: ignored explicit argument '%s'", o->name,
                                  equals + 1);
    if (equals)
        return take(a, o, part_of_word(a, equals + 1), 1);
    int n = follow(o, *i, argc, argv);
    int code = take(a, o, (const char *const *)&argv[*i], (size_t)n);
    *i += n;
    return code;
}

static int read_short(struct dropin *a, int *i, int argc, char **argv)
{
    const char *p = argv[(*i)++] + 1;

    while (*p) {
        const struct dropin_option *o;

        if (*p == 'h') {
            a->help = true;
            return 0;
        }
        o = short_option(a, *p++);
        if (!o)
            return 2;
        if (o->words != '0' && *p)
            return take(a, o, part_of_word(a, p + (*p == '=')), 1);
        int n = *p ? 0 : follow(o, *i, argc, argv);
        int code = take(a, o, (const char *const *)&argv[*i], (size_t)n);
        *i += n;
        if (code)
            return code;
    }
    return 0;
}

int dropin_parse(struct dropin *a, int argc, char **argv)
{
    bool only_operands = false;
    int i = 0, code = 0;

    while (i < argc && code == 0 && !a->help) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
            i++;
        } else if (only_operands || !is_option(argv[i])) {
            if (a->n_operands + a->n_given >= DROPIN_WORDS / 2)
                return dropin_usage_error(a, "too many arguments");
            a->operands[a->n_operands++] = argv[i++];
            if (a->stop_at_operand)
                break;
        } else if (argv[i][1] == '-') {
            code = read_long(a, &i, argc, argv);
        } else {
            code = read_short(a, &i, argc, argv);
        }
    }
    a->used = i;
    if (a->help)
        printf("usage: %s %s", a->program, a->usage);
    return code;
}

const struct dropin_given *dropin_find(const struct dropin *a, const char *name)
{
    for (size_t i = a->n_given; i > 0; i--)
        if (strcmp(a->given[i - 1].option->name, name) == 0)
            return &a->given[i - 1];
    return NULL;
}

const char *dropin_value(const struct dropin *a, const char *name)
{
    const struct dropin_given *given = dropin_find(a, name);

    return given && given->n ? given->words[0] : NULL;
}

int dropin_int(const struct dropin *a, const char *name, int64_t *out)
{
    const char *text = dropin_value(a, name);

    if (!text || esp_int(text, strlen(text), out))
        return 0;
    return dropin_usage_error(a, "argument --%s: invalid number: '%s'", name, text);
}

int dropin_table_options(const struct dropin *a, const char *offset_name, struct esp_options *o,
                         struct esp_problems *problems)
{
    const struct dropin_given *extra = dropin_find(a, "extra-partition-subtypes");
    size_t seen = 0;

    if (dropin_int(a, offset_name, &o->table_off) ||
        dropin_int(a, "primary-bootloader-offset", &o->primary_bootloader) ||
        dropin_int(a, "recovery-bootloader-offset", &o->recovery_bootloader))
        return 2;
    if (o->primary_bootloader != ESP_NOWHERE && o->primary_bootloader >= o->table_off)
        esp_problem(problems, "options",
                    "Unsupported configuration. Primary bootloader must be below partition table. "
                    "Check --primary-bootloader-offset=%s and --offset=%s",
                    esp_hex((char[24]){ 0 }, o->primary_bootloader),
                    esp_hex((char[24]){ 0 }, o->table_off));
    for (size_t i = 0; extra && i < extra->n; i++)
        esp_names_add(&o->names, extra->words[i], problems);
    return dropin_report(problems, &seen);
}

int dropin_report(const struct esp_problems *problems, size_t *seen)
{
    fflush(stdout);
    for (; *seen < problems->n; ++*seen) {
        const struct esp_problem *p = &problems->list[*seen];
        bool shown = p->original || p->severity == ESP_ERROR || strcmp(p->rule, "label-long") == 0;

        if (!shown)
            continue;
        if (p->lead)
            fprintf(stderr, "%s\n", p->lead);
        if (p->row && p->severity == ESP_ERROR)
            fprintf(stderr,
                    "Error at line %u: %s\nPlease check extra_partition_subtypes.inc file in "
                    "build/config directory\n",
                    p->line, p->text);
        else
            fprintf(stderr, "%s%s\n",
                    p->original || p->severity == ESP_ERROR ? "" : "WARNING: ", p->text);
        if (p->severity == ESP_ERROR)
            return 2;
    }
    return 0;
}
