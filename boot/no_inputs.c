/* SPDX-License-Identifier: Apache-2.0 */
/* A board without pins that choose, and without memory that can only count up: a product with
 * anti-rollback is not built for it. */
#include "inputs.h"

void port_inputs(struct bh_select_inputs *inputs)
{
    (void)inputs;
}

uint32_t port_floor(void)
{
    return 0;
}

void port_raise_floor(uint32_t floor)
{
    (void)floor;
}
