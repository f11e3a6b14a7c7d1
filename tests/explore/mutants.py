#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Planted mistakes: the engine with one thing wrong, made from the real sources.

    mutants.py list             a line each: name|file|test|product to try first|what is wrong
    mutants.py make NAME OUT    write the changed source; fails unless each text is there just once
    mutants.py caught PROGRAM   run a test that has a mistake in it: exit code 0 if it notices
    mutants.py table            all of them, as in docs/testing.md

Those of SELECTION must be caught by tests/explore/selection.c, those of UNIT by the unit test that
each names. tests/mutants.cmake makes a test of each. A text that no longer fits the source is an
error: whoever changes the engine looks at its mistakes again."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

JOURNAL, UPDATE = "src/journal/journal.c", "src/update/update.c"
DECIDE, RUN = "src/boot/decide.c", "src/boot/run.c"
PLAN, SWAP = "src/update/plan.c", "src/update/plan_swap.c"
MAILBOX, APP = "src/mailbox/mcuboot.c", "src/app/app.c"
WOLF = "src/mailbox/wolfboot.c"
DEPENDENCIES = "src/verify/dependencies.c"
DEVICE, REGION, STREAM = "src/flash/device.c", "src/flash/region.c", "src/flash/stream.c"
RECORDS, OTADATA = "src/select/records.c", "src/select/otadata.c"
SELECT_APP, SELECT_DECIDE, SELECT_RUN = "src/select/app.c", "src/select/decide.c", "src/select/run.c"
ESPRESSIF, FITS = "src/image/espressif.c", "src/image/espressif_chip.c"
TABLE, ROW, NOR = "src/table/table.c", "src/table/row.c", "src/flash/spi_nor.c"
PURE = "src/verify/pure_ed25519.c"

