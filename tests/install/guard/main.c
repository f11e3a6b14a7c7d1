/* SPDX-License-Identifier: Apache-2.0 */
/* A program that tries the MPU guard of ports/cortex-m on a machine of QEMU's, by semihosting.
 * Before port_guard() code in RAM runs, and a word of the program's own flash can be written; after
 * it one of the two is tried (STORE: the second) and faults. A page after FLASH can be written all
 * the time. When port_start() has jumped there, code in RAM runs and the program's flash is
 * written again. */
#include <stdint.h>

#include "lib/register.h"

#define CODE (RAM_BASE + 0x1000u)  /* a function: bx lr */
#define IMAGE (RAM_BASE + 0x2000u) /* an application: vectors, and a few instructions */
#define OWN (FLASH_BASE + FLASH_LEN - 4u)
#define AFTER (FLASH_BASE + FLASH_LEN)
#define EXIT 0x20026u /* semihosting: the program ended as it should */

void port_guard(void);
void port_start(uintptr_t addr);
void reset(void);
void fault(void);

static void semihosting(uint32_t what, uint32_t argument)
{
    register uint32_t r0 __asm__("r0") = what, r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void say(const char *text)
{
    semihosting(4, (uint32_t)(uintptr_t)text);
}

/* Can a word be written there? A fault answers otherwise. */
static void store(uint32_t addr)
{
    static uint32_t value = 0xB0000000u;

    REGISTER(addr) = ++value;
    if (REGISTER(addr) != value)
        say("not written, ");
}

static void call(uint32_t code)
{
    ((void (*)(void))(uintptr_t)(code | 1u))();
}

void fault(void)
{
    say("fault, ");
    port_start(IMAGE);
}

/* say("started"), and the end. The two words after it are what its loads take. */
static void put_image(void)
{
    static const char text[] = "started\n";
    static const uint16_t code[] = { 0x2004, 0x4907, 0xBEAB, 0x2018, 0x4906, 0xBEAB, 0xE7FE };
    volatile uint32_t *vectors = (volatile uint32_t *)IMAGE;
    volatile uint16_t *to = (volatile uint16_t *)(IMAGE + 0x100);

    vectors[0] = RAM_BASE + 0x3000;
    vectors[1] = (IMAGE + 0x100) | 1u;
    for (unsigned i = 0; i < sizeof code / sizeof *code; i++)
        to[i] = code[i];
    vectors[0x120 / 4] = (uint32_t)(uintptr_t)text;
    vectors[0x124 / 4] = EXIT;
}

void reset(void)
{
    *(volatile uint16_t *)CODE = 0x4770;
    put_image();
    __asm__ volatile("dsb\n isb" : : : "memory");
    call(CODE);
    store(OWN);
    say("runs, ");
    port_guard();
    store(AFTER);
    if (STORE)
        store(OWN);
    else
        call(CODE);
    say("goes on all the same\n");
    semihosting(0x18, EXIT);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))(RAM_BASE + 0x8000u), reset, fault, fault, fault, fault
};
