/* SPDX-License-Identifier: Apache-2.0 */
/* Partition Manager's files in and out. Fragments are solved; a static file, and what a run gave,
 * are taken as they are and checked. */
#define _GNU_SOURCE
#include "inner.h"

#include "host/partition_manager/inner.h"
#include "host/system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- in ---- */

static bool has_line(const char *text, size_t len, const char *const *words)
{
    bool line = true;

    for (size_t i = 0; i < len; i++) {
        for (size_t k = 0; line && words[k]; k++)
            if (len - i > strlen(words[k]) && strncmp(text + i, words[k], strlen(words[k])) == 0)
                return true;
        line = text[i] == '\n';
    }
    return false;
}

/* Would the C preprocessor change it? */
static bool has_directives(const char *text, size_t len)
{
    static const char *const words[] = { "#if", "#include", "#define", "#else", "#endif", NULL };

    return has_line(text, len, words);
}

/* Past blanks, comments, directives of YAML, and the line that begins a document. */
static size_t first_key(const char *text, size_t len)
{
    size_t i = 0;

    for (;;) {
        while (i < len && text[i] && strchr(" \t\r\n", text[i]))
            i++;
        if (i == len || !(text[i] == '#' || text[i] == '%' ||
                          (len - i > 2 && strncmp(text + i, "---", 3) == 0)))
            return i;
        while (i < len && text[i] != '\n' && text[i] != '\r')
            i++;
    }
}

/* The first line that is no comment and no blank is a key of a map: "NAME:", "{", "? NAME". What is
 * no name of a partition is said by who reads it. */
bool recognise_pm(const char *text, size_t len)
{
    static const char *const header[] = { "#define", NULL };
    size_t at = first_key(text, len), i = at;

    if (memchr(text, 0, len))
        return false;
    if (i == len) /* nothing is in it, unless it includes what is */
        return has_directives(text, len) && !has_line(text, len, header);
    if (text[i] == '{' || (text[i] == '?' && i + 1 < len && text[i + 1] == ' '))
        return true;
    while (i < len && text[i] != '\n' && text[i] != '\r' && !strchr("{}[],;=(<", text[i])) {
        if (text[i] == ':' && (i + 1 == len || strchr(" \t\r\n", text[i + 1])))
            return i > at;
        i++;
    }
    return false;
}

/* By its own key; or by one that no partition is named, so that who forgot the first hears of
 * it. */
bool recognise_layout(const char *text, size_t len)
{
    static const char *const keys[] = { "layout:", "base:", "devices:", "partitions:" };
    size_t at = 0;

    while (at < len) {
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            if (len - at > strlen(keys[k]) && strncmp(text + at, keys[k], strlen(keys[k])) == 0)
                return true;
        while (at < len && text[at] != '\n')
            at++;
        at++;
    }
    return false;
}

/* Through the C preprocessor, as the build system runs it. */
static int preprocess(const char *path, const struct world_options *options, struct host_bytes *out,
                      struct host_error *e)
{
    const char *argv[2 * WORLD_TEXTS_MAX + 16] = { "cc",        "-x", "assembler-with-cpp",
                                                   "-nostdinc", "-P", "-E" };
    size_t n = 6;
    int code;

    for (size_t i = 0; i < options->n_include; i++) {
        argv[n++] = "-I";
        argv[n++] = options->include[i];
    }
    argv[n++] = path;
    argv[n] = NULL;
    code = host_run(argv, HOST_RUN_TO_MEMORY, out);
    if (code == 0)
        return HOST_OK;
    if (code < 0 || code == 127)
        return host_fail(e, HOST_FAILED, host_in(path), "It is run as 'cc': install a C compiler.",
                         "the C preprocessor cannot be started");
    return host_fail(e, HOST_FAILED, host_in(path),
                     "Is every folder of headers named by --include?", "the C preprocessor: %.*s",
                     (int)(out->len ? strcspn((const char *)out->data, "\r\n") : 0),
                     out->len ? (const char *)out->data : "");
}

typedef bool take_file(struct pm *pm, const char *name, const char *text, size_t len);

