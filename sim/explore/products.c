/* SPDX-License-Identifier: Apache-2.0 */
/* The small products: which corner of the engine each of them is for. */
#include "products.h"

#include <string.h>

#include "bulkhead/boot.h"
#include "bulkhead/image_wolfboot.h"
#include "bulkhead/mailbox_wolfboot.h"
#include "sim/flash.h"
#include "sim/small.h"

/* Products with the part that puts an image together again when an act cannot go on. */
#define RESCUE (&bh_rescue)

/* A product of one chip: journal in the first pages, then primary, secondary, and the spare after
 * it. n chunks of one page each; the journal's two halves are j pages each. */
#define SMALL(id, title, chip, page, n, j, boots) SMALL_(id, title, chip, page, n, j, boots, NULL)
#define SMALL_(id, title, chip, page, n, j, boots, how)                                            \
    static const struct bh_pair id##_pairs[] = { {                                                 \
        .name = "app",                                                                             \
        .primary = { &chip, 2 * (j) * (page), (n) * (page) },                                      \
        .secondary = { &chip, (2 * (j) + (n)) * (page), (n) * (page) },                            \
        .spare = { &chip, (2 * (j) + 2 * (n)) * (page), (page) },                                  \
        .chunk = (page),                                                                           \
        .image_max = (n) * (page),                                                                 \
    } };                                                                                           \
    static const struct bh_product id = {                                                          \
        .name = title,                                                                             \
        BOOTLOADER(chip),                                                                          \
        .pairs = id##_pairs,                                                                       \
        .n_pairs = 1,                                                                              \
        .trial_boots = boots,                                                                      \
        .journal = { { &chip, 0, (j) * (page) }, { &chip, (j) * (page), (j) * (page) } },          \
        .plan = &bh_plan_swap,                                                                     \
        .rescue = how,                                                                             \
        .policy = QUICK_POLICY,                                                                    \
    }

/* A record is one program operation, as in the models of the design. The journal's pages are as
 * small as a product may have them. */
FLASH(word32, 32, 256, 32, 0xFF);
SMALL(tiny1, "tiny1", word32, 256, 1, 10, 1);
SMALL(tiny2, "tiny2", word32, 256, 2, 11, 1);
SMALL(tiny3, "tiny3", word32, 256, 3, 11, 2);
/* The same with a record of eight operations. */
FLASH(word4, 40, 256, 4, 0xFF);
SMALL(small1, "small1", word4, 256, 1, 6, 1);
SMALL(small2, "small2", word4, 256, 2, 6, 2);
/* Units of 1, 8 and 16 bytes; erased to 0x00. */
FLASH(byte1, 40, 256, 1, 0xFF);
SMALL(unit1, "unit1", byte1, 256, 2, 6, 1);
FLASH(word8, 40, 256, 8, 0x00);
SMALL(unit8, "unit8", word8, 256, 2, 6, 1);
FLASH(zero, 40, 256, 4, 0x00);
SMALL(zero4, "zero4", zero, 256, 2, 6, 1);
FLASH(word16, 40, 256, 16, 0x00);
SMALL(unit16, "unit16", word16, 256, 2, 8, 1);
/* Units of 128 and 512 bytes: whole pages of some parts. */
FLASH(row128, 48, 512, 128, 0xFF);
SMALL(unit128, "unit128", row128, 512, 2, 19, 1);
FLASH(row512, 160, 512, 512, 0xFF);
SMALL(unit512, "unit512", row512, 512, 2, 74, 1);
/* A part whose blank units cannot be read. */
static const struct bh_page_run blind_runs[] = { { 40, 256 } };
enum { blind_chip_last = 39 * 256, blind_chip_page = 256 };
static const struct bh_flash blind_chip = { .ops = &sim_flash_blind_ops,
                                            .runs = blind_runs,
                                            .n_runs = 1,
                                            .unit = 8,
                                            .erased = 0xFF,
                                            .size = 40 * 256 };
SMALL(blind, "blind", blind_chip, 256, 2, 6, 1);
SMALL_(save1, "save1", word32, 256, 1, 10, 1, RESCUE);
SMALL_(save2, "save2", word32, 256, 2, 11, 1, RESCUE);
SMALL_(save3, "save3", word32, 256, 3, 11, 2, RESCUE);
SMALL_(save4, "save4", word4, 256, 3, 6, 1, RESCUE);
SMALL_(saveblind, "saveblind", blind_chip, 256, 2, 6, 1, RESCUE);

