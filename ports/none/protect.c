/* SPDX-License-Identifier: Apache-2.0 */
/* Of a layout without `protect: until_reset`. */
#include "port.h"

void port_protect(void)
{
}
