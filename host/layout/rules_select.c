/* SPDX-License-Identifier: Apache-2.0 */
/* What plan 'select' needs of the layout: a partition table, otadata that can be erased sector by
 * sector, and, if applications are to be loaded to RAM, a bootloader and places in RAM where it is
 * not itself. */
#include "rules.h"

#include "bulkhead/image_espressif.h"
#include "bulkhead/otadata.h"
#include "bulkhead/table.h"

#include <string.h>
#include <strings.h>

#define PADDING_BELOW 0x10000000u /* ESP-IDF loads nothing to these addresses */
#define BOOT_RAM_MIN 0x1C00u      /* 5 KB of stack, the buffer lent to the core, the port's */

static uint64_t end_of(const struct layout_window *w)
{
    return (uint64_t)w->address + w->size;
}

/* ---- where segments go ---- */

static void check_window(struct layout *l, const struct layout_window *w)
{
    struct layout_finding *f;

    if (w->address % 4 || w->size % 4 || end_of(w) > (uint64_t)UINT32_MAX) {
        f = FAULT(l, "load", &w->at, "boot: %s at 0x%08x are no place for segments", SIZE(w->size),
                  w->address);
        remedy(l, f, "Use multiples of 4, and end before the last address.");
    } else if (w->address < PADDING_BELOW) {
        f = FAULT(l, "load", &w->at,
                  "boot: segments for 0x%08x are padding: Espressif's images load nothing below "
                  "0x%08x",
                  w->address, PADDING_BELOW);
        remedy(l, f, "Choose RAM at a higher address.");
        consequence(l, f, "The application would be refused, since nothing of it is loaded.");
    }
}

static void check_windows_apart(struct layout *l, uint8_t i)
{
    const struct layout_window *w = &l->boot.windows[i], *other = w;

    while (other-- != l->boot.windows) {
        struct layout_finding *f;

        if (end_of(w) <= other->address || end_of(other) <= w->address)
            continue;
        f = FAULT(l, "load", &w->at, "boot: 0x%08x to 0x%llx is in two places for segments",
                  w->address > other->address ? w->address : other->address,
                  (unsigned long long)(end_of(w) < end_of(other) ? end_of(w) : end_of(other)));
        if (f)
            f->other = other->at;
        remedy(l, f, "Make one place of both, or let one end where the other begins.");
    }
}

/* The bootloader keeps what the places leave of the device's RAM. */
static void check_boot_ram(struct layout *l)
{
    const struct layout_partition *p = &l->partitions[l->boot.bootloader];
    const struct layout_device *d = &l->devices[p->device];
    struct layout_ram ram = layout_boot_ram(l);
    struct layout_finding *f;

    if (!d->ram_size) {
        f = FAULT(l, "load", &d->at, "%s: the RAM that the bootloader runs in is not known",
                  d->name);
        remedy(l, f, "Write 'ram: {address: 0x20000000, size: 64K}' of the device.");
    } else if (ram.size < BOOT_RAM_MIN) {
        f = FAULT(l, "load", &l->boot.at_load,
                  "boot: beside the segments %s of RAM are left for the bootloader, which takes %s",
                  SIZE(ram.size), SIZE(BOOT_RAM_MIN));
        remedy(l, f, "Make the places smaller by %s.", SIZE(BOOT_RAM_MIN - ram.size));
        consequence(l, f, "It would overwrite itself with the application.");
    }
}

static bool any_code(const struct layout_boot *b)
{
    for (uint8_t i = 0; i < b->n_windows; i++)
        if (!b->windows[i].data)
            return true;
    return false;
}

/* ---- the rest of what a bootloader needs that loads ---- */

static void check_chip(struct layout *l)
{
    struct layout_finding *f;

    if (product_chip(l) != &bh_espressif_any)
        return;
    f = FAULT(l, "chip", &l->boot.at_chip,
              "boot: the chip that applications are built for is missing");
    remedy(l, f, "Write 'chip: esp32c3', or another one that esptool makes images for.");
    consequence(l, f, "An image for a chip with another processor would be started.");
}

