/* SPDX-License-Identifier: Apache-2.0 */
/* A program that tries the SPI-NOR driver on a chip of 32 MB and says how it went, a line for each
 * thing tried. On QEMU's sifive_u, the chip is QEMU's own model of an IS25WP256: tests/qemu. */
#include "bulkhead/bytes.h"
#include "bulkhead/spi_nor.h"
#include "port.h"

#include <string.h>

#define HIGH 0x1FFF000u /* the last page: out of reach of three bytes of address */
#define LOW 0x0FFF000u  /* what three bytes would reach instead */

extern const struct bh_spi_bus sifive_u_bus; /* ports/sifive_u/flash.c */

static uint8_t data[1000], back[4096];
static struct bh_work work = { back, sizeof back };

/* All of the chip, byte by byte: more than the product uses. */
static struct bh_spi_nor nor = { .bus = &sifive_u_bus };
static const struct bh_page_run runs[] = { { 8192, 4096 } };
static const struct bh_flash chip = {
    .ops = &bh_spi_nor_ops,
    .context = &nor,
    .runs = runs,
    .n_runs = 1,
    .unit = 1,
    .erased = 0xFF,
    .size = 32u << 20,
};

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
    return bh_flash_read(&chip, off, back, len) == BH_OK && bh_all(back, 0xFF, len);
}

static bool same(uint32_t off, const uint8_t *bytes, uint32_t len)
{
    return bh_flash_read(&chip, off, back, len) == BH_OK && memcmp(back, bytes, len) == 0;
}

/* The file behind the chip begins with this. */
static bool greeting(void)
{
    return same(0, (const uint8_t *)"bulkhead", 8);
}

void port_main(void)
{
    const struct bh_region high = { &chip, HIGH, 4096 };
    const struct bh_region low = { &chip, LOW, 4096 };

    port_init();
    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + 1);
    result("opens", bh_spi_nor_open(&chip) == BH_OK);
    result("reads what is there", greeting());
    result("erases two pages", bh_flash_erase(&chip, HIGH, 4096) == BH_OK &&
                                   bh_flash_erase(&chip, LOW, 4096) == BH_OK && blank(HIGH, 4096) &&
                                   blank(LOW, 4096));
    result("programs across pages",
           bh_flash_program(&chip, HIGH + 13, data, sizeof data) == BH_OK &&
               same(HIGH + 13, data, sizeof data));
    result("leaves the bytes beside alone",
           blank(HIGH, 13) && blank(HIGH + 13 + sizeof data, 4096 - 13 - sizeof data));
    result("does not wrap at 16 MB", blank(LOW, 4096) && greeting());
    result("copies a page",
           bh_region_copy(&low, &high, 4096, &work) == BH_OK && same(LOW + 13, data, sizeof data));
    result("erases one page only", bh_flash_erase(&chip, HIGH, 4096) == BH_OK &&
                                       blank(HIGH, 4096) && same(LOW + 13, data, sizeof data));
    say("> ");
    for (;;)
        ;
}
