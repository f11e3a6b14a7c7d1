/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/image_wolfboot.h - wolfBoot's image format: its numbers, and its readers.
 *
 *     enum bh_reason why = bh_image_wolfboot_256.decode(&view, limit, &image);
 *
 * The header's length is nowhere in the image: bootloader, signer and linker script agree on it. So
 * it is a matter of the product, which names the reader of its length, and nothing guesses.
 * docs/formats/image-wolfboot.md tells what the numbers mean; a test compares the two. */
#ifndef BULKHEAD_IMAGE_WOLFBOOT_H
#define BULKHEAD_IMAGE_WOLFBOOT_H

#include "bulkhead/image.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_WOLFBOOT_MAGIC 0x464C4F57u /* "WOLF" */

/* Header: offsets of its fields; the entries begin after them. */
#define BH_WOLFBOOT_OFF_MAGIC 0u
#define BH_WOLFBOOT_OFF_SIZE 4u
#define BH_WOLFBOOT_OFF_TLVS 8u
#define BH_WOLFBOOT_HEADER_MIN 256u
#define BH_WOLFBOOT_HEADER_MAX 16384u

/* An entry begins with u16 tag, u16 length of its value. */
#define BH_WOLFBOOT_TLV_ENTRY_LEN 4u
#define BH_WOLFBOOT_TLV_PADDING 0xFFu /* a first byte, not a tag */

#define BH_WOLFBOOT_TLV_END 0x00u
#define BH_WOLFBOOT_TLV_VERSION 0x01u
#define BH_WOLFBOOT_TLV_TIMESTAMP 0x02u
#define BH_WOLFBOOT_TLV_SHA256 0x03u
#define BH_WOLFBOOT_TLV_TYPE 0x04u
#define BH_WOLFBOOT_TLV_DELTA_BASE 0x05u
#define BH_WOLFBOOT_TLV_DELTA_SIZE 0x06u
#define BH_WOLFBOOT_TLV_DELTA_BASE_HASH 0x07u
#define BH_WOLFBOOT_TLV_HINT 0x10u
#define BH_WOLFBOOT_TLV_SECOND_CIPHER 0x11u
#define BH_WOLFBOOT_TLV_SECOND_HINT 0x12u
#define BH_WOLFBOOT_TLV_SHA3_384 0x13u
#define BH_WOLFBOOT_TLV_SHA384 0x14u
#define BH_WOLFBOOT_TLV_DELTA_INVERSE 0x15u
#define BH_WOLFBOOT_TLV_DELTA_INVERSE_SIZE 0x16u
#define BH_WOLFBOOT_TLV_SIGNATURE 0x20u
#define BH_WOLFBOOT_TLV_POLICY 0x21u
#define BH_WOLFBOOT_TLV_SECOND_SIGNATURE 0x22u
#define BH_WOLFBOOT_TLV_CERT_CHAIN 0x23u

/* The value of the entry TYPE: the algorithm in the high byte, the partition in the low one. */
#define BH_WOLFBOOT_PART_BOOTLOADER 0u
#define BH_WOLFBOOT_PART_APPLICATION 1u
#define BH_WOLFBOOT_PART_DELTA 0xD0u /* in the high half of the low byte: a delta */

#define BH_WOLFBOOT_AUTH_ED25519 0x01u
#define BH_WOLFBOOT_AUTH_ECC256 0x02u
#define BH_WOLFBOOT_AUTH_RSA2048 0x03u
#define BH_WOLFBOOT_AUTH_RSA4096 0x04u
#define BH_WOLFBOOT_AUTH_ED448 0x05u
#define BH_WOLFBOOT_AUTH_ECC384 0x06u
#define BH_WOLFBOOT_AUTH_ECC521 0x07u
#define BH_WOLFBOOT_AUTH_RSA3072 0x08u
#define BH_WOLFBOOT_AUTH_LMS 0x09u
#define BH_WOLFBOOT_AUTH_XMSS 0x0Au
#define BH_WOLFBOOT_AUTH_ML_DSA 0x0Bu
#define BH_WOLFBOOT_AUTH_RSAPSS2048 0x0Cu
#define BH_WOLFBOOT_AUTH_RSAPSS3072 0x0Du
#define BH_WOLFBOOT_AUTH_RSAPSS4096 0x0Eu
#define BH_WOLFBOOT_AUTH_NONE 0xFFu

/* One reader per length of the header. An image's `flags` are the value of its entry TYPE; its
 * version is one number of 32 bits, of which `major` has the highest 8, `minor` the next 8 and
 * `revision` the rest. Readers take applications alone: an image for another partition, or a delta,
 * is refused by name. */
extern const struct bh_image_format bh_image_wolfboot_256, bh_image_wolfboot_512,
    bh_image_wolfboot_1024, bh_image_wolfboot_2048, bh_image_wolfboot_4096, bh_image_wolfboot_8192,
    bh_image_wolfboot_16384;

/* The version as wolfBoot has it. */
static inline uint32_t bh_wolfboot_version(const struct bh_version *v)
{
    return (uint32_t)v->major << 24 | (uint32_t)v->minor << 16 | v->revision;
}

#ifdef __cplusplus
}
#endif

#endif
