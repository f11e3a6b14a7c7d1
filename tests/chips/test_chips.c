/* SPDX-License-Identifier: Apache-2.0 */
/* The table of chips: what it answers, that it holds together, and that it says of the chips of our
 * ports what the ports say. */
#include "host/chips/chips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const struct chip *must(const char *name)
{
    const struct chip *c = chip_find(name);

    if (!c)
        fail_msg("no chip \"%s\"", name);
    return c;
}

static void names(void **state)
{
    static const struct {
        const char *typed, *found; /* NULL: none */
    } cases[] = {
        { "stm32f407xe", "stm32f407xe" },
        { "STM32F407XE", "stm32f407xe" },
        { "STM32F407VET6", "stm32f407xe" },
        { "stm32f407ze", "stm32f407xe" },
        { "stm32f417ig", "stm32f407xg" },
        { "stm32f407", "stm32f407xg" },
        { "nRF52840_xxAA", NULL },
        { "nrf52840-xxaa", "nrf52840" },
        { "nrf5340", "nrf5340-app" },
        { "ATSAMD21G18A", "samd21x18" },
        { "MX25R6435F", "mx25r64" },
        { "w25q128jvsiq", NULL },
        { "W25Q128JVSSIQ", "w25q128" },
        { "W25Q128JVSSIM", "w25q128-im" },
        { "W25Q128JV", "w25q128" },
        { "r7fa6m5bh3cfc", "ra6m5" },
        { "mr25r64", NULL },
        { "", NULL },
        { "stm32f407", "stm32f407xg" },
        { "stm32f407x", NULL },
        { "esp32-c3", "esp32c3" },
        { "pico", "rp2040" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct chip *c = chip_find(cases[i].typed);

        if (!c != !cases[i].found || (c && strcmp(c->name, cases[i].found) != 0))
            fail_msg("\"%s\" is %s, not %s", cases[i].typed, c ? c->name : "none",
                     cases[i].found ? cases[i].found : "none");
    }
}

static void near(void **state)
{
    (void)state;
    assert_string_equal(chip_near("nrf52480"), "nrf52840");
    assert_string_equal(chip_near("stm32f407xr"), "stm32f407xe");
    assert_null(chip_near("z80"));
}

static void jedec(void **state)
{
    (void)state;
    assert_ptr_equal(chip_by_jedec(0xEF4018), must("w25q128"));
    assert_ptr_equal(chip_by_jedec(0xC22817), must("mx25r64"));
    assert_null(chip_by_jedec(0));
    assert_null(chip_by_jedec(0xFFFFFF));
}

/* Everything that other code relies on, of every row. */
static void rows(void **state)
{
    size_t n, chips = 0, nor = 0;

    (void)state;
    for (n = 0; chip_at(n); n++) {
        const struct chip *c = chip_at(n);
        uint64_t sum = 0;

        print_message("%s\n", c->name);
        assert_ptr_equal(chip_find(c->name), c);
        for (size_t i = 0; i < c->n_runs; i++)
            sum += (uint64_t)c->runs[i].count * c->runs[i].size;
        assert_int_equal(sum, c->size);
        assert_true(c->unit && !(c->unit & (c->unit - 1)));
        assert_true(c->source && strlen(c->source) > 11);
        assert_true(c->cannot || c->unit <= BH_UNIT_MAX);
        assert_true(c->cannot || c->erased == 0xFF || c->erased == 0);
        assert_true(c->jedec ? !c->core && !c->mapped && !c->ram_size : c->core != NULL);
        assert_true(!c->board || c->port);
        assert_true(c->jedec || c->cannot || c->ram_size);
        *(c->jedec ? &nor : &chips) += 1;
    }
    assert_null(chip_at(n + 1));
    assert_true(chips >= 60);
    assert_true(nor >= 20);
}

/* Each chip that the table is to have, by a part number of the maker. */
static void families(void **state)
{
    static const char *const parts[] = {
        "STM32F030C8T6",  "STM32F103C8T6", "STM32F411CEU6", "STM32F767ZI",  "STM32G071RB",
        "STM32G474RET6",  "STM32H743ZI",   "STM32L073RZ",   "STM32L476RG",  "STM32L552ZE",
        "STM32U575ZI",    "STM32WB55RG",   "STM32WL55JC",   "nrf51822",     "nrf52832",
        "nrf5340-net",    "nrf54l15",      "nrf9160",       "rp2040",       "rp2350",
        "esp32",          "esp32s3",       "esp32c6",       "ATSAMD21G18A", "ATSAMD51P20A",
        "LPC55S69JBD100", "R7FA6M4AF3CFB", "imxrt1062",     "GD32F407VG",   "GD32VF103CBT6",
        "CH32V103C8T6",   "CH32V203C8T6",
    };

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        must(parts[i]);
}

static void vectors(void **state)
{
    (void)state;
    assert_int_equal(chip_vector_alignment(must("stm32f407xe")->vectors), 512); /* 98 */
    assert_int_equal(chip_vector_alignment(must("nrf52840")->vectors), 256);    /* 64 */
    assert_int_equal(chip_vector_alignment(must("stm32h743xi")->vectors), 1024);
    assert_int_equal(chip_vector_alignment(0), 0);
    assert_int_equal(chip_vector_alignment(17), 128);
    assert_int_equal(chip_vector_alignment(32), 128);
    assert_int_equal(chip_vector_alignment(33), 256);
}

static void text(void **state)
{
    char line[256], little[8];
    struct chip_tool tool = { "it", "it FILE at ADDRESS or OFFSET, HEX; FILES" };

    (void)state;
    chip_pages_text(must("stm32f407xe"), line, sizeof line);
    assert_string_equal(line, "4x16K, 64K, 3x128K");
    chip_pages_text(must("stm32l031x6"), line, sizeof line);
    assert_string_equal(line, "256x128");
    chip_command(&tool, "a.bin", 0x08020000, 0x08000000, line, sizeof line);
    assert_string_equal(line, "it a.bin at 0x08020000 or 0x20000, a.bin; FILES");
    chip_command(&tool, "it's; rm", 16, 0, line, sizeof line);
    assert_string_equal(line, "it 'it'\\''s; rm' at 0x00000010 or 0x10, 'it'\\''s; rm'; FILES");
    assert_int_equal(chip_command(&tool, "a.bin", 0, 0, little, sizeof little),
                     chip_command(&tool, "a.bin", 0, 0, NULL, 0));
    assert_string_equal(little, "it a.bi");
}

/* No command is left with a hole, and each has a place for the file. */
static void tools(void **state)
{
    (void)state;
    for (size_t n = 0; chip_at(n); n++)
        for (size_t i = 0; i < chip_at(n)->n_tools; i++) {
            const char *command = chip_at(n)->tools[i].command;

            print_message("%s: %s\n", chip_at(n)->name, command);
            assert_null(strstr(command, "{}"));
            assert_null(strstr(command, "  "));
            assert_true(strstr(command, "FILE") || strstr(command, "HEX"));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names), cmocka_unit_test(near),     cmocka_unit_test(jedec),
        cmocka_unit_test(rows),  cmocka_unit_test(families), cmocka_unit_test(vectors),
        cmocka_unit_test(text),  cmocka_unit_test(tools),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
