/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/compat/wolfboot.h - wolfBoot's application calls, over bulkhead/app.h.
 *
 *     wolfBoot_erase_partition(PART_UPDATE);  then the image is written there, as ever
 *     wolfBoot_update_trigger();
 *     reset();
 *     ... and in the new image:
 *     wolfBoot_success();
 *
 * Include it in place of "wolfboot/wolfboot.h", and define the two objects below. The names,
 * arguments and states are those of wolfBoot's library (2.9, include/wolfboot/wolfboot.h). What
 * differs: no call erases the image that it is about, nor what a revert needs; calls that return
 * nothing there return 0 or a negative enum bh_error here; and PART_BOOT and PART_SWAP cannot be
 * erased. The answers are the journal's, with any mailbox of the product. docs/from-wolfboot.md has
 * the changed lines of an application. */
#ifndef BULKHEAD_COMPAT_WOLFBOOT_H
#define BULKHEAD_COMPAT_WOLFBOOT_H

#include "bulkhead/app.h"
#include "bulkhead/image_wolfboot.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PART_BOOT 0u
#define PART_UPDATE 1u
#define PART_SWAP 2u

#define IMG_STATE_NEW 0xFFu
#define IMG_STATE_UPDATING 0x70u
#define IMG_STATE_TESTING 0x10u
#define IMG_STATE_SUCCESS 0x00u

#define HDR_VERSION BH_WOLFBOOT_TLV_VERSION
#define HDR_TIMESTAMP BH_WOLFBOOT_TLV_TIMESTAMP
#define HDR_SHA256 BH_WOLFBOOT_TLV_SHA256
#define HDR_IMG_TYPE BH_WOLFBOOT_TLV_TYPE

/* The application defines these two: its product, and memory that is lent to each call. */
extern const struct bh_product *const wolfboot_product;
extern struct bh_work *const wolfboot_work;

/* Of pair 0. Ask for the image in UPDATE, on trial, at the next boot. BH_ERR_ABSENT: there is none;
 * BH_ERR_STATE: the running image is on trial. */
BH_MUST_CHECK int bh_wolfboot_app_trigger(const struct bh_product *product, struct bh_work *work);
/* Make UPDATE ready for an image: a request for it is withdrawn, and all of it is erased.
 * BH_ERR_RANGE: another partition; BH_ERR_STATE: it holds the way back of a trial. */
BH_MUST_CHECK int bh_wolfboot_app_erase(const struct bh_product *product, struct bh_work *work,
                                        uint32_t part);
/* BOOT: TESTING on trial, otherwise SUCCESS; UPDATE: UPDATING if a request waits. BH_ERR_ABSENT:
 * no state, as wolfBoot's -1; *state is as it was. */
BH_MUST_CHECK int bh_wolfboot_app_state(const struct bh_product *product, struct bh_work *work,
                                        uint32_t part, uint8_t *state);
/* The version, or the entry TYPE, of the image in BOOT or UPDATE; 0: no valid header. */
uint32_t bh_wolfboot_app_version(const struct bh_product *product, uint32_t part);
uint16_t bh_wolfboot_app_type(const struct bh_product *product, uint32_t part);
/* Find an entry in a header in memory, from its byte 8 on, as long as those of the product's
 * images: its length, and where its value is; 0 and NULL: there is none. */
uint16_t bh_wolfboot_app_find(const struct bh_product *product, const uint8_t *entries,
                              uint16_t tag, const uint8_t **value);

static inline int wolfBoot_update_trigger(void)
{
    return bh_wolfboot_app_trigger(wolfboot_product, wolfboot_work);
}

static inline int wolfBoot_success(void)
{
    return bh_app_confirm(wolfboot_product, wolfboot_work);
}

static inline int wolfBoot_erase_partition(uint8_t part)
{
    return bh_wolfboot_app_erase(wolfboot_product, wolfboot_work, part);
}

/* 0 and the state, or -1. */
static inline int wolfBoot_get_partition_state(uint8_t part, uint8_t *st)
{
    return bh_wolfboot_app_state(wolfboot_product, wolfboot_work, part, st) ? -1 : 0;
}

static inline uint32_t wolfBoot_get_image_version(uint8_t part)
{
    return bh_wolfboot_app_version(wolfboot_product, part);
}

static inline uint32_t wolfBoot_current_firmware_version(void)
{
    return wolfBoot_get_image_version(PART_BOOT);
}

static inline uint32_t wolfBoot_update_firmware_version(void)
{
    return wolfBoot_get_image_version(PART_UPDATE);
}

static inline uint16_t wolfBoot_get_image_type(uint8_t part)
{
    return bh_wolfboot_app_type(wolfboot_product, part);
}

/* haystack: byte 8 of a header. */
static inline uint16_t wolfBoot_find_header(uint8_t *haystack, uint16_t type, uint8_t **ptr)
{
    const uint8_t *value;
    uint16_t len = bh_wolfboot_app_find(wolfboot_product, haystack, type, &value);

    *ptr = value ? haystack + (value - haystack) : 0;
    return len;
}

#ifdef __cplusplus
}
#endif

#endif
