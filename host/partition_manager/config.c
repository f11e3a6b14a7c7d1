/* SPDX-License-Identifier: Apache-2.0 */
/* pm_config.h and pm.config: names in C and in Kconfig for what lies where. */
#define _GNU_SOURCE
#include "inner.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- order ---- */

struct sorted {
    const struct pm_part *p;
    size_t depth; /* of containers below it */
};

static int by_name(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;

    return strcmp(x->p->name, y->p->name);
}

static int by_address(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;

    if (x->p->address != y->p->address)
        return x->p->address < y->p->address ? -1 : 1;
    return by_name(a, b);
}

static int by_size(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;

    if (x->p->size != y->p->size)
        return x->p->size < y->p->size ? -1 : 1;
    if (x->depth != y->depth)
        return x->depth < y->depth ? -1 : 1;
    return by_name(a, b);
}

/* 0 for a leaf; for a container one more than its first member. */
static size_t depth_of(const struct pm *pm, const struct pm_part *p)
{
    size_t depth = 0;

    while (depth <= pm->n_parts) {
        const char *first = pm_first(p->map, "span");
        int i = first ? pm_find(pm, first) : LAYOUT_NONE;

        if (!pm_get(p->map, "span"))
            break;
        depth++;
        if (i < 0)
            break;
        p = &pm->parts[i];
    }
    return depth;
}

static struct sorted *sort(const struct pm *pm, size_t *n, int (*order)(const void *, const void *))
{
    struct sorted *list = calloc(pm->n_parts + 1, sizeof *list);

    if (!list)
        host_no_memory();
    *n = 0;
    for (size_t i = 0; i < pm->n_parts; i++)
        if (!pm->parts[i].dropped && pm->parts[i].placed && pm->parts[i].region >= 0)
            list[(*n)++] = (struct sorted){ &pm->parts[i], depth_of(pm, &pm->parts[i]) };
    qsort(list, *n, sizeof *list, order);
    return list;
}

/* ---- lines ---- */

struct lines {
    FILE *out;
    bool header;
    bool begun;
    const char *prefix; /* of a domain that is not the image's: "CPUNET_"; "" otherwise */
};

/* A line "#define NAME VALUE" or "NAME=VALUE"; none ends with the file. */
__attribute__((format(printf, 3, 4))) static void put(struct lines *s, const char *name,
                                                      const char *format, ...)
{
    bool label = strstr(name, "LABEL") != NULL;
    va_list args;

    if (s->begun)
        fputc('\n', s->out);
    s->begun = true;
    fprintf(s->out, "%sPM_%s%s%c", s->header ? "#define " : "", label ? "" : s->prefix, name,
            s->header ? ' ' : '=');
    va_start(args, format);
    vfprintf(s->out, format, args);
    va_end(args);
}

static const char *cased(const char *name, int (*to)(int), char out[LAYOUT_NAME_MAX + 1])
{
    size_t i = 0;

    for (; name[i] && i < LAYOUT_NAME_MAX; i++)
        out[i] = (char)to((unsigned char)name[i]);
    out[i] = 0;
    return out;
}

struct name {
    char text[3 * LAYOUT_NAME_MAX + 64];
};

__attribute__((format(printf, 1, 2))) static struct name name_of(const char *format, ...)
{
    struct name n;
    va_list args;

    va_start(args, format);
    vsnprintf(n.text, sizeof n.text, format, args);
    va_end(args);
    return n;
}
#define NAME(...) (name_of(__VA_ARGS__).text)

