/* SPDX-License-Identifier: Apache-2.0 */
/* The bootloader's pages, by an access control list: product specification of the nRF52840, chapter
 * ACL. Each list is written once between two resets; any reset clears it. Who erases or writes what
 * is in it gets a bus fault. */
#include "lib/register.h"
#include "port.h"

#define ACL_ADDR REGISTER(0x4001E800)
#define ACL_SIZE REGISTER(0x4001E804)
#define ACL_PERM REGISTER(0x4001E808)

#define NO_WRITE 2u
#define PAGE 0x1000u
#define LEN_MAX 0x80000u /* half the flash */

_Static_assert(BOOT_ADDRESS % PAGE == 0 && BOOT_LEN % PAGE == 0 && BOOT_LEN <= LEN_MAX,
               "an access control list of the nRF52840 is over whole pages, and 512 KB at most");

void port_protect(void)
{
    ACL_ADDR = BOOT_ADDRESS;
    ACL_SIZE = BOOT_LEN;
    ACL_PERM = NO_WRITE;
}
