/* SPDX-License-Identifier: Apache-2.0 */
/* The product's C table: what layout_product() makes at run time, as source for a bootloader. The
 * two are compared by tests/layout.
 *
 * The devices themselves are the port's: it defines each by the macros of product.h,
 *
 *     const struct bh_flash PRODUCT_INTERNAL = { .ops = &ops, PRODUCT_INTERNAL_GEOMETRY };
 *
 * and so never repeats a size, a page or an address. */
#include "write.h"

#include "bulkhead/image_espressif.h"
#include "bulkhead/mailbox_wolfboot.h"
#include "host/core_key.h"
#include "inner.h"

#include <string.h>

static const char *const format_names[] = { "bh_image_mcuboot", NULL, "bh_image_espressif" };
static const char *const format_headers[] = { "image_mcuboot", "image_wolfboot",
                                              "image_espressif" };

/* Devices that the product's regions are on, as bits. */
static uint32_t devices_of(const struct layout *l)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < l->n_partitions; i++)
        if (l->partitions[i].role != LAYOUT_PLAIN)
            bits |= 1u << l->partitions[i].device;
    return bits;
}

/* ---- product.h ---- */

static void put_device_h(FILE *out, const struct layout *l, const struct layout_device *d)
{
    char name[LAYOUT_NAME_MAX + 1];

    write_upper(d->name, name);
    fprintf(out,
            "\n/* %s%s%s: 0x%x bytes, program unit %u */\n"
            "extern const struct bh_page_run %s_%s_runs[%u];\n"
            "extern const struct bh_flash %s_%s; /* the port defines it */\n"
            "#define PRODUCT_%s %s_%s\n"
            "#define PRODUCT_%s_GEOMETRY                                                       \\\n"
            "    .runs = %s_%s_runs, .n_runs = %u, .unit = %u, .erased = 0x%02X, .mapped = %s, \\\n"
            "    .size = 0x%x, .base = 0x%08x\n",
            d->name, d->chip_name ? ", " : "", d->chip_name ? d->chip_name : "", d->flash.size,
            d->flash.unit, l->product, d->name, d->flash.n_runs, l->product, d->name, name,
            l->product, d->name, name, l->product, d->name, d->flash.n_runs, d->flash.unit,
            d->flash.erased, d->flash.mapped ? "true" : "false", d->flash.size, d->flash.base);
}

void write_product_h(FILE *out, const struct layout *l)
{
    char product[LAYOUT_NAME_MAX + 1];
    uint32_t used = devices_of(l);

    write_upper(l->product, product);
    fprintf(
        out,
        "/* SPDX-License-Identifier: Apache-2.0 */\n"
        "/* %s: written by 'bulkhead layout build'; do not edit. The product, and the geometry of its\n"
        " * devices for the port that drives them. */\n"
        "#ifndef %s_PRODUCT_H\n#define %s_PRODUCT_H\n\n"
        "#include \"bulkhead/product.h\"\n%s\n"
        "extern const struct bh_product %s_product;\n#define PRODUCT %s_product\n",
        l->product, product, product,
        l->boot.plan == LAYOUT_SELECT ? "#include \"bulkhead/select.h\"\n" : "", l->product,
        l->product);
    if (l->boot.plan == LAYOUT_SELECT)
        fprintf(
            out,
            "\n/* The product above says no more than name and identity: this is what starts. */\n"
            "extern const struct bh_select %s_select;\n#define PRODUCT_SELECT %s_select\n"
            "#define PRODUCT_ANTI_ROLLBACK %s\n",
            l->product, l->product, l->boot.anti_rollback ? "true" : "false");
    for (size_t i = 0; i < l->n_devices; i++)
        if (used & 1u << i)
            put_device_h(out, l, &l->devices[i]);
    if (layout_loads(l))
        fprintf(out,
                "\n/* Where in RAM images go, to run there. */\n"
                "extern const struct bh_region %s_load_window;\n"
                "#define PRODUCT_LOAD_WINDOW %s_load_window\n",
                l->product, l->product);
    fputs("\n#endif\n", out);
}

/* ---- product.c ---- */

static void put_runs(FILE *out, const struct layout *l, const struct layout_device *d)
{
    fprintf(out, "const struct bh_page_run %s_%s_runs[%u] = {", l->product, d->name,
            d->flash.n_runs);
    for (uint8_t i = 0; i < d->flash.n_runs; i++)
        fprintf(out, "%s { %u, 0x%x }", i ? "," : "", d->flash.runs[i].count,
                d->flash.runs[i].size);
    fputs(" };\n", out);
}

static const char *device_name(const struct layout *l, const struct bh_flash *f)
{
    for (size_t i = 0; i < l->n_devices; i++)
        if (&l->devices[i].flash == f)
            return l->devices[i].name;
    return "none";
}

