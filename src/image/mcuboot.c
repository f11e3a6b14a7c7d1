/* SPDX-License-Identifier: Apache-2.0 */
/* MCUboot's image format: header, payload, protected TLV area, TLV area.
 *
 *     0                     header, hdr_size bytes       \
 *     hdr_size              payload, img_size bytes       > what the digest covers
 *     hdr_size + img_size   protected TLV area, optional /
 *     after it              TLV area: digest, keys, signatures
 *
 * Whoever holds the flash can write the last area at will, so an entry there is one of the few that
 * belong there, or the image is refused; what the signer says (counter, dependencies) counts only
 * in the protected area. Every length is checked against what is left of the limit before anything
 * is read there, and again whenever the entries are walked again: flash may have changed.
 * docs/formats/image-mcuboot.md has the tables. */
#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "bulkhead/image.h"
#include "bulkhead/image_mcuboot.h"

#include <string.h>

#define FLAGS_KNOWN (BH_MCUBOOT_F_NON_BOOTABLE | BH_MCUBOOT_F_ROM_FIXED)

#define HEAD_LEN BH_MCUBOOT_TLV_ENTRY_LEN

/* The head of an entry, or of an area, and where its data is. */
struct entry {
    uint32_t type;
    struct bh_extent data;
    uint8_t bytes[HEAD_LEN + BH_MCUBOOT_DEPENDENCY_LEN]; /* the first ones, as far as they exist */
};

/* Take an entry off the front of *rest. own: bytes of its head that its length includes; data.len
 * is above UINT16_MAX if it should include them and does not. */
static enum bh_reason next(const struct bh_view *view, struct bh_extent *rest, uint32_t own,
                           struct entry *e)
{
    uint32_t n = bh_min(rest->len, sizeof e->bytes);

    if (n < HEAD_LEN)
        return BH_REASON_TLV;
    bh_store32(e->bytes + HEAD_LEN, 0); /* a byte that a fault leaves unread is no high counter */
    if (bh_view_read(view, rest->off, e->bytes, n))
        return BH_REASON_READ;
    e->type = bh_load16(e->bytes);
    e->data.off = rest->off + HEAD_LEN;
    e->data.len = bh_load16(e->bytes + 2) - own;
    rest->len -= HEAD_LEN;
    if (e->data.len > rest->len)
        return BH_REASON_TLV;
    rest->off = e->data.off + e->data.len;
    rest->len -= e->data.len;
    return BH_REASON_NONE;
}

/* An entry of the signed area. Entries that mean nothing to a bootloader are accepted. */
static bool take_protected(const struct entry *e, struct bh_image *image)
{
    const uint8_t *volatile again = e->bytes + HEAD_LEN; /* so that it is loaded once more */

    if (e->type == BH_MCUBOOT_TLV_DEPENDENCY)
        return e->data.len == BH_MCUBOOT_DEPENDENCY_LEN;
    if (e->type != BH_MCUBOOT_TLV_SEC_CNT)
        return true;
    if (image->has_counter || e->data.len != sizeof image->counter)
        return false;
    image->has_counter = true;
    image->counter = bh_load32(e->bytes + HEAD_LEN);
    image->counter_again = bh_load32(again);
    return true;
}

/* 0x21, between them, was ECDSA on P-224: one flipped bit away from KEYHASH, and dead. */
static bool is_signature(const struct entry *e)
{
    return e->type == BH_MCUBOOT_TLV_RSA2048_PSS ||
           e->type - BH_MCUBOOT_TLV_LMS <= BH_MCUBOOT_TLV_ML_DSA_87 - BH_MCUBOOT_TLV_LMS ||
           (e->type >= BH_MCUBOOT_TLV_ECDSA_SIG && e->type <= BH_MCUBOOT_TLV_ED25519);
}

/* What anybody may have written. */
static bool take_open(const struct entry *e, struct bh_image *image)
{
    uint32_t nth_digest = e->type - BH_MCUBOOT_TLV_SHA256;

    if (nth_digest <= BH_MCUBOOT_TLV_SHA512 - BH_MCUBOOT_TLV_SHA256) {
        if (image->hash_id || e->data.len != 32 + 16 * nth_digest)
            return false;
        image->hash_id = (uint8_t)e->type;
        image->digest_off = e->data.off;
        return true;
    }
    if (e->type == BH_MCUBOOT_TLV_SIG_PURE) {
        image->pure = true;
        return e->data.len == 1 && e->bytes[HEAD_LEN] == 1;
    }
    if (e->type == BH_MCUBOOT_TLV_KEYHASH)
        return e->data.len >= BH_KEY_ID_LEN;
    return e->type == BH_MCUBOOT_TLV_PUBKEY || is_signature(e);
}

/* The area that begins at image->len. Its entries become image->tlvs, its end image->len. */
static enum bh_reason area(const struct bh_view *view, uint32_t limit, uint32_t magic,
                           struct bh_image *image)
{
    struct bh_extent rest = { image->len, limit - image->len };
    struct entry e;
    enum bh_reason why;

