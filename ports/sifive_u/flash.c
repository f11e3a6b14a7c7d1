/* SPDX-License-Identifier: Apache-2.0 */
/* The SPI controller of SiFive's FU540 as a bus for the SPI-NOR driver. FU540-C000 manual, chapter
 * 19. One byte in the air at a time: simple, and never more than the receive queue holds. */
#include "bulkhead/spi_nor.h"
#include "lib/register.h"
#include "port.h"
#include "product.h"

#define SPI(off) REGISTER(0x10040000u + (off))
#define SCKDIV SPI(0x00)
#define SCKMODE SPI(0x04)
#define CSID SPI(0x10)
#define CSMODE SPI(0x18)
#define FMT SPI(0x40)
#define TXDATA SPI(0x48)
#define RXDATA SPI(0x4C)
#define FCTRL SPI(0x60)

#define CSMODE_AUTO 0u /* selected while bytes move: not at all between transactions */
#define CSMODE_HOLD 2u
#define FMT_8BIT (8u << 16) /* one line, most significant bit first, receiving too */
#define FMT_RESET 0x80000u  /* 8 bits, one line */
#define SCKDIV_RESET 3u
#define QUEUE_FLAG 0x80000000u /* TXDATA: full; RXDATA: empty */
#define POLLS_MAX 1000000u
#define LOOPS_PER_US 17u /* at 33.3 MHz, at least two cycles each */

/* A byte each way; -1: the controller is stuck. */
static int exchange(uint8_t out)
{
    uint32_t polls = POLLS_MAX, in;

    while (TXDATA & QUEUE_FLAG)
        if (--polls == 0)
            return -1;
    TXDATA = out;
    while ((in = RXDATA) & QUEUE_FLAG)
        if (--polls == 0)
            return -1;
    return (int)(in & 0xFFu);
}

static int transfer(const struct bh_spi_bus *bus, const uint8_t *cmd, uint32_t cmd_len,
                    const void *out, void *in, uint32_t len)
{
    const uint8_t *from = out;
    uint8_t *to = in;
    int got = 0;

    (void)bus;
    CSMODE = CSMODE_HOLD;
    for (uint32_t i = 0; got >= 0 && i < cmd_len; i++)
        got = exchange(cmd[i]);
    for (uint32_t i = 0; got >= 0 && i < len; i++) {
        got = exchange(from ? from[i] : 0xFF);
        if (to)
            to[i] = (uint8_t)got;
    }
    CSMODE = CSMODE_AUTO;
    return got < 0 ? BH_ERR_IO : BH_OK;
}

static void wait(const struct bh_spi_bus *bus, uint32_t us)
{
    (void)bus;
    for (volatile uint32_t loops = us * LOOPS_PER_US; loops; loops--)
        ;
}

const struct bh_spi_bus sifive_u_bus = { transfer, wait, NULL };
static struct bh_spi_nor nor = { .bus = &sifive_u_bus };

const struct bh_flash PRODUCT_INTERNAL = { .ops = &bh_spi_nor_ops,
                                           .context = &nor,
                                           PRODUCT_INTERNAL_GEOMETRY };

void port_flash_init(void)
{
    FCTRL = 0;  /* commands from here, not reads through an address window */
    SCKDIV = 0; /* 16.67 MHz / 2 */
    SCKMODE = 0;
    CSID = 0;
    CSMODE = CSMODE_AUTO;
    FMT = FMT_8BIT;
    if (bh_spi_nor_open(&PRODUCT_INTERNAL))
        return; /* the device knows: every operation fails */
}

/* As after reset: the window of addresses has the bus. */
void port_flash_leave(void)
{
    SCKDIV = SCKDIV_RESET;
    FMT = FMT_RESET;
    FCTRL = 1;
}