# name: (why, file, (old, new)...)
SELECTION = {
    # wolfBoot's trailers, and what wolfBoot itself does wrong
    "wolf-trigger-erases": (
        "a request erases the page of its trailer, and with it the image that it asks for", WOLF,
        ("if (shared(pair, slot) && !turns(t, slot))\n        return write_in_place",
         "if (shared(pair, slot) && !turns(t, slot) && says->state != BH_WOLFBOOT_UPDATING)\n"
         "        return write_in_place"),
        ("bh_region_erase(slot, slot->len - room, room);",
         "shared(pair, slot) ? bh_region_erase(slot, 0, slot->len)"
         " : bh_region_erase(slot, slot->len - room, room);")),
    "wolf-torn-trusted": (
        "a trailer that reads as it should after a torn erase or write is not written again", WOLF,
        ("    err = bh_region_erase(slot, slot->len - room, room);",
         "    uint32_t now, flags;\n"
         "    if (!look(t, pair, slot != &pair->primary, &now, &flags) && now == says->state)\n"
         "        return BH_OK;\n"
         "    err = bh_region_erase(slot, slot->len - room, room);")),
    "wolf-erase-too-low": (
        "the trailer's erase begins two sectors too low", WOLF,
        ("bh_region_erase(slot, slot->len - room, room);",
         "bh_region_erase(slot, slot->len - room - 2 * t->sector, room);")),
    "wolf-request-stays": (
        "after an update the request is not taken away", WOLF,
        ("        if (!err && !t->home)\n            err = write_update(t, &pairs[p], BH_WOLFBOOT_STATELESS);\n", "")),
    "no-refresh": (
        "what is found after a reset is acted upon without being stated again", JOURNAL,
        ("if (j->refreshed || !j->found)", "if (j->refreshed || j->found)")),
    "announcement-unseen": (
        "a number that was announced is not seen: its record may come to be readable", JOURNAL,
        ("        (void)see(j, r->page, bh_entry_seq(entry));\n", "        (void)0;\n")),
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
         "        err = bh_region_blank(&j->use.pages[other], 0, j->refresh_len);\n"
         "    if (err)\n        err = postponed(")),
    "reads-to-the-first-gap": (
        "what comes after the word that a power-up leaves blank is not read", JOURNAL,
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
    "gone-page-as-chip": (
        "a page that can neither be read nor written is taken for a chip that does not answer, and "
        "what it costs is not counted (law gives-up)", UPDATE,
        ("        back->worn = true;\n    }\n    return err;\n",
         "        back->worn |= bh_region_blank(&s->end[BH_DST].at, 0, PROBE_LEN) != BH_ERR_IO;\n"
         "    }\n    return err;\n")),
    "undo-off-by-one": (
        "a revert begins one chunk too low", RUN,
        ("    next->step = bh_plan_steps(product->plan, product->pairs, product->n_pairs, next->pair);",
         "    next->step = bh_plan_steps(product->plan, product->pairs, product->n_pairs, "
         "next->pair) - 2u;")),
    "update-one-short": (
        "the last step of an update is skipped", UPDATE,
        ("product->n_pairs, truth->pair) : 0;", "product->n_pairs, truth->pair) - 1 : 0;")),
    "copy-drops-tail": (
        "the last part of a unit is not copied", REGION,
        ("end = (len + unit - 1) & ~(unit - 1u);", "end = len / unit * unit;")),
    "no-erase": (
        "a chunk that looks blank is programmed without an erase", UPDATE,
        ("    err = bh_region_erase(dst, 0, dst->len);\n",
         "    err = bh_region_read(dst, 0, work->buf, BH_WORK_MIN / 2);\n"
         "    if (!err && !bh_all(work->buf, dst->flash->erased, BH_WORK_MIN / 2))\n"
         "        err = bh_region_erase(dst, 0, dst->len);\n")),
    "stuck-for-ever": (
        "a step that fails is tried again and again (field: a dead secondary hangs the device)",
        UPDATE, ("    while (!err && truth->step != end) {", "    while (truth->step != end) {\n"
                 "        err = BH_OK;"),
        ("            if (err)\n                return err;\n", "            (void)0;\n")),
    "tail-left": (
        "primary keeps old bytes after a shorter image", PLAN,
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
        ("    if (unconfirmed || (idle && !j.settled))\n        err = state_idle(&j);",
         "    if (idle && !j.settled)\n        err = state_idle(&j);")),
    "floor-too-early": (
        "the rollback floor is raised before the image is confirmed", RUN,
        ("    bh_boot_name(b, next->name_new);\n    next->size_old = 0;\n",
         "    bh_boot_name(b, next->name_new);\n    next->size_old = 0;\n"
         "    next->floor = b->verified.image.counter;\n")),
    "floor-too-late": (
        "a request is looked at before the floor of the image just confirmed is raised", RUN,
        ("        f->unraised = unraised(b, product);\n", "        f->unraised = false;\n")),
    "refused-silently": (
        "a request that is refused is not taken away", MAILBOX,
        ("            err = erase(&pairs[p], &pairs[p].secondary);\n    return err;",
         "            (void)pairs;\n    return err;")),
    "dead-confirms": (
        "a mailbox that cannot be read counts as confirmed (found by the explorer)", MAILBOX,
        ("            out->unclear &= ~(1u << i);\n",
         "            out->confirmed |= 1u << i;\n")),
    "stages-in-trial": (
        "the way back is overwritten during a trial", APP,
        ("(!j->found || j->truth.state == BH_STATE_IDLE || j->truth.state == BH_STATE_REQUESTED);",
         "(!j->found || j->truth.state == BH_STATE_TRIAL || j->truth.state == BH_STATE_IDLE ||\n"
         "            j->truth.state == BH_STATE_REQUESTED);")),
    "next-page-too": (
        "the driver erases the next page as well (field: the last erase hits the bootloader)",
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
        ("    b->next.boots_left -= !product->rescue || b->next.boots_left;\n", "    (void)product;\n")),
    "names-another-page": (
        "the page told is the one after the one that failed (law told)", RUN,
        ("    b->next.fault = b->back.fault;\n    b->next.reason = b->reason;",
         "    b->next.fault = b->back.fault + 0x10000u;\n    b->next.reason = b->reason;")),
    "kept-as-confirmed": (
        "an unconfirmed image that stays is told as confirmed (law told)", RUN,
        ("        leave(b, product, BH_OUTCOME_KEPT,\n"
         "              f->no_way_back ? BH_REASON_NO_WAY_BACK : BH_REASON_MAILBOX_UNCLEAR);\n",
         "        leave(b, product, BH_OUTCOME_CONFIRMED, BH_REASON_NONE);\n")),
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
        ("        j->dead = deferred(j) ? j->dead : fault;\n", ""),
        ("    return j->refreshed && room(", "    return false && room(")),
    "tried-for-good": (
        "an image asked for on trial while primary is bad is there for good, though the one that ran "
        "can be restored first (law told)", DECIDE,
        ("    if (f->bare && f->request == BH_REQUEST_TEST)\n", "    if (false)\n")),
    "restores-what-is-tried": (
        "what is asked for on trial is itself taken for a copy to restore (law told)", RUN,
        ("if (as_set || b->facts.bare || ", "if (as_set || ")),
    "backup-unlooked": (
        "what is asked for on trial is there for good, though a backup that did not run last is "
        "whole (law told)", "src/rescue/rescue.c",
        ("    if (product->plan->reverts && found(b, product, &c, ran))\n",
         "    if (product->plan->reverts && !(b->facts.bare && !ran) && "
         "found(b, product, &c, ran))\n")),
    "doomed-begun": (
        "an update without a way back begins although it needs a page that is known to fail "
        "(law kept)", "src/rescue/rescue.c",
        ("return !product->plan->reverts && blocked(b, product, &r);", "(void)r;\n    return false;")),
    "finish-forgets-page": (
        "a page that failed although it held what was wanted is not told (law kept)", RUN,
        ("    if (product->rescue && b->back.fault)\n", "    if (false)\n")),
    "blank-is-dead": (
        "a page that cannot be read because it is blank counts as a chip that does not answer "
        "(law gives-up)", UPDATE,
        ("        back->worn = true;\n    }\n    return err;\n",
         "        back->worn |= bh_region_read(&s->end[BH_DST].at, 0, work->buf, PROBE_LEN) != BH_ERR_IO;\n"
         "    }\n    return err;\n")),
    "outcome-unchecked": (
        "a record with an outcome that does not exist is believed (law told)",
        "src/product/possible.c", ("rec->outcome > BH_OUTCOME_LAST ||", "")),
    "step-unchecked": (
        "a record with a step beyond all steps is believed (laws bounds, owed)",
        "src/product/possible.c",
        ("           rec->step <= bh_plan_steps(", "           0 <= bh_plan_steps(")),
}


