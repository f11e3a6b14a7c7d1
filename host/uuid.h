/* SPDX-License-Identifier: Apache-2.0 */
/* host/uuid.h - UUIDs as vendor and class ids of products.
 *
 *     host_uuid("example.com", host_uuid_dns, vid);     version 5, in the DNS name space
 *     host_uuid("blinky", vid, cid);                    version 5, in the vendor's */
#ifndef HOST_UUID_H
#define HOST_UUID_H

#include <stdbool.h>
#include <stdint.h>

extern const uint8_t host_uuid_dns[16];

/* 32 hex digits, with dashes in the usual places or without, are the UUID itself; any other text is
 * a name in name_space (RFC 4122, version 5). False if it is a name and name_space is NULL. */
bool host_uuid(const char *text, const uint8_t *name_space, uint8_t out[16]);

#endif