static void put_region(FILE *out, const struct layout *l, const char *before,
                       const struct bh_region *r)
{
    fprintf(out, "%s{ &%s_%s, 0x%x, 0x%x }", before, l->product, device_name(l, r->flash), r->off,
            r->len);
}

static void put_bytes(FILE *out, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s0x%02x,%s", i % 12 ? " " : "    ", bytes[i],
                i % 12 == 11 || i + 1 == n ? "\n" : "");
}

static void put_pair(FILE *out, const struct layout *l, const struct bh_pair *pair)
{
    fprintf(out, "    {\n        .name = \"%s\",\n", pair->name);
    put_region(out, l, "        .primary = ", &pair->primary);
    put_region(out, l, ",\n        .secondary = ", &pair->secondary);
    if (pair->spare.flash)
        put_region(out, l, ",\n        .spare = ", &pair->spare);
    fprintf(out,
            ",\n        .staged_off = 0x%x,\n        .chunk = 0x%x,\n        .image_max = 0x%x,\n",
            pair->staged_off, pair->chunk, pair->image_max);
    if (pair->optional)
        fputs("        .optional = true,\n", out);
    if (pair->vendor_id)
        fprintf(out, "        .vendor_id = %s_vendor_id,\n", pair->name);
    if (pair->class_id)
        fprintf(out, "        .class_id = %s_class_id,\n", pair->name);
    fputs("    },\n", out);
}

static void put_id(FILE *out, const char *pair, const char *which, const uint8_t *id)
{
    if (!id)
        return;
    fprintf(out, "static const uint8_t %s_%s[BH_UUID_LEN] = {\n", pair, which);
    put_bytes(out, id, BH_UUID_LEN);
    fputs("};\n\n", out);
}

static void put_pairs(FILE *out, const struct layout *l, const struct bh_product *p)
{
    for (uint8_t i = 0; i < p->n_pairs; i++) {
        put_id(out, p->pairs[i].name, "vendor_id", p->pairs[i].vendor_id);
        put_id(out, p->pairs[i].name, "class_id", p->pairs[i].class_id);
    }
    fputs("static const struct bh_pair pairs[] = {\n", out);
    for (uint8_t i = 0; i < p->n_pairs; i++)
        put_pair(out, l, &p->pairs[i]);
    fputs("};\n\n", out);
}

static const char *algo_name(const struct bh_signature_algo *algo)
{
    return algo == &bh_p256                ? "bh_p256"
           : algo == &bh_ed25519           ? "bh_ed25519"
           : algo == &bh_rsa2048           ? "bh_rsa2048"
           : algo == &bh_rsa3072           ? "bh_rsa3072"
           : algo == &bh_rsa2048_pkcs1     ? "bh_rsa2048_pkcs1"
           : algo == &bh_rsa3072_pkcs1     ? "bh_rsa3072_pkcs1"
           : algo == &bh_espressif_rsa3072 ? "bh_espressif_rsa3072"
           : algo == &bh_espressif_p256    ? "bh_espressif_p256"
           : algo == &bh_ml_dsa_44         ? "bh_ml_dsa_44"
           : algo == &bh_ml_dsa_65         ? "bh_ml_dsa_65"
           : algo == &bh_ml_dsa_87         ? "bh_ml_dsa_87"
                                           : "bh_lms";
}

static void put_keys(FILE *out, const struct layout *l, const struct bh_policy *policy)
{
    for (uint8_t i = 0; i < policy->n_keys; i++) {
        const struct bh_key *k = &policy->keys[i];

        fprintf(out, "/* %s */\nstatic const uint8_t key_%u[%u] = {\n", l->boot.keys[i].path, i,
                k->len);
        put_bytes(out, k->bytes, k->len);
        fputs("};\n\n", out);
    }
    if (!policy->n_keys)
        return;
    fputs("static const struct bh_key keys[] = {\n", out);
    for (uint8_t i = 0; i < policy->n_keys; i++) {
        const struct bh_key *k = &policy->keys[i];

        fprintf(out, "    {\n        &%s,\n        {\n", algo_name(k->algo));
        put_bytes(out, k->id, sizeof k->id);
        fprintf(out, "        },\n        key_%u,\n        sizeof key_%u,\n    },\n", i, i);
    }
    fputs("};\n\n", out);
}

