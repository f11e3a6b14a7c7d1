/* SPDX-License-Identifier: Apache-2.0 */
/* Anti-rollback's floor in the FU540's one-time programmable memory: as in Espressif's eFuse it is
 * the number of bits that were programmed, so it can only go up. FU540-C000 manual, chapter 12: a
 * bit is 1 until it is programmed. And two pins that choose, chapter 17: a button pulls one down.
 * A revision of Espressif's chips there is none. */
#include "inputs.h"
#include "lib/register.h"

#define OTP(off) REGISTER(0x10070000u + (off))
#define PA OTP(0x00)   /* word */
#define PAIO OTP(0x04) /* bit of it that is programmed */
#define PAS OTP(0x08)  /* 1: the cell beside it, which repeats it */
#define PCE OTP(0x0C)
#define PCLK OTP(0x10)
#define PDIN OTP(0x14)
#define PDOUT OTP(0x18)
#define PDSTB OTP(0x1C)
#define PPROG OTP(0x20)
#define PTRIM OTP(0x34)
#define PWE OTP(0x38)

#define GPIO(off) REGISTER(0x10060000u + (off))
#define INPUT_VAL GPIO(0x00)
#define INPUT_EN GPIO(0x04)
#define PUE GPIO(0x10) /* pull-up */

/* Pins that a product has free: choose your own. */
#define FACTORY_RESET_PIN (1u << 4)
#define TEST_PIN (1u << 5)
#define HOLD_MS 100u /* so long, from power-on; ESP-IDF's bootloader waits for 5 s */
#define SETTLE_US 10u

#define WORD 0x10u /* free of what the maker and other boot loaders keep there */
#define BITS 16u   /* as many as an ESP32-C3 has */
#define LOOPS_PER_US 17u

static void wait_us(uint32_t us)
{
    for (volatile uint32_t loops = us * LOOPS_PER_US; loops; loops--)
        ;
}

static void wake(void)
{
    PDSTB = 1;
    PTRIM = 1;
    PCE = 1;
    PA = WORD;
    wait_us(1);
}

static void sleep(void)
{
    PCE = 0;
    PTRIM = 0;
    PDSTB = 0;
}

static uint32_t read_word(void)
{
    uint32_t word;

    wake();
    PCLK = 1;
    wait_us(1);
    PCLK = 0;
    wait_us(1);
    word = PDOUT;
    sleep();
    return word;
}

static void program_bit(uint32_t bit)
{
    wake();
    PPROG = 1;
    wait_us(10);
    for (uint32_t cell = 0; cell < 2; cell++) {
        PAS = cell;
        PAIO = bit;
        PDIN = 0;
        PWE = 1;
        wait_us(20);
        PWE = 0;
        wait_us(5);
    }
    PAS = 0;
    PPROG = 0;
    sleep();
}

uint32_t port_floor(void)
{
    uint32_t word = read_word(), n = 0;

    for (uint32_t bit = 0; bit < BITS; bit++)
        n += !(word >> bit & 1u);
    return n;
}

/* Held all the time: a glitch on the line, or a finger that slips, forgets no choice. */
static bool held(uint32_t pin)
{
    for (uint32_t ms = 0; ms < HOLD_MS; ms++) {
        if (INPUT_VAL & pin)
            return false;
        wait_us(1000);
    }
    return true;
}

void port_inputs(struct bh_select_inputs *inputs)
{
    PUE |= FACTORY_RESET_PIN | TEST_PIN;
    INPUT_EN |= FACTORY_RESET_PIN | TEST_PIN;
    wait_us(SETTLE_US);
    inputs->factory_reset = held(FACTORY_RESET_PIN);
    inputs->test_pin = held(TEST_PIN);
    if (inputs->anti_rollback)
        inputs->floor = port_floor();
}

/* One bit after the other: a power cut leaves a floor between the old one and the new one, and the
 * next confirmed start raises it further. A floor above what there are bits for stays at the
 * most. */
void port_raise_floor(uint32_t floor)
{
    uint32_t word = read_word(), n = port_floor();

    for (uint32_t bit = 0; bit < BITS && n < floor; bit++)
        if (word >> bit & 1u) {
            program_bit(bit);
            n++;
        }
}
