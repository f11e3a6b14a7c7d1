/* SPDX-License-Identifier: Apache-2.0 */
/* What the section `boot:` needs of the layout, as far as the core does not know of it: names,
 * files, processors. What the core demands of a product is its own list of
 * rules: rules_product.c. */
#include "rules.h"

#include "host/chips/chips.h"
#include "host/core_key.h"
#include "host/keys.h"
#include "host/layout/write.h"
#include "host/published.h"

#include "bulkhead/image_wolfboot.h"
#include "bulkhead/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct layout_partition *part(const struct layout *l, int i)
{
    return i >= 0 ? &l->partitions[i] : NULL;
}

/* ---- what is missing ---- */

static void check_missing(struct layout *l)
{
    const struct layout_boot *b = &l->boot;
    bool errors = l->n_errors > 0; /* what is missing may be among what could not be read */

    if (errors)
        return;
    if (b->plan == LAYOUT_SELECT) {
        if (b->table == LAYOUT_NONE)
            remedy(l,
                   FAULT(l, "missing", &b->at, "boot: plan 'select' needs the table's partition"),
                   "Write 'table: PARTITION'.");
        return;
    }
    if (!l->n_slots)
        remedy(l, FAULT(l, "missing", &b->at, "boot: there is no slot pair"),
               "Write 'slots: {app: {primary: ..., secondary: ..., spare: ..., format: ...}}'.");
    if (b->journal[0] == LAYOUT_NONE || b->journal[1] == LAYOUT_NONE) {
        struct layout_finding *f = FAULT(l, "missing", &b->at, "boot: there is no journal");

        remedy(l, f, "Write 'journal: [journal_a, journal_b]', two partitions of 'size: auto'.");
        consequence(l, f, "After a power cut nobody would know how far an update was.");
    }
    if (b->bootloader == LAYOUT_NONE) {
        struct layout_finding *f =
            FAULT(l, "missing", &b->at, "boot: the bootloader itself has no partition");

        remedy(l, f, "Name one 'bootloader', or write 'bootloader: PARTITION'.");
        consequence(l, f, "An update could overwrite the bootloader.");
    }
}

/* ---- one partition, one role ---- */

struct use {
    int partition;
    const char *as;
    const struct layout_mark *at;
};

static void check_roles(struct layout *l)
{
    struct use uses[3 * BH_PAIRS_MAX + 4];
    size_t n = 0;

    for (size_t i = 0; i < l->n_slots; i++) {
        const struct layout_slot *s = &l->slots[i];

        uses[n++] = (struct use){ s->primary, "primary slot", &s->at };
        uses[n++] = (struct use){ s->secondary, "secondary slot", &s->at };
        uses[n++] = (struct use){ s->spare, "spare", &s->at_spare };
    }
    uses[n++] = (struct use){ l->boot.journal[0], "journal", &l->boot.at_journal };
    uses[n++] = (struct use){ l->boot.journal[1], "journal", &l->boot.at_journal };
    uses[n++] = (struct use){ l->boot.bootloader, "bootloader", &l->boot.at };
    uses[n++] = (struct use){ l->boot.table, "table", &l->boot.at };
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) {
            struct layout_finding *f;

            if (uses[i].partition < 0 || uses[i].partition != uses[k].partition)
                continue;
            f = FAULT(l, "role", uses[i].at, "%s is %s and %s at once",
                      l->partitions[uses[i].partition].name, uses[k].as, uses[i].as);
            if (f)
                f->other = *uses[k].at;
            about(f, l->partitions[uses[i].partition].device, uses[i].partition, LAYOUT_NONE);
            remedy(l, f, "Each needs a partition of its own.");
            consequence(l, f, "An update would overwrite one with the other.");
        }
}

/* ---- the bootloader ---- */

static void check_bootloader(struct layout *l)
{
    const struct layout_partition *p = part(l, l->boot.bootloader);
    uint64_t bytes = l->inner->binary;

    if (!p || !p->solved || bytes <= p->size)
        return;
    struct layout_finding *f = FAULT(l, "bootloader", &p->at_size,
                                     "%s: the bootloader has %llu bytes and its partition %u",
                                     p->name, (unsigned long long)bytes, p->size);
    about(f, p->device, l->boot.bootloader, LAYOUT_NONE);
    remedy(l, f, "Make it %s, or 'size: auto'.",
           SIZE(page_up(device_flash(l, p), p->off + bytes) - p->off));
    consequence(l, f, "Its end would lie in the next partition, and be erased with that.");
}

/* ---- devices ---- */

/* Every device that the bootloader reads or writes. */
static uint32_t devices_used(const struct layout *l)
{
    uint32_t used = 0;

    for (size_t i = 0; i < l->n_partitions; i++)
        if (l->partitions[i].role != LAYOUT_PLAIN)
            used |= 1u << l->partitions[i].device;
    return used;
}

