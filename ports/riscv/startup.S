/* SPDX-License-Identifier: Apache-2.0 */
/* What happens between reset and port_main(). The program copies itself to RAM and runs there: the
 * flash it came from cannot be read while it is programmed. The symbols are the linker script's. */
    .option arch, +zicsr, +zifencei
    .section .start, "ax"
    .global _start
_start:
    csrr t0, mhartid /* one hart runs the program, the others sleep */
    beqz t0, 1f
0:  wfi
    j 0b
1:  la sp, ld_stack_top
    la t0, ld_run_load
    la t1, ld_run_start
    la t2, ld_run_end
2:  lw t3, 0(t0)
    sw t3, 0(t1)
    addi t0, t0, 4
    addi t1, t1, 4
    bltu t1, t2, 2b
    la t1, ld_bss_start
    la t2, ld_bss_end
3:  bgeu t1, t2, 4f
    sw zero, 0(t1)
    addi t1, t1, 4
    j 3b
4:  la t0, riscv_fault
    csrw mtvec, t0
    fence.i
    la t0, port_main
    jr t0

/* Any exception is answered by a reset: what was going on goes on from what the flash says. */
    .section .text.riscv_fault, "ax"
    .balign 4
riscv_fault:
    la t0, port_reset
    jr t0
