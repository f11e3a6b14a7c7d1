/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/image_mcuboot.h - the numbers of MCUboot's image format, for what reads and writes it.
 *
 *     if (bh_load32(header + BH_MCUBOOT_OFF_MAGIC) != BH_MCUBOOT_MAGIC) return BH_REASON_NO_IMAGE;
 *
 * docs/formats/image-mcuboot.md tells what they mean; a test compares the two. */
#ifndef BULKHEAD_IMAGE_MCUBOOT_H
#define BULKHEAD_IMAGE_MCUBOOT_H

#ifdef __cplusplus
extern "C" {
#endif

#define BH_MCUBOOT_MAGIC 0x96F3B83Du

/* Header: offsets of its fields, and its least length. */
#define BH_MCUBOOT_OFF_MAGIC 0u
#define BH_MCUBOOT_OFF_LOAD_ADDR 4u
#define BH_MCUBOOT_OFF_HDR_SIZE 8u
#define BH_MCUBOOT_OFF_PROTECT_TLV_SIZE 10u
#define BH_MCUBOOT_OFF_IMG_SIZE 12u
#define BH_MCUBOOT_OFF_FLAGS 16u
#define BH_MCUBOOT_OFF_VERSION 20u
#define BH_MCUBOOT_HEADER_LEN 32u

/* Header flags. */
#define BH_MCUBOOT_F_PIC 0x001u
#define BH_MCUBOOT_F_ENCRYPTED_AES128 0x004u
#define BH_MCUBOOT_F_ENCRYPTED_AES256 0x008u
#define BH_MCUBOOT_F_NON_BOOTABLE 0x010u
#define BH_MCUBOOT_F_RAM_LOAD 0x020u
#define BH_MCUBOOT_F_ROM_FIXED 0x100u
#define BH_MCUBOOT_F_COMPRESSED_LZMA1 0x200u
#define BH_MCUBOOT_F_COMPRESSED_LZMA2 0x400u
#define BH_MCUBOOT_F_COMPRESSED_ARM_THUMB 0x800u

/* A TLV area begins with u16 magic, u16 length of the area with these 4 bytes; an entry with
 * u16 type, u16 length of its data. */
#define BH_MCUBOOT_TLV_INFO_LEN 4u
#define BH_MCUBOOT_TLV_ENTRY_LEN 4u
#define BH_MCUBOOT_TLV_MAGIC 0x6907u
#define BH_MCUBOOT_TLV_PROTECTED_MAGIC 0x6908u

/* In the unprotected area. */
#define BH_MCUBOOT_TLV_KEYHASH 0x01u
#define BH_MCUBOOT_TLV_PUBKEY 0x02u
#define BH_MCUBOOT_TLV_SHA256 0x10u
#define BH_MCUBOOT_TLV_SHA384 0x11u
#define BH_MCUBOOT_TLV_SHA512 0x12u
#define BH_MCUBOOT_TLV_RSA2048_PSS 0x20u
#define BH_MCUBOOT_TLV_ECDSA_SIG 0x22u
#define BH_MCUBOOT_TLV_RSA3072_PSS 0x23u
#define BH_MCUBOOT_TLV_ED25519 0x24u
#define BH_MCUBOOT_TLV_SIG_PURE 0x25u
#define BH_MCUBOOT_TLV_LMS 0x42A0u /* Bulkhead's own, out of the vendor range, as the next three */
#define BH_MCUBOOT_TLV_ML_DSA_44 0x42A1u
#define BH_MCUBOOT_TLV_ML_DSA_65 0x42A2u
#define BH_MCUBOOT_TLV_ML_DSA_87 0x42A3u

/* In the unprotected area of encrypted images, which are refused. */
#define BH_MCUBOOT_TLV_ENC_RSA2048 0x30u
#define BH_MCUBOOT_TLV_ENC_KW 0x31u
#define BH_MCUBOOT_TLV_ENC_EC256 0x32u
#define BH_MCUBOOT_TLV_ENC_X25519 0x33u
#define BH_MCUBOOT_TLV_ENC_X25519_SHA512 0x34u

/* In the protected area. */
#define BH_MCUBOOT_TLV_DEPENDENCY 0x40u
#define BH_MCUBOOT_TLV_SEC_CNT 0x50u
#define BH_MCUBOOT_TLV_BOOT_RECORD 0x60u
#define BH_MCUBOOT_TLV_DECOMP_SIZE 0x70u
#define BH_MCUBOOT_TLV_DECOMP_SHA 0x71u
#define BH_MCUBOOT_TLV_DECOMP_SIGNATURE 0x72u
#define BH_MCUBOOT_TLV_COMP_DEC_SIZE 0x73u
#define BH_MCUBOOT_TLV_UUID_VID 0x74u
#define BH_MCUBOOT_TLV_UUID_CID 0x75u

#define BH_MCUBOOT_DEPENDENCY_LEN 12u

#ifdef __cplusplus
}
#endif

#endif