static int take(struct pm *pm, const char *name, const char *text, size_t len, take_file *how,
                const struct world_options *options, struct host_error *e)
{
    struct host_bytes made = { 0 };
    int code = HOST_OK;

    if (options->n_include)
        code = preprocess(name, options, &made, e);
    else if (has_directives(text, len))
        remedy(pm->l,
               FAULT(pm->l, "preprocessor", &(struct layout_mark){ pm->l->path, 1, 1, 0, 0 },
                     "%s has '#if' or '#include', which YAML takes for comments", name),
               "Say --include DIR: the folder of the image's generated headers.");
    if (code == HOST_OK)
        how(pm, name, made.data ? (const char *)made.data : text, made.data ? made.len : len);
    host_bytes_free(&made);
    return code;
}

static int take_path(struct pm *pm, const char *path, take_file *how,
                     const struct world_options *options, struct host_error *e)
{
    struct host_bytes bytes = { 0 };
    int code = host_read_file(path, &bytes, e);

    if (code == HOST_OK)
        code = take(pm, arena_text(&pm->l->inner->arena, path, strlen(path)),
                    (const char *)bytes.data, bytes.len, how, options, e);
    host_bytes_free(&bytes);
    return code;
}

/* "NAME=SIZE" or "NAME=SIZE@BASE". */
static int take_region(struct pm *pm, const char *text, struct host_error *e)
{
    struct pm_region r = { .base = 0 };
    const char *equals = strchr(text, '='), *at = equals ? strchr(equals, '@') : NULL;
    uint64_t size = 0, base = 0;
    bool negative = false;

    if (equals) {
        r.name = pm_text(pm, "%.*s", (int)(equals - text), text);
        if (!number_read(pm_text(pm, "%.*s", (int)(at ? at - equals - 1 : (long)strlen(equals + 1)),
                                 equals + 1),
                         &size, &negative) ||
            negative || (at && (!number_read(at + 1, &base, &negative) || negative)))
            equals = NULL;
    }
    if (!equals)
        return host_fail(
            e, HOST_BAD_INPUT, host_nowhere(),
            "For example: --region flash_primary=1M or --region sram_primary=256K@0x20000000.",
            "--region %s is not NAME=SIZE or NAME=SIZE@BASE", text);
    r.size = (int64_t)size;
    r.base = (int64_t)base;
    if (strcmp(r.name, "flash_primary") == 0 || strcmp(r.name, "sram_primary") == 0)
        r.strategy = PM_COMPLEX;
    if (strcmp(r.name, "sram_primary") == 0)
        r.dp = "sram_primary";
    r.device = strcmp(r.name, "flash_primary") == 0  ? "flash_controller"
               : strncmp(r.name, "external", 8) == 0 ? "DT_CHOSEN(nordic_pm_ext_flash)"
                                                     : "";
    pm_region(pm, r);
    return HOST_OK;
}

/* Has every partition of the file a place? */
static bool is_placed(const struct pm_value *root)
{
    for (const struct pm_value *v = root ? root->first : NULL; v; v = v->next)
        if (!pm_get(v, "address"))
            return false;
    return root && root->first;
}

/* A map of texts and numbers: whoever reads its partitions says that they are none. */
static bool has_no_map(const struct pm_value *root)
{
    for (const struct pm_value *v = root ? root->first : NULL; v; v = v->next)
        if (v->kind == PM_MAP)
            return false;
    return root && root->first;
}

/* regions.yml, which goes beside a partitions.yml. */
static bool is_regions(const struct pm_value *root)
{
    return root && root->first && pm_get(root->first, "placement_strategy") &&
           pm_get(root->first, "base_address");
}

static bool is_ram(const char *region)
{
    return strncmp(region, "sram", 4) == 0 || strstr(region, "_sram") != NULL;
}

/* "CPUNET" of "partitions_CPUNET.yml"; NULL: the root. */
static char *domain_of(struct layout *l, const char *name)
{
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    static const char *const starts[] = { "partitions_", "pm_static_" };

    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(starts[i]);
        const char *dot = strrchr(base, '.');

        if (strncmp(base, starts[i], len) == 0 && dot > base + len &&
            strncmp(base + len, "CPU", 3) == 0)
            return arena_text(&l->inner->arena, base + len, (size_t)(dot - base) - len);
    }
    return NULL;
}

