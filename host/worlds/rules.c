/* SPDX-License-Identifier: Apache-2.0 */
/* What each engine asks of a layout. Each finding has, beside what is wrong and what to do, the
 * text that the other tool, the linker or the device would have shown: people search for that
 * text. */
#define _GNU_SOURCE
#include "inner.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "bulkhead",          "mcuboot-offset",
                                     "mcuboot-move",      "mcuboot-scratch",
                                     "mcuboot-overwrite", "wolfboot",
                                     "esp-idf",           "embassy" };

bool world_engine_of(const char *name, enum world_engine *out)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum world_engine)i;
            return true;
        }
    return false;
}

enum world_engine world_engine_default(const struct layout *l)
{
    int spare = find_role(l, LAYOUT_SPARE), primary = find_role(l, LAYOUT_PRIMARY);

    if (l->boot.given)
        return WORLD_BULKHEAD;
    if (l->boot.table != LAYOUT_NONE)
        return WORLD_ESP_IDF;
    if (primary >= 0 && strcmp(l->partitions[primary].name, "primary") == 0)
        return WORLD_WOLFBOOT;
    if (layout_find_partition(l, "DFU") >= 0)
        return WORLD_EMBASSY;
    if (primary < 0)
        return WORLD_BULKHEAD;
    return spare >= 0 ? WORLD_MCUBOOT_SCRATCH : WORLD_MCUBOOT_MOVE;
}

struct check {
    struct layout *l;
    enum world_engine engine;
};

/* A finding about a partition or two. searched: what people search for. */
__attribute__((format(printf, 6, 7))) static struct layout_finding *
say(struct layout *l, enum layout_severity severity, const char *rule, int p, int q,
    const char *format, ...)
{
    struct layout_finding *f;
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    f = finding(l, severity, rule, &l->partitions[p].at, "%s", text);
    about(f, l->partitions[p].device, p, q);
    if (f && q >= 0)
        f->other = l->partitions[q].at;
    return f;
}

static const struct bh_flash *flash_of(const struct layout *l, int p)
{
    return &l->devices[l->partitions[p].device].flash;
}

static bool is_mcuboot(enum world_engine e)
{
    return e >= WORLD_MCUBOOT_OFFSET && e <= WORLD_MCUBOOT_OVERWRITE;
}

/* The container, and what is in it. */
static bool nested(const struct layout *l, int a, int b)
{
    for (int up = l->partitions[a].parent; up >= 0; up = l->partitions[up].parent)
        if (up == b)
            return true;
    return false;
}

/* ---- places ---- */

static void check_overlap(struct layout *l, int a, int b)
{
    const struct layout_partition *p = &l->partitions[a], *q = &l->partitions[b];
    uint64_t pe = (uint64_t)p->off + p->size, qe = (uint64_t)q->off + q->size;
    struct layout_finding *f;

    if (p->device != q->device || p->off >= qe || q->off >= pe || nested(l, a, b) ||
        nested(l, b, a) || p->size == 0 || q->size == 0)
        return;
    if (p->container && q->container && p->off == q->off && p->size == q->size)
        return;
    if (p->off == q->off && pe == qe)
        f = say(l, LAYOUT_ERROR, "overlap", b, a, "%s and %s are the same place", p->name, q->name);
    else if (p->off <= q->off && qe <= pe)
        f = say(l, LAYOUT_ERROR, "overlap", b, a, "%s lies in %s", q->name, p->name);
    else if (q->off <= p->off && pe <= qe)
        f = say(l, LAYOUT_ERROR, "overlap", a, b, "%s lies in %s", p->name, q->name);
    else
        f = say(l, LAYOUT_ERROR, "overlap", b, a, "%s and %s overlap by 0x%llx", p->name, q->name,
                (unsigned long long)((pe < qe ? pe : qe) - (p->off > q->off ? p->off : q->off)));
    remedy(l, f, "Move one of them: Partition Manager and Zephyr say nothing.");
    consequence(l, f, "Writing one destroys the other.");
}

static bool is_whole(const struct layout *l, int i)
{
    const struct layout_partition *p = &l->partitions[i];

    return p->parent < 0 && !world_is_ram(&l->devices[p->device]) && p->size &&
           strncmp(p->name, "EMPTY_", 6) != 0 && p->role != LAYOUT_TABLE;
}