    if (rest.len < BH_MCUBOOT_TLV_INFO_LEN)
        return BH_REASON_TOO_BIG;
    why = next(view, &rest, BH_MCUBOOT_TLV_INFO_LEN, &e);
    if (why == BH_REASON_READ)
        return why;
    if (e.type != magic || e.data.len > UINT16_MAX)
        return BH_REASON_TLV;
    if (why != BH_REASON_NONE)
        return BH_REASON_TOO_BIG;
    image->len = rest.off;
    image->tlvs = rest = e.data;
    while (rest.len) {
        why = next(view, &rest, 0, &e);
        if (why != BH_REASON_NONE)
            return why;
        if (!(magic == BH_MCUBOOT_TLV_MAGIC ? take_open(&e, image) : take_protected(&e, image)))
            return BH_REASON_TLV;
    }
    return BH_REASON_NONE;
}

static struct bh_version version(const uint8_t p[8])
{
    return (struct bh_version){ p[0], p[1], bh_load16(p + 2), bh_load32(p + 4) };
}

static enum bh_reason decode_with(const struct bh_view *view, uint32_t limit, uint32_t flags_known,
                                  struct bh_image *image)
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
    image->version = version(h + BH_MCUBOOT_OFF_VERSION);
    image->fixed = (image->flags & BH_MCUBOOT_F_ROM_FIXED) != 0;

    if (image->entry_off < sizeof h)
        return BH_REASON_HEADER;
    if (image->flags & ~flags_known)
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

static enum bh_reason decode(const struct bh_view *view, uint32_t limit, struct bh_image *image)
{
    return decode_with(view, limit, FLAGS_KNOWN, image);
}

static enum bh_reason decode_any(const struct bh_view *view, uint32_t limit, struct bh_image *image)
{
    enum bh_reason why = decode_with(view, limit, FLAGS_KNOWN | BH_MCUBOOT_F_RAM_LOAD, image);

    image->loaded = (image->flags & BH_MCUBOOT_F_RAM_LOAD) != 0;
    return image->loaded && image->fixed ? BH_REASON_HEADER : why;
}

/* A signature belongs to the key named last before it; a name serves one signature, and a signature
 * without a name is nobody's. A whole public key names no key that could be looked up. */
static int signature(const struct bh_view *view, struct bh_extent *rest,
                     struct bh_image_signature *out)
{
    bool named = false;
    struct entry e;

    while (rest->len) {
        if (next(view, rest, 0, &e) != BH_REASON_NONE)
            return BH_ERR_IO;
        if (e.type <= BH_MCUBOOT_TLV_PUBKEY) {
            out->key_id_off = e.type == BH_MCUBOOT_TLV_KEYHASH ? e.data.off : 0;
            named = true;
        }
        if (named && is_signature(&e)) {
            out->id = (uint8_t)e.type;
            out->bytes = e.data;
            return BH_OK;
        }
    }
    return BH_ERR_ABSENT;
}

int bh_second_mcuboot(const struct bh_view *view, const struct bh_image *image,
                      struct bh_extent *rest, struct bh_image_signature *out)
{
    (void)image;
    return signature(view, rest, out);
}

/* The index-th entry of a type in the protected area, which ends where what is hashed ends. */
static int find_protected(const struct bh_view *view, const struct bh_image *image, uint32_t type,
                          unsigned index, struct entry *e)
{
    uint32_t off = image->entry_off + image->payload_len + BH_MCUBOOT_TLV_INFO_LEN;
    uint32_t end = image->hashed[0].len;
    struct bh_extent rest = { off, end > off ? end - off : 0 };

    while (rest.len) {
        if (next(view, &rest, 0, e) != BH_REASON_NONE)
            return BH_ERR_IO;
        if (e->type == type && index-- == 0)
            return BH_OK;
    }
    return BH_ERR_ABSENT;
}

int bh_mcuboot_dependency(const struct bh_view *view, const struct bh_image *image, unsigned index,
                          struct bh_image_dependency *out)
{
    struct entry e;
    int err = find_protected(view, image, BH_MCUBOOT_TLV_DEPENDENCY, index, &e);

    if (err)
        return err;
    out->pair = e.bytes[HEAD_LEN];
    out->version = version(e.bytes + HEAD_LEN + 4);
    return BH_OK;
}

int bh_mcuboot_uuid(const struct bh_view *view, const struct bh_image *image, uint32_t type,
                    uint8_t out[BH_UUID_LEN])
{
    struct entry e;
    int err = find_protected(view, image, type, 0, &e);

    if (err)
        return err;
    if (e.data.len != BH_UUID_LEN)
        return BH_ERR_ABSENT;
    return bh_view_read(view, e.data.off, out, BH_UUID_LEN);
}

const struct bh_image_format bh_image_mcuboot = { "mcuboot", decode, signature };
const struct bh_image_format bh_image_mcuboot_any = { "mcuboot", decode_any, signature };
