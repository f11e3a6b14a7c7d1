/* SPDX-License-Identifier: Apache-2.0 */
/* The RP2040's second stage: the first 256 bytes of flash, which the boot ROM copies to RAM, checks by
 * the CRC-32 at their end and runs there (RP2040 datasheet, 2.8.1.3.1). It makes flash readable at 0x10000000 by
 * the command that every serial NOR chip has, a plain read (03h) on one line (4.10.10), and starts the
 * bootloader, whose vectors follow after it. Slower than a chip's four lines, and right for each chip;
 * docs/porting.md says what to do for another one. */
    .syntax unified
    .cpu cortex-m0plus
    .thumb

    .equ SSI, 0x18000000
    .equ CTRLR0, 0x00
    .equ CTRLR1, 0x04
    .equ SSIENR, 0x08
    .equ BAUDR, 0x14
    .equ SPI_CTRLR0, 0xF4
    .equ VTOR, 0xE000ED08
    .equ VECTORS, 0x10000100

    .equ FRAMES, 31 << 16 | 3 << 8               /* 32 bits; EEPROM read */
    .equ READ, 0x03 << 24 | 2 << 8 | 6 << 2      /* 03h; command of 8 bits, address of 24 */
    .equ DIVISOR, 4                              /* of at most 133 MHz: 33 MHz */

    .section .first, "ax"
stage:
    ldr r3, =SSI
    movs r0, #0
    str r0, [r3, #SSIENR]
    movs r1, #DIVISOR
    str r1, [r3, #BAUDR]
    ldr r1, =FRAMES
    str r1, [r3, #CTRLR0]
    str r0, [r3, #CTRLR1]
    ldr r1, =READ
    ldr r2, =SSI + SPI_CTRLR0
    str r1, [r2]
    movs r0, #1
    str r0, [r3, #SSIENR]
    ldr r0, =VECTORS
    ldr r1, =VTOR
    str r0, [r1]
    ldmia r0!, {r1, r2}
    msr msp, r1
    bx r2
    .ltorg
    .space 252 - (. - stage)
    /* Of the bytes above: tests/board/rp2040.c says what it has to be, if they change. */
    .word 0x1812A82C
