/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/measure.h - what was started, and why: a boot record for the application.
 *
 *     n = bh_measure(&product, &boot, &more, ram, sizeof ram);
 *
 * The record is MCUboot's shared data: a header and entries of type, length and value,
 * little-endian.
 * Entries of major type 2 are MCUboot's, as Zephyr's retention and bootloader information read
 * them; those of major type 11 are ours. docs/formats/boot-record.md has all of them. */
#ifndef BULKHEAD_MEASURE_H
#define BULKHEAD_MEASURE_H

#include "bulkhead/boot.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_MEASURE_MAGIC 0x2016u
#define BH_MEASURE_HEADER 4u /* magic, and length of all with this header: two bytes each */
#define BH_MEASURE_ENTRY 4u  /* type and length before each value: two bytes each */
#define BH_MEASURE_MIN 256u  /* room that one or two images take with SHA-256 */

/* Major type in the upper four bits, minor type in the others. */
enum bh_measure_type {
    BH_MEASURE_MODE = 0x2000,      /* 1 byte: how images are updated: MCUboot's numbers */
    BH_MEASURE_SIGNATURE = 0x2001, /* 1 byte: 0 none, 1 RSA, 2 ECDSA-P256, 3 Ed25519 */
    BH_MEASURE_RECOVERY = 0x2002,  /* 1 byte: 0 none, 1 over a serial line */
    BH_MEASURE_SLOT = 0x2003,      /* 1 byte: the slot that runs: 0 */
    BH_MEASURE_BOOTLOADER =
        0x2004,                    /* 8 bytes: version of the bootloader, as in an image's header */
    BH_MEASURE_IMAGE_MAX = 0x2005, /* + pair, 4 bytes: most bytes of an image */
    BH_MEASURE_COUNTER = 0x2010,   /* + pair, 4 bytes: security counter of the image that runs */
    BH_MEASURE_VERSION = 0xB000,   /* 8 bytes: version of the image that is started */
    BH_MEASURE_DIGEST = 0xB001,    /* its digest, as computed: 32, 48 or 64 bytes */
    BH_MEASURE_KEY = 0xB002,       /* 32 bytes: id of the key that signed it */
    BH_MEASURE_WHY = 0xB003,       /* 4 bytes: reason, state, outcome, and reason in the journal */
    BH_MEASURE_FLOOR = 0xB004,     /* + 0x10 * pair, 4 bytes: rollback floor */
    BH_MEASURE_SELF = 0xB005,      /* digest of the bootloader's binary, by the product's hash */
    BH_MEASURE_LAYOUT = 0xB006,    /* 4 bytes: identity of the layout */
};

/* What bh_boot does not tell. */
struct bh_measure_more {
    bool recovery;     /* the bootloader takes images over a serial line */
    uint32_t self_len; /* bytes of its binary, from the start of product.bootloader; 0: not told */
    struct bh_work *work; /* lent */
};

/* Write the record of what boot found to start. The bytes written; 0: there is too little room, or
 * nothing is to be started, or the bootloader cannot be read. Then out begins with no magic. */
uint32_t bh_measure(const struct bh_product *product, const struct bh_boot *boot,
                    const struct bh_measure_more *more, uint8_t *out, uint32_t room);

#ifdef __cplusplus
}
#endif

#endif
