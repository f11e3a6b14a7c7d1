/* SPDX-License-Identifier: Apache-2.0 */
/* A program that tries the SPI-NOR driver on a chip of 32 MB and says how it went, a line for each
 * thing tried. On QEMU's sifive_u, the chip is QEMU's own model of an IS25WP256: tests/qemu. */
#include "bulkhead/bytes.h"
#include "lib/register.h"
#include "port.h"
#include "spi.h"

#include <string.h>

#define UART_TX REGISTER(0x10010000)
#define UART_TX_CONTROL REGISTER(0x10010008)
#define UART_FULL 0x80000000u
#define POLLS_MAX 100000u

#define HIGH 0x1FFF000u /* the last page: out of reach of three bytes of address */
#define LOW 0x0FFF000u  /* what three bytes would reach instead */

static uint8_t data[1000], back[4096];
static struct bh_work work = { back, sizeof back };

void port_init(void)
{
    UART_TX_CONTROL = 1;
    sifive_u_spi_init();
}

void port_put(char c)
{
    for (uint32_t polls = POLLS_MAX; polls && (UART_TX & UART_FULL); polls--)
        ;
    UART_TX = (uint8_t)c;
}

void port_reset(void)
{
    for (;;)
        ;
}

static void say(const char *text)
{
    while (*text)
        port_put(*text++);
}

static void result(const char *what, bool well)
{
    say(well ? "ok     " : "FAILED ");
    say(what);
    say("\n");
}

static bool blank(uint32_t off, uint32_t len)
{
    return bh_flash_read(&sifive_u_nor, off, back, len) == BH_OK && bh_all(back, 0xFF, len);
}

static bool same(uint32_t off, const uint8_t *bytes, uint32_t len)
{
    return bh_flash_read(&sifive_u_nor, off, back, len) == BH_OK && memcmp(back, bytes, len) == 0;
}

/* The file behind the chip begins with this. */
static bool greeting(void)
{
    return same(0, (const uint8_t *)"bulkhead", 8);
}

void port_main(void)
{
    const struct bh_region high = { &sifive_u_nor, HIGH, 4096 };
    const struct bh_region low = { &sifive_u_nor, LOW, 4096 };

    port_init();
    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + 1);
    result("opens", bh_spi_nor_open(&sifive_u_nor) == BH_OK);
    result("reads what is there", greeting());
    result("erases two pages", bh_flash_erase(&sifive_u_nor, HIGH, 4096) == BH_OK &&
                                   bh_flash_erase(&sifive_u_nor, LOW, 4096) == BH_OK &&
                                   blank(HIGH, 4096) && blank(LOW, 4096));
    result("programs across pages",
           bh_flash_program(&sifive_u_nor, HIGH + 13, data, sizeof data) == BH_OK &&
               same(HIGH + 13, data, sizeof data));
    result("leaves the bytes beside alone",
           blank(HIGH, 13) && blank(HIGH + 13 + sizeof data, 4096 - 13 - sizeof data));
    result("does not wrap at 16 MB", blank(LOW, 4096) && greeting());
    result("copies a page",
           bh_region_copy(&low, &high, 4096, &work) == BH_OK && same(LOW + 13, data, sizeof data));
    result("erases one page only", bh_flash_erase(&sifive_u_nor, HIGH, 4096) == BH_OK &&
                                       blank(HIGH, 4096) && same(LOW + 13, data, sizeof data));
    say("> ");
    for (;;)
        ;
}
