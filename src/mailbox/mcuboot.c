/* SPDX-License-Identifier: Apache-2.0 */
/* MCUboot's image trailer, at the end of each slot, as an unmodified Zephyr application reads and
 * writes it. Counted down from the slot's end, A = alignment (at least 8, or the program unit):
 *
 *     magic[16]   the last 16 bytes, written as one block of max(16, A)
 *     image_ok    one program unit, first byte 01 = set        -24 for A = 8
 *     copy_done   the same                                      -32
 *     swap_info   the same: type | image number << 4            -40
 *
 * The request is in the secondary slot's trailer: magic, and image_ok if it is permanent. The
 * confirm is image_ok in primary's. Source: MCUboot's image trailer, boot/bootutil, version 2.4. */
#include "bulkhead/bytes.h"
#include "bulkhead/mailbox.h"

#include <string.h>

#define ALIGN_MIN 8u
#define UNIT_MAX 32u /* imgtool's largest --align */
#define MAGIC_LEN 16u
#define FLAG_SET 0x01u

#define TYPE_MASK 0x0Fu

enum swap_type { SWAP_TEST = 2, SWAP_PERMANENT = 3, SWAP_REVERT = 4 };

/* The fields above the magic, from the slot's end down. */
enum field { IMAGE_OK = 1, COPY_DONE = 2, SWAP_INFO = 3 };

static const uint8_t magic_align8[MAGIC_LEN] = { 0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                                 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80 };
/* For larger alignments the first two bytes are the alignment. */
static const uint8_t magic_tail[MAGIC_LEN - 2] = { 0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d,
                                                   0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a };

/* One alignment for both slots of a pair. */
static uint32_t alignment(const struct bh_pair *pair)
{
    uint32_t a = pair->primary.flash->unit > pair->secondary.flash->unit
                     ? pair->primary.flash->unit
                     : pair->secondary.flash->unit;

    return a > ALIGN_MIN ? a : ALIGN_MIN;
}

/* Where a field begins; 0 is the block with the magic. */
static uint32_t field_off(const struct bh_pair *pair, const struct bh_region *slot, uint32_t field)
{
    uint32_t a = alignment(pair);

    return slot->len - bh_round_up(MAGIC_LEN, a) - field * a;
}

static void magic_value(const struct bh_pair *pair, uint8_t out[MAGIC_LEN])
{
    uint32_t a = alignment(pair);

    memcpy(out, magic_align8, MAGIC_LEN);
    if (a > ALIGN_MIN) {
        bh_store16(out, (uint16_t)a);
        memcpy(out + 2, magic_tail, sizeof magic_tail);
    }
}

/* A field that is neither erased nor what it should be is BAD: neither set nor unset. */
enum mark { UNSET, SET, BAD };

/* What a trailer says. One that cannot be read says nothing: all is UNSET. */
struct trailer {
    enum mark magic, image_ok, copy_done;
    unsigned type; /* enum swap_type; 0: none of them */
};

static int look(const struct bh_pair *pair, const struct bh_region *slot, struct trailer *out)
{
    uint8_t want[MAGIC_LEN], have[MAGIC_LEN], flags[SWAP_INFO];
    uint8_t erased = slot->flash->erased;
    enum mark marks[SWAP_INFO];
    int err = bh_region_read(slot, slot->len - MAGIC_LEN, have, sizeof have);

    memset(out, 0, sizeof *out);
    for (uint32_t f = IMAGE_OK; !err && f <= SWAP_INFO; f++) {
        uint8_t *flag = &flags[f - IMAGE_OK];

        err = bh_region_read(slot, field_off(pair, slot, f), flag, 1);
        marks[f - IMAGE_OK] = *flag == FLAG_SET ? SET : *flag == erased ? UNSET : BAD;
    }
    if (err)
        return err;
    magic_value(pair, want);
    out->magic = memcmp(have, want, MAGIC_LEN) == 0 ? SET
                 : bh_all(have, erased, MAGIC_LEN)  ? UNSET
                                                    : BAD;
    out->image_ok = marks[IMAGE_OK - IMAGE_OK];
    out->copy_done = marks[COPY_DONE - IMAGE_OK];
    out->type = flags[SWAP_INFO - IMAGE_OK] & TYPE_MASK;
    if (out->type < SWAP_TEST || out->type > SWAP_REVERT) /* an erased one, too */
        out->type = 0;
    return BH_OK;
}

