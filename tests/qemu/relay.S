/* SPDX-License-Identifier: Apache-2.0 */
/* An application for the nRF51 that has every exception there is happen to it, one after the other,
 * and says which of its own handlers ran: S SVCall, P PendSV, T SysTick, N NMI, a letter from a on
 * for each of the 32 device interrupts, and H HardFault, where it ends. '!' is a register that an
 * exception did not leave as it was. The bootloader has set the console up. */
    .syntax unified
    .cpu cortex-m0
    .thumb

    .section .vectors, "a"
    .word 0x20004000
    .word reset
    .word nmi
    .word hard_fault
    .space 7 * 4
    .word svcall
    .space 2 * 4
    .word pendsv
    .word systick
    .rept 32
    .word interrupt
    .endr

    .text
    .macro say letter
    movs r0, #\letter
    b   put
    .endm

    .thumb_func
nmi: say 'N'
    .thumb_func
svcall: say 'S'
    .thumb_func
pendsv: say 'P'
    .thumb_func
systick: say 'T'

/* a for the first one, whose exception has the number 16. */
    .thumb_func
interrupt:
    mrs r0, ipsr
    adds r0, #'a' - 16
    b   put

    .thumb_func
hard_fault:
    movs r0, #'H'
    bl  put
    movs r0, #'>'
    bl  put
    movs r0, #' '
    bl  put
    b   .

/* r0 to the console, and wait until it is out. */
    .thumb_func
put:
    ldr r1, =0x4000211C // TXDRDY
    movs r2, #0
    str r2, [r1]
    ldr r2, =0x4000251C // TXD
    str r0, [r2]
1:  ldr r2, [r1]
    cmp r2, #0
    beq 1b
    bx  lr

/* What r0 to r3 and r12 are, before and after. */
    .macro provoke how:vararg
    movs r0, #0x11
    movs r1, #0x22
    movs r2, #0x33
    mov  r12, r2
    movs r3, #0x44
    \how
    dsb
    isb
    bl  check
    .endm

    .thumb_func
check:
    push {r4, lr}
    mov r4, r12
    cmp r0, #0x11
    bne 1f
    cmp r1, #0x22
    bne 1f
    cmp r2, #0x33
    bne 1f
    cmp r3, #0x44
    bne 1f
    cmp r4, #0x33
    beq 2f
1:  movs r0, #'!'
    bl  put
2:  pop {r4, pc}

    .thumb_func
reset:
    provoke svc 0
    ldr r6, =0xE000ED04 // ICSR
    ldr r7, =1 << 28    // PENDSVSET
    provoke str r7, [r6]
    ldr r7, =1 << 26    // PENDSTSET
    provoke str r7, [r6]
    ldr r7, =1 << 31    // NMIPENDSET
    provoke str r7, [r6]
    ldr r6, =0xE000E100 // ISER
    ldr r7, =0xFFFFFFFF
    str r7, [r6]
    ldr r6, =0xE000E200 // ISPR
    movs r5, #1
1:  provoke str r5, [r6]
    lsls r5, r5, #1
    bne 1b
    udf #0
    b   .
    .ltorg
