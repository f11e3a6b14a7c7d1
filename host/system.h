/* SPDX-License-Identifier: Apache-2.0 */
/* host/system.h - what the tool asks of the operating system beyond files: locks, files that go
 * away with the program, other programs. Each system has one file behind these functions
 * (system_posix.c); nothing else in host/, cli/ and sim/ locks, forks or waits for programs.
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
/* The same for a file that is open, without waiting; the lock ends when it is closed. False:
 * somebody else has one. */
bool host_lock_open_file(int fd, bool exclusive);
/* -1 is no lock, and nothing happens. */
void host_unlock(int lock);

/* ---- the terminal ---- */

/* How wide the terminal of standard output is, in characters; 0: it is none, or does not say. */
unsigned host_terminal_columns(void);

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

/* ---- this program ---- */

/* Where the file of the program that runs is, links followed; NULL: the system does not say.
 * free() it. */
char *host_program_path(void);

/* ---- other programs ---- */

enum host_run_output {
    HOST_RUN_TO_STDERR, /* all that it prints goes to our standard error */
    HOST_RUN_TO_MEMORY, /* into *output */
};

/* Run a program and wait for its end. argv[0] is looked for on the path; NULL ends argv. Returns
 * its exit code, 128 and more for a signal, or -1 with errno if it cannot be started. output may be
 * NULL for HOST_RUN_TO_STDERR. */
int host_run(const char *const *argv, enum host_run_output how, struct host_bytes *output);

/* Give a command line of the shell len bytes of input, and take what it prints: up to room bytes,
 * their number in *got. *got is room + 1 if it printed more; it is then not listened to any longer.
 * Both are done at once, so that neither side waits for the other for ever. Returns
 * as host_run(). */
int host_run_filter(const char *command, const void *input, size_t len, uint8_t *output,
                    size_t room, size_t *got);

/* ---- processes of our own ---- */

#define HOST_PARTS_MAX 64u

/* Work that is done in n parts (HOST_PARTS_MAX at most), side by side, each in a process of its own
 * with a copy of our memory. A part tells what it has by host_part_say(say, ...), always size
 * bytes; heard() is called here with each of these. True: every work() returned true. */
struct host_parts {
    bool (*work)(void *context, unsigned part, int say);
    void (*heard)(void *context, unsigned part, const void *message);
    void *context;
    size_t size;
};
bool host_parts_run(const struct host_parts *p, unsigned n);
bool host_part_say(int say, const void *message, size_t size);

#endif
