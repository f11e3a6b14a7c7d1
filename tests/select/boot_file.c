/* SPDX-License-Identifier: Apache-2.0 */
/* select_boot_file FILE [rollback]: what a device with this flash would start. Prints its name, and
 * leaves in the file what the bootloader leaves in flash. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bulkhead/image_espressif.h"
#include "bulkhead/select.h"
#include "sim/flash.h"

static const struct bh_image_format *const formats[] = { &bh_image_espressif, NULL };

int main(int argc, char **argv)
{
    static uint8_t memory[4096];
    struct bh_work work = { memory, sizeof memory };
    struct bh_select_inputs inputs = { 0 };
    struct bh_select_boot boot;
    struct bh_page_run run = { 0, 0x1000 };
    struct bh_flash geometry = { .runs = &run, .n_runs = 1, .unit = 1, .erased = 0xFF };
    struct sim_power power = { 0 };
    struct sim_flash chip;
    struct stat st;

    if (argc < 2 || stat(argv[1], &st))
        return 2;
    geometry.size = (uint32_t)st.st_size;
    run.count = geometry.size / run.size;
    if (sim_flash_open_file(
            &chip, &geometry,
            &(struct sim_traits){ .power = &power, .burst = 256, .again = SIM_AGAIN_CLEAR },
            argv[1], SIM_FILE_WRITE)) {
        fprintf(stderr, "%s\n", chip.text);
        return 2;
    }
    struct bh_select product = {
        .flash = &chip.flash,
        .table_off = BH_TABLE_OFF,
        .rules = BH_TABLE_ESPRESSIF,
        .rollback = argc > 2,
        .trial_boots = 1,
        .policy = { .formats = formats, .hash = &bh_sha256, .allow_unsigned = true },
        .chip = &bh_espressif_any
    };

    bh_select_run(&product, &inputs, &work, &boot);
    if (boot.action != BH_BOOT_START)
        puts("nothing");
    else if (boot.index >= 0)
        printf("ota_%d\n", boot.index);
    else
        puts(boot.index == BH_ESP_FACTORY ? "factory" : "test");
    sim_flash_close(&chip);
    return 0;
}
