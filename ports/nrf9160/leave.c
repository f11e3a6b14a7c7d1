/* SPDX-License-Identifier: Apache-2.0 */
/* What port_init() turned on is off again. DMA must have stopped before the UARTE is disabled: it
 * would go on to write into the application's RAM. */
#include "lib/register.h"
#include "port.h"

#define UARTE(off) REGISTER(0x50008000 + (off))
#define STOPRX UARTE(0x004)
#define STOPTX UARTE(0x00C)
#define ENDRX UARTE(0x110)
#define ENDTX UARTE(0x120)
#define RXTO UARTE(0x144)
#define TXSTOPPED UARTE(0x158)
#define ENABLE UARTE(0x500)
#define PSEL_TXD UARTE(0x50C)
#define PSEL_RXD UARTE(0x514)
#define BAUDRATE UARTE(0x524)
#define RXD_PTR UARTE(0x534)
#define RXD_MAXCNT UARTE(0x538)
#define TXD_PTR UARTE(0x544)
#define TXD_MAXCNT UARTE(0x548)
#define P0_OUTCLR REGISTER(0x5084250C)
#define P0_DIRCLR REGISTER(0x5084251C)

#define NO_PIN 0xFFFFFFFFu
#define BAUDRATE_RESET 0x04000000u
#define TX_PIN 29u
#define POLLS_MAX 100000u

void port_leave(void)
{
    STOPTX = 1;
    STOPRX = 1;
    for (uint32_t polls = POLLS_MAX; polls && !(TXSTOPPED && RXTO); polls--)
        ;
    ENABLE = 0;
    PSEL_TXD = NO_PIN;
    PSEL_RXD = NO_PIN;
    BAUDRATE = BAUDRATE_RESET;
    RXD_PTR = RXD_MAXCNT = 0;
    TXD_PTR = TXD_MAXCNT = 0;
    ENDRX = ENDTX = 0;
    RXTO = TXSTOPPED = 0;
    P0_DIRCLR = 1u << TX_PIN;
    P0_OUTCLR = 1u << TX_PIN;
}
