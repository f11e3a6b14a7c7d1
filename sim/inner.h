/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the simulator share. See flash.h for the words. */
#ifndef BULKHEAD_SIM_INNER_H
#define BULKHEAD_SIM_INNER_H

#include "sim/flash.h"

/* state[u]: the invariant that makes the common case fast is that SIM_UNIT_BLANK means blank. */
#define SIM_UNIT_BLANK 0u           /* erased and not programmed since */
#define SIM_UNIT_PROGRAMMED 0x8080u /* completely, perhaps as blank; bytes alike, for memset */
#define SIM_TEARS_MAX 0x7FFFu       /* else 1 + place of the tear in tears[] */

static inline uint32_t sim_units(const struct sim_flash *s, uint32_t len)
{
    return len / s->flash.unit;
}

static inline bool sim_unit_torn(const struct sim_flash *s, uint32_t u)
{
    return s->state[u] != SIM_UNIT_BLANK && s->state[u] <= SIM_TEARS_MAX;
}

static inline struct sim_tear *sim_unit_tear(const struct sim_flash *s, uint32_t u)
{
    return &s->tears[s->state[u] - 1u];
}

/* 64 well-mixed bits of x (the finalizer of MurmurHash3, as improved by D. Stafford, mix 13). */
static inline uint64_t sim_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* The simulation was asked for what makes no sense, or has no memory: it has no result. */
_Noreturn void sim_die(const char *why);
/* realloc, or the end of the program. */
void *sim_grow(void *old, size_t count, size_t size);

/* flash.c: common part of opening. cells are there already and erased or filled. */
int sim_flash_check(struct sim_flash *s, const struct bh_flash *geometry,
                    const struct sim_traits *traits);
void sim_flash_begin(struct sim_flash *s);

/* tear.c: how unit i of n reads. False: a read error. */
bool sim_shape_unit(const struct sim_flash *s, struct sim_reading how, uint32_t i, uint32_t n,
                    const uint8_t *before, const uint8_t *meant, uint8_t *out);
/* The reading of a tear in this boot, chosen now if it was not yet. */
struct sim_reading sim_tear_reading(struct sim_flash *s, struct sim_tear *tear);
/* The present reading of a torn unit. False: a read error. */
bool sim_tear_unit(const struct sim_flash *s, struct sim_reading how, uint32_t u, uint8_t *out);
/* The same into that part of buf (len bytes at off) which it covers. */
bool sim_tear_show(const struct sim_flash *s, uint32_t u, struct sim_reading how, uint32_t off,
                   uint8_t *buf, uint32_t len);
/* Replace torn units in what was read. False: a read error. */
bool sim_tear_read(struct sim_flash *s, uint32_t off, uint8_t *buf, uint32_t len);
/* Leave torn what a program or an erase (data NULL) of this range was doing. */
void sim_tear_range(struct sim_flash *s, uint32_t off, uint32_t len, const uint8_t *data,
                    const struct sim_cut *cut);
/* A complete program over a torn unit. */
void sim_tear_overwrite(struct sim_flash *s, uint32_t off, uint32_t len, const uint8_t *data);
/* A unit leaves the tear it may be in. */
void sim_tear_leave(struct sim_flash *s, uint32_t u);

/* power.c: count an operation that begins. Which cut, if any, meets it? */
const struct sim_cut *sim_power_begin(struct sim_power *power);
/* The cut has struck: off. Returns only if nobody waits in sim_power_run(). */
void sim_power_strike(struct sim_power *power);

/* snapshot.c: its part of opening and closing. */
void sim_past_begin(struct sim_flash *s);
void sim_past_end(struct sim_flash *s);
/* These bytes are about to change. */
void sim_past_touch(struct sim_flash *s, uint32_t off, uint32_t len);

#endif
