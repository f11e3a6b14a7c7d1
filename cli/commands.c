/* SPDX-License-Identifier: Apache-2.0 */
/* Everything the tool can do, in the order in which the help lists it. */
#include "cli/cli.h"
#include "cli/dropin.h"

extern const struct cli_command cmd_boot_install, cmd_boot_run, cmd_boot_status, cmd_boot_stage,
    cmd_boot_request, cmd_boot_confirm, cmd_boot_map, cmd_boot_explain;
extern const struct cli_command cmd_board_prove;
extern const struct cli_command cmd_board_run;
extern const struct cli_command cmd_device_list, cmd_device_info, cmd_device_upload,
    cmd_device_test, cmd_device_confirm, cmd_device_erase, cmd_device_reset, cmd_device_log;
extern const struct cli_command cmd_sim_explore, cmd_sim_replay, cmd_sim_run;
extern const struct cli_command cmd_complete, cmd_completion, cmd_help, cmd_man, cmd_new;
extern const struct cli_command cmd_image_info, cmd_image_sign, cmd_image_verify;
extern const struct cli_command cmd_key_new, cmd_key_show, cmd_key_export;
extern const struct cli_command cmd_table_show, cmd_table_check, cmd_table_convert, cmd_table_set,
    cmd_table_diff, cmd_table_map, cmd_table_pack, cmd_table_unpack, cmd_table_write;
extern const struct cli_command cmd_image_sign_espressif;
extern const struct cli_command cmd_layout_check, cmd_layout_show, cmd_layout_build,
    cmd_layout_assemble, cmd_layout_convert, cmd_layout_fmt, cmd_layout_schema, cmd_layout_chips,
    cmd_layout_map, cmd_layout_pin, cmd_layout_migrate, cmd_layout_diff;
extern const struct cli_command cmd_part_list, cmd_part_read, cmd_part_write, cmd_part_erase;
extern const struct cli_command cmd_ota_status, cmd_ota_switch, cmd_ota_confirm, cmd_ota_invalidate,
    cmd_ota_erase;

const struct cli_noun cli_nouns[] = {
    { "key", "Signing keys" },
    { "image", "Firmware images" },
    { "table", "Partition tables" },
    { "layout", "Flash layouts" },
    { "part", "Partitions: read, write, erase" },
    { "ota", "Which application starts: otadata" },
    { "boot", "The bootloader, played by hand on flash image files" },
    { "device", "A real device: its recovery, or its application's SMP server" },
    { "board", "Emulated boards, which run the bootloader's binary" },
    { "sim", "Simulated devices and power cuts" },
    { 0 },
};

const struct cli_command *const cli_commands[] = {
    &cmd_new,
    &cmd_key_new,
    &cmd_key_show,
    &cmd_key_export,
    &cmd_image_sign,
    &cmd_image_verify,
    &cmd_image_info,
    &cmd_image_sign_espressif,
    &cmd_boot_install,
    &cmd_boot_run,
    &cmd_boot_status,
    &cmd_boot_stage,
    &cmd_boot_request,
    &cmd_boot_confirm,
    &cmd_boot_map,
    &cmd_boot_explain,
    &cmd_device_list,
    &cmd_device_info,
    &cmd_device_upload,
    &cmd_device_test,
    &cmd_device_confirm,
    &cmd_device_erase,
    &cmd_device_reset,
    &cmd_device_log,
    &cmd_board_prove,
    &cmd_board_run,
    &cmd_table_show,
    &cmd_table_check,
    &cmd_table_convert,
    &cmd_table_set,
    &cmd_table_diff,
    &cmd_table_map,
    &cmd_table_pack,
    &cmd_table_unpack,
    &cmd_table_write,
    &cmd_layout_check,
    &cmd_layout_show,
    &cmd_layout_build,
    &cmd_layout_assemble,
    &cmd_layout_convert,
    &cmd_layout_pin,
    &cmd_layout_migrate,
    &cmd_layout_diff,
    &cmd_layout_fmt,
    &cmd_layout_schema,
    &cmd_layout_chips,
    &cmd_layout_map,
    &cmd_part_list,
    &cmd_part_read,
    &cmd_part_write,
    &cmd_part_erase,
    &cmd_ota_status,
    &cmd_ota_switch,
    &cmd_ota_confirm,
    &cmd_ota_invalidate,
    &cmd_ota_erase,
    &cmd_sim_run,
    &cmd_sim_explore,
    &cmd_sim_replay,
    &cmd_help,
    &cmd_complete,
    &cmd_completion,
    &cmd_man,
    NULL,
};

/* Link the tool under one of these names and it is that program. */
const struct cli_dropin cli_dropins[] = {
    { "gen_esp32part", dropin_gen_esp32part },
    { "gen_esp32part.py", dropin_gen_esp32part },
    { "parttool", dropin_parttool },
    { "parttool.py", dropin_parttool },
    { "otatool", dropin_otatool },
    { "otatool.py", dropin_otatool },
    { "check_sizes", dropin_check_sizes },
    { "check_sizes.py", dropin_check_sizes },
    { "gen_empty_partition", dropin_gen_empty_partition },
    { "gen_empty_partition.py", dropin_gen_empty_partition },
    { "imgtool", dropin_imgtool },
    { "imgtool.py", dropin_imgtool },
    { "partition_manager", dropin_partition_manager },
    { "partition_manager.py", dropin_partition_manager },
    { "partition_manager_output", dropin_partition_manager_output },
    { "partition_manager_output.py", dropin_partition_manager_output },
    { "partition_manager_report", dropin_partition_manager_report },
    { "partition_manager_report.py", dropin_partition_manager_report },
    { "pm_to_dts", dropin_pm_to_dts },
    { "pm_to_dts.py", dropin_pm_to_dts },
    { 0 },
};
