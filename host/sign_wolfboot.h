/* SPDX-License-Identifier: Apache-2.0 */
/* host/sign_wolfboot.h - make an image in wolfBoot's format.
 *
 *     struct host_wolfboot_sign s = { .version = 7, .header = 256, .hash = &bh_sha256,
 *                                     .part = BH_WOLFBOOT_PART_APPLICATION, .key = &key };
 *     if (host_sign_wolfboot(&s, payload.data, payload.len, &image, e))
 *         return e->code;
 *
 * The bytes are those of wolfBoot's own tool, but for signatures that are random. */
#ifndef HOST_SIGN_WOLFBOOT_H
#define HOST_SIGN_WOLFBOOT_H

#include <stdbool.h>

#include "bulkhead/hash.h"
#include "host/keys.h"

struct host_wolfboot_tlv {
    uint16_t tag; /* 0x0030 to 0xFEFE, no byte of it 0xFF */
    const uint8_t *data;
    uint16_t len;
};

struct host_wolfboot_sign {
    const char *input; /* its name, for messages; NULL: it has none */
    uint32_t version;
    uint32_t header; /* 256 to 16384, a power of two: never more than said */
    const struct bh_hash_algo *hash;
    uint8_t part; /* 0 to 15: BH_WOLFBOOT_PART_APPLICATION for what is started */
    bool has_time;
    uint64_t time; /* seconds since 1970 */
    const struct host_wolfboot_tlv *custom;
    size_t n_custom;
    const struct host_key *key;    /* NULL: not signed */
    const struct host_key *second; /* makes the second signature of a hybrid image; NULL: none */
    bool pss;                      /* RSA: PSS, not PKCS#1 v1.5 */
    bool encoded;             /* RSA with PKCS#1 v1.5: with a DigestInfo, not the bare digest */
    const uint8_t *signature; /* made elsewhere; the public part of key is enough then */
    size_t signature_len;
    bool digest_only; /* the result is the digest that is to be signed elsewhere */
};

int host_sign_wolfboot(const struct host_wolfboot_sign *s, const uint8_t *input, size_t len,
                       struct host_bytes *image, struct host_error *e);

/* The header that wolfBoot's own tool makes for such a key and hash: what a bootloader that was
 * built with its defaults expects. */
uint32_t host_wolfboot_header(const struct host_key *key, bool pss,
                              const struct bh_hash_algo *hash);

/* The algorithm of images by this key (NULL: none), as the image names it; 0: there is none. */
uint8_t host_wolfboot_auth(const struct host_key *key, bool pss);

#endif
