/* SPDX-License-Identifier: Apache-2.0 */
/* cli/device.h - a product whose flash is image files: what the boot commands share.
 *
 *     struct cli_device d;
 *     int code = cli_device_open_to_act(cli, &d);
 *     if (code)
 *         return code;
 *     code = cli_device_result(cli, &d, sim_world_confirm(&d.world), "confirm");
 *     cli_device_close(&d); */
#ifndef CLI_DEVICE_H
#define CLI_DEVICE_H

#include "cli/cli.h"
#include "host/keys.h"
#include "sim/world.h"

#define CLI_DEVICE_KEYS_MAX 8u

struct cli_device {
    struct sim_world world;
    struct bh_product product; /* the named one, with the keys given */
    struct host_key keys[CLI_DEVICE_KEYS_MAX];
    struct bh_key core_keys[CLI_DEVICE_KEYS_MAX];
    uint8_t n_keys;
    bool dry;           /* what is done is forgotten */
    struct sim_cut cut; /* as asked for; used up by the world when it strikes */
};

/* Those of "board run"; { 0 } ends. */
extern const struct cli_option cli_board_options[];

/* The operand and options every boot command has. */
#define CLI_DEVICE_OPERAND                                                                         \
    {                                                                                              \
        "LAYOUT", "Layout file, or a sample's name: stm32f407 is products/stm32f407.layout.yml",   \
            false, false                                                                           \
    }
#define CLI_DEVICE_FLASH                                                                           \
    {                                                                                              \
        "flash", 'f', "FILE",                                                                      \
            "Flash image file of a device; give it once for each device of the "                   \
            "product, internal flash first",                                                       \
            NULL, true, true                                                                       \
    }
#define CLI_DEVICE_KEY                                                                             \
    { "key",                                                                                       \
      'k',                                                                                         \
      "FILE",                                                                                      \
      "Key file (PEM, public or private) whose signatures count, instead of "                      \
      "the product's development key",                                                             \
      NULL,                                                                                        \
      true,                                                                                        \
      false },                                                                                     \
        CLI_PASSPHRASE
#define CLI_DEVICE_CUT                                                                             \
    {                                                                                              \
        "cut", 'c', "OP[:WHEN]",                                                                   \
            "Cut the power at flash operation OP, counted from 1; WHEN: before, "                  \
            "after, or how the damage looks: torn, prefix, suffix, garbage, blank, "               \
            "erased-but-one",                                                                      \
            NULL, false, false                                                                     \
    }

/* The value of --cut; *out stays as it is if there is none. An error is shown. */
int cli_cut(struct cli *cli, struct sim_cut *out);
/* The product (cli/product.h) and its keys; no file is touched. An error is shown, here
 * and below. */
int cli_device_find(struct cli *cli, struct cli_device *d);
/* The flash files of what was found. With --dry-run what is done to them stays in memory. */
int cli_device_attach(struct cli *cli, struct cli_device *d, enum sim_file how);
/* Both. */
int cli_device_open(struct cli *cli, struct cli_device *d, enum sim_file how);
/* The same for writing, and with the cut of a command that has --cut. */
int cli_device_open_to_act(struct cli *cli, struct cli_device *d);
/* What an act came to: a cut, an error of the act, misuse of the flash. Shown; HOST_DEVICE etc. */
int cli_device_result(struct cli *cli, struct cli_device *d, bool ended, const char *act);
void cli_device_close(struct cli_device *d);

/* Adds what was done to the flash in this act, and a cut if there was one. */
void cli_device_json(const struct cli *cli, struct cJSON *json, const struct cli_device *d,
                     bool ended);
/* What was done to one flash. */
struct cJSON *cli_chip_json(const char *name, const struct sim_flash *flash);
/* "3 erases, 131,180 bytes programmed" */
void cli_device_work(const struct cli_device *d, char text[80]);

const char *cli_state_text(uint32_t state);
const char *cli_outcome_text(uint32_t outcome);
/* Is the journal's reason to be told after this boot? That a journal was begun stays in it until
 * the next update ends; it is news in the boot that began it. */
bool cli_journal_news(const struct bh_boot *boot);
/* 1.2.3+4 */
void cli_version_text(const struct bh_version *v, char text[32]);
/* Of an image that was decoded: wolfBoot's is one number. */
void cli_image_version_text(const struct bh_verified *v, char text[32]);

#endif
