/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the vector files of this folder:
 *
 *     [name of the case]
 *     algo = p256
 *     key = hexadecimal, may go on in lines that begin with blanks
 *     hash = sha256           (optional: msg is hashed first)
 *     msg =
 *     sig =
 *     verdict = good          (or bad)
 */
#ifndef BULKHEAD_TESTS_CRYPTO_VECTORS_H
#define BULKHEAD_TESTS_CRYPTO_VECTORS_H

#include "bulkhead/hash.h"
#include "bulkhead/key.h"

#include <stdbool.h>

struct bytes {
    uint8_t *data; /* exactly len bytes of the heap, so that ASan sees a byte too far */
    size_t len;
};

struct vector {
    char *name; /* file: case */
    const struct bh_signature_algo *algo;
    const struct bh_hash_algo *hash;
    struct bytes key, msg, sig;
    bool good;
};

/* Appends the cases of the file to *vectors, of which there are n; returns how many there are then.
 * Ends the program with a message if the file cannot be understood. */
size_t vectors_read(const char *path, struct vector **vectors, size_t n);

/* The token for the vector with another signature, message or key. */
uint32_t vector_verify(const struct vector *v, struct bytes key, struct bytes msg,
                       struct bytes sig);

#endif
