/* SPDX-License-Identifier: Apache-2.0 */
/* MCUboot images by hand, right or wrong, in memory that a bh_view can read.
 *
 *     struct built b;
 *     build_header(&b, 64, 100);
 *     build_area(&b, BH_MCUBOOT_TLV_MAGIC);
 *     build_digest(&b);
 *     build_entry(&b, BH_MCUBOOT_TLV_KEYHASH, id, sizeof id);
 *     view = built_view(&b);
 *
 * Sizes in the header and in the area's head are kept right as entries are added. */
#ifndef BUILD_IMAGE_H
#define BUILD_IMAGE_H

#include "bulkhead/image.h"
#include "bulkhead/image_mcuboot.h"

#define BUILT_ROOM 8192u

struct built {
    uint8_t bytes[BUILT_ROOM]; /* 0xFF after the image */
    uint32_t len;
    uint32_t area;       /* where the open TLV area begins */
    uint32_t read_fails; /* reading this offset fails; 0: none does */
    struct bh_page_run run;
    struct bh_flash flash;
    struct bh_region region;
};

/* The header, with version 1.2.3+4, and a payload of counting bytes. */
void build_header(struct built *b, uint16_t hdr_size, uint32_t payload_len);
/* Begin a TLV area: the protected one, then the other. */
void build_area(struct built *b, uint16_t magic);
void build_entry(struct built *b, uint16_t type, const void *data, uint16_t len);
/* The SHA-256 of header, payload and protected area, as they are now. */
void build_digest(struct built *b);
/* Counter 7, a dependency (pair 1, 4.3.2+1), a vendor entry; digest; key and
 * signature of 8 bytes. */
void build_usual(struct built *b);

/* The whole device, from the image's first byte. Points into b. */
struct bh_view built_view(struct built *b);

#endif
