/* SPDX-License-Identifier: Apache-2.0 */
/* A program in the bootloader's place that tries the port's flash driver once, says what it found,
 * and waits. 'r' on the console: once more. */
#include "check.h"
#include "port.h"

/* The processor's own file: cortex_m.c or riscv.c. */
uint32_t check_interrupts(void);

static uint8_t buffer[CHECK_WORK_LEN] __attribute__((aligned(4)));

void port_main(void)
{
    struct check check = {
        .product = port_product,
        .put = port_put,
        .interrupts = check_interrupts,
        .work = { buffer, sizeof buffer },
    };

    port_init();
    (void)check_run(&check);
    for (;;)
        if (port_get() == 'r')
            port_reset();
}
