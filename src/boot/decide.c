/* SPDX-License-Identifier: Apache-2.0 */
/* What to do next, from what is known. Pure: no flash, no memory of its own. Every row of the table
 * in docs/boot.md is a row of tests/engine/decide.c. Nothing here fails; if nothing is left
 * to try, the answer is RECOVER. */
#include "bulkhead/boot.h"

/* No product without a rescue is in such an act: bh_product_possible() refuses its record. */
static bool rescuing(const struct bh_facts *f, const struct bh_product *product)
{
    return product->rescue && f->state == BH_STATE_RESCUING;
}

/* Start primary if it verifies, otherwise do this. */
static enum bh_act start_or(const struct bh_facts *f, enum bh_act otherwise)
{
    if (f->primary == BH_LOOK_UNKNOWN)
        return BH_ACT_CHECK_PRIMARY;
    return f->primary & BH_LOOK_GOOD ? BH_ACT_START : otherwise;
}

/* Primary is bad and no act is the reason: is there a copy? If another bootloader's swap was
 * interrupted, its pieces stay as they are: that bootloader can go on. */
static enum bh_act restore(const struct bh_facts *f, const struct bh_product *product)
{
    uint32_t copy = product->rescue ? f->search : f->backup;

    if (f->failed || (product->mailbox && f->interrupted) || copy == BH_LOOK_BAD)
        return BH_ACT_RECOVER;
    if (copy == BH_LOOK_UNKNOWN)
        return product->rescue ? BH_ACT_SEARCH : BH_ACT_CHECK_BACKUP;
    return product->rescue ? BH_ACT_BEGIN_RESCUE : BH_ACT_RESTORE;
}

/* No journal: new device, or both pages lost. Nothing is written before an image has verified. */
static enum bh_act no_journal(const struct bh_facts *f, const struct bh_product *product)
{
    enum bh_act act = start_or(f, restore(f, product));

    if (act != BH_ACT_START)
        return act;
    return product->mailbox && f->on_trial | f->interrupted ? BH_ACT_ADOPT : BH_ACT_SETTLE;
}

/* A good image is asked for on trial. If there is none in primary to go back to, the one that ran
 * is restored first: otherwise the image on trial could not be reverted. */
static enum bh_act before_trial(const struct bh_facts *f, const struct bh_product *product)
{
    enum bh_act act = BH_ACT_RECOVER;

    if (f->bare && f->request == BH_REQUEST_TEST)
        act = start_or(f, restore(f, product));
    return act == BH_ACT_START ? BH_ACT_RECOVER : act;
}

static enum bh_act idle(const struct bh_facts *f, const struct bh_product *product)
{
    enum bh_act act;

    if (f->request != BH_REQUEST_NONE) {
        /* an image may be confirmed and another one asked for in one power-up: its counter first */
        if (f->unraised && f->primary == BH_LOOK_UNKNOWN)
            return BH_ACT_CHECK_PRIMARY;
        if (f->unraised && f->raise && f->staged == BH_LOOK_UNKNOWN)
            return BH_ACT_RAISE_FLOOR;
        act = before_trial(f, product);
        if (act != BH_ACT_RECOVER)
            return act;
        switch (f->staged) {
        case BH_LOOK_UNKNOWN: return BH_ACT_CHECK_STAGED;
        case BH_LOOK_GOOD: return BH_ACT_BEGIN_UPDATE;
        default: return f->refused ? BH_ACT_CLEAR_REQUEST : BH_ACT_REFUSE;
        }
    }
    if (!f->settled)
        return BH_ACT_SETTLE;
    if (product->mailbox && f->kept && f->confirmed)
        return BH_ACT_CONFIRM;
    act = start_or(f, restore(f, product));
    return act == BH_ACT_START && f->raise ? BH_ACT_RAISE_FLOOR : act;
}

/* Is the image in primary that the act leads to? */
static bool arrived(const struct bh_facts *f, const struct bh_product *product)
{
    bool old = f->state == BH_STATE_REVERTING || (rescuing(f, product) && !f->to_new);

    return f->primary & (old ? BH_PRIMARY_OLD : BH_PRIMARY_NEW);
}

static enum bh_act finish(const struct bh_facts *f, const struct bh_product *product)
{
    return f->primary & BH_PRIMARY_NEW &&
                   (f->state == BH_STATE_UPDATING || (product->rescue && f->to_new))
               ? BH_ACT_FINISH
               : BH_ACT_END_OLD;
}