/* The processor runs the bootloader where it lies, or where a mask ROM copies it. */
static void check_rom(struct layout *l)
{
    const struct layout_partition *p = part(l, l->boot.bootloader);
    const struct layout_device *d = p ? &l->devices[p->device] : NULL;
    struct layout_ram ram = layout_boot_ram(l);
    struct layout_finding *f;

    if (!p || !p->solved || (l->boot.plan == LAYOUT_SELECT && !l->boot.n_windows))
        return;
    if (!d->flash.mapped && !d->rom_copies) {
        f = FAULT(l, "execute", &p->at,
                  "%s: the bootloader is on %s, which the processor cannot execute from", p->name,
                  d->name);
        about(f, p->device, l->boot.bootloader, LAYOUT_NONE);
        remedy(l, f,
               "Put it on a mapped device; or, if a mask ROM copies it to RAM, write "
               "'rom_copies_to: ADDRESS' of %s.",
               d->name);
        consequence(l, f, "Nothing would start at a reset.");
    }
    if (!d->rom_copies || !ram.size || (uint64_t)d->rom_copies_to + p->size <= ram.address ||
        d->rom_copies_to >= (uint64_t)ram.address + ram.size)
        return;
    f = FAULT(l, "load", &d->at,
              "%s: the mask ROM copies the bootloader to 0x%08x, into the RAM that it moves itself "
              "to (0x%08x to 0x%llx)",
              d->name, d->rom_copies_to, ram.address, (unsigned long long)ram.address + ram.size);
    about(f, p->device, l->boot.bootloader, LAYOUT_NONE);
    remedy(l, f, "Load images to where it is copied: 'load: {address: 0x%08x, size: ...}'.",
           d->rom_copies_to);
    consequence(l, f, "It would overwrite itself while it moves.");
}

static void check_devices(struct layout *l)
{
    uint32_t used = devices_used(l);

    for (int i = 0; i < (int)l->n_devices; i++) {
        const struct layout_device *d = &l->devices[i];
        struct layout_finding *f;

        if (!(used & 1u << i))
            continue;
        if (d->chip && d->chip->cannot && (l->boot.plan != LAYOUT_SELECT || l->boot.n_windows)) {
            f = FAULT(l, "chip", &d->at, "%s: the core cannot serve %s: %s", d->name, d->chip->name,
                      d->chip->cannot);
            about(f, i, LAYOUT_NONE, LAYOUT_NONE);
            remedy(l, f, "'bulkhead layout chips' says which it can.");
        }
        if (d->flash.mapped || d->driver || d->port ||
            (l->boot.plan == LAYOUT_SELECT && !l->boot.n_windows))
            continue;
        f = FAULT(l, "driver", &d->at, "%s: it is not mapped, and nothing says what drives it",
                  d->name);
        about(f, i, LAYOUT_NONE, LAYOUT_NONE);
        remedy(l, f, "Write 'driver: spi_nor', the chip's name, or the driver of your board.");
        consequence(l, f, "The bootloader could not read what is staged there, and never update.");
    }
}

/* ---- slots ---- */

static void check_primary(struct layout *l, const struct layout_slot *s)
{
    const struct layout_partition *p = part(l, s->primary);
    struct layout_finding *f;

    if (!p || s->load || device_flash(l, p)->mapped)
        return;
    f = FAULT(l, "execute", &s->at,
              "%s: its primary slot %s is on %s, which the processor cannot "
              "execute from",
              s->name, p->name, l->devices[p->device].name);
    if (f)
        f->other = p->at;
    about(f, p->device, s->primary, LAYOUT_NONE);
    remedy(l, f,
           "Put it on a mapped device, or write 'load: {address: ..., size: ...}' for an image "
           "that runs from RAM.");
    consequence(l, f, "The bootloader would jump to an address where nothing is.");
}

static void check_vectors(struct layout *l, const struct layout_slot *s)
{
    const struct layout_partition *p = part(l, s->primary);
    const struct layout_device *d = p ? &l->devices[p->device] : NULL;
    uint16_t vectors = s->vectors ? s->vectors : d ? d->vectors : 0;
    uint32_t need = chip_vector_alignment(vectors);
    uint32_t address = p ? d->flash.base + p->off + s->header : 0, fits;
    struct layout_finding *f;

    if (!p || !p->solved || !vectors || !need || s->load || !d->flash.mapped)
        return;
    if (address % need == 0)
        return;
    f = FAULT(
        l, "vectors", &s->at_header,
        "%s: header %u puts the vector table at 0x%08x; VTOR of %s (%u vectors) needs a multiple "
        "of %u",
        s->name, s->header, address, d->chip ? d->chip->name : d->name, vectors, need);
    about(f, p->device, s->primary, LAYOUT_NONE);
    fits = s->header + (need - address % need);
    if (s->vectors)
        remedy(l, f, "Use header: %u.", fits);
    else
        remedy(l, f, "Use header: %u; or 'vectors: N' if the application's own table has fewer.",
               fits);
    consequence(l, f, "The first interrupt would jump through a wrong entry of the table.");
}

