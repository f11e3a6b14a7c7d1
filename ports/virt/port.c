/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's RISC-V board `virt`: a 16550 as console, a test device that resets. */
#include "port.h"

#include "lib/register.h"
#include "product.h"

#define UART(n) (*(volatile uint8_t *)(uintptr_t)(0x10000000u + (n)))
#define DATA 0u
#define LINE_STATUS 5u
#define LINE_RECEIVED 0x01u
#define LINE_CAN_SEND 0x20u
#define TEST_DEVICE REGISTER(0x00100000)
#define TEST_RESET 0x7777u
#define POLLS_MAX 100000u
#define MTIME_KHZ 10000u

const struct bh_product *const port_product = &PRODUCT;

void port_init(void)
{
}

void port_put(char c)
{
    for (uint32_t polls = POLLS_MAX; polls && !(UART(LINE_STATUS) & LINE_CAN_SEND); polls--)
        ;
    UART(DATA) = (uint8_t)c;
}

int port_get(void)
{
    return UART(LINE_STATUS) & LINE_RECEIVED ? UART(DATA) : -1;
}

void port_reset(void)
{
    TEST_DEVICE = TEST_RESET;
    for (;;)
        ;
}

uint32_t port_khz(void)
{
    return MTIME_KHZ;
}