/* An act cannot go on. If an image is whole, the act ends. If one can be put together, that is
 * done. Otherwise the act is tried again at the next boot, but not for ever if each attempt wears
 * the flash. If no attempt was left and an image was put together nevertheless, a failure of that
 * is recorded too: otherwise each boot would try the same page again. */
static enum bh_act cannot_go_on(const struct bh_facts *f, const struct bh_product *product)
{
    if (f->primary == BH_LOOK_UNKNOWN)
        return BH_ACT_CHECK_PRIMARY;
    if (f->state != BH_STATE_TRIAL && (arrived(f, product) || f->primary & BH_PRIMARY_OLD))
        return finish(f, product);
    if (product->rescue && f->search == BH_LOOK_UNKNOWN)
        return BH_ACT_SEARCH;
    if (product->rescue && f->search == BH_LOOK_GOOD)
        return BH_ACT_BEGIN_RESCUE;
    if ((f->boots_left || (product->rescue && f->begun)) && !f->counted &&
        (f->worn || f->moved || f->primary & BH_LOOK_GOOD))
        return BH_ACT_COUNT_FAILURE;
    if (f->primary & BH_LOOK_GOOD)
        return f->boots_left ? BH_ACT_START : BH_ACT_GIVE_UP;
    return BH_ACT_RECOVER;
}

/* Carry the act out, look at what came of it, end it. */
static enum bh_act carry_on(const struct bh_facts *f, const struct bh_product *product,
                            enum bh_act act)
{
    if (f->failed || (!f->moved && !f->boots_left && !(product->rescue && f->begun)))
        return cannot_go_on(f, product);
    if (!f->moved) {
        if (!product->rescue || f->begun || f->composite == BH_LOOK_GOOD)
            return act;
        if (f->composite == BH_LOOK_UNKNOWN)
            return BH_ACT_CHECK_COMPOSITE;
        return cannot_go_on(f, product);
    }
    if (f->primary == BH_LOOK_UNKNOWN)
        return BH_ACT_CHECK_PRIMARY;
    if (arrived(f, product))
        return finish(f, product);
    return cannot_go_on(f, product);
}

/* The installed image must be the one that was verified when the act began; if it is not, the old
 * image comes back. */
static enum bh_act updating(const struct bh_facts *f, const struct bh_product *product)
{
    enum bh_act act = carry_on(f, product, BH_ACT_UPDATE);

    if (!f->moved || f->failed || f->primary == BH_LOOK_UNKNOWN || act == BH_ACT_FINISH ||
        f->primary & BH_PRIMARY_OLD)
        return act;
    switch (f->backup) {
    case BH_LOOK_UNKNOWN: return BH_ACT_CHECK_BACKUP;
    case BH_LOOK_GOOD: return BH_ACT_BEGIN_REVERT;
    default: return act;
    }
}

/* Back to the old image, if it is whole: a revert that finds its source damaged would lose both
 * images. The other chip may not answer just now, so the way back is looked for in three boots;
 * then the unconfirmed image stays. */
static enum bh_act go_back(const struct bh_facts *f, const struct bh_product *product)
{
    switch (f->backup) {
    case BH_LOOK_UNKNOWN: return BH_ACT_CHECK_BACKUP;
    case BH_LOOK_GOOD: return BH_ACT_BEGIN_REVERT;
    default: break;
    }
    if (!(f->primary & BH_PRIMARY_NEW))
        return cannot_go_on(f, product);
    if (product->rescue && f->search != BH_LOOK_BAD) /* it may lie in pieces */
        return f->search == BH_LOOK_GOOD ? BH_ACT_BEGIN_RESCUE : BH_ACT_SEARCH;
    return f->no_way_back && !f->boots_left ? BH_ACT_KEEP : BH_ACT_WAIT_FOR_BACKUP;
}

/* During a trial an application of MCUboot's may have staged another image over the way back and
 * asked for it. Then it is tried, with the running image as the way back, as MCUboot does. */
static bool another_asked(const struct bh_facts *f, const struct bh_product *product)
{
    return product->mailbox && f->request != BH_REQUEST_NONE && f->backup != BH_LOOK_GOOD &&
           f->staged != BH_LOOK_BAD;
}

