/* SPDX-License-Identifier: Apache-2.0 */
/* nRF51 and nRF52840 as their product specifications tell it: NVMC and UART. */
#include "inner.h"

#define KB 1024u

/* b->reg: (qspi.c has those from 64 up) */
enum { CONFIG, BUSY, TXDRDY, UART_ON };

enum { CONFIG_READ = 0, CONFIG_WRITE = 1, CONFIG_ERASE = 2 };

#define UART 0x40002000u
#define SPIM 0x40003000u
#define QSPI 0x40029000u
#define BUSY_POLLS 2u

uint32_t board_nvmc_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x400:
        if (b->reg[BUSY] == 0)
            return 1;
        b->reg[BUSY]--;
        return 0;
    case 0x504: return b->reg[CONFIG];
    default: return 0;
    }
}

void board_nvmc_write(struct board *b, uint32_t off, uint32_t value)
{
    if (off == 0x504)
        b->reg[CONFIG] = value & 3u;
    if (off == 0x508 && b->reg[CONFIG] == CONFIG_ERASE) {
        board_erase(b, 0, value);
        b->reg[BUSY] = BUSY_POLLS;
    }
}

/* Whole words, and only if writing is enabled. */
bool board_nvmc_store(struct board *b, uint32_t off, uint32_t size, uint32_t value)
{
    if (b->reg[CONFIG] != CONFIG_WRITE || size != 4 || off % 4)
        return false;
    board_program(b, 0, off, &value, 4);
    b->reg[BUSY] = BUSY_POLLS;
    return true;
}

uint32_t board_nrf_uart_read(struct board *b, uint32_t off)
{
    switch (off) {
    case 0x108: return board_heard(b);
    case 0x11C: return b->reg[TXDRDY];
    case 0x518: return board_hear(b);
    case 0x500: return b->reg[UART_ON] ? 4 : 0;
    default: return *board_keep(b, UART + off);
    }
}

void board_nrf_uart_write(struct board *b, uint32_t off, uint32_t value)
{
    switch (off) {
    case 0x11C: b->reg[TXDRDY] = value; break;
    case 0x500: b->reg[UART_ON] = value == 4; break;
    case 0x51C:
        if (b->reg[UART_ON])
            board_say(b, (char)value);
        b->reg[TXDRDY] = 1;
        break;
    default:
        if (off >= 0x500) /* those below are tasks and events */
            *board_keep(b, UART + off) = value;
    }
}

static const struct board_register at_reset[] = {
    { UART + 0x50C, 0xFFFFFFFF }, { UART + 0x514, 0xFFFFFFFF }, { UART + 0x524, 0x04000000 },
    { SPIM + 0x508, 0xFFFFFFFF }, { SPIM + 0x50C, 0xFFFFFFFF }, { SPIM + 0x510, 0xFFFFFFFF },
    { SPIM + 0x524, 0x04000000 }, { QSPI + 0x524, 0xFFFFFFFF }, { QSPI + 0x528, 0xFFFFFFFF },
    { QSPI + 0x530, 0xFFFFFFFF }, { QSPI + 0x534, 0xFFFFFFFF }, { QSPI + 0x538, 0xFFFFFFFF },
    { QSPI + 0x53C, 0xFFFFFFFF }, { QSPI + 0x600, 0x00040480 }, { 0, 0 },
};

static const struct board_peripheral nrf51_peripherals[] = {
    { 0x40002000, 0x1000, board_nrf_uart_read, board_nrf_uart_write },
    { 0x40010000, 0x1000, board_wdt_read, board_wdt_write },
    { 0x4001E000, 0x1000, board_nvmc_read, board_nvmc_write },
    { 0xE000E000, 0x1000, board_scs_read, board_scs_write },
};

static const struct bh_page_run nrf51_flash_runs[] = { { 256, 1 * KB } };
static const struct bh_flash nrf51_flash = { .runs = nrf51_flash_runs,
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
    .flash = { &nrf51_flash },
    .khz = 16000,
    .lsi_khz = 34, /* 32.768 and 2 % */
    .erase_ms = { 23 },
    .stalls = true,
    .peripherals = nrf51_peripherals,
    .n_peripherals = BOARD_COUNT(nrf51_peripherals),
    .at_reset = at_reset,
    .store = board_nvmc_store,
};

static const struct board_peripheral nrf52840_peripherals[] = {
    { 0x40002000, 0x1000, board_nrf_uart_read, board_nrf_uart_write },
    { 0x40003000, 0x1000, board_spim_read, board_spim_write },
    { 0x40010000, 0x1000, board_wdt_read, board_wdt_write },
    { 0x4001E000, 0x1000, board_nvmc_read, board_nvmc_write },
    { 0x40029000, 0x1000, board_qspi_read, board_qspi_write },
    { 0x50000000, 0x1000, board_gpio_read, board_gpio_write },
    { 0xE000E000, 0x1000, board_scs_read, board_scs_write },
};

static const struct bh_page_run nrf52840_flash_runs[] = { { 256, 4 * KB } };
static const struct bh_flash nrf52840_flash = { .runs = nrf52840_flash_runs,
                                                .n_runs = 1,
                                                .unit = 4,
                                                .erased = 0xFF,
                                                .mapped = true,
                                                .size = 1024 * KB,
                                                .base = 0 };

/* MX25R6435F: 8 MB in sectors of 4 KB; the QSPI peripheral writes whole words. */
static const struct bh_page_run nrf52840_external_runs[] = { { 2048, 4 * KB } };
static const struct bh_flash nrf52840_external = { .runs = nrf52840_external_runs,
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
    .flash = { &nrf52840_flash, &nrf52840_external },
    .khz = 64000,
    .lsi_khz = 34, /* 32.768 and 2 % */
    .erase_ms = { 90, 240 },
    .stalls = true,
    .burst = { 0, 256 },
    .peripherals = nrf52840_peripherals,
    .n_peripherals = BOARD_COUNT(nrf52840_peripherals),
    .at_reset = at_reset,
    .store = board_nvmc_store,
};
