/* SPDX-License-Identifier: Apache-2.0 */
/* The RP2040's second stage: the boot ROM checks it by a CRC that is written beside it by hand, and
 * starts nothing if a bit of it is wrong. And flash that is written by code in flash. */
#include "sim/board/kinds.h"
#include "stand.h"

#include <stdio.h>
#include <string.h>

#include "bulkhead/bytes.h"

#define STAGE_LEN 252u

static struct stand stand;

/* Most significant bit first, all ones before, nothing after: RP2040 datasheet, 2.8.1.3.1. Byte
 * by byte with a table of nibbles: not as the emulated ROM does it. */
static uint32_t crc_of(const uint8_t *bytes, uint32_t len)
{
    uint32_t table[16], crc = 0xFFFFFFFF;

    for (uint32_t i = 0; i < 16; i++) {
        table[i] = i << 28;
        for (int bit = 0; bit < 4; bit++)
            table[i] = table[i] << 1 ^ (table[i] >> 31 ? 0x04C11DB7u : 0);
    }
    for (uint32_t i = 0; i < len; i++) {
        crc = crc << 4 ^ table[crc >> 28 ^ bytes[i] >> 4];
        crc = crc << 4 ^ table[crc >> 28 ^ (bytes[i] & 15u)];
    }
    return crc;
}

static void the_second_stage_vouches_for_itself(void **state)
{
    struct host_bytes boot = stand_firmware("rp2040", "boot", ".bin");
    uint32_t crc = crc_of(boot.data, STAGE_LEN);

    (void)state;
    if (bh_load32(boot.data + STAGE_LEN) != crc)
        fail_msg("ports/rp2040/first.S: its last word must be 0x%08X", (unsigned)crc);
    /* after it come the vectors: a stack in RAM, and a start in flash */
    assert_int_equal(bh_load32(boot.data + 256) >> 24, 0x20);
    assert_int_equal(bh_load32(boot.data + 260) >> 24, 0x10);
    host_bytes_free(&boot);
}

/* Any bit of the 256 bytes: the ROM goes no further. */
static void a_spoiled_stage_is_not_run(void **state)
{
    (void)state;
    stand_open(&stand, &board_rp2040, "boot");
    for (uint32_t bit = 0; bit < 256 * 8; bit += 37) {
        uint8_t was, is;

        sim_flash_peek(&stand.board.chip[0], bit / 8, &was, 1);
        is = (uint8_t)(was ^ 1u << bit % 8);
        sim_flash_fill(&stand.board.chip[0], bit / 8, &is, 1);
        board_power_on(&stand.board);
        assert_int_equal(board_run(&stand.board), BOARD_LOCKUP);
        assert_int_equal(stand.board.instructions, 0);
        sim_flash_fill(&stand.board.chip[0], bit / 8, &was, 1);
    }
    stand_boot(&stand);
    stand_expect(&stand, "app 1.0.0");
    stand_close(&stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_stage_vouches_for_itself),
        cmocka_unit_test(a_spoiled_stage_is_not_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
