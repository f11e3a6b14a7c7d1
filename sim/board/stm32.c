/* SPDX-License-Identifier: Apache-2.0 */
/* What all STM32 have in common, as their reference manuals tell it: clocks and resets (RCC), GPIO
 * and the USART of the console, the keys of the flash controller. Where a family has it, and by how
 * much the flash keeps pace with a clock, is data of the board: struct board_stm32, kind->own. */
#include "inner.h"

#define PLLON (1u << 24)
#define PLLRDY (1u << 25)
#define PLL_POLLS 4u
#define IDR 0x10u    /* of GPIO: the pins as they are */
#define AF_OUTPUT 2u /* of MODER: alternate function */

/* b->reg: from 48 on */
enum { PLL_WAIT = 48, KEYS };

static const struct board_stm32 *family(const struct board *b)
{
    return b->kind->own;
}

/* --- keys -------------------------------------------------------------------------------- */

void board_stm32_key(struct board *b, uint32_t *lock, uint32_t value)
{
    static const uint32_t keys[2] = { 0x45670123, 0xCDEF89AB };

    if (*lock != BOARD_LOCKED || value != keys[b->reg[KEYS]]) {
        *lock = BOARD_LOCKED_UNTIL_RESET;
    } else if (++b->reg[KEYS] == 2) {
        *lock = BOARD_UNLOCKED;
        b->reg[KEYS] = 0;
    }
}

/* --- clocks and resets ------------------------------------------------------------------- */

static uint32_t *rcc(struct board *b, uint32_t off)
{
    return board_keep(b, family(b)->rcc + off);
}

static uint32_t source(struct board *b)
{
    return *rcc(b, family(b)->cfgr) & family(b)->sw_mask;
}

/* The processor's clock; 0: there is none. */
static uint32_t clock_khz(struct board *b)
{
    return family(b)->pllcfgr && source(b) == family(b)->sw_pll ? family(b)->pll_khz(b)
                                                                : b->kind->khz;
}

/* Faster than flash can follow, or than the chip can: what is read is anything. */
void board_stm32_pace(struct board *b)
{
    uint32_t khz = clock_khz(b);

    if (!khz || (family(b)->most_khz && khz > family(b)->most_khz(b)))
        board_stop(b, BOARD_LOCKUP);
}

uint32_t board_stm32_rcc_read(struct board *b, uint32_t off)
{
    uint32_t value = *rcc(b, off);

    if (off == 0 && (value & PLLON)) { /* it takes a while to lock */
        if (b->reg[PLL_WAIT])
            b->reg[PLL_WAIT]--;
        else
            value |= PLLRDY;
    }
    return off == family(b)->cfgr ? value | source(b) << family(b)->sws : value;
}

/* A switch to a PLL that is not ready does not happen. Its configuration is fixed while it is
 * on. */
void board_stm32_rcc_write(struct board *b, uint32_t off, uint32_t value)
{
    const struct board_stm32 *f = family(b);
    bool on = *rcc(b, 0) & PLLON;

    if ((f->pllcfgr && off == f->pllcfgr && on) ||
        (off == f->cfgr && (value & f->sw_mask) == f->sw_pll && (!on || b->reg[PLL_WAIT])))
        return;
    if (off == 0 && (value & PLLON) && !on)
        b->reg[PLL_WAIT] = PLL_POLLS;
    if (off == 0)
        value &= ~PLLRDY;
    if (off == f->cfgr)
        value &= ~(f->sw_mask << f->sws);
    *rcc(b, off) = value;
    if (off == f->gpio.reset && (value & f->gpio.bit))
        board_forget(b, f->gpio.addr, 0x400);
    if (off == f->usart.reset && (value & f->usart.bit))
        board_forget(b, f->usart.addr, 0x400);
    board_clock(b, clock_khz(b));
    board_stm32_pace(b);
}

/* --- GPIO and console: they take nothing while they have no clock ------------------------- */

static bool clocked(struct board *b, const struct board_stm32_unit *u)
{
    return *rcc(b, u->enable) & u->bit;
}