static void check_pages(struct layout *l, int i)
{
    const struct layout_partition *p = &l->partitions[i];
    const struct bh_flash *f = flash_of(l, i);
    uint64_t end = (uint64_t)p->off + p->size;
    struct layout_finding *x;

    if (page_down(f, p->off) != p->off) {
        x = say(l, LAYOUT_ERROR, "pages", i, LAYOUT_NONE,
                "%s begins at 0x%x, which is no page border", p->name, p->off);
        remedy(l, x, "The nearest borders are 0x%llx and 0x%llx.",
               (unsigned long long)page_down(f, p->off), (unsigned long long)page_up(f, p->off));
        consequence(l, x, "Erasing it erases the end of what is before it.");
    }
    if (page_down(f, end) != end) {
        x = say(
            l, LAYOUT_ERROR, "pages", i, LAYOUT_NONE,
            "%s ends at 0x%llx, which is no page border: 'area size 0x%x not divisible by sector size "
            "0x%llx'",
            p->name, (unsigned long long)end, p->size,
            (unsigned long long)(page_up(f, end) - page_down(f, end)));
        remedy(l, x, "The nearest borders are 0x%llx and 0x%llx.",
               (unsigned long long)page_down(f, end), (unsigned long long)page_up(f, end));
        consequence(l, x, "Erasing it erases the beginning of what is after it.");
    }
}

/* Two in one page, each of which begins and ends on no border there. */
static void check_shared_page(struct layout *l, int a, int b)
{
    const struct layout_partition *p = &l->partitions[a], *q = &l->partitions[b];
    const struct bh_flash *f = flash_of(l, a);
    uint64_t pe = (uint64_t)p->off + p->size;
    struct layout_finding *x;

    if (p->device != q->device || pe > q->off || page_up(f, pe) <= q->off || pe == page_up(f, pe))
        return;
    x = say(l, LAYOUT_ERROR, "one-page", b, a, "%s and %s share the erase page 0x%llx-0x%llx",
            p->name, q->name, (unsigned long long)page_down(f, q->off),
            (unsigned long long)page_up(f, q->off + 1u));
    remedy(l, x, "Begin %s at 0x%llx. Zephyr says nothing.", q->name,
           (unsigned long long)page_up(f, pe));
    consequence(l, x, "Erasing one erases a part of the other.");
}

/* ---- slots ---- */

static void check_slot_sizes(struct check *c, int primary, int secondary)
{
    struct layout *l = c->l;
    const struct layout_partition *p = &l->partitions[primary], *s = &l->partitions[secondary];
    uint32_t big_p, small_p, big_s, small_s;
    uint64_t n_p = pages_in(l, primary, &big_p, &small_p),
             n_s = pages_in(l, secondary, &big_s, &small_s);
    int64_t more = (int64_t)s->size - p->size;
    /* One slot is a page longer, by the rules of two of them. */
    bool offset_ok = c->engine == WORLD_MCUBOOT_OFFSET && more == (int64_t)big_p;
    bool move_ok = c->engine == WORLD_MCUBOOT_MOVE && -more > 0 && -more <= 2 * (int64_t)big_p;
    struct layout_finding *f;

    if (c->engine == WORLD_EMBASSY || c->engine == WORLD_ESP_IDF || c->engine == WORLD_BULKHEAD)
        return;
    if (more && !offset_ok && !move_ok) {
        f = say(
            l, LAYOUT_ERROR, "slot-size", secondary, primary,
            "slots 0x%x and 0x%x differ: 'Cannot upgrade: slots have non-compatible sectors', or 'not "
            "a compatible amount of sectors'",
            p->size, s->size);
        remedy(l, f, "Give both 0x%x bytes.", p->size < s->size ? p->size : s->size);
        consequence(l, f, "MCUboot never installs an update.");
    } else if (big_p != big_s && (big_p % big_s && big_s % big_p)) {
        f = say(l, LAYOUT_ERROR, "slot-pages", secondary, primary,
                "pages of 0x%x and 0x%x do not divide each other: 'Cannot upgrade: slots have "
                "non-compatible sectors'",
                big_p, big_s);
        remedy(l, f, "Put the slots on flash whose pages are multiples of each other.");
    }
    if (is_mcuboot(c->engine) && (n_p > 128 || n_s > 128)) {
        f = say(
            l, LAYOUT_WARNING, "sector-count", n_p >= n_s ? primary : secondary, LAYOUT_NONE,
            "a slot has %llu sectors: 'Failed reading sectors; BOOT_MAX_IMG_SECTORS=128 - too small?'",
            (unsigned long long)(n_p > n_s ? n_p : n_s));
        remedy(l, f,
               "Set CONFIG_BOOT_MAX_IMG_SECTORS=%llu. Bulkhead's bootloader has no such limit.",
               (unsigned long long)(n_p > n_s ? n_p : n_s));
    }
}