static void put_params(struct lines *s, const char *upper, const struct pm_part *p)
{
    const struct pm_value *params = pm_get(p->map, "extra_params");
    const struct pm_value **list;
    size_t n = 0;

    if (!params || params->kind != PM_MAP)
        return;
    list = calloc(params->n + 1u, sizeof *list);
    if (!list)
        host_no_memory();
    for (const struct pm_value *v = params->first; v; v = v->next) {
        size_t at = n++;

        for (; at > 0 && strcmp(list[at - 1]->key, v->key) > 0; at--)
            list[at] = list[at - 1];
        list[at] = v;
    }
    for (size_t i = 0; i < n; i++) {
        struct name name = name_of("%s_EXTRA_PARAM_%s", upper, list[i]->key);
        const char *key = name.text;

        if (list[i]->kind == PM_INTEGER)
            put(s, key, "%" PRId64, list[i]->number);
        else if (list[i]->kind == PM_YES_NO)
            put(s, key, "%s", list[i]->number ? "True" : "False");
        else
            put(s, key, "%s", list[i]->text ? list[i]->text : "");
    }
    free(list);
}

static void put_span(struct lines *s, const char *upper, const struct pm_part *p)
{
    const struct pm_value *span = pm_get(p->map, "span");
    char *text = NULL;
    size_t len;
    FILE *out;

    if (!span)
        return;
    out = open_memstream(&text, &len);
    if (!out)
        host_no_memory();
    for (const struct pm_value *v = span->first; v; v = v->next)
        fprintf(out, "%s%s", v == span->first ? "" : " ", v->kind == PM_TEXT ? v->text : "");
    fclose(out);
    put(s, NAME("%s_SPAN", upper), "\"%s\"", text);
    free(text);
}

/* One partition. Its lines with an ID only if its region has a device. */
static void put_part(struct lines *s, const struct pm *pm, const struct pm_part *p, size_t *id)
{
    const struct pm_region *r = &pm->regions[p->region];
    char upper[LAYOUT_NAME_MAX + 1], lower[LAYOUT_NAME_MAX + 1];
    const char *u = cased(p->name, toupper, upper), *l = cased(p->name, tolower, lower);

    put(s, NAME("%s_OFFSET", u), "0x%" PRIx64, (uint64_t)(p->address - r->base));
    put(s, NAME("%s_ADDRESS", u), "0x%" PRIx64, (uint64_t)p->address);
    put(s, NAME("%s_END_ADDRESS", u), "0x%" PRIx64, (uint64_t)(p->address + p->size));
    put(s, NAME("%s_SIZE", u), "0x%" PRIx64, (uint64_t)p->size);
    put(s, NAME("%s_NAME", u), "%s", p->name);
    put_params(s, u, p);
    if (*r->device) {
        put(s, NAME("%s_ID", u), "%zu", *id);
        put(s, NAME("%s_ID", l), "PM_%s_ID", u);
        put(s, NAME("%s_IS_ENABLED", l), "1");
        put(s, NAME("%zu_LABEL", *id), "%s%s", s->prefix, u);
        (*id)++;
        if (s->header)
            put(s, NAME("%s_DEV", u), "%s", r->device);
        if (s->header && *r->driver)
            put(s, NAME("%s_DEFAULT_DRIVER_KCONFIG", u), "%s", r->driver);
    }
    if (!s->header)
        put_span(s, u, p);
}

/* ---- who is affiliated to what ---- */

static bool belongs(const struct pm_part *p, const char *to)
{
    const struct pm_value *v = pm_get(p->map, "affiliation");

    if (v && v->kind == PM_TEXT)
        return strcmp(v->text, to) == 0;
    for (v = v && v->kind == PM_LIST ? v->first : NULL; v; v = v->next)
        if (v->kind == PM_TEXT && strcmp(v->text, to) == 0)
            return true;
    return false;
}

static void put_affiliation(struct lines *s, const struct sorted *list, size_t n, const char *to)
{
    char *text = NULL, upper[LAYOUT_NAME_MAX + 1];
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        host_no_memory();
    for (size_t i = 0; i < n; i++)
        if (belongs(list[i].p, to))
            fprintf(out, " fn(%s)", cased(list[i].p->name, toupper, upper));
    fclose(out);
    put(s, NAME("FOREACH_AFFILIATED_TO_%s(fn)", to), "%s", text);
    free(text);
}

