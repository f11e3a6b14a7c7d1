/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/flash.h - flash devices, regions of them, and views that join two regions.
 *
 *     struct bh_region slot = { &chip, 0x20000, 0x20000 };
 *     err = bh_region_read(&slot, 0, header, sizeof header);
 *
 * Offsets and lengths are in bytes. An offset is relative to what the first argument names.
 * Every function returns 0 or a negative enum bh_error, and touches nothing on a bad argument. */
#ifndef BULKHEAD_FLASH_H
#define BULKHEAD_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulkhead/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Largest program unit: 32 is STM32H7's 256-bit flash word, 512 LPC55's page. No buffer in the core
 * is as large: where a unit is built, the caller lends memory. */
#define BH_UNIT_MAX 512u

/* Does a driver of this program have the function of that name in bh_flash_ops? A build that
 * knows of none says 0, the same in all of a program, as cmake/firmware.cmake does: then the
 * field is not there, and nothing of what it is for is linked. */
#ifndef BH_FLASH_BEFORE
#define BH_FLASH_BEFORE 1
#endif
#ifndef BH_FLASH_BLANK
#define BH_FLASH_BLANK 1
#endif

struct bh_flash;

enum bh_flash_op { BH_FLASH_READ = 1, BH_FLASH_PROGRAM = 2, BH_FLASH_ERASE = 3 };

/* What a driver supplies. Arguments are already checked: in range, aligned to the program unit
 * (program) or to whole pages (erase). Returns 0 or BH_ERR_IO; a read that the chip's ECC rejects
 * is BH_ERR_IO, never a hang. */
struct bh_flash_ops {
    int (*read)(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len);
    int (*program)(const struct bh_flash *f, uint32_t off, const void *buf, uint32_t len);
    int (*erase)(const struct bh_flash *f, uint32_t off, uint32_t len);
    /* Only for parts whose blank pages cannot be read: are these bytes erased? 0: yes,
     * BH_ERR_COMPARE: no, or BH_ERR_IO. NULL: blank bytes read as bh_flash.erased. */
#if BH_FLASH_BLANK
    int (*blank)(const struct bh_flash *f, uint32_t off, uint32_t len);
#endif
    /* Called before each operation: the place to feed a watchdog, or to ask whether the supply is
     * good enough. 0: go on. BH_ERR_LATER: do not begin this operation; the act that needs it is
     * postponed to the next boot, and the page is not held to be bad. A read cannot be postponed,
     * whatever the answer. NULL: always go on. */
#if BH_FLASH_BEFORE
    int (*before)(const struct bh_flash *f, enum bh_flash_op op, uint32_t len);
#endif
    /* Only for flash that is on the CPU's own bus, where to read is to load and cannot fail: where
     * is off in memory? What is hashed is then not copied first. Not for flash whose ECC may report
     * an error. NULL: all is read by read(). */
    const uint8_t *(*map)(const struct bh_flash *f, uint32_t off);
};

/* A run of equal erase pages. */
struct bh_page_run {
    uint32_t count; /* pages */
    uint32_t size;  /* bytes per page */
};

/* A device. STM32F407: runs {4, 16K}, {1, 64K}, {7, 128K}; unit 4; erased 0xFF. */
struct bh_flash {
    const struct bh_flash_ops *ops;
    void *context;                  /* the driver's own */
    const struct bh_page_run *runs; /* from offset 0 up */
    uint8_t n_runs;
    uint8_t erased; /* what an erased byte reads as: 0xFF or 0x00 */
    uint16_t unit;  /* program unit: a power of two, 1 to BH_UNIT_MAX bytes */
    bool mapped;    /* can the CPU read it at base? */
    uint32_t size;  /* bytes: sum of the runs */
    uint32_t base;  /* address of offset 0, if mapped */
};

/* A page, found by bh_flash_page(). */
struct bh_page {
    uint32_t off; /* from the start of the device */
    uint32_t len;
};

/* Did the driver's before() postpone it? */
static inline bool bh_flash_postponed(int err)
{
    return BH_FLASH_BEFORE && err == BH_ERR_LATER;
}

/* Is there a blank() to be asked, since blank bytes cannot be read? */
#if BH_FLASH_BLANK
static inline bool bh_flash_has_blank(const struct bh_flash *f)
{
    return f->ops->blank != NULL;
}
#else
static inline bool bh_flash_has_blank(const struct bh_flash *f)
{
    return (void)f, false;
}
#endif