static int add_region(struct build *b, const struct pm *pm, size_t r, const char *domain,
                      const struct world_options *options)
{
    const struct pm_region *region = &pm->regions[r];
    bool ram = is_ram(region->name), primary = strcmp(region->name, "flash_primary") == 0;
    int d = build_device(b, region->name);
    struct layout_device *device = &b->devices[d];
    int64_t size = region->size;

    if (!ram && !options->n_regions && size > PAGE) /* nothing says its size: whole pages */
        size = (size + PAGE - 1) / PAGE * PAGE;

    if (primary && options->chip)
        build_chip(b, d, options->chip);
    else
        build_pages(b, d, (uint64_t)size, ram ? 1 : PAGE, ram ? 1 : 4);
    if (ram && region->size) {
        device->flash.n_runs = 1;
        device->runs[0] = (struct bh_page_run){ 1, (uint32_t)region->size };
    }
    device->flash.mapped = primary || ram || region->base != 0;
    device->flash.base = (uint32_t)region->base;
    device->driver = ram ? arena_text(&b->l->inner->arena, "ram", 3) : NULL;
    device->pm.region = arena_text(&b->l->inner->arena, region->name, strlen(region->name));
    if (*region->device)
        device->pm.device = arena_text(&b->l->inner->arena, region->device, strlen(region->device));
    if (*region->driver)
        device->pm.driver = arena_text(&b->l->inner->arena, region->driver, strlen(region->driver));
    device->pm.domain = domain ? arena_text(&b->l->inner->arena, domain, strlen(domain)) : NULL;
    return d;
}

/* "affiliation, extra_params": keys that only Partition Manager's headers need. */
static char *unsaid(struct layout *l, const struct pm_part *p)
{
    static const char *const keys[] = { "affiliation", "extra_params" };
    char text[64] = "";

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (pm_get(p->map, keys[i])) {
            size_t len = strlen(text);

            snprintf(text + len, sizeof text - len, "%s%s", len ? ", " : "", keys[i]);
        }
    return *text ? arena_text(&l->inner->arena, text, strlen(text)) : NULL;
}

static int to_layout(struct pm *pm, const char *name, const struct world_options *options)
{
    struct build b = { .l = pm->l };
    char *domain = domain_of(pm->l, name);

    for (int round = 0; round < 2; round++) /* the processor's flash first: it is the default */
        for (size_t r = 0; r < pm->n_regions; r++) {
            int d;

            if ((strcmp(pm->regions[r].name, "flash_primary") == 0) != (round == 0))
                continue;
            d = add_region(&b, pm, r, domain, options);
            for (size_t i = 0; i < pm->n_parts; i++) {
                const struct pm_part *p = &pm->parts[i];
                int at;

                if (p->dropped || !p->placed || p->region != (int)r)
                    continue;
                at = build_partition(&b, p->name, d, p->address - pm->regions[r].base, p->size,
                                     &p->at);
                if (at < 0)
                    continue;
                b.partitions[at].container = p->container;
                b.partitions[at].pm = b.partitions[at].name;
                b.partitions[at].unsaid = unsaid(pm->l, p);
            }
        }
    return build_end(&b);
}

READER(read_pm)
{
    struct pm pm = { .l = l };
    struct pm_value *root;
    size_t errors;
    int code = HOST_OK;

    for (size_t i = 0; i < options->n_regions && code == HOST_OK; i++)
        code = take_region(&pm, options->regions[i], e);
    errors = l->n_errors;
    root = options->n_include ? NULL : pm_yaml(l, file, text, len);
    if (l->n_errors > errors || code) {
        pm_free(&pm);
        return code ? code : HOST_BAD_LAYOUT;
    }
    if (is_regions(root)) {
        pm_free(&pm);
        return host_fail(e, HOST_BAD_INPUT, host_in(file),
                         "Name its partitions.yml: 'layout pin' takes both.",
                         "this is a regions.yml of Partition Manager: regions, and no partitions");
    }
    if (is_placed(root) && !options->n_more && !options->fixed) {
        pm.regions_open = true;
        pm_partitions(&pm, file, text, len);
        if (!options->n_regions)
            pm_measure_regions(&pm);
        pm_check(&pm);
    } else {
        if (!options->n_regions && !has_no_map(root))
            return pm_free(&pm),
                   host_fail(
                       e, HOST_BAD_INPUT, host_in(file),
                       "For example: --region flash_primary=1M, and one for each further region.",
                       "this is a file of Partition Manager that has to be solved, and nothing says "
                       "how large the flash is");
        code = take(&pm, file, text, len, pm_fragment, options, e);
        for (size_t i = 0; i < options->n_more && code == HOST_OK; i++)
            code = take_path(&pm, options->more[i], pm_fragment, options, e);
        if (code == HOST_OK && options->fixed)
            code = take_path(&pm, options->fixed, pm_static, options, e);
        if (code == HOST_OK && l->n_errors == 0)
            pm_solve(&pm);
    }
    if (code == HOST_OK)
        code = l->n_errors ? HOST_BAD_LAYOUT : to_layout(&pm, file, options);
    pm_free(&pm);
    return code;
}

