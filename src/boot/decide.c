/* SPDX-License-Identifier: Apache-2.0 */
/* What to do next, from what is known. Pure: no flash, no memory of its own. Every row of the table
 * in docs/boot.md is a row of tests/boot. Nothing here fails; when nothing is left, RECOVER. */
#include "bulkhead/boot.h"

/* Primary is bad and no update accounts for it: is there a copy to be had? */
static enum bh_act restore(const struct bh_facts *f)
{
    switch (f->backup) {
    case BH_LOOK_UNKNOWN: return BH_ACT_CHECK_BACKUP;
    case BH_LOOK_GOOD: return BH_ACT_RESTORE;
    default: return BH_ACT_RECOVER;
    }
}

/* Start primary if it verifies, otherwise do this. */
static enum bh_act start_or(const struct bh_facts *f, enum bh_act otherwise)
{
    switch (f->primary) {
    case BH_LOOK_UNKNOWN: return BH_ACT_CHECK_PRIMARY;
    case BH_LOOK_GOOD: return BH_ACT_START;
    default: return otherwise;
    }
}

/* No journal: new device, or both pages lost. Nothing is written before an image has verified. */
static enum bh_act no_journal(const struct bh_facts *f)
{
    enum bh_act act = start_or(f, restore(f));

    return act == BH_ACT_START ? BH_ACT_SETTLE : act;
}

static enum bh_act idle(const struct bh_facts *f)
{
    enum bh_act act;

    if (f->request != BH_REQUEST_NONE) {
        switch (f->staged) {
        case BH_LOOK_UNKNOWN: return BH_ACT_CHECK_STAGED;
        case BH_LOOK_GOOD: return BH_ACT_BEGIN_UPDATE;
        default: return f->refused ? BH_ACT_CLEAR_REQUEST : BH_ACT_REFUSE;
        }
    }
    if (!f->settled)
        return BH_ACT_SETTLE;
    act = start_or(f, restore(f));
    return act == BH_ACT_START && f->raise_floor ? BH_ACT_RAISE_FLOOR : act;
}

/* Back to the old image, if it is whole: a revert that finds its source damaged, or the other chip
 * not answering, would lose both images. Then the unconfirmed one goes on, and each boot tries again. */
static enum bh_act go_back(const struct bh_facts *f)
{
    switch (f->backup) {
    case BH_LOOK_UNKNOWN: return BH_ACT_CHECK_BACKUP;
    case BH_LOOK_GOOD: return BH_ACT_BEGIN_REVERT;
    default: return start_or(f, BH_ACT_RECOVER);
    }
}

static enum bh_act trial(const struct bh_facts *f)
{
    if (f->confirmed)
        return BH_ACT_CONFIRM;
    if (f->started)
        return start_or(f, go_back(f));
    return f->boots_left ? BH_ACT_COUNT_START : go_back(f);
}

enum bh_act bh_boot_decide(const struct bh_facts *f)
{
    bool quiet = f->state <= BH_STATE_REQUESTED; /* no journal, idle, or asked for */

    /* The journal or the other chip fails: write no more than a restore needs, start what can be. */
    if (f->journal_dead || f->stuck)
        return start_or(f, quiet ? restore(f) : BH_ACT_RECOVER);
    switch (f->state) {
    case BH_STATE_NONE: return no_journal(f);
    case BH_STATE_UPDATING: return BH_ACT_UPDATE;
    case BH_STATE_REVERTING: return BH_ACT_REVERT;
    case BH_STATE_TRIAL: return trial(f);
    default: return idle(f);
    }
}
