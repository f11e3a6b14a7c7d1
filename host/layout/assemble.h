/* SPDX-License-Identifier: Apache-2.0 */
/* host/layout/assemble.h - files put where the layout says, one output for each device.
 *
 *     struct layout_assembly a = { .l = &l };
 *     if (layout_put(&a, layout_find_partition(&l, "bootloader"), "boot.bin", e) == HOST_OK)
 *         code = layout_assembled(&a, 0, LAYOUT_HEX, 0, &bytes, e);
 *     layout_assembly_free(&a);
 *
 * Everything is checked before anything is handed out: each file must fit its partition, and no two
 * may lie in the same one. */
#ifndef HOST_LAYOUT_ASSEMBLE_H
#define HOST_LAYOUT_ASSEMBLE_H

#include "host/io.h"
#include "host/layout/layout.h"

struct layout_piece {
    char *file;
    int partition;
    uint32_t off; /* on its device */
    struct host_bytes bytes;
};

struct layout_assembly {
    const struct layout *l;
    struct layout_piece *pieces;
    size_t n, room;
};

/* A file into a partition, from its first byte on. An Intel HEX file (by its name) must begin where
 * the partition does. An image of a slot must not be larger than the slot's largest image. */
int layout_put(struct layout_assembly *a, int partition, const char *file, struct host_error *e);
/* All files that the layout itself names (image:) and that were not put already. */
int layout_put_named(struct layout_assembly *a, struct host_error *e);

enum layout_output { LAYOUT_BIN, LAYOUT_HEX, LAYOUT_UF2 };

/* Is anything on this device? */
bool layout_assembled_any(const struct layout_assembly *a, int device);
/* BIN: from the start of the device to the last byte, gaps erased. HEX: at addresses, or offsets
 * where the device is not mapped. UF2: blocks of 256 bytes for a mapped device; family goes into
 * each, and partitions that name families must accept it. */
int layout_assembled(const struct layout_assembly *a, int device, enum layout_output form,
                     uint32_t family, struct host_bytes *out, struct host_error *e);
void layout_assembly_free(struct layout_assembly *a);

/* "rp2350-arm-s", "0xe48bff59" to the number. */
bool layout_uf2_family(const char *name, uint32_t *out);

#endif
