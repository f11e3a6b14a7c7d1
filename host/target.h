/* SPDX-License-Identifier: Apache-2.0 */
/* host/target.h - the flash that a command works on, wherever it is.
 *
 *     struct host_target t;
 *     if (host_target_open(&t, "file:flash.bin", e)) return e->code;
 *     ... bh_flash_read(&t.flash, ...), bh_flash_erase, bh_flash_program ...
 *     code = host_target_commit(&t, e);      nothing was written before this
 *     host_target_close(&t);
 *
 * Today a target is a flash image file. A serial port will be another kind behind the same
 * calls. */
#ifndef HOST_TARGET_H
#define HOST_TARGET_H

#include "bulkhead/flash.h"
#include "host/io.h"

#define HOST_TARGET_PAGE 0x1000u /* erase unit of the NOR flash behind an ESP32 */

struct host_target {
    struct bh_flash flash; /* 4 KiB pages, bytes can be programmed over: context is this struct */
    struct bh_page_run run;
    char *path;
    struct host_bytes bytes;
    bool changed;
};

/* spec: "file:PATH". */
int host_target_open(struct host_target *t, const char *spec, struct host_error *e);
/* Make what was changed last. The file is replaced as a whole, or not at all. */
int host_target_commit(struct host_target *t, struct host_error *e);
void host_target_close(struct host_target *t);

#endif
