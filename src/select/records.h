/* SPDX-License-Identifier: Apache-2.0 */
/* otadata as the select plan keeps it: a record at the start of each of two sectors, and marks in
 * the blank rest. Private to src/select. */
#ifndef BULKHEAD_SELECT_RECORDS_H
#define BULKHEAD_SELECT_RECORDS_H

#include "bulkhead/select.h"

struct bh_records {
    struct bh_region sector[2];
    bool marks;     /* are they in use? */
    uint8_t end[2]; /* first cell of a sector after all that is not blank */
    bool fresh[2];  /* erased in this power-up: not torn */
    uint8_t erases; /* in this power-up */
    bool counts;    /* a boot: its erases are counted in the tally */
    /* Of erases that no mark was made for, in this sector. */
    uint8_t tally[2];
    bool said[2]; /* a mark about record i was made in this act, which counts its erase */
};

/* Find otadata in a table. BH_ERR_ABSENT, or BH_ERR_PRODUCT if it cannot be used. */
BH_MUST_CHECK int bh_records_open(struct bh_records *r, const struct bh_table *table,
                                  bool rollback);
/* Read records, marks, vouches and room into the facts. A sector that cannot be read is lost. */
void bh_records_read(struct bh_records *r, struct bh_select_facts *facts);
/* Carry out a decision that writes. The facts are those it was made of. */
BH_MUST_CHECK int bh_records_perform(struct bh_records *r, const struct bh_select_facts *facts,
                                     const struct bh_select_decision *d);
/* Of a product: its table, its otadata and what is in it. */
struct bh_select_place {
    struct bh_table table;
    struct bh_records records;
    struct bh_select_facts facts;
};

/* BH_ERR_PRODUCT; BH_ERR_REFUSED: no table to be trusted. Without otadata: facts.otadata is false,
 * and no error. */
BH_MUST_CHECK int bh_select_open(struct bh_select_place *p, const struct bh_select *product,
                                 const struct bh_work *work);
/* Where application index is. */
BH_MUST_CHECK int bh_select_find(const struct bh_select_place *p, int index,
                                 struct bh_partition *out);
/* Verify it. v->reason says why not. */
enum bh_select_look bh_select_verify(const struct bh_select_place *p,
                                     const struct bh_select *product, int index,
                                     const struct bh_select_inputs *inputs, struct bh_work *work,
                                     struct bh_verified *v);

#endif
