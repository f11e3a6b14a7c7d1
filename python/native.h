/* SPDX-License-Identifier: Apache-2.0 */
/* What Python sees of the C library: flat functions over handles, numbers, bytes and text. No
 * struct is laid out again on the other side. Functions that can fail return 0, or not with the
 * text in bhp_error(). Text that is returned belongs to the handle until the next call with it. */
#ifndef BULKHEAD_PYTHON_NATIVE_H
#define BULKHEAD_PYTHON_NATIVE_H

#include <stddef.h>
#include <stdint.h>

#define BHP_API __attribute__((visibility("default")))

struct bhp; /* a table, its options, and perhaps a flash */

enum bhp_option {
    BHP_TABLE_OFFSET,
    BHP_PRIMARY_BOOTLOADER, /* INT64_MIN: not given; the same for the next */
    BHP_RECOVERY_BOOTLOADER,
    BHP_MD5,
    BHP_SECURE, /* 0, 1, 2 */
};
enum bhp_number {
    BHP_TYPE,
    BHP_SUBTYPE,
    BHP_OFFSET,
    BHP_SIZE,
    BHP_ENCRYPTED,
    BHP_READONLY,
    BHP_LINE
};
#define BHP_UNPLACED INT64_MIN /* an offset that is not known */

BHP_API struct bhp *bhp_new(void);
BHP_API void bhp_free(struct bhp *h);
BHP_API void bhp_set(struct bhp *h, int option, int64_t value);
BHP_API int bhp_extra_subtype(struct bhp *h, const char *triple);
BHP_API const char *bhp_error(const struct bhp *h);
/* Warnings of the last call, a line each. */
BHP_API const char *bhp_warnings(const struct bhp *h);

/* The table. */
BHP_API void bhp_clear(struct bhp *h);
BHP_API int bhp_is_binary(const uint8_t *data, size_t len);
BHP_API int bhp_read_csv(struct bhp *h, const uint8_t *data, size_t len);
BHP_API int bhp_read_rows(struct bhp *h, const uint8_t *data, size_t len); /* CSV, nothing placed */
BHP_API int bhp_read_binary(struct bhp *h, const uint8_t *data, size_t len);
BHP_API void bhp_add(struct bhp *h, const char *name, int64_t type, int64_t subtype, int64_t off,
                     int64_t len, int encrypted, int readonly);
BHP_API int bhp_verify(struct bhp *h);
BHP_API int bhp_verify_size(struct bhp *h, int64_t flash_size);
BHP_API int bhp_to_binary(struct bhp *h, uint8_t out[0xC00]);
BHP_API const char *bhp_to_csv(struct bhp *h, int simple);
BHP_API const char *bhp_row_to_csv(struct bhp *h, size_t row, int simple);
BHP_API size_t bhp_count(const struct bhp *h);
BHP_API const char *bhp_name(const struct bhp *h, size_t row);
BHP_API int64_t bhp_number(const struct bhp *h, size_t row, int which);
/* Keyword i of the types (type < 0) or of a type's subtypes, or NULL. */
BHP_API const char *bhp_keyword(const struct bhp *h, int64_t type, size_t i, int64_t *value);

/* The flash. target: as host/target.h says, NULL: the serial port that esptool finds. Open for a
 * change, a file is locked until bhp_flash_close() or the end of the handle. */
BHP_API int bhp_flash_open(struct bhp *h, const char *target, int change);
BHP_API void bhp_flash_close(struct bhp *h);
/* Before opening: an argument for esptool, of a kind of enum host_esptool_kind; its baud rate. */
BHP_API int bhp_esptool(struct bhp *h, int kind, const char *argument);
BHP_API void bhp_esptool_baud(struct bhp *h, const char *baud);
/* The exit code of the esptool that failed in the last call; 0: it was not that. */
BHP_API int bhp_esptool_exit(const struct bhp *h);
BHP_API int bhp_flash_read(struct bhp *h, int64_t off, uint8_t *out, size_t len);
BHP_API int bhp_part_write(struct bhp *h, size_t row, const uint8_t *data, size_t len, int force);
BHP_API int bhp_part_erase(struct bhp *h, size_t row, int force);
BHP_API int bhp_ota_slots(const struct bhp *h);
BHP_API int bhp_ota_erase(struct bhp *h);
BHP_API int bhp_ota_switch(struct bhp *h, int slot);
/* which: 0 seq, 1 crc, 2 state. */
BHP_API int bhp_ota_record(struct bhp *h, int copy, int which, uint32_t *out);

/* Run a program of ESP-IDF's by its name; its exit code, -1: there is none. esptool: how to start
 * esptool, NULL ends; NULL: it is looked for. */
BHP_API int bhp_program(const char *name, int argc, char **argv, const char *const *esptool);

#endif
