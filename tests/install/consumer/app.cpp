// SPDX-License-Identifier: Apache-2.0
// An application in C++17 for a device whose flash is an array: it writes through a region, reads
// back, and hashes what it read.
#include <bulkhead/error.h>
#include <bulkhead/flash.h>
#include <bulkhead/hash.h>
#include <bulkhead/stream.h>
#include <bulkhead/version.h>

#include <array>
#include <cstdio>
#include <cstring>

namespace
{

std::array<uint8_t, 0x4000> cells;

int read(const bh_flash *, uint32_t off, void *buf, uint32_t len)
{
    std::memcpy(buf, &cells[off], len);
    return BH_OK;
}

int program(const bh_flash *, uint32_t off, const void *buf, uint32_t len)
{
    auto from = static_cast<const uint8_t *>(buf);

    for (uint32_t i = 0; i < len; i++)
        cells[off + i] &= from[i];
    return BH_OK;
}

int erase(const bh_flash *, uint32_t off, uint32_t len)
{
    std::memset(&cells[off], 0xFF, len);
    return BH_OK;
}

const bh_flash_ops ops = { read, program, erase, nullptr, nullptr, nullptr };
const bh_page_run runs[] = { { 4, 0x1000 } };

bh_flash device()
{
    bh_flash flash = {};

    flash.ops = &ops;
    flash.runs = runs;
    flash.n_runs = 1;
    flash.size = 0x4000;
    flash.unit = 4;
    flash.erased = 0xFF;
    flash.size = cells.size();
    return flash;
}

} // namespace

int main()
{
    bh_flash flash = device();
    bh_region slot = { &flash, 0x1000, 0x2000 };
    bh_region part = bh_region_part(&slot, 0x1000, 0x1000);
    bh_hash hash;
    std::array<uint8_t, BH_DIGEST_MAX> digest;
    std::array<uint8_t, 3> back;

    static_assert(BH_VERSION >= BH_VERSION_OF(0, 1, 0), "headers of another release");
    if (int err = bh_region_erase(&part, 0, part.len)) {
        std::puts(bh_error_text(err));
        return 1;
    }
    if (bh_region_program(&part, 0, "abc\xFF", 4) || bh_region_read(&part, 0, back.data(), 3))
        return 1;
    bh_hash_init(&hash, &bh_sha256);
    bh_hash_update(&hash, back.data(), back.size());
    bh_hash_final(&hash, digest.data());
    for (unsigned i = 0; i < bh_sha256.digest_len; i++)
        std::printf("%02x", digest[i]);
    std::puts(bh_region_erase(&part, 0, 0x2000) == BH_ERR_RANGE ? "" : " no limits");
}
