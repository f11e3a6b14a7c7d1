/* SPDX-License-Identifier: Apache-2.0 */
/* The sample application as an image of Espressif's: ESP-IDF's application descriptor, which is the
 * first of what is loaded, and what happens between the bootloader's jump and port_main(). esptool
 * fills in the digest of the ELF file (--elf-sha256-offset 0xb0). APP_VERSION and SECURE_VERSION come
 * from the build; the symbols are the linker script's. */
    .option arch, +zicsr
    .section .descriptor, "a"
    .balign 16
    .global app_descriptor
app_descriptor:
    .word 0xABCD5432, SECURE_VERSION, 0, 0
    .macro text words:vararg
    .ascii \words
    .endm
0:  text APP_VERSION
    .zero 32 - (. - 0b)
0:  text "bulkhead-sample"
    .zero 32 - (. - 0b)
0:  text "12:00:00"
    .zero 16 - (. - 0b)
0:  text "Jan  1 2026"
    .zero 16 - (. - 0b)
0:  text "none"
    .zero 32 - (. - 0b)
    .zero 32 /* SHA-256 of the ELF file */
    .zero 80

    .section .start, "ax"
    .global _start
_start:
    la sp, ld_stack_top
    la t1, ld_bss_start
    la t2, ld_bss_end
1:  bgeu t1, t2, 2f
    sw zero, 0(t1)
    addi t1, t1, 4
    j 1b
2:  la t0, fault
    csrw mtvec, t0
    la t0, port_main
    jr t0

/* Any exception is answered by a reset. */
    .section .text.fault, "ax"
    .balign 4
fault:
    la t0, port_reset
    jr t0