/* ---- out ---- */

static const char *region_name(const struct layout *l, int device)
{
    const struct layout_device *d = &l->devices[device];

    if (d->pm.region)
        return d->pm.region;
    if (world_is_ram(d))
        return "sram_primary";
    if (device == 0)
        return "flash_primary";
    for (int i = 0; i < device; i++)
        if (!l->devices[i].flash.mapped)
            return d->name;
    return d->flash.mapped ? d->name : "external_flash";
}

static bool in_domain(const struct layout_device *d, const char *domain)
{
    const char *own = d->pm.domain ? d->pm.domain : "";

    return strcmp(own, domain ? domain : "") == 0;
}

static void add_place(struct pm *pm, const char *name, int region, int64_t address, int64_t size)
{
    int i = pm_add(pm, name, NULL);
    struct pm_part *p = &pm->parts[i];

    p->region = region;
    p->address = address;
    p->size = size;
    p->placed = p->sized = true;
    pm_put(pm->l, p->map, "address", pm_new_number(pm->l, address));
    pm_put(pm->l, p->map, "end_address", pm_new_number(pm->l, address + size));
    pm_put(pm->l, p->map, "region", pm_new_text(pm->l, pm->regions[region].name, NULL));
    pm_put(pm->l, p->map, "size", pm_new_number(pm->l, size));
}

static void add_span(struct pm *pm, const char *name, const char *const *members, size_t n)
{
    struct pm_part *p = &pm->parts[pm_find(pm, name)];
    struct pm_value *span = pm_new(pm->l, PM_LIST, NULL);

    p->container = true;
    for (size_t i = 0; i < n; i++)
        pm_append(span, pm_new_text(pm->l, members[i], NULL));
    pm_put(pm->l, p->map, "span", span);
}

/* What is directly in a container, by name. */
static void span_of(const struct layout *l, struct pm *pm, int box)
{
    const char **members = calloc(l->n_partitions + 1, sizeof *members);
    size_t n = 0;

    if (!members)
        host_no_memory();
    for (size_t i = 0; i < l->n_partitions; i++)
        if (l->partitions[i].parent == box)
            members[n++] = pm_text(pm, "%s", world_pm_name(l, (int)i).text);
    if (n)
        add_span(pm, world_pm_name(l, box).text, members, n);
    free(members);
}

/* A slot without parts: the header's pad, and the application. */
static void split_slot(const struct layout *l, struct pm *pm, const struct layout_partition *p,
                       int region, int64_t address)
{
    static const char *const members[] = { "mcuboot_pad", "app" };
    uint32_t header = p->slot >= 0 ? l->slots[p->slot].header : 0;

    if (p->role != LAYOUT_PRIMARY || p->slot != 0 || p->container || !header || header >= p->size ||
        pm_find(pm, "app") >= 0 || pm_find(pm, "mcuboot_pad") >= 0)
        return;
    add_place(pm, "mcuboot_pad", region, address, header);
    add_place(pm, "app", region, address + header, (int64_t)p->size - header);
    add_span(pm, "mcuboot_primary", members, 2);
}

static void add_region_of(struct pm *pm, const struct layout *l, int d)
{
    const struct layout_device *device = &l->devices[d];
    struct pm_region r = { .name = region_name(l, d),
                           .size = device->flash.size,
                           .base = device->flash.mapped ? device->flash.base : 0 };
    bool ram = world_is_ram(device), primary = strcmp(r.name, "flash_primary") == 0;
    int image = image_of_domain(l, d);

    r.strategy = d == 0 || ram || primary ? PM_COMPLEX : PM_START_TO_END;
    r.dp = ram          ? "sram_primary"
           : image >= 0 ? pm_text(pm, "%s", world_pm_name(l, image).text)
                        : NULL;
    r.device = device->pm.device ? device->pm.device
               : ram             ? ""
               : primary         ? "flash_controller"
                                 : "DT_CHOSEN(nordic_pm_ext_flash)";
    r.driver = device->pm.driver ? device->pm.driver
               : primary         ? "CONFIG_SOC_FLASH_NRF"
               : ram             ? ""
                                 : "CONFIG_PM_EXTERNAL_FLASH_HAS_DRIVER";
    pm_region(pm, r);
}

