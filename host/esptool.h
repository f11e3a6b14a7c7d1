/* SPDX-License-Identifier: Apache-2.0 */
/* host/esptool.h - the flash of a chip on a serial port, through the esptool that the person has.
 *
 *     struct host_esptool tool = { .port = "/dev/ttyUSB0" };
 *     host_esptool_add(&tool, HOST_ESPTOOL_WRITE, "encrypt");          "--encrypt" for write-flash
 *     int code = host_esptool_read(&tool, 0x8000, table, sizeof table, e);
 *     host_esptool_free(&tool);
 *
 * esptool is called as ESP-IDF's parttool.py does it: "esptool MAIN --port P --baud B read-flash
 * OFF SIZE FILE READ", and so on. Version 4 and older spell the commands with underscores. What
 * esptool prints goes to standard error; a command that is quiet shows it only if esptool fails. */
#ifndef HOST_ESPTOOL_H
#define HOST_ESPTOOL_H

#include "host/io.h"
#include "host/report.h"

/* Which arguments: how it is started, and what is given to it for every command, or for one. */
enum host_esptool_kind {
    HOST_ESPTOOL_PROGRAM,
    HOST_ESPTOOL_MAIN,
    HOST_ESPTOOL_READ,
    HOST_ESPTOOL_WRITE,
    HOST_ESPTOOL_ERASE,
    HOST_ESPTOOL_KINDS,
};

#define HOST_ESPTOOL_WORDS 32u /* of each kind */

struct host_esptool {
    const char *port; /* as esptool takes it; NULL: it looks for one */
    const char *baud; /* NULL: esptool's default */
    bool quiet;
    bool announce; /* say the command line before each, as parttool.py does */
    char *words[HOST_ESPTOOL_KINDS][HOST_ESPTOOL_WORDS];
    size_t n_words[HOST_ESPTOOL_KINDS];
    int major;     /* its version; 0: not yet asked */
    int exit_code; /* of the last command; 0: well */
};

/* Add an argument as parttool.py takes it: "before=no-reset" becomes "--before no-reset" (split at
 * the last "="), "encrypt" becomes "--encrypt". Of HOST_ESPTOOL_PROGRAM: a word as it is, the first
 * is looked for on the path. Too many: false. */
bool host_esptool_add(struct host_esptool *t, enum host_esptool_kind kind, const char *argument);
/* Was the option --NAME given? */
bool host_esptool_has(const struct host_esptool *t, enum host_esptool_kind kind, const char *name);
void host_esptool_free(struct host_esptool *t);

/* off and len in bytes. HOST_DEVICE: esptool failed; HOST_FAILED: there is none. */
int host_esptool_read(struct host_esptool *t, uint32_t off, void *buf, uint32_t len,
                      struct host_error *e);
/* Whole pages of 4 KiB. */
int host_esptool_erase(struct host_esptool *t, uint32_t off, uint32_t len, struct host_error *e);
/* esptool erases the pages that it writes to. */
int host_esptool_write(struct host_esptool *t, uint32_t off, const void *data, uint32_t len,
                       struct host_error *e);

#endif