/* The pages that hold the trailer, up to the slot's end. */
static uint32_t trailer(const struct bh_pair *pair, const struct bh_region *slot)
{
    uint32_t off = slot->off + field_off(pair, slot, SWAP_INFO);
    struct bh_page page = { off, 0 };

    return bh_flash_page(slot->flash, off, &page) ? slot->len : slot->off + slot->len - page.off;
}

static int erase(const struct bh_pair *pair, const struct bh_region *slot)
{
    uint32_t len = trailer(pair, slot);

    return bh_region_erase(slot, slot->len - len, len);
}

static int write_flag(const struct bh_pair *pair, const struct bh_region *slot, enum field f,
                      unsigned value)
{
    uint8_t unit[UNIT_MAX];

    memset(unit, slot->flash->erased, sizeof unit);
    unit[0] = (uint8_t)value;
    return bh_region_program(slot, field_off(pair, slot, f), unit, slot->flash->unit);
}

static int write_magic(const struct bh_pair *pair, const struct bh_region *slot)
{
    uint8_t block[UNIT_MAX];
    uint32_t off = field_off(pair, slot, 0);
    uint32_t len = slot->len - off;

    memset(block, slot->flash->erased, sizeof block);
    magic_value(pair, block + len - MAGIC_LEN);
    return bh_region_program(slot, off, block, len);
}

/* What both trailers of a pair say together, by MCUboot's own table. The first row that holds, of
 * each of the two questions; p and s are the two slots' trailers.
 *
 *     what is asked for
 *         s.magic set, s.image_ok unset, s.copy_done set      nothing: a revert was about to begin
 *         s.magic set, s.image_ok unset                       the staged image, on trial
 *         s.magic set, s.image_ok set                         the staged image, for good
 *         otherwise, s.image_ok BAD among it                  nothing
 *
 *     what primary is
 *         a swap was begun in p or scratch, and not ended     interrupted
 *         a revert was about to begin (offset layout)         on trial
 *         p.magic set, p.image_ok set                         confirmed
 *         p.magic set, p.image_ok unset, p.copy_done set      on trial
 *         otherwise, any field of it BAD among it             unclear: it stays as it is
 *
 * A swap was begun and not ended where p.magic is set, p.copy_done unset and p's swap type one of
 * the three: MCUboot writes type before magic, and copy_done after the last step; we write
 * copy_done before magic, and imgtool writes no type. It has moved nothing while a request is in s
 * and the layout is the offset one; from then on it may have. Scratch has a trailer of its own
 * meanwhile. */
static void judge(const struct bh_pair *pair, uint32_t bit, const struct trailer *p,
                  const struct trailer *s, bool scratch, struct bh_wish *out)
{
    bool offset = pair->staged_off != 0;
    bool begun = p->magic == SET && p->copy_done == UNSET && p->type;
    bool undoing = offset && s->magic == SET && s->image_ok == UNSET && s->copy_done == SET;

    if (s->magic == SET && s->image_ok != BAD && !undoing)
        *(s->image_ok == SET ? &out->permanent : &out->test) |= bit;
    if (scratch || (begun && !(offset && s->magic == SET)))
        out->interrupted |= bit;
    else if (undoing)
        out->on_trial |= bit;
    else if (p->magic == SET && p->image_ok == SET)
        out->confirmed |= bit;
    else if (p->magic == SET && p->image_ok == UNSET && p->copy_done == SET)
        out->on_trial |= bit;
    else
        out->unclear |= bit;
}

/* Does a scratch partition hold the trailer of a swap? Seen where one chunk is all of it. */
static bool in_scratch(const struct bh_pair *pair)
{
    const struct bh_region *spare = &pair->spare, *second = &pair->secondary;
    bool inside = spare->flash == second->flash && spare->off - second->off < second->len;
    struct trailer t;

    return spare->flash && !inside && look(pair, spare, &t) == BH_OK && t.magic == SET && t.type;
}

