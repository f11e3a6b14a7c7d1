/* SPDX-License-Identifier: Apache-2.0 */
/* host/reasons.h - what a reason of the bootloader comes from and what to do about it. The core has
 * one sentence for each (bh_reason_text()); this is the rest, for people with a screen.
 *
 *     const struct host_reason *r = host_reason(BH_REASON_FLOOR);
 *     printf("%s. %s\n", r->cause, r->remedy);
 *
 * docs/reasons.md is made of this table ('bulkhead boot explain --all'), and a test compares both
 * with enum bh_reason. */
#ifndef HOST_REASONS_H
#define HOST_REASONS_H

#include "bulkhead/error.h"

struct host_reason {
    enum bh_reason reason;
    const char *name;   /* "no-image": BH_REASON_NO_IMAGE */
    const char *cause;  /* whole sentences */
    const char *remedy; /* whole sentences: what to do */
    const char *hint;   /* the remedy in one sentence, for an error line; NULL: the remedy itself */
};

extern const struct host_reason host_reasons[]; /* in the order of numbers; name NULL ends */
/* NULL: unknown to this version. */
const struct host_reason *host_reason(uint32_t number);
/* By name, or NULL: "no-image", "NO_IMAGE" and "BH_REASON_NO_IMAGE" are one. */
const struct host_reason *host_reason_named(const char *name);
/* What to do, in one line; NULL if there is nothing to say. */
const char *host_reason_hint(uint32_t number);

/* What the journal says, in words; "unknown" for what this version does not know. */
const char *host_state_text(uint32_t state);
const char *host_outcome_text(uint32_t outcome);

#endif
