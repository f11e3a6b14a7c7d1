/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the board emulator share. */
#ifndef BULKHEAD_SIM_BOARD_INNER_H
#define BULKHEAD_SIM_BOARD_INNER_H

#include "sim/board/board.h"

#define BOARD_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* End the run after this instruction. */
void board_stop(struct board *b, enum board_end end);
/* The program resets the board. */
void board_want_reset(struct board *b);

/* What the processor sees of this range of chip 0 is not true for longer than one instruction. */
void board_stale(struct board *b, uint32_t off, uint32_t len);

/* An operation on a chip, and what follows from it for the processor: a view of the flash that is
 * no longer true, or the end of its power. False: the operation failed. */
bool board_program(struct board *b, uint8_t chip, uint32_t off, const void *data, uint32_t len);
bool board_erase(struct board *b, uint8_t chip, uint32_t off);

/* The processor's memory, for DMA. False: no RAM there. */
bool board_dma_read(struct board *b, uint32_t addr, void *buf, uint32_t len);
bool board_dma_write(struct board *b, uint32_t addr, const void *buf, uint32_t len);

/* The console: a character out; is there one in; the next one in. */
void board_say(struct board *b, char c);
bool board_heard(struct board *b);
uint8_t board_hear(struct board *b);

uint32_t board_get_register(struct board *b, int which);
void board_set_register(struct board *b, int which, uint32_t value);

/* cortex_m.c: the system control space, as far as it is touched. */
uint32_t board_scs_read(struct board *b, uint32_t off);
void board_scs_write(struct board *b, uint32_t off, uint32_t value);
/* Make RAM and flash as executable as the MPU's registers say. */
void board_guard(struct board *b);

/* watchdog.c: the processor's clock is another one now; it waits; the registers of reset. */
void board_clock(struct board *b, uint32_t khz);
void board_stall(struct board *b, uint32_t ms);
void board_watchdog_reset(struct board *b);
/* STM32's independent watchdog; Nordic's. */
uint32_t board_iwdg_read(struct board *b, uint32_t off);
void board_iwdg_write(struct board *b, uint32_t off, uint32_t value);
uint32_t board_wdt_read(struct board *b, uint32_t off);
void board_wdt_write(struct board *b, uint32_t off, uint32_t value);

/* A register that is read as it was written: where its value is. */
uint32_t *board_keep(struct board *b, uint32_t addr);
/* A reset of some peripherals: what is kept of these addresses holds what it does after reset. */
void board_forget(struct board *b, uint32_t addr, uint32_t len);

/* Registers without effect: read back as written. Kept nowhere; read as 0. */
uint32_t board_none_read(struct board *b, uint32_t off);
void board_none_write(struct board *b, uint32_t off, uint32_t value);

/* riscv.c: the page of the CLINT with the machine timer. */
uint32_t board_clint_read(struct board *b, uint32_t off);

/* nor.c: a serial NOR chip (JEDEC), one byte each way at a time. */
void board_nor_reset(struct board_nor *nor, struct sim_flash *cells);
void board_nor_select(struct board_nor *nor);
uint8_t board_nor_byte(struct board *b, uint8_t chip, uint8_t in);
/* So many bytes from the chip, which is sent nothing. */
void board_nor_bytes(struct board *b, uint8_t chip, uint8_t *in, uint32_t len);
void board_nor_deselect(struct board *b, uint8_t chip);

/* nrf.c */
uint32_t board_nvmc_read(struct board *b, uint32_t off);
void board_nvmc_write(struct board *b, uint32_t off, uint32_t value);
bool board_nvmc_store(struct board *b, uint32_t off, uint32_t size, uint32_t value);
uint32_t board_nrf_uart_read(struct board *b, uint32_t off);
void board_nrf_uart_write(struct board *b, uint32_t off, uint32_t value);

/* qspi.c */
uint32_t board_qspi_read(struct board *b, uint32_t off);
void board_qspi_write(struct board *b, uint32_t off, uint32_t value);

/* spim.c */
uint32_t board_spim_read(struct board *b, uint32_t off);
void board_spim_write(struct board *b, uint32_t off, uint32_t value);
uint32_t board_gpio_read(struct board *b, uint32_t off);
void board_gpio_write(struct board *b, uint32_t off, uint32_t value);

#endif
