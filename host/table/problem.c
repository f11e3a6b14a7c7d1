/* SPDX-License-Identifier: Apache-2.0 */
/* The list of what is to be said. */
#define _GNU_SOURCE
#include "table.h"
#include "host/grow.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

char *esp_format(const char *format, ...)
{
    va_list args;
    char *out;

    va_start(args, format);
    int n = vasprintf(&out, format, args);
    va_end(args);
    if (n < 0)
        host_no_memory();
    return out;
}

const char *esp_hex(char out[24], int64_t v)
{
    snprintf(out, 24, "0x%s%" PRIx64, v < 0 ? "-" : "", v < 0 ? -v : v);
    return out;
}

static struct esp_problem *add(struct esp_problems *p, const char *rule, enum esp_severity severity,
                               const char *format, va_list args)
{
    struct esp_problem *problem;

    p->list = host_grow(p->list, p->n, &p->room, sizeof *p->list);
    problem = &p->list[p->n++];
    *problem = (struct esp_problem){ .rule = rule, .severity = severity };
    if (vasprintf(&problem->text, format, args) < 0)
        host_no_memory();
    p->errors += severity == ESP_ERROR;
    return problem;
}

struct esp_problem *esp_problem(struct esp_problems *p, const char *rule, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    struct esp_problem *problem = add(p, rule, ESP_ERROR, format, args);
    va_end(args);
    problem->original = true;
    return problem;
}

struct esp_problem *esp_refuse(struct esp_problems *p, const char *rule, const char *hint,
                               const char *format, ...)
{
    va_list args;

    va_start(args, format);
    struct esp_problem *problem = add(p, rule, ESP_ERROR, format, args);
    va_end(args);
    problem->hint = hint;
    return problem;
}

struct esp_problem *esp_advise(struct esp_problems *p, const char *rule, const char *hint,
                               const char *format, ...)
{
    va_list args;

    va_start(args, format);
    struct esp_problem *problem = add(p, rule, ESP_WARNING, format, args);
    va_end(args);
    problem->hint = hint;
    return problem;
}

void esp_problems_free(struct esp_problems *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->list[i].lead);
        free(p->list[i].text);
    }
    free(p->list);
    *p = (struct esp_problems){ 0 };
}