/* The format's own header must fit in it, and an application after it. */
static bool check_header(struct layout *l, const struct layout_slot *s)
{
    static const uint32_t least[] = { 32, 256, 24 };
    struct layout_finding *f;

    if (s->header < least[s->format]) {
        f = FAULT(l, "header", &s->at_header, "%s: header %u is smaller than the format's own, %u",
                  s->name, s->header, least[s->format]);
        remedy(l, f, "Use header: %u or more.", least[s->format]);
        consequence(l, f, "Every image would be refused.");
    } else if (!product_format(s->format, s->header)) {
        f = FAULT(l, "header", &s->at_header,
                  "%s: header %u is no power of two from %u to %u, as wolfBoot's are", s->name,
                  s->header, BH_WOLFBOOT_HEADER_MIN, BH_WOLFBOOT_HEADER_MAX);
        remedy(l, f, "Write what the images are signed with, wolfBoot's IMAGE_HEADER_SIZE.");
        consequence(l, f, "wolfBoot's tools could make no image for it.");
    } else if (s->image_max && s->header >= s->image_max) {
        f = FAULT(l, "header", &s->at_header,
                  "%s: header %u leaves nothing of the largest image, %u", s->name, s->header,
                  s->image_max);
        remedy(l, f, "Make the slots larger, or the header smaller.");
        consequence(l, f, "No application would fit.");
    } else {
        return true;
    }
    return false;
}

/* "2.1" is before 2.2. */
static bool before_offset(const char *version)
{
    unsigned major = 0, minor = 0;

    for (; *version >= '0' && *version <= '9' && major < 1000; version++)
        major = major * 10 + (unsigned)(*version - '0');
    if (*version == '.')
        for (version++; *version >= '0' && *version <= '9' && minor < 1000; version++)
            minor = minor * 10 + (unsigned)(*version - '0');
    return major < 2 || (major == 2 && minor < 2);
}

static void check_applications(struct layout *l, const struct layout_slot *s)
{
    struct layout_finding *f;

    if (!l->boot.app_mcuboot || !before_offset(l->boot.app_mcuboot) ||
        s->spare_kind != LAYOUT_SPARE_FIRST)
        return;
    f = FAULT(l, "spare", &s->at_spare,
              "%s: applications with bootutil %s stage images at the start of the secondary slot",
              s->name, l->boot.app_mcuboot);
    remedy(l, f,
           "Write 'spare: page before trailer of secondary': only applications built for "
           "swap-using-offset (bootutil 2.2) stage one page in.");
    consequence(l, f, "The bootloader would look for the staged image one page too far.");
}

static void check_format(struct layout *l, const struct layout_slot *s)
{
    static const char *const names[] = { "mcuboot", "wolfboot", "espressif" };
    static const int mailbox_of[] = { LAYOUT_MAILBOX_MCUBOOT, LAYOUT_MAILBOX_WOLFBOOT,
                                      LAYOUT_MAILBOX_OTADATA };
    static const char *const mailboxes[] = { "none", "mcuboot", "wolfboot", "otadata" };
    struct layout_finding *f;

    if (l->boot.mailbox == LAYOUT_NO_MAILBOX || (int)l->boot.mailbox == mailbox_of[s->format])
        return;
    f = FAULT(l, "mailbox", &l->boot.at_mailbox, "%s: mailbox '%s' with images of %s", s->name,
              mailboxes[l->boot.mailbox], names[s->format]);
    if (f)
        f->other = s->at;
    remedy(l, f, "Write 'mailbox: none' (the application uses bulkhead/app.h), or 'mailbox: %s'.",
           mailboxes[mailbox_of[s->format]]);
    consequence(l, f, "No application would ever leave its requests there.");
}

/* Plan 'select' chooses by otadata, and no other plan does. */
static void check_mailbox(struct layout *l)
{
    const struct layout_boot *b = &l->boot;
    bool select = b->plan == LAYOUT_SELECT, otadata = b->mailbox == LAYOUT_MAILBOX_OTADATA;
    struct layout_finding *f;

    if (b->mailbox == LAYOUT_NO_MAILBOX || select == otadata)
        return;
    if (select)
        f = FAULT(l, "mailbox", &b->at_mailbox,
                  "boot: plan 'select' reads otadata, and no other "
                  "mailbox");
    else
        f = FAULT(l, "mailbox", &b->at_mailbox,
                  "boot: mailbox 'otadata' chooses between slots, and this plan moves images");
    remedy(l, f,
           select ? "Write 'mailbox: otadata', or leave it out."
                  : "Write 'mailbox: none' (the application uses bulkhead/app.h), or 'plan: "
                    "select'.");
    consequence(l, f, "No application's request would ever be read.");
}

#define BOOT_RAM_MIN 0x1800u /* 4 KB of stack, the copy buffer, and what is the port's */