static void put_affiliations(struct lines *s, const struct sorted *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct pm_value *v = pm_get(list[i].p->map, "affiliation");

        if (v && v->kind == PM_LIST)
            v = v->first;
        for (; v && v->kind == PM_TEXT; v = v->next) {
            bool said = false;

            for (size_t k = 0; k < i; k++)
                said = said || belongs(list[k].p, v->text);
            if (!said)
                put_affiliation(s, list, n, v->text);
            if (pm_get(list[i].p->map, "affiliation")->kind != PM_LIST)
                break;
        }
    }
}

/* ---- a domain ---- */

static void put_domain(struct lines *s, const struct pm *pm, size_t *id)
{
    size_t n;
    struct sorted *list = sort(pm, &n, by_address), *sizes;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        host_no_memory();
    for (size_t i = 0; i < n; i++)
        put_part(s, pm, list[i].p, id);
    put(s, "NUM", "%zu", *id);
    sizes = sort(pm, &n, by_size);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%s", i ? " " : "", sizes[i].p->name);
    fclose(out);
    put(s, "ALL_BY_SIZE", "\"%s\"", text);
    put_affiliations(s, list, n);
    free(text);
    free(list);
    free(sizes);
}

void pm_write_config(FILE *out, const struct pm *domain)
{
    struct lines s = { .out = out, .prefix = "" };
    size_t id = 0;

    put_domain(&s, domain, &id);
}

/* Where the image itself is. */
static int put_image(struct lines *s, const struct pm *pm, const char *image, struct host_error *e)
{
    int i = pm_find(pm, image), legacy = pm_find(pm, NAME("%s_image", image));
    int sram = pm_find(pm, NAME("%s_sram", image));
    const struct pm_part *p = i >= 0 ? &pm->parts[i] : NULL;

    if (!p || p->dropped || !p->placed)
        return host_fail(e, HOST_FAILED, host_nowhere(),
                         "Name the image as its partition is named.",
                         "no partition is named as the image '%s'", image);
    if (p->container && legacy < 0)
        return host_fail(
            e, HOST_FAILED, host_in(p->at.file),
            NAME("Rename the container '%.60s', and name the partition in it '%.60s'.", image,
                 image),
            "Partition image '%s' is a container with a span of one or more images, but "
            "has the same name of its child image",
            image);
    if (p->container)
        p = &pm->parts[legacy];
    sram = sram >= 0 ? sram : pm_find(pm, "sram_primary");
    put(s, "ADDRESS", "0x%" PRIx64, (uint64_t)p->address);
    put(s, "SIZE", "0x%" PRIx64, (uint64_t)p->size);
    if (sram >= 0 && pm->parts[sram].placed) {
        put(s, "SRAM_ADDRESS", "0x%" PRIx64, (uint64_t)pm->parts[sram].address);
        put(s, "SRAM_SIZE", "0x%" PRIx64, (uint64_t)pm->parts[sram].size);
    }
    return HOST_OK;
}

int pm_write_header(FILE *out, const struct pm *domains, size_t n, const char *image,
                    size_t image_domain, const char *script, struct host_error *e)
{
    struct lines s = { .out = out, .header = true, .prefix = "" };
    size_t id = 0;
    int code;

    fprintf(out,
            "/* File generated by %s, do not modify */\n#ifndef PM_CONFIG_H__\n"
            "#define PM_CONFIG_H__",
            script);
    s.begun = true;
    for (size_t d = 0; d < n; d++) {
        struct name prefix =
            name_of("%.*s_", (int)LAYOUT_NAME_MAX, domains[d].domain ? domains[d].domain : "");

        s.prefix = d == image_domain ? "" : prefix.text;
        put_domain(&s, &domains[d], &id);
    }
    s.prefix = "";
    code = put_image(&s, &domains[image_domain], image, e);
    fputs("\n#endif /* PM_CONFIG_H__ */", out);
    return code;
}
