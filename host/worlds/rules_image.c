/* SPDX-License-Identifier: Apache-2.0 */
/* How large an image a slot takes, by each engine's own sum: header, payload, what signing adds,
 * and at the slot's end what the bootloader keeps there. Sizes of MCUboot's TLVs are those of
 * imgtool; of wolfBoot's header, those of its signing tool with SHA-256. */
#define _GNU_SOURCE
#include "inner.h"

#include <string.h>

/* MCUboot. A TLV has 4 bytes before its content, and so has each of the two areas. */
#define TLV 4u
#define AREA 4u
#define SHA256 32u
#define SHA512 64u
#define COUNTER 4u
#define DEPENDENCY 12u
#define UUID 16u
#define BOOT_RECORD 108u /* CBOR: a type of 12 letters and the longest version */
#define SECTORS 128u     /* CONFIG_BOOT_MAX_IMG_SECTORS, unless a slot has more */

static const struct algorithm {
    const char *name;
    uint32_t signature, key; /* bytes at most; the public key as DER */
    uint32_t wolfboot;       /* its whole header */
} algorithms[] = {
    [WORLD_UNSIGNED] = { "unsigned", 0, 0, 256 },
    [WORLD_P256] = { "p256", 72, 91, 256 },
    [WORLD_ED25519] = { "ed25519", 64, 44, 256 },
    [WORLD_ED25519_PURE] = { "ed25519-pure", 64, 44, 256 },
    [WORLD_RSA2048] = { "rsa-2048", 256, 270, 512 },
    [WORLD_RSA3072] = { "rsa-3072", 384, 398, 512 },
};
#define N_ALGORITHMS (sizeof algorithms / sizeof *algorithms)

static const char *const extras[] = { "whole-key", "dependency", "counter", "boot-record", "uuid" };

bool world_signing_add(struct world_signing *s, const char *word)
{
    unsigned *const counts[] = { &s->whole_key, &s->dependencies, &s->counters, &s->records,
                                 &s->uuids };

    for (size_t i = 0; i < N_ALGORITHMS; i++)
        if (strcmp(algorithms[i].name, word) == 0) {
            s->algorithm = (enum world_algorithm)i;
            s->chosen = true;
            return true;
        }
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++)
        if (strcmp(extras[i], word) == 0) {
            (*counts[i])++;
            return *counts[i] < 1000;
        }
    return false;
}

const char *world_signing_word(size_t i)
{
    size_t n = sizeof extras / sizeof *extras;

    return i < N_ALGORITHMS       ? algorithms[i].name
           : i < N_ALGORITHMS + n ? extras[i - N_ALGORITHMS]
                                  : NULL;
}

uint32_t world_tlvs(const struct world_signing *s)
{
    const struct algorithm *a = &algorithms[s->algorithm];
    bool pure = s->algorithm == WORLD_ED25519_PURE;
    uint32_t hash = TLV + (pure ? SHA512 : SHA256), sum = AREA + hash, guarded = 0;

    if (a->signature)
        sum += TLV + a->signature + (s->whole_key ? TLV + a->key : hash) + (pure ? TLV + 1 : 0);
    guarded += s->counters ? TLV + COUNTER : 0;
    guarded += s->records ? TLV + BOOT_RECORD : 0;
    guarded += s->dependencies * (TLV + DEPENDENCY);
    guarded += s->uuids ? 2 * (TLV + UUID) : 0;
    return sum + (guarded ? AREA + guarded : 0);
}

/* MCUboot's trailer: status of each sector, type, flags, size, magic. entries: of each sector. */
static uint64_t trailer(uint64_t sectors, uint16_t unit, unsigned entries)
{
    uint64_t align = unit < 8 ? 8 : unit;

    sectors = sectors > SECTORS ? sectors : SECTORS;
    return sectors * entries * unit + 4 * align + (entries == 2 ? align : 0) + up_to(16, align);
}

static uint64_t to_pages(uint64_t n, uint32_t page)
{
    return page ? up_to(n, page) : n;
}

/* Most bytes of an image in MCUboot's slots, from header to the last TLV; 0: none has room. */
static uint64_t largest_mcuboot(const struct layout *l, enum world_engine engine, int primary,
                                int secondary)
{
    const struct layout_partition *p = &l->partitions[primary], *s = &l->partitions[secondary];
    uint16_t unit = l->devices[p->device].flash.unit;
    uint32_t page, page_s, small;
    uint64_t n = pages_in(l, primary, &page, &small), m = pages_in(l, secondary, &page_s, &small);
    uint64_t take_p, take_s, a, b;

    n = n > m ? n : m;
    page = page > page_s ? page : page_s; /* the chunk that both are moved by */
    switch (engine) {
    case WORLD_MCUBOOT_OVERWRITE: /* image_ok, copy_done, type and magic are at the end */
        take_p = take_s = 3u * (unit < 8 ? 8u : unit) + up_to(16, unit < 8 ? 8 : unit);
        break;
    case WORLD_MCUBOOT_SCRATCH: take_p = take_s = trailer(n, unit, 3); break;
    case WORLD_MCUBOOT_MOVE:
        take_s = to_pages(trailer(n, unit, 3), page);
        take_p = take_s + page;
        break;
    default:
        take_p = to_pages(trailer(n, unit, 2), page);
        take_s = take_p + page;
        break;
    }
    a = p->size > take_p ? p->size - take_p : 0;
    b = s->size > take_s ? s->size - take_s : 0;
    return a < b ? a : b;
}

