/* SPDX-License-Identifier: Apache-2.0 */
/* host/target.h - the flash that a command works on, wherever it is.
 *
 *     struct host_target t;
 *     if (host_target_open(&t, "flash.bin", HOST_TARGET_CHANGE, NULL, e)) return e->code;
 *     ... bh_flash_read(&t.flash, ...), bh_flash_erase, bh_flash_program ...
 *     code = host_target_commit(&t, e);      nothing was written before this
 *     host_target_close(&t);
 *
 * A target is a flash image file, locked from open to close, or a chip on a serial port, reached
 * through esptool. Operations change a copy in memory; commit makes them last, in their order. */
#ifndef HOST_TARGET_H
#define HOST_TARGET_H

#include "bulkhead/flash.h"
#include "host/esptool.h"
#include "host/io.h"

#define HOST_TARGET_PAGE 0x1000u          /* erase unit of the NOR flash behind an ESP32 */
#define HOST_TARGET_SERIAL_MAX 0x8000000u /* 128 MiB, the largest flash that ESP-IDF knows */
#define HOST_TARGET_WAIT_MS 10000u        /* for a file that another program has locked */

enum host_target_use { HOST_TARGET_READ, HOST_TARGET_CHANGE };

/* One operation on a serial target that commit is to carry out. */
struct host_target_op {
    bool erase; /* or program */
    uint32_t off, len;
};

struct host_target {
    struct bh_flash flash; /* 4 KiB pages, bytes can be programmed over: context is this struct */
    struct bh_page_run run;
    char *path; /* of the file; of a serial target its port */
    struct host_bytes bytes;
    bool changed, programmed;
    int lock;                     /* of the file; see host/system.h */
    struct host_esptool *esptool; /* of a serial target; NULL: a file */
    bool refuses_encrypt;         /* a file, but esptool was to encrypt what is written */
    uint8_t *known;               /* of a serial target: pages that were read or erased */
    bool whole_pages;             /* what is programmed is written as whole pages */
    uint32_t ahead;               /* up to this offset more may be read than was asked for */
    struct host_target_op *ops;
    size_t n_ops, room;
    struct host_error why; /* of the last operation that failed; code 0: none did */
};

/* spec: "flash.bin" or "file:flash.bin"; a serial port as esptool takes it: "/dev/ttyUSB0", "COM3",
 * "socket://HOST:PORT", "rfc2217://HOST:PORT"; NULL: the serial port that esptool finds.
 * esptool: how it is to be called, used until close; NULL: only files will do. */
int host_target_open(struct host_target *t, const char *spec, enum host_target_use use,
                     struct host_esptool *esptool, struct host_error *e);
/* Make what was changed last. A file is replaced as a whole, or not at all. */
int host_target_commit(struct host_target *t, struct host_error *e);
void host_target_close(struct host_target *t);

/* Why an operation on t.flash failed, if it did: *e and its code. Otherwise 0. */
int host_target_failed(const struct host_target *t, struct host_error *e);
/* What follows is read from off up to end, more or less: a serial target need not ask esptool for
 * every few bytes. */
void host_target_read_ahead(struct host_target *t, uint32_t end);
/* Change the copy in memory only. Within the flash. */
void host_target_pretend(struct host_target *t, uint32_t off, const void *data, uint32_t len);

/* The path of a flash image file: without "file:". */
const char *host_target_path(const char *spec);

#endif
