/* SPDX-License-Identifier: Apache-2.0 */
/* Images of Espressif's format, byte by byte, with whatever is wrong in them. */
#include "espressif_bytes.h"

#include <string.h>

#include "bulkhead/bytes.h"

uint8_t espressif_bytes[ESPRESSIF_ROOM];
uint32_t espressif_end;

static unsigned reads, fails;
static bool in_descriptor;

static int read_bytes(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    uint32_t inside = off < ESPRESSIF_ROOM ? bh_min(len, ESPRESSIF_ROOM - off) : 0;

    (void)f;
    if (++reads == fails) {
        in_descriptor = len <= 4 && off >= BH_ESPRESSIF_APP_OFF &&
                        off < BH_ESPRESSIF_APP_OFF + BH_ESPRESSIF_APP_LEN;
        return BH_ERR_IO;
    }
    memset(buf, 0xFF, len);
    memcpy(buf, espressif_bytes + (inside ? off : 0), inside);
    return BH_OK;
}

static const struct bh_flash_ops ops = { .read = read_bytes };
static const struct bh_page_run run = { ESPRESSIF_SIZE / 0x1000, 0x1000 };
static const struct bh_flash flash = {
    .ops = &ops, .runs = &run, .n_runs = 1, .unit = 1, .erased = 0xFF, .size = ESPRESSIF_SIZE
};
const struct bh_region espressif_region = { &flash, 0, ESPRESSIF_SIZE };

void espressif_fail_read(unsigned n)
{
    reads = 0;
    fails = n;
    in_descriptor = false;
}

unsigned espressif_reads(void)
{
    return reads;
}

bool espressif_failed_in_descriptor(void)
{
    return in_descriptor;
}

void espressif_segment(uint32_t addr, uint32_t len)
{
    espressif_bytes[BH_ESPRESSIF_OFF_SEGMENTS]++;
    bh_store32(espressif_bytes + espressif_end, addr);
    bh_store32(espressif_bytes + espressif_end + 4, len);
    memset(espressif_bytes + espressif_end + 8, 0, len);
    espressif_end += 8 + len;
}

void espressif_begin(uint32_t addr)
{
    uint8_t *app = espressif_bytes + BH_ESPRESSIF_APP_OFF;

    espressif_fail_read(0);
    memset(espressif_bytes, 0xFF, sizeof espressif_bytes);
    memset(espressif_bytes, 0, BH_ESPRESSIF_HEADER_LEN);
    espressif_bytes[0] = BH_ESPRESSIF_MAGIC;
    espressif_end = BH_ESPRESSIF_HEADER_LEN;
    espressif_segment(addr, BH_ESPRESSIF_APP_LEN);
    bh_store32(app, BH_ESPRESSIF_APP_MAGIC);
    bh_store32(app + BH_ESPRESSIF_APP_OFF_SECURE_VERSION, 7);
    memcpy(app + BH_ESPRESSIF_APP_OFF_VERSION, "v1.20.300-x", 12);
}

void espressif_finish(void)
{
    uint8_t sum = BH_ESPRESSIF_CHECKSUM_SEED;
    uint32_t off = BH_ESPRESSIF_HEADER_LEN;

    for (unsigned i = 0; i < espressif_bytes[BH_ESPRESSIF_OFF_SEGMENTS]; i++) {
        uint32_t len = bh_load32(espressif_bytes + off + 4);

        for (uint32_t k = 0; k < len; k++)
            sum ^= espressif_bytes[off + 8 + k];
        off += 8 + len;
    }
    for (espressif_end = off; espressif_end % 16 != 15; espressif_end++)
        espressif_bytes[espressif_end] = 0;
    espressif_bytes[espressif_end++] = sum;
}

void espressif_block(unsigned n, uint8_t kind, uint8_t mark)
{
    uint8_t *b = espressif_bytes + bh_round_up(espressif_end, BH_ESPRESSIF_SECTOR) +
                 n * BH_ESPRESSIF_BLOCK_LEN;

    memset(b, mark, BH_ESPRESSIF_BLOCK_LEN);
    b[0] = BH_ESPRESSIF_BLOCK_MAGIC;
    b[1] = kind;
    b[BH_ESPRESSIF_EC_OFF_KEY] = BH_ESPRESSIF_EC_CURVE_P256;
    bh_store32(b + BH_ESPRESSIF_BLOCK_OFF_CRC, bh_crc32(0, b, BH_ESPRESSIF_BLOCK_OFF_CRC));
}

static uint8_t *other_bytes;

static int read_other(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    (void)f;
    memcpy(buf, other_bytes + off, len);
    return BH_OK;
}

const struct bh_flash *espressif_flash_of(uint8_t *bytes, uint32_t len)
{
    static const struct bh_flash_ops other_ops = { .read = read_other };
    static struct bh_page_run other_run = { 0, 0x1000 };
    static struct bh_flash other = {
        .ops = &other_ops, .runs = &other_run, .n_runs = 1, .unit = 1, .erased = 0xFF
    };

    other_bytes = bytes;
    other_run.count = len / 0x1000;
    other.size = len;
    return &other;
}