static void check_write_units(struct check *c, int primary, int secondary)
{
    struct layout *l = c->l;
    uint16_t a = flash_of(l, primary)->unit, b = flash_of(l, secondary)->unit;
    struct layout_finding *f;

    if (!is_mcuboot(c->engine) ||
        l->partitions[primary].device == l->partitions[secondary].device || b <= a)
        return;
    f = say(l, LAYOUT_ERROR, "write-unit", secondary, primary,
            "program units of %u and %u bytes: 'slot write sizes are not compatible'", a, b);
    remedy(l, f, "Take a chip for %s that programs %u bytes at a time or fewer.",
           l->partitions[secondary].name, a);
}

static void check_driver(struct check *c, int secondary)
{
    struct layout *l = c->l;
    const struct layout_device *d = &l->devices[l->partitions[secondary].device];
    struct layout_finding *f;

    if (!is_mcuboot(c->engine) || d->flash.mapped || !d->pm.region ||
        (d->pm.driver && *d->pm.driver))
        return;
    f = say(
        l, LAYOUT_WARNING, "driver", secondary, LAYOUT_NONE,
        "%s is on %s, and nothing names its driver: 'Failed to open flash area ID 2 (image 0 slot 1): "
        "-2', or at link time 'undefined reference to '__device_dts_ord_..''",
        l->partitions[secondary].name, d->name);
    remedy(
        l, f,
        "Enable its driver in MCUboot too (CONFIG_PM_EXTERNAL_FLASH_HAS_DRIVER), and point chosen "
        "nordic,pm-ext-flash at it in every image.");
}

static void check_scratch(struct check *c, int primary, int secondary)
{
    struct layout *l = c->l;
    int scratch = find_role(l, LAYOUT_SPARE);
    uint32_t big_p, big_s, small;
    uint32_t need;
    struct layout_finding *f;

    pages_in(l, primary, &big_p, &small);
    pages_in(l, secondary, &big_s, &small);
    need = big_p > big_s ? big_p : big_s;
    if (c->engine == WORLD_MCUBOOT_SCRATCH && scratch < 0) {
        f = say(l, LAYOUT_ERROR, "scratch", primary, LAYOUT_NONE, "there is no scratch area");
        remedy(l, f, "Add one of 0x%x bytes, or take another engine.", need);
    } else if ((c->engine == WORLD_MCUBOOT_SCRATCH || c->engine == WORLD_WOLFBOOT) &&
               scratch >= 0 && l->partitions[scratch].size < need) {
        f = say(
            l, LAYOUT_ERROR, "scratch", scratch, LAYOUT_NONE,
            "%s has 0x%x bytes, and the largest page 0x%x: 'not all sectors fit inside scratch'",
            l->partitions[scratch].name, l->partitions[scratch].size, need);
        remedy(l, f, "Give it 0x%x bytes.", need);
    }
}

static void check_move(struct check *c, int primary)
{
    struct layout *l = c->l;
    uint32_t big, small;
    uint64_t n = pages_in(l, primary, &big, &small);
    struct layout_finding *f;

    if (c->engine != WORLD_MCUBOOT_MOVE && c->engine != WORLD_MCUBOOT_OFFSET)
        return;
    if (n > 1 && big == small)
        return;
    f = say(l, LAYOUT_ERROR, "move", primary, LAYOUT_NONE,
            n > 1 ? "%s has pages of 0x%x and 0x%x bytes, and this engine moves equal pages"
                  : "%s has one page of 0x%x bytes, and this engine needs one more to move to",
            l->partitions[primary].name, big, small);
    remedy(l, f, "Take --engine mcuboot-scratch, or Bulkhead's own, which needs one spare chunk.");
}

/* ---- wolfBoot ---- */