# name: (why, file, the unit test that catches it, (old, new)...)
UNIT = {
    # wolfBoot's trailers
    "wolf-flags-unseen": (
        "sectors that wolfBoot had begun to move do not count: what they tell is followed without a journal",
        WOLF, "wolfboot_carry_over",
        ("if ((updating && is.begun) || is.update == BH_WOLFBOOT_FINAL_FLAGS)", "if (false)")),
    "wolf-magic-unseen": (
        "a state counts without its magic", WOLF, "wolfboot_mailbox",
        ("if (err || bh_load32(bytes + TRAILER_LEN - MAGIC_LEN) != BH_WOLFBOOT_TRAILER_MAGIC)", "if (err)")),
    "wolf-other-sector": (
        "of two sectors in turn the one that does not count is read", WOLF, "wolfboot_mailbox",
        ("*second = now[0] == now[1] ?", "*second = now[0] != now[1] ?")),
    "wolf-final-inverse": (
        "with FLAGS_INVERT the last state of a swap is taken for the inverse of the other one", WOLF,
        "wolfboot_mailbox",
        ("*state ^= BH_WOLFBOOT_FINAL_FLAGS ^ FINAL_FLAGS_NOT;", "(void)0;")),
    "wolf-place-used-twice": (
        "a request is programmed over one that was taken away", WOLF, "wolfboot_mailbox",
        ("    else if (state == BH_WOLFBOOT_UPDATING)\n        return BH_ERR_ABSENT;\n", "")),
    "wolf-compat-any-part": (
        "wolfBoot_erase_partition() erases UPDATE whatever it is asked for", "src/app/wolfboot.c", "wolfboot_compat",
        ("int err = part == PART_UPDATE ?", "int err = part != 0xFE ?")),
    # several images
    "dependencies-unseen": (
        "what the images need of each other is not looked at", RUN, "binding",
        ("    if (b->refusal == BH_REASON_NONE && product->n_pairs > 1)", "    if (false)")),
    "claim-believed": (
        "the version in primary's header counts although the image there does not verify", RUN,
        "binding",
        ("if (lower != than_claim && bh_boot_good(b, product, p, &primary))",
         "if (lower != than_claim)")),
    "other-staged-ignored": (
        "an image that needs another is held against the installed one, not the staged one", RUN,
        "binding", (": bh_pair_staged(&product->pairs[p]);\n    for",
                    ": bh_pair_primary(&product->pairs[p]);\n    for")),
    "exact-version-refused": (
        "an image of just the version that is needed is not enough", DEPENDENCIES, "binding",
        ("policy->compare_build) >= 0;", "policy->compare_build) > 0;")),
    "floor-of-pair-0": (
        "the rollback floor of pair 0 is used for all pairs", RUN, "sets",
        ("&b->journal.truth.pair[bh_pair_index(p)];\n    uint32_t floor",
         "&b->journal.truth.pair[0];\n    uint32_t floor")),
    "request-adds": (
        "a request keeps the pairs of the one before", APP, "sets",
        ("j.truth.pair[p].size_new = pairs >> p & 1u;", "j.truth.pair[p].size_new |= pairs >> p & 1u;")),
    "withdraws-pair-0": (
        "staging an image again takes back the request of pair 0, whichever it is for", APP, "sets",
        ("err = withdraw(product, &j, 1u << pair);", "err = withdraw(product, &j, 1u);")),
    "cancels-pair-0": (
        "only the request of pair 0 is cancelled", APP, "sets",
        ("return withdraw(product, &j, all_pairs(product));", "return withdraw(product, &j, 1u);")),
    "asks-pair-0": (
        "a request for one pair is made for pair 0", APP, "sets",
        ("return product->mailbox->ask(product->pairs, p, request);",
         "return product->mailbox->ask(product->pairs, 0, request);")),
    "settles-pair-0": (
        "only pair 0's mailbox is told how the act ended", RUN, "sets",
        ("err = mailbox->settle(product->pairs, product->n_pairs, 1u << p, how);",
         "err = mailbox->settle(product->pairs, product->n_pairs, 1u, how);")),
    "last-pair-decides": (
        "of several requests only that of the last pair is seen", MAILBOX, "sets",
        ("&out->permanent : &out->test) |= bit;", "&out->permanent : &out->test) = bit;")),
    # MCUboot's mailbox
    "half-a-magic": (
        "half of the magic is compared", MAILBOX, "mailbox",
        ("memcmp(have, want, MAGIC_LEN) == 0", "memcmp(have, want, MAGIC_LEN / 2) == 0")),
    "any-byte-confirms": (
        "any image_ok that is not blank confirms", MAILBOX, "mailbox",
        ("    else if (p->magic == SET && p->image_ok == SET)\n        out->confirmed",
         "    else if (p->magic == SET && p->image_ok != UNSET)\n        out->confirmed")),
    "confirmed-without-magic": (
        "image_ok confirms although there is no magic", MAILBOX, "mailbox",
        ("    else if (p->magic == SET && p->image_ok == SET)\n        out->confirmed",
         "    else if (p->image_ok == SET)\n        out->confirmed")),
    "install-error-ignored": (
        "an error in writing primary's trailer is not told", MAILBOX, "mailbox",
        ("        err = write_primary(&pairs[p], p, types[how]);\n        if (!err)\n",
         "        if (write_primary(&pairs[p], p, types[how]) || true)\n")),
    "room-at-the-magic": (
        "only the magic must be blank for a request, not its flags", MAILBOX, "mailbox",
        ("    uint32_t off = field_off(pair, slot, SWAP_INFO);\n    uint32_t len = slot->len - off;",
         "    uint32_t off = slot->len - MAGIC_LEN;\n    uint32_t len = slot->len - off;")),
    "reverted-as-test": (
        "after a revert the trailer tells of a trial", MAILBOX, "mailbox",
        ("{ SWAP_TEST, SWAP_PERMANENT, SWAP_REVERT };", "{ SWAP_TEST, SWAP_PERMANENT, SWAP_TEST };")),
    # copies and staging
    "last-byte-uncompared": (
        "the last byte of a piece is not compared", REGION, "copy",
        ("if (!err && memcmp(work->buf, is, n))", "if (!err && memcmp(work->buf, is, n - 1))")),
    "staged-unread": (
        "what was staged is not read back", STREAM, "copy",
        ("if (!err && memcmp(s->back, data + i, n))", "if (false)")),
    "erases-at-the-border": (
        "an image that ends at a page's end costs the next page", STREAM, "copy",
        ("while (!s->err && s->erased < end) {", "while (!s->err && s->erased <= end) {")),
    "stages-too-much": (
        "more bytes are staged than were announced", APP, "copy",
        ("    if (len > s->left)\n        return BH_ERR_TOO_BIG;\n    err = bh_stream_write",
         "    err = bh_stream_write")),
    "ends-too-soon": (
        "staging ends well before all bytes came", APP, "copy",
        ("int err = s->left ? BH_ERR_STATE : bh_stream_close(&s->stream);",
         "int err = bh_stream_close(&s->stream);")),
    "source-unprobed": (
        "the destination is erased although the source cannot be read", UPDATE, "copy",
        ("    if (err) /* a dead source must not cost the destination an erase at every boot */\n"
         "        return err;\n", "    (void)err;\n")),
    # the journal
    "last-word-unread": (
        "the last word of an entry is not read back", JOURNAL, "journal",
        ("if (!err && memcmp(back, word, j->word_len))",
         "if (!err && word + j->word_len < back && memcmp(back, word, j->word_len))")),
    "marks-any-way": (
        "marks are followed back as well as on", JOURNAL, "journal",
        ("    if (onward && possible(", "    if ((onward || true) && possible(")),
    "no-reserve": (
        "a mark may take the room that refreshes need", JOURNAL, "journal",
        ("(!err && room(j, j->word_len + reserve(j)))", "(!err && room(j, j->word_len))")),
    "need-without-revert": (
        "the journal's room is reckoned without the revert", JOURNAL, "journal",
        ("states * refresh + 2 * steps * word", "states * refresh + steps * word")),
    "read-once": (
        "the journal is read once: what a glitch skips in a reading is missing", RUN, "told",
        ("while (is != was && --tries);", "while (is != was && tries == 0);")),
    "eight-bit-order": (
        "sequence numbers are compared in 8 bits", JOURNAL, "journal",
        ("return (int32_t)(a - b) > 0;", "return (int8_t)(a - b) > 0;")),
    # a journal of which both halves are worn
    "mailbox-worn-for-nothing": (
        "the mailbox is written at each boot for an act whose end cannot be stated", RUN, "halves",
        ("    return !err && !b->facts.journal_dead;\n", "    return true;\n")),
    "whole-and-copied-again": (
        "what an act leads to is whole in primary, and is copied there at each boot since that cannot "
        "be stated", DECIDE, "halves",
        (" || f->search == BH_LOOK_BAD || arrived(f, product);", " || f->search == BH_LOOK_BAD;")),
    # a board that postpones
    "postponed-as-failed": (
        "a step that the board postpones is held to be one that failed", UPDATE, "later",
        ("    if (err && !bh_flash_postponed(err))\n", "    if (err)\n"),
        ("    if (err == BH_OK || bh_flash_postponed(err))\n        return err;\n",
         "    if (err == BH_OK)\n        return err;\n")),
    "postponed-goes-on": (
        "the journal is written on after the board postponed a part of it", JOURNAL, "later",
        ("        j->later = err;\n", "        j->later = BH_OK;\n")),
    "postponed-unheard": (
        "a boot acts on after the board postponed a write", RUN, "later",
        ("    if (!bh_flash_postponed(err))\n        return false;\n    b->facts.later = true;\n",
         "    if (!bh_flash_postponed(err))\n        return false;\n    b->facts.later = false;\n")),
    # what is told, and policy
    "carried-out-refused": (
        "what is installed for good is told as refused if the request cannot be taken away", RUN,
        "told",
        ("              : b->verified.reason == BH_REASON_NO_IMAGE))", "              : false))")),
    "wrong-revert-reason": (
        "a new image that went bad is told as not confirmed", RUN, "told",
        (": b->facts.primary == BH_LOOK_BAD ? BH_REASON_PRIMARY_BAD\n",
         ": b->facts.primary == BH_LOOK_BAD ? BH_REASON_NOT_CONFIRMED\n")),
    "failed-restore-done": (
        "a restore that failed is told as done", RUN, "told",
        ("    b->next.reason = BH_REASON_PRIMARY_BAD;\n    if (err) {",
         "    b->next.reason = BH_REASON_PRIMARY_BAD;\n    if (false) {")),
    "any-address": (
        "an image that is linked for another address is started", RUN, "told",
        ("    else if (!bh_image_runs_at(", "    else if (false && !bh_image_runs_at(")),
    # A/B by otadata
    "replaces-without-over": (
        "a choice goes over a record that was given up, and the other sector does not say so", RECORDS,
        "select_traces", ("    if (bh_ota_whole(old) && old->seq != d->seq &&", "    if (false &&")),
    "resets-in-any-order": (
        "the record that counts is erased first, and a cut leaves the other one", RECORDS,
        "select_traces", ("int last = bh_ota_active(f->records) == 1, err = BH_OK;",
                          "int last = bh_ota_active(f->records) != 1, err = BH_OK;")),
    "reset-leaves-marks": (
        "marks beside a record that remains bring back the choice that was erased", RECORDS,
        "select_traces", ("if (remains(r, f, !copy) && f->marks", "if (false && f->marks")),
    "reset-erases-the-untried": (
        "the torn erase of a choice that was never tried leaves one that needs no trial", RECORDS,
        "select_traces", ("        if (untried(r, f, copy)) {", "        if (false) {")),
    "marks-in-a-torn-sector": (
        "a mark goes into a sector whose erase was torn", RECORDS, "select_traces",
        ("    if (!r->fresh[sector] && !bh_ota_whole(&f->records[sector]) &&\n", "    if (false &&\n")),
    "begins-in-a-torn-sector": (
        "a trial begins beside a sector whose erase was torn, and which still has marks", RECORDS,
        "select_traces", ("    if (torn && bh_ota_whole(&f->records[d->copy]))",
                          "    if (false && torn)")),
    "one-column": (
        "a mark goes where one of another kind was torn", RECORDS, "select_traces",
        ("    while ((at - 1) % ROW != columns[kind])", "    while (at % 1 != columns[kind] * 0u)")),
    "erases-uncounted": (
        "an erase at boot that no mark announces is not counted", RECORDS, "select_traces",
        ("tally(r, f) + !r->said[sector]);", "tally(r, f));")),
    "tally-not-carried-over": (
        "the tally is lost with the sector that it is in", RECORDS, "select_traces",
        ("    if (!err && d->state == BH_OTA_NEW)\n", "    if (false)\n")),
    "never-full": (
        "with a full tally an erase is done all the same", RECORDS, "select_traces",
        ("        return program_cell(r, sector, at, cell);\n    }\n    return BH_ERR_FULL;",
         "        return program_cell(r, sector, at, cell);\n    }\n    return BH_OK;")),
    "choice-not-settled": (
        "an update erases the mark that alone says that what runs is confirmed", SELECT_APP,
        "select_traces", ("standing(p, counts) != BH_STANDS_KEEP)\n        return BH_OK;",
                          "true)\n        return BH_OK;")),
    "superseded-tried": (
        "a choice that another one replaced gets a trial", SELECT_DECIDE, "select_traces",
        ("    return copy != c->top && (s", "    return false && (s")),
    "stale-verdict": (
        "what was verified before others is started without being verified again", SELECT_RUN,
        "select_traces", ("    if (r->looked != index)\n", "    if (false)\n")),
    "floor-in-any-state": (
        "an application that is not confirmed raises the floor", SELECT_RUN, "select_traces",
        ("    if (bh_ota_whole(&f->records[top]) && f->records[top].state == BH_OTA_VALID &&",
         "    if (bh_ota_whole(&f->records[top]) &&")),
    "rejects-without-floor": (
        "an application below the floor counts as one to go to", SELECT_APP, "select_traces",
        ("bh_select_verify(p, product, i, inputs, work, &v) == BH_APP_GOOD)",
         "bh_select_verify(p, product, i, &(struct bh_select_inputs){ 0 }, work, &v) == BH_APP_GOOD)")),
    "slot-of-no-length": (
        "a slot of length 0 counts", SELECT_RUN, "select_traces",
        ("return !err && out->len == 0 ? BH_ERR_ABSENT : err;", "return err;")),
    "otadata-of-any-length": (
        "otadata need not be two sectors", RECORDS, "select_traces",
        ("p.len != BH_OTADATA_LEN || ", "")),
    "erased-to-zeros": (
        "flash that erases to 0x00 is taken for what it is not", RECORDS, "select_traces",
        ("flash->erased != ERASED || ", "")),
    "fallback-of-none": (
        "nothing is looked for when the choice does not verify", SELECT_DECIDE, "select_decide",
        ("    int index = instead(c, c->slot, c->slot);", "    int index = BH_ESP_NONE;")),
    "otadata-erased-in-any-order": (
        "the record that counts is erased first", OTADATA, "otadata",
        ("    int last = o->active == 1;", "    int last = o->active != 1;")),
    "spoils-nothing": (
        "a record is erased with its checksum intact: torn in the state, it counts again", OTADATA,
        "select_traces", ("    return bh_ota_whole(&r) ? bh_region_program(", "    return false ? bh_region_program(")),
    # Espressif's images and tables
    "first-block-only": (
        "only the first signature block of the sector is looked at", ESPRESSIF, "image_espressif",
        ("    while (err == BH_ERR_ABSENT && rest->len", "    if (err == BH_ERR_ABSENT && rest->len")),
    "sector-of-first-block": (
        "a sector whose first block is none counts as unsigned", ESPRESSIF, "image_espressif",
        ("i < BH_ESPRESSIF_BLOCKS; i++)", "i < 1; i++)")),
    "any-hash-flag": (
        "any hash flag that is not 0 means a digest", ESPRESSIF, "image_espressif",
        ("h[BH_ESPRESSIF_OFF_HASH] == 1)", "h[BH_ESPRESSIF_OFF_HASH])")),
    "any-descriptor": (
        "a descriptor without its magic is one", ESPRESSIF, "image_espressif",
        ("    if (bh_load32(d) != BH_ESPRESSIF_APP_MAGIC)\n        return BH_REASON_NONE;\n", "")),
    "seventeen-segments": (
        "an image may have a segment too many", ESPRESSIF, "image_espressif",
        ("*out <= BH_ESPRESSIF_SEGMENTS_MAX ?", "*out <= BH_ESPRESSIF_SEGMENTS_MAX + 1 ?")),
    "segments-of-any-length": (
        "a segment's length need not be a multiple of 4", ESPRESSIF, "image_espressif",
        ("    if (out->len % 4 || out->len", "    if (out->len")),
    "any-chip": (
        "an image for another chip is started", FITS, "select_traces",
        ("    if (bh_load16(h + BH_ESPRESSIF_OFF_CHIP) != chip->id)\n        return BH_REASON_CHIP;\n",
         "")),
    "any-checksum": (
        "the XOR checksum is not looked at", FITS, "select_traces",
        ("           : sum == 1         ? BH_REASON_CHECKSUM\n",
         "           : sum == 1         ? BH_REASON_NONE\n")),
    "any-subtype": (
        "a row of the bootloader's type is its own place whatever its subtype", TABLE, "table",
        (" && p->subtype == BH_PRIMARY;", ";")),
    "any-end": (
        "a table may end with a row that is only half erased", ROW, "table",
        (" && row[AT_SUBTYPE] == 0xFF ?", " ?")),
    # serial NOR
    "mode-without-enable": (
        "4-byte addresses are entered without write enable, which some chips want", NOR, "spi_nor",
        ("    int err = write_enable(nor);\n\n    return err ? err : send(nor, opcode);",
         "    return send(nor, opcode);")),
    "nobody-is-ready": (
        "a status of 0xFF, where there is no chip, is an answer", NOR, "spi_nor",
        ("        if (err || status == STATUS_NOBODY)", "        if (err)"),
        ("    return status != STATUS_NOBODY && (status & STATUS_WEL)",
         "    return (status & STATUS_WEL)")),
    "id-of-zeros": (
        "an identification of zeros is a chip", NOR, "spi_nor",
        (" || (id[0] == 0 && id[1] == 0))", ")")),
    "erase-unaligned": (
        "a way to erase that begins before the page is taken", NOR, "spi_nor",
        ("size <= len && off % size == 0 &&", "size <= len &&")),
    "erase-unread": (
        "an erase that changed nothing is a success", NOR, "spi_nor",
        ("        if (!err)\n            err = is_blank(f, off, n);\n", "")),
    "mode-unproven": (
        "no read proves that an address means what it should", NOR, "spi_nor",
        ("    err = prove(f);\n    if (err == BH_ERR_ABSENT &&", "    if (err == BH_ERR_ABSENT &&")),
    "left-in-four-bytes": (
        "a chip that was left with 4-byte addresses is not taken back", NOR, "spi_nor",
        ("    int err = wide ? enter_4byte(nor, told) : leave_4byte(nor, told);",
         "    int err = wide ? enter_4byte(nor, told) : BH_OK;")),
    "reads-while-busy": (
        "a chip that is busy is read", NOR, "spi_nor",
        ("    if (!nor->addr_len || finish(nor, PROGRAM_POLLS))", "    if (!nor->addr_len)")),
    "two-byte-erases": (
        "a chip may say that it erases two bytes", NOR, "spi_nor",
        ("log2 >= ERASE_LOG2_MIN && log2 < 32", "log2 < 32")),
    "pages-beyond-the-chip": (
        "pages may be larger than the chip", NOR, "spi_nor",
        ("way < 0 || run->size > f->size ||", "way < 0 ||")),
    "no-reset": (
        "a chip that offers a reset is not reset", NOR, "spi_nor",
        ("    if (!(told->word16 & SOFT_RESET))\n", "    if (true)\n")),
    # chips that do not answer
    "first-chunk-only": (
        "of a slot only the first chunk is asked whether its chip answers: with that one and another one gone, "
        "what an attempt costs is not counted", UPDATE, "steps",
        ("    while (off < part->len && bh_region_blank(part, off, PROBE_LEN) == BH_ERR_IO)\n",
         "    if (bh_region_blank(part, off, PROBE_LEN) == BH_ERR_IO)\n"),
        ("        off += pair->chunk;\n    return", "        off = part->len;\n    return")),
    "silence-stated": (
        "a step towards a chip that does not answer costs the journal a statement at each boot", UPDATE, "steps",
        ("silence > s.end[BH_DST].at.len)", "silence > UINT32_MAX - 1)")),
    "one-chunk-unhealed": (
        "a torn page that cannot be read and is all of its slot is not written any more", UPDATE, "steps",
        ("            if (silence > s.end[BH_DST].at.len)", "            if (silence)")),
    # signatures and streams
    "first-extent-only": (
        "of an image's two pieces only the first is signed", PURE, "pure",
        ("for (uint8_t i = 0; i < image->n_hashed; i++) {", "for (uint8_t i = 0; i < 1; i++) {")),
    "closes-without-pad": (
        "the last unit of a stream is filled up with what was in memory", STREAM, "copy",
        ("    memset(s->unit + s->held, s->region.flash->erased, unit - s->held);\n", "")),
    "goes-on-after-an-error": (
        "a stream writes on after its first error", STREAM, "copy",
        ("    int err = s->err;\n\n    if (err)\n        return err;\n    if (!bh_within",
         "    int err = BH_OK;\n\n    if (!bh_within"),
        ("    int err = bh_stream_erase(s, off + len);\n",
         "    int err = (s->err = BH_OK, bh_stream_erase(s, off + len));\n")),
}

