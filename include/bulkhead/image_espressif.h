/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/image_espressif.h - Espressif's application image: header, segments, checksum, SHA-256,
 * and the signature sector of Secure Boot V2.
 *
 *     struct bh_espressif_segment s;
 *     for (unsigned i = 0; bh_espressif_segment(&view, limit, i, &s) == BH_OK; i++)
 *         ... s.load_addr, s.off, s.len ...
 *
 * The bh_image of this format: flags is the chip id, load_addr the entry address, counter the
 * secure version of the application descriptor, version its version text as far as it is
 * numbers. */
#ifndef BULKHEAD_IMAGE_ESPRESSIF_H
#define BULKHEAD_IMAGE_ESPRESSIF_H

#include "bulkhead/image.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_ESPRESSIF_MAGIC 0xE9u
#define BH_ESPRESSIF_HEADER_LEN 24u
#define BH_ESPRESSIF_SEGMENTS_MAX 16u
#define BH_ESPRESSIF_SEGMENT_MAX 0x1000000u /* bytes of one segment; less than this */
#define BH_ESPRESSIF_CHECKSUM_SEED 0xEFu
/* Offsets in the header. */
#define BH_ESPRESSIF_OFF_SEGMENTS 1u
#define BH_ESPRESSIF_OFF_SPI_MODE 2u
#define BH_ESPRESSIF_OFF_SPI_SPEED 3u
#define BH_ESPRESSIF_OFF_ENTRY 4u
#define BH_ESPRESSIF_OFF_CHIP 12u
#define BH_ESPRESSIF_OFF_MIN_REV 15u
#define BH_ESPRESSIF_OFF_MAX_REV 17u
#define BH_ESPRESSIF_OFF_HASH 23u

/* Application descriptor: the first bytes of segment 0. */
#define BH_ESPRESSIF_APP_OFF 32u
#define BH_ESPRESSIF_APP_LEN 256u
#define BH_ESPRESSIF_APP_MAGIC 0xABCD5432u
#define BH_ESPRESSIF_APP_OFF_SECURE_VERSION 4u
#define BH_ESPRESSIF_APP_OFF_VERSION 16u
#define BH_ESPRESSIF_APP_OFF_PROJECT 48u
#define BH_ESPRESSIF_APP_OFF_TIME 80u
#define BH_ESPRESSIF_APP_OFF_DATE 96u
#define BH_ESPRESSIF_APP_OFF_IDF 112u
#define BH_ESPRESSIF_APP_OFF_ELF_SHA 144u

/* Signature sector: after the image, padded to 4 KiB; up to three blocks. */
#define BH_ESPRESSIF_SECTOR 0x1000u
#define BH_ESPRESSIF_BLOCKS 3u
#define BH_ESPRESSIF_BLOCK_LEN 1216u
#define BH_ESPRESSIF_BLOCK_MAGIC 0xE7u
#define BH_ESPRESSIF_BLOCK_RSA 2u /* version byte: RSA-3072 PSS */
#define BH_ESPRESSIF_BLOCK_ECDSA 3u
#define BH_ESPRESSIF_BLOCK_OFF_DIGEST 4u
#define BH_ESPRESSIF_BLOCK_OFF_CRC 1196u
/* RSA: key is n, e, R, M', as bytes 36 to 811; its SHA-256 is what eFuses hold. */
#define BH_ESPRESSIF_RSA_OFF_KEY 36u
#define BH_ESPRESSIF_RSA_KEY_LEN 776u
#define BH_ESPRESSIF_RSA_OFF_SIG 812u
#define BH_ESPRESSIF_RSA_LEN 384u
/* ECDSA P-256: curve id, X, Y; then r, s. Everything is little endian. */
#define BH_ESPRESSIF_EC_OFF_KEY 36u
#define BH_ESPRESSIF_EC_KEY_LEN 65u
#define BH_ESPRESSIF_EC_CURVE_P256 2u
#define BH_ESPRESSIF_EC_OFF_SIG 101u
#define BH_ESPRESSIF_EC_LEN 64u

