/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/spi_nor.h - a serial NOR flash chip (JEDEC) on any SPI bus, as a bh_flash.
 *
 *     static struct bh_spi_nor nor = { .bus = &bus };
 *     const struct bh_flash chip = { .ops = &bh_spi_nor_ops, .context = &nor, .runs = runs,
 *                                    .n_runs = 1, .unit = 1, .erased = 0xFF, .size = 8u << 20 };
 *     err = bh_spi_nor_open(&chip);
 *
 * What the product says of the chip (size, pages) is a constant; opening asks the chip whether
 * it is true, and how it wants to be erased and addressed (SFDP, JEDEC JESD216), resets it
 * where that is offered, and proves by a read that an address means what it should. Before that
 * it brings the chip back from whatever mode an application left it in: QPI, reading without
 * commands, 4-byte addresses, deep power-down, busy. For the first two the lines that the bus
 * does not drive (IO1 to IO3) must be pulled up. An absent chip is waited for 0.5 s: it could
 * be busy in QPI mode. No call waits for ever: a chip that is absent, dead or asleep for good
 * is BH_ERR_IO, from opening on. */
#ifndef BULKHEAD_SPI_NOR_H
#define BULKHEAD_SPI_NOR_H

#include "bulkhead/flash.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a port supplies. Mode 0, most significant bit first, at most 33 MHz. */
struct bh_spi_bus {
    /* One transaction: select the chip, send cmd_len bytes, then send len bytes of out, or receive
     * len bytes into in (the other is NULL), deselect. 0 or BH_ERR_IO. */
    int (*transfer)(const struct bh_spi_bus *bus, const uint8_t *cmd, uint32_t cmd_len,
                    const void *out, void *in, uint32_t len);
    /* Wait at least so long. */
    void (*wait)(const struct bh_spi_bus *bus, uint32_t us);
    void *context; /* the port's own */
};

#define BH_SPI_NOR_ERASES 4u /* ways to erase that SFDP has room for */

struct bh_spi_nor {
    const struct bh_spi_bus *bus;
    /* Found by opening. */
    uint8_t addr_len; /* bytes of an address: 3 or 4; 0: there is no chip */
    struct {
        uint8_t opcode;
        uint8_t log2_len; /* erases 1 << log2_len bytes; 0: this way does not exist */
    } erase[BH_SPI_NOR_ERASES];
};

extern const struct bh_flash_ops bh_spi_nor_ops;

/* Wake the chip and see what it is. BH_ERR_IO: it does not answer, or not to addresses of the
 * length it was told to take; a blank chip above 16 MB must say how that is done (SFDP word 16).
 * BH_ERR_PRODUCT: it is smaller than the product says, cannot erase these pages, or cannot take
 * addresses of that length. Every operation fails then.
 *
 * An erase is read back: blocks that are protected stay as they are, and that is BH_ERR_IO. */
BH_MUST_CHECK int bh_spi_nor_open(const struct bh_flash *f);

#ifdef __cplusplus
}
#endif

#endif