# The product on which the explorer's selection meets a mistake first: it begins there, and goes on with
# all others, so that a name that is wrong here or missing costs time and nothing else.
SOONEST = {
    "small1": ["no-refresh", "announcement-unseen", "no-skip", "no-guard", "low-number"],
    "tiny1": ["no-ack", "ghost-ignored", "trusts-blank-page", "replaced-unseen", "tried-for-good"],
    "option": ["optional-demanded", "optional-unreadable"],
    "save1": ["no-erase", "stuck-for-ever", "never-rescues", "any-backup", "names-another-page",
              "kept-as-confirmed", "backup-unlooked", "gone-page-as-chip"],
    "saveover": ["doomed-begun", "finish-forgets-page"],
    "savemail3": ["tail-left"],
    "wolf1": ["wolf-trigger-erases", "wolf-request-stays"],
    "wolf2": ["wolf-erase-too-low"],
    "wolf3": ["wolf-torn-trusted"],
    "mail2": ["never-reverts", "reverts-unverified", "refused-silently"],
}


def of(name):
    """(why, file, test, changes)"""
    if name in UNIT:
        why, file, test, *changes = UNIT[name]
        return why, file, test, changes
    why, file, *changes = SELECTION[name]
    return why, file, "explore_selection", changes


def mutated(name):
    _, file, _, changes = of(name)
    text = (ROOT / file).read_text()
    for old, new in changes:
        n = text.count(old)
        if n != 1:
            sys.exit(f"mutants.py: {name}: {file} has this text {n} times, not once:\n{old}\n"
                     "The engine has changed: plant the mistake in it as it is now.")
        text = text.replace(old, new)
    return text


