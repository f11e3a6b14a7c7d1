/* SPDX-License-Identifier: Apache-2.0 */
/* An image of Espressif's, made by hand in a flash whose reads can fail. */
#ifndef TESTS_IMAGE_ESPRESSIF_BYTES_H
#define TESTS_IMAGE_ESPRESSIF_BYTES_H

#include "bulkhead/image_espressif.h"

#define ESPRESSIF_ROOM 0x4000u
#define ESPRESSIF_SIZE 0x4000000u /* of the flash: blank after ROOM */

extern uint8_t espressif_bytes[ESPRESSIF_ROOM];
extern uint32_t espressif_end; /* of the image so far */
extern const struct bh_region espressif_region;

/* A header, and one segment to addr with a descriptor: secure version 7, version "v1.20.300-x". */
void espressif_begin(uint32_t addr);
/* One more segment, of zeros. */
void espressif_segment(uint32_t addr, uint32_t len);
/* Zeros and the checksum byte; again: the checksum once more. */
void espressif_finish(void);
/* A block of the signature sector after the image, with a right checksum. */
void espressif_block(unsigned n, uint8_t kind, uint8_t mark);

/* Reads count from 1 from now on, and read n fails; 0: none does. */
void espressif_fail_read(unsigned n);
unsigned espressif_reads(void);
/* Was the read that failed one of no more than four bytes of the descriptor? */
bool espressif_failed_in_descriptor(void);

/* Another flash: these bytes. One at a time. */
const struct bh_flash *espressif_flash_of(uint8_t *bytes, uint32_t len);

#endif
