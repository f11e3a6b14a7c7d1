/* SPDX-License-Identifier: Apache-2.0 */
/* A table of BALLAST bytes that do not repeat, so that the sample is as large as an application is
 * and every chunk of it differs. BALLAST and SEED come from the build. */
    .section .rodata.ballast, "a"
    .balign 4
    .global app_ballast
app_ballast:
    .set x, SEED
    .rept BALLAST / 4
    .set x, (x * 1664525 + 1013904223) & 0xFFFFFFFF
    .word x
    .endr
    .global app_ballast_end
app_ballast_end:
