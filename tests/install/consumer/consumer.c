/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody else's program: an own function of the library, and one from the sources under it. */
#include <bulkhead/bytes.h>
#include <bulkhead/hash.h>

#include <stdio.h>

int main(void)
{
    struct bh_hash h;
    uint8_t digest[BH_DIGEST_MAX];

    bh_hash_init(&h, &bh_sha256);
    bh_hash_update(&h, "abc", 3);
    bh_hash_final(&h, digest);
    printf("%08x ", (unsigned)bh_crc32(0, "123456789", 9));
    for (unsigned i = 0; i < bh_sha256.digest_len; i++)
        printf("%02x", digest[i]);
    putchar('\n');
    return 0;
}
