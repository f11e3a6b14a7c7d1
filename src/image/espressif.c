/* SPDX-License-Identifier: Apache-2.0 */
/* Espressif's image format.
 *
 *     0        header, 24 bytes
 *     24       segments: load address, length, data; the first begins with the app descriptor
 *              zeros, and the checksum as the last byte of a multiple of 16
 *              SHA-256 of all before it, if the header says so
 *              0xFF up to 4 KiB, then a sector with up to three signature blocks, if it is signed
 *
 * Of a signed image the digest that counts is the one in the signature block, over everything
 * before the sector; of an unsigned one it is the appended one. docs/formats/image-espressif.md. */
#include "bulkhead/bytes.h"
#include "bulkhead/hash.h"
#include "bulkhead/image_espressif.h"

#include <string.h>

#define SEGMENT_HEAD 8u
#define DIGEST_LEN 32u

/* Number of segments, from the header. */
static int count(const struct bh_view *view, uint32_t limit, unsigned *out)
{
    uint8_t head[2];

    if (limit < BH_ESPRESSIF_HEADER_LEN || bh_view_read(view, 0, head, sizeof head))
        return BH_ERR_IO;
    *out = head[BH_ESPRESSIF_OFF_SEGMENTS];
    return head[0] == BH_ESPRESSIF_MAGIC && *out <= BH_ESPRESSIF_SEGMENTS_MAX ? BH_OK
                                                                              : BH_ERR_REFUSED;
}

/* The segment whose head is at off. */
static int segment_at(const struct bh_view *view, uint32_t limit, uint32_t off,
                      struct bh_espressif_segment *out)
{
    uint8_t head[SEGMENT_HEAD];

    if (!bh_within(off, sizeof head, limit))
        return BH_ERR_REFUSED;
    if (bh_view_read(view, off, head, sizeof head))
        return BH_ERR_IO;
    out->load_addr = bh_load32(head);
    out->off = off + SEGMENT_HEAD;
    out->len = bh_load32(head + 4);
    if (out->len % 4 || out->len >= BH_ESPRESSIF_SEGMENT_MAX ||
        !bh_within(out->off, out->len, limit))
        return BH_ERR_REFUSED;
    return BH_OK;
}

int bh_espressif_segment(const struct bh_view *view, uint32_t limit, unsigned index,
                         struct bh_espressif_segment *out)
{
    uint32_t off = BH_ESPRESSIF_HEADER_LEN;
    unsigned n;
    int err = count(view, limit, &n);

    if (!err && index >= n)
        return BH_ERR_ABSENT;
    for (unsigned i = 0; !err && i <= index; i++) {
        err = segment_at(view, limit, off, out);
        off = out->off + out->len;
    }
    return err;
}

int bh_espressif_segments(const struct bh_view *view, uint32_t limit,
                          struct bh_espressif_segment out[BH_ESPRESSIF_SEGMENTS_MAX], unsigned *n)
{
    uint32_t off = BH_ESPRESSIF_HEADER_LEN;
    int err = count(view, limit, n);

    for (unsigned i = 0; !err && i < *n; i++) {
        err = segment_at(view, limit, off, &out[i]);
        off = out[i].off + out[i].len;
    }
    return err;
}

/* Where the checksum byte is: after the segments, at the end of a multiple of 16. */
static int checksum_off(const struct bh_view *view, uint32_t limit, uint32_t *out)
{
    struct bh_espressif_segment s = { 0, BH_ESPRESSIF_HEADER_LEN, 0 };
    unsigned n;
    int err = count(view, limit, &n);

    for (unsigned i = 0; !err && i < n; i++)
        err = segment_at(view, limit, s.off + s.len, &s);
    *out = (s.off + s.len) | 15u;
    return err ? err : bh_within(*out, 1, limit) ? BH_OK : BH_ERR_REFUSED;
}