/* --- MCUboot's mailbox: a trailer page after the chunks, offset layout, another chip ------- */
FLASH(inner32, 32, 256, 32, 0xFF);
FLASH(outer32, 16, 256, 32, 0xFF);
#define MAILBOX(id, title, inner, outer, page, n, j, boots)                                        \
    MAILBOX_(id, title, inner, outer, page, n, j, boots, NULL)
#define MAILBOX_(id, title, inner, outer, page, n, j, boots, how)                                  \
    static const struct bh_pair id##_pairs[] = { {                                                 \
        .name = "app",                                                                             \
        .primary = { &inner, 2 * (j) * (page), ((n) + 1) * (page) },                               \
        .secondary = { &outer, (page), ((n) + 2) * (page) },                                       \
        .spare = { &outer, (page), (page) },                                                       \
        .staged_off = (page),                                                                      \
        .chunk = (page),                                                                           \
        .image_max = (n) * (page),                                                                 \
    } };                                                                                           \
    static const struct bh_product id = {                                                          \
        .name = title,                                                                             \
        BOOTLOADER(inner),                                                                         \
        .pairs = id##_pairs,                                                                       \
        .n_pairs = 1,                                                                              \
        .trial_boots = boots,                                                                      \
        .journal = { { &inner, 0, (j) * (page) }, { &inner, (j) * (page), (j) * (page) } },        \
        .plan = &bh_plan_swap,                                                                     \
        .mailbox = &bh_mailbox_mcuboot,                                                            \
        .adopt = bh_adopt,                                                                         \
        .rescue = how,                                                                             \
        .policy = QUICK_POLICY,                                                                    \
    }
MAILBOX(mail1, "mail1", inner32, outer32, 256, 1, 10, 1);
MAILBOX(mail2, "mail2", inner32, outer32, 256, 2, 11, 2);
MAILBOX(mail3, "mail3", inner32, outer32, 256, 3, 11, 1);
FLASH(inner4, 40, 256, 4, 0xFF);
FLASH(outer1, 16, 256, 1, 0xFF);
MAILBOX(mail4, "mail4", inner4, outer1, 256, 2, 6, 1);
MAILBOX_(savemail1, "savemail1", inner32, outer32, 256, 1, 10, 1, RESCUE);
MAILBOX_(savemail2, "savemail2", inner32, outer32, 256, 2, 11, 2, RESCUE);
MAILBOX_(savemail3, "savemail3", inner4, outer1, 256, 3, 6, 1, RESCUE);

/* --- swap using offset: the spare is the first chunk of the secondary slot ----------------- */
static const struct bh_pair offset_pairs[] = { {
    .name = "app",
    .primary = { &word32, 22 * 256, 3 * 256 },
    .secondary = { &word32, 25 * 256, 4 * 256 },
    .spare = { &word32, 25 * 256, 256 },
    .staged_off = 256,
    .chunk = 256,
    .image_max = 2 * 256,
} };
static const struct bh_product offset = {
    .name = "offset",
    BOOTLOADER(word32),
    .pairs = offset_pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .journal = { { &word32, 0, 11 * 256 }, { &word32, 11 * 256, 11 * 256 } },
    .plan = &bh_plan_swap,
    .mailbox = &bh_mailbox_mcuboot,
    .adopt = bh_adopt,
    .policy = QUICK_POLICY,
};

