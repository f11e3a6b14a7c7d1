/* SPDX-License-Identifier: Apache-2.0 */
/* wolfBoot's partition trailers, as an application with wolfBoot's own library reads and writes
 * them. BOOT is the primary slot, UPDATE the secondary one. Counted down from a partition's end, or
 * from where its last `skip` bytes begin:
 *
 *     magic    4 bytes, "BOOT"; without it the partition has no state    -4
 *     state    1 byte                                                    -5
 *     flags    half a byte for each sector, UPDATE only                  -6 and down
 *
 * With FLAGS_HOME UPDATE's trailer is in BOOT, and ends 8 bytes before BOOT's end. With
 * NVM_FLASH_WRITEONCE there are two sectors, of which one is valid.
 *
 * There is neither a checksum nor a number, so whatever a cut leaves may look valid. That is
 * harmless here: a request and a confirm are wishes that become a journal entry first, nothing else
 * is acted upon, and what we write is written again after a cut, while the journal tells of the
 * act. Two rules for that:
 *
 *   A trailer on pages of its own is erased and written by one program operation, state before
 *   magic.
 *   Where the slot is one chunk, and so the trailer shares its page with the image, nothing is
 *   erased here. The chunk was erased when the image was copied, and values are programmed in
 *   place, each with fewer erased bits than the one before. A request is taken away by spoiling its
 *   magic; a new one then has no place, and goes to the journal. A torn write that left bits which
 *   nothing can set back is answered by spoiling the magic, too: the journal tells the truth. */
#include "bulkhead/bytes.h"
#include "bulkhead/mailbox_wolfboot.h"

#include <string.h>

#define MAGIC_LEN 4u
#define TRAILER_LEN 8u /* magic, state, and the flags of the first sectors */
#define STATE_OFF 3u   /* in these 8 bytes */
#define FLAGS_OFF 2u
#define BLOCK_MAX BH_WOLFBOOT_UNIT_MAX_ONCE
#define FINAL_FLAGS_NOT 0x40u /* FINAL_FLAGS with FLAGS_INVERT is 0xBF, not its inverse */

/* Where a trailer ends. */
struct place {
    const struct bh_region *slot;
    uint32_t end;
};

static struct place place_of(const struct bh_wolfboot_trailer *t, const struct bh_pair *pair,
                             bool update)
{
    struct place p = { update && !t->home ? &pair->secondary : &pair->primary, 0 };

    p.end = p.slot->len - t->skip - (update && t->home ? TRAILER_LEN : 0);
    return p;
}

/* Do the trailer and the image share a page? */
static bool shared(const struct bh_pair *pair, const struct bh_region *slot)
{
    return slot->len <= pair->chunk;
}

/* Are two sectors used in turn? wolfBoot does that in flash alone that the CPU reads by itself. */
static bool turns(const struct bh_wolfboot_trailer *t, const struct bh_region *slot)
{
    return t->write_once && slot->flash->mapped;
}

/* --- reading ------------------------------------------------------------------------------- */

static int read_byte(const struct place *p, uint32_t back, uint8_t *out)
{
    return bh_region_read(p->slot, p->end - back, out, 1);
}

static int has_magic(const struct place *p, bool *out)
{
    uint8_t magic[MAGIC_LEN];
    int err = bh_region_read(p->slot, p->end - MAGIC_LEN, magic, sizeof magic);

    *out = !err && bh_load32(magic) == BH_WOLFBOOT_TRAILER_MAGIC;
    return err;
}

/* Both sectors have a magic. Valid is the one whose flags go further down; if both end at one
 * place, the one whose last flag is further on. */
static int further(const struct bh_wolfboot_trailer *t, const struct place *a,
                   const struct place *b, bool *second)
{
    uint8_t erased = t->inverted ? 0x00 : 0xFF, above[2] = { 0, 0 }, now[2];
    int err = BH_OK;

    for (uint32_t back = MAGIC_LEN + 1; !err && back <= t->sector; back++) {
        err = read_byte(a, back, &now[0]);
        if (!err)
            err = read_byte(b, back, &now[1]);
        if (err || now[0] == erased || now[1] == erased)
            break;
        memcpy(above, now, sizeof above);
    }
    *second = now[0] == now[1] ? (t->inverted ? above[1] > above[0] : above[1] < above[0])
                               : now[0] == erased;
    return err;
}

