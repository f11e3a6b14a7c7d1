/* SPDX-License-Identifier: Apache-2.0 */
/* A test stand for a board: the built bootloader and applications on it, and someone at the
 * console. Whatever goes wrong fails the test that runs. */
#ifndef TESTS_BOARD_STAND_H
#define TESTS_BOARD_STAND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/io.h"
#include "host/keys.h"
#include "sim/board/board.h"
#include "tests/samples/samples.h"

#define STAND_LIMIT 2000000000u /* instructions: no test takes as many */

struct stand {
    struct board board;
    const struct board_kind *model; /* the board without a product */
    struct sample sample;           /* the product of the board's name */
    struct board_kind kind;         /* the board with it */
    struct host_bytes image[3];     /* [1] and [2]: the application 1.0.0 and 2.0.0, signed */
};

/* That bootloader ("boot", "boot-lms") and application 1.0.0 in their places, all else erased; the
 * power is off, and the board will be a swift one. The images are signed with the key that it
 * accepts. Whatever is drawn at random from here on is the same in each run. */
void stand_open(struct stand *s, const struct board_kind *model, const char *bootloader);
/* The same with the sample of that name, which is for the board's chip. Where its images are
 * wolfBoot's, so are these. */
void stand_open_as(struct stand *s, const struct board_kind *model, const char *product,
                   const char *bootloader);
void stand_close(struct stand *s);

/* The key that this bootloader accepts, and an end to it. */
struct host_key stand_key(const char *bootloader);
void stand_key_free(struct host_key *key);
/* The application of that major version, signed by key; filled up with noise to len bytes if it has
 * less. */
struct host_bytes stand_application(const struct board_kind *kind, uint8_t major,
                                    const struct host_key *key, size_t len);
/* The same with a header of that length. */
struct host_bytes stand_image(const struct board_kind *kind, uint8_t major,
                              const struct host_key *key, uint32_t header);
/* A file of build/firmware/BOARD. */
struct host_bytes stand_firmware(const char *board, const char *name, const char *suffix);
/* Is this program built for the board (its samples.cmake)? */
bool stand_has(const struct board_kind *kind, const char *bootloader);
/* The length of the header that the board's product has before each image. */
uint32_t stand_header(const struct board_kind *kind);

/* One test for each board for which this bootloader is built, with the board as its *state: a
 * board that is new is tested without being named. More tests follow them, unless BOARD=NAME in
 * the environment asks for one board; BOARD=- asks for the others alone. They are run, and their
 * result is returned. */
int stand_run(const char *bootloader, CMUnitTestFunction each, const struct CMUnitTest *more,
              size_t n_more);

/* Where the pair's image is staged: the chip's number and the offset in it. */
uint8_t stand_staged(const struct stand *s, uint32_t *off);
/* The programmer puts an image where it is staged. */
void stand_stage(struct stand *s, const struct host_bytes *image);

/* Power on, run until the program waits for input. Returns what it said. */
const char *stand_boot(struct stand *s);
/* Type this and run until the program waits again. Returns what it said. */
const char *stand_type(struct stand *s, const char *line);
/* Have the application stage an image that comes over the console. */
void stand_load(struct stand *s, const struct host_bytes *image);

/* Fail unless this is in what was said last. */
void stand_expect(const struct stand *s, const char *what);
/* Fail unless the primary slot holds this image, and nothing after it in its last chunk. */
void stand_expect_primary(struct stand *s, const struct host_bytes *image);
/* Fail if any call was made that no correct driver makes. */
void stand_expect_no_misuse(const struct stand *s);

#endif
