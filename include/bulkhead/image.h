/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead/image.h - what an image says of itself, whatever its format.
 *
 *     enum bh_reason why = bh_image_mcuboot.decode(&view, limit, &image);
 *
 * A format is two functions. Bytes come from flash and are hostile: every length is checked
 * against `limit` before it is used, and decoding never fails in any other way than by a reason. */
#ifndef BULKHEAD_IMAGE_H
#define BULKHEAD_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "bulkhead/error.h"
#include "bulkhead/flash.h"
#include "bulkhead/key.h"
#include "bulkhead/pair.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bh_extent {
    uint32_t off; /* from the start of the image */
    uint32_t len;
};

/* Formats without some of these numbers leave them 0. Compared in this order; build last and only
 * where the product says so. */
struct bh_version {
    uint8_t major, minor;
    uint16_t revision;
    uint32_t build;
};

struct bh_image {
    uint32_t len;       /* all of it: header to the end of the last TLV or signature */
    uint32_t entry_off; /* where the payload begins: on Cortex-M the vector table */
    uint32_t payload_len;
    uint32_t flags;         /* the format's own */
    uint32_t load_addr;     /* the format's own; 0 if it has none */
    uint32_t counter;       /* security counter */
    uint32_t counter_again; /* the same, loaded a second time: a skipped load left something else */
    bool has_counter;
    bool fixed;                 /* runs only where the image lies at load_addr */
    bool loaded;                /* is copied to RAM, to load_addr, and runs there */
    bool pure;                  /* signature is over the hashed bytes, not over their digest */
    uint8_t hash_id;            /* enum bh_hash_id of the digest found; 0: there is none */
    uint8_t n_hashed;           /* 1 or 2 */
    struct bh_extent hashed[2]; /* what the digest covers, in order */
    uint32_t digest_off;        /* where the digest is stored */
    struct bh_version version;
    struct bh_extent tlvs; /* the format's own: where its further entries are */
};

/* One signature of an image. */
struct bh_image_signature {
    uint8_t id;          /* enum bh_signature_id */
    uint32_t key_id_off; /* where the 32 bytes of bh_key.id are stored; 0: the image names no key */
    struct bh_extent bytes;
};

/* "image `pair` must be at least this version". */
struct bh_image_dependency {
    uint8_t pair;
    struct bh_version version;
};

struct bh_image_format {
    const char *name;
    /* Header and structure; limit: the most bytes the image may have. Fills *image, or gives a
     * reason and leaves it undefined. Hashes nothing. */
    enum bh_reason (*decode)(const struct bh_view *view, uint32_t limit, struct bh_image *image);
    /* The next signature: BH_OK, BH_ERR_ABSENT after the last, or BH_ERR_IO. rest is a copy of
     * image->tlvs at first, and what is left of it afterwards. */
    int (*signature)(const struct bh_view *view, struct bh_extent *rest,
                     struct bh_image_signature *out);
};

/* The next second signature of an image; the answer is as that of bh_image_format.signature.
 * rest is what that has left after the first good signature, and what is left of it afterwards. */
typedef int bh_second_fn(const struct bh_view *view, const struct bh_image *image,
                         struct bh_extent *rest, struct bh_image_signature *out);

/* MCUboot's images: what follows its first good signature. wolfBoot's: the
 * entries of a hybrid image. */
bh_second_fn bh_second_mcuboot, bh_second_wolfboot;

extern const struct bh_image_format bh_image_mcuboot;
/* The same, and images that are copied to RAM and run there as well. For tools, and for products
 * that load their images: bulkhead/load.h. */
extern const struct bh_image_format bh_image_mcuboot_any;
/* The index-th dependency of an MCUboot image, the one format that has them: BH_OK, BH_ERR_ABSENT
 * after the last, or BH_ERR_IO. Not linked into a bootloader of one image. */
int bh_mcuboot_dependency(const struct bh_view *view, const struct bh_image *image, unsigned index,
                          struct bh_image_dependency *out);

/* The vendor or class id of an MCUboot image (type: BH_MCUBOOT_TLV_UUID_VID or _CID), from what the
 * signature covers: BH_OK, BH_ERR_ABSENT or BH_ERR_IO. Only linked where a product demands ids. */
int bh_mcuboot_uuid(const struct bh_view *view, const struct bh_image *image, uint32_t type,
                    uint8_t out[BH_UUID_LEN]);

/* May the image run when its first byte is at address addr? */
static inline bool bh_image_runs_at(const struct bh_image *image, uint32_t addr)
{
    return !image->fixed || image->load_addr == addr;
}

/* <0, 0, >0 as a is older than, equal to, newer than b. */
int bh_version_compare(const struct bh_version *a, const struct bh_version *b, bool with_build);

#ifdef __cplusplus
}
#endif

#endif
