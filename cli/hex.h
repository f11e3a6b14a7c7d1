/* SPDX-License-Identifier: Apache-2.0 */
/* cli/hex.h - bytes as text. */
#ifndef CLI_HEX_H
#define CLI_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Lower-case hex and a final 0: 2 * len + 1 characters. */
void cli_hex(const void *data, size_t len, char *text);
/* Bytes of pairs of hexadecimal digits, of either case. False: text has other characters, half a
 * pair, or more than room bytes; out is undefined then. */
bool cli_from_hex(const char *text, uint8_t *out, size_t room, size_t *len);
/* The members of a C array: lines of `per_line` bytes, each line begun by a line end and indent. */
void cli_c_bytes(FILE *out, const void *data, size_t len, const char *indent, size_t per_line);

#endif