/* --- two images that change together ------------------------------------------------------- */
FLASH(word16b, 64, 256, 16, 0xFF);
static const struct bh_pair twin_pairs[] = {
    {
        .name = "app",
        .primary = { &word16b, 24 * 256, 2 * 256 },
        .secondary = { &word16b, 26 * 256, 2 * 256 },
        .spare = { &word16b, 28 * 256, 256 },
        .chunk = 256,
        .image_max = 2 * 256,
    },
    {
        .name = "net",
        .primary = { &word16b, 29 * 256, 256 },
        .secondary = { &word16b, 30 * 256, 256 },
        .spare = { &word16b, 31 * 256, 256 },
        .chunk = 256,
        .image_max = 256,
    },
};
#define TWINS(id, title, chip, j, pairs_of, box, how)                                              \
    static const struct bh_product id = {                                                          \
        .name = title,                                                                             \
        BOOTLOADER(chip),                                                                          \
        .pairs = pairs_of,                                                                         \
        .n_pairs = 2,                                                                              \
        .trial_boots = 1,                                                                          \
        .journal = { { &chip, 0, (j)*256 }, { &chip, (j)*256, (j)*256 } },                         \
        .plan = &bh_plan_swap,                                                                     \
        .mailbox = box,                                                                            \
        .adopt = bh_adopt,                                                                         \
        .rescue = how,                                                                             \
        .policy = { .formats = formats,                                                            \
                    .hash = &sim_quick_hash,                                                       \
                    .dependencies = bh_dependencies,                                               \
                    .allow_unsigned = true },                                                      \
    }
TWINS(twin, "twin", word16b, 12, twin_pairs, NULL, NULL);
TWINS(savetwin, "savetwin", word16b, 12, twin_pairs, NULL, RESCUE);

/* The same with MCUboot's mailbox; offset layout on another chip. */
FLASH(outer16, 24, 256, 16, 0xFF);
static const struct bh_pair mailtwin_pairs[] = {
    {
        .name = "app",
        .primary = { &word16b, 24 * 256, 3 * 256 },
        .secondary = { &outer16, 0, 4 * 256 },
        .spare = { &outer16, 0, 256 },
        .staged_off = 256,
        .chunk = 256,
        .image_max = 2 * 256,
    },
    {
        .name = "net",
        .primary = { &word16b, 27 * 256, 2 * 256 },
        .secondary = { &outer16, 4 * 256, 3 * 256 },
        .spare = { &outer16, 4 * 256, 256 },
        .staged_off = 256,
        .chunk = 256,
        .image_max = 256,
    },
};
TWINS(mailtwin, "mailtwin", word16b, 12, mailtwin_pairs, &bh_mailbox_mcuboot, NULL);
TWINS(savemailtwin, "savemailtwin", word16b, 12, mailtwin_pairs, &bh_mailbox_mcuboot, RESCUE);
TWINS(needtwin, "needtwin", word16b, 12, twin_pairs, NULL, NULL);
TWINS(needmailtwin, "needmailtwin", word16b, 12, mailtwin_pairs, &bh_mailbox_mcuboot, RESCUE);

/* An optional second image that no factory ever installed. */
static const struct bh_pair option_pairs[] = {
    {
        .name = "app",
        .primary = { &word16b, 24 * 256, 2 * 256 },
        .secondary = { &word16b, 26 * 256, 2 * 256 },
        .spare = { &word16b, 28 * 256, 256 },
        .chunk = 256,
        .image_max = 2 * 256,
    },
    {
        .name = "net",
        .primary = { &word16b, 29 * 256, 256 },
        .secondary = { &word16b, 30 * 256, 256 },
        .spare = { &word16b, 31 * 256, 256 },
        .chunk = 256,
        .image_max = 256,
        .optional = true,
    },
};
TWINS(option, "option", word16b, 12, option_pairs, NULL, NULL);

/* --- overwrite: no way back ---------------------------------------------------------------- */
static const struct bh_pair over_pairs[] = { {
    .name = "app",
    .primary = { &word32, 22 * 256, 2 * 256 },
    .secondary = { &word32, 24 * 256, 2 * 256 },
    .chunk = 256,
    .image_max = 2 * 256,
} };
static const struct bh_product over = {
    .name = "over",
    BOOTLOADER(word32),
    .pairs = over_pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .journal = { { &word32, 0, 11 * 256 }, { &word32, 11 * 256, 11 * 256 } },
    .plan = &bh_plan_overwrite,
    .policy = QUICK_POLICY,
};

static const struct bh_product saveover = {
    .name = "saveover",
    BOOTLOADER(word32),
    .pairs = over_pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .journal = { { &word32, 0, 11 * 256 }, { &word32, 11 * 256, 11 * 256 } },
    .plan = &bh_plan_overwrite,
    .rescue = RESCUE,
    .policy = QUICK_POLICY,
};

/* --- wolfBoot's mailbox and images --------------------------------------------------------- */
#define WOLF_PAGE 512u