/* The memory of the domain's processor, whole. */
static void add_memory(struct pm *pm, const struct layout *l)
{
    for (int d = 0; d < (int)l->n_devices; d++) {
        const struct layout_device *device = &l->devices[d];

        if (!in_domain(device, pm->domain) || !device->ram_size ||
            pm_find_region(pm, "sram_primary") >= 0)
            continue;
        pm_region(pm, (struct pm_region){ .name = "sram_primary",
                                          .size = device->ram_size,
                                          .base = device->ram_address,
                                          .strategy = PM_COMPLEX,
                                          .dp = "sram_primary" });
        add_place(pm, "sram_primary", pm_find_region(pm, "sram_primary"), device->ram_address,
                  device->ram_size);
    }
}

/* Another core's image is in a container 'app', as a build of it has it. */
static void add_core(struct pm *pm, const struct layout *l)
{
    for (int d = 0; d < (int)l->n_devices; d++) {
        int image = in_domain(&l->devices[d], pm->domain) ? image_of_domain(l, d) : LAYOUT_NONE;
        const char *member = image >= 0 ? pm_text(pm, "%s", world_pm_name(l, image).text) : NULL;
        const struct layout_partition *p = &l->partitions[image >= 0 ? image : 0];
        struct pm_value *span;

        if (!member || strcmp(member, "app") == 0 || pm_find(pm, "app") >= 0)
            continue;
        add_place(pm, "app", pm_find_region(pm, region_name(l, d)), (int64_t)address_of(l, p),
                  p->size);
        add_span(pm, "app", &member, 1);
        span = pm_new(pm->l, PM_LIST, NULL);
        pm_append(span, pm_new_text(pm->l, member, NULL));
        pm_put(pm->l, pm->parts[pm_find(pm, "app")].map, "orig_span", span);
    }
}

static int to_pm(const struct layout *l, struct pm *pm, struct layout *memory, const char *domain,
                 struct world_losses *losses, struct host_error *e)
{
    const char **names = calloc(l->n_partitions + 1, sizeof *names);
    int *which = calloc(l->n_partitions + 1, sizeof *which), code;
    size_t n = 0;

    if (!names || !which)
        host_no_memory();
    layout_begin(memory);
    *pm = (struct pm){ .l = memory, .domain = domain };
    for (int d = 0; d < (int)l->n_devices; d++) {
        if (!in_domain(&l->devices[d], domain))
            continue;
        add_region_of(pm, l, d);
        for (size_t i = 0; i < l->n_partitions; i++)
            if (l->partitions[i].device == d) {
                names[n] = pm_text(pm, "%s", world_pm_name(l, (int)i).text);
                which[n++] = (int)i;
            }
    }
    code = names_differ(l, "Partition Manager", names, which, n, losses, e);
    for (size_t i = 0; i < n && code == HOST_OK; i++) {
        const struct layout_partition *p = &l->partitions[which[i]];

        add_place(pm, names[i], pm_find_region(pm, region_name(l, p->device)),
                  (int64_t)address_of(l, p), p->size);
    }
    for (size_t i = 0; i < n && code == HOST_OK; i++) {
        const struct layout_partition *p = &l->partitions[which[i]];

        if (p->container)
            span_of(l, pm, which[i]);
        split_slot(l, pm, p, pm_find_region(pm, region_name(l, p->device)),
                   (int64_t)address_of(l, p));
    }
    if (code == HOST_OK) {
        /* A static file may have one gap, the application's: the others get names. */
        if (pm_find(pm, "app") >= 0 && l->boot.given)
            pm_fill_gaps(pm);
        add_core(pm, l);
        add_memory(pm, l);
    }
    free(names);
    free(which);
    return code;
}

/* ---- a domain, or all of them beside each other ---- */

struct domains {
    struct pm list[LAYOUT_DEVICES_MAX + 1];
    struct layout memory[LAYOUT_DEVICES_MAX + 1];
    size_t n, asked; /* asked: index of the one that is written */
};

/* The root, then one for each core that the layout names. */
static int make_domains(struct domains *all, const struct layout *l, const char *asked,
                        struct world_losses *losses, struct host_error *e)
{
    int code = HOST_OK;

