/* SPDX-License-Identifier: Apache-2.0 */
/* Applications that run from RAM.
 *
 *   flash:  header | head, segment 0 | head, segment 1 | checksum | SHA-256 | signature sector
 *              |         |                |
 *   RAM:     here      window           window
 *
 * The header and the heads of the segments are read once, into `struct copy`. What they say is
 * looked at, then the segments are copied. Then the copy is verified as if it were the first look
 * at the image, by a device that reads as the image does: heads from here, loaded segments from
 * where they are, the rest from flash. So the digest is over the very bytes that will be executed,
 * over where they were copied to, and over the entry. Of the rest nothing is executed; to change it
 * between two reads is to change the digest, or to bring another signature, which has to
 * verify too. */
#include "records.h"

#include "bulkhead/bytes.h"

#include <string.h>

#define HEAD_LEN 8u /* of a segment: address, length */

struct copy {
    struct bh_region flash; /* the application's partition */
    const struct bh_espressif_chip *chip;
    uint8_t header[BH_ESPRESSIF_HEADER_LEN];
    struct bh_espressif_segment s[BH_ESPRESSIF_SEGMENTS_MAX];
    unsigned n;
};

/* Where a segment is in RAM; NULL: it is not loaded. */
static uint8_t *memory(const struct copy *c, const struct bh_espressif_segment *s)
{
    const struct bh_espressif_window *w = bh_espressif_window(c->chip, s->load_addr, s->len);

    return bh_espressif_is_loaded(s) && w && w->ram ? w->ram + (s->load_addr - w->start) : NULL;
}

/* A run of the image's bytes from one place. from NULL: from flash. */
struct piece {
    const uint8_t *from;
    uint32_t len;
    uint8_t head[HEAD_LEN]; /* if it is one */
};

/* What there is at an offset of the image. */
static void piece_at(const struct copy *c, uint32_t off, struct piece *p)
{
    *p = (struct piece){ NULL, UINT32_MAX, { 0 } };
    if (off < sizeof c->header) {
        p->from = c->header + off;
        p->len = sizeof c->header - off;
        return;
    }
    for (unsigned i = 0; i < c->n; i++) {
        const struct bh_espressif_segment *s = &c->s[i];
        uint8_t *loaded = memory(c, s);

        if (off < s->off) {
            bh_store32(p->head, s->load_addr);
            bh_store32(p->head + 4, s->len);
            p->from = p->head + (HEAD_LEN - (s->off - off));
            p->len = s->off - off;
            return;
        }
        if (off - s->off < s->len) {
            p->from = loaded ? loaded + (off - s->off) : NULL;
            p->len = s->len - (off - s->off);
            return;
        }
    }
}

/* Offsets are those of the flash: where in its pages the image lies counts for what is mapped. */
static int copy_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len)
{
    const struct copy *c = f->context;
    uint8_t *to = buf;
    struct piece p;
    int err = BH_OK;

    off -= c->flash.off;
    for (uint32_t n; !err && len; off += n, to += n, len -= n) {
        piece_at(c, off, &p);
        n = bh_min(len, p.len);
        if (p.from)
            memcpy(to, p.from, n);
        else
            err = bh_region_read(&c->flash, off, to, n);
    }
    return err;
}

/* Nothing writes to it. */
static int copy_program(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len)
{
    (void)f, (void)off, (void)buf, (void)len;
    return BH_ERR_IO;
}

static int copy_erase(const struct bh_flash *f, uint32_t off, uint32_t len)
{
    (void)f, (void)off, (void)len;
    return BH_ERR_IO;
}

static const struct bh_flash_ops copy_ops = { .read = copy_read,
                                              .program = copy_program,
                                              .erase = copy_erase };

static enum bh_reason read_heads(struct copy *c)
{
    struct bh_view view = bh_view_of(&c->flash);
    int err = bh_region_read(&c->flash, 0, c->header, sizeof c->header);

    if (!err)
        err = bh_espressif_segments(&view, c->flash.len, c->s, &c->n);
    if (err || c->header[BH_ESPRESSIF_OFF_SEGMENTS] != c->n)
        return err == BH_ERR_REFUSED ? BH_REASON_HEADER : BH_REASON_READ;
    return BH_REASON_NONE;
}

/* In pieces, so that a driver's watchdog is fed. */
static enum bh_reason copy_segments(const struct copy *c, uint32_t piece)
{
    for (unsigned i = 0; i < c->n; i++) {
        uint8_t *to = memory(c, &c->s[i]);

        for (uint32_t done = 0, n; to && done < c->s[i].len; done += n) {
            n = bh_min(piece, c->s[i].len - done);
            if (bh_region_read(&c->flash, c->s[i].off + done, to + done, n))
                return BH_REASON_READ;
        }
    }
    return BH_REASON_NONE;
}

static enum bh_reason verify(const struct bh_select *product, const struct bh_select_inputs *inputs,
                             const struct bh_view *view, struct bh_work *work,
                             struct bh_select_boot *boot)
{
    uint32_t floor = inputs->anti_rollback ? inputs->floor : 0, limit = view->slot->len;
    struct bh_verified v;
    enum bh_reason why;

    if (bh_verify(&product->policy, view, limit, floor, work, &v) != BH_VERDICT_GOOD)
        return v.reason ? v.reason : BH_REASON_SIGNATURE;
    why = bh_espressif_fits(product->chip, inputs->revision, view, limit, work);
    if (why)
        return why;
    boot->image = v.image;
    boot->verdict = v.verdict;
    return BH_REASON_NONE;
}

static enum bh_reason load(const struct bh_select *product, const struct bh_select_inputs *inputs,
                           struct bh_work *work, struct bh_select_boot *boot)
{
    struct copy c = { .flash = { product->flash, boot->start.off, boot->start.len },
                      .chip = product->chip };
    struct bh_flash device = {
        .ops = &copy_ops, .context = &c, .unit = 1, .erased = 0xFF, .size = product->flash->size
    };
    struct bh_region region = { &device, c.flash.off, c.flash.len };
    struct bh_view view = bh_view_of(&region);
    enum bh_reason why = read_heads(&c);

    if (!why)
        why = bh_espressif_loads(product->chip, &view, region.len);
    if (!why)
        why = copy_segments(&c, work->len);
    return why ? why : verify(product, inputs, &view, work, boot);
}

void bh_select_load(const struct bh_select *product, const struct bh_select_inputs *inputs,
                    struct bh_work *work, struct bh_select_boot *boot)
{
    enum bh_reason why = BH_REASON_PRODUCT;

    if (boot->action != BH_BOOT_START)
        return;
    boot->verdict = BH_VERDICT_BAD; /* it is about flash */
    if (product->loads)
        why = load(product, inputs, work, boot);
    if (why == BH_REASON_NONE)
        return;
    boot->action = BH_BOOT_RECOVER;
    boot->verdict = BH_VERDICT_BAD;
    boot->reason = why;
}