/* The sector that is valid, of two that are used in turn. Nothing is erased, as wolfBoot's own
 * reader does. */
static int choose(const struct bh_wolfboot_trailer *t, struct place *p)
{
    struct place other = { p->slot, p->end - t->sector };
    bool first, second;
    int err;

    if (!turns(t, p->slot))
        return BH_OK;
    err = has_magic(p, &first);
    if (!err)
        err = has_magic(&other, &second);
    if (!err && first && second)
        err = further(t, p, &other, &second);
    if (!err && second)
        *p = other;
    return err;
}

/* One partition. What cannot be read is stateless. */
static int look(const struct bh_wolfboot_trailer *t, const struct bh_pair *pair, bool update,
                uint32_t *state, uint32_t *flags)
{
    struct place p = place_of(t, pair, update);
    uint8_t bytes[TRAILER_LEN], invert = t->inverted ? 0xFF : 0;
    int err = choose(t, &p);

    *state = BH_WOLFBOOT_STATELESS;
    *flags = BH_WOLFBOOT_NEW;
    if (!err)
        err = bh_region_read(p.slot, p.end - TRAILER_LEN, bytes, sizeof bytes);
    if (err || bh_load32(bytes + TRAILER_LEN - MAGIC_LEN) != BH_WOLFBOOT_TRAILER_MAGIC)
        return err;
    *state = bytes[STATE_OFF] ^ invert;
    if (t->inverted && (*state == BH_WOLFBOOT_FINAL_FLAGS || *state == FINAL_FLAGS_NOT))
        *state ^= BH_WOLFBOOT_FINAL_FLAGS ^ FINAL_FLAGS_NOT;
    *flags = bytes[FLAGS_OFF] ^ invert;
    return BH_OK;
}

int bh_wolfboot_look(const struct bh_wolfboot_trailer *t, const struct bh_pair *pair,
                     struct bh_wolfboot_says *out)
{
    uint32_t flags;
    int err = look(t, pair, false, &out->boot, &flags);
    int also = look(t, pair, true, &out->update, &flags);

    out->begun = (flags & 0x0F) != 0x0F;
    return err ? err : also;
}

/* What is asked for, and what primary is, by wolfBoot's rules.
 *
 *     UPDATE is UPDATING                         its image is asked for, on trial
 *     UPDATE is UPDATING, and a sector was moved also: a swap of wolfBoot's was interrupted
 *     UPDATE is FINAL_FLAGS                      the same, at its last step
 *     otherwise, BOOT is TESTING                 on trial
 *     otherwise, BOOT is SUCCESS                 confirmed
 *     otherwise, in a page with an image         a torn write: not confirmed
 *     otherwise                                  unclear: wolfBoot would leave it as it is */
int bh_wolfboot_read(const struct bh_wolfboot_trailer *t, const struct bh_pair *pairs, uint32_t n,
                     struct bh_wish *out)
{
    int result = BH_OK;

    memset(out, 0, sizeof *out);
    for (uint32_t p = 0; p < bh_n_pairs(n); p++) {
        struct bh_wolfboot_says is;
        int err = bh_wolfboot_look(t, &pairs[p], &is);
        bool updating = is.update == BH_WOLFBOOT_UPDATING;
        uint32_t bit = 1u << p;

        result = err ? err : result;
        if (updating)
            out->test |= bit;
        if ((updating && is.begun) || is.update == BH_WOLFBOOT_FINAL_FLAGS)
            out->interrupted |= bit;
        else if (is.boot == BH_WOLFBOOT_TESTING)
            out->on_trial |= bit;
        else if (is.boot == BH_WOLFBOOT_SUCCESS)
            out->confirmed |= bit;
        else if (!err && !shared(&pairs[p], &pairs[p].primary))
            out->unclear |= bit;
    }
    return result;
}

/* --- writing ------------------------------------------------------------------------------- */

