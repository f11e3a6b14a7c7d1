/* SPDX-License-Identifier: Apache-2.0 */
/* Any chip on the SPI bus: identification, SFDP table and status are the input's, and so are the
 * bytes that are read. Opening ends, and no command goes beyond what the product says. */
#include <stdlib.h>
#include <string.h>

#include "bulkhead/spi_nor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const uint8_t *input;
static size_t left;
static uint64_t waited;
static uint32_t allowed; /* bytes of flash */
static const struct bh_spi_nor *open_nor;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static uint8_t next(void)
{
    if (!left)
        return 0;
    left--;
    return *input++;
}

static int transfer(const struct bh_spi_bus *bus, const uint8_t *cmd, uint32_t cmd_len,
                    const void *out, void *in, uint32_t len)
{
    bool table = cmd[0] == 0x5A;
    uint8_t *bytes = in;

    (void)bus;
    (void)out;
    if (open_nor && cmd[0] == 0xFF) { /* no command: it ends modes, before the chip is known */
        must(open_nor->addr_len == 0 && !in && !len);
    } else if (open_nor && cmd_len > 1 && !table) {
        uint32_t addr = 0;

        must(cmd_len == 1u + open_nor->addr_len);
        for (uint32_t i = 1; i < cmd_len; i++)
            addr = addr << 8 | cmd[i];
        must(addr < allowed);
    }
    for (uint32_t i = 0; in && i < len; i++) {
        bytes[i] = next();
        if (table && len == 16 && i < 4) /* past the signature */
            bytes[i] = (uint8_t) "SFDP"[i];
        if (cmd[0] == 0x05 && !left)
            bytes[i] = 0x02; /* at the end it is ready */
    }
    return BH_OK;
}

static void wait_us(const struct bh_spi_bus *bus, uint32_t us)
{
    (void)bus;
    waited += us;
    must(waited < 1000u * 1000 * 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct bh_page_run runs[][2] = {
        { { 2048, 4096 }, { 0, 0 } },
        { { 8192, 4096 }, { 0, 0 } },
        { { 128, 65536 }, { 0, 0 } },
        { { 1, 8192 }, { 2047, 4096 } },
    };
    const struct bh_spi_bus bus = { transfer, wait_us, NULL };
    struct bh_spi_nor nor = { .bus = &bus };
    struct bh_flash f = { .ops = &bh_spi_nor_ops, .context = &nor, .unit = 1, .erased = 0xFF };
    uint8_t bytes[64];
    int err;

    if (len < 2)
        return 0;
    f.runs = runs[data[0] % 4];
    f.n_runs = f.runs[1].count ? 2 : 1;
    f.size = f.runs[0].count * f.runs[0].size + f.runs[1].count * f.runs[1].size;
    allowed = f.size;
    input = data + 1;
    left = len - 1;
    waited = 0;
    open_nor = &nor;
    err = bh_spi_nor_open(&f);
    must(err == BH_OK ? nor.addr_len == (f.size > 0x1000000 ? 4 : 3) : nor.addr_len == 0);
    if (err)
        return 0;
    for (unsigned i = 0; i < BH_SPI_NOR_ERASES; i++)
        must(nor.erase[i].log2_len == 0 ||
             (nor.erase[i].log2_len >= 8 && nor.erase[i].log2_len < 32));
    /* errors are negative; what the bus saw is judged in transfer() */
    must(bh_flash_read(&f, f.size - (uint32_t)sizeof bytes, bytes, sizeof bytes) <= BH_OK);
    must(bh_flash_program(&f, 0x1000 - 3, bytes, sizeof bytes) <= BH_OK);
    must(bh_flash_erase(&f, f.size - f.runs[f.n_runs - 1].size, f.runs[f.n_runs - 1].size) <=
         BH_OK);
    return 0;
}