/* As above, for every engine whose rule is known here. */
static uint64_t largest(const struct layout *l, enum world_engine engine, int primary,
                        int secondary)
{
    const struct layout_partition *p = &l->partitions[primary], *s = &l->partitions[secondary];
    uint32_t page, page_s, small;

    if (engine == WORLD_WOLFBOOT) { /* one sector of flags */
        pages_in(l, primary, &page, &small);
        pages_in(l, secondary, &page_s, &small);
        page = page > page_s ? page : page_s;
        return p->size > page ? p->size - page : 0;
    }
    if (engine == WORLD_EMBASSY || engine == WORLD_ESP_IDF)
        return p->size < s->size ? p->size : s->size;
    return largest_mcuboot(l, engine, primary, secondary);
}

/* Bytes before a payload: what the slot says, the pad in front of the application, or imgtool's
 * usual 512. */
static uint32_t header_of(const struct layout *l, enum world_engine engine, int primary,
                          const struct world_signing *s)
{
    int pad = layout_find_partition(l, "mcuboot_pad"), slot = l->partitions[primary].slot;

    if (engine == WORLD_WOLFBOOT)
        return algorithms[s->algorithm].wolfboot;
    if (engine == WORLD_EMBASSY || engine == WORLD_ESP_IDF)
        return 0;
    if (slot >= 0 && l->slots[slot].header)
        return l->slots[slot].header;
    return pad >= 0 ? l->partitions[pad].size : 0x200;
}

/* What is added to a payload. */
static uint64_t around(const struct layout *l, enum world_engine engine, int primary,
                       const struct world_signing *s)
{
    bool mcuboot = engine >= WORLD_MCUBOOT_OFFSET && engine <= WORLD_MCUBOOT_OVERWRITE;

    return header_of(l, engine, primary, s) + (mcuboot ? world_tlvs(s) : 0);
}

/* "0x.. signed by p256, ..": how much is left for a payload. */
static char *payloads(struct layout *l, enum world_engine engine, int primary, uint64_t most,
                      const struct world_signing *signing)
{
    char text[256] = "";
    size_t len = 0;

    for (size_t i = 0; i < N_ALGORITHMS; i++) {
        struct world_signing s = *signing;
        uint64_t take;

        if (signing->chosen ? i != (size_t)signing->algorithm
                            : i == WORLD_UNSIGNED || i == WORLD_ED25519_PURE)
            continue;
        s.algorithm = (enum world_algorithm)i;
        take = around(l, engine, primary, &s);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s0x%llx %s", len ? ", " : "",
                                (unsigned long long)(most > take ? most - take : 0),
                                algorithms[i].name);
    }
    return arena_text(&l->inner->arena, text, len);
}

/* Is what a person signs and stages the payload itself, as far as the slot is concerned? */
static bool adds_nothing(enum world_engine engine)
{
    return engine == WORLD_EMBASSY || engine == WORLD_ESP_IDF;
}

static const char *searched(enum world_engine engine)
{
    return engine == WORLD_WOLFBOOT  ? "'Image size .. > max ..'"
           : engine == WORLD_EMBASSY ? "the linker's 'will not fit in region'"
           : engine == WORLD_ESP_IDF ? "'Error: app partition is too small for binary'"
                                     : "'Image too large', or 'Not enough free space to run swap "
                                       "upgrade'";
}

void check_image_room(struct layout *l, enum world_engine engine, int primary, int secondary,
                      const struct world_signing *signing)
{
    const struct layout_partition *p = &l->partitions[primary];
    uint64_t most, whole;
    struct layout_finding *f;

    if (engine == WORLD_BULKHEAD)
        return; /* its own rules say it */
    most = largest(l, engine, primary, secondary);
    whole = signing->payload + around(l, engine, primary, signing);
    if (most <= around(l, engine, primary, signing)) {
        f = finding(l, LAYOUT_ERROR, "trailer", &p->at,
                    "%s has no room for an image: of 0x%x bytes 0x%llx are left beside what the "
                    "bootloader keeps at its end: %s",
                    p->name, p->size, (unsigned long long)most, searched(engine));
        about(f, p->device, primary, secondary);
        remedy(l, f, "Make the slots larger.");
        return;
    }
    if (signing->payload && whole > most) {
        f = finding(l, LAYOUT_ERROR, "image-room", &p->at,
                    "a payload of 0x%llx bytes is an image of 0x%llx with header and what signing "
                    "adds, and %s takes 0x%llx: %s",
                    (unsigned long long)signing->payload, (unsigned long long)whole, p->name,
                    (unsigned long long)most, searched(engine));
        about(f, p->device, primary, secondary);
        remedy(l, f, "Make both slots 0x%llx bytes larger, or the payload smaller.",
               (unsigned long long)(whole - most));
        return;
    }
    f = finding(l, LAYOUT_NOTE, "largest-image", &p->at,
                "the largest image for %s has 0x%llx bytes; beyond that %s%s%s", p->name,
                (unsigned long long)most, searched(engine),
                adds_nothing(engine) ? "" : ". Of that a payload may have: ",
                adds_nothing(engine) ? "" : payloads(l, engine, primary, most, signing));
    about(f, p->device, primary, LAYOUT_NONE);
}
