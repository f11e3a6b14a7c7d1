/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fuzz/worlds.h - what the fuzz targets of other tools' layouts share. Any bytes are read
 * without harm and the same twice, checked by the rules of every engine, compared with themselves,
 * and written in every form. */
#ifndef TESTS_FUZZ_WORLDS_H
#define TESTS_FUZZ_WORLDS_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that one of these readers of host/worlds recognises; names ends with NULL. All others are
 * passed over: libFuzzer then keeps to one format. */
int fuzz_world(const char *const names[], const uint8_t *data, size_t len);

#endif
