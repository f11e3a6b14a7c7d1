/* SPDX-License-Identifier: Apache-2.0 */
/* MCUboot's image format: header, payload, protected TLV area, TLV area.
 *
 *     0                     header, hdr_size bytes       \
 *     hdr_size              payload, img_size bytes       > what the digest covers
 *     hdr_size + img_size   protected TLV area, optional /
 *     behind it             TLV area: digest, keys, signatures
 *
 * Whoever holds the flash can write the last area at will, so an entry there is one of the few that
 * belong there, or the image is refused; what the signer says (counter, dependencies) counts only
 * in the protected area. Every length is checked against the limit before anything is read there,
 * and again whenever the entries are walked anew. docs/formats/image-mcuboot.md has the tables. */
#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "bulkhead/image.h"
#include "bulkhead/image_mcuboot.h"

#include <string.h>

#define FLAGS_KNOWN (BH_MCUBOOT_F_NON_BOOTABLE | BH_MCUBOOT_F_ROM_FIXED)

/* One entry of a TLV area. */
struct entry {
    uint32_t type;
    struct bh_extent data;
};

/* Take the next entry off the front of *rest. BH_ERR_ABSENT if there is none left, BH_ERR_RANGE if
 * it does not end within *rest. */
static int next(const struct bh_view *view, struct bh_extent *rest, struct entry *e)
{
    uint8_t head[BH_MCUBOOT_TLV_ENTRY_LEN];
    int err;

    if (rest->len == 0)
        return BH_ERR_ABSENT;
    if (rest->len < sizeof head)
        return BH_ERR_RANGE;
    err = bh_view_read(view, rest->off, head, sizeof head);
    if (err)
        return err;
    e->type = bh_load16(head);
    e->data.off = rest->off + (uint32_t)sizeof head;
    e->data.len = bh_load16(head + 2);
    rest->len -= (uint32_t)sizeof head;
    if (e->data.len > rest->len)
        return BH_ERR_RANGE;
    rest->off = e->data.off + e->data.len;
    rest->len -= e->data.len;
    return BH_OK;
}

/* The numbers that an entry of 1 or 4 bytes holds. */
static enum bh_reason number(const struct bh_view *view, const struct entry *e, uint32_t len,
                             uint32_t *out)
{
    uint8_t bytes[4] = { 0 };

    if (e->data.len != len)
        return BH_REASON_TLV;
    if (bh_view_read(view, e->data.off, bytes, len))
        return BH_REASON_READ;
    *out = bh_load32(bytes);
    return BH_REASON_NONE;
}

/* What the signer says. Entries that mean nothing to a bootloader are his affair. */
static enum bh_reason take_protected(const struct bh_view *view, const struct entry *e,
                                     struct bh_image *image)
{
    if (e->type == BH_MCUBOOT_TLV_DEPENDENCY && e->data.len != BH_MCUBOOT_DEPENDENCY_LEN)
        return BH_REASON_TLV;
    if (e->type != BH_MCUBOOT_TLV_SEC_CNT)
        return BH_REASON_NONE;
    if (image->has_counter)
        return BH_REASON_TLV;
    image->has_counter = true;
    return number(view, e, sizeof image->counter, &image->counter);
}

/* What anybody may have written. */
static enum bh_reason take_open(const struct bh_view *view, const struct entry *e,
                                struct bh_image *image)
{
    uint32_t one = 1;
    enum bh_reason why;

    switch (e->type) {
    case BH_MCUBOOT_TLV_SHA256:
    case BH_MCUBOOT_TLV_SHA384:
    case BH_MCUBOOT_TLV_SHA512:
        /* 32, 48 or 64 bytes, and only one of them */
        if (image->hash_id || e->data.len != 32 + 16 * (e->type - BH_MCUBOOT_TLV_SHA256))
            return BH_REASON_TLV;
        image->hash_id = (uint8_t)(BH_HASH_SHA256 + (e->type - BH_MCUBOOT_TLV_SHA256));
        image->digest_off = e->data.off;
        return BH_REASON_NONE;
    case BH_MCUBOOT_TLV_SIG_PURE:
        why = number(view, e, 1, &one);
        image->pure = true;
        return why == BH_REASON_NONE && one != 1 ? BH_REASON_TLV : why;
    case BH_MCUBOOT_TLV_KEYHASH:
    case BH_MCUBOOT_TLV_PUBKEY:
    case BH_MCUBOOT_TLV_RSA2048_PSS:
    case BH_MCUBOOT_TLV_ECDSA_SIG:
    case BH_MCUBOOT_TLV_RSA3072_PSS:
    case BH_MCUBOOT_TLV_ED25519:
    case BH_MCUBOOT_TLV_LMS:
        return BH_REASON_NONE;
    default:
        return BH_REASON_TLV;
    }
}

/* The area that begins at image->len: its entries go to image->tlvs, its end to image->len. */
static enum bh_reason area(const struct bh_view *view, uint32_t limit, uint32_t magic,
                           struct bh_image *image)
{
    uint8_t info[BH_MCUBOOT_TLV_INFO_LEN];
    uint32_t off = image->len;
    uint32_t len;
    struct bh_extent rest;
    struct entry e;
    int err;

    if (!bh_within(off, sizeof info, limit))
        return BH_REASON_TOO_BIG;
    if (bh_view_read(view, off, info, sizeof info))
        return BH_REASON_READ;
    len = bh_load16(info + 2);
    if (bh_load16(info) != magic || len < sizeof info)
        return BH_REASON_TLV;
    if (!bh_within(off, len, limit))
        return BH_REASON_TOO_BIG;
    image->len = off + len;
    image->tlvs.off = off + (uint32_t)sizeof info;
    image->tlvs.len = len - (uint32_t)sizeof info;
    rest = image->tlvs;
    while (!(err = next(view, &rest, &e))) {
        enum bh_reason why = magic == BH_MCUBOOT_TLV_MAGIC ? take_open(view, &e, image)
                                                           : take_protected(view, &e, image);

        if (why != BH_REASON_NONE)
            return why;
    }
    return err == BH_ERR_ABSENT ? BH_REASON_NONE
           : err == BH_ERR_IO   ? BH_REASON_READ
                                : BH_REASON_TLV;
}

