/* SPDX-License-Identifier: Apache-2.0 */
/* `protect: until_reset`: from before an update to the next reset nobody erases or programs the
 * bootloader's pages, the application after it neither; other pages as before. Each board whose
 * port has it, driven by its own registers. */
#include <string.h>

#include "sim/board/inner.h"
#include "sim/board/kinds.h"
#include "stand.h"

#define PAGE 0x1000u

static struct stand stand;

/* How a program asks this chip for an erase and for a word. */
struct controller {
    const struct board_kind *board;
    uint32_t config;     /* CONFIG */
    uint32_t erase_page; /* it takes a page's address; 0: ones are stored in the page */
    uint32_t len;        /* bytes that must be protected from address 0 on */
};

static const struct controller controllers[] = {
    { &board_nrf52840, 0x4001E504, 0x4001E508, 56 * 1024 },
    { &board_nrf9160, 0x50039504, 0, 32 * 1024 },
};

enum { CONFIG_READ = 0, CONFIG_WRITE = 1, CONFIG_ERASE = 2 };

/* What a store of the program's does. */
static void store(struct board *b, uint32_t addr, uint32_t value)
{
    for (uint32_t i = 0; i < b->kind->n_peripherals; i++) {
        const struct board_peripheral *p = &b->kind->peripherals[i];

        if (addr - p->addr < p->len) {
            p->write(b, addr - p->addr, value);
            return;
        }
    }
    (void)b->kind->store(b, addr, 4, value);
}

static bool reads(const struct board *b, uint32_t addr, const uint8_t word[4])
{
    return !memcmp(b->chip[0].cells + addr, word, 4);
}

/* Is this page gone after an erase of it? Its last word was something before. */
static bool erased(struct board *b, const struct controller *c, uint32_t page)
{
    static const uint8_t something[4] = { 1, 2, 3, 4 };
    const uint32_t last = page + PAGE - 4;

    sim_flash_fill(&b->chip[0], last, something, 4);
    store(b, c->config, CONFIG_ERASE);
    store(b, c->erase_page ? c->erase_page : page, c->erase_page ? page : 0xFFFFFFFF);
    store(b, c->config, CONFIG_READ);
    return !reads(b, last, something);
}

/* Is a word that was blank another one after it was programmed? */
static bool programmed(struct board *b, const struct controller *c, uint32_t addr)
{
    static const uint8_t blank[4] = { 0xFF, 0xFF, 0xFF, 0xFF };

    sim_flash_fill(&b->chip[0], addr, blank, 4);
    store(b, c->config, CONFIG_WRITE);
    store(b, addr, 0x5A5A5A5A);
    store(b, c->config, CONFIG_READ);
    return !reads(b, addr, blank);
}

/* The application is started; what it could do is then tried. */
static void boot(const struct controller *c, const char *bootloader)
{
    stand_open(&stand, c->board, bootloader);
    stand_boot(&stand);
    stand_expect(&stand, "app 1.0.0");
}

static void no_page_of_the_bootloader(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < BOARD_COUNT(controllers); i++) {
        const struct controller *c = &controllers[i];
        struct board *b = &stand.board;

        boot(c, "ship");
        for (uint32_t at = 0; at < c->len; at += PAGE) {
            assert_false(programmed(b, c, at));
            assert_false(programmed(b, c, at + PAGE - 4));
            assert_false(erased(b, c, at));
        }
        assert_true(programmed(b, c, c->len));
        assert_true(erased(b, c, c->len));
        stand_close(&stand);
    }
}

/* What was written may not be written again before a reset, and a reset takes it away. */
static void it_holds_until_the_reset(void **state)
{
    static const struct {
        uint32_t addr, value;
    } tries[] = { { 0x4001E800, 0x80000 }, { 0x4001E804, 0 },     { 0x4001E808, 0 },
                  { 0x50003600, 0x17 },    { 0x50003600, 0x117 }, { 0x4001E810, 0x4000 } };

    (void)state;
    for (uint32_t i = 0; i < BOARD_COUNT(controllers); i++) {
        const struct controller *c = &controllers[i];
        struct board *b = &stand.board;

        boot(c, "ship");
        for (uint32_t k = 0; k < BOARD_COUNT(tries); k++)
            if (tries[k].addr >> 28 == c->config >> 28)
                store(b, tries[k].addr, tries[k].value);
        assert_false(erased(b, c, 0));
        board_power_on(b);
        assert_true(erased(b, c, 0));
        stand_close(&stand);
    }
}

/* A bootloader whose layout does not choose it protects nothing: the test would see it. */
static void the_plain_one_differs(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < BOARD_COUNT(controllers); i++) {
        boot(&controllers[i], "boot");
        assert_true(erased(&stand.board, &controllers[i], 0));
        stand_close(&stand);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_page_of_the_bootloader),
        cmocka_unit_test(it_holds_until_the_reset),
        cmocka_unit_test(the_plain_one_differs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
