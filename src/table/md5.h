/* SPDX-License-Identifier: Apache-2.0 */
/* MD5 (RFC 1321), for no other use than the checksum row of a partition table: it finds mistakes,
 * not attackers. */
#ifndef BULKHEAD_TABLE_MD5_H
#define BULKHEAD_TABLE_MD5_H

#include <stddef.h>
#include <stdint.h>

struct bh_md5 {
    uint32_t state[4];
    uint32_t len; /* bytes so far; tables are far shorter than 4 GiB */
    uint8_t block[64];
};

void bh_md5_init(struct bh_md5 *m);
void bh_md5_update(struct bh_md5 *m, const void *data, size_t len);
void bh_md5_final(struct bh_md5 *m, uint8_t digest[16]);

#endif
