/* SPDX-License-Identifier: Apache-2.0 */
/* Files to partitions: fragments merged, the static file over them. Everything is looked at that
 * can be said of a key without knowing the other partitions. */
#define _GNU_SOURCE
#include "inner.h"

#include "host/near.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- findings and names ---- */

struct layout_finding *pm_fault(struct pm *pm, int region, const struct layout_mark *at,
                                const char *refusal, const char *format, ...)
{
    struct layout_finding *f;
    char text[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!pm->refusal) {
        pm->refusal = refusal ? refusal : pm_text(pm, "%s", text);
        pm->failed_region = region >= 0 ? pm->regions[region].name : NULL;
    }
    f = FAULT(pm->l, "partition-manager", at, "%s", text);
    return f;
}

const char *pm_text(struct pm *pm, const char *format, ...)
{
    char text[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return arena_text(&pm->l->inner->arena, text, strlen(text));
}

static const char *nth_part(size_t i, const void *context)
{
    const struct pm *pm = context;

    return i < pm->n_parts ? pm->parts[i].name : NULL;
}

const char *pm_near(const struct pm *pm, const char *name)
{
    return host_near(name, nth_part, pm);
}

int pm_find(const struct pm *pm, const char *name)
{
    return pm->names ? index_find(pm->names, name) : LAYOUT_NONE;
}

bool pm_is_fixed(const struct pm *pm, const char *name)
{
    int i = pm_find(pm, name);

    return i >= 0 && pm->parts[i].fixed;
}

int pm_add(struct pm *pm, const char *name, const struct layout_mark *at)
{
    struct pm_part *p;

    if (!pm->names) {
        pm->names = calloc(1, sizeof *pm->names);
        if (!pm->names)
            host_no_memory();
    }
    pm->parts = host_grow(pm->parts, pm->n_parts, &pm->room, sizeof *pm->parts);
    p = &pm->parts[pm->n_parts];
    *p = (struct pm_part){ .name = arena_text(&pm->l->inner->arena, name, strlen(name)),
                           .region = LAYOUT_NONE,
                           .source = LAYOUT_NONE };
    if (at)
        p->at = *at;
    p->map = pm_new(pm->l, PM_MAP, at);
    index_add(pm->names, p->name, (int)pm->n_parts);
    return (int)pm->n_parts++;
}

void pm_free(struct pm *pm)
{
    if (pm->names)
        index_free(pm->names);
    free(pm->names);
    free(pm->parts);
    *pm = (struct pm){ 0 };
}

/* ---- regions ---- */

int pm_find_region(const struct pm *pm, const char *name)
{
    for (size_t i = 0; i < pm->n_regions; i++)
        if (strcmp(pm->regions[i].name, name) == 0)
            return (int)i;
    return LAYOUT_NONE;
}

bool pm_region(struct pm *pm, struct pm_region region)
{
    static const struct layout_mark nowhere = { 0 };
    int64_t most = INT64_C(1) << 40;

    if (pm_find_region(pm, region.name) >= 0) {
        pm_fault(pm, LAYOUT_NONE, &nowhere, NULL, "region %s is there twice", region.name);
        return false;
    }
    if (pm->n_regions == PM_REGIONS_MAX) {
        pm_fault(pm, LAYOUT_NONE, &nowhere, NULL, "more than %u regions", PM_REGIONS_MAX);
        return false;
    }
    if (region.size < 0 || region.base < 0 || region.size > most || region.base > most) {
        pm_fault(pm, LAYOUT_NONE, &nowhere, NULL, "region %s: size %lld at %lld is no flash",
                 region.name, (long long)region.size, (long long)region.base);
        return false;
    }
    region.name = pm_text(pm, "%s", region.name);
    region.device = pm_text(pm, "%s", region.device ? region.device : "");
    region.driver = pm_text(pm, "%s", region.driver ? region.driver : "");
    region.dp = region.dp && *region.dp ? pm_text(pm, "%s", region.dp) : NULL;
    pm->regions[pm->n_regions++] = region;
    return true;
}

/* ---- one partition ---- */

static const char *const known_keys[] = {
    "size",        "placement", "share_size", "span",         "inside",      "region",
    "affiliation", "address",   "device",     "extra_params", "end_address", "orig_span",
    "sharers",     "align",     "align_next", NULL,
};

static const char *const placement_keys[] = { "before", "after", "align", "align_next", NULL };

static const char *nth_key(size_t i, const void *context)
{
    (void)context;
    return known_keys[i];
}

static const char *nth_placement_key(size_t i, const void *context)
{
    (void)context;
    return placement_keys[i];
}

static bool is_name(const char *name)
{
    if (!*name || strlen(name) >= LAYOUT_NAME_MAX)
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

/* An address or size: a number that is not below 0. */
static void check_number(struct pm *pm, const struct pm_part *p, const char *key)
{
    const struct pm_value *v = pm_get(p->map, key);
    struct layout_finding *f;
    int64_t sum;

    if (!v || (v->kind == PM_INTEGER && v->number >= 0 && v->number < INT64_C(1) << 40))
        return;
    if (v->kind == PM_INTEGER) {
        remedy(pm->l,
               pm_fault(pm, p->region, &v->at, NULL, "%s: %s %s is %s", p->name, key, v->text,
                        v->number < 0 ? "below 0" : "larger than any flash"),
               "Partition Manager computes with it and says nothing.");
        return;
    }
    f = pm_fault(pm, p->region, &v->at, NULL, "%s: %s is no number: %s%s%s", p->name, key,
                 v->kind == PM_TEXT ? "'" : "",
                 v->kind == PM_LIST  ? "a list"
                 : v->kind == PM_MAP ? "a map"
                                     : v->text,
                 v->kind == PM_TEXT ? "' is text" : "");
    if (v->kind == PM_TEXT && pm_sum(v->text, &sum))
        remedy(pm->l, f, "YAML has no arithmetic and no numbers in quotes: write 0x%llx.",
               (unsigned long long)sum);
    else
        remedy(pm->l, f, "Write a number: 4096 or 0x1000.");
}

static void check_align(struct pm *pm, const struct pm_part *p, const struct pm_value *placement)
{
    const struct pm_value *align = pm_get(placement, "align"), *v = align ? align->first : NULL;
    const struct pm_value *next = pm_get(placement, "align_next");
    char *line;

    if (next && (next->kind != PM_INTEGER || next->number <= 0))
        remedy(pm->l,
               pm_fault(pm, p->region, &next->at, NULL, "%s: align_next is no number above 0",
                        p->name),
               "Write a number of bytes: 0x1000.");
    if (!align)
        return;
    if (align->kind != PM_MAP || align->n != 1 ||
        (strcmp(v->key, "start") != 0 && strcmp(v->key, "end") != 0)) {
        line = pm_line(align, false);
        remedy(pm->l,
               pm_fault(pm, p->region, &align->at,
                        pm_text(pm, "Invalid alignment requirement %s", line),
                        "%s: Invalid alignment requirement %s", p->name, line),
               "Write align: {start: BYTES} or align: {end: BYTES}, one of the two.");
        free(line);
        return;
    }
    if (v->kind != PM_INTEGER || v->number <= 0 || v->number > INT64_C(1) << 40)
        remedy(pm->l,
               pm_fault(pm, p->region, &v->at, NULL, "%s: align %s is %s%s", p->name, v->key,
                        v->kind == PM_INTEGER ? v->text : "no number",
                        v->kind == PM_TEXT ? pm_text(pm, ": '%s'", v->text) : ""),
               "Write a number of bytes above 0: align: {%s: 0x1000}.", v->key);
}

static void say_unknown(struct pm *pm, const struct pm_part *p, const struct pm_value *v,
                        const char *(*nth)(size_t i, const void *context))
{
    struct layout_finding *f =
        pm_fault(pm, p->region, &v->at_key, NULL, "%s: unknown key %s", p->name, v->key);
    const char *near = host_near(v->key, nth, NULL);

    if (near)
        remedy(pm->l, f, "Did you mean %s? Partition Manager copies it and says nothing.", near);
    else
        remedy(pm->l, f, "Take it away: Partition Manager copies it and says nothing.");
}

static bool is_known(const char *key, const char *(*nth)(size_t i, const void *context))
{
    for (size_t i = 0; nth(i, NULL); i++)
        if (strcmp(nth(i, NULL), key) == 0)
            return true;
    return false;
}

static void check_keys(struct pm *pm, const struct pm_part *p)
{
    for (const struct pm_value *v = p->map->first; v; v = v->next) {
        if (strcmp(v->key, "align") == 0 || strcmp(v->key, "align_next") == 0) {
            const char *words =
                pm_text(pm, "'%s' config is misplaced (should be part of 'placement').", v->key);

            remedy(pm->l, pm_fault(pm, p->region, &v->at_key, words, "%s: %s", p->name, words),
                   "Write placement: {%s: ...}.", v->key);
        }
        if (!is_known(v->key, nth_key))
            say_unknown(pm, p, v, nth_key);
    }
}

/* one_of under placement does nothing that a list does not. */
static void check_one_of(struct pm *pm, const struct pm_part *p, const struct pm_value *placement)
{
    static const char words[] =
        "'one_of' was detected in one of the following\nproperties:\n\n- placement\n\n'one of' "
        "cannot be used with these properties because its functionality is\nsupported in their "
        "keywords by default. Lists should be used instead.\n";

    for (const struct pm_value *v = placement->first; v; v = v->next) {
        bool bad = v->kind == PM_MAP && pm_get(v, "one_of");

        for (const struct pm_value *in = v->kind == PM_LIST ? v->first : NULL; in; in = in->next)
            bad = bad || (in->kind == PM_MAP && pm_get(in, "one_of"));
        if (bad)
            remedy(pm->l,
                   pm_fault(pm, p->region, &v->at, words, "%s: 'one_of' in placement", p->name),
                   "Write a list: the first name that exists counts.");
    }
}

/* What is in a list of anchors is a name, or the original's own error about one_of. */
static void check_anchors(struct pm *pm, const struct pm_part *p, const struct pm_value *list,
                          const char *side)
{
    for (const struct pm_value *v = list && list->kind == PM_LIST ? list->first : NULL; v;
         v = v->next)
        if (v->kind != PM_TEXT && !(v->kind == PM_MAP && pm_get(v, "one_of")))
            remedy(pm->l,
                   pm_fault(pm, p->region, &v->at, NULL,
                            "%s: %s has something in it that is no name", p->name, side),
                   "Write %s: [NAME, NAME].", side);
}

static void check_placement(struct pm *pm, const struct pm_part *p)
{
    const struct pm_value *placement = pm_get(p->map, "placement");

    if (!placement)
        return;
    if (placement->kind != PM_MAP) {
        remedy(pm->l,
               pm_fault(pm, p->region, &placement->at, NULL, "%s: placement is no map", p->name),
               "Write placement: {before: [NAME]} or {after: [NAME]}.");
        return;
    }
    for (const struct pm_value *v = placement->first; v; v = v->next)
        if (!is_known(v->key, nth_placement_key))
            say_unknown(pm, p, v, nth_placement_key);
    check_one_of(pm, p, placement);
    check_anchors(pm, p, pm_get(placement, "before"), "before");
    check_anchors(pm, p, pm_get(placement, "after"), "after");
    check_align(pm, p, placement);
}

/* A text, or a list; what is in the list is looked at by clean.c. */
static void check_list(struct pm *pm, const struct pm_part *p, const char *key)
{
    const struct pm_value *v = pm_get(p->map, key);

    if (!v || v->kind == PM_TEXT || v->kind == PM_LIST || v->kind == PM_MAP)
        return;
    remedy(pm->l, pm_fault(pm, p->region, &v->at, NULL, "%s: %s is no list of names", p->name, key),
           "Write [NAME, NAME].");
}

static void find_region(struct pm *pm, struct pm_part *p)
{
    struct pm_value *v = pm_get(p->map, "region");
    size_t len = strlen(p->name);
    const char *name = v && v->kind == PM_TEXT                               ? v->text
                       : len >= 5 && strcmp(p->name + len - 5, "_sram") == 0 ? "sram_primary"
                                                                             : "flash_primary";
    struct layout_finding *f;
    const char *near = NULL;

    if (v && v->kind != PM_TEXT) {
        pm_fault(pm, LAYOUT_NONE, &v->at, NULL, "%s: region is no name", p->name);
        return;
    }
    if (!v)
        pm_put(pm->l, p->map, "region", pm_new_text(pm->l, name, NULL));
    p->region = pm_find_region(pm, name);
    if (p->region < 0 && pm->regions_open &&
        pm_region(pm, (struct pm_region){ .name = name, .size = 0 }))
        p->region = pm_find_region(pm, name);
    if (p->region >= 0)
        return;
    for (size_t i = 0; i < pm->n_regions && v; i++) {
        const char *const two[] = { pm->regions[i].name, NULL };
        size_t a = strlen(two[0]), b = strlen(name);

        /* One or two letters another. */
        if (!near && (a > b ? a - b : b - a) < 3 && strncmp(two[0], name, 2) == 0)
            near = two[0];
    }
    f = pm_fault(pm, LAYOUT_NONE, v ? &v->at : &p->at, NULL, "%s: unknown region %s", p->name,
                 name);
    if (near)
        remedy(
            pm->l, f,
            "Did you mean %s? With Partition Manager the partition vanishes, and nothing is said.",
            near);
    else
        remedy(pm->l, f, "Say which size it has: --region %s=SIZE.", name);
}

/* All that can be said of one partition. */
static void check_part(struct pm *pm, struct pm_part *p)
{
    find_region(pm, p);
    check_keys(pm, p);
    check_number(pm, p, "size");
    check_number(pm, p, "address");
    check_number(pm, p, "end_address");
    check_placement(pm, p);
    check_list(pm, p, "share_size");
    check_list(pm, p, "span");
    check_list(pm, p, "inside");
    p->container = pm_get(p->map, "span") != NULL;
}

/* ---- files ---- */

static const char *root_dp(const struct pm *pm)
{
    int flash = pm_find_region(pm, "flash_primary");

    return flash >= 0 && pm->regions[flash].dp ? pm->regions[flash].dp : "app";
}

static bool is_file(struct pm *pm, const char *name, const struct pm_value *root)
{
    if (!root)
        return false;
    if (root->kind == PM_MAP || root->kind == PM_NULL)
        return true;
    remedy(pm->l,
           pm_fault(pm, LAYOUT_NONE, &root->at, NULL, "%s is %s, and must be a map of partitions",
                    name, root->kind == PM_LIST ? "a list" : "one value"),
           "Write 'NAME: {size: BYTES, placement: {before: [end]}}'.");
    return false;
}

static bool is_part(struct pm *pm, const struct pm_value *v)
{
    if (!is_name(v->key)) {
        remedy(pm->l,
               pm_fault(pm, LAYOUT_NONE, &v->at_key, NULL,
                        "'%s' is no name of a partition: it becomes part of names in C", v->key),
               "Names are letters, digits and _, and have %u letters at most.",
               LAYOUT_NAME_MAX - 1);
        return false;
    }
    if (v->kind == PM_MAP)
        return true;
    remedy(pm->l, pm_fault(pm, LAYOUT_NONE, &v->at, NULL, "%s: not a map of keys", v->key),
           "Write '%s: {size: BYTES, placement: {before: [end]}}'.", v->key);
    return false;
}

static void say_conflict(struct pm *pm, const struct pm_part *old, const struct pm_value *v)
{
    char *a = pm_line(old->map, false), *b = pm_line(v, false);
    struct layout_finding *f = pm_fault(
        pm, LAYOUT_NONE, &v->at_key,
        pm_text(
            pm,
            "Conflicting configuration found for '%s' value for key '%s' differs. val1: %s val2: %s",
            v->at_key.file, v->key, b, a),
        "%s differs from what %s:%u:%u says of it", v->key, old->at.file, old->at.line,
        old->at.column);

    if (f)
        f->other = old->at;
    remedy(pm->l, f, "One of the two images must give its partition another name.");
    free(a);
    free(b);
}

static bool too_many(struct pm *pm, const struct layout_mark *at)
{
    if (pm->n_parts < PM_PARTS_MAX)
        return false;
    pm_fault(pm, LAYOUT_NONE, at, NULL, "more than %u partitions", PM_PARTS_MAX);
    return true;
}

bool pm_fragment(struct pm *pm, const char *name, const char *text, size_t len)
{
    struct pm_value *root = pm_yaml(pm->l, name, text, len);

    if (!is_file(pm, name, root))
        return false;
    for (struct pm_value *v = root->first, *next; v; v = next) {
        int old = pm_find(pm, v->key);

        next = v->next;
        if (!is_part(pm, v))
            continue;
        if (too_many(pm, &v->at_key))
            return false;
        if (old >= 0) {
            if (!pm_same(pm->parts[old].map, v))
                say_conflict(pm, &pm->parts[old], v);
            continue;
        }
        int i = pm_add(pm, v->key, &v->at_key);
        pm->parts[i].map = v;
    }
    return true;
}

bool pm_static(struct pm *pm, const char *name, const char *text, size_t len)
{
    struct pm_value *root = pm_yaml(pm->l, name, text, len);

    if (!is_file(pm, name, root))
        return false;
    for (struct pm_value *v = root->first; v; v = v->next) {
        int i = pm_find(pm, v->key);
        struct pm_part *p;

        if (!is_part(pm, v))
            continue;
        if (too_many(pm, &v->at_key))
            return false;
        if (i < 0)
            i = pm_add(pm, v->key, &v->at_key);
        else if (!pm->parts[i].fixed)
            finding(
                pm->l, LAYOUT_NOTE, "static", &pm->parts[i].at,
                "Partition '%s' is not included in the dynamic resolving since it is statically "
                "defined",
                v->key);
        p = &pm->parts[i];
        p->map = v;
        p->at = v->at_key;
        p->fixed = true;
    }
    return true;
}

/* ---- partitions.yml and regions.yml ---- */

static int64_t number_of(const struct pm_value *map, const char *key, int64_t otherwise)
{
    const struct pm_value *v = pm_get(map, key);

    return v && v->kind == PM_INTEGER ? v->number : otherwise;
}

static const char *text_of(const struct pm_value *map, const char *key)
{
    const struct pm_value *v = pm_get(map, key);

    return v && v->kind == PM_TEXT ? v->text : "";
}

bool pm_regions(struct pm *pm, const char *name, const char *text, size_t len)
{
    static const char *const strategies[] = { "start_to_end", "end_to_start", "complex", NULL };
    struct pm_value *root = pm_yaml(pm->l, name, text, len);
    bool good = is_file(pm, name, root);

    for (struct pm_value *v = good ? root->first : NULL; v && good; v = v->next) {
        struct pm_region r = { .name = v->key,
                               .size = number_of(v, "size", -1),
                               .base = number_of(v, "base_address", 0),
                               .device = text_of(v, "device"),
                               .driver = text_of(v, "default_driver_kconfig"),
                               .dp = text_of(v, "dynamic_partition") };

        for (size_t i = 0; strategies[i]; i++)
            if (strcmp(strategies[i], text_of(v, "placement_strategy")) == 0)
                r.strategy = (enum pm_strategy)i;
        if (v->kind != PM_MAP || r.size < 0) {
            pm_fault(pm, LAYOUT_NONE, &v->at_key, NULL, "region %s has no size", v->key);
            good = false;
        } else {
            good = pm_region(pm, r);
        }
    }
    return good;
}

static void take_solved(struct pm *pm, struct pm_part *p)
{
    const struct pm_value *address = pm_get(p->map, "address"), *size = pm_get(p->map, "size");

    check_part(pm, p);
    if (!address || !size) {
        remedy(pm->l,
               pm_fault(pm, LAYOUT_NONE, &p->at, NULL, "%s has no %s", p->name,
                        address ? "size" : "address"),
               "This is no partitions.yml: solve it first.");
        return;
    }
    p->address = address->number;
    p->size = size->number;
    p->placed = p->sized = true;
}

/* Leaves of the containers of a file that was solved; names that are not there count as none. */
static void take_spans(struct pm *pm)
{
    for (size_t i = 0; i < pm->n_parts; i++) {
        struct pm_part *p = &pm->parts[i];
        const struct pm_value *span = pm_get(p->map, "span");

        if (!span || span->kind != PM_LIST)
            continue;
        p->leaves = arena_get(&pm->l->inner->arena, (span->n + 1u) * sizeof *p->leaves);
        for (const struct pm_value *v = span->first; v; v = v->next) {
            int leaf = v->kind == PM_TEXT ? pm_find(pm, v->text) : LAYOUT_NONE;

            if (leaf >= 0)
                p->leaves[p->n_leaves++] = leaf;
        }
    }
}

bool pm_partitions(struct pm *pm, const char *name, const char *text, size_t len)
{
    size_t errors = pm->l->n_errors, before = pm->n_parts;

    if (!pm_fragment(pm, name, text, len))
        return false;
    for (size_t i = before; i < pm->n_parts; i++)
        take_solved(pm, &pm->parts[i]);
    take_spans(pm);
    return pm->l->n_errors == errors;
}

/* ---- before solving ---- */

/* In a domain whose application has a name of its own, every "app" in a list means that. */
static void rename_app(struct pm *pm, struct pm_value *root, const char *dp)
{
    struct pm_value *stack[DEPTH_MAX + 2] = { root };
    unsigned depth = 1;

    while (depth) {
        struct pm_value *v = stack[depth - 1];

        if (!v) {
            depth--;
            continue;
        }
        stack[depth - 1] = depth > 1 ? v->next : NULL;
        if (v->kind == PM_LIST)
            for (struct pm_value *in = v->first; in; in = in->next)
                if (in->kind == PM_TEXT && strcmp(in->text, "app") == 0)
                    in->text = dp;
        if (v->first && depth < DEPTH_MAX + 2)
            stack[depth++] = v->first;
    }
    (void)pm;
}

/* Do the files name the application: as a key, or in a list of another? */
static bool names_app(const struct pm_value *root, const char *dp)
{
    const struct pm_value *stack[DEPTH_MAX + 2] = { root };
    unsigned depth = 1;
    bool found = false;

    while (depth) {
        const struct pm_value *v = stack[depth - 1];

        if (!v) {
            depth--;
            continue;
        }
        stack[depth - 1] = depth > 1 ? v->next : NULL;
        found = found || (v->kind == PM_TEXT && strcmp(v->text, dp) == 0);
        if (v->first && depth < DEPTH_MAX + 2)
            stack[depth++] = v->first;
    }
    return found;
}

/* The dynamic partition of a complex region: its keys count for nothing. */
static void add_dp(struct pm *pm, int region)
{
    const struct pm_region *r = &pm->regions[region];
    const char *name = r->dp ? r->dp : "app";
    int i = pm_find(pm, name);
    struct pm_part *p;

    if (i < 0)
        i = pm_add(pm, name, NULL);
    p = &pm->parts[i];
    if (p->map->first && !p->fixed)
        remedy(
            pm->l,
            WARN(pm, "app", &p->at, "%s: its keys have no effect: it always takes the rest", name),
            "Take them away.");
    if (p->fixed) { /* a static app is what the gap must be; fixed_check() compares */
        pm_put(pm->l, p->map, "region", pm_new_text(pm->l, r->name, NULL));
    } else {
        p->map = pm_new(pm->l, PM_MAP, &p->at);
        pm_put(pm->l, p->map, "region", pm_new_text(pm->l, r->name, NULL));
    }
    p->dp = true;
}

static void add_app_container(struct pm *pm, const char *dp)
{
    struct pm_value *span = pm_new(pm->l, PM_LIST, NULL);
    int i = pm_find(pm, "app");

    if (i < 0)
        i = pm_add(pm, "app", NULL);
    if (pm->parts[i].fixed)
        return;
    pm->parts[i].map = pm_new(pm->l, PM_MAP, &pm->parts[i].at);
    pm_append(span, pm_new_text(pm->l, dp, NULL));
    pm_put(pm->l, pm->parts[i].map, "span", span);
}

bool solve_begin(struct pm *pm)
{
    const char *dp = root_dp(pm);

    for (size_t i = 0; i < pm->n_parts; i++) {
        if (strcmp(dp, "app") != 0 && !pm->parts[i].fixed)
            rename_app(pm, pm->parts[i].map, dp);
        pm->app_named =
            pm->app_named || strcmp(pm->parts[i].name, dp) == 0 || names_app(pm->parts[i].map, dp);
    }
    if (strcmp(dp, "app") != 0)
        add_app_container(pm, dp);
    for (size_t r = 0; r < pm->n_regions; r++)
        if (pm->regions[r].strategy == PM_COMPLEX)
            add_dp(pm, (int)r);
    for (size_t i = 0; i < pm->n_parts; i++)
        check_part(pm, &pm->parts[i]);
    return pm->l->n_errors == 0;
}
