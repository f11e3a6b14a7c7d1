/* SPDX-License-Identifier: Apache-2.0 */
/* Time, and the watchdogs that measure it. Time is instructions, each BOARD_CYCLES_10 / 10
 * cycles of the clock that the processor has, and erases, if b->slow; a watchdog's own clock is
 * the fastest that its data sheet allows. */
#include "inner.h"

#define NEVER UINT64_MAX

uint64_t board_us(const struct board *b)
{
    return b->time.us +
           (b->instructions - b->time.at) * BOARD_CYCLES_10 * 100 / (b->time.khz ? b->time.khz : 1);
}

/* At which instruction does the watchdog bite, as things are now? */
static void aim(struct board *b)
{
    struct board_watchdog *w = &b->watchdog;
    uint64_t now = board_us(b), left = w->fed_us + w->period_us - now;

    w->bite_at = NEVER;
    if (w->period_us)
        w->bite_at =
            b->instructions +
            (now - w->fed_us < w->period_us ? left * b->time.khz / (BOARD_CYCLES_10 * 100) : 0);
}

void board_clock(struct board *b, uint32_t khz)
{
    b->time.us = board_us(b);
    b->time.at = b->instructions;
    b->time.khz = khz;
    aim(b);
}

void board_pass(struct board *b, uint64_t us)
{
    b->time.us = board_us(b) + us;
    b->time.at = b->instructions;
    aim(b);
}

void board_stall(struct board *b, uint32_t ms)
{
    board_pass(b, (uint64_t)ms * 1000);
}

void board_watchdog_reset(struct board *b)
{
    struct board_watchdog *w = &b->watchdog;

    w->period_us = 0;
    w->started = w->unlocked = false;
    w->prescaler = w->enabled = 0;
    w->reload = 0xFFF;
    w->crv = UINT32_MAX;
    board_clock(b, b->kind->khz);
}

void board_watchdog_feed(struct board *b, uint64_t period_us)
{
    struct board_watchdog *w = &b->watchdog;

    uint64_t gap = (b->instructions - w->fed_at) * BOARD_CYCLES_10 * 100 / b->time.khz;

    if (w->period_us && gap > w->longest_us)
        w->longest_us = gap;
    w->fed_at = b->instructions;
    w->fed_us = board_us(b);
    w->period_us = period_us;
    aim(b);
}

/* STM32's independent watchdog. */

enum { KR = 0x00, PR = 0x04, RLR = 0x08, SR = 0x0C };

static void iwdg_feed(struct board *b)
{
    struct board_watchdog *w = &b->watchdog;

    if (w->started)
        board_watchdog_feed(b,
                            (uint64_t)w->reload * (4u << w->prescaler) * 1000 / b->kind->lsi_khz);
}

uint32_t board_iwdg_read(struct board *b, uint32_t off)
{
    struct board_watchdog *w = &b->watchdog;

    switch (off) {
    case PR: return w->prescaler;
    case RLR: return w->reload;
    case SR: return w->busy ? (w->busy--, 3u) : 0;
    default: return 0;
    }
}

void board_iwdg_write(struct board *b, uint32_t off, uint32_t value)
{
    struct board_watchdog *w = &b->watchdog;

    switch (off) {
    case KR:
        w->unlocked = value == 0x5555;
        w->started |= value == 0xCCCC;
        if (value == 0xCCCC || value == 0xAAAA)
            iwdg_feed(b);
        break;
    case PR:
    case RLR:
        if (!w->unlocked)
            break;
        w->busy = 2;
        *(off == PR ? &w->prescaler : &w->reload) = off == PR ? (value & 7u) % 7 : value & 0xFFFu;
        break;
    default: break;
    }
}

/* Nordic's: all reload registers that are enabled must be written. */

enum { WDT_START = 0x000, RUNSTATUS = 0x400, REQSTATUS = 0x404, CRV = 0x504, RREN = 0x508 };
enum { CONFIG = 0x50C, RR = 0x600 };

static void nrf_feed(struct board *b)
{
    struct board_watchdog *w = &b->watchdog;

    w->asked = w->enabled;
    board_watchdog_feed(b, ((uint64_t)w->crv + 1) * 1000000 / b->kind->lsi_khz / 1000);
}

uint32_t board_wdt_read(struct board *b, uint32_t off)
{
    struct board_watchdog *w = &b->watchdog;

    switch (off) {
    case RUNSTATUS: return w->started;
    case REQSTATUS: return w->asked;
    case CRV: return w->crv;
    case RREN: return w->enabled;
    default: return 0;
    }
}

void board_wdt_write(struct board *b, uint32_t off, uint32_t value)
{
    struct board_watchdog *w = &b->watchdog;

    if (off == WDT_START && value == 1 && !w->started) {
        w->started = true;
        nrf_feed(b);
    } else if (off == CRV && !w->started) {
        w->crv = value;
    } else if (off == RREN && !w->started) {
        w->enabled = value & 0xFFu;
    } else if (off >= RR && off < RR + 32 && w->started && value == 0x6E524635) {
        w->asked &= ~(1u << (off - RR) / 4);
        if (!w->asked)
            nrf_feed(b);
    }
}
