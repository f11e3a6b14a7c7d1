/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of `mailbox: wolfboot`: do the trailers fit the flash, and would applications that were
 * built with wolfBoot's own library write them where they are read? */
#include "inner.h"

#include "bulkhead/bytes.h"
#include "bulkhead/mailbox_wolfboot.h"
#include "host/chips/chips.h"
#include "rules.h"

#define TRAILERS_LEN 16u /* of both partitions, with FLAGS_HOME */

static const struct layout_device *device_of(const struct layout *l, int partition)
{
    return &l->devices[l->partitions[partition].device];
}

/* Values are programmed at different times, by the application among others. Can its flash? */
static void check_in_place(struct layout *l, const struct layout_slot *s, int partition)
{
    const struct layout_device *d = device_of(l, partition);
    bool zero = d->flash.erased == 0x00, once = d->chip && d->chip->once;
    struct layout_finding *f;

    if (l->boot.wolfboot.write_once)
        return;
    if (l->boot.wolfboot.flags_invert != zero) {
        f = FAULT(l, "wolfboot-states", &l->boot.wolfboot.at,
                  "%s: %s is erased to 0x%02X, and the states are those for 0x%02X", s->name,
                  l->partitions[partition].name, d->flash.erased, zero ? 0xFF : 0x00);
        remedy(l, f, "Write 'flags_invert: %s'.", zero ? "yes" : "no");
        consequence(l, f, "No state could follow another one without an erase.");
    }
    if (once && d->flash.unit <= BH_WOLFBOOT_UNIT_MAX) {
        f = FAULT(l, "wolfboot-once", &l->boot.at_mailbox,
                  "%s: %s programs a unit once between erases, and a confirm is programmed over "
                  "the state of the trial",
                  s->name, d->chip_name);
        remedy(l, f,
               "Write 'mailbox: none' (the application uses bulkhead/app.h), or, for applications "
               "built with NVM_FLASH_WRITEONCE, 'wolfboot: {write_once: yes}'.");
        consequence(l, f, "A confirm could not be written, and every update would be reverted.");
    }
}

static void check_skip(struct layout *l, const struct layout_slot *s, int partition)
{
    const struct layout_partition *p = &l->partitions[partition];
    uint32_t skip = l->boot.wolfboot.skip, unit = device_of(l, partition)->flash.unit;
    struct layout_finding *f;

    if (skip > p->size || p->size - skip < TRAILERS_LEN)
        f = FAULT(l, "wolfboot-skip", &l->boot.wolfboot.at, "%s: %s has no %u bytes before its end",
                  s->name, p->name, skip);
    else if (unit && skip % unit)
        f = FAULT(l, "wolfboot-skip", &l->boot.wolfboot.at,
                  "%s: the %u bytes after the trailer are no whole units of %u, as %s has them",
                  s->name, skip, unit, p->name);
    else
        return;
    remedy(l, f,
           "Write as 'skip' what the applications were built with: TRAILER_SKIP, and with "
           "ENCRYPT 44, 32 or 48 more.");
    consequence(l, f, "The trailer could not be written.");
}

/* WOLFBOOT_SECTOR_SIZE is what the library erases at a slot's end. */
static void check_sector(struct layout *l, const struct layout_slot *s, int partition)
{
    const struct layout_partition *p = &l->partitions[partition];
    uint32_t sector = l->boot.wolfboot.sector;
    const struct bh_flash *flash = &device_of(l, partition)->flash;
    struct layout_finding *f;

    if (!sector ||
        (sector <= p->size && bh_flash_whole_pages(flash, p->off + p->size - sector, sector)))
        return;
    f = FAULT(l, "wolfboot-sector", &l->boot.wolfboot.at,
              "%s: a sector of %s is no whole pages at the end of %s", s->name, SIZE(sector),
              p->name);
    remedy(l, f,
           "Write as 'sector' the applications' WOLFBOOT_SECTOR_SIZE; if it is this, they were "
           "built for other flash.");
    consequence(l, f,
                "An application's request would erase other bytes than the bootloader knows of.");
}

/* wolfBoot has one size for both partitions, and an image begins where UPDATE does. */
static void check_places(struct layout *l, const struct layout_slot *s)
{
    const struct layout_partition *a = &l->partitions[s->primary];
    const struct layout_partition *b = &l->partitions[s->secondary];
    struct layout_finding *f;

    if (a->size != b->size) {
        f = FAULT(l, "wolfboot-size", &b->at_size, "%s: %s has %s, and %s has %s", s->name, a->name,
                  SIZE(a->size), b->name, SIZE(b->size));
        if (f)
            f->other = a->at_size;
        remedy(l, f, "Give both one size: wolfBoot has one WOLFBOOT_PARTITION_SIZE.");
        consequence(l, f, "An application would look for one of the trailers elsewhere.");
    }
    if (s->staged_off) {
        f = FAULT(l, "wolfboot-spare", &s->at_spare,
                  "%s: with this spare an image is staged 0x%x bytes into %s", s->name,
                  s->staged_off, b->name);
        remedy(l, f, "Use a partition of its own, wolfBoot's SWAP, as spare.");
        consequence(l, f,
                    "Applications write an image at the start of UPDATE, and the bootloader "
                    "would not find it.");
    }
}

/* One chunk in a slot: wolfBoot's own library cannot be used there. */
static void note_shared(struct layout *l, const struct layout_slot *s)
{
    const struct layout_partition *b = &l->partitions[s->secondary];
    struct layout_finding *f;

    if (b->size > s->chunk)
        return;
    f = finding(l, LAYOUT_NOTE, "wolfboot-shared", &l->boot.at_mailbox,
                "%s: trailer and image are in one page of %s", s->name, b->name);
    remedy(l, f, "Build applications with bulkhead/compat/wolfboot.h.");
    consequence(l, f,
                "wolfBoot's own wolfBoot_update_trigger() erases the last sector, and with it "
                "the image that it asks for.");
}

void rules_wolfboot(struct layout *l)
{
    if (l->boot.mailbox != LAYOUT_MAILBOX_WOLFBOOT) {
        if (l->boot.wolfboot.given)
            remedy(l,
                   FAULT(l, "choice", &l->boot.wolfboot.at, "boot: wolfboot without its mailbox"),
                   "Write 'mailbox: wolfboot', or take this out.");
        return;
    }
    for (size_t i = 0; i < l->n_slots; i++) {
        const struct layout_slot *s = &l->slots[i];

        if (!s->chunk || s->primary < 0 || s->secondary < 0 || s->format != LAYOUT_WOLFBOOT)
            continue;
        check_places(l, s);
        check_in_place(l, s, s->primary);
        check_skip(l, s, s->primary);
        check_sector(l, s, s->primary);
        if (!l->boot.wolfboot.flags_home) {
            check_in_place(l, s, s->secondary);
            check_skip(l, s, s->secondary);
            check_sector(l, s, s->secondary);
        }
        note_shared(l, s);
    }
}
