/* SPDX-License-Identifier: Apache-2.0 */
/* host/table/part.h - a table and the flash it is of: load, select, read, write, erase, otadata.
 *
 * Everything is checked before anything is erased. */
#ifndef HOST_TABLE_PART_H
#define HOST_TABLE_PART_H

#include "bulkhead/otadata.h"
#include "host/table/table.h"
#include "host/target.h"

/* Read a table from a CSV or binary file, or from its place in a target's flash if file is NULL.
 * The problems are in t. HOST_BAD_INPUT with the first error in e. */
int esp_load(struct esp_table *t, const struct esp_options *o, const char *file,
             const struct host_target *target, struct host_error *e);
/* Are these bytes, of a place where a table should be, like those that flash encryption makes? */
bool esp_looks_encrypted(const uint8_t *data, size_t len);
/* The first error in a list, as one line. */
int esp_first_error(const struct esp_problems *p, const char *file, struct host_error *e);

/* By label; by type and subtype, the index-th; factory or else the first OTA slot. NULL: none. */
const struct esp_row *esp_by_name(const struct esp_table *t, const char *name);
const struct esp_row *esp_by_type(const struct esp_table *t, int64_t type, int64_t subtype,
                                  size_t index);
const struct esp_row *esp_boot_default(const struct esp_table *t);
/* OTA slots from ota_0 on, up to the first that is missing. */
uint32_t esp_ota_slots(const struct esp_table *t);

/* Does the row lie within the flash, and overlap no other? For writing. */
int esp_part_check(const struct esp_table *t, const struct esp_row *row,
                   const struct host_target *target, struct host_error *e);
/* len bytes at the start of a partition that is erased first. readonly partitions are refused
 * unless force. */
int esp_part_write(const struct esp_table *t, const struct esp_row *row, struct host_target *target,
                   const uint8_t *data, size_t len, bool force, struct host_error *e);
int esp_part_erase(const struct esp_table *t, const struct esp_row *row, struct host_target *target,
                   bool force, struct host_error *e);
/* All of a partition; host_bytes_free() it. */
int esp_part_read(const struct esp_row *row, const struct host_target *target,
                  struct host_bytes *out, struct host_error *e);

/* otadata of this table. As by the original, its pages are written whole. */
int esp_ota_open(struct bh_otadata *ota, const struct esp_table *t, struct host_target *target,
                 struct host_error *e);
/* An error of the core about this partition, in words. */
int esp_core_error(int err, const struct esp_row *row, const struct host_target *target,
                   struct host_error *e);

#endif
