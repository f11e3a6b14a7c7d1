/* SPDX-License-Identifier: Apache-2.0 */
/* host/read_wolfboot.h - everything that a wolfBoot image says of itself, as far as it makes sense.
 *
 *     struct host_wolfboot w;
 *     host_wolfboot_read(&file, 0, &w);
 *     for (size_t i = 0; i < w.n; i++) puts(host_wolfboot_tag(w.entries[i].tag)); */
#ifndef HOST_READ_WOLFBOOT_H
#define HOST_READ_WOLFBOOT_H

#include <stdbool.h>

#include "bulkhead/image.h"
#include "host/io.h"

#define HOST_WOLFBOOT_ENTRIES_MAX 64u

struct host_wolfboot_entry {
    uint32_t off; /* of its head, from the image's first byte */
    uint16_t tag, len;
    bool covered; /* by the digest */
};

struct host_wolfboot {
    uint32_t payload_len;
    uint32_t header;        /* 0: not known */
    uint32_t version, type; /* valid if found */
    bool has_version, has_type;
    struct host_wolfboot_entry entries[HOST_WOLFBOOT_ENTRIES_MAX];
    size_t n;
    const char *problem; /* what is wrong, or NULL */
    uint32_t problem_off;
};

/* Does the file begin with wolfBoot's magic? */
bool host_wolfboot_is(const struct host_bytes *file);
/* header: its length, or 0: then it is what the file has more than its payload, if a header can
 * have that length. Of a file that begins with the magic. */
void host_wolfboot_read(const struct host_bytes *file, uint32_t header, struct host_wolfboot *out);

const char *host_wolfboot_tag(uint16_t tag);     /* "version", ...; "custom" */
const char *host_wolfboot_auth_name(uint8_t id); /* as its tool calls it: "ed25519"; "unknown" */

#endif