static int xor_segment(const struct bh_view *view, const struct bh_espressif_segment *s,
                       struct bh_work *work, uint8_t *sum)
{
    for (uint32_t done = 0, n; done < s->len; done += n) {
        n = bh_min(s->len - done, work->len);
        if (bh_view_read(view, s->off + done, work->buf, n))
            return BH_ERR_IO;
        for (uint32_t i = 0; i < n; i++)
            *sum ^= work->buf[i];
    }
    return BH_OK;
}

int bh_espressif_checksum(const struct bh_view *view, uint32_t limit, struct bh_work *work)
{
    uint8_t sum = BH_ESPRESSIF_CHECKSUM_SEED, stored;
    struct bh_espressif_segment s;
    uint32_t off;
    int err = checksum_off(view, limit, &off);

    for (unsigned i = 0; !err && (err = bh_espressif_segment(view, limit, i, &s)) == BH_OK; i++)
        err = xor_segment(view, &s, work, &sum);
    if (err != BH_ERR_ABSENT)
        return err;
    return bh_view_read(view, off, &stored, 1) ? BH_ERR_IO : stored != sum;
}

/* ---- the signature sector ---- */

/* Is there a whole block at off? Fills in what it says. A block that is not whole, or of a kind
 * unknown here, is as none. */
static int block_at(const struct bh_view *view, uint32_t off, struct bh_image_signature *out)
{
    uint8_t buf[52];
    uint8_t kind, curve;
    uint32_t crc = 0;

    if (bh_view_read(view, off, buf, sizeof buf))
        return BH_ERR_IO;
    kind = buf[1];
    curve = buf[BH_ESPRESSIF_EC_OFF_KEY];
    if (buf[0] != BH_ESPRESSIF_BLOCK_MAGIC)
        return BH_ERR_ABSENT;
    for (uint32_t done = 0; done < BH_ESPRESSIF_BLOCK_OFF_CRC; done += sizeof buf) {
        if (bh_view_read(view, off + done, buf, sizeof buf))
            return BH_ERR_IO;
        crc = bh_crc32(crc, buf, sizeof buf);
    }
    if (bh_view_read(view, off + BH_ESPRESSIF_BLOCK_OFF_CRC, buf, 4))
        return BH_ERR_IO;
    if (bh_load32(buf) != crc)
        return BH_ERR_ABSENT;
    if (kind == BH_ESPRESSIF_BLOCK_RSA)
        *out =
            (struct bh_image_signature){ BH_SIG_RSA3072,
                                         off + BH_ESPRESSIF_RSA_OFF_KEY,
                                         { off + BH_ESPRESSIF_RSA_OFF_SIG, BH_ESPRESSIF_RSA_LEN } };
    else if (kind == BH_ESPRESSIF_BLOCK_ECDSA && curve == BH_ESPRESSIF_EC_CURVE_P256)
        *out =
            (struct bh_image_signature){ BH_SIG_P256,
                                         off + BH_ESPRESSIF_EC_OFF_KEY + 1,
                                         { off + BH_ESPRESSIF_EC_OFF_SIG, BH_ESPRESSIF_EC_LEN } };
    else
        return BH_ERR_ABSENT;
    return BH_OK;
}

/* image->tlvs is the sector, with room for three blocks, or empty. */
static int signature(const struct bh_view *view, struct bh_extent *rest,
                     struct bh_image_signature *out)
{
    int err = BH_ERR_ABSENT;

    while (err == BH_ERR_ABSENT && rest->len >= BH_ESPRESSIF_BLOCK_LEN) {
        err = block_at(view, rest->off, out);
        rest->off += BH_ESPRESSIF_BLOCK_LEN;
        rest->len -= BH_ESPRESSIF_BLOCK_LEN;
    }
    return err;
}

