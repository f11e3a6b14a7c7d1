/* SPDX-License-Identifier: Apache-2.0 */
/* host/lms.h - LMS private keys (RFC 8554, one level, SHA-256): make and sign.
 *
 * Each signature uses up one leaf of the tree, and a leaf used twice gives the key away. So the
 * file counts: it is locked, the count is raised, written to a temporary file, synced and renamed,
 * and only then is the signature made. A crash in between loses a leaf, never uses one twice. What
 * no program can prevent is a person signing with a copy or a backup of the file. */
#ifndef HOST_LMS_H
#define HOST_LMS_H

#include <stdbool.h>
#include <stdint.h>

#include "host/io.h"

#define HOST_LMS_PUBLIC 60u /* HSS public key with one level: u32 L, u32 types, I, root */
#define HOST_LMS_SPKI 80u   /* the same as SubjectPublicKeyInfo (RFC 9802) */

/* A private key, all of it. */
struct host_lms {
    uint8_t height; /* 5, 10, 15, 20 or 25: 2^height signatures */
    uint8_t width;  /* Winternitz w: 1, 2, 4 or 8 bits; more is shorter and slower */
    uint32_t next;  /* leaf of the next signature */
    uint8_t id[16]; /* I */
    uint8_t seed[32];
    uint8_t root[32];
};

/* Called now and then with the leaves done and all. */
typedef void host_lms_progress(void *context, uint32_t done, uint32_t all);

/* A new key. Takes 2^height leaves' time: 2 s for height 10 and w 8, a minute for 15. */
int host_lms_new(uint8_t height, uint8_t width, host_lms_progress *progress, void *context,
                 struct host_lms *key, struct host_error *e);
/* Write the file, for good before this returns. */
int host_lms_write(const char *path, const struct host_lms *key, bool replace,
                   struct host_error *e);
bool host_lms_is_private(const struct host_bytes *file);
int host_lms_decode(const char *path, const struct host_bytes *file, struct host_lms *key,
                    struct host_error *e);
void host_lms_public(const struct host_lms *key, uint8_t out[HOST_LMS_PUBLIC]);
/* Returns the bytes used, HOST_LMS_SPKI. */
size_t host_lms_spki(const uint8_t public_key[HOST_LMS_PUBLIC], uint8_t *der);
bool host_lms_from_spki(const uint8_t *der, size_t len, uint8_t public_key[HOST_LMS_PUBLIC]);

/* An HSS signature with the next leaf of the key in the file at path, which is changed first. */
int host_lms_sign(const char *path, const void *message, size_t message_len, uint8_t *signature,
                  size_t *len, struct host_error *e);

#endif
