/* SPDX-License-Identifier: Apache-2.0 */
/* The published keys, each as the beginning of a digest. */
#include "host/published.h"

#include <string.h>

#include "host/keys.h"

#define SHOWN 8u /* bytes of a digest: enough to tell keys apart that nobody made to collide */

/* SHA-256 of the public key's bytes. tests/layout has the tool warn about each file. */
static const uint8_t digests[][SHOWN] = {
    { 0xcd, 0x71, 0x7d, 0x0a, 0x4e, 0xb2, 0x4a, 0x40 }, /* development-p256.pem */
    { 0xca, 0x11, 0x2e, 0x81, 0x8c, 0xb5, 0x29, 0xa1 }, /* development-ed25519.pem */
    { 0x75, 0xe4, 0x08, 0xb1, 0x5f, 0x96, 0x40, 0x8a }, /* development-rsa2048.pem */
    { 0x55, 0xd6, 0x3e, 0xcb, 0xf2, 0xa1, 0x0a, 0xe2 }, /* development-lms.key */
    { 0x99, 0xbd, 0x68, 0xb4, 0x7b, 0xd8, 0xa4, 0x61 }, /* development-mldsa44.pem */
};

bool host_published(const uint8_t *key, size_t len)
{
    uint8_t digest[64];

    host_sha(256, key, len, digest);
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++)
        if (memcmp(digests[i], digest, SHOWN) == 0)
            return true;
    return false;
}
