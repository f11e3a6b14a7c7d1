/* SPDX-License-Identifier: Apache-2.0 */
/* Images and tables of other worlds, and the most frequent mistakes, by their first bytes. */
#include "host/form.h"

#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_espressif.h"
#include "bulkhead/image_mcuboot.h"
#include "bulkhead/image_wolfboot.h"
#include "host/sign_mcuboot.h"

const char *host_form_known(const uint8_t *p, size_t len)
{
    uint32_t magic = len >= 4 ? bh_load32(p) : 0;

    if (bh_all(p, 0xFF, (uint32_t)len))
        return "This is erased flash: nothing but 0xff.";
    if (bh_all(p, 0, (uint32_t)len))
        return "There is nothing but zeros in it.";
    if (len >= 4 && memcmp(p, "\177ELF", 4) == 0)
        return "This is an ELF file: make a binary with objcopy -O binary, then sign that.";
    if (p[0] == ':' && len > 10 && strspn((const char *)p + 1, "0123456789ABCDEFabcdef") > 9)
        return "This is Intel HEX: give the file the ending .hex.";
    if (magic == BH_WOLFBOOT_MAGIC)
        return "This is an image in wolfBoot's format.";
    if (magic == BH_MCUBOOT_MAGIC)
        return "This is an image in MCUboot's format.";
    if (magic == 0x96f3b83c)
        return "This is an image in MCUboot's first format, which nothing reads any more.";
    if (p[0] == BH_ESPRESSIF_MAGIC)
        return "This may be an image in Espressif's format.";
    if (len >= 2 && p[0] == 0xAA && p[1] == 0x50)
        return "This is an Espressif partition table.";
    if (host_vectors_find(p, len).found)
        return "This is a bare binary, it begins with a vector table: sign it first.";
    return NULL;
}

const char *host_form_hint(const uint8_t *p, size_t len)
{
    const char *known = host_form_known(p, len);

    return known ? known : "Is it a signed image, and does it begin at the start of the file?";
}