/* What a slot's end shall say: BOOT's or UPDATE's trailer, and with FLAGS_HOME UPDATE's above
 * BOOT's. */
struct saying {
    uint32_t state, above;
};

static void put(const struct bh_wolfboot_trailer *t, uint8_t trailer[TRAILER_LEN], uint32_t state)
{
    if (state == BH_WOLFBOOT_STATELESS)
        return;
    trailer[STATE_OFF] = (uint8_t)(t->inverted ? ~state : state);
    bh_store32(trailer + TRAILER_LEN - MAGIC_LEN, BH_WOLFBOOT_TRAILER_MAGIC);
}

/* As it is in flash, at the end of a block of `len` bytes. */
static void compose(const struct bh_wolfboot_trailer *t, const struct bh_region *slot,
                    const struct saying *says, uint8_t *block, uint32_t len)
{
    memset(block, slot->flash->erased, len);
    put(t, block + len - TRAILER_LEN, says->state);
    if (t->home)
        put(t, block + len - 2 * TRAILER_LEN, says->above);
}

/* A trailer in a page with image bytes: what one of its two parts becomes. No trailer: its magic is
 * spoiled. So it is where bits would have to go back to erased, as a torn write may leave them, but
 * not for a request: BH_ERR_ABSENT. */
static int overlay(uint8_t is[TRAILER_LEN], const uint8_t want[TRAILER_LEN], uint32_t state,
                   uint8_t erased)
{
    uint8_t both[TRAILER_LEN];
    bool fits = state != BH_WOLFBOOT_STATELESS;

    for (uint32_t i = 0; i < TRAILER_LEN; i++) {
        both[i] = erased ? is[i] & want[i] : is[i] | want[i];
        fits = fits && (i < STATE_OFF || both[i] == want[i]);
    }
    if (fits)
        memcpy(is, both, sizeof both);
    else if (state == BH_WOLFBOOT_UPDATING)
        return BH_ERR_ABSENT;
    else if (!bh_all(is + STATE_OFF, erased, TRAILER_LEN - STATE_OFF))
        memset(is + TRAILER_LEN - MAGIC_LEN, (uint8_t)~erased, MAGIC_LEN);
    return BH_OK;
}

static int write_in_place(const struct bh_wolfboot_trailer *t, const struct bh_region *slot,
                          const struct saying *says)
{
    uint8_t want[2 * TRAILER_LEN], is[2 * TRAILER_LEN];
    uint32_t len = (t->home ? 2 : 1) * TRAILER_LEN, off = slot->len - t->skip - len;
    uint8_t erased = slot->flash->erased;
    int err = bh_region_read(slot, off, is, len);

    compose(t, slot, says, want, len);
    if (!err)
        err = overlay(is + len - TRAILER_LEN, want + len - TRAILER_LEN, says->state, erased);
    if (!err && t->home)
        err = overlay(is, want, says->above, erased);
    return err || bh_all(is, erased, len) ? err : bh_region_program(slot, off, is, len);
}

/* The bytes that belong to the trailers of a slot: whole pages, but for a slot of one chunk. */
uint32_t bh_wolfboot_room(const struct bh_wolfboot_trailer *t, const struct bh_pair *pair,
                          const struct bh_region *slot)
{
    bool second = slot->flash == pair->secondary.flash && slot->off == pair->secondary.off;
    uint32_t len = t->sector * (turns(t, slot) ? 2u : 1u);
    struct bh_page page;

    if (t->home && second)
        return 0;
    if (shared(pair, slot) && !turns(t, slot))
        return t->skip + (t->home ? 2 : 1) * TRAILER_LEN;
    if (len > slot->len || bh_flash_page(slot->flash, slot->off + slot->len - len, &page) ||
        page.off < slot->off)
        return slot->len;
    return slot->off + slot->len - page.off;
}