static void check_trust(struct layout *l)
{
    const struct layout_boot *b = &l->boot;

    if (!b->n_keys && !b->allow_unsigned)
        remedy(l, FAULT(l, "keys", &b->at, "boot: no public key is named"),
               "Write 'keys: [FILE.pub.pem]', or 'allow_unsigned: yes' to start anything.");
    for (uint8_t i = 0; i < b->n_keys; i++)
        if (b->keys[i].second)
            remedy(l,
                   FAULT(l, "second-keys", &b->keys[i].at,
                         "key '%s': plan 'select' demands one signature", b->keys[i].path),
                   "Take 'second' out.");
    if (b->n_keys && b->allow_unsigned)
        remedy(
            l,
            FAULT(l, "keys-unused", &b->at_keys, "boot: allow_unsigned is set, and keys are named"),
            "Take one of both out.");
    if (b->format != LAYOUT_ESPRESSIF)
        remedy(l,
               FAULT(l, "load", &b->at_load, "boot: only Espressif's images have segments to load"),
               "Write 'format: espressif'.");
    if (b->rollback && b->trial_boots > BH_SELECT_TRIAL_MAX)
        remedy(l,
               FAULT(l, "trial", &b->at,
                     "boot: trial_boots: %u, and otadata has room for %u starts", b->trial_boots,
                     BH_SELECT_TRIAL_MAX),
               "Write 'trial_boots: %u' or less.", BH_SELECT_TRIAL_MAX);
}

static void check_load(struct layout *l)
{
    const struct layout_boot *b = &l->boot;

    for (uint8_t i = 0; i < b->n_windows; i++) {
        check_window(l, &b->windows[i]);
        check_windows_apart(l, i);
    }
    if (!any_code(b))
        remedy(
            l,
            FAULT(l, "load", &b->at_load, "boot: code is executed in no place that segments go to"),
            "Take 'execute: no' away from one.");
    if (b->bootloader == LAYOUT_NONE)
        remedy(l, FAULT(l, "missing", &b->at, "boot: the bootloader itself has no partition"),
               "Name one 'bootloader', or write 'bootloader: PARTITION'.");
    else
        check_boot_ram(l);
    check_chip(l);
    check_trust(l);
}

/* ---- otadata ---- */

static bool is_word(const char *text, const char *word, uint64_t number)
{
    uint64_t value;
    bool negative;

    return text && (strcasecmp(text, word) == 0 ||
                    (number_read(text, &value, &negative) && !negative && value == number));
}

/* A choice is written into one sector while the other one counts. */
static void check_otadata(struct layout *l, int i)
{
    const struct layout_partition *p = &l->partitions[i];
    const struct bh_flash *flash = device_flash(l, p);
    struct layout_finding *f;
    struct bh_page page;

    if (!p->solved || p->size != BH_OTADATA_LEN || bh_flash_page(flash, p->off, &page) ||
        (bh_flash_whole_pages(flash, p->off, BH_OTADATA_COPY) &&
         bh_flash_whole_pages(flash, p->off + BH_OTADATA_COPY, BH_OTADATA_COPY)))
        return;
    f = FAULT(l, "otadata", &p->at,
              "%s: its two sectors of %s cannot be erased by themselves: a page of %s has %s",
              p->name, SIZE(BH_OTADATA_COPY), l->devices[p->device].name, SIZE(page.len));
    about(f, p->device, i, LAYOUT_NONE);
    remedy(l, f, "Put it on flash with pages of 4 KB or less, as ESP-IDF's applications expect.");
    consequence(l, f, "A new choice could not be written without the old one being erased.");
}

void rules_select(struct layout *l)
{
    const struct layout_boot *b = &l->boot;

    if (b->plan != LAYOUT_SELECT) {
        if (b->n_windows)
            remedy(l, FAULT(l, "load", &b->at_load, "boot: 'load' here is for plan 'select'"),
                   "Write 'load: {address: ..., size: ...}' of the slot pair.");
        if (b->chip)
            remedy(l, FAULT(l, "chip", &b->at_chip, "boot: 'chip' is for plan 'select'"),
                   "Take it out of the layout.");
        return;
    }
    for (size_t i = 0; i < l->n_partitions; i++)
        if (is_word(l->partitions[i].esp.type, "data", BH_TYPE_DATA) &&
            is_word(l->partitions[i].esp.subtype, "ota", BH_DATA_OTA))
            check_otadata(l, (int)i);
    if (b->n_windows && b->table != LAYOUT_NONE)
        check_load(l);
}