/* The page that holds off. BH_ERR_RANGE beyond the end. */
BH_MUST_CHECK int bh_flash_page(const struct bh_flash *f, uint32_t off, struct bh_page *page);

BH_MUST_CHECK int bh_flash_read(const struct bh_flash *f, uint32_t off, void *buf, uint32_t len);
/* Where these bytes are in memory, to be read there now; NULL if they cannot be. */
const uint8_t *bh_flash_map(const struct bh_flash *f, uint32_t off, uint32_t len);
/* off and len in whole units. */
BH_MUST_CHECK int bh_flash_program(const struct bh_flash *f, uint32_t off, const void *buf,
                                   uint32_t len);
/* off and len in whole pages; erases them one by one, first to last. */
BH_MUST_CHECK int bh_flash_erase(const struct bh_flash *f, uint32_t off, uint32_t len);

/* Are these bytes erased? BH_OK: yes. BH_ERR_COMPARE: no. */
BH_MUST_CHECK int bh_flash_blank(const struct bh_flash *f, uint32_t off, uint32_t len);

/* Is [off, off + len) made of whole pages? */
bool bh_flash_whole_pages(const struct bh_flash *f, uint32_t off, uint32_t len);

/* A window on one device. Copy it freely; it owns nothing. */
struct bh_region {
    const struct bh_flash *flash;
    uint32_t off; /* first byte, from the start of the device */
    uint32_t len; /* bytes */
};

/* Part of a region. The caller has checked that it lies within. */
static inline struct bh_region bh_region_part(const struct bh_region *r, uint32_t off, uint32_t len)
{
    struct bh_region part = { r->flash, r->off + off, len };

    return part;
}

BH_MUST_CHECK int bh_region_read(const struct bh_region *r, uint32_t off, void *buf, uint32_t len);
BH_MUST_CHECK int bh_region_program(const struct bh_region *r, uint32_t off, const void *buf,
                                    uint32_t len);
BH_MUST_CHECK int bh_region_erase(const struct bh_region *r, uint32_t off, uint32_t len);
BH_MUST_CHECK int bh_region_blank(const struct bh_region *r, uint32_t off, uint32_t len);

/* Memory that the caller lends: copy buffer, hash input, signature bytes, journal entries. At least
 * BH_WORK_MIN bytes and four program units of any device that is written, and a multiple of the
 * largest of these units; more is faster. Its contents do not survive any call that takes it. */
struct bh_work {
    uint8_t *buf;
    uint32_t len;
};
#define BH_WORK_MIN 512u

/* Fill dst, which is erased: len bytes from the start of src, on any devices, the rest left erased.
 * Then read back all of dst. A last part of a unit is filled with dst's erased value.
 * BH_ERR_COMPARE if dst does not read back as it should. */
BH_MUST_CHECK int bh_region_copy(const struct bh_region *dst, const struct bh_region *src,
                                 uint32_t len, struct bh_work *work);

/* Is dst what bh_region_copy() would make of it? BH_OK: yes. BH_ERR_COMPARE: no. */
BH_MUST_CHECK int bh_region_compare(const struct bh_region *dst, const struct bh_region *src,
                                    uint32_t len, struct bh_work *work);

/* Where an image lies: the bytes of head, if there is one, then those of slot from off on, and if
 * there is a rest, from the image's byte `end` on those of rest, each at its own offset there. The
 * pieces of an image in the middle of an update. Points at regions that outlive it. */
struct bh_view {
    const struct bh_region *head; /* NULL: none */
    const struct bh_region *slot;
    uint32_t off;
    const struct bh_region *rest; /* NULL: none */
    uint32_t end;
};

static inline struct bh_view bh_view_of(const struct bh_region *r)
{
    struct bh_view view = { NULL, r, 0, NULL, 0 };

    return view;
}

BH_MUST_CHECK int bh_view_read(const struct bh_view *v, uint32_t off, void *buf, uint32_t len);

/* Where these bytes are in memory, as bh_flash_map() tells; the caller has checked that they lie
 * within the slot. NULL also for a view of several pieces. */
const uint8_t *bh_view_map(const struct bh_view *v, uint32_t off, uint32_t len);

#ifdef __cplusplus
}
#endif

#endif