static enum bh_reason decode(const struct bh_view *view, uint32_t limit, struct bh_image *image)
{
    uint8_t h[BH_MCUBOOT_HEADER_LEN];
    uint32_t protected_len;

    memset(image, 0, sizeof *image);
    if (limit < sizeof h)
        return BH_REASON_NO_IMAGE;
    if (bh_view_read(view, 0, h, sizeof h))
        return BH_REASON_READ;
    if (bh_load32(h + BH_MCUBOOT_OFF_MAGIC) != BH_MCUBOOT_MAGIC)
        return BH_REASON_NO_IMAGE;
    image->load_addr = bh_load32(h + BH_MCUBOOT_OFF_LOAD_ADDR);
    image->entry_off = bh_load16(h + BH_MCUBOOT_OFF_HDR_SIZE);
    protected_len = bh_load16(h + BH_MCUBOOT_OFF_PROTECT_TLV_SIZE);
    image->payload_len = bh_load32(h + BH_MCUBOOT_OFF_IMG_SIZE);
    image->flags = bh_load32(h + BH_MCUBOOT_OFF_FLAGS);
    image->version.major = h[BH_MCUBOOT_OFF_VERSION];
    image->version.minor = h[BH_MCUBOOT_OFF_VERSION + 1];
    image->version.revision = bh_load16(h + BH_MCUBOOT_OFF_VERSION + 2);
    image->version.build = bh_load32(h + BH_MCUBOOT_OFF_VERSION + 4);
    image->fixed = (image->flags & BH_MCUBOOT_F_ROM_FIXED) != 0;

    if (image->entry_off < sizeof h)
        return BH_REASON_HEADER;
    if (image->flags & ~FLAGS_KNOWN)
        return BH_REASON_UNSUPPORTED;
    if (image->flags & BH_MCUBOOT_F_NON_BOOTABLE)
        return BH_REASON_NOT_BOOTABLE;
    if (!bh_within(image->entry_off, image->payload_len, limit))
        return BH_REASON_TOO_BIG;
    image->len = image->entry_off + image->payload_len;
    if (protected_len) {
        enum bh_reason why = area(view, limit, BH_MCUBOOT_TLV_PROTECTED_MAGIC, image);

        if (why != BH_REASON_NONE)
            return why;
        if (image->tlvs.len + BH_MCUBOOT_TLV_INFO_LEN != protected_len)
            return BH_REASON_TLV;
    }
    image->n_hashed = 1;
    image->hashed[0].len = image->len;
    return area(view, limit, BH_MCUBOOT_TLV_MAGIC, image);
}

/* Which algorithm made the signature that an entry holds? 0: it holds none. */
static uint8_t algorithm(const struct entry *e, const struct bh_image *image)
{
    switch (e->type) {
    case BH_MCUBOOT_TLV_RSA2048_PSS:
        return BH_SIG_RSA2048;
    case BH_MCUBOOT_TLV_ECDSA_SIG:
        return image->hash_id == BH_HASH_SHA384 ? BH_SIG_P384 : BH_SIG_P256;
    case BH_MCUBOOT_TLV_RSA3072_PSS:
        return BH_SIG_RSA3072;
    case BH_MCUBOOT_TLV_ED25519:
        return BH_SIG_ED25519;
    case BH_MCUBOOT_TLV_LMS:
        return BH_SIG_LMS;
    default:
        return 0;
    }
}

/* A signature belongs to the key named last before it; a name serves one signature. */
static int signature(const struct bh_view *view, const struct bh_image *image, unsigned index,
                     struct bh_image_signature *out)
{
    struct bh_extent rest = image->tlvs;
    struct entry e;
    int err;

    memset(out, 0, sizeof *out);
    while (!(err = next(view, &rest, &e))) {
        if (e.type == BH_MCUBOOT_TLV_KEYHASH || e.type == BH_MCUBOOT_TLV_PUBKEY) {
            out->key = e.data;
            out->whole_key = e.type == BH_MCUBOOT_TLV_PUBKEY;
        }
        out->id = algorithm(&e, image);
        if (!out->id)
            continue;
        if (index-- == 0) {
            out->bytes = e.data;
            return BH_OK;
        }
        out->key.len = 0;
    }
    return err;
}

static int dependency(const struct bh_view *view, const struct bh_image *image, unsigned index,
                      struct bh_image_dependency *out)
{
    struct bh_extent rest;
    struct entry e;
    uint8_t data[BH_MCUBOOT_DEPENDENCY_LEN];
    int err;

    rest.off = image->entry_off + image->payload_len + BH_MCUBOOT_TLV_INFO_LEN;
    rest.len = image->hashed[0].len > rest.off ? image->hashed[0].len - rest.off : 0;
    while (!(err = next(view, &rest, &e)))
        if (e.type == BH_MCUBOOT_TLV_DEPENDENCY && index-- == 0)
            break;
    if (err)
        return err;
    err = bh_view_read(view, e.data.off, data, sizeof data);
    out->pair = data[0];
    out->version.major = data[4];
    out->version.minor = data[5];
    out->version.revision = bh_load16(data + 6);
    out->version.build = bh_load32(data + 8);
    return err;
}

const struct bh_image_format bh_image_mcuboot = { "mcuboot", decode, signature, dependency };
