/* SPDX-License-Identifier: Apache-2.0 */
/* FU540-C000 as on HiFive Unleashed, with the clocks as they are after reset: UART 0, and GPIO 10,
 * which resets the board when it is low. */
#include "port.h"

#include "lib/register.h"
#include "product.h"

#define UART(off) REGISTER(0x10010000u + (off))
#define TXDATA UART(0x00)
#define RXDATA UART(0x04)
#define TXCTRL UART(0x08)
#define RXCTRL UART(0x0C)
#define DIV UART(0x18)
#define QUEUE_FLAG 0x80000000u /* TXDATA: full; RXDATA: empty */
#define ENABLE 1u
#define POLLS_MAX 100000u
#define RTCCLK_KHZ 1000u

#define GPIO(off) REGISTER(0x10060000u + (off))
#define OUTPUT_EN GPIO(0x08)
#define OUTPUT_VAL GPIO(0x0C)
#define RESET (1u << 10)

const struct bh_product *const port_product = &PRODUCT;

void port_init(void)
{
    DIV = 144; /* 16.67 MHz / 145 */
    TXCTRL = ENABLE;
    RXCTRL = ENABLE;
    port_flash_init();
}

void port_put(char c)
{
    for (uint32_t polls = POLLS_MAX; polls && (TXDATA & QUEUE_FLAG); polls--)
        ;
    TXDATA = (uint8_t)c;
}

int port_get(void)
{
    uint32_t in = RXDATA;

    return in & QUEUE_FLAG ? -1 : (int)(in & 0xFFu);
}

void port_reset(void)
{
    OUTPUT_VAL |= RESET;
    OUTPUT_EN |= RESET;
    OUTPUT_VAL &= ~RESET;
    for (;;)
        ;
}

uint32_t port_khz(void)
{
    return RTCCLK_KHZ;
}
