/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader's pages, by the flash regions of the system protection unit: product specification
 * of the nRF9160, chapter SPU. A region whose LOCK is set stays as it is until the next reset. */
#include "lib/register.h"
#include "port.h"

#define FLASHREGION_PERM(n) REGISTER(0x50003600u + 4u * (n))

#define EXECUTE (1u << 0)
#define READ (1u << 2)
#define SECURE (1u << 4)
#define LOCK (1u << 8)
#define REGION 0x8000u

_Static_assert(BOOT_ADDRESS % REGION == 0 && BOOT_LEN % REGION == 0,
               "the nRF9160 protects regions of 32 KB: the bootloader's partition is whole ones");

void port_protect(void)
{
    for (uint32_t n = BOOT_ADDRESS / REGION; n < (BOOT_ADDRESS + BOOT_LEN) / REGION; n++)
        FLASHREGION_PERM(n) = EXECUTE | READ | SECURE | LOCK;
}
