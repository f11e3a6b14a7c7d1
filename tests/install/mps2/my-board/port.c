/* SPDX-License-Identifier: Apache-2.0 */
/* The console of an MPS2: a UART of Arm's CMSDK. */
#include "port.h"

#include "lib/register.h"
#include "product.h"

#define UART 0x40004000u

const struct bh_product *const port_product = &PRODUCT;

void port_init(void)
{
    REGISTER(UART + 16) = 16; /* divider, the smallest one */
    REGISTER(UART + 8) = 3;   /* transmit and receive */
}

void port_put(char c)
{
    for (unsigned polls = 0; polls < 100000 && REGISTER(UART + 4) & 1 /* full */; polls++)
        ;
    REGISTER(UART) = (uint8_t)c;
}

int port_get(void)
{
    return REGISTER(UART + 4) & 2 ? (int)(REGISTER(UART) & 0xFF) : -1;
}
