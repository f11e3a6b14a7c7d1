/* SPDX-License-Identifier: Apache-2.0 */
/* host/sign_mcuboot.h - make an image in MCUboot's format: header, TLVs, signatures, trailer.
 *
 *     struct host_sign s = HOST_SIGN_DEFAULTS;
 *     s.header_size = 0x200;
 *     s.keys = &key;
 *     s.n_keys = 1;
 *     if (host_sign_mcuboot(&s, payload.data, payload.len, &image, &used, e))
 *         return e->code;
 *
 * For the same input the bytes are those of imgtool, TLV order included; where the signature is
 * random (RSA-PSS, ECDSA) all but the signature. */
#ifndef HOST_SIGN_MCUBOOT_H
#define HOST_SIGN_MCUBOOT_H

#include "bulkhead/image.h"
#include "host/keys.h"

enum host_trailer {
    HOST_TRAILER_NONE,
    HOST_TRAILER_PAD,     /* a full slot, with the magic at its end: an upgrade is requested */
    HOST_TRAILER_CONFIRM, /* and image_ok set: for good */
};

/* What becomes of it. The other two are for a signature made elsewhere. */
enum host_export {
    HOST_EXPORT_IMAGE,
    HOST_EXPORT_PAYLOAD, /* header, payload and protected TLVs: what the digest covers */
    HOST_EXPORT_DIGEST,  /* the digest alone */
};

struct host_sign_tlv {
    uint16_t type; /* 0x00A0 to 0xFFFE */
    const uint8_t *data;
    uint16_t len;
};

struct host_sign {
    const char *input; /* its name, for messages; NULL: it has none */
    struct bh_version version;
    uint32_t header_size; /* 32 to 65535: where the payload begins */
    bool pad_header;      /* put the header before the input; or else it begins with room for it */
    uint32_t slot_size;   /* 0: unknown, nothing is checked */
    uint32_t align;       /* program unit that the trailer is made for: 1, 2, 4, 8, 16 or 32 */
    uint32_t max_align;   /* 8, 16 or 32; 0: 8, or align if that is more */
    uint32_t max_sectors; /* for the room the trailer takes */
    bool overwrite_only;  /* a small trailer: no status of a swap in it */
    enum host_trailer trailer;
    uint8_t erased; /* what an erased byte reads as */

    uint32_t rom_fixed, load_addr; /* 0: not; one of the two at most */
    bool non_bootable;
    const uint32_t *counter; /* NULL: none */
    const char *boot_record; /* software type, 12 characters at most; NULL: none */
    const struct bh_image_dependency *dependencies;
    size_t n_dependencies;
    const uint8_t *vid, *cid; /* 16 bytes each; NULL: none */
    const struct host_sign_tlv *custom;
    size_t n_custom;

    unsigned sha;                /* 256, 384 or 512; 0: what the keys want */
    bool pure;                   /* Ed25519 over the whole image, not its digest */
    bool pad_signature;          /* ECDSA: zeros up to the longest that it can be */
    bool full_key;               /* the public key itself, not its hash */
    const struct host_key *keys; /* each signs; all must agree on the digest */
    size_t n_keys;               /* 0: a digest only */
    const uint8_t *signature; /* made elsewhere, for keys[0], of which the public part is enough */
    size_t signature_len;
    enum host_export export;

    bool big_endian; /* every number in the image; no bootloader of ours reads that */
    bool as_imgtool; /* accept what imgtool accepts, sensible or not; sha must be given */
};

#define HOST_SIGN_DEFAULTS                                                                         \
    {                                                                                              \
        .header_size = 0x200, .align = 1, .max_sectors = 128, .erased = 0xFF                       \
    }

/* Everything that can be wrong is said before anything is made. *image is the caller's to free.
 * With a trailer it is slot_size bytes long; *used is then the part before the padding. */
int host_sign_mcuboot(const struct host_sign *s, const uint8_t *input, size_t len,
                      struct host_bytes *image, size_t *used, struct host_error *e);

/* The digest that an image made so has: 256, 384 or 512; 0: it cannot be made. */
unsigned host_sign_sha(const struct host_sign *s);

/* The space that each field of the trailer takes, and all of it. */
uint32_t host_trailer_align(const struct host_sign *s);
uint32_t host_trailer_size(const struct host_sign *s);
/* The last 16 bytes of a slot with a trailer of such fields. */
void host_trailer_magic(uint32_t max_align, uint8_t magic[16]);

/* What a vector table of a Cortex-M at the start of a payload needs of its address. */
struct host_vectors {
    bool found;       /* does it look like one? */
    unsigned entries; /* as far as they look like handlers; 256 at most */
    uint32_t align;   /* what VTOR demands for so many: a power of two, at least 128 */
};
struct host_vectors host_vectors_find(const uint8_t *payload, size_t len);
uint32_t host_vectors_align(unsigned entries);

#endif
