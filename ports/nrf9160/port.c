/* SPDX-License-Identifier: Apache-2.0 */
/* nRF9160 development kit, all in the secure state, as it is after reset: 64 MHz, console on UARTE0
 * (P0.29, P0.28), which knows nothing but DMA. nRF9160 Product Specification, chapters UARTE and
 * GPIO. */
#include "port.h"

#include "lib/register.h"
#include "product.h"

#define UARTE(off) REGISTER(0x50008000 + (off))
#define STARTRX UARTE(0x000)
#define STARTTX UARTE(0x008)
#define ENDRX UARTE(0x110)
#define ENDTX UARTE(0x120)
#define ENABLE UARTE(0x500)
#define PSEL_TXD UARTE(0x50C)
#define PSEL_RXD UARTE(0x514)
#define BAUDRATE UARTE(0x524)
#define RXD_PTR UARTE(0x534)
#define RXD_MAXCNT UARTE(0x538)
#define TXD_PTR UARTE(0x544)
#define TXD_MAXCNT UARTE(0x548)
#define P0_OUTSET REGISTER(0x50842508)
#define P0_DIRSET REGISTER(0x50842518)

#define TX_PIN 29u
#define RX_PIN 28u
#define POLLS_MAX 100000u /* a character takes 87 us, 5600 cycles */

const struct bh_product *const port_product = &PRODUCT;

/* DMA knows RAM alone. */
static volatile uint8_t sent, received;

void port_init(void)
{
    P0_OUTSET = 1u << TX_PIN;
    P0_DIRSET = 1u << TX_PIN;
    PSEL_TXD = TX_PIN;
    PSEL_RXD = RX_PIN;
    BAUDRATE = 0x01D60000; /* 115200 */
    ENABLE = 8;
    RXD_PTR = (uint32_t)(uintptr_t)&received;
    RXD_MAXCNT = 1;
    STARTRX = 1;
}

void port_put(char c)
{
    sent = (uint8_t)c;
    ENDTX = 0;
    TXD_PTR = (uint32_t)(uintptr_t)&sent;
    TXD_MAXCNT = 1;
    STARTTX = 1;
    for (uint32_t polls = POLLS_MAX; polls && !ENDTX; polls--)
        ;
}

int port_get(void)
{
    int c;

    if (!ENDRX)
        return -1;
    c = received;
    ENDRX = 0;
    STARTRX = 1;
    return c;
}

uint32_t port_khz(void)
{
    return 64000;
}
