/* SPDX-License-Identifier: Apache-2.0 */
/* host/system.h - what the tool asks of the operating system beyond files: locks, files that go away
 * with the program, other programs. Each system has one file behind these functions
 * (system_posix.c); nothing else in host/ and cli/ locks, forks or handles signals.
 *
 *     int lock = host_lock_path("flash.bin", true, 10000);
 *     if (lock >= 0) {
 *         ... read it, change it, rename a new one over it ...
 *         host_unlock(lock);
 *     }
 */
#ifndef HOST_SYSTEM_H
#define HOST_SYSTEM_H

#include <stdbool.h>

#include "host/io.h"

/* ---- locks ---- */

/* Lock the file that a path leads to: for reading together with others, or exclusively. Waits up to
 * wait_ms milliseconds. If somebody renames another file over it in the meantime, that one is
 * locked. The lock ends with host_unlock() or with the program. Returns a number from 0 up, or -1
 * with errno; EWOULDBLOCK: it is still locked. A file system without locks counts as locked. */
int host_lock_path(const char *path, bool exclusive, unsigned wait_ms);
/* -1 is no lock, and nothing happens. */
void host_unlock(int lock);

/* ---- files that do not outlive the program ---- */

#define HOST_TEMPORARIES_MAX 8u

/* Remove this file if a signal (interrupt, terminate, hang-up) ends the program. The text must stay
 * where it is until host_temporary_forget(). More than HOST_TEMPORARIES_MAX at a time are not
 * taken care of. */
void host_temporary_remember(const char *path);
void host_temporary_forget(const char *path);
/* Make a file of a name that ends in XXXXXX, which is filled in, and remember it: no signal comes
 * between. The descriptor, or -1 with errno. */
int host_temporary_open(char *path);
/* A new empty file in the folder for such files, remembered; NULL with errno. free() the name after
 * host_temporary_remove(). */
char *host_temporary_new(void);
void host_temporary_remove(const char *path);

/* ---- other programs ---- */

enum host_run_output {
    HOST_RUN_TO_STDERR, /* all that it prints goes to our standard error */
    HOST_RUN_TO_MEMORY, /* into *output */
};

/* Run a program and wait for its end. argv[0] is looked for on the path; NULL ends argv. Returns its
 * exit code, 128 and more for a signal, or -1 with errno if it cannot be started. output may be
 * NULL for HOST_RUN_TO_STDERR. */
int host_run(const char *const *argv, enum host_run_output how, struct host_bytes *output);

#endif