/* Of a signed image: what the first block says becomes what counts. */
static void find_sector(const struct bh_view *view, uint32_t limit, struct bh_image *image)
{
    uint32_t off = image->len + (0u - image->len) % BH_ESPRESSIF_SECTOR;
    struct bh_image_signature s;

    if (off < image->len || !bh_within(off, BH_ESPRESSIF_SECTOR, limit))
        return;
    image->tlvs = (struct bh_extent){ off, BH_ESPRESSIF_SECTOR };
    for (unsigned i = 0; i < BH_ESPRESSIF_BLOCKS; i++) {
        uint32_t block = off + i * BH_ESPRESSIF_BLOCK_LEN;

        if (block_at(view, block, &s) == BH_OK) {
            image->len = off + BH_ESPRESSIF_SECTOR;
            image->hash_id = BH_HASH_SHA256;
            image->n_hashed = 1;
            image->hashed[0] = (struct bh_extent){ 0, off };
            image->digest_off = block + BH_ESPRESSIF_BLOCK_OFF_DIGEST;
            return;
        }
    }
    image->tlvs = (struct bh_extent){ 0, 0 };
}

/* ---- the image ---- */

/* "v1.2.3-5-gabc" is 1.2.3; what is not a number is 0. */
static struct bh_version version(const uint8_t text[32])
{
    uint32_t part[3] = { 0, 0, 0 };
    unsigned i = text[0] == 'v', n = 0;

    for (; i < 32 && n < 3; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            part[n] = bh_min(part[n] * 10 + (uint32_t)(text[i] - '0'), 0xFFFF);
        else if (text[i] == '.')
            n++;
        else
            break;
    }
    return (struct bh_version){ (uint8_t)bh_min(part[0], 0xFF), (uint8_t)bh_min(part[1], 0xFF),
                                (uint16_t)part[2], 0 };
}

static enum bh_reason descriptor(const struct bh_view *view, struct bh_image *image)
{
    uint8_t d[BH_ESPRESSIF_APP_OFF_PROJECT];
    const uint8_t *volatile again = d + BH_ESPRESSIF_APP_OFF_SECURE_VERSION; /* loaded once more */
    struct bh_espressif_segment s;
    int err = bh_espressif_segment(view, image->len, 0, &s);

    if (err == BH_ERR_IO)
        return BH_REASON_READ;
    if (err || s.len < BH_ESPRESSIF_APP_LEN)
        return BH_REASON_NONE; /* a bootloader, or for RAM: it has none */
    if (bh_view_read(view, s.off, d, sizeof d))
        return BH_REASON_READ;
    if (bh_load32(d) != BH_ESPRESSIF_APP_MAGIC)
        return BH_REASON_NONE;
    image->has_counter = true;
    image->counter = bh_load32(d + BH_ESPRESSIF_APP_OFF_SECURE_VERSION);
    image->counter_again = bh_load32(again);
    image->version = version(d + BH_ESPRESSIF_APP_OFF_VERSION);
    return BH_REASON_NONE;
}

static enum bh_reason decode(const struct bh_view *view, uint32_t limit, struct bh_image *image)
{
    uint8_t h[BH_ESPRESSIF_HEADER_LEN];
    uint32_t sum;
    int err;

    memset(image, 0, sizeof *image);
    if (limit < sizeof h)
        return BH_REASON_NO_IMAGE;
    if (bh_view_read(view, 0, h, sizeof h))
        return BH_REASON_READ;
    if (h[0] != BH_ESPRESSIF_MAGIC)
        return BH_REASON_NO_IMAGE;
    err = checksum_off(view, limit, &sum);
    if (err)
        return err == BH_ERR_IO ? BH_REASON_READ : BH_REASON_HEADER;
    image->load_addr = bh_load32(h + BH_ESPRESSIF_OFF_ENTRY);
    image->flags = bh_load16(h + BH_ESPRESSIF_OFF_CHIP);
    image->payload_len = image->len = sum + 1;
    if (h[BH_ESPRESSIF_OFF_HASH] == 1) {
        if (!bh_within(image->len, DIGEST_LEN, limit))
            return BH_REASON_TOO_BIG;
        image->hash_id = BH_HASH_SHA256;
        image->n_hashed = 1;
        image->hashed[0] = (struct bh_extent){ 0, image->len };
        image->digest_off = image->len;
        image->len += DIGEST_LEN;
    }
    find_sector(view, limit, image);
    return descriptor(view, image);
}

const struct bh_image_format bh_image_espressif = { "espressif", decode, signature };
