/* SPDX-License-Identifier: Apache-2.0 */
/* host/read_mcuboot.h - look at an image in MCUboot's format, good or bad, and tell all of it.
 *
 *     struct host_mcuboot info;
 *     if (host_mcuboot_read(path, &file, &info, e)) ...     not even a header: e tells why
 *     ... info.tlvs[0 .. info.n_tlvs), info.trailer, info.problem ...
 *     host_mcuboot_free(&info);
 *
 * This is for people: it goes on as far as it can where the core's decoder refuses. Whether an
 * image may be started is not decided here, but by bh_verify(). */
#ifndef HOST_READ_MCUBOOT_H
#define HOST_READ_MCUBOOT_H

#include "bulkhead/image.h"
#include "host/io.h"

struct host_mcuboot_tlv {
    uint32_t off; /* of the data, from the start of the file */
    uint16_t type, len;
    bool protected_area;
};

enum host_field { HOST_FIELD_ERASED, HOST_FIELD_SET, HOST_FIELD_BAD };

struct host_mcuboot_trailer {
    bool found;     /* the magic is at the end of the file */
    uint32_t align; /* of its fields */
    enum host_field image_ok, copy_done;
    uint8_t swap_info; /* type in the low nibble, image number in the high one; 0xff: erased */
};

struct host_mcuboot {
    uint32_t load_addr, payload_len, flags;
    uint16_t header_len, protected_len;
    struct bh_version version;
    uint32_t len; /* header to the end of the TLVs, as far as there are any */
    struct host_mcuboot_tlv *tlvs;
    size_t n_tlvs;
    struct host_mcuboot_trailer trailer;
    struct host_error problem; /* code 0: none; the first thing that is wrong, and where */
};

int host_mcuboot_read(const char *path, const struct host_bytes *file, struct host_mcuboot *out,
                      struct host_error *e);
void host_mcuboot_free(struct host_mcuboot *info);

/* "KEYHASH", as imgtool names it; "VENDOR" or "UNKNOWN" for what has no name. */
const char *host_mcuboot_tlv_name(uint16_t type);
/* Name of the flag with the lowest bit set in *flags, which is then cleared; NULL if none
 * is left. */
const char *host_mcuboot_flag(uint32_t *flags);

#endif
