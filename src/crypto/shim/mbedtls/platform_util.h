/* SPDX-License-Identifier: Apache-2.0 */
/* What p256-m takes from Mbed TLS, so that it compiles without it. Verification has no secrets. */
#include <string.h>
#define mbedtls_platform_zeroize(p, len) memset(p, 0, len)
