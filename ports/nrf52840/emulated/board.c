/* SPDX-License-Identifier: Apache-2.0 */
/* nRF52840 development kit: what it is made of. The peripherals are those of sim/board/nrf.c
 * and its neighbours. */
#include "sim/board/inner.h"
#include "sim/board/kinds.h"

#define KB 1024u

static const struct board_peripheral peripherals[] = {
    { 0x40002000, 0x1000, board_nrf_uart_read, board_nrf_uart_write },
    { 0x40003000, 0x1000, board_spim_read, board_spim_write },
    { 0x40010000, 0x1000, board_wdt_read, board_wdt_write },
    { 0x4001E000, 0x1000, board_nvmc_acl_read, board_nvmc_acl_write },
    { 0x40029000, 0x1000, board_qspi_read, board_qspi_write },
    { 0x50000000, 0x1000, board_gpio_read, board_gpio_write },
    { 0xE000E000, 0x1000, board_scs_read, board_scs_write },
};

static const struct bh_page_run flash_runs[] = { { 256, 4 * KB } };
static const struct bh_flash flash = { .runs = flash_runs,
                                       .n_runs = 1,
                                       .unit = 4,
                                       .erased = 0xFF,
                                       .mapped = true,
                                       .size = 1024 * KB,
                                       .base = 0 };

/* MX25R6435F: 8 MB in sectors of 4 KB; the QSPI peripheral writes whole words. */
static const struct bh_page_run external_runs[] = { { 2048, 4 * KB } };
static const struct bh_flash external = { .runs = external_runs,
                                          .n_runs = 1,
                                          .unit = 4,
                                          .erased = 0xFF,
                                          .mapped = false,
                                          .size = 8192 * KB,
                                          .base = 0 };

const struct board_kind board_nrf52840 = {
    .name = "nrf52840",
    .cpu = &board_cortex_m4,
    .ram_addr = 0x20000000,
    .ram_len = 256 * 1024,
    .flash = { &flash, &external },
    .khz = 64000,
    .lsi_khz = 34, /* 32.768 and 2 % */
    .erase_ms = { 90, 240 },
    .stalls = true,
    .burst = { 0, 256 },
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .at_reset = board_nrf_at_reset,
    .store = board_nvmc_store,
};
