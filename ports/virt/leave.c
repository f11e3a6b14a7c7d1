/* SPDX-License-Identifier: Apache-2.0 */
/* port_init() turns nothing on, and the flash driver leaves the flash as an array of bytes. */
#include "port.h"

void port_leave(void)
{
}
