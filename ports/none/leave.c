/* SPDX-License-Identifier: Apache-2.0 */
/* Of a layout without `hand_over: reset`. */
#include "port.h"

void port_leave(void)
{
}