static void check_wolfboot(struct check *c, int primary, int secondary)
{
    struct layout *l = c->l;
    const struct layout_partition *p = &l->partitions[primary];
    int scratch = find_role(l, LAYOUT_SPARE);
    uint32_t big, small, flags;
    uint64_t n = pages_in(l, primary, &big, &small);
    struct layout_finding *f;

    if (c->engine != WORLD_WOLFBOOT)
        return;
    for (size_t i = 0; i < l->n_partitions; i++) {
        const struct layout_partition *q = &l->partitions[i];

        if (q->device != p->device || (int)i == primary || q->off >= p->off ||
            q->role == LAYOUT_BOOTLOADER || ((int)i != secondary && (int)i != scratch))
            continue;
        f = say(l, LAYOUT_ERROR, "in-bootloader", (int)i, primary,
                "%s begins before %s, where the bootloader is", q->name, p->name);
        remedy(l, f, "Put it after 0x%llx.", (unsigned long long)address_of(l, p) + p->size);
        consequence(l, f, "The first update erases the bootloader. wolfBoot's build says nothing.");
    }
    if (big & (big - 1)) {
        f = say(l, LAYOUT_ERROR, "sector-size", primary, LAYOUT_NONE,
                "WOLFBOOT_SECTOR_SIZE 0x%x is no power of two", big);
        remedy(l, f, "Write the size of an erase page.");
    }
    flags = 5u + (uint32_t)((n + 1) / 2);
    if (flags > big) {
        f = say(l, LAYOUT_ERROR, "flags", primary, LAYOUT_NONE,
                "%llu sector flags take 0x%x bytes, and a sector has 0x%x", (unsigned long long)n,
                flags, big);
        remedy(l, f, "Declare larger sectors.");
        consequence(l, f, "The flags run over the image's last page.");
    }
    if (p->size < 2 * (uint64_t)big) {
        f = say(l, LAYOUT_ERROR, "one-sector", primary, LAYOUT_NONE,
                "%s has one sector: the flags at its end lie over the image", p->name);
        remedy(l, f, "Give the partitions two sectors at least, 0x%llx bytes.", 2ull * big);
    }
}

/* ---- embassy, ESP-IDF ---- */

static void check_embassy(struct check *c, int primary, int secondary)
{
    struct layout *l = c->l;
    const struct layout_partition *p = &l->partitions[primary], *s = &l->partitions[secondary];
    uint32_t big, small;
    struct layout_finding *f;

    if (c->engine != WORLD_EMBASSY)
        return;
    pages_in(l, primary, &big, &small);
    if ((uint64_t)s->size >= (uint64_t)p->size + big)
        return;
    f = say(l, LAYOUT_ERROR, "dfu-size", secondary, primary,
            "DFU must be a page longer than what runs: 'assertion failed: dfu.capacity() - "
            "active.capacity() >= page_size'");
    remedy(l, f, "Give it 0x%llx bytes.", (unsigned long long)p->size + big);
}

static void check_esp(struct check *c)
{
    struct layout *l = c->l;
    int table = find_role(l, LAYOUT_TABLE);
    struct layout_finding *f;

    if (c->engine != WORLD_ESP_IDF)
        return;
    for (size_t i = 0; i < l->n_partitions; i++) {
        const struct layout_partition *p = &l->partitions[i];
        const char *type = p->esp.type ? p->esp.type : "";

        if (table >= 0 && (int)i != table && p->parent < 0 &&
            p->off < l->partitions[table].off + 0x1000u &&
            p->off + (uint64_t)p->size > l->partitions[table].off) {
            f = say(l, LAYOUT_ERROR, "table-place", (int)i, table,
                    "'First partition offset 0x%x overlaps end of partition table 0x%x'", p->off,
                    l->partitions[table].off + 0x1000u);
            remedy(l, f, "Begin it at 0x%x.", l->partitions[table].off + 0x1000u);
        }
        if ((strcmp(type, "app") == 0 || p->role == LAYOUT_PRIMARY ||
             p->role == LAYOUT_SECONDARY) &&
            p->off % 0x10000) {
            f = say(l, LAYOUT_ERROR, "app-place", (int)i, LAYOUT_NONE,
                    "%s at 0x%x: 'Partition %s invalid: Offset 0x%x is not aligned to 0x10000'",
                    p->name, p->off, p->name, p->off);
            remedy(l, f, "The nearest places are 0x%x and 0x%x.", p->off / 0x10000 * 0x10000,
                   (p->off / 0x10000 + 1) * 0x10000);
        }
        if (p->esp.subtype && strcmp(p->esp.subtype, "ota") == 0 && p->size != 0x2000) {
            f = say(l, LAYOUT_ERROR, "otadata", (int)i, LAYOUT_NONE,
                    "%s has 0x%x bytes: otadata is two pages of 0x1000", p->name, p->size);
            remedy(l, f, "Write 0x2000.");
        }
    }
}

/* ---- Partition Manager's names in a devicetree ---- */

static void check_names(struct layout *l)
{
    static const char *const aliases[] = { "image_0",         "image_1",          "image_2",
                                           "image_3",         "image_scratch",    "slot0_partition",
                                           "slot1_partition", "storage_partition" };

    for (size_t i = 0; i < l->n_partitions; i++) {
        struct layout_partition *p = &l->partitions[i];

        if (!l->devices[p->device].pm.region)
            continue;
        for (size_t k = 0; k < sizeof aliases / sizeof *aliases; k++)
            if (strcmp(aliases[k], p->name) == 0)
                remedy(
                    l,
                    say(l, LAYOUT_WARNING, "dts-name", (int)i, LAYOUT_NONE,
                        "%s is a devicetree's name: Partition Manager makes an alias of it for another "
                        "partition",
                        p->name),
                    "Name it as Partition Manager does: mcuboot_primary, mcuboot_secondary, "
                    "settings_storage.");
    }
}

