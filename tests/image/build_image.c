/* SPDX-License-Identifier: Apache-2.0 */
/* Put headers, TLVs and signatures together, byte by byte, right or wrong. */
#include "build_image.h"
#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"

#include <string.h>

static int read_bytes(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    const struct built *b = f->context;

    if (b->read_fails && off <= b->read_fails && b->read_fails < off + len)
        return BH_ERR_IO;
    memcpy(buf, b->bytes + off, len);
    return BH_OK;
}

static int refuse_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    (void)f, (void)off, (void)buf, (void)len;
    return BH_ERR_IO;
}

static int refuse_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    (void)f, (void)off, (void)len;
    return BH_ERR_IO;
}

static const struct bh_flash_ops ops = { .read = read_bytes,
                                         .program = refuse_program,
                                         .erase = refuse_erase };

void build_header(struct built *b, uint16_t hdr_size, uint32_t payload_len)
{
    static const uint8_t version[8] = { 1, 2, 3, 0, 4, 0, 0, 0 };

    memset(b, 0, sizeof *b);
    memset(b->bytes, 0xFF, sizeof b->bytes);
    memset(b->bytes, 0, hdr_size);
    bh_store32(b->bytes + BH_MCUBOOT_OFF_MAGIC, BH_MCUBOOT_MAGIC);
    bh_store16(b->bytes + BH_MCUBOOT_OFF_HDR_SIZE, hdr_size);
    bh_store32(b->bytes + BH_MCUBOOT_OFF_IMG_SIZE, payload_len);
    memcpy(b->bytes + BH_MCUBOOT_OFF_VERSION, version, sizeof version);
    for (uint32_t i = 0; i < payload_len; i++)
        b->bytes[hdr_size + i] = (uint8_t)i;
    b->len = hdr_size + payload_len;
}

void build_area(struct built *b, uint16_t magic)
{
    b->area = b->len;
    bh_store16(b->bytes + b->len, magic);
    bh_store16(b->bytes + b->len + 2, BH_MCUBOOT_TLV_INFO_LEN);
    b->len += BH_MCUBOOT_TLV_INFO_LEN;
    if (magic == BH_MCUBOOT_TLV_PROTECTED_MAGIC)
        bh_store16(b->bytes + BH_MCUBOOT_OFF_PROTECT_TLV_SIZE, BH_MCUBOOT_TLV_INFO_LEN);
}

void build_entry(struct built *b, uint16_t type, const void *data, uint16_t len)
{
    uint8_t *area = b->bytes + b->area;

    bh_store16(b->bytes + b->len, type);
    bh_store16(b->bytes + b->len + 2, len);
    memcpy(b->bytes + b->len + 4, data, len);
    b->len += 4u + len;
    bh_store16(area + 2, (uint16_t)(b->len - b->area));
    if (bh_load16(area) == BH_MCUBOOT_TLV_PROTECTED_MAGIC)
        bh_store16(b->bytes + BH_MCUBOOT_OFF_PROTECT_TLV_SIZE, (uint16_t)(b->len - b->area));
}

void build_digest(struct built *b)
{
    uint8_t digest[BH_DIGEST_MAX];
    struct bh_hash h;

    bh_hash_init(&h, &bh_sha256);
    bh_hash_update(&h, b->bytes, b->area);
    bh_hash_final(&h, digest);
    build_entry(b, BH_MCUBOOT_TLV_SHA256, digest, bh_sha256.digest_len);
}

void build_usual(struct built *b)
{
    static const uint8_t counter[4] = { 7 };
    static const uint8_t dependency[12] = { 1, 0, 0, 0, 4, 3, 2, 0, 1 };
    static const uint8_t key_id[32] = { 0xC1, 0xD2 };

    build_header(b, 64, 100);
    build_area(b, BH_MCUBOOT_TLV_PROTECTED_MAGIC);
    build_entry(b, BH_MCUBOOT_TLV_SEC_CNT, counter, sizeof counter);
    build_entry(b, BH_MCUBOOT_TLV_DEPENDENCY, dependency, sizeof dependency);
    build_entry(b, 0x00A1, "vendor", 6);
    build_area(b, BH_MCUBOOT_TLV_MAGIC);
    build_digest(b);
    build_entry(b, BH_MCUBOOT_TLV_KEYHASH, key_id, sizeof key_id);
    build_entry(b, BH_MCUBOOT_TLV_ECDSA_SIG, "signed!!", 8);
}

struct bh_view built_view(struct built *b)
{
    b->run = (struct bh_page_run){ 2, BUILT_ROOM / 2 };
    b->flash = (struct bh_flash){ .ops = &ops,
                                  .context = b,
                                  .runs = &b->run,
                                  .n_runs = 1,
                                  .unit = 4,
                                  .erased = 0xFF,
                                  .size = BUILT_ROOM };
    b->region = (struct bh_region){ &b->flash, 0, BUILT_ROOM };
    return bh_view_of(&b->region);
}