    all->n = all->asked = 0;
    for (int d = -1; d < (int)l->n_devices && code == HOST_OK; d++) {
        const char *domain = d >= 0 ? l->devices[d].pm.domain : NULL;
        bool seen = d >= 0 && !domain;

        for (int k = 0; k < d; k++)
            seen = seen || in_domain(&l->devices[k], domain);
        if (seen)
            continue;
        if (strcmp(domain ? domain : "", asked ? asked : "") == 0)
            all->asked = all->n;
        code = to_pm(l, &all->list[all->n], &all->memory[all->n], domain, losses, e);
        all->n++;
    }
    return code;
}

static void say_losses(const struct layout *l, const struct world_writer_options *options,
                       struct world_losses *losses)
{
    for (size_t i = 0; i < l->n_partitions; i++) {
        const struct layout_device *device = &l->devices[l->partitions[i].device];

        if (!options->domain && !options->domains && device->pm.domain)
            world_lost(losses, "%s: it is of domain %s, which has a file of its own",
                       l->partitions[i].name, device->pm.domain);
    }
    lose_boot(l, losses);
}

typedef int put_pm(FILE *out, const struct layout *l, const struct domains *all,
                   const struct world_writer_options *options, struct host_error *e);

static int write_with(put_pm *put, FILE *out, const struct layout *l,
                      const struct world_writer_options *options, struct world_losses *losses,
                      struct host_error *e)
{
    struct domains *all = calloc(1, sizeof *all);
    int code;

    if (!all)
        host_no_memory();
    code = make_domains(all, l, options->domain, losses, e);
    say_losses(l, options, losses);
    if (code == HOST_OK)
        code = put(out, l, all, options, e);
    for (size_t i = 0; i < all->n; i++) {
        pm_free(&all->list[i]);
        layout_free(&all->memory[i]);
    }
    free(all);
    return code;
}

#define PUT(name)                                                                                  \
    static int name(FILE *out, const struct layout *l, const struct domains *all,                  \
                    const struct world_writer_options *options, struct host_error *e)

PUT(put_partitions)
{
    (void)l, (void)options, (void)e;
    pm_write_partitions(out, &all->list[all->asked]);
    return HOST_OK;
}

PUT(put_regions)
{
    (void)l, (void)options, (void)e;
    pm_write_regions(out, &all->list[all->asked]);
    return HOST_OK;
}

PUT(put_static)
{
    (void)l, (void)options, (void)e;
    pm_write_static(out, &all->list[all->asked]);
    return HOST_OK;
}

/* Names that differ in capitals only have the same macros. */
static int check_capitals(const struct layout *l, const struct domains *all, struct host_error *e)
{
    for (size_t d = 0; d < all->n; d++)
        for (size_t i = 0; i < all->list[d].n_parts; i++)
            for (size_t k = 0; k < i; k++) {
                const char *a = all->list[d].parts[k].name, *b = all->list[d].parts[i].name;

                if (strcasecmp(a, b) == 0)
                    return host_fail(e, HOST_BAD_LAYOUT, host_in(l->path),
                                     "Write another name for one of them: 'pm: NAME'.",
                                     "%s and %s would have the same macros in pm_config.h", a, b);
            }
    return HOST_OK;
}

PUT(put_config)
{
    int code = check_capitals(l, all, e);

    (void)options;
    if (code == HOST_OK)
        pm_write_config(out, &all->list[all->asked]);
    return code;
}

PUT(put_report)
{
    (void)l, (void)options, (void)e;
    pm_write_report(out, all->list, all->n, false);
    return HOST_OK;
}

/* Without a word of whose header it is, that of the domain's image. */
PUT(put_header)
{
    struct world_name image = { "app" };

    if (check_capitals(l, all, e))
        return HOST_BAD_LAYOUT;
    for (int d = 0; d < (int)l->n_devices; d++)
        if (in_domain(&l->devices[d], options->domain) && image_of_domain(l, d) >= 0)
            image = world_pm_name(l, image_of_domain(l, d));
    return pm_write_header(out, all->list, all->n, options->image ? options->image : image.text,
                           all->asked, "partition_manager_output.py", e);
}

WRITER(write_partitions_yml)
{
    return write_with(put_partitions, out, l, options, losses, e);
}

WRITER(write_regions_yml)
{
    return write_with(put_regions, out, l, options, losses, e);
}

WRITER(write_pm_static)
{
    return write_with(put_static, out, l, options, losses, e);
}

WRITER(write_pm_config)
{
    return write_with(put_config, out, l, options, losses, e);
}

WRITER(write_pm_report)
{
    return write_with(put_report, out, l, options, losses, e);
}

WRITER(write_pm_config_h)
{
    return write_with(put_header, out, l, options, losses, e);
}