static const struct bh_image_format *const wolf_formats[] = { &bh_image_wolfboot_256, NULL };
/* The last sector is the trailer's; in a slot of one page the image has it, too. */
static const struct bh_wolfboot_trailer wolf_trailer = { .sector = WOLF_PAGE };
static const struct bh_wolfboot_trailer wolf_home = { .sector = WOLF_PAGE, .home = true };
static const struct bh_wolfboot_trailer wolf_once = { .sector = WOLF_PAGE, .write_once = true };
BH_MAILBOX_WOLFBOOT(wolf_mailbox, &wolf_trailer, BH_WOLFBOOT_UNIT_MAX);
BH_MAILBOX_WOLFBOOT(wolf_home_mailbox, &wolf_home, BH_WOLFBOOT_UNIT_MAX);
BH_MAILBOX_WOLFBOOT(wolf_once_mailbox, &wolf_once, BH_WOLFBOOT_UNIT_MAX_ONCE);

/* n chunks of a page, and `own` pages after them; what an image cannot have of the last chunk. */
#define WOLF(id, title, inner, outer, n, own, taken, j, box, boots, how)                           \
    static const struct bh_pair id##_pairs[] = { {                                                 \
        .name = "app",                                                                             \
        .primary = { &inner, 2 * (j)*WOLF_PAGE, ((n) + (own)) * WOLF_PAGE },                       \
        .secondary = { &outer, (2 * (j) + 6) * WOLF_PAGE, ((n) + (own)) * WOLF_PAGE },             \
        .spare = { &inner, (2 * (j) + 12) * WOLF_PAGE, WOLF_PAGE },                                \
        .chunk = WOLF_PAGE,                                                                        \
        .image_max = (n)*WOLF_PAGE - (taken),                                                      \
    } };                                                                                           \
    static const struct bh_product id = {                                                          \
        .name = title,                                                                             \
        BOOTLOADER(inner),                                                                         \
        .pairs = id##_pairs,                                                                       \
        .n_pairs = 1,                                                                              \
        .trial_boots = boots,                                                                      \
        .journal = { { &inner, 0, (j)*WOLF_PAGE }, { &inner, (j)*WOLF_PAGE, (j)*WOLF_PAGE } },     \
        .plan = &bh_plan_swap,                                                                     \
        .mailbox = &box,                                                                           \
        .adopt = bh_adopt_kept,                                                                    \
        .rescue = how,                                                                             \
        .policy = { .formats = wolf_formats,                                                       \
                    .hash = &sim_quick_hash,                                                       \
                    .allow_unsigned = true,                                                        \
                    .only_newer = true },                                                          \
    }
FLASH(wolf4, 32, WOLF_PAGE, 4, 0xFF);
FLASH(wolfouter, 32, WOLF_PAGE, 1, 0xFF);
/* Mapped, as flash must be that has two sectors in turn. */
static const struct bh_page_run wolf32_runs[] = { { 32, WOLF_PAGE } };
enum { wolf32_last = 31 * WOLF_PAGE, wolf32_page = WOLF_PAGE };
static const struct bh_flash wolf32 = { .runs = wolf32_runs,
                                        .n_runs = 1,
                                        .unit = 32,
                                        .erased = 0xFF,
                                        .mapped = true,
                                        .size = 32 * WOLF_PAGE };
WOLF(wolf1, "wolf1", wolf4, wolf4, 1, 0, 8, 4, wolf_mailbox, 1, NULL);
WOLF(wolf2, "wolf2", wolf32, wolf32, 2, 2, 0, 6, wolf_once_mailbox, 1, NULL);
WOLF(wolf3, "wolf3", wolf4, wolf4, 3, 1, 0, 4, wolf_mailbox, 2, NULL);
WOLF(wolfhome, "wolfhome", wolf4, wolf4, 2, 1, 0, 4, wolf_home_mailbox, 1, NULL);
WOLF(wolfout, "wolfout", wolf4, wolfouter, 2, 1, 0, 4, wolf_mailbox, 1, NULL);
WOLF(savewolf1, "savewolf1", wolf4, wolf4, 1, 0, 8, 4, wolf_mailbox, 1, RESCUE);
WOLF(savewolf2, "savewolf2", wolf32, wolf32, 2, 2, 0, 6, wolf_once_mailbox, 1, RESCUE);