static enum bh_act try_another(const struct bh_facts *f)
{
    if (f->backup == BH_LOOK_UNKNOWN)
        return BH_ACT_CHECK_BACKUP;
    return f->staged == BH_LOOK_UNKNOWN ? BH_ACT_CHECK_STAGED : BH_ACT_BEGIN_UPDATE;
}

static enum bh_act trial(const struct bh_facts *f, const struct bh_product *product)
{
    if (f->primary == BH_LOOK_UNKNOWN)
        return BH_ACT_CHECK_PRIMARY;
    if ((f->primary & (BH_PRIMARY_OLD | BH_PRIMARY_NEW)) == BH_PRIMARY_OLD)
        return BH_ACT_END_OLD; /* a person put it back */
    if (product->mailbox && f->confirmed)
        return BH_ACT_CONFIRM;
    if (!(f->primary & BH_PRIMARY_NEW))
        return go_back(f, product);
    if (f->started)
        return BH_ACT_START;
    if (another_asked(f, product))
        return try_another(f);
    if (product->mailbox && f->unclear)
        return BH_ACT_KEEP;
    return f->boots_left && !f->no_way_back ? BH_ACT_COUNT_START : go_back(f, product);
}

/* In the middle of an act. What somebody wrote into primary meanwhile counts. */
static enum bh_act in_act(const struct bh_facts *f, const struct bh_product *product)
{
    if (f->state != BH_STATE_TRIAL && !f->begun && !f->moved && f->primary == BH_LOOK_UNKNOWN)
        return BH_ACT_CHECK_PRIMARY;
    if (f->primary & BH_PRIMARY_OTHER && !f->moved) {
        if (f->primary & BH_LOOK_GOOD)
            return BH_ACT_REPLACE;
        if (product->rescue) /* some of a set: the others follow */
            return cannot_go_on(f, product);
    }
    if (rescuing(f, product))
        return carry_on(f, product, BH_ACT_RESCUE);
    switch (f->state) {
    case BH_STATE_UPDATING: return updating(f, product);
    case BH_STATE_REVERTING: return carry_on(f, product, BH_ACT_REVERT);
    default: return trial(f, product);
    }
}

/* The journal cannot be written. An image can be put together nevertheless: after a cut this begins
 * again, whatever the journal contains. */
static enum bh_act unwritten(const struct bh_facts *f, const struct bh_product *product, bool quiet)
{
    bool act = !quiet && f->state != BH_STATE_TRIAL;
    bool tried = f->moved || f->failed || f->search == BH_LOOK_BAD || arrived(f, product);

    if (f->primary == BH_LOOK_UNKNOWN)
        return BH_ACT_CHECK_PRIMARY;
    if (act && !f->counted) { /* there may be room for one record that ends it */
        if (f->primary & BH_PRIMARY_OLD)
            return BH_ACT_END_OLD;
        if (f->primary & BH_LOOK_GOOD && (tried || !product->rescue))
            return BH_ACT_GIVE_UP;
    }
    if (f->primary & BH_LOOK_GOOD && (!act || tried || !product->rescue || f->counted))
        return BH_ACT_START;
    if (f->moved || f->failed || !(quiet || product->rescue))
        return BH_ACT_RECOVER;
    return rescuing(f, product) && f->begun ? BH_ACT_RESCUE : restore(f, product);
}

static enum bh_act choose(const struct bh_facts *f, const struct bh_product *product)
{
    bool quiet = f->state <= BH_STATE_REQUESTED; /* no journal, idle, or asked for */

    if (f->locked || (BH_FLASH_BEFORE && f->later)) /* nothing may be written at all */
        return f->locked && !quiet ? BH_ACT_RECOVER : start_or(f, BH_ACT_RECOVER);
    if (f->journal_dead)
        return unwritten(f, product, quiet);
    if (!quiet)
        return in_act(f, product);
    return f->state == BH_STATE_NONE ? no_journal(f, product) : idle(f, product);
}

/* Not inlined: what follows would be made once for each act. */
__attribute__((noinline)) enum bh_act bh_boot_decide(const struct bh_facts *f,
                                                     const struct bh_product *product)
{
    enum bh_act act = choose(f, product);

    return act == BH_ACT_START && !f->at_hand ? BH_ACT_CHECK_PRIMARY : act;
}