uint32_t board_stm32_gpio_read(struct board *b, uint32_t off)
{
    uint32_t addr = (family(b)->gpio.addr & ~0xFFFu) + off;

    if (addr == family(b)->gpio.addr + IDR) /* what is not held low is pulled up */
        return ~(uint32_t)b->low_pins & 0xFFFFu;
    return *board_keep(b, addr);
}

void board_stm32_gpio_write(struct board *b, uint32_t off, uint32_t value)
{
    if (clocked(b, &family(b)->gpio))
        *board_keep(b, (family(b)->gpio.addr & ~0xFFFu) + off) = value;
}

/* The voltage detector: with PVDE, is the supply below the threshold of PLS? */
uint32_t board_stm32_pwr_read(struct board *b, uint32_t off)
{
    const struct board_stm32 *f = family(b);
    uint32_t cr = *board_keep(b, f->pwr), value = *board_keep(b, f->pwr + off);

    if (off == 4 && (cr & 0x10u) && b->supply_mv && b->supply_mv < f->thresholds[cr >> 5 & 7u])
        value |= f->pwr_pvdo;
    return value;
}

void board_stm32_pwr_write(struct board *b, uint32_t off, uint32_t value)
{
    const struct board_stm32 *f = family(b);

    if ((!f->pwr_clock.bit || clocked(b, &f->pwr_clock)) && off != 4)
        *board_keep(b, f->pwr + off) = value;
}

/* Where the registers are that the two generations have at different places. */
struct usart {
    uint32_t cr1, brr, status, rx, tx;
    uint32_t on; /* of CR1: UE, TE */
};
static const struct usart usarts[2] = {
    { 0x0C, 0x08, 0x00, 0x04, 0x04, 0x2008 }, /* SR, DR, BRR, CR1 */
    { 0x00, 0x0C, 0x1C, 0x24, 0x28, 0x0009 }, /* CR1, BRR, ISR, RDR, TDR */
};

static const struct usart *usart(const struct board *b)
{
    return &usarts[family(b)->usart_new];
}

/* The page that the USART is in. */
static uint32_t at(const struct board *b, uint32_t off)
{
    return (family(b)->usart.addr & ~0xFFFu) + off - family(b)->usart.addr;
}

/* Always ready to send. */
uint32_t board_stm32_usart_read(struct board *b, uint32_t off)
{
    const struct usart *u = usart(b);
    uint32_t reg = at(b, off);

    if (reg == u->status)
        return 0xC0u | (board_heard(b) ? 0x20u : 0u);
    return reg == u->rx ? board_hear(b) : *board_keep(b, family(b)->usart.addr + reg);
}

/* 115200 baud, out of the clock of APB1, on a pin that is the console's; otherwise garbage, or
 * nothing. */
static void say(struct board *b, char c)
{
    const struct board_stm32 *f = family(b);
    const struct usart *u = usart(b);
    uint32_t divided = *rcc(b, f->ppre) >> f->ppre_shift & 7u;
    uint32_t khz = clock_khz(b) >> (divided & 4u ? (divided & 3u) + 1 : 0);
    uint32_t brr = *board_keep(b, f->usart.addr + u->brr), gpio = f->gpio.addr;
    uint32_t mode = *board_keep(b, gpio) >> 2 * f->pin & 3u;
    uint32_t function = *board_keep(b, gpio + 0x20 + f->pin / 8 * 4) >> f->pin % 8 * 4 & 15u;

    if ((*board_keep(b, f->usart.addr + u->cr1) & u->on) != u->on || mode != AF_OUTPUT ||
        function != f->function || !brr)
        return;
    board_say(b, khz * 1000 / brr - 112000 < 6400 ? c : '?');
}

/* The newer generation's rate is fixed while the console is on. */
void board_stm32_usart_write(struct board *b, uint32_t off, uint32_t value)
{
    const struct board_stm32 *f = family(b);
    const struct usart *u = usart(b);
    uint32_t reg = at(b, off);

    if (!clocked(b, &f->usart))
        return;
    if (reg == u->tx)
        say(b, (char)value);
    else if (!f->usart_new || reg != u->brr || !(*board_keep(b, f->usart.addr + u->cr1) & 1u))
        *board_keep(b, f->usart.addr + reg) = value;
}
