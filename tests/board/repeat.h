/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's random numbers, the same in each run. Only for tests. */
#ifndef TESTS_BOARD_REPEAT_H
#define TESTS_BOARD_REPEAT_H

#include <stdint.h>

/* From here on, whatever OpenSSL draws follows from seed. Returns 0 if OpenSSL refuses. */
int repeat_from(uint64_t seed);

#endif