def caught(*program):
    """A cmocka program must run to its end or crash; that it cannot be started is no catch."""
    try:
        ran = subprocess.run(program, capture_output=True, text=True, errors="replace", timeout=60)
    except subprocess.TimeoutExpired:
        print("caught: it does not end")
        return 0
    except OSError as e:
        print(f"cannot be run: {e}")
        return 1
    by = sorted({line.split("]")[1].strip() for line in ran.stderr.splitlines()
                 if line.startswith("[  FAILED  ]") and "test(s)" not in line})
    if not by and ran.returncode >= 0:
        print(f"not caught (exit code {ran.returncode}): write a test that notices the mistake")
        return 1
    print("caught:", ", ".join(by) or f"signal {-ran.returncode}")
    return 0


def table():
    """The lines of docs/testing.md between its marks."""
    lines = ["| planted mistake | what is wrong | in | caught by |", "|---|---|---|---|"]
    for name in [*SELECTION, *UNIT]:
        why, file, test, _ = of(name)
        lines.append(f"| `{name}` | {why} | `{file}` | `{test}` |")
    return "\n".join(lines) + "\n"


def main(verb, *rest):
    if verb == "list":
        for name in [*SELECTION, *UNIT]:
            why, file, test, _ = of(name)
            soonest = next((p for p, names in SOONEST.items() if name in names), "-")
            print(name, file, test, soonest, why, sep="|")
    elif verb == "make":
        pathlib.Path(rest[1]).write_text(mutated(rest[0]))
    elif verb == "caught":
        return caught(*rest)
    elif verb == "table":
        print(table(), end="")
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:] or ["help"])))
