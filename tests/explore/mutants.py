#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Planted mistakes: the engine with one thing wrong, made from the real sources.

    mutants.py names            one name a line
    mutants.py make NAME OUT    write the changed source; fails unless each text is there just once
    mutants.py file NAME        which source it changes
    mutants.py why NAME         what is wrong with it

Each must be caught by tests/explore/selection.c. A text that no longer fits the source is an error:
whoever changes the engine looks at its mistakes again."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

JOURNAL, UPDATE = "src/journal/journal.c", "src/update/update.c"
DECIDE, RUN = "src/boot/decide.c", "src/boot/run.c"
PLAN, SWAP = "src/update/plan.c", "src/update/plan_swap.c"
MAILBOX, APP = "src/mailbox/mcuboot.c", "src/app/app.c"
DEVICE, REGION, STREAM = "src/flash/device.c", "src/flash/region.c", "src/flash/stream.c"

# name: (why, file, (old, new)...)
MUTANTS = {
    "no-refresh": (
        "what is found after a reset is acted upon without being stated again", JOURNAL,
        ("if (j->refreshed || !j->found)", "if (j->refreshed || j->found)")),
    "announcement-unseen": (
        "a number that was announced is not seen: its record may come to be readable", JOURNAL,
        ("        see(j, r->page, bh_entry_seq(entry));\n", "        (void)0;\n")),
    "no-skip": (
        "the first entry after a reset goes where a torn unit may only look blank", JOURNAL,
        ("j->next == 0 ? 0 : j->word_len;", "j->next == 0 ? 0 : 0;")),
    "erase-own-page": (
        "the page with the truth is erased for the next record", JOURNAL,
        ("bh_region_erase(&j->use.pages[other], 0, j->use.pages[other].len)",
         "bh_region_erase(&j->use.pages[j->page], 0, j->use.pages[other].len)")),
    "no-guard": (
        "the other page is erased before the truth was stated again in this one", JOURNAL,
        ("    int err = restate(j);\n\n    if (err)\n", "    int err = BH_OK;\n\n    if (err)\n")),
    "no-ack": (
        "idle is believed settled by a copy that nothing proves complete: a confirm written once",
        JOURNAL,
        ("? BH_PART_ACK : BH_PART_TWIN;", "? BH_PART_TWIN : BH_PART_TWIN;"),
        ("    j->settled = false;\n", "    j->settled = rec.state == BH_STATE_IDLE;\n")),
    "ghost-ignored": (
        "a boot is silent although a newer record may come to be readable", JOURNAL,
        ("    j->settled = j->settled && j->last_seq == j->truth.seq;\n", "")),
    "trusts-blank-page": (
        "a page that looks blank is not erased before use, though its erase may have been torn",
        JOURNAL,
        ("    if (!err)\n        err = postponed(",
         "    if (!err)\n"
         "        err = bh_region_blank(&j->use.pages[other], 0, j->entry_len);\n"
         "    if (err)\n        err = postponed(")),
    "reads-to-the-first-gap": (
        "what stands behind the word that a power-up leaves blank is not read", JOURNAL,
        ("off <= end + reserve(j);", "off <= end;")),
    "low-number": (
        "a new record's number is only above the truth's, not above all that is readable", JOURNAL,
        ("    j->last_seq++; /* used up", "    j->last_seq = j->truth.seq + 1; /* used up")),
    "turn-without-record": (
        "the journal turns to an erased page and states nothing there", JOURNAL,
        ("        err = append(j, rec, 0);\n", "        (void)rec;\n")),
    "mark-first": (
        "a step is marked before it is done", UPDATE,
        ("        if (!err && !s.idle) {\n",
         "        if (err == BH_OK)\n            err = bh_journal_mark(journal, up ? k + 1 : k);\n"
         "        if (!err && !s.idle) {\n"),
        ("        if (!err)\n            err = bh_journal_mark(journal, up ? k + 1 : k);\n", "")),
    "skip-after-reset": (
        "a chunk that looks right is not written, though the last cut may have torn it", UPDATE,
        ("    bool fresh = false, up", "    bool fresh = true, up")),
    "undo-off-by-one": (
        "a revert begins one chunk too low", RUN,
        ("    next->step = bh_plan_steps(product->plan, product->pairs, product->n_pairs, next->pair);",
         "    next->step = bh_plan_steps(product->plan, product->pairs, product->n_pairs, "
         "next->pair) - 2u;")),
    "update-one-short": (
        "the last step of an update is left out", UPDATE,
        ("product->n_pairs, truth->pair) : 0;", "product->n_pairs, truth->pair) - 1 : 0;")),
    "copy-drops-tail": (
        "the last part of a unit is not copied", REGION,
        ("end = bh_round_up(len, unit);", "end = len / unit * unit;")),
    "no-erase": (
        "a chunk that looks blank is programmed without an erase", UPDATE,
        ("    err = bh_region_erase(&s->dst, 0, s->dst.len);\n",
         "    err = bh_region_read(&s->dst, 0, work->buf, BH_WORK_MIN / 2);\n"
         "    if (!err && !bh_all(work->buf, s->dst.flash->erased, BH_WORK_MIN / 2))\n"
         "        err = bh_region_erase(&s->dst, 0, s->dst.len);\n")),
    "stuck-for-ever": (
        "a step that fails is tried again and again (field: a dead secondary hangs the device)",
        UPDATE, ("    while (!err && truth->step != end) {", "    while (truth->step != end) {\n"
                 "        err = BH_OK;"),
        ("            if (err)\n                return err;\n", "            (void)0;\n")),
    "tail-left": (
        "primary keeps old bytes behind a shorter image", PLAN,
        ("    out->idle = !to_p && out->len == 0;", "    out->idle = out->len == 0;")),
    "wrong-cell": (
        "the new image is taken from one chunk too early", SWAP,
        ("out->l = k / 2 + out->new_image;", "out->l = k / 2;")),
    "never-reverts": (
        "a trial never ends (field: a revert is lost, the unconfirmed image stays)", RUN,
        ("        next->boots_left--;\n        f->started = true;", "        f->started = true;")),
    "reverts-unverified": (
        "a revert begins although the old image is not whole (found by the explorer)", DECIDE,
        ("    case BH_LOOK_UNKNOWN: return BH_ACT_CHECK_BACKUP;\n"
         "    case BH_LOOK_GOOD: return BH_ACT_BEGIN_REVERT;\n"
         "    default: break;\n",
         "    case BH_LOOK_UNKNOWN: return BH_ACT_BEGIN_REVERT;\n"
         "    case BH_LOOK_GOOD: return BH_ACT_BEGIN_REVERT;\n"
         "    default: break;\n")),
    "confirm-unwritten": (
        "a confirm is answered done, and is not stated in the journal", APP,
        ("    if (trial || (j.truth.state == BH_STATE_IDLE && !j.settled))\n        err = state_idle(&j);",
         "    if (j.truth.state == BH_STATE_IDLE && !j.settled)\n        err = state_idle(&j);")),
    "floor-too-early": (
        "the rollback floor is raised before the image is confirmed", RUN,
        ("    bh_boot_name(b, next->name_new);\n",
         "    bh_boot_name(b, next->name_new);\n"
         "    next->floor = b->verified.image.counter;\n")),
    "refused-silently": (
        "a request that is refused is not taken away", MAILBOX,
        ("            err = erase(&pairs[p], &pairs[p].secondary);\n    return err;",
         "            (void)pairs;\n    return err;")),
    "dead-confirms": (
        "a mailbox that cannot be read counts as confirmed (found by the explorer)", MAILBOX,
        ("        else if (t.good && t.image_ok == FLAG_SET)\n",
         "        if (err || (t.good && t.image_ok == FLAG_SET))\n")),
    "stages-in-trial": (
        "the way back is overwritten during a trial", APP,
        ("(!j->found || j->truth.state == BH_STATE_IDLE || j->truth.state == BH_STATE_REQUESTED);",
         "(!j->found || j->truth.state == BH_STATE_TRIAL || j->truth.state == BH_STATE_IDLE ||\n"
         "            j->truth.state == BH_STATE_REQUESTED);")),
    "next-page-too": (
        "the driver erases the page behind as well (field: the last erase hits the bootloader)",
        DEVICE,
        ("            err = f->ops->erase(f, off, page.len);",
         "            err = f->ops->erase(f, off, off + 2 * page.len <= f->size ? 2 * page.len\n"
         "                                                                     : page.len);")),
    "off-by-a-region": (
        "offsets count from the device's start, not the region's", REGION,
        ("bh_flash_erase(r->flash, r->off + off, len)", "bh_flash_erase(r->flash, off, len)")),
    "stream-twice": (
        "staging programs its last unit twice", STREAM,
        ("    return program(s, s->unit, unit);\n}",
         "    if (program(s, s->unit, unit))\n        return BH_ERR_IO;\n"
         "    s->written -= unit;\n    return program(s, s->unit, unit);\n}")),
    # pages that go bad, hands that write
    "never-rescues": (
        "an act that cannot go on puts nothing together (law rescued)", DECIDE,
        ("    if (product->rescue && f->search == BH_LOOK_GOOD)\n        return BH_ACT_BEGIN_RESCUE;\n",
         "")),
    "replaced-unseen": (
        "an image that a person wrote into primary in mid-act is not started (law owed)", DECIDE,
        ("    if (f->primary & BH_PRIMARY_OTHER && !f->moved) {", "    if (f->primary & 0u) {")),
    "any-backup": (
        "a backup that is not the old image of the record is a way back (law rollback)", RUN,
        ("            !(as_set ? bh_boot_identity(b, product, p) & BH_PRIMARY_OLD",
         "            !(as_set ? true")),
    "tries-for-ever": (
        "an attempt that fails is not counted (law gives-up)", RUN,
        ("    b->next.boots_left--;\n    b->next.fault = b->back.fault;", "    b->next.fault = b->back.fault;")),
    "names-another-page": (
        "the page told is the one behind the one that failed (law told)", RUN,
        ("    b->next.fault = b->back.fault;\n    b->next.reason = b->reason;",
         "    b->next.fault = b->back.fault + 0x10000u;\n    b->next.reason = b->reason;")),
    "kept-as-confirmed": (
        "an unconfirmed image that stays is told as confirmed (law told)", RUN,
        ("BH_OUTCOME_KEPT, BH_REASON_NO_WAY_BACK", "BH_OUTCOME_CONFIRMED, BH_REASON_NONE")),
    "optional-demanded": (
        "a pair that was never provisioned keeps the others from starting (law starts)", RUN,
        ("    return product->pairs[p].optional &&\n", "    return false &&\n")),
    "optional-unreadable": (
        "a page that cannot be read in the slot of an optional image that was never there keeps the "
        "others from starting (law starts)", RUN,
        ("           (why == BH_REASON_NO_IMAGE ||\n            (why == BH_REASON_READ &&\n",
         "           (why == BH_REASON_NO_IMAGE ||\n            (false &&\n")),
    "stops-where-nothing-turns": (
        "an act begins in a half of the journal that has no room for it, stops where there is no other "
        "to turn to, though the reserve would do, and tries that one again at each boot "
        "(law gives-up)", JOURNAL,
        ("2 * (steps * j->word_len + reserve(j))", "steps * 0"),
        ("        j->dead = j->later ? j->dead : fault;\n", ""),
        ("    return j->refreshed && room(", "    return false && room(")),
    "tried-for-good": (
        "an image asked for on trial while primary is bad is there for good, though the one that ran "
        "can be restored first (law told)", DECIDE,
        ("    if (f->bare && f->request == BH_REQUEST_TEST)\n", "    if (false)\n")),
    "restores-what-is-tried": (
        "what is asked for on trial is itself taken for a copy to restore (law told)", RUN,
        ("if (as_set || b->facts.bare || ", "if (as_set || ")),
    "outcome-unchecked": (
        "a record with an outcome that does not exist is believed (law told)",
        "src/product/possible.c", ("rec->outcome > BH_OUTCOME_LAST ||", "")),
    "step-unchecked": (
        "a record with a step beyond all steps is believed (laws bounds, owed)",
        "src/product/possible.c",
        ("           rec->step <= bh_plan_steps(", "           0 <= bh_plan_steps(")),
}


def mutated(name):
    _, file, *changes = MUTANTS[name]
    text = (ROOT / file).read_text()
    for old, new in changes:
        n = text.count(old)
        if n != 1:
            sys.exit(f"mutants.py: {name}: {file} has this text {n} times, not once:\n{old}\n"
                     "The engine has changed: plant the mistake in it as it is now.")
        text = text.replace(old, new)
    return text


def main(verb, name=None, out=None):
    if verb == "names":
        print("\n".join(MUTANTS))
    elif verb == "file":
        print(MUTANTS[name][1])
    elif verb == "why":
        print(MUTANTS[name][0])
    else:
        folder = (ROOT / MUTANTS[name][1]).parent
        text = mutated(name)
        for private in folder.glob("*.h"):
            text = text.replace(f'#include "{private.name}"', f'#include "{private}"')
        pathlib.Path(out).write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