/* nRF51 as a Zephyr user has it: slots of the devicetree, MCUboot's mailbox, the journal in the
 * last pages of the boot partition. */
FLASH(nrf51_chip, 256, 1 * KB, 4, 0xFF);
static const struct bh_pair nrf51mail_pairs[] = { {
    .name = "app",
    .primary = { &nrf51_chip, 48 * KB, 88 * KB },
    .secondary = { &nrf51_chip, 136 * KB, 88 * KB },
    .spare = { &nrf51_chip, 136 * KB, 1 * KB },
    .staged_off = 1 * KB,
    .chunk = 1 * KB,
    .image_max = 86 * KB,
} };
static const struct bh_product nrf51mail = {
    .name = "nrf51mail",
    .layout = 1,
    .bootloader = { &nrf51_chip, 0, 32 * KB },
    .pairs = nrf51mail_pairs,
    .n_pairs = 1,
    .trial_boots = 1,
    .journal = { { &nrf51_chip, 32 * KB, 8 * KB }, { &nrf51_chip, 40 * KB, 8 * KB } },
    .plan = &bh_plan_swap,
    .mailbox = &bh_mailbox_mcuboot,
    .adopt = bh_adopt,
    .rescue = RESCUE,
    .policy = QUICK_POLICY,
};

/* --- pages of the two chips 1:16 and 16:1 -------------------------------------------------- */
FLASH(fine, 128, 1 * KB, 16, 0x00);
FLASH(coarse, 8, 16 * KB, 32, 0xFF);
#define RATIO(id, title, inner, outer, journal_chip, journal_page)                                 \
    static const struct bh_pair id##_pairs[] = { {                                                 \
        .name = "app",                                                                             \
        .primary = { &inner, 32 * KB, 48 * KB },                                                   \
        .secondary = { &outer, 32 * KB, 48 * KB },                                                 \
        .spare = { &outer, 80 * KB, 16 * KB },                                                     \
        .chunk = 16 * KB,                                                                          \
        .image_max = 40 * KB,                                                                      \
    } };                                                                                           \
    static const struct bh_product id = {                                                          \
        .name = title,                                                                             \
        BOOTLOADER(journal_chip),                                                                  \
        .pairs = id##_pairs,                                                                       \
        .n_pairs = 1,                                                                              \
        .trial_boots = 1,                                                                          \
        .journal = { { &journal_chip, 0, journal_page },                                           \
                     { &journal_chip, journal_page, journal_page } },                              \
        .plan = &bh_plan_swap,                                                                     \
        .policy = QUICK_POLICY,                                                                    \
    }
RATIO(ratio16, "ratio16", fine, coarse, fine, 4 * KB);
RATIO(ratio1to16, "ratio1to16", coarse, fine, coarse, 16 * KB);

/* --- the geometry others publish figures for: 128 KB slots in pages of 4 KB ---------------- */
FLASH(classic, 96, 4 * KB, 4, 0xFF);
SMALL(slot128k, "slot128k", classic, 4 * KB, 32, 1, 1);

const struct bh_product *const explore_products[] = {
    &tiny1,      &tiny2,     &tiny3,        &small1,   &small2,       &unit1,     &zero4,
    &unit8,      &unit16,    &unit128,      &unit512,  &blind,        &mail1,     &mail2,
    &mail3,      &mail4,     &offset,       &twin,     &mailtwin,     &option,    &over,
    &save1,      &save2,     &save3,        &save4,    &saveblind,    &savemail1, &savemail2,
    &savemail3,  &savetwin,  &savemailtwin, &needtwin, &needmailtwin, &saveover,  &ratio16,
    &ratio1to16, &slot128k,  &nrf51mail,    &wolf1,    &wolf2,        &wolf3,     &wolfhome,
    &wolfout,    &savewolf1, &savewolf2,    NULL,
};

const struct bh_product *explore_product_named(const char *name)
{
    const struct bh_product *const *p = explore_products;

    while (*p && strcmp((*p)->name, name) != 0)
        p++;
    return *p;
}

bool explore_images_depend(const struct bh_product *product)
{
    /* A copy points to the same name; a layout's product may be called anything. */
    return product->name == needtwin.name || product->name == needmailtwin.name;
}
