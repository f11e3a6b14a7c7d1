/* SPDX-License-Identifier: Apache-2.0 */
/* Walk through an image as far as it goes, and note each thing that is wrong on the way. */
#include "host/read_mcuboot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bulkhead/bytes.h"
#include "bulkhead/image_mcuboot.h"
#include "host/form.h"
#include "host/sign_mcuboot.h"

static const struct {
    uint16_t type;
    const char *name;
} tlv_names[] = {
    { BH_MCUBOOT_TLV_KEYHASH, "KEYHASH" },
    { BH_MCUBOOT_TLV_PUBKEY, "PUBKEY" },
    { BH_MCUBOOT_TLV_SHA256, "SHA256" },
    { BH_MCUBOOT_TLV_SHA384, "SHA384" },
    { BH_MCUBOOT_TLV_SHA512, "SHA512" },
    { BH_MCUBOOT_TLV_RSA2048_PSS, "RSA2048" },
    { BH_MCUBOOT_TLV_ECDSA_SIG, "ECDSASIG" },
    { BH_MCUBOOT_TLV_RSA3072_PSS, "RSA3072" },
    { BH_MCUBOOT_TLV_ED25519, "ED25519" },
    { BH_MCUBOOT_TLV_SIG_PURE, "SIG_PURE" },
    { BH_MCUBOOT_TLV_LMS, "LMS" },
    { BH_MCUBOOT_TLV_ML_DSA_44, "ML_DSA_44" },
    { BH_MCUBOOT_TLV_ML_DSA_65, "ML_DSA_65" },
    { BH_MCUBOOT_TLV_ML_DSA_87, "ML_DSA_87" },
    { BH_MCUBOOT_TLV_ENC_RSA2048, "ENCRSA2048" },
    { BH_MCUBOOT_TLV_ENC_KW, "ENCKW" },
    { BH_MCUBOOT_TLV_ENC_EC256, "ENCEC256" },
    { BH_MCUBOOT_TLV_ENC_X25519, "ENCX25519" },
    { BH_MCUBOOT_TLV_ENC_X25519_SHA512, "ENCX25519_SHA512" },
    { BH_MCUBOOT_TLV_DEPENDENCY, "DEPENDENCY" },
    { BH_MCUBOOT_TLV_SEC_CNT, "SEC_CNT" },
    { BH_MCUBOOT_TLV_BOOT_RECORD, "BOOT_RECORD" },
    { BH_MCUBOOT_TLV_DECOMP_SIZE, "DECOMP_SIZE" },
    { BH_MCUBOOT_TLV_DECOMP_SHA, "DECOMP_SHA" },
    { BH_MCUBOOT_TLV_DECOMP_SIGNATURE, "DECOMP_SIGNATURE" },
    { BH_MCUBOOT_TLV_COMP_DEC_SIZE, "COMP_DEC_SIZE" },
    { BH_MCUBOOT_TLV_UUID_VID, "UUID_VID" },
    { BH_MCUBOOT_TLV_UUID_CID, "UUID_CID" },
};

const char *host_mcuboot_tlv_name(uint16_t type)
{
    uint8_t low = (uint8_t)type;

    for (size_t i = 0; i < sizeof tlv_names / sizeof tlv_names[0]; i++)
        if (tlv_names[i].type == type)
            return tlv_names[i].name;
    return low >= 0xA0 && low <= 0xFE ? "VENDOR" : "UNKNOWN";
}

const char *host_mcuboot_flag(uint32_t *flags)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {
        { BH_MCUBOOT_F_PIC, "PIC" },
        { BH_MCUBOOT_F_ENCRYPTED_AES128, "ENCRYPTED_AES128" },
        { BH_MCUBOOT_F_ENCRYPTED_AES256, "ENCRYPTED_AES256" },
        { BH_MCUBOOT_F_NON_BOOTABLE, "NON_BOOTABLE" },
        { BH_MCUBOOT_F_RAM_LOAD, "RAM_LOAD" },
        { BH_MCUBOOT_F_ROM_FIXED, "ROM_FIXED" },
        { BH_MCUBOOT_F_COMPRESSED_LZMA1, "COMPRESSED_LZMA1" },
        { BH_MCUBOOT_F_COMPRESSED_LZMA2, "COMPRESSED_LZMA2" },
        { BH_MCUBOOT_F_COMPRESSED_ARM_THUMB, "COMPRESSED_ARM_THUMB" },
    };
    uint32_t lowest = *flags & -*flags;

    *flags ^= lowest;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (lowest && names[i].bit == lowest)
            return names[i].name;
    return lowest ? "UNKNOWN" : NULL;
}