struct bh_espressif_segment {
    uint32_t load_addr; /* below 0x10000000: padding, not loaded */
    uint32_t off;       /* of its data, from the start of the image */
    uint32_t len;
};

/* The index-th segment. BH_ERR_ABSENT after the last; BH_ERR_REFUSED: it does not lie within limit,
 * or its length is none that the chip's ROM takes. */
BH_MUST_CHECK int bh_espressif_segment(const struct bh_view *view, uint32_t limit, unsigned index,
                                       struct bh_espressif_segment *out);
/* All of them, one after the other. BH_ERR_REFUSED, BH_ERR_IO. */
BH_MUST_CHECK int bh_espressif_segments(const struct bh_view *view, uint32_t limit,
                                        struct bh_espressif_segment out[BH_ESPRESSIF_SEGMENTS_MAX],
                                        unsigned *n);
/* XOR over all data of the segments of an image that was decoded: 0 if it is the one stored, 1 if
 * not, or an error. */
BH_MUST_CHECK int bh_espressif_checksum(const struct bh_view *view, uint32_t limit,
                                        struct bh_work *work);

/* A window of a chip's address space, or of the part of it that a product lets images have. */
struct bh_espressif_window {
    uint32_t start, end; /* end: first address after it; 0 ends a list */
    bool mapped;         /* flash is seen there; else it is RAM, and segments are copied to it */
    bool data;           /* nothing is executed there: no entry */
    /* RAM that a bootloader loads to: where it sees byte `start`. Nothing of the bootloader is in
     * it, and no other window shows the same memory. NULL: it does not load there. */
    uint8_t *ram;
};

/* What an image has to fit. */
struct bh_espressif_chip {
    const char *name;
    uint16_t id;                               /* chip id of the header */
    const struct bh_espressif_window *windows; /* NULL: any chip, any address */
};
extern const struct bh_espressif_chip bh_espressif_esp32, bh_espressif_esp32s3,
    bh_espressif_esp32c3, bh_espressif_esp32c6;
/* Where it is not known: checksum and header only. */
extern const struct bh_espressif_chip bh_espressif_any;

/* Of an image that was decoded: is it for this chip, of this revision (major * 100 + minor), in
 * this place? A reason, or BH_REASON_NONE: HEADER, CHIP, CHIP_REVISION, WRONG_SLOT (a segment goes
 * where there is nothing, or cannot be mapped from where it lies), CHECKSUM, READ. */
enum bh_reason bh_espressif_fits(const struct bh_espressif_chip *chip, uint16_t revision,
                                 const struct bh_view *view, uint32_t limit, struct bh_work *work);

/* Of an image that was decoded, for bh_select_load(): can its segments be copied to where they
 * belong? Each of them that is loaded lies within one window with `ram`, no two of them share a
 * byte, and the entry is in one of them, on an even address, where code may be. A reason, or
 * BH_REASON_NONE: WRONG_SLOT, READ, HEADER. Reads no more than their heads. */
enum bh_reason bh_espressif_loads(const struct bh_espressif_chip *chip, const struct bh_view *view,
                                  uint32_t limit);

/* The window in which addresses from addr on, len of them, all are; NULL: in none. */
const struct bh_espressif_window *bh_espressif_window(const struct bh_espressif_chip *chip,
                                                      uint32_t addr, uint32_t len);
/* Is a segment loaded, or is it padding, or empty? */
bool bh_espressif_is_loaded(const struct bh_espressif_segment *s);

/* A key for this format has one of these algorithms, and as its id the first 32 bytes of the key as
 * a signature block has it: of the modulus, or X, little endian. */
extern const struct bh_signature_algo bh_espressif_rsa3072, bh_espressif_p256;

extern const struct bh_image_format bh_image_espressif;

#ifdef __cplusplus
}
#endif

#endif
