/* SPDX-License-Identifier: Apache-2.0 */
/* RAM that is used as flash: programming clears bits, erasing sets them. QEMU's mps2-an385 has
 * RAM at 0, from where its Cortex-M3 starts. */
#include "bulkhead/bytes.h"
#include "lib/register.h"
#include "product.h"

#include <string.h>

static int flash_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    memcpy(buf, (const void *)(uintptr_t)(f->base + off), len);
    return BH_OK;
}

static int flash_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    const uint8_t *from = buf;

    for (uint32_t i = 0; i < len; i += 4)
        REGISTER(f->base + off + i) &= bh_load32(from + i);
    return BH_OK;
}

static int flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    for (uint32_t i = 0; i < len; i += 4)
        REGISTER(f->base + off + i) = 0xFFFFFFFF;
    return BH_OK;
}

static const struct bh_flash_ops ops = { flash_read, flash_program, flash_erase };

const struct bh_flash PRODUCT_INTERNAL = { .ops = &ops, PRODUCT_INTERNAL_GEOMETRY };