/* The magic somewhere further on: a slot whose image does not begin at its start. 0: nowhere. */
static uint32_t magic_elsewhere(const struct host_bytes *file)
{
    for (uint32_t off = 0x100; bh_within(off, 4, (uint32_t)file->len); off += 0x100)
        if (bh_load32(file->data + off) == BH_MCUBOOT_MAGIC)
            return off;
    return 0;
}

static int not_an_image(const char *path, const struct host_bytes *file, struct host_error *e)
{
    char found[16] = "";
    uint32_t elsewhere = magic_elsewhere(file);

    for (size_t i = 0; i < 4 && i < file->len; i++)
        snprintf(found + 3 * i, sizeof found - 3 * i, " %02x", file->data[i]);
    if (elsewhere)
        return host_fail(
            e, HOST_BAD_INPUT, host_at(path, 0), NULL,
            "not an MCUboot image: looked for magic 3d b8 f3 96, found%s; but there is "
            "one at 0x%x. Cut it out with dd, or stage it at the slot's start",
            found, elsewhere);
    return host_fail(e, HOST_BAD_INPUT, host_at(path, 0), host_form_hint(file->data, file->len),
                     "not an MCUboot image: looked for magic 3d b8 f3 96, found%s", found);
}

static bool add_tlv(struct host_mcuboot *out, const struct host_mcuboot_tlv *tlv)
{
    struct host_mcuboot_tlv *more = realloc(out->tlvs, (out->n_tlvs + 1) * sizeof *more);

    if (!more)
        return false;
    out->tlvs = more;
    out->tlvs[out->n_tlvs++] = *tlv;
    return true;
}

#define PROBLEM(out, path, off, ...)                                                               \
    (void)host_fail(&(out)->problem, HOST_BAD_INPUT, host_at(path, off),                           \
                    "Was the file cut short or changed?", __VA_ARGS__)

/* The entries of an area whose data is [off, end). */
static void read_entries(const char *path, const struct host_bytes *file, uint32_t off,
                         uint32_t end, bool is_protected, struct host_mcuboot *out)
{
    while (off < end) {
        struct host_mcuboot_tlv tlv = { .protected_area = is_protected };

        if (end - off < BH_MCUBOOT_TLV_ENTRY_LEN) {
            PROBLEM(out, path, off, "TLV area ends in the middle of an entry's head");
            return;
        }
        tlv.type = bh_load16(file->data + off);
        tlv.len = bh_load16(file->data + off + 2);
        tlv.off = off + BH_MCUBOOT_TLV_ENTRY_LEN;
        if (tlv.len > end - tlv.off) {
            PROBLEM(out, path, off, "TLV %s (0x%04x) is %u bytes long, but its area has %u left",
                    host_mcuboot_tlv_name(tlv.type), tlv.type, tlv.len, end - tlv.off);
            return;
        }
        if (!add_tlv(out, &tlv)) {
            host_fail(&out->problem, HOST_FAILED, host_in(path), NULL, "out of memory");
            return;
        }
        off = tlv.off + tlv.len;
    }
}

/* An area at out->len, if its magic is there; moves out->len after it. */
static bool read_area(const char *path, const struct host_bytes *file, uint16_t magic,
                      struct host_mcuboot *out)
{
    uint32_t off = out->len, left = (uint32_t)file->len - off;

    if (left < BH_MCUBOOT_TLV_INFO_LEN) {
        PROBLEM(out, path, off, "file ends where a TLV area begins");
        return false;
    }
    if (bh_load16(file->data + off) != magic) {
        PROBLEM(out, path, off, "no TLV area: looked for magic 0x%04x, found 0x%04x", magic,
                bh_load16(file->data + off));
        return false;
    }
    uint16_t len = bh_load16(file->data + off + 2);
    if (len < BH_MCUBOOT_TLV_INFO_LEN || len > left) {
        PROBLEM(out, path, off, "TLV area says it is %u bytes long; the file has %u left", len,
                left);
        return false;
    }
    out->len = off + len;
    read_entries(path, file, off + BH_MCUBOOT_TLV_INFO_LEN, out->len,
                 magic == BH_MCUBOOT_TLV_PROTECTED_MAGIC, out);
    return out->problem.code == 0;
}