/* A region's name is its own; what is left of a region that is filled from one end has it, too. */
static void check_region_names(struct layout *l)
{
    for (size_t i = 0; i < l->n_partitions; i++) {
        const struct layout_partition *p = &l->partitions[i];

        for (size_t d = 0; d < l->n_devices; d++) {
            const char *region = l->devices[d].pm.region;

            if (!region || strcmp(region, p->name) != 0 ||
                (p->device == (int)d && strcmp(region, "flash_primary") != 0))
                continue;
            remedy(l,
                   say(l, LAYOUT_WARNING, "region-name", (int)i, LAYOUT_NONE,
                       "%s is a region's name: 'Found partition named %s, this is the name of a "
                       "region, and is a reserved name'",
                       p->name, p->name),
                   "Give it another name.");
        }
    }
}

/* A static file must leave one gap in the processor's flash; named gaps count as filled. */
static void check_gaps(struct layout *l)
{
    int *order = calloc(l->n_partitions + 1, sizeof *order);
    size_t n = l->n_devices ? layout_order(l, 0, order) : 0, gaps = 0;
    uint64_t at = 0;

    if (l->n_devices && l->devices[0].pm.region && layout_find_partition(l, "app") < 0)
        n = 0; /* the gap is the application's */
    for (size_t k = 0; k < n && l->devices[0].pm.region; k++) {
        const struct layout_partition *p = &l->partitions[order[k]];

        if (p->container)
            continue;
        if (p->off > at) {
            struct layout_finding *f = say(
                l, LAYOUT_WARNING, "gap", order[k], LAYOUT_NONE,
                "0x%llx-0x%x before %s belongs to nobody: 'Incorrect amount of gaps found in static "
                "configuration'",
                (unsigned long long)at, p->off, p->name);

            remedy(l, f, "Fill it: 'bulkhead layout pin' does.");
            gaps++;
        }
        at = (uint64_t)p->off + p->size > at ? (uint64_t)p->off + p->size : at;
    }
    free(order);
}

/* Further pairs of MCUboot's: the network core's, or a second image. One whose primary is no flash
 * of its own, as the nRF5340's network core in ram_flash, is not swapped. */
static void check_further_pair(struct check *c, int pair)
{
    int primary = find_slot(c->l, 2 * pair), secondary = find_slot(c->l, 2 * pair + 1);
    const char *region =
        primary >= 0 ? c->l->devices[c->l->partitions[primary].device].pm.region : NULL;

    if (primary < 0 || secondary < 0 || !is_mcuboot(c->engine) ||
        (region && strcmp(region, "ram_flash") == 0))
        return;
    check_slot_sizes(c, primary, secondary);
    check_write_units(c, primary, secondary);
}

void world_check(struct layout *l, enum world_engine engine, const struct world_signing *signing)
{
    static const struct world_signing none = { .algorithm = WORLD_P256 };
    struct check c = { l, engine };
    int primary = find_role(l, LAYOUT_PRIMARY), secondary = find_role(l, LAYOUT_SECONDARY);

    for (int a = 0; a < (int)l->n_partitions && !l->boot.given; a++) {
        for (int b = a + 1; b < (int)l->n_partitions; b++)
            check_overlap(l, a, b);
        if (!is_whole(l, a))
            continue;
        check_pages(l, a);
        for (int b = 0; b < (int)l->n_partitions; b++)
            if (b != a && is_whole(l, b))
                check_shared_page(l, a, b);
    }
    if (!l->boot.given) {
        check_names(l);
        check_region_names(l);
        check_gaps(l);
    }
    for (int pair = 1; pair < WORLD_PAIRS; pair++)
        check_further_pair(&c, pair);
    if (primary >= 0 && secondary >= 0) {
        check_slot_sizes(&c, primary, secondary);
        check_write_units(&c, primary, secondary);
        check_driver(&c, secondary);
        check_scratch(&c, primary, secondary);
        check_move(&c, primary);
        check_image_room(l, engine, primary, secondary, signing ? signing : &none);
        check_wolfboot(&c, primary, secondary);
        check_embassy(&c, primary, secondary);
    }
    check_esp(&c);
    findings_sort(l);
}
