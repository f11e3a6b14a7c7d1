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
/* May the program write there? A flash controller is asked after the MPU. */
bool board_may_write(const struct board *b, uint32_t addr);
/* The processor takes an NMI after this instruction. */
void board_nmi(struct board *b);
/* cortex_m.c: into its handler; back, if it has just returned. */
void board_nmi_begin(struct board *b);
bool board_nmi_over(struct board *b);
/* The processor sees its flash, or does not. */
void board_hide(struct board *b, bool hidden);
/* It takes a fault after this instruction. */
void board_bus_fault(struct board *b);

/* watchdog.c: the processor's clock is another one now; it waits; the registers of reset. */
void board_clock(struct board *b, uint32_t khz);
void board_stall(struct board *b, uint32_t ms);
void board_watchdog_reset(struct board *b);
/* It was fed, or was given this time; 0: it does not run. */
void board_watchdog_feed(struct board *b, uint64_t period_us);
/* STM32's independent watchdog; Nordic's. */
uint32_t board_iwdg_read(struct board *b, uint32_t off);
void board_iwdg_write(struct board *b, uint32_t off, uint32_t value);
uint32_t board_wdt_read(struct board *b, uint32_t off);
void board_wdt_write(struct board *b, uint32_t off, uint32_t value);

/* stm32.c: a peripheral, its clock and its reset. */
struct board_stm32_unit {
    uint32_t addr;
    uint32_t enable, reset, bit; /* in RCC: offsets of two registers, and the bit in both */
};
/* Where an STM32 family has what stm32.c models: kind->own. */
struct board_stm32 {
    uint32_t rcc;                  /* its address; CR is the first register */
    uint32_t cfgr, pllcfgr;        /* offsets; pllcfgr 0: the PLL is not modelled */
    uint32_t sw_mask, sw_pll, sws; /* of CFGR: SW, its value for the PLL, the lowest bit of SWS */
    uint32_t ppre, ppre_shift;     /* where APB1 is divided */
    struct board_stm32_unit gpio, usart;
    uint8_t pin, function; /* what the console sends by */
    bool usart_new;        /* with ISR, RDR and TDR */
    /* The voltage detector: the control register's address, and what answers; NULL: not
     * modelled. */
    uint32_t pwr, pwr_pvdo;
    struct board_stm32_unit pwr_clock; /* bit 0: it needs none */
    const uint16_t *thresholds;        /* mV, of PLS 0 to 7 */
    /* The clock as the PLL's registers say; 0: it gives none. */
    uint32_t (*pll_khz)(struct board *b);
    /* The most that flash can follow and the chip can bear; NULL: no question. */
    uint32_t (*most_khz)(struct board *b);
};
/* The lock of a flash controller. */
enum { BOARD_UNLOCKED, BOARD_LOCKED, BOARD_LOCKED_UNTIL_RESET };
/* Two keys in the right order; anything else locks until reset. */
void board_stm32_key(struct board *b, uint32_t *lock, uint32_t value);
/* The wait states of flash are others now. */
void board_stm32_pace(struct board *b);
uint32_t board_stm32_rcc_read(struct board *b, uint32_t off);
void board_stm32_rcc_write(struct board *b, uint32_t off, uint32_t value);
/* The page of 4 KB that the GPIO or the USART is in. */
uint32_t board_stm32_gpio_read(struct board *b, uint32_t off);
void board_stm32_gpio_write(struct board *b, uint32_t off, uint32_t value);
uint32_t board_stm32_pwr_read(struct board *b, uint32_t off); /* off: from PWR's first register */
void board_stm32_pwr_write(struct board *b, uint32_t off, uint32_t value);
uint32_t board_stm32_usart_read(struct board *b, uint32_t off);
void board_stm32_usart_write(struct board *b, uint32_t off, uint32_t value);

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
/* The same with the access control lists after it, in one page. */
uint32_t board_nvmc_acl_read(struct board *b, uint32_t off);
void board_nvmc_acl_write(struct board *b, uint32_t off, uint32_t value);
bool board_nvmc_store(struct board *b, uint32_t off, uint32_t size, uint32_t value);
uint32_t board_nrf_uart_read(struct board *b, uint32_t off);
void board_nrf_uart_write(struct board *b, uint32_t off, uint32_t value);
extern const struct board_register board_nrf_at_reset[];

/* qspi.c */
uint32_t board_qspi_read(struct board *b, uint32_t off);
void board_qspi_write(struct board *b, uint32_t off, uint32_t value);

/* spim.c */
uint32_t board_spim_read(struct board *b, uint32_t off);
void board_spim_write(struct board *b, uint32_t off, uint32_t value);
uint32_t board_gpio_read(struct board *b, uint32_t off);
void board_gpio_write(struct board *b, uint32_t off, uint32_t value);

#endif