/* The slot's format each once, as layout_product() has them. */
static void put_formats(FILE *out, const struct layout *l, bool headers)
{
    uint32_t seen = 0;

    if (!headers)
        fputs("static const struct bh_image_format *const formats[] = { ", out);
    for (size_t i = 0; i < l->n_slots; i++) {
        enum layout_format f = l->slots[i].format;

        if (seen & 1u << f)
            continue;
        seen |= 1u << f;
        if (!headers && layout_loads(l))
            fputs("&loaded, ", out);
        else if (headers)
            fprintf(out, "#include \"bulkhead/%s.h\"\n", format_headers[f]);
        else if (f == LAYOUT_WOLFBOOT)
            fprintf(out, "&bh_image_wolfboot_%u, ", l->slots[i].header);
        else
            fprintf(out, "&%s, ", format_names[f]);
    }
    if (headers && layout_loads(l))
        fputs("#include \"bulkhead/load.h\"\n", out);
    fputs(headers ? "" : "NULL };\n\n", out);
}

/* Images run from RAM: where in it they go, and their format, which refuses all others. */
static void put_window(FILE *out, const struct layout *l)
{
    const struct layout_slot *s = layout_loads(l);

    if (!s)
        return;
    fprintf(out,
            "static const struct bh_flash window_ram = {\n    .ops = &bh_ram_ops,\n"
            "    .context = (void *)(uintptr_t)0x%08x,\n    .unit = 1,\n    .mapped = true,\n"
            "    .size = 0x%x,\n    .base = 0x%08x,\n};\n"
            "const struct bh_region %s_load_window = { &window_ram, 0, 0x%x };\n\n"
            "static enum bh_reason decode(const struct bh_view *view, uint32_t limit,\n"
            "                             struct bh_image *image)\n{\n"
            "    return bh_load_decode(&%s_load_window, view, limit, image);\n}\n\n"
            "static const struct bh_image_format loaded = { \"mcuboot\", decode, "
            "bh_load_signature };\n\n",
            s->load_address, s->load_size, s->load_address, l->product, s->load_size, l->product);
}

/* wolfBoot's trailers, whose form is data. */
static void put_mailbox(FILE *out, const struct layout *l)
{
    struct bh_wolfboot_trailer t = product_trailer(l);

    if (l->boot.mailbox != LAYOUT_MAILBOX_WOLFBOOT)
        return;
    fprintf(out,
            "static const struct bh_wolfboot_trailer trailer = {\n    .sector = 0x%x,\n"
            "    .skip = %u,\n    .home = %s,\n    .inverted = %s,\n    .write_once = %s,\n};\n"
            "BH_MAILBOX_WOLFBOOT(mailbox, &trailer, BH_WOLFBOOT_UNIT_MAX%s);\n\n",
            t.sector, t.skip, t.home ? "true" : "false", t.inverted ? "true" : "false",
            t.write_once ? "true" : "false", t.write_once ? "_ONCE" : "");
}

/* What product.c's demands() chooses, by name. */
static void put_ids(FILE *out, const struct layout *l, const struct bh_product *p)
{
    uint32_t vectors = product_vectors(l);
    bool ids = false;

    for (uint8_t i = 0; i < p->n_pairs; i++)
        ids = ids || p->pairs[i].vendor_id || p->pairs[i].class_id;
    if (vectors)
        fprintf(out, "        .ids = bh_vectors_%u%s,\n", vectors, ids ? "_and_ids" : "");
    else if (ids)
        fputs("        .ids = bh_ids_mcuboot,\n", out);
}

static void put_product(FILE *out, const struct layout *l, const struct bh_product *p)
{
    const struct bh_policy *policy = &p->policy;

    fprintf(out,
            "const struct bh_product %s_product = {\n    .name = \"%s\",\n    .layout = 0x%08x,\n"
            "    .pairs = pairs,\n    .n_pairs = %u,\n    .trial_boots = %u,\n",
            l->product, p->name, p->layout, p->n_pairs, p->trial_boots);
    put_region(out, l, "    .bootloader = ", &p->bootloader);
    put_region(out, l, ",\n    .journal = { ", &p->journal[0]);
    put_region(out, l, ", ", &p->journal[1]);
    fprintf(out, " },\n    .plan = &%s,\n    .mailbox = %s,\n",
            p->plan == &bh_plan_swap ? "bh_plan_swap" : "bh_plan_overwrite",
            !p->mailbox                         ? "NULL"
            : p->mailbox == &bh_mailbox_mcuboot ? "&bh_mailbox_mcuboot"
                                                : "&mailbox");
    if (p->adopt)
        fprintf(out, "    .adopt = %s,\n", p->adopt == bh_adopt ? "bh_adopt" : "bh_adopt_kept");
    if (p->rescue)
        fputs("    .rescue = &bh_rescue,\n", out);
    fputs("    .policy = {\n", out);
    fprintf(out, "        .formats = formats,\n        .hash = &bh_sha%u,\n", l->boot.hash_bits);
    if (policy->n_keys)
        fprintf(out, "        .keys = keys,\n        .n_keys = %u,\n", policy->n_keys);
    if (policy->second)
        fprintf(out, "        .n_second = %u,\n        .second = %s,\n", policy->n_second,
                policy->second == bh_second_wolfboot ? "bh_second_wolfboot" : "bh_second_mcuboot");
    if (policy->pure)
        fputs("        .pure = bh_verify_pure_ed25519,\n", out);
    if (policy->dependencies)
        fputs("        .dependencies = bh_dependencies,\n", out);
    put_ids(out, l, p);
    if (policy->allow_unsigned)
        fputs("        .allow_unsigned = true,\n", out);
    if (policy->need_counter)
        fputs("        .need_counter = true,\n", out);
    if (policy->allow_downgrade)
        fputs("        .allow_downgrade = true,\n", out);
    if (policy->only_newer)
        fputs("        .only_newer = true,\n", out);
    fputs("    },\n};\n", out);
}

