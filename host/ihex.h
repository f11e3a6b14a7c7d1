/* SPDX-License-Identifier: Apache-2.0 */
/* host/ihex.h - Intel HEX files, in and out.
 *
 *     struct host_ihex hex;
 *     if (host_ihex_parse("app.hex", &text, &hex, e))
 *         return e->code;
 *     ... hex.bytes from address hex.base on; gaps are 0xFF ... */
#ifndef HOST_IHEX_H
#define HOST_IHEX_H

#include <stdbool.h>

#include "host/io.h"

struct host_ihex {
    uint32_t base; /* lowest address */
    struct host_bytes bytes;
};

#define HOST_IHEX_SPAN ((uint32_t)64 << 20) /* lowest to highest address; beyond: a stray record */

/* Does the name end in .hex or .ihex? */
bool host_ihex_name(const char *path);
/* Everything is checked: form, checksums, overlaps, the end record. path is for errors only. */
int host_ihex_parse(const char *path, const struct host_bytes *text, struct host_ihex *out,
                    struct host_error *e);

/* A run of bytes at an address. */
struct host_ihex_run {
    uint32_t addr;
    const uint8_t *data;
    size_t len;
};
/* Records of up to 16 bytes, addresses ascending, as Python's intelhex writes them: runs that touch
 * share records, and address records are only there if an address is beyond 64 KiB. */
int host_ihex_format(const struct host_ihex_run *runs, size_t n, struct host_bytes *text,
                     struct host_error *e);

#endif