static int read(const struct bh_pair *pairs, uint32_t n, struct bh_wish *out)
{
    int result = BH_OK;

    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < n; i++) {
        struct trailer p, s;
        int err = look(&pairs[i], &pairs[i].secondary, &s);

        result = err ? err : result;
        err = look(&pairs[i], &pairs[i].primary, &p);
        result = err ? err : result;
        judge(&pairs[i], 1u << i, &p, &s, in_scratch(&pairs[i]), out);
        if (err)
            out->unclear &= ~(1u << i);
    }
    return result;
}

/* Primary's trailer as MCUboot leaves it after a swap of this type, magic last. */
static int write_primary(const struct bh_pair *pair, uint32_t index, enum swap_type type)
{
    const struct bh_region *slot = &pair->primary;
    int err = erase(pair, slot);

    if (!err)
        err = write_flag(pair, slot, SWAP_INFO, type | index << 4);
    if (!err)
        err = write_flag(pair, slot, COPY_DONE, FLAG_SET);
    if (!err && type != SWAP_TEST)
        err = write_flag(pair, slot, IMAGE_OK, FLAG_SET);
    return err ? err : write_magic(pair, slot);
}

static int settle(const struct bh_pair *pairs, uint32_t n, uint32_t which, enum bh_settled how)
{
    static const uint8_t types[] = { SWAP_TEST, SWAP_PERMANENT, SWAP_REVERT };
    int err = BH_OK;

    for (uint32_t p = 0; !err && p < n; p++) {
        if (!(which >> p & 1u))
            continue;
        err = write_primary(&pairs[p], p, types[how]);
        if (!err)
            err = erase(&pairs[p], &pairs[p].secondary);
    }
    return err;
}

static int clear(const struct bh_pair *pairs, uint32_t n, uint32_t which)
{
    int err = BH_OK;

    for (uint32_t p = 0; !err && p < n; p++)
        if (which >> p & 1u)
            err = erase(&pairs[p], &pairs[p].secondary);
    return err;
}

/* May a request be written? All of its fields must be blank, not the magic alone: a torn erase may
 * have left any of them. */
static int make_room(const struct bh_pair *pair, const struct bh_region *slot)
{
    uint8_t fields[4 * UNIT_MAX];
    uint32_t off = field_off(pair, slot, SWAP_INFO);
    uint32_t len = slot->len - off;
    int err = bh_region_read(slot, off, fields, len);

    return err || bh_all(fields, slot->flash->erased, len) ? err : erase(pair, slot);
}

/* A request of another kind is made again from a blank page. */
static int ask(const struct bh_pair *pairs, uint32_t p, enum bh_request request)
{
    const struct bh_pair *pair = &pairs[p];
    const struct bh_region *slot = &pair->secondary;
    bool permanent = request == BH_REQUEST_PERMANENT;
    int err = make_room(pair, slot);

    if (!err)
        err = write_magic(pair, slot);
    if (!err && permanent)
        err = write_flag(pair, slot, IMAGE_OK, FLAG_SET);
    return err ? err
               : write_flag(pair, slot, SWAP_INFO,
                            (permanent ? SWAP_PERMANENT : SWAP_TEST) | p << 4);
}

/* A trailer that a cut left half-written is made again: an SDK's own call would take it for
 * confirmed, and the trial would run out. */
static int confirm_pair(const struct bh_pair *pair, uint32_t index)
{
    struct trailer t;
    int err = look(pair, &pair->primary, &t);

    if (err || (t.magic == SET && t.image_ok == SET))
        return err;
    if (t.magic == SET && t.image_ok == UNSET)
        return write_flag(pair, &pair->primary, IMAGE_OK, FLAG_SET);
    return write_primary(pair, index, SWAP_PERMANENT);
}

static int confirm(const struct bh_pair *pairs, uint32_t n, uint32_t which)
{
    int err = BH_OK;

    for (uint32_t p = 0; !err && p < n; p++)
        if (which >> p & 1u)
            err = confirm_pair(&pairs[p], p);
    return err;
}

const struct bh_mailbox bh_mailbox_mcuboot = {
    .name = "mcuboot",
    .unit_max = UNIT_MAX,
    .trailer = trailer,
    .read = read,
    .settle = settle,
    .clear = clear,
    .ask = ask,
    .confirm = confirm,
};