static int write(const struct bh_wolfboot_trailer *t, const struct bh_pair *pair,
                 const struct bh_region *slot, const struct saying *says)
{
    uint8_t block[BLOCK_MAX];
    uint32_t room = bh_wolfboot_room(t, pair, slot);
    uint32_t len = bh_round_up((t->home ? 2 : 1) * TRAILER_LEN, slot->flash->unit);
    int err;

    if (shared(pair, slot) && !turns(t, slot))
        return write_in_place(t, slot, says);
    err = bh_region_erase(slot, slot->len - room, room);
    if (err || (says->state & says->above) == BH_WOLFBOOT_STATELESS)
        return err;
    compose(t, slot, says, block, len);
    return bh_region_program(slot, slot->len - t->skip - len, block, len);
}

/* The same of BOOT's state and UPDATE's; with FLAGS_HOME both are in one place. */
static int write_boot(const struct bh_wolfboot_trailer *t, const struct bh_pair *pair,
                      uint32_t boot, uint32_t update)
{
    struct saying says = { boot, t->home ? update : BH_WOLFBOOT_STATELESS };

    return write(t, pair, &pair->primary, &says);
}

/* BOOT's state stays as it is; where both are in one place, it is written again. */
static int write_update(const struct bh_wolfboot_trailer *t, const struct bh_pair *pair,
                        uint32_t update)
{
    struct saying says = { update, BH_WOLFBOOT_STATELESS };
    struct bh_wolfboot_says is;
    int err;

    if (!t->home)
        return write(t, pair, &pair->secondary, &says);
    err = bh_wolfboot_look(t, pair, &is);
    return err ? err : write_boot(t, pair, is.boot, update);
}

/* Does it not matter that BOOT's state could not be written? In a page with an image that is so, if
 * nothing there can be taken for a confirm: the page may have failed after the image was whole. */
static bool harmless(const struct bh_wolfboot_trailer *t, const struct bh_pair *pair, int err)
{
    struct bh_wolfboot_says is;

    return shared(pair, &pair->primary) && !bh_flash_postponed(err) &&
           !bh_wolfboot_look(t, pair, &is) && is.boot != BH_WOLFBOOT_SUCCESS;
}

int bh_wolfboot_settle(const struct bh_wolfboot_trailer *t, const struct bh_pair *pairs, uint32_t n,
                       uint32_t which, enum bh_settled how)
{
    uint32_t state = how == BH_SETTLED_TRIAL ? BH_WOLFBOOT_TESTING : BH_WOLFBOOT_SUCCESS;
    int err = BH_OK;

    for (uint32_t p = 0; !err && p < bh_n_pairs(n); p++) {
        if (!(which >> p & 1u))
            continue;
        err = write_boot(t, &pairs[p], state, BH_WOLFBOOT_STATELESS);
        if (err && harmless(t, &pairs[p], err))
            err = BH_OK;
        if (!err && !t->home)
            err = write_update(t, &pairs[p], BH_WOLFBOOT_STATELESS);
    }
    return err;
}

int bh_wolfboot_clear(const struct bh_wolfboot_trailer *t, const struct bh_pair *pairs, uint32_t n,
                      uint32_t which)
{
    int err = BH_OK;

    for (uint32_t p = 0; !err && p < bh_n_pairs(n); p++)
        if (which >> p & 1u)
            err = write_update(t, &pairs[p], BH_WOLFBOOT_STATELESS);
    return err;
}

/* wolfBoot has no request for good. */
int bh_wolfboot_ask(const struct bh_wolfboot_trailer *t, const struct bh_pair *pairs, uint32_t pair,
                    enum bh_request request)
{
    return request == BH_REQUEST_TEST ? write_update(t, &pairs[pair], BH_WOLFBOOT_UPDATING)
                                      : BH_ERR_ABSENT;
}

int bh_wolfboot_confirm(const struct bh_wolfboot_trailer *t, const struct bh_pair *pairs,
                        uint32_t n, uint32_t which)
{
    int err = BH_OK;

    for (uint32_t p = 0; !err && p < bh_n_pairs(n); p++) {
        struct bh_wolfboot_says is;

        if (!(which >> p & 1u))
            continue;
        err = bh_wolfboot_look(t, &pairs[p], &is);
        if (!err && is.boot != BH_WOLFBOOT_SUCCESS)
            err = write_boot(t, &pairs[p], BH_WOLFBOOT_SUCCESS, is.update);
    }
    return err;
}