/* Images that run from RAM: one place for all, and it is there, and the bootloader is not in it. */
static void check_load(struct layout *l, const struct layout_slot *s)
{
    const struct layout_slot *first = layout_loads(l);
    const struct layout_partition *p = part(l, l->boot.bootloader);
    const struct layout_device *d = p ? &l->devices[p->device] : NULL;
    uint64_t end = (uint64_t)s->load_address + s->load_size;
    struct layout_finding *f;

    if (first &&
        (!s->load || s->load_address != first->load_address || s->load_size != first->load_size)) {
        f = FAULT(l, "load", &s->at, "%s: its images go elsewhere than those of %s", s->name,
                  first->name);
        remedy(l, f, "Write the same 'load: {address: 0x%08x, size: 0x%x}' for both.",
               first->load_address, first->load_size);
        consequence(l, f, "The bootloader knows one place in RAM, and would refuse its images.");
    }
    if (!s->load || !s->load_size)
        return;
    if (s->format != LAYOUT_MCUBOOT)
        remedy(
            l,
            FAULT(l, "load", &s->at_load, "%s: only MCUboot's images are loaded to RAM", s->name),
            "Write 'format: mcuboot', or put the slot on a mapped device.");
    if (s->load_address % 4 || end > (uint64_t)UINT32_MAX + 1)
        remedy(l,
               FAULT(l, "load", &s->at_load, "%s: %s at 0x%08x are no place for images", s->name,
                     SIZE(s->load_size), s->load_address),
               "Use a multiple of 4 that is followed by so much RAM.");
    if (!d || !d->ram_size)
        return;
    if (s->load_address < d->ram_address || end > (uint64_t)d->ram_address + d->ram_size) {
        f = FAULT(l, "load", &s->at_load,
                  "%s: 0x%08x to 0x%llx is not within the RAM of %s (0x%08x, %s)", s->name,
                  s->load_address, (unsigned long long)end, d->name, d->ram_address,
                  SIZE(d->ram_size));
        remedy(l, f, "Choose a part of it, or write 'ram:' of the device.");
        consequence(l, f, "The image would be copied to where no memory is.");
    } else if (layout_boot_ram(l).size < BOOT_RAM_MIN) {
        f = FAULT(l, "load", &s->at_load,
                  "%s: beside the images %s of RAM are left for the bootloader, which takes %s",
                  s->name, SIZE(layout_boot_ram(l).size), SIZE(BOOT_RAM_MIN));
        remedy(l, f, "Make the place smaller by %s.", SIZE(BOOT_RAM_MIN - layout_boot_ram(l).size));
        consequence(l, f, "It would overwrite itself with the image.");
    }
}

static void check_slots(struct layout *l)
{
    for (size_t i = 0; i < l->n_slots; i++) {
        const struct layout_slot *s = &l->slots[i];

        check_load(l, s);

        check_primary(l, s);
        if (check_header(l, s))
            check_vectors(l, s);
        check_applications(l, s);
        check_format(l, s);
    }
}

/* ---- keys ---- */

