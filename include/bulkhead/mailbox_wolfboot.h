/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/mailbox_wolfboot.h - wolfBoot's partition trailers as a mailbox.
 *
 *     static const struct bh_wolfboot_trailer trailer = { .sector = 0x1000 };
 *     struct bh_wolfboot_says says;
 *     int err = bh_wolfboot_look(&trailer, &pair, &says);
 *
 * A product's mailbox is defined, outside of functions, by
 * BH_MAILBOX_WOLFBOOT(mailbox, &trailer, BH_WOLFBOOT_UNIT_MAX).
 *
 * An application that is linked with wolfBoot's own library finds in the trailers what it expects,
 * and what it writes there is understood. Nothing on a device tells how its wolfBoot was built, so
 * each build option that changes the trailers is data here; the names in capitals are wolfBoot's.
 * docs/formats/mailbox-wolfboot.md has the tables. Source: wolfBoot 2.9, src/libwolfboot.c. */
#ifndef BULKHEAD_MAILBOX_WOLFBOOT_H
#define BULKHEAD_MAILBOX_WOLFBOOT_H

#include "bulkhead/mailbox.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_WOLFBOOT_TRAILER_MAGIC 0x544F4F42u /* "BOOT", u32 little endian */

/* What a partition's state says. With FLAGS_INVERT each bit is the other way round, but that
 * FINAL_FLAGS is 0xBF. */
enum bh_wolfboot_state {
    BH_WOLFBOOT_NEW = 0xFF,
    BH_WOLFBOOT_UPDATING = 0x70,    /* UPDATE: its image is asked for, or being installed */
    BH_WOLFBOOT_FINAL_FLAGS = 0x30, /* UPDATE: wolfBoot is at the last step of a swap */
    BH_WOLFBOOT_TESTING = 0x10,     /* BOOT: installed, and not confirmed */
    BH_WOLFBOOT_SUCCESS = 0x00,     /* BOOT: confirmed */
    BH_WOLFBOOT_STATELESS = 0x100,  /* there is no magic, so that the state does not count */
};

/* How applications were built. */
struct bh_wolfboot_trailer {
    uint32_t sector; /* bytes: WOLFBOOT_SECTOR_SIZE; what update_trigger() erases. Whole pages */
    uint32_t skip;   /* bytes free at the end of each partition: TRAILER_SKIP, and with ENCRYPT key
                      * and nonce: 44, 32 or 48. A multiple of the program unit */
    bool home;       /* FLAGS_HOME: both trailers are at the end of BOOT */
    bool inverted;   /* FLAGS_INVERT: for flash that is erased to 0x00 */
    bool write_once; /* NVM_FLASH_WRITEONCE: two sectors in turn, each written as a whole; only in
                      * flash that the CPU reads by itself */
};

/* What the trailers of a pair say. */
struct bh_wolfboot_says {
    uint32_t boot, update; /* enum bh_wolfboot_state, or another byte; not inverted */
    bool begun;            /* UPDATE's flags tell that a sector was moved */
};

/* BH_OK, or BH_ERR_IO: then what could not be read is STATELESS. Writes nothing. */
int bh_wolfboot_look(const struct bh_wolfboot_trailer *t, const struct bh_pair *pair,
                     struct bh_wolfboot_says *out);

/* The functions of struct bh_mailbox, with the trailer's data. */
uint32_t bh_wolfboot_room(const struct bh_wolfboot_trailer *t, const struct bh_pair *pair,
                          const struct bh_region *slot);
int bh_wolfboot_read(const struct bh_wolfboot_trailer *t, const struct bh_pair *pairs, uint32_t n,
                     struct bh_wish *out);
int bh_wolfboot_settle(const struct bh_wolfboot_trailer *t, const struct bh_pair *pairs, uint32_t n,
                       uint32_t which, enum bh_settled how);
int bh_wolfboot_clear(const struct bh_wolfboot_trailer *t, const struct bh_pair *pairs, uint32_t n,
                      uint32_t which);
int bh_wolfboot_ask(const struct bh_wolfboot_trailer *t, const struct bh_pair *pairs, uint32_t pair,
                    enum bh_request request);
int bh_wolfboot_confirm(const struct bh_wolfboot_trailer *t, const struct bh_pair *pairs,
                        uint32_t n, uint32_t which);

/* The largest program unit: two values of one unit are programmed at different times, unless a
 * sector is written as a whole. Bytes. */
#define BH_WOLFBOOT_UNIT_MAX 4u
#define BH_WOLFBOOT_UNIT_MAX_ONCE 32u

/* Defines the mailbox `name` with the trailer that t points to; units up to max. */
#define BH_MAILBOX_WOLFBOOT(name, t, max)                                                          \
    static uint32_t name##_trailer(const struct bh_pair *one, const struct bh_region *slot)        \
    {                                                                                              \
        return bh_wolfboot_room(t, one, slot);                                                     \
    }                                                                                              \
    static int name##_read(const struct bh_pair *all, uint32_t n, struct bh_wish *out)             \
    {                                                                                              \
        return bh_wolfboot_read(t, all, n, out);                                                   \
    }                                                                                              \
    static int name##_settle(const struct bh_pair *all, uint32_t n, uint32_t which,                \
                             enum bh_settled how)                                                  \
    {                                                                                              \
        return bh_wolfboot_settle(t, all, n, which, how);                                          \
    }                                                                                              \
    static int name##_clear(const struct bh_pair *all, uint32_t n, uint32_t which)                 \
    {                                                                                              \
        return bh_wolfboot_clear(t, all, n, which);                                                \
    }                                                                                              \
    static int name##_ask(const struct bh_pair *all, uint32_t which, enum bh_request request)      \
    {                                                                                              \
        return bh_wolfboot_ask(t, all, which, request);                                            \
    }                                                                                              \
    static int name##_confirm(const struct bh_pair *all, uint32_t n, uint32_t which)               \
    {                                                                                              \
        return bh_wolfboot_confirm(t, all, n, which);                                              \
    }                                                                                              \
    static const struct bh_mailbox name = { "wolfboot",  max,           name##_trailer,            \
                                            name##_read, name##_settle, name##_clear,              \
                                            name##_ask,  name##_confirm }

#ifdef __cplusplus
}
#endif

#endif
