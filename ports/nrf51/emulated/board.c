/* SPDX-License-Identifier: Apache-2.0 */
/* nRF51 (BBC micro:bit): what it is made of. The peripherals are those of sim/board/nrf.c and
 * its neighbours. */
#include "sim/board/inner.h"
#include "sim/board/kinds.h"

#define KB 1024u

static const struct board_peripheral peripherals[] = {
    { 0x40002000, 0x1000, board_nrf_uart_read, board_nrf_uart_write },
    { 0x40010000, 0x1000, board_wdt_read, board_wdt_write },
    { 0x4001E000, 0x1000, board_nvmc_read, board_nvmc_write },
    { 0xE000E000, 0x1000, board_scs_read, board_scs_write },
};

static const struct bh_page_run flash_runs[] = { { 256, 1 * KB } };
static const struct bh_flash flash = { .runs = flash_runs,
                                       .n_runs = 1,
                                       .unit = 4,
                                       .erased = 0xFF,
                                       .mapped = true,
                                       .size = 256 * KB,
                                       .base = 0 };

const struct board_kind board_nrf51 = {
    .name = "nrf51",
    .cpu = &board_cortex_m0,
    .ram_addr = 0x20000000,
    .ram_len = 16 * 1024,
    .flash = { &flash },
    .khz = 16000,
    .lsi_khz = 34, /* 32.768 and 2 % */
    .erase_ms = { 23 },
    .stalls = true,
    .peripherals = peripherals,
    .n_peripherals = BOARD_COUNT(peripherals),
    .at_reset = board_nrf_at_reset,
    .store = board_nvmc_store,
};
