/* SPDX-License-Identifier: Apache-2.0 */
/* The same chip as in qspi.c without the QSPI peripheral: SPIM0 as the bus of the SPI-NOR
 * driver. For boards that have the chip on any four pins. nRF52840 product specification, chapters
 * SPIM and GPIO. */
#include "spim.h"

#include "bulkhead/bytes.h"
#include "lib/register.h"

#include <string.h>

#define SPIM(off) REGISTER(0x40003000 + (off))
#define START SPIM(0x010)
#define EVENT_END SPIM(0x118)
#define ENABLE SPIM(0x500)
#define PSEL_SCK SPIM(0x508)
#define PSEL_MOSI SPIM(0x50C)
#define PSEL_MISO SPIM(0x510)
#define FREQUENCY SPIM(0x524)
#define RXD_PTR SPIM(0x534)
#define RXD_MAXCNT SPIM(0x538)
#define TXD_PTR SPIM(0x544)
#define TXD_MAXCNT SPIM(0x548)
#define OUTSET REGISTER(0x50000508)
#define OUTCLR REGISTER(0x5000050C)
#define DIRSET REGISTER(0x50000518)
#define DIRCLR REGISTER(0x5000051C)

#define SCK 19u
#define CS 17u
#define MOSI 20u
#define MISO 21u
#define WP 22u
#define HOLD 23u

#define OUTPUTS (1u << CS | 1u << WP | 1u << HOLD | 1u << SCK | 1u << MOSI)
#define NO_PIN 0xFFFFFFFFu
#define FREQUENCY_RESET 0x04000000u

#define PIECE 64u          /* bytes sent at once: DMA reads RAM only, so they are copied there */
#define POLLS_MAX 1000000u /* 64 KB at 8 MHz take 66 ms */

/* One DMA transfer. */
static int move(const void *out, uint32_t out_len, void *in, uint32_t in_len)
{
    uint32_t polls = POLLS_MAX;

    TXD_PTR = (uint32_t)(uintptr_t)out;
    TXD_MAXCNT = out_len;
    RXD_PTR = (uint32_t)(uintptr_t)in;
    RXD_MAXCNT = in_len;
    EVENT_END = 0;
    START = 1;
    while (!EVENT_END)
        if (--polls == 0)
            return BH_ERR_IO;
    return BH_OK;
}

static int send(const void *data, uint32_t len)
{
    const uint8_t *p = data;
    int err = BH_OK;

    for (uint32_t n; !err && len; p += n, len -= n) {
        uint8_t piece[PIECE];

        n = bh_min(len, PIECE);
        memcpy(piece, p, n);
        err = move(piece, n, NULL, 0);
    }
    return err;
}

static int receive(void *data, uint32_t len)
{
    uint8_t *p = data;
    int err = BH_OK;

    for (uint32_t n; !err && len; p += n, len -= n) {
        n = bh_min(len, 0x8000);
        err = move(NULL, 0, p, n);
    }
    return err;
}

static int transfer(const struct bh_spi_bus *bus, const uint8_t *cmd, uint32_t cmd_len,
                    const void *out, void *in, uint32_t len)
{
    int err;

    (void)bus;
    OUTCLR = 1u << CS;
    err = send(cmd, cmd_len);
    if (!err && out)
        err = send(out, len);
    if (!err && in)
        err = receive(in, len);
    OUTSET = 1u << CS;
    return err;
}

/* At 64 MHz, at least 5 cycles each time round. */
static void wait(const struct bh_spi_bus *bus, uint32_t us)
{
    (void)bus;
    for (volatile uint32_t loops = us * 13; loops; loops--)
        ;
}

const struct bh_spi_bus nrf_spim_bus = { transfer, wait, NULL };

void nrf_spim_init(void)
{
    OUTSET = 1u << CS | 1u << WP | 1u << HOLD;
    DIRSET = OUTPUTS;
    PSEL_SCK = SCK;
    PSEL_MOSI = MOSI;
    PSEL_MISO = MISO;
    FREQUENCY = 0x80000000; /* 8 MHz */
    ENABLE = 7;
}

void nrf_spim_leave(void)
{
    ENABLE = 0;
    PSEL_SCK = NO_PIN;
    PSEL_MOSI = NO_PIN;
    PSEL_MISO = NO_PIN;
    FREQUENCY = FREQUENCY_RESET;
    TXD_PTR = TXD_MAXCNT = 0;
    RXD_PTR = RXD_MAXCNT = 0;
    EVENT_END = 0;
    DIRCLR = OUTPUTS;
    OUTCLR = OUTPUTS;
}