/* ---- plan: select ---- */

/* Where segments may be copied to. What the bootloader runs in is no part of it. */
static void put_windows(FILE *out, const struct layout *l, const struct bh_espressif_chip *chip)
{
    fputs("static const struct bh_espressif_window windows[] = {\n", out);
    for (uint8_t i = 0; i < l->boot.n_windows; i++) {
        const struct layout_window *w = &l->boot.windows[i];

        fprintf(out,
                "    {\n        .start = 0x%08x,\n        .end = 0x%08x,\n        .data = %s,\n"
                "        .ram = (uint8_t *)(uintptr_t)0x%08x,\n    },\n",
                w->address, w->address + w->size, w->data ? "true" : "false", w->address);
    }
    fprintf(out,
            "    { .end = 0 },\n};\n"
            "static const struct bh_espressif_chip chip = { \"%s\", 0x%x, windows };\n\n",
            chip->name, chip->id);
}

static void put_select(FILE *out, const struct layout *l, const struct layout_product *p)
{
    const struct bh_select *s = &p->select;

    fprintf(out,
            "const struct bh_product %s_product = {\n    .name = \"%s\",\n    .layout = 0x%08x,\n",
            l->product, p->product.name, p->product.layout);
    put_region(out, l, "    .bootloader = ", &p->product.bootloader);
    fprintf(out,
            ",\n};\n\nconst struct bh_select %s_select = {\n    .flash = &%s_%s,\n"
            "    .table_off = 0x%x,\n    .rules = BH_TABLE_STRICT,\n    .rollback = %s,\n"
            "    .trial_boots = %u,\n    .chip = &chip,\n    .loads = true,\n"
            "    .policy = {\n        .formats = formats,\n        .hash = &bh_sha%u,\n",
            l->product, l->product, device_name(l, s->flash), s->table_off,
            s->rollback ? "true" : "false", s->trial_boots, l->boot.hash_bits);
    if (s->policy.n_keys)
        fprintf(out, "        .keys = keys,\n        .n_keys = %u,\n", s->policy.n_keys);
    if (s->policy.allow_unsigned)
        fputs("        .allow_unsigned = true,\n", out);
    fputs("    },\n};\n", out);
}

static void put_head_c(FILE *out, const struct layout *l)
{
    fprintf(out,
            "/* SPDX-License-Identifier: Apache-2.0 */\n"
            "/* %s: written by 'bulkhead layout build'; do not edit.\n *\n",
            l->product);
    write_map(out, l, " *     ");
    fputs(" */\n#include \"product.h\"\n\n", out);
}

static void put_devices(FILE *out, const struct layout *l)
{
    uint32_t used = devices_of(l);

    for (size_t i = 0; i < l->n_devices; i++)
        if (used & 1u << i)
            put_runs(out, l, &l->devices[i]);
    fputs("\n", out);
}

void write_select_c(FILE *out, const struct layout *l, const struct layout_product *p)
{
    put_head_c(out, l);
    put_devices(out, l);
    put_keys(out, l, &p->select.policy);
    put_windows(out, l, p->select.chip);
    fputs(
        "static const struct bh_image_format *const formats[] = { &bh_image_espressif, NULL };\n\n",
        out);
    put_select(out, l, p);
}

void write_product_c(FILE *out, const struct layout *l, const struct bh_product *p)
{
    put_head_c(out, l);
    put_formats(out, l, true);
    if (l->boot.mailbox == LAYOUT_MAILBOX_WOLFBOOT)
        fputs("#include \"bulkhead/mailbox_wolfboot.h\"\n", out);
    fputs("\n", out);
    put_devices(out, l);
    put_keys(out, l, &p->policy);
    put_window(out, l);
    put_pairs(out, l, p);
    put_formats(out, l, false);
    put_mailbox(out, l);
    put_product(out, l, p);
}