static uint32_t load32_big(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Bytes of an LMS signature (RFC 8554): the key says height and width. */
static uint32_t lms_signature(const struct host_key *key)
{
    static const uint16_t chains[] = { 265, 133, 67, 34 };
    uint32_t levels = load32_big(key->bytes), height = load32_big(key->bytes + 4);
    uint32_t width = load32_big(key->bytes + 8);

    if (levels != 1 || height < 5 || height > 9 || width < 1 || width > 4)
        return HOST_SIGNATURE_MAX;
    return 4 + 4 + 4 + 32 * (chains[width - 1] + 1u) + 4 + 32 * 5 * (height - 4);
}

/* Most bytes of a signature, for the room beside an application. */
static uint32_t signature_max(const struct host_key *key)
{
    if (key->type->signature == BH_SIG_LMS)
        return lms_signature(key);
    if (host_ml_dsa_of(key->type->signature))
        return host_ml_dsa_of(key->type->signature)->signature_len;
    return key->type->bits >= 2048 ? key->type->bits / 8u : 72u;
}

static void say_development(struct layout *l, const struct layout_key *k)
{
    struct layout_finding *f =
        finding(l, LAYOUT_WARNING, "development-key", &k->at,
                "key '%s' is a development key, whose private half is published", k->path);

    remedy(l, f, "Make one of your own before anything is shipped: 'bulkhead key new'.");
    consequence(l, f, "Anybody could sign an image that the device starts.");
}

static void say_private(struct layout *l, const struct layout_key *k)
{
    struct layout_finding *f =
        finding(l, LAYOUT_WARNING, "keys", &k->at, "key '%s' is a private key", k->path);

    remedy(l, f, "Only its public half is used: name that, from 'bulkhead key export'.");
    consequence(l, f, "Who has the layout's folder could sign for the product.");
}

/* wolfBoot's signature is in the header, after version, type, hint and digest (with a timestamp 16
 * bytes further). */
static void check_wolfboot_room(struct layout *l, const struct layout_key *k)
{
    const struct layout_slot *s = &l->slots[0];
    uint32_t hash = l->boot.hash_bits / 8, need = 0x1C + 2 * (hash + 8) + 4 + k->signature;
    uint32_t header = BH_WOLFBOOT_HEADER_MIN;
    struct layout_finding *f;

    if (need <= s->header)
        return;
    while (header < need && header < BH_WOLFBOOT_HEADER_MAX)
        header *= 2;
    f = FAULT(l, "header", &s->at_header,
              "%s: header %u has no room for a signature of %u bytes by key '%s'", s->name,
              s->header, k->signature, k->path);
    remedy(l, f, "Use header: %u, and link the application for it.", header);
    consequence(l, f, "No image could be signed that the device starts.");
}

/* MCUboot's formats sign a SHA-256 digest, and Ed25519 that or SHA-512; wolfBoot's SHA-256 or
 * SHA-384; Espressif's has SHA-256 and two kinds of keys. What cannot be signed is refused here,
 * not when the first image is made. */
static void check_key_format(struct layout *l, const struct layout_key *k,
                             const struct host_key *key)
{
    const struct layout_boot *b = &l->boot;
    bool ed25519 = key->type->signature == BH_SIG_ED25519;
    struct bh_key core;
    struct layout_finding *f;

    if (product_espressif(l)) {
        if (host_core_key_espressif(key, &core))
            return;
        f = FAULT(l, "key-format", &k->at,
                  "key '%s': Espressif's images are not signed with %s keys", k->path,
                  key->type->name);
        remedy(l, f, "Use an RSA-3072 or P-256 key.");
    } else if (product_wolfboot(l)) {
        check_wolfboot_room(l, k); /* every key that the core has, over every digest */
        return;
    } else {
        if (b->hash_bits == 256 || (b->hash_bits == 512 && ed25519))
            return;
        f = FAULT(l, "digest", &b->at_hash,
                  "hash: SHA-%u with key '%s': a key of type %s signs SHA-256%s", b->hash_bits,
                  k->path, key->type->name, ed25519 ? " or SHA-512" : "");
        if (f)
            f->other = k->at;
        remedy(l, f, ed25519 ? "Write 'hash: sha256' or 'hash: sha512'." : "Write 'hash: sha256'.");
    }
    consequence(l, f, "No image could be signed that the device starts.");
}

static void check_key(struct layout *l, uint8_t i)
{
    struct layout_key *k = &l->boot.keys[i];
    struct host_key *key = &l->inner->keys[i]; /* kept: layout_product() takes it from there */
    struct host_error e;
    struct stat info;
    char *path = layout_file(l, k->path);

    if (stat(path, &info))
        remedy(l, FAULT(l, "keys", &k->at, "key '%s' is not there", k->path),
               "Its name is relative to the layout. 'bulkhead key new' makes one, 'bulkhead key "
               "export' its public half.");
    else if (host_key_load_public(path, key, &e))
        remedy(l, FAULT(l, "keys", &k->at, "key '%s' cannot be used: %s", k->path, e.text),
               "A public key in PEM is needed, as 'bulkhead key export' writes it.");
    else if (!key->type->algo)
        remedy(l,
               FAULT(l, "keys", &k->at, "key '%s': the bootloader cannot verify with %s", k->path,
                     key->type->name),
               "It can with p256, ed25519, rsa-2048, rsa-3072, ml-dsa-44, -65, -87 and lms.");
    if (key->type && key->type->algo) {
        k->signature = signature_max(key);
        check_key_format(l, k, key);
    }
    if (key->type && host_published(key->bytes, key->len))
        say_development(l, k);
    else if (key->has_private)
        say_private(l, k);
}

/* What wolfBoot's images cannot say, and what would make the first of two readers decide. */
static void check_wolfboot(struct layout *l)
{
    const struct layout_boot *b = &l->boot;
    const struct layout_slot *first = l->slots;
    struct layout_finding *f;

    for (size_t i = 1; i < l->n_slots; i++) {
        const struct layout_slot *s = &l->slots[i];

        if (s->format == LAYOUT_WOLFBOOT && first->format == LAYOUT_WOLFBOOT &&
            s->header != first->header) {
            f = FAULT(l, "header", &s->at_header, "%s: header %u, and %s has %u", s->name,
                      s->header, first->name, first->header);
            remedy(l, f, "Give all slots of wolfBoot's images one header.");
            consequence(l, f, "The header's length is nowhere in the image: one reader decides.");
        }
        if ((s->format == LAYOUT_WOLFBOOT) != (first->format == LAYOUT_WOLFBOOT) && b->n_keys) {
            f = FAULT(l, "key-format", &b->at_keys,
                      "boot: the keys would count for wolfBoot's images and for others");
            remedy(l, f, "Give all slots one format.");
            consequence(l, f, "Images of one of the formats would always be refused.");
        }
    }
    if (!product_wolfboot(l))
        return;
    if (b->hash_bits == 512) {
        f = FAULT(l, "digest", &b->at_hash, "hash: SHA-512, and wolfBoot's images have none");
        remedy(l, f, "Write 'hash: sha256' or 'hash: sha384'.");
        consequence(l, f, "Every image would be refused.");
    }
    if (b->need_counter) {
        f = FAULT(l, "counter", &b->at,
                  "boot: need_counter, and wolfBoot's images have no security counter");
        remedy(l, f, "Take it out.");
        consequence(l, f, "Every image would be refused.");
    }
    if (b->pure) {
        f = FAULT(l, "pure", &b->at_pure,
                  "boot: pure, and wolfBoot's images are signed over their digest");
        remedy(l, f, "Take it out.");
    }
    for (size_t i = 0; i < l->n_slots; i++)
        if (l->slots[i].has_vendor_id || l->slots[i].has_class_id) {
            f = FAULT(l, "choice", &l->slots[i].at, "%s: wolfBoot's images have no ids",
                      l->slots[i].name);
            remedy(l, f, "Take vendor_id and class_id out.");
            consequence(l, f, "Every image would be refused.");
        }
}

/* A key is made for one format: the other one names and orders its bytes differently. */
static void check_formats(struct layout *l)
{
    const struct layout_boot *b = &l->boot;
    bool espressif = product_espressif(l), mixed = false;
    struct layout_finding *f;

    for (size_t i = 0; i < l->n_slots && b->plan != LAYOUT_SELECT; i++)
        mixed = mixed || (l->slots[i].format == LAYOUT_ESPRESSIF) != espressif;
    if (mixed && b->n_keys) {
        f = FAULT(l, "key-format", &b->at_keys,
                  "boot: the keys would count for images of Espressif's and for others");
        remedy(l, f, "Give all slots one format.");
        consequence(l, f, "Images of one of the formats would always be refused.");
    }
    if ((espressif || mixed) && b->hash_bits != 256) {
        f = FAULT(l, "digest", &b->at_hash, "hash: SHA-%u, and Espressif's images have SHA-256",
                  b->hash_bits);
        remedy(l, f, "Write 'hash: sha256'.");
        consequence(l, f, "Every image would be refused.");
    }
}

/* Words that need something else of the layout. */
static void check_words(struct layout *l, bool files)
{
    const struct layout_boot *b = &l->boot;
    bool ed25519 = !files || !b->n_keys;
    struct layout_finding *f;

    for (uint8_t i = 0; i < b->n_keys; i++)
        ed25519 = ed25519 || !l->inner->keys[i].type ||
                  l->inner->keys[i].type->signature == BH_SIG_ED25519;
    if (b->pure && !ed25519) {
        f = FAULT(l, "pure", &b->at_pure, "boot: pure needs an Ed25519 key, and none is named");
        remedy(l, f, "Take 'pure' out, or name such a key under 'keys:'.");
        consequence(l, f, "No other algorithm signs a whole image; all would be refused.");
    }
    if (b->pure && b->allow_unsigned)
        remedy(l, FAULT(l, "pure", &b->at_pure, "boot: pure, and images need no signature"),
               "Take one of both out.");
    if (b->plan == LAYOUT_SELECT && (b->pure || b->rescue))
        remedy(l,
               FAULT(l, "pure", b->pure ? &b->at_pure : &b->at_rescue,
                     "boot: %s, and plan 'select' moves and verifies no image that way",
                     b->pure ? "pure" : "rescue"),
               "Take it out of the layout.");
}

static void check_keys(struct layout *l, const struct layout_options *options)
{
    struct layout_boot *b = &l->boot;
    struct layout_finding *f;

    if (b->allow_unsigned) {
        f = finding(l, LAYOUT_WARNING, "unsigned", &b->at, "boot: images need no signature");
        consequence(l, f, "Who can write to the secondary slot decides what runs.");
    }
    check_formats(l);
    check_wolfboot(l);
    for (uint8_t i = 0; i < b->n_keys && !options->no_files; i++)
        check_key(l, i);
}

/* ---- the watchdog ---- */

#define FED_MS 100u /* at most so long apart, but for an erase: bulkhead/alive.h */

/* A processor that runs from flash waits while that is erased, and feeds nothing. */
static void check_watchdog_device(struct layout *l, const struct layout_device *d)
{
    const struct layout_boot *b = &l->boot;
    uint32_t erase = d->chip ? d->chip->erase_ms : 0;
    struct layout_finding *f;

    if (!erase) {
        f = finding(l, LAYOUT_WARNING, "watchdog", &b->at_watchdog,
                    "watchdog: how long an erase of %s takes is not known", d->name);
        remedy(l, f, "Look it up, and give the watchdog %u ms more than that.", FED_MS);
        consequence(l, f, "One that bites within an erase lets no update come to its end.");
    } else if (b->watchdog < erase + FED_MS) {
        f = FAULT(l, "watchdog", &b->at_watchdog,
                  "watchdog: %u ms, and one erase of %s (%s) takes up to %u ms", b->watchdog,
                  d->name, d->chip_name, erase);
        remedy(l, f, "Write 'watchdog: %u' or more.", erase + FED_MS);
        consequence(l, f, "It would bite within an erase, and no update would come to its end.");
    }
}

static void check_watchdog(struct layout *l)
{
    uint32_t used = devices_used(l);

    for (size_t i = 0; l->boot.watchdog && i < l->n_devices; i++)
        if (used & 1u << i)
            check_watchdog_device(l, &l->devices[i]);
}

/* ---- RAM that is kept ---- */

/* The bootloader's memory and the applications' end where this begins. */
static void check_kept(struct layout *l, const struct layout_mark *at, const char *what,
                       uint32_t address, uint32_t size)
{
    const struct layout_partition *p = part(l, l->boot.bootloader);
    const struct layout_device *d = p ? &l->devices[p->device] : NULL;
    struct layout_ram left;
    uint64_t end = (uint64_t)address + size;

    if (address % 4 || size % 4 || end > (uint64_t)UINT32_MAX + 1)
        remedy(l,
               FAULT(l, "kept-ram", at, "%s: 0x%08x and %u bytes are not whole words", what,
                     address, size),
               "Use multiples of 4.");
    if (!d || !d->ram_size)
        return;
    left = layout_app_ram(l, d);
    if (address < d->ram_address || end > (uint64_t)d->ram_address + d->ram_size)
        remedy(l,
               FAULT(l, "kept-ram", at, "%s: 0x%08x is not within the RAM of %s (0x%08x, %s)", what,
                     address, d->name, d->ram_address, SIZE(d->ram_size)),
               "Choose the end of it: 0x%08x.", d->ram_address + d->ram_size - size);
    else if (end > left.address && address < (uint64_t)left.address + left.size)
        remedy(l,
               FAULT(l, "kept-ram", at, "%s: 0x%08x is in the middle of the RAM of %s", what,
                     address, d->name),
               "Choose its end, or its beginning: programs are given one piece of RAM.");
}

/* RAM that a loaded image is copied to is not kept. */
static void check_kept_loads(struct layout *l, const struct layout_mark *at, const char *what,
                             uint32_t address, uint32_t size)
{
    const struct layout_slot *s = layout_loads(l);

    if (s && (uint64_t)address + size > s->load_address &&
        address < (uint64_t)s->load_address + s->load_size)
        remedy(l, FAULT(l, "kept-ram", at, "%s: 0x%08x is where images are loaded", what, address),
               "Choose RAM beside it.");
}

static void check_recovery(struct layout *l)
{
    const struct layout_boot *b = &l->boot;
    /* docs/formats/boot-record.md */
    uint32_t record_min = 108u + 2u * b->hash_bits / 8u + 24u * (uint32_t)l->n_slots;
    bool both = b->record_size && b->recovery_has_magic &&
                b->recovery_magic - (uint64_t)b->record_address + 4 < (uint64_t)b->record_size + 4;

    if (b->recovery_has_magic) {
        check_kept(l, &b->at_recovery, "magic", b->recovery_magic, 4);
        check_kept_loads(l, &b->at_recovery, "magic", b->recovery_magic, 4);
    }
    if (b->record_size) {
        check_kept(l, &b->at_record, "boot_record", b->record_address, b->record_size);
        check_kept_loads(l, &b->at_record, "boot_record", b->record_address, b->record_size);
    }
    if (b->record_size && b->record_size < record_min)
        remedy(l,
               FAULT(l, "boot-record", &b->at_record, "boot_record: %u bytes are too few",
                     b->record_size),
               "Write 'size: %u' or more.", record_min);
    if (both)
        remedy(l,
               FAULT(l, "kept-ram", &b->at_recovery, "magic: 0x%08x is in the boot record",
                     b->recovery_magic),
               "Choose a word beside it: 0x%08x.", b->record_address - 4);
}

/* ---- what the core cannot do yet ---- */

static void say_later(struct layout *l, const struct layout_mark *at, const char *what)
{
    remedy(l, FAULT(l, "not-yet", at, "boot: %s: the bootloader cannot do this yet", what),
           "Take it out of the layout.");
}

/* Words of the language that no bootloader carries out: better said than left undone. */
static void check_later(struct layout *l)
{
    const struct layout_boot *b = &l->boot;
    uint32_t all = UINT32_MAX;

    if (b->plan == LAYOUT_SELECT && b->recovery != LAYOUT_NO_RECOVERY)
        say_later(l, &b->at_recovery, "recovery with plan 'select'");
    if (b->plan == LAYOUT_SELECT && b->record_size)
        say_later(l, &b->at_record, "boot_record with plan 'select'");
    if (b->plan == LAYOUT_SELECT && (b->watchdog || b->clock_fast || b->hand_over_reset))
        say_later(l, &b->at, "watchdog, clock or hand_over with plan 'select'");
    if (b->plan == LAYOUT_SELECT && (b->brown_out || b->protect))
        say_later(l, &b->at, "brown_out or protect with plan 'select'");
    for (uint8_t i = 0; i < b->n_keys; i++)
        if (b->keys[i].slots != all)
            say_later(l, &b->keys[i].at, "keys with slots of their own");
}

/* ---- ESP-IDF's table ---- */

/* What ESP-IDF's own generator would say of the rows. */
static void check_esp(struct layout *l)
{
    uint8_t binary[BH_TABLE_LEN];
    char *csv = NULL;
    struct host_error e;

    if (l->boot.table < 0 || !l->solved || l->n_errors)
        return;
    if (write_esp(l, &csv, binary, &e))
        consequence(l,
                    FAULT(l, "esp-table", &l->partitions[l->boot.table].at, "%s",
                          e.text + strlen(l->path) + 2),
                    "The device would have no partition table.");
    free(csv);
}

/* ---- remarks ---- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Named like a slot, and none. */
static void note_slots(struct layout *l)
{
    for (size_t i = 0; i < l->n_partitions; i++) {
        const struct layout_partition *p = &l->partitions[i];
        struct layout_finding *f;

        if (p->role != LAYOUT_PLAIN || p->container || p->parent != LAYOUT_NONE ||
            (!begins(p->name, "mcuboot_secondary") && !begins(p->name, "mcuboot_primary")))
            continue;
        f = finding(l, LAYOUT_NOTE, "not-a-slot", &p->at, "%s is a partition, not a slot", p->name);
        about(f, p->device, (int)i, LAYOUT_NONE);
        remedy(l, f, "This bootloader does not update it; 'slots:' would say so.");
    }
}

/* Where else the spare is, the old image lies one chunk away from where an image begins. */
static void note_unreadable(struct layout *l)
{
    for (size_t i = 0; l->boot.mailbox == LAYOUT_MAILBOX_MCUBOOT && i < l->n_slots; i++) {
        const struct layout_slot *s = &l->slots[i];
        struct layout_finding *f;

        if (s->spare_kind == LAYOUT_SPARE_FIRST || s->spare_kind == LAYOUT_SPARE_NONE)
            continue;
        f = finding(l, LAYOUT_NOTE, "slot-unreadable", &s->at_spare,
                    "%s: after a swap the secondary slot holds no image that an application can "
                    "read",
                    s->name);
        if (l->boot.app_mcuboot && before_offset(l->boot.app_mcuboot))
            continue; /* those cannot have another layout */
        remedy(l, f,
               "Write 'spare: first of secondary' for applications that list, test or request the "
               "image there again (mcumgr, boot_request_upgrade()).");
    }
}

/* The smallest chunk, two, four ... times as large as now and an eighth of primary at most, with
 * which a journal half takes half of what it does; need: what it takes then. 0: there is none. */
static uint32_t better_chunk(struct layout *l, struct layout_slot *s, uint32_t *need)
{
    const struct layout_partition *a = &l->partitions[s->primary];
    const uint32_t was = s->chunk_written, before = *need;
    uint32_t found = 0;

    for (uint32_t chunk = 2 * s->chunk; !found && chunk <= a->size / 8; chunk *= 2) {
        s->chunk_written = chunk;
        boot_derive(l);
        *need = boot_journal_need(l);
        if (s->chunk && *need && *need <= before / 2)
            found = chunk;
    }
    s->chunk_written = was;
    boot_derive(l);
    return found;
}

#define FEW_STEPS 16u

/* A journal with a unit for each step, where units are as large as pages. The device may be too
 * small for it: then its size is known, and the slots' places are not. */
static void check_journal_size(struct layout *l)
{
    struct layout_slot *s = l->slots;
    const struct layout_partition *journal;
    struct layout_finding *f;
    uint32_t need, better;

    if (l->n_slots != 1 || l->boot.plan == LAYOUT_SELECT || l->boot.journal[0] < 0 ||
        s->primary < 0)
        return;
    journal = &l->partitions[l->boot.journal[0]];
    need = s->chunk ? boot_journal_need(l) : journal->size / 2;
    if ((s->chunk && boot_steps(l) <= FEW_STEPS) || need <= l->partitions[s->primary].size / 2)
        return;
    need = s->chunk ? need : journal->size;
    f = finding(l, LAYOUT_WARNING, "journal-size", &s->at,
                "%s: each half of the journal takes %s: a unit of %u bytes for each step of an "
                "update, and for each cut",
                s->name, SIZE(need), l->devices[journal->device].flash.unit);
    if (!s->chunk) {
        remedy(l, f,
               "Write 'chunk: SIZE' for the slot pair, several pages: there are fewer steps "
               "then.");
        return;
    }
    better = better_chunk(l, s, &need);
    if (better)
        remedy(l, f, "Write 'chunk: %s' for the slot pair: then it takes %s.", SIZE(better),
               SIZE(need));
    else
        remedy(l, f, "Take fewer 'cuts', or a journal on a device with smaller units.");
}

/* The rescue part keeps or loses a whole chunk. If that is several pages of primary, one page that
 * fails takes the others with it. */
static void check_rescue(struct layout *l)
{
    for (size_t i = 0; l->boot.rescue && i < l->n_slots; i++) {
        const struct layout_slot *s = &l->slots[i];
        const struct layout_partition *a = &l->partitions[s->primary];
        struct bh_page page;
        struct layout_finding *f;

        if (!s->chunk || bh_flash_page(&l->devices[a->device].flash, a->off, &page) ||
            page.len >= s->chunk)
            continue;
        f = finding(l, LAYOUT_WARNING, "rescue-pages", &l->boot.at_rescue,
                    "%s: rescue, and one step moves %s, which are several pages of %s", s->name,
                    SIZE(s->chunk), a->name);
        remedy(l, f, "Take pages of the secondary slot that are no larger, and no 'chunk'.");
        consequence(l, f,
                    "Where one of these pages fails, what was in the others may be lost with it.");
    }
}

/* Are all parts of a product there, so that the core can judge it? */
static bool is_whole(const struct layout *l)
{
    const struct layout_boot *b = &l->boot;

    if (b->plan == LAYOUT_SELECT || !l->n_slots || b->bootloader < 0 || b->journal[0] < 0 ||
        b->journal[1] < 0 || !l->partitions[b->bootloader].solved ||
        !l->partitions[b->journal[0]].solved || !l->partitions[b->journal[1]].solved)
        return false;
    for (size_t i = 0; i < l->n_slots; i++) {
        const struct layout_slot *s = &l->slots[i];

        if ((s->spare_written && s->spare_kind == LAYOUT_SPARE_NONE) || s->primary < 0 ||
            s->secondary < 0 || !l->partitions[s->primary].solved ||
            !l->partitions[s->secondary].solved ||
            (s->spare >= 0 && !l->partitions[s->spare].solved))
            return false;
    }
    return true;
}

void rules_boot(struct layout *l, const struct layout_options *options)
{
    bool whole = l->boot.given && is_whole(l);

    if (!l->boot.given)
        return;
    check_missing(l);
    check_roles(l);
    check_bootloader(l);
    check_devices(l);
    check_mailbox(l);
    check_rom(l);
    if (l->boot.plan != LAYOUT_SELECT)
        check_slots(l);
    check_watchdog(l);
    check_recovery(l);
    rules_select(l);
    check_later(l);
    check_keys(l, options);
    check_words(l, !options->no_files);
    note_slots(l);
    note_unreadable(l);
    rules_wolfboot(l);
    check_esp(l);
    check_journal_size(l);
    if (whole) {
        check_rescue(l);
        rules_product(l);
    }
}