static void read_body(const char *path, const struct host_bytes *file, struct host_mcuboot *out)
{
    uint64_t end = (uint64_t)out->header_len + out->payload_len;

    out->len = out->header_len;
    if (out->header_len < BH_MCUBOOT_HEADER_LEN) {
        PROBLEM(out, path, BH_MCUBOOT_OFF_HDR_SIZE, "header says it is %u bytes long, less than 32",
                out->header_len);
        return;
    }
    if (end > file->len) {
        PROBLEM(out, path, BH_MCUBOOT_OFF_IMG_SIZE,
                "header (0x%x) and payload (0x%x) are longer than the file (0x%zx)",
                out->header_len, out->payload_len, file->len);
        return;
    }
    out->len = (uint32_t)end;
    if (out->protected_len) {
        uint32_t begin = out->len;

        if (!read_area(path, file, BH_MCUBOOT_TLV_PROTECTED_MAGIC, out))
            return;
        if (out->len - begin != out->protected_len) {
            PROBLEM(out, path, begin, "protected TLV area is 0x%x bytes long, the header says 0x%x",
                    out->len - begin, out->protected_len);
            return;
        }
    }
    read_area(path, file, BH_MCUBOOT_TLV_MAGIC, out);
}

static enum host_field field(uint8_t byte)
{
    return byte == 1                   ? HOST_FIELD_SET
           : byte == 0xFF || byte == 0 ? HOST_FIELD_ERASED
                                       : HOST_FIELD_BAD;
}

/* A file longer than the image is a whole slot; does it end in a trailer? */
static void read_trailer(const struct host_bytes *file, uint32_t image_len,
                         struct host_mcuboot_trailer *out)
{
    uint8_t magic[16];
    const uint8_t *end = file->data + file->len;

    for (uint32_t align = 8; align <= 32 && !out->found; align *= 2) {
        uint32_t magic_len = bh_round_up(16, align);

        host_trailer_magic(align, magic);
        if (file->len - image_len < magic_len + 3 * align || memcmp(end - 16, magic, 16) != 0)
            continue;
        end -= magic_len;
        *out = (struct host_mcuboot_trailer){ true, align, field(end[-(int)align]),
                                              field(end[-2 * (int)align]), end[-3 * (int)align] };
    }
}

int host_mcuboot_read(const char *path, const struct host_bytes *file, struct host_mcuboot *out,
                      struct host_error *e)
{
    const uint8_t *h = file->data;

    *out = (struct host_mcuboot){ 0 };
    if (file->len < 4 || bh_load32(h) != BH_MCUBOOT_MAGIC)
        return not_an_image(path, file, e);
    if (file->len < BH_MCUBOOT_HEADER_LEN)
        return host_fail(e, HOST_BAD_INPUT, host_at(path, file->len), "Was the file cut short?",
                         "file ends in its header: %zu of 32 bytes", file->len);
    out->load_addr = bh_load32(h + BH_MCUBOOT_OFF_LOAD_ADDR);
    out->header_len = bh_load16(h + BH_MCUBOOT_OFF_HDR_SIZE);
    out->protected_len = bh_load16(h + BH_MCUBOOT_OFF_PROTECT_TLV_SIZE);
    out->payload_len = bh_load32(h + BH_MCUBOOT_OFF_IMG_SIZE);
    out->flags = bh_load32(h + BH_MCUBOOT_OFF_FLAGS);
    h += BH_MCUBOOT_OFF_VERSION;
    out->version = (struct bh_version){ h[0], h[1], bh_load16(h + 2), bh_load32(h + 4) };
    read_body(path, file, out);
    read_trailer(file, out->len < file->len ? out->len : (uint32_t)file->len, &out->trailer);
    return HOST_OK;
}

void host_mcuboot_free(struct host_mcuboot *info)
{
    free(info->tlvs);
    *info = (struct host_mcuboot){ 0 };
}
